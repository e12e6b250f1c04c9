/* Groups that somebody here is a member of (group.h). */
#include "group.h"

#include "ipv6.h"
#include "netstack.h"

#define ALL_SYSTEMS 0xe0000001u /* RFC 1112, section 4: everybody is a member for ever */

static struct group *find(const struct interface *interface, const struct net_address *address)
{
	struct groups *groups = &interface->stack->groups;

	for (uint32_t i = 0; i < GROUPS_MAXIMUM; i++) {
		struct group *group = &groups->entries[i];

		if (group->interface == interface && net_address_equal(&group->address, address))
			return group;
	}
	return NULL;
}

static struct group *find_free(struct groups *groups)
{
	for (uint32_t i = 0; i < GROUPS_MAXIMUM; i++) {
		if (groups->entries[i].members == 0)
			return &groups->entries[i];
	}
	return NULL;
}

static bool for_everybody(const struct net_address *address)
{
	if (address->family == NET_FAMILY_IPV4)
		return net_address_number(address) == ALL_SYSTEMS;
	return net_address_equal(address, &ipv6_all_nodes);
}

int32_t group_join(struct interface *interface, const struct net_address *address)
{
	struct group *group = find(interface, address);

	if (!net_address_multicast(address))
		return POSIX_EINVAL;
	if (group == NULL)
		group = find_free(&interface->stack->groups);
	if (group == NULL)
		return POSIX_ENOBUFS;
	group->address = *address;
	group->interface = interface;
	group->members++;
	return 0;
}

int32_t group_leave(struct interface *interface, const struct net_address *address)
{
	struct group *group = find(interface, address);

	if (group == NULL)
		return POSIX_EADDRNOTAVAIL;
	if (--group->members == 0)
		*group = (struct group){.members = 0};
	return 0;
}

bool group_member(const struct interface *interface, const struct net_address *address)
{
	return for_everybody(address) || find(interface, address) != NULL;
}

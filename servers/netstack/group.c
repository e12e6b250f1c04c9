/* Groups that somebody here is a member of, and reports of them (group.h). */
#include "group.h"

#include "ipv6.h"
#include "listener.h"
#include "netstack.h"

#define ALL_SYSTEMS 0xe0000001u /* RFC 1112, section 4: everybody is a member for ever */
#define NEVER       UINT64_MAX

/* RFC 3376, section 8, and RFC 3810, section 9: the robustness variable less one, and the interval. */
#define REPEATS         1u
#define REPEAT_INTERVAL NETSTACK_SECOND

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

/* One that is nobody's; else one of which only routers are still to be told that it is. */
static struct group *find_free(struct groups *groups)
{
	struct group *left = NULL;

	for (uint32_t i = 0; i < GROUPS_MAXIMUM; i++) {
		struct group *group = &groups->entries[i];

		if (group->address.family == NET_FAMILY_NONE)
			return group;
		if (group->members == 0)
			left = group;
	}
	return left;
}

static bool for_everybody(const struct net_address *address)
{
	if (address->family == NET_FAMILY_IPV4)
		return net_address_number(address) == ALL_SYSTEMS;
	return net_address_equal(address, &ipv6_all_nodes);
}

/* Of the others routers are told, but for those that end at the interface (RFC 3810, section 6). */
static bool reported(const struct group *group)
{
	const struct net_address *address = &group->address;

	return !group->interface->loopback && !for_everybody(address) &&
	       (address->family == NET_FAMILY_IPV4 || (address->bytes[1] & 0xf) > 1);
}

/* ---- reports -------------------------------------------------------------------------- */

static void set_due(struct group *group, uint64_t within)
{
	struct netstack *stack = group->interface->stack;

	/* At random, so that not all members answer at once. */
	group->due = netstack_now(stack) + (uint64_t)netstack_random(stack) * within / UINT32_MAX;
	alarm_set_before(stack, &stack->groups.alarm, group->due);
}

/* Somebody has come, or the last one gone: said now, and once more. */
static void tell_change(struct group *group)
{
	if (!reported(group))
		return;
	listener_report(group->interface, &group->address,
	                group->members > 0 ? LISTENER_JOINED : LISTENER_LEFT);
	if (group->repeats > 0)
		set_due(group, REPEAT_INTERVAL);
}

static void free_left(struct group *group)
{
	if (group->members == 0 && group->due == NEVER)
		*group = (struct group){.due = NEVER};
}

static void group_ring(struct group *group)
{
	group->due = NEVER;
	if (group->repeats > 0) {
		group->repeats--;
		tell_change(group);
	} else {
		listener_report(group->interface, &group->address, LISTENER_CURRENT);
	}
	free_left(group);
}

static void ring(struct netstack *stack, struct alarm *alarm)
{
	uint64_t now = netstack_now(stack), next = NEVER;

	for (uint32_t i = 0; i < GROUPS_MAXIMUM; i++) {
		struct group *group = &stack->groups.entries[i];

		if (group->due <= now)
			group_ring(group);
		if (group->due < next)
			next = group->due;
	}
	if (next != NEVER)
		alarm_set_before(stack, alarm, next);
}

void group_asked(struct interface *interface, const struct net_address *address, uint64_t wait)
{
	bool all = net_address_unspecified(address);
	uint64_t now = netstack_now(interface->stack);

	for (uint32_t i = 0; i < GROUPS_MAXIMUM; i++) {
		struct group *group = &interface->stack->groups.entries[i];

		if (group->members > 0 && group->interface == interface &&
		    group->address.family == address->family &&
		    (all || net_address_equal(&group->address, address)) && reported(group) &&
		    (group->due == NEVER || group->due - now > wait))
			set_due(group, wait);
	}
}

/* ---- members ---------------------------------------------------------------------------- */

int32_t group_join(struct interface *interface, const struct net_address *address)
{
	struct group *group = find(interface, address);

	if (!net_address_multicast(address))
		return POSIX_EINVAL;
	if (group == NULL) {
		group = find_free(&interface->stack->groups);
		if (group == NULL)
			return POSIX_ENOBUFS;
		*group = (struct group){.address = *address, .interface = interface, .due = NEVER};
	}
	if (++group->members > 1)
		return 0;
	group->repeats = REPEATS;
	tell_change(group);
	return 0;
}

int32_t group_leave(struct interface *interface, const struct net_address *address)
{
	struct group *group = find(interface, address);

	if (group == NULL || group->members == 0)
		return POSIX_EADDRNOTAVAIL;
	if (--group->members > 0)
		return 0;
	group->due = NEVER;
	group->repeats = REPEATS;
	tell_change(group);
	free_left(group);
	return 0;
}

bool group_member(const struct interface *interface, const struct net_address *address)
{
	const struct group *group;

	if (for_everybody(address))
		return true;
	group = find(interface, address);
	return group != NULL && group->members > 0;
}

void groups_create(struct netstack *stack)
{
	alarm_init(&stack->groups.alarm, ring);
	for (uint32_t i = 0; i < GROUPS_MAXIMUM; i++)
		stack->groups.entries[i].due = NEVER;
	listener_create(stack);
}

void groups_destroy(struct netstack *stack)
{
	alarm_cancel(stack, &stack->groups.alarm);
}

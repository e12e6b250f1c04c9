/* The groups whose packets an interface takes (RFC 1112; RFC 4291, section 2.7). */
#ifndef NETSTACK_GROUP_H
#define NETSTACK_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"

#define GROUPS_MAXIMUM 64u

struct interface;
struct netstack;

struct group {
	struct net_address address; /* family NET_FAMILY_NONE: none */
	struct interface *interface;
	uint32_t members;           /* joins without a leave */
};

struct groups {
	struct group entries[GROUPS_MAXIMUM];
};

/* One more member. POSIX_EINVAL: that is no group; POSIX_ENOBUFS: there are as many as there can be. */
int32_t group_join(struct interface *interface, const struct net_address *address);

/* One less; POSIX_EADDRNOTAVAIL: there is none. */
int32_t group_leave(struct interface *interface, const struct net_address *address);

/* Whether packets to that group are taken; all nodes' are always. */
bool group_member(const struct interface *interface, const struct net_address *address);

#endif

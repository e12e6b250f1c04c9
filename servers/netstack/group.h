/*
 * The groups whose packets an interface takes (RFC 1112; RFC 4291, section 2.7), and
 * when routers are told of them (listener.h has the messages).
 */
#ifndef NETSTACK_GROUP_H
#define NETSTACK_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "alarm.h"

#define GROUPS_MAXIMUM 64u

struct interface;
struct netstack;

struct group {
	struct net_address address; /* family NET_FAMILY_NONE: none */
	struct interface *interface;
	uint32_t members;           /* joins without a leave; 0: routers are still told that there are none */
	uint32_t repeats;           /* times that the last change is still to be told of */
	uint64_t due;               /* when that is, or an answer to a router; UINT64_MAX: never */
};

struct groups {
	struct alarm alarm;         /* the next `due` */
	struct group entries[GROUPS_MAXIMUM];
};

/* One more member. POSIX_EINVAL: that is no group; POSIX_ENOBUFS: there are as many as there can be. */
int32_t group_join(struct interface *interface, const struct net_address *address);

/* One less; POSIX_EADDRNOTAVAIL: there is none. */
int32_t group_leave(struct interface *interface, const struct net_address *address);

/* Whether packets to that group are taken; all nodes' are always. */
bool group_member(const struct interface *interface, const struct net_address *address);

/* A router asks for the members of a group, or of all (the unspecified one), who answer within so many nanoseconds. */
void group_asked(struct interface *interface, const struct net_address *address, uint64_t wait);

void groups_create(struct netstack *stack);
void groups_destroy(struct netstack *stack);

#endif

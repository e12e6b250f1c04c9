/*
 * Telling routers which groups are listened to: IGMP (RFC 3376, RFC 2236) for IPv4 and MLD
 * (RFC 3810, RFC 2710) for IPv6. Reports are of the newer version, until a router is heard
 * that speaks the older one. When they are due is group.c's.
 */
#ifndef NETSTACK_LISTENER_H
#define NETSTACK_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"

struct interface;
struct ip_header;
struct netstack;
struct packet;

/* What is said of a group: the numbers of RFC 3376, section 4.2.12, and RFC 3810, section 5.2.12, of no sources. */
enum listener_record {
	LISTENER_CURRENT = 2, /* asked for: it is listened to, */
	LISTENER_LEFT = 3,    /* no more, */
	LISTENER_JOINED = 4,  /* from now on */
};

struct listener {
	uint64_t older_until[2]; /* until then reports are of the older version, of IPv4 and of IPv6 */
};

void listener_report(struct interface *interface, const struct net_address *group, enum listener_record record);

/* A query of MLD, which icmp6.c has taken. */
void listener_input(struct netstack *stack, const struct ip_header *header, const struct packet *packet);

/* IGMP is a protocol of its own. */
void listener_create(struct netstack *stack);

#endif

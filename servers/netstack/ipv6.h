/* IPv6 (RFC 8200), between the files of the stack. */
#ifndef NETSTACK_IPV6_H
#define NETSTACK_IPV6_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "alarm.h"
#include "ip.h"

struct interface;
struct ip_header;
struct netstack;
struct packet;

#define IPV6_VERSION         0 /* and the traffic class, and the flow's label */
#define IPV6_LENGTH          4 /* of what follows the header */
#define IPV6_NEXT_HEADER     6
#define IPV6_HOP_LIMIT       7
#define IPV6_SOURCE          8
#define IPV6_DESTINATION     24
#define IPV6_HEADER          40u
#define IPV6_PAYLOAD_LONGEST 65535u /* jumbograms (RFC 2675) are not taken */
#define IPV6_EXTENSIONS      8u  /* headers before the transport's, at most */
#define IPV6_OPTIONS         8u  /* in one of them, padding aside; both are Linux's limits, too */

#define IPV6_NEXT_HOP_BY_HOP  0u
#define IPV6_NEXT_ROUTING     43u
#define IPV6_NEXT_FRAGMENT    44u
#define IPV6_NEXT_NONE        59u
#define IPV6_NEXT_DESTINATION 60u

/* `packet` begins behind the Ethernet header. */
void ipv6_input(struct netstack *stack, struct packet *packet);

/* Bytes of the headers of a packet that goes, and the headers themselves, for `payload` bytes behind them. */
uint32_t ipv6_header_length(const struct ip_output *packet, const struct ip_fragment *fragment);
void ipv6_write_header(uint8_t *header, const struct ip_output *packet, const struct net_address *source,
                       const struct ip_fragment *fragment, uint8_t hop_limit, uint32_t payload);

/*
 * Where the transport's header begins in a packet, of which `length` bytes are there, and its protocol; 0: that
 * does not lie in there.
 */
uint32_t ipv6_find_transport(const uint8_t *packet, uint32_t length, uint8_t *protocol);

/* ---- ipv6_address.c: addresses of an interface (RFC 4862) ---------------------------- */

#define IPV6_ADDRESSES    8u /* of an interface; the first is its link-local one */
#define IPV6_FOR_EVER     UINT64_MAX

enum ipv6_address_state {
	IPV6_ADDRESS_NONE = 0,
	IPV6_ADDRESS_TENTATIVE, /* asked for: perhaps somebody has it */
	IPV6_ADDRESS_READY,
	IPV6_ADDRESS_DUPLICATE, /* somebody has */
};

struct ipv6_address {
	struct net_address address;
	uint32_t prefix;          /* bits of it that are the network's */
	uint8_t state;            /* enum ipv6_address_state */
	bool configured;          /* not learnt from a router */
	uint8_t probes;           /* times that it was asked for */
	uint64_t due;             /* of a tentative one: when it is asked for next, or is ready */
	uint64_t preferred_until; /* then it is no longer chosen for what is new */
	uint64_t valid_until;     /* and then it is gone */
};

struct ipv6_interface {
	bool enabled;
	struct alarm alarm;       /* whatever is due next of what follows */
	struct ipv6_address addresses[IPV6_ADDRESSES];
	uint64_t begun;           /* nothing is asked before: all machines may have been started at once */
	uint32_t mtu;             /* what a router has said (0: nothing) */
	uint8_t hop_limit;
	uint64_t reachable_time, ask_time; /* of neighbours: RFC 4861, section 6.3.2 */
	uint8_t solicitations;    /* times that routers were asked for */
	uint64_t solicit_due;     /* UINT64_MAX: no more */
};

/*
 * Gives the interface IPv6: a link-local address, and those that routers advertise. POSIX_EINVAL: its MTU is too
 * small (1280 is the least).
 */
int32_t ipv6_start(struct interface *interface);
void ipv6_stop(struct interface *interface);

/*
 * Gives it an address, with `prefix` bits of network; one that is configured lasts for ever. POSIX_EINVAL: nobody
 * can have it; POSIX_EEXIST; POSIX_ENOSPC.
 */
int32_t ipv6_add_address(struct interface *interface, const struct net_address *address, uint32_t prefix);

/* The same for one that was learnt, until then: times of netstack_now. */
int32_t ipv6_learn_address(struct interface *interface, const struct net_address *address, uint32_t prefix,
                           uint64_t preferred_until, uint64_t valid_until);

/* The address in the interface's list, in whatever state; NULL: it is not there. */
struct ipv6_address *ipv6_find_address(struct interface *interface, const struct net_address *address);

/* The address to speak from to `destination` (RFC 6724, section 5). False: there is none. */
bool ipv6_choose_source(const struct interface *interface, const struct net_address *destination,
                        struct net_address *source);

/* Whether it is one of the interface's, and ready. */
bool ipv6_is_ours(const struct interface *interface, const struct net_address *address);

/* Somebody else has one of our addresses. */
void ipv6_duplicate(struct interface *interface, struct ipv6_address *address, const uint8_t *hardware);

/* The alarm rings no later than `due`. */
void ipv6_due(struct interface *interface, uint64_t due);

/* The group in which the owner of an address is asked for (RFC 4291, section 2.7.1). */
struct net_address ipv6_solicited_group(const struct net_address *address);

extern const struct net_address ipv6_all_nodes, ipv6_all_routers, ipv6_unspecified;

#endif

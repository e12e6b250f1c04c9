/*
 * The network stack beneath its transports. It is a library without a clock, a
 * thread or a global: time, memory and cards are given to it, so that tests run
 * it under a clock of their own.
 *
 *   interface.c   cards, their addresses, and frames to transmit
 *   loopback.c    a card whose wire leads back to it
 *   ethernet.c    frames that have come, and the headers of those that go
 *   neighbour.c   who is where on a link, and what waits for that to be known
 *   arp.c         asking for it in IPv4; discovery.c does in IPv6
 *   route.c       which way, and how large a packet may be there
 *   group.c       which groups' packets are taken; listener.c tells routers of them
 *   ipv4.c        packets that have come, and headers of those that go; as is
 *   ipv6.c        for IPv6, with its extension headers
 *   ip_input.c    what either does with what has come
 *   ip_output.c   packets that go, whole or in fragments
 *   reassembly.c  fragments that have come
 *   icmp.c        echo, and errors in both directions; icmp6.c for IPv6
 *   ipv6_address.c  addresses of an interface, and autoconfigure.c, those that routers give
 *   dhcp.c        getting an IPv4 address; dhcp_message.c has the messages
 *   resolver.c    addresses of names; name_message.c has the messages
 *   datagram.c    sockets of UDP, of ICMP echo, and raw ones
 *   udp.c         UDP
 *   stream.c      sockets of TCP, whose engine is tcp.h
 *   alarm.c       what is to be done later
 *
 * Around it is the server: server.c (its beginning), configure.c (cards and addresses),
 * session.c (what a client holds), socket_protocol.c, poll.c and status.c (protocol `socket`).
 *
 * Everything a stranger can make it allocate is bounded, and whatever is dropped
 * is counted by its reason.
 */
#ifndef NETSTACK_NETSTACK_H
#define NETSTACK_NETSTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/dev/net.h>
#include <drydock/hash.h>
#include <drydock/list.h>
#include <drydock/posix.h>

#include "address.h"
#include "alarm.h"
#include "arp.h"
#include "datagram.h"
#include "dhcp.h"
#include "drop.h"
#include "group.h"
#include "ipv6.h"
#include "listener.h"
#include "neighbour.h"
#include "reassembly.h"
#include "resolver.h"
#include "route.h"
#include "stream.h"

#define NETSTACK_INTERFACES 4u
#define NETSTACK_SECOND     1000000000ull /* nanoseconds */

struct interface;
struct netstack;

/* What the stack needs of the process it lives in. */
struct netstack_environment {
	void *context;
	/* Monotonic nanoseconds. */
	uint64_t (*now)(void *context);
	/* Zeroed memory, or NULL; given back by `free`. */
	void *(*allocate)(void *context, size_t size);
	void (*free)(void *context, void *memory);
	/* netstack_run_alarms is to be called at `deadline`, and no longer at one asked for before. */
	void (*schedule)(void *context, uint64_t deadline);
	/* Another machine uses the interface's address. Not more often than once in ten seconds. */
	void (*conflict)(void *context, struct interface *interface, const uint8_t hardware[NET_ADDRESS_SIZE]);
	/* The interface has another IPv4 address than before (0: none), by DHCP. */
	void (*addressed)(void *context, struct interface *interface);
};

/* ---- packets that have come --------------------------------------------------- */

/* Bytes of one layer, which lie in one piece and are a stranger's; valid during the call that is given them. */
struct packet {
	struct interface *interface;
	const uint8_t *bytes;
	uint32_t length;
	bool checksum_good;  /* the transport's checksum need not be verified: net.h, NET_NEEDS_CHECKSUM and …_VALID */
	bool link_broadcast; /* the frame was for more than this machine */
};

/* The header that a packet came with. */
struct ip_header {
	struct net_address source, destination;
	struct interface *interface; /* by which it came */
	uint8_t protocol;
	uint8_t traffic_class; /* the type of service in IPv4; the lowest two bits are ECN's (RFC 3168) */
	uint8_t hop_limit;
	bool to_many;          /* broadcast or multicast, of either layer */
	/* The IP header and what follows, as it came, to be quoted in errors. */
	const uint8_t *quote;
	uint32_t quote_length;
	uint32_t transport_at; /* where in there the transport's header begins; 0: it does not lie in there */
	uint32_t protocol_at;  /* IPv6: where `protocol` is named */
};

/* What an ICMP error says about a packet of ours. */
enum icmp_error_kind {
	ICMP_ERROR_NETWORK_UNREACHABLE,
	ICMP_ERROR_HOST_UNREACHABLE,
	ICMP_ERROR_PROTOCOL_UNREACHABLE,
	ICMP_ERROR_PORT_UNREACHABLE,
	ICMP_ERROR_PROHIBITED,
	ICMP_ERROR_TOO_BIG,       /* mtu is the next link's; 0: it did not say */
	ICMP_ERROR_TIME_EXCEEDED,
	ICMP_ERROR_PARAMETER,
};

struct icmp_error {
	enum icmp_error_kind kind;
	uint32_t mtu;
	struct net_address source, destination; /* of our packet */
	const uint8_t *transport;               /* as much of its transport header as was quoted, */
	uint32_t length;                        /* at least eight bytes */
};

/* A protocol above IP. */
struct transport {
	uint8_t family; /* enum net_family; NET_FAMILY_NONE: it lies over both */
	void *context;
	void (*input)(void *context, struct netstack *stack, const struct ip_header *header,
	              const struct packet *packet);
	/* NULL: errors about it are ignored. What is quoted may be forged: believe what matches. */
	void (*error)(void *context, struct netstack *stack, const struct icmp_error *error);
};

#define IP_PROTOCOL_ICMP   1u
#define IP_PROTOCOL_TCP    6u
#define IP_PROTOCOL_UDP    17u
#define IP_PROTOCOL_ICMPV6 58u

/* Hands what IP has taken to its protocol; there is none: its sender is told. */
void ip_deliver(struct netstack *stack, const struct ip_header *header, const struct packet *packet);

/* Tells the protocol that has sent what the error is about, if that is ours. */
void ip_error(struct netstack *stack, uint8_t protocol, const struct icmp_error *error);

/* ---- cards --------------------------------------------------------------------- */

#define OUTPUT_FRAMES 256u /* of one interface, on their way or waiting for a neighbour */
#define OUTPUT_PAGES  512u

/* A frame that is being made, waits for its neighbour's address, or is the card's. */
struct output {
	struct net_frame frame;
	struct list link; /* in interface->free_outputs, or in neighbour.waiting */
	uint32_t written; /* bytes of the frame that are filled in */
};

struct interface {
	struct netstack *stack;
	struct net_card *card;
	char name[16];
	bool loopback;       /* all that goes out comes in */
	uint32_t address;    /* IPv4; 0: none */
	uint32_t prefix;     /* bits of it that are the network's */
	uint32_t mtu;        /* of IP packets; at most the card's */
	struct list free_outputs;
	uint32_t free_pages; /* how many of page_stack */
	uint8_t *page_stack[OUTPUT_PAGES];
	uint8_t *memory;     /* all pages, of device_allocate */
	struct output *outputs;
	uint8_t *linear;     /* NET_FRAME_MAXIMUM bytes: a received frame of several segments */
	struct neighbours neighbours;
	struct arp arp;
	struct ipv6_interface ipv6;
	struct listener listener;
	struct dhcp dhcp;
	uint64_t received_frames, received_bytes, transmitted_frames, transmitted_bytes;
};

/* ---- the stack -------------------------------------------------------------------- */

struct netstack {
	struct netstack_environment environment;
	struct hash_key key;   /* secret: nothing that it makes can be foretold */
	uint64_t random_count;
	struct interface *interfaces[NETSTACK_INTERFACES];
	uint32_t interface_count;
	struct route_table routes;
	struct reassembly reassembly;
	struct groups groups;
	struct list alarms;    /* struct alarm.link, the next to ring first */
	struct transport transports[256]; /* by protocol; without `input` there is none */
	struct datagrams datagrams;
	struct streams streams;
	struct resolver resolver;
	uint16_t identification; /* of the next IPv4 packet that may be fragmented */
	uint64_t error_credit_time; /* ICMP errors: when the bucket was last filled, */
	uint32_t error_credit;      /* and how many may be sent now */
	uint64_t drops[DROP_REASONS];
};

/* `secret` is random and nobody else's. */
void netstack_create(struct netstack *stack, const struct netstack_environment *environment,
                     const struct hash_key *secret);

/* Gives all memory back. The cards have nothing of it any more: they were stopped. */
void netstack_destroy(struct netstack *stack);

/*
 * Takes a card, whose events become the stack's, under a name for people. 0, POSIX_ENOMEM, or
 * POSIX_ENOSPC where there are NETSTACK_INTERFACES already.
 */
int32_t netstack_add_interface(struct netstack *stack, struct net_card *card, const char *name, bool loopback,
                               struct interface **result);

/*
 * Gives the interface an IPv4 address with `prefix` bits of network (1 to 32; 8 for
 * loopback), and announces it. POSIX_EINVAL: nobody can have that address.
 */
int32_t interface_set_address(struct interface *interface, uint32_t address, uint32_t prefix);

/* Takes its IPv4 address away, and the routes over it. */
void interface_clear_address(struct interface *interface);

/* Does what is due by now. */
void netstack_run_alarms(struct netstack *stack);

static inline uint64_t netstack_now(struct netstack *stack)
{
	return stack->environment.now(stack->environment.context);
}

/* 32 bits that nobody can foretell. */
uint32_t netstack_random(struct netstack *stack);

static inline void *netstack_allocate(struct netstack *stack, size_t size)
{
	return stack->environment.allocate(stack->environment.context, size);
}

static inline void netstack_free(struct netstack *stack, void *memory)
{
	stack->environment.free(stack->environment.context, memory);
}

static inline void netstack_drop(struct netstack *stack, enum drop_reason reason)
{
	stack->drops[reason]++;
}

/* Whether `address` is one of this machine's. */
bool netstack_is_local(const struct netstack *stack, const struct net_address *address);

/* Whether the interface has an address of the family: enum net_family. */
bool interface_has_family(const struct interface *interface, uint8_t family);

/* Bytes of a packet of that family. */
uint32_t interface_mtu(const struct interface *interface, uint8_t family);

/* The IPv4 address of everybody on its link; 0: there is none. */
uint32_t interface_broadcast(const struct interface *interface);

/* Whether it is a neighbour's, and not our own. */
bool interface_on_link(struct interface *interface, const struct net_address *address);

/* The address to speak from to `destination`. False: there is none. */
bool interface_source(const struct interface *interface, const struct net_address *destination,
                      struct net_address *source);

/* ---- from one file to the next ------------------------------------------------------ */

/* A frame of `length` bytes to be filled by output_write; NULL where all are on their way. */
struct output *output_begin(struct interface *interface, uint32_t length);
void output_write(struct output *output, const void *bytes, uint32_t length);

/* Hands it to the card; or gives it up. */
void output_transmit(struct interface *interface, struct output *output);
void output_cancel(struct interface *interface, struct output *output);

/* The bytes of the frame's first page: all headers lie there. */
static inline uint8_t *output_headers(struct output *output)
{
	return output->frame.segments[0].address;
}

/* ethernet.c: what the card has received; and the destination of a frame for all, or for a group. */
void ethernet_receive(struct interface *interface, const struct net_frame *frame);
void ethernet_header(const struct interface *interface, uint8_t *frame, const uint8_t *destination,
                     uint16_t type);
extern const uint8_t ethernet_broadcast[NET_ADDRESS_SIZE];

#define ETHERNET_TYPE_IPV4 0x0800u
#define ETHERNET_TYPE_ARP  0x0806u
#define ETHERNET_TYPE_IPV6 0x86ddu

#endif

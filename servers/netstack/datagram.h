/*
 * Sockets that send and receive datagrams: of UDP (RFC 768); of ICMP echo,
 * where the identifier takes the port's place and the sequence number the remote
 * port's (as Linux's ping sockets have it); and raw ones, of any protocol over IP,
 * whose number takes the port's place. They never wait: who would is told
 * POSIX_EAGAIN, and woken later.
 */
#ifndef NETSTACK_DATAGRAM_H
#define NETSTACK_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/list.h>

#include "address.h"
#include "ip.h"

#define DATAGRAM_BUCKETS       256u
#define DATAGRAM_QUEUE_DEFAULT (256u * 1024) /* bytes of a socket's datagrams, with what keeping them costs */
#define DATAGRAM_LONGEST       65507u        /* what UDP over IPv4 holds, */
#define DATAGRAM_GROUPS        16u           /* that a socket is a member of */
#define DATAGRAM_LONGEST6      65527u        /* and over IPv6 */

struct icmp_error;
struct interface;
struct ip_header;
struct netstack;

enum datagram_kind {
	DATAGRAM_UDP = 0,
	DATAGRAM_ECHO = 1,
	DATAGRAM_RAW = 2, /* what follows the headers of IP; of ICMPv6 the checksum is made (RFC 3542, section 3.1) */
	DATAGRAM_KINDS
};

struct endpoint {
	struct net_address address; /* family NET_FAMILY_NONE: any */
	uint16_t port;              /* 0: any */
};

/* A group that a socket is a member of; family NET_FAMILY_NONE: none. */
struct datagram_group {
	struct net_address address;
	struct interface *interface;
};

/* One that has come. */
struct datagram {
	struct list link;
	struct endpoint from;
	uint32_t length;
	uint8_t bytes[];
};

struct datagram_socket {
	struct list link;      /* in its bucket once it has a port; else by itself */
	struct netstack *stack;
	enum datagram_kind kind;
	uint8_t family;        /* of its addresses, enum net_family; NET_FAMILY_NONE: both */
	struct endpoint local, remote;
	bool broadcast;        /* may send to everybody on a link */
	int32_t error;         /* what the network has said, to be told once */
	struct list queue;     /* struct datagram.link */
	uint32_t queued;       /* bytes, of queue_limit */
	uint32_t queue_limit;
	struct datagram_group groups[DATAGRAM_GROUPS];
	/* Something has come, or an error; called from within the stack. NULL: nobody waits. */
	void (*wake)(void *context);
	void *context;
};

struct datagrams {
	struct list buckets[DATAGRAM_KINDS][DATAGRAM_BUCKETS]; /* by local port, or a raw socket's protocol */
};

void datagrams_create(struct netstack *stack);
void datagrams_destroy(struct netstack *stack);

/* The memory is the caller's until datagram_close. */
void datagram_open(struct netstack *stack, enum datagram_kind kind, struct datagram_socket *socket);
void datagram_close(struct datagram_socket *socket);

/*
 * Port 0: one that is free, and cannot be foretold (RFC 6056, algorithm 1). POSIX_EINVAL: it has one already, or a raw
 * socket is given no protocol, 1 to 255;
 * POSIX_EADDRNOTAVAIL: not our address; POSIX_EADDRINUSE.
 */
int32_t datagram_bind(struct datagram_socket *socket, const struct endpoint *local);

/* From now on only from and to there; an address of family NET_FAMILY_NONE: no longer. POSIX_ENETUNREACH, …_EADDRINUSE. */
int32_t datagram_connect(struct datagram_socket *socket, const struct endpoint *remote);

/*
 * Sends to `to` (NULL: where it is connected). 0, POSIX_EDESTADDRREQ, an error that the network has told
 * since the last call, or one of ip_output.
 */
int32_t datagram_send(struct datagram_socket *socket, const struct endpoint *to, const struct ip_piece *pieces,
                      uint32_t piece_count);

/*
 * Takes the oldest datagram, of which `capacity` bytes are copied to `into`; with `peek` it stays. 0 and its
 * whole length in *length; POSIX_EAGAIN; or an error that the network has told.
 */
int32_t datagram_receive(struct datagram_socket *socket, uint8_t *into, uint32_t capacity, bool peek,
                         uint32_t *length, struct endpoint *from);

/*
 * Datagrams to the group, on the card that leads there, are taken from now on, as those to any socket with their port;
 * until the last member has left or is closed. POSIX_EINVAL: no group; POSIX_ENETUNREACH; POSIX_EADDRINUSE: it is a
 * member; POSIX_ENOBUFS: of as many as it can be; POSIX_EADDRNOTAVAIL: it is none.
 */
int32_t datagram_join(struct datagram_socket *socket, const struct net_address *group);
int32_t datagram_leave(struct datagram_socket *socket, const struct net_address *group);

/* ---- for udp.c and icmp.c ---------------------------------------------------- */

/* Puts a copy before the socket that is for it. False: there is none. */
bool datagram_deliver(struct netstack *stack, enum datagram_kind kind, const struct ip_header *header,
                      uint16_t local_port, uint16_t remote_port, const uint8_t *bytes, uint32_t length);

/* Puts a copy before each raw socket of the packet's protocol. False: there is none. */
bool datagram_deliver_raw(struct netstack *stack, const struct ip_header *header, const uint8_t *bytes,
                          uint32_t length);

/* Tells the socket that has sent what the error is about. False: there is none. */
bool datagram_error(struct netstack *stack, enum datagram_kind kind, const struct icmp_error *error,
                    uint16_t local_port, uint16_t remote_port);

/* udp.c; `interface` as in struct ip_output. */
int32_t udp_send(struct netstack *stack, struct interface *interface, const struct endpoint *from,
                 const struct endpoint *to, bool to_broadcast, const struct ip_piece *pieces, uint32_t piece_count);
void udp_create(struct netstack *stack);
void icmp_create(struct netstack *stack);

#endif

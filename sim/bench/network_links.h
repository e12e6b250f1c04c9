/*
 * Where the network is measured: a namespace of the benchmark's own, so that nobody
 * else's packets are in it and none of its own get out, with a link to each peer.
 */
#ifndef DRYDOCK_BENCH_NETWORK_LINKS_H
#define DRYDOCK_BENCH_NETWORK_LINKS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum net_peer {
	NET_DRYDOCK,
	NET_FLOOR, /* network_floor.h: the least that anybody at a TAP has to do */
	NET_LINUX, /* Linux's own stack at the other end of a veth pair */
	NET_PEERS,
};

/* What may be left to the card: all there is, or nothing. */
enum net_help { NET_OFFLOADS, NET_NONE, NET_HELPS };

/* Ports that each peer serves. */
#define NET_ECHO    7
#define NET_DISCARD 9
#define NET_SOURCE  19
#define NET_HTTP    80
#define NET_HELD    1000 /* of Drydock: this one and the next NET_HELD_TABLES */
#define NET_HELD_TABLES 10
#define NET_HELD_EACH   1000

/*
 * Moves this process into the namespace; without privileges also into one of users,
 * in which it is root. `directory` is for what is to be gone afterwards. False,
 * having said why.
 */
bool net_space_enter(char directory[64]);
void net_space_leave(const char *directory);

/* Makes TAPs and veth pairs; the far ends of the latter are in the namespace of process `linux_peer`. */
bool net_links_make(pid_t linux_peer);

/* In the Linux peer's namespace, once net_links_make is done: gives its ends addresses. */
bool net_links_far_end(void);

/* Names of the TAPs. */
void net_tap_name(enum net_peer peer, enum net_help help, char name[16]);

/* The peer's address at that link. */
struct in_addr net_address_of(enum net_peer peer, enum net_help help);

#endif

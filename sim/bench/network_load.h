/* The program on Linux that uses a peer: what it does for a while, and what that came to. */
#ifndef DRYDOCK_BENCH_NETWORK_LOAD_H
#define DRYDOCK_BENCH_NETWORK_LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Each opens a connection to `address` and measures for `duration` nanoseconds, after a
 * fifth of it that does not count. False, having said why, where that fails.
 */

/* To the port that swallows: *rate is Gbit/s that the peer has acknowledged. */
bool net_load_send(struct in_addr address, uint64_t duration, double *rate);

/*
 * From the port that sends: *rate is Gbit/s that have come. Of the packets that come,
 * `loss` in a thousand are dropped by chance before Linux's TCP sees them.
 */
bool net_load_receive(struct in_addr address, uint64_t duration, unsigned loss, double *rate);

/* With the port that sends back, 64 bytes at a time: *median in nanoseconds, *rate a nanosecond. */
bool net_load_echo(struct in_addr address, uint64_t duration, double *median, double *rate);

/* Opens NET_HELD_TABLES * NET_HELD_EACH connections to held ports, into `sockets`. */
bool net_load_hold(struct in_addr address, int *sockets);

/* wrk at the file /1k with 64 connections, for a second: *rate in requests a second. False where it did not answer. */
bool net_load_http(struct in_addr address, double *rate);

#endif

/* ICMP (RFC 792), between the files of the stack; that of IPv6 is behind the same functions (icmp6.h). */
#ifndef NETSTACK_ICMP_H
#define NETSTACK_ICMP_H

#include <stdint.h>

#include "ip.h"
#include "netstack.h"

/*
 * Tells the sender of `header` what became of his packet: ICMP_ERROR_PROTOCOL_UNREACHABLE,
 * ICMP_ERROR_PORT_UNREACHABLE or ICMP_ERROR_TIME_EXCEEDED (in reassembly). Nothing is said about packets that
 * nobody may be told about (RFC 1122, section 3.2.2), nor more often than a limit allows.
 */
void icmp_send_error(struct netstack *stack, const struct ip_header *header, enum icmp_error_kind kind);

/* Whether one more error may be sent now: so often, of both versions. */
bool icmp_error_allowed(struct netstack *stack);

/* A packet of ours, of which `length` bytes from the IP header on are given, finds nobody on its link. */
void icmp_unreachable_here(struct netstack *stack, const uint8_t *packet, uint32_t length);

/* Sends the echo request whose data `pieces` are (datagram.c); 0 or an error as ip_output. */
int32_t icmp_send_echo(struct netstack *stack, const struct net_address *source,
                       const struct net_address *destination, uint16_t identifier, uint16_t sequence,
                       bool to_broadcast, const struct ip_piece *pieces, uint32_t piece_count);

/* The same over IPv6; to groups anybody may send. */
int32_t icmp6_send_echo(struct netstack *stack, const struct net_address *source,
                        const struct net_address *destination, uint16_t identifier, uint16_t sequence,
                        const struct ip_piece *pieces, uint32_t piece_count);

/* The POSIX error that an ICMP error is to a socket; 0: it is no concern of a socket's. */
int32_t icmp_error_status(enum icmp_error_kind kind);

#endif

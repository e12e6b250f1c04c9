/* ICMPv6 (RFC 4443), between the files of the stack. */
#ifndef NETSTACK_ICMP6_H
#define NETSTACK_ICMP6_H

#include <stdint.h>

#include "ip.h"
#include "netstack.h"

#define ICMP6_TYPE     0
#define ICMP6_CODE     1
#define ICMP6_CHECKSUM 2
#define ICMP6_HEADER   8u /* with the four bytes that each type uses for itself */

#define ICMP6_LISTENER_QUERY         130u
#define ICMP6_LISTENER_REPORT        131u
#define ICMP6_LISTENER_DONE          132u
#define ICMP6_ROUTER_SOLICITATION    133u
#define ICMP6_ROUTER_ADVERTISEMENT   134u
#define ICMP6_NEIGHBOUR_SOLICITATION 135u
#define ICMP6_NEIGHBOUR_ADVERTISEMENT 136u
#define ICMP6_REDIRECT               137u
#define ICMP6_LISTENER_REPORT_2      143u

#define ICMP6_PROBLEM_HEADER     0u
#define ICMP6_PROBLEM_NEXT       1u
#define ICMP6_PROBLEM_OPTION     2u
#define ICMP6_PROBLEM_INCOMPLETE 3u /* RFC 7112: headers beyond the first fragment */

/* As icmp_send_error, which hands on what is about IPv6. */
void icmp6_send_error(struct netstack *stack, const struct ip_header *header, enum icmp_error_kind kind);

/* Tells the sender what is wrong with his packet, at which byte. */
void icmp6_parameter_problem(struct netstack *stack, const struct ip_header *header, uint8_t code, uint32_t pointer);

/* A packet of ours, of which `length` bytes are given, has met an error. */
void icmp6_quoted(struct netstack *stack, const uint8_t *packet, uint32_t length, enum icmp_error_kind kind,
                  uint32_t mtu);

/*
 * Sends the message, which begins with a header of ICMP6_HEADER bytes, by whatever `output` says besides:
 * protocol, checksum and source are filled in. 0 or an error as ip_output.
 */
int32_t icmp6_output(struct netstack *stack, struct ip_output *output, uint8_t *message, uint32_t length);

void icmp6_create(struct netstack *stack);

#endif

/*
 * The client of DHCP (RFC 2131): gets the interface's IPv4 address from a server, and keeps
 * it. An address is asked for on the link before it is used (RFC 5227), and declined where
 * somebody has it. Nobody waits for any of this.
 */
#ifndef NETSTACK_DHCP_H
#define NETSTACK_DHCP_H

#include <stdbool.h>
#include <stdint.h>

#include "alarm.h"
#include "datagram.h"
#include "dhcp_message.h"

struct interface;

/* RFC 2131, figure 5; INIT-REBOOT has no use without a memory of before. */
enum dhcp_state {
	DHCP_OFF = 0,
	DHCP_INIT,       /* about to ask */
	DHCP_SELECTING,  /* asks everybody */
	DHCP_REQUESTING, /* has taken an offer */
	DHCP_PROBING,    /* has an address, which perhaps somebody else has */
	DHCP_BOUND,
	DHCP_RENEWING,   /* asks the server for longer */
	DHCP_REBINDING,  /* asks anybody */
};

struct dhcp {
	struct alarm alarm;
	struct datagram_socket socket;
	uint8_t state;         /* enum dhcp_state */
	uint32_t tries;        /* of the question that is out */
	uint32_t transaction;
	uint64_t began;        /* to ask */
	uint64_t asked;        /* what the lease is counted from */
	uint64_t renew, rebind, expires; /* UINT64_MAX: never */
	struct dhcp_answer offer; /* what was offered, or is held */
};

/* Starts asking; the interface has no IPv4 address until there is an answer. POSIX_EADDRINUSE: port 68 is taken. */
int32_t dhcp_start(struct interface *interface);
void dhcp_stop(struct interface *interface);

/* There is a link again: whoever has no address yet asks at once, and whoever has one whether it still holds there. */
void dhcp_link_up(struct interface *interface);

#endif

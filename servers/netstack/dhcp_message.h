/* Messages of DHCP (RFC 2131, section 2; options of RFC 2132): what a client says, and what it reads of an answer. */
#ifndef NETSTACK_DHCP_MESSAGE_H
#define NETSTACK_DHCP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/dev/net.h>

#define DHCP_MESSAGE_SIZE   300u  /* of one that is sent: BOOTP's length, which relays may insist on (RFC 1542) */
#define DHCP_MESSAGE_LONGEST 1472u /* that is taken, and said to be */
#define DHCP_NAME_SERVERS   3u
#define DHCP_FOR_EVER       UINT32_MAX /* of seconds */

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
};

/* What a client says. Addresses are numbers, 0 where it says none. */
struct dhcp_question {
	enum dhcp_type type;
	uint32_t transaction;
	uint32_t seconds;       /* since it began to ask */
	uint32_t own;           /* the address that it has, and is reached at */
	uint32_t wanted;        /* that it would like to have */
	uint32_t server;        /* whose offer it takes */
	const uint8_t *hardware;
};

/* What a server has answered. */
struct dhcp_answer {
	enum dhcp_type type;
	uint32_t transaction;
	uint32_t address, prefix;
	uint32_t server;
	uint32_t router;        /* 0: none */
	uint32_t name_servers[DHCP_NAME_SERVERS]; /* 0: no more */
	uint32_t lease, renew, rebind; /* seconds; renew <= rebind <= lease */
};

/* Writes it into DHCP_MESSAGE_SIZE bytes. */
void dhcp_write(const struct dhcp_question *question, uint8_t *message);

/* Reads an answer for `hardware`. False: it is none, or makes no sense; then nothing of it is used. */
bool dhcp_read(const uint8_t *message, uint32_t length, const uint8_t *hardware, struct dhcp_answer *answer);

#endif

/*
 * IP packets that come in fragments (RFC 791, section 3.2; RFC 815; RFC 8200,
 * section 4.5). A packet whose fragments overlap is dropped with all of them, as RFC
 * 5722 has it for IPv6: nobody sends such, except to be read differently by two readers.
 */
#ifndef NETSTACK_REASSEMBLY_H
#define NETSTACK_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "alarm.h"

#define REASSEMBLY_PACKETS   64u
#define REASSEMBLY_FRAGMENTS 128u       /* of one packet */
#define REASSEMBLY_MEMORY    (4u << 20) /* bytes, of all of them */
#define REASSEMBLY_QUOTE     128u       /* bytes, of which RFC 792 wants the IP header and eight */
#define REASSEMBLY_SECONDS   30u        /* Linux's; RFC 1122, section 3.3.2, has 60 to 120 */
#define REASSEMBLY_SECONDS6  60u        /* RFC 8200, section 4.5 */

struct fragment;
struct ip_header;
struct netstack;
struct packet;

/* A packet of which not all fragments have come. */
struct partial {
	bool used;
	bool first_seen;
	bool last_seen;
	uint8_t protocol;          /* IPv6: that of the first fragment counts */
	uint32_t identification;
	struct net_address source, destination;
	uint32_t total;            /* bytes of the whole payload, once the last has come */
	uint32_t received;         /* bytes of it that are there */
	uint32_t count;
	uint32_t charged;          /* bytes of memory */
	uint64_t expires;
	struct fragment *fragments; /* by offset */
	/* The IP header of the first and what follows, to be quoted if the rest never comes; 0: nobody is told. */
	uint32_t quote_length, transport_at;
	uint8_t quote[REASSEMBLY_QUOTE];
};

struct reassembly {
	struct alarm alarm;
	struct partial partials[REASSEMBLY_PACKETS];
	uint32_t charged;
};

/*
 * Takes a fragment: `packet` is its payload, `offset` where in the whole that lies, in bytes. True
 * when it was the last missing: then *packet is the whole payload, which lies in *memory, to be given to
 * netstack_free once it was used, and header->protocol that of the first fragment. `header` goes on quoting
 * this one. The whole is at most as long as IP has it: the caller has seen to that.
 */
bool reassembly_add(struct netstack *stack, struct ip_header *header, uint32_t identification,
                    uint32_t offset, bool more, struct packet *packet, void **memory);

void reassembly_create(struct netstack *stack);
void reassembly_destroy(struct netstack *stack);

#endif

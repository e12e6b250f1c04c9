/*
 * Names to addresses, by DNS (RFC 1035) over UDP, and over TCP where an answer is too long for
 * that (RFC 7766). What was learnt is kept for as long as it holds, also that there is nothing
 * (RFC 2308); names of the configuration come first. Questions go from a port and with a
 * number that nobody can foretell (RFC 5452).
 */
#ifndef NETSTACK_RESOLVER_H
#define NETSTACK_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/list.h>

#include "address.h"
#include "alarm.h"
#include "datagram.h"
#include "name_message.h"
#include "stream.h"

#define RESOLVER_SERVERS 4u
#define RESOLVER_QUERIES 16u  /* different questions that are out at once */
#define RESOLVER_WAITING 64u  /* that wait for their answers */
#define RESOLVER_CACHE   128u
#define RESOLVER_HOSTS   16u

struct netstack;

/* Who waits for an answer; the memory is his until it is done or cancelled. */
struct name_request {
	struct list link;
	bool either; /* if there is no IPv4 address an IPv6 one will do */
	/* 0 and the addresses; POSIX_ENODATA: there are none; POSIX_ETIMEDOUT; POSIX_EPROTO: no server would say; POSIX_ENOMEM. */
	void (*done)(void *context, int32_t status, const struct net_address *addresses, uint32_t count);
	void *context;
};

/* A question that is out. */
struct name_query {
	struct netstack *stack;
	char name[NAME_LONGEST + 1]; /* empty: there is none */
	uint8_t family;
	uint16_t identifier;
	uint32_t tries;
	uint32_t server;
	uint64_t due;              /* when another server is asked */
	struct list requests;      /* struct name_request.link */
	bool by_stream;
	struct datagram_socket datagram;
	struct stream_socket stream;
	uint8_t *answer;           /* by stream: its length in two bytes, and itself */
	uint32_t answer_length;
};

struct name_known {
	char name[NAME_LONGEST + 1]; /* empty: nothing */
	uint8_t family;
	uint64_t expires;
	struct net_address addresses[NAME_ADDRESSES];
	uint32_t count;              /* 0: it is known that there are none */
};

struct name_host {
	char name[NAME_LONGEST + 1];
	struct net_address address;
};

struct resolver {
	struct alarm alarm;          /* the next `due` */
	struct net_address servers[RESOLVER_SERVERS];
	uint32_t server_count;
	uint32_t configured_count;   /* of them: the first, which are there for ever */
	uint32_t waiting;            /* requests */
	struct name_query queries[RESOLVER_QUERIES];
	struct name_known cache[RESOLVER_CACHE];
	struct name_host hosts[RESOLVER_HOSTS];
	uint32_t host_count;
};

void resolver_create(struct netstack *stack);
void resolver_destroy(struct netstack *stack);

/* One more server to ask, before those that were learnt. POSIX_ENOSPC. */
int32_t resolver_add_server(struct netstack *stack, const struct net_address *server);

/* Servers that were learnt, in place of those learnt before: IPv4 addresses as numbers, up to the first 0. */
void resolver_learn_servers(struct netstack *stack, const uint32_t *servers, uint32_t count);

/* A name of the configuration. POSIX_EINVAL: it can be none; POSIX_ENOSPC. */
int32_t resolver_add_host(struct netstack *stack, const char *name, uint32_t length,
                          const struct net_address *address);

/*
 * Asks for the addresses of a name, of a family or (NET_FAMILY_NONE) of either. 0: `request` is done already or
 * will be; POSIX_EINVAL: it can be no name; POSIX_ENETUNREACH: there is no server to ask; POSIX_EAGAIN: too many are being
 * asked for.
 */
int32_t resolver_ask(struct netstack *stack, const char *name, uint32_t length, uint8_t family,
                     struct name_request *request);

/* It waits no longer. */
void resolver_cancel(struct netstack *stack, struct name_request *request);

#endif

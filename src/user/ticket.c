/*
 * Tickets of the protocol `fs`: a client that impersonates, as vfs does, offers
 * one for a node that it holds, and the process that it names reads and writes
 * the node by it (include/drydock/proto/fs.proto). Every server of a file system
 * has them by filesystem_add: its own `read` and `write` are called, as if they
 * were asked for with IDENTITY_CHECKED by whoever the ticket was offered for.
 *
 * The node is held by whoever offered the ticket, who gives it back only after
 * the ticket; so a ticket holds nothing, and ends with its offer's session.
 */
#include <drydock/abi/manifest.h>
#include <drydock/filesystem.h>
#include <drydock/hash.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "user/runtime.h"
#include "user/service.h"

#define RIGHTS           ((uint32_t)(FS_TICKET_READ | FS_TICKET_WRITE | FS_TICKET_APPEND))
#define CAPACITY_MINIMUM 16u
#define CAPACITY_MAXIMUM (1u << 24)
#define NOWHERE          UINT32_MAX

/* Its number is {generation:32, index:32}; no number is ever used twice, and 0 never. */
struct ticket {
	struct connection *issuer; /* NULL: unused */
	struct connection *holder; /* who has redeemed it; NULL: nobody yet, or it is gone */
	uint64_t node;
	uint64_t process; /* who may redeem it */
	const struct identity *who; /* the issuer's until it is redeemed, then the holder's */
	uint32_t rights;
	uint32_t generation;
	uint32_t next_free; /* index, or NOWHERE */
	bool redeemed;
};

struct tickets {
	struct runtime *runtime;
	const struct fs_operations *own;    /* the server's */
	struct fs_operations operations;    /* those, and the ones of this file */
	const struct service_events *events; /* the server's, or NULL */
	struct service_events wrapped;
	struct hash_key key; /* of the secrets */
	struct ticket *ticket;
	uint32_t capacity;
	uint32_t first_free;
};

static uint64_t number_of(const struct tickets *tickets, const struct ticket *ticket)
{
	return (uint64_t)ticket->generation << 32 | (uint64_t)(ticket - tickets->ticket);
}

static uint64_t secret_of(const struct tickets *tickets, uint64_t number)
{
	return hash_bytes(&tickets->key, &number, sizeof(number));
}

static struct ticket *find(const struct tickets *tickets, uint64_t number)
{
	struct ticket *ticket = (uint32_t)number < tickets->capacity ? &tickets->ticket[(uint32_t)number] : NULL;

	return ticket != NULL && ticket->issuer != NULL && ticket->generation == number >> 32 ? ticket : NULL;
}

static struct tickets *tickets_of(const struct request *request)
{
	return request->connection->service->tickets;
}

/* ---- offering ------------------------------------------------------------- */

/* Doubles the table. Its tickets move: nobody keeps a pointer while he may be suspended. */
static bool grow(struct tickets *tickets)
{
	uint32_t capacity = tickets->capacity > 0 ? 2 * tickets->capacity : CAPACITY_MINIMUM;
	struct ticket *larger;

	if (capacity > CAPACITY_MAXIMUM)
		return false;
	larger = runtime_allocate(tickets->runtime, capacity * sizeof(*larger));
	if (larger == NULL)
		return false;
	if (tickets->capacity > 0)
		memcpy(larger, tickets->ticket, tickets->capacity * sizeof(*larger));
	for (uint32_t at = tickets->capacity; at < capacity; at++) {
		larger[at].generation = 1; /* so that 0 is no ticket's number */
		larger[at].next_free = at + 1 < capacity ? at + 1 : NOWHERE;
	}
	tickets->first_free = tickets->capacity;
	runtime_free(tickets->runtime, tickets->ticket);
	tickets->ticket = larger;
	tickets->capacity = capacity;
	return true;
}

static struct ticket *take(struct tickets *tickets)
{
	struct ticket *ticket;

	if (tickets->first_free == NOWHERE && !grow(tickets))
		return NULL;
	ticket = &tickets->ticket[tickets->first_free];
	tickets->first_free = ticket->next_free;
	return ticket;
}

/* A place whose generations are used up is not used again. */
static void give(struct tickets *tickets, struct ticket *ticket)
{
	uint32_t generation = ticket->generation + 1;

	*ticket = (struct ticket){.generation = generation, .next_free = tickets->first_free};
	if (generation != 0)
		tickets->first_free = (uint32_t)(ticket - tickets->ticket);
}

static int32_t serve_offer_ticket(struct request *request, const struct fs_offer_ticket_arguments *arguments,
                                  struct fs_offer_ticket_results *results)
{
	const struct identity *who = request_identity(request);
	struct tickets *tickets = tickets_of(request);
	struct ticket *ticket;

	if ((badge_flags(request->connection->info.badge) & CALL_IMPERSONATE) == 0)
		return POSIX_EPERM;
	if (who == NULL || (arguments->rights & ~RIGHTS) != 0 || arguments->rights == 0)
		return POSIX_EINVAL;
	ticket = take(tickets);
	if (ticket == NULL)
		return POSIX_ENOMEM;
	ticket->issuer = request->connection;
	ticket->node = arguments->node;
	ticket->process = arguments->process;
	ticket->who = who;
	ticket->rights = arguments->rights;
	results->ticket = number_of(tickets, ticket);
	results->secret = secret_of(tickets, results->ticket);
	return 0;
}

static int32_t serve_withdraw_ticket(struct request *request,
                                     const struct fs_withdraw_ticket_arguments *arguments)
{
	struct tickets *tickets = tickets_of(request);
	struct ticket *ticket = find(tickets, arguments->ticket);

	if (ticket == NULL || ticket->issuer != request->connection)
		return POSIX_ESTALE;
	give(tickets, ticket);
	return 0;
}

/* ---- using ------------------------------------------------------------------ */

static int32_t serve_redeem_ticket(struct request *request, const struct fs_redeem_ticket_arguments *arguments)
{
	struct tickets *tickets = tickets_of(request);
	struct ticket *ticket = find(tickets, arguments->ticket);
	const struct identity *who;

	if (ticket == NULL || ticket->redeemed || ticket->process != request->connection->info.peer ||
	    arguments->secret != secret_of(tickets, arguments->ticket))
		return POSIX_ESTALE;
	/* What is under way may outlive the ticket and its issuer. */
	who = connection_keep_identity(request->connection, ticket->who, IDENTITY_CHECKED);
	if (who == NULL)
		return POSIX_ENOMEM;
	ticket->who = who;
	ticket->holder = request->connection;
	ticket->redeemed = true;
	return 0;
}

/* Finds the open file, and has the request be made by who opened it. */
static int32_t begin(struct request *request, uint64_t number, uint32_t right, struct ticket *opened)
{
	const struct ticket *ticket = find(tickets_of(request), number);

	if (ticket == NULL || ticket->holder != request->connection)
		return POSIX_ESTALE;
	if ((ticket->rights & right) == 0)
		return POSIX_EBADF;
	*opened = *ticket;
	request->acting = ticket->who;
	return 0;
}

static int32_t serve_read_opened(struct request *request, const struct fs_read_opened_arguments *arguments,
                                 struct fs_read_opened_results *results)
{
	const struct fs_operations *own = tickets_of(request)->own;
	struct fs_read_results read = {0};
	struct fs_read_arguments wanted;
	struct ticket opened;
	int32_t status = begin(request, arguments->ticket, FS_TICKET_READ, &opened);

	if (status != 0)
		return status;
	if (own->read == NULL)
		return POSIX_ENOSYS;
	wanted = (struct fs_read_arguments){
		.node = opened.node,
		.offset = arguments->offset,
		.data = arguments->data,
		.data_capacity = arguments->data_capacity,
	};
	status = own->read(request, &wanted, &read);
	results->data_length = read.data_length;
	return status;
}

static int32_t serve_write_opened(struct request *request, const struct fs_write_opened_arguments *arguments,
                                  struct fs_write_opened_results *results)
{
	const struct fs_operations *own = tickets_of(request)->own;
	struct fs_write_results written = {0};
	struct fs_write_arguments wanted;
	struct ticket opened;
	int32_t status = begin(request, arguments->ticket, FS_TICKET_WRITE, &opened);

	if (status != 0)
		return status;
	if (own->write == NULL)
		return POSIX_ENOSYS;
	wanted = (struct fs_write_arguments){
		.node = opened.node,
		.offset = arguments->offset,
		.flags = opened.rights & FS_TICKET_APPEND ? FS_WRITE_APPEND : 0,
		.data = arguments->data,
		.data_length = arguments->data_length,
	};
	status = own->write(request, &wanted, &written);
	results->offset = written.offset;
	results->length = written.length;
	return status;
}

/* ---- beginning and end --------------------------------------------------------- */

static enum error connected(struct connection *connection, void *server)
{
	const struct service_events *events = connection->service->tickets->events;

	return events != NULL && events->connected != NULL ? events->connected(connection, server) : E_OK;
}

static void disconnected(struct connection *connection, void *server)
{
	struct tickets *tickets = connection->service->tickets;

	for (uint32_t at = 0; at < tickets->capacity; at++) {
		struct ticket *ticket = &tickets->ticket[at];

		if (ticket->issuer == connection)
			give(tickets, ticket);
		else if (ticket->holder == connection)
			ticket->holder = NULL;
	}
	if (tickets->events != NULL && tickets->events->disconnected != NULL)
		tickets->events->disconnected(connection, server);
}

/* Of what the machine told nobody else; where it has no randomness, only of when that was. */
static void make_key(struct tickets *tickets)
{
	const struct start_block *start = runtime_start(tickets->runtime);
	uint64_t material[3] = {runtime_wall_time(tickets->runtime), start->process, 0};
	struct hash_key random;

	_Static_assert(sizeof(random) == sizeof(start->random), "it is a key");
	memcpy(&random, start->random, sizeof(random));
	tickets->key.low = hash_bytes(&random, material, sizeof(material));
	material[2]++;
	tickets->key.high = hash_bytes(&random, material, sizeof(material));
}

enum error filesystem_add(struct service *service, const struct fs_operations *operations)
{
	struct tickets *tickets = runtime_allocate(service->runtime, sizeof(*tickets));

	if (tickets == NULL)
		return E_NOMEM;
	tickets->runtime = service->runtime;
	tickets->own = operations;
	tickets->operations = *operations;
	tickets->operations.offer_ticket = serve_offer_ticket;
	tickets->operations.withdraw_ticket = serve_withdraw_ticket;
	tickets->operations.redeem_ticket = serve_redeem_ticket;
	tickets->operations.read_opened = serve_read_opened;
	tickets->operations.write_opened = serve_write_opened;
	tickets->events = service->events;
	tickets->wrapped = (struct service_events){.connected = connected, .disconnected = disconnected};
	tickets->first_free = NOWHERE;
	make_key(tickets);
	service->tickets = tickets;
	service->events = &tickets->wrapped;
	service_add(service, &fs_protocol, &tickets->operations);
	return E_OK;
}

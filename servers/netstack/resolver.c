/* Questions that are out, and what is known (resolver.h). */
#include "resolver.h"

#include "bytes.h"
#include "netstack.h"

#define PORT          53u
#define TRIES         4u                    /* of each question, by turns over the servers */
#define WAIT          (2 * NETSTACK_SECOND) /* for an answer; */
#define WAIT_STREAM   (5 * NETSTACK_SECOND) /* with a connection before it */
#define STREAM_ANSWER (2u + 65535u)
#define NEVER         UINT64_MAX

static void try_server(struct name_query *query);
static int32_t attach(struct netstack *stack, const char *name, uint8_t family, struct name_request *request);

/* ---- what is known ---------------------------------------------------------------- */

static bool known_as(const struct name_known *known, const char *name, uint8_t family)
{
	return known->family == family && string_equal(known->name, name);
}

static const struct name_known *find_known(struct netstack *stack, const char *name, uint8_t family)
{
	uint64_t now = netstack_now(stack);

	for (uint32_t i = 0; i < RESOLVER_CACHE; i++) {
		const struct name_known *known = &stack->resolver.cache[i];

		if (known->expires > now && known_as(known, name, family))
			return known;
	}
	return NULL;
}

/* In the place of what was known of the same, or of what would be forgotten first. */
static void learn(struct netstack *stack, const char *name, uint8_t family, const struct name_answer *answer)
{
	struct name_known *best = &stack->resolver.cache[0];

	if (answer->seconds == 0)
		return;
	for (uint32_t i = 0; i < RESOLVER_CACHE; i++) {
		struct name_known *known = &stack->resolver.cache[i];

		if (known->expires < best->expires)
			best = known;
		if (known_as(known, name, family)) {
			best = known;
			break;
		}
	}
	*best = (struct name_known){.family = family,
	                            .expires = netstack_now(stack) + answer->seconds * NETSTACK_SECOND,
	                            .count = answer->count};
	string_copy(best->name, sizeof(best->name), name, string_length(name));
	memcpy(best->addresses, answer->addresses, sizeof(best->addresses));
}

/* RFC 6761, section 6.3: nobody is asked who "localhost" is. */
static bool find_host(const struct netstack *stack, const char *name, uint8_t family,
                      struct net_address *address)
{
	const struct resolver *resolver = &stack->resolver;

	for (uint32_t i = 0; i < resolver->host_count; i++) {
		*address = resolver->hosts[i].address;
		if (address->family == family && string_equal(resolver->hosts[i].name, name))
			return true;
	}
	*address = family == NET_FAMILY_IPV4 ? net_address_ipv4(0x7f000001)
	                                     : (struct net_address){NET_FAMILY_IPV6, {[15] = 1}};
	return string_equal(name, "localhost");
}

/* ---- ends ------------------------------------------------------------------------- */

static void close_sockets(struct name_query *query)
{
	datagram_close(&query->datagram);
	if (query->by_stream)
		stream_close(&query->stream, true);
	query->by_stream = false;
	netstack_free(query->stack, query->answer);
	query->answer = NULL;
}

/* Tells all who wait; the query is over before, since they may ask again. */
static void end(struct name_query *query, int32_t status, const struct name_answer *answer)
{
	struct netstack *stack = query->stack;
	char name[NAME_LONGEST + 1];
	struct list requests, *link;

	close_sockets(query);
	memcpy(name, query->name, sizeof(name));
	list_init(&requests);
	while ((link = list_take(&query->requests)) != NULL)
		list_add_tail(&requests, link);
	query->name[0] = '\0';
	query->due = NEVER;
	while ((link = list_take(&requests)) != NULL) {
		struct name_request *request = list_entry(link, struct name_request, link);
		bool other = status == POSIX_ENODATA && request->either;

		stack->resolver.waiting--;
		request->either = false;
		if (!other || attach(stack, name, NET_FAMILY_IPV6, request) != 0)
			request->done(request->context, status, answer->addresses, answer->count);
	}
}

static void next_try(struct name_query *query, int32_t status)
{
	static const struct name_answer none;

	close_sockets(query);
	if (query->tries >= TRIES) {
		end(query, status, &none);
		return;
	}
	query->server++;
	try_server(query);
}

/* ---- answers ------------------------------------------------------------------------ */

static void ask_by_stream(struct name_query *query);

static void take_answer(struct name_query *query, const uint8_t *message, uint32_t length)
{
	struct netstack *stack = query->stack;
	struct name_answer answer;

	switch (name_read(message, length, query->identifier, query->name, query->family, &answer)) {
	case NAME_FOUND:
	case NAME_NONE:
		learn(stack, query->name, query->family, &answer);
		end(query, answer.count > 0 ? 0 : POSIX_ENODATA, &answer);
		break;
	case NAME_TRUNCATED:
		if (query->by_stream)
			next_try(query, POSIX_EPROTO);
		else
			ask_by_stream(query);
		break;
	case NAME_REFUSED:
		next_try(query, POSIX_EPROTO);
		break;
	case NAME_NONSENSE:
		/* Forged, perhaps: the answer may still come. */
		netstack_drop(stack, DROP_NAME_UNUSABLE);
		if (query->by_stream)
			next_try(query, POSIX_EPROTO);
	}
}

static void heard(void *context)
{
	struct name_query *query = context;
	uint8_t message[NAME_UDP_ANSWER];
	struct endpoint from;
	uint32_t length;
	int32_t status = datagram_receive(&query->datagram, message, sizeof(message), false, &length, &from);

	if (status == POSIX_EAGAIN)
		return;
	if (status != 0)
		next_try(query, POSIX_ETIMEDOUT);
	else
		take_answer(query, message, length < sizeof(message) ? length : (uint32_t)sizeof(message));
}

/* ---- by TCP ------------------------------------------------------------------------- */

/* RFC 7766, section 8: the length goes before the message, both ways. */
static void send_by_stream(struct name_query *query)
{
	uint8_t message[2 + NAME_QUESTION];
	uint32_t length = name_write(message + 2, query->identifier, query->name, query->family), sent;

	bytes_put16(message, length);
	/* A fresh connection has room for so little. */
	if (stream_send(&query->stream, message, length + 2, 0, &sent) != 0 || sent != length + 2)
		next_try(query, POSIX_EPROTO);
}

static void receive_by_stream(struct name_query *query)
{
	uint32_t count, whole;
	int32_t status = stream_receive(&query->stream, query->answer + query->answer_length,
	                                STREAM_ANSWER - query->answer_length, 0, &count);

	if (status == POSIX_EAGAIN)
		return;
	if (status != 0 || count == 0) {
		next_try(query, POSIX_EPROTO);
		return;
	}
	query->answer_length += count;
	whole = query->answer_length >= 2 ? bytes_get16(query->answer) : UINT32_MAX;
	if (whole != UINT32_MAX && query->answer_length >= 2 + whole)
		take_answer(query, query->answer + 2, whole);
}

static void stream_woken(void *context)
{
	struct name_query *query = context;
	uint32_t ready = tcp_ready(query->stream.tcp);

	if (ready & TCP_ERROR) {
		next_try(query, POSIX_ETIMEDOUT);
	} else if (query->answer == NULL && (ready & TCP_CONNECTED)) {
		query->answer = netstack_allocate(query->stack, STREAM_ANSWER);
		query->answer_length = 0;
		if (query->answer == NULL)
			next_try(query, POSIX_ENOMEM);
		else
			send_by_stream(query);
	} else if (query->answer != NULL && (ready & (TCP_READABLE | TCP_CLOSED))) {
		receive_by_stream(query);
	}
}

static void set_due(struct name_query *query, uint64_t wait)
{
	query->due = netstack_now(query->stack) + wait;
	alarm_set_before(query->stack, &query->stack->resolver.alarm, query->due);
}

/* Asks the server that would have had to say too much. */
static void ask_by_stream(struct name_query *query)
{
	const struct endpoint to = query->datagram.remote;
	int32_t status;

	close_sockets(query);
	if (stream_open(query->stack, &query->stream) != 0) {
		next_try(query, POSIX_EPROTO);
		return;
	}
	query->by_stream = true;
	query->stream.wake = stream_woken;
	query->stream.context = query;
	set_due(query, WAIT_STREAM);
	status = stream_connect(&query->stream, &to);
	if (status != POSIX_EINPROGRESS)
		next_try(query, POSIX_ETIMEDOUT);
}

/* ---- by UDP ------------------------------------------------------------------------- */

/* Each try from another port and with another number. */
static void try_server(struct name_query *query)
{
	struct netstack *stack = query->stack;
	uint8_t message[NAME_QUESTION];
	struct ip_piece piece = {message, 0};
	struct endpoint to;

	if (stack->resolver.server_count == 0) {
		query->tries = TRIES;
		next_try(query, POSIX_ENETUNREACH);
		return;
	}
	to = (struct endpoint){stack->resolver.servers[query->server % stack->resolver.server_count], PORT};
	query->tries++;
	query->identifier = (uint16_t)netstack_random(stack);
	piece.length = name_write(message, query->identifier, query->name, query->family);
	datagram_open(stack, DATAGRAM_UDP, &query->datagram);
	query->datagram.wake = heard;
	query->datagram.context = query;
	set_due(query, WAIT);
	/* What does not go may go to the next one, when its time has come. */
	if (datagram_connect(&query->datagram, &to) == 0)
		datagram_send(&query->datagram, NULL, &piece, 1);
}

static void ring(struct netstack *stack, struct alarm *alarm)
{
	uint64_t now = netstack_now(stack), next = NEVER;

	for (uint32_t i = 0; i < RESOLVER_QUERIES; i++) {
		struct name_query *query = &stack->resolver.queries[i];

		if (query->due <= now)
			next_try(query, POSIX_ETIMEDOUT);
		if (query->due < next)
			next = query->due;
	}
	if (next != NEVER)
		alarm_set_before(stack, alarm, next);
}

/* ---- asking --------------------------------------------------------------------------- */

static struct name_query *find_query(struct netstack *stack, const char *name, uint8_t family)
{
	struct name_query *unused = NULL;

	for (uint32_t i = 0; i < RESOLVER_QUERIES; i++) {
		struct name_query *query = &stack->resolver.queries[i];

		if (query->name[0] == '\0')
			unused = query;
		else if (query->family == family && string_equal(query->name, name))
			return query;
	}
	return unused;
}

/* Has the request wait for the question, which is asked unless it is out already. */
static int32_t attach(struct netstack *stack, const char *name, uint8_t family, struct name_request *request)
{
	struct name_query *query = find_query(stack, name, family);

	if (stack->resolver.server_count == 0)
		return POSIX_ENETUNREACH;
	if (query == NULL || stack->resolver.waiting == RESOLVER_WAITING)
		return POSIX_EAGAIN;
	stack->resolver.waiting++;
	list_add_tail(&query->requests, &request->link);
	if (query->name[0] != '\0')
		return 0;
	string_copy(query->name, sizeof(query->name), name, string_length(name));
	query->family = family;
	query->tries = 0;
	query->server = 0;
	try_server(query);
	return 0;
}

/* Whether something is known of it, which the request is then told. */
static bool tell_known(struct netstack *stack, const char *name, uint8_t family, struct name_request *request)
{
	const struct name_known *known;
	struct net_address host;

	if (find_host(stack, name, family, &host)) {
		request->done(request->context, 0, &host, 1);
		return true;
	}
	known = find_known(stack, name, family);
	if (known == NULL || (known->count == 0 && request->either))
		return false;
	request->done(request->context, known->count > 0 ? 0 : POSIX_ENODATA, known->addresses, known->count);
	return true;
}

int32_t resolver_ask(struct netstack *stack, const char *text, uint32_t length, uint8_t family,
                     struct name_request *request)
{
	uint8_t first = family == NET_FAMILY_IPV6 ? NET_FAMILY_IPV6 : NET_FAMILY_IPV4;
	char name[NAME_LONGEST + 1];
	const struct name_known *known;

	if (!name_normalize(text, length, name))
		return POSIX_EINVAL;
	list_init(&request->link);
	request->either = family == NET_FAMILY_NONE;
	if (tell_known(stack, name, first, request))
		return 0;
	known = find_known(stack, name, first);
	/* A host of the configuration may have an address of the other family alone. */
	if (request->either && (known != NULL || stack->resolver.server_count == 0)) {
		request->either = false;
		first = NET_FAMILY_IPV6;
		if (tell_known(stack, name, first, request))
			return 0;
	}
	return attach(stack, name, first, request);
}

void resolver_cancel(struct netstack *stack, struct name_request *request)
{
	/* The question goes on, and its answer is kept, though perhaps nobody waits for it any more. */
	list_remove(&request->link);
	stack->resolver.waiting--;
}

/* ---- configuration ------------------------------------------------------------------------ */

int32_t resolver_add_server(struct netstack *stack, const struct net_address *server)
{
	struct resolver *resolver = &stack->resolver;

	if (resolver->configured_count == RESOLVER_SERVERS)
		return POSIX_ENOSPC;
	resolver->servers[resolver->configured_count++] = *server;
	resolver->server_count = resolver->configured_count;
	return 0;
}

void resolver_learn_servers(struct netstack *stack, const uint32_t *servers, uint32_t count)
{
	struct resolver *resolver = &stack->resolver;

	resolver->server_count = resolver->configured_count;
	for (uint32_t i = 0; i < count && servers[i] != 0 && resolver->server_count < RESOLVER_SERVERS; i++)
		resolver->servers[resolver->server_count++] = net_address_ipv4(servers[i]);
}

int32_t resolver_add_host(struct netstack *stack, const char *name, uint32_t length,
                          const struct net_address *address)
{
	struct resolver *resolver = &stack->resolver;

	if (resolver->host_count == RESOLVER_HOSTS)
		return POSIX_ENOSPC;
	if (!name_normalize(name, length, resolver->hosts[resolver->host_count].name))
		return POSIX_EINVAL;
	resolver->hosts[resolver->host_count++].address = *address;
	return 0;
}

void resolver_create(struct netstack *stack)
{
	alarm_init(&stack->resolver.alarm, ring);
	for (uint32_t i = 0; i < RESOLVER_QUERIES; i++) {
		struct name_query *query = &stack->resolver.queries[i];

		query->stack = stack;
		query->due = NEVER;
		list_init(&query->requests);
		datagram_open(stack, DATAGRAM_UDP, &query->datagram);
	}
}

/* Nobody waits any more. */
void resolver_destroy(struct netstack *stack)
{
	alarm_cancel(stack, &stack->resolver.alarm);
	for (uint32_t i = 0; i < RESOLVER_QUERIES; i++)
		close_sockets(&stack->resolver.queries[i]);
}

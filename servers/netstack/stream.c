/* The TCP engine as a transport (stream.h). */
#include "stream.h"

#include "netstack.h"

#define CHECKSUM 16 /* RFC 9293, section 3.1 */

/* ---- what the engine needs ----------------------------------------------------- */

static uint64_t now(void *context)
{
	return netstack_now(context);
}

static uint32_t random_number(void *context)
{
	return netstack_random(context);
}

static void *allocate(void *context, size_t size)
{
	return netstack_allocate(context, size);
}

static void release(void *context, void *memory, size_t size)
{
	(void)size;
	netstack_free(context, memory);
}

static int route(void *context, const struct net_address *remote, struct tcp_route *route)
{
	const uint32_t needed = (remote->family == NET_FAMILY_IPV6 ? NET_OFFLOAD_TCP6 : NET_OFFLOAD_TCP4) |
	                        NET_OFFLOAD_CHECKSUM;
	struct way way;

	/* RFC 1122, section 4.2.3.10: a connection has one other end. */
	if (!route_find(context, remote, NULL, &way) || way.broadcast || way.multicast)
		return -POSIX_ENETUNREACH;
	*route = (struct tcp_route){
		.local = way.source,
		.mtu = way.mtu,
		.segmentation = (way.interface->card->transmit_offloads & needed) == needed,
	};
	return 0;
}

/* The path has shrunk without this connection's knowledge: told once the engine has returned. */
static void keep_too_big(struct netstack *stack, const struct tcp_packet *packet)
{
	struct streams *streams = &stack->streams;
	struct stream_too_big *kept = &streams->too_big[streams->too_big_count];
	struct way way;

	if (streams->too_big_count == STREAM_TOO_BIG || !route_find(stack, &packet->destination, NULL, &way))
		return;
	streams->too_big_count++;
	*kept = (struct stream_too_big){
		.source = packet->source, .destination = packet->destination, .mtu = way.mtu};
	memcpy(kept->quoted, packet->header, sizeof(kept->quoted));
}

/*
 * What does not go, because the card is behind or there is no route any more, is lost as it may be anywhere on
 * its way: the drop is counted by who refuses it, and the engine finds out as of any other loss.
 */
static void output(void *context, const struct tcp_packet *packet)
{
	struct ip_piece pieces[2];
	struct ip_output out = {
		.source = packet->source,
		.destination = packet->destination,
		.protocol = IP_PROTOCOL_TCP,
		.traffic_class = packet->ecn,
		.header = packet->header,
		.header_length = packet->header_length,
		.checksum_offset = CHECKSUM,
		.segment_size = packet->segment_size,
		.pieces = pieces,
		.piece_count = packet->piece_count,
	};

	for (uint32_t i = 0; i < packet->piece_count; i++)
		pieces[i] = (struct ip_piece){packet->pieces[i].address, packet->pieces[i].length};
	if (ip_output(context, &out) == POSIX_EMSGSIZE)
		keep_too_big(context, packet);
}

static void wake(void *context, void *owner, uint32_t events)
{
	struct netstack *stack = context;
	struct stream_socket *socket = owner;

	(void)events;
	if (list_empty(&socket->woken))
		list_add_tail(&stack->streams.woken, &socket->woken);
}

/* ---- what it has said ------------------------------------------------------------ */

static void tell_too_big(struct streams *streams)
{
	while (streams->too_big_count > 0) {
		const struct stream_too_big kept = streams->too_big[--streams->too_big_count];

		tcp_icmp(streams->tcp, &kept.source, &kept.destination, kept.quoted, sizeof(kept.quoted),
		         TCP_ICMP_TOO_BIG, kept.mtu);
	}
}

/*
 * After each visit to the engine, and once for all packets that came together. Owners who are told come back here;
 * that is left to the outermost. What they have taken is in the acknowledgement then.
 */
static void settle(struct netstack *stack)
{
	struct streams *streams = &stack->streams;
	uint64_t deadline;
	struct list *link;

	if (streams->settling)
		return;
	streams->settling = true;
	do {
		tell_too_big(streams);
		while ((link = list_take(&streams->woken)) != NULL) {
			struct stream_socket *socket = list_entry(link, struct stream_socket, woken);

			if (socket->wake != NULL)
				socket->wake(socket->context);
		}
		tcp_flush(streams->tcp);
	} while (!list_empty(&streams->woken) || streams->too_big_count > 0);
	streams->settling = false;
	deadline = tcp_deadline(streams->tcp);
	if (deadline == TCP_NEVER)
		alarm_cancel(stack, &streams->alarm);
	else if (list_empty(&streams->alarm.link) || streams->alarm.deadline != deadline)
		alarm_set(stack, &streams->alarm, deadline);
}

static void ring(struct netstack *stack, struct alarm *alarm)
{
	(void)alarm;
	tcp_timers(stack->streams.tcp, netstack_now(stack));
	settle(stack);
}

/* ---- the transport ----------------------------------------------------------------- */

static void stream_input(void *context, struct netstack *stack, const struct ip_header *header,
                         const struct packet *packet)
{
	(void)context;
	if (header->to_many) {
		netstack_drop(stack, DROP_TCP_MANY);
		return;
	}
	tcp_input(stack->streams.tcp, &header->source, &header->destination, header->traffic_class & 3,
	          packet->bytes, packet->length, packet->checksum_good);
}

static enum tcp_icmp_kind kind_of(enum icmp_error_kind kind)
{
	switch (kind) {
	case ICMP_ERROR_NETWORK_UNREACHABLE:
		return TCP_ICMP_NET_UNREACHABLE;
	case ICMP_ERROR_PROTOCOL_UNREACHABLE:
		return TCP_ICMP_PROTOCOL_UNREACHABLE;
	case ICMP_ERROR_PORT_UNREACHABLE:
		return TCP_ICMP_PORT_UNREACHABLE;
	case ICMP_ERROR_TOO_BIG:
		return TCP_ICMP_TOO_BIG;
	default:
		return TCP_ICMP_HOST_UNREACHABLE;
	}
}

/* The engine believes it by its sequence number, and keeps a path's MTU for each connection. */
static void stream_error(void *context, struct netstack *stack, const struct icmp_error *error)
{
	(void)context;
	tcp_icmp(stack->streams.tcp, &error->source, &error->destination, error->transport, error->length,
	         kind_of(error->kind), error->mtu);
}

void streams_received(struct netstack *stack)
{
	if (stack->streams.tcp != NULL)
		settle(stack);
}

int32_t streams_create(struct netstack *stack, const uint8_t secret[STREAM_SECRET_SIZE])
{
	const struct tcp_environment environment = {
		.context = stack,
		.now = now,
		.random = random_number,
		.route = route,
		.output = output,
		.allocate = allocate,
		.release = release,
		.wake = wake,
	};
	struct streams *streams = &stack->streams;

	streams->tcp = tcp_create(&environment, secret);
	if (streams->tcp == NULL)
		return POSIX_ENOMEM;
	alarm_init(&streams->alarm, ring);
	list_init(&streams->woken);
	stack->transports[IP_PROTOCOL_TCP] = (struct transport){.input = stream_input, .error = stream_error};
	return 0;
}

void streams_destroy(struct netstack *stack)
{
	struct streams *streams = &stack->streams;

	if (streams->tcp == NULL)
		return;
	alarm_cancel(stack, &streams->alarm);
	tcp_destroy(streams->tcp);
	streams->tcp = NULL;
}

/* ---- sockets --------------------------------------------------------------------------- */

/* The engine's result as a status, once it is settled what the visit has brought. */
static int32_t finish(struct stream_socket *socket, int result)
{
	settle(socket->stack);
	return result < 0 ? -result : 0;
}

static void prepare(struct netstack *stack, struct stream_socket *socket)
{
	*socket = (struct stream_socket){.stack = stack};
	list_init(&socket->woken);
}

int32_t stream_open(struct netstack *stack, struct stream_socket *socket)
{
	prepare(stack, socket);
	if (stack->streams.tcp == NULL)
		return POSIX_EPROTONOSUPPORT;
	return -tcp_open(stack->streams.tcp, socket, &socket->tcp);
}

void stream_close(struct stream_socket *socket, bool reset)
{
	list_remove(&socket->woken);
	if (reset)
		tcp_abort(socket->tcp);
	else
		tcp_close(socket->tcp);
	settle(socket->stack);
}

int32_t stream_bind(struct stream_socket *socket, const struct endpoint *local)
{
	struct net_address address = local->address;

	if (net_address_any(&address))
		address.family = socket->family;
	else if (!netstack_is_local(socket->stack, &address))
		return POSIX_EADDRNOTAVAIL;
	return finish(socket, tcp_bind(socket->tcp, &address, local->port));
}

int32_t stream_listen(struct stream_socket *socket, uint32_t backlog)
{
	struct tcp_information information;
	int32_t status;

	tcp_information(socket->tcp, &information);
	/* The engine would choose a port of both families. */
	if (information.local_port == 0) {
		status = stream_bind(socket, &(struct endpoint){.port = 0});
		if (status != 0)
			return status;
	}
	return finish(socket, tcp_listen(socket->tcp, backlog));
}

int32_t stream_connect(struct stream_socket *socket, const struct endpoint *remote)
{
	return finish(socket, tcp_connect(socket->tcp, &remote->address, remote->port));
}

int32_t stream_shutdown(struct stream_socket *socket, uint32_t which)
{
	return finish(socket, tcp_shutdown(socket->tcp, which));
}

int32_t stream_accept(struct stream_socket *listener, struct stream_socket *accepted)
{
	prepare(listener->stack, accepted);
	return finish(listener, tcp_accept(listener->tcp, accepted, &accepted->tcp));
}

int32_t stream_send(struct stream_socket *socket, const void *bytes, uint32_t length, uint32_t flags,
                    uint32_t *sent)
{
	const struct tcp_piece piece = {bytes, length};
	int result = tcp_send(socket->tcp, &piece, 1, flags);

	*sent = result > 0 ? (uint32_t)result : 0;
	return finish(socket, result);
}

int32_t stream_receive(struct stream_socket *socket, void *into, uint32_t capacity, uint32_t flags,
                       uint32_t *received)
{
	int result = tcp_receive(socket->tcp, into, capacity, flags);

	*received = result > 0 ? (uint32_t)result : 0;
	return finish(socket, result);
}

int32_t stream_set_option(struct stream_socket *socket, enum tcp_option option, uint32_t value)
{
	return finish(socket, tcp_option_set(socket->tcp, option, value));
}

int32_t stream_get_option(struct stream_socket *socket, enum tcp_option option, uint32_t *value)
{
	return finish(socket, tcp_option_get(socket->tcp, option, value));
}

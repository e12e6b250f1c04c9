/* Sockets of datagrams: ports, queues and errors (datagram.h). */
#include "datagram.h"

#include "icmp.h"
#include "icmp6.h"
#include "netstack.h"

/* RFC 6335, section 6: dynamic ports. */
#define DYNAMIC_FIRST 49152u
#define DYNAMIC_COUNT (65536u - DYNAMIC_FIRST)

#define PROTOCOL_LAST 255u

static struct list *bucket_of(struct netstack *stack, enum datagram_kind kind, uint16_t port)
{
	return &stack->datagrams.buckets[kind][port % DATAGRAM_BUCKETS];
}

void datagrams_create(struct netstack *stack)
{
	for (uint32_t kind = 0; kind < DATAGRAM_KINDS; kind++) {
		for (uint32_t i = 0; i < DATAGRAM_BUCKETS; i++)
			list_init(&stack->datagrams.buckets[kind][i]);
	}
}

/* Sockets are their owners' to close; those that were not are let go of. */
void datagrams_destroy(struct netstack *stack)
{
	for (uint32_t kind = 0; kind < DATAGRAM_KINDS; kind++) {
		for (uint32_t i = 0; i < DATAGRAM_BUCKETS; i++) {
			list_for_each(link, &stack->datagrams.buckets[kind][i])
				datagram_close(list_entry(link, struct datagram_socket, link));
		}
	}
}

void datagram_open(struct netstack *stack, enum datagram_kind kind, struct datagram_socket *socket)
{
	*socket = (struct datagram_socket){
		.stack = stack, .kind = kind, .queue_limit = DATAGRAM_QUEUE_DEFAULT};
	list_init(&socket->link);
	list_init(&socket->queue);
}

static void queue_free(struct datagram_socket *socket)
{
	for (struct list *link; (link = list_take(&socket->queue)) != NULL;)
		netstack_free(socket->stack, list_entry(link, struct datagram, link));
	socket->queued = 0;
}

void datagram_close(struct datagram_socket *socket)
{
	for (uint32_t i = 0; i < DATAGRAM_GROUPS; i++) {
		if (socket->groups[i].interface != NULL)
			group_leave(socket->groups[i].interface, &socket->groups[i].address);
	}
	queue_free(socket);
	list_remove(&socket->link);
}

/* ---- groups ----------------------------------------------------------------------- */

static struct datagram_group *group_find(struct datagram_socket *socket, const struct net_address *address)
{
	for (uint32_t i = 0; i < DATAGRAM_GROUPS; i++) {
		if (net_address_equal(&socket->groups[i].address, address))
			return &socket->groups[i];
	}
	return NULL;
}

int32_t datagram_join(struct datagram_socket *socket, const struct net_address *address)
{
	const struct net_address none = {.family = NET_FAMILY_NONE};
	struct datagram_group *group = group_find(socket, &none);
	struct way way;
	int32_t status;

	if (!net_address_multicast(address))
		return POSIX_EINVAL;
	if (group_find(socket, address) != NULL)
		return POSIX_EADDRINUSE;
	if (group == NULL)
		return POSIX_ENOBUFS;
	if (!route_find_link(socket->stack, address, NULL, &way))
		return POSIX_ENETUNREACH;
	status = group_join(way.interface, address);
	if (status == 0)
		*group = (struct datagram_group){*address, way.interface};
	return status;
}

int32_t datagram_leave(struct datagram_socket *socket, const struct net_address *address)
{
	struct datagram_group *group = group_find(socket, address);

	if (group == NULL || group->interface == NULL)
		return POSIX_EADDRNOTAVAIL;
	group_leave(group->interface, address);
	*group = (struct datagram_group){.interface = NULL};
	return 0;
}

/* ---- ports ------------------------------------------------------------------------ */

static bool any(const struct net_address *address)
{
	return net_address_any(address);
}

/* Whether an address of `family` is one that `taken` stands for. */
static bool of_family(const struct net_address *taken, uint8_t family)
{
	return taken->family == NET_FAMILY_NONE || family == NET_FAMILY_NONE || taken->family == family;
}

/* Whether the same datagram could be meant for both. */
static bool in_conflict(const struct endpoint *left, const struct endpoint *right)
{
	return left->port == right->port && of_family(&left->address, right->address.family) &&
	       (any(&left->address) || any(&right->address) || net_address_equal(&left->address, &right->address));
}

static bool port_free(struct datagram_socket *socket, const struct endpoint *local)
{
	struct list *bucket = bucket_of(socket->stack, socket->kind, local->port);

	/* All who want a protocol's packets get them. */
	if (socket->kind == DATAGRAM_RAW)
		return true;
	for (struct list *link = bucket->next; link != bucket; link = link->next) {
		if (in_conflict(&list_entry(link, struct datagram_socket, link)->local, local))
			return false;
	}
	return true;
}

static bool choose_port(struct datagram_socket *socket, struct endpoint *local)
{
	uint32_t start = netstack_random(socket->stack) % DYNAMIC_COUNT;

	for (uint32_t i = 0; i < DYNAMIC_COUNT; i++) {
		local->port = (uint16_t)(DYNAMIC_FIRST + (start + i) % DYNAMIC_COUNT);
		if (port_free(socket, local))
			return true;
	}
	return false;
}

int32_t datagram_bind(struct datagram_socket *socket, const struct endpoint *wanted)
{
	struct endpoint local = *wanted;

	if (socket->local.port != 0)
		return POSIX_EINVAL;
	if (any(&local.address))
		local.address.family = socket->family;
	else if (!netstack_is_local(socket->stack, &local.address))
		return POSIX_EADDRNOTAVAIL;
	if (socket->kind == DATAGRAM_RAW && (local.port == 0 || local.port > PROTOCOL_LAST))
		return POSIX_EINVAL;
	if (local.port == 0 ? !choose_port(socket, &local) : !port_free(socket, &local))
		return POSIX_EADDRINUSE;
	socket->local = local;
	list_add_tail(bucket_of(socket->stack, socket->kind, local.port), &socket->link);
	return 0;
}

static int32_t bind_automatically(struct datagram_socket *socket)
{
	const struct endpoint nowhere = {.port = 0};

	return socket->local.port != 0 ? 0 : datagram_bind(socket, &nowhere);
}

int32_t datagram_connect(struct datagram_socket *socket, const struct endpoint *remote)
{
	struct way way;
	int32_t status;

	if (remote->address.family == NET_FAMILY_NONE) {
		socket->remote = (struct endpoint){.port = 0};
		return 0;
	}
	if (!route_find(socket->stack, &remote->address, NULL, &way))
		return POSIX_ENETUNREACH;
	if (way.broadcast && !socket->broadcast)
		return POSIX_EACCES;
	status = bind_automatically(socket);
	if (status == 0)
		socket->remote = *remote;
	return status;
}

/* ---- sending ------------------------------------------------------------------------ */

static int32_t take_error(struct datagram_socket *socket)
{
	int32_t error = socket->error;

	socket->error = 0;
	return error;
}

static int32_t send_echo(struct datagram_socket *socket, const struct endpoint *from, const struct endpoint *to,
                         const struct ip_piece *pieces, uint32_t piece_count)
{
	if (to->address.family == NET_FAMILY_IPV6)
		return icmp6_send_echo(socket->stack, &from->address, &to->address, from->port, to->port, pieces,
		                       piece_count);
	return icmp_send_echo(socket->stack, &from->address, &to->address, from->port, to->port, socket->broadcast,
	                      pieces, piece_count);
}

/* The message lies in one piece; of ICMPv6 it has a header, whose checksum is made. */
static int32_t send_raw(struct datagram_socket *socket, const struct endpoint *from, const struct endpoint *to,
                        const struct ip_piece *pieces, uint32_t piece_count)
{
	struct ip_output output = {
		.source = from->address,
		.destination = to->address,
		.protocol = (uint8_t)from->port,
		.fragment = true,
		.to_broadcast = socket->broadcast,
		.header = (const uint8_t *)"",
		.checksum_offset = IP_NO_CHECKSUM,
		.pieces = pieces,
		.piece_count = piece_count,
	};
	uint8_t message[ICMP6_HEADER];
	struct ip_piece rest;

	if (from->port != IP_PROTOCOL_ICMPV6 || to->address.family != NET_FAMILY_IPV6)
		return ip_output(socket->stack, &output);
	if (piece_count == 0 || pieces[0].length < ICMP6_HEADER)
		return POSIX_EINVAL;
	memcpy(message, pieces[0].bytes, ICMP6_HEADER);
	rest = (struct ip_piece){(const uint8_t *)pieces[0].bytes + ICMP6_HEADER, pieces[0].length - ICMP6_HEADER};
	output.pieces = &rest;
	output.piece_count = 1;
	return icmp6_output(socket->stack, &output, message, ICMP6_HEADER);
}

int32_t datagram_send(struct datagram_socket *socket, const struct endpoint *to, const struct ip_piece *pieces,
                      uint32_t piece_count)
{
	int32_t status = take_error(socket);
	struct endpoint from;

	if (status != 0)
		return status;
	if (to == NULL)
		to = &socket->remote;
	if (any(&to->address) || (to->port == 0 && socket->kind == DATAGRAM_UDP))
		return any(&to->address) ? POSIX_EDESTADDRREQ : POSIX_EINVAL;
	status = bind_automatically(socket);
	if (status != 0)
		return status;
	from = socket->local;
	if (any(&from.address))
		from.address.family = NET_FAMILY_NONE;
	if (socket->kind == DATAGRAM_RAW)
		return send_raw(socket, &from, to, pieces, piece_count);
	if (socket->kind == DATAGRAM_ECHO)
		return send_echo(socket, &from, to, pieces, piece_count);
	return udp_send(socket->stack, NULL, &from, to, socket->broadcast, pieces, piece_count);
}

/* ---- receiving ------------------------------------------------------------------------ */

int32_t datagram_receive(struct datagram_socket *socket, uint8_t *into, uint32_t capacity, bool peek,
                         uint32_t *length, struct endpoint *from)
{
	struct datagram *datagram;
	int32_t status = take_error(socket);

	if (status != 0)
		return status;
	if (list_empty(&socket->queue))
		return POSIX_EAGAIN;
	datagram = list_entry(socket->queue.next, struct datagram, link);
	*length = datagram->length;
	*from = datagram->from;
	memcpy(into, datagram->bytes, datagram->length < capacity ? datagram->length : capacity);
	if (peek)
		return 0;
	list_remove(&datagram->link);
	socket->queued -= datagram->length + (uint32_t)sizeof(*datagram);
	netstack_free(socket->stack, datagram);
	return 0;
}

static bool matches(const struct datagram_socket *socket, const struct net_address *local,
                    const struct endpoint *remote)
{
	if (any(&socket->local.address) ? !of_family(&socket->local.address, local->family)
	                                : !net_address_equal(&socket->local.address, local))
		return false;
	if (any(&socket->remote.address))
		return true;
	/* An echo's sequence number is nobody's port. */
	return net_address_equal(&socket->remote.address, &remote->address) &&
	       (socket->kind != DATAGRAM_UDP || socket->remote.port == remote->port);
}

/* Of those that match, the one that asked for the most. */
static struct datagram_socket *find(struct netstack *stack, enum datagram_kind kind,
                                    const struct net_address *local, uint16_t port,
                                    const struct endpoint *remote)
{
	struct list *bucket = bucket_of(stack, kind, port);
	struct datagram_socket *best = NULL;
	int best_score = -1;

	for (struct list *link = bucket->next; link != bucket; link = link->next) {
		struct datagram_socket *socket = list_entry(link, struct datagram_socket, link);
		int score = (any(&socket->local.address) ? 0 : 1) + (any(&socket->remote.address) ? 0 : 2);

		if (socket->local.port == port && score > best_score && matches(socket, local, remote)) {
			best = socket;
			best_score = score;
		}
	}
	return best;
}

static void wake(struct datagram_socket *socket)
{
	if (socket->wake != NULL)
		socket->wake(socket->context);
}

static void enqueue(struct datagram_socket *socket, const struct endpoint *from, const uint8_t *bytes,
                    uint32_t length)
{
	uint32_t size = length + (uint32_t)sizeof(struct datagram);
	struct datagram *datagram = NULL;

	if (size <= socket->queue_limit && socket->queued <= socket->queue_limit - size)
		datagram = netstack_allocate(socket->stack, size);
	if (datagram == NULL) {
		netstack_drop(socket->stack, DROP_SOCKET_FULL);
		return;
	}
	datagram->from = *from;
	datagram->length = length;
	memcpy(datagram->bytes, bytes, length);
	list_add_tail(&socket->queue, &datagram->link);
	socket->queued += size;
	wake(socket);
}

bool datagram_deliver(struct netstack *stack, enum datagram_kind kind, const struct ip_header *header,
                      uint16_t local_port, uint16_t remote_port, const uint8_t *bytes, uint32_t length)
{
	const struct endpoint from = {header->source, remote_port};
	struct datagram_socket *socket = find(stack, kind, &header->destination, local_port, &from);

	if (socket != NULL)
		enqueue(socket, &from, bytes, length);
	return socket != NULL;
}

bool datagram_deliver_raw(struct netstack *stack, const struct ip_header *header, const uint8_t *bytes,
                          uint32_t length)
{
	const struct endpoint from = {header->source, 0};
	bool taken = false;

	list_for_each(link, bucket_of(stack, DATAGRAM_RAW, header->protocol)) {
		struct datagram_socket *socket = list_entry(link, struct datagram_socket, link);

		if (!matches(socket, &header->destination, &from))
			continue;
		enqueue(socket, &from, bytes, length);
		taken = true;
	}
	return taken;
}

bool datagram_error(struct netstack *stack, enum datagram_kind kind, const struct icmp_error *error,
                    uint16_t local_port, uint16_t remote_port)
{
	const struct endpoint to = {error->destination, remote_port};
	struct datagram_socket *socket = find(stack, kind, &error->source, local_port, &to);

	if (socket == NULL)
		return false;
	/* RFC 1122, section 4.1.3.3; who talks to many cannot tell whom it concerns, as on Linux. */
	if (!any(&socket->remote.address) || kind == DATAGRAM_ECHO) {
		socket->error = icmp_error_status(error->kind);
		wake(socket);
	}
	return true;
}

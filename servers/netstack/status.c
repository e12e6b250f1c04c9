/* What there is, for people (status.h). */
#include "status.h"

#include <drydock/format.h>

#include "server.h"

static const struct netstack *stack_of(const struct request *request)
{
	return &((const struct netstack_server *)request->server)->stack;
}

/* Where the next record of a list goes. */
struct list_writer {
	uint8_t *to;
	uint32_t capacity, length;
};

static bool list_put(struct list_writer *writer, const void *record, uint32_t size)
{
	if (size > writer->capacity - writer->length)
		return false;
	memcpy(writer->to + writer->length, record, size);
	writer->length += size;
	return true;
}

static uint64_t hardware_number(const uint8_t *hardware)
{
	uint64_t number = 0;

	for (int i = 0; i < NET_ADDRESS_SIZE; i++)
		number = number << 8 | hardware[i];
	return number;
}

static struct socket_interface describe(const struct interface *interface)
{
	struct socket_interface record = {
		.received_frames = interface->received_frames,
		.received_bytes = interface->received_bytes,
		.transmitted_frames = interface->transmitted_frames,
		.transmitted_bytes = interface->transmitted_bytes,
		.dropped_invalid = interface->card->dropped_invalid,
		.address = interface->address,
		.prefix = interface->prefix,
		.mtu = interface->mtu,
		.offloads = interface->card->transmit_offloads,
		.hardware = hardware_number(interface->card->address),
		.up = interface->card->link_up && interface->card->device.fault == NULL,
		.dhcp = interface->dhcp.state,
		.name_length = (uint32_t)string_length(interface->name),
	};

	memcpy(&record.name_first, interface->name, 8);
	memcpy(&record.name_second, interface->name + 8, 8);
	return record;
}

int32_t serve_interfaces(struct request *request, const struct socket_interfaces_arguments *arguments,
                         struct socket_interfaces_results *results)
{
	struct list_writer writer = {arguments->entries, arguments->entries_capacity, 0};
	const struct netstack *stack = stack_of(request);

	for (uint32_t i = 0; i < stack->interface_count; i++) {
		const struct socket_interface record = describe(stack->interfaces[i]);

		if (!list_put(&writer, &record, sizeof(record)))
			break;
	}
	results->entries_length = writer.length;
	return 0;
}

static uint32_t index_of(const struct netstack *stack, const struct interface *interface)
{
	uint32_t index = 0;

	while (stack->interfaces[index] != interface)
		index++;
	return index;
}

/* Whole seconds until then; UINT32_MAX: for ever. */
static uint32_t seconds_left(const struct request *request, uint64_t time)
{
	uint64_t now = runtime_time(((const struct netstack_server *)request->server)->runtime);
	uint64_t left = time > now ? (time - now) / NETSTACK_SECOND : 0;

	return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
}

int32_t serve_addresses(struct request *request, const struct socket_addresses_arguments *arguments,
                        struct socket_addresses_results *results)
{
	struct list_writer writer = {arguments->entries, arguments->entries_capacity, 0};
	const struct netstack *stack = stack_of(request);

	for (uint32_t k = 0; k < stack->interface_count * IPV6_ADDRESSES; k++) {
		const struct interface *interface = stack->interfaces[k / IPV6_ADDRESSES];
		const struct ipv6_address *address = &interface->ipv6.addresses[k % IPV6_ADDRESSES];
		struct socket_address record = {
			.prefix = address->prefix,
			.interface = k / IPV6_ADDRESSES,
			.state = address->state,
			.origin = address->configured ? 0 : 1,
			.preferred = seconds_left(request, address->preferred_until),
			.valid = seconds_left(request, address->valid_until),
		};

		net_address_give(&address->address, &record.high, &record.low);
		if (address->state != IPV6_ADDRESS_NONE && !list_put(&writer, &record, sizeof(record)))
			break;
	}
	results->entries_length = writer.length;
	return 0;
}

int32_t serve_routes(struct request *request, const struct socket_routes_arguments *arguments,
                     struct socket_routes_results *results)
{
	struct list_writer writer = {arguments->entries, arguments->entries_capacity, 0};
	const struct netstack *stack = stack_of(request);

	for (uint32_t i = 0; i < stack->routes.count; i++) {
		const struct route *route = &stack->routes.routes[i];
		struct socket_route record = {
			.family = route->network.family,
			.prefix = route->prefix,
			.interface = index_of(stack, route->interface),
			.valid = seconds_left(request, route->expires),
		};

		net_address_give(&route->network, &record.network_high, &record.network_low);
		net_address_give(&route->gateway, &record.gateway_high, &record.gateway_low);
		if (!list_put(&writer, &record, sizeof(record)))
			break;
	}
	results->entries_length = writer.length;
	return 0;
}

int32_t serve_neighbours(struct request *request, const struct socket_neighbours_arguments *arguments,
                         struct socket_neighbours_results *results)
{
	struct list_writer writer = {arguments->entries, arguments->entries_capacity, 0};
	const struct netstack *stack = stack_of(request);

	for (uint32_t k = 0; k < stack->interface_count * NEIGHBOURS; k++) {
		const struct interface *interface = stack->interfaces[k / NEIGHBOURS];
		const struct neighbour *entry = &interface->neighbours.entries[k % NEIGHBOURS];
		struct socket_neighbour record = {
			.family = entry->address.family,
			.interface = k / NEIGHBOURS,
			.hardware = entry->state == NEIGHBOUR_INCOMPLETE ? 0 : hardware_number(entry->hardware),
			.state = entry->state,
			.waiting = entry->waiting_count,
		};

		net_address_give(&entry->address, &record.high, &record.low);
		if (entry->state != NEIGHBOUR_FREE && !list_put(&writer, &record, sizeof(record)))
			break;
	}
	results->entries_length = writer.length;
	return 0;
}

static void put_ends(struct socket_entry *record, const struct net_address *local, const struct net_address *remote)
{
	record->local_family = local->family;
	record->remote_family = remote->family;
	net_address_give(local, &record->local_high, &record->local_low);
	net_address_give(remote, &record->remote_high, &record->remote_low);
}

static uint32_t kind_of(enum datagram_kind kind)
{
	return kind == DATAGRAM_ECHO ? SOCKET_KIND_ECHO : kind == DATAGRAM_RAW ? SOCKET_KIND_RAW : SOCKET_KIND_DATAGRAM;
}

static void put_datagrams(const struct netstack *stack, struct list_writer *writer)
{
	const struct datagrams *all = &stack->datagrams;

	for (uint32_t i = 0; i < DATAGRAM_KINDS * DATAGRAM_BUCKETS; i++) {
		const struct list *bucket = &all->buckets[i / DATAGRAM_BUCKETS][i % DATAGRAM_BUCKETS];

		for (const struct list *link = bucket->next; link != bucket; link = link->next) {
			const struct datagram_socket *socket = list_entry(link, struct datagram_socket, link);
			struct socket_entry record = {
				.kind = kind_of(socket->kind),
				.queued = socket->queued,
				.local_port = socket->local.port,
				.remote_port = socket->remote.port,
			};

			put_ends(&record, &socket->local.address, &socket->remote.address);
			if (!list_put(writer, &record, sizeof(record)))
				return;
		}
	}
}

static void put_stream(void *context, const struct tcp_socket *socket)
{
	struct tcp_information information;
	struct socket_entry record = {.kind = SOCKET_KIND_STREAM};

	tcp_information(socket, &information);
	if (information.local_port == 0)
		return;
	record.queued = information.state == TCP_STATE_LISTEN ? information.waiting : information.receive_queued;
	record.unsent = information.send_queued;
	record.state = information.state;
	record.local_port = information.local_port;
	record.remote_port = information.remote_port;
	put_ends(&record, &information.local, &information.remote);
	list_put(context, &record, sizeof(record));
}

int32_t serve_sockets(struct request *request, const struct socket_sockets_arguments *arguments,
                      struct socket_sockets_results *results)
{
	struct list_writer writer = {arguments->entries, arguments->entries_capacity, 0};
	const struct netstack *stack = stack_of(request);

	put_datagrams(stack, &writer);
	if (stack->streams.tcp != NULL)
		tcp_each(stack->streams.tcp, put_stream, &writer);
	results->entries_length = writer.length;
	return 0;
}

static bool put_drop(struct list_writer *writer, uint64_t count, const char *reason)
{
	char line[128];
	size_t length = format_string(line, sizeof(line), "%llu %s\n", (unsigned long long)count, reason);

	return count == 0 || list_put(writer, line, (uint32_t)length);
}

/* What the engine has dropped for reasons of its own. */
static void put_stream_drops(struct list_writer *writer, const struct tcp_statistics *statistics)
{
	const struct {
		uint64_t count;
		const char *reason;
	} drops[] = {
		{statistics->bad_header, "tcp: malformed"},
		{statistics->bad_checksum, "tcp: checksum wrong"},
		{statistics->no_socket, "tcp: nobody has the port"},
		{statistics->old_timestamp, "tcp: older than what has come"},
		{statistics->out_of_window, "tcp: outside the window"},
		{statistics->bad_acknowledgement, "tcp: acknowledges what was not sent"},
		{statistics->backlog_full, "tcp: not accepted fast enough"},
		{statistics->no_memory, "tcp: no memory"},
		{statistics->cookies_bad, "tcp: no such connection was begun"},
	};

	for (uint32_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
		if (!put_drop(writer, drops[i].count, drops[i].reason))
			return;
	}
}

int32_t serve_drops(struct request *request, const struct socket_drops_arguments *arguments,
                    struct socket_drops_results *results)
{
	struct list_writer writer = {arguments->text, arguments->text_capacity, 0};
	const struct netstack *stack = stack_of(request);

	for (uint32_t reason = 0; reason < DROP_REASONS; reason++) {
		if (!put_drop(&writer, stack->drops[reason], netstack_drop_name(reason)))
			break;
	}
	if (stack->streams.tcp != NULL)
		put_stream_drops(&writer, tcp_statistics(stack->streams.tcp));
	results->text_length = writer.length;
	return 0;
}

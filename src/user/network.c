/* Sockets for programs (drydock/network.h). */
#include <drydock/network.h>

#include <drydock/posix.h>
#include <drydock/server.h>
#include <drydock/string.h>

#define DEPTH_DEFAULT 32u
#define CHUNK_DEFAULT 65536u
#define POLL_MOST     1024u
#define NETWORK_RESOLVED 8u /* addresses of a name */

/* A socket is the stack's number for it, and in which of its lives the stack had made it. */
#define NUMBER_BITS 11
#define NUMBER_MASK ((1 << NUMBER_BITS) - 1)
#define LIVES_MASK  0xfffffu

struct network {
	struct runtime *runtime;
	struct client *client;
	uint32_t chunk; /* bytes that a call moves */
};

/* A call's status as a result. */
static int result(int32_t status)
{
	if (status >= 0)
		return -status;
	switch (-status) {
	case E_NOMEM:
	case E_QUOTA:
		return -POSIX_ENOMEM;
	case E_CANCELLED:
		return -POSIX_ECANCELED;
	default:
		return -POSIX_ENETDOWN;
	}
}

static uint32_t life(const struct network *network)
{
	return (uint32_t)client_generation(network->client) & LIVES_MASK;
}

static int socket_of(const struct network *network, uint32_t number)
{
	return (int)(life(network) << NUMBER_BITS | number);
}

/* The stack's number: 0, which no socket has, for one of an earlier life. */
static uint32_t number_of(const struct network *network, int socket)
{
	return socket > 0 && (uint32_t)socket >> NUMBER_BITS == life(network) ? (uint32_t)socket & NUMBER_MASK
	                                                                      : 0;
}

/* Where results say an address, for who wants it. */
static void give_address(struct network_address *to, uint32_t family, uint64_t high, uint64_t low, uint32_t port)
{
	const struct network_parts parts = {.family = family, .port = port, .high = high, .low = low};

	if (to != NULL)
		network_address_from(&parts, to);
}

/* ---- connections to the stack -------------------------------------------------------------- */

struct network *network_open(struct runtime *runtime, const struct network_options *options, int *error)
{
	struct network *network = runtime_allocate(runtime, sizeof(*network));
	struct client_options client = {.deadline = DEADLINE_NEVER};
	int32_t status;

	*error = -POSIX_ENOMEM;
	if (network == NULL)
		return NULL;
	client.depth = options != NULL && options->depth != 0 ? options->depth : DEPTH_DEFAULT;
	client.area = options != NULL && options->area != 0 ? options->area : client.depth * CHUNK_DEFAULT;
	network->runtime = runtime;
	network->chunk = client.area / client.depth;
	network->client = client_open(runtime, "netstack", &socket_protocol, &client, &status);
	*error = result(status);
	if (network->client != NULL)
		return network;
	runtime_free(runtime, network);
	return NULL;
}

void network_close(struct network *network)
{
	if (network == NULL)
		return;
	client_close(network->client);
	runtime_free(network->runtime, network);
}

/* ---- sockets ---------------------------------------------------------------------------------- */

int network_socket(struct network *network, enum network_kind kind)
{
	struct socket_create_results results;
	int32_t status = socket_create(network->client, SOCKET_FAMILY_IPV6, kind, &results);

	return status == 0 ? socket_of(network, results.socket) : result(status);
}

int network_bind(struct network *network, int socket, const struct network_address *address)
{
	const struct network_parts parts = network_address_parts(address);

	return result(socket_bind(network->client, number_of(network, socket), parts.family, parts.port, parts.high,
	                          parts.low));
}

int network_listen(struct network *network, int socket, uint32_t backlog)
{
	return result(socket_listen(network->client, number_of(network, socket), backlog));
}

int network_accept(struct network *network, int socket, struct network_address *from, uint32_t flags)
{
	struct socket_accept_results results;
	int32_t status = socket_accept(network->client, number_of(network, socket), flags, &results);

	if (status != 0)
		return result(status);
	give_address(from, results.family, results.address_high, results.address_low,
		             results.port);
	return socket_of(network, results.accepted);
}

int network_connect(struct network *network, int socket, const struct network_address *address,
                    uint32_t flags)
{
	const struct network_parts parts = network_address_parts(address);

	return result(socket_connect(network->client, number_of(network, socket), parts.family, parts.port, flags,
	                             parts.high, parts.low));
}

int network_shutdown(struct network *network, int socket, uint32_t which)
{
	return result(socket_shutdown(network->client, number_of(network, socket), which));
}

int network_close_socket(struct network *network, int socket)
{
	return result(socket_close(network->client, number_of(network, socket)));
}

int network_join(struct network *network, int socket, const struct network_address *group)
{
	const struct network_parts parts = network_address_parts(group);

	return result(socket_join(network->client, number_of(network, socket), parts.family, parts.high, parts.low));
}

int network_leave(struct network *network, int socket, const struct network_address *group)
{
	const struct network_parts parts = network_address_parts(group);

	return result(socket_leave(network->client, number_of(network, socket), parts.family, parts.high, parts.low));
}

int network_name(struct network *network, int socket, struct network_address *address)
{
	struct socket_name_results results;
	int32_t status = socket_name(network->client, number_of(network, socket), &results);

	if (status == 0)
		give_address(address, results.family, results.address_high, results.address_low,
		             results.port);
	return result(status);
}

int network_peer(struct network *network, int socket, struct network_address *address)
{
	struct socket_peer_results results;
	int32_t status = socket_peer(network->client, number_of(network, socket), &results);

	if (status == 0)
		give_address(address, results.family, results.address_high, results.address_low,
		             results.port);
	return result(status);
}

int network_set_option(struct network *network, int socket, uint32_t option, uint32_t value)
{
	return result(socket_set_option(network->client, number_of(network, socket), option, value));
}

int network_get_option(struct network *network, int socket, uint32_t option, uint32_t *value)
{
	struct socket_get_option_results results;
	int32_t status = socket_get_option(network->client, number_of(network, socket), option, &results);

	if (status == 0)
		*value = results.value;
	return result(status);
}

/* ---- data --------------------------------------------------------------------------------------- */

int network_send(struct network *network, int socket, const void *data, uint32_t length, uint32_t flags)
{
	const uint8_t *bytes = data;
	uint32_t done = 0;

	if (length > INT32_MAX)
		return -POSIX_EINVAL;
	do {
		uint32_t part = length - done < network->chunk ? length - done : network->chunk;
		/* What is cut here goes on. */
		uint32_t more = done + part < length ? NETWORK_MORE : 0;
		struct socket_send_results results;
		int32_t status = socket_send(network->client, number_of(network, socket), SOCKET_FAMILY_NONE,
		                             0, flags | more, 0, 0, bytes + done, part, &results);

		if (status != 0)
			return done > 0 ? (int)done : result(status);
		/* A stack that takes nothing, or more than it was given, is not to be trusted. */
		if (results.sent > part || (results.sent == 0 && part > 0))
			return -POSIX_EPROTO;
		done += results.sent;
	} while (done < length);
	return (int)done;
}

int network_send_to(struct network *network, int socket, const void *data, uint32_t length,
                    const struct network_address *to)
{
	const struct network_parts parts = network_address_parts(to);
	struct socket_send_results results;
	int32_t status;

	if (length > network->chunk)
		return -POSIX_EMSGSIZE;
	status = socket_send(network->client, number_of(network, socket), parts.family, parts.port, 0, parts.high,
	                     parts.low, data, length, &results);
	return status == 0 ? (int)results.sent : result(status);
}

int network_receive(struct network *network, int socket, void *into, uint32_t capacity, uint32_t flags,
                    struct network_address *from)
{
	uint32_t part = capacity < network->chunk ? capacity : network->chunk;
	struct socket_recv_results results;
	int32_t status =
		socket_recv(network->client, number_of(network, socket), flags, into, part, &results);

	if (status != 0)
		return result(status);
	give_address(from, results.family, results.address_high, results.address_low,
		             results.port);
	return (int)results.data_length;
}

/* ---- polling ------------------------------------------------------------------------------------- */

/* Both lists are in the order of the sockets. */
static int take_ready(const struct network *network, struct network_poll *sockets, uint32_t count,
                      const struct socket_poll_entry *ready, uint32_t ready_count)
{
	int found = 0;

	for (uint32_t i = 0, at = 0; i < count; i++) {
		sockets[i].ready = 0;
		if (at == ready_count || ready[at].socket != number_of(network, sockets[i].socket))
			continue;
		sockets[i].ready = ready[at++].events;
		found++;
	}
	return found;
}

int network_poll(struct network *network, struct network_poll *sockets, uint32_t count, uint64_t wait)
{
	uint32_t size = (count > 0 ? count : 1) * (uint32_t)sizeof(struct socket_poll_entry);
	struct socket_poll_entry *entries;
	struct socket_poll_results results;
	int32_t status;
	int found;

	if (count > POLL_MOST || 2 * size > network->chunk)
		return -POSIX_EINVAL;
	entries = runtime_allocate(network->runtime, size);
	if (entries == NULL)
		return -POSIX_ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		entries[i] =
			(struct socket_poll_entry){number_of(network, sockets[i].socket), sockets[i].wanted};
	status = socket_poll(network->client, wait, entries, count * (uint32_t)sizeof(entries[0]), entries,
	                     size, &results);
	found = status != 0 ? result(status)
	                    : take_ready(network, sockets, count, entries,
	                                 results.ready_length / (uint32_t)sizeof(entries[0]));
	runtime_free(network->runtime, entries);
	return found;
}

int network_resolve(struct network *network, const char *name, struct network_address *addresses, uint32_t count)
{
	struct socket_resolved found[NETWORK_RESOLVED];
	struct socket_resolve_results results;
	int32_t status;

	if (count == 0)
		return -POSIX_EINVAL;
	if (network_address_read(name, addresses))
		return 1;
	status = socket_resolve(network->client, SOCKET_FAMILY_NONE, name, (uint32_t)string_length(name), found,
	                        sizeof(found), &results);
	if (status != 0)
		return result(status);
	if (count > results.addresses_length / sizeof(found[0]))
		count = results.addresses_length / (uint32_t)sizeof(found[0]);
	for (uint32_t i = 0; i < count; i++)
		network_address_resolved(&found[i], &addresses[i]);
	return count > 0 ? (int)count : -POSIX_EPROTO;
}

const char *network_name_error(int error)
{
	switch (-error) {
	case POSIX_ENODATA:
		return "no address has that name";
	case POSIX_ETIMEDOUT:
		return "no name server answers";
	case POSIX_EPROTO:
		return "no name server would say";
	case POSIX_ENETUNREACH:
		return "neither an address nor a known name, and there is no name server to ask (netstack's option dns=)";
	case POSIX_EINVAL:
		return "neither an address nor a name";
	case POSIX_EAGAIN:
		return "too many names are asked for";
	default:
		return network_error(error);
	}
}

const char *network_error(int error)
{
	static const struct {
		enum posix_error error;
		const char *text;
	} known[] = {
		{POSIX_EACCES, "that would go to everybody"},
		{POSIX_EADDRINUSE, "the address is in use"},
		{POSIX_EADDRNOTAVAIL, "the address is not this machine's"},
		{POSIX_EBADF, "there is no such socket any more"},
		{POSIX_ECANCELED, "cancelled"},
		{POSIX_ECONNREFUSED, "connection refused"},
		{POSIX_ECONNRESET, "connection reset"},
		{POSIX_EHOSTUNREACH, "the host does not answer"},
		{POSIX_EMFILE, "too many sockets"},
		{POSIX_EMSGSIZE, "too long for a datagram"},
		{POSIX_ENETDOWN, "the network stack does not answer"},
		{POSIX_ENETUNREACH, "no route there"},
		{POSIX_ENOENT, "this program is not granted the network (calls = netstack)"},
		{POSIX_ENOMEM, "no memory"},
		{POSIX_EPERM, "raw sockets are not granted to this program (calls = netstack+control)"},
		{POSIX_EPIPE, "the connection is over"},
		{POSIX_EPROTONOSUPPORT, "there is no TCP: this machine has no source of randomness"},
		{POSIX_ETIMEDOUT, "no answer in time"},
	};

	for (uint32_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (-error == (int)known[i].error)
			return known[i].text;
	}
	return "the network stack refuses it";
}

/* Sockets by address and port, and the choice of local ports (RFC 6056). */
#include "tcp_internal.h"

#define BUCKETS_MINIMUM 64u
#define EPHEMERAL_FIRST 32768u /* as Linux has it */
#define EPHEMERAL_COUNT 28232u

enum hash_purpose {
	HASH_CONNECTION = 1,
	HASH_PORT = 2,
};

static void buckets_init(struct list *buckets, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		list_init(&buckets[i]);
}

bool tcp_table_create(struct tcp *tcp)
{
	const struct tcp_environment *environment = &tcp->environment;
	struct list *buckets = environment->allocate(environment->context, BUCKETS_MINIMUM * sizeof(struct list));

	if (buckets == NULL)
		return false;
	buckets_init(buckets, BUCKETS_MINIMUM);
	tcp->connections = (struct tcp_table){.buckets = buckets, .count = BUCKETS_MINIMUM};
	buckets_init(tcp->ports, sizeof(tcp->ports) / sizeof(tcp->ports[0]));
	buckets_init(tcp->listeners, sizeof(tcp->listeners) / sizeof(tcp->listeners[0]));
	return true;
}

static struct list *bucket(const struct tcp *tcp, const struct net_address *local, uint16_t local_port,
                           const struct net_address *remote, uint16_t remote_port)
{
	uint64_t hash = tcp_tuple_hash(tcp, HASH_CONNECTION, local, local_port, remote, remote_port);

	return &tcp->connections.buckets[hash & (tcp->connections.count - 1)];
}

struct tcp_socket *tcp_table_find(struct tcp *tcp, const struct net_address *local, uint16_t local_port,
                                  const struct net_address *remote, uint16_t remote_port)
{
	list_for_each(link, bucket(tcp, local, local_port, remote, remote_port)) {
		struct tcp_socket *socket = list_entry(link, struct tcp_socket, connection_link);

		if (socket->local_port == local_port && socket->remote_port == remote_port &&
		    net_address_equal(&socket->local, local) && net_address_equal(&socket->remote, remote))
			return socket;
	}
	return NULL;
}

/* The one with the address itself before the one with any. */
struct tcp_socket *tcp_table_listener(struct tcp *tcp, const struct net_address *local, uint16_t port)
{
	struct tcp_socket *any = NULL;

	list_for_each(link, &tcp->listeners[port % 64]) {
		struct tcp_socket *socket = list_entry(link, struct tcp_socket, connection_link);

		if (socket->local_port != port)
			continue;
		if (net_address_equal(&socket->local, local))
			return socket;
		if (net_address_unspecified(&socket->local) &&
		    (socket->local.family == 0 || socket->local.family == local->family))
			any = socket;
	}
	return any;
}

/* Twice as many buckets; without memory the chains are longer, and that is all. */
static void grow(struct tcp *tcp)
{
	const struct tcp_environment *environment = &tcp->environment;
	struct tcp_table old = tcp->connections;
	struct list *buckets = environment->allocate(environment->context, 2 * old.count * sizeof(struct list));
	struct list *link;

	if (buckets == NULL)
		return;
	buckets_init(buckets, 2 * old.count);
	tcp->connections.buckets = buckets;
	tcp->connections.count = 2 * old.count;
	for (uint32_t i = 0; i < old.count; i++) {
		while ((link = list_take(&old.buckets[i])) != NULL) {
			struct tcp_socket *socket = list_entry(link, struct tcp_socket, connection_link);

			list_add_head(bucket(tcp, &socket->local, socket->local_port, &socket->remote,
			                     socket->remote_port),
			              link);
		}
	}
	environment->release(environment->context, old.buckets, old.count * sizeof(struct list));
}

void tcp_table_add(struct tcp_socket *socket)
{
	struct tcp *tcp = socket->tcp;

	if (++tcp->connections.used > tcp->connections.count)
		grow(tcp);
	list_add_head(bucket(tcp, &socket->local, socket->local_port, &socket->remote, socket->remote_port),
	              &socket->connection_link);
}

void tcp_table_add_port(struct tcp_socket *socket)
{
	list_add_head(&socket->tcp->ports[socket->local_port & 0xff], &socket->port_link);
}

void tcp_table_add_listener(struct tcp_socket *socket)
{
	list_add_head(&socket->tcp->listeners[socket->local_port % 64], &socket->connection_link);
}

static bool overlap(const struct net_address *left, const struct net_address *right)
{
	if (left->family != 0 && right->family != 0 && left->family != right->family)
		return false;
	return net_address_unspecified(left) || net_address_unspecified(right) || net_address_equal(left, right);
}

/* With REUSEADDR on both sides only two listeners exclude each other. */
bool tcp_table_port_free(struct tcp *tcp, const struct tcp_socket *self, const struct net_address *local,
                         uint16_t port, bool listening)
{
	list_for_each(link, &tcp->ports[port & 0xff]) {
		const struct tcp_socket *other = list_entry(link, struct tcp_socket, port_link);

		if (other == self || other->local_port != port || !overlap(&other->local, local))
			continue;
		if (self->reuse_address && other->reuse_address &&
		    !(listening && other->state == TCP_STATE_LISTEN))
			continue;
		if (!listening || other->state == TCP_STATE_LISTEN)
			return false;
	}
	return true;
}

static bool port_usable(struct tcp_socket *socket, uint16_t port)
{
	if (socket->remote_port == 0)
		return tcp_table_port_free(socket->tcp, socket, &socket->local, port, false);
	/* A connection may share its port with others, but not with a listener. */
	return tcp_table_find(socket->tcp, &socket->local, port, &socket->remote, socket->remote_port) == NULL &&
	       tcp_table_listener(socket->tcp, &socket->local, port) == NULL;
}

/* RFC 6056, section 3.3.3: a keyed hash of the rest of the connection says where to begin. */
uint16_t tcp_table_choose_port(struct tcp_socket *socket)
{
	struct tcp *tcp = socket->tcp;
	uint64_t offset = tcp_tuple_hash(tcp, HASH_PORT, &socket->local, 0, &socket->remote, socket->remote_port);
	uint32_t step = tcp->environment.random(tcp->environment.context) % 8 + 1;

	tcp->port_counter += step;
	for (uint32_t i = 0; i < EPHEMERAL_COUNT; i++) {
		uint16_t port = (uint16_t)(EPHEMERAL_FIRST + (offset + tcp->port_counter + i) % EPHEMERAL_COUNT);

		if (port_usable(socket, port))
			return port;
	}
	return 0;
}

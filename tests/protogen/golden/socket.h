/*
 * Generated from socket.proto by scripts/protogen; do not edit.
 *
 * Sockets: the network for programs. A socket is a small number of the connection's, and is closed with it.
 * Addresses are sixteen bytes in network order as two numbers, the first byte the highest of address_high; of
 * an IPv4 address the first four count. 3 and 4 are listen and accept, which come with streams.
 */
#ifndef DRYDOCK_PROTO_SOCKET_H
#define DRYDOCK_PROTO_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include <drydock/client.h>
#include <drydock/service.h>

/*
 * Client, for each operation; a status is as in <drydock/client.h>:
 *   NAME()             makes the call and waits for it, in a fiber
 *   NAME_prepare()     begins `call` and marshals; suspends while the lane is full. After 0 the caller
 *                      submits it, has it done, finishes it, and ends it; otherwise there is nothing to end.
 *                      A string over its limit is POSIX_ENAMETOOLONG, and nothing is sent
 *   NAME_try_prepare() as NAME_prepare, but -E_WOULD_BLOCK instead of suspending
 *   NAME_finish()      returns the status of a call that is done; on 0 fills in what is not NULL.
 *                      POSIX_EBADMSG: the server's reply is malformed
 * Strings are given with their length and need no terminator. IN data that is NULL is reserved, but
 * left to the caller, who fills `call->in` (behind the strings) before submitting; to lend it with
 * call_lend_in, give length 0. Where OUT data goes there must be room for the capacity named; as many
 * bytes were written as the results say.
 *
 * Server: a handler of the operations table returns 0, a POSIX error, or REQUEST_DETACHED, and then
 * replies later, once, by NAME_reply(). What `arguments` points to is the handler's until it returns:
 * strings are private, checked copies with a terminator and without NUL inside; structures are private
 * copies; IN and OUT bytes are memory shared with the client, who may change it at any time: copy
 * first, then validate. Results, and structures for OUT data, start as zeros and are sent only with
 * status 0. A status below 0, or a length over the capacity, is the handler's mistake: POSIX_EIO.
 */

#define SOCKET_FAMILY_NONE 0 /* no address: any of ours, or nobody */
#define SOCKET_FAMILY_IPV4 4

/*
 * create.kind: UDP, and ICMP echo. Of an echo socket the port is the identifier, and the remote port is the
 * sequence number.
 */
#define SOCKET_KIND_DATAGRAM 2
#define SOCKET_KIND_ECHO 3

#define SOCKET_RECV_PEEK 1 /* what is taken stays there */
#define SOCKET_RECV_AT_ONCE 2 /* EAGAIN rather than waiting */

#define SOCKET_OPTION_BROADCAST 1 /* 1: may send to everybody on a link */
#define SOCKET_OPTION_RECEIVE_BUFFER 2 /* bytes that wait to be received, 4096 to 16 MiB */
#define SOCKET_OPTION_ERROR 3 /* read once: what the network has said, an error number, or 0 */

struct socket_interface {
	uint64_t received_frames;
	uint64_t received_bytes;
	uint64_t transmitted_frames;
	uint64_t transmitted_bytes;
	uint64_t dropped_invalid; /* by the card */
	uint32_t address; /* IPv4 as a number; 0: none */
	uint32_t prefix;
	uint32_t mtu;
	uint32_t offloads; /* NET_OFFLOAD_* (drydock/dev/net.h) of what is transmitted */
	uint64_t hardware; /* the address of the card in the lower 48 bits, the first byte the highest */
	uint32_t up;
	uint32_t name_length;
	uint64_t name_first; /* up to 16 bytes, as they lie in memory */
	uint64_t name_second;
};

_Static_assert(sizeof(struct socket_interface) == 88, "size");
_Static_assert(offsetof(struct socket_interface, received_frames) == 0, "received_frames");
_Static_assert(offsetof(struct socket_interface, received_bytes) == 8, "received_bytes");
_Static_assert(offsetof(struct socket_interface, transmitted_frames) == 16, "transmitted_frames");
_Static_assert(offsetof(struct socket_interface, transmitted_bytes) == 24, "transmitted_bytes");
_Static_assert(offsetof(struct socket_interface, dropped_invalid) == 32, "dropped_invalid");
_Static_assert(offsetof(struct socket_interface, address) == 40, "address");
_Static_assert(offsetof(struct socket_interface, prefix) == 44, "prefix");
_Static_assert(offsetof(struct socket_interface, mtu) == 48, "mtu");
_Static_assert(offsetof(struct socket_interface, offloads) == 52, "offloads");
_Static_assert(offsetof(struct socket_interface, hardware) == 56, "hardware");
_Static_assert(offsetof(struct socket_interface, up) == 64, "up");
_Static_assert(offsetof(struct socket_interface, name_length) == 68, "name_length");
_Static_assert(offsetof(struct socket_interface, name_first) == 72, "name_first");
_Static_assert(offsetof(struct socket_interface, name_second) == 80, "name_second");

struct socket_route {
	uint32_t network; /* IPv4 as a number */
	uint32_t prefix;
	uint32_t gateway; /* 0: neighbours */
	uint32_t interface; /* which of the interfaces, from 0 */
};

_Static_assert(sizeof(struct socket_route) == 16, "size");
_Static_assert(offsetof(struct socket_route, network) == 0, "network");
_Static_assert(offsetof(struct socket_route, prefix) == 4, "prefix");
_Static_assert(offsetof(struct socket_route, gateway) == 8, "gateway");
_Static_assert(offsetof(struct socket_route, interface) == 12, "interface");

struct socket_neighbour {
	uint32_t address;
	uint32_t interface;
	uint64_t hardware; /* as the interface's; 0: not known */
	uint32_t state; /* 1 asked for, 2 known, 3 to be asked again, 4 being asked again */
	uint32_t waiting; /* frames */
};

_Static_assert(sizeof(struct socket_neighbour) == 24, "size");
_Static_assert(offsetof(struct socket_neighbour, address) == 0, "address");
_Static_assert(offsetof(struct socket_neighbour, interface) == 4, "interface");
_Static_assert(offsetof(struct socket_neighbour, hardware) == 8, "hardware");
_Static_assert(offsetof(struct socket_neighbour, state) == 16, "state");
_Static_assert(offsetof(struct socket_neighbour, waiting) == 20, "waiting");

struct socket_entry {
	uint32_t kind; /* kind_datagram, kind_echo */
	uint32_t queued; /* bytes to be received */
	uint32_t local_port;
	uint32_t remote_port;
	uint32_t local; /* IPv4 as a number; 0: any */
	uint32_t remote; /* 0: not connected */
};

_Static_assert(sizeof(struct socket_entry) == 24, "size");
_Static_assert(offsetof(struct socket_entry, kind) == 0, "kind");
_Static_assert(offsetof(struct socket_entry, queued) == 4, "queued");
_Static_assert(offsetof(struct socket_entry, local_port) == 8, "local_port");
_Static_assert(offsetof(struct socket_entry, remote_port) == 12, "remote_port");
_Static_assert(offsetof(struct socket_entry, local) == 16, "local");
_Static_assert(offsetof(struct socket_entry, remote) == 20, "remote");

enum socket_operation {
	SOCKET_CREATE = 1,
	SOCKET_BIND = 2,
	SOCKET_CONNECT = 5,
	SOCKET_SEND = 6,
	SOCKET_RECV = 7,
	SOCKET_CLOSE = 8,
	SOCKET_NAME = 9,
	SOCKET_SET_OPTION = 10,
	SOCKET_GET_OPTION = 11,
	SOCKET_INTERFACES = 32,
	SOCKET_ROUTES = 33,
	SOCKET_NEIGHBOURS = 34,
	SOCKET_SOCKETS = 35,
	SOCKET_DROPS = 36,
};

/* create (1) */
struct socket_create_arguments {
	uint32_t family;
	uint32_t kind;
};

struct socket_create_results {
	uint32_t socket;
};

int32_t socket_create(struct client *client, uint32_t family, uint32_t kind,
                      struct socket_create_results *results);
int32_t socket_create_prepare(struct call *call, struct client *client, uint32_t family, uint32_t kind);
int32_t socket_create_try_prepare(struct call *call, struct client *client, uint32_t family, uint32_t kind);
int32_t socket_create_finish(struct call *call, struct socket_create_results *results);
void socket_create_reply(struct request *request, int32_t error, const struct socket_create_results *results);

/* bind (2): Port 0: one that is free. EADDRINUSE, EADDRNOTAVAIL, EINVAL. */
struct socket_bind_arguments {
	uint32_t socket;
	uint32_t family;
	uint32_t port;
	uint64_t address_high;
	uint64_t address_low;
};

int32_t socket_bind(struct client *client, uint32_t socket, uint32_t family, uint32_t port,
                    uint64_t address_high, uint64_t address_low);
int32_t socket_bind_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                            uint32_t port, uint64_t address_high, uint64_t address_low);
int32_t socket_bind_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                uint32_t port, uint64_t address_high, uint64_t address_low);
int32_t socket_bind_finish(struct call *call);
void socket_bind_reply(struct request *request, int32_t error);

/* connect (5): From now on only from and to there; family_none: no longer. ENETUNREACH. */
struct socket_connect_arguments {
	uint32_t socket;
	uint32_t family;
	uint32_t port;
	uint64_t address_high;
	uint64_t address_low;
};

int32_t socket_connect(struct client *client, uint32_t socket, uint32_t family, uint32_t port,
                       uint64_t address_high, uint64_t address_low);
int32_t socket_connect_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                               uint32_t port, uint64_t address_high, uint64_t address_low);
int32_t socket_connect_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                   uint32_t port, uint64_t address_high, uint64_t address_low);
int32_t socket_connect_finish(struct call *call);
void socket_connect_reply(struct request *request, int32_t error);

/*
 * send (6): One datagram; family_none: to where the socket is connected. EMSGSIZE, ENETUNREACH, ECONNREFUSED,
 * ENOBUFS.
 */
struct socket_send_arguments {
	uint32_t socket;
	uint32_t family;
	uint32_t port;
	uint64_t address_high;
	uint64_t address_low;
	const uint8_t *data; /* shared with the client; may be NULL if of length 0 */
	uint32_t data_length;
};

int32_t socket_send(struct client *client, uint32_t socket, uint32_t family, uint32_t port,
                    uint64_t address_high, uint64_t address_low, const void *data, uint32_t data_length);
int32_t socket_send_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                            uint32_t port, uint64_t address_high, uint64_t address_low, const void *data,
                            uint32_t data_length);
int32_t socket_send_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                uint32_t port, uint64_t address_high, uint64_t address_low, const void *data,
                                uint32_t data_length);
int32_t socket_send_finish(struct call *call);
void socket_send_reply(struct request *request, int32_t error);

/* recv (7): One datagram, cut to what there is room for; `whole` is its length. */
struct socket_recv_arguments {
	uint32_t socket;
	uint32_t flags;
	uint8_t *data; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t data_capacity;
};

struct socket_recv_results {
	uint32_t whole;
	uint32_t port;
	uint32_t family;
	uint64_t address_high;
	uint64_t address_low;
	uint32_t data_length; /* bytes written, at most the capacity */
};

int32_t socket_recv(struct client *client, uint32_t socket, uint32_t flags, void *data,
                    uint32_t data_capacity, struct socket_recv_results *results);
int32_t socket_recv_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t flags,
                            uint32_t data_capacity);
int32_t socket_recv_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t flags,
                                uint32_t data_capacity);
int32_t socket_recv_finish(struct call *call, struct socket_recv_results *results, void *data);
void socket_recv_reply(struct request *request, int32_t error, const struct socket_recv_results *results);

/* close (8) */
struct socket_close_arguments {
	uint32_t socket;
};

int32_t socket_close(struct client *client, uint32_t socket);
int32_t socket_close_prepare(struct call *call, struct client *client, uint32_t socket);
int32_t socket_close_try_prepare(struct call *call, struct client *client, uint32_t socket);
int32_t socket_close_finish(struct call *call);
void socket_close_reply(struct request *request, int32_t error);

/* name (9) */
struct socket_name_arguments {
	uint32_t socket;
};

struct socket_name_results {
	uint32_t port;
	uint32_t family;
	uint64_t address_high;
	uint64_t address_low;
};

int32_t socket_name(struct client *client, uint32_t socket, struct socket_name_results *results);
int32_t socket_name_prepare(struct call *call, struct client *client, uint32_t socket);
int32_t socket_name_try_prepare(struct call *call, struct client *client, uint32_t socket);
int32_t socket_name_finish(struct call *call, struct socket_name_results *results);
void socket_name_reply(struct request *request, int32_t error, const struct socket_name_results *results);

/* set_option (10) */
struct socket_set_option_arguments {
	uint32_t socket;
	uint32_t option;
	uint32_t value;
};

int32_t socket_set_option(struct client *client, uint32_t socket, uint32_t option, uint32_t value);
int32_t socket_set_option_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t option,
                                  uint32_t value);
int32_t socket_set_option_try_prepare(struct call *call, struct client *client, uint32_t socket,
                                      uint32_t option, uint32_t value);
int32_t socket_set_option_finish(struct call *call);
void socket_set_option_reply(struct request *request, int32_t error);

/* get_option (11) */
struct socket_get_option_arguments {
	uint32_t socket;
	uint32_t option;
};

struct socket_get_option_results {
	uint32_t value;
};

int32_t socket_get_option(struct client *client, uint32_t socket, uint32_t option,
                          struct socket_get_option_results *results);
int32_t socket_get_option_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t option);
int32_t socket_get_option_try_prepare(struct call *call, struct client *client, uint32_t socket,
                                      uint32_t option);
int32_t socket_get_option_finish(struct call *call, struct socket_get_option_results *results);
void socket_get_option_reply(struct request *request, int32_t error,
                             const struct socket_get_option_results *results);

/*
 * interfaces (32): What there is, for people; lists are cut to what there is room for. `text` of drops is a
 * line for each reason that has occurred: how often, a space, the reason.
 */
struct socket_interfaces_arguments {
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct socket_interfaces_results {
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t socket_interfaces(struct client *client, void *entries, uint32_t entries_capacity,
                          struct socket_interfaces_results *results);
int32_t socket_interfaces_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_interfaces_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_interfaces_finish(struct call *call, struct socket_interfaces_results *results, void *entries);
void socket_interfaces_reply(struct request *request, int32_t error,
                             const struct socket_interfaces_results *results);

/* routes (33) */
struct socket_routes_arguments {
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct socket_routes_results {
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t socket_routes(struct client *client, void *entries, uint32_t entries_capacity,
                      struct socket_routes_results *results);
int32_t socket_routes_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_routes_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_routes_finish(struct call *call, struct socket_routes_results *results, void *entries);
void socket_routes_reply(struct request *request, int32_t error, const struct socket_routes_results *results);

/* neighbours (34) */
struct socket_neighbours_arguments {
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct socket_neighbours_results {
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t socket_neighbours(struct client *client, void *entries, uint32_t entries_capacity,
                          struct socket_neighbours_results *results);
int32_t socket_neighbours_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_neighbours_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_neighbours_finish(struct call *call, struct socket_neighbours_results *results, void *entries);
void socket_neighbours_reply(struct request *request, int32_t error,
                             const struct socket_neighbours_results *results);

/* sockets (35) */
struct socket_sockets_arguments {
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct socket_sockets_results {
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t socket_sockets(struct client *client, void *entries, uint32_t entries_capacity,
                       struct socket_sockets_results *results);
int32_t socket_sockets_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_sockets_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_sockets_finish(struct call *call, struct socket_sockets_results *results, void *entries);
void socket_sockets_reply(struct request *request, int32_t error,
                          const struct socket_sockets_results *results);

/* drops (36) */
struct socket_drops_arguments {
	uint8_t *text; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t text_capacity;
};

struct socket_drops_results {
	uint32_t text_length; /* bytes written, at most the capacity */
};

int32_t socket_drops(struct client *client, void *text, uint32_t text_capacity,
                     struct socket_drops_results *results);
int32_t socket_drops_prepare(struct call *call, struct client *client, uint32_t text_capacity);
int32_t socket_drops_try_prepare(struct call *call, struct client *client, uint32_t text_capacity);
int32_t socket_drops_finish(struct call *call, struct socket_drops_results *results, void *text);
void socket_drops_reply(struct request *request, int32_t error, const struct socket_drops_results *results);

/* The handlers of a server; one that is NULL is answered with POSIX_ENOSYS. */
struct socket_operations {
	int32_t (*create)(struct request *request, const struct socket_create_arguments *arguments,
	                  struct socket_create_results *results);
	int32_t (*bind)(struct request *request, const struct socket_bind_arguments *arguments);
	int32_t (*connect)(struct request *request, const struct socket_connect_arguments *arguments);
	int32_t (*send)(struct request *request, const struct socket_send_arguments *arguments);
	int32_t (*recv)(struct request *request, const struct socket_recv_arguments *arguments,
	                struct socket_recv_results *results);
	int32_t (*close)(struct request *request, const struct socket_close_arguments *arguments);
	int32_t (*name)(struct request *request, const struct socket_name_arguments *arguments,
	                struct socket_name_results *results);
	int32_t (*set_option)(struct request *request, const struct socket_set_option_arguments *arguments);
	int32_t (*get_option)(struct request *request, const struct socket_get_option_arguments *arguments,
	                      struct socket_get_option_results *results);
	int32_t (*interfaces)(struct request *request, const struct socket_interfaces_arguments *arguments,
	                      struct socket_interfaces_results *results);
	int32_t (*routes)(struct request *request, const struct socket_routes_arguments *arguments,
	                  struct socket_routes_results *results);
	int32_t (*neighbours)(struct request *request, const struct socket_neighbours_arguments *arguments,
	                      struct socket_neighbours_results *results);
	int32_t (*sockets)(struct request *request, const struct socket_sockets_arguments *arguments,
	                   struct socket_sockets_results *results);
	int32_t (*drops)(struct request *request, const struct socket_drops_arguments *arguments,
	                 struct socket_drops_results *results);
};

extern const struct protocol socket_protocol;

#endif

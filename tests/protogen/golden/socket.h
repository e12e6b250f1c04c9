/*
 * Generated from socket.proto by scripts/protogen; do not edit.
 *
 * Sockets: the network for programs. A socket is a small number of the connection's, and is closed with it.
 * Addresses are sixteen bytes in network order as two numbers, the first byte the highest of address_high; of
 * an IPv4 address the first four count. An IPv6 address that stands for an IPv4 one (::ffff:0:0/96) is
 * refused (EINVAL): give that itself. A call that would wait is answered once it need not; it can be
 * cancelled.
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
#define SOCKET_FAMILY_IPV6 6 /* create: of both; see option_ipv6_only */

/*
 * create.kind: TCP, UDP, ICMP echo, and any protocol over IP. Of an echo socket the port is the identifier,
 * and the remote port is the sequence number. A raw socket's port is the protocol's number, which it is bound
 * to; it is for callers with the right to control (EPERM), gets a copy of all packets of its protocol without
 * the headers of IP, and sends the same, of which the checksum of ICMPv6 is made.
 */
#define SOCKET_KIND_STREAM 1
#define SOCKET_KIND_DATAGRAM 2
#define SOCKET_KIND_ECHO 3
#define SOCKET_KIND_RAW 4

/* Flags. at_once is for accept, send and recv (EAGAIN rather than waiting), and connect (EINPROGRESS). */
#define SOCKET_RECV_PEEK 1 /* what is taken stays there */
#define SOCKET_AT_ONCE 2
#define SOCKET_SEND_MORE 4 /* more follows: no short segment yet */

#define SOCKET_SHUTDOWN_READ 1
#define SOCKET_SHUTDOWN_WRITE 2

#define SOCKET_OPTION_BROADCAST 1 /* 1: may send to everybody on a link */
#define SOCKET_OPTION_RECEIVE_BUFFER 2 /* bytes that wait to be received, 4096 to 16 MiB */
#define SOCKET_OPTION_ERROR 3 /* read once: what the network has said, an error number, or 0 */
/* Of streams: */
#define SOCKET_OPTION_SEND_BUFFER 4 /* bytes that wait to be sent and acknowledged */
#define SOCKET_OPTION_NO_DELAY 5 /* 1: short segments are sent though others are on their way */
#define SOCKET_OPTION_CORK 6 /* 1: none are sent at all */
#define SOCKET_OPTION_KEEPALIVE 7 /* 1: a silent peer is asked whether it lives */
#define SOCKET_OPTION_KEEPALIVE_IDLE 8 /* after so many seconds, 1 to 32767 */
#define SOCKET_OPTION_KEEPALIVE_INTERVAL 9 /* and again after so many */
#define SOCKET_OPTION_KEEPALIVE_COUNT 10 /* so often, 1 to 127 */
#define SOCKET_OPTION_REUSE_ADDRESS 11 /* 1: bind does not mind connections of before */
#define SOCKET_OPTION_USER_TIMEOUT 12 /* milliseconds without an acknowledgement; 0: no limit of its own */
#define SOCKET_OPTION_RESET 13 /* 1: close resets (SO_LINGER with no time); 0: what is queued is sent */
#define SOCKET_OPTION_CONGESTION 14 /* 0 CUBIC, 1 NewReno */
#define SOCKET_OPTION_SEGMENT 15 /* bytes in a segment at most, 88 to 65495, before connecting */
/* Of all that were made as family_ipv6: */
#define SOCKET_OPTION_IPV6_ONLY 32 /* 1: not of IPv4 as well; before it has a port */

/* What a socket may be ready for. */
#define SOCKET_POLL_READABLE 1 /* data, its end, a connection to accept, or an error */
#define SOCKET_POLL_WRITABLE 2
#define SOCKET_POLL_ERROR 4 /* option_error says which; always told */
#define SOCKET_POLL_CLOSED 8 /* both directions are over; always told */
#define SOCKET_POLL_BAD 16 /* there is no such socket; always told */

/* The states of RFC 9293, section 3.3.2. */
#define SOCKET_STATE_CLOSED 0
#define SOCKET_STATE_LISTEN 1
#define SOCKET_STATE_SYN_SENT 2
#define SOCKET_STATE_SYN_RECEIVED 3
#define SOCKET_STATE_ESTABLISHED 4
#define SOCKET_STATE_FIN_WAIT_1 5
#define SOCKET_STATE_FIN_WAIT_2 6
#define SOCKET_STATE_CLOSE_WAIT 7
#define SOCKET_STATE_CLOSING 8
#define SOCKET_STATE_LAST_ACK 9
#define SOCKET_STATE_TIME_WAIT 10

struct socket_interface {
	uint64_t received_frames;
	uint64_t received_bytes;
	uint64_t transmitted_frames;
	uint64_t transmitted_bytes;
	uint64_t dropped_invalid; /* by the card */
	uint32_t address; /* IPv4 as a number; 0: none. Those of IPv6 are told by `addresses` */
	uint32_t prefix;
	uint32_t mtu;
	uint32_t offloads; /* NET_OFFLOAD_* (drydock/dev/net.h) of what is transmitted */
	uint64_t hardware; /* the address of the card in the lower 48 bits, the first byte the highest */
	uint32_t up;
	uint32_t name_length;
	uint32_t dhcp; /* the address is: 0 configured, 1 to 4 asked for, 5 got, 6 and 7 asked for again */
	uint32_t reserved;
	uint64_t name_first; /* up to 16 bytes, as they lie in memory */
	uint64_t name_second;
};

_Static_assert(sizeof(struct socket_interface) == 96, "size");
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
_Static_assert(offsetof(struct socket_interface, dhcp) == 72, "dhcp");
_Static_assert(offsetof(struct socket_interface, reserved) == 76, "reserved");
_Static_assert(offsetof(struct socket_interface, name_first) == 80, "name_first");
_Static_assert(offsetof(struct socket_interface, name_second) == 88, "name_second");

struct socket_address {
	uint64_t high; /* IPv6 */
	uint64_t low;
	uint32_t prefix;
	uint32_t interface; /* which of the interfaces, from 0 */
	uint32_t state; /* 1 asked for, 2 ready, 3 somebody else has it */
	uint32_t origin; /* 0 configured, 1 from a router's advertisement */
	uint32_t preferred; /* seconds for which it is chosen for what is new; 2^32 - 1: for ever */
	uint32_t valid; /* and for which it exists */
};

_Static_assert(sizeof(struct socket_address) == 40, "size");
_Static_assert(offsetof(struct socket_address, high) == 0, "high");
_Static_assert(offsetof(struct socket_address, low) == 8, "low");
_Static_assert(offsetof(struct socket_address, prefix) == 16, "prefix");
_Static_assert(offsetof(struct socket_address, interface) == 20, "interface");
_Static_assert(offsetof(struct socket_address, state) == 24, "state");
_Static_assert(offsetof(struct socket_address, origin) == 28, "origin");
_Static_assert(offsetof(struct socket_address, preferred) == 32, "preferred");
_Static_assert(offsetof(struct socket_address, valid) == 36, "valid");

struct socket_route {
	uint64_t network_high;
	uint64_t network_low;
	uint64_t gateway_high; /* 0, as is the lower half: neighbours */
	uint64_t gateway_low;
	uint32_t family;
	uint32_t prefix;
	uint32_t interface;
	uint32_t valid; /* seconds; 2^32 - 1: for ever */
};

_Static_assert(sizeof(struct socket_route) == 48, "size");
_Static_assert(offsetof(struct socket_route, network_high) == 0, "network_high");
_Static_assert(offsetof(struct socket_route, network_low) == 8, "network_low");
_Static_assert(offsetof(struct socket_route, gateway_high) == 16, "gateway_high");
_Static_assert(offsetof(struct socket_route, gateway_low) == 24, "gateway_low");
_Static_assert(offsetof(struct socket_route, family) == 32, "family");
_Static_assert(offsetof(struct socket_route, prefix) == 36, "prefix");
_Static_assert(offsetof(struct socket_route, interface) == 40, "interface");
_Static_assert(offsetof(struct socket_route, valid) == 44, "valid");

struct socket_neighbour {
	uint64_t high;
	uint64_t low;
	uint64_t hardware; /* as the interface's; 0: not known */
	uint32_t family;
	uint32_t interface;
	uint32_t state; /* 1 asked for, 2 known, 3 not heard of for long, 4 used since, 5 being asked again */
	uint32_t waiting; /* frames */
};

_Static_assert(sizeof(struct socket_neighbour) == 40, "size");
_Static_assert(offsetof(struct socket_neighbour, high) == 0, "high");
_Static_assert(offsetof(struct socket_neighbour, low) == 8, "low");
_Static_assert(offsetof(struct socket_neighbour, hardware) == 16, "hardware");
_Static_assert(offsetof(struct socket_neighbour, family) == 24, "family");
_Static_assert(offsetof(struct socket_neighbour, interface) == 28, "interface");
_Static_assert(offsetof(struct socket_neighbour, state) == 32, "state");
_Static_assert(offsetof(struct socket_neighbour, waiting) == 36, "waiting");

struct socket_resolved {
	uint64_t high;
	uint64_t low;
	uint32_t family;
	uint32_t reserved;
};

_Static_assert(sizeof(struct socket_resolved) == 24, "size");
_Static_assert(offsetof(struct socket_resolved, high) == 0, "high");
_Static_assert(offsetof(struct socket_resolved, low) == 8, "low");
_Static_assert(offsetof(struct socket_resolved, family) == 16, "family");
_Static_assert(offsetof(struct socket_resolved, reserved) == 20, "reserved");

struct socket_poll_entry {
	uint32_t socket;
	uint32_t events; /* poll_* */
};

_Static_assert(sizeof(struct socket_poll_entry) == 8, "size");
_Static_assert(offsetof(struct socket_poll_entry, socket) == 0, "socket");
_Static_assert(offsetof(struct socket_poll_entry, events) == 4, "events");

struct socket_entry {
	uint32_t kind; /* kind_stream, kind_datagram, kind_echo */
	uint32_t queued; /* bytes to be received */
	uint32_t local_port;
	uint32_t remote_port;
	uint64_t local_high; /* 0, as is the lower half: any of local_family */
	uint64_t local_low;
	uint64_t remote_high;
	uint64_t remote_low;
	uint32_t local_family; /* family_none: of either */
	uint32_t remote_family; /* family_none: not connected */
	uint32_t state; /* of a stream: state_* */
	uint32_t unsent; /* bytes to be sent or acknowledged */
};

_Static_assert(sizeof(struct socket_entry) == 64, "size");
_Static_assert(offsetof(struct socket_entry, kind) == 0, "kind");
_Static_assert(offsetof(struct socket_entry, queued) == 4, "queued");
_Static_assert(offsetof(struct socket_entry, local_port) == 8, "local_port");
_Static_assert(offsetof(struct socket_entry, remote_port) == 12, "remote_port");
_Static_assert(offsetof(struct socket_entry, local_high) == 16, "local_high");
_Static_assert(offsetof(struct socket_entry, local_low) == 24, "local_low");
_Static_assert(offsetof(struct socket_entry, remote_high) == 32, "remote_high");
_Static_assert(offsetof(struct socket_entry, remote_low) == 40, "remote_low");
_Static_assert(offsetof(struct socket_entry, local_family) == 48, "local_family");
_Static_assert(offsetof(struct socket_entry, remote_family) == 52, "remote_family");
_Static_assert(offsetof(struct socket_entry, state) == 56, "state");
_Static_assert(offsetof(struct socket_entry, unsent) == 60, "unsent");

/* What TCP knows of a connection. Times are nanoseconds, sizes bytes. */
struct socket_information {
	uint32_t state;
	uint32_t segment_size;
	uint64_t rtt;
	uint64_t rtt_variance;
	uint64_t rtt_minimum;
	uint64_t timeout;
	uint32_t congestion_window;
	uint32_t slow_start_threshold;
	uint32_t in_flight;
	uint32_t lost;
	uint32_t send_window;
	uint32_t receive_window;
	uint32_t send_queued;
	uint32_t receive_queued;
	uint64_t bytes_sent;
	uint64_t bytes_acknowledged;
	uint64_t bytes_received;
	uint64_t bytes_retransmitted;
	uint32_t retransmissions;
	uint32_t timeouts;
	uint32_t recoveries;
	uint32_t features; /* bits: 1 selective acknowledgements, 2 timestamps, 4 ECN */
};

_Static_assert(sizeof(struct socket_information) == 120, "size");
_Static_assert(offsetof(struct socket_information, state) == 0, "state");
_Static_assert(offsetof(struct socket_information, segment_size) == 4, "segment_size");
_Static_assert(offsetof(struct socket_information, rtt) == 8, "rtt");
_Static_assert(offsetof(struct socket_information, rtt_variance) == 16, "rtt_variance");
_Static_assert(offsetof(struct socket_information, rtt_minimum) == 24, "rtt_minimum");
_Static_assert(offsetof(struct socket_information, timeout) == 32, "timeout");
_Static_assert(offsetof(struct socket_information, congestion_window) == 40, "congestion_window");
_Static_assert(offsetof(struct socket_information, slow_start_threshold) == 44, "slow_start_threshold");
_Static_assert(offsetof(struct socket_information, in_flight) == 48, "in_flight");
_Static_assert(offsetof(struct socket_information, lost) == 52, "lost");
_Static_assert(offsetof(struct socket_information, send_window) == 56, "send_window");
_Static_assert(offsetof(struct socket_information, receive_window) == 60, "receive_window");
_Static_assert(offsetof(struct socket_information, send_queued) == 64, "send_queued");
_Static_assert(offsetof(struct socket_information, receive_queued) == 68, "receive_queued");
_Static_assert(offsetof(struct socket_information, bytes_sent) == 72, "bytes_sent");
_Static_assert(offsetof(struct socket_information, bytes_acknowledged) == 80, "bytes_acknowledged");
_Static_assert(offsetof(struct socket_information, bytes_received) == 88, "bytes_received");
_Static_assert(offsetof(struct socket_information, bytes_retransmitted) == 96, "bytes_retransmitted");
_Static_assert(offsetof(struct socket_information, retransmissions) == 104, "retransmissions");
_Static_assert(offsetof(struct socket_information, timeouts) == 108, "timeouts");
_Static_assert(offsetof(struct socket_information, recoveries) == 112, "recoveries");
_Static_assert(offsetof(struct socket_information, features) == 116, "features");

enum socket_operation {
	SOCKET_CREATE = 1,
	SOCKET_BIND = 2,
	SOCKET_LISTEN = 3,
	SOCKET_ACCEPT = 4,
	SOCKET_CONNECT = 5,
	SOCKET_SEND = 6,
	SOCKET_RECV = 7,
	SOCKET_CLOSE = 8,
	SOCKET_NAME = 9,
	SOCKET_SET_OPTION = 10,
	SOCKET_GET_OPTION = 11,
	SOCKET_SHUTDOWN = 12,
	SOCKET_PEER = 13,
	SOCKET_POLL = 14,
	SOCKET_INFORMATION = 15,
	SOCKET_JOIN = 16,
	SOCKET_LEAVE = 17,
	SOCKET_RESOLVE = 18,
	SOCKET_INTERFACES = 32,
	SOCKET_ROUTES = 33,
	SOCKET_NEIGHBOURS = 34,
	SOCKET_SOCKETS = 35,
	SOCKET_DROPS = 36,
	SOCKET_ADDRESSES = 37,
};

/*
 * create (1): A stream needs random numbers that nobody can foretell: without a source of them
 * EPROTONOSUPPORT.
 */
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

/* listen (3): Takes connections; so many may wait to be accepted. EINVAL, EADDRINUSE. */
struct socket_listen_arguments {
	uint32_t socket;
	uint32_t backlog;
};

int32_t socket_listen(struct client *client, uint32_t socket, uint32_t backlog);
int32_t socket_listen_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t backlog);
int32_t socket_listen_try_prepare(struct call *call, struct client *client, uint32_t socket,
                                  uint32_t backlog);
int32_t socket_listen_finish(struct call *call);
void socket_listen_reply(struct request *request, int32_t error);

/* accept (4): The oldest connection, from whom. EINVAL: the socket does not listen; EMFILE. */
struct socket_accept_arguments {
	uint32_t socket;
	uint32_t flags;
};

struct socket_accept_results {
	uint32_t accepted;
	uint32_t port;
	uint32_t family;
	uint64_t address_high;
	uint64_t address_low;
};

int32_t socket_accept(struct client *client, uint32_t socket, uint32_t flags,
                      struct socket_accept_results *results);
int32_t socket_accept_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t flags);
int32_t socket_accept_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t flags);
int32_t socket_accept_finish(struct call *call, struct socket_accept_results *results);
void socket_accept_reply(struct request *request, int32_t error, const struct socket_accept_results *results);

/*
 * connect (5): Datagrams: from now on only from and to there; family_none: no longer. ENETUNREACH. Streams:
 * ECONNREFUSED, ETIMEDOUT, EISCONN, EALREADY, EHOSTUNREACH, EADDRINUSE.
 */
struct socket_connect_arguments {
	uint32_t socket;
	uint32_t family;
	uint32_t port;
	uint32_t flags;
	uint64_t address_high;
	uint64_t address_low;
};

int32_t socket_connect(struct client *client, uint32_t socket, uint32_t family, uint32_t port, uint32_t flags,
                       uint64_t address_high, uint64_t address_low);
int32_t socket_connect_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                               uint32_t port, uint32_t flags, uint64_t address_high, uint64_t address_low);
int32_t socket_connect_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                   uint32_t port, uint32_t flags, uint64_t address_high,
                                   uint64_t address_low);
int32_t socket_connect_finish(struct call *call);
void socket_connect_reply(struct request *request, int32_t error);

/*
 * send (6): One datagram; family_none: to where the socket is connected. EMSGSIZE, ENETUNREACH, ECONNREFUSED,
 * ENOBUFS. Of a stream (family_none) as many bytes as there is room for, at least one: `sent`. EPIPE,
 * ECONNRESET, ENOTCONN.
 */
struct socket_send_arguments {
	uint32_t socket;
	uint32_t family;
	uint32_t port;
	uint32_t flags;
	uint64_t address_high;
	uint64_t address_low;
	const uint8_t *data; /* shared with the client; may be NULL if of length 0 */
	uint32_t data_length;
};

struct socket_send_results {
	uint32_t sent;
};

int32_t socket_send(struct client *client, uint32_t socket, uint32_t family, uint32_t port, uint32_t flags,
                    uint64_t address_high, uint64_t address_low, const void *data, uint32_t data_length,
                    struct socket_send_results *results);
int32_t socket_send_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                            uint32_t port, uint32_t flags, uint64_t address_high, uint64_t address_low,
                            const void *data, uint32_t data_length);
int32_t socket_send_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                uint32_t port, uint32_t flags, uint64_t address_high, uint64_t address_low,
                                const void *data, uint32_t data_length);
int32_t socket_send_finish(struct call *call, struct socket_send_results *results);
void socket_send_reply(struct request *request, int32_t error, const struct socket_send_results *results);

/*
 * recv (7): One datagram, cut to what there is room for; `whole` is its length. Of a stream what there is, up
 * to so much; nothing at its end.
 */
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

/* shutdown (12) */
struct socket_shutdown_arguments {
	uint32_t socket;
	uint32_t which;
};

int32_t socket_shutdown(struct client *client, uint32_t socket, uint32_t which);
int32_t socket_shutdown_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t which);
int32_t socket_shutdown_try_prepare(struct call *call, struct client *client, uint32_t socket,
                                    uint32_t which);
int32_t socket_shutdown_finish(struct call *call);
void socket_shutdown_reply(struct request *request, int32_t error);

/* peer (13): Who is at the other end. ENOTCONN. */
struct socket_peer_arguments {
	uint32_t socket;
};

struct socket_peer_results {
	uint32_t port;
	uint32_t family;
	uint64_t address_high;
	uint64_t address_low;
};

int32_t socket_peer(struct client *client, uint32_t socket, struct socket_peer_results *results);
int32_t socket_peer_prepare(struct call *call, struct client *client, uint32_t socket);
int32_t socket_peer_try_prepare(struct call *call, struct client *client, uint32_t socket);
int32_t socket_peer_finish(struct call *call, struct socket_peer_results *results);
void socket_peer_reply(struct request *request, int32_t error, const struct socket_peer_results *results);

/*
 * poll (14): Waits until one of the sockets in `entries` (struct poll_entry) is ready for one of its events,
 * for `wait` nanoseconds at most (0: not at all; 2^64 - 1: for ever). `ready` is told those that are, as many
 * as fit.
 */
struct socket_poll_arguments {
	uint64_t wait;
	const uint8_t *entries; /* shared with the client; may be NULL if of length 0 */
	uint32_t entries_length;
	uint8_t *ready; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t ready_capacity;
};

struct socket_poll_results {
	uint32_t ready_length; /* bytes written, at most the capacity */
};

int32_t socket_poll(struct client *client, uint64_t wait, const void *entries, uint32_t entries_length,
                    void *ready, uint32_t ready_capacity, struct socket_poll_results *results);
int32_t socket_poll_prepare(struct call *call, struct client *client, uint64_t wait, const void *entries,
                            uint32_t entries_length, uint32_t ready_capacity);
int32_t socket_poll_try_prepare(struct call *call, struct client *client, uint64_t wait, const void *entries,
                                uint32_t entries_length, uint32_t ready_capacity);
int32_t socket_poll_finish(struct call *call, struct socket_poll_results *results, void *ready);
void socket_poll_reply(struct request *request, int32_t error, const struct socket_poll_results *results);

/* information (15): struct information. */
struct socket_information_arguments {
	uint32_t socket;
	uint8_t *information; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t information_capacity;
};

struct socket_information_results {
	uint32_t information_length; /* bytes written, at most the capacity */
};

int32_t socket_information(struct client *client, uint32_t socket, void *information,
                           uint32_t information_capacity, struct socket_information_results *results);
int32_t socket_information_prepare(struct call *call, struct client *client, uint32_t socket,
                                   uint32_t information_capacity);
int32_t socket_information_try_prepare(struct call *call, struct client *client, uint32_t socket,
                                       uint32_t information_capacity);
int32_t socket_information_finish(struct call *call, struct socket_information_results *results,
                                  void *information);
void socket_information_reply(struct request *request, int32_t error,
                              const struct socket_information_results *results);

/*
 * join (16): A datagram socket is a member of the group from now on, on the card that leads there; of 16 at
 * most. Datagrams to it come as all others to the socket's port do. EINVAL: that is no group; EADDRINUSE: it
 * is a member; ENOBUFS.
 */
struct socket_join_arguments {
	uint32_t socket;
	uint32_t family;
	uint64_t address_high;
	uint64_t address_low;
};

int32_t socket_join(struct client *client, uint32_t socket, uint32_t family, uint64_t address_high,
                    uint64_t address_low);
int32_t socket_join_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                            uint64_t address_high, uint64_t address_low);
int32_t socket_join_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                uint64_t address_high, uint64_t address_low);
int32_t socket_join_finish(struct call *call);
void socket_join_reply(struct request *request, int32_t error);

/* leave (17): EADDRNOTAVAIL: it is none. */
struct socket_leave_arguments {
	uint32_t socket;
	uint32_t family;
	uint64_t address_high;
	uint64_t address_low;
};

int32_t socket_leave(struct client *client, uint32_t socket, uint32_t family, uint64_t address_high,
                     uint64_t address_low);
int32_t socket_leave_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                             uint64_t address_high, uint64_t address_low);
int32_t socket_leave_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                 uint64_t address_high, uint64_t address_low);
int32_t socket_leave_finish(struct call *call);
void socket_leave_reply(struct request *request, int32_t error);

/*
 * resolve (18): The addresses of a name, of a family or (family_none) of IPv4 or else IPv6, as struct
 * resolved, as many as fit. By the configuration, by what is known, or by DNS. ENODATA: it has none;
 * ETIMEDOUT: no server answers; EPROTO: none would say; ENETUNREACH: there is none to ask; EINVAL: that can
 * be no name; EAGAIN: too many are asked for.
 */
struct socket_resolve_arguments {
	uint32_t family;
	const char *name; /* at most 254 bytes */
	uint32_t name_length;
	uint8_t *addresses; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t addresses_capacity;
};

struct socket_resolve_results {
	uint32_t addresses_length; /* bytes written, at most the capacity */
};

int32_t socket_resolve(struct client *client, uint32_t family, const char *name, uint32_t name_length,
                       void *addresses, uint32_t addresses_capacity, struct socket_resolve_results *results);
int32_t socket_resolve_prepare(struct call *call, struct client *client, uint32_t family, const char *name,
                               uint32_t name_length, uint32_t addresses_capacity);
int32_t socket_resolve_try_prepare(struct call *call, struct client *client, uint32_t family,
                                   const char *name, uint32_t name_length, uint32_t addresses_capacity);
int32_t socket_resolve_finish(struct call *call, struct socket_resolve_results *results, void *addresses);
void socket_resolve_reply(struct request *request, int32_t error,
                          const struct socket_resolve_results *results);

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

/* addresses (37) */
struct socket_addresses_arguments {
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct socket_addresses_results {
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t socket_addresses(struct client *client, void *entries, uint32_t entries_capacity,
                         struct socket_addresses_results *results);
int32_t socket_addresses_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_addresses_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t socket_addresses_finish(struct call *call, struct socket_addresses_results *results, void *entries);
void socket_addresses_reply(struct request *request, int32_t error,
                            const struct socket_addresses_results *results);

/* The handlers of a server; one that is NULL is answered with POSIX_ENOSYS. */
struct socket_operations {
	int32_t (*create)(struct request *request, const struct socket_create_arguments *arguments,
	                  struct socket_create_results *results);
	int32_t (*bind)(struct request *request, const struct socket_bind_arguments *arguments);
	int32_t (*listen)(struct request *request, const struct socket_listen_arguments *arguments);
	int32_t (*accept)(struct request *request, const struct socket_accept_arguments *arguments,
	                  struct socket_accept_results *results);
	int32_t (*connect)(struct request *request, const struct socket_connect_arguments *arguments);
	int32_t (*send)(struct request *request, const struct socket_send_arguments *arguments,
	                struct socket_send_results *results);
	int32_t (*recv)(struct request *request, const struct socket_recv_arguments *arguments,
	                struct socket_recv_results *results);
	int32_t (*close)(struct request *request, const struct socket_close_arguments *arguments);
	int32_t (*name)(struct request *request, const struct socket_name_arguments *arguments,
	                struct socket_name_results *results);
	int32_t (*set_option)(struct request *request, const struct socket_set_option_arguments *arguments);
	int32_t (*get_option)(struct request *request, const struct socket_get_option_arguments *arguments,
	                      struct socket_get_option_results *results);
	int32_t (*shutdown)(struct request *request, const struct socket_shutdown_arguments *arguments);
	int32_t (*peer)(struct request *request, const struct socket_peer_arguments *arguments,
	                struct socket_peer_results *results);
	int32_t (*poll)(struct request *request, const struct socket_poll_arguments *arguments,
	                struct socket_poll_results *results);
	int32_t (*information)(struct request *request, const struct socket_information_arguments *arguments,
	                       struct socket_information_results *results);
	int32_t (*join)(struct request *request, const struct socket_join_arguments *arguments);
	int32_t (*leave)(struct request *request, const struct socket_leave_arguments *arguments);
	int32_t (*resolve)(struct request *request, const struct socket_resolve_arguments *arguments,
	                   struct socket_resolve_results *results);
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
	int32_t (*addresses)(struct request *request, const struct socket_addresses_arguments *arguments,
	                     struct socket_addresses_results *results);
};

extern const struct protocol socket_protocol;

#endif

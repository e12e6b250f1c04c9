/*
 * Sockets for programs, in the shape of BSD's, over protocol `socket` of the
 * network stack. The same on Linux and on bare metal.
 *
 * Sockets are small numbers, and belong to the `struct network` that has made
 * them: they end with it, and when the network stack does. Results are as Linux's
 * system calls have them: 0 or above done, below 0 minus an `enum posix_error`
 * (drydock/posix.h). Beside those that each function names:
 *   -POSIX_EBADF       there is no such socket, or the stack was started anew since
 *   -POSIX_ENETDOWN    the stack does not answer
 *   -POSIX_ECANCELED   the socket was closed under a call that waited
 *   -POSIX_EINVAL      an unknown flag
 * All functions but the ones on text suspend the calling fiber.
 */
#ifndef DRYDOCK_NETWORK_H
#define DRYDOCK_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/proto/socket.h>

struct network;
struct runtime;

/*
 * How much may be on its way to and from the stack. Each call has a part of the
 * area, area / depth, which is also what send and receive move at once. No more
 * calls than `depth` wait at once, the next waits for one of them: who has many
 * sockets polls.
 */
struct network_options {
	uint32_t depth; /* calls, 2 to 256; 0: 32 */
	uint32_t area;  /* bytes, up to 64 MiB; 0: 64 KiB for each call */
};

/*
 * An address of IPv4, which is a number, or of IPv6, which is bytes. All zero is any address of either, of
 * which only one's own may be. Link-local addresses of IPv6 are those of the one card: they have no zone.
 */
struct network_address {
	uint32_t address; /* 10.77.0.2 is 0x0a4d0002 */
	uint16_t port;    /* 0: any, of one's own */
	uint16_t family;  /* SOCKET_FAMILY_IPV4 (0 stands for it, too, if there is an address) or SOCKET_FAMILY_IPV6 */
	uint8_t ipv6[16]; /* in network order */
};

enum network_kind {
	NETWORK_STREAM = SOCKET_KIND_STREAM,     /* TCP */
	NETWORK_DATAGRAM = SOCKET_KIND_DATAGRAM, /* UDP */
	NETWORK_ECHO = SOCKET_KIND_ECHO,         /* ICMP echo; the remote port is the sequence number */
	/*
	 * Packets of a protocol over IP, without IP's headers; the number of the protocol is bound as its port. For who is
	 * granted calls of `netstack+control` (else -POSIX_EPERM).
	 */
	NETWORK_RAW = SOCKET_KIND_RAW,
};

#define NETWORK_AT_ONCE SOCKET_AT_ONCE   /* -POSIX_EAGAIN (connect: …_EINPROGRESS) rather than waiting */
#define NETWORK_MORE    SOCKET_SEND_MORE /* more follows: no short segment yet */
#define NETWORK_PEEK    SOCKET_RECV_PEEK /* what is taken stays there; only with NETWORK_AT_ONCE */

/*
 * A connection to the network stack, which this process must be granted calls of
 * (service `netstack`). `options` may be NULL. NULL, and why in *error (negative):
 * -POSIX_ENOENT (not granted), …_ENOMEM, …_ENETDOWN.
 */
struct network *network_open(struct runtime *runtime, const struct network_options *options, int *error);

/* Closes it, and all its sockets. Nobody may be waiting in a call. NULL is harmless. */
void network_close(struct network *network);

/* A new socket, of IPv4 and IPv6 (see SOCKET_OPTION_IPV6_ONLY): its number, above 0. -POSIX_EMFILE, …_ENOMEM; …_EPROTONOSUPPORT: the machine has no TCP. */
int network_socket(struct network *network, enum network_kind kind);

/* Gives the socket an address of this machine's. -POSIX_EADDRINUSE, …_EADDRNOTAVAIL, …_EINVAL (it has one). */
int network_bind(struct network *network, int socket, const struct network_address *address);

/* Takes connections, of which `backlog` (1 to 4096) may wait to be accepted. -POSIX_EADDRINUSE, …_EINVAL. */
int network_listen(struct network *network, int socket, uint32_t backlog);

/* Waits for a connection and takes it: a new socket. `from` may be NULL. `flags`: AT_ONCE. -POSIX_EMFILE, …_EINVAL. */
int network_accept(struct network *network, int socket, struct network_address *from, uint32_t flags);

/*
 * Connects a stream; or says where datagrams go. `flags`: AT_ONCE. -POSIX_ECONNREFUSED, …_ETIMEDOUT,
 * …_ENETUNREACH, …_EHOSTUNREACH, …_EISCONN, …_EALREADY.
 */
int network_connect(struct network *network, int socket, const struct network_address *address, uint32_t flags);

/*
 * Sends `length` bytes of a stream, and waits until all are queued; how many, which are fewer where then
 * an error came (the next call is told). With AT_ONCE as many as find room. `flags`: AT_ONCE, MORE. Or one
 * datagram, whole, to where the socket is connected. -POSIX_EPIPE, …_ECONNRESET, …_ENOTCONN, …_EMSGSIZE, …
 */
int network_send(struct network *network, int socket, const void *data, uint32_t length, uint32_t flags);

/*
 * Waits for something to receive: up to `capacity` bytes of a stream, 0 at its end; or a datagram, cut to that.
 * `from`, which may be NULL, is who has sent the datagram. `flags`: AT_ONCE, PEEK.
 */
int network_receive(struct network *network, int socket, void *into, uint32_t capacity, uint32_t flags,
                    struct network_address *from);

/* One datagram to `to`. -POSIX_EMSGSIZE, …_ENETUNREACH, …_ENOBUFS. */
int network_send_to(struct network *network, int socket, const void *data, uint32_t length,
                    const struct network_address *to);

/*
 * A datagram socket takes what is sent to a group (224.0.0.0/4, ff00::/8) and its port, on the card that leads
 * there, and no longer. Of its own datagrams to the group none comes back. -POSIX_EINVAL, …_EADDRINUSE (it is a member),
 * …_ENOBUFS (of 16 already), …_EADDRNOTAVAIL (it is none).
 */
int network_join(struct network *network, int socket, const struct network_address *group);
int network_leave(struct network *network, int socket, const struct network_address *group);

/* Ends directions of a stream: bits of SOCKET_SHUTDOWN_*. -POSIX_ENOTCONN, …_EINVAL. */
int network_shutdown(struct network *network, int socket, uint32_t which);

/* Gives the socket up. A stream's bytes that are queued are still sent (see SOCKET_OPTION_RESET). */
int network_close_socket(struct network *network, int socket);

/* The socket's own address, and the other end's (-POSIX_ENOTCONN). */
int network_name(struct network *network, int socket, struct network_address *address);
int network_peer(struct network *network, int socket, struct network_address *address);

/* SOCKET_OPTION_*. -POSIX_ENOPROTOOPT, …_EINVAL. */
int network_set_option(struct network *network, int socket, uint32_t option, uint32_t value);
int network_get_option(struct network *network, int socket, uint32_t option, uint32_t *value);

/* What a socket is wanted to be ready for, and is: bits of SOCKET_POLL_*. */
struct network_poll {
	int socket;
	uint32_t wanted;
	uint32_t ready;
};

/*
 * Waits for `wait` nanoseconds at most (UINT64_MAX: for ever) until one of `count` (up to 1024) sockets is ready;
 * sets `ready` of each. How many are. -POSIX_EINVAL, …_ENOMEM.
 */
int network_poll(struct network *network, struct network_poll *sockets, uint32_t count, uint64_t wait);

/*
 * The addresses of a name, as IPv4 or else IPv6 has them, up to `count` (to 8) of them into `addresses`, whose ports
 * stay as they are: how many there are, at least one. An address written as text is found at once. Waits for servers
 * eight seconds or so. -POSIX_ENODATA (the name has none), …_ETIMEDOUT (no server answers), …_EPROTO (none would say),
 * …_ENETUNREACH (there is none to ask), …_EINVAL (that can be no name), …_EAGAIN (too many are asked for).
 */
int network_resolve(struct network *network, const char *name, struct network_address *addresses, uint32_t count);

/* What went wrong with a name, for people. Never NULL. */
const char *network_name_error(int error);

/* ---- text ------------------------------------------------------------------------------- */

/*
 * Reads "10.77.0.2" or "fd00::2" (RFC 4291, section 2.2), and with a port behind it ("10.77.0.2:80", "[fd00::2]:80")
 * that, too; else address->port stays what it is. False: it is not so.
 */
bool network_address_read(const char *text, struct network_address *address);

/* Reads an address with the bits of its network, "10.77.0.2/24" or "fd00::2/64". False: it is not so. */
bool network_prefix_read(const char *text, struct network_address *address, uint32_t *bits);

#define NETWORK_ADDRESS_TEXT 48 /* bytes, with brackets, port and NUL */

/* Writes "10.77.0.2:80" or "[fd00::2]:80" (RFC 5952) into `text` of NETWORK_ADDRESS_TEXT bytes; the latter no port. */
void network_address_write(const struct network_address *address, char *text);
void network_host_write(const struct network_address *address, char *text);

/* An address as protocol `socket` carries it. */
struct network_parts {
	uint32_t family, port;
	uint64_t high, low;
};

struct network_parts network_address_parts(const struct network_address *address);
void network_address_from(const struct network_parts *parts, struct network_address *address);

/* The same of one that a name has; the port stays. */
void network_address_resolved(const struct socket_resolved *resolved, struct network_address *address);

/* What went wrong, for people: "connection refused" for -POSIX_ECONNREFUSED. Never NULL. */
const char *network_error(int error);

#endif

/*
 * TCP (RFC 9293) as an engine: segments and socket calls in, segments and wake-ups
 * out, and a clock that is somebody else's. It knows no packet buffer, no fiber and
 * no other layer; everything it needs is in struct tcp_environment. One engine is
 * one `struct tcp`; it is entered by one thread at a time, and what it calls must
 * not call it back.
 *
 * Times are nanoseconds of one monotonic clock; ports and lengths are in host order.
 * Socket calls never wait: they return a count or 0, or a negative enum posix_error;
 * who must wait tries again upon wake().
 */
#ifndef NETSTACK_TCP_H
#define NETSTACK_TCP_H

#include <stddef.h>

#include "address.h"

#define TCP_NEVER UINT64_MAX

struct tcp;
struct tcp_socket;

struct tcp_piece {
	const void *address;
	uint32_t length; /* bytes */
};

/* One segment on its way to IP; everything in it is valid until output() returns. */
struct tcp_packet {
	struct net_address source, destination;
	uint8_t ecn;             /* the two bits of RFC 3168, section 5: 0 not capable, 2 ECT(0) */
	const uint8_t *header;   /* with options; the checksum field holds the pseudo header's sum, not inverted */
	uint32_t header_length;  /* bytes, 20 to 60 */
	struct tcp_piece pieces[2];
	uint32_t piece_count;
	uint32_t payload_length; /* bytes in all pieces; with segmentation up to 65,160 */
	uint32_t segment_size;   /* 0, or the payload of each segment that the card is to cut this into */
};

struct tcp_route {
	struct net_address local; /* the source address to use */
	uint32_t mtu;             /* bytes of IP packet that the path takes */
	bool segmentation;        /* output() takes payloads larger than a segment */
};

enum tcp_event {
	TCP_READABLE = 1,   /* data, or the end of it */
	TCP_WRITABLE = 2,
	TCP_CONNECTED = 4,
	TCP_ACCEPTABLE = 8, /* a listening socket has a connection */
	TCP_ERROR = 16,     /* TCP_OPTION_ERROR says which */
	TCP_CLOSED = 32,    /* both directions are over */
	TCP_URGENT = 64,
};

struct tcp_environment {
	void *context; /* first argument of all that follow */
	uint64_t (*now)(void *context);
	uint32_t (*random)(void *context);
	/* How to reach `remote`: fills in `route`, or returns a negative POSIX error (-ENETUNREACH, …). */
	int (*route)(void *context, const struct net_address *remote, struct tcp_route *route);
	void (*output)(void *context, const struct tcp_packet *packet);
	void *(*allocate)(void *context, size_t size); /* NULL where there is none */
	void (*release)(void *context, void *memory, size_t size);
	/* Something has happened at the socket with this owner: bits of enum tcp_event. */
	void (*wake)(void *context, void *owner, uint32_t events);
};

/* Returns an engine, or NULL without memory. `secret` keys sequence numbers, ports and tables (RFC 6528, 6056). */
struct tcp *tcp_create(const struct tcp_environment *environment, const uint8_t secret[16]);

/* Ends everything without a word to anybody, and releases all memory; sockets are gone, too. */
void tcp_destroy(struct tcp *tcp);

/*
 * A segment has come: `bytes` is the TCP header and what follows it, a stranger's.
 * `ecn` are the packet's two bits. `checksum_good` where the card has verified it.
 */
void tcp_input(struct tcp *tcp, const struct net_address *source, const struct net_address *destination,
               uint8_t ecn, const uint8_t *bytes, uint32_t length, bool checksum_good);

/*
 * Sends what segments that have come, and data that was received, make due: acknowledgements, one for all of
 * them, and data that may go now. To be called after tcp_input and tcp_receive, once for as many as there are at
 * the time.
 */
void tcp_flush(struct tcp *tcp);

enum tcp_icmp_kind {
	TCP_ICMP_NET_UNREACHABLE,
	TCP_ICMP_HOST_UNREACHABLE,
	TCP_ICMP_PROTOCOL_UNREACHABLE,
	TCP_ICMP_PORT_UNREACHABLE,
	TCP_ICMP_TOO_BIG, /* with the MTU of the next hop, in bytes */
};

/*
 * An ICMP error quotes a segment from `local` to `remote`, whose first `length`
 * bytes (8 suffice) are `quoted`. Believed only with a sequence number in flight
 * (RFC 5927, section 4.1).
 */
void tcp_icmp(struct tcp *tcp, const struct net_address *local, const struct net_address *remote,
              const uint8_t *quoted, uint32_t length, enum tcp_icmp_kind kind, uint32_t mtu);

/* When tcp_timers is due next; TCP_NEVER where nothing is. */
uint64_t tcp_deadline(struct tcp *tcp);

/* Does what is due at `now`. */
void tcp_timers(struct tcp *tcp, uint64_t now);

/* A new socket. -ENOMEM. `owner` is what wake() will be given. */
int tcp_open(struct tcp *tcp, void *owner, struct tcp_socket **socket);
void tcp_set_owner(struct tcp_socket *socket, void *owner);

/* Gives it an address (or none: all of them) and a port, or 0 for any. -EINVAL, -EADDRINUSE. */
int tcp_bind(struct tcp_socket *socket, const struct net_address *local, uint16_t port);

/* Takes connections, up to `backlog` (1 to 4096; cut to that) unaccepted ones. -EINVAL, -EADDRINUSE. */
int tcp_listen(struct tcp_socket *socket, uint32_t backlog);

/* Takes the oldest connection off a listening socket; its owner is `owner`. -EAGAIN, -EINVAL. */
int tcp_accept(struct tcp_socket *listener, void *owner, struct tcp_socket **socket);

/*
 * Begins to connect: -EINPROGRESS, then TCP_CONNECTED or TCP_ERROR. -EISCONN, -EALREADY,
 * -EINVAL, -EADDRINUSE, -EADDRNOTAVAIL (no port is left), and what route() says.
 */
int tcp_connect(struct tcp_socket *socket, const struct net_address *remote, uint16_t port);

#define TCP_SEND_MORE   1u /* more follows: no short segment yet */
#define TCP_SEND_URGENT 2u /* the last byte is urgent (RFC 9293, section 3.8.5) */

/* Queues bytes: how many, perhaps fewer than given. -EAGAIN, -EPIPE, -ENOTCONN, -ENOMEM, the socket's error. */
int tcp_send(struct tcp_socket *socket, const struct tcp_piece *pieces, uint32_t count, uint32_t flags);

#define TCP_RECEIVE_PEEK 1u /* leave them there */

/* Takes up to `size` bytes; 0 is the end. -EAGAIN, -ENOTCONN, the socket's error. */
int tcp_receive(struct tcp_socket *socket, void *into, uint32_t size, uint32_t flags);

#define TCP_SHUTDOWN_READ  1u
#define TCP_SHUTDOWN_WRITE 2u

/* Ends one or both directions. -ENOTCONN, -EINVAL. */
int tcp_shutdown(struct tcp_socket *socket, uint32_t which);

/*
 * Gives the socket back: the caller no longer has it. What is queued is still sent,
 * unless unread data is lost thereby: then the peer gets a reset (RFC 9293, section
 * 3.6.1). Who is to linger shuts down first and waits for TCP_CLOSED.
 */
void tcp_close(struct tcp_socket *socket);

/* Gives the socket back and resets the connection: close with a linger time of zero. */
void tcp_abort(struct tcp_socket *socket);

enum tcp_option {
	TCP_OPTION_NODELAY,            /* 0, 1 */
	TCP_OPTION_CORK,               /* 0, 1 */
	TCP_OPTION_KEEPALIVE,          /* 0, 1 */
	TCP_OPTION_KEEPALIVE_IDLE,     /* seconds, 1 to 32767 */
	TCP_OPTION_KEEPALIVE_INTERVAL, /* seconds, 1 to 32767 */
	TCP_OPTION_KEEPALIVE_COUNT,    /* probes, 1 to 127 */
	TCP_OPTION_USER_TIMEOUT,       /* milliseconds without an acknowledgement; 0 for none of its own */
	TCP_OPTION_REUSE_ADDRESS,      /* 0, 1 */
	TCP_OPTION_SEND_BUFFER,        /* bytes; no longer grows by itself */
	TCP_OPTION_RECEIVE_BUFFER,     /* bytes; no longer grows by itself */
	TCP_OPTION_MAXIMUM_SEGMENT,    /* bytes, 88 to 65495, before connecting; reads as what is in use */
	TCP_OPTION_ECN,                /* 0, 1: ask for it; it is granted whenever the peer asks */
	TCP_OPTION_CONGESTION,         /* enum tcp_congestion_name */
	TCP_OPTION_ERROR,              /* read only: a positive POSIX error; reading clears it */
	TCP_OPTION_AT_MARK,            /* read only: 1 where the next byte is the one after urgent data */
};

enum tcp_congestion_name {
	TCP_CONGESTION_CUBIC,
	TCP_CONGESTION_NEWRENO,
};

/* -EINVAL for a value out of range or an option that is only read. */
int tcp_option_set(struct tcp_socket *socket, enum tcp_option option, uint32_t value);
int tcp_option_get(struct tcp_socket *socket, enum tcp_option option, uint32_t *value);

/* What poll would say now: bits of enum tcp_event. */
uint32_t tcp_ready(const struct tcp_socket *socket);

/* The states of RFC 9293, section 3.3.2. */
enum tcp_state {
	TCP_STATE_CLOSED,
	TCP_STATE_LISTEN,
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECEIVED,
	TCP_STATE_ESTABLISHED,
	TCP_STATE_FIN_WAIT_1,
	TCP_STATE_FIN_WAIT_2,
	TCP_STATE_CLOSE_WAIT,
	TCP_STATE_CLOSING,
	TCP_STATE_LAST_ACK,
	TCP_STATE_TIME_WAIT,
};

struct tcp_information {
	enum tcp_state state;
	struct net_address local, remote;
	uint16_t local_port, remote_port;
	bool sack, timestamps, ecn;
	uint8_t send_scale, receive_scale;  /* shifts of RFC 7323 */
	uint32_t segment_size;              /* bytes of payload */
	uint64_t rtt, rtt_variance, rtt_minimum, rto; /* nanoseconds */
	uint32_t congestion_window, slow_start_threshold; /* bytes */
	uint32_t in_flight, selectively_acknowledged, lost; /* bytes */
	uint32_t send_window, receive_window; /* bytes */
	uint32_t send_queued, receive_queued; /* bytes */
	uint32_t send_limit, receive_limit;   /* bytes */
	uint64_t bytes_sent, bytes_acknowledged, bytes_received, bytes_retransmitted;
	uint32_t retransmissions, timeouts, recoveries, spurious_timeouts, probes;
	uint32_t waiting; /* of a listening socket: connections to accept */
};
void tcp_information(const struct tcp_socket *socket, struct tcp_information *information);

/* Counted since tcp_create; what is dropped, by reason. */
struct tcp_statistics {
	uint64_t segments_in, segments_out, resets_in, resets_out;
	uint64_t bad_header, bad_checksum, no_socket, old_timestamp, out_of_window, bad_acknowledgement;
	uint64_t backlog_full, no_memory, cookies_sent, cookies_good, cookies_bad, challenges;
	uint32_t sockets, time_waiting;
};
const struct tcp_statistics *tcp_statistics(const struct tcp *tcp);

/* Calls `each` for every socket, in no order; it may not change any. */
void tcp_each(struct tcp *tcp, void (*each)(void *context, const struct tcp_socket *socket), void *context);

/*
 * Walks everything that belongs to the socket and says whether it adds up: for
 * tests, which call it after every event. NULL, or what is wrong.
 */
const char *tcp_check(const struct tcp_socket *socket);

#endif

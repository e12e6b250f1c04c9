/*
 * The engine's own structures, and what its files call of each other. A socket is
 * one connection, a listener, or neither yet. Sequence numbers are absolute; lengths
 * are bytes; times are nanoseconds.
 */
#ifndef NETSTACK_TCP_INTERNAL_H
#define NETSTACK_TCP_INTERNAL_H

#include <drydock/hash.h>
#include <drydock/list.h>
#include <drydock/posix.h>

#include "tcp.h"
#include "tcp_buffer.h"
#include "tcp_congestion.h"
#include "tcp_reassembly.h"
#include "tcp_segment.h"

#define MILLISECOND UINT64_C(1000000)
#define SECOND      (1000 * MILLISECOND)

#define TCP_RTO_INITIAL      (1 * SECOND)           /* RFC 6298, section 2.1 */
#define TCP_RTO_UNMEASURED   (3 * SECOND)           /* after a lost SYN: RFC 6298, section 5.7 */
#define TCP_RTO_MINIMUM      (200 * MILLISECOND)    /* as Linux; RFC 6298, section 2.4 would have a second */
#define TCP_RTO_MAXIMUM      (120 * SECOND)
#define TCP_DELAYED_ACK      (40 * MILLISECOND)     /* RFC 9293, section 3.8.6.3 allows 500 */
#define TCP_DELAYED_ACK_WORST (200 * MILLISECOND)   /* what a peer's may take: RFC 8985, section 7.2 */
#define TCP_TIME_WAIT        (60 * SECOND)          /* twice the maximum segment lifetime, as Linux has it */
#define TCP_RETRIES          15u                    /* of data: some 15 minutes, RFC 9293, section 3.8.3 */
#define TCP_RETRIES_ORPHAN   8u                     /* nobody waits for the data's arrival any more */
#define TCP_RETRIES_SYN      6u
#define TCP_SENT_MAXIMUM     16384u                 /* records of what is in flight */
#define TCP_QUICK_ACKS       16u                    /* segments acknowledged at once at the start */
#define TCP_SEGMENTED_MAXIMUM 65160u                /* bytes of payload for the card to cut */
#define TCP_BACKLOG_MAXIMUM  4096u
#define TCP_TIME_WAIT_MAXIMUM 16384u                /* connections that may wait out; beyond, they end at once */
#define TCP_DEFAULT_MSS4     536u                   /* RFC 9293, section 3.7.1 */
#define TCP_DEFAULT_MSS6     1220u
#define TCP_MSS_MINIMUM      88u                    /* a peer that says less gets this, as its memory is ours */
#define TCP_SEND_LIMIT       (64u << 10)            /* bytes that a socket queues at first */
#define TCP_SEND_MAXIMUM     (4u << 20)
#define TCP_RECEIVE_LIMIT    (128u << 10)
#define TCP_RECEIVE_MAXIMUM  (6u << 20)
#define TCP_BUFFER_MINIMUM   4096u

enum tcp_timer {
	TCP_TIMER_RETRANSMIT,
	TCP_TIMER_PROBE,    /* tail loss probe */
	TCP_TIMER_REORDER,  /* RACK */
	TCP_TIMER_PERSIST,
	TCP_TIMER_ACK,
	TCP_TIMER_KEEPALIVE,
	TCP_TIMER_LIFETIME, /* TIME-WAIT, and FIN-WAIT-2 with nobody to read */
	TCP_TIMER_COUNT,
};

/* A run of bytes that was sent at one time, and what became of it. */
enum tcp_fate {
	TCP_IN_FLIGHT,
	TCP_SACKED,
	TCP_LOST, /* and not sent again: then it is in flight */
};

struct tcp_sent {
	struct list by_sequence;
	struct list by_time;
	uint32_t start, end;
	uint64_t at;        /* sent last */
	enum tcp_fate fate;
	bool retransmitted; /* ever */
};

enum tcp_phase {
	TCP_OPEN,
	TCP_REDUCED,  /* by ECN */
	TCP_RECOVERY, /* RFC 6675, by RACK or duplicate acknowledgements */
	TCP_LOSS,     /* after a timeout */
};

struct tcp_sender {
	uint32_t initial, unacknowledged, next;
	uint32_t window, window_maximum;     /* offered by the peer */
	uint32_t window_sequence, window_ack; /* SND.WL1, SND.WL2 */
	uint32_t small_end;                  /* end of the last segment that was not full: Nagle as of Minshall */
	uint32_t urgent_end;
	uint8_t scale;
	bool urgent, fin_queued, congestion_limited;
	struct tcp_buffer buffer;            /* first byte: sequence `base` */
	uint32_t base;
	uint32_t limit;
	uint32_t mss;                        /* payload of a full segment */
	uint32_t peer_mss, path_mtu;
	uint64_t last_sent;
	/* The scoreboard (tcp_sent.c). */
	struct list sent, sent_by_time;
	struct tcp_sent *hint;
	uint32_t sent_count, in_flight, sacked, lost;
};

struct tcp_receiver {
	uint32_t initial, next;
	uint32_t advertised;      /* right edge of the window that the peer was told last */
	uint32_t acknowledged;    /* the acknowledgement sent last */
	uint32_t urgent_end;
	uint8_t scale;
	bool urgent, fin_received, fin_known, shut;
	uint32_t fin;             /* sequence of a FIN that has come, maybe ahead of its turn */
	struct tcp_buffer buffer; /* first byte: not yet taken */
	struct tcp_reassembly reassembly;
	uint32_t limit;
	uint32_t mss;             /* largest payload seen: what counts as a full segment */
	bool has_duplicate;
	struct tcp_block duplicate; /* to be reported: RFC 2883 */
	uint32_t quick;           /* acknowledgements left that are not delayed */
	bool ack_now;
	/* How much the program takes in a round trip: tcp_receive.c. */
	uint64_t measure_start;
	uint32_t measure_bytes;
};

struct tcp_timestamps {
	bool enabled;
	uint32_t offset; /* of ours */
	uint32_t recent; /* TS.Recent */
	uint64_t recent_at;
};

struct tcp_round_trip {
	uint64_t smoothed, variance, rto, latest;
	uint64_t minimum, minimum_at;
	uint32_t backoff;
};

/* RFC 8985, 9937, 5682 (tcp_recovery.c, tcp_rack.c). */
struct tcp_recovery {
	enum tcp_phase phase;
	uint32_t point;          /* recovery ends when this is acknowledged */
	uint32_t duplicates;     /* acknowledgements, of a peer without SACK */
	uint32_t delivered, sent, flight; /* PRR */
	uint32_t prior_window, prior_threshold; /* before a timeout */
	bool frto, frto_new_data;
	/* RACK. */
	uint64_t rack_at, rack_rtt;
	uint32_t rack_end, highest_sacked;
	uint32_t reorder_steps, reorder_persist;
	uint32_t reorder_round;
	bool reorder_seen;
	/* Tail loss probe. */
	bool probing, probe_retransmitted;
	uint32_t probe_end;
};

struct tcp_socket {
	struct tcp *tcp;
	void *owner;
	bool detached;          /* no owner any more */
	bool dying;             /* in tcp->dead */
	enum tcp_state state;
	uint32_t error;         /* pending POSIX error */
	uint32_t soft_error;    /* what ICMP said last */
	struct net_address local, remote;
	uint16_t local_port, remote_port;
	struct list connection_link, port_link, accept_link, all_link;
	struct list owing_link; /* in tcp->owing while tcp_flush has something to do for it */
	struct tcp_socket *listener; /* of a connection that is not accepted yet */
	struct list opening;    /* connections in SYN-RECEIVED */
	struct list waiting;    /* connections to accept */
	uint64_t cookies_until; /* when the last SYN cookie given out has run out */
	uint32_t waiting_count, half_open, backlog;
	/* Options. */
	bool no_delay, cork, keepalive, reuse_address, want_ecn, send_fixed, receive_fixed;
	uint32_t keepalive_idle, keepalive_interval, keepalive_count, user_timeout, maximum_segment;
	/* Agreed. */
	bool sack, ecn, scaling, segmentation;
	bool ecn_echo;          /* ECE until the peer says CWR */
	bool ecn_reduced;       /* CWR goes with the next data */
	struct tcp_sender send;
	struct tcp_receiver receive;
	struct tcp_timestamps timestamps;
	struct tcp_round_trip rtt;
	struct tcp_congestion congestion;
	struct tcp_recovery recovery;
	uint64_t deadlines[TCP_TIMER_COUNT];
	uint64_t heap_key;
	uint32_t heap_index;
	uint32_t retries;       /* timeouts in a row */
	uint32_t probes;        /* of the window or of life, unanswered */
	uint64_t heard;         /* when the peer was heard last */
	uint64_t progress;      /* when it last acknowledged something, or there was nothing to */
	uint64_t challenge_start;
	uint32_t challenge_count;
	struct tcp_information counted; /* the counters in it are kept there */
};

struct tcp_table {
	struct list *buckets;
	uint32_t count, used;
};

struct tcp {
	struct tcp_environment environment;
	struct hash_key key;
	struct tcp_table connections; /* by both addresses and ports */
	struct list ports[256];       /* sockets with a local port, by its low byte */
	struct list listeners[64];
	struct list all, dead, owing;
	struct tcp_socket **heap;
	uint32_t heap_count, heap_capacity;
	uint32_t port_counter;
	bool reusing;             /* while a SYN takes the place of a connection in TIME-WAIT, */
	uint32_t reused;          /* whose next number this was */
	struct tcp_statistics statistics;
};

/* What an acknowledgement brought (tcp_ack.c, for recovery and congestion control). */
struct tcp_delivery {
	uint64_t now;
	uint32_t acknowledged; /* bytes, cumulatively */
	uint32_t delivered;    /* bytes that the peer is now known to have and was not before */
	uint32_t sacked;       /* of these, by SACK */
	bool original;         /* of these, some that were never sent twice */
	bool duplicate;        /* an acknowledgement that says nothing new */
	bool dsack;            /* the peer got something twice */
	bool lost;             /* detection has found new losses */
	uint64_t rtt;          /* a sample, or 0 */
	uint32_t echo;         /* of timestamps */
	bool has_echo;
};

static inline uint64_t tcp_now(const struct tcp *tcp)
{
	return tcp->environment.now(tcp->environment.context);
}

/* One past the last byte that the program has given; a FIN's own number. */
static inline uint32_t tcp_data_end(const struct tcp_socket *socket)
{
	return socket->send.base + socket->send.buffer.length;
}

/* States in which both ends know each other's numbers. */
static inline bool tcp_synchronized(const struct tcp_socket *socket)
{
	return socket->state >= TCP_STATE_ESTABLISHED;
}

/* States in which the program's data may still leave. */
static inline bool tcp_sends(const struct tcp_socket *socket)
{
	switch (socket->state) {
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
		return true;
	default:
		return false;
	}
}

/* States in which the peer's data may still come. */
static inline bool tcp_receives(const struct tcp_socket *socket)
{
	return socket->state == TCP_STATE_ESTABLISHED || socket->state == TCP_STATE_FIN_WAIT_1 ||
	       socket->state == TCP_STATE_FIN_WAIT_2;
}

/* tcp_table.c: sockets by address and port. */
bool tcp_table_create(struct tcp *tcp);
struct tcp_socket *tcp_table_find(struct tcp *tcp, const struct net_address *local, uint16_t local_port,
                                  const struct net_address *remote, uint16_t remote_port);
struct tcp_socket *tcp_table_listener(struct tcp *tcp, const struct net_address *local, uint16_t port);
void tcp_table_add(struct tcp_socket *socket);      /* a connection, with all four */
void tcp_table_add_port(struct tcp_socket *socket); /* whatever has a local port */
void tcp_table_add_listener(struct tcp_socket *socket);
bool tcp_table_port_free(struct tcp *tcp, const struct tcp_socket *self, const struct net_address *local,
                         uint16_t port, bool listening);
uint16_t tcp_table_choose_port(struct tcp_socket *socket); /* 0: none left */

/* tcp_isn.c: numbers that nobody can guess. */
uint32_t tcp_isn(struct tcp *tcp, const struct tcp_socket *socket);
uint32_t tcp_timestamp_offset(struct tcp *tcp, const struct tcp_socket *socket);
uint64_t tcp_tuple_hash(const struct tcp *tcp, uint64_t purpose, const struct net_address *local,
                        uint16_t local_port, const struct net_address *remote, uint16_t remote_port);

/* tcp_state.c: beginnings and ends. */
struct tcp_socket *tcp_socket_create(struct tcp *tcp, void *owner);
int tcp_adopt_route(struct tcp_socket *socket); /* asks for the route to the remote address */
void tcp_set_mss(struct tcp_socket *socket);
void tcp_shrink_path(struct tcp_socket *socket, uint32_t payload); /* to segments of so many bytes */
void tcp_prepare(struct tcp_socket *socket); /* ISN, windows, congestion control, with the route known */
void tcp_negotiate(struct tcp_socket *socket, const struct tcp_segment *syn);
void tcp_establish(struct tcp_socket *socket);
void tcp_drop(struct tcp_socket *socket, uint32_t error); /* it is over; freed by tcp_reap where nobody has it */
void tcp_reset(struct tcp_socket *socket, uint32_t error); /* the same, with a RST to the peer */
void tcp_time_wait(struct tcp_socket *socket);
void tcp_wake(struct tcp_socket *socket, uint32_t events);
void tcp_reap(struct tcp *tcp); /* at the end of every call into the engine */

/* tcp_input.c, tcp_ack.c, tcp_receive.c. */
void tcp_input_connection(struct tcp_socket *socket, const struct tcp_segment *segment);
bool tcp_acknowledged(struct tcp_socket *socket, const struct tcp_segment *segment);
void tcp_receive_payload(struct tcp_socket *socket, const struct tcp_segment *segment);
void tcp_receive_urgent(struct tcp_socket *socket, const struct tcp_segment *segment);
void tcp_note_duplicate(struct tcp_socket *socket, uint32_t start, uint32_t end);
uint32_t tcp_receive_window(const struct tcp_socket *socket); /* what would be advertised now */
void tcp_challenge(struct tcp_socket *socket);

/* tcp_listen.c. */
void tcp_listen_input(struct tcp_socket *listener, const struct net_address *source,
                      const struct net_address *destination, const struct tcp_segment *segment);
bool tcp_listen_established(struct tcp_socket *socket); /* false: no room, as if the ACK had not come */
void tcp_listen_close(struct tcp_socket *listener);
void tcp_listen_forget(struct tcp_socket *socket); /* a connection not accepted ends */
struct tcp_socket *tcp_listen_child(struct tcp_socket *listener, const struct net_address *source,
                                    const struct net_address *destination, const struct tcp_segment *segment);

/* tcp_cookie.c. */
void tcp_cookie_answer(struct tcp_socket *listener, const struct net_address *source,
                       const struct net_address *destination, const struct tcp_segment *syn);
bool tcp_cookie_accept(struct tcp_socket *listener, const struct net_address *source,
                       const struct net_address *destination, const struct tcp_segment *segment);

/* tcp_output.c, tcp_transmit.c. */
void tcp_output(struct tcp_socket *socket);
void tcp_owe(struct tcp_socket *socket); /* to be seen to by tcp_flush */
void tcp_output_forced(struct tcp_socket *socket); /* even a silly segment: section 3.8.6.2.1, (4) */
void tcp_transmit_ack(struct tcp_socket *socket);
void tcp_transmit_probe(struct tcp_socket *socket); /* an old number, which the peer must answer */
void tcp_transmit_syn(struct tcp_socket *socket);   /* or SYN-ACK, by state */
void tcp_transmit_data(struct tcp_socket *socket, uint32_t start, uint32_t end, bool retransmission);
void tcp_transmit_reset(struct tcp_socket *socket);
void tcp_transmit_stray_reset(struct tcp *tcp, const struct net_address *source,
                              const struct net_address *destination, const struct tcp_segment *segment);
void tcp_transmit(struct tcp *tcp, const struct net_address *local, const struct net_address *remote,
                  const struct tcp_segment *segment, struct tcp_packet *packet);
uint32_t tcp_timestamp_now(const struct tcp_socket *socket);

/* tcp_timer.c. */
bool tcp_timer_attach(struct tcp_socket *socket);
void tcp_timer_detach(struct tcp_socket *socket);
void tcp_timer_set(struct tcp_socket *socket, enum tcp_timer timer, uint64_t when);
void tcp_timer_clear(struct tcp_socket *socket, enum tcp_timer timer);
static inline bool tcp_timer_armed(const struct tcp_socket *socket, enum tcp_timer timer)
{
	return socket->deadlines[timer] != TCP_NEVER;
}

/* tcp_expire.c: what timers do. */
void tcp_expire(struct tcp_socket *socket, enum tcp_timer timer);
void tcp_arm_retransmit(struct tcp_socket *socket); /* or the tail loss probe, or neither */
void tcp_arm_keepalive(struct tcp_socket *socket);

/* tcp_rtt.c: RFC 6298. */
void tcp_rtt_init(struct tcp_round_trip *rtt);
void tcp_rtt_sample(struct tcp_round_trip *rtt, uint64_t sample, uint64_t now);
uint64_t tcp_rtt_timeout(const struct tcp_round_trip *rtt); /* with the backoff */

/* tcp_sent.c: the scoreboard. */
void tcp_sent_init(struct tcp_socket *socket);
bool tcp_sent_add(struct tcp_socket *socket, uint32_t start, uint32_t end, uint64_t now);
void tcp_sent_again(struct tcp_socket *socket, struct tcp_sent *sent, uint64_t now);
struct tcp_sent *tcp_sent_split(struct tcp_socket *socket, struct tcp_sent *sent, uint32_t at); /* the second half */
struct tcp_sent *tcp_sent_head(const struct tcp_socket *socket);
struct tcp_sent *tcp_sent_next_lost(const struct tcp_socket *socket);
void tcp_sent_set(struct tcp_socket *socket, struct tcp_sent *sent, enum tcp_fate fate);
void tcp_sent_acknowledge(struct tcp_socket *socket, uint32_t ack, struct tcp_delivery *delivery);
void tcp_sent_free(struct tcp_socket *socket);

/* tcp_sack.c: blocks of the peer's. */
void tcp_sack_process(struct tcp_socket *socket, const struct tcp_segment *segment, struct tcp_delivery *delivery);

/* tcp_rack.c: RFC 8985. */
void tcp_rack_delivered(struct tcp_socket *socket, const struct tcp_sent *sent, struct tcp_delivery *delivery);
bool tcp_rack_detect(struct tcp_socket *socket, uint64_t now); /* marks losses; true: some */
void tcp_rack_timeout(struct tcp_socket *socket, uint64_t now);
void tcp_rack_reordering(struct tcp_socket *socket, const struct tcp_delivery *delivery);
bool tcp_probe_wanted(const struct tcp_socket *socket);
uint64_t tcp_probe_delay(const struct tcp_socket *socket);
void tcp_probe_send(struct tcp_socket *socket);
void tcp_probe_acknowledged(struct tcp_socket *socket, uint32_t ack, const struct tcp_delivery *delivery);

/* tcp_recovery.c. */
void tcp_recovery_acknowledged(struct tcp_socket *socket, struct tcp_delivery *delivery);
void tcp_recovery_timeout(struct tcp_socket *socket);
void tcp_recovery_congestion_echo(struct tcp_socket *socket);
void tcp_recovery_enter(struct tcp_socket *socket, enum tcp_phase phase, uint32_t acknowledged);

#endif

/*
 * Congestion control: how much may be in flight. An algorithm is a table of
 * functions over struct tcp_congestion; loss detection and recovery are not its
 * business (tcp_recovery.c), and it sees no socket. Windows are bytes.
 */
#ifndef NETSTACK_TCP_CONGESTION_H
#define NETSTACK_TCP_CONGESTION_H

#include "tcp.h"

struct tcp_congestion;

struct tcp_congestion_operations {
	/* Congestion avoidance: `bytes` were acknowledged while the window limited the sender. */
	void (*avoid)(struct tcp_congestion *congestion, uint32_t bytes, uint64_t rtt, uint64_t now);
	/* The window after a congestion event: RFC 5681's ssthresh. May note what it was. */
	uint32_t (*reduce)(struct tcp_congestion *congestion, uint32_t in_flight);
	/* Nothing of what was noted lately is true any more: a timeout, or an idle time. */
	void (*forget)(struct tcp_congestion *congestion);
};

/* HyStart++: RFC 9406. */
struct tcp_slow_start {
	uint32_t round_end;     /* sequence number that ends the round */
	uint64_t last_minimum, current_minimum, baseline;
	uint32_t samples;
	bool conservative;      /* CSS */
	uint32_t conservative_rounds;
};

/* CUBIC: RFC 9438. */
struct tcp_cubic {
	uint64_t epoch;         /* when the current growth began; 0 for not yet */
	uint32_t maximum;       /* W_max */
	uint32_t origin;        /* the plateau of this epoch */
	uint32_t k;             /* 1/1024 s from the epoch to the plateau */
	uint32_t estimate;      /* W_est, as Reno would have */
	uint32_t remainder;     /* of the window's growth */
	uint32_t estimate_remainder;
	uint32_t prior;         /* the window at the last reduction */
};

struct tcp_congestion {
	const struct tcp_congestion_operations *operations;
	enum tcp_congestion_name name;
	uint32_t window, threshold; /* cwnd, ssthresh */
	uint32_t mss;
	uint32_t counted;           /* Reno: bytes towards the next segment */
	struct tcp_slow_start slow_start;
	struct tcp_cubic cubic;
};

extern const struct tcp_congestion_operations tcp_newreno, tcp_cubic_operations;

/* Takes `name` and the initial window of RFC 6928, for segments of `mss` bytes. */
void tcp_congestion_init(struct tcp_congestion *congestion, enum tcp_congestion_name name, uint32_t mss);

/*
 * `bytes` were acknowledged up to `ack`, `next` being the next number to be sent;
 * `rtt` a sample or 0; `limited` whether the window was what limited the sender.
 */
void tcp_congestion_acknowledged(struct tcp_congestion *congestion, uint32_t bytes, uint32_t ack, uint32_t next,
                                 uint64_t rtt, bool limited, uint64_t srtt, uint64_t now);

/* An idle connection starts anew: RFC 5681, section 4.1. */
void tcp_congestion_restart(struct tcp_congestion *congestion);

/* HyStart++ alone: how much slow start grows by these bytes; ends it by lowering the threshold. */
uint32_t tcp_slow_start(struct tcp_congestion *congestion, uint32_t bytes, uint32_t ack, uint32_t next, uint64_t rtt);

#endif

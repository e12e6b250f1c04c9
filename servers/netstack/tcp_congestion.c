/* What all algorithms share, and the simplest of them: NewReno (RFC 5681, 6582). */
#include "tcp_congestion.h"

/* RFC 6928: ten segments, but no more than 14,600 bytes of large ones. */
static uint32_t initial_window(uint32_t mss)
{
	uint32_t limit = 2 * mss > 14600 ? 2 * mss : 14600;

	return 10 * mss < limit ? 10 * mss : limit;
}

void tcp_congestion_init(struct tcp_congestion *congestion, enum tcp_congestion_name name, uint32_t mss)
{
	*congestion = (struct tcp_congestion){
		.operations = name == TCP_CONGESTION_CUBIC ? &tcp_cubic_operations : &tcp_newreno,
		.name = name,
		.window = initial_window(mss),
		.threshold = UINT32_MAX,
		.mss = mss,
		.slow_start = {.last_minimum = UINT64_MAX, .current_minimum = UINT64_MAX},
	};
}

void tcp_congestion_acknowledged(struct tcp_congestion *congestion, uint32_t bytes, uint32_t ack, uint32_t next,
                                 uint64_t rtt, bool limited, uint64_t srtt, uint64_t now)
{
	if (congestion->window < congestion->threshold) {
		uint32_t growth = tcp_slow_start(congestion, bytes, ack, next, rtt);

		if (limited)
			congestion->window += growth;
	} else if (limited) {
		congestion->operations->avoid(congestion, bytes, srtt, now);
	}
	if (congestion->window > 1u << 30)
		congestion->window = 1u << 30;
}

void tcp_congestion_restart(struct tcp_congestion *congestion)
{
	uint32_t initial = initial_window(congestion->mss);

	if (congestion->window > initial)
		congestion->window = initial;
	congestion->operations->forget(congestion);
}

/* RFC 5681, section 3.1, equation 3 by way of counting bytes: a segment for each window of them. */
static void newreno_avoid(struct tcp_congestion *congestion, uint32_t bytes, uint64_t rtt, uint64_t now)
{
	(void)rtt;
	(void)now;
	congestion->counted += bytes;
	if (congestion->counted >= congestion->window) {
		congestion->counted -= congestion->window;
		congestion->window += congestion->mss;
	}
}

/* RFC 5681, equation 4. */
static uint32_t newreno_reduce(struct tcp_congestion *congestion, uint32_t in_flight)
{
	congestion->counted = 0;
	return in_flight / 2 > 2 * congestion->mss ? in_flight / 2 : 2 * congestion->mss;
}

static void newreno_forget(struct tcp_congestion *congestion)
{
	congestion->counted = 0;
}

const struct tcp_congestion_operations tcp_newreno = {
	.avoid = newreno_avoid,
	.reduce = newreno_reduce,
	.forget = newreno_forget,
};

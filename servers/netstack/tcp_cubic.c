/*
 * CUBIC (RFC 9438) in integers. Time runs in units of 1/1024 s; the cubic function is
 * computed in bytes: mss * 0.4 * (t - K)^3.
 */
#include "tcp_congestion.h"

#define TIME_MAXIMUM (1u << 17) /* 128 s to either side of the plateau: more overflows, and means the same */

static uint32_t to_units(uint64_t nanoseconds)
{
	uint64_t units = nanoseconds / 976563; /* 10^9 / 1024 */

	return units > TIME_MAXIMUM ? TIME_MAXIMUM : (uint32_t)units;
}

/* floor(cbrt(value)), bit by bit. */
static uint32_t cube_root(uint64_t value)
{
	uint64_t root = 0;

	for (int bit = 20; bit >= 0; bit--) {
		uint64_t trial = root | UINT64_C(1) << bit;

		if (trial * trial * trial <= value)
			root = trial;
	}
	return (uint32_t)root;
}

/* Section 4.2: K = cbrt((W_max - cwnd_epoch) / C), with C = 0.4 segments per cubic second. */
static void epoch_start(struct tcp_congestion *congestion, uint64_t now)
{
	struct tcp_cubic *cubic = &congestion->cubic;

	cubic->epoch = now;
	cubic->estimate = congestion->window;
	cubic->estimate_remainder = 0;
	cubic->remainder = 0;
	if (congestion->window < cubic->maximum) {
		uint64_t segments = (cubic->maximum - congestion->window) / congestion->mss;

		/* 2^30 * 2.5: one more bit than a cube of 21 bits is never reached by 2^30 bytes of window. */
		cubic->k = cube_root(segments * 5 / 2 << 30);
		if (cubic->k > TIME_MAXIMUM)
			cubic->k = TIME_MAXIMUM;
		cubic->origin = cubic->maximum;
	} else {
		cubic->k = 0;
		cubic->origin = congestion->window;
	}
}

/* W_cubic(t): section 4.2, figure 1. */
static uint64_t cubic_window(const struct tcp_congestion *congestion, uint32_t time)
{
	const struct tcp_cubic *cubic = &congestion->cubic;
	uint64_t distance = time > cubic->k ? time - cubic->k : cubic->k - time;
	uint64_t bytes;

	if (distance > TIME_MAXIMUM)
		distance = TIME_MAXIMUM;
	bytes = ((distance * distance * distance * 2 / 5) >> 10) * congestion->mss >> 20;
	if (time > cubic->k)
		return cubic->origin + bytes;
	return bytes < cubic->origin ? cubic->origin - bytes : 0;
}

/* Section 4.3: W_est grows by alpha segments a window; alpha = 3 * 0.3 / 1.7 = 9/17 until it has caught up. */
static void grow_estimate(struct tcp_congestion *congestion, uint32_t bytes)
{
	struct tcp_cubic *cubic = &congestion->cubic;
	uint64_t part = (uint64_t)bytes * congestion->mss;

	if (cubic->estimate < cubic->prior)
		part = part * 9 / 17;
	part += cubic->estimate_remainder;
	cubic->estimate += (uint32_t)(part / congestion->window);
	cubic->estimate_remainder = (uint32_t)(part % congestion->window);
}

static void cubic_avoid(struct tcp_congestion *congestion, uint32_t bytes, uint64_t rtt, uint64_t now)
{
	struct tcp_cubic *cubic = &congestion->cubic;
	uint64_t target, part;

	if (cubic->epoch == 0)
		epoch_start(congestion, now);
	grow_estimate(congestion, bytes);
	target = cubic_window(congestion, to_units(now - cubic->epoch));
	if (target < cubic->estimate) {
		congestion->window = cubic->estimate > congestion->window ? cubic->estimate : congestion->window;
		return;
	}
	/* Sections 4.4 and 4.5: towards where the curve will be in a round trip, at most half as much again. */
	target = cubic_window(congestion, to_units(now - cubic->epoch + rtt));
	if (target > congestion->window + congestion->window / 2)
		target = congestion->window + congestion->window / 2;
	if (target <= congestion->window)
		return;
	part = (target - congestion->window) * bytes + cubic->remainder;
	cubic->remainder = (uint32_t)(part % congestion->window);
	congestion->window += (uint32_t)(part / congestion->window);
}

/* Sections 4.6 and 4.7: beta is 0.7; who is losing lets go faster. */
static uint32_t cubic_reduce(struct tcp_congestion *congestion, uint32_t in_flight)
{
	struct tcp_cubic *cubic = &congestion->cubic;
	uint32_t window = congestion->window, reduced;

	/* An application that does not fill its window has not tried it. */
	if (in_flight < window)
		window = in_flight;
	cubic->prior = congestion->window;
	if (congestion->window < cubic->maximum)
		cubic->maximum = (uint32_t)((uint64_t)congestion->window * 17 / 20);
	else
		cubic->maximum = congestion->window;
	cubic->epoch = 0;
	reduced = (uint32_t)((uint64_t)window * 7 / 10);
	return reduced > 2 * congestion->mss ? reduced : 2 * congestion->mss;
}

static void cubic_forget(struct tcp_congestion *congestion)
{
	congestion->cubic.epoch = 0;
}

const struct tcp_congestion_operations tcp_cubic_operations = {
	.avoid = cubic_avoid,
	.reduce = cubic_reduce,
	.forget = cubic_forget,
};

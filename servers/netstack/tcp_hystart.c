/* HyStart++ (RFC 9406): slow start that ends by growing delay rather than by loss. Constants: section 4.3. */
#include "tcp_congestion.h"
#include "tcp_segment.h"

#define RTT_THRESHOLD_MINIMUM UINT64_C(4000000)  /* nanoseconds */
#define RTT_THRESHOLD_MAXIMUM UINT64_C(16000000)
#define RTT_DIVISOR           8u
#define SAMPLES               8u
#define GROWTH_DIVISOR        4u
#define CONSERVATIVE_ROUNDS   5u
#define BURST_SEGMENTS        8u /* L, without pacing */

static void round_start(struct tcp_slow_start *state, uint32_t next)
{
	state->last_minimum = state->current_minimum;
	state->current_minimum = UINT64_MAX;
	state->samples = 0;
	state->round_end = next;
}

/* Section 4.2: into the conservative phase when the delay has grown, and back when it has shrunk again. */
static void judge(struct tcp_slow_start *state)
{
	uint64_t threshold = state->last_minimum / RTT_DIVISOR;

	if (state->samples < SAMPLES || state->current_minimum == UINT64_MAX)
		return;
	if (state->conservative) {
		if (state->current_minimum < state->baseline) {
			state->baseline = UINT64_MAX;
			state->conservative = false;
		}
		return;
	}
	if (state->last_minimum == UINT64_MAX)
		return;
	if (threshold < RTT_THRESHOLD_MINIMUM)
		threshold = RTT_THRESHOLD_MINIMUM;
	if (threshold > RTT_THRESHOLD_MAXIMUM)
		threshold = RTT_THRESHOLD_MAXIMUM;
	if (state->current_minimum >= state->last_minimum + threshold) {
		state->baseline = state->current_minimum;
		state->conservative = true;
		state->conservative_rounds = 0;
	}
}

uint32_t tcp_slow_start(struct tcp_congestion *congestion, uint32_t bytes, uint32_t ack, uint32_t next, uint64_t rtt)
{
	struct tcp_slow_start *state = &congestion->slow_start;
	uint32_t growth = bytes;

	if (growth > BURST_SEGMENTS * congestion->mss)
		growth = BURST_SEGMENTS * congestion->mss;
	if (congestion->threshold != UINT32_MAX)
		return growth; /* section 4.3: HyStart++ is for the initial slow start only */
	if (rtt != 0) {
		if (rtt < state->current_minimum)
			state->current_minimum = rtt;
		state->samples++;
	}
	judge(state);
	if (state->conservative)
		growth /= GROWTH_DIVISOR;
	if (state->round_end == 0 || !sequence_before(ack, state->round_end)) {
		round_start(state, next);
		if (state->conservative && ++state->conservative_rounds >= CONSERVATIVE_ROUNDS)
			congestion->threshold = congestion->window;
	}
	return growth;
}

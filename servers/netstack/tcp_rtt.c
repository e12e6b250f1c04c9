/* Round trips and the time to wait for one: RFC 6298. */
#include "tcp_internal.h"

#define MINIMUM_WINDOW (300 * SECOND) /* for how long a minimum is believed; a path may change */

void tcp_rtt_init(struct tcp_round_trip *rtt)
{
	*rtt = (struct tcp_round_trip){.rto = TCP_RTO_INITIAL, .minimum = UINT64_MAX};
}

void tcp_rtt_sample(struct tcp_round_trip *rtt, uint64_t sample, uint64_t now)
{
	uint64_t margin;

	rtt->latest = sample;
	if (sample <= rtt->minimum || now - rtt->minimum_at > MINIMUM_WINDOW) {
		rtt->minimum = sample;
		rtt->minimum_at = now;
	}
	if (rtt->smoothed == 0) {
		rtt->smoothed = sample;
		rtt->variance = sample / 2;
	} else {
		uint64_t error = sample > rtt->smoothed ? sample - rtt->smoothed : rtt->smoothed - sample;

		rtt->variance = (3 * rtt->variance + error) / 4;
		rtt->smoothed = (7 * rtt->smoothed + sample) / 8;
	}
	/* As Linux: the minimum is of the margin rather than of the sum, for peers that delay acknowledgements. */
	margin = 4 * rtt->variance;
	rtt->rto = rtt->smoothed + (margin < TCP_RTO_MINIMUM ? TCP_RTO_MINIMUM : margin);
	if (rtt->rto > TCP_RTO_MAXIMUM)
		rtt->rto = TCP_RTO_MAXIMUM;
}

uint64_t tcp_rtt_timeout(const struct tcp_round_trip *rtt)
{
	uint64_t timeout = rtt->rto;

	for (uint32_t i = 0; i < rtt->backoff && timeout < TCP_RTO_MAXIMUM; i++)
		timeout *= 2;
	return timeout > TCP_RTO_MAXIMUM ? TCP_RTO_MAXIMUM : timeout;
}

/*
 * A client that measures unasked, where there is no `drydock bench` to ask: on
 * the system itself. It says in the log what a call and a datagram took, in
 * nanoseconds; in an emulator whose time is one nanosecond an instruction that
 * is how many instructions they took.
 */
#include <drydock/proto/bench.h>
#include <drydock/server.h>

#include "internal.h"

#define WARMING   10000000ull /* nanoseconds that are not counted: others still start, first calls take memory */
#define MEASURING 20000000ull /* nanoseconds */

static const struct {
	const char *name;
	uint32_t kind, in_flight;
} plans[] = {
	{"one call at a time", BENCH_CALLS, 1},
	{"64 calls in flight", BENCH_CALLS_IN_FLIGHT, 64},
	{"a datagram and one back", BENCH_DATAGRAMS, 1},
};

bool bench_report(struct bench_client *measurer)
{
	for (unsigned i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct bench_measure_arguments arguments = {
			.kind = plans[i].kind, .in_flight = plans[i].in_flight, .duration = WARMING};
		struct bench_measure_results results = {0};
		int32_t status = bench_measure_now(measurer, &arguments, &results);

		arguments.duration = MEASURING;
		if (status == 0)
			status = bench_measure_now(measurer, &arguments, &results);
		if (status != 0 || results.count == 0) {
			log_print(measurer->runtime, LOG_ERROR, "%s: cannot be measured: status %d",
			          plans[i].name, status);
			return false;
		}
		log_print(measurer->runtime, LOG_INFO, "%s: %llu ns", plans[i].name,
		          (unsigned long long)(results.elapsed / results.count));
	}
	return true;
}

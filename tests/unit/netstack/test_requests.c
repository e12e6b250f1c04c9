/*
 * Requests that no library makes: any operation, any argument, ranges of any length,
 * with calls that wait given up at any time. None of it breaks the server, and another
 * client's conversation goes on.
 */
#include "harbour_stream.h"

#define REQUESTS   20000
#define RANGE_MOST 512u
#define BESIDE     81u /* the other client's port */

static uint64_t state;
static uint32_t done, waited; /* of the requests */

static uint64_t pick(uint64_t of)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (state >> 20) % of;
}

/* A number of a socket, an option, a length, a port, or nonsense. */
static uint64_t argument(void)
{
	switch (pick(6)) {
	case 0:
	case 1:
		return pick(8) | pick(8) << 32;
	case 2:
		return pick(2000) | pick(100) << 32;
	case 3:
		return pick(8) | (uint64_t)PORT << 32;
	case 4:
		return SELF;
	default:
		return state;
	}
}

/* What the operation needs by way of ranges, mostly. */
static void choose_ranges(uint16_t op, uint32_t *in, uint32_t *out)
{
	bool right = pick(8) != 0;

	*in = right ? op == 6 || op == 14 : (uint32_t)pick(2);
	*out = right ? op == 7 || op >= 14 : (uint32_t)pick(2);
	*in *= 1 + (uint32_t)pick(RANGE_MOST);
	*out *= 1 + (uint32_t)pick(RANGE_MOST);
}

static void request(struct runtime *runtime, struct client *attacker)
{
	uint16_t op = (uint16_t)(pick(20) == 0 ? 1 + pick(0xfeff) : 1 + pick(15));
	uint32_t in, out;
	struct call call;

	choose_ranges(op, &in, &out);
	ck_assert_int_eq(call_begin(&call, attacker, op, in, out), 0);
	for (uint32_t word = 1; word <= 7; word++) {
		if (!(word == 5 && out > 0) && !(word == 6 && in > 0))
			call.request.word[word] = word >= 5 ? 0 : argument();
	}
	/* Sockets there must be. */
	if (op == 1 && pick(2))
		call.request.word[1] = SOCKET_FAMILY_IPV4 | (1 + pick(3)) << 32;
	for (uint32_t at = 0; at + 8 <= in; at += 8) {
		uint64_t bytes = argument();

		memcpy(call.in + at, &bytes, 8);
	}
	call_submit(&call, NULL, NULL);
	/* Whoever waits is given up, at once or a while later. */
	switch (call_wait(&call, runtime_time(runtime) + pick(4) * MILLISECOND)) {
	case 0:
		done++;
		break;
	case -E_TIMED_OUT:
		waited++;
		break;
	default:
		break;
	}
	call_end(&call);
}

static void body_requests(struct runtime *runtime)
{
	struct client *attacker = dock_open(runtime, "victim", &socket_protocol), *own;
	struct socket_accept_results results;

	client = own = dock_open(runtime, "victim", &socket_protocol);
	listener = create();
	ck_assert_int_eq(socket_bind(client, listener, SOCKET_FAMILY_NONE, BESIDE, 0, 0), 0);
	ck_assert_int_eq(socket_listen(client, listener, 16), 0);
	near = create();
	ck_assert_int_eq(connect_to(near, BESIDE, 0), 0);
	ck_assert_int_eq(socket_accept(client, listener, 0, &results), 0);
	far = results.accepted;
	for (uint32_t i = 0; i < REQUESTS; i++) {
		request(runtime, attacker);
		if (i % 100 != 0)
			continue;
		says(near, "still");
		hears(far, "still");
	}
}

START_TEST(no_request_breaks_the_server)
{
	state = 1;
	run(body_requests);
	/* They were near enough to what is asked for. */
	ck_assert_uint_gt(done, REQUESTS / 20);
	ck_assert_uint_gt(waited, 20);
	dock_end();
}
END_TEST

UNIT_RUN("netstack-requests", no_request_breaks_the_server)

/* Polling streams of protocol `socket`. */
#include "harbour_stream.h"

static struct call call;
static int32_t status_of_call;
static char bytes_of_call[16];

/* Polls near and far; what they are ready for, 0 for nothing. */
static void poll(uint64_t wait, uint32_t near_wants, uint32_t far_wants, uint32_t *near_is, uint32_t *far_is)
{
	const struct socket_poll_entry entries[2] = {{near, near_wants}, {far, far_wants}};
	struct socket_poll_entry ready[2];
	struct socket_poll_results results;

	*near_is = *far_is = 0;
	ck_assert_int_eq(socket_poll(client, wait, entries, sizeof(entries), ready, sizeof(ready), &results),
	                 0);
	ck_assert_uint_eq(results.ready_length % sizeof(ready[0]), 0);
	for (uint32_t i = 0; i < results.ready_length / sizeof(ready[0]); i++)
		*(ready[i].socket == near ? near_is : far_is) = ready[i].events;
}

static void speak_later(void *runtime)
{
	fiber_sleep(runtime, runtime_time(runtime) + 2 * SECOND);
	says(near, "now");
}

static void close_later(void *runtime)
{
	fiber_sleep(runtime, runtime_time(runtime) + 2 * SECOND);
	ck_assert_int_eq(socket_close(client, far), 0);
}

static void body_poll(struct runtime *runtime)
{
	uint32_t near_is, far_is;
	uint64_t start;

	connected(runtime);
	poll(0, SOCKET_POLL_WRITABLE, SOCKET_POLL_READABLE, &near_is, &far_is);
	ck_assert_uint_eq(near_is, SOCKET_POLL_WRITABLE);
	ck_assert_uint_eq(far_is, 0);
	/* Nothing, for as long as was said. */
	start = runtime_time(runtime);
	poll(3 * SECOND, SOCKET_POLL_READABLE, SOCKET_POLL_READABLE, &near_is, &far_is);
	ck_assert_uint_eq(near_is | far_is, 0);
	ck_assert_uint_ge(runtime_time(runtime) - start, 3 * SECOND);
	/* Something, as soon as it is there. */
	start = runtime_time(runtime);
	ck_assert_int_eq(fiber_start(runtime, speak_later, runtime), E_OK);
	poll(UINT64_MAX, SOCKET_POLL_READABLE, SOCKET_POLL_READABLE, &near_is, &far_is);
	ck_assert_uint_eq(near_is, 0);
	ck_assert_uint_eq(far_is, SOCKET_POLL_READABLE);
	ck_assert_uint_lt(runtime_time(runtime) - start, 3 * SECOND);
	hears(far, "now");
	fill(near);
	poll(0, SOCKET_POLL_WRITABLE, 0, &near_is, &far_is);
	ck_assert_uint_eq(near_is, 0);
	/* A socket that is closed under who polls it. */
	ck_assert_int_eq(fiber_start(runtime, close_later, runtime), E_OK);
	poll(UINT64_MAX, 0, 0, &near_is, &far_is);
	ck_assert_uint_eq(far_is, SOCKET_POLL_BAD);
	/* What was not read resets the other end. */
	poll(UINT64_MAX, 0, 0, &near_is, &far_is);
	far = near;
	poll(UINT64_MAX, 0, 0, &near_is, &far_is);
	ck_assert_uint_eq(near_is, SOCKET_POLL_ERROR | SOCKET_POLL_CLOSED);
}

START_TEST(many_are_polled)
{
	run(body_poll);
	dock_end();
}
END_TEST

static void poll_done(struct call *done, void *context)
{
	struct socket_poll_results results;

	(void)context;
	status_of_call = socket_poll_finish(done, &results, bytes_of_call);
}

static void body_poll_wrong(struct runtime *runtime)
{
	const struct socket_poll_entry entries[3] = {{9999, 0}, {0, 0}, {UINT32_MAX, SOCKET_POLL_READABLE}};
	struct socket_poll_entry ready[3], waiting[2];
	struct socket_poll_results results;

	listens(runtime);
	ck_assert_int_eq(socket_poll(client, 0, entries, 7, ready, sizeof(ready), &results), POSIX_EINVAL);
	ck_assert_int_eq(socket_poll(client, 0, entries, sizeof(entries), ready, 4, &results), POSIX_EINVAL);
	ck_assert_int_eq(
		socket_poll(client, UINT64_MAX, entries, sizeof(entries), ready, sizeof(ready), &results), 0);
	ck_assert_uint_eq(results.ready_length, sizeof(ready));
	ck_assert_uint_eq(ready[2].events, SOCKET_POLL_BAD);
	/* No room for all of them. */
	ck_assert_int_eq(socket_poll(client, 0, entries, sizeof(entries), ready, 12, &results), 0);
	ck_assert_uint_eq(results.ready_length, 8);
	/* The same twice; and it can be given up. */
	waiting[0] = waiting[1] = (struct socket_poll_entry){listener, SOCKET_POLL_READABLE};
	ck_assert_int_eq(socket_poll_prepare(&call, client, UINT64_MAX, waiting, sizeof(waiting),
	                                     sizeof(bytes_of_call)),
	                 0);
	status_of_call = -1000;
	call_submit(&call, poll_done, NULL);
	fiber_sleep(runtime, runtime_time(runtime) + SECOND);
	ck_assert_int_eq(status_of_call, -1000);
	call_cancel(&call);
	fiber_sleep(runtime, runtime_time(runtime) + SECOND);
	ck_assert_int_eq(status_of_call, POSIX_ECANCELED);
	ck_assert_int_eq(socket_poll_prepare(&call, client, UINT64_MAX, waiting, sizeof(waiting),
	                                     sizeof(bytes_of_call)),
	                 0);
	call_submit(&call, poll_done, NULL);
	ck_assert_int_eq(socket_close(client, listener), 0);
	fiber_sleep(runtime, runtime_time(runtime) + SECOND);
	ck_assert_int_eq(status_of_call, 0);
}

START_TEST(polls_may_be_wrong_and_given_up)
{
	run(body_poll_wrong);
	dock_end();
}
END_TEST

UNIT_RUN("poll", many_are_polled, polls_may_be_wrong_and_given_up)

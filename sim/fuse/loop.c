/*
 * The loop. How it waits decides how fast the mount is:
 *
 * - Nothing outstanding: it sleeps in read(2) of /dev/fuse itself, one system
 *   call for waiting and reading. Where it is to be told of changes (notice.c) a
 *   ring of its bell ends that; else what the lane or the kernel has for us is
 *   looked at after the next request, and nobody rings, since `armed` is not set.
 * - Calls outstanding: the runtime waits for the replies, by its policy; when
 *   that means to sleep it polls the device, too.
 * - Requests that come while others are outstanding (a crowd): the device is
 *   made non-blocking, and all that is there is read before one round sends
 *   it. A few looks in vain end this. What wants no answer, such as a FORGET,
 *   makes no crowd.
 */
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <drydock/atomic.h>

#include "sim/user/linux.h"

#define CROWD_CREDIT 16  /* looks in vain until the device blocks again */
#define CROWD_PROBE  64u /* requests until one more look */
#define BATCH        16  /* requests that go into one round */

#define FORGET_MILLISECONDS 5 /* that what was forgotten waits for company */

static volatile sig_atomic_t stop_requested;

void loop_stop(int signal)
{
	(void)signal;
	stop_requested = 1;
	/* A signal just before a system call that sleeps goes unnoticed: this one comes again. */
	alarm(1);
}

static void set_nonblocking(struct bridge *bridge, bool nonblocking)
{
	if (bridge->nonblocking == nonblocking)
		return;
	if (fcntl(bridge->device, F_SETFL, nonblocking ? O_NONBLOCK : 0) == 0)
		bridge->nonblocking = nonblocking;
}

/* Requests come faster than they are answered, it seems. */
static void expect_crowd(struct bridge *bridge)
{
	bridge->crowd = CROWD_CREDIT;
	set_nonblocking(bridge, true);
}

static bool device_readable(const struct bridge *bridge, int milliseconds)
{
	struct pollfd device = {.fd = bridge->device, .events = POLLIN};

	return poll(&device, 1, milliseconds) > 0;
}

/* ---- reading ------------------------------------------------------------- */

/* Hands a message to libfuse, which calls a handler. The buffer is the bridge's again, or lent. */
static void dispatch(struct bridge *bridge, struct buffer *buffer, size_t length)
{
	const struct fuse_buf message = {.mem = buffer->reservation.data, .size = length, .fd = -1};

	bridge->current = buffer;
	bridge->park = false;
	fuse_session_process_buf(bridge->session, &message);
	if (bridge->greeted) {
		/* Not earlier: with the reply to INIT Linux takes the lesser of two figures. */
		bridge->greeted = false;
		read_ahead_raise(bridge->directory);
	}
	if (bridge->park) {
		bridge->parked = buffer;
		bridge->parked_length = length;
		bridge->retry = false;
	} else if (bridge->current != NULL) {
		buffer_put(bridge, buffer);
	}
	bridge->current = NULL;
}

static void read_failed(struct bridge *bridge, int error)
{
	switch (error) {
	case EINTR:
	case EAGAIN:
	case ENOENT: /* whoever asked was killed meanwhile */
		return;
	default:
		bridge->error = error;
		__attribute__((fallthrough));
	case ENODEV: /* unmounted */
		bridge->ended = true;
	}
}

/*
 * Takes in what was told while this process slept in read(2), above all that
 * the vfs has died: else the first request after that would go down the old lane.
 */
static void catch_up(struct bridge *bridge)
{
	uint32_t index = runtime_start(bridge->runtime)->home & HANDLE_INDEX_MASK;
	const uint64_t *bits = &os_notice(bridge->os)->bits[index / 64];

	/* Pairs with the kernel's release when it posts. */
	if (atomic_load_acquire(bits) >> index % 64 & 1)
		runtime_round(bridge->runtime);
}

/* Reads a request. What the lane brings while it sleeps makes it fail with EINTR, or EAGAIN beforehand. */
static ssize_t read_request(struct bridge *bridge, struct buffer *buffer)
{
	bool listen = bridge->notice.state == NOTICE_ASKED && !bridge->nonblocking;
	ssize_t length;

	errno = EAGAIN;
	if (listen && !runtime_arm(bridge->runtime))
		return -1;
	length = read(bridge->device, buffer->reservation.data, BRIDGE_BUFFER_SIZE);
	if (listen)
		runtime_disarm(bridge->runtime);
	return length;
}

/* Reads one request and begins to serve it; false where there was none. */
static bool take_request(struct bridge *bridge)
{
	struct buffer *buffer = buffer_take(bridge);
	uint32_t before = bridge->outstanding;
	ssize_t length;

	if (buffer == NULL)
		return false;
	length = read_request(bridge, buffer);
	if (length < 0) {
		read_failed(bridge, errno);
		buffer_put(bridge, buffer);
		bridge->looked = true;
		if (bridge->nonblocking && before > 0 && --bridge->crowd <= 0)
			set_nonblocking(bridge, false);
		return false;
	}
	catch_up(bridge);
	dispatch(bridge, buffer, (size_t)length);
	if (before > 0 && bridge->outstanding > before)
		expect_crowd(bridge);
	return true;
}

/* The same while calls are outstanding: it must not block, though what the device had may be gone again. */
static bool take_request_at_hand(struct bridge *bridge)
{
	bool any;

	bridge->readable = false;
	bridge->crowd = 0;
	set_nonblocking(bridge, true);
	any = take_request(bridge);
	if (bridge->crowd <= 0)
		set_nonblocking(bridge, false);
	return any;
}

static bool may_read(const struct bridge *bridge)
{
	return bridge->parked == NULL && !list_empty(&bridge->buffers) && !bridge->ended;
}

static bool take_requests(struct bridge *bridge)
{
	bool any = false;

	for (int i = 0; i < BATCH && may_read(bridge) && take_request(bridge); i++)
		any = true;
	return any;
}

/* ---- waiting ----------------------------------------------------------------- */

static void device_ready(void *context)
{
	struct bridge *bridge = context;

	bridge->readable = true;
}

static void sleep_for_more(struct bridge *bridge)
{
	bool watch = may_read(bridge);

	if (watch && !bridge->watched)
		bridge->watched = os_watch_descriptor(bridge->os, bridge->device, device_ready, bridge);
	if (!watch && bridge->watched) {
		os_unwatch_descriptor(bridge->os, bridge->device);
		bridge->watched = false;
	}
	bridge->looked = false;
	runtime_sleep(bridge->runtime);
}

/*
 * Whether to sleep in read(2): nothing will come but a request. What was
 * forgotten goes along with the next one if that comes soon, else by itself.
 */
static bool may_block(struct bridge *bridge)
{
	if (bridge->outstanding > 0 || bridge->fibers > 0 || bridge->notice.state == NOTICE_DUE)
		return false;
	if (bridge->forgets.count == 0 || device_readable(bridge, FORGET_MILLISECONDS))
		return true;
	forget_flush(bridge);
	return false;
}

/* Takes what the device has, by the manner of the moment. True if something was begun. */
static bool look_at_device(struct bridge *bridge)
{
	if (!may_read(bridge))
		return false;
	if (bridge->nonblocking)
		return take_requests(bridge);
	if (may_block(bridge))
		return take_request(bridge);
	if (!bridge->readable && (++bridge->probe % CROWD_PROBE != 0 || !device_readable(bridge, 0)))
		return false;
	return take_request_at_hand(bridge);
}

static void retry_parked(struct bridge *bridge)
{
	struct buffer *buffer = bridge->parked;

	bridge->parked = NULL;
	dispatch(bridge, buffer, bridge->parked_length);
}

void loop_run(struct bridge *bridge)
{
	/* What the thread waits for may be for this loop to bring about. */
	while (!bridge->ended && !(stop_requested && bridge->notice.state != NOTICE_TELLING)) {
		bool busy;

		notice_tend(bridge);

		if (bridge->outstanding > 0 || bridge->nonblocking)
			forget_flush(bridge);
		busy = runtime_round(bridge->runtime);
		if (busy)
			bridge->looked = false;
		if (bridge->parked != NULL && bridge->retry)
			retry_parked(bridge);
		else if ((bridge->looked || !look_at_device(bridge)) && !busy)
			sleep_for_more(bridge);
	}
}

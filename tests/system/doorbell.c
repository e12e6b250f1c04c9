/*
 * A guest without a runtime that bullies vfs, to which it opens a lane as any
 * program may:
 *
 *   doorbell INSTANCE-DIRECTORY ring    rings without end, with as much in the pipe as fits
 *   doorbell INSTANCE-DIRECTORY flood   breaks the lane's rules without end, on ever new lanes
 *   doorbell INSTANCE-DIRECTORY crash   kills itself in the midst of calls
 *
 * Prints a line once it is at it, and ends with its standard input.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <drydock/atomic.h>
#include <drydock/os.h>
#include <drydock/proto/init.h>
#include <drydock/proto/vfs.h>

#include "sim/user/linux.h"

#define DEPTH    8u
#define AREA     65536u
#define PATIENCE 20000000000ull /* nanoseconds for the system to answer */

struct lane {
	handle_t handle;
	struct os_lane end;
	uint32_t tail; /* requests published */
};

static struct os *os;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "doorbell: %s\n", what);
	exit(1);
}

static uint64_t trap(enum system_call call, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return os_trap(os, call, (uint64_t[6]){a, b, c, d}, NULL);
}

/* Waits for word of the lane; false where it was refused. */
static bool accepted(handle_t lane)
{
	struct receipt receipt;

	do {
		if (result_is_error(trap(SYS_PORT_RECEIVE, os_start(os)->home, os_time(os) + PATIENCE, 0, 0)))
			die("no word of the lane");
		memcpy(&receipt, os_buffer(os), sizeof(receipt));
	} while (receipt.kind != RECEIPT_LANE || receipt.handle != lane);
	return receipt.bits == EVENT_LANE_ACCEPTED;
}

static void lane_open(struct lane *lane, handle_t port, const struct protocol *protocol)
{
	uint64_t handle =
		trap(SYS_LANE_OPEN, port, protocol->number | (uint32_t)protocol->version << 16, DEPTH, AREA);

	if (result_is_error(handle))
		die("no lane");
	*lane = (struct lane){.handle = (handle_t)handle};
	if (!accepted(lane->handle) || os_lane_attach(os, lane->handle, DEPTH, AREA, &lane->end) != E_OK)
		die("the lane is not accepted");
}

static void lane_close(struct lane *lane)
{
	os_lane_detach(os, &lane->end);
	trap(SYS_LANE_CLOSE, lane->handle, E_PEER_DEAD, 0, 0);
}

static uint32_t *lane_index(const struct lane *lane, uint32_t offset)
{
	return (uint32_t *)(void *)(lane->end.memory + offset);
}

/* A call whose one string is `text`, not yet shown. */
static void lane_put(struct lane *lane, uint16_t op, const char *text)
{
	struct message message = {.word = {message_header(op, MESSAGE_IN, lane->tail % DEPTH)}};
	uint32_t slot = lane->tail % lane_request_slots(DEPTH);

	message.word[MESSAGE_WORD_IN] = word_pair(0, (uint32_t)strlen(text));
	memcpy(lane->end.memory + lane_area_offset(DEPTH), text, strlen(text));
	memcpy(lane->end.memory + LANE_RINGS + slot * MESSAGE_SIZE, &message, sizeof(message));
	lane->tail++;
}

static void lane_show(struct lane *lane)
{
	atomic_store_release(lane_index(lane, LANE_REQUEST_TAIL), lane->tail);
	atomic_fence();
	os_lane_ring(os, &lane->end);
}

/* Sleeps until there are `count` replies. */
static void lane_await(const struct lane *lane, uint32_t count)
{
	uint64_t deadline = os_time(os) + PATIENCE;

	while (atomic_load_acquire(lane_index(lane, LANE_REPLY_TAIL)) != count) {
		atomic_store_relaxed(&os_page(os)->armed, 1);
		atomic_fence();
		if (atomic_load_acquire(lane_index(lane, LANE_REPLY_TAIL)) != count)
			os_sleep(os, deadline);
		atomic_store_relaxed(&os_page(os)->armed, 0);
		if (os_time(os) >= deadline)
			die("no reply");
	}
}

/* The capability for vfs, from init. */
static handle_t find_vfs(void)
{
	struct message reply;
	struct lane init;
	uint64_t port;

	lane_open(&init, os_start(os)->init, &init_protocol);
	lane_put(&init, INIT_LOOKUP, "vfs");
	lane_show(&init);
	lane_await(&init, 1);
	memcpy(&reply, init.end.memory + lane_reply_ring(DEPTH), sizeof(reply));
	port = trap(SYS_CAP_ACCEPT, init.handle, reply.word[2], 0, 0);
	if (word_low(reply.word[1]) != 0 || result_is_error(port))
		die("init does not know vfs");
	lane_close(&init);
	return (handle_t)port;
}

/* Whether to go on; asked often. */
static bool go_on(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&input, 1, 0) == 0;
}

static void ring(handle_t port)
{
	static const char garbage[4096];
	struct lane lane;

	lane_open(&lane, port, &vfs_protocol);
	puts("at it");
	while (go_on()) {
		for (int i = 0; i < 1000; i++) {
			os_lane_ring(os, &lane.end);
			(void)!write((int)lane.end.doorbell, garbage, sizeof(garbage));
		}
	}
}

static void flood(handle_t port)
{
	puts("at it");
	while (go_on()) {
		struct lane lane;

		lane_open(&lane, port, &vfs_protocol);
		/* Beyond the credit: the lane is closed, with replies that nobody reads. */
		for (uint32_t i = 0; i < 2 * DEPTH; i++)
			lane_put(&lane, VFS_STAT, "/");
		lane_show(&lane);
		if (accepted(lane.handle))
			die("a breach was overlooked");
		lane_close(&lane);
	}
}

static void crash(handle_t port)
{
	struct lane lane;

	lane_open(&lane, port, &vfs_protocol);
	for (uint32_t i = 0; i < DEPTH; i++)
		lane_put(&lane, VFS_MKDIR, "/half");
	lane_show(&lane);
	kill(getpid(), SIGKILL);
}

int main(int argument_count, char **arguments)
{
	char error[256];
	handle_t port;

	if (argument_count != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	os = os_attach(arguments[1], "user", "doorbell", error, sizeof(error));
	if (os == NULL)
		die(error);
	port = find_vfs();
	if (strcmp(arguments[2], "ring") == 0)
		ring(port);
	else if (strcmp(arguments[2], "flood") == 0)
		flood(port);
	else
		crash(port);
	os_destroy(os);
	return 0;
}

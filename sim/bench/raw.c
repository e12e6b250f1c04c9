/* Raw ping-pongs (raw.h). */
#include "raw.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drydock/atomic.h>

#include "clock.h"

#define MESSAGE 64
#define BATCH   64 /* round trips between two readings of the clock */

const char *const raw_names[RAW_KINDS] = {"futex", "pipe", "eventfd", "Unix seqpacket", "yield, 64 bytes",
                                          "spin, 64 bytes"};

/* One direction of the shared memory: a counter and a message, each with its own cache lines. */
struct half {
	_Alignas(128) uint32_t word;
	_Alignas(128) uint64_t message[MESSAGE / 8];
};

/* One side's means of the ping-pong. */
struct side {
	int receive, send;           /* descriptors */
	struct half *mine, *theirs;  /* `mine` is written by the other side */
	uint32_t turn;
};

static bool futex_receive(struct side *side)
{
	uint32_t expected = ++side->turn;

	while (atomic_load_acquire(&side->mine->word) != expected) {
		if (syscall(SYS_futex, &side->mine->word, FUTEX_WAIT, expected - 1, NULL, NULL, 0) != 0 &&
		    errno != EAGAIN && errno != EINTR)
			return false;
	}
	return true;
}

static bool futex_send(struct side *side, uint32_t turn)
{
	atomic_store_release(&side->theirs->word, turn);
	return syscall(SYS_futex, &side->theirs->word, FUTEX_WAKE, 1, NULL, NULL, 0) >= 0;
}

/* Never sleeps: spins, or lets others run. */
static bool memory_receive(enum raw_kind kind, struct side *side, uint64_t *message)
{
	uint32_t expected = ++side->turn;

	while (atomic_load_acquire(&side->mine->word) != expected) {
		if (kind == RAW_YIELD)
			sched_yield();
		else
			processor_pause();
	}
	memcpy(message, side->mine->message, MESSAGE);
	return true;
}

static void memory_send(struct side *side, uint32_t turn, const uint64_t *message)
{
	memcpy(side->theirs->message, message, MESSAGE);
	atomic_store_release(&side->theirs->word, turn);
}

static bool raw_receive(enum raw_kind kind, struct side *side, uint64_t *message)
{
	size_t size = kind == RAW_EVENTFD ? 8 : MESSAGE;

	switch (kind) {
	case RAW_FUTEX:
		return futex_receive(side);
	case RAW_YIELD:
	case RAW_SPIN:
		return memory_receive(kind, side, message);
	default:
		return read(side->receive, message, size) == (ssize_t)size;
	}
}

static bool raw_send(enum raw_kind kind, struct side *side, uint32_t turn, uint64_t *message)
{
	size_t size = kind == RAW_EVENTFD ? 8 : MESSAGE;

	switch (kind) {
	case RAW_FUTEX:
		return futex_send(side, turn);
	case RAW_YIELD:
	case RAW_SPIN:
		memory_send(side, turn, message);
		return true;
	default:
		message[0] = 1; /* an eventfd adds it up */
		return write(side->send, message, size) == (ssize_t)size;
	}
}

/* Descriptors for both sides: [0] receives what [1] sends, [2] what [3] sends. */
static bool open_descriptors(enum raw_kind kind, int fds[4])
{
	int pair[2];

	for (int i = 0; i < 4; i += 2) {
		fds[i] = fds[i + 1] = -1;
		if (kind == RAW_EVENTFD) {
			fds[i] = fds[i + 1] = eventfd(0, EFD_CLOEXEC);
		} else if (kind == RAW_PIPE && pipe(pair) == 0) {
			fds[i] = pair[0];
			fds[i + 1] = pair[1];
		} else if (kind == RAW_SEQPACKET && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0) {
			fds[i] = pair[0];
			fds[i + 1] = pair[1];
		}
		if (fds[i] < 0 && kind != RAW_FUTEX && kind != RAW_YIELD && kind != RAW_SPIN)
			return false;
	}
	return true;
}

static void close_descriptors(int fds[4])
{
	for (int i = 0; i < 4; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		if (i % 2 == 0 && fds[i] == fds[i + 1])
			i++;
	}
}

static _Noreturn void child(enum raw_kind kind, struct side *side, int processor)
{
	uint64_t message[MESSAGE / 8] = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	clock_pin(0, processor);
	while (raw_receive(kind, side, message) && raw_send(kind, side, side->turn, message))
		;
	_exit(0);
}

static double ping_pong(enum raw_kind kind, struct side *side, uint64_t duration)
{
	uint64_t message[MESSAGE / 8] = {0}, start, now, count = 0;
	uint32_t turn = 0;

	/* One before the clock: the child starts, and both are where they shall be. */
	if (!raw_send(kind, side, ++turn, message) || !raw_receive(kind, side, message))
		return -1;
	start = clock_now();
	do {
		for (int i = 0; i < BATCH; i++) {
			if (!raw_send(kind, side, ++turn, message) || !raw_receive(kind, side, message))
				return -1;
		}
		count += BATCH;
		now = clock_now();
	} while (now - start < duration);
	return (double)(now - start) / (double)count;
}

double raw_measure(enum raw_kind kind, int here, int there, uint64_t duration)
{
	struct half *halves = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double result = -1;
	int fds[4];
	pid_t pid;

	if (halves == MAP_FAILED)
		return -1;
	if (open_descriptors(kind, fds)) {
		struct side far = {.receive = fds[0], .send = fds[3], .mine = &halves[0], .theirs = &halves[1]};
		struct side near = {.receive = fds[2], .send = fds[1], .mine = &halves[1], .theirs = &halves[0]};

		clock_pin(0, here);
		pid = fork();
		if (pid == 0)
			child(kind, &far, there);
		if (pid > 0) {
			result = ping_pong(kind, &near, duration);
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
	}
	close_descriptors(fds);
	munmap(halves, 4096);
	return result;
}

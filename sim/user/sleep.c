/* Time, processors, and sleeping on the doorbell and watched descriptors. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000ull

const struct start_block *os_start(struct os *os)
{
	return &os->start;
}

const struct notice_page *os_notice(struct os *os)
{
	return os->notice;
}

struct owner_page *os_page(struct os *os)
{
	return os->page;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec;
}

uint64_t os_time(struct os *os)
{
	(void)os;
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t os_wall_time(struct os *os)
{
	(void)os;
	return read_clock(CLOCK_REALTIME);
}

uint32_t os_processor(struct os *os)
{
	int processor = sched_getcpu();

	/* All are said to be on one where one runs at a time: nobody spins for another. */
	if (os->scheduling != SCHEDULING_LINUX)
		return 0;
	return processor < 0 ? UINT32_MAX : (uint32_t)processor;
}

void os_yield(struct os *os)
{
	if (os->scheduling == SCHEDULING_SERVER)
		os_trap(os, SYS_SCHED_YIELD, (const uint64_t[6]){0}, NULL);
	else
		sched_yield();
}

void os_drain_doorbell(struct os *os)
{
	char rings[4096];
	ssize_t length = read(os->doorbell, rings, sizeof(rings));

	/* The host holds a write end as long as it lives. */
	if (length == 0 || (length < 0 && errno != EINTR))
		host_vanished(os);
}

bool os_signal_bell(struct os *os, int signal)
{
	return fcntl(os->doorbell, F_SETSIG, signal) == 0 && fcntl(os->doorbell, F_SETOWN, getpid()) == 0 &&
	       fcntl(os->doorbell, F_SETFL, O_ASYNC) == 0;
}

bool os_watch_descriptor(struct os *os, int descriptor, void (*ready)(void *context), void *context)
{
	/* In the kernel's WAIT nothing but rings and time is seen. */
	if (os->watch_count == OS_WATCHES || os->scheduling == SCHEDULING_SERVER)
		return false;
	os->watches[os->watch_count++] =
		(struct watch){.descriptor = descriptor, .ready = ready, .context = context};
	return true;
}

void os_unwatch_descriptor(struct os *os, int descriptor)
{
	for (uint32_t i = 0; i < os->watch_count; i++) {
		if (os->watches[i].descriptor == descriptor) {
			os->watches[i] = os->watches[--os->watch_count];
			return;
		}
	}
}

/* Runs what is ready. A callback may watch and unwatch: each is looked up anew. */
static void run_watches(struct os *os, const struct pollfd *polls, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (polls[i].revents == 0)
			continue;
		for (uint32_t k = 0; k < os->watch_count; k++) {
			if (os->watches[k].descriptor == polls[i].fd) {
				os->watches[k].ready(os->watches[k].context);
				break;
			}
		}
	}
}

void os_sleep(struct os *os, uint64_t deadline)
{
	struct pollfd polls[1 + OS_WATCHES] = {{.fd = os->doorbell, .events = POLLIN}};
	uint32_t watched = os->watch_count;
	struct timespec timeout;
	uint64_t now;

	if (os->scheduling == SCHEDULING_SERVER) {
		os_trap(os, SYS_WAIT, (const uint64_t[6]){0, deadline}, NULL);
		return;
	}
	if (watched == 0 && deadline == DEADLINE_NEVER) {
		/* The common case in one system call: the read both sleeps and drains. */
		os_drain_doorbell(os);
		return;
	}
	for (uint32_t i = 0; i < watched; i++)
		polls[1 + i] = (struct pollfd){.fd = os->watches[i].descriptor, .events = POLLIN};
	if (deadline != DEADLINE_NEVER) {
		now = os_time(os);
		now = deadline > now ? deadline - now : 0;
		timeout.tv_sec = (time_t)(now / NANOSECONDS);
		timeout.tv_nsec = (long)(now % NANOSECONDS);
	}
	if (ppoll(polls, 1 + watched, deadline != DEADLINE_NEVER ? &timeout : NULL, NULL) <= 0)
		return;
	if (polls[0].revents != 0)
		os_drain_doorbell(os);
	run_watches(os, &polls[1], watched);
}

_Noreturn void os_exit(struct os *os, uint64_t code)
{
	(void)os;
	/* Linux tells the host. exit(), so that leak checkers and coverage have their say. */
	exit((int)(code & 255));
}

void os_panic_print(struct os *os, const char *text, size_t length)
{
	(void)os;
	while (length > 0) {
		ssize_t written = write(STDERR_FILENO, text, length);

		if (written <= 0)
			return;
		text += written;
		length -= (size_t)written;
	}
}

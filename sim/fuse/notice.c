/*
 * What others change: programs on the system, by way of vfs, and other bridges.
 * A call (fs.watch) is left outstanding that tells it, and Linux is told to
 * forget what it remembers of that.
 *
 * A thread tells Linux, since that may have to wait for a page or a directory
 * that is waiting for a reply of this process. It does nothing else: it is
 * given what one answer has, and until it is done no other is asked for.
 *
 * An answer comes when this process sleeps in read(2) of /dev/fuse more often
 * than not. So rings of its bell send it a signal, which ends that sleep; one
 * that comes just before the sleep is followed by another, a millisecond later,
 * until the loop has gone round.
 */
#include "bridge.h"

#include <errno.h>
#include <linux/fuse.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <drydock/atomic.h>

#include "sim/user/linux.h"

#define BELL              SIGIO
#define AGAIN_NANOSECONDS 1000000
#define NAME_MAXIMUM      255u

/* fuse(4): all names are to be looked up anew. From Linux 6.16 on; older ones refuse it. */
#define NOTIFY_INCREASE_EPOCH 8

static volatile sig_atomic_t rung;
static timer_t again;

static void rings(bool more)
{
	const struct itimerspec time = {.it_value.tv_nsec = more ? AGAIN_NANOSECONDS : 0};

	timer_settime(again, 0, &time, NULL);
}

static void on_bell(int signal)
{
	int error = errno;

	(void)signal;
	rung = 1;
	rings(true);
	errno = error;
}

/* ---- the thread -------------------------------------------------------------------- */

static void forget_names(const struct bridge *bridge)
{
	const struct fuse_out_header message = {.len = sizeof(message), .error = NOTIFY_INCREASE_EPOCH};

	/* Where it is refused names are remembered until their time is up. */
	(void)!write(bridge->device, &message, sizeof(message));
}

/* Linux does not know of all that it is told about; there is nothing to be done then. */
static void tell_event(struct bridge *bridge, const struct fs_event *event, const char *name)
{
	switch (event->kind) {
	case FS_EVENT_NAME:
		if (event->name_length > 0)
			fuse_lowlevel_notify_inval_entry(bridge->session, event->node, name,
			                                 event->name_length);
		else
			forget_names(bridge);
		__attribute__((fallthrough)); /* the directory is another, too */
	case FS_EVENT_NODE:
		fuse_lowlevel_notify_inval_inode(bridge->session, event->node, 0, 0);
		break;
	case FS_EVENT_LOST:
		forget_names(bridge);
		break;
	}
}

static void tell(struct bridge *bridge)
{
	const struct notice *notice = &bridge->notice;
	char name[NAME_MAXIMUM + 1];
	struct fs_event event;
	uint32_t at, padded;

	for (at = 0; notice->length - at >= sizeof(event); at += padded) {
		memcpy(&event, notice->events + at, sizeof(event));
		at += (uint32_t)sizeof(event);
		padded = (event.name_length + 7) & ~7u;
		if (event.name_length > NAME_MAXIMUM || padded > notice->length - at)
			return;
		memcpy(name, notice->events + at, event.name_length);
		name[event.name_length] = '\0';
		tell_event(bridge, &event, name);
	}
}

static void *notice_main(void *argument)
{
	struct bridge *bridge = argument;
	struct notice *notice = &bridge->notice;

	for (;;) {
		while (sem_wait(&notice->work) != 0)
			;
		if (notice->end)
			return NULL;
		tell(bridge);
		/* Pairs with the acquire in notice_tend: the events are the loop's again. */
		atomic_store_release(&notice->told, 1);
		pthread_kill(notice->loop, BELL);
	}
}

/* ---- the loop's side ------------------------------------------------------------------ */

static void answered(struct call *call, void *context)
{
	struct bridge *bridge = context;
	struct notice *notice = &bridge->notice;
	struct fs_watch_results results;
	int32_t status = fs_watch_finish(call, &results, notice->events);

	call_end(call);
	if (status > 0) {
		/* The file system does not tell, or no more; then time alone does. */
		notice->state = NOTICE_OFF;
		return;
	}
	notice->state = NOTICE_DUE;
	if (status != 0)
		return;
	ahead_clear(bridge);
	notice->length = results.events_length;
	notice->state = NOTICE_TELLING;
	atomic_store_relaxed(&notice->told, 0);
	sem_post(&notice->work);
}

static void watch(struct bridge *bridge)
{
	struct notice *notice = &bridge->notice;

	if (bridge->connecting || !client_connected(bridge->client) ||
	    client_generation(bridge->client) != bridge->generation ||
	    fs_watch_try_prepare(&notice->call, bridge->client, sizeof(notice->events)) != 0)
		return;
	call_set_actor(&notice->call, bridge->actor);
	notice->state = NOTICE_ASKED;
	call_submit(&notice->call, answered, bridge);
}

void notice_tend(struct bridge *bridge)
{
	struct notice *notice = &bridge->notice;

	if (rung) {
		rung = 0;
		rings(false);
	}
	if (notice->state == NOTICE_TELLING && atomic_load_acquire(&notice->told))
		notice->state = NOTICE_DUE;
	if (notice->state == NOTICE_DUE)
		watch(bridge);
}

/* Signals are the loop's. */
static bool start_thread(struct bridge *bridge)
{
	struct notice *notice = &bridge->notice;
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&notice->thread, NULL, notice_main, bridge);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

bool notice_begin(struct bridge *bridge)
{
	/* No SA_RESTART: a read that sleeps is to end. */
	struct sigaction action = {.sa_handler = on_bell};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = BELL};
	struct notice *notice = &bridge->notice;

	/*
	 * What Linux has not written back yet is nobody else's business: such a mount is exclusive. And
	 * where it keeps nothing there is nothing to forget; being told while it asks would only have it
	 * distrust the answer, and go by what it knew before.
	 */
	if (bridge->options.writeback || bridge->options.timeout == 0)
		return true;
	notice->loop = pthread_self();
	if (sem_init(&notice->work, 0, 0) != 0 || timer_create(CLOCK_MONOTONIC, &event, &again) != 0 ||
	    sigaction(BELL, &action, NULL) != 0 || !os_signal_bell(bridge->os, BELL) || !start_thread(bridge))
		return false;
	notice->state = NOTICE_DUE;
	notice->begun = true;
	return true;
}

void notice_end(struct bridge *bridge)
{
	struct notice *notice = &bridge->notice;

	if (!notice->begun)
		return;
	notice->end = true;
	sem_post(&notice->work);
	pthread_join(notice->thread, NULL);
	timer_delete(again);
	signal(BELL, SIG_IGN);
	sem_destroy(&notice->work);
}

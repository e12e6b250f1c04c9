/*
 * The machine's side of processes: their lanes, pages and doorbells, how they
 * start, how they end. Servers are children, watched by pidfd; guests were
 * born outside, and are gone when they hang up or their pidfd says so.
 */
#include "machine.h"

#include <drydock/atomic.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLD_LOOK   0.02 /* seconds between looks whether a debugger has come */
#define EXIT_RETRY  0.05 /* seconds: a debugger has not yet let go of a dead child */
#define END_TIMEOUT 2000 /* milliseconds for a killed child to go */

/* ---- making ------------------------------------------------------------ */

static bool make_lane(struct host_process *process)
{
	uint64_t size = lane_size(KERNEL_LANE_DEPTH, KERNEL_BUFFER_SIZE);
	void *lane;

	process->lane_descriptor = memory_file("drydock-kernel-lane", size, F_SEAL_SEAL);
	if (process->lane_descriptor < 0)
		return false;
	lane = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, process->lane_descriptor, 0);
	if (lane == MAP_FAILED)
		return false;
	process->lane = lane;
	return true;
}

static bool make_pages(struct host_process *process)
{
	void *notice, *page;

	/* Ours to write: sealed as soon as we have mapped it, before anybody else sees it. */
	process->notice_descriptor = memory_file("drydock-notice", PAGE_SIZE, 0);
	if (process->notice_descriptor < 0)
		return false;
	notice = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, process->notice_descriptor, 0);
	if (notice == MAP_FAILED)
		return false;
	process->notice = notice;
	if (fcntl(process->notice_descriptor, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0)
		return false;
	/* The process's to write: sealed when it first has a peer, since it has mapped it by then. */
	process->page_descriptor = memory_file("drydock-owner-page", PAGE_SIZE, 0);
	if (process->page_descriptor < 0)
		return false;
	page = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, process->page_descriptor, 0);
	if (page == MAP_FAILED)
		return false;
	process->page = page;
	process->page_reader = descriptor_reopen(process->page_descriptor, O_RDONLY);
	return process->page_reader >= 0;
}

static bool make_doorbell(struct host_process *process)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	process->doorbell_read = ends[0];
	process->doorbell_write = ends[1];
	return fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0;
}

static void close_everything(struct host_process *process)
{
	if (process->lane != NULL)
		munmap(process->lane, lane_size(KERNEL_LANE_DEPTH, KERNEL_BUFFER_SIZE));
	if (process->notice != NULL)
		munmap(process->notice, PAGE_SIZE);
	if (process->page != NULL)
		munmap((void *)(uintptr_t)process->page, PAGE_SIZE);
	while (process->pass_count > 0)
		close(process->pass[--process->pass_count]);
	descriptor_close(&process->lane_descriptor);
	descriptor_close(&process->notice_descriptor);
	descriptor_close(&process->page_descriptor);
	descriptor_close(&process->page_reader);
	descriptor_close(&process->doorbell_read);
	descriptor_close(&process->doorbell_write);
	descriptor_close(&process->socket);
	descriptor_close(&process->socket_peer);
	descriptor_close(&process->pidfd);
}

static struct host_process *make(struct machine *machine, struct process *process)
{
	struct host_process *host_process = calloc(1, sizeof(*host_process));

	if (host_process == NULL)
		return NULL;
	host_process->machine = machine;
	runnable_initialize(&host_process->runnable);
	host_process->lane_descriptor = host_process->notice_descriptor = -1;
	host_process->page_descriptor = host_process->page_reader = -1;
	host_process->doorbell_read = host_process->doorbell_write = -1;
	host_process->socket = host_process->socket_peer = host_process->pidfd = -1;
	memcpy(host_process->name, process->name, sizeof(host_process->name));
	host_process->name[sizeof(host_process->name) - 1] = '\0';
	if (!make_lane(host_process) || !make_pages(host_process) || !make_doorbell(host_process)) {
		close_everything(host_process);
		free(host_process);
		return NULL;
	}
	return host_process;
}

enum error platform_process_create(struct machine *machine, struct process *process, const char *image)
{
	struct host_process *host_process;
	char path[PATH_MAX] = "";
	int ends[2];

	/* What ends now has been told to. */
	if (machine->stopping)
		return E_CANCELLED;
	if (image != NULL && !host_image_path(machine->options, image, path)) {
		console_print(machine, "no image '%s': there is no executable %s", image, path);
		return E_PROCESS_NOT_FOUND;
	}
	host_process = make(machine, process);
	if (host_process == NULL)
		return E_NOMEM;
	if (image != NULL) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
			close_everything(host_process);
			free(host_process);
			return E_NOMEM;
		}
		host_process->socket = ends[0];
		host_process->socket_peer = ends[1];
	} else {
		host_process->outside = true;
		host_process->socket = machine->arrival.socket;
		host_process->pid = machine->arrival.pid;
		machine->arrival.socket = -1;
	}
	memcpy(host_process->path, path, sizeof(path));
	host_process->process = process;
	process->machine = host_process;
	process->buffer = host_process->lane + lane_area_offset(KERNEL_LANE_DEPTH);
	process->notice = host_process->notice;
	list_add_tail(&machine->processes, &host_process->link);
	return E_OK;
}

/* ---- ending ------------------------------------------------------------ */

static void process_gone(struct host_process *process, uint64_t code)
{
	struct machine *machine = process->machine;
	bool init = process->process != NULL && process->process->number == 1;

	if (process->gone)
		return;
	process->gone = true;
	machine->kernel_left = true;
	if (process->scheduled)
		schedule_gone(process);
	ev_io_stop(machine->loop, &process->exit_watcher);
	ev_io_stop(machine->loop, &process->socket_watcher);
	ev_timer_stop(machine->loop, &process->exit_retry);
	ev_timer_stop(machine->loop, &process->hold);
	descriptor_close(&process->socket);
	descriptor_close(&process->pidfd);
	if (process->mount != NULL)
		mount_bridge_gone(process);
	if (process->process != NULL)
		kernel_process_exited(machine->kernel, process->process, code);
	if (init)
		init_died(machine);
	machine_stop_step(machine);
}

/* Something was done to it that ends it; whether it was a signal is news. */
static void tell_end(const struct host_process *process, const siginfo_t *status)
{
	struct machine *machine = process->machine;

	if (process->killed || machine->stopping || process->reported)
		return;
	if (status->si_code != CLD_EXITED)
		console_print(machine, "%s (linux pid %d) was ended by signal %d (%s)", process->name,
		              (int)process->pid, status->si_status, strsignal(status->si_status));
	else if (status->si_status != 0)
		console_print(machine, "%s (linux pid %d) ended with exit code %d", process->name,
		              (int)process->pid, status->si_status);
}

/* ---- what it sends on its descriptor socket ------------------------------ */

union packet {
	struct descriptor_header header;
	struct descriptor_exception exception;
	struct descriptor_status status;
};

static void take_packet(struct host_process *process, union packet *packet, size_t length)
{
	bool valid = length >= sizeof(packet->header) && packet->header.magic == DESCRIPTOR_MAGIC &&
	             packet->header.version == DESCRIPTOR_VERSION;

	if (valid && packet->header.type == DESCRIPTOR_EXCEPTION && length == sizeof(packet->exception)) {
		exception_caught(process, &packet->exception.record);
	} else if (valid && packet->header.type == DESCRIPTOR_STATUS && length == sizeof(packet->status)) {
		packet->status.text[STATUS_TEXT_SIZE - 1] = '\0';
		mount_status(process, &packet->status);
	} else {
		process_breach(process, "sent something unknown on its descriptor socket");
	}
}

/* Takes one packet, if there is any; what recv says. */
static ssize_t take_next(struct host_process *process)
{
	union packet packet;
	/* No room for descriptors: what a process sends is closed by Linux. */
	ssize_t length = recv(process->socket, &packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);

	if (length > 0)
		take_packet(process, &packet, (size_t)length);
	return length;
}

static void on_socket(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct host_process *process = watcher->data;
	ssize_t length = take_next(process);

	(void)events;
	if (length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	ev_io_stop(loop, &process->socket_watcher);
	/* A server's end is told by its pidfd; a guest that hangs up has left. */
	if (process->path[0] == '\0')
		process_gone(process, 0);
}

static void look_for_exit(struct host_process *process)
{
	siginfo_t status = {0};

	if (process->path[0] == '\0') {
		process_gone(process, 0);
		return;
	}
	if (waitid(P_PIDFD, (id_t)process->pidfd, &status, WEXITED | WNOHANG) != 0 || status.si_pid == 0) {
		/* Dead, but a debugger has its exit first: look again, without spinning on the pidfd. */
		ev_io_stop(process->machine->loop, &process->exit_watcher);
		ev_timer_set(&process->exit_retry, EXIT_RETRY, 0.);
		ev_timer_start(process->machine->loop, &process->exit_retry);
		return;
	}
	/* What it said before counts, though the loop may hear of its end first. */
	while (!process->gone && take_next(process) > 0)
		;
	tell_end(process, &status);
	if (status.si_code == CLD_DUMPED)
		core_report(process);
	process_gone(process, status.si_code == CLD_EXITED ? (uint64_t)status.si_status
	                                                   : EXIT_SIGNAL + (uint64_t)status.si_status);
}

static void on_exit_event(struct ev_loop *loop, ev_io *watcher, int events)
{
	(void)loop;
	(void)events;
	look_for_exit(watcher->data);
}

static void on_exit_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	look_for_exit(timer->data);
}

/* ---- starting ------------------------------------------------------------ */

static enum scheduling scheduling_of(const struct host_process *process)
{
	if (!process->machine->options->by_server)
		return SCHEDULING_LINUX;
	return process->scheduled ? SCHEDULING_SERVER : SCHEDULING_GUEST;
}

bool process_announce(struct host_process *process)
{
	struct machine *machine = process->machine;
	int descriptors[START_DESCRIPTORS];
	bool sent;

	/* A guest may call itself what it likes. */
	if (!process->outside && !devices_send(process))
		return false;
	descriptors[START_KERNEL_LANE] = process->lane_descriptor;
	descriptors[START_NOTICE] = descriptor_reopen(process->notice_descriptor, O_RDONLY);
	descriptors[START_OWNER_PAGE] = process->page_descriptor;
	/* An open file description of its own: O_NONBLOCK set by one must not become the other's. */
	descriptors[START_DOORBELL] = descriptor_reopen(process->doorbell_read, O_RDONLY);
	descriptors[START_HOST_PAGE] = machine->page_reader;
	descriptors[START_HOST_DOORBELL] = descriptor_reopen(machine->doorbell_write, O_WRONLY | O_NONBLOCK);
	sent = descriptors[START_NOTICE] >= 0 && descriptors[START_DOORBELL] >= 0 &&
	       descriptors[START_HOST_DOORBELL] >= 0 &&
	       descriptor_send_start(process, scheduling_of(process), descriptors);
	descriptor_close(&descriptors[START_NOTICE]);
	descriptor_close(&descriptors[START_DOORBELL]);
	descriptor_close(&descriptors[START_HOST_DOORBELL]);
	return sent;
}

static void on_hold(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct host_process *process = timer->data;

	(void)events;
	if (pid_state(process->pid) != PID_DEBUGGED)
		return;
	ev_timer_stop(loop, timer);
	process->held = false;
	if (!process_announce(process))
		process_breach(process, "cannot be given its lanes");
}

void process_watch(struct host_process *process, pid_t pid)
{
	struct ev_loop *loop = process->machine->loop;

	process->pid = pid;
	process->pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
	ev_init(&process->exit_watcher, on_exit_event);
	ev_init(&process->exit_retry, on_exit_retry);
	ev_init(&process->hold, on_hold);
	ev_init(&process->socket_watcher, on_socket);
	process->exit_watcher.data = process->exit_retry.data = process->socket_watcher.data = process;
	if (process->pidfd >= 0) {
		ev_io_set(&process->exit_watcher, process->pidfd, EV_READ);
		ev_io_start(loop, &process->exit_watcher);
	}
	ev_io_set(&process->socket_watcher, process->socket, EV_READ);
	ev_io_start(loop, &process->socket_watcher);
}

/*
 * A server that is to be debugged from its start gets its first packet only
 * when a debugger has it: until then it stands in os_create, all of it loaded
 * and none of it run. Stopping it by a signal would leave the debugger to get
 * it out of job control, which gdb does not.
 */
static void hold(struct host_process *process)
{
	struct machine *machine = process->machine;

	process->held = true;
	if (process->scheduled)
		schedule_hold(process);
	console_print(machine, "%s (linux pid %d) waits for a debugger: drydock gdb %s --name %s",
	              process->name, (int)process->pid, process->name, machine->instance.name);
	ev_timer_init(&process->hold, on_hold, HOLD_LOOK, HOLD_LOOK);
	process->hold.data = process;
	ev_timer_start(machine->loop, &process->hold);
}

enum error platform_process_start(struct machine *machine, struct process *process)
{
	const char *debugged = machine->options->gdb_server;
	struct host_process *host_process = process->machine;
	bool held = debugged != NULL && strcmp(debugged, host_process->name) == 0;
	pid_t pid;

	/* A guest runs already; who let it in announces it once it was told so. */
	if (host_process->outside)
		return E_OK;
	host_process->scheduled = machine->options->by_server;
	devices_prepare(host_process);
	if (!held && !host_process->scheduled && !process_announce(host_process))
		return E_NOMEM;
	pid = process_spawn(host_process, host_process->socket_peer, NULL);
	if (pid < 0)
		return E_IO;
	descriptor_close(&host_process->socket_peer);
	process_watch(host_process, pid);
	if (held)
		hold(host_process);
	else if (host_process->scheduled)
		schedule_start(host_process);
	return E_OK;
}

/* ---- what the kernel does to it -------------------------------------------- */

void platform_process_kill(struct machine *machine, struct process *process)
{
	struct host_process *host_process = process->machine;

	if (host_process->gone || host_process->killed)
		return;
	host_process->killed = true;
	/* If it has the processor it keeps that until its end is told. */
	if (host_process->scheduled)
		queue_remove(&machine->schedule.queue, &host_process->runnable);
	if (host_process->path[0] != '\0' && host_process->pidfd >= 0) {
		pidfd_send_signal(host_process->pidfd, SIGKILL, NULL, 0);
		return;
	}
	/* Somebody else's child is not ours to kill: it is let go of, which the loop tells the kernel. */
	host_process->cut = true;
	machine->kernel_left = true;
}

void process_breach(struct host_process *process, const char *why)
{
	if (process->killed || process->gone || process->process == NULL)
		return;
	console_print(process->machine, "%s (linux pid %d) %s; it is ended", process->name, (int)process->pid,
	              why);
	platform_process_kill(process->machine, process->process);
}

void platform_process_destroy(struct machine *machine, struct process *process)
{
	struct host_process *host_process = process->machine;

	host_process->process = NULL;
	process->machine = NULL;
	process->buffer = NULL;
	process->notice = NULL;
	machine->kernel_left = true;
}

void platform_process_wake(struct machine *machine, struct process *process)
{
	const struct host_process *host_process = process->machine;

	(void)machine;
	/* One that sleeps in WAIT is rung by the core, which completes that. */
	if (!host_process->scheduled)
		process_ring(process->machine);
}

uint64_t platform_process_name(struct machine *machine, struct process *process)
{
	const struct host_process *host_process = process->machine;

	(void)machine;
	return host_process != NULL ? (uint64_t)host_process->pid : 0;
}

enum error platform_process_switch(struct machine *machine, struct process *process)
{
	struct host_process *host_process = process->machine;

	(void)machine;
	/* Else Linux decides who runs. */
	return host_process->scheduled && schedule_choose(host_process) ? E_OK : E_INVAL;
}

void platform_process_schedule(struct machine *machine, struct process *process, uint32_t priority,
                               uint32_t slice)
{
	struct host_process *host_process = process->machine;
	int steps = (int)PRIORITY_DEFAULT - (int)priority;

	(void)machine;
	if (host_process->scheduled) {
		schedule_values(host_process, priority, slice);
		return;
	}
	/* Linux has no time slice of a process's own. */
	if (host_process->outside || host_process->pid <= 0 || host_process->gone)
		return;
	/* 31 is niceness -15, 16 is 0, 0 is 19. Raising needs a right that users lack: then it stays. */
	(void)setpriority(PRIO_PROCESS, (id_t)host_process->pid, steps > 0 ? steps * 19 / 16 : steps);
}

/* ---- all of them --------------------------------------------------------- */

static void process_free(struct host_process *process)
{
	struct ev_loop *loop = process->machine->loop;

	ev_io_stop(loop, &process->exit_watcher);
	ev_io_stop(loop, &process->socket_watcher);
	ev_timer_stop(loop, &process->exit_retry);
	ev_timer_stop(loop, &process->hold);
	list_remove(&process->link);
	close_everything(process);
	free(process);
}

bool processes_settle(struct machine *machine)
{
	bool any = machine->kernel_left;

	if (!any)
		return false;
	machine->kernel_left = false;
	list_for_each(link, &machine->processes) {
		struct host_process *process = list_entry(link, struct host_process, link);

		if (process->cut)
			process_gone(process, EXIT_SIGNAL + SIGKILL);
	}
	list_for_each(link, &machine->processes) {
		struct host_process *process = list_entry(link, struct host_process, link);

		if (process->process == NULL && (process->gone || process->pidfd < 0))
			process_free(process);
	}
	return true;
}

void processes_end(struct machine *machine)
{
	list_for_each(link, &machine->processes) {
		struct host_process *process = list_entry(link, struct host_process, link);

		process->killed = true;
		if (process->path[0] != '\0' && process->pidfd >= 0)
			pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
	}
	list_for_each(link, &machine->processes) {
		struct host_process *process = list_entry(link, struct host_process, link);
		struct pollfd dead = {.fd = process->pidfd, .events = POLLIN};
		siginfo_t status;

		if (process->path[0] == '\0' || process->pidfd < 0)
			continue;
		if (poll(&dead, 1, END_TIMEOUT) > 0)
			waitid(P_PIDFD, (id_t)process->pidfd, &status, WEXITED | WNOHANG);
		descriptor_close(&process->pidfd);
	}
}

/*
 * Running an instance: everything is set up, then one libev loop, in one
 * thread, until it is stopped.
 *
 * The host is a peer like any other. Before the loop sleeps it drains all
 * kernel lanes, arms, and looks once more; who publishes a call and finds it
 * armed rings its doorbell, which the loop watches.
 */
#include "machine.h"

#include <drydock/atomic.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROUNDS_LIMIT   64u /* of serving calls before the loop looks at everything else */

/* ---- the loop --------------------------------------------------------------- */

static void on_prepare(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	struct machine *machine = watcher->data;
	bool more;

	(void)events;
	do {
		more = kernel_lanes_serve(machine, ROUNDS_LIMIT);
		processes_settle(machine);
		announcement_settle(machine);
		schedule_settle(machine);
	} while (!more && machine->kernel_left);
	if (!more) {
		atomic_store_relaxed(&machine->page->armed, 1);
		/* Pairs with the fence of who publishes: either it sees us armed, or we see its call. */
		atomic_fence();
		more = kernel_lanes_pending(machine);
	}
	/* With something left to do the loop looks at the rest without sleeping, and comes back. */
	if (more)
		ev_idle_start(loop, &machine->idle);
	else
		ev_idle_stop(loop, &machine->idle);
}

static void on_check(struct ev_loop *loop, ev_check *watcher, int events)
{
	struct machine *machine = watcher->data;
	int processor = sched_getcpu();

	(void)loop;
	(void)events;
	atomic_store_relaxed(&machine->page->armed, 0);
	atomic_store_relaxed(&machine->page->processor, (uint32_t)processor);
}

static void on_idle(struct ev_loop *loop, ev_idle *watcher, int events)
{
	(void)loop;
	(void)watcher;
	(void)events;
}

static void on_doorbell(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct machine *machine = watcher->data;
	char rings[4096];

	(void)loop;
	(void)events;
	/* What they ring for is done before the loop sleeps again. */
	(void)!read(machine->doorbell_read, rings, sizeof(rings));
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct machine *machine = timer->data;

	(void)loop;
	(void)events;
	kernel_tick(machine->kernel);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct machine *machine = watcher->data;

	(void)loop;
	(void)events;
	machine_stop(machine, NULL);
}

static void watch_all(struct machine *machine)
{
	struct ev_loop *loop = machine->loop;

	ev_prepare_init(&machine->prepare, on_prepare);
	ev_check_init(&machine->check, on_check);
	ev_idle_init(&machine->idle, on_idle);
	ev_io_init(&machine->doorbell_watcher, on_doorbell, machine->doorbell_read, EV_READ);
	ev_init(&machine->tick, on_tick);
	ev_signal_init(&machine->interrupt, on_signal, SIGINT);
	ev_signal_init(&machine->terminate, on_signal, SIGTERM);
	ev_signal_init(&machine->hang_up, on_signal, SIGHUP);
	machine->prepare.data = machine->check.data = machine->doorbell_watcher.data = machine;
	machine->tick.data = machine->interrupt.data = machine->terminate.data = machine->hang_up.data =
		machine;
	ev_prepare_start(loop, &machine->prepare);
	ev_check_start(loop, &machine->check);
	ev_io_start(loop, &machine->doorbell_watcher);
	ev_signal_start(loop, &machine->interrupt);
	ev_signal_start(loop, &machine->terminate);
	ev_signal_start(loop, &machine->hang_up);
}

/* ---- setting up --------------------------------------------------------------- */

static bool fail(char *error, size_t size, const char *what)
{
	snprintf(error, size, "%s: %s", what, strerror(errno));
	return false;
}

/* The host's own page and doorbell. */
static bool make_peer(struct machine *machine, char *error, size_t size)
{
	int page = memory_file("drydock-host-page", PAGE_SIZE, 0), ends[2];
	void *address;

	if (page < 0)
		return fail(error, size, "cannot make shared memory (memfd_create)");
	address = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);
	machine->page_reader = descriptor_reopen(page, O_RDONLY);
	if (address == MAP_FAILED || machine->page_reader < 0 ||
	    fcntl(page, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0) {
		close(page);
		return fail(error, size, "cannot share memory (is /proc mounted?)");
	}
	close(page);
	machine->page = address;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return fail(error, size, "cannot make a pipe");
	machine->doorbell_read = ends[0];
	machine->doorbell_write = ends[1];
	return true;
}

/* Each process takes some ten descriptors here. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static struct credentials own_credentials(void)
{
	struct credentials credentials = {.uid = geteuid(), .gid = getegid()};
	gid_t groups[LANE_GROUPS_MAXIMUM];
	int count = getgroups(LANE_GROUPS_MAXIMUM, groups);

	for (int i = 0; i < count; i++)
		credentials.groups[credentials.group_count++] = groups[i];
	return credentials;
}

/* From here on the console is the file alone, and the terminal's owner may go. */
static void go_to_background(struct machine *machine)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	machine->background = true;
	setsid();
	if (nothing >= 0) {
		dup2(nothing, STDIN_FILENO);
		dup2(nothing, STDOUT_FILENO);
		/* What servers write to stderr (a sanitizer's report) is worth keeping. */
		dup2(machine->console >= 0 ? machine->console : nothing, STDERR_FILENO);
		close(nothing);
	}
}

static void on_cleared(void *context, const char *directory)
{
	console_print(context, "cleared a mount that died with its host: %s", directory);
}

static bool open_instance(struct machine *machine, char *error, size_t size)
{
	char pid[16];

	if (!instance_open(&machine->instance, machine->options->name, error, size))
		return false;
	instance_clear(&machine->instance, on_cleared, machine);
	machine->console = openat(machine->instance.handle, "console",
	                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (machine->options->notify >= 0)
		go_to_background(machine);
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	instance_write(&machine->instance, "pid", pid);
	return true;
}

static bool set_up(struct machine *machine, char *error, size_t size)
{
	const struct credentials owner = own_credentials();
	const struct quota quota = kernel_quota(machine->options->manifest);

	machine->loop = ev_loop_new(EVFLAG_AUTO);
	if (machine->loop == NULL)
		return fail(error, size, "cannot make an event loop");
	if (!devices_open(machine, error, size) || !make_peer(machine, error, size) ||
	    !control_open(machine, error, size))
		return false;
	placement_choose(machine->options->processors, &machine->placement);
	placement_apply(&machine->placement);
	watch_all(machine);
	schedule_initialize(machine);
	machine->kernel = kernel_create(machine, &quota, &owner);
	if (machine->kernel == NULL) {
		errno = ENOMEM;
		return fail(error, size, "cannot make the kernel");
	}
	return true;
}

static bool boot(struct machine *machine, char *error, size_t size)
{
	enum error result;

	console_print(machine, "Drydock %s, instance '%s', linux pid %d", DRYDOCK_VERSION,
	              machine->instance.name, (int)getpid());
	console_print(machine, "placement: %s", machine->placement.reason);
	if (machine->options->by_server)
		console_print(machine, "scheduling: one process runs at a time, as the scheduler server says");
	machine->init_started = platform_time(machine);
	result = kernel_start_init(machine->kernel, machine->options->manifest);
	if (result == E_OK)
		return true;
	snprintf(error, size, "cannot start init (error %d)", result);
	return false;
}

/* ---- the end -------------------------------------------------------------------- */

static void tear_down(struct machine *machine)
{
	unsigned remains;

	machine->stopping = machine->disks_told = true;
	/* What is left takes a moment, and must not be left half done; the loop's handlers end with it. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (machine->loop != NULL) {
		helpers_end(machine);
		processes_end(machine);
		mounts_detach(machine);
		if (machine->kernel != NULL)
			kernel_destroy(machine->kernel);
		machine->kernel = NULL;
		machine->kernel_left = true;
		processes_settle(machine);
		control_close(machine);
		ev_loop_destroy(machine->loop);
	}
	devices_close(machine);
	remains = instance_close(&machine->instance);
	if (remains > 0)
		console_print(machine, "crash reports and cores are kept in %s", machine->instance.directory);
	descriptor_close(&machine->console);
	descriptor_close(&machine->doorbell_read);
	descriptor_close(&machine->doorbell_write);
	descriptor_close(&machine->page_reader);
	if (machine->page != NULL)
		munmap(machine->page, PAGE_SIZE);
	cJSON_Delete(machine->busy);
}

int host_run(const struct host_options *options)
{
	static const struct machine nothing = {.console = -1,
	                                       .control = -1,
	                                       .page_reader = -1,
	                                       .doorbell_read = -1,
	                                       .doorbell_write = -1,
	                                       .spare = -1,
	                                       .arrival = {.socket = -1}};
	struct machine machine = nothing;
	char error[512];
	int code;

	machine.options = options;
	machine.notify = options->notify;
	machine.started = platform_time(&machine);
	list_init(&machine.processes);
	list_init(&machine.helpers);
	list_init(&machine.clients);
	list_init(&machine.mounts);
	signal(SIGPIPE, SIG_IGN);
	raise_limits();
	if (!open_instance(&machine, error, sizeof(error))) {
		machine_notify(&machine, error);
		return EXIT_FAILURE;
	}
	if (!set_up(&machine, error, sizeof(error)) || !boot(&machine, error, sizeof(error))) {
		console_print(&machine, "boot failed: %s", error);
		machine_notify(&machine, error);
		code = EXIT_FAILURE;
	} else {
		ev_run(machine.loop, 0);
		code = machine.boot_failed ? EXIT_FAILURE : EXIT_SUCCESS;
		if (machine.notify >= 0)
			machine_notify(&machine, "it was stopped before it was up");
	}
	tear_down(&machine);
	return code;
}

/* The event loop of a process (drydock/server.h). */
#include "user/runtime.h"

#include <drydock/format.h>
#include <drydock/string.h>

#include "user/fiber.h"
#include "user/service.h"

static uint64_t runtime_bytes(const struct server_definition *definition)
{
	uint64_t size = sizeof(struct runtime) + definition->state_size + 16;

	return (size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

/* The first fiber: what comes before the program's own start. */
static void start_fiber(void *argument)
{
	struct runtime *runtime = argument;
	const struct server_definition *definition = runtime->definition;

	if (!definition->quiet) {
		log_start(runtime);
		log_print(runtime, LOG_INFO, "%s_server started (PID %u)", definition->name,
		          os_start(runtime->os)->number);
	}
	definition->start(runtime, runtime->state);
}

struct runtime *runtime_create(struct os *os, const struct server_definition *definition)
{
	struct runtime *runtime;
	handle_t memory;
	void *address;

	if (os_memory_allocate(os, runtime_bytes(definition), 0, &memory, &address) != E_OK)
		return NULL;
	runtime = address;
	runtime->os = os;
	runtime->definition = definition;
	runtime->memory = memory;
	runtime->home = os_start(os)->home;
	runtime->notice = os_notice(os);
	runtime->page = os_page(os);
	runtime->state = (void *)(((uintptr_t)(runtime + 1) + 15) & ~(uintptr_t)15);
	list_init(&runtime->lanes);
	list_init(&runtime->dirty);
	list_init(&runtime->services);
	list_init(&runtime->clients);
	list_init(&runtime->closing);
	list_init(&runtime->work);
	list_init(&runtime->devices);
	list_init(&runtime->stillborn);
	list_init(&runtime->fibers);
	list_init(&runtime->ready);
	list_init(&runtime->idle_fibers);
	wheel_init(&runtime->wheel, os_time(os));
	if (fiber_start(runtime, start_fiber, runtime) != E_OK) {
		runtime_destroy(runtime);
		return NULL;
	}
	return runtime;
}

void runtime_destroy(struct runtime *runtime)
{
	client_free_all(runtime);
	service_free_all(runtime);
	fiber_free_all(runtime);
	heap_free_all(runtime);
	os_memory_free(runtime->os, runtime->memory, runtime, runtime_bytes(runtime->definition));
}

bool runtime_lanes_pending(const struct runtime *runtime)
{
	for (struct list *link = runtime->lanes.next; link != &runtime->lanes; link = link->next) {
		if (ring_pending(&list_entry(link, struct lane, link)->in))
			return true;
	}
	return false;
}

bool runtime_pending(const struct runtime *runtime)
{
	if (runtime_lanes_pending(runtime) || runtime_port_pending(runtime, runtime->home))
		return true;
	for (struct list *link = runtime->services.next; link != &runtime->services; link = link->next) {
		if (runtime_port_pending(runtime, list_entry(link, struct service, link)->port))
			return true;
	}
	return false;
}

static bool drain_lanes(struct runtime *runtime)
{
	bool any = false;

	list_for_each(link, &runtime->lanes) {
		struct lane *lane = list_entry(link, struct lane, link);

		if (!ring_pending(&lane->in))
			continue;
		any = true;
		runtime->wait.lane = lane;
		if (lane->client)
			client_drain(lane);
		else
			connection_drain(lane);
	}
	return any;
}

static bool drain_ports(struct runtime *runtime)
{
	handle_t home = runtime->home;
	bool any = false;

	if (runtime_port_pending(runtime, home))
		any = event_drain(runtime, home);
	list_for_each(link, &runtime->services) {
		struct service *service = list_entry(link, struct service, link);

		if (service->port != home && runtime_port_pending(runtime, service->port))
			any |= event_drain(runtime, service->port);
	}
	return any;
}

/* Fires what is due. A call's deadline does not fire while anything is in a debugger. */
static bool fire_timers(struct runtime *runtime)
{
	struct timer *timer;
	bool any = false;
	uint64_t now;

	if (runtime->wheel.count == 0)
		return false;
	now = os_time(runtime->os);
	while ((timer = wheel_expire(&runtime->wheel, now)) != NULL) {
		if (timer->call) {
			uint64_t again = runtime_trap(runtime, SYS_DEADLINE_CHECK, timer->deadline, 0, 0, 0);

			if (again != 0 && !result_is_error(again)) {
				timer_set(runtime, timer, again);
				continue;
			}
		}
		any = true;
		timer->fire(timer, timer->context);
	}
	return any;
}

void runtime_publish(struct runtime *runtime)
{
	if (!list_empty(&runtime->devices))
		devices_kick(runtime);
	if (list_empty(&runtime->dirty))
		return;
	for (struct list *link = runtime->dirty.next; link != &runtime->dirty; link = link->next)
		lane_publish(list_entry(link, struct lane, dirty));
	/* Orders what was published before the reading of `armed`; see runtime_sleep. */
	atomic_fence();
	for (struct list *link; (link = list_take(&runtime->dirty)) != NULL;) {
		struct lane *lane = list_entry(link, struct lane, dirty);

		runtime->wait.lane = lane;
		lane_wake(runtime->os, lane);
	}
}

static inline bool fibers_due(const struct runtime *runtime)
{
	return !list_empty(&runtime->ready) || !list_empty(&runtime->work) || !list_empty(&runtime->stillborn);
}

static bool run_due_fibers(struct runtime *runtime)
{
	bool any = false, more;

	do {
		more = !list_empty(&runtime->work) && connection_start_workers(runtime);
		more |= !list_empty(&runtime->ready) && fiber_run_ready(runtime);
		more |= !list_empty(&runtime->stillborn) && call_finish_stillborn(runtime);
		any |= more;
	} while (more && fibers_due(runtime));
	return any;
}

/* Runs fibers, and begins requests in new ones, until all wait. */
static inline bool run_fibers(struct runtime *runtime)
{
	return fibers_due(runtime) && run_due_fibers(runtime);
}

bool runtime_round(struct runtime *runtime)
{
	/* First what was made ready outside of the loop: a new process's start sees its events. */
	bool any = run_fibers(runtime), more;

	if (!list_empty(&runtime->devices))
		any |= devices_poll(runtime);
	any |= drain_lanes(runtime);
	any |= run_fibers(runtime);
	/* Peers wait for these; what follows is rare. */
	runtime_publish(runtime);
	more = drain_ports(runtime);
	more |= fire_timers(runtime);
	if (more) {
		any = true;
		run_fibers(runtime);
		runtime_publish(runtime);
	}
	/* What `disconnected` does may wake fibers, write to the log, close another. */
	while (!list_empty(&runtime->closing) && connection_finish_closing(runtime)) {
		run_fibers(runtime);
		runtime_publish(runtime);
	}
	return any;
}

/*
 * The sleeper's half of the handshake (docs/ABI.md, "Waking"): armed, a
 * fence, one more look; tests/model/wakeup.pml shows that it needs both.
 */
bool runtime_arm(struct runtime *runtime)
{
	atomic_store_relaxed(&runtime->page->armed, 1);
	atomic_fence();
	if (!runtime_pending(runtime))
		return true;
	runtime_disarm(runtime);
	return false;
}

void runtime_disarm(struct runtime *runtime)
{
	atomic_store_relaxed(&runtime->page->armed, 0);
}

void runtime_sleep(struct runtime *runtime)
{
	if (!list_empty(&runtime->ready) || !list_empty(&runtime->stillborn) || wait_linger(runtime))
		return;
	if (runtime_arm(runtime)) {
		if (devices_arm(runtime))
			os_sleep(runtime->os, wheel_next(&runtime->wheel));
		runtime_disarm(runtime);
	}
}

uint64_t runtime_main(struct os *os, const struct server_definition *definition)
{
	struct runtime *runtime = runtime_create(os, definition);
	uint64_t code;

	if (runtime == NULL) {
		static const char text[] = "drydock: no memory for the runtime; raise the quota\n";

		os_panic_print(os, text, sizeof(text) - 1);
		return 1;
	}
	runtime_round(runtime);
	while (!runtime_stopped(runtime, &code)) {
		/* Comes back at once where there is more to do. */
		runtime_sleep(runtime);
		runtime_round(runtime);
	}
	runtime_destroy(runtime);
	return code;
}

bool runtime_stopped(const struct runtime *runtime, uint64_t *code)
{
	if (runtime->stopped)
		*code = runtime->stop_code;
	return runtime->stopped;
}

void runtime_panic(struct runtime *runtime, const char *text)
{
	os_panic_print(runtime->os, text, string_length(text));
	os_exit(runtime->os, 1);
}

void runtime_stop(struct runtime *runtime, uint64_t code)
{
	runtime->stopped = true;
	runtime->stop_code = code;
}

struct os *runtime_os(struct runtime *runtime)
{
	return runtime->os;
}

void *runtime_state(struct runtime *runtime)
{
	return runtime->state;
}

const struct start_block *runtime_start(struct runtime *runtime)
{
	return os_start(runtime->os);
}

handle_t runtime_grant(struct runtime *runtime, const char *name)
{
	const struct start_block *start = os_start(runtime->os);

	for (uint32_t i = 0; i < start->grant_count && i < SPAWN_GRANTS_MAXIMUM; i++) {
		if (string_equal(start->grants[i].name, name))
			return start->grants[i].handle;
	}
	return 0;
}

uint64_t runtime_time(struct runtime *runtime)
{
	return os_time(runtime->os);
}

uint64_t runtime_wall_time(struct runtime *runtime)
{
	return os_wall_time(runtime->os);
}

uint64_t runtime_trap(struct runtime *runtime, enum system_call call, uint64_t a, uint64_t b, uint64_t c,
                      uint64_t d)
{
	const uint64_t arguments[6] = {a, b, c, d, 0, 0};
	uint64_t length = 0;

	return os_trap(runtime->os, call, arguments, &length);
}

uint64_t runtime_trap_data(struct runtime *runtime, enum system_call call, uint64_t a, uint64_t b,
                           const void *data, uint64_t length)
{
	const uint64_t arguments[6] = {a, b, 0, 0, 0, 0};

	if (length > KERNEL_BUFFER_SIZE)
		return error_result(E_TOO_LARGE);
	memcpy(os_buffer(runtime->os), data, length);
	return os_trap(runtime->os, call, arguments, &length);
}

void runtime_on_receipt(struct runtime *runtime, void (*handler)(void *context, const struct receipt *receipt),
                        void *context)
{
	runtime->on_receipt = handler;
	runtime->receipt_context = context;
}

void runtime_set_waiting(struct runtime *runtime, enum waiting waiting)
{
	runtime->wait.policy = (uint8_t)waiting;
}

/*
 * Starting services and what happens when they end. Everything here runs in
 * the loop or in a fiber and completes at once.
 */
#include "init.h"

#include <drydock/format.h>
#include <drydock/os.h>
#include <drydock/proto/init.h>
#include <drydock/string.h>

#include "grants.h"

static void drop(struct init *init, handle_t *handle)
{
	if (*handle)
		runtime_trap(init->runtime, SYS_CAP_DROP, *handle, 0, 0, 0);
	*handle = 0;
}

/* Grants are duplicated by the kernel: init names its own. */
static void grants_name_own(struct init *init, struct spawn *spawn)
{
	for (uint32_t at = 0; at < spawn->grant_count; at++)
		spawn->grants[at].handle = runtime_grant(init->runtime, spawn->grants[at].name);
}

static enum error unit_spawn(struct unit *unit)
{
	struct init *init = unit->init;
	handle_t authority = runtime_grant(init->runtime, grants_authority_name(AUTHORITY_SPAWN));
	struct spawn spawn;
	uint64_t result;

	grants_spawn(&init->manifest, unit->index, &spawn);
	grants_name_own(init, &spawn);
	result = runtime_trap_data(init->runtime, SYS_SCHED_SPAWN, authority, 0, &spawn, sizeof(spawn));
	if (result_is_error(result))
		return result_error(result);
	unit->process = (handle_t)result;
	return E_OK;
}

static const char *spawn_problem(enum error error)
{
	switch (error) {
	case E_PROCESS_NOT_FOUND: return "there is no such image";
	case E_QUOTA: return "its quota is more than is left";
	case E_NOMEM: return "the machine has no memory left";
	case E_NO_RIGHTS: return "init lacks an authority that it should hand on";
	case E_EXISTS: return "its number is taken";
	case E_IO: return "the machine could not run it";
	default: return "the kernel refused";
	}
}

/* ---- ending -------------------------------------------------------------- */

void unit_timer(struct timer *timer, void *context)
{
	struct unit *unit = context;

	(void)timer;
	if (unit->supervision.state == INIT_STATE_RESTARTING)
		unit_start(unit);
}

/* Says what becomes of the unit, `what` being how it ended. */
static void unit_tell(struct unit *unit, uint64_t now, const char *what)
{
	struct init *init = unit->init;
	const char *name = unit_service(unit)->name;
	uint64_t delay = (unit->supervision.due - now) / 1000000;

	if (unit->supervision.state == INIT_STATE_FAILED) {
		format_string(init->failure, sizeof(init->failure), "%s %s", name, what);
		log_print(init->runtime, LOG_ERROR, "%s %s; it is not started again", name, what);
	} else if (delay == 0) {
		log_print(init->runtime, LOG_WARNING, "%s %s; starting it again", name, what);
	} else {
		log_print(init->runtime, LOG_WARNING, "%s %s; starting it again in %llu ms", name, what,
		          (unsigned long long)delay);
	}
}

/* The unit has no process (any more), and nobody asked for that. `hopeless`: trying again would not help. */
static void unit_over(struct unit *unit, const char *what, bool hopeless)
{
	struct init *init = unit->init;
	uint64_t now = runtime_time(init->runtime);
	bool failed;

	supervise_ended(&unit->supervision, unit_service(unit)->restart, init->booting, now);
	if (hopeless)
		supervise_failed(&unit->supervision);
	failed = unit->supervision.state == INIT_STATE_FAILED;
	unit_tell(unit, now, what);
	/* While anything is in a debugger nothing is started behind its user's back. */
	unit->timer.call = true;
	if (!failed)
		timer_set(init->runtime, &unit->timer, unit->supervision.due);
	serve_not_started(unit, failed);
	if (failed && init->boot)
		fiber_wake(init->boot);
}

void unit_start(struct unit *unit)
{
	struct init *init = unit->init;
	char what[160];
	enum error error;

	timer_cancel(init->runtime, &unit->timer);
	unit->commanded = unit->killed = false;
	supervise_started(&unit->supervision);
	error = unit_spawn(unit);
	if (error) {
		format_string(what, sizeof(what), "cannot be started from image \"%s\": %s (error %d)",
		              unit_service(unit)->image, spawn_problem(error), (int)error);
		/* At boot somebody waits to be told; later the image may come back, as in a rebuild. */
		unit_over(unit, what, init->booting);
	}
}

void unit_restart(struct unit *unit)
{
	supervise_commanded(&unit->supervision, unit->process != 0, runtime_time(unit->init->runtime));
	if (unit->process) {
		unit->commanded = true;
		/* Where it is dead already, that event is on its way. */
		runtime_trap(unit->init->runtime, SYS_PROCESS_KILL, unit->process, 0, 0, 0);
	} else {
		/* In the loop: the caller's request is to be detached before it is replied to. */
		unit->timer.call = false;
		timer_set(unit->init->runtime, &unit->timer, unit->supervision.due);
	}
}

void unit_kill(struct unit *unit)
{
	unit->killed = true;
	/* Where it is dead already, that event is on its way. */
	runtime_trap(unit->init->runtime, SYS_PROCESS_KILL, unit->process, 0, 0, 0);
}

bool unit_available(const struct unit *unit)
{
	return unit->supervision.state == INIT_STATE_RUNNING && !unit->commanded && !unit->killed;
}

/* Nobody's badge but init's own: no service, no role. */
#define BADGE_INIT badge_make(UINT32_MAX, 0)

/* A fiber: init cannot ask itself for the log, as others do. */
static void use_log(void *context)
{
	struct unit *unit = context;
	struct init *init = unit->init;
	uint64_t port = runtime_trap(init->runtime, SYS_PORT_DERIVE, unit->port, BADGE_INIT, 0, 0);

	if (!result_is_error(port))
		log_connect(init->runtime, (handle_t)port);
	init->log_connecting = false;
	if (init->boot)
		fiber_wake(init->boot);
}

void unit_registered(struct unit *unit, handle_t port, uint64_t process_id)
{
	struct init *init = unit->init;

	drop(init, &unit->port);
	unit->port = port;
	unit->process_id = process_id;
	supervise_registered(&unit->supervision, runtime_time(init->runtime));
	if (!unit_available(unit))
		return;
	serve_available(unit);
	if (string_equal(unit_service(unit)->name, "log") && !init->log_connecting)
		init->log_connecting = fiber_start(init->runtime, use_log, unit) == E_OK;
	if (init->boot)
		fiber_wake(init->boot);
}

/* ---- events ---------------------------------------------------------------- */

/* Names of the vectors that programs raise (Intel SDM vol. 3, 6.3.1). */
static const char *vector_name(uint32_t vector)
{
	switch (vector) {
	case 0: return "divide error";
	case 1: return "debug exception";
	case 3: return "breakpoint";
	case 6: return "invalid instruction";
	case 13: return "general protection fault";
	case 14: return "page fault";
	case 16:
	case 19: return "floating point exception";
	case 17: return "misaligned access";
	default: return "exception";
	}
}

/* Names of the signals that end a process with a report (sim/user); of others the number says as much. */
static const char *signal_name(uint32_t signal)
{
	switch (signal) {
	case 4: return "SIGILL";
	case 6: return "SIGABRT";
	case 7: return "SIGBUS";
	case 8: return "SIGFPE";
	case 11: return "SIGSEGV";
	case 31: return "SIGSYS";
	default: return "signal";
	}
}

static void unit_exception(struct unit *unit)
{
	struct init *init = unit->init;
	struct exception_record record;
	const char *name = unit_service(unit)->name;
	const char *access = "reading";
	uint64_t result = runtime_trap(init->runtime, SYS_PROCESS_EXCEPTION, unit->process, 0, 0, 0);

	if (result_is_error(result)) {
		log_print(init->runtime, LOG_ERROR, "%s raised an exception", name);
		return;
	}
	memcpy(&record, os_buffer(runtime_os(init->runtime)), sizeof(record));
	if (record.code & (1u << 1))
		access = "writing";
	else if (record.code & (1u << 4))
		access = "executing";
	if (record.vector == 14)
		log_print(init->runtime, LOG_ERROR, "%s: page fault %s 0x%llx at instruction 0x%llx", name,
		          access, (unsigned long long)record.address, (unsigned long long)record.rip);
	else if (record.vector == EXCEPTION_SIGNAL)
		log_print(init->runtime, LOG_ERROR, "%s: %s (signal %u) sent at instruction 0x%llx", name,
		          signal_name(record.signal), record.signal, (unsigned long long)record.rip);
	else
		log_print(init->runtime, LOG_ERROR, "%s: %s (%u) at instruction 0x%llx", name,
		          vector_name(record.vector), record.vector, (unsigned long long)record.rip);
}

static void unit_exited(struct unit *unit, const struct receipt *receipt)
{
	struct init *init = unit->init;
	bool commanded = unit->commanded;
	char what[64];

	drop(init, &unit->process);
	drop(init, &unit->port);
	unit->process_id = 0;
	unit->ended_id = receipt->process;
	serve_ended(unit);
	if (commanded) {
		log_print(init->runtime, LOG_INFO, "%s was ended in order to be started again",
		          unit_service(unit)->name);
		unit_start(unit);
		return;
	}
	if (unit->killed)
		format_string(what, sizeof(what), "was killed by order");
	else if (receipt->value > 256)
		format_string(what, sizeof(what), "was killed by signal %llu",
		              (unsigned long long)(receipt->value - 256));
	else
		format_string(what, sizeof(what), "ended with code %llu", (unsigned long long)receipt->value);
	unit_over(unit, what, false);
}

void lifecycle_receipt(void *context, const struct receipt *receipt)
{
	struct init *init = context;
	handle_t stranger = receipt->handle;

	if (receipt->kind != RECEIPT_PROCESS)
		return; /* nobody has anything to tell init by datagram */
	for (uint32_t index = 0; index < init->manifest.service_count; index++) {
		struct unit *unit = &init->units[index];

		if (!unit->process || unit->process != receipt->handle)
			continue;
		if (receipt->bits & EVENT_PROCESS_EXCEPTION)
			unit_exception(unit);
		if (receipt->bits & EVENT_PROCESS_EXITED)
			unit_exited(unit, receipt);
		return;
	}
	/* One that is not of the manifest, which init holds since its own restart. */
	if (receipt->bits & EVENT_PROCESS_EXITED)
		drop(init, &stranger);
}

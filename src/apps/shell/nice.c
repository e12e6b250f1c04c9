/* nice: which priority and slice processes have, and other ones for them. */
#include "builtin.h"

#include <drydock/proto/scheduler.h>
#include <drydock/string.h>

#include "listing.h"
#include "text.h"

#define MICROSECONDS   1000u /* of a millisecond */
#define SLICE_LONGEST  1000u /* milliseconds */
#define VALUE_PRIORITY 0
#define VALUE_SLICE    1

/* One `nice` at work. */
struct nice {
	struct shell *shell;
	const char *priority_given, *slice_given; /* NULL: that stays */
	uint64_t priority, slice;                 /* slice: milliseconds */
	struct listing listing;
	int32_t status; /* of the first call that failed */
};

static bool wants_change(const struct nice *nice)
{
	return nice->priority_given || nice->slice_given;
}

/* Sets what is wanted, and adds the process to the list as it is then. Returns a status. */
static int32_t nice_process(struct nice *nice, const struct inspect_process *process)
{
	struct scheduler_get_results values;
	char slice[TEXT_SLICE_SIZE];
	struct client *scheduler;
	int32_t status = shell_client(nice->shell, SERVER_SCHEDULER, &scheduler);

	if (!status)
		status = scheduler_get(scheduler, process->id, &values);
	if (!status && wants_change(nice)) {
		if (nice->priority_given)
			values.priority = (uint32_t)nice->priority;
		if (nice->slice_given)
			values.slice = (uint32_t)nice->slice * MICROSECONDS;
		status = scheduler_set(scheduler, process->id, values.priority, values.slice);
	}
	if (status)
		return status;
	text_slice(values.slice, slice);
	listing_add(&nice->listing, "%u", process->number);
	listing_add(&nice->listing, "%s", process->name);
	listing_add(&nice->listing, "%u", values.priority);
	listing_add(&nice->listing, "%s", slice);
	return 0;
}

/* Guests are not the scheduler's, and who has ended meanwhile is nobody's. */
static void nice_each(const void *record, void *context)
{
	struct nice *nice = context;
	struct inspect_process process;
	int32_t status;

	memcpy(&process, record, sizeof(process));
	if (process.number == 0 || process.state == PROCESS_DEAD || nice->status)
		return;
	status = nice_process(nice, &process);
	if (status != POSIX_ENOENT)
		nice->status = status;
}

static int nice_error(struct shell *shell, const char *subject, int32_t status)
{
	if (status == POSIX_ENOENT)
		return shell_error(shell, "nice: %s: there is no such process; see: ps", subject);
	if (status == POSIX_EPERM)
		return shell_error(shell, "nice: %s: the manifest does not grant this shell control of the scheduler",
		                   subject);
	return shell_status_error(shell, "nice", subject, status);
}

static int nice_operand(struct nice *nice, const char *operand)
{
	struct inspect_process process;
	int32_t status = process_find(nice->shell, operand, &process);

	/* A guest is scheduled by the machine alone. */
	if (!status && process.number == 0)
		return shell_error(nice->shell, "nice: %s: only processes with a number have a priority", operand);
	if (status && status != POSIX_ENOENT)
		return processes_error(nice->shell, "nice", status);
	if (!status)
		status = nice_process(nice, &process);
	return status ? nice_error(nice->shell, operand, status) : 0;
}

/* False after saying what is wrong. */
static bool take_values(struct nice *nice, const struct arguments *arguments)
{
	nice->priority_given = arguments->values[VALUE_PRIORITY];
	nice->slice_given = arguments->values[VALUE_SLICE];
	if (nice->priority_given &&
	    (!string_to_number(nice->priority_given, &nice->priority) || nice->priority > PRIORITY_MAXIMUM)) {
		shell_error(nice->shell, "nice: %s: a priority is a number up to %u, more being more urgent",
		            nice->priority_given, PRIORITY_MAXIMUM);
		return false;
	}
	if (nice->slice_given && (!string_to_number(nice->slice_given, &nice->slice) || nice->slice == 0 ||
	                          nice->slice > SLICE_LONGEST)) {
		shell_error(nice->shell, "nice: %s: a slice is 1 to %u milliseconds", nice->slice_given,
		            SLICE_LONGEST);
		return false;
	}
	if (wants_change(nice) && arguments->count == 0) {
		shell_error(nice->shell, "nice: of which process? See: ps");
		return false;
	}
	return true;
}

int builtin_nice(struct shell *shell, const struct arguments *arguments)
{
	static const char *const titles[] = {"PID", "NAME", "PRIORITY", "SLICE"};
	struct nice nice = {.shell = shell,
	                    .listing = {.shell = shell, .columns = 4, .right = 0xd /* all but NAME */}};
	int32_t status = 0;
	int result = 0, printed;

	if (!take_values(&nice, arguments))
		return SHELL_WRONG;
	for (uint32_t column = 0; column < 4; column++)
		listing_add(&nice.listing, "%s", titles[column]);
	for (uint32_t index = 0; index < arguments->count; index++)
		result |= nice_operand(&nice, arguments->operands[index]);
	if (arguments->count == 0)
		status = processes_inspect(shell, INSPECT_PROCESSES, sizeof(struct inspect_process), nice_each, &nice);
	if (status)
		result = processes_error(shell, "nice", status);
	else if (nice.status)
		result = nice_error(shell, "the scheduler", nice.status);
	/* Nothing but titles is no list. */
	if (nice.listing.cells <= nice.listing.columns)
		nice.listing.cells = 0;
	printed = listing_print(&nice.listing, "nice");
	return result ? result : printed;
}

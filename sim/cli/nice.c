/* `drydock nice`: which priority and slice the processes of an instance have, and other ones for them. */
#include <drydock/abi/sys.h>
#include <drydock/posix.h>
#include <drydock/proto/scheduler.h>
#include <stdlib.h>
#include <string.h>

#include "apps/shell/text.h"
#include "ask.h"
#include "cli.h"
#include "guest.h"
#include "table.h"

#define MICROSECONDS  1000u /* of a millisecond */
#define SLICE_LONGEST 1000l /* milliseconds */
#define UNCHANGED     (-1l)

struct nice_options {
	const char *instance;
	const char *server; /* NULL: all */
	long priority;
	long slice; /* milliseconds */
	const cJSON *processes;
};

/* Sets what is wanted of the process of that record, and adds it to the table as it is then. Returns a status. */
static int32_t nice_process(struct client *scheduler, const struct nice_options *options, const cJSON *record,
                            struct table *table)
{
	uint64_t id = (uint64_t)ask_number(record, "id");
	struct scheduler_get_results values;
	int32_t status = scheduler_get(scheduler, id, &values);
	char slice[TEXT_SLICE_SIZE];

	if (!status && (options->priority != UNCHANGED || options->slice != UNCHANGED)) {
		if (options->priority != UNCHANGED)
			values.priority = (uint32_t)options->priority;
		if (options->slice != UNCHANGED)
			values.slice = (uint32_t)options->slice * MICROSECONDS;
		status = scheduler_set(scheduler, id, values.priority, values.slice);
	}
	if (status)
		return status;
	text_slice(values.slice, slice);
	table_add(table, "%.0f", ask_number(record, "pid"));
	table_add(table, "%s", ask_text(record, "name"));
	table_add(table, "%u", values.priority);
	table_add(table, "%s", slice);
	return 0;
}

/* Whether the record is of what the scheduler schedules: not of the host, nor of a guest. */
static bool is_scheduled(const cJSON *record)
{
	return ask_number(record, "pid") != 0 && cJSON_HasObjectItem(record, "id");
}

static int nice_all(struct client *scheduler, const struct nice_options *options, struct table *table)
{
	const cJSON *record;

	cJSON_ArrayForEach(record, options->processes) {
		int32_t status = is_scheduled(record) ? nice_process(scheduler, options, record, table) : 0;

		/* It may have ended since the list was made. */
		if (status && status != POSIX_ENOENT)
			return cli_error("nice: %s: %s", ask_text(record, "name"), text_status(status));
	}
	return CLI_OK;
}

static int nice_one(struct client *scheduler, const struct nice_options *options, struct table *table)
{
	const cJSON *record = ask_process(options->processes, options->server);
	int32_t status;

	if (!record || !is_scheduled(record))
		return cli_error("nice: there is no server `%s'; see: drydock ps", options->server);
	status = nice_process(scheduler, options, record, table);
	if (status == POSIX_EPERM)
		return cli_error("nice: the role `admin' of the manifest has no control of the scheduler "
		                 "(calls = scheduler+control)");
	return status ? cli_error("nice: %s: %s", options->server, text_status(status)) : CLI_OK;
}

static int nice_work(struct runtime *runtime, void *context)
{
	static const char *const titles[] = {"PID", "NAME", "PRIORITY", "SLICE"};
	static const bool right[] = {true, false, true, true};
	const struct nice_options *options = context;
	struct table table = {.titles = titles, .right = right, .columns = 4};
	struct client *scheduler = guest_client(runtime, "nice", "scheduler", &scheduler_protocol, NULL);
	int result;

	if (!scheduler)
		return CLI_FAILED;
	result = options->server ? nice_one(scheduler, options, &table) : nice_all(scheduler, options, &table);
	client_close(scheduler);
	if (result == CLI_OK)
		table_print(&table);
	return result;
}

/* The number in an option's argument, which lies between the two. */
static long take_number(const char *argument, long least, long most, const char *what, struct argp_state *state)
{
	char *end;
	long number = strtol(argument, &end, 10);

	if (end == argument || *end || number < least || number > most)
		argp_error(state, "`%s' is not %s from %ld to %ld", argument, what, least, most);
	return number;
}

static error_t nice_parse(int key, char *argument, struct argp_state *state)
{
	struct nice_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case 'p':
		options->priority = take_number(argument, 0, PRIORITY_MAXIMUM, "a priority", state);
		return 0;
	case 's':
		options->slice = take_number(argument, 1, SLICE_LONGEST, "a number of milliseconds", state);
		return 0;
	case ARGP_KEY_ARG:
		if (options->server)
			argp_error(state, "one too many: `%s'", argument);
		options->server = argument;
		return 0;
	case ARGP_KEY_END:
		if (!options->server && (options->priority != UNCHANGED || options->slice != UNCHANGED))
			argp_error(state, "of which server? See: drydock ps");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option nice_options[] = {
	{"priority", 'p', "N", 0, "From 0, when nobody else wants to run, to 31, before all others; 16 unless set", 0},
	{"slice", 's', "MS", 0, "Milliseconds of a turn among equals, up to 1000; 10 unless set", 0},
	{0},
};

static const struct argp nice_argp = {
	.options = nice_options,
	.parser = nice_parse,
	.args_doc = "[SERVER]",
	.doc = "Show or set who of an instance runs first, and for how long at a time."
	       "\v"
	       "The scheduler server keeps this, and forgets it when it is started again; without it all are equal. "
	       "With `drydock run --sched server' it is what happens; else Linux takes it as a hint.\n"
	       "\n"
	       "Examples:\n"
	       "  drydock nice\n"
	       "  drydock nice vfs --priority 20 --slice 5",
	.children = cli_instance_child,
};

int command_nice(int argc, char **argv)
{
	struct nice_options options = {.priority = UNCHANGED, .slice = UNCHANGED};
	cJSON *processes;
	int result;

	argp_parse(&nice_argp, argc, argv, 0, NULL, &options);
	processes = ask_list(options.instance, "ps");
	if (!processes)
		return CLI_FAILED;
	options.processes = processes;
	result = guest_run(options.instance, "admin", "nice", nice_work, &options);
	cJSON_Delete(processes);
	return result;
}

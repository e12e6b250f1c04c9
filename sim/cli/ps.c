/* `drydock ps`, `ports`, `lanes`: what an instance is made of, as its kernel sees it. */
#include <drydock/proto/fs.h>
#include <drydock/proto/init.h>
#include <drydock/proto/log.h>
#include <drydock/proto/scheduler.h>
#include <drydock/proto/vfs.h>
#include <stdlib.h>

#include "apps/shell/text.h"
#include "ask.h"
#include "cli.h"
#include "table.h"

struct list_options {
	const char *instance;
	bool json;
};

static const struct argp_option list_options[] = {
	{"json", 'j', NULL, 0, "The list as a JSON array", 0},
	{0},
};

static error_t list_parse(int key, char *argument, struct argp_state *state)
{
	struct list_options *options = state->input;

	(void)argument;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static int print_json(const cJSON *list)
{
	char *text = cJSON_Print(list);

	if (!text)
		return cli_error("out of memory");
	puts(text);
	free(text);
	return CLI_OK;
}

/* Parses, asks for `what`, and prints the answer as JSON or by `print`. */
static int list(int argc, char **argv, const char *documentation, const char *what, void (*print)(const cJSON *))
{
	const struct argp argp = {
		.options = list_options,
		.parser = list_parse,
		.doc = documentation,
		.children = cli_instance_child,
	};
	struct list_options options = {0};
	int result = CLI_OK;
	cJSON *records;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	records = ask_list(options.instance, what);
	if (!records)
		return CLI_FAILED;
	if (options.json)
		result = print_json(records);
	else
		print(records);
	cJSON_Delete(records);
	return result;
}

/* ---- ps ----------------------------------------------------------------------- */

static void print_processes(const cJSON *records)
{
	static const char *const titles[] = {"PID", "NAME", "LINUX PID", "STATE", "PRIORITY", "LANES", "MEMORY"};
	static const bool right[] = {true, false, true, false, true, true, true};
	struct table table = {.titles = titles, .right = right, .columns = 7};
	const cJSON *record;

	cJSON_ArrayForEach(record, records) {
		bool guest = ask_number(record, "pid") == 0, kernel = !cJSON_HasObjectItem(record, "id");
		char memory[TEXT_SIZE_SIZE];

		text_size((uint64_t)ask_number(record, "memory"), memory);
		if (guest && !kernel)
			table_add(&table, "-");
		else
			table_add(&table, "%.0f", ask_number(record, "pid"));
		table_add(&table, "%s", ask_text(record, "name"));
		table_add(&table, "%.0f", ask_number(record, "linux_pid"));
		table_add(&table, "%s", ask_text(record, "state"));
		if (kernel) {
			/* It keeps accounts of others, not of itself. */
			for (int column = 4; column < 7; column++)
				table_add(&table, "-");
			continue;
		}
		table_add(&table, "%.0f", ask_number(record, "priority"));
		table_add(&table, "%.0f", ask_number(record, "lanes"));
		table_add(&table, "%s", memory);
	}
	table_print(&table);
}

int command_ps(int argc, char **argv)
{
	return list(argc, argv,
	            "List the processes of an instance; number 0 is the host, in which the kernel core runs."
	            "\v"
	            "MEMORY is what the kernel has charged to the process; to init, also what it has given to those it "
	            "started. Those without a number are guests, such as "
	            "this command, and bridges to FUSE.\n"
	            "\n"
	            "Examples:\n"
	            "  drydock ps\n"
	            "  drydock ps --json | jq -r '.[] | select(.name == \"vfs\").linux_pid'",
	            "ps", print_processes);
}

/* ---- ports -------------------------------------------------------------------- */

static void print_ports(const cJSON *records)
{
	static const char *const titles[] = {"PORT", "OWNER", "LANES", "DATAGRAMS", "EVENTS"};
	static const bool right[] = {true, false, true, true, true};
	struct table table = {.titles = titles, .right = right, .columns = 5};
	const cJSON *record;

	cJSON_ArrayForEach(record, records) {
		table_add(&table, "%.0f", ask_number(record, "id"));
		table_add(&table, "%s", ask_text(record, "owner"));
		table_add(&table, "%.0f", ask_number(record, "lanes"));
		table_add(&table, "%.0f", ask_number(record, "datagrams"));
		table_add(&table, "%.0f", ask_number(record, "pending"));
	}
	table_print(&table);
}

int command_ports(int argc, char **argv)
{
	return list(argc, argv,
	            "List the ports of an instance: who receives there, how many lanes lead there, and how many "
	            "datagrams and events wait to be taken."
	            "\v"
	            "Example:\n"
	            "  drydock ports",
	            "ports", print_ports);
}

/* ---- lanes -------------------------------------------------------------------- */

/* Its name, where it is one that this command was built with. */
static void add_protocol(struct table *table, unsigned int number)
{
	static const struct protocol *const protocols[] = {&fs_protocol, &init_protocol, &log_protocol,
	                                                   &scheduler_protocol, &vfs_protocol};

	for (size_t index = 0; index < sizeof(protocols) / sizeof(protocols[0]); index++) {
		if (protocols[index]->number == number) {
			table_add(table, "%s", protocols[index]->name);
			return;
		}
	}
	table_add(table, "%u", number);
}

static void print_lanes(const cJSON *records)
{
	static const char *const titles[] = {"LANE", "CLIENT", "SERVER", "PORT", "PROTOCOL", "DEPTH", "AREA", "STATE"};
	static const bool right[] = {true, false, false, true, false, true, true, false};
	struct table table = {.titles = titles, .right = right, .columns = 8};
	const cJSON *record;

	cJSON_ArrayForEach(record, records) {
		char area[TEXT_SIZE_SIZE];

		text_size((uint64_t)ask_number(record, "area"), area);
		table_add(&table, "%.0f", ask_number(record, "id"));
		table_add(&table, "%s", ask_text(record, "client"));
		table_add(&table, "%s", ask_text(record, "server"));
		table_add(&table, "%.0f", ask_number(record, "port"));
		add_protocol(&table, (unsigned int)ask_number(record, "protocol"));
		table_add(&table, "%.0f", ask_number(record, "depth"));
		table_add(&table, "%s", area);
		table_add(&table, "%s", ask_text(record, "state"));
	}
	table_print(&table);
}

int command_lanes(int argc, char **argv)
{
	return list(argc, argv,
	            "List the lanes of an instance: who is connected to whom, by which protocol, with how many calls "
	            "in flight at most and how much room for data."
	            "\v"
	            "Example:\n"
	            "  drydock lanes",
	            "lanes", print_lanes);
}

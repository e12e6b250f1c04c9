/* `drydock doctor`: what this machine can and cannot do, and what to do about it. */
#include <cjson/cJSON.h>
#include <sched.h>
#include <stdlib.h>

#include "ask.h"
#include "cli.h"
#include "probe.h"
#include "sim/host/placement.h"

struct doctor_options {
	const char *instance;
	bool json;
};

static error_t doctor_parse(int key, char *argument, struct argp_state *state)
{
	struct doctor_options *options = state->input;

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

static const struct argp_option doctor_options[] = {
	{"json", 'j', NULL, 0, "The findings as JSON", 0},
	{0},
};

static const struct argp doctor_argp = {
	.options = doctor_options,
	.parser = doctor_parse,
	.doc = "Try out what Drydock needs of this machine, say what is missing and what to do about it, and on "
	       "which CPUs an instance would run and why."
	       "\v"
	       "Exit status: 0 if an instance can boot, 1 if something essential is missing.\n"
	       "\n"
	       "Example:\n"
	       "  drydock doctor",
	.children = cli_instance_child,
};

static void print_finding(const struct probe *probe, const struct probe_result *result)
{
	bool colour = cli_colour(stdout);
	const char *word = result->works ? "ok     " : probe->essential ? "MISSING" : "missing";
	const char *paint = result->works ? "\033[32m" : probe->essential ? "\033[31m" : "\033[33m";

	printf("%s%s%s  %-20s %s\n", colour ? paint : "", word, colour ? "\033[0m" : "", probe->name, result->detail);
	if (!result->works)
		printf("%31sneeded for %s\n", "", probe->purpose);
	if (!result->works && result->advice[0])
		printf("%31sto do: %s\n", "", result->advice);
}

static cJSON *finding_object(const struct probe *probe, const struct probe_result *result)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", probe->name);
	cJSON_AddBoolToObject(object, "works", result->works);
	cJSON_AddBoolToObject(object, "essential", probe->essential);
	cJSON_AddStringToObject(object, "purpose", probe->purpose);
	cJSON_AddStringToObject(object, "detail", result->detail);
	cJSON_AddStringToObject(object, "advice", result->advice);
	return object;
}

static cJSON *placement_object(const struct placement *placement)
{
	cJSON *object = cJSON_CreateObject(), *processors = cJSON_AddArrayToObject(object, "cpus");

	for (int processor = 0; processor < CPU_SETSIZE; processor++)
		if (CPU_ISSET(processor, &placement->set))
			cJSON_AddItemToArray(processors, cJSON_CreateNumber(processor));
	cJSON_AddBoolToObject(object, "restricted", placement->restricted);
	cJSON_AddStringToObject(object, "reason", placement->reason);
	return object;
}

static int print_json(cJSON *report)
{
	char *text = cJSON_Print(report);

	cJSON_Delete(report);
	if (!text)
		return cli_error("doctor: out of memory");
	puts(text);
	free(text);
	return CLI_OK;
}

/* Runs all probes, printing what they find or adding it to `findings` (not NULL). True: an instance can boot. */
static bool run_probes(cJSON *findings)
{
	bool essentials = true;

	for (size_t index = 0; index < probe_count; index++) {
		struct probe_result result = {0};

		probes[index].run(&result);
		if (!result.works && probes[index].essential)
			essentials = false;
		if (findings)
			cJSON_AddItemToArray(findings, finding_object(&probes[index], &result));
		else
			print_finding(&probes[index], &result);
	}
	return essentials;
}

static int report_json(const char *instance, const struct placement *placement)
{
	cJSON *report = cJSON_CreateObject();
	bool essentials = run_probes(cJSON_AddArrayToObject(report, "checks"));

	cJSON_AddBoolToObject(report, "essentials", essentials);
	cJSON_AddItemToObject(report, "placement", placement_object(placement));
	cJSON_AddStringToObject(report, "instance", instance);
	cJSON_AddBoolToObject(report, "running", ask_running(instance));
	return print_json(report) == CLI_OK && essentials ? CLI_OK : CLI_FAILED;
}

int command_doctor(int argc, char **argv)
{
	struct doctor_options options = {0};
	struct placement placement;
	bool essentials;

	argp_parse(&doctor_argp, argc, argv, 0, NULL, &options);
	placement_choose(0, &placement);
	if (options.json)
		return report_json(options.instance, &placement);
	essentials = run_probes(NULL);
	printf("\nPlacement: %s.\n", placement.reason);
	printf("Instance '%s' %s.\n", options.instance, ask_running(options.instance) ? "runs" : "does not run");
	if (!essentials)
		return cli_error("doctor: an instance cannot boot here; see MISSING above");
	return CLI_OK;
}

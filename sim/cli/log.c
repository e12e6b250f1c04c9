/* `drydock log`: shows the log server's entries, and follows them. */
#include <cjson/cJSON.h>
#include <drydock/posix.h>
#include <drydock/proto/log.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apps/shell/entry.h"
#include "apps/shell/text.h"
#include "cli.h"
#include "guest.h"

#define READ_BUFFER (64 * 1024)
#define SECOND      1000000000

struct log_options {
	const char *instance;
	bool follow;
	bool json;
	bool limited;      /* -n */
	uint64_t limit;
	/* While it runs. */
	struct client *client;
	uint8_t *buffer;
	int64_t clock_offset; /* from monotonic to real time, nanoseconds */
};

static const char *level_name(uint32_t level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "unknown";
}

/* ---- printing -------------------------------------------------------------- */

static void print_json(const struct log_options *options, const struct log_line *entry)
{
	int64_t real = (int64_t)entry->header.time + options->clock_offset;
	cJSON *object = cJSON_CreateObject();
	char *line;

	cJSON_AddNumberToObject(object, "sequence", (double)entry->header.sequence);
	/* Nanoseconds of monotonic time are within what a double holds exactly for 104 days of uptime. */
	cJSON_AddNumberToObject(object, "monotonic_ns", (double)entry->header.time);
	cJSON_AddNumberToObject(object, "time", (double)(real / 1000) / 1e6);
	cJSON_AddNumberToObject(object, "process", entry->header.process);
	cJSON_AddStringToObject(object, "source", entry->source);
	cJSON_AddStringToObject(object, "level", level_name(entry->header.level));
	cJSON_AddStringToObject(object, "text", entry->text);
	cJSON_AddNumberToObject(object, "dropped", entry->header.dropped);
	line = cJSON_PrintUnformatted(object);
	if (line)
		puts(line);
	free(line);
	cJSON_Delete(object);
}

static void print_text(const struct log_options *options, const struct log_line *entry)
{
	int64_t real = (int64_t)entry->header.time + options->clock_offset;
	time_t seconds = (time_t)(real / SECOND);
	bool bad = entry->header.level <= LOG_LEVEL_WARNING;
	const char *colour = "", *plain = "";
	struct tm broken_down = {0};

	if (bad && cli_colour(stdout)) {
		colour = entry->header.level == LOG_LEVEL_ERROR ? "\033[31m" : "\033[33m";
		plain = "\033[0m";
	}
	localtime_r(&seconds, &broken_down);
	if (entry->header.dropped)
		printf("                [%s] (%u lines lost)\n", entry->source, entry->header.dropped);
	printf("%02d:%02d:%02d.%06d %s[%s] %s%s%s%s\n", broken_down.tm_hour, broken_down.tm_min, broken_down.tm_sec,
	       (int)(real % SECOND / 1000), colour, entry->source, bad ? level_name(entry->header.level) : "",
	       bad ? ": " : "", entry->text, plain);
}

/* ---- reading --------------------------------------------------------------- */

static int log_error(int32_t status)
{
	return cli_error("log: %s", text_status(status));
}

/*
 * Reads all that there is from *from on, which moves on; prints it with `print`,
 * else only counts what came in *seen.
 */
static int32_t read_entries(const struct log_options *options, uint64_t *from, bool print, uint64_t *seen)
{
	for (;;) {
		struct log_read_results results = {0};
		struct log_line entry;
		size_t place = 0;
		int32_t error = log_read(options->client, *from, options->buffer, READ_BUFFER, &results);

		if (error || !results.entries_length)
			return error;
		while (place < results.entries_length) {
			size_t used = log_entry_take(options->buffer + place, results.entries_length - place, &entry);

			if (!used)
				return POSIX_EBADMSG;
			place += used;
			++*seen;
			if (print && options->json)
				print_json(options, &entry);
			else if (print)
				print_text(options, &entry);
		}
		if (results.next <= *from)
			return 0;
		*from = results.next;
	}
}

/* Where the last `limit` entries begin: sequence numbers have no gaps. */
static int32_t find_start(const struct log_options *options, uint64_t *from)
{
	uint64_t end = 0, seen = 0;
	int32_t error = read_entries(options, &end, false, &seen);

	*from = end > options->limit ? end - options->limit : 0;
	return error;
}

static int follow(const struct log_options *options, uint64_t from)
{
	uint64_t seen = 0;

	for (;;) {
		int32_t error;

		fflush(stdout);
		if (ferror(stdout))
			return CLI_FAILED;
		error = log_watch(options->client, from);
		if (!error)
			error = read_entries(options, &from, true, &seen);
		if (error == -E_PEER_DEAD) {
			/* The log server was restarted, and begins anew. */
			cli_error("log: the log server was restarted; what it had not printed is lost");
			from = 0;
		} else if (error) {
			return log_error(error);
		}
	}
}

static int log_work(struct runtime *runtime, void *context)
{
	const struct client_options limits = {.area = 2 * READ_BUFFER, .deadline = DEADLINE_NEVER};
	struct log_options *options = context;
	uint64_t from = 0, seen = 0;
	int32_t error = 0;
	int result = CLI_OK;

	options->client = guest_client(runtime, "log", "log", &log_protocol, &limits);
	if (!options->client)
		return CLI_FAILED;
	if (options->limited)
		error = find_start(options, &from);
	if (!error)
		error = read_entries(options, &from, true, &seen);
	if (error)
		result = log_error(error);
	else if (options->follow)
		result = follow(options, from);
	client_close(options->client);
	return result;
}

/* ---- options --------------------------------------------------------------- */

static const struct argp_option log_argp_options[] = {
	{"follow", 'f', NULL, 0, "Go on with what comes; Ctrl-C ends it", 0},
	{"lines", 'n', "NUMBER", 0, "Only the last so many entries", 0},
	{"json", 'j', NULL, 0, "One JSON object a line", 0},
	{0},
};

static error_t log_parse(int key, char *argument, struct argp_state *state)
{
	struct log_options *options = state->input;
	char *end;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case 'f':
		options->follow = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'n':
		options->limit = strtoul(argument, &end, 10);
		if (argument[0] < '0' || argument[0] > '9' || *end)
			argp_error(state, "`%s' is not a number of entries", argument);
		options->limited = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp log_argp = {
	.options = log_argp_options,
	.parser = log_parse,
	.doc = "Show the log of an instance."
	       "\v"
	       "It keeps the last 16,384 entries.\n"
	       "\n"
	       "Examples:\n"
	       "  drydock log -f                    all, and what comes\n"
	       "  drydock log -n 20                 the last 20\n"
	       "  drydock log --json | jq .text     for programs",
	.children = cli_instance_child,
};

static int64_t clock_nanoseconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

int command_log(int argc, char **argv)
{
	struct log_options options = {0};
	int result;

	argp_parse(&log_argp, argc, argv, 0, NULL, &options);
	options.clock_offset = clock_nanoseconds(CLOCK_REALTIME) - clock_nanoseconds(CLOCK_MONOTONIC);
	options.buffer = malloc(READ_BUFFER);
	if (!options.buffer)
		return cli_error("log: out of memory");
	result = guest_run(options.instance, "user", "log-reader", log_work, &options);
	free(options.buffer);
	return result;
}

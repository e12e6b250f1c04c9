/* log: what the log server keeps. */
#include "builtin.h"

#include <drydock/proto/log.h>
#include <drydock/string.h>

#include "entry.h"
#include "text.h"

/* One `log` at work. */
struct reader {
	struct shell *shell;
	uint8_t *bytes;        /* CHUNK_SIZE of them */
	uint64_t from;         /* the sequence number to go on with */
	uint64_t clock_offset; /* from monotonic to real time, nanoseconds; may have wrapped */
};

static void print_line(const struct reader *reader, const struct log_line *line)
{
	static const char *const levels[] = {"", "error: ", "warning: "};
	const uint64_t second = 1000000000;
	/* The time is its writer's, who may say anything. */
	uint64_t real = line->header.time + reader->clock_offset;
	const char *level = line->header.level < 3 ? levels[line->header.level] : "";
	char date[TEXT_DATE_SIZE];

	text_date((int64_t)(real / second), date);
	if (line->header.dropped)
		output_print(reader->shell, "[%s] (%u lines lost)\n", line->source, line->header.dropped);
	/* The time of day alone: the last 8 characters. */
	output_print(reader->shell, "%s.%06u [%s] %s", date + string_length(date) - 8,
	             (unsigned int)(real % second / 1000), line->source, level);
	output_write(reader->shell, line->text, string_length(line->text));
	output_write(reader->shell, "\n", 1);
}

/* Reads all that there is from reader->from, which moves on, and prints it or not. */
static int32_t read_entries(struct reader *reader, bool print)
{
	for (;;) {
		struct log_read_results results = {0};
		struct log_line line;
		struct client *log;
		size_t place = 0;
		int32_t status = shell_client(reader->shell, SERVER_LOG, &log);

		if (!status)
			status = log_read(log, reader->from, reader->bytes, CHUNK_SIZE, &results);
		if (status || results.entries_length == 0)
			return status;
		while (place < results.entries_length) {
			size_t used =
				log_entry_take(reader->bytes + place, results.entries_length - place, &line);

			if (!used)
				return POSIX_EBADMSG;
			place += used;
			if (print)
				print_line(reader, &line);
		}
		if (results.next <= reader->from)
			return 0;
		reader->from = results.next;
		if (input_interrupted(reader->shell))
			return -E_CANCELLED;
	}
}

static int32_t watch(struct reader *reader)
{
	struct client *log;
	int32_t status = shell_client(reader->shell, SERVER_LOG, &log);

	return status ? status : log_watch(log, reader->from);
}

/* Goes on with what comes, until Ctrl-C. */
static int32_t follow(struct reader *reader)
{
	int32_t status = 0;

	while (!status && !reader->shell->output.lost && !reader->shell->output.error) {
		output_flush(reader->shell);
		status = watch(reader);
		if (!status)
			status = read_entries(reader, true);
		if (status == -E_PEER_DEAD) {
			/* The log server was restarted, and begins anew. */
			shell_error(reader->shell, "log: the log server was restarted; its entries are lost");
			reader->from = 0;
			status = 0;
		}
	}
	return status;
}

static int32_t show(struct reader *reader, uint64_t limit, bool follows)
{
	int32_t status = 0;

	if (limit != UINT64_MAX) {
		/* Sequence numbers have no gaps. */
		status = read_entries(reader, false);
		reader->from = reader->from > limit ? reader->from - limit : 0;
	}
	if (!status)
		status = read_entries(reader, true);
	return status || !follows ? status : follow(reader);
}

int builtin_log(struct shell *shell, const struct arguments *arguments)
{
	struct reader reader = {.shell = shell};
	uint64_t limit = UINT64_MAX;
	const char *given = arguments->values[1];
	int32_t status;

	if (given && !string_to_number(given, &limit)) {
		shell_error(shell, "log: %s: this is not a number of entries", given);
		return SHELL_WRONG;
	}
	reader.clock_offset = runtime_wall_time(shell->runtime) - runtime_time(shell->runtime);
	reader.bytes = runtime_allocate(shell->runtime, CHUNK_SIZE);
	if (!reader.bytes)
		return shell_status_error(shell, "log", "reading", POSIX_ENOMEM);
	status = show(&reader, limit, arguments->given & OPTION_FIRST);
	runtime_free(shell->runtime, reader.bytes);
	return status ? shell_status_error(shell, "log", "the log server", status) : 0;
}

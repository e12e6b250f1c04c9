/*
 * The way to the log. A line is a call that nobody waits for; what cannot be
 * sent at once is counted, and the count goes with the next line. While there
 * is no log server, those who may print do. Who was granted neither is heard
 * only when it is in error: why it ended would else stay unknown.
 */
#include <drydock/format.h>
#include <drydock/os.h>
#include <drydock/proto/log.h>
#include <drydock/string.h>

#include "user/runtime.h"

#define LINE_SIZE   513         /* log.proto: text: string(512) */
#define FLUSH_LIMIT 1000000000u /* nanoseconds */

/* Each line in flight needs room for its text in the data area. */
static const struct client_options log_options = {
	.depth = LOG_CALLS,
	.area = LOG_CALLS * 1024,
	.deadline = DEADLINE_NEVER,
};

static void written(struct call *call, void *context)
{
	struct log *log = context;

	call_end(call);
	log->free_calls |= 1ull << (call - log->calls);
}

/* False where the line could not be sent. */
static bool send_line(struct runtime *runtime, enum log_level level, const char *text, size_t length)
{
	struct log *log = &runtime->log;
	const char *source = runtime->definition->source;
	struct call *call;

	if (log->client == NULL || log->free_calls == 0)
		return false;
	call = &log->calls[__builtin_ctzll(log->free_calls)];
	if (log_write_try_prepare(call, log->client, runtime_time(runtime), (uint32_t)level, log->dropped, source,
	                          (uint32_t)string_length(source), text, (uint32_t)length) != 0)
		return false;
	log->free_calls &= ~(1ull << (call - log->calls));
	log->dropped = 0;
	call_submit(call, written, log);
	client_publish_first(log->client);
	return true;
}

static bool print_line(struct runtime *runtime, enum log_level level, const char *text)
{
	bool mute;
	char line[LINE_SIZE + NAME_SIZE + 4];
	size_t length;

	if (runtime->log.console == 0)
		runtime->log.console = runtime_grant(runtime, "console");
	mute = runtime->log.console == 0;
	if (mute && (level != LOG_ERROR || runtime->log.client != NULL))
		return false;
	length = format_string(line, sizeof(line), "[%s] %s\n", runtime->definition->source, text);
	if (length >= sizeof(line))
		length = sizeof(line) - 1;
	if (mute) {
		os_panic_print(runtime->os, line, length);
		return true;
	}
	return !result_is_error(runtime_trap_data(runtime, SYS_CONSOLE, runtime->log.console, 0, line, length));
}

static void reconnect(void *argument)
{
	struct runtime *runtime = argument;

	client_connect(runtime->log.client);
	runtime->log.connecting = false;
}

void log_print(struct runtime *runtime, enum log_level level, const char *format, ...)
{
	struct log *log = &runtime->log;
	char text[LINE_SIZE];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length >= sizeof(text))
		length = sizeof(text) - 1;
	if (send_line(runtime, level, text, length))
		return;
	if (log->client != NULL && !client_connected(log->client) && !log->connecting)
		log->connecting = fiber_start(runtime, reconnect, runtime) == E_OK;
	if (!print_line(runtime, level, text))
		log->dropped++;
}

static bool allocate_calls(struct runtime *runtime)
{
	struct log *log = &runtime->log;

	if (log->calls == NULL)
		log->calls = runtime_allocate(runtime, LOG_CALLS * sizeof(*log->calls));
	if (log->calls != NULL)
		log->free_calls = (1ull << LOG_CALLS) - 1;
	return log->calls != NULL;
}

void log_start(struct runtime *runtime)
{
	int32_t status;

	/* Not granted (the log itself, init): the console, or nothing. */
	if (allocate_calls(runtime))
		runtime->log.client = client_open(runtime, "log", &log_protocol, &log_options, &status);
}

int32_t log_flush(struct runtime *runtime)
{
	struct client *client = runtime->log.client;
	struct call call;
	int32_t status;

	/* Lines went straight to the console. */
	if (client == NULL || !client_connected(client))
		return 0;
	status = log_sync_try_prepare(&call, client);
	if (status != 0)
		return status;
	call_submit(&call, NULL, NULL);
	status = call_wait(&call, runtime_time(runtime) + FLUSH_LIMIT);
	call_end(&call);
	return status;
}

int32_t log_connect(struct runtime *runtime, handle_t port)
{
	int32_t status;

	if (runtime->log.client != NULL)
		client_close(runtime->log.client);
	/* What is printed while this suspends goes to the console. */
	runtime->log.client = NULL;
	if (!allocate_calls(runtime)) {
		runtime_trap(runtime, SYS_CAP_DROP, port, 0, 0, 0);
		return -E_NOMEM;
	}
	runtime->log.client = client_open_port(runtime, port, &log_protocol, &log_options, &status);
	return status;
}

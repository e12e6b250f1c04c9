/*
 * The shell at the console of the system, as a service: where there is no Linux
 * to run `drydock sh` on, this is what a person finds at the serial line. It
 * serves no protocol; it registers with init, so that init knows that it runs.
 */
#include <drydock/os.h>
#include <drydock/proto/init.h>
#include <drydock/server.h>
#include <drydock/string.h>

#include "apps/shell/shell.h"

#define PAUSE 100000000u /* nanoseconds between a shell that ended and the next */

struct console {
	struct runtime *runtime;
	struct terminal terminal;
	handle_t authority;
	enum error error;      /* why nothing can be read, or E_OK */
	struct fiber *waiting; /* in console_wait; NULL: nobody */
};

/* ---- the terminal (apps/shell/shell.h) -------------------------------------------- */

static int32_t console_read(void *context, void *bytes, uint32_t size)
{
	struct console *console = context;
	struct runtime *runtime = console->runtime;
	uint64_t wanted = size < KERNEL_BUFFER_SIZE ? size : KERNEL_BUFFER_SIZE;
	uint64_t result = runtime_trap(runtime, SYS_CONSOLE_READ, console->authority,
	                               runtime_start(runtime)->home, wanted, 0);

	console->error = result_error(result);
	if (console->error != E_OK)
		return TERMINAL_END;
	memcpy(bytes, os_buffer(runtime_os(runtime)), result);
	return (int32_t)result;
}

/* What comes after a read that took nothing is told: it cannot be missed between that and here. */
static void console_wait(void *context)
{
	struct console *console = context;

	console->waiting = fiber_current(console->runtime);
	fiber_wait(console->runtime);
	console->waiting = NULL;
}

static void console_told(void *context, const struct receipt *receipt)
{
	struct console *console = context;

	if (receipt->kind == RECEIPT_CONSOLE && console->waiting != NULL)
		fiber_wake(console->waiting);
}

static bool console_write(void *context, enum terminal_stream stream, const void *bytes, uint32_t length)
{
	struct console *console = context;
	const uint8_t *from = bytes;

	(void)stream;
	while (length > 0) {
		uint32_t part = length < KERNEL_BUFFER_SIZE ? length : KERNEL_BUFFER_SIZE;

		if (result_is_error(runtime_trap_data(console->runtime, SYS_CONSOLE, console->authority, 0,
		                                      from, part)))
			return false;
		from += part;
		length -= part;
	}
	return true;
}

/* Nobody asks a serial line for its width. */
static uint32_t console_width(void *context)
{
	(void)context;
	return 0;
}

/* ---- its life ------------------------------------------------------------------------ */

/*
 * Where this service is the last to start, the boot ends with its registration.
 * What init then logs and announces is to be seen before the prompt: first the
 * log has printed it, then init, which waits for that too, has come to answer.
 */
static void await_boot(struct runtime *runtime)
{
	static const struct client_options options = {0};
	struct client *client;
	int32_t status;

	log_flush(runtime);
	client = client_open_port(runtime, runtime_start(runtime)->init, &init_protocol, &options, &status);
	if (client != NULL)
		client_close(client);
}

static void console_start(struct runtime *runtime, void *state)
{
	struct console *console = state;

	*console = (struct console){
		.runtime = runtime,
		.terminal = {.context = console,
	                     .interactive = true,
	                     .read = console_read,
	                     .wait = console_wait,
	                     .write = console_write,
	                     .width = console_width},
		.authority = runtime_grant(runtime, "console"),
	};
	runtime_on_receipt(runtime, console_told, console);
	if (runtime_register(runtime) != 0) {
		runtime_stop(runtime, 1);
		return;
	}
	await_boot(runtime);
	while (console->error == E_OK) {
		shell_run(runtime, &console->terminal, NULL);
		/* One that has no memory to begin with ends at once, and is not to end for ever. */
		fiber_sleep(runtime, runtime_time(runtime) + PAUSE);
	}
	log_print(runtime, LOG_ERROR, "the console cannot be read: error %d", (int)console->error);
	runtime_stop(runtime, 1);
}

extern const struct server_definition shell_server;

const struct server_definition shell_server = {
	.name = "shell",
	.source = "shell",
	.state_size = sizeof(struct console),
	.start = console_start,
};

/*
 * The console: one for the whole system. Whoever may use it prints; one process
 * at a time reads, by a port that is told when something has come.
 */
#include "kernel/core.h"

uint64_t sys_console(struct call *call)
{
	enum error error = handle_lookup_authority(call->process, call->argument[0], AUTHORITY_CONSOLE);

	if (error != E_OK)
		return error_result(error);
	platform_console(call->kernel->machine, (const char *)call->kernel->input.bytes, call->length);
	return 0;
}

uint64_t sys_console_read(struct call *call)
{
	struct kernel *kernel = call->kernel;
	uint64_t wanted = call->argument[2];
	struct capability *capability;
	size_t count = 0;
	enum error error = handle_lookup_authority(call->process, call->argument[0], AUTHORITY_CONSOLE);

	if (error == E_OK)
		error = handle_lookup_port(call->process, call->argument[1], RIGHT_RECEIVE, &capability);
	if (error != E_OK)
		return error_result(error);
	if (wanted == 0 || wanted > KERNEL_BUFFER_SIZE)
		return error_result(E_INVAL);
	/* Two readers would each get half of what is typed. */
	if (kernel->console_port != NULL && kernel->console_port != capability->port)
		return error_result(E_BUSY);
	error = platform_console_read(kernel->machine, kernel->input.bytes, wanted, &count);
	if (error != E_OK)
		return error_result(error);
	kernel->console_port = capability->port;
	call_write(call, kernel->input.bytes, count);
	return count;
}

void kernel_console_input(struct kernel *kernel)
{
	if (kernel->console_port != NULL)
		event_post(kernel, &kernel->console_event, kernel->console_port, EVENT_CONSOLE_INPUT);
}

void console_forget(struct kernel *kernel, const struct port *port)
{
	if (kernel->console_port == port)
		kernel->console_port = NULL;
}

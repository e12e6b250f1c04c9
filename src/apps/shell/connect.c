/*
 * The servers that commands speak to (internal.h). To connect may take as long
 * as a server takes to come, or to leave a debugger, and cannot be taken back;
 * so a fiber of its own does it, for which a command that is interrupted waits
 * no longer.
 */
#include "internal.h"

#include <drydock/proto/init.h>
#include <drydock/proto/log.h>
#include <drydock/proto/scheduler.h>
#include <drydock/proto/socket.h>

/* Room for two chunks of data, of which a call may have half (drydock/files.h). */
static const struct client_options limits = {.depth = 4, .area = 2 * CHUNK_SIZE};

/* A watch lasts, and so does the end of a process that is in a debugger; Ctrl-C ends both. */
static const struct client_options patient_limits = {.depth = 4,
                                                     .area = CHUNK_SIZE + 16384,
                                                     .deadline = DEADLINE_NEVER};

/* A connection that is being made. */
struct opening {
	struct shell *shell; /* NULL: it has ended */
	struct runtime *runtime;
	enum shell_server server;
};

static struct client *open_client(struct runtime *runtime, enum shell_server server, int32_t *status)
{
	switch (server) {
	case SERVER_VFS:
		return client_open(runtime, "vfs", &vfs_protocol, &limits, status);
	case SERVER_LOG:
		return client_open(runtime, "log", &log_protocol, &patient_limits, status);
	case SERVER_SCHEDULER:
		return client_open(runtime, "scheduler", &scheduler_protocol, &limits, status);
	case SERVER_NETSTACK:
		return client_open(runtime, "netstack", &socket_protocol, &patient_limits, status);
	default:
		/* Every process is born with a way to init's port. */
		return client_open_port(runtime, runtime_start(runtime)->init, &init_protocol,
		                        &patient_limits, status);
	}
}

static void open_server(void *argument)
{
	struct opening *opening = argument;
	int32_t status = 0;
	struct client *client = open_client(opening->runtime, opening->server, &status);
	struct shell *shell = opening->shell;

	if (shell) {
		struct connected *connected = &shell->servers[opening->server];

		*connected = (struct connected){
			.client = client, .status = status, .generation = connected->generation + 1};
		if (shell->connecting)
			fiber_wake(shell->main);
	} else if (client) {
		client_close(client);
	}
	runtime_free(opening->runtime, opening);
}

static int32_t begin_opening(struct shell *shell, enum shell_server server)
{
	struct opening *opening = runtime_allocate(shell->runtime, sizeof(*opening));
	enum error error;

	if (!opening)
		return -E_NOMEM;
	*opening = (struct opening){.shell = shell, .runtime = shell->runtime, .server = server};
	error = fiber_start(shell->runtime, open_server, opening);
	if (error)
		runtime_free(shell->runtime, opening);
	else
		shell->servers[server].opening = opening;
	return -(int32_t)error;
}

static void close_client(struct connected *connected)
{
	struct client *client = connected->client;

	connected->client = NULL;
	if (client)
		client_close(client);
}

int32_t shell_client(struct shell *shell, enum shell_server server, struct client **client)
{
	struct connected *connected = &shell->servers[server];
	int32_t status = 0;

	/* Its server has died. It would connect anew by itself, but where no interruption reaches it. */
	if (connected->client && !client_connected(connected->client))
		close_client(connected);
	/* One that was begun before an interruption may still be under way. */
	if (!shell->interrupted && !connected->client && !connected->opening)
		status = begin_opening(shell, server);
	shell->connecting = true;
	while (!shell->interrupted && connected->opening)
		fiber_wait(shell->runtime);
	shell->connecting = false;
	if (shell->interrupted)
		return -E_CANCELLED;
	*client = connected->client;
	return status || *client ? status : connected->status;
}

void shell_disconnect(struct shell *shell)
{
	for (int server = 0; server < SERVERS; server++)
		close_client(&shell->servers[server]);
}

void shell_leave(struct shell *shell)
{
	shell_disconnect(shell);
	for (int server = 0; server < SERVERS; server++)
		if (shell->servers[server].opening)
			shell->servers[server].opening->shell = NULL;
}

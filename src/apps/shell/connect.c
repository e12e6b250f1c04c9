/* The servers that commands speak to (internal.h). */
#include "internal.h"

#include <drydock/proto/init.h>
#include <drydock/proto/log.h>

/* Room for one chunk of data and for paths, a call or two at a time. */
static const struct client_options limits = {.depth = 4, .area = CHUNK_SIZE + 16384};

/* A watch lasts, and so does the end of a process that is in a debugger; Ctrl-C ends both. */
static const struct client_options patient_limits = {
	.depth = 4, .area = CHUNK_SIZE + 16384, .deadline = DEADLINE_NEVER};

int32_t shell_vfs(struct shell *shell, struct client **client)
{
	int32_t status = 0;

	if (shell->interrupted)
		return -E_CANCELLED;
	if (!shell->vfs) {
		shell->vfs = client_open(shell->runtime, "vfs", &vfs_protocol, &limits, &status);
		shell->sessions++;
	}
	*client = shell->vfs;
	return status;
}

int32_t shell_log(struct shell *shell, struct client **client)
{
	int32_t status = 0;

	if (shell->interrupted)
		return -E_CANCELLED;
	if (!shell->log)
		shell->log = client_open(shell->runtime, "log", &log_protocol, &patient_limits, &status);
	*client = shell->log;
	return status;
}

int32_t shell_init(struct shell *shell, struct client **client)
{
	int32_t status = 0;

	if (shell->interrupted)
		return -E_CANCELLED;
	/* Every process is born with a way to init's port. */
	if (!shell->init)
		shell->init = client_open_port(shell->runtime, runtime_start(shell->runtime)->init, &init_protocol,
		                               &patient_limits, &status);
	*client = shell->init;
	return status;
}

static void disconnect(struct client **client)
{
	struct client *closing = *client;

	*client = NULL;
	if (closing)
		client_close(closing);
}

void shell_disconnect(struct shell *shell)
{
	disconnect(&shell->vfs);
	disconnect(&shell->log);
	disconnect(&shell->init);
}

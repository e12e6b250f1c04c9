/*
 * drydock-fuse DIRECTORY OPTIONS SERVICE: mounts the file system of a service
 * (OPTIONS with commas, or empty). Started by the host, whose descriptor socket
 * it finds open.
 */
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "reply.h"
#include "sim/user/linux.h"
#include "sim/user/start.h"

#define REASON_SIZE 256

/* The bridge has a loop of its own, which starts what is to be started. */
static void start(struct runtime *runtime, void *state)
{
	(void)runtime;
	(void)state;
}

static const struct server_definition definition = {
	.name = "fuse",
	.source = "fuse",
	.quiet = true,
	.start = start,
};

/*
 * fuse_session_mount, whose errors libfuse and fusermount3 say on standard
 * error alone: on failure `said` is the last line of what they said, or "".
 */
static bool mount_and_listen(struct fuse_session *session, const char *directory, char *said, size_t size)
{
	int stderr_kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	int listener = memfd_create("drydock-fuse-stderr", MFD_CLOEXEC);
	bool good;
	ssize_t length;
	char *line;

	if (stderr_kept >= 0 && listener >= 0)
		dup2(listener, STDERR_FILENO);
	good = fuse_session_mount(session, directory) == 0;
	dup2(stderr_kept, STDERR_FILENO);
	length = good ? 0 : pread(listener, said, size - 1, 0);
	said[length > 0 ? length : 0] = '\0';
	while ((line = strrchr(said, '\n')) != NULL && line[1] == '\0')
		*line = '\0';
	if (line != NULL)
		memmove(said, line + 1, strlen(line));
	close(listener);
	close(stderr_kept);
	return good;
}

static bool mount_session(struct bridge *bridge, const char *directory, char *reason, size_t size)
{
	char options[256], *arguments[] = {(char[]){"drydock-fuse"}, (char[]){"-o"}, options, NULL};
	struct fuse_args list = FUSE_ARGS_INIT(3, arguments);
	char said[REASON_SIZE / 2];

	options_for_libfuse(&bridge->options, options, sizeof(options));
	bridge->session = fuse_session_new(&list, &handlers, sizeof(handlers), bridge);
	fuse_opt_free_args(&list);
	if (bridge->session == NULL) {
		snprintf(reason, size, "libfuse refuses its options (%.200s)", options);
		return false;
	}
	errno = 0;
	if (!mount_and_listen(bridge->session, directory, said, sizeof(said))) {
		snprintf(reason, size, "%.*s; see: drydock doctor", (int)sizeof(said),
		         said[0] ? said : strerror(errno));
		fuse_session_destroy(bridge->session);
		return false;
	}
	bridge->device = fuse_session_fd(bridge->session);
	fcntl(bridge->device, F_SETFD, FD_CLOEXEC);
	return true;
}

static bool connect_first(struct bridge *bridge, char *reason, size_t size)
{
	bridge->fibers = 1;
	if (fiber_start(bridge->runtime, connection_open, bridge) != E_OK) {
		snprintf(reason, size, "no memory for the bridge; raise the quota of the role 'fuse'");
		return false;
	}
	while (bridge->fibers > 0) {
		if (!runtime_round(bridge->runtime))
			runtime_sleep(bridge->runtime);
	}
	if (bridge->status == 0)
		return true;
	if (bridge->status == -E_QUOTA)
		snprintf(reason, size, "the role 'fuse' needs a quota of 20 MiB and two lanes");
	else
		snprintf(reason, size,
		         "%s does not serve the bridge: %s (status %d); is the role 'fuse' granted it, "
		         "with impersonate?",
		         bridge->service, strerror(reply_errno(bridge->status)), bridge->status);
	return false;
}

static bool set_up(struct bridge *bridge, char *reason, size_t size)
{
	list_init(&bridge->operations);
	list_init(&bridge->buffers);
	for (size_t i = 0; i < BRIDGE_BUFFERS; i++)
		list_add_tail(&bridge->buffers, &bridge->buffer[i].link);
	bridge->runtime = runtime_create(bridge->os, &definition);
	if (bridge->runtime == NULL || !identities_create(&bridge->identities)) {
		snprintf(reason, size, "out of memory");
		return false;
	}
	return connect_first(bridge, reason, size);
}

static void catch_signals(void)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM};
	/* No SA_RESTART: a read that sleeps is to end. */
	struct sigaction action = {.sa_handler = loop_stop};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void tear_down(struct bridge *bridge)
{
	alarm(0);
	/* Ends what is in flight, and frees it. */
	client_close(bridge->client);
	fuse_session_unmount(bridge->session);
	fuse_session_destroy(bridge->session);
	runtime_destroy(bridge->runtime);
	operations_free(bridge);
	identities_free(&bridge->identities);
	free(bridge->forgets.list);
	free(bridge->lockers.list);
	os_destroy(bridge->os);
}

static int fail(struct bridge *bridge, const char *reason)
{
	os_send_status(bridge->os, reason);
	return EXIT_FAILURE;
}

int main(int argument_count, char **arguments)
{
	char reason[REASON_SIZE];
	static struct bridge bridge; /* large: most of it is never touched */

	bridge.device = -1;
	if (fcntl(DESCRIPTOR_SOCKET, F_SETFD, FD_CLOEXEC) != 0 || argument_count != 4) {
		fprintf(stderr,
		        "%s: this is the FUSE bridge of Drydock and is started by its host: drydock mount\n",
		        arguments[0]);
		return 2;
	}
	bridge.directory = arguments[1];
	bridge.service = arguments[3];
	bridge.os = os_create(DESCRIPTOR_SOCKET, reason, sizeof(reason));
	if (bridge.os == NULL) {
		fprintf(stderr, "%s: %s\n", arguments[0], reason);
		return 2;
	}
	os_catch_exceptions(bridge.os);
	if (!options_parse(&bridge.options, arguments[2], geteuid() == 0, reason,
	                   sizeof(reason)) ||
	    !set_up(&bridge, reason, sizeof(reason)))
		return fail(&bridge, reason);
	catch_signals();
	if (!mount_session(&bridge, arguments[1], reason, sizeof(reason)))
		return fail(&bridge, reason);
	if (!notice_begin(&bridge))
		fprintf(stderr, "[fuse] %s: what programs on the system change is seen here after a while only: %s\n",
		        arguments[1], strerror(errno));
	loop_run(&bridge);
	notice_end(&bridge);
	if (bridge.error != 0)
		fprintf(stderr, "[fuse] reading from /dev/fuse: %s\n", strerror(bridge.error));
	tear_down(&bridge);
	return bridge.error != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

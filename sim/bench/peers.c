/* The file systems that are measured (peers.h). */
#include "peers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "sim/cli/cli.h"

#define SOURCE "/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c"

const char *const peer_names[PEERS] = {"drydock", "passthrough_ll -s, pinned", "passthrough_ll as shipped",
                                       "bindfs", "kernel tmpfs"};

static bool compile(struct peers *peers)
{
	char command[2 * PEER_PATH_SIZE];

	if (access(SOURCE, R_OK) != 0) {
		cli_error("bench: there is no " SOURCE "; install libfuse3-dev");
		return false;
	}
	snprintf(peers->program, sizeof(peers->program), "%s/passthrough_ll", peers->work);
	snprintf(command, sizeof(command), "cc -O2 -o %s " SOURCE " $(pkg-config --cflags --libs fuse3)",
	         peers->program);
	return system(command) == 0;
}

static bool is_mounted(const char *directory, const char *parent)
{
	struct stat here, above;

	return stat(directory, &here) == 0 && stat(parent, &above) == 0 && here.st_dev != above.st_dev;
}

static void execute(const struct peers *peers, enum peer_kind kind, const char *directory)
{
	char source[PEER_PATH_SIZE];

	snprintf(source, sizeof(source), "source=%s", peers->backing);
	clock_pin(0, kind == PEER_BEST ? peers->processor : -1);
	if (kind == PEER_BEST)
		execl(peers->program, "passthrough_ll", "-f", "-s", "-o", source, directory, NULL);
	else if (kind == PEER_SHIPPED)
		execl(peers->program, "passthrough_ll", "-f", "-o", source, directory, NULL);
	else
		execlp("bindfs", "bindfs", "-f", peers->backing, directory, NULL);
}

/* Starts a peer that is a program; false where it does not come up. */
static bool start_program(struct peers *peers, enum peer_kind kind)
{
	struct peer *peer = &peers->peer[kind];
	const struct timespec pause = {.tv_nsec = 1000000};
	bool mounted = false;
	int status;

	peer->pid = fork();
	if (peer->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		/*
		 * What -f leaves out of becoming a daemon, as the instance is one: Linux schedules a session as
		 * one group (sched(7), "The autogroup feature"), so all have the same distance to who uses them.
		 */
		setsid();
		execute(peers, kind, peer->directory);
		_exit(127);
	}
	for (int i = 0; i < 2000 && !mounted && peer->pid > 0; i++) {
		nanosleep(&pause, NULL);
		mounted = is_mounted(peer->directory, peers->work);
		if (!mounted && waitpid(peer->pid, &status, WNOHANG) == peer->pid)
			peer->pid = 0;
	}
	return mounted;
}

/* bindfs alone may be missing: it is nobody's dependency. */
static bool start_peer(struct peers *peers, enum peer_kind kind)
{
	if (start_program(peers, kind))
		return true;
	if (kind != PEER_BINDFS)
		return cli_error("bench: %s does not mount", peer_names[kind]), false;
	fprintf(stderr, "bench: bindfs is left out: it is not there, or does not mount\n");
	rmdir(peers->peer[kind].directory);
	peers->peer[kind].directory[0] = '\0';
	return true;
}

static void stop_peer(struct peer *peer)
{
	if (peer->pid <= 0)
		return;
	umount2(peer->directory, MNT_DETACH);
	kill(peer->pid, SIGTERM);
	waitpid(peer->pid, NULL, 0);
}

static bool make_directories(struct peers *peers, unsigned wanted)
{
	snprintf(peers->work, sizeof(peers->work), "/tmp/drydock-bench-XXXXXX");
	if (mkdtemp(peers->work) == NULL) {
		cli_error("bench: cannot make %s: %s", peers->work, strerror(errno));
		peers->work[0] = '\0';
		return false;
	}
	snprintf(peers->backing, sizeof(peers->backing), "%s/tmpfs", peers->work);
	mkdir(peers->backing, 0755);
	for (int kind = 0; kind < PEERS; kind++) {
		char *directory = peers->peer[kind].directory;

		if ((wanted >> kind & 1) == 0)
			continue;
		/* In the tmpfs itself it works beside what the others keep there. */
		if (kind == PEER_TMPFS)
			snprintf(directory, PEER_PATH_SIZE, "%s", peers->backing);
		else
			snprintf(directory, PEER_PATH_SIZE, "%s/%d", peers->work, kind);
		mkdir(directory, 0755);
	}
	return true;
}

bool peers_start(struct peers *peers, const char *name, unsigned wanted)
{
	int other;

	clock_processors(&peers->processor, &other);
	if (!make_directories(peers, wanted) || !compile(peers))
		return false;
	peers->tmpfs = mount("tmpfs", peers->backing, "tmpfs", 0, "size=50%") == 0;
	if (!peers->tmpfs)
		return cli_error("bench: cannot mount a tmpfs: %s; this needs root", strerror(errno)), false;
	if (!bench_instance_boot(&peers->instance, name, true, peers->peer[PEER_DRYDOCK].directory, NULL))
		return false;
	/* Where the instance placed itself, if that is one CPU. */
	peers->processor = clock_processor_of(peers->instance.host, peers->processor);
	for (int kind = PEER_BEST; kind <= PEER_BINDFS; kind++) {
		if ((wanted >> kind & 1) != 0 && !start_peer(peers, (enum peer_kind)kind))
			return false;
	}
	return true;
}

void peers_end(struct peers *peers)
{
	if (peers->work[0] == '\0')
		return;
	clock_pin(0, -1);
	if (peers->instance.host > 0)
		bench_instance_end(&peers->instance);
	for (int kind = 0; kind < PEERS; kind++) {
		stop_peer(&peers->peer[kind]);
		if (kind != PEER_TMPFS && peer_is_there(peers, (enum peer_kind)kind))
			rmdir(peers->peer[kind].directory);
	}
	if (peers->tmpfs)
		umount2(peers->backing, MNT_DETACH);
	rmdir(peers->backing);
	unlink(peers->program);
	rmdir(peers->work);
}

void peer_approach(const struct peers *peers, enum peer_kind kind)
{
	clock_pin(0, kind == PEER_SHIPPED || kind == PEER_BINDFS ? -1 : peers->processor);
}

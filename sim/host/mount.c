/*
 * Mounts: each is a FUSE bridge that the host spawned, so that it dies with
 * the host even while it sleeps in a read of /dev/fuse. Unmounting may wait
 * for the bridge, which may wait for the host: a helper does it.
 */
#include "machine.h"
#include "mount_point.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROLE_FUSE       "fuse"
#define UNMOUNT_SECONDS 10.0

enum mount_state {
	MOUNT_STARTING = 1,
	MOUNT_READY,
	MOUNT_ENDING,   /* a helper unmounts it */
	MOUNT_DETACHED, /* was in use: the bridge serves on until the last file is closed */
	MOUNT_FAILED,   /* the bridge said why, and is about to end */
};

struct mount {
	struct list link; /* in machine->mounts */
	struct machine *machine;
	enum mount_state state;
	bool boot;                     /* run's own: a failure ends the instance */
	struct host_process *bridge;   /* NULL: gone */
	struct control_client *client; /* who waits for it, or NULL */
	char directory[PATH_MAX];
};

/* ---- records ---------------------------------------------------------------- */

/* The file `mount` tells the next host what this one mounted, should it be killed. */
static void write_list(struct machine *machine)
{
	size_t size = 1;
	char *text, *to;

	list_for_each(link, &machine->mounts)
		size += strlen(list_entry(link, struct mount, link)->directory) + 1;
	text = malloc(size);
	if (text == NULL)
		return;
	to = text;
	*to = '\0';
	list_for_each(line, &machine->mounts)
		to += sprintf(to, "%s\n", list_entry(line, struct mount, link)->directory);
	instance_write(&machine->instance, "mount", text);
	free(text);
}

static struct mount *find(struct machine *machine, const char *directory)
{
	list_for_each(link, &machine->mounts) {
		struct mount *mount = list_entry(link, struct mount, link);

		if (mount->state != MOUNT_DETACHED && strcmp(mount->directory, directory) == 0)
			return mount;
	}
	return NULL;
}

static void answer(struct mount *mount, cJSON *reply)
{
	struct control_client *client = mount->client;

	mount->client = NULL;
	control_reply(client, reply);
}

static cJSON *success(const struct mount *mount)
{
	cJSON *reply = cJSON_CreateObject();

	cJSON_AddBoolToObject(reply, "ok", true);
	cJSON_AddStringToObject(reply, "directory", mount->directory);
	return reply;
}

/* Frees it once neither the bridge nor a helper needs it. */
static void settle(struct mount *mount)
{
	struct machine *machine = mount->machine;

	if (mount->bridge != NULL || mount->state == MOUNT_ENDING)
		return;
	answer(mount, success(mount));
	list_remove(&mount->link);
	free(mount);
	write_list(machine);
	machine_stop_step(machine);
}

static void fail_mount(struct mount *mount, const char *reason)
{
	struct machine *machine = mount->machine;
	char text[STATUS_TEXT_SIZE + PATH_MAX];

	mount->state = MOUNT_FAILED;
	snprintf(text, sizeof(text), "cannot mount on %s: %s", mount->directory, reason);
	console_print(machine, "%s", text);
	answer(mount, control_error("%s", text));
	if (mount->boot && !machine->stopping)
		machine_stop(machine, text);
}

/* ---- mounting ---------------------------------------------------------------- */

static bool find_fuse_role(const struct manifest *manifest, uint32_t *role)
{
	for (*role = 0; *role < manifest->role_count && *role < MANIFEST_ROLES; ++*role) {
		if (strncmp(manifest->roles[*role].name, ROLE_FUSE, NAME_SIZE) == 0)
			return true;
	}
	return false;
}

static bool fail(char *error, size_t size, const char *text)
{
	snprintf(error, size, "%s", text);
	return false;
}

/* Whether `path` lies in something that this instance mounted, where looking at it may wait for us. */
static bool within_own(struct machine *machine, const char *path)
{
	list_for_each(link, &machine->mounts) {
		const struct mount *mount = list_entry(link, struct mount, link);
		size_t length = strlen(mount->directory);

		if (strncmp(path, mount->directory, length) == 0 &&
		    (path[length] == '/' || path[length] == '\0'))
			return true;
	}
	return false;
}

/* The bridge as a process of the system, not started yet; NULL with the reason. */
static struct host_process *make_bridge(struct machine *machine, int socket, char *error, size_t size)
{
	const struct credentials owner = {.uid = geteuid(), .gid = getegid()};
	struct process *process;
	enum error result;
	uint32_t role;

	if (!find_fuse_role(machine->options->manifest, &role)) {
		close(socket);
		fail(error, size, "the manifest has no role 'fuse' for the bridge; add a [role] to it");
		return NULL;
	}
	machine->arrival = (struct arrival){.socket = socket};
	result = kernel_attach_guest(machine->kernel, role, ROLE_FUSE, &owner, &process);
	descriptor_close(&machine->arrival.socket);
	if (result == E_OK)
		return process->machine;
	snprintf(error, size, "the kernel has no room for another bridge (error %d)", result);
	return NULL;
}

static bool start_bridge(struct mount *mount, const char *path, const char *options, char *error, size_t size)
{
	struct machine *machine = mount->machine;
	const char *const extra[] = {mount->directory, options != NULL ? options : "", NULL};
	struct host_process *bridge;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return fail(error, size, "no descriptors left for a bridge");
	bridge = make_bridge(machine, ends[0], error, size);
	if (bridge == NULL) {
		close(ends[1]);
		return false;
	}
	snprintf(bridge->path, sizeof(bridge->path), "%s", path);
	pid = process_announce(bridge) ? process_spawn(bridge, ends[1], extra) : -1;
	close(ends[1]);
	if (pid < 0) {
		bridge->path[0] = '\0';
		platform_process_kill(machine, bridge->process);
		return fail(error, size, "cannot start the FUSE bridge");
	}
	process_watch(bridge, pid);
	bridge->mount = mount;
	mount->bridge = bridge;
	return true;
}

bool mount_start(struct machine *machine, const char *directory, const char *options,
                 struct control_client *client, char *error, size_t size)
{
	struct mount *mount;
	char path[PATH_MAX];

	if (!host_image_path(machine->options, "fuse", path)) {
		snprintf(error, size, "there is no FUSE bridge at %s: build with libfuse3 installed", path);
		return false;
	}
	if (within_own(machine, directory)) {
		snprintf(error, size, "%s is mounted by this instance already, or lies in such a mount",
		         directory);
		return false;
	}
	mount = calloc(1, sizeof(*mount));
	if (mount == NULL)
		return fail(error, size, "out of memory");
	mount->machine = machine;
	mount->state = MOUNT_STARTING;
	mount->boot = client == NULL;
	if (!mount_point_check(directory, mount->directory, error, size) ||
	    !start_bridge(mount, path, options, error, size)) {
		free(mount);
		return false;
	}
	mount->client = client;
	if (client != NULL)
		control_wait(client);
	list_add_tail(&machine->mounts, &mount->link);
	write_list(machine);
	return true;
}

void mount_status(struct host_process *bridge, const struct descriptor_status *status)
{
	struct mount *mount = bridge->mount;

	if (mount == NULL || mount->state != MOUNT_STARTING)
		return;
	if (!status->ready) {
		fail_mount(mount, status->text);
		return;
	}
	mount->state = MOUNT_READY;
	console_print(mount->machine, "mounted on %s", mount->directory);
	answer(mount, success(mount));
	if (mount->boot)
		machine_notify(mount->machine, NULL);
}

void mount_bridge_gone(struct host_process *bridge)
{
	struct mount *mount = bridge->mount;
	struct machine *machine = mount->machine;

	bridge->mount = NULL;
	mount->bridge = NULL;
	if (mount->state == MOUNT_STARTING)
		fail_mount(mount, "the FUSE bridge ended before it was up");
	if (mount->state == MOUNT_READY) {
		if (!mount_point_mounted(mount->directory))
			console_print(machine, "%s was unmounted", mount->directory);
		else if (mount_point_detach(mount->directory))
			console_print(machine, "the bridge of %s died; the mount is detached",
			              mount->directory);
	}
	settle(mount);
}

/* ---- unmounting ---------------------------------------------------------------- */

/* In the helper. */
static int unmount(void *context, int output)
{
	const struct mount *mount = context;

	(void)output;
	return mount_point_unmount(mount->directory);
}

static void detached(struct mount *mount)
{
	struct machine *machine = mount->machine;
	cJSON *reply = success(mount);

	mount->state = MOUNT_DETACHED;
	cJSON_AddBoolToObject(reply, "detached", true);
	answer(mount, reply);
	console_print(machine, "%s was in use and is detached: %s", mount->directory,
	              machine->stopping ? "what was open there is lost"
	                                : "it goes when the last file is closed");
	if (machine->stopping) {
		if (machine->busy == NULL)
			machine->busy = cJSON_CreateArray();
		cJSON_AddItemToArray(machine->busy, cJSON_CreateString(mount->directory));
	}
}

static void end_bridge(struct mount *mount)
{
	if (mount->bridge != NULL && mount->bridge->process != NULL)
		platform_process_kill(mount->machine, mount->bridge->process);
}

static void unmounted(struct machine *machine, void *context, int code, const char *output)
{
	struct mount *mount = context;

	(void)output;
	if (code == 0) {
		mount->state = MOUNT_FAILED;
		console_print(machine, "unmounted %s", mount->directory);
		answer(mount, success(mount));
		/* Nothing is left to serve; what was written was flushed by unmounting. */
		end_bridge(mount);
	} else if (code == 1 || mount_point_detach(mount->directory)) {
		detached(mount);
		if (machine->stopping)
			end_bridge(mount);
	} else {
		mount->state = mount->bridge != NULL ? MOUNT_READY : MOUNT_FAILED;
		console_print(machine, "cannot unmount %s", mount->directory);
		answer(mount, control_error("cannot unmount %s; try: fusermount3 -uz %s", mount->directory,
		                            mount->directory));
	}
	settle(mount);
}

static bool start_unmount(struct mount *mount)
{
	mount->state = MOUNT_ENDING;
	if (helper_start(mount->machine, unmount, unmounted, mount, UNMOUNT_SECONDS))
		return true;
	mount->state = MOUNT_READY;
	return false;
}

bool mount_end(struct machine *machine, const char *directory, struct control_client *client, char *error,
               size_t size)
{
	/* By its name alone: to look at the directory is to ask the bridge, which may wait for us. */
	struct mount *mount = find(machine, directory);

	if (mount == NULL) {
		snprintf(error, size, "this instance has nothing mounted on %s; see: drydock doctor",
		         directory);
		return false;
	}
	if (mount->state != MOUNT_READY) {
		snprintf(error, size, "%s is being mounted or unmounted; try again", directory);
		return false;
	}
	if (!start_unmount(mount))
		return fail(error, size, "out of memory or processes");
	mount->client = client;
	control_wait(client);
	return true;
}

void mounts_end(struct machine *machine)
{
	list_for_each(link, &machine->mounts) {
		struct mount *mount = list_entry(link, struct mount, link);

		if (mount->state == MOUNT_READY)
			start_unmount(mount);
		else if (mount->state != MOUNT_ENDING)
			end_bridge(mount);
	}
}

void mounts_detach(struct machine *machine)
{
	list_for_each(link, &machine->mounts) {
		struct mount *mount = list_entry(link, struct mount, link);

		if (mount->state != MOUNT_DETACHED && mount_point_mounted(mount->directory) &&
		    mount_point_detach(mount->directory))
			detached(mount);
		if (mount->bridge != NULL)
			mount->bridge->mount = NULL;
		answer(mount, control_error("the instance was stopped"));
		list_remove(&mount->link);
		free(mount);
	}
}

void mount_client_gone(struct machine *machine, const struct control_client *client)
{
	list_for_each(link, &machine->mounts) {
		struct mount *mount = list_entry(link, struct mount, link);

		if (mount->client == client)
			mount->client = NULL;
	}
}

cJSON *mounts_report(struct machine *machine)
{
	static const char *const names[] = {
		[MOUNT_STARTING] = "mounting", [MOUNT_READY] = "mounted",    [MOUNT_ENDING] = "unmounting",
		[MOUNT_DETACHED] = "detached", [MOUNT_FAILED] = "unmounted",
	};
	cJSON *list = cJSON_CreateArray();

	list_for_each(link, &machine->mounts) {
		const struct mount *mount = list_entry(link, struct mount, link);
		cJSON *record = cJSON_CreateObject();

		cJSON_AddStringToObject(record, "directory", mount->directory);
		cJSON_AddStringToObject(record, "state", names[mount->state]);
		cJSON_AddNumberToObject(record, "linux_pid", mount->bridge != NULL ? mount->bridge->pid : 0);
		cJSON_AddItemToArray(list, record);
	}
	return list;
}

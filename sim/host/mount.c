/*
 * Mounts: each is a FUSE bridge that the host spawned, so that it dies with
 * the host even while it sleeps in a read of /dev/fuse. Unmounting may wait
 * for the bridge, which may wait for the host: a helper does it.
 *
 * vfs's own file system is mounted first, and on top of it, one after the
 * other, each that the manifest mounts, by a bridge of its own to its server. They
 * are taken away in reverse. So Linux sees as many file systems as there are.
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

/* The service of mounts that others lie on. */
static const char manifest_vfs[] = MANIFEST_VFS;

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
	struct mount *parent; /* on which it lies; NULL: it is vfs's, or that is gone */
	const char *service;  /* whose file system it is */
	uint32_t next;        /* of the manifest's mounts, to be made on this one */
	char *options;        /* for the bridge */
	bool unmounting;      /* a helper is at work; else, ENDING, it waits for those on it */
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

static void mount_free(struct mount *mount)
{
	free(mount->options);
	free(mount);
}

static void unmount_step(struct mount *mount);
static void mount_next(struct mount *mount);

/* Frees it once neither the bridge nor a helper needs it. */
static void settle(struct mount *mount)
{
	struct machine *machine = mount->machine;
	struct mount *parent;

	if (mount->bridge != NULL || mount->state == MOUNT_ENDING)
		return;
	answer(mount, success(mount));
	list_remove(&mount->link);
	list_for_each(link, &machine->mounts) {
		struct mount *child = list_entry(link, struct mount, link);

		if (child->parent == mount)
			child->parent = NULL;
	}
	parent = mount->parent;
	mount_free(mount);
	write_list(machine);
	if (parent != NULL)
		unmount_step(parent);
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
	/* What the others hold can be looked at without this one. */
	if (mount->parent != NULL)
		mount_next(mount->parent);
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

static bool start_bridge(struct mount *mount, char *error, size_t size)
{
	struct machine *machine = mount->machine;
	const char *const extra[] = {mount->directory, mount->options, mount->service, NULL};
	struct host_process *bridge;
	char path[PATH_MAX];
	int ends[2];
	pid_t pid;

	if (!host_image_path(machine->options, "fuse", path)) {
		snprintf(error, size, "there is no FUSE bridge at %s: build with libfuse3 installed", path);
		return false;
	}
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

/* A mount of `service`, without a directory yet; NULL without memory. `options` are added to by `more`. */
static struct mount *mount_make(struct machine *machine, const char *service, const char *options,
                                const char *more)
{
	struct mount *mount = calloc(1, sizeof(*mount));

	if (mount == NULL)
		return NULL;
	mount->machine = machine;
	mount->state = MOUNT_STARTING;
	mount->service = service;
	if (asprintf(&mount->options, "%s%s%s", options, *options != '\0' && *more != '\0' ? "," : "", more) <
	    0) {
		free(mount);
		return NULL;
	}
	return mount;
}

bool mount_start(struct machine *machine, const char *directory, const char *options,
                 struct control_client *client, char *error, size_t size)
{
	struct mount *mount;

	if (within_own(machine, directory)) {
		snprintf(error, size, "%s is mounted by this instance already, or lies in such a mount",
		         directory);
		return false;
	}
	mount = mount_make(machine, manifest_vfs, options != NULL ? options : "", "");
	if (mount == NULL)
		return fail(error, size, "out of memory");
	mount->boot = client == NULL;
	if (!mount_point_check(directory, mount->directory, error, size) ||
	    !start_bridge(mount, error, size)) {
		mount_free(mount);
		return false;
	}
	mount->client = client;
	if (client != NULL)
		control_wait(client);
	list_add_tail(&machine->mounts, &mount->link);
	write_list(machine);
	return true;
}

/* Begins to mount one of the manifest's; false where it cannot, which was said then. */
static bool start_on_top(struct mount *parent, const struct manifest_mount *what)
{
	struct machine *machine = parent->machine;
	const char *service = machine->options->manifest->services[what->service].name;
	char options[64], error[STATUS_TEXT_SIZE] = "out of memory, or its name is too long";
	struct mount *mount;

	snprintf(options, sizeof(options), "%s%s%s%s", what->flags & MOUNT_READ_ONLY ? ",ro" : "",
	         what->flags & MOUNT_NO_EXEC ? ",noexec" : "", what->flags & MOUNT_NO_SUID ? ",nosuid" : "",
	         what->flags & MOUNT_NO_ATIME ? ",noatime" : "");
	mount = mount_make(machine, service, parent->options, options + (options[0] == ','));
	/* vfs made the directory. To look at it were to ask its bridge, which may wait for us. */
	if (mount != NULL &&
	    (size_t)snprintf(mount->directory, sizeof(mount->directory), "%s%s", parent->directory,
	                     what->path) < sizeof(mount->directory) &&
	    start_bridge(mount, error, sizeof(error))) {
		mount->parent = parent;
		list_add_tail(&machine->mounts, &mount->link);
		write_list(machine);
		return true;
	}
	console_print(machine, "cannot mount %s on %s%s: %s", service, parent->directory, what->path, error);
	if (mount != NULL)
		mount_free(mount);
	return false;
}

/* Goes on to mount what belongs on top; once nothing is left, the mount is what was asked for. */
static void mount_next(struct mount *mount)
{
	const struct manifest *manifest = mount->machine->options->manifest;

	while (mount->state == MOUNT_READY && mount->next < manifest->mount_count &&
	       mount->next < MANIFEST_MOUNTS) {
		if (start_on_top(mount, &manifest->mounts[mount->next++]))
			return;
	}
	if (mount->state != MOUNT_READY)
		return;
	answer(mount, success(mount));
	if (mount->boot)
		machine_notify(mount->machine, NULL);
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
	if (mount->service == manifest_vfs)
		mount_next(mount);
	else if (mount->parent != NULL)
		mount_next(mount->parent);
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
		if (mount->parent != NULL && mount_point_mounted(mount->directory)) {
			/* The way there leads through another bridge: a helper goes. */
			console_print(machine, "the bridge of %s died", mount->directory);
			mount->state = MOUNT_ENDING;
			unmount_step(mount);
			return;
		}
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
	struct mount *mount = context, *parent = mount->parent;
	bool failed;

	(void)output;
	mount->unmounting = false;
	if (code == 0) {
		mount->state = MOUNT_FAILED;
		console_print(machine, "unmounted %s", mount->directory);
		answer(mount, success(mount));
		/* Nothing is left to serve; what was written was flushed by unmounting. */
		end_bridge(mount);
	} else if (code == 1 || (parent == NULL && mount_point_detach(mount->directory))) {
		detached(mount);
		if (machine->stopping)
			end_bridge(mount);
	} else {
		mount->state = mount->bridge != NULL ? MOUNT_READY : MOUNT_FAILED;
		console_print(machine, "cannot unmount %s", mount->directory);
		answer(mount, control_error("cannot unmount %s; try: fusermount3 -uz %s", mount->directory,
		                            mount->directory));
	}
	failed = mount->state == MOUNT_READY;
	settle(mount);
	if (parent == NULL)
		return;
	if (failed && parent->state == MOUNT_ENDING)
		unmounted(machine, parent, 2, ""); /* by detaching it, with all that lies on it */
	else
		unmount_step(parent);
}

/* The last that was mounted on `mount` and is not unmounted yet, or NULL. */
static struct mount *last_on_top(const struct mount *mount)
{
	struct mount *last = NULL;

	list_for_each(link, &mount->machine->mounts) {
		struct mount *child = list_entry(link, struct mount, link);

		if (child->parent == mount && child->state != MOUNT_DETACHED && child->state != MOUNT_FAILED)
			last = child;
	}
	return last;
}

/* Goes on with a mount that is to end: what lies on it, the last first, and then itself. */
static void unmount_step(struct mount *mount)
{
	struct mount *child = last_on_top(mount);

	if (mount->state != MOUNT_ENDING || mount->unmounting)
		return;
	if (child != NULL && child->state == MOUNT_STARTING) {
		end_bridge(child); /* which brings us here again */
	} else if (child != NULL && child->state == MOUNT_READY) {
		child->state = MOUNT_ENDING;
		unmount_step(child);
	} else if (child == NULL) {
		mount->unmounting = helper_start(mount->machine, unmount, unmounted, mount, UNMOUNT_SECONDS);
		if (!mount->unmounting)
			unmounted(mount->machine, mount, 2, "");
	}
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
	if (mount->client != NULL) {
		snprintf(error, size, "%s is being mounted; try again", directory);
		return false;
	}
	mount->client = client;
	control_wait(client);
	mount->state = MOUNT_ENDING;
	unmount_step(mount);
	return true;
}

void mounts_end(struct machine *machine)
{
	list_for_each(link, &machine->mounts) {
		struct mount *mount = list_entry(link, struct mount, link);

		if (mount->state == MOUNT_READY && mount->parent == NULL) {
			answer(mount, control_error("the instance is being stopped"));
			mount->state = MOUNT_ENDING;
			unmount_step(mount);
		} else if (mount->state != MOUNT_ENDING && mount->parent == NULL) {
			end_bridge(mount);
		}
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
		mount_free(mount);
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
		cJSON_AddStringToObject(record, "service", mount->service);
		cJSON_AddStringToObject(record, "state", names[mount->state]);
		cJSON_AddNumberToObject(record, "linux_pid", mount->bridge != NULL ? mount->bridge->pid : 0);
		cJSON_AddItemToArray(list, record);
	}
	return list;
}

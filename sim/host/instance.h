/*
 * The instance directory: where a running system is found by its name. It is
 * $XDG_RUNTIME_DIR/drydock/NAME, for root without that /run/drydock/NAME, for
 * others without it /tmp/drydock-UID/NAME; only its owner can enter.
 *
 *   lock      held (flock) by the host that runs
 *   control   the control socket (sim/user/control.h)
 *   pid       of the host
 *   mount     the directories that this instance mounted, one a line
 *   console   what the console printed
 *   mnt       a directory to mount on, where one of the instance's own was asked for
 *   crash-*   reports of servers that crashed; core-* their cores
 *
 * All but reports and cores go at a normal end. What a killed host left is
 * cleared by the next of that name.
 */
#ifndef DRYDOCK_HOST_INSTANCE_H
#define DRYDOCK_HOST_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>

#define INSTANCE_NAME_DEFAULT "default"
#define INSTANCE_NAME_MAXIMUM 64
#define INSTANCE_PATH_SIZE    512
#define INSTANCE_MOUNT        "mnt"

struct instance {
	char name[INSTANCE_NAME_MAXIMUM + 1];
	char directory[INSTANCE_PATH_SIZE];
	int handle; /* of the directory (O_PATH) */
	int lock;
};

/* Whether `name` is 1 to 64 of A-Z a-z 0-9 _ . - and not "." or "..". */
bool instance_name_valid(const char *name);

/*
 * The directory of instance `name`, whether it runs or not, into `path` (at
 * least INSTANCE_PATH_SIZE bytes). False, with the reason in `error`, where the
 * name is not one or the path would be too long. Makes nothing.
 */
bool instance_path(const char *name, char *path, size_t size, char *error, size_t error_size);

/*
 * Makes the directory and takes its lock, for the host. False, with the reason
 * in `error`, where another host has it, or what is there is not safely ours.
 */
bool instance_open(struct instance *instance, const char *name, char *error, size_t error_size);

/*
 * Clears what an earlier host left: its socket, and mounts that died with it.
 * Each dead mount that was detached is told to `cleared(context, directory)`.
 */
void instance_clear(struct instance *instance, void (*cleared)(void *context, const char *directory),
                    void *context);

/*
 * Removes what a running instance keeps and gives the lock back. Returns how
 * many crash reports and cores are left in the directory (0: it is gone).
 */
unsigned instance_close(struct instance *instance);

/* Replaces file `name` of the directory by `text`; failures (a full disk) stop nothing. */
void instance_write(const struct instance *instance, const char *name, const char *text);

#endif

/*
 * The shell at work: the real init, log, scheduler and vfs in a basin
 * (tests/unit/user/basin.h), a guest that runs shell_run, and a terminal that
 * is the test. Time is virtual.
 */
#ifndef DRYDOCK_TESTS_HARBOUR_H
#define DRYDOCK_TESTS_HARBOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/shell/shell.h"
#include "tests/unit/user/basin.h"

#define MILLISECOND 1000000ull

enum harbour_role {
	HARBOUR_ADMIN = 0, /* calls vfs and log, and controls the scheduler; inspect and control */
	HARBOUR_USER = 1,  /* calls vfs and log */
	HARBOUR_NOBODY = 2,
	HARBOUR_NEAR = 3,   /* a user who may call "second", too; with HARBOUR_VFS_MOUNTS */
	HARBOUR_BRIDGE = 4, /* and as anybody */
};

/* What image "vfs" is: the real one, or one that answers no open. */
enum harbour_vfs {
	HARBOUR_VFS,
	HARBOUR_VFS_HANGS,
	/*
	 * The real one, with the tmpfs of a second instance, the service "second",
	 * mounted at /mnt/second and, read-only, at /mnt/look; at /mnt/absent is
	 * one that never comes.
	 */
	HARBOUR_VFS_MOUNTS,
};

extern struct basin *harbour;

void harbour_boot(enum harbour_vfs vfs);

/* Ends the shell, if it runs, and everything else, which must leave nothing behind. */
void harbour_end(void);

/* Starts a shell; `script` as shell_run has it. */
void harbour_shell(enum harbour_role role, bool interactive, const char *script);

/* Types, and lets everything come to rest. */
void harbour_type(const char *text);
void harbour_type_bytes(const void *bytes, size_t length);

/* Nothing more will be typed. */
void harbour_hang_up(void);

/* From now on nobody reads what is written. */
void harbour_close_output(void);

void harbour_set_width(uint32_t width);

void harbour_pass(uint64_t nanoseconds);

/* Whether shell_run has returned, and what. */
bool harbour_done(int *status);

/* What was written since the last call, to the output and to errors; valid until the next call. */
const char *harbour_output(void);
const char *harbour_errors(void);

/* Runs a script in a shell of its own, which must end; returns its status. */
int harbour_run(enum harbour_role role, const char *script);

/*
 * Runs `work` in a fiber of a guest of its own, and ends that when it has
 * returned, which it must. Time passes as for a shell.
 */
void harbour_work(enum harbour_role role, void (*work)(struct runtime *runtime));

#endif

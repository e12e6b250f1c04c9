/*
 * The shell: commands for people at a terminal, and for scripts. It is a
 * program of the system like any other and knows nothing of where its terminal
 * comes from: whoever runs it brings one (sim/cli on Linux, a test in tests/).
 *
 * Its process needs calls to vfs and log, for ping and wget to netstack, and for ps,
 * ports and kill the authorities inspect and control; commands that lack theirs say so.
 */
#ifndef DRYDOCK_SHELL_H
#define DRYDOCK_SHELL_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/server.h>

enum terminal_stream {
	TERMINAL_OUTPUT = 1,
	TERMINAL_ERRORS = 2,
};

/* What `read` returns when nothing will ever come again. */
#define TERMINAL_END (-1)

/*
 * A terminal, or what stands for one. It outlives shell_run. All functions are
 * called from fibers with `context`.
 */
struct terminal {
	void *context;
	/*
	 * A person sits there: bytes come as keys are pressed, Ctrl-C among them,
	 * nothing is echoed, and escape sequences of ECMA-48 mean something. Else
	 * it is a script's input, and output for files or programs.
	 */
	bool interactive;
	/* Takes up to `size` bytes of what has come, without waiting: how many, 0 for none yet, or TERMINAL_END. */
	int32_t (*read)(void *context, void *bytes, uint32_t size);
	/*
	 * Suspends the calling fiber until `read` may have something, or the fiber
	 * is woken. One fiber waits at a time; meanwhile others may read.
	 */
	void (*wait)(void *context);
	/*
	 * Writes all of `length` bytes, suspending where that takes time; a newline
	 * also returns to the first column. False: nobody reads it any more.
	 */
	bool (*write)(void *context, enum terminal_stream stream, const void *bytes, uint32_t length);
	/* Columns of the screen, now; 0 where that cannot be told. */
	uint32_t (*width)(void *context);
};

/* Exit statuses, beside a command's own of 0 (done) and 1 (failed). */
#define SHELL_FAILED      1
#define SHELL_WRONG       2   /* wrong usage, or a line that means nothing */
#define SHELL_UNKNOWN     127 /* no such command */
#define SHELL_INTERRUPTED 130 /* Ctrl-C */

/*
 * Runs the lines of `script`, or where that is NULL what the terminal brings,
 * until they end or `exit`. Suspends. Returns the exit status, 0 to 255: that
 * of the last command, or SHELL_FAILED where there is no memory to begin.
 */
int shell_run(struct runtime *runtime, const struct terminal *terminal, const char *script);

#endif

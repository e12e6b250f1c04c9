/*
 * The terminal that a program of the system (src/apps/shell) is given on
 * Linux: standard input and output of this process. A real terminal is in raw
 * mode from terminal_open to terminal_close, or until the process ends in any
 * way but by SIGKILL.
 */
#ifndef DRYDOCK_CLI_TERMINAL_H
#define DRYDOCK_CLI_TERMINAL_H

#include "apps/shell/shell.h"

/* One at a time. Needs a fiber of `runtime`, a guest's, and wakes it by os_watch_descriptor. */
struct linux_terminal {
	struct terminal terminal;
	struct runtime *runtime;
	struct fiber *waiting; /* for input */
};

/* `interactive`: a person is meant to use it, if standard input and output are a terminal. */
void terminal_open(struct linux_terminal *linux, struct runtime *runtime, bool interactive);
void terminal_close(struct linux_terminal *linux);

#endif

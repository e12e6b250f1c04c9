/*
 * What the commands of `drydock` share: how each is called, how it says what
 * went wrong, and how it prints. Exit codes are CLI_OK, CLI_FAILED, CLI_USAGE.
 */
#ifndef DRYDOCK_CLI_CLI_H
#define DRYDOCK_CLI_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
};

/* A command: argv[0] is "drydock COMMAND", as its help shows it. Returns an enum cli_exit. */
typedef int (*cli_command_t)(int argc, char **argv);

int command_run(int argc, char **argv);
int command_stop(int argc, char **argv);
int command_restart(int argc, char **argv);
int command_nice(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_ports(int argc, char **argv);
int command_lanes(int argc, char **argv);
int command_log(int argc, char **argv);
int command_net(int argc, char **argv);
int command_mount(int argc, char **argv);
int command_umount(int argc, char **argv);
int command_fs(int argc, char **argv);
int command_sh(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_gdb(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_bench(int argc, char **argv);

/*
 * The option every command takes. Make it the only child of a command's argp,
 * and at ARGP_KEY_INIT set state->child_inputs[0] to a `const char *`, which
 * it fills with the instance's name.
 */
extern const struct argp_child cli_instance_child[];

/* The same, for a command that has children of its own. */
extern const struct argp cli_instance_argp;

/* Prints "drydock: ", the text and a newline to stderr. Returns CLI_FAILED. */
int cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether to colour what goes to `stream`: a terminal, and NO_COLOR unset (https://no-color.org). */
bool cli_colour(FILE *stream);

#endif

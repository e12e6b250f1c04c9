/*
 * Asking a running instance on its control socket (sim/user/control.h). What
 * goes wrong is said here, with what to do about it.
 */
#ifndef DRYDOCK_CLI_ASK_H
#define DRYDOCK_CLI_ASK_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "sim/host/instance.h"

/*
 * The directory of the running instance `instance`, into `path`. False, after
 * saying so, where none of that name runs.
 */
bool ask_directory(const char *instance, char path[INSTANCE_PATH_SIZE]);

/* Whether an instance of that name seems to run; says nothing. */
bool ask_running(const char *instance);

/*
 * Asks for `command` with the members of `arguments` (an object, taken; NULL:
 * none). Returns the answer, the caller's to cJSON_Delete; NULL after saying
 * what went wrong.
 */
cJSON *ask(const char *instance, const char *command, cJSON *arguments);

/* As ask, for commands whose answer is a list: all records in one array. */
cJSON *ask_list(const char *instance, const char *command);

/* A member's text, or "" where it is not text; its number, or 0. */
const char *ask_text(const cJSON *object, const char *member);
double ask_number(const cJSON *object, const char *member);

/* The record of process `name` ("vfs", "kernel") in the list "ps", or NULL. */
const cJSON *ask_process(const cJSON *processes, const char *name);

#endif

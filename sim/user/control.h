/*
 * The instance's control socket from the outside: requests and replies are one
 * JSON object a packet. Used by the `drydock` command and by guests.
 *
 * A request has "command" and its arguments; a reply has "ok", and "error"
 * (text that says what to do) where that is false. sim/host/control.c has the
 * list of commands.
 */
#ifndef DRYDOCK_SIM_CONTROL_H
#define DRYDOCK_SIM_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#define CONTROL_SOCKET          "control" /* in the instance directory */
#define CONTROL_REQUEST_MAXIMUM 8192      /* bytes */
#define CONTROL_REPLY_MAXIMUM   65536

/*
 * Connects to the instance whose directory is given. Returns the socket, or -1
 * with the reason in `error` (`size` bytes).
 */
int control_connect(const char *instance_directory, char *error, size_t size);

/*
 * Sends `request` (which stays the caller's) and waits for the reply, which
 * the caller frees with cJSON_Delete. NULL, with the reason in `error`, where
 * the host is gone or says that "ok" is false.
 */
cJSON *control_request(int socket, const cJSON *request, char *error, size_t size);

/*
 * Runs a command whose answer is a list ("ps", "ports", "lanes"), however long,
 * and returns all its records in one array, the caller's. NULL as above.
 */
cJSON *control_list(int socket, const char *command, char *error, size_t size);

#endif

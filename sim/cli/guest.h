/*
 * A command as a guest of an instance: attached in a role of its manifest, with
 * a runtime of its own, so that it calls servers by their protocols.
 */
#ifndef DRYDOCK_CLI_GUEST_H
#define DRYDOCK_CLI_GUEST_H

#include <drydock/server.h>

/* Runs in a fiber; returns an enum cli_exit. */
typedef int (*guest_work_t)(struct runtime *runtime, void *context);

/*
 * Attaches to the instance of that name in `role` ("user", "admin"; the man
 * page says what they may), shown to people as `name`, and runs `work` until
 * it returns. Returns what it returned, or CLI_FAILED after saying why it
 * could not be.
 */
int guest_run(const char *instance, const char *role, const char *name, guest_work_t work, void *context);

/*
 * A client of the service `name`, or NULL after saying that `command` cannot
 * have it and why. Suspends.
 */
struct client *guest_client(struct runtime *runtime, const char *command, const char *name,
                            const struct protocol *protocol, const struct client_options *options);

#endif

/*
 * os.h over Linux: what hosted programs may ask of it beyond <drydock/os.h>.
 * A server's main() is in main.c; a command attaches by os_attach; the FUSE
 * bridge is started by the host as servers are and uses os_create.
 */
#ifndef DRYDOCK_SIM_LINUX_H
#define DRYDOCK_SIM_LINUX_H

#include <stdbool.h>
#include <stddef.h>

#include <drydock/os.h>

#include "start.h"

/*
 * Makes this process's end of the system from its descriptor socket, which
 * becomes the result's. On failure NULL, with the reason in `error` (`size`
 * bytes, NUL-terminated). One for each process.
 */
struct os *os_create(int descriptor_socket, char *error, size_t size);

/* Unmaps and closes everything: to the host this process is gone. */
void os_destroy(struct os *os);

/*
 * Attaches this process to the instance whose directory is given, in a role of
 * its manifest. `name` is shown to people, at most NAME_SIZE - 1 bytes. NULL
 * and the reason in `error`, as os_create.
 */
struct os *os_attach(const char *instance_directory, const char *role, const char *name, char *error,
                     size_t size);

/*
 * Makes os_sleep wake for `descriptor`, too: `ready(context)` runs in os_sleep
 * when it can be read, or has hung up. At most OS_WATCHES. False: no room, or the
 * scheduler server decides when this process runs, which then sleeps in the kernel.
 */
#define OS_WATCHES 8
bool os_watch_descriptor(struct os *os, int descriptor, void (*ready)(void *context), void *context);

/* No longer. Harmless for what is not watched. */
void os_unwatch_descriptor(struct os *os, int descriptor);

/* From now on each ring of this process's bell also sends it `signal`. False: errno says why. */
bool os_signal_bell(struct os *os, int signal);

#define OS_DEVICES 8
struct os_device {
	uint32_t kind; /* enum device_kind */
	bool in_use;   /* whoever opens it says so here */
	uint32_t descriptor_count;
	int descriptors[DEVICE_DESCRIPTORS];
	uint8_t parameters[DEVICE_PARAMETERS];
};

/*
 * The `index`th device of `kind` that the host handed over when this process
 * started; its descriptors stay os's, open for as long. NULL: there are not so many.
 */
struct os_device *os_device(struct os *os, enum device_kind kind, uint32_t index);

/*
 * Has `vanished(context)` called where the host turns out to be gone, just
 * before that ends this process: by _exit, so that nothing else of it runs.
 */
void os_on_vanished(struct os *os, void (*vanished)(void *context), void *context);

/*
 * Tells the host, which waits for it, that this process is ready to do what it
 * was started for (`error` NULL), or why it cannot (one line of text).
 */
void os_send_status(struct os *os, const char *error);

/*
 * Makes CPU exceptions and aborts of this process reach the host as an
 * exception message before they end it with a core. Not under a sanitizer,
 * whose own report is better.
 */
void os_catch_exceptions(struct os *os);

#endif

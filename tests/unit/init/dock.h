/*
 * The real init, log and scheduler on the real kernel core and runtime, in a
 * basin (tests/unit/user/basin.h), beside a service `victim` that does nothing
 * but register, and a guest whose fiber a test writes. Time is virtual.
 */
#ifndef DRYDOCK_TESTS_DOCK_H
#define DRYDOCK_TESTS_DOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/server.h>

#include "tests/unit/user/basin.h"

#define MILLISECOND 1000000ull

enum dock_role {
	DOCK_USER = 0,  /* calls log and victim */
	DOCK_ADMIN = 1, /* calls log, victim, scheduler+control; authority control */
};

/* Order in the manifest. */
enum dock_service {
	DOCK_LOG = 0,
	DOCK_SCHEDULER = 1,
	DOCK_VICTIM = 2,
};

extern struct basin *dock;
extern struct manifest dock_manifest;
extern bool dock_random; /* whether the machine has randomness */

/* What image "victim" is: registers, ends without registering, or there is none. */
enum dock_victim {
	VICTIM_SERVES,
	VICTIM_ENDS,
	VICTIM_MISSING,
};

/* Fills in dock_manifest, and sets dock_random; a test may change them before dock_boot. */
void dock_prepare(void);

/* Boots, and lets 50 ms pass. */
void dock_boot(enum dock_victim victim);

/* The same with another server in the victim's place, under its name. */
void dock_boot_with(const struct server_definition *victim);

/* Ends the guest, if there is one, and everything else, which must leave nothing behind. */
void dock_end(void);

/* Starts a guest whose fiber runs `body`, and lets it run until it can do no more. */
void dock_guest(enum dock_role role, void (*body)(struct runtime *runtime));

/* Whether the guest's body has returned. */
bool dock_guest_done(void);

/* The guest is gone, as if it had crashed. */
void dock_guest_end(void);

/* Lets time pass for system and guest. */
void dock_pass(uint64_t nanoseconds);

/* A client of the guest's to init itself. */
struct client *dock_open_init(struct runtime *runtime);

/* A client to a service; fails the test where there is none. */
struct client *dock_open(struct runtime *runtime, const char *name, const struct protocol *protocol);

/* Whether the console shows `text`; how often. */
unsigned dock_printed(const char *text);

#endif

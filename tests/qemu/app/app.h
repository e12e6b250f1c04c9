/*
 * A program for the QEMU tests, which is two things: the tester, a service of
 * the test's manifest, starts children of the same image, each with one thing
 * to do, and prints what became of them as `[test] …` lines.
 */
#ifndef DRYDOCK_TESTS_QEMU_APP_H
#define DRYDOCK_TESTS_QEMU_APP_H

#include <drydock/server.h>

#define ENDS_WELL (-1) /* as vector: no exception, and exit code 0 */
#define SOME      (-2) /* an exception: emulators are not of one mind which */

/* Something that a child does: the exception that must come of it. */
struct misdeed {
	const char *name;
	void (*run)(struct runtime *runtime);
	int vector;
	uint32_t largest_only; /* the processor of `-cpu max` alone forbids it; else it ends well */
};

extern const struct misdeed misdeeds[];
extern const uint32_t misdeed_count;

/* What a child does instead of a misdeed: with devices where it was granted the authority for them. */
void fuzz(struct runtime *runtime, uint64_t seed, uint64_t calls);
void nonsense(struct runtime *runtime);

/* Or it drives a disk, without any nonsense: an exception is raised where that goes wrong (disk.c). */
void drive_disk(struct runtime *runtime);

/* ---- system calls with nonsense: fuzz.c, and of devices drive.c ------------------ */

#define TRIAL_DEVICES  2u
#define TRIAL_MEMORIES 4u
#define TRIAL_VALUES   28u

#define COMMAND_MASTER 4u /* of a device's command register: it may use the bus */

struct random {
	uint64_t state;
};

/* What the calls are made with, beside the values that are nobody's. */
struct trial {
	struct runtime *runtime;
	struct random random;
	handle_t authority; /* for devices; 0: it has none, and no devices */
	handle_t devices[TRIAL_DEVICES];
	uint32_t device_count;
	handle_t memories[TRIAL_MEMORIES]; /* that a device could reach; 0: none yet */
	uint32_t turn;
	uint64_t succeeded; /* a bit for each call of devices that once did what was asked */
};

/* Values that have been somebody's undoing. */
extern const uint64_t trial_values[TRIAL_VALUES];

uint32_t random_next(struct random *random);
uint64_t trial_value(struct random *random);

/*
 * Makes the call, and returns its result. What would end the process, take its own
 * stack away, let it wait, or let a device use the bus is made harmless, or not made.
 */
uint64_t trial_call(struct trial *trial, uint64_t number, uint64_t arguments[6], uint64_t length);

/* Claims all virtio devices that nobody has, and gives them back with their memory. */
void devices_take(struct trial *trial);
void devices_give_back(struct trial *trial);

/* Every value in every two arguments of each call of devices; one such call at random. */
void devices_nonsense(struct trial *trial);
void devices_fuzz(struct trial *trial);

/* Raises an exception unless the calls at random have all succeeded now and then: else they tried nothing. */
void devices_fuzzed(const struct trial *trial);

#endif

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

/* What a child does instead of a misdeed. */
void fuzz(struct runtime *runtime, uint64_t seed, uint64_t calls);
void nonsense(struct runtime *runtime);

#endif

/* The main() of tests that need QEMU: its path is the argument, empty where there is none. */
#ifndef DRYDOCK_TESTS_MACHINE_MAIN_H
#define DRYDOCK_TESTS_MACHINE_MAIN_H

#include <stdio.h>

#include "../unit.h"

static const char *qemu;

static inline int qemu_skip(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	return EXIT_SUCCESS;
}

/* Where `possible` is false all of it is skipped, for the reason `otherwise`. */
#define QEMU_RUN_IF(possible, otherwise, name, ...)                                                  \
	int main(int argc, char **argv)                                                              \
	{                                                                                            \
		const TTest *const tests[] = {__VA_ARGS__};                                          \
                                                                                                     \
		if (argc < 2 || argv[1][0] == '\0')                                                  \
			return qemu_skip("qemu-system-x86_64 is missing (Debian: qemu-system-x86)"); \
		if (!(possible))                                                                     \
			return qemu_skip(otherwise);                                                 \
		qemu = argv[1];                                                                      \
		return unit_run(name, tests, sizeof(tests) / sizeof(tests[0]));                      \
	}

#define QEMU_RUN(name, ...) QEMU_RUN_IF(true, "", name, __VA_ARGS__)

#endif

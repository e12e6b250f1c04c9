/* The main() of tests that need QEMU: its path is the argument, empty where there is none. */
#ifndef DRYDOCK_TESTS_MACHINE_MAIN_H
#define DRYDOCK_TESTS_MACHINE_MAIN_H

#include <stdio.h>

#include "../unit.h"

static const char *qemu;

#define QEMU_RUN(name, ...)                                                                          \
	int main(int argc, char **argv)                                                              \
	{                                                                                            \
		const TTest *const tests[] = {__VA_ARGS__};                                          \
                                                                                                     \
		if (argc < 2 || argv[1][0] == '\0') {                                                \
			puts("1..0 # SKIP qemu-system-x86_64 is missing (Debian: qemu-system-x86)"); \
			return EXIT_SUCCESS;                                                         \
		}                                                                                    \
		qemu = argv[1];                                                                      \
		return unit_run(name, tests, sizeof(tests) / sizeof(tests[0]));                      \
	}

#endif

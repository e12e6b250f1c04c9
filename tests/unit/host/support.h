/*
 * An instance for tests: a host in a child process whose init is image.c, in a
 * runtime directory of the test's own.
 */
#ifndef DRYDOCK_TEST_HOST_SUPPORT_H
#define DRYDOCK_TEST_HOST_SUPPORT_H

#include <sys/types.h>

#include "sim/host/instance.h"

struct test_instance {
	char runtime[64];                  /* XDG_RUNTIME_DIR */
	char directory[INSTANCE_PATH_SIZE]; /* of the instance */
	pid_t host;
	char said[600]; /* what the host said on its notify descriptor */
};

/* Makes a runtime directory and points XDG_RUNTIME_DIR at it. */
void support_runtime(struct test_instance *instance);

/* Removes it with all it holds. */
void support_clear(struct test_instance *instance);

/* Boots an instance with image.c as "init" (or `image`), and waits for what it says. */
void support_boot(struct test_instance *instance, const char *image);

/* Stops it by SIGTERM and returns its exit code. */
int support_stop(struct test_instance *instance);

/* Waits for one that ends by itself. */
int support_wait(struct test_instance *instance);

#endif

/* See support.h. */
#include "support.h"

#include <check.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/host/host.h"

void support_runtime(struct test_instance *instance)
{
	strcpy(instance->runtime, "/tmp/drydock-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(instance->runtime));
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", instance->runtime, 1), 0);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void support_clear(struct test_instance *instance)
{
	nftw(instance->runtime, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void fill_manifest(struct manifest *manifest)
{
	struct manifest_role *role = &manifest->roles[0];

	manifest->magic = MANIFEST_MAGIC;
	manifest->version = MANIFEST_VERSION;
	manifest->size = sizeof(*manifest);
	manifest->role_count = 1;
	strcpy(role->name, "user");
	role->quota = (struct quota){.memory = 1 << 20, .handles = 16, .ports = 2, .lanes = 2};
}

void support_boot(struct test_instance *instance, const char *image)
{
	static struct manifest manifest;
	const struct host_image images[] = {{"init", image}};
	struct host_options options = {
		.name = "unit", .manifest = &manifest, .images = images, .image_count = 1, .processors = 1};
	char error[256];
	ssize_t length;
	int ends[2];

	fill_manifest(&manifest);
	ck_assert(instance_path("unit", instance->directory, sizeof(instance->directory), error,
	                        sizeof(error)));
	ck_assert_int_eq(pipe(ends), 0);
	instance->host = fork();
	ck_assert_int_ge(instance->host, 0);
	if (instance->host == 0) {
		close(ends[0]);
		options.notify = ends[1];
		_exit(host_run(&options));
	}
	close(ends[1]);
	length = read(ends[0], instance->said, sizeof(instance->said) - 1);
	ck_assert_int_gt(length, 0);
	instance->said[length] = '\0';
	close(ends[0]);
}

int support_stop(struct test_instance *instance)
{
	kill(instance->host, SIGTERM);
	return support_wait(instance);
}

int support_wait(struct test_instance *instance)
{
	int status;

	ck_assert_int_eq(waitpid(instance->host, &status, 0), instance->host);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

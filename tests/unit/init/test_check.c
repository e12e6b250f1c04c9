/* What init makes of a manifest that may hold anything. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "servers/init/check.h"

static struct manifest manifest;
static char why[160];

static void add_service(const char *name)
{
	struct manifest_service *service = &manifest.services[manifest.service_count];

	strcpy(service->name, name);
	strcpy(service->image, name);
	service->number = 2 + manifest.service_count++;
}

static void add_call(uint32_t caller, uint32_t callee)
{
	struct manifest_service *service = &manifest.services[caller];

	service->calls[service->call_count++].service = callee;
}

static void setup(void)
{
	memset(&manifest, 0, sizeof(manifest));
	manifest.magic = MANIFEST_MAGIC;
	manifest.version = MANIFEST_VERSION;
	manifest.size = sizeof(manifest);
	add_service("log");
	add_service("scheduler");
	add_service("vfs");
	add_call(1, 0);
	add_call(2, 0);
	strcpy(manifest.roles[0].name, "user");
	manifest.roles[0].calls[0].service = 2;
	manifest.roles[0].call_count = 1;
	manifest.role_count = 1;
}

static void expect(const char *part)
{
	ck_assert(!check_manifest(&manifest, why, sizeof(why)));
	ck_assert_msg(strstr(why, part) != NULL, "\"%s\" does not say \"%s\"", why, part);
}

START_TEST(sound)
{
	ck_assert_msg(check_manifest(&manifest, why, sizeof(why)), "%s", why);
}
END_TEST

START_TEST(zeros)
{
	memset(&manifest, 0, sizeof(manifest));
	expect("none");
}
END_TEST

START_TEST(counts)
{
	manifest.service_count = MANIFEST_SERVICES + 1;
	expect("too many services");
	manifest.service_count = 3;
	manifest.role_count = UINT32_MAX;
	expect("too many services or roles");
	manifest.role_count = 1;
	manifest.size--;
	expect("wrong size");
}
END_TEST

START_TEST(calls)
{
	manifest.services[1].call_count = MANIFEST_CALLS + 1;
	expect("too many calls");
	manifest.services[1].call_count = UINT32_MAX;
	expect("too many calls");
	manifest.services[1].call_count = 1;
	manifest.services[1].calls[0].service = 3;
	expect("not there");
	manifest.services[1].calls[0].service = 1;
	expect("calls itself");
	manifest.services[1].calls[0].service = 0;
	manifest.services[1].calls[0].flags = 4;
	expect("unknown flags");
	manifest.services[1].calls[0].flags = 0;
	manifest.roles[0].calls[0].service = UINT32_MAX;
	expect("role 0 (user)");
}
END_TEST

START_TEST(texts)
{
	memset(manifest.services[1].name, 'x', NAME_SIZE);
	expect("no proper name");
	manifest.services[1].name[0] = '\0';
	expect("no proper name");
	strcpy(manifest.services[1].name, "vfs");
	expect("twice");
	strcpy(manifest.services[1].name, "scheduler");
	memset(manifest.services[1].image, 'x', NAME_SIZE);
	expect("image");
	strcpy(manifest.services[1].image, "scheduler");
	memset(manifest.services[1].options, 'x', SPAWN_OPTIONS_SIZE);
	expect("options");
	manifest.services[1].options[0] = '\0';
	memset(manifest.roles[0].name, 'x', NAME_SIZE);
	expect("role 0");
}
END_TEST

START_TEST(numbers)
{
	manifest.services[1].number = 1;
	expect("below 2");
	manifest.services[1].number = 2;
	expect("another has");
	manifest.services[1].number = 3;
	manifest.services[1].priority = PRIORITY_MAXIMUM + 1;
	expect("priority");
	manifest.services[1].priority = 0;
	manifest.services[1].restart = 2;
	expect("restart");
	manifest.services[1].restart = 0;
	manifest.services[1].authorities = 1;
	expect("authorities");
	manifest.services[1].authorities = 0;
	manifest.roles[0].authorities = 1u << 31;
	expect("authorities");
}
END_TEST

START_TEST(cycles)
{
	uint32_t path[MANIFEST_SERVICES + 1];

	ck_assert_uint_eq(check_cycle(&manifest, path), 0);
	/* Nobody waits for the log. */
	add_call(0, 2);
	ck_assert_uint_eq(check_cycle(&manifest, path), 0);
	add_service("ext4");
	add_call(2, 3);
	add_call(1, 2);
	ck_assert_uint_eq(check_cycle(&manifest, path), 0);
	add_call(3, 2);
	ck_assert_uint_eq(check_cycle(&manifest, path), 3);
	ck_assert_uint_eq(path[0], 2);
	ck_assert_uint_eq(path[1], 3);
	ck_assert_uint_eq(path[2], 2);
	expect("by way of others");
}
END_TEST

/* Whether `from` reaches `to`, by trying all ways: what check_cycle is compared with. */
static bool reaches(uint32_t from, uint32_t to, uint32_t steps)
{
	const struct manifest_service *service = &manifest.services[from];

	if (steps == 0)
		return false;
	for (uint32_t at = 0; at < service->call_count; at++) {
		uint32_t next = service->calls[at].service;

		if (next != 0 && (next == to || reaches(next, to, steps - 1)))
			return true;
	}
	return false;
}

static bool calls_directly(uint32_t caller, uint32_t callee)
{
	for (uint32_t at = 0; at < manifest.services[caller].call_count; at++) {
		if (manifest.services[caller].calls[at].service == callee)
			return true;
	}
	return false;
}

START_TEST(random_graphs)
{
	unsigned seed = (unsigned)_i + 1;

	for (int round = 0; round < 500; round++) {
		uint32_t path[MANIFEST_SERVICES + 1], length;
		bool cyclic = false;

		setup();
		add_service("a");
		add_service("b");
		add_service("c");
		for (uint32_t at = 0; at < 6; at++)
			manifest.services[at].call_count = 0;
		for (int edge = 0; edge < 6; edge++)
			add_call((uint32_t)rand_r(&seed) % 6, (uint32_t)rand_r(&seed) % 6);
		for (uint32_t at = 1; at < 6; at++)
			cyclic |= reaches(at, at, 6);
		length = check_cycle(&manifest, path);
		ck_assert_int_eq(length != 0, cyclic);
		for (uint32_t at = 0; at + 1 < length; at++)
			ck_assert(calls_directly(path[at], path[at + 1]));
		if (length != 0)
			ck_assert_uint_eq(path[0], path[length - 1]);
	}
}
END_TEST

/* Noise is never trusted, and never read beyond. */
START_TEST(noise)
{
	unsigned seed = (unsigned)_i + 1;

	for (int round = 0; round < 300; round++) {
		uint8_t *bytes = (uint8_t *)&manifest;

		setup();
		for (int flips = 1 + rand_r(&seed) % 20; flips > 0; flips--)
			bytes[(size_t)rand_r(&seed) % sizeof(manifest)] = (uint8_t)rand_r(&seed);
		if (check_manifest(&manifest, why, sizeof(why)))
			ck_assert_uint_le(manifest.service_count, MANIFEST_SERVICES);
		else
			ck_assert_uint_gt(strlen(why), 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("init-check");
	TCase *cases = tcase_create("manifests");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_test(cases, sound);
	tcase_add_test(cases, zeros);
	tcase_add_test(cases, counts);
	tcase_add_test(cases, calls);
	tcase_add_test(cases, texts);
	tcase_add_test(cases, numbers);
	tcase_add_test(cases, cycles);
	tcase_add_loop_test(cases, random_graphs, 0, 10);
	tcase_add_loop_test(cases, noise, 0, 10);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * A host with the least init (image.c): booting and stopping, requests on the
 * control socket that are lies, guests that keep the rules and guests that do
 * not.
 */
#include <check.h>
#include <drydock/atomic.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/user/control.h"
#include "sim/user/internal.h"
#include "support.h"

static struct test_instance test;

static void setup(void)
{
	support_runtime(&test);
	support_boot(&test, TEST_IMAGE);
	ck_assert_str_eq(test.said, "ok\n");
}

static void teardown(void)
{
	ck_assert_int_eq(support_stop(&test), 0);
	/* All of it is gone, the directory with it. */
	ck_assert_int_ne(access(test.directory, F_OK), 0);
	support_clear(&test);
}

static int connect_control(void)
{
	char error[256];
	int control = control_connect(test.directory, error, sizeof(error));

	ck_assert_msg(control >= 0, "%s", error);
	return control;
}

/* The error that the host answers to `text`; the caller frees it. */
static char *error_of(int control, const void *text, size_t length)
{
	char answer[CONTROL_REPLY_MAXIMUM], *error;
	ssize_t size;
	cJSON *reply;

	ck_assert_int_eq(send(control, text, length, MSG_NOSIGNAL), (ssize_t)length);
	size = recv(control, answer, sizeof(answer), 0);
	ck_assert_int_gt(size, 0);
	reply = cJSON_ParseWithLength(answer, (size_t)size);
	ck_assert_ptr_nonnull(reply);
	ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(reply, "ok")));
	error = strdup(cJSON_GetObjectItem(reply, "error")->valuestring);
	cJSON_Delete(reply);
	return error;
}

/* The number of processes that "ps" lists, the host among them. */
static int process_count(void)
{
	int control = connect_control(), count;
	char error[256];
	cJSON *records = control_list(control, "ps", error, sizeof(error));

	ck_assert_msg(records != NULL, "%s", error);
	count = cJSON_GetArraySize(records);
	cJSON_Delete(records);
	close(control);
	return count;
}

START_TEST(boots_and_stops)
{
	int control = connect_control();
	cJSON *request = cJSON_CreateObject(), *reply;
	char error[256], rest[16];

	ck_assert_int_eq(process_count(), 2);
	cJSON_AddStringToObject(request, "command", "stop");
	reply = control_request(control, request, error, sizeof(error));
	ck_assert_msg(reply != NULL, "%s", error);
	/* Whoever waits for the end sees the socket close. */
	ck_assert_int_eq(recv(control, rest, sizeof(rest), 0), 0);
	cJSON_Delete(reply);
	cJSON_Delete(request);
	close(control);
}
END_TEST

START_TEST(nonsense_is_answered)
{
	static const char *const requests[] = {
		"x",
		"{",
		"[]",
		"null",
		"\"ps\"",
		"{}",
		"{\"command\":7}",
		"{\"command\":\"nope\"}",
		"{\"command\":\"ps\",\"cursor\":-1}",
		"{\"command\":\"ps\",\"cursor\":1e300}",
		"{\"command\":\"mount\"}",
		"{\"command\":\"mount\",\"directory\":\"relative\"}",
		"{\"command\":\"umount\",\"directory\":\"/tmp\"}",
		"{\"command\":\"attach\"}",
		"{\"command\":\"attach\",\"role\":\"root\",\"name\":\"x\"}",
		"{\"command\":\"attach\",\"role\":\"user\",\"name\":\"\"}",
		"{\"command\":\"attach\",\"role\":\"user\",\"name\":\"a name of thirty-two bytes or more\"}",
	};
	int control = connect_control();

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		char *error = error_of(control, requests[i], strlen(requests[i]));

		ck_assert_str_ne(error, "");
		free(error);
	}
	close(control);
	ck_assert_int_eq(process_count(), 2);
}
END_TEST

START_TEST(oversize_and_deep_requests_are_answered)
{
	int control = connect_control();
	char *text = malloc(CONTROL_REQUEST_MAXIMUM + 1), *error;

	memset(text, '[', CONTROL_REQUEST_MAXIMUM + 1);
	error = error_of(control, text, CONTROL_REQUEST_MAXIMUM + 1);
	ck_assert_ptr_nonnull(strstr(error, "at most"));
	free(error);
	error = error_of(control, text, CONTROL_REQUEST_MAXIMUM);
	ck_assert_ptr_nonnull(strstr(error, "JSON"));
	free(error);
	free(text);
	close(control);
	ck_assert_int_eq(process_count(), 2);
}
END_TEST

START_TEST(clients_that_hang_up_are_forgotten)
{
	for (int i = 0; i < 300; i++) {
		int control = connect_control();

		ck_assert_int_gt(send(control, "{\"command\":\"info\"}", 18, MSG_NOSIGNAL), 0);
		close(control);
	}
	ck_assert_int_eq(process_count(), 2);
}
END_TEST

START_TEST(second_instance_is_refused)
{
	struct test_instance second = test;

	support_boot(&second, TEST_IMAGE);
	ck_assert_ptr_nonnull(strstr(second.said, "error: an instance named 'unit' runs already"));
	ck_assert_int_eq(support_wait(&second), 1);
	ck_assert_int_eq(process_count(), 2);
}
END_TEST

/* ---- guests ------------------------------------------------------------------- */

static struct os *attach(void)
{
	char error[256];
	struct os *os = os_attach(test.directory, "user", "test", error, sizeof(error));

	ck_assert_msg(os != NULL, "%s", error);
	return os;
}

static uint64_t trap(struct os *os, enum system_call call, uint64_t a, uint64_t b)
{
	const uint64_t arguments[6] = {a, b};

	return os_trap(os, call, arguments, NULL);
}

START_TEST(guest_calls_the_kernel)
{
	struct os *os = attach();
	uint64_t before = os_time(os), time = trap(os, SYS_TIME, 0, 0);

	ck_assert_uint_ge(time, before);
	ck_assert_uint_le(time, os_time(os));
	ck_assert_str_eq(os_start(os)->name, "test");
	ck_assert_uint_eq(result_error(trap(os, (enum system_call)0, 0, 0)), E_INVALID_SYSCALL);
	ck_assert_uint_eq(result_error(trap(os, (enum system_call)0xffff, 0, 0)), E_INVALID_SYSCALL);
	ck_assert_uint_eq(result_error(trap(os, SYS_CAP_DROP, 12345, 0)), E_CAP_INVALID);
	/* More calls than the rings have slots. */
	for (int i = 0; i < 100; i++)
		ck_assert(!result_is_error(trap(os, SYS_TIME, 0, 0)));
	os_destroy(os);
}
END_TEST

START_TEST(blocked_call_ends_at_its_deadline)
{
	struct os *os = attach();
	uint64_t deadline = os_time(os) + 1000000;

	ck_assert_uint_eq(result_error(trap(os, SYS_PORT_RECEIVE, os_start(os)->home, DEADLINE_POLL)),
	                  E_WOULD_BLOCK);
	ck_assert_uint_eq(result_error(trap(os, SYS_PORT_RECEIVE, os_start(os)->home, deadline)),
	                  E_TIMED_OUT);
	ck_assert_uint_ge(os_time(os), deadline);
	os_destroy(os);
}
END_TEST

START_TEST(memory_is_mapped_between_guards)
{
	struct os *os = attach();
	handle_t handle;
	void *address, *again;
	uint64_t size;

	for (uint32_t flags = 0; flags <= MEMORY_SHARED; flags += MEMORY_SHARED) {
		ck_assert_int_eq(os_memory_allocate(os, 8192, flags, &handle, &address), E_OK);
		for (int i = 0; i < 8192; i++)
			ck_assert_int_eq(((uint8_t *)address)[i], 0);
		memset(address, 0xa5, 8192);
		/* The pages about it are there, and nobody else's. */
		ck_assert_int_eq(msync((uint8_t *)address - PAGE_SIZE, PAGE_SIZE, MS_ASYNC), 0);
		ck_assert_int_eq(msync((uint8_t *)address + 8192, PAGE_SIZE, MS_ASYNC), 0);
		if (flags & MEMORY_SHARED) {
			const uint64_t arguments[6] = {handle, RIGHT_READ};
			handle_t reader = (handle_t)os_trap(os, SYS_CAP_DUPLICATE, arguments, NULL);

			ck_assert_int_eq(os_memory_map(os, handle, RIGHT_READ, &again, &size), E_BUSY);
			ck_assert_int_eq(os_memory_map(os, reader, RIGHT_READ, &again, &size), E_OK);
			ck_assert_uint_eq(size, 8192);
			ck_assert_mem_eq(again, address, 8192);
			os_memory_free(os, reader, again, size);
		}
		os_memory_free(os, handle, address, 8192);
	}
	ck_assert_int_eq(os_memory_allocate(os, 2 << 20, 0, &handle, &address), E_QUOTA);
	ck_assert_int_eq(os_memory_allocate(os, 4097, 0, &handle, &address), E_ALIGN);
	os_destroy(os);
}
END_TEST

START_TEST(what_a_guest_may_not_write_is_sealed)
{
	struct os *os = attach();
	char path[64];
	int notice;

	ck_assert_int_ne(mprotect((void *)(uintptr_t)os->notice, PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
	ck_assert_int_ne(mprotect((void *)(uintptr_t)os->host_page, PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
	/* Nor by opening it anew through /proc, which root may. */
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)(uintptr_t)os->notice,
	         (unsigned long)(uintptr_t)os->notice + PAGE_SIZE);
	notice = open(path, O_RDWR | O_CLOEXEC);
	if (notice >= 0) {
		ck_assert_ptr_eq(mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, notice, 0),
		                 MAP_FAILED);
		close(notice);
	}
	os_destroy(os);
}
END_TEST

/* Waits until the host has let go of `os`: it closes its end of the socket. */
static void await_cut(struct os *os)
{
	struct pollfd poll_socket = {.fd = os->socket, .events = POLLIN};
	char rest[16];

	ck_assert_int_eq(write(os->host_doorbell, "", 1), 1);
	ck_assert_int_eq(poll(&poll_socket, 1, -1), 1);
	ck_assert_int_eq(recv(os->socket, rest, sizeof(rest), 0), 0);
	os_destroy(os);
}

START_TEST(too_many_calls_cut_a_guest_off)
{
	struct os *os = attach(), *other = attach();

	atomic_store_release((uint32_t *)(void *)(os->lane + LANE_REQUEST_TAIL), 5u);
	await_cut(os);
	ck_assert(!result_is_error(trap(other, SYS_TIME, 0, 0)));
	os_destroy(other);
}
END_TEST

START_TEST(backward_index_cuts_a_guest_off)
{
	struct os *os = attach();

	trap(os, SYS_TIME, 0, 0);
	atomic_store_release((uint32_t *)(void *)(os->lane + LANE_REQUEST_TAIL), 0u);
	await_cut(os);
}
END_TEST

START_TEST(call_without_credit_cuts_a_guest_off)
{
	struct os *os = attach();

	trap(os, SYS_TIME, 0, 0);
	/* As if the reply had never been taken. */
	atomic_store_relaxed((uint32_t *)(void *)(os->lane + LANE_REPLY_HEAD), 0u);
	atomic_store_release((uint32_t *)(void *)(os->lane + LANE_REQUEST_TAIL), 2u);
	await_cut(os);
}
END_TEST

START_TEST(unknown_packet_cuts_a_guest_off)
{
	struct os *os = attach();

	ck_assert_int_eq(send(os->socket, "hello", 5, MSG_NOSIGNAL), 5);
	await_cut(os);
}
END_TEST

START_TEST(guests_come_back_to_nothing)
{
	/* The role's quota is for one at a time many times over: what they leave is given back. */
	for (int i = 0; i < 200; i++) {
		struct os *os = attach();

		ck_assert(!result_is_error(trap(os, SYS_PORT_ALLOCATE, 0, 0)));
		os_destroy(os);
	}
}
END_TEST

/* ---- booting that fails ----------------------------------------------------------- */

START_TEST(missing_image_fails_the_boot)
{
	struct test_instance failing;

	support_runtime(&failing);
	support_boot(&failing, "/nonexistent/drydock-init");
	ck_assert_ptr_nonnull(strstr(failing.said, "error: cannot start init"));
	ck_assert_int_eq(support_wait(&failing), 1);
	ck_assert_int_ne(access(failing.directory, F_OK), 0);
	support_clear(&failing);
}
END_TEST

START_TEST(init_that_dies_at_once_fails_the_boot)
{
	struct test_instance failing;

	support_runtime(&failing);
	support_boot(&failing, "/bin/false");
	ck_assert_ptr_nonnull(strstr(failing.said, "error: init died before"));
	ck_assert_int_eq(support_wait(&failing), 1);
	support_clear(&failing);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host");
	TCase *running = tcase_create("running"), *failing = tcase_create("failing");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(running, setup, teardown);
	tcase_set_timeout(running, 60);
	tcase_add_test(running, boots_and_stops);
	tcase_add_test(running, nonsense_is_answered);
	tcase_add_test(running, oversize_and_deep_requests_are_answered);
	tcase_add_test(running, clients_that_hang_up_are_forgotten);
	tcase_add_test(running, second_instance_is_refused);
	tcase_add_test(running, guest_calls_the_kernel);
	tcase_add_test(running, blocked_call_ends_at_its_deadline);
	tcase_add_test(running, memory_is_mapped_between_guards);
	tcase_add_test(running, what_a_guest_may_not_write_is_sealed);
	tcase_add_test(running, too_many_calls_cut_a_guest_off);
	tcase_add_test(running, backward_index_cuts_a_guest_off);
	tcase_add_test(running, call_without_credit_cuts_a_guest_off);
	tcase_add_test(running, unknown_packet_cuts_a_guest_off);
	tcase_add_test(running, guests_come_back_to_nothing);
	tcase_add_test(failing, missing_image_fails_the_boot);
	tcase_add_test(failing, init_that_dies_at_once_fails_the_boot);
	suite_add_tcase(suite, running);
	suite_add_tcase(suite, failing);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

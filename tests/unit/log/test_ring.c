/* The ring of log entries: what is kept, what goes, and what readers get. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/proto/log.h>

#include "servers/log/ring.h"

static struct ring ring;
static struct ring_memory *memory;

static void setup(void)
{
	memory = calloc(1, sizeof(*memory));
	ck_assert_ptr_nonnull(memory);
	ring_init(&ring, memory);
}

static void teardown(void)
{
	free(memory);
}

/* The entry of a serial number, which can be told from its text. */
static struct line line_of(uint64_t serial, uint32_t length)
{
	struct line line = {.time = serial * 10, .process = 4, .level = LOG_LEVEL_INFO, .source_length = 3};

	memcpy(line.source, "vfs", 3);
	line.text_length = length;
	memset(line.text, 'a' + (char)(serial % 26), length);
	return line;
}

static void add(uint64_t serial, uint32_t length)
{
	struct line line = line_of(serial, length);

	ring_add(&ring, &line);
}

/* Checks one entry of read's data; returns where the next begins. */
static const uint8_t *expect(const uint8_t *data, uint64_t sequence, uint32_t length)
{
	struct line line = line_of(sequence, length);
	struct log_entry entry;

	memcpy(&entry, data, sizeof(entry));
	data += sizeof(entry);
	ck_assert_uint_eq(entry.sequence, sequence);
	ck_assert_uint_eq(entry.time, sequence * 10);
	ck_assert_uint_eq(entry.process, 4);
	ck_assert_uint_eq(entry.source_length, 3);
	ck_assert_uint_eq(entry.length, 3 + length);
	ck_assert_int_eq(memcmp(data, "vfs", 3), 0);
	ck_assert_int_eq(memcmp(data + 3, line.text, length), 0);
	for (uint32_t at = entry.length; at % 8 != 0; at++)
		ck_assert_uint_eq(data[at], 0);
	return data + ((entry.length + 7) & ~7u);
}

START_TEST(empty)
{
	uint8_t data[64];
	uint64_t next;

	ck_assert_uint_eq(ring_read(&ring, 0, data, sizeof(data), &next), 0);
	ck_assert_uint_eq(next, 1);
	ck_assert(!ring_has(&ring, 0));
	ck_assert(!ring_has(&ring, 1));
}
END_TEST

START_TEST(reads_what_fits)
{
	uint8_t data[4096];
	const uint8_t *at = data;
	uint64_t next;
	uint32_t length;

	for (uint64_t serial = 1; serial <= 10; serial++)
		add(serial, (uint32_t)serial);
	length = ring_read(&ring, 0, data, sizeof(data), &next);
	for (uint64_t serial = 1; serial <= 10; serial++)
		at = expect(at, serial, (uint32_t)serial);
	ck_assert_uint_eq(at - data, length);
	ck_assert_uint_eq(next, 11);
	/* Entries 4 and 5 take 48 bytes each. */
	ck_assert_uint_eq(ring_read(&ring, 4, data, 95, &next), 48);
	ck_assert_uint_eq(next, 5);
	expect(data, 4, 4);
	ck_assert_uint_eq(ring_read(&ring, 4, data, 47, &next), 0);
	ck_assert_uint_eq(next, 4);
	ck_assert_uint_eq(ring_read(&ring, 11, data, sizeof(data), &next), 0);
	ck_assert_uint_eq(next, 11);
	ck_assert(ring_has(&ring, 10));
	ck_assert(!ring_has(&ring, 11));
}
END_TEST

/* A number that this log never gave comes from an earlier one. */
START_TEST(follower_of_an_earlier_life)
{
	uint8_t data[64];
	uint64_t next;

	add(1, 1);
	ck_assert(ring_has(&ring, 5000));
	ck_assert_uint_gt(ring_read(&ring, 5000, data, sizeof(data), &next), 0);
	ck_assert_uint_eq(next, 2);
}
END_TEST

START_TEST(oldest_go_by_count)
{
	uint8_t data[64];
	uint64_t next;

	for (uint64_t serial = 1; serial <= RING_ENTRIES + 5; serial++)
		add(serial, 1);
	ck_assert_uint_eq(ring.next - ring.first, RING_ENTRIES);
	ck_assert_uint_eq(ring_read(&ring, 0, data, 48, &next), 48);
	expect(data, 6, 1);
	ck_assert_uint_eq(next, 7);
}
END_TEST

START_TEST(oldest_go_by_text)
{
	for (uint64_t serial = 1; serial <= RING_ENTRIES; serial++)
		add(serial, LINE_TEXT);
	/* Nothing but what wrapping wastes is unused. */
	ck_assert_uint_ge((ring.next - ring.first + 2) * (LINE_TEXT + 3), RING_TEXT);
	ck_assert_uint_le((ring.next - ring.first) * (LINE_TEXT + 3), RING_TEXT);
}
END_TEST

START_TEST(wraps)
{
	unsigned seed = (unsigned)_i + 1;
	static uint32_t lengths[60001];
	static uint8_t data[16 * 1024 * 1024];

	for (uint64_t serial = 1; serial <= 60000; serial++) {
		lengths[serial] = (uint32_t)rand_r(&seed) % (LINE_TEXT + 1);
		add(serial, lengths[serial]);
		if (serial % 19001 == 0) {
			const uint8_t *at = data;
			uint64_t next, first = ring.first;
			uint32_t length = ring_read(&ring, 0, data, sizeof(data), &next);

			for (; first <= serial; first++)
				at = expect(at, first, lengths[first]);
			ck_assert_uint_eq(at - data, length);
			ck_assert_uint_eq(next, serial + 1);
		}
	}
	ck_assert_uint_gt(ring.next - ring.first, 8000);
}
END_TEST

START_TEST(fields)
{
	struct line line = line_of(1, 0);
	struct log_entry entry;
	uint64_t next;

	line.level = LOG_LEVEL_ERROR;
	line.dropped = 17;
	ring_add(&ring, &line);
	{
		uint8_t data[48];

		ck_assert_uint_eq(ring_read(&ring, 1, data, sizeof(data), &next), 48);
		memcpy(&entry, data, sizeof(entry));
	}
	ck_assert_uint_eq(entry.level, LOG_LEVEL_ERROR);
	ck_assert_uint_eq(entry.dropped, 17);
	ck_assert_uint_eq(entry.reserved, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log-ring");
	TCase *cases = tcase_create("ring");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, empty);
	tcase_add_test(cases, reads_what_fits);
	tcase_add_test(cases, follower_of_an_earlier_life);
	tcase_add_test(cases, oldest_go_by_count);
	tcase_add_test(cases, oldest_go_by_text);
	tcase_add_loop_test(cases, wraps, 0, 2);
	tcase_add_test(cases, fields);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

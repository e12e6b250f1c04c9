/*
 * tmpfs file data: holes, ends, truncation, sizes to the limit, and that
 * reused pages show nothing of what they held.
 */
#include "tmpfs_fixture.h"

#define PAGE ARENA_PAGE

static struct fixture *fixture;
static uint64_t file;
static uint8_t data[64 * PAGE], back[64 * PAGE];

static void set_up(void)
{
	uint32_t at;

	fixture = fixture_begin(64 << 20, 1000);
	file = new_file(fixture, "file");
	for (at = 0; at < sizeof(data); at++)
		data[at] = (uint8_t)(at * 31 + at / 251 + 1);
}

static void tear_down(void)
{
	fixture_end(fixture);
}

static uint32_t read_at(uint64_t offset, uint32_t length)
{
	uint32_t done;

	memset(back, 0xcc, sizeof(back));
	must(tmpfs_read(&fixture->tmpfs, file, offset, back, length, &done, fixture->now));
	must(done > length);
	return done;
}

static int32_t truncate_to(uint64_t size)
{
	const struct tmpfs_attributes values = {.size = size};

	return tmpfs_set_attributes(&fixture->tmpfs, file, TMPFS_SET_SIZE, &values, fixture->now,
	                            &fixture->attributes);
}

static bool all_zero(const uint8_t *bytes, uint32_t length)
{
	while (length > 0 && *bytes == 0)
		length--, bytes++;
	return length == 0;
}

START_TEST(test_write_and_read)
{
	fixture->now.seconds = 2000;
	write_all(fixture, file, 0, data, sizeof(data));
	ck_assert_uint_eq(attributes_of(fixture, file)->size, sizeof(data));
	ck_assert_uint_eq(fixture->attributes.blocks, 64 * 8);
	ck_assert_int_eq(fixture->attributes.atime.seconds, 1000);
	ck_assert_int_eq(fixture->attributes.mtime.seconds, 2000);
	ck_assert_int_eq(fixture->attributes.ctime.seconds, 2000);
	fixture->now.seconds = 3000;
	ck_assert_uint_eq(read_at(0, sizeof(back)), sizeof(data));
	ck_assert_mem_eq(back, data, sizeof(data));
	ck_assert_int_eq(attributes_of(fixture, file)->atime.seconds, 3000);
	ck_assert_int_eq(fixture->attributes.mtime.seconds, 2000);
	ck_assert_int_eq(fixture->attributes.ctime.seconds, 2000);
	ck_assert_uint_eq(read_at(PAGE - 1, 2), 2);
	ck_assert_mem_eq(back, data + PAGE - 1, 2);
	ck_assert_uint_eq(read_at(sizeof(data) - 3, 10), 3);
	ck_assert_uint_eq(back[3], 0xcc);
	ck_assert_uint_eq(read_at(sizeof(data), 10), 0);
	ck_assert_uint_eq(read_at(UINT64_MAX, UINT32_MAX), 0);
	write_all(fixture, file, PAGE - 2, "abcd", 4);
	ck_assert_uint_eq(read_at(PAGE - 3, 6), 6);
	ck_assert(back[0] == data[PAGE - 3] && memcmp(back + 1, "abcd", 4) == 0 && back[5] == data[PAGE + 2]);
}
END_TEST

/* The time of access follows changes, and else once a day. */
START_TEST(test_access_time)
{
	const int64_t day = 24 * 60 * 60;
	struct tmpfs_attributes values = {.atime = {INT64_MIN, 0}};

	write_all(fixture, file, 0, data, 10);
	fixture->now.seconds = 2000;
	read_at(0, 1);
	ck_assert_int_eq(attributes_of(fixture, file)->atime.seconds, 2000);
	fixture->now.seconds = 2000 + day - 1;
	read_at(0, 1);
	ck_assert_int_eq(attributes_of(fixture, file)->atime.seconds, 2000);
	fixture->now.seconds = 2000 + day;
	read_at(0, 1);
	ck_assert_int_eq(attributes_of(fixture, file)->atime.seconds, 2000 + day);
	fixture->now.nanoseconds = 5;
	write_all(fixture, file, 0, data, 10);
	fixture->now.nanoseconds = 6;
	read_at(0, 1);
	ck_assert_uint_eq(attributes_of(fixture, file)->atime.nanoseconds, 6);
	fixture->now.nanoseconds = 7;
	read_at(0, 1);
	ck_assert_uint_eq(attributes_of(fixture, file)->atime.nanoseconds, 6);
	must(tmpfs_set_attributes(&fixture->tmpfs, file, TMPFS_SET_ATIME, &values, fixture->now, NULL));
	read_at(0, 1);
	ck_assert_int_eq(attributes_of(fixture, file)->atime.seconds, 2000 + day);
}
END_TEST

START_TEST(test_nothing)
{
	uint32_t done = 5;

	fixture->now.seconds = 2000;
	must(tmpfs_write(&fixture->tmpfs, file, UINT64_MAX, data, 0, &done, fixture->now));
	ck_assert_uint_eq(done, 0);
	must(tmpfs_read(&fixture->tmpfs, file, 0, back, 0, &done, fixture->now));
	ck_assert_uint_eq(done, 0);
	ck_assert_int_eq(attributes_of(fixture, file)->mtime.seconds, 1000);
	/* As on Linux, reading nothing is reading. */
	ck_assert_int_eq(fixture->attributes.atime.seconds, 2000);
	ck_assert_uint_eq(fixture->attributes.size, 0);
}
END_TEST

START_TEST(test_sparse)
{
	uint64_t used = arena_pages_used(&fixture->arena), offset;

	write_all(fixture, file, 1ull << 40, "far", 3);
	ck_assert_uint_eq(attributes_of(fixture, file)->size, (1ull << 40) + 3);
	ck_assert_uint_eq(fixture->attributes.blocks, 8);
	ck_assert_uint_le(arena_pages_used(&fixture->arena), used + 2);
	ck_assert_uint_eq(read_at((1ull << 40) - 10, 20), 13);
	ck_assert(all_zero(back, 10) && memcmp(back + 10, "far", 3) == 0);
	for (offset = 8; offset < 1ull << 40; offset *= 8) {
		ck_assert_uint_eq(read_at(offset, PAGE), PAGE);
		ck_assert(all_zero(back, PAGE));
	}
	for (offset = 8; offset < 1ull << 40; offset *= 8)
		write_all(fixture, file, offset, &offset, sizeof(offset));
	for (offset = 8; offset < 1ull << 40; offset *= 8) {
		ck_assert_uint_eq(read_at(offset, sizeof(offset)), sizeof(offset));
		ck_assert_mem_eq(back, &offset, sizeof(offset));
	}
	must(truncate_to(0));
	ck_assert_uint_eq(fixture->attributes.blocks, 0);
	ck_assert_uint_eq(arena_pages_used(&fixture->arena), used);
}
END_TEST

START_TEST(test_largest)
{
	uint64_t used = arena_pages_used(&fixture->arena);
	uint32_t done;

	write_all(fixture, file, TMPFS_FILE_SIZE_MAX - 1, "x", 1);
	ck_assert_uint_eq(attributes_of(fixture, file)->size, TMPFS_FILE_SIZE_MAX);
	must(tmpfs_write(&fixture->tmpfs, file, TMPFS_FILE_SIZE_MAX - 5, data, 10, &done, fixture->now));
	ck_assert_uint_eq(done, 5);
	ck_assert_int_eq(
		tmpfs_write(&fixture->tmpfs, file, TMPFS_FILE_SIZE_MAX, data, 1, &done, fixture->now),
		POSIX_EFBIG);
	ck_assert_int_eq(
		tmpfs_write(&fixture->tmpfs, file, UINT64_MAX, data, UINT32_MAX, &done, fixture->now),
		POSIX_EFBIG);
	ck_assert_uint_eq(read_at(TMPFS_FILE_SIZE_MAX - 5, sizeof(back)), 5);
	ck_assert_mem_eq(back, data, 5);
	must(truncate_to(TMPFS_FILE_SIZE_MAX));
	ck_assert_int_eq(truncate_to(TMPFS_FILE_SIZE_MAX + 1), POSIX_EFBIG);
	must(remove_name(fixture, TMPFS_ROOT, "file"));
	ck_assert_uint_le(arena_pages_used(&fixture->arena), used);
}
END_TEST

/* What was cut off does not come back when the file grows again. */
START_TEST(test_truncate)
{
	static const uint32_t sizes[] = {63 * PAGE, 50 * PAGE + 1, 33 * PAGE - 1, PAGE + 7, PAGE, PAGE - 1, 1,
	                                 0};
	uint32_t at;

	write_all(fixture, file, 0, data, sizeof(data));
	fixture->now.seconds = 2000;
	for (at = 0; at < sizeof(sizes) / sizeof(sizes[0]); at++) {
		fixture->now.seconds++;
		must(truncate_to(sizes[at]));
		ck_assert_uint_eq(fixture->attributes.size, sizes[at]);
		ck_assert_uint_eq(fixture->attributes.blocks, (sizes[at] + PAGE - 1) / PAGE * 8);
		ck_assert_int_eq(fixture->attributes.mtime.seconds, fixture->now.seconds);
		ck_assert_int_eq(fixture->attributes.ctime.seconds, fixture->now.seconds);
		ck_assert_uint_eq(read_at(0, sizeof(back)), sizes[at]);
		ck_assert_mem_eq(back, data, sizes[at]);
		must(truncate_to(sizeof(data)));
		ck_assert_uint_eq(read_at(0, sizeof(back)), sizeof(data));
		ck_assert_mem_eq(back, data, sizes[at]);
		ck_assert(all_zero(back + sizes[at], (uint32_t)sizeof(data) - sizes[at]));
	}
}
END_TEST

/* A tree that was high comes down again, and what is left of the file stays. */
START_TEST(test_truncate_high)
{
	uint64_t used = arena_pages_used(&fixture->arena);

	write_all(fixture, file, 0, "first", 5);
	write_all(fixture, file, 100 * PAGE, "second", 6);
	write_all(fixture, file, 1ull << 33, "third", 5);
	must(truncate_to((1ull << 33) - 1));
	ck_assert_uint_eq(fixture->attributes.blocks, 16);
	ck_assert_uint_eq(read_at(100 * PAGE, 6), 6);
	ck_assert_mem_eq(back, "second", 6);
	must(truncate_to(100 * PAGE));
	ck_assert_uint_eq(fixture->attributes.blocks, 8);
	ck_assert_uint_eq(read_at(0, 10), 10);
	ck_assert_mem_eq(back, "first\0\0\0\0", 10);
	ck_assert_uint_eq(arena_pages_used(&fixture->arena), used + 1);
	write_all(fixture, file, 63 * PAGE, "again", 5);
	ck_assert_uint_eq(read_at(63 * PAGE, 5), 5);
	ck_assert_mem_eq(back, "again", 5);
}
END_TEST

/* Many files that were high cost no more in the end than their pages. */
START_TEST(test_truncate_many)
{
	uint64_t used;
	char name[] = "a";
	uint32_t at;

	for (at = 0; at < 30; at++, name[0]++)
		new_file(fixture, name);
	used = arena_pages_used(&fixture->arena);
	for (at = 0, name[0] = 'a'; at < 30; at++, name[0]++) {
		must(look_up(fixture, TMPFS_ROOT, name));
		file = fixture->attributes.node;
		write_all(fixture, file, 0, data, PAGE);
		write_all(fixture, file, 1ull << 40, data, PAGE);
		must(truncate_to(PAGE));
		ck_assert_uint_eq(read_at(0, 2 * PAGE), PAGE);
		ck_assert_mem_eq(back, data, PAGE);
	}
	ck_assert_uint_eq(arena_pages_used(&fixture->arena), used + 30);
}
END_TEST

/* Pages that held something else come back as zero wherever they are not written. */
START_TEST(test_reused_pages)
{
	uint32_t round, within, length;
	uint64_t random = 5;

	for (round = 0; round < 200; round++) {
		write_all(fixture, file, 0, data, 4 * PAGE);
		must(truncate_to(0));
		within = random_below(&random, 2 * PAGE);
		length = 1 + random_below(&random, 2 * PAGE);
		write_all(fixture, file, within, data + 5, length);
		must(truncate_to(4 * PAGE));
		ck_assert_uint_eq(read_at(0, 5 * PAGE), 4 * PAGE);
		ck_assert(all_zero(back, within));
		ck_assert_mem_eq(back + within, data + 5, length);
		ck_assert(all_zero(back + within + length, 4 * PAGE - within - length));
		must(truncate_to(0));
	}
}
END_TEST

/* A small file costs a page, an empty one none. */
START_TEST(test_small)
{
	uint64_t used;
	char name[] = "f00";
	uint32_t at;

	must(make_file(fixture, TMPFS_ROOT, "warm"));
	for (at = 0; at < 90; at++) {
		name[1] = (char)('0' + at / 10), name[2] = (char)('0' + at % 10);
		new_file(fixture, name);
	}
	used = arena_pages_used(&fixture->arena);
	for (at = 0; at < 90; at++) {
		name[1] = (char)('0' + at / 10), name[2] = (char)('0' + at % 10);
		must(look_up(fixture, TMPFS_ROOT, name));
		write_all(fixture, fixture->attributes.node, 0, data, 4096);
	}
	ck_assert_uint_eq(arena_pages_used(&fixture->arena), used + 90);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tmpfs_file");
	TCase *tcase = tcase_create("data");

	tcase_set_timeout(tcase, 300);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_write_and_read);
	tcase_add_test(tcase, test_access_time);
	tcase_add_test(tcase, test_nothing);
	tcase_add_test(tcase, test_sparse);
	tcase_add_test(tcase, test_largest);
	tcase_add_test(tcase, test_truncate);
	tcase_add_test(tcase, test_truncate_high);
	tcase_add_test(tcase, test_truncate_many);
	tcase_add_test(tcase, test_reused_pages);
	tcase_add_test(tcase, test_small);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

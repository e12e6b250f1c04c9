/* tmpfs files' space: holes found and made, allocation, copying (servers/vfs/tmpfs_space.c, tmpfs_file.c). */
#include "tmpfs_fixture.h"

#define PAGE 4096u

static struct fixture *fixture;
static uint64_t file, other;

static void set_up(void)
{
	fixture = fixture_begin(64 << 20, 100);
	file = new_file(fixture, "file");
	other = new_file(fixture, "other");
}

static void tear_down(void)
{
	fixture_end(fixture);
}

static int32_t allocate(enum tmpfs_allocate mode, uint64_t offset, uint64_t length)
{
	return tmpfs_allocate(&fixture->tmpfs, file, mode, offset, length, fixture->now);
}

/* What is found, or -1 for POSIX_ENXIO. */
static int64_t seek(enum tmpfs_seek what, uint64_t offset)
{
	uint64_t result;
	int32_t error = tmpfs_seek(&fixture->tmpfs, file, offset, what, &result);

	if (error == POSIX_ENXIO)
		return -1;
	must(error);
	return (int64_t)result;
}

static int64_t data_at(uint64_t offset)
{
	return seek(TMPFS_SEEK_DATA, offset);
}

static int64_t hole_at(uint64_t offset)
{
	return seek(TMPFS_SEEK_HOLE, offset);
}

/* Fills so many bytes from there on. */
static void fill(uint64_t node, uint64_t offset, uint32_t length, int byte)
{
	uint8_t *data = malloc(length);

	memset(data, byte, length);
	write_all(fixture, node, offset, data, length);
	free(data);
}

/* Whether all these bytes are `byte`. */
static bool is_all(uint64_t node, uint64_t offset, uint32_t length, uint8_t byte)
{
	uint8_t *data = malloc(length);
	uint32_t done, at;

	must(tmpfs_read(&fixture->tmpfs, node, offset, data, length, &done, fixture->now));
	must(done != length);
	for (at = 0; at < length && data[at] == byte; at++)
		;
	free(data);
	return at == length;
}

START_TEST(seeking)
{
	ck_assert_int_eq(data_at(0), -1);
	ck_assert_int_eq(hole_at(0), -1);
	fill(file, 2 * PAGE + 10, 10, 'x');
	fill(file, 1ull << 40, 1, 'y');
	ck_assert_int_eq(data_at(0), 2 * PAGE);
	ck_assert_int_eq(data_at(2 * PAGE + 100), 2 * PAGE + 100);
	ck_assert_int_eq(data_at(3 * PAGE), 1ll << 40);
	ck_assert_int_eq(hole_at(0), 0);
	ck_assert_int_eq(hole_at(2 * PAGE), 3 * PAGE);
	ck_assert_int_eq(hole_at(3 * PAGE - 1), 3 * PAGE);
	ck_assert_int_eq(hole_at(5 * PAGE + 7), 5 * PAGE + 7);
	ck_assert_int_eq(hole_at(1ull << 40), (1ll << 40) + 1); /* the end */
	ck_assert_int_eq(data_at((1ull << 40) + 1), -1);
	ck_assert_int_eq(hole_at(UINT64_MAX), -1);
	ck_assert_int_eq(tmpfs_seek(&fixture->tmpfs, TMPFS_ROOT, 0, TMPFS_SEEK_DATA, &(uint64_t){0}),
	                 POSIX_EISDIR);
	ck_assert_int_eq(tmpfs_seek(&fixture->tmpfs, 99, 0, TMPFS_SEEK_DATA, &(uint64_t){0}), POSIX_ESTALE);
}
END_TEST

/* What was allocated is a hole for who looks, until it is written to. */
START_TEST(allocating)
{
	fixture->now.seconds = 5000;
	must(allocate(TMPFS_ALLOCATE_GROW, 100, 3 * PAGE));
	ck_assert_uint_eq(attributes_of(fixture, file)->size, 3 * PAGE + 100);
	ck_assert_uint_eq(fixture->attributes.blocks, 4 * 8);
	ck_assert_int_eq(fixture->attributes.mtime.seconds, 5000);
	ck_assert_int_eq(fixture->attributes.ctime.seconds, 5000);
	ck_assert_int_eq(data_at(0), -1);
	ck_assert(is_all(file, 0, 3 * PAGE + 100, 0));
	fill(file, PAGE + 1, 1, 'x');
	ck_assert_int_eq(data_at(0), PAGE);
	ck_assert_int_eq(hole_at(PAGE), 2 * PAGE);
	ck_assert_uint_eq(attributes_of(fixture, file)->blocks, 4 * 8);
	/* Beyond the end, without growing; truncating to the size that it has gives that back. */
	must(allocate(TMPFS_ALLOCATE_KEEP, 10 * PAGE, 2 * PAGE));
	ck_assert_uint_eq(attributes_of(fixture, file)->size, 3 * PAGE + 100);
	ck_assert_uint_eq(fixture->attributes.blocks, 6 * 8);
	ck_assert_int_eq(data_at(3 * PAGE), -1);
	must(tmpfs_set_attributes(&fixture->tmpfs, file, TMPFS_SET_SIZE,
	                          &(struct tmpfs_attributes){.size = 3 * PAGE + 100}, fixture->now,
	                          &fixture->attributes));
	ck_assert_uint_eq(fixture->attributes.blocks, 4 * 8);
	/* A page that was used before shows nothing of it. */
	fill(other, 0, 8 * PAGE, 'z');
	must(remove_name(fixture, TMPFS_ROOT, "other"));
	must(allocate(TMPFS_ALLOCATE_GROW, 0, 12 * PAGE));
	ck_assert(is_all(file, 2 * PAGE, 10 * PAGE, 0));
}
END_TEST

START_TEST(punching)
{
	uint64_t used = arena_pages_used(&fixture->arena);

	fill(file, 0, 4 * PAGE, 'x');
	must(allocate(TMPFS_ALLOCATE_PUNCH, 10, 20));
	must(allocate(TMPFS_ALLOCATE_PUNCH, PAGE + 100, 2 * PAGE));
	ck_assert_uint_eq(attributes_of(fixture, file)->size, 4 * PAGE);
	ck_assert_uint_eq(fixture->attributes.blocks, 3 * 8);
	ck_assert(is_all(file, 0, 10, 'x') && is_all(file, 10, 20, 0) && is_all(file, 30, PAGE + 70, 'x'));
	ck_assert(is_all(file, PAGE + 100, 2 * PAGE, 0) && is_all(file, 3 * PAGE + 100, PAGE - 100, 'x'));
	ck_assert_int_eq(hole_at(0), 2 * PAGE);
	ck_assert_int_eq(data_at(2 * PAGE), 3 * PAGE);
	must(allocate(TMPFS_ALLOCATE_PUNCH, 0, TMPFS_FILE_SIZE_MAX));
	ck_assert_uint_eq(attributes_of(fixture, file)->size, 4 * PAGE);
	ck_assert_uint_eq(fixture->attributes.blocks, 0);
	ck_assert_uint_eq(arena_pages_used(&fixture->arena), used);
	must(allocate(TMPFS_ALLOCATE_PUNCH, 1ull << 45, 100));
	ck_assert_int_eq(hole_at(0), 0);
}
END_TEST

START_TEST(zeroing)
{
	fill(file, 0, 3 * PAGE, 'x');
	must(allocate(TMPFS_ALLOCATE_ZERO_KEEP, PAGE - 1, 4 * PAGE));
	ck_assert_uint_eq(attributes_of(fixture, file)->size, 3 * PAGE);
	ck_assert_uint_eq(fixture->attributes.blocks, 5 * 8);
	ck_assert(is_all(file, 0, PAGE - 1, 'x') && is_all(file, PAGE - 1, 2 * PAGE + 1, 0));
	fill(file, 0, 3 * PAGE, 'y');
	must(allocate(TMPFS_ALLOCATE_ZERO, 100, 50));
	must(allocate(TMPFS_ALLOCATE_ZERO, 2 * PAGE, 4 * PAGE + 5));
	ck_assert_uint_eq(attributes_of(fixture, file)->size, 6 * PAGE + 5);
	ck_assert(is_all(file, 0, 100, 'y') && is_all(file, 100, 50, 0));
	ck_assert(is_all(file, 150, 2 * PAGE - 150, 'y') && is_all(file, 2 * PAGE, 4 * PAGE + 5, 0));
}
END_TEST

START_TEST(wrong_allocations)
{
	const uint64_t limit = TMPFS_FILE_SIZE_MAX;
	uint64_t used = arena_pages_used(&fixture->arena);
	uint32_t mode;

	for (mode = 0; mode <= TMPFS_ALLOCATE_ZERO_KEEP; mode++) {
		ck_assert_int_eq(allocate(mode, 0, 0), POSIX_EINVAL);
		ck_assert_int_eq(allocate(mode, limit, 1), POSIX_EFBIG);
		ck_assert_int_eq(allocate(mode, 1, limit), POSIX_EFBIG);
		ck_assert_int_eq(allocate(mode, UINT64_MAX, UINT64_MAX), POSIX_EFBIG);
	}
	ck_assert_int_eq(allocate(5, 0, 1), POSIX_EINVAL);
	ck_assert_int_eq(allocate(TMPFS_ALLOCATE_KEEP, 0, limit), POSIX_ENOSPC);
	ck_assert_int_eq(allocate(TMPFS_ALLOCATE_GROW, limit - 64 * PAGE, 65ull << 20), POSIX_EFBIG);
	ck_assert_uint_eq(arena_pages_used(&fixture->arena), used);
	ck_assert_uint_eq(attributes_of(fixture, file)->size, 0);
	ck_assert_int_eq(tmpfs_allocate(&fixture->tmpfs, TMPFS_ROOT, 0, 0, 1, fixture->now), POSIX_EISDIR);
	must(make_symlink(fixture, TMPFS_ROOT, "link", "x"));
	ck_assert_int_eq(tmpfs_allocate(&fixture->tmpfs, fixture->attributes.node, 0, 0, 1, fixture->now),
	                 POSIX_ENODEV);
	ck_assert_int_eq(tmpfs_allocate(&fixture->tmpfs, 99, 0, 0, 1, fixture->now), POSIX_ESTALE);
}
END_TEST

static int32_t copy(uint64_t offset, uint64_t to, uint64_t to_offset, uint32_t length, uint32_t *done)
{
	return tmpfs_copy(&fixture->tmpfs, file, offset, to, to_offset, length, done, fixture->now);
}

START_TEST(copying)
{
	uint32_t done;

	fill(file, 0, PAGE, 'a');
	fill(file, 3 * PAGE, PAGE, 'b');
	fill(other, 0, 3 * PAGE, 'c');
	fixture->now.seconds = 5000;
	must(copy(100, other, 200, 10 * PAGE, &done));
	ck_assert_uint_eq(done, 4 * PAGE - 100);
	ck_assert(is_all(other, 0, 200, 'c') && is_all(other, 200, PAGE - 100, 'a'));
	ck_assert(is_all(other, PAGE + 100, 2 * PAGE, 0) && is_all(other, 3 * PAGE + 100, PAGE, 'b'));
	ck_assert_uint_eq(attributes_of(fixture, other)->size, 4 * PAGE + 100);
	ck_assert_int_eq(fixture->attributes.mtime.seconds, 5000);
	ck_assert_int_eq(attributes_of(fixture, file)->atime.seconds, 5000);
	ck_assert_int_eq(fixture->attributes.mtime.seconds, 1000);
	/* A hole where a hole is stays one, and the file grows all the same. */
	must(copy(PAGE, file, 10 * PAGE, 2 * PAGE, &done));
	ck_assert_uint_eq(done, 2 * PAGE);
	ck_assert_uint_eq(attributes_of(fixture, file)->size, 12 * PAGE);
	ck_assert_uint_eq(fixture->attributes.blocks, 2 * 8);
	/* Within one page, too. */
	fill(file, 0, 10, 'd');
	must(copy(0, file, 10, 10, &done));
	ck_assert(is_all(file, 0, 20, 'd') && is_all(file, 20, PAGE - 20, 'a'));
}
END_TEST

START_TEST(wrong_copies)
{
	uint32_t done = 7;

	fill(file, 0, 100, 'a');
	ck_assert_int_eq(copy(0, file, 99, 100, &done), POSIX_EINVAL);
	ck_assert_int_eq(copy(98, file, 97, 100, &done), POSIX_EINVAL);
	ck_assert_int_eq(copy(5, file, 5, 1, &done), POSIX_EINVAL);
	ck_assert_int_eq(copy(0, other, TMPFS_FILE_SIZE_MAX, 1, &done), POSIX_EFBIG);
	ck_assert_int_eq(copy(0, TMPFS_ROOT, 0, 1, &done), POSIX_EISDIR);
	ck_assert_int_eq(copy(0, 99, 0, 1, &done), POSIX_ESTALE);
	must(copy(5, file, 5, 0, &done));
	ck_assert_uint_eq(done, 0);
	/* What lies beyond the end does not overlap anything. */
	must(copy(99, file, 0, 100, &done));
	ck_assert_uint_eq(done, 1);
	must(copy(100, file, 100, 100, &done));
	ck_assert_uint_eq(done, 0);
	must(copy(100, other, 0, 10, &done));
	ck_assert_uint_eq(done, 0);
	must(copy(UINT64_MAX, other, 0, UINT32_MAX, &done));
	ck_assert_uint_eq(done, 0);
	ck_assert_uint_eq(attributes_of(fixture, other)->size, 0);
	must(copy(0, other, TMPFS_FILE_SIZE_MAX - 3, 100, &done));
	ck_assert_uint_eq(done, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tmpfs_space");
	TCase *tcase = tcase_create("space");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, seeking);
	tcase_add_test(tcase, allocating);
	tcase_add_test(tcase, punching);
	tcase_add_test(tcase, zeroing);
	tcase_add_test(tcase, wrong_allocations);
	tcase_add_test(tcase, copying);
	tcase_add_test(tcase, wrong_copies);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

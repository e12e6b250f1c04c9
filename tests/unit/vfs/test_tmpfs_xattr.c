/* tmpfs extended attributes (servers/vfs/tmpfs_xattr.c). */
#include <stdio.h>

#include "tmpfs_fixture.h"

static struct fixture *fixture;
static uint64_t file;
static uint8_t big[TMPFS_XATTR_SIZE_MAX + 1], back[TMPFS_XATTR_SIZE_MAX + 1];

static void set_up(void)
{
	fixture = fixture_begin(64 << 20, 100);
	file = new_file(fixture, "file");
	for (uint32_t at = 0; at < sizeof(big); at++)
		big[at] = (uint8_t)(at * 7 + at / 4088);
}

static void tear_down(void)
{
	fixture_end(fixture);
}

static int32_t set(const char *name, const void *value, uint32_t size, uint32_t flags)
{
	return tmpfs_xattr_set(&fixture->tmpfs, file, name, (uint32_t)strlen(name), flags, value, size,
	                       fixture->now);
}

static int32_t get(const char *name, uint32_t capacity, uint32_t *size)
{
	memset(back, 0xcc, sizeof(back));
	return tmpfs_xattr_get(&fixture->tmpfs, file, name, (uint32_t)strlen(name), back, capacity, size);
}

static int32_t drop(const char *name)
{
	return tmpfs_xattr_remove(&fixture->tmpfs, file, name, (uint32_t)strlen(name), fixture->now);
}

static int32_t list(uint32_t capacity, uint32_t *size)
{
	memset(back, 0xcc, sizeof(back));
	return tmpfs_xattr_list(&fixture->tmpfs, file, NULL, back, capacity, size);
}

START_TEST(all_sizes)
{
	uint32_t sizes[] = {0, 1, 100, 4087, 4088, 4089, 8176, 8177, TMPFS_XATTR_SIZE_MAX};
	uint64_t used = arena_pages_used(&fixture->arena);
	uint32_t size;

	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		must(set("user.v", big, sizes[i], 0));
		must(get("user.v", 0, &size));
		ck_assert_uint_eq(size, sizes[i]);
		must(get("user.v", sizeof(back), &size));
		ck_assert_uint_eq(size, sizes[i]);
		ck_assert_mem_eq(back, big, size);
		ck_assert_uint_eq(back[size], 0xcc);
		if (size > 1)
			ck_assert_int_eq(get("user.v", size - 1, &size), POSIX_ERANGE);
	}
	ck_assert_int_eq(set("user.v", big, TMPFS_XATTR_SIZE_MAX + 1, 0), POSIX_E2BIG);
	must(remove_name(fixture, TMPFS_ROOT, "file"));
	ck_assert_uint_le(arena_pages_used(&fixture->arena), used);
}
END_TEST

START_TEST(all_names)
{
	static const char listed[] = "a\0b\0bb\0c";
	char longest[257];
	uint32_t size;

	must(list(0, &size));
	ck_assert_uint_eq(size, 0);
	must(set("c", "1", 1, 0));
	must(set("bb", "2", 1, 0));
	must(set("a", "3", 1, 0));
	must(set("b", "4", 1, 0));
	must(list(0, &size));
	ck_assert_uint_eq(size, sizeof(listed));
	must(list(sizeof(listed), &size));
	ck_assert_uint_eq(size, sizeof(listed));
	ck_assert_mem_eq(back, listed, sizeof(listed));
	ck_assert_int_eq(list(sizeof(listed) - 1, &size), POSIX_ERANGE);
	must(drop("b"));
	must(list(100, &size));
	ck_assert_mem_eq(back, "a\0bb\0c", 7);
	ck_assert_int_eq(drop("b"), POSIX_ENODATA);
	ck_assert_int_eq(get("b", 10, &size), POSIX_ENODATA);
	ck_assert_int_eq(set("b", "", 0, TMPFS_XATTR_REPLACE), POSIX_ENODATA);
	ck_assert_int_eq(set("a", "", 0, TMPFS_XATTR_CREATE), POSIX_EEXIST);
	ck_assert_int_eq(set("a", "", 0, 4), POSIX_EINVAL);
	must(set("b", "5", 1, TMPFS_XATTR_CREATE));
	must(set("a", "66", 2, TMPFS_XATTR_REPLACE));
	must(get("a", 10, &size));
	ck_assert_uint_eq(size, 2);
	ck_assert_mem_eq(back, "66", 2);
	memset(longest, 'n', sizeof(longest));
	longest[256] = '\0';
	ck_assert_int_eq(set(longest, "", 0, 0), POSIX_ERANGE);
	ck_assert_int_eq(set("", "", 0, 0), POSIX_ERANGE);
	ck_assert_int_eq(get("", 0, &size), POSIX_ERANGE);
	ck_assert_int_eq(drop(longest), POSIX_ERANGE);
	ck_assert_int_eq(tmpfs_xattr_set(&fixture->tmpfs, file, "a\0b", 3, 0, "", 0, fixture->now),
	                 POSIX_EINVAL);
	ck_assert_int_eq(tmpfs_xattr_get(&fixture->tmpfs, 99, "a", 1, back, 9, &size), POSIX_ESTALE);
	ck_assert_int_eq(tmpfs_xattr_list(&fixture->tmpfs, 99, NULL, back, 9, &size), POSIX_ESTALE);
	ck_assert_int_eq(tmpfs_xattr_set(&fixture->tmpfs, 99, "a", 1, 0, "", 0, fixture->now), POSIX_ESTALE);
	ck_assert_int_eq(tmpfs_xattr_remove(&fixture->tmpfs, 99, "a", 1, fixture->now), POSIX_ESTALE);
	longest[255] = '\0';
	must(set(longest, "x", 1, 0));
	must(get(longest, 1, &size));
}
END_TEST

/* All names together can be listed, and no more fit. */
START_TEST(many_names)
{
	uint32_t made, size;
	char name[64];
	int32_t error;

	for (made = 0;; made++) {
		/* Not in order. */
		error = set((snprintf(name, sizeof(name), "user.%05u", made * 7919 % 10007), name), "v", 1,
		            TMPFS_XATTR_CREATE);
		if (error)
			break;
	}
	ck_assert_int_eq(error, POSIX_ENOSPC);
	ck_assert_uint_eq(made, TMPFS_XATTR_NAMES_MAX / 11);
	must(set("user.00000", "new", 3, 0));
	must(list(TMPFS_XATTR_NAMES_MAX, &size));
	ck_assert_uint_eq(size, made * 11);
	for (uint32_t at = 11; at < size; at += 11)
		must(strcmp((char *)back + at - 11, (char *)back + at) >= 0);
	must(drop("user.00000"));
	must(set(name, "v", 1, TMPFS_XATTR_CREATE));
}
END_TEST

/* Attributes change the ctime alone; what is read changes nothing. */
START_TEST(times)
{
	uint32_t size;

	fixture->now.seconds = 2000;
	must(set("user.a", "1", 1, 0));
	ck_assert_int_eq(attributes_of(fixture, file)->ctime.seconds, 2000);
	ck_assert_int_eq(fixture->attributes.mtime.seconds, 1000);
	fixture->now.seconds = 3000;
	must(get("user.a", 10, &size));
	must(list(10, &size));
	ck_assert_int_eq(set("user.a", "1", 1, TMPFS_XATTR_CREATE), POSIX_EEXIST);
	ck_assert_int_eq(drop("user.b"), POSIX_ENODATA);
	ck_assert_int_eq(attributes_of(fixture, file)->ctime.seconds, 2000);
	ck_assert_int_eq(fixture->attributes.atime.seconds, 1000);
	must(drop("user.a"));
	ck_assert_int_eq(attributes_of(fixture, file)->ctime.seconds, 3000);
}
END_TEST

/* A program's capabilities go when it changes hands or content, and nothing else does. */
START_TEST(capabilities)
{
	const struct tmpfs_attributes values = {.size = 5, .uid = 3, .mode = 0755};
	uint64_t other = new_file(fixture, "other");
	uint32_t change, done, size;

	write_all(fixture, other, 0, "content", 7);
	for (change = 0; change < 8; change++) {
		must(set("security.capability", "cap", 3, 0));
		must(set("user.stays", "x", 1, 0));
		switch (change) {
		case 0:
			write_all(fixture, file, 0, "new", 3);
			break;
		case 1:
			must(tmpfs_copy(&fixture->tmpfs, other, 0, file, 0, 7, &done, fixture->now));
			break;
		case 2:
			must(tmpfs_allocate(&fixture->tmpfs, file, TMPFS_ALLOCATE_PUNCH, 0, 3, fixture->now));
			break;
		case 3:
		case 4:
		case 5:
			must(tmpfs_set_attributes(&fixture->tmpfs, file,
			                          change == 3   ? TMPFS_SET_SIZE
			                          : change == 4 ? TMPFS_SET_UID
			                                        : TMPFS_SET_GID,
			                          &values, fixture->now, NULL));
			break;
		case 6:
			must(tmpfs_set_attributes(&fixture->tmpfs, file, TMPFS_SET_MODE | TMPFS_SET_MTIME_NOW,
			                          &values, fixture->now, NULL));
			break;
		default:
			must(make_link(fixture, file, TMPFS_ROOT, "link"));
		}
		ck_assert_int_eq(get("security.capability", 10, &size), change < 6 ? POSIX_ENODATA : 0);
		must(get("user.stays", 10, &size));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tmpfs_xattr");
	TCase *tcase = tcase_create("xattr");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, all_sizes);
	tcase_add_test(tcase, all_names);
	tcase_add_test(tcase, many_names);
	tcase_add_test(tcase, times);
	tcase_add_test(tcase, capabilities);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

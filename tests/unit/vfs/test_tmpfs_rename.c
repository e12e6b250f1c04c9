/*
 * tmpfs renaming: what replaces what, exchange, directories that move, and the
 * times that each marks.
 */
#include "tmpfs_fixture.h"

static struct fixture *fixture;
static uint64_t one, two, file, other;

/* /one/file, /two/other */
static void set_up(void)
{
	fixture = fixture_begin(64 << 20, 1000);
	one = new_directory(fixture, TMPFS_ROOT, "one");
	two = new_directory(fixture, TMPFS_ROOT, "two");
	must(make_file(fixture, one, "file"));
	file = fixture->attributes.node;
	must(make_file(fixture, two, "other"));
	other = fixture->attributes.node;
	fixture->now.seconds = 2000;
}

static void tear_down(void)
{
	fixture_end(fixture);
}

static uint64_t named(uint64_t directory, const char *name)
{
	return look_up(fixture, directory, name) == 0 ? fixture->attributes.node : 0;
}

static void check_changed(uint64_t node, int64_t mtime, int64_t ctime)
{
	ck_assert_int_eq(attributes_of(fixture, node)->mtime.seconds, mtime);
	ck_assert_int_eq(fixture->attributes.ctime.seconds, ctime);
}

START_TEST(test_move)
{
	must(move(fixture, one, "file", two, "new", 0));
	ck_assert_uint_eq(named(one, "file"), 0);
	ck_assert_uint_eq(named(two, "new"), file);
	check_changed(one, 2000, 2000);
	check_changed(two, 2000, 2000);
	check_changed(file, 1000, 2000);
	check_changed(TMPFS_ROOT, 1000, 1000);
	must(move(fixture, two, "new", two, "newer", TMPFS_RENAME_NOREPLACE));
	ck_assert_uint_eq(named(two, "newer"), file);
	ck_assert_uint_eq(named(two, "new"), 0);
	ck_assert_uint_eq(attributes_of(fixture, file)->links, 1);
}
END_TEST

START_TEST(test_move_directory)
{
	uint64_t inner = new_directory(fixture, one, "inner");

	must(move(fixture, one, "inner", two, "inside", 0));
	ck_assert_uint_eq(attributes_of(fixture, one)->links, 2);
	ck_assert_uint_eq(attributes_of(fixture, two)->links, 3);
	ck_assert_uint_eq(attributes_of(fixture, inner)->links, 2);
	ck_assert_uint_eq(named(inner, ".."), two);
	check_changed(inner, 2000, 2000);
	must(move(fixture, two, "inside", two, "renamed", 0));
	ck_assert_uint_eq(attributes_of(fixture, two)->links, 3);
	ck_assert_uint_eq(named(inner, ".."), two);
}
END_TEST

START_TEST(test_replace)
{
	must(tmpfs_reference(&fixture->tmpfs, other, 1));
	must(move(fixture, one, "file", two, "other", 0));
	ck_assert_uint_eq(named(two, "other"), file);
	ck_assert_uint_eq(named(one, "file"), 0);
	ck_assert_uint_eq(attributes_of(fixture, other)->links, 0);
	check_changed(other, 1000, 2000);
	check_changed(two, 2000, 2000);
	must(tmpfs_forget(&fixture->tmpfs, other, 1));
	ck_assert_int_eq(tmpfs_get_attributes(&fixture->tmpfs, other, &fixture->attributes), POSIX_ESTALE);
}
END_TEST

START_TEST(test_replace_directory)
{
	uint64_t inner = new_directory(fixture, one, "inner"), target = new_directory(fixture, two, "target");

	ck_assert_int_eq(move(fixture, one, "inner", two, "other", 0), POSIX_ENOTDIR);
	ck_assert_int_eq(move(fixture, one, "file", two, "target", 0), POSIX_EISDIR);
	must(make_file(fixture, target, "x"));
	ck_assert_int_eq(move(fixture, one, "inner", two, "target", 0), POSIX_ENOTEMPTY);
	ck_assert_int_eq(move(fixture, one, "inner", TMPFS_ROOT, "one", 0), POSIX_ENOTEMPTY);
	must(remove_name(fixture, target, "x"));
	must(move(fixture, one, "inner", two, "target", 0));
	ck_assert_uint_eq(named(two, "target"), inner);
	ck_assert_uint_eq(named(inner, ".."), two);
	ck_assert_uint_eq(attributes_of(fixture, one)->links, 2);
	ck_assert_uint_eq(attributes_of(fixture, two)->links, 3);
	ck_assert_int_eq(tmpfs_get_attributes(&fixture->tmpfs, target, &fixture->attributes), POSIX_ESTALE);
}
END_TEST

START_TEST(test_exchange)
{
	uint64_t inner = new_directory(fixture, one, "inner");

	must(move(fixture, one, "inner", two, "other", TMPFS_RENAME_EXCHANGE));
	ck_assert_uint_eq(named(one, "inner"), other);
	ck_assert_uint_eq(named(two, "other"), inner);
	ck_assert_uint_eq(named(inner, ".."), two);
	ck_assert_uint_eq(attributes_of(fixture, one)->links, 2);
	ck_assert_uint_eq(attributes_of(fixture, two)->links, 3);
	check_changed(other, 1000, 2000);
	check_changed(inner, 2000, 2000);
	check_changed(one, 2000, 2000);
	check_changed(two, 2000, 2000);
	must(move(fixture, TMPFS_ROOT, "one", TMPFS_ROOT, "two", TMPFS_RENAME_EXCHANGE));
	ck_assert_uint_eq(named(TMPFS_ROOT, "one"), two);
	ck_assert_uint_eq(attributes_of(fixture, TMPFS_ROOT)->links, 4);
}
END_TEST

START_TEST(test_into_itself)
{
	uint64_t inner = new_directory(fixture, one, "inner"), deep = new_directory(fixture, inner, "deep");

	ck_assert_int_eq(move(fixture, TMPFS_ROOT, "one", one, "x", 0), POSIX_EINVAL);
	ck_assert_int_eq(move(fixture, TMPFS_ROOT, "one", deep, "x", 0), POSIX_EINVAL);
	ck_assert_int_eq(move(fixture, TMPFS_ROOT, "one", inner, "deep", 0), POSIX_EINVAL);
	ck_assert_int_eq(move(fixture, TMPFS_ROOT, "one", inner, "deep", TMPFS_RENAME_EXCHANGE),
	                 POSIX_EINVAL);
	ck_assert_int_eq(move(fixture, inner, "deep", TMPFS_ROOT, "one", TMPFS_RENAME_EXCHANGE),
	                 POSIX_EINVAL);
	must(move(fixture, inner, "deep", TMPFS_ROOT, "deep", 0));
	must(move(fixture, TMPFS_ROOT, "one", deep, "x", 0));
	ck_assert_uint_eq(named(one, ".."), deep);
}
END_TEST

START_TEST(test_same_node)
{
	must(make_link(fixture, file, two, "file too"));
	fixture->now.seconds = 3000;
	must(move(fixture, one, "file", two, "file too", 0));
	must(move(fixture, one, "file", one, "file", 0));
	must(move(fixture, one, "file", two, "file too", TMPFS_RENAME_EXCHANGE));
	ck_assert_uint_eq(named(one, "file"), file);
	ck_assert_uint_eq(named(two, "file too"), file);
	ck_assert_uint_eq(attributes_of(fixture, file)->links, 2);
	check_changed(one, 1000, 1000);
	ck_assert_int_eq(move(fixture, one, "file", one, "file", TMPFS_RENAME_NOREPLACE), POSIX_EEXIST);
}
END_TEST

START_TEST(test_errors)
{
	ck_assert_int_eq(move(fixture, one, "x", two, "y", 0), POSIX_ENOENT);
	ck_assert_int_eq(move(fixture, one, "x", two, "other", 0), POSIX_ENOENT);
	ck_assert_int_eq(move(fixture, one, "file", two, "y", TMPFS_RENAME_EXCHANGE), POSIX_ENOENT);
	ck_assert_int_eq(move(fixture, one, "file", two, "other", TMPFS_RENAME_NOREPLACE), POSIX_EEXIST);
	ck_assert_int_eq(move(fixture, one, "file", two, "y", 3), POSIX_EINVAL);
	ck_assert_int_eq(move(fixture, one, "file", two, "y", 4), POSIX_EINVAL);
	ck_assert_int_eq(move(fixture, one, "file", two, "y", UINT32_MAX), POSIX_EINVAL);
	ck_assert_int_eq(move(fixture, one, ".", two, "y", 0), POSIX_EBUSY);
	ck_assert_int_eq(move(fixture, one, "..", two, "y", 0), POSIX_EBUSY);
	ck_assert_int_eq(move(fixture, one, "file", two, ".", 0), POSIX_EBUSY);
	ck_assert_int_eq(move(fixture, one, "file", two, "..", 0), POSIX_EBUSY);
	ck_assert_int_eq(move(fixture, one, "file", two, "..", TMPFS_RENAME_NOREPLACE), POSIX_EEXIST);
	ck_assert_int_eq(move(fixture, one, "", two, "y", 0), POSIX_ENOENT);
	ck_assert_int_eq(move(fixture, one, "file", two, "", 0), POSIX_ENOENT);
	ck_assert_int_eq(move(fixture, one, "file", two, "a/b", 0), POSIX_EINVAL);
	check_changed(one, 1000, 1000);
	check_changed(two, 1000, 1000);
	check_changed(file, 1000, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tmpfs_rename");
	TCase *tcase = tcase_create("rename");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_move);
	tcase_add_test(tcase, test_move_directory);
	tcase_add_test(tcase, test_replace);
	tcase_add_test(tcase, test_replace_directory);
	tcase_add_test(tcase, test_exchange);
	tcase_add_test(tcase, test_into_itself);
	tcase_add_test(tcase, test_same_node);
	tcase_add_test(tcase, test_errors);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

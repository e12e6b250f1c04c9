/* What `drydock run --disk` is given (sim/cli/disk_option.c). */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "sim/cli/disk_option.h"

static char text[256];
static struct disk_option option;

static const char *parse(const char *given)
{
	snprintf(text, sizeof(text), "%s", given);
	return disk_option_parse(text, &option);
}

static void check(const char *given, const char *image, uint64_t offset, unsigned partition, const char *directory,
                  bool read_only)
{
	const char *problem = parse(given);

	ck_assert_msg(problem == NULL, "%s: %s", given, problem);
	ck_assert_str_eq(option.image, image);
	ck_assert_uint_eq(option.offset, offset);
	ck_assert_uint_eq(option.partition, partition);
	ck_assert_pstr_eq(option.directory, directory);
	ck_assert_int_eq(option.read_only, read_only);
}

START_TEST(every_part_is_found)
{
	check("disk.img", "disk.img", 0, 0, NULL, false);
	check("disk.img:ro", "disk.img", 0, 0, NULL, true);
	check("disk.img:/data", "disk.img", 0, 0, "/data", false);
	check("disk.img:/data/more:ro", "disk.img", 0, 0, "/data/more", true);
	check("disk.img:p2", "disk.img", 0, 2, NULL, false);
	check("/dev/sda:p12:/x:ro", "/dev/sda", 0, 12, "/x", true);
	check("disk.img@1048576", "disk.img", 1048576, 0, NULL, false);
	check("disk.img@1M:/x", "disk.img", 1048576, 0, "/x", false);
	check("disk.img@2K", "disk.img", 2048, 0, NULL, false);
	check("disk.img@3G:ro", "disk.img", 3ull << 30, 0, NULL, true);
	check("disk.img@0x200", "disk.img", 512, 0, NULL, false);
}
END_TEST

START_TEST(a_name_may_look_odd)
{
	check("a:b", "a:b", 0, 0, NULL, false);
	check("user@host", "user@host", 0, 0, NULL, false);
	check("disk@", "disk@", 0, 0, NULL, false);
	check("disk@12x", "disk@12x", 0, 0, NULL, false);
	check("disk@-1", "disk@-1", 0, 0, NULL, false);
	check("disk@99999999999999999999", "disk@99999999999999999999", 0, 0, NULL, false);
	check("disk@8589934592G", "disk@8589934592G", 0, 0, NULL, false);
	check("x:p0", "x:p0", 0, 0, NULL, false);
	check("x:p1000000", "x:p1000000", 0, 0, NULL, false);
	check("x:p1y", "x:p1y", 0, 0, NULL, false);
	check("x:rw", "x:rw", 0, 0, NULL, false);
	check(":ro", ":ro", 0, 0, NULL, false);
	check(":ro:ro", ":ro", 0, 0, NULL, true);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	ck_assert_ptr_nonnull(parse(""));
	ck_assert_ptr_nonnull(parse("disk@512:p1"));
}
END_TEST

UNIT_RUN("disk_option", every_part_is_found, a_name_may_look_odd, nonsense_is_refused)

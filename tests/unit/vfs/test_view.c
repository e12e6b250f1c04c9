/* Processes and ports as files (servers/vfs/view.c). */
#include "vfs_harness.h"

#include <stdio.h>
#include <sys/stat.h>

#define MOMENT 10000000u

static struct harness *harness;
static struct client *client;

static void begin(void)
{
	harness = harness_begin("processes=/box/proc uid=0 gid=0");
	ck_assert(!harness->stopped);
	harness->count = 2;
	strcpy(harness->name, "scribe");
	client = harness_connect(harness, &vfs_protocol, IDENTITY(5, 5));
}

/* What the file says, which is as long as its attributes say. */
static const char *content(const char *path)
{
	static char text[32768];
	struct vfs_read_results results;
	struct vfs_status status;
	uint32_t file;

	ck_assert_int_eq(at_open(client, VFS_OPEN_READ, 0, path, &file), 0);
	ck_assert_int_eq(vfs_stat_file(client, file, &status), 0);
	ck_assert_int_eq(vfs_read(client, file, 0, text, sizeof(text) - 1, &results), 0);
	ck_assert_uint_eq(results.data_length, status.size);
	ck_assert_int_eq(vfs_close(client, file), 0);
	text[results.data_length] = '\0';
	return text;
}

START_TEST(lines)
{
	begin();
	ck_assert_str_eq(content("/box/proc/processes"),
	                 "7 1000 1 blocked 16 5 4096 1099511627776 3 2 1 4321 scribe\n"
	                 "7 1000 1 blocked 16 5 4096 1099511627776 3 2 1 4321 scribe\n"
	                 "8 1001 1 blocked 16 5 4096 1099511627776 3 2 1 4321 scribe\n");
	ck_assert_str_eq(content("/box/proc/ports"), "11 7 1000 9 4 vfs\n12 7 1000 9 4 vfs\n");
	harness_end(harness);
}
END_TEST

/* What was looked at stays for a moment, and then is as it is then, also where that is less. */
START_TEST(moments)
{
	begin();
	harness->count = 20;
	ck_assert_uint_eq(strlen(content("/box/proc/processes")), 21 * 59);
	ck_assert_uint_eq(harness->inspected, 2);
	harness->count = 1;
	harness->time += MOMENT - 1;
	ck_assert_uint_eq(strlen(content("/box/proc/processes")), 21 * 59);
	harness->time += 1;
	ck_assert_uint_eq(strlen(content("/box/proc/processes")), 2 * 59);
	ck_assert_uint_eq(harness->inspected, 4);
	/* A name that is no name makes no line of its own. */
	harness->time += MOMENT;
	memcpy(harness->name, "evil\nname with blanks and no end", 32);
	ck_assert_ptr_nonnull(
		strstr(content("/box/proc/processes"), "4321 evil?name with blanks and no end\n"));
	harness_end(harness);
}
END_TEST

/* Nobody changes them, root included. */
START_TEST(read_only)
{
	struct vfs_status status;
	uint32_t file;

	begin();
	client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	ck_assert_int_eq(at_stat(client, "/box/proc/ports", true, &status), 0);
	ck_assert_uint_eq(status.mode, S_IFREG | 0444);
	ck_assert_uint_gt(status.size, 0);
	ck_assert_int_eq(at_open(client, VFS_OPEN_WRITE, 0, "/box/proc/ports", &file), POSIX_EPERM);
	ck_assert_int_eq(at_unlink(client, "/box/proc/ports"), POSIX_EPERM);
	ck_assert_int_eq(at_chmod(client, "/box/proc/ports", 0666), POSIX_EPERM);
	ck_assert_int_eq(at_rename(client, "/box/proc/ports", "/ports", 0), POSIX_EPERM);
	ck_assert_int_eq(at_truncate(client, "/box/proc/ports", 0), POSIX_EPERM);
	harness_end(harness);
}
END_TEST

/* Those who remember, as the FUSE bridge does, look by number, and are told when others have looked. */
START_TEST(by_number)
{
	struct fs_attributes directory, found, again;
	struct client *bridge, *other;
	struct fs_watch_results results;
	uint8_t events[512];
	struct served *served;
	struct call call;

	begin();
	bridge = harness_connect(harness, &fs_protocol, IDENTITY(0, 0));
	other = harness_connect(harness, &fs_protocol, IDENTITY(0, 0));
	ck_assert_int_eq(fs_lookup(bridge, FS_ROOT, "box", 3, &directory), 0);
	ck_assert_int_eq(fs_lookup(bridge, directory.node, "proc", 4, &directory), 0);
	ck_assert_int_eq(fs_lookup(bridge, directory.node, "processes", 9, &found), 0);
	ck_assert_uint_eq(found.size, 3 * 59);
	harness->count = 5;
	harness->time += MOMENT;
	ck_assert_int_eq(fs_get_attributes(bridge, found.node, &again), 0);
	ck_assert_uint_eq(again.size, 6 * 59);
	ck_assert_int_eq(fs_watch_prepare(&call, bridge, sizeof(events)), 0);
	served = harness_submit(&call);
	harness->time += MOMENT;
	ck_assert_int_eq(fs_lookup(other, FS_ROOT, "box", 3, &directory), 0);
	ck_assert_int_eq(fs_lookup(other, directory.node, "proc", 4, &directory), 0);
	ck_assert_int_eq(fs_lookup(other, directory.node, "processes", 9, &again), 0);
	harness_fire(harness);
	ck_assert(harness_served(served));
	ck_assert_int_eq(fs_watch_finish(&call, &results, events), 0);
	call_end(&call);
	ck_assert_uint_eq(results.events_length, sizeof(struct fs_event));
	ck_assert_uint_eq(((struct fs_event *)events)->node, found.node);
	harness_end(harness);
}
END_TEST

START_TEST(refused)
{
	struct vfs_status status;

	harness = harness_begin_bare("processes=/proc");
	ck_assert(harness->stopped);
	ck_assert_str_eq(harness->line[2],
	                 "option processes= needs the authority to inspect; see the manifest");
	harness_end(harness);
	harness = harness_begin("processes=proc");
	ck_assert(harness->stopped);
	harness_end(harness);
	harness = harness_begin("");
	client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	ck_assert_int_eq(at_stat(client, "/proc", true, &status), POSIX_ENOENT);
	harness_end(harness);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view");
	TCase *tests = tcase_create("views");

	tcase_add_test(tests, lines);
	tcase_add_test(tests, moments);
	tcase_add_test(tests, read_only);
	tcase_add_test(tests, by_number);
	tcase_add_test(tests, refused);
	suite_add_tcase(suite, tests);
	return harness_run(suite);
}

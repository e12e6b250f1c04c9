/* Watching: that others' changes are told, all of them, and only those (servers/vfs/watch.c). */
#include "vfs_harness.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define FILES 1000u

static struct harness *harness;
static struct client *watcher, *other;
static struct call call;
static struct served *served;
static uint8_t events[4096];
static char told[8192]; /* "3 7:a 7:*": node 3 has changed, name a in 7, names in 7 */

static void watch(void)
{
	ck_assert_int_eq(fs_watch_prepare(&call, watcher, sizeof(events)), 0);
	served = harness_submit(&call);
}

/* Adds to `told` what an answer has. Returns the number of events. */
static uint32_t read_answer(void)
{
	struct fs_watch_results results;
	struct fs_event event;
	uint32_t count = 0, at;

	ck_assert_int_eq(fs_watch_finish(&call, &results, events), 0);
	call_end(&call);
	ck_assert_uint_gt(results.events_length, 0);
	for (at = 0; at < results.events_length; count++) {
		memcpy(&event, events + at, sizeof(event));
		at += sizeof(event);
		if (strlen(told) < sizeof(told) - 300)
			sprintf(told + strlen(told), event.kind == FS_EVENT_NODE ? "%llu " : "%llu:%.*s ",
			        (unsigned long long)event.node,
			        event.name_length ? (int)event.name_length : 1,
			        event.name_length ? (char *)events + at : "*");
		at += (event.name_length + 7) & ~7u;
	}
	ck_assert_uint_eq(at, results.events_length);
	return count;
}

/* What has been told to the watch that is outstanding; then it watches again. */
static const char *news(void)
{
	told[0] = '\0';
	harness_fire(harness);
	if (!harness_served(served))
		return told;
	read_answer();
	watch();
	return told;
}

static uint64_t node_of(struct client *client, uint64_t directory, const char *name)
{
	struct fs_attributes found;

	ck_assert_int_eq(fs_lookup(client, directory, name, (uint32_t)strlen(name), &found), 0);
	return found.node;
}

static uint64_t make(uint64_t directory, const char *name)
{
	struct fs_attributes made;

	ck_assert_int_eq(
		fs_create(other, directory, S_IFREG | 0644, 0, 0, name, (uint32_t)strlen(name), &made), 0);
	return made.node;
}

static const char *expect(const char *format, ...)
{
	static char text[256];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	return text;
}

#define NUMBER(node) ((unsigned long long)(node))

static void begin(void)
{
	const struct identity user = {.uid = 5, .gid = 5};

	harness = harness_begin("mode=777 uid=0 gid=0 size=16M");
	watcher = harness_connect(harness, &fs_protocol, &user);
	other = harness_connect(harness, &fs_protocol, &user);
	watch();
	ck_assert(!harness_served(served));
}

static void end(void)
{
	if (!harness_served(served)) {
		harness_cancel(served);
		ck_assert(harness_served(served));
		ck_assert_int_eq(call.status, POSIX_ECANCELED);
	}
	call_end(&call);
	harness_end(harness);
}

START_TEST(changes)
{
	struct fs_attributes values = {.mode = 0600}, got;
	struct fs_write_results written;
	struct client *program;
	uint64_t node, unknown;

	begin();
	program = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	node = make(FS_ROOT, "a");
	unknown = make(FS_ROOT, "b");
	ck_assert_str_eq(news(), "1:b 1:a ");
	ck_assert_uint_eq(node_of(watcher, FS_ROOT, "a"), node);
	ck_assert_str_eq(news(), "");
	ck_assert_int_eq(fs_write(other, node, 0, 0, "x", 1, &written), 0);
	ck_assert_int_eq(fs_write(other, unknown, 0, 0, "x", 1, &written), 0);
	ck_assert_str_eq(news(), expect("%llu ", NUMBER(node)));
	ck_assert_int_eq(fs_set_attributes(other, node, FS_SET_MODE, &values, &got), 0);
	ck_assert_int_eq(fs_set_xattr(other, node, 0, "user.a", 6, "x", 1), 0);
	ck_assert_str_eq(news(), expect("%llu ", NUMBER(node)));
	ck_assert_int_eq(fs_allocate(other, node, 0, 10000, FS_ALLOCATE_GROW), 0);
	ck_assert_str_eq(news(), expect("%llu ", NUMBER(node)));
	ck_assert_int_eq(fs_link(other, node, FS_ROOT, "c", 1, &got), 0);
	ck_assert_str_eq(news(), expect("1:c %llu ", NUMBER(node)));
	ck_assert_int_eq(fs_rename(other, FS_ROOT, FS_ROOT, 0, "b", 1, "c", 1), 0);
	ck_assert_str_eq(news(), expect("1:b 1:c %llu ", NUMBER(node)));
	ck_assert_int_eq(at_unlink(program, "/a"), 0);
	ck_assert_str_eq(news(), expect("1:a %llu ", NUMBER(node)));
	/* Its own are no news, nor what was forgotten. */
	ck_assert_int_eq(fs_set_attributes(watcher, node, FS_SET_MODE, &values, &got), 0);
	ck_assert_str_eq(news(), "");
	ck_assert_int_eq(fs_forget(watcher, node, 1), 0);
	ck_assert_int_eq(fs_write(other, node, 0, 0, "x", 1, &written), 0);
	ck_assert_str_eq(news(), "");
	ck_assert_int_eq(at_unlink(program, "/a"), POSIX_ENOENT);
	ck_assert_str_eq(news(), "");
	end();
}
END_TEST

/* However much changes while nobody asks, each node is told once, and of its directory that names are others. */
START_TEST(nothing_is_lost)
{
	static uint64_t nodes[FILES];
	struct fs_attributes values = {.mode = 0600}, found;
	struct fs_write_results written;
	uint32_t at, count = 0;
	char name[16];

	begin();
	for (at = 0; at < FILES; at++) {
		snprintf(name, sizeof(name), "f%u", at);
		nodes[at] = make(FS_ROOT, name);
		ck_assert_int_eq(fs_lookup(watcher, FS_ROOT, name, (uint32_t)strlen(name), &found), 0);
	}
	harness_fire(harness);
	while (harness_served(served)) {
		count += read_answer();
		watch();
	}
	ck_assert_uint_eq(count, 128 + 1); /* names one by one, and of the rest that there are some */
	ck_assert_ptr_nonnull(strstr(told, "1:* "));
	for (at = 0; at < FILES; at++) {
		ck_assert_int_eq(fs_write(other, nodes[at], 0, 0, "x", 1, &written), 0);
		ck_assert_int_eq(fs_set_attributes(other, nodes[at], FS_SET_MODE, &values, &found), 0);
	}
	/* Some are forgotten before they are told, which also makes the table smaller. */
	for (at = 0; at < FILES; at += 2)
		ck_assert_int_eq(fs_forget(watcher, nodes[at], 1), 0);
	harness_fire(harness);
	for (count = 0; harness_served(served);) {
		count += read_answer();
		watch();
	}
	ck_assert_uint_eq(count, FILES / 2);
	end();
}
END_TEST

START_TEST(asking)
{
	struct fs_watch_results results;
	uint8_t small[100];

	begin();
	ck_assert_int_eq(fs_watch(watcher, events, sizeof(events), &results), POSIX_EBUSY);
	ck_assert_int_eq(fs_watch(other, small, sizeof(small), &results), POSIX_EINVAL);
	/* An answer that is put off when the client gives up comes with the next. */
	make(FS_ROOT, "a");
	harness_cancel(served);
	ck_assert(harness_served(served));
	ck_assert_int_eq(call.status, POSIX_ECANCELED);
	call_end(&call);
	harness_fire(harness);
	watch();
	ck_assert_str_eq(news(), "1:a ");
	/* Several things that happen soon after each other are one answer; one is put off for that. */
	make(FS_ROOT, "b");
	ck_assert(!harness_served(served));
	make(FS_ROOT, "c");
	ck_assert_str_eq(news(), "1:c 1:b ");
	end();
}
END_TEST

START_TEST(without_memory)
{
	struct fs_watch_results results;

	begin();
	harness->allocations_max = harness->allocations;
	ck_assert_int_eq(fs_watch(other, events, sizeof(events), &results), POSIX_ENOMEM);
	harness->allocations_max = UINT64_MAX;
	/* Who goes while an answer is put off is told no more. */
	make(FS_ROOT, "a");
	harness_cancel(served);
	ck_assert(harness_served(served));
	call_end(&call);
	harness_disconnect(watcher);
	harness_fire(harness);
	make(FS_ROOT, "b");
	harness_end(harness);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-watch");
	TCase *test = tcase_create("watch");

	tcase_add_test(test, changes);
	tcase_add_test(test, nothing_is_lost);
	tcase_add_test(test, asking);
	tcase_add_test(test, without_memory);
	suite_add_tcase(suite, test);
	return harness_run(suite);
}

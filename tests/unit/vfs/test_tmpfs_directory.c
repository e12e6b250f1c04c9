/*
 * tmpfs directories: reading them while entries come and go, cookies, growing
 * and shrinking, and a million entries.
 */
#include <stdio.h>

#include "../../../servers/vfs/tmpfs_internal.h"

#include "tmpfs_fixture.h"

#define MILLION 1000000u

static struct fixture *fixture;

static void set_up(void)
{
	fixture = fixture_begin(1ull << 30, 2 * MILLION);
}

static void tear_down(void)
{
	fixture_end(fixture);
}

/* Takes up to `room` entries. */
struct listing {
	uint64_t node[4096];
	uint64_t cookie[4096];
	char name[4096][32];
	uint32_t count, room;
};

static struct listing listing;

static bool list_entry(void *context, const struct tmpfs_entry *entry)
{
	struct listing *list = context;

	if (list->count == list->room)
		return false;
	must(entry->length > 31);
	memcpy(list->name[list->count], entry->name, entry->length);
	list->name[list->count][entry->length] = '\0';
	list->node[list->count] = entry->node;
	list->cookie[list->count++] = entry->cookie;
	return true;
}

/* Lists up to `room` entries after `cookie`; returns how many there were. */
static uint32_t list_from(uint64_t directory, uint64_t cookie, uint32_t room)
{
	listing.count = 0;
	listing.room = room;
	must(tmpfs_readdir(&fixture->tmpfs, directory, cookie, list_entry, &listing, fixture->now));
	return listing.count;
}

START_TEST(test_listing)
{
	uint64_t directory = new_directory(fixture, TMPFS_ROOT, "d"), file;

	fixture->now.seconds = 2000;
	ck_assert_uint_eq(list_from(directory, 0, 10), 2);
	ck_assert_str_eq(listing.name[0], ".");
	ck_assert_str_eq(listing.name[1], "..");
	ck_assert_uint_eq(listing.node[0], directory);
	ck_assert_uint_eq(listing.node[1], TMPFS_ROOT);
	ck_assert_uint_eq(listing.cookie[0], 1);
	ck_assert_uint_eq(listing.cookie[1], 2);
	ck_assert_int_eq(attributes_of(fixture, directory)->atime.seconds, 2000);
	must(make_file(fixture, directory, "a"));
	file = fixture->attributes.node;
	must(make_symlink(fixture, directory, "b", "x"));
	ck_assert_uint_eq(list_from(directory, 0, 10), 4);
	ck_assert_str_eq(listing.name[2], "a");
	ck_assert_uint_eq(listing.node[2], file);
	ck_assert_str_eq(listing.name[3], "b");
	ck_assert_uint_eq(list_from(directory, 0, 1), 1);
	ck_assert_uint_eq(list_from(directory, 1, 1), 1);
	ck_assert_str_eq(listing.name[0], "..");
	ck_assert_uint_eq(list_from(directory, 2, 1), 1);
	ck_assert_str_eq(listing.name[0], "a");
	ck_assert_uint_eq(list_from(directory, listing.cookie[0], 9), 1);
	ck_assert_str_eq(listing.name[0], "b");
	ck_assert_uint_eq(list_from(directory, listing.cookie[0], 9), 0);
	ck_assert_uint_eq(list_from(directory, 1ull << 40, 9), 0);
	ck_assert_uint_eq(list_from(directory, UINT64_MAX, 9), 0);
	ck_assert_uint_eq(list_from(TMPFS_ROOT, 1, 1), 1);
	ck_assert_uint_eq(listing.node[0], TMPFS_ROOT);
}
END_TEST

/* A name keeps its cookie through whatever happens to others, or to what it names. */
START_TEST(test_cookies)
{
	uint64_t cookie;

	new_file(fixture, "a");
	new_file(fixture, "b");
	new_file(fixture, "c");
	list_from(TMPFS_ROOT, 0, 10);
	cookie = listing.cookie[3];
	must(remove_name(fixture, TMPFS_ROOT, "a"));
	must(move(fixture, TMPFS_ROOT, "c", TMPFS_ROOT, "b", 0));
	new_file(fixture, "a");
	must(move(fixture, TMPFS_ROOT, "a", TMPFS_ROOT, "b", TMPFS_RENAME_EXCHANGE));
	ck_assert_uint_eq(list_from(TMPFS_ROOT, 2, 10), 2);
	ck_assert_str_eq(listing.name[0], "b");
	ck_assert_uint_eq(listing.cookie[0], cookie);
	/* Going on after an entry that has gone meanwhile. */
	must(remove_name(fixture, TMPFS_ROOT, "b"));
	ck_assert_uint_eq(list_from(TMPFS_ROOT, cookie, 10), 1);
	ck_assert_str_eq(listing.name[0], "a");
	new_file(fixture, "b");
	list_from(TMPFS_ROOT, 2, 10);
	ck_assert_str_eq(listing.name[1], "b");
	ck_assert_uint_gt(listing.cookie[1], cookie);
}
END_TEST

#define STABLE 1000u

/* Reading in small steps while others come and go: who stays is seen exactly once. */
START_TEST(test_stability)
{
	static uint8_t seen[STABLE], volatile_there[STABLE];
	uint64_t random = 7, cookie = 0;
	uint32_t at, step, index;
	char name[16];

	memset(seen, 0, sizeof(seen));
	memset(volatile_there, 0, sizeof(volatile_there));
	for (at = 0; at < STABLE; at++) {
		snprintf(name, sizeof(name), "s%u", at);
		new_file(fixture, name);
		snprintf(name, sizeof(name), "v%u", at);
		new_file(fixture, name);
		volatile_there[at] = 1;
	}
	/* The volatile are put at the end again and again; the reader is faster. */
	while (list_from(TMPFS_ROOT, cookie, 7) > 0) {
		for (at = 0; at < listing.count; at++) {
			if (listing.name[at][0] == 's')
				seen[atoi(listing.name[at] + 1)]++;
		}
		must(listing.cookie[listing.count - 1] <= cookie);
		cookie = listing.cookie[listing.count - 1];
		for (step = 0; step < 5; step++) {
			index = random_below(&random, STABLE);
			snprintf(name, sizeof(name), "v%u", index);
			if (volatile_there[index])
				must(remove_name(fixture, TMPFS_ROOT, name));
			else
				must(make_file(fixture, TMPFS_ROOT, name));
			volatile_there[index] = !volatile_there[index];
		}
	}
	for (at = 0; at < STABLE; at++)
		must(seen[at] != 1);
}
END_TEST

/* However full a directory was, once it is empty it has given its memory back. */
START_TEST(test_grow_and_shrink)
{
	uint64_t directory = new_directory(fixture, TMPFS_ROOT, "d"), file = new_file(fixture, "file"), used;
	uint32_t count, round, at;
	char name[16];

	used = arena_pages_used(&fixture->arena);
	for (round = 0, count = 1; round < 14; round++, count = count * 2 + round) {
		for (at = 0; at < count; at++) {
			snprintf(name, sizeof(name), "%u", at);
			must(make_link(fixture, file, directory, name));
		}
		for (at = 0; at < count; at++) {
			snprintf(name, sizeof(name), "%u", at);
			must(look_up(fixture, directory, name));
		}
		for (at = 0; at < count; at++) {
			snprintf(name, sizeof(name), "%u", round % 2 ? at : count - 1 - at);
			must(remove_name(fixture, directory, name));
			must(look_up(fixture, directory, name) != POSIX_ENOENT);
			snprintf(name, sizeof(name), "%u", round % 2 ? count - 1 : 0);
			must(at < count - 1 && look_up(fixture, directory, name));
		}
		ck_assert_uint_eq(arena_pages_used(&fixture->arena), used);
	}
}
END_TEST

/* Chains stay short as a directory grows, and buckets and their memory go as it shrinks. */
START_TEST(test_buckets)
{
	struct tmpfs_node *root = tmpfs_node_find(&fixture->tmpfs, TMPFS_ROOT);
	uint64_t file = new_file(fixture, "file"), used = arena_pages_used(&fixture->arena);
	char name[16];
	uint32_t at;

	for (at = 0; at < 10000; at++) {
		snprintf(name, sizeof(name), "%u", at);
		must(make_link(fixture, file, TMPFS_ROOT, name));
		must(root->directory.buckets != root->directory.entries);
	}
	for (at = 0; at < 10000; at++) {
		snprintf(name, sizeof(name), "%u", at);
		must(remove_name(fixture, TMPFS_ROOT, name));
		must(root->directory.buckets > 2 * root->directory.entries + 1);
		must(at == 9900 && arena_pages_used(&fixture->arena) > used + 8);
	}
}
END_TEST

static bool count_entry(void *context, const struct tmpfs_entry *entry)
{
	uint32_t *count = context;

	(void)entry;
	++*count;
	return true;
}

/* Writes a number without snprintf, which would take longer than what is tested. */
static uint32_t million_name(char *name, uint32_t number)
{
	uint32_t at;

	for (at = 0; at < 7; at++, number /= 10)
		name[at] = (char)('0' + number % 10);
	name[7] = '\0';
	return 7;
}

START_TEST(test_million)
{
	uint64_t used = arena_pages_used(&fixture->arena);
	uint32_t at, count = 0;
	char name[8];

	for (at = 0; at < MILLION; at++) {
		million_name(name, at);
		must(make_file(fixture, TMPFS_ROOT, name));
	}
	for (at = 0; at < MILLION; at++) {
		million_name(name, at);
		must(look_up(fixture, TMPFS_ROOT, name));
	}
	must(look_up(fixture, TMPFS_ROOT, "1000000x") != POSIX_ENOENT);
	must(tmpfs_readdir(&fixture->tmpfs, TMPFS_ROOT, 0, count_entry, &count, fixture->now));
	ck_assert_uint_eq(count, MILLION + 2);
	for (at = 0; at < MILLION; at++) {
		million_name(name, at);
		must(remove_name(fixture, TMPFS_ROOT, name));
	}
	count = 0;
	must(tmpfs_readdir(&fixture->tmpfs, TMPFS_ROOT, 0, count_entry, &count, fixture->now));
	ck_assert_uint_eq(count, 2);
	/* The table of nodes stays: a tree node for 64 pages of 25, which at worst keeps a slab each. */
	ck_assert_uint_le(arena_pages_used(&fixture->arena) - used, MILLION / (25 * 64) + 16);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tmpfs_directory");
	TCase *tcase = tcase_create("directories");

	tcase_set_timeout(tcase, 300);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_listing);
	tcase_add_test(tcase, test_cookies);
	tcase_add_test(tcase, test_stability);
	tcase_add_test(tcase, test_grow_and_shrink);
	tcase_add_test(tcase, test_buckets);
	tcase_add_test(tcase, test_million);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

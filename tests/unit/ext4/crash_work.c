/* Operations by chance: see crash_work.h. This runs in fibers, several at once. */
#include "crash_work.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "../dev/memory_device.h"
#include "twin.h"

#define FILES      8u
#define COMB_TEETH 38u
#define FILLER \
	(256u - RUN_CLIENTS * WORK_COMBS) /* blocks between teeth, so that each lies in another group */
#define FILLER_REST   (1u << 20)          /* bytes that stay: as many as the cache has */
#define FILE_MAXIMUM  60000u
#define NAMES_AT_ONCE 6u
#define NAME_FILL     150u

/* A symbolic link's block that begins as those of the journal do, and is escaped there. */
static const char magic_target[] = "\xc0\x3b\x39\x98";

uint32_t work_chance(struct worker *worker, uint32_t below)
{
	return (uint32_t)((memory_random(&worker->random) >> 16) % below);
}

/* ---- syncing beside what is done ---------------------------------------------------------- */

static void sync_beside(void *argument)
{
	struct worker *worker = argument;

	ck_assert_int_eq(fs_sync_all(worker->pier->client), 0);
	worker->syncs--;
	if (worker->waiter)
		fiber_wake(worker->waiter);
}

static void sync_start(struct worker *worker)
{
	worker->syncs++;
	ck_assert_int_eq(fiber_start(worker->pier->runtime, sync_beside, worker), E_OK);
}

static void sync_wait(struct worker *worker)
{
	worker->waiter = fiber_current(worker->pier->runtime);
	while (worker->syncs > 0)
		fiber_wait(worker->pier->runtime);
	worker->waiter = NULL;
}

/* Before an operation: where that is wanted, a commit has just taken what was before it. */
static void begin(struct worker *worker)
{
	struct fs_attributes root;

	if (worker->wants_sync) {
		worker->wants_sync = false;
		sync_start(worker);
		/* When this is answered, the sync was asked for. */
		ck_assert_int_eq(fs_get_attributes(worker->pier->client, FS_ROOT, &root), 0);
	}
	worker->begin(worker);
}

/* ---- names ---------------------------------------------------------------------------- */

static void any_path(struct worker *worker, char path[64])
{
	static const char *const directories[] = {"", "d0/", "d1/", "d0/deep/"};
	char own[16];

	snprintf(path, 64, "%s/%sfile-%u", run_directory(own, worker->number),
	         directories[work_chance(worker, 4)], work_chance(worker, FILES));
}

/* The directory that a path lies in, which is there, and the path's last name. */
static const char *split(struct pier *pier, const char *path, struct fs_attributes *directory)
{
	const char *slash = strrchr(path, '/');
	char *above = strndup(path, slash ? (size_t)(slash - path) : 0);
	int32_t error = twin_find(pier, above, directory);

	ck_assert_msg(error == 0, "%s: error %d\n%s", above, (int)error, pier_console());
	free(above);
	return slash ? slash + 1 : path;
}

static uint32_t length_of(const char *name)
{
	return (uint32_t)strlen(name);
}

static void drop(struct worker *worker, int32_t error, const struct fs_attributes *made)
{
	if (!error)
		ck_assert_int_eq(fs_forget(worker->pier->client, made->node, 1), 0);
}

/* Whether the directory of a path is larger than it was. */
static enum work_result result_of(struct worker *worker, const struct fs_attributes *before)
{
	struct fs_attributes now;

	return fs_get_attributes(worker->pier->client, before->node, &now) == 0 && now.size > before->size
	               ? WORK_SPLIT
	               : WORK_OTHER;
}

/* Makes a file, directory or link (by `mode`'s type). */
static void make(struct worker *worker, const char *path, uint32_t mode, const char *target)
{
	struct client *client = worker->pier->client;
	struct fs_attributes directory, made;
	const char *name = split(worker->pier, path, &directory);
	int32_t error;

	begin(worker);
	if (target)
		error = fs_symlink(client, directory.node, name, length_of(name), target, length_of(target),
		                   &made);
	else if ((mode & POSIX_S_IFMT) == POSIX_S_IFDIR)
		error = fs_make_directory(client, directory.node, mode & 07777, 0, name, length_of(name),
		                          &made);
	else
		error = fs_create(client, directory.node, mode, 0, 0, name, length_of(name), &made);
	drop(worker, error, &made);
	worker->end(worker, result_of(worker, &directory));
}

static void take_away(struct worker *worker, const char *path, bool is_directory)
{
	struct fs_attributes directory;
	const char *name = split(worker->pier, path, &directory);

	begin(worker);
	if (is_directory)
		(void)fs_remove_directory(worker->pier->client, directory.node, name, length_of(name));
	else
		(void)fs_unlink(worker->pier->client, directory.node, name, length_of(name));
	worker->end(worker, WORK_OTHER);
}

static void move(struct worker *worker, const char *path, const char *other, uint32_t flags)
{
	struct fs_attributes directory, new_directory;
	const char *name = split(worker->pier, path, &directory);
	const char *new_name = split(worker->pier, other, &new_directory);

	begin(worker);
	(void)fs_rename(worker->pier->client, directory.node, new_directory.node, flags, name,
	                length_of(name), new_name, length_of(new_name));
	worker->end(worker, result_of(worker, &new_directory));
}

static void one_more_name(struct worker *worker, const char *path, const char *other)
{
	struct fs_attributes node, directory, made;
	const char *name = split(worker->pier, other, &directory);
	int32_t error;

	if (twin_find(worker->pier, path, &node))
		return;
	begin(worker);
	error = fs_link(worker->pier->client, node.node, directory.node, name, length_of(name), &made);
	drop(worker, error, &made);
	worker->end(worker, result_of(worker, &directory));
}

static void any_link(struct worker *worker, const char *path)
{
	char target[200];

	memset(target, 't', sizeof(target));
	if (work_chance(worker, 2))
		memcpy(target, magic_target, sizeof(magic_target) - 1);
	target[20 + work_chance(worker, 170)] = '\0';
	make(worker, path, 0, target);
}

/* Long names, of which a block holds six: the directory is divided again and again. */
static void many_names(struct worker *worker)
{
	char own[16], path[300];
	const uint32_t first = work_chance(worker, 300);

	for (uint32_t i = first; i < first + NAMES_AT_ONCE; i++) {
		int length = snprintf(path, sizeof(path), "%s/d1/%u-", run_directory(own, worker->number), i);

		memset(path + length, 'n', NAME_FILL);
		path[length + (int)NAME_FILL] = '\0';
		if (work_chance(worker, 3))
			make(worker, path, 0100644, NULL);
		else
			take_away(worker, path, false);
	}
}

/* A directory of two blocks, which are revoked when it goes. */
static void whole_directory(struct worker *worker)
{
	char own[16], path[300], name[300];
	int length = snprintf(path, sizeof(path), "%s/more", run_directory(own, worker->number));

	make(worker, path, 0040755, NULL);
	for (uint32_t i = 0; i < NAMES_AT_ONCE + 2; i++) {
		int end = snprintf(name, sizeof(name), "%s/%u-", path, i);

		memset(name + end, 'm', NAME_FILL);
		name[end + (int)NAME_FILL] = '\0';
		make(worker, name, 0100600, NULL);
	}
	for (uint32_t i = 0; i < NAMES_AT_ONCE + 2; i++) {
		int end = snprintf(name, sizeof(name), "%s/%u-", path, i);

		memset(name + end, 'm', NAME_FILL);
		name[end + (int)NAME_FILL] = '\0';
		take_away(worker, name, false);
	}
	path[length] = '\0';
	take_away(worker, path, true);
}

/* ---- content --------------------------------------------------------------------------- */

static bool is_file(struct worker *worker, const char *path, struct fs_attributes *found)
{
	return twin_find(worker->pier, path, found) == 0 && (found->mode & POSIX_S_IFMT) == POSIX_S_IFREG;
}

/* One write; to what is there already only by overwrite(), since that may be seen before it is synced. */
static void append(struct worker *worker, const char *path)
{
	const uint32_t length = 1 + work_chance(worker, 15000);
	const uint32_t gap = work_chance(worker, 4) ? 0 : work_chance(worker, 20000);
	struct fs_attributes found;
	struct fs_write_results results;
	uint8_t *data;

	if (!is_file(worker, path, &found) || found.size > FILE_MAXIMUM)
		return;
	data = malloc(length);
	memset(data, 1 + (int)work_chance(worker, 255), length);
	begin(worker);
	(void)fs_write(worker->pier->client, found.node,
	               (found.size + RUN_BLOCK - 1) / RUN_BLOCK * RUN_BLOCK + gap, 0, data, length, &results);
	worker->end(worker, WORK_OTHER);
	free(data);
}

static void cut(struct worker *worker, const char *path, uint64_t size)
{
	struct fs_attributes found, values = {.size = size};

	if (!is_file(worker, path, &found))
		return;
	begin(worker);
	(void)fs_set_attributes(worker->pier->client, found.node, FS_SET_SIZE, &values, &found);
	worker->end(worker, WORK_SHORTENED);
}

/* By whole blocks: the rest of a last one would be overwritten in place. */
static void shorten(struct worker *worker, const char *path)
{
	struct fs_attributes found;

	if (is_file(worker, path, &found))
		cut(worker, path, work_chance(worker, (uint32_t)(found.size / RUN_BLOCK) + 1) * RUN_BLOCK);
}

static void comb_path(char path[64], uint32_t client, uint32_t comb)
{
	char own[16];

	snprintf(path, 64, "%s/comb-%u", run_directory(own, client), comb);
}

/*
 * Shortens or deletes what lies in so many groups that it takes several
 * handles, and syncs at the same time: the commit comes between these.
 */
static void comb(struct worker *worker)
{
	char path[64];
	struct fs_attributes found;

	ck_assert(is_file(worker, "filler", &found));
	free(pier_read(worker->pier, &found, FILLER_REST));
	comb_path(path, worker->number, work_chance(worker, WORK_COMBS));
	if (!is_file(worker, path, &found))
		return;
	sync_start(worker);
	if (found.size > RUN_BLOCK * COMB_TEETH && work_chance(worker, 4))
		cut(worker, path, work_chance(worker, 8) * RUN_BLOCK);
	else
		take_away(worker, path, false);
	sync_wait(worker);
}

static void overwrite(struct worker *worker)
{
	struct run_client *client = worker->client;
	struct overwrite *over = &client->overwrites[client->overwrite_count];
	struct fs_attributes found;
	struct fs_write_results results;
	char own[16], path[64];
	uint8_t *data;

	snprintf(path, sizeof(path), "%s/%s", run_directory(own, worker->number), RUN_NAME_OVER);
	ck_assert(is_file(worker, path, &found));
	over->first = work_chance(worker, RUN_OVER);
	over->count = 1 + work_chance(worker, RUN_OVER - over->first);
	over->version = ++worker->version;
	over->operation = client->operations + 1;
	client->overwrite_count++;
	data = malloc(over->count * RUN_BLOCK);
	memset(data, over->version, over->count * RUN_BLOCK);
	begin(worker);
	ck_assert_int_eq(fs_write(worker->pier->client, found.node, over->first * RUN_BLOCK, 0, data,
	                          over->count * RUN_BLOCK, &results),
	                 0);
	worker->end(worker, WORK_OTHER);
	free(data);
}

/* ---- others ------------------------------------------------------------------------------ */

/* Takes a reference, so that a file lives without a name, or gives one back, which ends it. */
static void hold(struct worker *worker, const char *path)
{
	uint64_t *held = &worker->held[work_chance(worker, WORK_HELD)];
	struct fs_attributes directory, found;
	const char *name;

	if (*held) {
		begin(worker);
		ck_assert_int_eq(fs_forget(worker->pier->client, *held, 1), 0);
		worker->end(worker, WORK_OTHER);
		*held = 0;
		return;
	}
	name = split(worker->pier, path, &directory);
	if (fs_lookup(worker->pier->client, directory.node, name, length_of(name), &found))
		return;
	*held = found.node;
	take_away(worker, path, false);
}

static void change_attributes(struct worker *worker, const char *path)
{
	struct fs_attributes found, values = {.mode = work_chance(worker, 01000)};
	static const uint8_t value[700] = {1, 2, 3};
	const char *const name = work_chance(worker, 2) ? "user.one" : "user.another";

	if (twin_find(worker->pier, path, &found))
		return;
	begin(worker);
	if (work_chance(worker, 2))
		(void)fs_set_attributes(worker->pier->client, found.node, FS_SET_MODE, &values, &found);
	else if (work_chance(worker, 3))
		(void)fs_set_xattr(worker->pier->client, found.node, 0, name, length_of(name), value,
		                   work_chance(worker, sizeof(value)));
	else
		(void)fs_remove_xattr(worker->pier->client, found.node, name, length_of(name));
	worker->end(worker, WORK_OTHER);
}

void work_turn(struct worker *worker)
{
	char path[64], other[64];

	any_path(worker, path);
	any_path(worker, other);
	/* Most of these early, when nothing is in the cache yet. */
	if (worker->client->operations < WORK_COMBS && work_chance(worker, 2)) {
		comb(worker);
		return;
	}
	switch (work_chance(worker, 17)) {
	case 0:
	case 1:
		make(worker, path, 0100640, NULL);
		append(worker, path);
		break;
	case 2:
	case 3:
		append(worker, path);
		break;
	case 4:
		take_away(worker, path, false);
		break;
	case 5:
		move(worker, path, other, work_chance(worker, 4) ? 0 : FS_RENAME_EXCHANGE);
		break;
	case 6:
		one_more_name(worker, path, other);
		break;
	case 7:
		any_link(worker, path);
		break;
	case 8:
	case 9:
		many_names(worker);
		break;
	case 10:
		whole_directory(worker);
		break;
	case 11:
	case 16:
		comb(worker);
		break;
	case 12:
		overwrite(worker);
		break;
	case 13:
		hold(worker, path);
		break;
	case 14:
		change_attributes(worker, path);
		break;
	default:
		make(worker, path, 0100600, NULL);
		append(worker, path);
		shorten(worker, path);
		break;
	}
}

void work_turn_beside(struct worker *worker)
{
	worker->wants_sync = true;
	work_turn(worker);
	sync_wait(worker);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static uint64_t prepare_one(struct pier *pier, const char *path, bool is_directory)
{
	struct fs_attributes directory, made;
	const char *name = split(pier, path, &directory);
	int32_t error;

	if (is_directory)
		error = fs_make_directory(pier->client, directory.node, 0755, 0, name, length_of(name),
		                          &made);
	else
		error = fs_create(pier->client, directory.node, 0100644, 0, 0, name, length_of(name), &made);
	ck_assert_int_eq(error, 0);
	/* Whoever asks by its number later has to have a reference: the session's end gives it back. */
	return made.node;
}

static void prepare_write(struct pier *pier, uint64_t node, uint64_t block, uint32_t count)
{
	struct fs_write_results results;
	uint8_t *data = calloc(count, RUN_BLOCK);

	ck_assert_int_eq(
		fs_write(pier->client, node, block * RUN_BLOCK, 0, data, count * RUN_BLOCK, &results), 0);
	ck_assert_uint_eq(results.length, count * RUN_BLOCK);
	free(data);
}

static void prepare_client(struct pier *pier, uint32_t client)
{
	static const char *const directories[] = {"", "/d0", "/d1", "/d0/deep"};
	char own[16], path[64];
	uint64_t over;

	for (uint32_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", run_directory(own, client), directories[i]);
		prepare_one(pier, path, true);
	}
	snprintf(path, sizeof(path), "%s/%s", run_directory(own, client), RUN_NAME_OVER);
	over = prepare_one(pier, path, false);
	prepare_write(pier, over, 0, RUN_OVER);
	ck_assert_int_eq(fs_forget(pier->client, over, 1), 0);
}

void work_prepare(struct pier *pier)
{
	uint64_t combs[RUN_CLIENTS * WORK_COMBS], filler;
	struct fs_attributes found, values = {0};
	char path[64];

	for (uint32_t i = 0; i < RUN_CLIENTS; i++)
		prepare_client(pier, i);
	for (uint32_t i = 0; i < RUN_CLIENTS * WORK_COMBS; i++) {
		comb_path(path, i / WORK_COMBS, i % WORK_COMBS);
		combs[i] = prepare_one(pier, path, false);
	}
	filler = prepare_one(pier, "filler", false);
	for (uint32_t tooth = 0; tooth < COMB_TEETH; tooth++) {
		for (uint32_t i = 0; i < RUN_CLIENTS * WORK_COMBS; i++)
			prepare_write(pier, combs[i], 2 * tooth, 1);
		prepare_write(pier, filler, tooth * FILLER, FILLER);
	}
	for (uint32_t i = 0; i < RUN_CLIENTS * WORK_COMBS; i++)
		ck_assert_int_eq(fs_forget(pier->client, combs[i], 1), 0);
	values.size = FILLER_REST;
	ck_assert_int_eq(fs_set_attributes(pier->client, filler, FS_SET_SIZE, &values, &found), 0);
	ck_assert_int_eq(fs_forget(pier->client, filler, 1), 0);
	ck_assert_int_eq(fs_sync_all(pier->client), 0);
}

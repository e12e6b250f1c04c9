/*
 * Failing allocations, each in turn. An operation is run on a file system in
 * which no slab has room and exactly so many pages are left: 0, 1, 2, … until
 * it succeeds. So every allocation that can fail does. Each time the whole
 * tree and the memory in use must be what they were.
 */
#include <stdio.h>

#include "../../../servers/vfs/tmpfs_internal.h"

#include "tmpfs_fixture.h"

#define LEFT_MAX 64u

static const char long_name[] =
	"a name of more than a hundred bytes, so that entries come from a class of their own, "
	"as do the shorter ones";
static const uint32_t sizes[] = {16,  32,  48,  64,  80,  96,  112,  128,  160,
                                 192, 256, 304, 400, 512, 672, 1008, 1344, 2016};

/* What is taken from a file system so that it is full, to be given back. */
struct hoard {
	arena_reference_t object[20000];
	uint32_t size[20000];
	uint32_t count;
	uint64_t nodes[4000];
	uint32_t node_count;
};

/* Takes all room in slabs of this size: until one more would need a page. */
static void hoard_slabs(struct fixture *fixture, struct hoard *hoard, uint32_t size)
{
	uint64_t used = arena_pages_used(&fixture->arena);
	arena_reference_t reference;

	for (;;) {
		must(arena_allocate(&fixture->arena, size, &reference));
		if (arena_pages_used(&fixture->arena) != used)
			break;
		hoard->object[hoard->count] = reference;
		hoard->size[hoard->count++] = size;
	}
	arena_free(&fixture->arena, reference, size);
}

/* Takes all room in pages of nodes, until one more would need a node of the table's tree too. */
static void hoard_nodes(struct fixture *fixture, struct hoard *hoard)
{
	const struct tmpfs_creation creation = {0};
	uint64_t reference;

	while (fixture->tmpfs.super->partial || fixture->tmpfs.super->node_pages % TREE_FANOUT) {
		must(tmpfs_node_make(&fixture->tmpfs, POSIX_S_IFREG, &creation, fixture->now, &reference));
		hoard->nodes[hoard->node_count++] = reference;
	}
}

/* Leaves `left` pages, and with `spare` room for one more node of a tree. */
static void hoard_all(struct fixture *fixture, struct hoard *hoard, uint32_t left, bool spare)
{
	arena_reference_t reference, tree_node;
	uint32_t at;
	bool zero;

	hoard->count = hoard->node_count = 0;
	hoard_nodes(fixture, hoard);
	for (at = 0; at < sizeof(sizes) / sizeof(sizes[0]); at++)
		hoard_slabs(fixture, hoard, sizes[at]);
	must(arena_allocate(&fixture->arena, sizeof(struct tree_node), &tree_node));
	hoard_slabs(fixture, hoard, sizeof(struct tree_node));
	while (arena_page_allocate(&fixture->arena, &reference, &zero) == 0) {
		memset(arena_address(&fixture->arena, reference), 0xa5, ARENA_PAGE);
		hoard->object[hoard->count] = reference;
		hoard->size[hoard->count++] = ARENA_PAGE;
	}
	for (; left > 0; left--) {
		hoard->count--;
		arena_free(&fixture->arena, hoard->object[hoard->count], ARENA_PAGE);
	}
	if (spare) {
		arena_free(&fixture->arena, tree_node, sizeof(struct tree_node));
	} else {
		hoard->object[hoard->count] = tree_node;
		hoard->size[hoard->count++] = sizeof(struct tree_node);
	}
}

static void hoard_return(struct fixture *fixture, struct hoard *hoard)
{
	while (hoard->count > 0) {
		hoard->count--;
		arena_free(&fixture->arena, hoard->object[hoard->count], hoard->size[hoard->count]);
	}
	while (hoard->node_count > 0)
		tmpfs_node_release(&fixture->tmpfs,
		                   node_at(&fixture->tmpfs, hoard->nodes[--hoard->node_count]));
}

/* A digest of all that can be seen of a tree (FNV-1a, Fowler, Noll and Vo). */
struct digest {
	struct fixture *fixture;
	uint64_t value;
	uint64_t children[200];
	uint32_t count;
};

static void digest_add(struct digest *digest, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	for (; length > 0; length--)
		digest->value = (digest->value ^ *bytes++) * 0x100000001b3ull;
}

static bool digest_entry(void *context, const struct tmpfs_entry *entry)
{
	struct digest *digest = context;

	digest_add(digest, &entry->node, sizeof(entry->node));
	digest_add(digest, &entry->cookie, sizeof(entry->cookie));
	digest_add(digest, &entry->mode, sizeof(entry->mode));
	digest_add(digest, entry->name, entry->length);
	if (entry->cookie > 2)
		digest->children[digest->count++] = entry->node;
	return true;
}

static uint64_t digest_tree(struct fixture *fixture, uint64_t node)
{
	struct digest digest = {.fixture = fixture, .value = 0xcbf29ce484222325ull};
	struct tmpfs_attributes attributes;
	static uint8_t buffer[1 << 16];
	uint32_t done, child;
	uint64_t below;

	memset(&attributes, 0, sizeof(attributes));
	must(tmpfs_get_attributes(&fixture->tmpfs, node, &attributes));
	digest_add(&digest, &attributes, sizeof(attributes));
	digest_add(&digest, &tmpfs_node_find(&fixture->tmpfs, node)->references, 8);
	must(tmpfs_xattr_list(&fixture->tmpfs, node, NULL, buffer, sizeof(buffer), &done));
	digest_add(&digest, buffer, done);
	if (tmpfs_xattr_get(&fixture->tmpfs, node, "user.old", 8, buffer, sizeof(buffer), &done) == 0)
		digest_add(&digest, buffer, done);
	switch (attributes.mode & POSIX_S_IFMT) {
	case POSIX_S_IFDIR:
		must(tmpfs_readdir(&fixture->tmpfs, node, 0, digest_entry, &digest, attributes.atime));
		for (child = 0; child < digest.count; child++) {
			below = digest_tree(fixture, digest.children[child]);
			digest_add(&digest, &below, sizeof(below));
		}
		break;
	case POSIX_S_IFREG:
		must(tmpfs_read(&fixture->tmpfs, node, 0, buffer, sizeof(buffer), &done, attributes.atime));
		digest_add(&digest, buffer, done);
		break;
	}
	return digest.value;
}

/* So many that values are of another size than names. */
static const struct acl_entry acl_entries[] = {{ACL_USER_OBJ, 7, ACL_NO_ID},
                                               {ACL_USER, 5, 1},
                                               {ACL_USER, 5, 2},
                                               {ACL_USER, 5, 3},
                                               {ACL_USER, 5, 4},
                                               {ACL_GROUP_OBJ, 5, ACL_NO_ID},
                                               {ACL_MASK, 5, ACL_NO_ID},
                                               {ACL_OTHER, 0, ACL_NO_ID}};
static const struct acl acl = {acl_entries, 8};

/* The nodes that operations work on, in a tree of some variety. */
struct scene {
	struct fixture *fixture;
	uint64_t empty, few, many, file, sparse, giving;
};

static void scene_set(struct scene *scene)
{
	struct fixture *fixture = fixture_begin(8 << 20, 100000);
	char name[8] = "n00";
	uint32_t at;

	scene->fixture = fixture;
	scene->empty = new_directory(fixture, TMPFS_ROOT, "empty");
	scene->few = new_directory(fixture, TMPFS_ROOT, "few");
	scene->many = new_directory(fixture, TMPFS_ROOT, "many");
	scene->file = new_file(fixture, "file");
	scene->sparse = new_file(fixture, "sparse");
	write_all(fixture, scene->sparse, 3, "three", 5);
	write_all(fixture, scene->sparse, 1ull << 40, "end", 3);
	must(tmpfs_xattr_set(&fixture->tmpfs, scene->sparse, "user.old", 8, 0, "value", 5, fixture->now));
	must(make_file(fixture, scene->few, "one"));
	scene->giving = new_directory(fixture, TMPFS_ROOT, "giving");
	must(tmpfs_acl_set(&fixture->tmpfs, scene->giving, TMPFS_ACL_DEFAULT, &acl, fixture->now));
	for (at = 0; at < 61; at++) { /* the next entry's sequence is 64, which needs the tree to rise */
		name[1] = (char)('0' + at / 10);
		name[2] = (char)('0' + at % 10);
		must(make_directory(fixture, scene->many, name));
	}
}

/* Whether the room for a tree node that hoard_all left is still there. */
static bool spare_left(struct fixture *fixture)
{
	uint64_t used = arena_pages_used(&fixture->arena);
	arena_reference_t reference;
	bool left;

	if (arena_allocate(&fixture->arena, sizeof(struct tree_node), &reference))
		return false;
	left = arena_pages_used(&fixture->arena) == used;
	arena_free(&fixture->arena, reference, sizeof(struct tree_node));
	return left;
}

static uint64_t used_pages(const struct scene *scene)
{
	return arena_pages_used(&scene->fixture->arena);
}

/* Runs `operation` with ever more pages until it succeeds; says how often it failed. */
static uint32_t fail_each(int32_t (*operation)(struct scene *scene), bool spare)
{
	static struct hoard hoard;
	uint64_t digest, used, full;
	struct scene scene;
	uint32_t left;
	int32_t error;

	for (left = 0; left < LEFT_MAX; left++) {
		scene_set(&scene);
		digest = digest_tree(scene.fixture, TMPFS_ROOT);
		hoard_all(scene.fixture, &hoard, left, spare);
		used = used_pages(&scene);
		scene.fixture->now.seconds++;
		error = operation(&scene);
		full = used_pages(&scene);
		must(error && spare && !spare_left(scene.fixture));
		hoard_return(scene.fixture, &hoard);
		if (!error) {
			fixture_end(scene.fixture);
			return left;
		}
		ck_assert_int_eq(error, POSIX_ENOSPC);
		ck_assert_uint_eq(full, used);
		ck_assert_uint_eq(digest_tree(scene.fixture, TMPFS_ROOT), digest);
		ck_assert_uint_eq(scene.fixture->tmpfs.super->changing, 0);
		/* What failed can be done when there is memory again. */
		ck_assert_int_eq(operation(&scene), 0);
		fixture_end(scene.fixture);
	}
	ck_abort_msg("it never succeeds");
	return 0;
}

static int32_t create_in_empty(struct scene *scene)
{
	return make_file(scene->fixture, scene->empty, "new");
}

static int32_t create_unnamed(struct scene *scene)
{
	const struct tmpfs_creation creation = {.mode = 0644};

	return fixture_drop(scene->fixture,
	                    tmpfs_create_unnamed(&scene->fixture->tmpfs, TMPFS_ROOT, &creation,
	                                         scene->fixture->now, &scene->fixture->attributes));
}

static int32_t create_in_many(struct scene *scene)
{
	return make_file(scene->fixture, scene->many, long_name);
}

static int32_t mkdir_in_few(struct scene *scene)
{
	return make_directory(scene->fixture, scene->few, "new");
}

static int32_t symlink_short(struct scene *scene)
{
	return make_symlink(scene->fixture, scene->empty, "new", "target");
}

static int32_t symlink_long(struct scene *scene)
{
	static char target[4000];

	memset(target, 't', sizeof(target) - 1);
	return make_symlink(scene->fixture, scene->many, "new", target);
}

static int32_t link_in_many(struct scene *scene)
{
	return make_link(scene->fixture, scene->file, scene->many, long_name);
}

static int32_t rename_to_empty(struct scene *scene)
{
	return move(scene->fixture, scene->many, "n30", scene->empty, long_name, 0);
}

static int32_t rename_within(struct scene *scene)
{
	return move(scene->fixture, scene->many, "n30", scene->many, long_name, TMPFS_RENAME_NOREPLACE);
}

static int32_t write_first(struct scene *scene)
{
	uint32_t done;

	return tmpfs_write(&scene->fixture->tmpfs, scene->file, 100, "data", 4, &done, scene->fixture->now);
}

static int32_t write_hole(struct scene *scene)
{
	uint32_t done;

	return tmpfs_write(&scene->fixture->tmpfs, scene->sparse, 1ull << 35, "data", 4, &done,
	                   scene->fixture->now);
}

static int32_t write_beyond(struct scene *scene)
{
	uint32_t done;

	return tmpfs_write(&scene->fixture->tmpfs, scene->sparse, 1ull << 46, "data", 4, &done,
	                   scene->fixture->now);
}

static int32_t allocate_few(struct scene *scene)
{
	return tmpfs_allocate(&scene->fixture->tmpfs, scene->sparse, TMPFS_ALLOCATE_GROW,
	                      (1ull << 30) - 3 * ARENA_PAGE, 6 * ARENA_PAGE, scene->fixture->now);
}

static int32_t copy_beyond(struct scene *scene)
{
	uint32_t done;

	return tmpfs_copy(&scene->fixture->tmpfs, scene->sparse, 0, scene->file, 1ull << 40, 5, &done,
	                  scene->fixture->now);
}

static int32_t xattr_new(struct scene *scene)
{
	static const uint8_t value[10000];

	return tmpfs_xattr_set(&scene->fixture->tmpfs, scene->file, "user.name", 9, 0, value, sizeof(value),
	                       scene->fixture->now);
}

static int32_t xattr_replace(struct scene *scene)
{
	static const uint8_t value[5000];

	return tmpfs_xattr_set(&scene->fixture->tmpfs, scene->sparse, "user.old", 8, TMPFS_XATTR_REPLACE,
	                       value, sizeof(value), scene->fixture->now);
}

static int32_t acl_new(struct scene *scene)
{
	return tmpfs_acl_set(&scene->fixture->tmpfs, scene->file, TMPFS_ACL_ACCESS, &acl,
	                     scene->fixture->now);
}

static int32_t mkdir_inheriting(struct scene *scene)
{
	return make_directory(scene->fixture, scene->giving, "new");
}

static int32_t create_unnamed_inheriting(struct scene *scene)
{
	const struct tmpfs_creation creation = {.mode = 0644};

	return fixture_drop(scene->fixture,
	                    tmpfs_create_unnamed(&scene->fixture->tmpfs, scene->giving, &creation,
	                                         scene->fixture->now, &scene->fixture->attributes));
}

struct failure {
	const char *name;
	int32_t (*operation)(struct scene *scene);
	uint32_t failures; /* at least: pages that it needs */
};

static const struct failure failures[] = {
	{"create in an empty directory", create_in_empty, 3}, /* entry, tree, nodes */
	{"create in a large directory", create_in_many, 3},
	{"create unnamed", create_unnamed, 1},
	{"mkdir", mkdir_in_few, 3}, /* entry, nodes, the table of nodes */
	{"short symlink", symlink_short, 4},
	{"long symlink", symlink_long, 4},
	{"link", link_in_many, 2},
	{"rename to an empty directory", rename_to_empty, 2},
	{"rename within a directory", rename_within, 2},
	{"first write", write_first, 1},
	{"write into a hole", write_hole, 2},
	{"write far beyond the end", write_beyond, 2},
	{"allocate", allocate_few, 7},
	{"copy", copy_beyond, 2},
	{"extended attribute", xattr_new, 4},
	{"another value for one", xattr_replace, 3},
	{"ACL", acl_new, 2},
	{"mkdir with ACLs", mkdir_inheriting, 4}, /* names, values, tree, nodes */
	{"create unnamed with ACLs", create_unnamed_inheriting, 3},
};

START_TEST(test_failures)
{
	uint32_t failed = fail_each(failures[_i].operation, false);

	fail_each(failures[_i].operation, true);
	ck_assert_msg(failed >= failures[_i].failures, "%s failed only %u times", failures[_i].name, failed);
}
END_TEST

/* What only frees, or changes what there is, works however full it is. */
START_TEST(test_needs_no_memory)
{
	struct tmpfs_attributes values = {.size = 10};
	static struct hoard hoard;
	struct scene scene;
	struct fixture *fixture;
	uint64_t used;

	scene_set(&scene);
	fixture = scene.fixture;
	hoard_all(fixture, &hoard, 0, false);
	used = used_pages(&scene);
	must(look_up(fixture, TMPFS_ROOT, "file"));
	write_all(fixture, scene.sparse, 2, "overwritten", 11);
	must(tmpfs_set_attributes(&fixture->tmpfs, scene.sparse, TMPFS_SET_SIZE, &values, fixture->now,
	                          NULL));
	must(move(fixture, scene.many, "n01", scene.many, "n02", 0));
	must(move(fixture, scene.many, "n03", TMPFS_ROOT, "file", TMPFS_RENAME_EXCHANGE));
	must(remove_directory(fixture, scene.many, "n05"));
	must(remove_name(fixture, TMPFS_ROOT, "sparse"));
	must(remove_name(fixture, scene.few, "one"));
	ck_assert_uint_lt(used_pages(&scene), used);
	fixture_end(fixture);
}
END_TEST

/* A write that finds memory for a part of it writes that part. */
START_TEST(test_short_write)
{
	static uint8_t data[10 * ARENA_PAGE], back[10 * ARENA_PAGE];
	static struct hoard hoard;
	struct scene scene;
	uint32_t done;

	memset(data, 'd', sizeof(data));
	scene_set(&scene);
	hoard_all(scene.fixture, &hoard, 4, false); /* three for data and one for the tree */
	scene.fixture->now.seconds++;
	must(tmpfs_write(&scene.fixture->tmpfs, scene.file, 5, data, sizeof(data), &done,
	                 scene.fixture->now));
	ck_assert_uint_eq(done, 3 * ARENA_PAGE - 5);
	ck_assert_uint_eq(attributes_of(scene.fixture, scene.file)->size, 3 * ARENA_PAGE);
	ck_assert_uint_eq(scene.fixture->attributes.blocks, 3 * 8);
	ck_assert_int_eq(scene.fixture->attributes.mtime.seconds, scene.fixture->now.seconds);
	ck_assert_int_eq(tmpfs_write(&scene.fixture->tmpfs, scene.file, 3 * ARENA_PAGE, data, 1, &done,
	                             scene.fixture->now),
	                 POSIX_ENOSPC);
	must(tmpfs_read(&scene.fixture->tmpfs, scene.file, 0, back, sizeof(back), &done, scene.fixture->now));
	ck_assert_uint_eq(done, 3 * ARENA_PAGE);
	ck_assert_mem_eq(back, "\0\0\0\0\0", 5);
	ck_assert_mem_eq(back + 5, data, done - 5);
	hoard_return(scene.fixture, &hoard);
	fixture_end(scene.fixture);
}
END_TEST

/* Directories grow their hash tables only as memory allows, and work all the same. */
START_TEST(test_long_chains)
{
	static struct hoard hoard;
	struct scene scene;
	uint32_t made, at;
	char name[16];

	scene_set(&scene);
	hoard_all(scene.fixture, &hoard, 24, false);
	for (made = 0;; made++) {
		snprintf(name, sizeof(name), "%u", made);
		if (make_link(scene.fixture, scene.file, scene.many, name))
			break;
	}
	ck_assert_uint_gt(made, 500);
	for (at = 0; at < made; at++) {
		snprintf(name, sizeof(name), "%u", at);
		must(look_up(scene.fixture, scene.many, name));
		must(scene.fixture->attributes.node != scene.file);
	}
	hoard_return(scene.fixture, &hoard);
	must(make_file(scene.fixture, scene.many, "more"));
	for (at = 0; at < made; at++) {
		snprintf(name, sizeof(name), "%u", at);
		must(remove_name(scene.fixture, scene.many, name));
	}
	fixture_end(scene.fixture);
}
END_TEST

/* A hundred thousand failures cost nothing. */
START_TEST(test_no_leak)
{
	struct fixture *fixture = fixture_begin(64 * ARENA_PAGE, 1000000);
	uint64_t used = arena_pages_used(&fixture->arena), table = 0;
	uint32_t round, made, short_ones, at;
	char name[200], short_name[16];

	for (round = 0; round < 5; round++) {
		for (made = 0;; made++) {
			memset(name, 'x', sizeof(name));
			snprintf(name + random_below(&(uint64_t){made + 1}, 180), 16, "%u", made);
			if (make_file(fixture, TMPFS_ROOT, name))
				break;
		}
		ck_assert_uint_gt(made, 300);
		/* Whether it was the name or the node that there was no room for: now there is none for "more". */
		for (short_ones = 0;; short_ones++) {
			snprintf(short_name, sizeof(short_name), "%04u", short_ones);
			if (make_file(fixture, TMPFS_ROOT, short_name))
				break;
		}
		for (at = 0; at < 10000; at++)
			must(make_symlink(fixture, TMPFS_ROOT, "more", name) != POSIX_ENOSPC);
		for (at = 0; at < made; at++) {
			memset(name, 'x', sizeof(name));
			snprintf(name + random_below(&(uint64_t){at + 1}, 180), 16, "%u", at);
			must(remove_name(fixture, TMPFS_ROOT, name));
		}
		for (at = 0; at < short_ones; at++) {
			snprintf(short_name, sizeof(short_name), "%04u", at);
			must(remove_name(fixture, TMPFS_ROOT, short_name));
		}
		/* The table of nodes keeps its size; that is all. */
		if (round == 0)
			table = arena_pages_used(&fixture->arena) - used;
		ck_assert_uint_le(table, 1);
		ck_assert_uint_eq(arena_pages_used(&fixture->arena), used + table);
	}
	fixture_end(fixture);
}
END_TEST

START_TEST(test_node_limit)
{
	struct fixture *fixture = fixture_begin(UINT64_MAX, 5);
	struct tmpfs_statistics statistics;
	uint64_t digest, used;

	new_file(fixture, "a");
	new_file(fixture, "b");
	must(make_symlink(fixture, TMPFS_ROOT, "c", "b"));
	must(make_directory(fixture, TMPFS_ROOT, "d"));
	digest = digest_tree(fixture, TMPFS_ROOT);
	used = arena_pages_used(&fixture->arena);
	fixture->now.seconds++;
	ck_assert_int_eq(make_file(fixture, TMPFS_ROOT, "e"), POSIX_ENOSPC);
	ck_assert_int_eq(make_directory(fixture, TMPFS_ROOT, "e"), POSIX_ENOSPC);
	ck_assert_int_eq(make_symlink(fixture, TMPFS_ROOT, "e", "a"), POSIX_ENOSPC);
	ck_assert_uint_eq(digest_tree(fixture, TMPFS_ROOT), digest);
	ck_assert_uint_eq(arena_pages_used(&fixture->arena), used);
	tmpfs_statistics(&fixture->tmpfs, &statistics);
	ck_assert_uint_eq(statistics.nodes, 5);
	ck_assert_uint_eq(statistics.nodes_free, 0);
	must(remove_directory(fixture, TMPFS_ROOT, "d"));
	must(make_file(fixture, TMPFS_ROOT, "e"));
	fixture_end(fixture);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tmpfs_failure");
	TCase *tcase = tcase_create("without memory");

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, test_failures, 0, sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(tcase, test_needs_no_memory);
	tcase_add_test(tcase, test_short_write);
	tcase_add_test(tcase, test_long_chains);
	tcase_add_test(tcase, test_no_leak);
	tcase_add_test(tcase, test_node_limit);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

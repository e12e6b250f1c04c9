/*
 * Attaching to a tmpfs: its chunks, memfds here, are mapped a second time, in
 * this process and in another one, and the same tree is there and goes on.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../servers/vfs/tmpfs_internal.h"

#include "tmpfs_fixture.h"

#define CHUNKS 16u
#define FILES  3000u

/* Chunks in memfds, so that they can be mapped again. */
struct store {
	int descriptor[CHUNKS];
	uint64_t size[CHUNKS];
	uint32_t count;
};

/* A file system in a store, seen through one set of mappings. */
struct view {
	struct store *store;
	struct arena arena;
	struct tmpfs tmpfs;
	void *address[CHUNKS];
};

static void *map_chunk(const struct store *store, uint32_t index)
{
	void *memory = mmap(NULL, store->size[index], PROT_READ | PROT_WRITE, MAP_SHARED,
	                    store->descriptor[index], 0);

	must(memory == MAP_FAILED);
	return memory;
}

static int32_t store_grow(void *context, uint64_t size, void **address)
{
	struct view *view = context;
	struct store *store = view->store;
	uint32_t index = store->count;

	if (index == CHUNKS)
		return POSIX_ENOSPC;
	store->descriptor[index] = memfd_create("chunk", MFD_CLOEXEC);
	must(store->descriptor[index] < 0 || ftruncate(store->descriptor[index], (off_t)size));
	store->size[index] = size;
	*address = view->address[index] = map_chunk(store, index);
	store->count++;
	return 0;
}

static struct view *view_create(struct store *store)
{
	const struct tmpfs_options options = {.nodes = 100000, .seed = {1, 2}, .mode = 0755};
	struct view *view = calloc(1, sizeof(*view));

	must(!view);
	view->store = store;
	must(arena_create(&view->arena, 256 << 20, 9, store_grow, view));
	must(tmpfs_format(&view->tmpfs, &view->arena, &options, (struct tmpfs_time){5, 0}));
	return view;
}

static void view_unmap(struct view *view)
{
	uint32_t index;

	for (index = 0; index < view->store->count; index++) {
		if (view->address[index])
			munmap(view->address[index], view->store->size[index]);
	}
	free(view);
}

/* Maps everything once more, at other addresses. */
static struct view *view_attach(struct store *store, int32_t expected)
{
	struct view *view = calloc(1, sizeof(*view));
	uint32_t index;

	must(!view);
	view->store = store;
	for (index = 0; index < store->count; index++)
		view->address[index] = map_chunk(store, index);
	must(arena_attach(&view->arena, view->address, store->size, store->count, store_grow, view));
	ck_assert_int_eq(tmpfs_attach(&view->tmpfs, &view->arena), expected);
	return view;
}

static void store_end(struct store *store)
{
	while (store->count > 0)
		close(store->descriptor[--store->count]);
}

static int32_t make(struct view *view, uint64_t directory, const char *name, uint64_t *number)
{
	const struct tmpfs_creation creation = {.mode = POSIX_S_IFREG | 0600, .uid = 1, .gid = 1};
	struct tmpfs_attributes attributes;
	int32_t error = tmpfs_create(&view->tmpfs, directory, name, (uint32_t)strlen(name), &creation,
	                             (struct tmpfs_time){6, 0}, &attributes);

	*number = attributes.node;
	return error;
}

/* Directory, files with content, an extended attribute of two pages, a long symbolic link, and an unlinked file that is referenced. */
static uint64_t fill(struct view *view)
{
	const struct tmpfs_creation creation = {.mode = 0755};
	const struct tmpfs_time now = {6, 0};
	struct tmpfs_attributes attributes;
	uint64_t directory, number;
	uint32_t at, done;
	uint8_t value[8000];
	char name[4000];

	must(tmpfs_make_directory(&view->tmpfs, TMPFS_ROOT, "dir", 3, &creation, now, &attributes));
	directory = attributes.node;
	memset(name, 'l', sizeof(name));
	must(tmpfs_symlink(&view->tmpfs, directory, "link", 4, name, sizeof(name), &creation, now,
	                   &attributes));
	for (at = 0; at < sizeof(value); at++)
		value[at] = (uint8_t)(at / 13);
	must(tmpfs_xattr_set(&view->tmpfs, directory, "user.value", 10, 0, value, sizeof(value), now));
	must(tmpfs_xattr_set(&view->tmpfs, directory, "user.empty", 10, 0, NULL, 0, now));
	for (at = 0; at < FILES; at++) {
		snprintf(name, sizeof(name), "file %u", at);
		must(make(view, directory, name, &number));
		must(tmpfs_write(&view->tmpfs, number, at * 1000, name, (uint32_t)strlen(name), &done, now));
		must(at % 2 && tmpfs_forget(&view->tmpfs, number, 1));
	}
	must(make(view, TMPFS_ROOT, "orphan", &number));
	must(tmpfs_write(&view->tmpfs, number, 0, "gone", 4, &done, now));
	must(tmpfs_unlink(&view->tmpfs, TMPFS_ROOT, "orphan", 6, now));
	return number;
}

static bool count_entry(void *context, const struct tmpfs_entry *entry)
{
	(void)entry;
	++*(uint32_t *)context;
	return true;
}

/* Whether all that `fill` made is there; 0 if so, else where it failed. */
static int verify(struct view *view)
{
	const struct tmpfs_time now = {7, 0};
	struct tmpfs_attributes attributes;
	char name[32], back[8000];
	uint32_t at, done, count = 0;
	uint64_t directory;

	if (tmpfs_lookup(&view->tmpfs, TMPFS_ROOT, "dir", 3, &attributes))
		return 1;
	directory = attributes.node;
	if (tmpfs_readdir(&view->tmpfs, directory, 0, count_entry, &count, now) || count != FILES + 3)
		return 2;
	if (tmpfs_lookup(&view->tmpfs, directory, "link", 4, &attributes) ||
	    tmpfs_readlink(&view->tmpfs, attributes.node, back, sizeof(back), &done, now) ||
	    done != 4000 || back[3999] != 'l')
		return 3;
	if (tmpfs_xattr_list(&view->tmpfs, directory, NULL, (uint8_t *)back, sizeof(back), &done) ||
	    done != 22 || memcmp(back, "user.empty\0user.value", 22) != 0)
		return 7;
	if (tmpfs_xattr_get(&view->tmpfs, directory, "user.value", 10, back, sizeof(back), &done) ||
	    done != sizeof(back))
		return 8;
	for (at = 0; at < done; at++) {
		if ((uint8_t)back[at] != (uint8_t)(at / 13))
			return 9;
	}
	for (at = 0; at < FILES; at++) {
		snprintf(name, sizeof(name), "file %u", at);
		if (tmpfs_lookup(&view->tmpfs, directory, name, (uint32_t)strlen(name), &attributes))
			return 4;
		if (attributes.size != at * 1000 + strlen(name))
			return 5;
		if (tmpfs_read(&view->tmpfs, attributes.node, at * 1000, back, sizeof(back), &done, now) ||
		    done != strlen(name) || memcmp(back, name, done) != 0)
			return 6;
	}
	return 0;
}

START_TEST(test_other_addresses)
{
	struct store store = {.count = 0};
	struct view *first = view_create(&store), *second;
	uint64_t orphan = fill(first), number;
	uint32_t chunks = store.count;
	struct tmpfs_attributes attributes;
	struct tmpfs_statistics before, after;

	ck_assert_uint_gt(chunks, 4);
	ck_assert_int_eq(verify(first), 0);
	second = view_attach(&store, 0);
	ck_assert_ptr_ne(second->address[0], first->address[0]);
	view_unmap(first);

	ck_assert_int_eq(verify(second), 0);
	must(tmpfs_get_attributes(&second->tmpfs, orphan, &attributes));
	tmpfs_statistics(&second->tmpfs, &before);
	tmpfs_drop_references(&second->tmpfs);
	tmpfs_statistics(&second->tmpfs, &after);
	ck_assert_int_eq(tmpfs_get_attributes(&second->tmpfs, orphan, &attributes), POSIX_ESTALE);
	ck_assert_uint_eq(after.nodes_free, before.nodes_free + 1);
	ck_assert_uint_gt(after.blocks_free, before.blocks_free);
	ck_assert_int_eq(verify(second), 0);
	must(make(second, TMPFS_ROOT, "new", &number));
	ck_assert_uint_ne(number, orphan);
	view_unmap(second);
	store_end(&store);
}
END_TEST

/* Another process attaches, changes the tree, makes it grow, and dies; this one sees it all. */
START_TEST(test_other_process)
{
	struct store store = {.count = 0};
	struct view *parent = view_create(&store), *child;
	struct tmpfs_attributes attributes;
	struct tmpfs_time now = {8, 0};
	uint32_t done;
	uint64_t number;
	pid_t pid;
	int status;

	fill(parent);
	view_unmap(parent);
	/* Mapped beforehand, lest the child's mappings be where the parent's were. */
	parent = view_attach(&store, 0);
	pid = fork();
	must(pid < 0);
	if (pid == 0) {
		child = view_attach(&store, 0);
		tmpfs_drop_references(&child->tmpfs);
		status = child->address[0] == parent->address[0] ? 9 : verify(child);
		if (!status && make(child, TMPFS_ROOT, "from the child", &number))
			status = 10;
		if (!status && tmpfs_write(&child->tmpfs, number, 1ull << 40, "child", 5, &done, now))
			status = 11;
		/* Whatever the optimizer keeps of the pointers: nothing may look leaked. */
		view_unmap(child);
		view_unmap(parent);
		_exit(status);
	}
	must(waitpid(pid, &status, 0) != pid);
	ck_assert_int_eq(status, 0);
	must(tmpfs_lookup(&parent->tmpfs, TMPFS_ROOT, "from the child", 14, &attributes));
	ck_assert_uint_eq(attributes.size, (1ull << 40) + 5);
	ck_assert_int_eq(verify(parent), 0);
	view_unmap(parent);
	store_end(&store);
}
END_TEST

/* Who died in the middle of a change has left what cannot be trusted. */
START_TEST(test_torn)
{
	struct store store = {.count = 0};
	struct view *first = view_create(&store), *second;

	fill(first);
	ck_assert_uint_eq(first->tmpfs.super->changing, 0);
	change_begin(&first->tmpfs);
	second = view_attach(&store, POSIX_EIO);
	view_unmap(second);
	change_end(&first->tmpfs);
	second = view_attach(&store, 0);
	view_unmap(second);
	first->tmpfs.super->version++;
	second = view_attach(&store, POSIX_EINVAL);
	view_unmap(second);
	view_unmap(first);
	store_end(&store);
}
END_TEST

/* An arena in which no file system was made. */
START_TEST(test_none)
{
	struct store store = {.count = 0};
	struct view *view = calloc(1, sizeof(*view)), *second;

	must(!view);
	view->store = &store;
	must(arena_create(&view->arena, 256 << 20, 9, store_grow, view));
	second = view_attach(&store, POSIX_EINVAL);
	view_unmap(second);
	view_unmap(view);
	store_end(&store);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tmpfs_attach");
	TCase *tcase = tcase_create("attach");

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, test_other_addresses);
	tcase_add_test(tcase, test_other_process);
	tcase_add_test(tcase, test_torn);
	tcase_add_test(tcase, test_none);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

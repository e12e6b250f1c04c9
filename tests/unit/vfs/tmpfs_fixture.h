/*
 * What the tests of tmpfs and its arena share: memory for an arena whose
 * supply can be cut off, a file system in it, and short forms of its calls.
 */
#ifndef TMPFS_FIXTURE_H
#define TMPFS_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <drydock/posix.h>

#include "../../../servers/vfs/tmpfs.h"

/* What must be 0, where there is much of it: libcheck's own assertions take long even when they hold. */
#define must(call)                                        \
	do {                                              \
		if ((call) != 0)                          \
			ck_abort_msg("not 0: %s", #call); \
	} while (0)

/* Chunks from anonymous memory, at most `limit` bytes of them. */
struct supply {
	void *address[ARENA_CHUNKS];
	uint64_t size[ARENA_CHUNKS];
	uint32_t count;
	uint64_t total;
	uint64_t limit;
};

static inline int32_t supply_grow(void *context, uint64_t size, void **address)
{
	struct supply *supply = context;
	void *memory;

	must(size % ARENA_PAGE || size > ARENA_CHUNK_LARGEST);
	if (size > supply->limit - supply->total)
		return POSIX_ENOSPC;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(memory == MAP_FAILED);
	supply->address[supply->count] = memory;
	supply->size[supply->count++] = size;
	supply->total += size;
	*address = memory;
	return 0;
}

static inline void supply_end(struct supply *supply)
{
	while (supply->count > 0) {
		supply->count--;
		munmap(supply->address[supply->count], supply->size[supply->count]);
	}
}

/* A file system with everything it needs. */
struct fixture {
	struct supply supply;
	struct arena arena;
	struct tmpfs tmpfs;
	struct tmpfs_attributes attributes; /* of the last call that gave some */
	struct tmpfs_time now;
};

static inline struct fixture *fixture_begin(uint64_t size_limit, uint64_t nodes)
{
	const struct tmpfs_options options = {.nodes = nodes, .seed = {0x5eed, 0xfeed}, .mode = 0755};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	must(fixture == NULL);
	fixture->supply.limit = UINT64_MAX;
	fixture->now.seconds = 1000;
	must(arena_create(&fixture->arena, size_limit, 7, supply_grow, &fixture->supply));
	must(tmpfs_format(&fixture->tmpfs, &fixture->arena, &options, fixture->now));
	return fixture;
}

static inline void fixture_end(struct fixture *fixture)
{
	supply_end(&fixture->supply);
	free(fixture);
}

/* The makers, by terminated names; without keeping the reference. Errors are returned. */
static inline int32_t fixture_drop(struct fixture *fixture, int32_t error)
{
	if (!error)
		must(tmpfs_forget(&fixture->tmpfs, fixture->attributes.node, 1));
	return error;
}

static inline int32_t make_file(struct fixture *fixture, uint64_t directory, const char *name)
{
	const struct tmpfs_creation creation = {.mode = POSIX_S_IFREG | 0644, .uid = 1, .gid = 2};

	return fixture_drop(fixture, tmpfs_create(&fixture->tmpfs, directory, name, (uint32_t)strlen(name),
	                                          &creation, fixture->now, &fixture->attributes));
}

static inline int32_t make_directory(struct fixture *fixture, uint64_t directory, const char *name)
{
	const struct tmpfs_creation creation = {.mode = 0755, .uid = 1, .gid = 2};

	return fixture_drop(fixture,
	                    tmpfs_make_directory(&fixture->tmpfs, directory, name, (uint32_t)strlen(name),
	                                         &creation, fixture->now, &fixture->attributes));
}

static inline int32_t make_symlink(struct fixture *fixture, uint64_t directory, const char *name,
                                   const char *target)
{
	const struct tmpfs_creation creation = {.uid = 1, .gid = 2};

	return fixture_drop(fixture, tmpfs_symlink(&fixture->tmpfs, directory, name, (uint32_t)strlen(name),
	                                           target, (uint32_t)strlen(target), &creation, fixture->now,
	                                           &fixture->attributes));
}

static inline int32_t make_link(struct fixture *fixture, uint64_t node, uint64_t directory, const char *name)
{
	return fixture_drop(fixture, tmpfs_link(&fixture->tmpfs, node, directory, name,
	                                        (uint32_t)strlen(name), fixture->now, &fixture->attributes));
}

static inline int32_t look_up(struct fixture *fixture, uint64_t directory, const char *name)
{
	return fixture_drop(fixture, tmpfs_lookup(&fixture->tmpfs, directory, name, (uint32_t)strlen(name),
	                                          &fixture->attributes));
}

static inline int32_t remove_name(struct fixture *fixture, uint64_t directory, const char *name)
{
	return tmpfs_unlink(&fixture->tmpfs, directory, name, (uint32_t)strlen(name), fixture->now);
}

static inline int32_t remove_directory(struct fixture *fixture, uint64_t directory, const char *name)
{
	return tmpfs_remove_directory(&fixture->tmpfs, directory, name, (uint32_t)strlen(name), fixture->now);
}

static inline int32_t move(struct fixture *fixture, uint64_t directory, const char *name,
                           uint64_t new_directory, const char *new_name, uint32_t flags)
{
	return tmpfs_rename(&fixture->tmpfs, directory, name, (uint32_t)strlen(name), new_directory, new_name,
	                    (uint32_t)strlen(new_name), flags, fixture->now);
}

/* Attributes of a node that must exist. */
static inline const struct tmpfs_attributes *attributes_of(struct fixture *fixture, uint64_t node)
{
	must(tmpfs_get_attributes(&fixture->tmpfs, node, &fixture->attributes));
	return &fixture->attributes;
}

/* A new file or directory of the root; its number. */
static inline uint64_t new_file(struct fixture *fixture, const char *name)
{
	must(make_file(fixture, TMPFS_ROOT, name));
	return fixture->attributes.node;
}

static inline uint64_t new_directory(struct fixture *fixture, uint64_t directory, const char *name)
{
	must(make_directory(fixture, directory, name));
	return fixture->attributes.node;
}

/* Writes all or fails the test. */
static inline void write_all(struct fixture *fixture, uint64_t node, uint64_t offset, const void *data,
                             uint32_t length)
{
	uint32_t done;

	must(tmpfs_write(&fixture->tmpfs, node, offset, data, length, &done, fixture->now));
	must(done != length);
}

/* A small deterministic generator (xorshift64*, Vigna 2016). */
static inline uint32_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)(*state * 0x2545f4914f6cdd1dull >> 32);
}

static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
	return random_next(state) % limit;
}

/* The `main` of a test program of one suite. */
static inline int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif

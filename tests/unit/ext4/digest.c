/* Digests of trees: see digest.h. This runs in fibers, several at once. */
#include "digest.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/hash.h>
#include <drydock/posix.h>

#include "twin.h"

#define PIECE       65536u
#define NAMES_ROOM  4096u
#define VALUES_ROOM 65536u

static void add(uint64_t *digest, const void *data, size_t length)
{
	const struct hash_key key = {*digest, length};

	*digest = hash_bytes(&key, data, length);
}

static void add_both(struct tree_digest *digest, const void *data, size_t length)
{
	add(&digest->whole, data, length);
	add(&digest->timeless, data, length);
}

static void add_attributes(struct tree_digest *digest, struct fs_attributes attributes)
{
	attributes.atime = 0;
	attributes.atime_ns = 0;
	add(&digest->whole, &attributes, sizeof(attributes));
	attributes.mtime = attributes.ctime = 0;
	attributes.mtime_ns = attributes.ctime_ns = 0;
	add(&digest->timeless, &attributes, sizeof(attributes));
}

/* Extended attributes, in whatever order; a server that has none says ENOSYS or EOPNOTSUPP. */
static void add_xattrs(struct pier *pier, uint64_t node, struct tree_digest *digest)
{
	char *names = malloc(NAMES_ROOM);
	uint8_t *value = malloc(VALUES_ROOM);
	struct fs_list_xattrs_results list;
	uint64_t sum = 0;
	int32_t error = fs_list_xattrs(pier->client, node, names, NAMES_ROOM, &list);

	if (error)
		ck_assert(error == POSIX_ENOSYS || error == POSIX_EOPNOTSUPP);
	for (uint32_t at = 0; !error && at < list.names_length; at += (uint32_t)strlen(names + at) + 1) {
		const uint32_t length = (uint32_t)strlen(names + at);
		struct fs_get_xattr_results found;
		uint64_t one = 0;

		ck_assert_int_eq(
			fs_get_xattr(pier->client, node, names + at, length, value, VALUES_ROOM, &found), 0);
		add(&one, names + at, length);
		add(&one, value, found.value_length);
		sum += one;
	}
	add_both(digest, &sum, sizeof(sum));
	free(names);
	free(value);
}

static void add_directory(struct pier *pier, uint64_t node, struct tree_digest *digest);

static void add_node(struct pier *pier, const struct fs_attributes *found, const char *name,
                     struct tree_digest *digest)
{
	const uint32_t type = found->mode & POSIX_S_IFMT;
	struct fs_readlink_results results;
	uint8_t *data = NULL;

	add_attributes(digest, *found);
	add_xattrs(pier, found->node, digest);
	if (type == POSIX_S_IFREG &&
	    strncmp(name, DIGEST_NAME_OVERWRITTEN, strlen(DIGEST_NAME_OVERWRITTEN))) {
		data = pier_read(pier, found, PIECE);
		add_both(digest, data, found->size);
	} else if (type == POSIX_S_IFLNK) {
		data = malloc(PIECE);
		ck_assert_int_eq(fs_readlink(pier->client, found->node, data, PIECE, &results), 0);
		add_both(digest, data, results.target_length);
	} else if (type == POSIX_S_IFDIR) {
		add_directory(pier, found->node, digest);
	}
	free(data);
}

/* Adds up: in which order a directory lists its names is its own affair. */
static void add_entry(struct pier *pier, uint64_t directory, const char *name, struct tree_digest *sum)
{
	struct tree_digest one = {0};
	struct fs_attributes found;

	add_both(&one, name, strlen(name));
	if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
		ck_assert_int_eq(pier_look(pier, directory, name, &found), 0);
		add_node(pier, &found, name, &one);
		ck_assert_int_eq(fs_forget(pier->client, found.node, 1), 0);
	}
	sum->whole += one.whole;
	sum->timeless += one.timeless;
}

static void add_directory(struct pier *pier, uint64_t node, struct tree_digest *digest)
{
	uint8_t *entries = malloc(PIECE);
	struct tree_digest sum = {0};
	uint64_t cookie = 0;

	for (;;) {
		struct fs_readdir_results results;
		int32_t error;

		error = fs_readdir(pier->client, node, cookie, entries, PIECE, &results);
		if (error)
			pier_settle(pier);
		ck_assert_msg(error == 0, "node %llu: readdir says %d\n%s", (unsigned long long)node,
		              (int)error, pier_console());
		if (results.entries_length == 0)
			break;
		for (uint32_t at = 0; at < results.entries_length;) {
			struct fs_entry entry;
			char name[256] = {0};

			memcpy(&entry, entries + at, sizeof(entry));
			memcpy(name, entries + at + sizeof(entry), entry.name_length);
			add_entry(pier, node, name, &sum);
			cookie = entry.cookie;
			at += (uint32_t)sizeof(entry) + ((entry.name_length + 7) & ~7u);
		}
	}
	add(&digest->whole, &sum.whole, sizeof(sum.whole));
	add(&digest->timeless, &sum.timeless, sizeof(sum.timeless));
	free(entries);
}

void digest_tree(struct pier *pier, const char *path, struct tree_digest *digest)
{
	struct fs_attributes found;

	*digest = (struct tree_digest){0};
	if (twin_find(pier, path, &found) != 0) {
		pier_settle(pier);
		ck_abort_msg("there is no directory \"%s\":\n%s", path, pier_console());
	}
	add_node(pier, &found, "", digest);
}

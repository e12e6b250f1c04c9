/* Digests of trees: see digest.h. */
#include "digest.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/hash.h>
#include <drydock/posix.h>

#define PIECE 65536u

static void digest_add(uint64_t *digest, const void *data, size_t length)
{
	const struct hash_key key = {*digest, length};

	*digest = hash_bytes(&key, data, length);
}

static void digest_directory(struct pier *pier, uint64_t node, uint64_t *digest);

static void digest_node(struct pier *pier, struct fs_attributes *found, uint64_t *digest)
{
	struct fs_readlink_results results;
	uint8_t *data = NULL;

	found->atime = 0;
	found->atime_ns = 0;
	digest_add(digest, found, sizeof(*found));
	if ((found->mode & POSIX_S_IFMT) == POSIX_S_IFREG) {
		data = pier_read(pier, found, PIECE);
		digest_add(digest, data, found->size);
	} else if ((found->mode & POSIX_S_IFMT) == POSIX_S_IFLNK) {
		data = malloc(PIECE);
		ck_assert_int_eq(fs_readlink(pier->client, found->node, data, PIECE, &results), 0);
		digest_add(digest, data, results.target_length);
	} else if ((found->mode & POSIX_S_IFMT) == POSIX_S_IFDIR) {
		digest_directory(pier, found->node, digest);
	}
	free(data);
}

static void digest_entry(struct pier *pier, uint64_t directory, const char *name, uint64_t *digest)
{
	struct fs_attributes found;

	digest_add(digest, name, strlen(name));
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	ck_assert_int_eq(pier_look(pier, directory, name, &found), 0);
	digest_node(pier, &found, digest);
	ck_assert_int_eq(fs_forget(pier->client, found.node, 1), 0);
}

static void digest_directory(struct pier *pier, uint64_t node, uint64_t *digest)
{
	uint8_t *entries = malloc(PIECE);
	uint64_t cookie = 0;

	for (;;) {
		struct fs_readdir_results results;
		int32_t error;

		error = fs_readdir(pier->client, node, cookie, entries, PIECE, &results);
		if (error)
			pier_settle(pier);
		ck_assert_msg(error == 0, "node %llu: readdir says %d\n%s", (unsigned long long)node, (int)error,
		              pier_console());
		if (results.entries_length == 0)
			break;
		for (uint32_t at = 0; at < results.entries_length;) {
			struct fs_entry entry;
			char name[256] = {0};

			memcpy(&entry, entries + at, sizeof(entry));
			memcpy(name, entries + at + sizeof(entry), entry.name_length);
			digest_entry(pier, node, name, digest);
			cookie = entry.cookie;
			at += (uint32_t)sizeof(entry) + ((entry.name_length + 7) & ~7u);
		}
	}
	free(entries);
}

uint64_t digest_tree(struct pier *pier)
{
	struct fs_attributes root;
	uint64_t digest = 0;

	if (fs_get_attributes(pier->client, FS_ROOT, &root) != 0) {
		pier_settle(pier);
		ck_abort_msg("there is no root:\n%s", pier_console());
	}
	digest_node(pier, &root, &digest);
	return digest;
}

/* Directories (Documentation/filesystems/ext4, "Directory Entries"). */
#ifndef EXT4_DIRECTORY_H
#define EXT4_DIRECTORY_H

#include "inode.h"

struct directory_entry {
	uint32_t inode;
	uint32_t mode;   /* type bits, or 0 where the directory does not tell */
	uint32_t length; /* of the name, 1 to 255 */
	const char *name;
	uint64_t cookie; /* where to go on after it */
};

/* False: no more. The name is valid until then. */
typedef bool (*directory_emit_t)(void *context, const struct directory_entry *entry);

/*
 * Finds a name, `.` and `..` among them. Suspends. POSIX_ENOENT;
 * POSIX_ENOTDIR; POSIX_EOPNOTSUPP: its names are encrypted or compared
 * without case; POSIX_EUCLEAN; errors of cache_get.
 */
int32_t directory_lookup(struct inode *directory, const char *name, uint32_t length, uint32_t *number);

/* Emits entries from `cookie` on (0: the start). Suspends. As directory_lookup, but for POSIX_ENOENT. */
int32_t directory_read(struct inode *directory, uint64_t cookie, directory_emit_t emit, void *context);

/* ---- for index.c ---------------------------------------------------------------- */

/*
 * Brings a block of a directory, checked; buffer->checked says whether it is
 * one of entries (CHECK_DIRECTORY) or of an index (CHECK_INDEX).
 */
int32_t directory_block_get(const struct inode *directory, uint64_t logical, struct buffer **buffer);

/* The inode that `name` has in a block of entries that was checked; 0: it has none there. */
uint32_t directory_block_find(const struct volume *volume, const uint8_t *data, const char *name, uint32_t length);

/* Whether it is one with an index. */
bool directory_has_index(const struct inode *directory);

/* index.c: what is wrong with a block of an index, by its shape and checksum; NULL: nothing. */
const char *index_block_wrong(const struct inode *directory, uint64_t logical, const uint8_t *data);

/* index.c: as directory_lookup, by the index. POSIX_EOPNOTSUPP: by a hash that is unknown. */
int32_t index_lookup(struct inode *directory, const char *name, uint32_t length, uint32_t *number);

#endif

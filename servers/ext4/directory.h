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

/* ---- directory_change.c: of directories whose lock is held exclusively --------------------- */

/* Blocks that each of these changes at most, the directory's inode included, which they write. */
#define DIRECTORY_INSERT_CHANGES 48u
#define DIRECTORY_CHANGE_CHANGES 2u

/*
 * Gives the name, which is not there yet, to inode `number`, whose type is that
 * of `mode`. Suspends. POSIX_ENOSPC: all is as it was, as far as anybody sees;
 * POSIX_EOPNOTSUPP: inline data, or names that are encrypted or compared without case; POSIX_EUCLEAN; errors of handle_change.
 */
int32_t directory_insert(struct handle *handle, struct inode *directory, const char *name, uint32_t length,
                         uint32_t number, uint32_t mode);

/* Takes a name, which may be `..`, from its inode and gives it to another. Suspends. POSIX_ENOENT and as above. */
int32_t directory_replace(struct handle *handle, struct inode *directory, const char *name, uint32_t length,
                          uint32_t number, uint32_t mode);

/* Removes a name. Suspends. As directory_replace. */
int32_t directory_remove(struct handle *handle, struct inode *directory, const char *name, uint32_t length);

/* Makes the first block of a new directory, with `.` and `..`. Suspends. As directory_insert. */
int32_t directory_init(struct handle *handle, struct inode *directory, uint32_t parent);

/* Whether it has no names but `.` and `..`. Suspends. POSIX_ENOTEMPTY; POSIX_EUCLEAN. */
int32_t directory_is_empty(struct inode *directory);

/* Whether names in it can be changed: POSIX_EOPNOTSUPP. */
int32_t directory_is_changeable(const struct inode *directory);

/* ---- between directory_change.c and index_change.c ----------------------------------------- */

/* Bytes that an entry takes. */
static inline uint32_t directory_entry_size(uint32_t name_length)
{
	return ((uint32_t)sizeof(struct ext4_dirent) + name_length + DIRENT_ALIGNMENT - 1) &
	       ~(DIRENT_ALIGNMENT - 1);
}

/* Bytes of a block of entries before its checksum. */
uint32_t directory_block_room(const struct volume *volume);

/* Puts the checksum into a block of entries. */
void directory_block_seal(const struct inode *directory, uint8_t *data);

/* Whether a block of entries has room for one more name. */
bool directory_block_has_room(const struct volume *volume, uint8_t *data, uint32_t name_length);

/* Inserts into a block of entries, which is one of the handle's changes. False: there is no room. */
bool directory_block_insert(const struct inode *directory, uint8_t *data, const char *name, uint32_t length,
                            uint32_t number, uint8_t type);

/* A new block at the end of the directory, whose inode is not written; all zeros, one of the handle's changes. */
int32_t directory_block_add(struct handle *handle, struct inode *directory, uint32_t *logical,
                            struct buffer **buffer);

/* index.c: puts the checksum into a block of the index that has changed. */
void index_block_seal(const struct inode *directory, uint64_t logical, uint8_t *data);

/* index_change.c: makes a directory of one block an indexed one, of a root and a block of entries. */
int32_t index_make(struct handle *handle, struct inode *directory);

/* index_change.c: as directory_insert, by the index. */
int32_t index_insert(struct handle *handle, struct inode *directory, const char *name, uint32_t length,
                     uint32_t number, uint8_t type);

/* ---- for index.c ---------------------------------------------------------------- */

/*
 * Brings a block of a directory, checked; buffer->checked says whether it is
 * one of entries (CHECK_DIRECTORY) or of an index (CHECK_INDEX).
 */
int32_t directory_block_get(const struct inode *directory, uint64_t logical, struct buffer **buffer);

/* The inode that `name` has in a block of entries that was checked; 0: it has none there. */
uint32_t directory_block_find(const struct volume *volume, const uint8_t *data, const char *name,
                              uint32_t length);

/* Whether it is one with an index. */
bool directory_has_index(const struct inode *directory);

/* index.c: what is wrong with a block of an index, by its shape and checksum; NULL: nothing. */
const char *index_block_wrong(const struct inode *directory, uint64_t logical, const uint8_t *data);

/*
 * index.c: as directory_lookup, by the index; *logical is the block that it was
 * found in. POSIX_EOPNOTSUPP: by a hash that is unknown.
 */
int32_t index_lookup(struct inode *directory, const char *name, uint32_t length, uint32_t *number,
                     uint64_t *logical);

/* directory.c: as directory_lookup, and the block of the directory that the name is in, which is no inline one. */
int32_t directory_locate(struct inode *directory, const char *name, uint32_t length, uint32_t *number,
                         uint64_t *logical);

#endif

/*
 * Changing directories (Documentation/filesystems/ext4, "Directory Entries"):
 * see directory.h. An entry's length reaches to the next one, so that what is
 * free is the end of entries in use, or an entry without an inode.
 */
#include <drydock/checksum.h>
#include <drydock/string.h>

#include "allocate.h"
#include "directory.h"
#include "extent.h"

#define SECTOR_BITS 9u

/* ---- blocks of entries ----------------------------------------------------------- */

static struct ext4_dirent *entry_at(uint8_t *data, uint32_t offset)
{
	return (struct ext4_dirent *)(data + offset);
}

uint32_t directory_block_room(const struct volume *volume)
{
	return volume->block_size - (volume->has_checksums ? (uint32_t)sizeof(struct ext4_dirent_tail) : 0);
}

void directory_block_seal(const struct inode *directory, uint8_t *data)
{
	const uint32_t room = directory_block_room(directory->volume);
	struct ext4_dirent_tail *tail = (struct ext4_dirent_tail *)(data + room);

	if (!directory->volume->has_checksums)
		return;
	*tail = (struct ext4_dirent_tail){
		.length = sizeof(*tail),
		.type = DIRENT_TYPE_CHECKSUM,
		.checksum = checksum_crc32c(directory->checksum_seed, data, room),
	};
}

/* "Directory Entries": file_type. */
static uint8_t type_of(uint32_t mode)
{
	switch (mode & POSIX_S_IFMT) {
	case POSIX_S_IFREG:
		return 1;
	case POSIX_S_IFDIR:
		return 2;
	case POSIX_S_IFCHR:
		return 3;
	case POSIX_S_IFBLK:
		return 4;
	case POSIX_S_IFIFO:
		return 5;
	case POSIX_S_IFSOCK:
		return 6;
	case POSIX_S_IFLNK:
		return 7;
	default:
		return 0;
	}
}

static void entry_fill(struct ext4_dirent *entry, const char *name, uint32_t length, uint32_t number,
                       uint8_t type)
{
	entry->inode = number;
	entry->name_length = (uint8_t)length;
	entry->type = type;
	memcpy(entry->name, name, length);
}

bool directory_block_insert(const struct inode *directory, uint8_t *data, const char *name, uint32_t length,
                            uint32_t number, uint8_t type)
{
	const uint32_t room = directory_block_room(directory->volume), needed = directory_entry_size(length);

	for (uint32_t offset = 0; offset < room; offset += entry_at(data, offset)->length) {
		struct ext4_dirent *entry = entry_at(data, offset);
		const uint32_t used = entry->inode ? directory_entry_size(entry->name_length) : 0;

		if (entry->length < used + needed)
			continue;
		if (used > 0) {
			entry_at(data, offset + used)->length = (uint16_t)(entry->length - used);
			entry->length = (uint16_t)used;
			entry = entry_at(data, offset + used);
		}
		entry_fill(entry, name, length, number, type);
		directory_block_seal(directory, data);
		return true;
	}
	return false;
}

/* The entry with that name, and the one before it, or NULL, in a block that has it. */
static struct ext4_dirent *entry_find(const struct volume *volume, uint8_t *data, const char *name,
                                      uint32_t length, struct ext4_dirent **previous)
{
	*previous = NULL;
	for (uint32_t offset = 0; offset < volume->block_size; offset += entry_at(data, offset)->length) {
		struct ext4_dirent *entry = entry_at(data, offset);

		if (entry->inode && entry->name_length == length && memcmp(entry->name, name, length) == 0)
			return entry;
		*previous = entry;
	}
	return NULL;
}

/* ---- growing ---------------------------------------------------------------------- */

int32_t directory_block_add(struct handle *handle, struct inode *directory, uint32_t *logical,
                            struct buffer **buffer)
{
	struct volume *volume = directory->volume;
	struct mapping last = {0};
	uint64_t physical;
	uint32_t count;
	int32_t error = 0;

	*logical = (uint32_t)inode_blocks(directory);
	if (*logical > 0)
		error = block_map(directory, *logical - 1, &last);
	if (!error)
		error = blocks_allocate(handle, last.physical ? last.physical + 1 : inode_goal(directory), 1,
		                        &physical, &count);
	if (error)
		return error;
	error = block_insert(handle, directory, *logical, physical, 1);
	if (error) {
		if (blocks_free(handle, physical, 1, false))
			transactions_abort(volume, "a block cannot be given back", error);
		return error;
	}
	directory->sectors += volume->block_size >> SECTOR_BITS;
	directory->size += volume->block_size;
	error = cache_get_new(&volume->cache, physical, buffer);
	if (!error) {
		error = handle_change(handle, *buffer);
		if (error)
			cache_put(&volume->cache, *buffer);
	}
	if (error)
		transactions_abort(volume, "a directory cannot grow", error);
	return error;
}

int32_t directory_init(struct handle *handle, struct inode *directory, uint32_t parent)
{
	const uint32_t dot = directory_entry_size(1);
	struct buffer *buffer;
	uint32_t logical;
	int32_t error = directory_block_add(handle, directory, &logical, &buffer);

	if (error)
		return error;
	entry_fill(entry_at(buffer->data, 0), ".", 1, directory->number, type_of(POSIX_S_IFDIR));
	entry_at(buffer->data, 0)->length = (uint16_t)dot;
	entry_fill(entry_at(buffer->data, dot), "..", 2, parent, type_of(POSIX_S_IFDIR));
	entry_at(buffer->data, dot)->length = (uint16_t)(directory_block_room(directory->volume) - dot);
	directory_block_seal(directory, buffer->data);
	buffer->checked = CHECK_DIRECTORY;
	cache_put(&directory->volume->cache, buffer);
	return 0;
}

/* ---- inserting ------------------------------------------------------------------------ */

/* Tries the blocks one after the other. */
static int32_t linear_try(struct handle *handle, struct inode *directory, const char *name, uint32_t length,
                          uint32_t number, uint8_t type, bool *done)
{
	struct volume *volume = directory->volume;
	int32_t error = 0;

	*done = false;
	for (uint64_t logical = 0; logical < inode_blocks(directory) && !error && !*done; logical++) {
		struct buffer *buffer;

		error = directory_block_get(directory, logical, &buffer);
		if (error)
			return error;
		if (directory_block_has_room(volume, buffer->data, length)) {
			error = handle_change(handle, buffer);
			*done = !error &&
			        directory_block_insert(directory, buffer->data, name, length, number, type);
		}
		cache_put(&volume->cache, buffer);
	}
	return error;
}

bool directory_block_has_room(const struct volume *volume, uint8_t *data, uint32_t name_length)
{
	const uint32_t room = directory_block_room(volume), needed = directory_entry_size(name_length);

	for (uint32_t offset = 0; offset < room; offset += entry_at(data, offset)->length) {
		const struct ext4_dirent *entry = entry_at(data, offset);

		if (entry->length >= (entry->inode ? directory_entry_size(entry->name_length) : 0) + needed)
			return true;
	}
	return false;
}

static int32_t linear_grow(struct handle *handle, struct inode *directory, const char *name, uint32_t length,
                           uint32_t number, uint8_t type)
{
	struct buffer *buffer;
	uint32_t logical;
	int32_t error = directory_block_add(handle, directory, &logical, &buffer);

	if (error)
		return error;
	entry_at(buffer->data, 0)->length = (uint16_t)directory_block_room(directory->volume);
	directory_block_insert(directory, buffer->data, name, length, number, type);
	buffer->checked = CHECK_DIRECTORY;
	cache_put(&directory->volume->cache, buffer);
	return 0;
}

static int32_t linear_insert(struct handle *handle, struct inode *directory, const char *name,
                             uint32_t length, uint32_t number, uint8_t type)
{
	bool done;
	int32_t error = linear_try(handle, directory, name, length, number, type, &done);

	if (error || done)
		return error;
	if (inode_blocks(directory) > 1 || !(directory->volume->superblock.feature_compat & COMPAT_DIR_INDEX))
		return linear_grow(handle, directory, name, length, number, type);
	error = index_make(handle, directory);
	return error ? error : index_insert(handle, directory, name, length, number, type);
}

/* Names in it are others now. */
static int32_t changed(struct handle *handle, struct inode *directory)
{
	directory->mtime = directory->ctime = inode_now(directory->volume);
	return inode_write(handle, directory);
}

int32_t directory_insert(struct handle *handle, struct inode *directory, const char *name, uint32_t length,
                         uint32_t number, uint32_t mode)
{
	int32_t error = directory_is_changeable(directory), failed;

	if (error)
		return error;
	error = directory_has_index(directory)
	                ? index_insert(handle, directory, name, length, number, type_of(mode))
	                : linear_insert(handle, directory, name, length, number, type_of(mode));
	/* It may have grown all the same. */
	failed = changed(handle, directory);
	return error ? error : failed;
}

/* ---- other changes -------------------------------------------------------------------- */

int32_t directory_is_changeable(const struct inode *directory)
{
	return !(directory->flags & INODE_INLINE_DATA) && !(directory->flags & (INODE_ENCRYPT | INODE_CASEFOLD))
	               ? 0
	               : POSIX_EOPNOTSUPP;
}

/* Brings the block that has the name, as one of the handle's changes. */
static int32_t block_find(struct handle *handle, struct inode *directory, const char *name, uint32_t length,
                          uint64_t *logical, struct buffer **buffer)
{
	uint32_t number;
	int32_t error = directory_is_changeable(directory);

	if (!error)
		error = directory_locate(directory, name, length, &number, logical);
	if (!error)
		error = directory_block_get(directory, *logical, buffer);
	if (error)
		return error;
	error = handle_change(handle, *buffer);
	if (error)
		cache_put(&directory->volume->cache, *buffer);
	return error;
}

/* Block 0 of an indexed directory has a checksum of its own kind. */
static void block_seal(const struct inode *directory, uint64_t logical, struct buffer *buffer)
{
	if (buffer->checked == CHECK_INDEX)
		index_block_seal(directory, logical, buffer->data);
	else
		directory_block_seal(directory, buffer->data);
}

int32_t directory_replace(struct handle *handle, struct inode *directory, const char *name, uint32_t length,
                          uint32_t number, uint32_t mode)
{
	struct ext4_dirent *entry, *previous;
	struct buffer *buffer;
	uint64_t logical;
	int32_t error = block_find(handle, directory, name, length, &logical, &buffer);

	if (error)
		return error;
	entry = entry_find(directory->volume, buffer->data, name, length, &previous);
	if (entry) {
		entry->inode = number;
		entry->type = type_of(mode);
		block_seal(directory, logical, buffer);
	}
	cache_put(&directory->volume->cache, buffer);
	return entry ? changed(handle, directory) : POSIX_ENOENT;
}

int32_t directory_remove(struct handle *handle, struct inode *directory, const char *name, uint32_t length)
{
	struct ext4_dirent *entry, *previous;
	struct buffer *buffer;
	uint64_t logical;
	int32_t error = block_find(handle, directory, name, length, &logical, &buffer);

	if (error)
		return error;
	entry = entry_find(directory->volume, buffer->data, name, length, &previous);
	if (entry && previous)
		previous->length = (uint16_t)(previous->length + entry->length);
	else if (entry)
		entry->inode = 0;
	if (entry)
		block_seal(directory, logical, buffer);
	cache_put(&directory->volume->cache, buffer);
	return entry ? changed(handle, directory) : POSIX_ENOENT;
}

static bool only_dots(void *context, const struct directory_entry *entry)
{
	bool *empty = context;

	*empty = entry->length <= 2 && memcmp(entry->name, "..", entry->length) == 0;
	return *empty;
}

int32_t directory_is_empty(struct inode *directory)
{
	bool empty = true;
	int32_t error = directory_read(directory, 0, only_dots, &empty);

	return error || empty ? error : POSIX_ENOTEMPTY;
}

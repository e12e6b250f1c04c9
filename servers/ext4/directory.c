/*
 * Entries of directories: see directory.h. A block is checked once after it
 * was read, all its entries at a time; afterwards they are walked as they are.
 * The blocks of an index look like entries that are unused, so reading goes
 * through all blocks alike; a cookie is where the next entry begins.
 */
#include "directory.h"

#include <drydock/checksum.h>
#include <drydock/string.h>

#include "extent.h"
#include "file.h"
#include "xattr.h"

#define ENTRY_SIZE       8u     /* without the name */
#define BLOCK_SIZE_LARGE 65536u /* does not fit a length of 16 bits */

/* Inline directories have no `.` and no `..`, but their parent's number; cookies count as if they had. */
#define INLINE_ENTRIES 4u
#define INLINE_COOKIE  24u
#define DOT_COOKIE     12u

/* Entries that follow each other to the end: a block, or a part of an inline directory. */
struct area {
	const uint8_t *data;
	uint32_t size;
};

static const struct ext4_dirent *entry_at(const struct area *area, uint32_t offset)
{
	return (const struct ext4_dirent *)(area->data + offset);
}

/* Bytes to the next entry. In blocks of 64 KiB the two lowest bits, always 0 else, are the highest. */
static uint32_t entry_length(const struct volume *volume, const struct ext4_dirent *entry)
{
	if (volume->block_size < BLOCK_SIZE_LARGE)
		return entry->length;
	if (entry->length == 0 || entry->length == UINT16_MAX)
		return BLOCK_SIZE_LARGE;
	return (entry->length & ~3u) | (entry->length & 3u) << 16;
}

static bool name_fits(const struct ext4_dirent *entry)
{
	for (uint32_t i = 0; i < entry->name_length; i++) {
		if (entry->name[i] == '/' || entry->name[i] == '\0')
			return false;
	}
	return entry->name_length > 0;
}

/* What is wrong with entries; NULL: nothing. */
static const char *area_wrong(const struct volume *volume, const struct area *area)
{
	uint32_t offset = 0;

	while (offset < area->size) {
		const struct ext4_dirent *entry = entry_at(area, offset);
		uint32_t length;

		if (area->size - offset < ENTRY_SIZE)
			return "an entry is cut off";
		length = entry_length(volume, entry);
		if (length % DIRENT_ALIGNMENT != 0 || length > area->size - offset ||
		    length < ENTRY_SIZE + (entry->inode ? entry->name_length : 0u))
			return "an entry's length is wrong";
		if (entry->inode > volume->superblock.inodes_count)
			return "an entry has an inode that does not exist";
		if (entry->inode && !name_fits(entry))
			return "an entry has no proper name";
		offset += length;
	}
	return NULL;
}

static uint32_t area_find(const struct volume *volume, const struct area *area, const char *name,
                          uint32_t length)
{
	uint32_t offset = 0;

	while (offset < area->size) {
		const struct ext4_dirent *entry = entry_at(area, offset);

		if (entry->inode && entry->name_length == length && memcmp(entry->name, name, length) == 0)
			return entry->inode;
		offset += entry_length(volume, entry);
	}
	return 0;
}

/* ---- blocks ------------------------------------------------------------------------ */

bool directory_has_index(const struct inode *directory)
{
	return directory->flags & INODE_INDEX &&
	       directory->volume->superblock.feature_compat & COMPAT_DIR_INDEX;
}

/* Blocks of an index are the first, and those that one unused entry spans. */
static bool is_index(const struct inode *directory, uint64_t logical, const struct area *block)
{
	const struct ext4_dirent *first = entry_at(block, 0);

	return directory_has_index(directory) &&
	       (logical == 0 || (first->inode == 0 && entry_length(directory->volume, first) == block->size));
}

/* "Directory Entries", ext4_dir_entry_tail: of all before it. */
static bool checksum_fits(const struct inode *directory, const struct area *block)
{
	const size_t covered = block->size - sizeof(struct ext4_dirent_tail);
	const struct ext4_dirent_tail *tail = (const struct ext4_dirent_tail *)(block->data + covered);

	if (!directory->volume->has_checksums)
		return true;
	return tail->inode == 0 && tail->length == sizeof(*tail) && tail->type == DIRENT_TYPE_CHECKSUM &&
	       tail->checksum == checksum_crc32c(directory->checksum_seed, block->data, covered);
}

static int32_t block_check(const struct inode *directory, uint64_t logical, struct buffer *buffer)
{
	const struct area area = {buffer->data, directory->volume->block_size};
	const char *wrong = area_wrong(directory->volume, &area);
	uint8_t kind = CHECK_DIRECTORY;

	if (!wrong && is_index(directory, logical, &area)) {
		kind = CHECK_INDEX;
		wrong = index_block_wrong(directory, logical, buffer->data);
		/* Without a checksum a block of entries that has none looks the same. */
		if (wrong && logical > 0 && !directory->volume->has_checksums) {
			kind = CHECK_DIRECTORY;
			wrong = NULL;
		}
	} else if (!wrong && !checksum_fits(directory, &area)) {
		wrong = "the checksum of entries is wrong";
	}
	if (wrong)
		return inode_damage(directory, buffer->block, wrong);
	buffer->checked = kind;
	return 0;
}

int32_t directory_block_get(const struct inode *directory, uint64_t logical, struct buffer **found)
{
	struct cache *cache = &directory->volume->cache;
	struct mapping mapping;
	struct buffer *buffer;
	int32_t error = block_map(directory, logical, &mapping);

	if (error)
		return error;
	if (!mapping.physical)
		return inode_damage(directory, directory->table_block, "the directory has a hole");
	error = cache_get(cache, mapping.physical, &buffer);
	if (error)
		return error;
	if (buffer->checked != CHECK_DIRECTORY && buffer->checked != CHECK_INDEX)
		error = block_check(directory, logical, buffer);
	if (error)
		cache_put(cache, buffer);
	else
		*found = buffer;
	return error;
}

uint32_t directory_block_find(const struct volume *volume, const uint8_t *data, const char *name,
                              uint32_t length)
{
	const struct area area = {data, volume->block_size};

	return area_find(volume, &area, name, length);
}

/* ---- inline directories ---------------------------------------------------------------- */

struct inline_directory {
	uint32_t parent;
	struct area parts[2]; /* in i_block, and in the attribute after it */
};

static int32_t inline_get(const struct inode *directory, struct inline_directory *inlined)
{
	const uint8_t *rest = NULL;
	uint32_t rest_size;
	int32_t error = xattr_inline_data(directory, &rest, &rest_size);

	if (error)
		return error;
	if (directory->size < INODE_BLOCK_BYTES || directory->size - INODE_BLOCK_BYTES > rest_size)
		return inode_damage(directory, directory->table_block, "an inline directory's size is wrong");
	inlined->parent = directory->raw->block.word[0];
	inlined->parts[0] = (struct area){directory->raw->block.bytes + INLINE_ENTRIES,
	                                  INODE_BLOCK_BYTES - INLINE_ENTRIES};
	inlined->parts[1] = (struct area){rest, (uint32_t)directory->size - INODE_BLOCK_BYTES};
	for (uint32_t i = 0; i < 2; i++) {
		const char *wrong = area_wrong(directory->volume, &inlined->parts[i]);

		if (wrong)
			return inode_damage(directory, directory->table_block, wrong);
	}
	return 0;
}

/* ---- looking up --------------------------------------------------------------------------- */

static int32_t directory_check(const struct inode *directory)
{
	if (!inode_is(directory, POSIX_S_IFDIR))
		return POSIX_ENOTDIR;
	return directory->flags & INODE_ENCRYPT ? POSIX_EOPNOTSUPP : 0;
}

static int32_t inline_lookup(const struct inode *directory, const char *name, uint32_t length,
                             uint32_t *number)
{
	struct inline_directory inlined;
	int32_t error = inline_get(directory, &inlined);

	if (error)
		return error;
	for (uint32_t i = 0; i < 2 && *number == 0; i++)
		*number = area_find(directory->volume, &inlined.parts[i], name, length);
	return 0;
}

/* Goes through the blocks from the first to `end`. */
static int32_t linear_lookup(const struct inode *directory, uint64_t end, const char *name, uint32_t length,
                             uint32_t *number, uint64_t *found)
{
	for (uint64_t logical = 0; logical < end && *number == 0; logical++) {
		struct buffer *buffer;
		int32_t error = directory_block_get(directory, logical, &buffer);

		if (error)
			return error;
		*found = logical;
		*number = directory_block_find(directory->volume, buffer->data, name, length);
		cache_put(&directory->volume->cache, buffer);
	}
	return 0;
}

static int32_t parent_find(const struct inode *directory, uint32_t *number, uint64_t *logical)
{
	struct inline_directory inlined;
	int32_t error;

	if (!(directory->flags & INODE_INLINE_DATA))
		return linear_lookup(directory, 1, "..", 2, number, logical);
	error = inline_get(directory, &inlined);
	if (!error)
		*number = inlined.parent;
	return error;
}

int32_t directory_locate(struct inode *directory, const char *name, uint32_t length, uint32_t *number,
                         uint64_t *logical)
{
	int32_t error = directory_check(directory);

	if (error)
		return error;
	*number = 0;
	*logical = 0;
	if (length == 1 && name[0] == '.')
		*number = directory->number;
	else if (length == 2 && name[0] == '.' && name[1] == '.')
		error = parent_find(directory, number, logical);
	else if (directory->flags & INODE_CASEFOLD)
		error = POSIX_EOPNOTSUPP;
	else if (directory->flags & INODE_INLINE_DATA)
		error = inline_lookup(directory, name, length, number);
	else if (directory_has_index(directory))
		error = index_lookup(directory, name, length, number, logical);
	else
		error = linear_lookup(directory, inode_blocks(directory), name, length, number, logical);
	if (error)
		return error;
	return *number ? 0 : POSIX_ENOENT;
}

int32_t directory_lookup(struct inode *directory, const char *name, uint32_t length, uint32_t *number)
{
	uint64_t logical;

	return directory_locate(directory, name, length, number, &logical);
}

/* ---- reading --------------------------------------------------------------------------------- */

static uint32_t type_mode(const struct volume *volume, const struct ext4_dirent *entry)
{
	/* "Directory Entries": file_type. */
	static const uint16_t modes[8] = {0,
	                                  POSIX_S_IFREG,
	                                  POSIX_S_IFDIR,
	                                  POSIX_S_IFCHR,
	                                  POSIX_S_IFBLK,
	                                  POSIX_S_IFIFO,
	                                  POSIX_S_IFSOCK,
	                                  POSIX_S_IFLNK};

	return volume_has_incompat(volume, INCOMPAT_FILETYPE) && entry->type < 8 ? modes[entry->type] : 0;
}

/* Emits what of an area, which itself has cookie `base`, comes at `cookie` or after it. False: no more. */
static bool area_read(const struct volume *volume, const struct area *area, uint64_t base, uint64_t cookie,
                      directory_emit_t emit, void *context)
{
	uint32_t offset = 0, at;

	while (offset < area->size) {
		const struct ext4_dirent *entry = entry_at(area, offset);

		at = offset;
		offset += entry_length(volume, entry);
		if (entry->inode && base + at >= cookie &&
		    !emit(context, &(const struct directory_entry){
					   .inode = entry->inode,
					   .mode = type_mode(volume, entry),
					   .length = entry->name_length,
					   .name = entry->name,
					   .cookie = base + offset,
				   }))
			return false;
	}
	return true;
}

static bool dots_read(const struct inode *directory, uint32_t parent, uint64_t cookie, directory_emit_t emit,
                      void *context)
{
	struct directory_entry entry = {.mode = POSIX_S_IFDIR, .name = ".."};

	if (cookie < DOT_COOKIE) {
		entry.inode = directory->number;
		entry.length = 1;
		entry.cookie = DOT_COOKIE;
		if (!emit(context, &entry))
			return false;
	}
	if (cookie < INLINE_COOKIE) {
		entry.inode = parent;
		entry.length = 2;
		entry.cookie = INLINE_COOKIE;
		return emit(context, &entry);
	}
	return true;
}

static int32_t inline_directory_read(const struct inode *directory, uint64_t cookie, directory_emit_t emit,
                                     void *context)
{
	struct inline_directory inlined;
	uint64_t base = INLINE_COOKIE;
	int32_t error = inline_get(directory, &inlined);

	if (error || !dots_read(directory, inlined.parent, cookie, emit, context))
		return error;
	for (uint32_t i = 0; i < 2; i++) {
		if (!area_read(directory->volume, &inlined.parts[i], base, cookie, emit, context))
			return 0;
		base += inlined.parts[i].size;
	}
	return 0;
}

int32_t directory_read(struct inode *directory, uint64_t cookie, directory_emit_t emit, void *context)
{
	struct volume *volume = directory->volume;
	int32_t error = directory_check(directory);

	if (error)
		return error;
	if (directory->flags & INODE_INLINE_DATA)
		return inline_directory_read(directory, cookie, emit, context);
	for (uint64_t logical = cookie >> volume->block_bits; logical < inode_blocks(directory); logical++) {
		struct area area = {.size = volume->block_size};
		struct buffer *buffer;
		bool more;

		error = directory_block_get(directory, logical, &buffer);
		if (error)
			return error;
		area.data = buffer->data;
		more = area_read(volume, &area, logical << volume->block_bits, cookie, emit, context);
		cache_put(&volume->cache, buffer);
		if (!more)
			return 0;
	}
	return 0;
}

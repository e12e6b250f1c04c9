/* Inodes: found, checked, decoded, kept: see inode.h. */
#include "inode.h"

#include <drydock/checksum.h>
#include <drydock/string.h>

#include "extent.h"
#include "group.h"

#define UNUSED_MAXIMUM 1024u /* inodes that are kept though nobody holds them */
#define SECTOR_BITS    9u

int32_t inode_damage(const struct inode *inode, uint64_t block, const char *what)
{
	return damage(inode->volume, block, inode->number, what);
}

/* ---- the table ---------------------------------------------------------------- */

void inode_table_init(struct inode_table *table)
{
	*table = (struct inode_table){0};
	list_init(&table->unused);
}

static struct inode **chain_of(struct volume *volume, uint32_t number)
{
	return &volume->inodes.chains[number % INODE_TABLE_SIZE];
}

static struct inode *find(struct volume *volume, uint32_t number)
{
	struct inode *inode = *chain_of(volume, number);

	while (inode && inode->number != number)
		inode = inode->hash_next;
	return inode;
}

static void unhash(struct volume *volume, const struct inode *inode)
{
	struct inode **link = chain_of(volume, inode->number);

	while (*link != inode)
		link = &(*link)->hash_next;
	*link = inode->hash_next;
	volume->inodes.count--;
}

static void hash(struct volume *volume, struct inode *inode)
{
	inode->hash_next = *chain_of(volume, inode->number);
	*chain_of(volume, inode->number) = inode;
	volume->inodes.count++;
}

static void remove_oldest(struct volume *volume)
{
	struct inode *inode = list_entry(list_take(&volume->inodes.unused), struct inode, link);

	unhash(volume, inode);
	runtime_free(volume->runtime, inode);
}

static struct inode *hold(struct inode *inode)
{
	if (inode->holders++ == 0)
		list_remove(&inode->link);
	return inode;
}

void inode_put(struct volume *volume, struct inode *inode)
{
	if (!inode || --inode->holders > 0)
		return;
	if (inode->freed) {
		runtime_free(volume->runtime, inode);
		return;
	}
	list_add_tail(&volume->inodes.unused, &inode->link);
	if (volume->inodes.count > UNUSED_MAXIMUM)
		remove_oldest(volume);
}

void inode_forget(struct inode *inode)
{
	inode->freed = true;
	unhash(inode->volume, inode);
}

void inode_table_empty(struct volume *volume)
{
	while (!list_empty(&volume->inodes.unused))
		remove_oldest(volume);
}

/* ---- decoding --------------------------------------------------------------------- */

bool inode_has_field(const struct volume *volume, const struct ext4_inode *raw, size_t end)
{
	return volume->inode_size > INODE_SIZE_MINIMUM && end <= INODE_SIZE_MINIMUM + raw->extra_size;
}

/* "Inode Timestamps": two more bits of seconds, thirty of nanoseconds. */
static struct timestamp timestamp_of(uint32_t seconds, uint32_t extra)
{
	return (struct timestamp){
		.seconds = (int64_t)(int32_t)seconds + ((int64_t)(extra & 3) << 32),
		.nanoseconds = extra >> 2,
	};
}

static void decode_times(struct volume *volume, struct inode *inode)
{
	const struct ext4_inode *raw = inode->raw;

	inode->ctime = timestamp_of(raw->ctime, INODE_HAS_FIELD(volume, raw, ctime_extra) ? raw->ctime_extra : 0);
	inode->mtime = timestamp_of(raw->mtime, INODE_HAS_FIELD(volume, raw, mtime_extra) ? raw->mtime_extra : 0);
	inode->atime = timestamp_of(raw->atime, INODE_HAS_FIELD(volume, raw, atime_extra) ? raw->atime_extra : 0);
	if (INODE_HAS_FIELD(volume, raw, birth_time_extra))
		inode->birth_time = timestamp_of(raw->birth_time, raw->birth_time_extra);
}

static void decode_sectors(struct volume *volume, struct inode *inode)
{
	const struct ext4_inode *raw = inode->raw;

	inode->sectors = raw->blocks_low;
	if (!volume_has_ro_compat(volume, RO_COMPAT_HUGE_FILE))
		return;
	inode->sectors |= (uint64_t)raw->blocks_high << 32;
	if (raw->flags & INODE_HUGE_FILE)
		inode->sectors <<= volume->block_bits - SECTOR_BITS;
}

/* Attributes in the inode: their magic follows the fields that it has. */
static void decode_xattrs(struct volume *volume, struct inode *inode)
{
	const struct ext4_inode *raw = inode->raw;
	uint32_t at, magic;

	if (volume->inode_size <= INODE_SIZE_MINIMUM)
		return;
	at = INODE_SIZE_MINIMUM + raw->extra_size;
	if (at + sizeof(magic) > volume->inode_size)
		return;
	memcpy(&magic, (const uint8_t *)raw + at, sizeof(magic));
	if (magic != XATTR_MAGIC)
		return;
	inode->xattrs = (uint8_t *)inode->raw + at + sizeof(magic);
	inode->xattrs_size = volume->inode_size - at - (uint32_t)sizeof(magic);
}

void inode_seed(struct inode *inode)
{
	const uint32_t number = inode->number, generation = inode->raw->generation;

	inode->checksum_seed = checksum_crc32c(inode->volume->checksum_seed, &number, sizeof(number));
	inode->checksum_seed = checksum_crc32c(inode->checksum_seed, &generation, sizeof(generation));
}

static void decode(struct volume *volume, struct inode *inode)
{
	const struct ext4_inode *raw = inode->raw;

	inode->mode = raw->mode;
	inode->uid = raw->uid_low | (uint32_t)raw->uid_high << 16;
	inode->gid = raw->gid_low | (uint32_t)raw->gid_high << 16;
	inode->links = raw->links;
	inode->flags = raw->flags;
	inode->generation = raw->generation;
	inode->size = (uint64_t)raw->size_high << 32 | raw->size_low;
	inode->xattr_block = raw->xattr_block_low;
	if (volume_has_incompat(volume, INCOMPAT_64BIT))
		inode->xattr_block |= (uint64_t)raw->xattr_block_high << 32;
	inode_seed(inode);
	decode_times(volume, inode);
	decode_sectors(volume, inode);
	decode_xattrs(volume, inode);
}

uint32_t inode_device(const struct inode *inode)
{
	if (!inode_is(inode, POSIX_S_IFCHR) && !inode_is(inode, POSIX_S_IFBLK))
		return 0;
	/* The first form has 8 bits for each. In the second the minor number goes on above the major one. */
	return inode->raw->block.word[0] ? inode->raw->block.word[0] & 0xffff : inode->raw->block.word[1];
}

/* ---- checking ---------------------------------------------------------------------- */

/* "Checksums": number, generation and the whole inode, the checksum itself being zero. */
uint32_t inode_checksum(const struct volume *volume, const struct inode *inode)
{
	struct ext4_inode *raw = inode->raw;
	const uint16_t low = raw->checksum_low, high = raw->checksum_high;
	const bool has_high = INODE_HAS_FIELD(volume, raw, checksum_high);
	uint32_t crc;

	raw->checksum_low = 0;
	if (has_high)
		raw->checksum_high = 0;
	crc = checksum_crc32c(inode->checksum_seed, raw, volume->inode_size);
	raw->checksum_low = low;
	if (!has_high)
		return crc & 0xffff;
	raw->checksum_high = high;
	return crc;
}

static bool checksum_fits(const struct volume *volume, const struct inode *inode)
{
	const struct ext4_inode *raw = inode->raw;
	uint32_t found = raw->checksum_low;

	if (INODE_HAS_FIELD(volume, raw, checksum_high))
		found |= (uint32_t)raw->checksum_high << 16;
	return found == inode_checksum(volume, inode);
}

static bool is_type(uint32_t mode)
{
	switch (mode & POSIX_S_IFMT) {
	case POSIX_S_IFREG:
	case POSIX_S_IFDIR:
	case POSIX_S_IFLNK:
	case POSIX_S_IFCHR:
	case POSIX_S_IFBLK:
	case POSIX_S_IFIFO:
	case POSIX_S_IFSOCK:
		return true;
	default:
		return false;
	}
}

static int32_t check(struct volume *volume, const struct inode *inode, bool allow_orphan)
{
	const struct ext4_inode *raw = inode->raw;
	uint64_t block = inode->table_block;

	if (volume->inode_size > INODE_SIZE_MINIMUM &&
	    (raw->extra_size % 4 != 0 || INODE_SIZE_MINIMUM + raw->extra_size > volume->inode_size))
		return inode_damage(inode, block, "i_extra_isize is wrong");
	if (volume->has_checksums && !checksum_fits(volume, inode))
		return inode_damage(inode, block, "the checksum is wrong");
	if (raw->links == 0 && !(allow_orphan && raw->mode))
		return POSIX_ESTALE;
	if (!is_type(inode->mode))
		return inode_damage(inode, block, "it has no type");
	if (inode->size > INT64_MAX)
		return inode_damage(inode, block, "i_size is negative");
	if (inode->xattr_block && !volume_holds(volume, inode->xattr_block, 1))
		return inode_damage(inode, block, "i_file_acl points beyond the end");
	/* A hole in a directory is damage, so it cannot be larger than the disk. */
	if (inode_is(inode, POSIX_S_IFDIR) && inode_blocks(inode) > volume->blocks)
		return inode_damage(inode, block, "the directory is larger than the disk");
	return inode_has_extents(inode) ? extent_root_check(inode) : 0;
}

/* ---- reading ------------------------------------------------------------------------ */

/* Finds the block of the table that it lies in; *offset becomes where, counted from the table's beginning. */
static int32_t place_find(struct inode *inode, uint64_t *offset)
{
	struct volume *volume = inode->volume;
	const uint32_t per_group = volume->superblock.inodes_per_group;
	struct group group;
	int32_t error = group_get(volume, (inode->number - 1) / per_group, &group);

	if (error)
		return error;
	*offset = (uint64_t)((inode->number - 1) % per_group) * volume->inode_size;
	inode->table_block = group.inode_table + (*offset >> volume->block_bits);
	return 0;
}

/* Copies the inode out of its block of the table. */
static int32_t inode_read(struct volume *volume, struct inode *inode, bool allow_orphan)
{
	struct buffer *buffer;
	uint64_t offset;
	int32_t error = place_find(inode, &offset);

	if (error)
		return error;
	error = cache_get(&volume->cache, inode->table_block, &buffer);
	if (error)
		return error;
	memcpy(inode->raw, buffer->data + (offset & (volume->block_size - 1)), volume->inode_size);
	cache_put(&volume->cache, buffer);
	decode(volume, inode);
	return check(volume, inode, allow_orphan);
}

static struct inode *inode_make(struct volume *volume, uint32_t number)
{
	size_t size = volume->inode_size > sizeof(struct ext4_inode) ? volume->inode_size
	                                                             : sizeof(struct ext4_inode);
	struct inode *inode = runtime_allocate(volume->runtime, sizeof(*inode) + size);

	if (!inode)
		return NULL;
	inode->volume = volume;
	inode->number = number;
	inode->raw = (struct ext4_inode *)(inode + 1);
	lock_init(&inode->lock);
	list_init(&inode->orphan_link);
	list_init(&inode->link);
	return inode;
}

static int32_t get(struct volume *volume, uint64_t number, bool allow_orphan, struct inode **found)
{
	struct inode *inode, *other;
	int32_t error;

	*found = NULL;
	if (number == 0 || number > volume->superblock.inodes_count)
		return POSIX_ESTALE;
	inode = find(volume, (uint32_t)number);
	if (inode) {
		*found = hold(inode);
		return 0;
	}
	inode = inode_make(volume, (uint32_t)number);
	if (!inode)
		return POSIX_ENOMEM;
	error = inode_read(volume, inode, allow_orphan);
	/* Reading suspends: another fiber may have brought it meanwhile. */
	other = error ? NULL : find(volume, (uint32_t)number);
	if (error || other) {
		runtime_free(volume->runtime, inode);
		*found = other ? hold(other) : NULL;
		return error;
	}
	hash(volume, inode);
	inode->holders = 1;
	*found = inode;
	return 0;
}

int32_t inode_get(struct volume *volume, uint64_t number, struct inode **inode)
{
	return get(volume, number, false, inode);
}

int32_t inode_get_orphan(struct volume *volume, uint32_t number, struct inode **inode)
{
	return get(volume, number, true, inode);
}

int32_t inode_get_new(struct volume *volume, uint32_t number, struct inode **found)
{
	struct inode *inode;
	uint64_t offset;
	int32_t error;

	if (find(volume, number)) /* deleted inodes are not to be found */
		return damage(volume, 0, number, "an inode is in use and free at once");
	inode = inode_make(volume, number);
	if (!inode)
		return POSIX_ENOMEM;
	error = place_find(inode, &offset);
	if (error) {
		runtime_free(volume->runtime, inode);
		return error;
	}
	hash(volume, inode);
	inode->holders = 1;
	*found = inode;
	return 0;
}

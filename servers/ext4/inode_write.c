/* Inodes, from memory back to the disk: see inode.h. */
#include <drydock/string.h>

#include "inode.h"

#define NANOSECONDS_PER_SECOND 1000000000u
#define SECTOR_BITS            9u
#define SECTORS_PLAIN          (1ull << 48) /* more than that are counted in blocks */
#define SECONDS_LEAST          (-(1ll << 31))
#define SECONDS_MOST           ((1ll << 31) - 1)                /* without */
#define SECONDS_MOST_EXTRA     (3 * (1ll << 32) + SECONDS_MOST) /* and with two bits more */

struct timestamp inode_now(const struct volume *volume)
{
	const uint64_t time = runtime_wall_time(volume->runtime);

	return (struct timestamp){(int64_t)(time / NANOSECONDS_PER_SECOND),
	                          (uint32_t)(time % NANOSECONDS_PER_SECOND)};
}

/* "Inode Timestamps". What cannot be told becomes the nearest that can. */
static uint32_t seconds_of(struct timestamp *time, bool has_extra)
{
	const int64_t most = has_extra ? SECONDS_MOST_EXTRA : SECONDS_MOST;

	if (time->seconds < SECONDS_LEAST)
		time->seconds = SECONDS_LEAST;
	if (time->seconds > most)
		time->seconds = most;
	if (!has_extra)
		time->nanoseconds = 0;
	return (uint32_t)time->seconds;
}

static uint32_t extra_of(const struct timestamp *time)
{
	const uint64_t above = (uint64_t)(time->seconds - (int32_t)time->seconds) >> 32;

	return time->nanoseconds << 2 | (uint32_t)(above & 3);
}

static void encode_times(const struct volume *volume, struct inode *inode)
{
	struct ext4_inode *raw = inode->raw;
	const bool has_ctime = INODE_HAS_FIELD(volume, raw, ctime_extra);
	const bool has_mtime = INODE_HAS_FIELD(volume, raw, mtime_extra);
	const bool has_atime = INODE_HAS_FIELD(volume, raw, atime_extra);

	raw->ctime = seconds_of(&inode->ctime, has_ctime);
	raw->mtime = seconds_of(&inode->mtime, has_mtime);
	raw->atime = seconds_of(&inode->atime, has_atime);
	if (has_ctime)
		raw->ctime_extra = extra_of(&inode->ctime);
	if (has_mtime)
		raw->mtime_extra = extra_of(&inode->mtime);
	if (has_atime)
		raw->atime_extra = extra_of(&inode->atime);
	if (INODE_HAS_FIELD(volume, raw, birth_time_extra)) {
		raw->birth_time = seconds_of(&inode->birth_time, true);
		raw->birth_time_extra = extra_of(&inode->birth_time);
	}
}

static void encode_sectors(const struct volume *volume, struct inode *inode)
{
	struct ext4_inode *raw = inode->raw;
	uint64_t count = inode->sectors;

	inode->flags &= ~(uint32_t)INODE_HUGE_FILE;
	if (count >= SECTORS_PLAIN) {
		inode->flags |= INODE_HUGE_FILE;
		count >>= volume->block_bits - SECTOR_BITS;
	}
	raw->blocks_low = (uint32_t)count;
	if (volume_has_ro_compat(volume, RO_COMPAT_HUGE_FILE))
		raw->blocks_high = (uint16_t)(count >> 32);
}

static void encode(const struct volume *volume, struct inode *inode)
{
	struct ext4_inode *raw = inode->raw;
	uint32_t checksum;

	encode_sectors(volume, inode);
	encode_times(volume, inode);
	raw->mode = (uint16_t)inode->mode;
	raw->uid_low = (uint16_t)inode->uid;
	raw->uid_high = (uint16_t)(inode->uid >> 16);
	raw->gid_low = (uint16_t)inode->gid;
	raw->gid_high = (uint16_t)(inode->gid >> 16);
	raw->links = (uint16_t)inode->links;
	raw->flags = inode->flags;
	raw->generation = inode->generation;
	raw->size_low = (uint32_t)inode->size;
	raw->size_high = (uint32_t)(inode->size >> 32);
	raw->xattr_block_low = (uint32_t)inode->xattr_block;
	if (volume_has_incompat(volume, INCOMPAT_64BIT))
		raw->xattr_block_high = (uint16_t)(inode->xattr_block >> 32);
	if (!volume->has_checksums)
		return;
	checksum = inode_checksum(volume, inode);
	raw->checksum_low = (uint16_t)checksum;
	if (INODE_HAS_FIELD(volume, raw, checksum_high))
		raw->checksum_high = (uint16_t)(checksum >> 16);
}

static int32_t table_write(struct handle *handle, struct inode *inode)
{
	struct volume *volume = inode->volume;
	const uint32_t index = (inode->number - 1) % volume->superblock.inodes_per_group;
	const uint64_t offset = (uint64_t)index * volume->inode_size;
	struct buffer *buffer;
	int32_t error = cache_get(&volume->cache, inode->table_block, &buffer);

	if (error)
		return error;
	error = handle_change(handle, buffer);
	if (!error) {
		encode(volume, inode);
		memcpy(buffer->data + (offset & (volume->block_size - 1)), inode->raw, volume->inode_size);
	}
	cache_put(&volume->cache, buffer);
	return error;
}

/* What belongs to it may have changed already. */
int32_t inode_write(struct handle *handle, struct inode *inode)
{
	int32_t error = table_write(handle, inode);

	if (error)
		transactions_abort(inode->volume, "an inode cannot be written", error);
	return error;
}

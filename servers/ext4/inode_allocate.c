/*
 * Inodes: see allocate.h. What is no directory lies in the group of its
 * directory, or the next that has room; a directory does as well, but one of
 * the root's where most is free.
 */
#include <drydock/checksum.h>
#include <drydock/string.h>

#include "allocate.h"
#include "bitmap.h"
#include "extent.h"

uint64_t inode_goal(const struct inode *inode)
{
	const struct volume *volume = inode->volume;

	return group_first_block(volume, (inode->number - 1) / volume->superblock.inodes_per_group);
}

/* ---- descriptors -------------------------------------------------------------------- */

static void count_free(struct ext4_group_descriptor *raw, uint32_t free)
{
	raw->free_inodes_low = (uint16_t)free;
	raw->free_inodes_high = (uint16_t)(free >> 16);
}

static void count_directories(struct ext4_group_descriptor *raw, uint32_t directories)
{
	raw->directories_low = (uint16_t)directories;
	raw->directories_high = (uint16_t)(directories >> 16);
}

/* "Lazy Block Group Initialization": how many at the table's end were never used, where it is counted. */
static void count_unused(const struct volume *volume, struct ext4_group_descriptor *raw, uint32_t bit)
{
	const uint32_t after = volume->superblock.inodes_per_group - bit - 1;

	if (!volume->has_checksums && !volume_has_ro_compat(volume, RO_COMPAT_GDT_CSUM))
		return;
	if (group_unused_inodes(raw) <= after)
		return;
	raw->unused_inodes_low = (uint16_t)after;
	raw->unused_inodes_high = (uint16_t)(after >> 16);
}

/* ---- choosing ------------------------------------------------------------------------- */

/* The group with most free inodes. */
static int32_t emptiest(struct volume *volume, uint64_t *group)
{
	uint32_t most = 0;

	for (uint64_t number = 0; number < volume->groups; number++) {
		struct ext4_group_descriptor raw;
		int32_t error = group_read(volume, number, &raw);

		if (error)
			return error;
		if (group_free_inodes(&raw) > most && group_free_blocks(&raw) > 0) {
			most = group_free_inodes(&raw);
			*group = number;
		}
	}
	return 0;
}

/* ---- taking ------------------------------------------------------------------------------ */

/* The first free bit; false: there is none. */
static bool bit_find(const struct bitmap *bitmap, uint32_t *bit)
{
	const struct volume *volume = bitmap->volume;
	uint32_t at = bitmap->group == 0 ? volume->first_inode - 1 : 0;

	while (at < volume->superblock.inodes_per_group && bitmap_has(bitmap, at))
		at++;
	*bit = at;
	return at < volume->superblock.inodes_per_group;
}

static int32_t take(struct handle *handle, struct bitmap *bitmap, uint32_t bit, bool is_directory)
{
	struct ext4_group_descriptor *raw = &bitmap->descriptor;
	int32_t error = bitmap_change(handle, bitmap);

	if (error)
		return error;
	bitmap_set(bitmap, bit, 1);
	count_free(raw, group_free_inodes(raw) - 1);
	if (is_directory)
		count_directories(raw, group_directories(raw) + 1);
	count_unused(bitmap->volume, raw, bit);
	bitmap->volume->free_inodes--;
	return bitmap_write(handle, bitmap);
}

/* Tries one group; *number stays 0 where it has none. */
static int32_t group_try(struct handle *handle, uint64_t group, bool is_directory, uint32_t *number)
{
	struct volume *volume = handle->volume;
	struct ext4_group_descriptor raw;
	struct bitmap bitmap;
	uint32_t bit;
	int32_t error = group_read(volume, group, &raw);

	if (error || group_free_inodes(&raw) == 0)
		return error;
	error = bitmap_get(volume, BITMAP_INODES, group, &bitmap);
	if (error)
		return error;
	if (bit_find(&bitmap, &bit)) {
		error = take(handle, &bitmap, bit, is_directory);
		if (!error)
			*number = (uint32_t)(group * volume->superblock.inodes_per_group) + bit + 1;
	}
	bitmap_put(&bitmap);
	return error;
}

static int32_t number_take(struct handle *handle, const struct inode *directory, bool is_directory,
                           uint32_t *number)
{
	struct volume *volume = handle->volume;
	uint64_t start = (directory->number - 1) / volume->superblock.inodes_per_group;
	int32_t error = 0;

	*number = 0;
	lock_exclusive(&volume->allocation, volume->runtime);
	if (is_directory && directory->number == INODE_ROOT)
		error = emptiest(volume, &start);
	for (uint64_t i = 0; i < volume->groups && !error && *number == 0; i++)
		error = group_try(handle, (start + i) % volume->groups, is_directory, number);
	lock_release(&volume->allocation);
	return error || *number ? error : POSIX_ENOSPC;
}

/* ---- the inode itself ----------------------------------------------------------------------- */

/* As large as the volume wants them, but no more than there is room for. */
static uint16_t extra_size(const struct volume *volume)
{
	uint32_t size = volume->superblock.extra_isize_wanted;
	const uint32_t known = sizeof(struct ext4_inode) - INODE_SIZE_MINIMUM;

	if (volume->inode_size <= INODE_SIZE_MINIMUM)
		return 0;
	if (size < known)
		size = known;
	if (size % 4 != 0 || size > volume->inode_size - INODE_SIZE_MINIMUM)
		size = known;
	return (uint16_t)size;
}

static void fill(struct inode *inode, uint32_t mode)
{
	const struct timestamp now = inode_now(inode->volume);

	inode->raw->extra_size = extra_size(inode->volume);
	inode->raw->generation = now.nanoseconds ^ (uint32_t)now.seconds << 8 ^ inode->number;
	inode->generation = inode->raw->generation;
	inode->mode = mode;
	inode->atime = inode->mtime = inode->ctime = inode->birth_time = now;
	inode_seed(inode);
	if (inode_is(inode, POSIX_S_IFREG) || inode_is(inode, POSIX_S_IFDIR))
		block_map_init(inode);
}

int32_t inode_allocate(struct handle *handle, const struct inode *directory, uint32_t mode,
                       struct inode **inode)
{
	uint32_t number;
	int32_t error = number_take(handle, directory, (mode & POSIX_S_IFMT) == POSIX_S_IFDIR, &number);

	*inode = NULL;
	if (!error)
		error = inode_get_new(handle->volume, number, inode);
	if (!error)
		fill(*inode, mode);
	else if (error != POSIX_ENOSPC)
		transactions_abort(handle->volume, "an inode could not be taken into use", error);
	return error;
}

static int32_t give(struct handle *handle, struct bitmap *bitmap, uint32_t bit, bool is_directory)
{
	struct ext4_group_descriptor *raw = &bitmap->descriptor;
	int32_t error;

	if (!bitmap_has(bitmap, bit))
		return damage(bitmap->volume, bitmap->buffer->block, 0,
		              "an inode is in use and free at once");
	error = bitmap_change(handle, bitmap);
	if (error)
		return error;
	bitmap_clear(bitmap, bit, 1);
	count_free(raw, group_free_inodes(raw) + 1);
	if (is_directory)
		count_directories(raw, group_directories(raw) - 1);
	bitmap->volume->free_inodes++;
	return bitmap_write(handle, bitmap);
}

int32_t inode_free(struct handle *handle, struct inode *inode)
{
	struct volume *volume = inode->volume;
	const uint32_t per_group = volume->superblock.inodes_per_group;
	const bool is_directory = inode_is(inode, POSIX_S_IFDIR);
	struct bitmap bitmap;
	int32_t error;

	inode->links = 0;
	inode->size = 0;
	inode->mode = 0;
	inode->raw->dtime = (uint32_t)inode_now(volume).seconds;
	error = inode_write(handle, inode);
	if (error)
		return error;
	lock_exclusive(&volume->allocation, volume->runtime);
	error = bitmap_get(volume, BITMAP_INODES, (inode->number - 1) / per_group, &bitmap);
	if (!error) {
		error = give(handle, &bitmap, (inode->number - 1) % per_group, is_directory);
		bitmap_put(&bitmap);
	}
	lock_release(&volume->allocation);
	if (!error)
		inode_forget(inode);
	return error;
}

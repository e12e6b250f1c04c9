/* Group descriptors: see group.h. They are read when they are needed: mounting does not depend on the size. */
#include "group.h"

#include <drydock/checksum.h>
#include <drydock/posix.h>
#include <drydock/string.h>

static bool is_power_of(uint64_t number, uint64_t base)
{
	while (number % base == 0)
		number /= base;
	return number == 1;
}

/* Whether a group begins with a copy of the superblock ("Block Groups": sparse_super, sparse_super2). */
static bool has_superblock(const struct volume *volume, uint64_t group)
{
	const struct ext4_superblock *superblock = &volume->superblock;

	if (group == 0)
		return true;
	if (superblock->feature_compat & COMPAT_SPARSE_SUPER2)
		return group == superblock->backup_groups[0] || group == superblock->backup_groups[1];
	if (group == 1 || !volume_has_ro_compat(volume, RO_COMPAT_SPARSE_SUPER))
		return true;
	return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

/* Which block the `index`th block of descriptors is. */
static uint64_t descriptor_block(const struct volume *volume, uint64_t index)
{
	uint64_t superblock = SUPERBLOCK_OFFSET >> volume->block_bits;
	uint64_t group, block;

	if (!volume_has_incompat(volume, INCOMPAT_META_BG) || index < volume->superblock.first_meta_group)
		return superblock + 1 + index;
	/* It lies in the first of the groups that it describes. */
	group = index * (volume->block_size / volume->descriptor_size);
	block = volume->superblock.first_data_block + group * volume->blocks_per_group;
	/* Where bigalloc moves the first group to block 0, that block stays the boot loader's. */
	if (group == 0)
		block = superblock;
	return block + has_superblock(volume, group);
}

/* "Checksums": with metadata_csum a CRC-32C of number and descriptor, with uninit_bg a CRC-16. */
static uint16_t descriptor_checksum(const struct volume *volume, uint64_t number, const uint8_t *descriptor)
{
	const size_t at = offsetof(struct ext4_group_descriptor, checksum), after = at + 2;
	const uint32_t little = (uint32_t)number;
	const uint8_t zeros[2] = {0};
	uint32_t crc;

	if (volume->has_checksums) {
		crc = checksum_crc32c(volume->checksum_seed, &little, sizeof(little));
		crc = checksum_crc32c(crc, descriptor, at);
		crc = checksum_crc32c(crc, zeros, sizeof(zeros));
		return (uint16_t)checksum_crc32c(crc, descriptor + after, volume->descriptor_size - after);
	}
	crc = checksum_crc16(0xffff, volume->superblock.uuid, sizeof(volume->superblock.uuid));
	crc = checksum_crc16((uint16_t)crc, &little, sizeof(little));
	crc = checksum_crc16((uint16_t)crc, descriptor, at);
	return checksum_crc16((uint16_t)crc, descriptor + after, volume->descriptor_size - after);
}

/* Reads a descriptor as it lies on the disk, the upper half zero where there is none. */
static int32_t descriptor_read(struct volume *volume, uint64_t number, struct ext4_group_descriptor *raw,
                               uint64_t *block)
{
	uint32_t in_block = volume->block_size / volume->descriptor_size;
	struct buffer *buffer;
	const uint8_t *descriptor;
	bool good = true;
	int32_t error;

	*block = descriptor_block(volume, number / in_block);
	if (*block >= volume->blocks)
		return damage(volume, *block, 0, "group descriptors lie beyond the end");
	error = cache_get(&volume->cache, *block, &buffer);
	if (error)
		return error;
	descriptor = buffer->data + number % in_block * volume->descriptor_size;
	*raw = (struct ext4_group_descriptor){0};
	memcpy(raw, descriptor,
	       volume->descriptor_size < sizeof(*raw) ? volume->descriptor_size : sizeof(*raw));
	if (volume->has_checksums || volume_has_ro_compat(volume, RO_COMPAT_GDT_CSUM))
		good = raw->checksum == descriptor_checksum(volume, number, descriptor);
	cache_put(&volume->cache, buffer);
	return good ? 0 : damage(volume, *block, 0, "the checksum of a group descriptor is wrong");
}

int32_t group_get(struct volume *volume, uint64_t number, struct group *group)
{
	uint64_t table_blocks = ((uint64_t)volume->superblock.inodes_per_group * volume->inode_size +
	                         volume->block_size - 1) >>
	                        volume->block_bits;
	struct ext4_group_descriptor raw;
	uint64_t block;
	int32_t error = descriptor_read(volume, number, &raw, &block);

	if (error)
		return error;
	group->block_bitmap = (uint64_t)raw.block_bitmap_high << 32 | raw.block_bitmap_low;
	group->inode_bitmap = (uint64_t)raw.inode_bitmap_high << 32 | raw.inode_bitmap_low;
	group->inode_table = (uint64_t)raw.inode_table_high << 32 | raw.inode_table_low;
	if (!volume_holds(volume, group->block_bitmap, 1) || !volume_holds(volume, group->inode_bitmap, 1) ||
	    !volume_holds(volume, group->inode_table, table_blocks))
		return damage(volume, block, 0, "a group descriptor points beyond the end");
	return 0;
}

int32_t group_count_free(struct volume *volume, uint64_t *blocks, uint64_t *inodes)
{
	uint64_t clusters = 0, block;
	struct ext4_group_descriptor raw;
	int32_t error;

	*inodes = 0;
	for (uint64_t number = 0; number < volume->groups; number++) {
		error = descriptor_read(volume, number, &raw, &block);
		if (error)
			return error;
		clusters += (uint64_t)raw.free_blocks_high << 16 | raw.free_blocks_low;
		*inodes += (uint64_t)raw.free_inodes_high << 16 | raw.free_inodes_low;
	}
	*blocks = clusters << volume->cluster_bits;
	return 0;
}

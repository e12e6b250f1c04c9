/* Group descriptors: see group.h. They are read when they are needed, so that any size mounts fast. */
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

int32_t group_read(struct volume *volume, uint64_t number, struct ext4_group_descriptor *raw)
{
	uint64_t block, table_blocks = group_table_blocks(volume);
	int32_t error = descriptor_read(volume, number, raw, &block);

	if (error)
		return error;
	if (!volume_holds(volume, group_block_bitmap(raw), 1) ||
	    !volume_holds(volume, group_inode_bitmap(raw), 1) ||
	    !volume_holds(volume, group_inode_table(raw), table_blocks))
		return damage(volume, block, 0, "a group descriptor points beyond the end");
	return 0;
}

int32_t group_get(struct volume *volume, uint64_t number, struct group *group)
{
	struct ext4_group_descriptor raw;
	int32_t error = group_read(volume, number, &raw);

	if (error)
		return error;
	group->block_bitmap = group_block_bitmap(&raw);
	group->inode_bitmap = group_inode_bitmap(&raw);
	group->inode_table = group_inode_table(&raw);
	return 0;
}

int32_t group_write(struct handle *handle, uint64_t number, const struct ext4_group_descriptor *raw)
{
	struct volume *volume = handle->volume;
	const uint32_t in_block = volume->block_size / volume->descriptor_size;
	struct ext4_group_descriptor *descriptor;
	struct buffer *buffer;
	int32_t error = cache_get(&volume->cache, descriptor_block(volume, number / in_block), &buffer);

	if (error)
		return error;
	error = handle_change(handle, buffer);
	if (!error) {
		descriptor = (struct ext4_group_descriptor *)(buffer->data +
		                                              number % in_block * volume->descriptor_size);
		memcpy(descriptor, raw,
		       volume->descriptor_size < sizeof(*raw) ? volume->descriptor_size : sizeof(*raw));
		if (volume->has_checksums || volume_has_ro_compat(volume, RO_COMPAT_GDT_CSUM))
			descriptor->checksum =
				descriptor_checksum(volume, number, (const uint8_t *)descriptor);
	}
	cache_put(&volume->cache, buffer);
	return error;
}

/* ---- where a group's blocks are ------------------------------------------------- */

uint64_t group_first_block(const struct volume *volume, uint64_t number)
{
	return volume->superblock.first_data_block + number * volume->blocks_per_group;
}

uint32_t group_blocks(const struct volume *volume, uint64_t number)
{
	const uint64_t left = volume->blocks - group_first_block(volume, number);

	return (uint32_t)(left < volume->blocks_per_group ? left : volume->blocks_per_group);
}

/* "Meta Block Groups": each block of descriptors lies in the first, second and last of its groups. */
static uint32_t meta_overhead(const struct volume *volume, uint64_t number)
{
	const uint32_t in_block = volume->block_size / volume->descriptor_size;
	const uint64_t at = number % in_block;

	return has_superblock(volume, number) + (at <= 1 || at == in_block - 1);
}

uint32_t group_overhead(const struct volume *volume, uint64_t number)
{
	const struct ext4_superblock *superblock = &volume->superblock;
	const uint32_t in_block = volume->block_size / volume->descriptor_size;
	uint64_t blocks = (volume->groups + in_block - 1) / in_block;

	if (volume_has_incompat(volume, INCOMPAT_META_BG)) {
		if (number / in_block >= superblock->first_meta_group)
			return meta_overhead(volume, number);
		blocks = superblock->first_meta_group;
	}
	return has_superblock(volume, number) ? 1 + (uint32_t)blocks + superblock->reserved_gdt_blocks : 0;
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

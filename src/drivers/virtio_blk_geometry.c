/* Configuration of a virtio block device: Virtio 1.2, sections 5.2.3 to 5.2.5. */
#include "drivers/virtio_blk_geometry.h"

#include <drydock/abi/sys.h>

#include "drivers/virtio_blk.h"

/* Section 5.2.3. */
#define FEATURE_SIZE_MAX   (1ull << 1)
#define FEATURE_SEG_MAX    (1ull << 2)
#define FEATURE_READ_ONLY  (1ull << 5)
#define FEATURE_BLOCK_SIZE (1ull << 6)
#define FEATURE_FLUSH      (1ull << 9)
#define FEATURE_DISCARD    (1ull << 13)

/* Section 5.2.4: struct virtio_blk_config. */
#define CONFIG_CAPACITY          0
#define CONFIG_SIZE_MAX          8
#define CONFIG_SEG_MAX           12
#define CONFIG_BLOCK_SIZE        20
#define CONFIG_DISCARD_SECTORS   36
#define CONFIG_DISCARD_ALIGNMENT 44

#define TRANSFER_MAXIMUM (64u << 20) /* bytes of a request, so that all lengths fit 32 bits */

uint64_t virtio_blk_features(void)
{
	return FEATURE_SIZE_MAX | FEATURE_SEG_MAX | FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE | FEATURE_FLUSH |
	       FEATURE_DISCARD | VIRTIO_EVENT_INDEX;
}

static uint32_t config32(struct virtio *virtio, uint32_t offset)
{
	return (uint32_t)virtio_config(virtio, offset, 4);
}

static uint32_t smaller(uint32_t left, uint32_t right)
{
	return left < right ? left : right;
}

static uint64_t read_capacity(struct virtio *virtio)
{
	uint64_t sectors = 0;

	/* Two reads make it, between which it may change; a device that never rests has what it said last. */
	for (int tries = 0; tries < 16; tries++) {
		uint32_t before = virtio_config_generation(virtio);

		sectors = virtio_config(virtio, CONFIG_CAPACITY, 8);
		if (virtio_config_generation(virtio) == before)
			break;
	}
	return sectors > UINT64_MAX / VIRTIO_BLK_SECTOR ? 0 : sectors * VIRTIO_BLK_SECTOR;
}

void virtio_blk_read_size(struct virtio *virtio, struct disk_geometry *geometry)
{
	geometry->size = read_capacity(virtio) & ~(uint64_t)(geometry->block_size - 1);
}

static uint32_t read_segments_maximum(struct virtio *virtio, uint16_t queue_size)
{
	/* Without the feature nothing is promised but one. */
	uint32_t maximum = virtio->features & FEATURE_SEG_MAX ? config32(virtio, CONFIG_SEG_MAX) : 1;

	maximum = smaller(maximum, VIRTIO_BLK_SEGMENTS);
	maximum = smaller(maximum, queue_size - VIRTIO_BLK_PARTS_AROUND);
	return maximum == 0 ? 1 : maximum;
}

static void read_discard(struct virtio *virtio, struct disk_geometry *geometry)
{
	uint64_t alignment = (uint64_t)config32(virtio, CONFIG_DISCARD_ALIGNMENT) * VIRTIO_BLK_SECTOR;
	uint64_t maximum = (uint64_t)config32(virtio, CONFIG_DISCARD_SECTORS) * VIRTIO_BLK_SECTOR;

	maximum &= ~(uint64_t)(geometry->block_size - 1);
	if (!(virtio->features & FEATURE_DISCARD) || maximum == 0)
		return;
	geometry->flags |= DISK_CAN_DISCARD;
	geometry->discard_maximum = maximum;
	geometry->discard_alignment = geometry->block_size;
	if (alignment > geometry->block_size && alignment <= UINT32_MAX)
		geometry->discard_alignment = (uint32_t)alignment;
}

const char *virtio_blk_read_geometry(struct virtio *virtio, uint16_t queue_size,
                                     struct disk_geometry *geometry)
{
	uint32_t block_size = VIRTIO_BLK_SECTOR;
	uint32_t segment_maximum = TRANSFER_MAXIMUM;

	if (virtio->features & FEATURE_BLOCK_SIZE)
		block_size = config32(virtio, CONFIG_BLOCK_SIZE);
	if (block_size < VIRTIO_BLK_SECTOR || block_size > PAGE_SIZE || (block_size & (block_size - 1)) != 0)
		return "its block size is none of 512, 1024, 2048 and 4096 bytes";
	if (virtio->features & FEATURE_SIZE_MAX)
		segment_maximum = smaller(segment_maximum, config32(virtio, CONFIG_SIZE_MAX));
	segment_maximum &= ~(block_size - 1);
	if (segment_maximum == 0)
		return "it transfers less than a block at a time";
	*geometry = (struct disk_geometry){
		.block_size = block_size,
		.depth = queue_size / (VIRTIO_BLK_PARTS_AROUND + 1),
		.segments_maximum = read_segments_maximum(virtio, queue_size),
		.segment_maximum = segment_maximum,
		.transfer_maximum = TRANSFER_MAXIMUM,
		.flags = (virtio->features & FEATURE_READ_ONLY ? DISK_READ_ONLY : 0) |
	                 (virtio->features & FEATURE_FLUSH ? DISK_WRITE_CACHE : 0),
	};
	read_discard(virtio, geometry);
	virtio_blk_read_size(virtio, geometry);
	return NULL;
}

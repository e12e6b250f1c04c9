/* The device's half of virtio-blk. */
#include "simulator_blk.h"

#include <string.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>

#include "../dev/memory_device.h"

void simulator_blk_create(struct simulator_blk *blk, uint64_t features)
{
	uint8_t *config = blk->simulator.device_config;

	memset(blk, 0, sizeof(*blk));
	simulator_create(&blk->simulator, VIRTIO_ID_BLOCK, features);
	simulator_put(config + offsetof(struct virtio_blk_config, capacity), SIMULATOR_BLK_SIZE / 512, 8);
	simulator_put(config + offsetof(struct virtio_blk_config, size_max), 65536, 4);
	simulator_put(config + offsetof(struct virtio_blk_config, seg_max), 32, 4);
	simulator_put(config + offsetof(struct virtio_blk_config, blk_size), 4096, 4);
	simulator_put(config + offsetof(struct virtio_blk_config, max_discard_sectors), 1024, 4);
	simulator_put(config + offsetof(struct virtio_blk_config, max_discard_seg), 1, 4);
	simulator_put(config + offsetof(struct virtio_blk_config, discard_sector_alignment), 16, 4);
}

void simulator_blk_take(struct simulator_blk *blk)
{
	while (blk->held_count < 256 && simulator_take(&blk->simulator, 0, &blk->held[blk->held_count]))
		blk->held_count++;
}

/* Moves data between the disk and parts `first` to `end` of the chain; returns the bytes. */
static uint32_t transfer(struct simulator_blk *blk, struct simulator_chain *chain, uint64_t sector,
                         uint32_t first, uint32_t end, bool out)
{
	uint64_t offset = sector * 512;

	for (uint32_t i = first; i < end; i++) {
		require(offset + chain->parts[i].length <= SIMULATOR_BLK_SIZE);
		require(chain->parts[i].length <= 65536);
		if (out)
			memcpy(blk->disk + offset, chain->parts[i].address, chain->parts[i].length);
		else
			memcpy(chain->parts[i].address, blk->disk + offset, chain->parts[i].length);
		offset += chain->parts[i].length;
	}
	return (uint32_t)(offset - sector * 512);
}

static void discard(struct simulator_blk *blk, const struct simulator_chain *chain)
{
	const uint8_t *header = chain->parts[0].address;
	uint64_t sector = simulator_get(header + 16, 8);
	uint64_t count = simulator_get(header + 24, 4);

	/* Here the driver puts it behind the header; the device does not care how the bytes are cut. */
	require(chain->parts[0].length == 32);
	require(simulator_get(header + 28, 4) == 0);
	require(count <= 1024);
	require((sector + count) * 512 <= SIMULATOR_BLK_SIZE);
	memset(blk->disk + sector * 512, 0xdd, count * 512);
}

/* Does one request and puts it into the used ring. */
static void work(struct simulator_blk *blk, struct simulator_chain *chain)
{
	uint32_t parts = chain->readable + chain->writable;
	uint64_t type = simulator_get(chain->parts[0].address, 4);
	uint64_t sector = simulator_get(chain->parts[0].address + 8, 8);
	uint32_t written = 1;

	require(chain->readable >= 1);
	require(chain->writable >= 1);
	require(chain->parts[0].length >= 16);
	require(chain->parts[parts - 1].length == 1);
	require(type < 16);
	if (blk->status == VIRTIO_BLK_S_OK) {
		blk->counts[type]++;
		if (type == VIRTIO_BLK_T_IN)
			written += transfer(blk, chain, sector, 1, parts - 1, false);
		else if (type == VIRTIO_BLK_T_OUT)
			transfer(blk, chain, sector, 1, parts - 1, true);
		else if (type == VIRTIO_BLK_T_DISCARD)
			discard(blk, chain);
		else
			require(type == VIRTIO_BLK_T_FLUSH);
	}
	if (!blk->silent)
		*chain->parts[parts - 1].address = blk->status;
	simulator_return(&blk->simulator, 0, chain->head, written - blk->short_by);
}

bool simulator_blk_work(struct simulator_blk *blk, uint32_t limit)
{
	uint32_t done = 0;

	/* Without an order of its own, the first come; else any, whose place the last one takes. */
	while (done < limit && (blk->random ? blk->held_count > 0 : done < blk->held_count)) {
		uint32_t which =
			blk->random ? (uint32_t)(memory_random(&blk->random) % blk->held_count) : done;

		work(blk, &blk->held[which]);
		if (blk->random)
			blk->held[which] = blk->held[--blk->held_count];
		done++;
	}
	if (!blk->random) {
		blk->held_count -= done;
		memmove(&blk->held[0], &blk->held[done], blk->held_count * sizeof(blk->held[0]));
	}
	if (done > 0)
		simulator_show(&blk->simulator, 0, (uint16_t)done);
	return done > 0;
}

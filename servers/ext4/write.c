/* Writes on their way: see write.h. */
#include "write.h"

#include <drydock/posix.h>
#include <drydock/server.h>

#define WRITE_BLOCKS_MAXIMUM 64u /* of one request */

/* One write of blocks that follow each other. */
struct write {
	struct disk_request request;
	struct write_batch *batch;
	uint32_t count;
	struct buffer *buffers[WRITE_BLOCKS_MAXIMUM]; /* NULL: not of the cache */
	struct device_segment segments[WRITE_BLOCKS_MAXIMUM];
};

void write_begin(struct write_batch *batch, struct cache *cache)
{
	*batch = (struct write_batch){.cache = cache, .fiber = fiber_current(cache->runtime)};
}

static void write_done(struct disk_request *request)
{
	struct write *write = request->context;
	struct write_batch *batch = write->batch;
	struct cache *cache = batch->cache;

	for (uint32_t i = 0; i < write->count; i++) {
		struct buffer *buffer = write->buffers[i];

		if (!buffer)
			continue;
		buffer->writing = false;
		cache_wake(&buffer->waiters);
		cache_put(cache, buffer);
	}
	if (request->status && !batch->error)
		batch->error = request->status;
	cache->requests--;
	cache_wake(&cache->room_waiters);
	runtime_free(cache->runtime, write);
	if (--batch->requests == 0)
		fiber_wake(batch->fiber);
}

/* Memory for one more write, or the batch has failed. */
static struct write *write_make(struct write_batch *batch)
{
	struct write *write = runtime_allocate(batch->cache->runtime, sizeof(*write));

	if (write)
		write->batch = batch;
	else if (!batch->error)
		batch->error = POSIX_ENOMEM;
	return write;
}

static void write_add(struct write *write, uint8_t *data, struct buffer *buffer)
{
	write->buffers[write->count] = buffer;
	write->segments[write->count++] = (struct device_segment){data, write->batch->cache->block_size};
	if (buffer) {
		cache_pin(buffer);
		buffer->writing = true;
	}
}

static void write_submit(struct write *write, uint64_t block, uint8_t flags)
{
	struct cache *cache = write->batch->cache;

	write->request = (struct disk_request){
		.operation = DISK_WRITE,
		.flags = flags,
		.segment_count = (uint16_t)write->count,
		.offset = block * cache->block_size,
		.length = (uint64_t)write->count * cache->block_size,
		.segments = write->segments,
		.done = write_done,
		.context = write,
	};
	write->batch->requests++;
	cache->requests++;
	disk_submit(cache->disk, &write->request);
}

/* How many blocks one request may have. */
static uint32_t write_maximum(const struct cache *cache)
{
	const struct disk_geometry *geometry = &cache->disk->geometry;
	uint32_t count = geometry->transfer_maximum / cache->block_size;

	if (count > geometry->segments_maximum)
		count = geometry->segments_maximum;
	if (count > WRITE_BLOCKS_MAXIMUM)
		count = WRITE_BLOCKS_MAXIMUM;
	return count ? count : 1;
}

/* By Shell's method: most of it is in order already. */
static void sort(struct buffer **buffers, uint32_t count)
{
	for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
		for (uint32_t i = gap; i < count; i++) {
			struct buffer *buffer = buffers[i];
			uint32_t at = i;

			for (; at >= gap && buffers[at - gap]->block > buffer->block; at -= gap)
				buffers[at] = buffers[at - gap];
			buffers[at] = buffer;
		}
	}
}

void write_buffers(struct write_batch *batch, struct buffer **buffers, uint32_t count)
{
	const uint32_t maximum = write_maximum(batch->cache);
	uint32_t at = 0;

	sort(buffers, count);
	while (at < count) {
		const uint64_t first = buffers[at]->block;
		struct write *write = write_make(batch);

		if (!write)
			return;
		do {
			write_add(write, buffers[at]->data, buffers[at]);
			at++;
		} while (at < count && write->count < maximum && buffers[at]->block == first + write->count);
		write_submit(write, first, 0);
	}
}

void write_memory(struct write_batch *batch, uint64_t block, uint8_t *const *data, uint32_t count,
                  uint8_t flags)
{
	const uint32_t maximum = write_maximum(batch->cache);

	while (count > 0) {
		struct write *write = write_make(batch);

		if (!write)
			return;
		while (write->count < maximum && write->count < count)
			write_add(write, data[write->count], NULL);
		data += write->count;
		count -= write->count;
		block += write->count;
		write_submit(write, block - write->count, flags);
	}
}

int32_t write_end(struct write_batch *batch)
{
	while (batch->requests > 0)
		fiber_wait(batch->cache->runtime);
	return batch->error;
}

int32_t write_flush(struct cache *cache)
{
	struct write_batch batch;
	struct write *flush;

	write_begin(&batch, cache);
	flush = write_make(&batch);
	if (!flush)
		return batch.error;
	flush->request = (struct disk_request){.operation = DISK_FLUSH, .done = write_done, .context = flush};
	batch.requests++;
	cache->requests++;
	disk_submit(cache->disk, &flush->request);
	return write_end(&batch);
}

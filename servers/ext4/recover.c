/* Recovery on the disk: what the log has of blocks is written to where they belong (journal.h). */
#include "journal.h"

#include <drydock/posix.h>

#define BLOCKS_AT_ONCE 64u

/* Brings up to BLOCKS_AT_ONCE blocks, from entry *at of the table on, and writes them home. */
static int32_t some_write(struct volume *volume, uint64_t *at)
{
	const struct block_table *replaced = &volume->cache.replaced;
	struct buffer *buffers[BLOCKS_AT_ONCE];
	struct write_batch batch;
	uint32_t count = 0;
	int32_t error = 0, failed;

	for (; !error && count < BLOCKS_AT_ONCE && *at < 1ull << replaced->bits; (*at)++) {
		if (!replaced->entries[*at].used)
			continue;
		error = cache_get(&volume->cache, replaced->entries[*at].block, &buffers[count]);
		count += !error;
	}
	write_begin(&batch, &volume->cache);
	if (!error)
		write_buffers(&batch, buffers, count);
	failed = write_end(&batch);
	for (uint32_t i = 0; i < count; i++)
		cache_put(&volume->cache, buffers[i]);
	return error ? error : failed;
}

int32_t recover_write(struct volume *volume)
{
	struct block_table *replaced = &volume->cache.replaced;
	uint64_t at = 0;
	int32_t error = 0;

	while (!error && replaced->bits && at < 1ull << replaced->bits)
		error = some_write(volume, &at);
	if (!error)
		error = write_flush(&volume->cache);
	if (error)
		return error;
	block_table_end(replaced, volume->runtime);
	return 0;
}

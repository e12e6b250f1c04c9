/* The block cache: see cache.h. */
#include "cache.h"

#include <drydock/posix.h>
#include <drydock/server.h>
#include <drydock/string.h>

#include "journal_format.h"

#define PIECE_SIZE          (1u << 20)
#define LOAD_BLOCKS_MAXIMUM 64u /* of one request */

/* Memory for some blocks, taken at once. */
struct piece {
	struct list link;
	uint8_t *data;
	size_t size;
	struct buffer buffers[];
};

/* One read on its way, of blocks that follow each other. */
struct load {
	struct cache *cache;
	struct disk_request request;
	uint32_t count;
	bool escaped; /* it is one block, of the journal, without its first word */
	struct buffer *buffers[LOAD_BLOCKS_MAXIMUM];
	struct device_segment segments[LOAD_BLOCKS_MAXIMUM];
};

/* ---- the table -------------------------------------------------------------- */

/* Multiplicative hashing (Knuth, The Art of Computer Programming 6.4). */
static struct buffer **chain_of(const struct cache *cache, uint64_t block)
{
	return &cache->table[block * 0x9e3779b97f4a7c15ull >> (64 - cache->table_bits)];
}

static struct buffer *find(const struct cache *cache, uint64_t block)
{
	struct buffer *buffer = *chain_of(cache, block);

	while (buffer && buffer->block != block)
		buffer = buffer->hash_next;
	return buffer;
}

static void hash(struct cache *cache, struct buffer *buffer, uint64_t block)
{
	struct buffer **chain = chain_of(cache, block);

	buffer->block = block;
	buffer->hash_next = *chain;
	buffer->hashed = true;
	*chain = buffer;
}

static void unhash(struct cache *cache, struct buffer *buffer)
{
	struct buffer **link = chain_of(cache, buffer->block);

	while (*link != buffer)
		link = &(*link)->hash_next;
	*link = buffer->hash_next;
	buffer->hashed = false;
}

/* ---- memory -------------------------------------------------------------------- */

/* Takes memory for some more blocks. False where there is none, or the limit is reached. */
static bool grow(struct cache *cache)
{
	uint32_t count = PIECE_SIZE / cache->block_size;
	struct piece *piece;

	if (count > cache->limit - cache->count)
		count = cache->limit - cache->count;
	if (count == 0)
		return false;
	piece = runtime_allocate(cache->runtime, sizeof(*piece) + count * sizeof(piece->buffers[0]));
	if (!piece)
		return false;
	piece->size = ((size_t)count * cache->block_size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
	piece->data = device_allocate(&cache->disk->device, piece->size);
	if (!piece->data) {
		runtime_free(cache->runtime, piece);
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		piece->buffers[i].data = piece->data + (size_t)i * cache->block_size;
		list_init(&piece->buffers[i].waiters);
		list_init(&piece->buffers[i].owner_link);
		list_init(&piece->buffers[i].logged_link);
		list_add_head(&cache->unused, &piece->buffers[i].link);
	}
	list_add_tail(&cache->pieces, &piece->link);
	cache->count += count;
	return true;
}

/* A buffer for `block`, pinned and found by it, without its content. NULL: all are pinned. */
static struct buffer *take(struct cache *cache, uint64_t block)
{
	struct buffer *buffer = list_entry(cache->unused.next, struct buffer, link);

	/* Memory that was never used comes first, then new memory, then the least recently used. */
	if (list_empty(&cache->unused) || buffer->hashed) {
		grow(cache);
		if (list_empty(&cache->unused))
			return NULL;
		buffer = list_entry(cache->unused.next, struct buffer, link);
	}
	list_remove(&buffer->link);
	if (buffer->hashed)
		unhash(cache, buffer);
	hash(cache, buffer, block);
	buffer->pins = 1;
	buffer->error = 0;
	buffer->checked = CHECK_NONE;
	return buffer;
}

void cache_pin(struct buffer *buffer)
{
	if (buffer->pins++ == 0)
		list_remove(&buffer->link);
}

void cache_put(struct cache *cache, struct buffer *buffer)
{
	if (!buffer || --buffer->pins > 0)
		return;
	if (buffer->hashed)
		list_add_tail(&cache->unused, &buffer->link);
	else
		list_add_head(&cache->unused, &buffer->link);
}

/* ---- reading --------------------------------------------------------------------- */

void cache_wake(struct list *waiters)
{
	list_for_each(link, waiters) {
		list_remove(link);
		fiber_wake(list_entry(link, struct cache_waiter, link)->fiber);
	}
}

/* What begins as a block of the journal does lies in the journal with zeros instead ("Descriptor Block"). */
static void unescape(uint8_t *data)
{
	const uint32_t magic = big32(JOURNAL_MAGIC);

	memcpy(data, &magic, sizeof(magic));
}

static void load_done(struct disk_request *request)
{
	struct load *load = request->context;
	struct cache *cache = load->cache;

	cache->requests--;
	if (request->status)
		cache->statistics.read_errors++;
	else if (load->escaped)
		unescape(load->buffers[0]->data);
	for (uint32_t i = 0; i < load->count; i++) {
		struct buffer *buffer = load->buffers[i];

		buffer->loading = false;
		buffer->error = request->status;
		/* Who asks from now on tries again. */
		if (buffer->error)
			unhash(cache, buffer);
		cache_wake(&buffer->waiters);
		cache_put(cache, buffer);
	}
	cache_wake(&cache->room_waiters);
	runtime_free(cache->runtime, load);
}

/* How many blocks one request may have. */
static uint32_t load_maximum(const struct cache *cache)
{
	const struct disk_geometry *geometry = &cache->disk->geometry;
	uint32_t count = geometry->transfer_maximum / cache->block_size;

	if (count > geometry->segments_maximum)
		count = geometry->segments_maximum;
	if (count > LOAD_BLOCKS_MAXIMUM)
		count = LOAD_BLOCKS_MAXIMUM;
	return count ? count : 1;
}

/*
 * Begins to read the run of blocks from `block` on that are not here, at most
 * `count`; *loaded is how many those are. Each is pinned by the load.
 * POSIX_ENOMEM; POSIX_EBUSY: all blocks are pinned.
 */
static int32_t load_begin(struct cache *cache, uint64_t block, uint32_t count, uint32_t *loaded)
{
	const struct block_table_entry *replaced = block_table_find(&cache->replaced, block);
	struct load *load = runtime_allocate(cache->runtime, sizeof(*load));

	*loaded = 0;
	if (!load)
		return POSIX_ENOMEM;
	if (replaced)
		count = 1;
	while (load->count < count && !find(cache, block + load->count)) {
		struct buffer *buffer = NULL;

		if (load->count == 0 || !block_table_find(&cache->replaced, block + load->count))
			buffer = take(cache, block + load->count);
		if (!buffer)
			break;
		buffer->loading = true;
		load->buffers[load->count] = buffer;
		load->segments[load->count++] =
			(struct device_segment){.address = buffer->data, .length = cache->block_size};
	}
	if (load->count == 0) {
		runtime_free(cache->runtime, load);
		return POSIX_EBUSY;
	}
	load->cache = cache;
	load->escaped = replaced && replaced->escaped;
	load->request = (struct disk_request){
		.operation = DISK_READ,
		.segment_count = (uint16_t)load->count,
		.offset = (replaced ? replaced->source : block) * cache->block_size,
		.length = (uint64_t)load->count * cache->block_size,
		.segments = load->segments,
		.done = load_done,
		.context = load,
	};
	cache->requests++;
	cache->statistics.misses += load->count;
	*loaded = load->count;
	disk_submit(cache->disk, &load->request);
	return 0;
}

void cache_wait(struct cache *cache, struct list *waiters)
{
	struct cache_waiter waiter = {.fiber = fiber_current(cache->runtime)};

	list_add_tail(waiters, &waiter.link);
	fiber_wait(cache->runtime);
	list_remove(&waiter.link);
}

/* Brings the buffer of `block`, pinned, its content perhaps still on its way. */
static int32_t buffer_get(struct cache *cache, uint64_t block, struct buffer **found)
{
	uint32_t loaded;
	int32_t error;

	*found = find(cache, block);
	if (*found)
		cache->statistics.hits++;
	while (!*found) {
		error = load_begin(cache, block, 1, &loaded);
		if (error && (error != POSIX_EBUSY || cache->requests == 0))
			return POSIX_ENOMEM;
		/* What is on its way unpins its blocks when it comes, whatever this fiber holds. */
		if (error)
			cache_wait(cache, &cache->room_waiters);
		*found = find(cache, block);
	}
	cache_pin(*found);
	return 0;
}

int32_t cache_get(struct cache *cache, uint64_t block, struct buffer **found)
{
	struct buffer *buffer;
	int32_t error = buffer_get(cache, block, &buffer);

	if (error)
		return error;
	while (buffer->loading)
		cache_wait(cache, &buffer->waiters);
	error = buffer->error;
	if (error)
		cache_put(cache, buffer);
	else
		*found = buffer;
	return error;
}

struct buffer *cache_find(struct cache *cache, uint64_t block)
{
	struct buffer *buffer = find(cache, block);

	if (buffer)
		cache_pin(buffer);
	return buffer;
}

void cache_settle(struct cache *cache, struct buffer *buffer)
{
	while (buffer->writing)
		cache_wait(cache, &buffer->waiters);
}

int32_t cache_get_new(struct cache *cache, uint64_t block, struct buffer **found)
{
	struct buffer *buffer = find(cache, block);

	if (buffer)
		cache_pin(buffer);
	while (buffer && (buffer->loading || buffer->writing))
		cache_wait(cache, &buffer->waiters);
	/* It could not be read, and so is nobody's. */
	if (buffer && !buffer->hashed) {
		cache_put(cache, buffer);
		buffer = NULL;
	}
	while (!buffer) {
		buffer = find(cache, block);
		if (buffer)
			return cache_get_new(cache, block, found);
		buffer = take(cache, block);
		if (!buffer && cache->requests == 0)
			return POSIX_ENOMEM;
		if (!buffer)
			cache_wait(cache, &cache->room_waiters);
	}
	memset(buffer->data, 0, cache->block_size);
	buffer->checked = CHECK_NONE;
	*found = buffer;
	return 0;
}

void cache_read_ahead(struct cache *cache, uint64_t block, uint32_t count)
{
	uint32_t maximum = load_maximum(cache), loaded;

	for (; count > 0; block += loaded, count -= loaded) {
		loaded = 1;
		if (!find(cache, block) &&
		    load_begin(cache, block, count < maximum ? count : maximum, &loaded))
			return;
	}
}

/* ---- its beginning and end ------------------------------------------------------------ */

int32_t cache_create(struct cache *cache, struct runtime *runtime, struct disk *disk, uint32_t block_size,
                     uint32_t limit)
{
	*cache = (struct cache){.runtime = runtime, .disk = disk, .block_size = block_size, .limit = limit};
	list_init(&cache->unused);
	list_init(&cache->pieces);
	list_init(&cache->room_waiters);
	cache->table_bits = 1;
	while (cache->table_bits < 31 && 1u << cache->table_bits < limit)
		cache->table_bits++;
	cache->table = runtime_allocate(runtime, sizeof(cache->table[0]) << cache->table_bits);
	return cache->table ? 0 : POSIX_ENOMEM;
}

void cache_replace(struct cache *cache, struct block_table *table)
{
	cache->replaced = *table;
	*table = (struct block_table){0};
}

void cache_destroy(struct cache *cache)
{
	while (cache->requests > 0)
		cache_wait(cache, &cache->room_waiters);
	list_for_each(link, &cache->pieces) {
		struct piece *piece = list_entry(link, struct piece, link);

		list_remove(link);
		device_free(&cache->disk->device, piece->data, piece->size);
		runtime_free(cache->runtime, piece);
	}
	block_table_end(&cache->replaced, cache->runtime);
	runtime_free(cache->runtime, cache->table);
}

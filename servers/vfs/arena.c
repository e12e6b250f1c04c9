/*
 * The arena: chunks, pages, and slabs of small objects. A chunk's first page
 * is its header, chunk 0's also the arena's. Free pages form a list through
 * their first word; a slab is a page of objects of one size class with a
 * header of its own, on its class's list while it has room, and is given back
 * as a page once it is empty.
 */
#include "arena.h"

#include <stddef.h>

#include <drydock/posix.h>
#include <drydock/string.h>

#define ARENA_MAGIC       0x616e657261646472u /* "rddarena" */
#define ARENA_VERSION     1u
#define ARENA_ROOT_OFFSET (ARENA_PAGE - ARENA_ROOT_SIZE)
#define SLAB_CLASSES      18u
#define SLAB_LARGEST      2016u

/* Sizes of small objects: by 16 bytes up to 128, then so that a slab is well filled. */
static const uint16_t class_sizes[SLAB_CLASSES] = {
	16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 256, 304, 400, 512, 672, 1008, 1344, SLAB_LARGEST,
};

/* At the start of each chunk. */
struct arena_chunk {
	uint64_t magic;
	uint64_t identity;
	uint32_t version;
	uint32_t index;
	uint64_t size;  /* bytes */
	uint64_t fresh; /* offset of the first page never handed out */
};

/* At the start of chunk 0. */
struct arena_header {
	struct arena_chunk chunk;
	uint32_t chunks;
	uint32_t fresh_chunk; /* where fresh pages come from; none before it has any */
	uint64_t pages_limit;
	uint64_t pages_used;
	arena_reference_t free_page;
	arena_reference_t partial[SLAB_CLASSES]; /* first slab with room */
};

/* At the start of each slab. Objects lie from SLAB_START on. */
struct slab {
	arena_reference_t next;
	arena_reference_t previous;
	uint16_t free;  /* offset of the first freed object, linked by their first 16 bits; 0 for none */
	uint16_t fresh; /* offset of the first object never handed out */
	uint16_t used;
};

#define SLAB_START 64u

_Static_assert(sizeof(struct arena_header) <= ARENA_ROOT_OFFSET, "the header runs into the user's root");
_Static_assert(sizeof(struct slab) <= SLAB_START, "the slab's header runs into its objects");
_Static_assert((ARENA_PAGE - SLAB_START) / 2 == SLAB_LARGEST,
               "a slab of the largest class holds two objects");

static struct arena_chunk *chunk_of(const struct arena *arena, uint32_t index)
{
	return (struct arena_chunk *)arena->base[index];
}

/* Makes the zeroed memory at `address` the arena's next chunk. */
static void chunk_adopt(struct arena *arena, void *address, uint64_t size)
{
	uint32_t index = arena->header->chunks;
	struct arena_chunk *chunk = address;

	chunk->identity = arena->header->chunk.identity;
	chunk->version = ARENA_VERSION;
	chunk->index = index;
	chunk->size = size;
	chunk->fresh = ARENA_PAGE;
	chunk->magic = ARENA_MAGIC;
	arena->base[index] = address;
	arena->header->chunks = index + 1;
}

/* The size of the next chunk: twice the last one's, but no more than the limit leaves use for. */
static uint64_t chunk_size_next(const struct arena *arena)
{
	const struct arena_header *header = arena->header;
	uint64_t size = 2 * chunk_of(arena, header->chunks - 1)->size;
	uint64_t pages_left = header->pages_limit - header->pages_used;

	if (size < ARENA_CHUNK_FIRST)
		size = ARENA_CHUNK_FIRST;
	if (size > ARENA_CHUNK_LARGEST)
		size = ARENA_CHUNK_LARGEST;
	if (pages_left < size / ARENA_PAGE)
		size = (pages_left + 1) * ARENA_PAGE;
	return size;
}

/* Gets one more chunk; where a large one is refused, perhaps there is still a smaller one. */
static int32_t arena_extend(struct arena *arena)
{
	uint64_t size = chunk_size_next(arena);
	void *address;
	int32_t error;

	if (arena->header->chunks == ARENA_CHUNKS)
		return POSIX_ENOSPC;
	for (;;) {
		error = arena->grow(arena->context, size, &address);
		if (!error)
			break;
		if (size <= ARENA_CHUNK_FIRST)
			return error;
		size = size / 2 / ARENA_PAGE * ARENA_PAGE;
	}
	chunk_adopt(arena, address, size);
	return 0;
}

int32_t arena_create(struct arena *arena, uint64_t size_limit, uint64_t identity, arena_grow_t grow,
                     void *context)
{
	void *address;
	int32_t error;

	error = grow(context, ARENA_CHUNK_FIRST, &address);
	if (error)
		return error;
	arena->grow = grow;
	arena->context = context;
	arena->header = address;
	arena->header->chunk.identity = identity;
	arena->header->pages_limit = size_limit / ARENA_PAGE;
	chunk_adopt(arena, address, ARENA_CHUNK_FIRST);
	return 0;
}

static bool chunk_valid(const struct arena_chunk *chunk, const struct arena_chunk *first, uint32_t index,
                        uint64_t size)
{
	return chunk->magic == ARENA_MAGIC && chunk->version == ARENA_VERSION && chunk->index == index &&
	       chunk->identity == first->identity && chunk->size == size;
}

int32_t arena_attach(struct arena *arena, void *const *addresses, const uint64_t *sizes, uint32_t count,
                     arena_grow_t grow, void *context)
{
	struct arena_header *header;
	uint32_t index;

	if (count == 0 || count > ARENA_CHUNKS)
		return POSIX_EINVAL;
	for (index = 0; index < count; index++) {
		if (sizes[index] < 2 * ARENA_PAGE || sizes[index] % ARENA_PAGE ||
		    sizes[index] > ARENA_CHUNK_LARGEST)
			return POSIX_EINVAL;
	}
	header = addresses[0];
	if (header->chunks == 0 || header->chunks > count)
		return POSIX_EINVAL;
	for (index = 0; index < header->chunks; index++) {
		if (!chunk_valid(addresses[index], &header->chunk, index, sizes[index]))
			return POSIX_EINVAL;
		arena->base[index] = addresses[index];
	}
	arena->header = header;
	arena->grow = grow;
	arena->context = context;
	for (; index < count; index++)
		chunk_adopt(arena, addresses[index], sizes[index]);
	return 0;
}

void *arena_root(const struct arena *arena)
{
	return arena->base[0] + ARENA_ROOT_OFFSET;
}

int32_t arena_page_allocate(struct arena *arena, arena_reference_t *reference, bool *zero)
{
	struct arena_header *header = arena->header;
	struct arena_chunk *chunk;
	int32_t error;

	if (header->pages_used >= header->pages_limit)
		return POSIX_ENOSPC;
	if (header->free_page) {
		*reference = header->free_page;
		header->free_page = *(arena_reference_t *)arena_address(arena, *reference);
		header->pages_used++;
		*zero = false;
		return 0;
	}
	while (chunk = chunk_of(arena, header->fresh_chunk), chunk->fresh == chunk->size) {
		if (header->fresh_chunk + 1 == header->chunks) {
			error = arena_extend(arena);
			if (error)
				return error;
		}
		header->fresh_chunk++;
	}
	*reference = (uint64_t)header->fresh_chunk << 32 | chunk->fresh;
	chunk->fresh += ARENA_PAGE;
	header->pages_used++;
	*zero = true;
	return 0;
}

void arena_page_free(struct arena *arena, arena_reference_t reference)
{
	struct arena_header *header = arena->header;

	*(arena_reference_t *)arena_address(arena, reference) = header->free_page;
	header->free_page = reference;
	header->pages_used--;
}

static uint32_t class_of(uint32_t size)
{
	uint32_t class = 8;

	if (size <= 128)
		return (size + 15) / 16 - 1;
	while (class_sizes[class] < size)
		class ++;
	return class;
}

/* Puts a slab in front of its class's list of those with room. */
static void slab_link(struct arena *arena, arena_reference_t reference, uint32_t class)
{
	struct slab *slab = arena_address(arena, reference);
	arena_reference_t next = arena->header->partial[class];

	slab->next = next;
	slab->previous = 0;
	if (next)
		((struct slab *)arena_address(arena, next))->previous = reference;
	arena->header->partial[class] = reference;
}

static void slab_unlink(struct arena *arena, const struct slab *slab, uint32_t class)
{
	if (slab->next)
		((struct slab *)arena_address(arena, slab->next))->previous = slab->previous;
	if (slab->previous)
		((struct slab *)arena_address(arena, slab->previous))->next = slab->next;
	else
		arena->header->partial[class] = slab->next;
}

static bool slab_full(const struct slab *slab, uint32_t class)
{
	return !slab->free && slab->fresh + class_sizes[class] > ARENA_PAGE;
}

static int32_t slab_make(struct arena *arena, uint32_t class)
{
	arena_reference_t reference;
	struct slab *slab;
	int32_t error;
	bool zero;

	error = arena_page_allocate(arena, &reference, &zero);
	if (error)
		return error;
	slab = arena_address(arena, reference);
	slab->free = 0;
	slab->fresh = SLAB_START;
	slab->used = 0;
	slab_link(arena, reference, class);
	return 0;
}

int32_t arena_allocate(struct arena *arena, uint32_t size, arena_reference_t *reference)
{
	uint32_t class, offset;
	struct slab *slab;
	int32_t error;
	bool zero;

	if (size > SLAB_LARGEST)
		return arena_page_allocate(arena, reference, &zero);
	class = class_of(size);
	if (!arena->header->partial[class]) {
		error = slab_make(arena, class);
		if (error)
			return error;
	}
	*reference = arena->header->partial[class];
	slab = arena_address(arena, *reference);
	if (slab->free) {
		offset = slab->free;
		slab->free = *(uint16_t *)((uint8_t *)slab + offset);
	} else {
		offset = slab->fresh;
		slab->fresh += class_sizes[class];
	}
	slab->used++;
	if (slab_full(slab, class))
		slab_unlink(arena, slab, class);
	*reference += offset;
	return 0;
}

void arena_free(struct arena *arena, arena_reference_t reference, uint32_t size)
{
	uint32_t class, offset = reference % ARENA_PAGE;
	struct slab *slab;
	bool full;

	if (size > SLAB_LARGEST) {
		arena_page_free(arena, reference);
		return;
	}
	class = class_of(size);
	slab = arena_address(arena, reference - offset);
	full = slab_full(slab, class);
	*(uint16_t *)((uint8_t *)slab + offset) = slab->free;
	slab->free = (uint16_t)offset;
	slab->used--;
	if (slab->used == 0) {
		if (!full)
			slab_unlink(arena, slab, class);
		arena_page_free(arena, reference - offset);
	} else if (full) {
		slab_link(arena, reference - offset, class);
	}
}

uint64_t arena_pages_used(const struct arena *arena)
{
	return arena->header->pages_used;
}

uint64_t arena_pages_limit(const struct arena *arena)
{
	return arena->header->pages_limit;
}

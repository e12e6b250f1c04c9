/*
 * The process's heap: size classes of powers of two and halves between them,
 * cut from chunks that the kernel charges; freed blocks wait in their class.
 * What is larger than the largest class is a region of its own.
 */
#include "user/heap.h"

#include <drydock/os.h>
#include <drydock/string.h>

#include "user/runtime.h"

#define CHUNK_SIZE   (64u * 1024)
#define CLASS_LARGE  0xffffffffu
#define LARGEST      (16u * 1024)

/* In front of every block; 16 bytes, so that blocks are aligned to 16. */
struct header {
	uint32_t class;     /* or CLASS_LARGE */
	handle_t memory;    /* of a large block */
	uint64_t size;      /* of a large block: of its region */
};
_Static_assert(sizeof(struct header) == 16, "blocks stay aligned");

struct free_block {
	struct free_block *next;
};

struct chunk {
	struct chunk *next;
	handle_t memory;
	uint32_t reserved;
};
_Static_assert(sizeof(struct chunk) == 16, "blocks stay aligned");

/* Bytes of a block of `class`, without its header: 16, 32, 48, 64, 96, 128, 192, … */
static size_t class_size(uint32_t class)
{
	if (class == 0)
		return 16;
	class--;
	return (class & 1) ? (size_t)48 << (class / 2) : (size_t)32 << (class / 2);
}

static uint32_t class_of(size_t size)
{
	uint32_t class = 0;

	while (class_size(class) < size)
		class++;
	return class;
}

static void *allocate_large(struct runtime *runtime, size_t size)
{
	struct header *header;
	handle_t memory;
	void *address;

	if (size > SIZE_MAX - sizeof(*header) - PAGE_SIZE)
		return NULL;
	size = (size + sizeof(*header) + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
	if (os_memory_allocate(runtime->os, size, 0, &memory, &address) != E_OK)
		return NULL;
	header = address;
	*header = (struct header){.class = CLASS_LARGE, .memory = memory, .size = size};
	return header + 1;
}

static bool add_chunk(struct runtime *runtime)
{
	struct heap *heap = &runtime->heap;
	struct chunk *chunk;
	handle_t memory;
	void *address;

	if (os_memory_allocate(runtime->os, CHUNK_SIZE, 0, &memory, &address) != E_OK)
		return false;
	chunk = address;
	chunk->memory = memory;
	chunk->next = heap->chunks;
	heap->chunks = chunk;
	heap->fresh = (char *)address + sizeof(*chunk);
	heap->fresh_left = CHUNK_SIZE - sizeof(*chunk);
	return true;
}

void *runtime_allocate(struct runtime *runtime, size_t size)
{
	struct heap *heap = &runtime->heap;
	struct free_block *block;
	struct header *header;
	uint32_t class;

	if (size > LARGEST)
		return allocate_large(runtime, size);
	class = class_of(size);
	size = class_size(class);
	block = heap->free[class];
	if (block != NULL) {
		heap->free[class] = block->next;
		memset(block, 0, size);
		return block;
	}
	/* The rest of the old chunk is lost: less than one block of the largest class, once a chunk. */
	if (heap->fresh_left < size + sizeof(*header) && !add_chunk(runtime))
		return NULL;
	header = (struct header *)(void *)heap->fresh;
	header->class = class;
	heap->fresh += sizeof(*header) + size;
	heap->fresh_left -= sizeof(*header) + size;
	return header + 1;
}

void runtime_free(struct runtime *runtime, void *address)
{
	struct header *header;
	struct free_block *block = address;

	if (address == NULL)
		return;
	header = (struct header *)address - 1;
	if (header->class == CLASS_LARGE) {
		os_memory_free(runtime->os, header->memory, header, header->size);
		return;
	}
	block->next = runtime->heap.free[header->class];
	runtime->heap.free[header->class] = block;
}

void heap_free_all(struct runtime *runtime)
{
	struct chunk *chunk = runtime->heap.chunks;

	while (chunk != NULL) {
		struct chunk *next = chunk->next;

		os_memory_free(runtime->os, chunk->memory, chunk, CHUNK_SIZE);
		chunk = next;
	}
}

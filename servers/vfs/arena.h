/*
 * An arena: memory that outlives the process using it. It consists of chunks,
 * each one memory object mapped somewhere, and everything in it is named by
 * references {chunk, offset}, never by addresses, so that another process can
 * map the same objects elsewhere (arena_attach) and go on. It hands out pages
 * and, from slabs of one page each, small objects.
 *
 * What persists (free lists, counters) lies in the chunks themselves; `struct
 * arena` is only this process's view: where the chunks are and how to get more.
 */
#ifndef VFS_ARENA_H
#define VFS_ARENA_H

#include <stdbool.h>
#include <stdint.h>

#define ARENA_PAGE          4096u
#define ARENA_CHUNKS        4096u        /* the most chunks an arena can have */
#define ARENA_CHUNK_FIRST   (256u << 10) /* bytes; each further chunk doubles ... */
#define ARENA_CHUNK_LARGEST (32u << 20)  /* ... up to this */
#define ARENA_ROOT_SIZE     2048u        /* bytes for the user's own superblock */
#define ARENA_ALIGNMENT     16u          /* of every object, so of every reference */

/* Chunk number in the upper half, offset in bytes in the lower. 0 names nothing. */
typedef uint64_t arena_reference_t;

/*
 * Gets a chunk of `size` bytes (a multiple of ARENA_PAGE), zeroed and aligned
 * to ARENA_PAGE. Returns 0 and its address, or POSIX_ENOSPC or POSIX_ENOMEM.
 * The arena never gives a chunk back. The user must remember the order in
 * which chunks were handed over: arena_attach wants the same.
 */
typedef int32_t (*arena_grow_t)(void *context, uint64_t size, void **address);

struct arena_header;

/* One process's view of an arena. The caller owns the memory; fields are private. */
struct arena {
	uint8_t *base[ARENA_CHUNKS];
	struct arena_header *header;
	arena_grow_t grow;
	void *context;
};

/*
 * Makes a new arena, with one chunk. At most `size_limit` bytes (rounded down
 * to pages; UINT64_MAX for no limit) are handed out in pages and slabs.
 * `identity` is any number; chunks of arenas with different identities are not
 * mixed up by arena_attach. Returns 0, POSIX_ENOSPC or POSIX_ENOMEM.
 */
int32_t arena_create(struct arena *arena, uint64_t size_limit, uint64_t identity, arena_grow_t grow,
                     void *context);

/*
 * Takes over an arena whose `count` chunks are mapped at `addresses`, `sizes`
 * bytes each, in the order in which they were handed over. Chunks at the end
 * that the arena did not come to use before its last owner died are taken in.
 * Returns 0, or POSIX_EINVAL: these are not the chunks of one arena.
 */
int32_t arena_attach(struct arena *arena, void *const *addresses, const uint64_t *sizes, uint32_t count,
                     arena_grow_t grow, void *context);

/* ARENA_ROOT_SIZE bytes, zero at first, which persist and are the user's. */
void *arena_root(const struct arena *arena);

/*
 * Hands out a page. `*zero` says whether it is known to be zero; if not, its
 * content is arbitrary. Pages that were freed are reused first, because
 * touching fresh memory is slow. Returns 0, or POSIX_ENOSPC or POSIX_ENOMEM.
 */
int32_t arena_page_allocate(struct arena *arena, arena_reference_t *reference, bool *zero);

/* Takes a page back. */
void arena_page_free(struct arena *arena, arena_reference_t reference);

/*
 * Hands out an object of `size` bytes, 1 to ARENA_PAGE, of arbitrary content.
 * Returns 0, or POSIX_ENOSPC or POSIX_ENOMEM.
 */
int32_t arena_allocate(struct arena *arena, uint32_t size, arena_reference_t *reference);

/* Takes an object back; `size` is what it was allocated with. */
void arena_free(struct arena *arena, arena_reference_t reference, uint32_t size);

/* Pages handed out, directly or as slabs, and how many may be (UINT64_MAX / ARENA_PAGE for no limit). */
uint64_t arena_pages_used(const struct arena *arena);
uint64_t arena_pages_limit(const struct arena *arena);

/* Where the memory that `reference` (not 0, from this arena) names is in this process. */
static inline void *arena_address(const struct arena *arena, arena_reference_t reference)
{
	return arena->base[reference >> 32] + (uint32_t)reference;
}

#endif

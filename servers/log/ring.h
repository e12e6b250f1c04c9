/*
 * The ring of log entries: the last RING_ENTRIES of them, as long as their
 * texts fit RING_TEXT bytes together; the oldest go first. It lies in memory
 * that the caller brings.
 */
#ifndef SERVERS_LOG_RING_H
#define SERVERS_LOG_RING_H

#include <stdbool.h>
#include <stdint.h>

#define RING_ENTRIES 16384u
#define RING_TEXT    (4u * 1024 * 1024) /* bytes; a power of two */

#define LINE_SOURCE 31u  /* bytes at most, without a NUL: as the protocol says */
#define LINE_TEXT   512u

/* One entry on its way into the ring. */
struct line {
	uint64_t time;    /* monotonic nanoseconds */
	uint32_t process; /* number of the writer */
	uint32_t level;
	uint32_t dropped;
	uint32_t source_length;
	uint32_t text_length;
	char source[LINE_SOURCE + 1];
	char text[LINE_TEXT];
};

struct ring_entry {
	uint64_t time;
	uint64_t position; /* of source and text, which lie together; free-running */
	uint32_t process;
	uint32_t level;
	uint32_t dropped;
	uint32_t length;   /* of both */
	uint32_t source_length;
	uint32_t reserved;
};

/* What ring_init is given. */
struct ring_memory {
	struct ring_entry entries[RING_ENTRIES];
	char text[RING_TEXT];
};

struct ring {
	struct ring_memory *memory;
	uint64_t first;    /* sequence number of the oldest entry */
	uint64_t next;     /* of the next one; entries are numbered from 1 */
	uint64_t position; /* where the next text goes */
};

void ring_init(struct ring *ring, struct ring_memory *memory);

/* Adds an entry. Its lengths are within the limits. */
void ring_add(struct ring *ring, const struct line *line);

/*
 * Writes entries (struct log_entry of the protocol, each followed by its text
 * padded to 8 bytes) from sequence number `from` on, or the oldest there is, as
 * many as fit `capacity` bytes. A number that was never given comes from an
 * earlier life of the log: reading starts at the oldest entry. Returns the
 * bytes written; *next is where to go on.
 */
uint32_t ring_read(const struct ring *ring, uint64_t from, uint8_t *data, uint32_t capacity, uint64_t *next);

/* Whether ring_read from `from` would find something. */
bool ring_has(const struct ring *ring, uint64_t from);

#endif

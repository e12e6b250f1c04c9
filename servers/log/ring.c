/*
 * The ring; see ring.h. Positions in the text are free-running and taken modulo
 * its size. A text never wraps: one that would is put at the beginning, and the
 * bytes before it are wasted until the ring comes round.
 */
#include "ring.h"

#include <drydock/proto/log.h>
#include <drydock/string.h>

_Static_assert((RING_TEXT & (RING_TEXT - 1)) == 0, "positions are taken modulo a power of two");

static struct ring_entry *entry_at(const struct ring *ring, uint64_t sequence)
{
	return &ring->memory->entries[sequence % RING_ENTRIES];
}

void ring_init(struct ring *ring, struct ring_memory *memory)
{
	*ring = (struct ring){.memory = memory, .first = 1, .next = 1};
}

/* Where a text of `length` bytes goes. */
static uint64_t place_text(uint64_t position, uint32_t length)
{
	uint64_t left = RING_TEXT - position % RING_TEXT;

	return length > left ? position + left : position;
}

void ring_add(struct ring *ring, const struct line *line)
{
	uint32_t length = line->source_length + line->text_length;
	uint64_t position = place_text(ring->position, length);
	struct ring_entry *entry;
	char *text = ring->memory->text + position % RING_TEXT;

	while (ring->first < ring->next &&
	       (ring->next - ring->first == RING_ENTRIES ||
	        position + length - entry_at(ring, ring->first)->position > RING_TEXT))
		ring->first++;
	entry = entry_at(ring, ring->next++);
	*entry = (struct ring_entry){
		.time = line->time,
		.position = position,
		.process = line->process,
		.level = line->level,
		.dropped = line->dropped,
		.length = length,
		.source_length = line->source_length,
	};
	memcpy(text, line->source, line->source_length);
	memcpy(text + line->source_length, line->text, line->text_length);
	ring->position = position + length;
}

bool ring_has(const struct ring *ring, uint64_t from)
{
	return from > ring->next || (from < ring->next && ring->first < ring->next);
}

uint32_t ring_read(const struct ring *ring, uint64_t from, uint8_t *data, uint32_t capacity, uint64_t *next)
{
	uint32_t used = 0;

	if (from < ring->first || from > ring->next)
		from = ring->first;
	for (; from < ring->next; from++) {
		const struct ring_entry *entry = entry_at(ring, from);
		uint32_t padded = (entry->length + 7) & ~7u;
		struct log_entry header = {
			.sequence = from,
			.time = entry->time,
			.process = entry->process,
			.level = entry->level,
			.dropped = entry->dropped,
			.length = entry->length,
			.source_length = entry->source_length,
		};

		if (capacity - used < sizeof(header) + padded)
			break;
		memcpy(data + used, &header, sizeof(header));
		used += (uint32_t)sizeof(header);
		memcpy(data + used, ring->memory->text + entry->position % RING_TEXT, entry->length);
		memset(data + used + entry->length, 0, padded - entry->length);
		used += padded;
	}
	*next = from;
	return used;
}

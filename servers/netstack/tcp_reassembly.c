/* The ranges of tcp_reassembly.h, a sorted array: loss of a few percent makes dozens, rarely hundreds. */
#include "tcp_reassembly.h"

#define RANGES_MINIMUM 16u

/* The first range that ends at or after `sequence`. */
static uint32_t first_reaching(const struct tcp_reassembly *reassembly, uint32_t sequence)
{
	uint32_t low = 0, high = reassembly->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (sequence_before(reassembly->ranges[middle].end, sequence))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool make_room(const struct tcp_environment *environment, struct tcp_reassembly *reassembly)
{
	uint32_t capacity = reassembly->capacity == 0 ? RANGES_MINIMUM : reassembly->capacity * 2;
	struct tcp_block *ranges;

	if (reassembly->count < reassembly->capacity)
		return true;
	if (capacity > TCP_RANGES_MAXIMUM)
		return false;
	ranges = environment->allocate(environment->context, capacity * sizeof(*ranges));
	if (ranges == NULL)
		return false;
	if (reassembly->ranges != NULL) {
		memcpy(ranges, reassembly->ranges, reassembly->count * sizeof(*ranges));
		environment->release(environment->context, reassembly->ranges,
		                     reassembly->capacity * sizeof(*ranges));
	}
	reassembly->ranges = ranges;
	reassembly->capacity = capacity;
	return true;
}

/* Puts `start` first among the recent ones; those that its range has swallowed are dropped when they are read. */
static void remember(struct tcp_reassembly *reassembly, uint32_t start)
{
	uint32_t at = 0;

	while (at < reassembly->recent_count && reassembly->recent[at] != start)
		at++;
	if (at == reassembly->recent_count) {
		if (at == TCP_SACK_BLOCKS_MAXIMUM)
			at--;
		else
			reassembly->recent_count++;
	}
	for (; at > 0; at--)
		reassembly->recent[at] = reassembly->recent[at - 1];
	reassembly->recent[0] = start;
}

bool tcp_reassembly_add(const struct tcp_environment *environment, struct tcp_reassembly *reassembly,
                        struct tcp_block range, bool *known)
{
	uint32_t at = first_reaching(reassembly, range.start);
	struct tcp_block *ranges = reassembly->ranges;
	uint32_t last = at;

	*known = at < reassembly->count && !sequence_before(range.start, ranges[at].start) &&
	         !sequence_after(range.end, ranges[at].end);
	if (at == reassembly->count || sequence_before(range.end, ranges[at].start)) {
		if (!make_room(environment, reassembly))
			return false;
		ranges = reassembly->ranges;
		memmove(ranges + at + 1, ranges + at, (reassembly->count - at) * sizeof(*ranges));
		ranges[at] = range;
		reassembly->count++;
	} else {
		ranges[at].start = sequence_minimum(ranges[at].start, range.start);
		while (last + 1 < reassembly->count && !sequence_before(range.end, ranges[last + 1].start))
			last++;
		ranges[at].end = sequence_maximum(ranges[last].end, range.end);
		memmove(ranges + at + 1, ranges + last + 1, (reassembly->count - last - 1) * sizeof(*ranges));
		reassembly->count -= last - at;
	}
	remember(reassembly, ranges[at].start);
	return true;
}

uint32_t tcp_reassembly_advance(struct tcp_reassembly *reassembly, uint32_t next)
{
	uint32_t gone = 0;

	while (gone < reassembly->count && !sequence_after(reassembly->ranges[gone].start, next)) {
		next = sequence_maximum(next, reassembly->ranges[gone].end);
		gone++;
	}
	if (gone == 0)
		return next;
	reassembly->count -= gone;
	memmove(reassembly->ranges, reassembly->ranges + gone, reassembly->count * sizeof(*reassembly->ranges));
	if (reassembly->count == 0)
		reassembly->recent_count = 0;
	return next;
}

const struct tcp_block *tcp_reassembly_find(const struct tcp_reassembly *reassembly, struct tcp_block range)
{
	uint32_t at = first_reaching(reassembly, range.end);

	if (at == reassembly->count || sequence_before(range.start, reassembly->ranges[at].start))
		return NULL;
	return &reassembly->ranges[at];
}

uint32_t tcp_reassembly_blocks(const struct tcp_reassembly *reassembly, struct tcp_block *blocks, uint32_t limit)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < reassembly->recent_count && count < limit; i++) {
		uint32_t start = reassembly->recent[i], seen = 0;
		const struct tcp_block *range;

		range = tcp_reassembly_find(reassembly, (struct tcp_block){start, start + 1});
		if (range == NULL)
			continue;
		while (seen < count && blocks[seen].start != range->start)
			seen++;
		if (seen == count)
			blocks[count++] = *range;
	}
	return count;
}

void tcp_reassembly_free(const struct tcp_environment *environment, struct tcp_reassembly *reassembly)
{
	if (reassembly->ranges != NULL)
		environment->release(environment->context, reassembly->ranges,
		                     reassembly->capacity * sizeof(*reassembly->ranges));
	*reassembly = (struct tcp_reassembly){0};
}

/* A recorder of writes: see record.h. */
#include "record.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../dev/memory_device.h"

static struct {
	struct record *records;
	uint32_t count, room;
	uint32_t ended; /* requests of any kind */
	uint32_t mark;
	uint64_t whole_from, whole_to;
} recording;

void record_keep_whole(uint64_t offset, uint64_t end)
{
	recording.whole_from = offset;
	recording.whole_to = end;
}

void record_mark(uint32_t mark)
{
	recording.mark = mark;
}

uint32_t record_count(void)
{
	return recording.count;
}

const struct record *record_at(uint32_t index)
{
	return &recording.records[index];
}

static uint8_t *content_of(const struct disk_request *request)
{
	uint8_t *data = malloc(request->length), *to = data;

	for (uint32_t i = 0; i < request->segment_count; i++) {
		memcpy(to, request->segments[i].address, request->segments[i].length);
		to += request->segments[i].length;
	}
	return data;
}

void record_request(const struct disk_request *request, uint32_t stages)
{
	struct record *record;
	const uint32_t ended = recording.ended++;

	if (request->operation == DISK_READ)
		return;
	if (recording.count == recording.room) {
		recording.room = recording.room ? 2 * recording.room : 1024;
		recording.records = realloc(recording.records, recording.room * sizeof(*record));
		ck_assert_ptr_nonnull(recording.records);
	}
	record = &recording.records[recording.count++];
	*record = (struct record){
		.operation = request->operation,
		.flags = request->flags,
		.phase = request->phase,
		.ended = ended,
		.offset = request->offset,
		.length = request->length,
		.data = request->operation == DISK_WRITE ? content_of(request) : NULL,
		.mark = recording.mark,
		.stages = stages,
	};
}

/* Whether a write that had ended is durable after the first `count` records. */
static bool is_durable(uint32_t index, uint32_t count)
{
	const struct record *record = &recording.records[index];

	if (record->flags & DISK_FUA)
		return true;
	for (uint32_t i = index + 1; i < count; i++) {
		if (recording.records[i].operation == DISK_FLUSH &&
		    recording.records[i].phase > record->ended)
			return true;
	}
	return false;
}

/* Writes all of it, or any units, and where these are sectors some of them in part. */
static void write_some(uint8_t *image, uint64_t size, const struct record *record, bool all, uint32_t unit,
                       uint64_t *random)
{
	if (record->offset + record->length > size)
		ck_abort_msg("a write beyond the end of the disk");
	for (uint64_t at = 0; at < record->length; at += unit) {
		uint64_t length = unit;

		if (!all && memory_chance(random, 50))
			continue;
		if (!all && unit == RECORD_SECTOR && memory_chance(random, 10) &&
		    (record->offset + at < recording.whole_from || record->offset + at >= recording.whole_to))
			length = memory_random(random) % RECORD_SECTOR;
		memcpy(image + record->offset + at, record->data + at, length);
	}
}

void record_apply(uint8_t *image, uint64_t size, uint32_t count, uint64_t seed, uint32_t unit)
{
	uint64_t random = seed;

	for (uint32_t i = 0; i < count; i++) {
		const struct record *record = &recording.records[i];

		if (record->operation == DISK_WRITE)
			write_some(image, size, record, seed == 0 || is_durable(i, count), unit, &random);
	}
	/* What had been submitted by then, and ended later. */
	for (uint32_t i = count; seed && i < recording.count; i++) {
		const struct record *record = &recording.records[i];

		if (record->operation == DISK_WRITE && record->phase <= recording.records[count].ended)
			write_some(image, size, record, false, unit, &random);
	}
}

void record_clear(void)
{
	for (uint32_t i = 0; i < recording.count; i++)
		free(recording.records[i].data);
	free(recording.records);
	memset(&recording, 0, sizeof(recording));
}

/* The log as it is written: see journal_log.h. */
#include "journal_log.h"

#include <drydock/posix.h>
#include <drydock/string.h>

#include "extent.h"
#include "journal.h"

#define WORD 4u

static void put_big32(uint8_t *to, uint32_t number)
{
	const uint32_t big = big32(number);

	memcpy(to, &big, sizeof(big));
}

/* ---- where it lies -------------------------------------------------------------------- */

/* Finds block `at` of the log, and how many after it follow on the disk. */
static int32_t log_map(const struct journal_log *log, uint32_t at, struct mapping *mapping)
{
	int32_t error = block_map(log->inode, at, mapping);

	if (!error && !mapping->physical)
		error = inode_damage(log->inode, 0, "the journal has a hole");
	return error;
}

static uint32_t log_size(const struct journal_log *log)
{
	return log->end - log->first;
}

uint32_t journal_log_room(const struct journal_log *log)
{
	return log_size(log) - log->used;
}

/* ---- its superblock --------------------------------------------------------------------- */

static int32_t superblock_write(struct volume *volume, struct journal_log *log)
{
	struct write_batch batch;
	struct mapping mapping;
	struct buffer *buffer;
	int32_t error = log_map(log, 0, &mapping);

	if (!error)
		error = cache_get(&volume->cache, mapping.physical, &buffer);
	if (error)
		return error;
	if (log->checksums.in_blocks)
		log->superblock.checksum = big32(journal_superblock_sum(&log->superblock));
	memcpy(buffer->data, &log->superblock, sizeof(log->superblock));
	write_begin(&batch, &volume->cache);
	write_memory(&batch, mapping.physical, &buffer->data, 1, DISK_FUA);
	error = write_end(&batch);
	cache_put(&volume->cache, buffer);
	return error;
}

int32_t journal_log_begin_at(struct volume *volume, struct journal_log *log, uint32_t sequence,
                             uint32_t start)
{
	log->superblock.sequence = big32(sequence);
	log->superblock.start = big32(start);
	return superblock_write(volume, log);
}

/* What writing needs: revocations always, checksums and large numbers where the volume has them. */
static void features_set(const struct volume *volume, struct journal_log *log)
{
	struct journal_superblock *superblock = &log->superblock;
	uint32_t incompat = big32(superblock->feature_incompat) | JOURNAL_INCOMPAT_REVOKE;
	uint32_t compat = big32(superblock->feature_compat) & ~JOURNAL_COMPAT_CHECKSUM;

	incompat &= ~(JOURNAL_INCOMPAT_ASYNC_COMMIT | JOURNAL_INCOMPAT_CSUM_V2 | JOURNAL_INCOMPAT_CSUM_V3);
	if (volume->has_checksums) {
		incompat |= JOURNAL_INCOMPAT_CSUM_V3;
		superblock->checksum_type = JOURNAL_CHECKSUM_CRC32C;
	}
	if (volume_has_incompat(volume, INCOMPAT_64BIT))
		incompat |= JOURNAL_INCOMPAT_64BIT;
	superblock->feature_incompat = big32(incompat);
	superblock->feature_compat = big32(compat);
	log->wide_numbers = incompat & JOURNAL_INCOMPAT_64BIT;
	journal_checksums_init(&log->checksums, superblock);
}

static int32_t open_described(struct volume *volume, struct journal_log *log, uint32_t sequence)
{
	const char *name = volume->disk->name;

	if (big32(log->superblock.header.type) != JOURNAL_SUPERBLOCK_V2 || log->superblock.error) {
		log_print(volume->runtime, LOG_WARNING, "%s: the journal has %s: run e2fsck", name,
		          log->superblock.error ? "recorded an error" : "a superblock of version 1");
		return POSIX_EOPNOTSUPP;
	}
	if (log->superblock.start && !sequence) {
		log_print(volume->runtime, LOG_WARNING,
		          "%s: the journal is not empty, and needs_recovery is not set: run e2fsck", name);
		return POSIX_EOPNOTSUPP;
	}
	if (!sequence)
		sequence = big32(log->superblock.sequence);
	features_set(volume, log);
	log->head = log->tail = log->first;
	return journal_log_begin_at(volume, log, sequence, 0);
}

int32_t journal_log_open(struct volume *volume, struct journal_log *log, uint32_t sequence)
{
	int32_t error = journal_describe(volume, log);

	if (error)
		return error;
	error = open_described(volume, log, sequence);
	if (error)
		journal_log_close(volume, log);
	return error;
}

void journal_log_close(struct volume *volume, struct journal_log *log)
{
	inode_put(volume, log->inode);
	log->inode = NULL;
}

/* ---- writing ------------------------------------------------------------------------------- */

int32_t journal_log_write(struct volume *volume, struct journal_log *log, struct write_batch *batch,
                          uint8_t *const *data, uint32_t count, uint8_t flags)
{
	(void)volume;
	while (count > 0) {
		uint32_t part = count < log->end - log->head ? count : log->end - log->head;
		struct mapping mapping;
		int32_t error = log_map(log, log->head, &mapping);

		if (error)
			return error;
		if (part > mapping.count)
			part = (uint32_t)mapping.count;
		write_memory(batch, mapping.physical, data, part, flags);
		data += part;
		count -= part;
		log->head += part;
		if (log->head == log->end)
			log->head = log->first;
	}
	return 0;
}

/* ---- making blocks ---------------------------------------------------------------------------- */

static uint32_t tag_size(const struct journal_log *log)
{
	if (log->checksums.wide)
		return sizeof(struct journal_tag3);
	return sizeof(struct journal_tag) - (log->wide_numbers ? 0 : WORD);
}

/* Bytes of a descriptor or of revocations that can be used. */
static uint32_t usable(const struct volume *volume, const struct journal_log *log)
{
	return volume->block_size - (log->checksums.in_blocks ? JOURNAL_TAIL_SIZE : 0);
}

uint32_t journal_log_tags(const struct volume *volume, const struct journal_log *log)
{
	/* The first tag is followed by the journal's UUID. */
	return (usable(volume, log) - (uint32_t)sizeof(struct journal_header) - JOURNAL_UUID_SIZE) /
	       tag_size(log);
}

uint32_t journal_log_revocations(const struct volume *volume, const struct journal_log *log)
{
	return (usable(volume, log) - (uint32_t)sizeof(struct journal_revoke)) /
	       (log->wide_numbers ? 2 * WORD : WORD);
}

void journal_log_copy(const struct volume *volume, const struct journal_log *log, uint32_t sequence,
                      const uint8_t *from, uint8_t *to, bool *escaped, uint32_t *checksum)
{
	const uint32_t magic = big32(JOURNAL_MAGIC);

	memcpy(to, from, volume->block_size);
	*escaped = memcmp(to, &magic, sizeof(magic)) == 0;
	if (*escaped)
		memset(to, 0, sizeof(magic));
	*checksum = log->checksums.in_blocks
	                    ? journal_data_sum(&log->checksums, sequence, to, volume->block_size)
	                    : 0;
}

void journal_log_header(const struct volume *volume, uint8_t *block, enum journal_block_type type,
                        uint32_t sequence)
{
	const struct journal_header header = {big32(JOURNAL_MAGIC), big32(type), big32(sequence)};

	memset(block, 0, volume->block_size);
	memcpy(block, &header, sizeof(header));
}

void journal_log_tag(const struct journal_log *log, uint8_t *descriptor, uint32_t index, uint64_t block,
                     bool escaped, bool last, uint32_t checksum)
{
	uint32_t flags = (escaped ? JOURNAL_TAG_ESCAPED : 0) | (last ? JOURNAL_TAG_LAST : 0) |
	                 (index > 0 ? JOURNAL_TAG_SAME_UUID : 0);
	uint8_t *to = descriptor + sizeof(struct journal_header) + index * tag_size(log) +
	              (index > 0 ? JOURNAL_UUID_SIZE : 0);
	const struct journal_tag3 wide = {big32((uint32_t)block), big32(flags),
	                                  big32((uint32_t)(block >> 32)), big32(checksum)};
	const struct journal_tag narrow = {big32((uint32_t)block), big16((uint16_t)checksum),
	                                   big16((uint16_t)flags), big32((uint32_t)(block >> 32))};

	memcpy(to, log->checksums.wide ? (const void *)&wide : (const void *)&narrow, tag_size(log));
	if (index == 0)
		memcpy(to + tag_size(log), log->superblock.uuid, JOURNAL_UUID_SIZE);
}

void journal_log_revocation(const struct journal_log *log, uint8_t *revocations, uint32_t index,
                            uint64_t block)
{
	const uint32_t size = log->wide_numbers ? 2 * WORD : WORD;
	const uint32_t at = (uint32_t)sizeof(struct journal_revoke) + index * size;

	if (log->wide_numbers)
		put_big32(revocations + at, (uint32_t)(block >> 32));
	put_big32(revocations + at + size - WORD, (uint32_t)block);
	put_big32(revocations + offsetof(struct journal_revoke, size), at + size);
}

void journal_log_seal(const struct volume *volume, const struct journal_log *log, uint8_t *block)
{
	if (log->checksums.in_blocks)
		put_big32(block + volume->block_size - JOURNAL_TAIL_SIZE,
		          journal_tail_sum(&log->checksums, block, volume->block_size));
}

void journal_log_seal_commit(const struct volume *volume, const struct journal_log *log, uint8_t *block,
                             uint64_t time)
{
	struct journal_commit *commit = (struct journal_commit *)block;

	commit->seconds = __builtin_bswap64(time / 1000000000u);
	commit->nanoseconds = big32((uint32_t)(time % 1000000000u));
	if (log->checksums.in_blocks)
		commit->checksum[0] = big32(journal_commit_sum(&log->checksums, block, volume->block_size));
}

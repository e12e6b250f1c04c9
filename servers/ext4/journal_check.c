/* Checksums of the journal: see journal_check.h. */
#include "journal_check.h"

#include <drydock/checksum.h>
#include <drydock/string.h>

#define CRC_BEGIN 0xffffffffu

/* CRC-32 of polynomial 0x04c11db7, not reflected: only version 1 has it. */
static uint32_t crc32_big(uint32_t crc, const uint8_t *data, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		crc ^= (uint32_t)data[i] << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
	}
	return crc;
}

/* CRC-32C of a block in which the four bytes at `at` count as zeros. */
static uint32_t crc_without(uint32_t seed, const uint8_t *data, uint32_t size, uint32_t at)
{
	const uint32_t zero = 0;
	uint32_t crc = checksum_crc32c(seed, data, at);

	crc = checksum_crc32c(crc, &zero, sizeof(zero));
	return checksum_crc32c(crc, data + at + sizeof(zero), size - at - sizeof(zero));
}

static uint32_t big32_at(const uint8_t *data, uint32_t at)
{
	uint32_t number;

	memcpy(&number, data + at, sizeof(number));
	return big32(number);
}

void journal_checksums_init(struct journal_checksums *checksums, const struct journal_superblock *superblock)
{
	const uint32_t incompat = big32(superblock->feature_incompat);

	*checksums = (struct journal_checksums){.running = CRC_BEGIN};
	if (big32(superblock->header.type) != JOURNAL_SUPERBLOCK_V2)
		return;
	checksums->wide = incompat & JOURNAL_INCOMPAT_CSUM_V3;
	checksums->in_blocks = incompat & (JOURNAL_INCOMPAT_CSUM_V2 | JOURNAL_INCOMPAT_CSUM_V3);
	checksums->in_commit = big32(superblock->feature_compat) & JOURNAL_COMPAT_CHECKSUM;
	checksums->seed = checksum_crc32c(CRC_BEGIN, superblock->uuid, sizeof(superblock->uuid));
}

uint32_t journal_superblock_sum(const struct journal_superblock *superblock)
{
	return crc_without(CRC_BEGIN, (const uint8_t *)superblock, sizeof(*superblock),
	                   offsetof(struct journal_superblock, checksum));
}

bool journal_superblock_fits(const struct journal_checksums *checksums,
                             const struct journal_superblock *superblock)
{
	return !checksums->in_blocks || (superblock->checksum_type == JOURNAL_CHECKSUM_CRC32C &&
	                                 big32(superblock->checksum) == journal_superblock_sum(superblock));
}

uint32_t journal_tail_sum(const struct journal_checksums *checksums, const uint8_t *data, uint32_t size)
{
	return crc_without(checksums->seed, data, size, size - JOURNAL_TAIL_SIZE);
}

bool journal_tail_fits(const struct journal_checksums *checksums, const uint8_t *data, uint32_t size)
{
	return !checksums->in_blocks ||
	       big32_at(data, size - JOURNAL_TAIL_SIZE) == journal_tail_sum(checksums, data, size);
}

uint32_t journal_data_sum(const struct journal_checksums *checksums, uint32_t sequence, const uint8_t *data,
                          uint32_t size)
{
	const uint32_t big = big32(sequence);
	uint32_t crc = checksum_crc32c(checksums->seed, &big, sizeof(big));

	crc = checksum_crc32c(crc, data, size);
	return checksums->wide ? crc : crc & 0xffff;
}

bool journal_data_fits(const struct journal_checksums *checksums, uint32_t sequence, const uint8_t *data,
                       uint32_t size, uint32_t checksum)
{
	return !checksums->in_blocks || checksum == journal_data_sum(checksums, sequence, data, size);
}

uint32_t journal_commit_sum(const struct journal_checksums *checksums, const uint8_t *data, uint32_t size)
{
	return crc_without(checksums->seed, data, size, offsetof(struct journal_commit, checksum));
}

void journal_checksums_add(struct journal_checksums *checksums, const uint8_t *data, uint32_t size)
{
	checksums->running = crc32_big(checksums->running, data, size);
}

bool journal_commit_fits(struct journal_checksums *checksums, const uint8_t *data, uint32_t size)
{
	const struct journal_commit *commit = (const struct journal_commit *)data;
	const uint32_t found = big32(commit->checksum[0]), running = checksums->running;

	checksums->running = CRC_BEGIN;
	if (checksums->in_blocks)
		return found == journal_commit_sum(checksums, data, size);
	/* A commit may go without. */
	if (!checksums->in_commit || (commit->checksum_type == 0 && commit->checksum_size == 0 && found == 0))
		return true;
	return commit->checksum_type == JOURNAL_CHECKSUM_CRC32 && commit->checksum_size == sizeof(found) &&
	       found == running;
}

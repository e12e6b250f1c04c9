/*
 * Reading the log: see journal.h. It is gone through three times, as its
 * format demands: to find where it ends, to learn which blocks were revoked,
 * and to take the newest content of all others.
 */
#include "journal.h"

#include <drydock/posix.h>
#include <drydock/string.h>

#include "extent.h"
#include "journal_check.h"

enum pass {
	PASS_SCAN,
	PASS_REVOKE,
	PASS_REPLAY,
};

struct journal {
	struct volume *volume;
	struct inode *inode;
	struct journal_superblock superblock; /* as it lies on the disk: big-endian */
	struct journal_checksums checksums;
	uint32_t incompat;
	uint32_t first, end;   /* blocks of the log: from `first` to before `end`, then from `first` again */
	uint32_t sequence;     /* of the transaction at hand */
	uint32_t end_sequence; /* of the first that is not whole */
	uint32_t at;           /* the block at hand */
	uint32_t steps;        /* blocks that were gone through, to come to an end in any case */
	struct block_table revoked; /* `sequence`: of the last transaction that did */
	struct block_table *replaced;
};

/* One block that a descriptor announces. */
struct tag {
	uint64_t block;
	uint32_t flags;
	uint32_t checksum;
};

/* ---- blocks of the log --------------------------------------------------------------- */

static int32_t journal_damage(const struct journal *journal, const char *what)
{
	return inode_damage(journal->inode, 0, what);
}

static int32_t physical_find(const struct journal *journal, uint32_t at, uint64_t *block)
{
	struct mapping mapping;
	int32_t error = block_map(journal->inode, at, &mapping);

	if (!error && !mapping.physical)
		error = journal_damage(journal, "the journal has a hole");
	*block = error ? 0 : mapping.physical;
	return error;
}

static int32_t block_get(const struct journal *journal, uint32_t at, struct buffer **buffer)
{
	uint64_t block;
	int32_t error = physical_find(journal, at, &block);

	return error ? error : cache_get(&journal->volume->cache, block, buffer);
}

/* To the next block of the log. */
static int32_t step(struct journal *journal)
{
	if (++journal->steps > journal->end - journal->first)
		return journal_damage(journal, "the log is longer than the journal");
	if (++journal->at == journal->end)
		journal->at = journal->first;
	return 0;
}

/* ---- descriptors --------------------------------------------------------------------------- */

static uint32_t tag_size(const struct journal *journal)
{
	uint32_t size = sizeof(struct journal_tag);

	if (journal->incompat & JOURNAL_INCOMPAT_CSUM_V3)
		return sizeof(struct journal_tag3);
	if (journal->incompat & JOURNAL_INCOMPAT_CSUM_V2)
		size += 2;
	return journal->incompat & JOURNAL_INCOMPAT_64BIT ? size : size - 4;
}

/* Takes the tag at *offset out of a descriptor, and moves on. False: there is no more. */
static bool tag_take(const struct journal *journal, const uint8_t *data, uint32_t *offset, struct tag *tag)
{
	uint32_t size = tag_size(journal), room = journal->volume->block_size;
	const struct journal_tag3 *wide = (const struct journal_tag3 *)(data + *offset);
	const struct journal_tag *narrow = (const struct journal_tag *)(data + *offset);
	uint32_t high = 0;

	if (journal->checksums.in_blocks)
		room -= JOURNAL_TAIL_SIZE;
	if (*offset + size > room)
		return false;
	if (journal->incompat & JOURNAL_INCOMPAT_CSUM_V3) {
		*tag = (struct tag){big32(wide->block_low), big32(wide->flags), big32(wide->checksum)};
		high = big32(wide->block_high);
	} else {
		*tag = (struct tag){big32(narrow->block_low), big16(narrow->flags), big16(narrow->checksum)};
		if (journal->incompat & JOURNAL_INCOMPAT_64BIT)
			high = big32(narrow->block_high);
	}
	if (journal->incompat & JOURNAL_INCOMPAT_64BIT)
		tag->block |= (uint64_t)high << 32;
	*offset += size + (tag->flags & JOURNAL_TAG_SAME_UUID ? 0 : JOURNAL_UUID_SIZE);
	if (tag->flags & JOURNAL_TAG_LAST)
		*offset = room;
	return true;
}

/* PASS_REPLAY: the block at hand is what `tag` announces. */
static int32_t block_replay(struct journal *journal, const struct tag *tag)
{
	const struct block_table_entry *revoked = block_table_find(&journal->revoked, tag->block);
	struct block_table_entry *entry;
	struct buffer *buffer;
	uint64_t source;
	bool good;
	int32_t error;

	/* Sequences go round: later is what is less than half the circle ahead. */
	if (revoked && (int32_t)(revoked->sequence - journal->sequence) >= 0)
		return 0;
	if (tag->block >= journal->volume->blocks)
		return journal_damage(journal, "the log has a block beyond the end");
	error = physical_find(journal, journal->at, &source);
	if (!error)
		error = cache_get(&journal->volume->cache, source, &buffer);
	if (error)
		return error;
	good = journal_data_fits(&journal->checksums, journal->sequence, buffer->data,
	                         journal->volume->block_size, tag->checksum);
	cache_put(&journal->volume->cache, buffer);
	if (!good)
		return damage(journal->volume, source, INODE_JOURNAL,
		              "the checksum of a block of the log is wrong");
	entry = block_table_make(journal->replaced, journal->volume->runtime, tag->block);
	if (!entry)
		return POSIX_ENOMEM;
	entry->source = source;
	entry->escaped = tag->flags & JOURNAL_TAG_ESCAPED;
	return 0;
}

/* PASS_SCAN with version 1 of checksums: the block at hand belongs to the transaction. */
static int32_t block_sum(struct journal *journal)
{
	struct buffer *buffer;
	int32_t error = block_get(journal, journal->at, &buffer);

	if (error)
		return error;
	journal_checksums_add(&journal->checksums, buffer->data, journal->volume->block_size);
	cache_put(&journal->volume->cache, buffer);
	return 0;
}

static int32_t descriptor_pass(struct journal *journal, enum pass pass, const uint8_t *data)
{
	uint32_t offset = sizeof(struct journal_header);
	bool sums = pass == PASS_SCAN && journal->checksums.in_commit;
	struct tag tag;
	int32_t error = 0;

	if (sums)
		journal_checksums_add(&journal->checksums, data, journal->volume->block_size);
	while (!error && tag_take(journal, data, &offset, &tag)) {
		error = step(journal);
		if (!error && sums)
			error = block_sum(journal);
		if (!error && pass == PASS_REPLAY)
			error = block_replay(journal, &tag);
	}
	return error;
}

/* ---- revocations ------------------------------------------------------------------------------ */

static int32_t revoke_pass(struct journal *journal, const uint8_t *data)
{
	const struct journal_revoke *revoke = (const struct journal_revoke *)data;
	uint32_t size = big32(revoke->size), room = journal->volume->block_size, high, low;
	uint32_t record = journal->incompat & JOURNAL_INCOMPAT_64BIT ? 8 : 4;

	if (journal->checksums.in_blocks)
		room -= JOURNAL_TAIL_SIZE;
	if (size < sizeof(*revoke) || size > room)
		return journal_damage(journal, "revocations have no proper size");
	for (uint32_t at = sizeof(*revoke); at + record <= size; at += record) {
		struct block_table_entry *entry;

		memcpy(&low, data + at + record - 4, sizeof(low));
		memcpy(&high, data + at, sizeof(high));
		entry = block_table_make(&journal->revoked, journal->volume->runtime,
		                         (record == 8 ? (uint64_t)big32(high) << 32 : 0) | big32(low));
		if (!entry)
			return POSIX_ENOMEM;
		entry->sequence = journal->sequence;
	}
	return 0;
}

/* ---- the log ------------------------------------------------------------------------------------- */

/* Whether the log goes on behind the commit at hand: a block of the next transaction follows it. */
static int32_t goes_on(const struct journal *journal, bool *does)
{
	const uint32_t next = journal->at + 1 == journal->end ? journal->first : journal->at + 1;
	struct journal_header header;
	struct buffer *buffer;
	int32_t error = block_get(journal, next, &buffer);

	if (error)
		return error;
	memcpy(&header, buffer->data, sizeof(header));
	cache_put(&journal->volume->cache, buffer);
	*does = big32(header.magic) == JOURNAL_MAGIC && big32(header.sequence) == journal->sequence + 1;
	return 0;
}

/*
 * PASS_SCAN: whether a block's own checksum is right, else *more becomes false:
 * the log ends before it. That of a commit is wrong where the power failed while
 * it was written; but where the log goes on behind it, it had been written, and that is damage.
 */
static int32_t block_check(struct journal *journal, uint32_t type, const uint8_t *data, bool *more)
{
	const uint32_t size = journal->volume->block_size;
	bool does_go_on = false;
	int32_t error = 0;

	*more = type == JOURNAL_COMMIT ? journal_commit_fits(&journal->checksums, data, size)
	                               : journal_tail_fits(&journal->checksums, data, size);
	if (*more)
		return 0;
	if (type == JOURNAL_COMMIT && !(journal->incompat & JOURNAL_INCOMPAT_ASYNC_COMMIT))
		error = goes_on(journal, &does_go_on);
	if (error)
		return error;
	if (does_go_on)
		return journal_damage(journal, "the checksum of a commit of the log is wrong");
	log_print(journal->volume->runtime, LOG_WARNING,
	          "%s: a checksum of the journal's transaction %u is wrong: the log ends before it",
	          journal->volume->disk->name, journal->sequence);
	return 0;
}

/* Goes through one block and what belongs to it. *more is false where the log ends before it. */
static int32_t block_pass(struct journal *journal, enum pass pass, const uint8_t *data, bool *more)
{
	const struct journal_header *header = (const struct journal_header *)data;
	uint32_t type = big32(header->type);
	int32_t error = 0;

	*more = big32(header->magic) == JOURNAL_MAGIC && big32(header->sequence) == journal->sequence &&
	        (type == JOURNAL_DESCRIPTOR || type == JOURNAL_COMMIT || type == JOURNAL_REVOKE);
	if (*more && pass == PASS_SCAN)
		error = block_check(journal, type, data, more);
	if (error || !*more)
		return error;
	if (type == JOURNAL_DESCRIPTOR)
		error = descriptor_pass(journal, pass, data);
	else if (type == JOURNAL_REVOKE && pass == PASS_REVOKE)
		error = revoke_pass(journal, data);
	else if (type == JOURNAL_COMMIT)
		journal->sequence++;
	return error ? error : step(journal);
}

static int32_t log_pass(struct journal *journal, enum pass pass)
{
	struct cache *cache = &journal->volume->cache;
	bool more = true;
	int32_t error = 0;

	journal->sequence = big32(journal->superblock.sequence);
	journal->at = big32(journal->superblock.start);
	journal->steps = 0;
	while (!error && more && (pass == PASS_SCAN || journal->sequence != journal->end_sequence)) {
		struct buffer *buffer;

		error = block_get(journal, journal->at, &buffer);
		if (error)
			break;
		error = block_pass(journal, pass, buffer->data, &more);
		cache_put(cache, buffer);
	}
	if (pass == PASS_SCAN)
		journal->end_sequence = journal->sequence;
	return error;
}

/* ---- its superblock --------------------------------------------------------------------------------- */

static int32_t superblock_check(struct journal *journal)
{
	const struct journal_superblock *superblock = &journal->superblock;
	const uint32_t known = JOURNAL_INCOMPAT_REVOKE | JOURNAL_INCOMPAT_64BIT |
	                       JOURNAL_INCOMPAT_ASYNC_COMMIT | JOURNAL_INCOMPAT_CSUM_V2 |
	                       JOURNAL_INCOMPAT_CSUM_V3 | JOURNAL_INCOMPAT_FAST_COMMIT;
	uint32_t type = big32(superblock->header.type), start = big32(superblock->start), fast = 0;

	if (big32(superblock->header.magic) != JOURNAL_MAGIC ||
	    (type != JOURNAL_SUPERBLOCK_V1 && type != JOURNAL_SUPERBLOCK_V2))
		return journal_damage(journal, "the journal has no superblock");
	if (!journal_superblock_fits(&journal->checksums, superblock))
		return journal_damage(journal, "the checksum of the journal's superblock is wrong");
	if (type == JOURNAL_SUPERBLOCK_V2)
		journal->incompat = big32(superblock->feature_incompat);
	if (journal->incompat & ~known) {
		log_print(journal->volume->runtime, LOG_ERROR,
		          "%s: the journal's features 0x%x are not served", journal->volume->disk->name,
		          journal->incompat & ~known);
		return POSIX_EOPNOTSUPP;
	}
	journal->first = big32(superblock->first);
	journal->end = big32(superblock->blocks);
	if (journal->incompat & JOURNAL_INCOMPAT_FAST_COMMIT)
		fast = superblock->fast_commit_blocks ? big32(superblock->fast_commit_blocks) : 256;
	if (big32(superblock->block_size) != journal->volume->block_size || journal->first == 0 ||
	    journal->end > inode_blocks(journal->inode) || fast >= journal->end ||
	    journal->first >= journal->end - fast)
		return journal_damage(journal, "the journal's superblock makes no sense");
	journal->end -= fast;
	if (start != 0 && (start < journal->first || start >= journal->end))
		return journal_damage(journal, "the log begins outside of the journal");
	return 0;
}

/* Refuses fast commits that belong to the end of the log: without them it would be of an older state. */
static int32_t fast_commits_check(struct journal *journal)
{
	struct fast_commit_head head;
	struct buffer *buffer;
	int32_t error;

	if (!(journal->incompat & JOURNAL_INCOMPAT_FAST_COMMIT))
		return 0;
	error = block_get(journal, journal->end, &buffer);
	if (error)
		return error;
	memcpy(&head, buffer->data, sizeof(head));
	cache_put(&journal->volume->cache, buffer);
	if (head.tag != FAST_COMMIT_TAG_HEAD || head.sequence != journal->end_sequence)
		return 0;
	log_print(journal->volume->runtime, LOG_ERROR,
	          "%s: the journal ends in fast commits, which are not served: run e2fsck -p",
	          journal->volume->disk->name);
	return POSIX_EOPNOTSUPP;
}

static int32_t superblock_read(struct journal *journal)
{
	struct buffer *buffer;
	int32_t error = block_get(journal, 0, &buffer);

	if (error)
		return error;
	memcpy(&journal->superblock, buffer->data, sizeof(journal->superblock));
	cache_put(&journal->volume->cache, buffer);
	journal_checksums_init(&journal->checksums, &journal->superblock);
	return superblock_check(journal);
}

static int32_t log_read(struct journal *journal)
{
	int32_t error = superblock_read(journal);

	/* An empty log may still be followed by fast commits. */
	if (!error && big32(journal->superblock.start) != 0)
		error = log_pass(journal, PASS_SCAN);
	else
		journal->end_sequence = big32(journal->superblock.sequence);
	if (!error)
		error = fast_commits_check(journal);
	if (error || big32(journal->superblock.start) == 0)
		return error;
	error = log_pass(journal, PASS_REVOKE);
	return error ? error : log_pass(journal, PASS_REPLAY);
}

static int32_t inode_find(struct journal *journal)
{
	struct volume *volume = journal->volume;
	int32_t error = inode_get(volume, volume->superblock.journal_inode, &journal->inode);

	if (!error && !inode_is(journal->inode, POSIX_S_IFREG)) {
		error = journal_damage(journal, "the journal is no file");
		inode_put(volume, journal->inode);
	}
	return error;
}

int32_t journal_describe(struct volume *volume, struct journal_log *log)
{
	struct journal journal = {.volume = volume};
	int32_t error = inode_find(&journal);

	if (error)
		return error;
	error = superblock_read(&journal);
	if (error) {
		inode_put(volume, journal.inode);
		return error;
	}
	*log = (struct journal_log){
		.inode = journal.inode,
		.superblock = journal.superblock,
		.checksums = journal.checksums,
		.first = journal.first,
		.end = journal.end,
	};
	return 0;
}

int32_t journal_read(struct volume *volume, struct block_table *replaced, uint32_t *sequence)
{
	struct journal journal = {.volume = volume, .replaced = replaced};
	int32_t error = inode_find(&journal);

	if (error)
		return error;
	error = log_read(&journal);
	*sequence = journal.end_sequence;
	if (!error)
		log_print(volume->runtime, LOG_INFO,
		          "%s: journal read: %u transactions, %u blocks", volume->disk->name,
		          journal.end_sequence - big32(journal.superblock.sequence), replaced->count);
	block_table_end(&journal.revoked, volume->runtime);
	inode_put(volume, journal.inode);
	return error;
}

/*
 * Making the running transaction durable (docs/EXT4.md, "Writing"). It waits
 * until all handles have ended. Then, without suspending, what was changed is
 * copied for the log and data are handed to the disk, so that the next
 * transaction may change the same blocks at once. Then come, each when the one
 * before has ended: data and the log's blocks; a flush; the commit block.
 *
 * Without a journal the blocks themselves are written, after the data.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "transaction.h"
#include "volume.h"

/* One commit on its way. */
struct commit {
	struct volume *volume;
	struct transaction *transaction;
	struct write_batch batch;
	struct buffer **blocks; /* of metadata; those that were forgotten last */
	struct buffer **data;
	uint32_t block_count; /* without those that were forgotten */
	uint32_t copies;      /* blocks for the log so far */
};

/* ---- closing ------------------------------------------------------------------------ */

/* Gets memory for the lists, so that closing cannot fail. */
static int32_t lists_make(struct commit *commit)
{
	struct runtime *runtime = commit->volume->runtime;
	const struct transaction *transaction = commit->transaction;

	commit->blocks = runtime_allocate(runtime, (transaction->block_count + 1) * sizeof(struct buffer *));
	commit->data = runtime_allocate(runtime, (transaction->data_count + 1) * sizeof(struct buffer *));
	return commit->blocks && commit->data ? 0 : POSIX_ENOMEM;
}

/* Takes the blocks from the transaction's lists; they stay pinned, and are `committing`. */
static void lists_fill(struct commit *commit)
{
	struct transaction *transaction = commit->transaction;
	uint32_t at = 0, end = transaction->block_count;

	list_for_each(link, &transaction->blocks) {
		struct buffer *buffer = list_entry(link, struct buffer, owner_link);

		list_remove(link);
		buffer->owner = NULL;
		buffer->committing = true;
		commit->blocks[buffer->forgotten ? --end : at++] = buffer;
	}
	commit->block_count = at;
	at = 0;
	list_for_each(link, &transaction->data) {
		struct buffer *buffer = list_entry(link, struct buffer, owner_link);

		list_remove(link);
		buffer->owner = NULL;
		buffer->is_data = false;
		commit->data[at++] = buffer;
	}
}

/* Hands the data to the disk, which holds a pin of its own from then on. */
static void data_submit(struct commit *commit)
{
	write_buffers(&commit->batch, commit->data, commit->transaction->data_count);
	for (uint32_t i = 0; i < commit->transaction->data_count; i++)
		cache_put(&commit->volume->cache, commit->data[i]);
}

static uint8_t *copy_take(struct commit *commit, enum journal_block_type type)
{
	uint8_t *block = commit->volume->transactions.copies[commit->copies++];

	journal_log_header(commit->volume, block, type, commit->transaction->sequence);
	return block;
}

/* Descriptors, each followed by the blocks that it announces. */
static void blocks_copy(struct commit *commit)
{
	const struct volume *volume = commit->volume;
	const struct journal_log *log = &volume->transactions.log;
	const uint32_t tags = journal_log_tags(volume, log);

	for (uint32_t at = 0; at < commit->block_count;) {
		uint32_t part = commit->block_count - at < tags ? commit->block_count - at : tags, checksum;
		uint8_t *descriptor = copy_take(commit, JOURNAL_DESCRIPTOR);

		for (uint32_t i = 0; i < part; i++, at++) {
			bool escaped;

			journal_log_copy(volume, log, commit->transaction->sequence, commit->blocks[at]->data,
			                 volume->transactions.copies[commit->copies++], &escaped, &checksum);
			journal_log_tag(log, descriptor, i, commit->blocks[at]->block, escaped, i + 1 == part,
			                checksum);
		}
		journal_log_seal(volume, log, descriptor);
	}
}

static void revocations_copy(struct commit *commit)
{
	const struct volume *volume = commit->volume;
	const struct journal_log *log = &volume->transactions.log;
	const struct block_table *revoked = &commit->transaction->revoked;
	const uint32_t room = journal_log_revocations(volume, log);
	uint32_t count = 0;
	uint8_t *block = NULL;

	for (uint64_t i = 0; revoked->bits && i < 1ull << revoked->bits; i++) {
		if (!revoked->entries[i].used)
			continue;
		if (count % room == 0) {
			if (block)
				journal_log_seal(volume, log, block);
			block = copy_take(commit, JOURNAL_REVOKE);
		}
		journal_log_revocation(log, block, count++ % room, revoked->entries[i].block);
	}
	if (block)
		journal_log_seal(volume, log, block);
}

/*
 * Takes all that belongs to the transaction, as of one instant. Without a
 * journal handles go on waiting for the data, since nothing was copied.
 */
static int32_t close_transaction(struct commit *commit)
{
	struct transactions *transactions = &commit->volume->transactions;
	int32_t error = 0;

	lists_fill(commit);
	data_submit(commit);
	if (transactions->log.inode) {
		blocks_copy(commit);
		revocations_copy(commit);
		commit->transaction->log_start = transactions->log.head;
		/* With the commit block, which is written last. */
		transactions->log.used += commit->copies + 1;
	} else {
		error = write_end(&commit->batch);
		if (!error)
			write_buffers(&commit->batch, commit->blocks, commit->block_count);
	}
	transactions->running = NULL;
	transactions->committing = commit->transaction;
	transactions->closing = false;
	cache_wake(&transactions->waiters);
	return error;
}

/* ---- writing --------------------------------------------------------------------------- */

/* The log's superblock has to say where it begins before there is anything to be found. */
static int32_t log_begin(struct commit *commit)
{
	struct transactions *transactions = &commit->volume->transactions;

	if (transactions->log.superblock.start)
		return 0;
	transactions->log.tail = commit->transaction->log_start;
	return journal_log_begin_at(commit->volume, &transactions->log, commit->transaction->sequence,
	                            commit->transaction->log_start);
}

static int32_t commit_block_write(struct commit *commit)
{
	struct volume *volume = commit->volume;
	struct journal_log *log = &volume->transactions.log;
	uint8_t *block = copy_take(commit, JOURNAL_COMMIT);
	int32_t error, failed;

	journal_log_seal_commit(volume, log, block, runtime_wall_time(volume->runtime));
	error = journal_log_write(volume, log, &commit->batch, &block, 1, DISK_FUA);
	failed = write_end(&commit->batch);
	return error ? error : failed;
}

static int32_t log_write(struct commit *commit)
{
	struct volume *volume = commit->volume;
	struct transactions *transactions = &volume->transactions;
	int32_t error = log_begin(commit), failed;

	if (!error)
		error = journal_log_write(volume, &transactions->log, &commit->batch, transactions->copies,
		                          commit->copies, 0);
	/* The batch lies in this fiber's stack, and is waited for in any case. */
	failed = write_end(&commit->batch);
	if (!error)
		error = failed;
	if (!error)
		error = write_flush(&volume->cache);
	return error ? error : commit_block_write(commit);
}

/* Without a journal: the blocks are on their way already. */
static int32_t home_write(struct commit *commit)
{
	int32_t error = write_end(&commit->batch);

	return error ? error : write_flush(&commit->volume->cache);
}

/* ---- the end ------------------------------------------------------------------------------ */

static void unlog(struct cache *cache, struct buffer *buffer)
{
	if (!buffer->logged)
		return;
	list_remove(&buffer->logged_link);
	buffer->logged = NULL;
	cache_put(cache, buffer);
}

/* Blocks in the log have to be brought home from now on; what was forgotten has not. */
static void blocks_release(struct commit *commit, bool keep)
{
	struct cache *cache = &commit->volume->cache;
	struct transaction *transaction = commit->transaction;

	for (uint32_t i = 0; i < transaction->block_count; i++) {
		struct buffer *buffer = commit->blocks[i];

		buffer->committing = false;
		unlog(cache, buffer);
		if (keep && i < commit->block_count) {
			cache_pin(buffer);
			buffer->logged = transaction;
			list_add_tail(&transaction->logged, &buffer->logged_link);
		}
		cache_put(cache, buffer);
	}
}

static void commit_end(struct commit *commit, int32_t error)
{
	struct volume *volume = commit->volume;
	struct transactions *transactions = &volume->transactions;
	struct transaction *transaction = commit->transaction;

	if (!error) {
		blocks_release(commit, transactions->log.inode);
		transactions->committed = transaction->sequence;
		transactions->committing = NULL;
		transaction_strip(volume, transaction);
		if (transactions->log.inode)
			list_add_tail(&transactions->checkpoints, &transaction->link);
		else
			transaction_free(volume, transaction);
	} else {
		transactions_abort(volume, "a commit failed", error);
	}
	cache_wake(&transactions->waiters);
}

int32_t commit_run(struct volume *volume)
{
	struct transactions *transactions = &volume->transactions;
	struct commit commit = {.volume = volume, .transaction = transactions->running};
	int32_t error;

	timer_cancel(volume->runtime, &transactions->timer);
	transactions->closing = true;
	while (commit.transaction->handles > 0)
		fiber_wait(volume->runtime);
	error = transactions->error ? POSIX_EROFS : lists_make(&commit);
	if (error) {
		transactions_abort(volume, "a commit has no memory", error);
	} else {
		write_begin(&commit.batch, &volume->cache);
		error = close_transaction(&commit);
		if (!error)
			error = transactions->log.inode ? log_write(&commit) : home_write(&commit);
		commit_end(&commit, error);
	}
	runtime_free(volume->runtime, commit.blocks);
	runtime_free(volume->runtime, commit.data);
	return error;
}

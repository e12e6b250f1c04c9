/*
 * Bringing home what lies in the log only, and the fiber that commits. Where
 * the running transaction has changed a block again, that stays in the log until
 * the next commit has taken it over.
 */
#include <drydock/posix.h>

#include "transaction.h"
#include "volume.h"

#define BLOCKS_AT_ONCE             1024u
#define COPY_PIECE                 (1u << 20)
#define TRANSACTION_BLOCKS_MAXIMUM 1024u

/* ---- checkpoints -------------------------------------------------------------------- */

static bool can_go_home(const struct buffer *buffer)
{
	return !buffer->owner && !buffer->committing && !buffer->writing;
}

/* Collects blocks from the oldest transaction on; all of them are at most BLOCKS_AT_ONCE. */
static uint32_t collect(const struct transactions *transactions, struct buffer **blocks)
{
	uint32_t count = 0;

	list_for_each(link, &transactions->checkpoints) {
		struct transaction *transaction = list_entry(link, struct transaction, link);

		list_for_each(block_link, &transaction->logged) {
			struct buffer *buffer = list_entry(block_link, struct buffer, logged_link);

			if (!can_go_home(buffer))
				continue;
			if (count == BLOCKS_AT_ONCE)
				return count;
			blocks[count++] = buffer;
		}
	}
	return count;
}

/* Writes some blocks home; *count is how many. What a handle or a commit takes meanwhile waits for the write. */
static int32_t bring_home(struct volume *volume, struct buffer **blocks, uint32_t *count)
{
	struct write_batch batch;
	int32_t error;

	*count = collect(&volume->transactions, blocks);
	write_begin(&batch, &volume->cache);
	write_buffers(&batch, blocks, *count);
	error = write_end(&batch);
	for (uint32_t i = 0; !error && i < *count; i++) {
		list_remove(&blocks[i]->logged_link);
		blocks[i]->logged = NULL;
		cache_put(&volume->cache, blocks[i]);
	}
	return error;
}

/* The log begins with the oldest transaction of which anything is left. */
static int32_t tail_move(struct volume *volume)
{
	struct transactions *transactions = &volume->transactions;
	struct journal_log *log = &transactions->log;
	const uint32_t size = log->end - log->first, old = log->tail;
	uint32_t start = log->head, sequence = transactions->committed + 1;
	int32_t error;

	while (!list_empty(&transactions->checkpoints)) {
		struct transaction *oldest =
			list_entry(transactions->checkpoints.next, struct transaction, link);

		if (!list_empty(&oldest->logged)) {
			start = oldest->log_start;
			sequence = oldest->sequence;
			break;
		}
		list_remove(&oldest->link);
		transaction_free(volume, oldest);
	}
	if (start == old && !list_empty(&transactions->checkpoints))
		return 0;
	/* What was brought home has to be durable before the log forgets it. */
	error = write_flush(&volume->cache);
	if (!error)
		error = journal_log_begin_at(volume, log, sequence,
		                             list_empty(&transactions->checkpoints) ? 0 : start);
	if (error)
		return error;
	log->used = list_empty(&transactions->checkpoints) ? 0 : log->used - (start + size - old) % size;
	log->tail = start;
	return 0;
}

int32_t checkpoint_run(struct volume *volume)
{
	struct buffer **blocks = runtime_allocate(volume->runtime, BLOCKS_AT_ONCE * sizeof(struct buffer *));
	uint32_t count = 1;
	int32_t error = blocks ? 0 : POSIX_ENOMEM;

	while (!error && count > 0)
		error = bring_home(volume, blocks, &count);
	if (!error)
		error = tail_move(volume);
	runtime_free(volume->runtime, blocks);
	if (error)
		transactions_abort(volume, "the journal cannot be emptied", error);
	cache_wake(&volume->transactions.waiters);
	return error;
}

/* ---- the fiber ----------------------------------------------------------------------- */

/* Where less of the log is free than this, it is emptied without anybody's having to wait for it. */
static bool log_is_short(const struct transactions *transactions)
{
	return transactions->log.inode &&
	       journal_log_room(&transactions->log) < (transactions->log.end - transactions->log.first) / 2;
}

static void run(void *argument)
{
	struct volume *volume = argument;
	struct transactions *transactions = &volume->transactions;

	transactions->fiber = fiber_current(volume->runtime);
	while (!transactions->error) {
		if (transactions->running && (transactions->commit_wanted || transactions->ending)) {
			transactions->commit_wanted = false;
			commit_run(volume);
		} else if (transactions->log.inode &&
		           (transactions->checkpoint_wanted || log_is_short(transactions) ||
		            (transactions->ending && transactions->log.used > 0))) {
			transactions->checkpoint_wanted = false;
			checkpoint_run(volume);
			/* What the running transaction holds back goes home after its commit. */
			if (log_is_short(transactions))
				transactions->commit_wanted = true;
		} else if (transactions->ending) {
			break;
		} else {
			transactions->commit_wanted = transactions->commit_wanted && transactions->running;
			fiber_wait(volume->runtime);
		}
	}
	transactions->active = false;
	transactions->fiber = NULL;
	cache_wake(&transactions->waiters);
}

/* ---- the beginning and the end ----------------------------------------------------------- */

/* A piece of the device's memory. */
struct copy_piece {
	struct list link;
	uint8_t *data;
	size_t size;
};

static void copies_free(struct volume *volume)
{
	struct transactions *transactions = &volume->transactions;

	list_for_each(link, &transactions->copy_pieces) {
		struct copy_piece *piece = list_entry(link, struct copy_piece, link);

		list_remove(link);
		device_free(&volume->disk->device, piece->data, piece->size);
		runtime_free(volume->runtime, piece);
	}
	runtime_free(volume->runtime, transactions->copies);
	transactions->copies = NULL;
}

/* Memory for all that one transaction can put into the log. */
static int32_t copies_make(struct volume *volume)
{
	struct transactions *transactions = &volume->transactions;
	const uint32_t in_piece = COPY_PIECE / volume->block_size;

	transactions->copies =
		runtime_allocate(volume->runtime, transactions->copy_count * sizeof(transactions->copies[0]));
	if (!transactions->copies)
		return POSIX_ENOMEM;
	for (uint32_t at = 0; at < transactions->copy_count; at += in_piece) {
		struct copy_piece *piece = runtime_allocate(volume->runtime, sizeof(*piece));

		if (!piece)
			return POSIX_ENOMEM;
		piece->size = COPY_PIECE;
		piece->data = device_allocate(&volume->disk->device, piece->size);
		if (!piece->data) {
			runtime_free(volume->runtime, piece);
			return POSIX_ENOMEM;
		}
		list_add_tail(&transactions->copy_pieces, &piece->link);
		for (uint32_t i = 0; i < in_piece && at + i < transactions->copy_count; i++)
			transactions->copies[at + i] = piece->data + (size_t)i * volume->block_size;
	}
	return 0;
}

/* How large a transaction may be: a quarter of the log, so that three of them never fill it, and of the cache. */
static int32_t limits_set(struct volume *volume)
{
	struct transactions *transactions = &volume->transactions;
	const struct journal_log *log = &transactions->log;
	uint32_t maximum = volume->cache.limit / 4;

	transactions->data_maximum = maximum;
	if (log->inode && maximum > (log->end - log->first) / 4)
		maximum = (log->end - log->first) / 4;
	if (maximum > TRANSACTION_BLOCKS_MAXIMUM)
		maximum = TRANSACTION_BLOCKS_MAXIMUM;
	transactions->maximum = maximum;
	if (maximum < 2 * HANDLE_BLOCKS_MAXIMUM)
		return POSIX_EINVAL;
	/* Every block that is revoked is one that was changed; and a commit block. */
	if (log->inode)
		transactions->copy_count = maximum + maximum / journal_log_tags(volume, log) +
		                           maximum / journal_log_revocations(volume, log) + 3;
	return 0;
}

int32_t transactions_begin(struct volume *volume)
{
	struct transactions *transactions = &volume->transactions;
	enum error failed;
	int32_t error;

	list_init(&transactions->checkpoints);
	list_init(&transactions->waiters);
	list_init(&transactions->copy_pieces);
	transactions->sequence = transactions->log.inode ? big32(transactions->log.superblock.sequence) : 1;
	transactions->committed = transactions->sequence - 1;
	error = limits_set(volume);
	if (error) {
		log_print(volume->runtime, LOG_WARNING, "%s: the journal is too small to be written",
		          volume->disk->name);
		return error;
	}
	error = transactions->log.inode ? copies_make(volume) : 0;
	failed = error ? E_OK : fiber_start(volume->runtime, run, volume);
	if (error || failed) {
		copies_free(volume);
		return POSIX_ENOMEM;
	}
	transactions->active = true;
	return 0;
}

int32_t transactions_end(struct volume *volume)
{
	struct transactions *transactions = &volume->transactions;

	transactions->ending = true;
	while (transactions->active) {
		if (transactions->fiber)
			fiber_wake(transactions->fiber);
		cache_wait(&volume->cache, &transactions->waiters);
	}
	timer_cancel(volume->runtime, &transactions->timer);
	/* Only after an error is anything left of them. */
	list_for_each(link, &transactions->checkpoints) {
		list_remove(link);
		transaction_free(volume, list_entry(link, struct transaction, link));
	}
	if (transactions->running)
		transaction_free(volume, transactions->running);
	if (transactions->committing)
		transaction_free(volume, transactions->committing);
	transactions->running = transactions->committing = NULL;
	while (volume->cache.requests > 0)
		cache_wait(&volume->cache, &volume->cache.room_waiters);
	copies_free(volume);
	return transactions->error;
}

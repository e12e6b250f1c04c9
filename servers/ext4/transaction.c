/* Handles, and what belongs to a transaction: see transaction.h. */
#include "transaction.h"

#include <drydock/posix.h>
#include <drydock/string.h>

#include "volume.h"

#define COMMIT_INTERVAL 5000000000ull /* nanoseconds that a change waits at most, as on Linux */

/* ---- the running transaction -------------------------------------------------------- */

static void timer_fired(struct timer *timer, void *context)
{
	struct transactions *transactions = context;

	(void)timer;
	transactions->commit_wanted = true;
	if (transactions->fiber)
		fiber_wake(transactions->fiber);
}

static struct transaction *transaction_make(struct volume *volume)
{
	struct transactions *transactions = &volume->transactions;
	struct transaction *transaction = runtime_allocate(volume->runtime, sizeof(*transaction));

	if (!transaction)
		return NULL;
	list_init(&transaction->link);
	list_init(&transaction->blocks);
	list_init(&transaction->data);
	list_init(&transaction->logged);
	transaction->sequence = transactions->sequence++;
	transactions->timer.fire = timer_fired;
	transactions->timer.context = transactions;
	timer_set(volume->runtime, &transactions->timer, runtime_time(volume->runtime) + COMMIT_INTERVAL);
	return transaction;
}

void transaction_strip(struct volume *volume, struct transaction *transaction)
{
	while (transaction->freed) {
		struct freed_group *freed = transaction->freed;

		transaction->freed = freed->next;
		runtime_free(volume->runtime, freed);
	}
	block_table_end(&transaction->revoked, volume->runtime);
}

void transaction_free(struct volume *volume, struct transaction *transaction)
{
	transaction_strip(volume, transaction);
	runtime_free(volume->runtime, transaction);
}

/* ---- handles --------------------------------------------------------------------------- */

static void want(struct transactions *transactions, bool *what)
{
	*what = true;
	if (transactions->fiber)
		fiber_wake(transactions->fiber);
}

/* Whether a handle can join the running transaction, which is made where there is none; else what is wanted for it. */
static bool join(struct volume *volume, uint32_t blocks, uint32_t data, int32_t *error)
{
	struct transactions *transactions = &volume->transactions;
	struct transaction *running = transactions->running;

	if (transactions->closing)
		return false;
	if (!running && transactions->log.inode &&
	    journal_log_room(&transactions->log) < transactions->copy_count) {
		want(transactions, &transactions->checkpoint_wanted);
		return false;
	}
	if (!running) {
		running = transactions->running = transaction_make(volume);
		if (!running) {
			*error = POSIX_ENOMEM;
			return false;
		}
	}
	if (running->reserved + blocks > transactions->maximum ||
	    running->data_reserved + data > transactions->data_maximum) {
		want(transactions, &transactions->commit_wanted);
		return false;
	}
	return true;
}

int32_t handle_begin(struct volume *volume, uint32_t blocks, uint32_t data, struct handle *handle)
{
	struct transactions *transactions = &volume->transactions;
	int32_t error = 0;

	*handle = (struct handle){.volume = volume, .blocks = blocks, .data = data};
	if (!volume->writable)
		return POSIX_EROFS;
	while (!transactions->error && !join(volume, blocks, data, &error)) {
		if (error)
			return error;
		cache_wait(&volume->cache, &transactions->waiters);
	}
	if (transactions->error)
		return POSIX_EROFS;
	handle->transaction = transactions->running;
	handle->transaction->handles++;
	handle->transaction->reserved += blocks;
	handle->transaction->data_reserved += data;
	return 0;
}

void handle_end(struct handle *handle)
{
	struct transactions *transactions = &handle->volume->transactions;
	struct transaction *transaction = handle->transaction;

	if (!transaction)
		return;
	transaction->reserved -= handle->blocks;
	transaction->data_reserved -= handle->data;
	transaction->handles--;
	if (transaction->handles == 0 && transactions->closing)
		fiber_wake(transactions->fiber);
	cache_wake(&transactions->waiters);
	handle->transaction = NULL;
}

/* ---- changes ------------------------------------------------------------------------------ */

/* One more block, of those that `left` counts. */
static int32_t charge(struct handle *handle, uint32_t *left)
{
	if (*left == 0) {
		transactions_abort(handle->volume, "a change was larger than was said", POSIX_EIO);
		return POSIX_EIO;
	}
	(*left)--;
	return 0;
}

static void own(struct transaction *transaction, struct buffer *buffer, struct list *list, uint32_t *count)
{
	cache_pin(buffer);
	buffer->owner = transaction;
	buffer->forgotten = false;
	list_add_tail(list, &buffer->owner_link);
	(*count)++;
}

static void disown(struct volume *volume, struct buffer *buffer, uint32_t *count)
{
	list_remove(&buffer->owner_link);
	buffer->owner = NULL;
	buffer->is_data = false;
	(*count)--;
	cache_put(&volume->cache, buffer);
}

int32_t handle_change(struct handle *handle, struct buffer *buffer)
{
	struct transaction *transaction = handle->transaction;
	int32_t error;

	cache_settle(&handle->volume->cache, buffer);
	if (buffer->owner && !buffer->is_data)
		return 0;
	error = charge(handle, &handle->blocks);
	if (error)
		return error;
	if (buffer->owner)
		disown(handle->volume, buffer, &transaction->data_count);
	own(transaction, buffer, &transaction->blocks, &transaction->block_count);
	return 0;
}

int32_t handle_change_data(struct handle *handle, struct buffer *buffer)
{
	struct transaction *transaction = handle->transaction;
	int32_t error;

	cache_settle(&handle->volume->cache, buffer);
	if (buffer->owner)
		return 0;
	error = charge(handle, &handle->data);
	if (error)
		return error;
	own(transaction, buffer, &transaction->data, &transaction->data_count);
	buffer->is_data = true;
	return 0;
}

/* A block of metadata goes on being kept as it is in the log, until it is durable that it was freed. */
static int32_t forget_metadata(struct handle *handle, struct buffer *buffer)
{
	int32_t error = 0;

	if (!buffer->owner)
		error = handle_change(handle, buffer);
	if (!error)
		buffer->forgotten = true;
	return error;
}

int32_t handle_forget(struct handle *handle, uint64_t block, bool metadata)
{
	struct volume *volume = handle->volume;
	struct buffer *buffer = cache_find(&volume->cache, block);
	int32_t error = 0;

	if (buffer && buffer->owner && buffer->is_data)
		disown(volume, buffer, &handle->transaction->data_count);
	else if (buffer && (buffer->owner || buffer->committing || buffer->logged))
		error = forget_metadata(handle, buffer);
	if (!error && metadata && volume->transactions.log.inode &&
	    !block_table_make(&handle->transaction->revoked, volume->runtime, block)) {
		error = POSIX_ENOMEM;
		transactions_abort(volume, "there is no memory for a revocation", error);
	}
	cache_put(&volume->cache, buffer);
	return error;
}

/* ---- blocks that were freed ------------------------------------------------------------------ */

static struct freed_group *freed_find(const struct transaction *transaction, uint64_t group)
{
	struct freed_group *freed = transaction ? transaction->freed : NULL;

	while (freed && freed->group != group)
		freed = freed->next;
	return freed;
}

int32_t handle_freed(struct handle *handle, uint64_t group, uint32_t first, uint32_t count)
{
	struct volume *volume = handle->volume;
	struct freed_group *freed = freed_find(handle->transaction, group);

	if (!freed) {
		freed = runtime_allocate(volume->runtime, sizeof(*freed) + volume->block_size);
		if (!freed)
			return POSIX_ENOMEM;
		freed->group = group;
		freed->next = handle->transaction->freed;
		handle->transaction->freed = freed;
	}
	for (uint32_t bit = first; bit < first + count; bit++)
		freed->bits[bit / 8] |= (uint8_t)(1u << bit % 8);
	return 0;
}

static bool is_freed(const struct transaction *transaction, uint64_t group, uint32_t bit)
{
	const struct freed_group *freed = freed_find(transaction, group);

	return freed && freed->bits[bit / 8] & 1u << bit % 8;
}

bool transactions_freed(const struct transactions *transactions, uint64_t group, uint32_t bit)
{
	return is_freed(transactions->running, group, bit) || is_freed(transactions->committing, group, bit);
}

/* ---- all of them ------------------------------------------------------------------------------- */

int32_t transactions_commit(struct volume *volume)
{
	struct transactions *transactions = &volume->transactions;
	uint32_t wanted;

	if (!volume->writable)
		return transactions->error || transactions->ending ? POSIX_EROFS : 0;
	wanted = transactions->sequence - 1;
	if (transactions->running)
		want(transactions, &transactions->commit_wanted);
	/* Sequences go round. */
	while (!transactions->error && (int32_t)(transactions->committed - wanted) < 0)
		cache_wait(&volume->cache, &transactions->waiters);
	return transactions->error ? POSIX_EROFS : 0;
}

void transactions_abort(struct volume *volume, const char *why, int32_t error)
{
	struct transactions *transactions = &volume->transactions;

	if (!transactions->error)
		log_print(volume->runtime, LOG_ERROR,
		          "%s: %s (error %d): it is read-only from now on, and what was not synced is lost",
		          volume->disk->name, why, (int)error);
	transactions->error = error;
	cache_wake(&transactions->waiters);
	if (transactions->fiber)
		fiber_wake(transactions->fiber);
}

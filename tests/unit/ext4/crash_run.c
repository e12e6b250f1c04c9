/* A run to be cut short: see crash_run.h. */
#include "crash_run.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "crash_work.h"
#include "image.h"
#include "record.h"
#include "servers/ext4/volume.h"

#define SEQUENCES 1024u /* that are remembered, by their last bits */

/* The one that is being made. */
static struct {
	struct run *run;
	struct pier *pier;
	struct fiber *waiter;
	uint64_t seed;
	uint32_t turns, clock, working;
	bool has_split[SEQUENCES], has_part[SEQUENCES]; /* transactions */
	bool in_checkpoint, in_tail;
} making;

const char *run_directory(char *path, uint32_t client)
{
	snprintf(path, 16, "c%u", client);
	return path;
}

/* ---- what the server is about ------------------------------------------------------------- */

/* Whether a write is of a block that lies in the log already. */
static bool goes_home(const struct volume *volume, const struct disk_request *request)
{
	struct cache *cache = (struct cache *)&volume->cache;
	struct buffer *buffer = cache_find(cache, request->offset / cache->block_size);
	const bool is = buffer && buffer->logged;

	cache_put(cache, buffer);
	return is;
}

/* The journal's superblock is the one thing that is written with FUA while nothing is committed. */
static void checkpoint_follow(const struct volume *volume, const struct disk_request *request)
{
	if (request->operation == DISK_FLUSH && !making.in_checkpoint)
		making.in_tail = false;
	if (request->operation != DISK_WRITE)
		return;
	if (goes_home(volume, request)) {
		making.in_checkpoint = true;
		making.in_tail = false;
	} else if (making.in_checkpoint && request->flags & DISK_FUA && !volume->transactions.committing) {
		making.in_checkpoint = false;
		making.in_tail = true;
	}
}

/* What goes on while `request` ends. */
static uint32_t stages_find(const struct volume *volume, const struct disk_request *request)
{
	const struct transactions *transactions = &volume->transactions;
	const struct transaction *committing = transactions->committing;
	uint32_t stages = making.in_tail ? STAGE_TAIL : 0;

	checkpoint_follow(volume, request);
	stages |= making.in_checkpoint ? STAGE_CHECKPOINT : 0;
	stages |= making.has_part[transactions->committed % SEQUENCES] ? STAGE_SHORTEN : 0;
	if (!committing || !transactions->log.inode)
		return stages;
	stages |= STAGE_COMMIT;
	stages |= transactions->log.head < committing->log_start ? STAGE_WRAP : 0;
	stages |= committing->revoked.count > 0 ? STAGE_REVOKE : 0;
	return stages | (making.has_split[committing->sequence % SEQUENCES] ? STAGE_SPLIT : 0);
}

static void observe(const struct disk_request *request)
{
	const struct volume *volume = pier_volume();

	record_request(request, volume->writable ? stages_find(volume, request) : 0);
}

/* Of the transaction that an operation joins next. */
static uint32_t sequence_now(void)
{
	const struct transactions *transactions = &pier_volume()->transactions;

	return transactions->running ? transactions->running->sequence : transactions->sequence;
}

/* ---- operations -------------------------------------------------------------------------------- */

/* A new mark, the last one's to be changed. */
static struct run_mark *mark_make(void)
{
	struct run *run = making.run;
	struct run_mark *mark = &run->marks[run->mark_count];

	if (run->mark_count > 0)
		*mark = mark[-1];
	record_mark(run->mark_count++);
	return mark;
}

/* Sequences that were next when each client's operation began. */
static uint32_t sequences[RUN_CLIENTS];

static void operation_begin(struct worker *worker)
{
	const uint32_t number = worker->client->operations + 1;

	ck_assert_uint_le(number, RUN_OPERATIONS);
	worker->client->begun[number] = ++making.clock;
	sequences[worker->number] = sequence_now();
	mark_make()->begun[worker->number] = number;
}

static void operation_end(struct worker *worker, enum work_result result)
{
	struct run_client *client = worker->client;
	const uint32_t number = client->operations + 1;
	char path[16];

	client->ended[number] = ++making.clock;
	if (result == WORK_SPLIT && sequences[worker->number] == sequence_now())
		making.has_split[sequence_now() % SEQUENCES] = true;
	for (uint32_t i = sequences[worker->number]; result == WORK_SHORTENED && i != sequence_now(); i++)
		making.has_part[i % SEQUENCES] = true;
	digest_tree(worker->pier, run_directory(path, worker->number), &client->digests[number]);
	client->operations = number;
}

/* What all had done by the beginning of it is safe. */
static void sync_all(struct worker *worker)
{
	uint32_t done[RUN_CLIENTS];
	struct run_mark *mark;

	for (uint32_t i = 0; i < RUN_CLIENTS; i++)
		done[i] = making.run->clients[i].operations;
	ck_assert_int_eq(fs_sync_all(worker->pier->client), 0);
	mark = mark_make();
	for (uint32_t i = 0; i < RUN_CLIENTS; i++)
		mark->safe[i] = mark->safe[i] > done[i] ? mark->safe[i] : done[i];
}

/* What this client has done is safe: it is all there is of the node's history and its directory's. */
static void sync_one(struct worker *worker)
{
	struct fs_attributes found;
	char path[16];

	ck_assert_int_eq(fs_lookup(worker->pier->client, FS_ROOT, run_directory(path, worker->number),
	                           (uint32_t)strlen(run_directory(path, worker->number)), &found),
	                 0);
	ck_assert_int_eq(fs_sync(worker->pier->client, found.node), 0);
	mark_make()->safe[worker->number] = worker->client->operations;
	ck_assert_int_eq(fs_forget(worker->pier->client, found.node, 1), 0);
}

static void work(void *argument)
{
	struct worker *worker = argument;

	/* Room for the longest turn. */
	for (uint32_t i = 0; i < making.turns && worker->client->operations + 30 < RUN_OPERATIONS; i++) {
		const uint32_t chance = work_chance(worker, 8);

		if (chance < 3)
			work_turn_beside(worker);
		else
			work_turn(worker);
		if (chance == 3)
			sync_all(worker);
		else if (chance == 4)
			sync_one(worker);
	}
	if (--making.working == 0)
		fiber_wake(making.waiter);
}

/* ---- the run -------------------------------------------------------------------------------------- */

static void body(struct pier *pier, void *context)
{
	static struct worker workers[RUN_CLIENTS];
	struct run *run = context;
	uint32_t committed;
	char path[16];

	making.waiter = fiber_current(pier->runtime);
	making.working = RUN_CLIENTS;
	for (uint32_t i = 0; i < RUN_CLIENTS; i++)
		digest_tree(pier, run_directory(path, i), &run->clients[i].digests[0]);
	committed = pier_volume()->transactions.committed;
	run->first = record_count();
	mark_make();
	for (uint32_t i = 0; i < RUN_CLIENTS; i++) {
		workers[i] = (struct worker){
			.pier = pier,
			.client = &run->clients[i],
			.number = i,
			.random = making.seed * RUN_CLIENTS + i + 1,
			.begin = operation_begin,
			.end = operation_end,
		};
		ck_assert_int_eq(fiber_start(pier->runtime, work, &workers[i]), E_OK);
	}
	while (making.working > 0)
		fiber_wait(pier->runtime);
	run->transactions = pier_volume()->transactions.committed - committed;
}

static void prepare(struct pier *pier, void *context)
{
	(void)context;
	work_prepare(pier);
}

static void image_read(struct run *run, const char *path)
{
	FILE *file = fopen(path, "rb");

	ck_assert_ptr_nonnull(file);
	fseek(file, 0, SEEK_END);
	run->size = (uint64_t)ftell(file);
	rewind(file);
	run->image = malloc(run->size);
	ck_assert_uint_eq(fread(run->image, 1, run->size, file), run->size);
	fclose(file);
}

/* Nothing else has a copy of the journal's superblock: jbd2 relies on its being written whole. */
static void journal_keep_whole(void)
{
	char *text = image_output("debugfs -R 'bmap <8> 0' %s 2>/dev/null", image_path("image"));
	const uint64_t block = strtoull(text, NULL, 10);

	ck_assert_uint_gt(block, 0);
	record_keep_whole(block * RUN_BLOCK, (block + 1) * RUN_BLOCK);
	free(text);
}

struct run *run_make(const char *options, uint32_t turns, uint64_t seed)
{
	struct run *run = calloc(1, sizeof(*run));

	memset(&making, 0, sizeof(making));
	making.run = run;
	making.turns = turns;
	making.seed = seed;
	run->marks = calloc(4 * RUN_CLIENTS * RUN_OPERATIONS, sizeof(run->marks[0]));
	image_run(0, "rm -f %s && mke2fs -q -F %s %s 12M </dev/null", image_path("image"), options,
	          image_path("image"));
	pier_write(image_path("image"), "write=yes", 0, PIER_UNMOUNT, prepare, NULL);
	image_read(run, image_path("image"));
	journal_keep_whole();
	pier_observe = observe;
	pier_write(image_path("image"), "write=yes,cache=1M", seed, PIER_UNMOUNT, body, run);
	pier_observe = NULL;
	image_run(0, "e2fsck -fn %s", image_path("image"));
	/* At the very end the superblock is written without the journal, and its two sectors have to be one. */
	for (run->end = record_count() - 1; record_at(run->end)->offset != RUN_BLOCK; run->end--)
		;
	return run;
}

void run_free(struct run *run)
{
	record_clear();
	free(run->image);
	free(run->marks);
	free(run);
}

/* Judging states: see crash_judge.h. */
#include "crash_judge.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <drydock/posix.h>

#include "../dev/memory_device.h"
#include "image.h"
#include "record.h"
#include "servers/ext4/volume.h"
#include "twin.h"

#define CANDIDATES 32u

/* What one reader has found. */
struct found {
	struct tree_digest digests[RUN_CLIENTS];
	uint8_t *over[RUN_CLIENTS]; /* content of the files that are overwritten */
	bool is_torn; /* the superblock, or the log's last commit: others than we need it whole */
	unsigned deleted, shortened; /* orphans */
};

/* The state at hand, for messages. */
struct state {
	const struct run *run;
	uint32_t number;
	uint64_t seed;
	const struct run_mark *mark;
};

#define STATE_FORMAT           "record %u, loss %llu: "
#define STATE_ARGUMENTS(state) (state)->number, (unsigned long long)(state)->seed

/* In some states any sectors, and parts of them, are lost, in others whole blocks. */
static bool has_torn_blocks(const struct state *state)
{
	return state->seed & 2;
}

static void state_store(const struct state *state, const char *path)
{
	const struct run *run = state->run;
	FILE *file = fopen(path, "wb");
	uint8_t *image = malloc(run->size);

	ck_assert_ptr_nonnull(file);
	memcpy(image, run->image, run->size);
	record_apply(image, run->size, state->number, state->seed,
	             has_torn_blocks(state) ? RECORD_SECTOR : RUN_BLOCK);
	ck_assert_uint_eq(fwrite(image, 1, run->size, file), run->size);
	fclose(file);
	free(image);
}

/* ---- reading it -------------------------------------------------------------------------- */

/* What the server says about it. */
static void read_log(struct pier *pier, void *context)
{
	struct found *found = context;
	const char *orphans;

	pier_settle(pier);
	if (strstr(pier_console(), "the checksum of the superblock is wrong") ||
	    strstr(pier_console(), "a checksum of the journal's transaction"))
		found->is_torn = true;
	orphans = strstr(pier_console(), "orphans: ");
	if (orphans)
		ck_assert_int_eq(sscanf(orphans, "orphans: %u deleted, %u shortened", &found->deleted,
		                        &found->shortened),
		                 2);
}

static void look(struct pier *pier, void *context)
{
	struct found *found = context;
	struct fs_attributes over;
	char path[64], own[16];

	for (uint32_t i = 0; i < RUN_CLIENTS; i++) {
		digest_tree(pier, run_directory(own, i), &found->digests[i]);
		snprintf(path, sizeof(path), "%s/%s", own, RUN_NAME_OVER);
		ck_assert_int_eq(twin_find(pier, path, &over), 0);
		ck_assert_uint_eq(over.size, RUN_OVER * RUN_BLOCK);
		found->over[i] = pier_read(pier, &over, RUN_OVER * RUN_BLOCK);
	}
	read_log(pier, found);
}

static void found_free(struct found *found)
{
	for (uint32_t i = 0; i < RUN_CLIENTS; i++)
		free(found->over[i]);
}

/* Another reader has to have found the same; Linux notes a time where it ends a shortening. */
static void compare(const struct state *state, const char *who, const struct found *ours,
                    const struct found *theirs, bool with_times)
{
	for (uint32_t i = 0; i < RUN_CLIENTS; i++) {
		const struct tree_digest *our = &ours->digests[i], *their = &theirs->digests[i];

		ck_assert_msg(with_times ? our->whole == their->whole : our->timeless == their->timeless,
		              STATE_FORMAT "c%u is not the same after recovery by %s", STATE_ARGUMENTS(state),
		              i, who);
		ck_assert_msg(memcmp(ours->over[i], theirs->over[i], RUN_OVER * RUN_BLOCK) == 0,
		              STATE_FORMAT "c%u/" RUN_NAME_OVER " is not the same after recovery by %s",
		              STATE_ARGUMENTS(state), i, who);
	}
}

/* ---- against the run ------------------------------------------------------------------------ */

/* A shortening that recovery has ended notes the time once more, as Linux's does, when it ends by itself. */
static bool is_same(const struct found *found, uint32_t number, const struct tree_digest *digest)
{
	const struct tree_digest *ours = &found->digests[number];

	return found->shortened ? ours->timeless == digest->timeless : ours->whole == digest->whole;
}

/* After how many of its operations a client's tree was as it was found: all those that it can be. */
static uint32_t candidates_find(const struct state *state, uint32_t number, const struct found *found,
                                uint32_t candidates[CANDIDATES])
{
	const struct run_client *client = &state->run->clients[number];
	const uint32_t first = state->mark->safe[number], last = state->mark->begun[number];
	uint32_t count = 0;

	for (uint32_t i = first; i <= last && count < CANDIDATES; i++) {
		if (is_same(found, number, &client->digests[i]))
			candidates[count++] = i;
	}
	for (uint32_t i = 0; count == 0 && i <= client->operations; i++) {
		if (is_same(found, number, &client->digests[i]))
			ck_abort_msg(STATE_FORMAT "c%u is as after operation %u, not %u to %u",
			             STATE_ARGUMENTS(state), number, i, first, last);
	}
	ck_assert_msg(count > 0, STATE_FORMAT "c%u is as after no operation (%u to %u)",
	              STATE_ARGUMENTS(state), number, first, last);
	return count;
}

/* Whether there was an instant at which the clients had done so many operations each. */
static bool is_instant(const struct run *run, const uint32_t done[RUN_CLIENTS])
{
	for (uint32_t i = 0; i < RUN_CLIENTS; i++) {
		const struct run_client *client = &run->clients[i];

		for (uint32_t j = 0; j < RUN_CLIENTS; j++) {
			const struct run_client *other = &run->clients[j];

			/* One that is not there had ended before one began that is. */
			if (i != j && done[i] < client->operations && done[j] > 0 &&
			    client->ended[done[i] + 1] < other->begun[done[j]])
				return false;
		}
	}
	return true;
}

static bool instant_find(const struct state *state, const struct found *found, uint32_t done[RUN_CLIENTS])
{
	uint32_t candidates[RUN_CLIENTS][CANDIDATES], counts[RUN_CLIENTS], all = 1;

	for (uint32_t i = 0; i < RUN_CLIENTS; i++) {
		counts[i] = candidates_find(state, i, found, candidates[i]);
		all *= counts[i];
	}
	for (uint32_t choice = 0; choice < all; choice++) {
		uint32_t rest = choice;

		for (uint32_t i = 0; i < RUN_CLIENTS; i++) {
			done[i] = candidates[i][rest % counts[i]];
			rest /= counts[i];
		}
		if (is_instant(state->run, done))
			return true;
	}
	return false;
}

/* Each byte is what was written last when `done` operations were, or by one that came later. */
static void overwritten_check(const struct state *state, uint32_t number, uint32_t done,
                              const uint8_t *content)
{
	const struct run_client *client = &state->run->clients[number];

	for (uint32_t block = 0; block < RUN_OVER; block++) {
		bool may_be[256] = {[0] = true};

		for (uint32_t i = 0; i < client->overwrite_count; i++) {
			const struct overwrite *over = &client->overwrites[i];

			if (over->operation > state->mark->begun[number] || block < over->first ||
			    block >= over->first + over->count)
				continue;
			if (over->operation <= done)
				memset(may_be, 0, sizeof(may_be));
			may_be[over->version] = true;
		}
		for (uint32_t at = block * RUN_BLOCK; at < (block + 1) * RUN_BLOCK; at++) {
			if (!may_be[content[at]])
				ck_abort_msg(STATE_FORMAT
				             "c%u/" RUN_NAME_OVER
				             ", block %u, has version %u, which is not of operation "
				             "%u or later",
				             STATE_ARGUMENTS(state), number, block, content[at], done);
		}
	}
}

static void run_check(const struct state *state, const struct found *found, struct judge_counts *counts)
{
	uint32_t done[RUN_CLIENTS];
	bool is_later = false;

	ck_assert_msg(instant_find(state, found, done),
	              STATE_FORMAT "the clients' trees are as at no one instant", STATE_ARGUMENTS(state));
	for (uint32_t i = 0; i < RUN_CLIENTS; i++) {
		overwritten_check(state, i, done[i], found->over[i]);
		is_later = is_later || done[i] > state->mark->safe[i];
	}
	counts->later += is_later;
}

/* ---- three ways --------------------------------------------------------------------------------- */

/*
 * Our own mount loses its power, too, before all is recovered. It writes the
 * superblock, which is two sectors, while the journal is empty: these have to be one.
 */
static void interrupt(const struct state *state, const char *path, struct found *found)
{
	struct memory_disk_fault fault = {
		.operations = 1u << DISK_WRITE | 1u << DISK_FLUSH,
		.length = UINT64_MAX,
		.after = (uint32_t)(state->seed >> 8) % 12,
		.times = UINT32_MAX,
		.status = POSIX_EIO,
	};

	pier_fault = &fault;
	pier_whole = RUN_BLOCK;
	pier_write(path, "write=yes", state->seed, PIER_CRASH, read_log, found);
	pier_whole = 0;
	pier_fault = NULL;
}

/* e2fsck may replay the log, end what is orphaned, and correct sums; no more. */
static void by_e2fsck(const struct state *state, const char *path, const struct found *ours)
{
	static const char *const permitted[] = {"recovering journal",
	                                        "Clearing orphaned inode",
	                                        "Truncating orphaned inode",
	                                        "count wrong",
	                                        "could be shorter.  IGNORED",
	                                        "files (",
	                                        "clean,"};
	char *said = image_output(
		     "{ e2fsck -fp %s || test $? = 1; } && e2fsck -fn %s >%s.said 2>&1 || cat %s.said", path,
		     path, path, path),
	     *line, *rest;
	struct found found = {0};

	for (line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		bool is_permitted = false;

		for (unsigned i = 0; i < sizeof(permitted) / sizeof(permitted[0]); i++)
			is_permitted = is_permitted || strstr(line, permitted[i]);
		ck_assert_msg(is_permitted, STATE_FORMAT "e2fsck -fp says \"%s\"", STATE_ARGUMENTS(state),
		              line);
	}
	free(said);
	pier_run(path, "", 0, look, &found);
	compare(state, "e2fsck", ours, &found, true);
	found_free(&found);
}

/* Linux checks group descriptors before it replays, so that it refuses those that are torn. */
static void by_linux(const struct state *state, const char *path, const struct found *ours,
                     struct judge_counts *counts)
{
	char *said =
		image_output("unshare -m sh -c 'mount -o loop %s %s && umount %s' || echo it has refused",
	                     path, image_path("probe"), image_path("probe"));
	const bool refused = strstr(said, "it has refused") != NULL;
	struct found found = {0};

	ck_assert_msg(!refused || has_torn_blocks(state), STATE_FORMAT "Linux says \"%s\"",
	              STATE_ARGUMENTS(state), said);
	free(said);
	counts->refused += refused;
	counts->by_linux += !refused;
	if (refused)
		return;
	image_run(0, "e2fsck -fn %s", path);
	pier_run(path, "", 0, look, &found);
	compare(state, "Linux", ours, &found, ours->shortened == 0);
	found_free(&found);
}

bool judge_has_linux(void)
{
	char *said;
	bool has;

	if (geteuid() != 0)
		return false;
	said = image_output(
		"mkdir -p %s && unshare -m sh -c 'mount -o loop %s %s && umount %s' && echo yes; true",
		image_path("probe"), image_path("image"), image_path("probe"), image_path("probe"));
	has = strcmp(said, "yes") == 0;
	free(said);
	return has;
}

static void count_stages(const struct record *next, const struct found *found, struct judge_counts *counts)
{
	counts->states++;
	for (uint32_t i = 0; i < RUN_STAGES; i++)
		counts->stages[i] += next->stages >> i & 1;
	counts->orphans_deleted += found->deleted > 0;
	counts->orphans_shortened += found->shortened > 0;
}

void judge(const struct run *run, uint32_t number, uint64_t seed, unsigned worker, enum judges judges,
           struct judge_counts *counts)
{
	const struct state state = {run, number, seed, &run->marks[record_at(number)->mark]};
	char name[32], path[128], e2fsck[160], linux_path[160];
	struct found found = {0};

	snprintf(name, sizeof(name), "state-%u", worker);
	snprintf(path, sizeof(path), "%s", image_path(name));
	snprintf(e2fsck, sizeof(e2fsck), "%s.e2fsck", path);
	snprintf(linux_path, sizeof(linux_path), "%s.linux", path);
	state_store(&state, path);
	if (judges >= JUDGES_E2FSCK)
		state_store(&state, e2fsck);
	if (judges >= JUDGES_LINUX)
		state_store(&state, linux_path);
	if (seed % 5 == 4) {
		interrupt(&state, path, &found);
		counts->interrupted++;
	}
	pier_write(path, "write=yes", seed, PIER_UNMOUNT, look, &found);
	count_stages(record_at(number), &found, counts);
	run_check(&state, &found, counts);
	image_run(0, "e2fsck -fn %s", path);
	counts->torn += found.is_torn;
	if (judges >= JUDGES_E2FSCK && !found.is_torn)
		by_e2fsck(&state, e2fsck, &found);
	if (judges >= JUDGES_LINUX && !found.is_torn)
		by_linux(&state, linux_path, &found, counts);
	found_free(&found);
}

/*
 * Power failures. Runs of several clients at once are recorded, write by write
 * (crash_run.h); then states that a failure could have left are judged
 * (crash_judge.h), by as many processes as there are processors.
 *
 * DRYDOCK_CRASH_STATES says how many states there are, DRYDOCK_CRASH_SEED which;
 * by default some that take seconds. Ten thousand must have at least a hundred
 * of each kind. DRYDOCK_CRASH_RECORD and DRYDOCK_CRASH_LOSS judge one state
 * again: of the run of DRYDOCK_CRASH_SEED, the record and the loss that a failure names.
 * With DRYDOCK_CRASH_ALONE our recovery alone is judged, which is four times as fast.
 */
#include <check.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../dev/memory_device.h"
#include "crash_judge.h"
#include "image.h"
#include "record.h"

#define STATES_DEFAULT 60u
#define STATES_OF_RUN  100u /* at most */
#define STATES_LONG    10000u
#define STATES_OF_KIND 100u
#define TURNS          160u
#define WORKERS        16u

/* The same run each time. */
#define FIXED                                                                                        \
	"-U 6b4c8d1e-9a53-4f10-8f7d-2f60f0a1c3d7 -E hash_seed=11f2a5c3-70d1-4b6e-9d7a-0c5b8e3f4a21 " \
	"-N 900 -b 1024 -g 256 -J size=1 -t ext4"

static const char *const shapes[] = {FIXED, FIXED " -O ^metadata_csum,^64bit"};
#define SHAPES 2u

static const char *const stage_names[RUN_STAGES] = {"commit",     "wrap", "revoke",    "split",
                                                    "checkpoint", "tail", "shortening"};

/* In memory that all processes share: sums of all runs, one for each worker. */
static struct judge_counts *counted;

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static uint32_t states_wanted(void)
{
	return (uint32_t)number_from("DRYDOCK_CRASH_STATES", STATES_DEFAULT);
}

/* One for each shape at least, but for a single state. */
static uint32_t runs_wanted(void)
{
	const uint32_t runs = (states_wanted() + STATES_OF_RUN - 1) / STATES_OF_RUN;

	if (getenv("DRYDOCK_CRASH_RECORD"))
		return 1;
	return runs > SHAPES ? runs : SHAPES;
}

static unsigned workers_wanted(void)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < 1 ? 1 : processors > (long)WORKERS ? WORKERS : (unsigned)processors;
}

/* ---- which states ------------------------------------------------------------------------- */

/* A record of the stage, or any if none is. */
static uint32_t record_of(const struct run *run, uint32_t stage, uint64_t *random)
{
	uint32_t count = 0, pick;

	for (uint32_t i = run->first; i < run->end; i++)
		count += record_at(i)->stages >> stage & 1;
	if (count == 0)
		return run->first + (uint32_t)(memory_random(random) >> 16) % (run->end - run->first);
	pick = (uint32_t)(memory_random(random) >> 16) % count;
	for (uint32_t i = run->first;; i++) {
		if (record_at(i)->stages >> stage & 1 && pick-- == 0)
			return i;
	}
}

/* State `index` of `states`: of all records in turn with nothing lost, of any, of those of one stage. */
static void state_choose(const struct run *run, uint32_t index, uint32_t states, uint64_t seed,
                         uint32_t *record, uint64_t *loss)
{
	uint64_t random = seed * 1000003 + index + 1;
	const uint32_t kind = index % (RUN_STAGES + 2);

	memory_random(&random);
	*loss = memory_random(&random) >> 20 | 1;
	if (kind < RUN_STAGES)
		*record = record_of(run, kind, &random);
	else
		*record = run->first + (uint32_t)((uint64_t)index * (run->end - run->first) / states);
	if (kind == RUN_STAGES)
		*loss = 0;
}

static void states_judge(const struct run *run, unsigned worker, unsigned workers, uint32_t states,
                         uint64_t seed)
{
	const enum judges judges = getenv("DRYDOCK_CRASH_ALONE") ? JUDGES_WE
	                           : judge_has_linux()           ? JUDGES_LINUX
	                                                         : JUDGES_E2FSCK;
	const char *only = getenv("DRYDOCK_CRASH_RECORD");
	uint32_t record;
	uint64_t loss;

	if (only) {
		judge(run, (uint32_t)strtoul(only, NULL, 10), number_from("DRYDOCK_CRASH_LOSS", 0), 0, judges,
		      &counted[worker]);
		return;
	}
	for (uint32_t i = worker; i < states; i += workers) {
		state_choose(run, i, states, seed, &record, &loss);
		judge(run, record, loss, worker, judges, &counted[worker]);
	}
}

/* ---- the runs -------------------------------------------------------------------------------- */

static void workers_run(const struct run *run, uint32_t states, uint64_t seed)
{
	const unsigned workers = getenv("DRYDOCK_CRASH_RECORD") ? 1 : workers_wanted();
	pid_t children[WORKERS];
	bool failed = false;
	int status;

	fflush(stdout);
	for (unsigned i = 0; i < workers; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i] == 0) {
			states_judge(run, i, workers, states, seed);
			_exit(EXIT_SUCCESS);
		}
	}
	for (unsigned left = workers; left > 0 && !failed; left--) {
		const pid_t child = wait(&status);

		for (unsigned i = 0; i < workers; i++)
			children[i] = children[i] == child ? 0 : children[i];
		failed = !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS;
	}
	if (!failed)
		return;
	/* What it was has been told by the child, where libcheck looks for it. */
	for (unsigned i = 0; i < workers; i++) {
		if (children[i])
			kill(children[i], SIGKILL);
	}
	_exit(EXIT_FAILURE);
}

START_TEST(any_state_is_one_that_there_was)
{
	const uint32_t runs = runs_wanted();
	const uint32_t states = (states_wanted() + runs - 1) / runs;
	const uint64_t seed = number_from("DRYDOCK_CRASH_SEED", 1) + (uint64_t)_i;
	struct run *run = run_make(shapes[seed % SHAPES], TURNS, seed);
	uint32_t operations = 0;

	for (uint32_t i = 0; i < RUN_CLIENTS; i++)
		operations += run->clients[i].operations;
	printf("# seed %llu: %u operations in %u transactions, %u writes and flushes, %u states\n",
	       (unsigned long long)seed, operations, run->transactions, run->end - run->first, states);
	workers_run(run, states, seed);
	run_free(run);
}
END_TEST

/* ---- sums ---------------------------------------------------------------------------------------- */

static struct judge_counts sum_up(void)
{
	struct judge_counts sum = {0};

	for (unsigned i = 0; i < WORKERS; i++) {
		for (size_t at = 0; at < sizeof(sum) / sizeof(uint32_t); at++)
			((uint32_t *)&sum)[at] += ((const uint32_t *)&counted[i])[at];
	}
	return sum;
}

/* Whether there were enough of each kind. */
static bool report(void)
{
	const struct judge_counts sum = sum_up();
	bool enough = true;

	printf("# %u states:", sum.states);
	for (uint32_t i = 0; i < RUN_STAGES; i++) {
		printf(" %u in a %s,", sum.stages[i], stage_names[i]);
		enough = enough && sum.stages[i] >= STATES_OF_KIND;
	}
	printf(" %u with orphans to be deleted, %u to be shortened; %u with more than was synced; %u recovered twice; "
	       "%u by Linux, and %u that it refused; %u torn\n",
	       sum.orphans_deleted, sum.orphans_shortened, sum.later, sum.interrupted, sum.by_linux,
	       sum.refused, sum.torn);
	enough = enough && sum.orphans_deleted >= STATES_OF_KIND && sum.orphans_shortened >= STATES_OF_KIND;
	if (!enough && sum.states >= STATES_LONG)
		printf("# there are kinds of states of which there are less than %u\n", STATES_OF_KIND);
	return enough || sum.states < STATES_LONG;
}

int main(void)
{
	Suite *suite = suite_create("ext4-crash");
	TCase *tcase = tcase_create("ext4-crash");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	counted = mmap(NULL, WORKERS * sizeof(*counted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	               -1, 0);
	if (counted == MAP_FAILED)
		return EXIT_FAILURE;
	/* Images come and go by the thousand: their memory need not be the system's each time. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	tcase_set_timeout(tcase, 0);
	tcase_add_loop_test(tcase, any_state_is_one_that_there_was, 0, (int)runs_wanted());
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 && report() ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * Judges what a power failure has left of a run (crash_run.h): the state is
 * mounted and unmounted by us, recovered by e2fsck -fp, and mounted by Linux
 * where that is permitted; all trees must be alike, such as the clients had them
 * at one instant between the last that was synced and the last begun, and
 * e2fsck -fn must find nothing afterwards.
 */
#ifndef DRYDOCK_TESTS_EXT4_CRASH_JUDGE_H
#define DRYDOCK_TESTS_EXT4_CRASH_JUDGE_H

#include "crash_run.h"

/* Who recovers a state; each with those before. */
enum judges { JUDGES_WE, JUDGES_E2FSCK, JUDGES_LINUX };

struct judge_counts {
	uint32_t states;
	uint32_t stages[RUN_STAGES];                 /* in which the power failed */
	uint32_t orphans_deleted, orphans_shortened; /* states in which recovery had some */
	uint32_t later;                              /* states with more than was synced */
	uint32_t interrupted;                        /* states whose recovery by us was cut short first */
	uint32_t torn; /* states that we alone can mount: the superblock or the last commit is torn */
	uint32_t by_linux, refused; /* that Linux has mounted, or not, since a block is torn */
};

/*
 * The state in which the power fails just before record `number` ends; `seed`
 * says what is lost, 0: nothing that had ended. `worker` names the files that
 * are used.
 */
void judge(const struct run *run, uint32_t number, uint64_t seed, unsigned worker, enum judges judges,
           struct judge_counts *counts);

/* Whether Linux mounts an image here: for root, where there are loop devices. */
bool judge_has_linux(void);

#endif

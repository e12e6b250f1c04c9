/*
 * A self-test of a disk (drydock/dev/block.h), for whoever brings up a machine
 * or writes a driver: patterns all over a range with many requests in flight,
 * flush, discard, what must be refused. It destroys what is in the range; of a
 * read-only disk it only reads.
 */
#ifndef DRYDOCK_APPS_DISKTEST_H
#define DRYDOCK_APPS_DISKTEST_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/dev/block.h>

#define DISKTEST_SLOTS    64u         /* requests in flight at most */
#define DISKTEST_CHUNK    (16u << 10) /* bytes of a request at most */
#define DISKTEST_SEGMENTS 4u          /* of a request at most */
#define DISKTEST_TEXT     160         /* bytes of a report, with the NUL */

struct disktest_options {
	uint64_t offset; /* bytes, and how many from there; multiples of the disk's block size */
	uint64_t length;
	uint64_t seed;   /* of the patterns */
	/* Sleeps until the device may have something: device_arm has said that it has nothing now. */
	void (*wait)(void *context);
	/* A request has ended: who sleeps may go on. NULL where nobody else polls the device. */
	void (*ended)(void *context);
	/* One line for each step: its name, whether it passed, and why not or what it did. */
	void (*report)(void *context, const char *step, bool passed, const char *text);
	void *context;
};

/* One request, which the disk has or which is free. */
struct disktest_slot {
	struct disk_request request;
	struct device_segment segments[DISKTEST_SEGMENTS];
	struct disktest *test;
	uint8_t *data;
	uint32_t ends;  /* how often it has ended since it was submitted */
	bool busy;
	bool verify;    /* the pattern is to be found in it when it has ended */
};

struct disktest {
	struct disk *disk;
	const struct disktest_options *options;
	struct disktest_slot slots[DISKTEST_SLOTS];
	uint8_t *memory;
	uint32_t chunk;        /* bytes of a request */
	uint32_t in_flight;
	uint64_t seed;         /* of the pattern that is on the disk now */
	bool failed;           /* in the step that runs */
	bool lost;             /* what is on the disk, or what it still has, is unknown: no more steps */
	char text[DISKTEST_TEXT];
};

/*
 * Runs all steps; returns how many failed. `test` is the caller's memory, of
 * which nothing is needed afterwards.
 */
uint32_t disktest_run(struct disktest *test, struct disk *disk, const struct disktest_options *options);

#endif

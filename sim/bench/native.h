/*
 * Files without Linux in between: a client of the instance's vfs, beside an
 * empty call and memcpy in the same process; and what vfs holds in memory, and
 * how its time goes with the size of a directory.
 */
#ifndef DRYDOCK_BENCH_NATIVE_H
#define DRYDOCK_BENCH_NATIVE_H

#include "bench.h"
#include "orders.h"

enum native_row {
	NATIVE_CALL,
	NATIVE_READ,
	NATIVE_READS, /* 64 in flight */
	NATIVE_LARGE_READ,
	NATIVE_LARGE_WRITE,
	NATIVE_LARGE_WRITE_IN_PLACE,
	NATIVE_COPY_IN,
	NATIVE_COPY_OUT,
	NATIVE_ROWS,
};

/* What is measured once. */
enum native_once {
	NATIVE_EMPTY_FILES,
	NATIVE_LARGE_FILE,
	NATIVE_SMALL_DIRECTORY,
	NATIVE_LARGE_DIRECTORY,
	NATIVE_ONCE,
};

#define NATIVE_CLAIMS 8

struct native {
	struct orders orders;
	pid_t vfs;
	struct row rows[NATIVE_ROWS], once[NATIVE_ONCE];
};

/* Starts for the instance, with all that is measured on `processor`. False, having said why. */
bool native_start(struct native *native, const struct bench_instance *instance, int processor);
void native_end(struct native *native);

/* One round, each row for `duration` nanoseconds. */
bool native_measure(struct native *native, uint64_t duration);

/* Memory and growth. */
bool native_measure_once(struct native *native);

void native_rows(const struct native *native, const struct row *rows[NATIVE_ROWS]);
void native_once_rows(const struct native *native, const struct row *rows[NATIVE_ONCE]);
void native_claims(const struct native *native, struct claim claims[NATIVE_CLAIMS]);

#endif

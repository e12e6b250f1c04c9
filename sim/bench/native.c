/* Files without Linux in between (native.h). */
#include "native.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <drydock/proto/bench.h>
#include <drydock/server.h>

#include "clock.h"
#include "sim/cli/cli.h"

#define MIB          (1024.0 * 1024)
#define EMPTY_FILES  100000u
#define LARGE_LENGTH (512u << 20)
#define CHURNS       20000u /* of three operations each */

static const struct {
	const char *name, *unit;
	uint32_t kind, in_flight;
	double scale; /* from operations a nanosecond to the unit; 0: nanoseconds an operation */
} plans[NATIVE_ROWS] = {
	[NATIVE_CALL] = {"an empty call", "ns", BENCH_CALLS, 1, 0},
	[NATIVE_READ] = {"read, 4 KiB", "ns", BENCH_FILE_READS, 1, 0},
	[NATIVE_READS] = {"read, 4 KiB, 64 in flight", "M/s", BENCH_FILE_READS_IN_FLIGHT, 64, 1000},
	[NATIVE_LARGE_READ] = {"read, 1 MiB, in place", "MB/s", BENCH_LARGE_READS, 1, 1000 * MIB},
	[NATIVE_LARGE_WRITE] = {"write, 1 MiB", "MB/s", BENCH_LARGE_WRITES, 1, 1000 * MIB},
	[NATIVE_LARGE_WRITE_IN_PLACE] = {"write, 1 MiB, in place", "MB/s", BENCH_LARGE_WRITES_IN_PLACE, 1, 1000 * MIB},
	[NATIVE_COPY_IN] = {"memcpy, 1 MiB, as a read", "MB/s", BENCH_COPIES_IN, 1, 1000 * MIB},
	[NATIVE_COPY_OUT] = {"memcpy, 1 MiB, as a write", "MB/s", BENCH_COPIES_OUT, 1, 1000 * MIB},
};

static const struct {
	const char *name, *unit;
} once[NATIVE_ONCE] = {
	[NATIVE_EMPTY_FILES] = {"memory of 100,000 empty files", "MiB"},
	[NATIVE_LARGE_FILE] = {"memory of a 512 MiB file beyond it", "%"},
	[NATIVE_SMALL_DIRECTORY] = {"server's CPU time an operation among 1,000", "ns"},
	[NATIVE_LARGE_DIRECTORY] = {"server's CPU time an operation among 1,000,000", "ns"},
};

static const uint32_t directory_sizes[] = {1000, 1000000};

bool native_start(struct native *native, const struct bench_instance *instance, int processor)
{
	static const char *const names[] = {"vfs", "bench", "bench-client-1"};

	for (int row = 0; row < NATIVE_ROWS; row++)
		native->rows[row] = (struct row){.name = plans[row].name, .unit = plans[row].unit};
	for (int row = 0; row < NATIVE_ONCE; row++)
		native->once[row] = (struct row){.name = once[row].name, .unit = once[row].unit};
	native->vfs = bench_instance_process(instance, "vfs");
	for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++)
		clock_pin(bench_instance_process(instance, names[at]), processor);
	return orders_start(&native->orders, instance->directory);
}

void native_end(struct native *native)
{
	orders_end(&native->orders);
}

bool native_measure(struct native *native, uint64_t duration)
{
	for (int row = 0; row < NATIVE_ROWS; row++) {
		const struct order order = {.clients = 1, .kind = plans[row].kind, .policy = WAITING_ADAPTIVE,
		                            .in_flight = plans[row].in_flight, .duration = duration};
		double rate;

		if (!orders_give(&native->orders, &order, &rate) || rate <= 0)
			return false;
		row_add(&native->rows[row], plans[row].scale > 0 ? rate * plans[row].scale : 1 / rate);
	}
	return true;
}

/* ---- memory ------------------------------------------------------------------- */

/* Bytes that the process has in memory, shared ones among them; below 0: not to be had. */
static double resident(pid_t pid)
{
	unsigned long long size, pages;
	char path[64];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	file = fopen(path, "re");
	good = file != NULL && fscanf(file, "%llu %llu", &size, &pages) == 2;
	if (file != NULL)
		fclose(file);
	return good ? (double)pages * (double)sysconf(_SC_PAGESIZE) : -1;
}

static bool order_files(struct native *native, enum order_files files, uint32_t entries, uint64_t amount)
{
	const struct order order = {.files = files, .entries = entries, .amount = amount};
	double rate;

	return orders_give(&native->orders, &order, &rate);
}

static bool measure_memory(struct native *native)
{
	double before = resident(native->vfs), with;

	if (!order_files(native, ORDER_MAKE_FILES, EMPTY_FILES, 0))
		return false;
	with = resident(native->vfs);
	row_add(&native->once[NATIVE_EMPTY_FILES], (with - before) / MIB);
	/* Beside the others: it would take the place of those that are gone. */
	before = with;
	if (!order_files(native, ORDER_GROW, 0, LARGE_LENGTH))
		return false;
	with = resident(native->vfs);
	row_add(&native->once[NATIVE_LARGE_FILE], 100 * ((with - before) / LARGE_LENGTH - 1));
	return before > 0 && with > 0 && order_files(native, ORDER_GROW, 0, 0) &&
	       order_files(native, ORDER_REMOVE_FILES, EMPTY_FILES, 0);
}

/* ---- growth --------------------------------------------------------------------- */

/* Nanoseconds of CPU that the process has used. */
static bool used(pid_t pid, double *nanoseconds)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
		return cli_error("bench: cannot read the CPU time of vfs"), false;
	*nanoseconds = (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
	return true;
}

static bool measure_growth(struct native *native, uint32_t entries, struct row *row)
{
	double before, after;

	/* The first time is not counted: it takes memory that was never used. */
	if (!order_files(native, ORDER_MAKE_FILES, entries, 0) ||
	    !order_files(native, ORDER_CHURN, entries, CHURNS) || !used(native->vfs, &before) ||
	    !order_files(native, ORDER_CHURN, entries, CHURNS) || !used(native->vfs, &after))
		return false;
	row_add(row, (after - before) / (3 * CHURNS));
	return order_files(native, ORDER_REMOVE_FILES, entries, 0);
}

/* Memory first: what was used and given back stays with vfs. */
bool native_measure_once(struct native *native)
{
	if (!measure_memory(native))
		return false;
	for (int at = 0; at < 2; at++) {
		if (!measure_growth(native, directory_sizes[at], &native->once[NATIVE_SMALL_DIRECTORY + at]))
			return false;
	}
	return true;
}

/* ---- the report -------------------------------------------------------------------- */

void native_rows(const struct native *native, const struct row *rows[NATIVE_ROWS])
{
	for (int row = 0; row < NATIVE_ROWS; row++)
		rows[row] = &native->rows[row];
}

void native_once_rows(const struct native *native, const struct row *rows[NATIVE_ONCE])
{
	for (int row = 0; row < NATIVE_ONCE; row++)
		rows[row] = &native->once[row];
}

void native_claims(const struct native *native, struct claim claims[NATIVE_CLAIMS])
{
	const struct row *rows = native->rows, *measured = native->once;

	claims[0] = (struct claim){{.name = "native: read, 4 KiB / empty call"}, true, 1.5};
	row_ratio(&claims[0].row, &rows[NATIVE_READ], &rows[NATIVE_CALL]);
	claims[1] = (struct claim){{.name = "native: read, 1 MiB / memcpy"}, false, 0.5};
	row_ratio(&claims[1].row, &rows[NATIVE_LARGE_READ], &rows[NATIVE_COPY_IN]);
	claims[2] = (struct claim){{.name = "native: write, 1 MiB / memcpy"}, false, 0.5};
	row_ratio(&claims[2].row, &rows[NATIVE_LARGE_WRITE], &rows[NATIVE_COPY_OUT]);
	claims[3] = (struct claim){{.name = "native: write, 1 MiB, in place / memcpy"}, false, 0.5};
	row_ratio(&claims[3].row, &rows[NATIVE_LARGE_WRITE_IN_PLACE], &rows[NATIVE_COPY_OUT]);
	claims[4] = (struct claim){rows[NATIVE_READS], false, 1};
	claims[4].row.name = "native: reads in flight, M/s";
	claims[5] = (struct claim){measured[NATIVE_EMPTY_FILES], true, 40};
	claims[6] = (struct claim){measured[NATIVE_LARGE_FILE], true, 5};
	claims[7] = (struct claim){{.name = "native: CPU time among 1,000,000 / among 1,000"}, true, 2};
	row_ratio(&claims[7].row, &measured[NATIVE_LARGE_DIRECTORY], &measured[NATIVE_SMALL_DIRECTORY]);
}

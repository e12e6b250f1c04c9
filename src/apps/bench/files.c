/* Files of vfs, used natively: how fast their data come and go, and directories of any size. */
#include <drydock/files.h>
#include <drydock/format.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "internal.h"

#define SMALL        4096u
#define SMALL_LENGTH (1u << 20)   /* of the file that small parts are read from */
#define LARGE        (1u << 20)
#define LARGE_LENGTH (128ull << 20)
#define PATH_SIZE    64
#define SPREAD       2654435761u /* odd, so that multiples of it go through all numbers (Knuth 6.4) */

/* ---- data ------------------------------------------------------------------- */

static int32_t connect(struct bench_client *measurer)
{
	int32_t status = 0;

	if (measurer->files == NULL)
		measurer->files = files_connect(measurer->runtime, &status);
	return status;
}

static int32_t take_memory(struct bench_client *measurer, uint8_t **memory, uint64_t length)
{
	if (*memory == NULL)
		*memory = runtime_allocate(measurer->runtime, length);
	if (*memory == NULL)
		return POSIX_ENOMEM;
	memset(*memory, 'd', length);
	return 0;
}

/* Opens the file, of `length` bytes that are not zero. */
static int32_t open_data(struct bench_client *measurer, const char *path, uint64_t length)
{
	int32_t status = connect(measurer);
	size_t done;

	if (status == 0)
		status = take_memory(measurer, &measurer->memory, LARGE);
	if (status == 0)
		status = files_open(measurer->files, path,
		                    VFS_OPEN_READ | VFS_OPEN_WRITE | VFS_OPEN_CREATE | VFS_OPEN_TRUNCATE, 0600,
		                    &measurer->file);
	for (uint64_t at = 0; at < length && status == 0; at += done) {
		status = files_pwrite(&measurer->file, measurer->memory, LARGE, at, &done);
		if (status == 0 && done == 0)
			status = POSIX_ENOSPC;
	}
	return status;
}

static int32_t close_data(struct bench_client *measurer, const char *path, int32_t status)
{
	files_close(&measurer->file);
	files_unlink(measurer->files, path);
	return status;
}

/* What setting up took does not count. */
static void start_clock(struct bench_client *measurer, uint64_t duration)
{
	measurer->start = runtime_time(measurer->runtime);
	measurer->end = measurer->start + duration;
}

static int32_t measure_reads(struct bench_client *measurer)
{
	size_t done;

	do {
		for (uint64_t at = 0; at < SMALL_LENGTH; at += SMALL) {
			int32_t status = files_pread(&measurer->file, measurer->memory, SMALL, at, &done);

			if (status != 0 || done != SMALL)
				return status ? status : POSIX_EIO;
			measurer->count++;
		}
	} while (runtime_time(measurer->runtime) < measurer->end);
	return 0;
}

/* ---- many at once --------------------------------------------------------------- */

static void part_done(struct files_transfer *transfer, void *context);

static bool begin_part(struct bench_client *measurer, struct files_transfer *transfer)
{
	uint32_t part = measurer->kind == BENCH_FILE_READS_IN_FLIGHT ? SMALL : LARGE;
	uint64_t length = measurer->kind == BENCH_FILE_READS_IN_FLIGHT ? SMALL_LENGTH : LARGE_LENGTH;
	uint64_t offset = measurer->next;

	measurer->next = (offset + part) % length;
	if (measurer->kind == BENCH_LARGE_WRITES)
		measurer->status = files_write_begin(transfer, &measurer->file, offset, measurer->memory, part,
		                                     part_done, measurer);
	else if (measurer->kind == BENCH_LARGE_WRITES_IN_PLACE)
		measurer->status =
			files_write_prepare(transfer, &measurer->file, offset, part, part_done, measurer);
	else
		measurer->status =
			files_read_begin(transfer, &measurer->file, offset, part, part_done, measurer);
	if (measurer->kind == BENCH_LARGE_WRITES_IN_PLACE && measurer->status == 0)
		files_write_submit(transfer);
	return measurer->status == 0;
}

static void part_done(struct files_transfer *transfer, void *context)
{
	struct bench_client *measurer = context;
	int32_t status = transfer->status;
	bool look = measurer->kind != BENCH_FILE_READS_IN_FLIGHT || measurer->count % IN_FLIGHT_MAXIMUM == 0;

	files_transfer_end(transfer);
	measurer->count++;
	if (look && runtime_time(measurer->runtime) >= measurer->end)
		measurer->end = 0;
	if (status == 0 && measurer->end != 0 && begin_part(measurer, transfer))
		return;
	if (status != 0)
		measurer->status = status;
	/* The first to see the end stops the others, too. */
	measurer->end = 0;
	if (--measurer->running == 0)
		fiber_wake(measurer->waiter);
}

static int32_t measure_parts(struct bench_client *measurer, uint32_t in_flight)
{
	measurer->waiter = fiber_current(measurer->runtime);
	measurer->next = 0;
	for (measurer->running = 0; measurer->running < in_flight; measurer->running++) {
		if (!begin_part(measurer, &measurer->transfers[measurer->running]))
			break;
	}
	while (measurer->running > 0)
		fiber_wait(measurer->runtime);
	return measurer->status;
}

/* ---- memory ------------------------------------------------------------------------ */

static int32_t measure_copies(struct bench_client *measurer)
{
	uint64_t at = 0;

	do {
		if (measurer->kind == BENCH_COPIES_IN)
			memcpy(measurer->memory, measurer->region + at, LARGE);
		else
			memcpy(measurer->region + at, measurer->memory, LARGE);
		__asm__ volatile("" : : "r"(measurer->memory), "r"(measurer->region) : "memory");
		at = (at + LARGE) % LARGE_LENGTH;
		measurer->count++;
	} while (runtime_time(measurer->runtime) < measurer->end);
	return 0;
}

int32_t bench_measure_files(struct bench_client *measurer, uint32_t kind, uint32_t in_flight)
{
	static const char path[] = "/bench-data";
	uint64_t duration = measurer->end - measurer->start;
	bool small = kind == BENCH_FILE_READS || kind == BENCH_FILE_READS_IN_FLIGHT;
	int32_t status;

	measurer->kind = kind;
	if (kind == BENCH_COPIES_IN || kind == BENCH_COPIES_OUT) {
		status = take_memory(measurer, &measurer->memory, LARGE);
		if (status == 0)
			status = take_memory(measurer, &measurer->region, LARGE_LENGTH);
		start_clock(measurer, duration);
		return status ? status : measure_copies(measurer);
	}
	status = open_data(measurer, path, small ? SMALL_LENGTH : LARGE_LENGTH);
	if (status != 0)
		return status;
	start_clock(measurer, duration);
	status = kind == BENCH_FILE_READS ? measure_reads(measurer) : measure_parts(measurer, in_flight);
	measurer->stop = runtime_time(measurer->runtime);
	return close_data(measurer, path, status);
}

/* ---- directories ------------------------------------------------------------------------ */

static void path_of(char *path, uint32_t entries, uint32_t name)
{
	format_string(path, PATH_SIZE, "/bench-%u/file-%u", entries, name);
}

static int32_t make_file(struct bench_client *measurer, const char *path)
{
	return files_mknod(measurer->files, path, POSIX_S_IFREG | 0600, 0);
}

int32_t bench_serve_make_files(struct request *request, const struct bench_make_files_arguments *arguments)
{
	struct bench_client *measurer = request->server;
	char path[PATH_SIZE];
	int32_t status = connect(measurer);

	format_string(path, sizeof(path), "/bench-%u", arguments->entries);
	if (status == 0)
		status = files_mkdir(measurer->files, path, 0700);
	for (uint32_t name = 0; name < arguments->entries && status == 0; name++) {
		path_of(path, arguments->entries, name);
		status = make_file(measurer, path);
	}
	return files_errno(status);
}

int32_t bench_serve_remove_files(struct request *request, const struct bench_remove_files_arguments *arguments)
{
	struct bench_client *measurer = request->server;
	char path[PATH_SIZE];
	int32_t status = connect(measurer);

	for (uint32_t name = 0; name < arguments->entries && status == 0; name++) {
		path_of(path, arguments->entries, name);
		status = files_unlink(measurer->files, path);
	}
	format_string(path, sizeof(path), "/bench-%u", arguments->entries);
	return files_errno(status ? status : files_rmdir(measurer->files, path));
}

int32_t bench_serve_churn(struct request *request, const struct bench_churn_arguments *arguments)
{
	struct bench_client *measurer = request->server;
	int32_t status = connect(measurer);
	struct vfs_status found;
	char path[PATH_SIZE];

	for (uint32_t at = 0; at < arguments->count && status == 0; at++) {
		uint32_t name = (uint32_t)((uint64_t)at * SPREAD % arguments->entries);

		/* One of those that are there goes and comes back. */
		path_of(path, arguments->entries, name);
		status = files_stat(measurer->files, path, &found);
		if (status == 0)
			status = files_unlink(measurer->files, path);
		if (status == 0)
			status = make_file(measurer, path);
	}
	return files_errno(status);
}

int32_t bench_serve_grow(struct request *request, const struct bench_grow_arguments *arguments)
{
	struct bench_client *measurer = request->server;
	static const char path[] = "/bench-grown";
	int32_t status;

	if (arguments->length == 0) {
		status = connect(measurer);
		return files_errno(status ? status : files_unlink(measurer->files, path));
	}
	status = open_data(measurer, path, arguments->length);
	if (measurer->files != NULL)
		files_close(&measurer->file);
	return files_errno(status);
}

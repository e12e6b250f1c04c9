/* Small files (small_files.h). */
#include "small_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "sim/cli/cli.h"

#define FILE_SIZE 512

static const char *const step_names[SMALL_STEPS] = {"create and write", "stat", "unlink", "total"};

void small_files_start(struct small_files *small)
{
	for (int i = 0; i < SMALL_ROWS; i++) {
		char *name = small->names[i / SMALL_STEPS][i % SMALL_STEPS];

		snprintf(name, sizeof(small->names[0][0]), "%s: %s", peer_names[i / SMALL_STEPS],
		         step_names[i % SMALL_STEPS]);
		small->rows[i / SMALL_STEPS][i % SMALL_STEPS] = (struct row){.name = name, .unit = "us"};
	}
}

static bool create_file(const char *path)
{
	static const char data[FILE_SIZE] = "drydock";
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	bool good = fd >= 0 && write(fd, data, sizeof(data)) == sizeof(data);

	return fd >= 0 && close(fd) == 0 && good;
}

static bool take_step(enum small_step step, const char *path)
{
	struct stat status;

	switch (step) {
	case SMALL_CREATE:
		return create_file(path);
	case SMALL_STAT:
		return stat(path, &status) == 0 && status.st_size == FILE_SIZE;
	default:
		return unlink(path) == 0;
	}
}

/* Each step over all files. */
static bool measure(struct row rows[SMALL_STEPS], const char *above, unsigned count, unsigned round)
{
	char directory[PEER_PATH_SIZE + 32], path[PEER_PATH_SIZE + 64];
	double total = 0;

	snprintf(directory, sizeof(directory), "%s/small-%u", above, round);
	if (mkdir(directory, 0755) != 0)
		return false;
	for (int step = SMALL_CREATE; step <= SMALL_UNLINK; step++) {
		uint64_t start = clock_now();
		double each;

		for (unsigned i = 0; i < count; i++) {
			snprintf(path, sizeof(path), "%s/file-%u", directory, i);
			if (!take_step((enum small_step)step, path))
				return false;
		}
		each = (double)(clock_now() - start) / 1000.0 / count;
		total += each;
		row_add(&rows[step], each);
	}
	row_add(&rows[SMALL_TOTAL], total);
	return rmdir(directory) == 0;
}

bool small_files_measure(struct small_files *small, const struct peers *peers, unsigned count, unsigned round)
{
	for (int kind = 0; kind < PEERS; kind++) {
		if (!peer_is_there(peers, (enum peer_kind)kind))
			continue;
		peer_approach(peers, (enum peer_kind)kind);
		if (!measure(small->rows[kind], peers->peer[kind].directory, count, round))
			return cli_error("bench: %s: %s", peer_names[kind], strerror(errno)), false;
	}
	return true;
}

void small_files_rows(const struct small_files *small, const struct row *rows[SMALL_ROWS])
{
	for (int i = 0; i < SMALL_ROWS; i++)
		rows[i] = &small->rows[i / SMALL_STEPS][i % SMALL_STEPS];
}

void small_files_ratio(const struct small_files *small, struct row *row, enum peer_kind peer, enum small_step step)
{
	row_ratio(row, &small->rows[peer][step], &small->rows[PEER_DRYDOCK][step]);
}

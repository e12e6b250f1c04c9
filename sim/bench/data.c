/* Data of one large file (data.h). */
#include "data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "sim/cli/cli.h"

#define LARGEST (1u << 20)
#define PAGE    4096u

static const char *const step_names[DATA_STEPS] = {"write", "read", "read again", "write, O_DIRECT",
                                                   "read, O_DIRECT"};
static const char *const size_names[DATA_SIZES] = {"128 KiB", "1 MiB"};
static const size_t sizes[DATA_SIZES] = {128u << 10, LARGEST};

bool data_start(struct data *data)
{
	for (int size = 0; size < DATA_SIZES; size++) {
		for (int i = 0; i < PEERS * DATA_STEPS; i++) {
			char *name = data->names[size][i / DATA_STEPS][i % DATA_STEPS];

			snprintf(name, sizeof(data->names[0][0][0]), "%s, %s: %s", size_names[size],
			         peer_names[i / DATA_STEPS], step_names[i % DATA_STEPS]);
			data->rows[size][i / DATA_STEPS][i % DATA_STEPS] = (struct row){.name = name, .unit = "MB/s"};
		}
	}
	data->memory = aligned_alloc(PAGE, LARGEST);
	if (data->memory == NULL)
		return cli_error("bench: no memory"), false;
	memset(data->memory, 'd', LARGEST);
	return true;
}

void data_end(struct data *data)
{
	free(data->memory);
}

/* Forgets clean pages of all file systems alike; those of a tmpfs are its content and stay. */
static bool drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, "1", 1) == 1;

	if (fd >= 0)
		close(fd);
	return good;
}

static bool is_write(enum data_step step)
{
	return step == DATA_WRITE || step == DATA_WRITE_DIRECT;
}

static int open_for(const char *path, enum data_step step)
{
	bool direct = step == DATA_WRITE_DIRECT || step == DATA_READ_DIRECT;

	return open(path, (is_write(step) ? O_CREAT | O_TRUNC | O_WRONLY : O_RDONLY) | (direct ? O_DIRECT : 0) |
	                          O_CLOEXEC,
	            0644);
}

static bool move_all(int fd, void *memory, size_t size, uint64_t length, bool write_it)
{
	for (uint64_t at = 0; at < length; at += size) {
		ssize_t moved = write_it ? write(fd, memory, size) : read(fd, memory, size);

		if (moved != (ssize_t)size) {
			errno = moved < 0 ? errno : EIO;
			return false;
		}
	}
	return true;
}

/* MB/s of one step; 0 where that file system has no O_DIRECT; below 0: it failed. */
static double take_step(const struct data *data, const char *path, enum data_step step, size_t size,
                        uint64_t length)
{
	uint64_t start;
	bool good;
	int fd;

	if (step == DATA_READ && !drop_caches())
		return -1;
	start = clock_now();
	fd = open_for(path, step);
	if (fd < 0)
		return errno == EINVAL ? 0 : -1;
	good = move_all(fd, data->memory, size, length, is_write(step));
	/* Some file systems write when a file is closed. */
	good = close(fd) == 0 && good;
	return good ? (double)length * 1000.0 / (double)(clock_now() - start) : -1;
}

static bool measure(struct data *data, const char *directory, enum peer_kind kind, enum data_size size,
                    uint64_t length)
{
	char path[PEER_PATH_SIZE + 32];

	snprintf(path, sizeof(path), "%s/data", directory);
	for (int step = 0; step < DATA_STEPS; step++) {
		double speed = take_step(data, path, (enum data_step)step, sizes[size], length);

		if (speed < 0)
			return cli_error("bench: %s: %s", data->names[size][kind][step], strerror(errno)), false;
		if (speed > 0)
			row_add(&data->rows[size][kind][step], speed);
	}
	return unlink(path) == 0;
}

bool data_measure(struct data *data, const struct peers *peers, uint64_t length)
{
	for (int size = 0; size < DATA_SIZES; size++) {
		for (int kind = 0; kind < PEERS; kind++) {
			if (!peer_is_there(peers, (enum peer_kind)kind))
				continue;
			peer_approach(peers, (enum peer_kind)kind);
			if (!measure(data, peers->peer[kind].directory, (enum peer_kind)kind,
			             (enum data_size)size, length))
				return false;
		}
	}
	return true;
}

void data_rows(const struct data *data, const struct row *rows[DATA_ROWS])
{
	for (int i = 0; i < DATA_ROWS; i++)
		rows[i] = &data->rows[i / (PEERS * DATA_STEPS)][i / DATA_STEPS % PEERS][i % DATA_STEPS];
}

void data_ratio(const struct data *data, struct row *row, enum data_size size, enum data_step step,
                enum peer_kind peer, enum data_step peer_step)
{
	row_ratio(row, &data->rows[size][PEER_DRYDOCK][step], &data->rows[size][peer][peer_step]);
}

/*
 * Disks: image files and block devices that the host opens, locks, and hands
 * to the server that is to work on them.
 */
#ifndef DRYDOCK_HOST_DISK_H
#define DRYDOCK_HOST_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include <liburing.h>

#include "host.h"
#include "sim/devices/disk.h"

/* One that is open. */
struct host_disk {
	const struct host_disk_options *options;
	int file;
	/* What the process is told; the method and the ring are those of its latest start. */
	struct disk_parameters parameters;
	struct io_uring ring; /* of the process that has the disk now */
	bool ring_made;
	const char *ring_obstacle; /* why there is none; NULL: there is, or was not tried */
};

/*
 * Opens what `options` names, and makes sure that it is a raw disk that nobody
 * else uses. False with the reason, which names the file, in `error` (`size` bytes).
 */
bool disk_open_image(const struct host_disk_options *options, struct host_disk *disk, char *error, size_t size);
void disk_close_image(struct host_disk *disk);

/*
 * Makes the ring for a new process, or settles for none (disk->ring_obstacle).
 * Before that it waits for what Linux still does for the one before, up to a
 * second: nothing of that one is written later. Returns the descriptor to hand
 * over, which stays the disk's.
 */
int disk_prepare(struct host_disk *disk);

/* disk_image.c: what is in the file. Both false with the reason, which names the file. */

/* A container format is no raw disk. */
bool disk_image_raw(int file, const char *path, char *error, size_t size);

/* Where partition `number` (1 and up) lies, in bytes. */
bool disk_image_partition(int file, const char *path, unsigned number, uint64_t *offset, uint64_t *length,
                          char *error, size_t size);

#endif

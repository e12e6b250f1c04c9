/*
 * A disk without io_uring, where that is forbidden (or a tool does not know
 * it): requests are done one after the other, and the process waits.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static ssize_t move(struct file_disk *disk, bool write, int flags, void *memory, size_t length, off_t offset)
{
	const struct iovec vector = {.iov_base = memory, .iov_len = length};

	return write ? pwritev2(disk->descriptor, &vector, 1, offset, flags)
	             : preadv2(disk->descriptor, &vector, 1, offset, flags);
}

/* 0 or an error number. */
static int transfer(struct file_disk *disk, const struct disk_request *request)
{
	bool write = request->operation == DISK_WRITE;
	int flags = request->flags & DISK_FUA ? RWF_DSYNC : 0;
	off_t offset = (off_t)(disk->parameters.offset + request->offset);

	for (uint32_t i = 0; i < request->segment_count; i++) {
		uint8_t *memory = request->segments[i].address;
		size_t left = request->segments[i].length;

		while (left > 0) {
			ssize_t moved = move(disk, write, flags, memory, left, offset);

			if (moved < 0 && errno == EINTR)
				continue;
			if (moved < 0)
				return errno;
			/* The file ends before its disk does: it was shortened. */
			if (moved == 0)
				return EIO;
			memory += moved;
			offset += moved;
			left -= (size_t)moved;
		}
	}
	return 0;
}

static int run(struct file_disk *disk, const struct disk_request *request)
{
	off_t offset = (off_t)(disk->parameters.offset + request->offset);
	int result;

	switch (request->operation) {
	case DISK_FLUSH:
		return fdatasync(disk->descriptor) == 0 ? 0 : errno;
	case DISK_DISCARD:
		result = fallocate(disk->descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
		                   (off_t)request->length);
		return result == 0 ? 0 : errno;
	}
	return transfer(disk, request);
}

void disk_calls_run(struct file_disk *disk)
{
	for (struct list *link; (link = list_take(&disk->waiting)) != NULL;) {
		struct disk_request *request = list_entry(link, struct disk_request, link);

		file_disk_end(disk, request, file_disk_status(run(disk, request)));
	}
}

/*
 * Requests about ranges of a file: allocating and punching, where data and holes
 * are, copying within the file system. A server that has none of it says ENOSYS,
 * and Linux does it itself or says that it is not supported.
 */
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "reply.h"

#define COPY_MAXIMUM (1u << 30) /* bytes of one call; Linux asks for the rest */

_Static_assert(SEEK_DATA == FS_SEEK_DATA && SEEK_HOLE == FS_SEEK_HOLE, "the values of whence are Linux's");

/* False for what the node protocol has no word for. */
static bool allocate_mode(int flags, uint32_t *mode)
{
	switch (flags) {
	case 0:
		*mode = FS_ALLOCATE_GROW;
		return true;
	case FALLOC_FL_KEEP_SIZE:
		*mode = FS_ALLOCATE_KEEP;
		return true;
	case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
		*mode = FS_ALLOCATE_PUNCH;
		return true;
	case FALLOC_FL_ZERO_RANGE:
		*mode = FS_ALLOCATE_ZERO;
		return true;
	case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE:
		*mode = FS_ALLOCATE_ZERO_KEEP;
		return true;
	}
	return false;
}

void handle_fallocate(fuse_req_t request, fuse_ino_t node, int flags, off_t offset, off_t length,
                      struct fuse_file_info *file)
{
	struct operation *operation;
	uint32_t mode;

	(void)file;
	if (!allocate_mode(flags, &mode)) {
		fuse_reply_err(request, EOPNOTSUPP);
		return;
	}
	operation = operation_start(request, operation_finish_plain);
	if (operation == NULL)
		return;
	ahead_drop(operation, node);
	operation_submit(operation, fs_allocate_try_prepare(&operation->call, operation->bridge->client, node,
	                                                    (uint64_t)offset, (uint64_t)length, mode));
}

static void finish_lseek(struct operation *operation)
{
	struct fs_seek_results results;
	int32_t status = fs_seek_finish(&operation->call, &results);

	if (status != 0)
		fuse_reply_err(operation->request, reply_errno(status));
	else
		fuse_reply_lseek(operation->request, (off_t)results.offset);
}

void handle_lseek(fuse_req_t request, fuse_ino_t node, off_t offset, int whence, struct fuse_file_info *file)
{
	struct operation *operation;

	(void)file;
	/* The others Linux answers itself. */
	if (whence != SEEK_DATA && whence != SEEK_HOLE) {
		fuse_reply_err(request, EINVAL);
		return;
	}
	operation = operation_start(request, finish_lseek);
	if (operation != NULL)
		operation_submit(operation, fs_seek_try_prepare(&operation->call, operation->bridge->client, node,
		                                                (uint64_t)offset, (uint32_t)whence));
}

static void finish_copy(struct operation *operation)
{
	struct fs_copy_range_results results;
	int32_t status = fs_copy_range_finish(&operation->call, &results);

	if (status != 0)
		fuse_reply_err(operation->request, reply_errno(status));
	else
		fuse_reply_write(operation->request, results.length);
}

void handle_copy_file_range(fuse_req_t request, fuse_ino_t node, off_t offset, struct fuse_file_info *file,
                            fuse_ino_t to, off_t to_offset, struct fuse_file_info *to_file, size_t length,
                            int flags)
{
	uint32_t count = length < COPY_MAXIMUM ? (uint32_t)length : COPY_MAXIMUM;
	struct operation *operation;

	(void)file;
	(void)to_file;
	if (flags != 0) {
		fuse_reply_err(request, EINVAL);
		return;
	}
	operation = operation_start(request, finish_copy);
	if (operation == NULL)
		return;
	ahead_drop(operation, to);
	operation_submit(operation,
	                 fs_copy_range_try_prepare(&operation->call, operation->bridge->client, node,
	                                           (uint64_t)offset, to, (uint64_t)to_offset, count));
}

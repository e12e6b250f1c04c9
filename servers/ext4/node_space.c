/* The node protocol: the space of files, and copying. See node.h. */
#include <drydock/posix.h>

#include "file.h"
#include "node.h"
#include "permission.h"
#include "xattr.h"

#define COPY_PIECE (256u << 10) /* bytes that are in memory at a time */

/* Before content is changed. */
static int32_t privileges_drop(const struct caller *caller, struct inode *inode)
{
	int32_t error = xattr_drop_capability(inode);

	/* It is written with what changes then. */
	if (!error && inode_is(inode, POSIX_S_IFREG))
		inode->mode = (inode->mode & POSIX_S_IFMT) | permission_mode_written(caller->who, inode);
	return error;
}

int32_t node_serve_allocate(struct request *request, const struct fs_allocate_arguments *arguments)
{
	const bool adds = arguments->mode == FS_ALLOCATE_GROW || arguments->mode == FS_ALLOCATE_KEEP;
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin_change(request, arguments->node, &caller, &inode);

	if (!error)
		error = permission_check(caller.who, inode, ACCESS_WRITE);
	if (!error && !adds)
		error = permission_change(inode);
	if (!error)
		error = privileges_drop(&caller, inode);
	if (!error)
		error = file_allocate(inode, arguments->mode, arguments->offset, arguments->length);
	node_finish(&caller, inode);
	return error;
}

int32_t node_serve_seek(struct request *request, const struct fs_seek_arguments *arguments,
                        struct fs_seek_results *results)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin(request, arguments->node, &caller, &inode);

	if (!error && arguments->whence != FS_SEEK_DATA && arguments->whence != FS_SEEK_HOLE)
		error = POSIX_EINVAL;
	if (!error)
		error = file_seek(inode, arguments->offset, arguments->whence == FS_SEEK_DATA,
		                  &results->offset);
	node_finish(&caller, inode);
	return error;
}

/* ---- copying ----------------------------------------------------------------------- */

struct copy {
	struct caller caller;
	struct inode *from;
	struct inode *to;
};

/* Brings and locks both, by number; for copy_end, also after an error. */
static int32_t copy_begin(const struct request *request, const struct fs_copy_range_arguments *arguments,
                          struct copy *copy)
{
	int32_t error = node_changer_find(request, &copy->caller);
	struct runtime *runtime;

	copy->from = copy->to = NULL;
	if (!error)
		error = node_get(&copy->caller, arguments->node, &copy->from);
	if (!error)
		error = node_get(&copy->caller, arguments->to, &copy->to);
	if (error)
		return error;
	/* What is no file may be locked above others. */
	if (!inode_is(copy->from, POSIX_S_IFREG) || !inode_is(copy->to, POSIX_S_IFREG))
		return inode_is(copy->from, POSIX_S_IFDIR) || inode_is(copy->to, POSIX_S_IFDIR) ? POSIX_EISDIR
		                                                                            : POSIX_EINVAL;
	runtime = copy->caller.volume->runtime;
	if (copy->from->number < copy->to->number)
		lock_shared(&copy->from->lock, runtime);
	lock_exclusive(&copy->to->lock, runtime);
	if (copy->from->number > copy->to->number)
		lock_shared(&copy->from->lock, runtime);
	return 0;
}

static void copy_end(const struct copy *copy, bool locked)
{
	if (locked) {
		lock_release(&copy->to->lock);
		if (copy->from != copy->to)
			lock_release(&copy->from->lock);
	}
	inode_put(copy->caller.volume, copy->to);
	inode_put(copy->caller.volume, copy->from);
}

static int32_t copy_check(const struct copy *copy, const struct fs_copy_range_arguments *arguments)
{
	const uint64_t offset = arguments->offset, to = arguments->to_offset, length = arguments->length;
	int32_t error;

	if (copy->from->freed || copy->to->freed)
		return POSIX_ESTALE;
	if (offset > INT64_MAX - length || to > INT64_MAX - length)
		return POSIX_EINVAL;
	if (copy->from == copy->to && offset < to + length && to < offset + length)
		return POSIX_EINVAL;
	error = permission_check(copy->caller.who, copy->from, ACCESS_READ);
	if (!error)
		error = permission_check(copy->caller.who, copy->to, ACCESS_WRITE);
	return error ? error : permission_write_at(copy->to, to);
}

/* Through `buffer`, of COPY_PIECE bytes, until all is copied, the file ends, or there is no room. */
static int32_t copy_pieces(const struct copy *copy, const struct fs_copy_range_arguments *arguments,
                           uint8_t *buffer, uint32_t *done)
{
	const uint64_t size = copy->from->size; /* which may grow, where it is copied into itself */
	uint32_t most = arguments->length < READ_MAXIMUM ? arguments->length : READ_MAXIMUM;
	int32_t error = 0;

	if (arguments->offset >= size)
		return 0;
	if (most > size - arguments->offset)
		most = (uint32_t)(size - arguments->offset);

	while (!error && *done < most) {
		const uint32_t wanted = most - *done < COPY_PIECE ? most - *done : COPY_PIECE;
		uint32_t got, written = 0;

		error = file_read(copy->from, arguments->offset + *done, buffer, wanted, &got);
		if (!error && got > 0)
			error = file_write(copy->to, arguments->to_offset + *done, buffer, got, &written);
		*done += written;
		if (!error && (got == 0 || written < got))
			break;
	}
	return *done > 0 ? 0 : error;
}

static int32_t copy_do(const struct copy *copy, const struct fs_copy_range_arguments *arguments, uint32_t *done)
{
	struct runtime *runtime = copy->caller.volume->runtime;
	int32_t error = copy_check(copy, arguments);
	uint8_t *buffer;

	if (!error && arguments->length > 0)
		error = privileges_drop(&copy->caller, copy->to);
	if (error)
		return error;
	buffer = runtime_allocate(runtime, COPY_PIECE);
	if (!buffer)
		return POSIX_ENOMEM;
	error = copy_pieces(copy, arguments, buffer, done);
	runtime_free(runtime, buffer);
	return error;
}

int32_t node_serve_copy_range(struct request *request, const struct fs_copy_range_arguments *arguments,
                              struct fs_copy_range_results *results)
{
	struct copy copy;
	int32_t error = copy_begin(request, arguments, &copy);
	const bool locked = error == 0;

	if (!error)
		error = copy_do(&copy, arguments, &results->length);
	copy_end(&copy, locked);
	return error;
}

/*
 * Generated from vfs.proto by scripts/protogen; do not edit.
 *
 * Client stubs, dispatch and descriptions.
 */
#include "vfs.h"

#include <drydock/posix.h>
#include <drydock/string.h>

/* call_begin or call_try_begin. */
typedef int32_t (*begin_t)(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                           uint32_t out_length);

/*
 * Copies from memory shared with the other side, which may change it at any time: once, and before
 * anything looks at the copy. The empty asm keeps the compiler from reading the original again.
 */
static void copy_shared(void *to, const void *from, uint32_t length)
{
	if (length)
		memcpy(to, from, length);
	__asm__ volatile("" : : "r"(to) : "memory");
}

/* Appends to the IN range; bytes that are NULL are left to the caller. Returns where the next go. */
static uint8_t *put_bytes(uint8_t *place, const void *bytes, uint32_t length)
{
	if (!length)
		return place;
	if (bytes)
		memcpy(place, bytes, length);
	return place + length;
}

/* What is left of a request's IN range. */
struct input {
	const uint8_t *bytes;
	uint32_t length;
};

static struct input request_input(const struct request *request)
{
	return (struct input){.bytes = request->in, .length = request->in ? request->in_length : 0};
}

/* Takes a string of `length` bytes; `string` has room for `maximum` and a terminator. */
static int32_t take_string(struct input *input, uint32_t length, char *string, uint32_t maximum)
{
	if (length > input->length)
		return POSIX_EBADMSG;
	if (length > maximum)
		return POSIX_ENAMETOOLONG;
	copy_shared(string, input->bytes, length);
	for (uint32_t index = 0; index < length; index++)
		if (!string[index])
			return POSIX_EINVAL;
	string[length] = 0;
	if (length)
		input->bytes += length;
	input->length -= length;
	return 0;
}

/* open */
static int32_t start_open(begin_t begin, struct call *call, struct client *client, uint32_t flags,
                          uint32_t mode, uint32_t umask, const char *path, uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_OPEN, path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(flags, mode);
	call->request.word[2] = word_pair(umask, 0);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_open_prepare(struct call *call, struct client *client, uint32_t flags, uint32_t mode,
                         uint32_t umask, const char *path, uint32_t path_length)
{
	return start_open(call_begin, call, client, flags, mode, umask, path, path_length);
}

int32_t vfs_open_try_prepare(struct call *call, struct client *client, uint32_t flags, uint32_t mode,
                             uint32_t umask, const char *path, uint32_t path_length)
{
	return start_open(call_try_begin, call, client, flags, mode, umask, path, path_length);
}

int32_t vfs_open_finish(struct call *call, struct vfs_open_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->file = word_low(call->reply.word[2]);
		results->mount = word_high(call->reply.word[2]);
	}
	return 0;
}

int32_t vfs_open(struct client *client, uint32_t flags, uint32_t mode, uint32_t umask, const char *path,
                 uint32_t path_length, struct vfs_open_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_open_prepare(&call, client, flags, mode, umask, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_open_finish(&call, results);
	call_end(&call);
	return error;
}

void vfs_open_reply(struct request *request, int32_t error, const struct vfs_open_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = word_pair(results->file, results->mount);
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_open(struct request *request,
                                                 const struct vfs_operations *operations)
{
	struct vfs_open_arguments arguments;
	char path[4095 + 1];
	struct vfs_open_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->open)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.flags = word_low(request->message.word[1]);
	arguments.mode = word_high(request->message.word[1]);
	arguments.umask = word_low(request->message.word[2]);
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->open(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_open_reply(request, error, &results);
}

/* close */
static int32_t start_close(begin_t begin, struct call *call, struct client *client, uint32_t file)
{
	int32_t error;

	error = begin(call, client, VFS_CLOSE, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, 0);
	return 0;
}

int32_t vfs_close_prepare(struct call *call, struct client *client, uint32_t file)
{
	return start_close(call_begin, call, client, file);
}

int32_t vfs_close_try_prepare(struct call *call, struct client *client, uint32_t file)
{
	return start_close(call_try_begin, call, client, file);
}

int32_t vfs_close_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_close(struct client *client, uint32_t file)
{
	struct call call;
	int32_t error;

	error = vfs_close_prepare(&call, client, file);
	if (error)
		return error;
	call_run(&call);
	error = vfs_close_finish(&call);
	call_end(&call);
	return error;
}

void vfs_close_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_close(struct request *request,
                                                  const struct vfs_operations *operations)
{
	struct vfs_close_arguments arguments;
	int32_t error = 0;

	if (!operations->close)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	if (!error)
		error = operations->close(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_close_reply(request, error);
}

/* read */
static int32_t start_read(begin_t begin, struct call *call, struct client *client, uint32_t file,
                          uint64_t offset, uint32_t data_capacity)
{
	int32_t error;

	error = begin(call, client, VFS_READ, 0, data_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = word_pair(file, 0);
	call->request.word[2] = offset;
	return 0;
}

int32_t vfs_read_prepare(struct call *call, struct client *client, uint32_t file, uint64_t offset,
                         uint32_t data_capacity)
{
	return start_read(call_begin, call, client, file, offset, data_capacity);
}

int32_t vfs_read_try_prepare(struct call *call, struct client *client, uint32_t file, uint64_t offset,
                             uint32_t data_capacity)
{
	return start_read(call_try_begin, call, client, file, offset, data_capacity);
}

int32_t vfs_read_finish(struct call *call, struct vfs_read_results *results, void *data)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->data_length = written;
	if (data)
		copy_shared(data, call->out, written);
	return 0;
}

int32_t vfs_read(struct client *client, uint32_t file, uint64_t offset, void *data, uint32_t data_capacity,
                 struct vfs_read_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_read_prepare(&call, client, file, offset, data_capacity);
	if (error)
		return error;
	call_run(&call);
	error = vfs_read_finish(&call, results, data);
	call_end(&call);
	return error;
}

void vfs_read_reply(struct request *request, int32_t error, const struct vfs_read_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->data_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->data_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_read(struct request *request,
                                                 const struct vfs_operations *operations)
{
	struct vfs_read_arguments arguments;
	struct vfs_read_results results = {0};
	int32_t error = 0;

	if (!operations->read)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.offset = request->message.word[2];
	arguments.data = request->out;
	arguments.data_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->read(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_read_reply(request, error, &results);
}

/* write */
static int32_t start_write(begin_t begin, struct call *call, struct client *client, uint32_t file,
                           uint64_t offset, const void *data, uint32_t data_length)
{
	int32_t error;

	error = begin(call, client, VFS_WRITE, data_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, 0);
	call->request.word[2] = offset;
	put_bytes(call->in, data, data_length);
	return 0;
}

int32_t vfs_write_prepare(struct call *call, struct client *client, uint32_t file, uint64_t offset,
                          const void *data, uint32_t data_length)
{
	return start_write(call_begin, call, client, file, offset, data, data_length);
}

int32_t vfs_write_try_prepare(struct call *call, struct client *client, uint32_t file, uint64_t offset,
                              const void *data, uint32_t data_length)
{
	return start_write(call_try_begin, call, client, file, offset, data, data_length);
}

int32_t vfs_write_finish(struct call *call, struct vfs_write_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->length = word_low(call->reply.word[2]);
	return 0;
}

int32_t vfs_write(struct client *client, uint32_t file, uint64_t offset, const void *data,
                  uint32_t data_length, struct vfs_write_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_write_prepare(&call, client, file, offset, data, data_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_write_finish(&call, results);
	call_end(&call);
	return error;
}

void vfs_write_reply(struct request *request, int32_t error, const struct vfs_write_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = word_pair(results->length, 0);
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_write(struct request *request,
                                                  const struct vfs_operations *operations)
{
	struct vfs_write_arguments arguments;
	struct vfs_write_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->write)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.offset = request->message.word[2];
	arguments.data = input.bytes;
	arguments.data_length = input.length;
	if (!error)
		error = operations->write(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_write_reply(request, error, &results);
}

/* seek */
static int32_t start_seek(begin_t begin, struct call *call, struct client *client, uint32_t file,
                          int64_t offset, uint32_t whence)
{
	int32_t error;

	error = begin(call, client, VFS_SEEK, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, whence);
	call->request.word[2] = (uint64_t)offset;
	return 0;
}

int32_t vfs_seek_prepare(struct call *call, struct client *client, uint32_t file, int64_t offset,
                         uint32_t whence)
{
	return start_seek(call_begin, call, client, file, offset, whence);
}

int32_t vfs_seek_try_prepare(struct call *call, struct client *client, uint32_t file, int64_t offset,
                             uint32_t whence)
{
	return start_seek(call_try_begin, call, client, file, offset, whence);
}

int32_t vfs_seek_finish(struct call *call, struct vfs_seek_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->offset = call->reply.word[2];
	return 0;
}

int32_t vfs_seek(struct client *client, uint32_t file, int64_t offset, uint32_t whence,
                 struct vfs_seek_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_seek_prepare(&call, client, file, offset, whence);
	if (error)
		return error;
	call_run(&call);
	error = vfs_seek_finish(&call, results);
	call_end(&call);
	return error;
}

void vfs_seek_reply(struct request *request, int32_t error, const struct vfs_seek_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = results->offset;
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_seek(struct request *request,
                                                 const struct vfs_operations *operations)
{
	struct vfs_seek_arguments arguments;
	struct vfs_seek_results results = {0};
	int32_t error = 0;

	if (!operations->seek)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.offset = (int64_t)request->message.word[2];
	arguments.whence = word_high(request->message.word[1]);
	if (!error)
		error = operations->seek(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_seek_reply(request, error, &results);
}

/* stat */
static int32_t start_stat(begin_t begin, struct call *call, struct client *client, uint32_t nofollow,
                          const char *path, uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_STAT, path_length, sizeof(struct vfs_status));
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = word_pair(nofollow, 0);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_stat_prepare(struct call *call, struct client *client, uint32_t nofollow, const char *path,
                         uint32_t path_length)
{
	return start_stat(call_begin, call, client, nofollow, path, path_length);
}

int32_t vfs_stat_try_prepare(struct call *call, struct client *client, uint32_t nofollow, const char *path,
                             uint32_t path_length)
{
	return start_stat(call_try_begin, call, client, nofollow, path, path_length);
}

int32_t vfs_stat_finish(struct call *call, struct vfs_status *status)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*status))
		return POSIX_EBADMSG;
	if (status)
		copy_shared(status, call->out, sizeof(*status));
	return 0;
}

int32_t vfs_stat(struct client *client, uint32_t nofollow, const char *path, uint32_t path_length,
                 struct vfs_status *status)
{
	struct call call;
	int32_t error;

	error = vfs_stat_prepare(&call, client, nofollow, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_stat_finish(&call, status);
	call_end(&call);
	return error;
}

void vfs_stat_reply(struct request *request, int32_t error, const struct vfs_status *status)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, status, sizeof(*status));
		written = sizeof(*status);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_stat(struct request *request,
                                                 const struct vfs_operations *operations)
{
	struct vfs_stat_arguments arguments;
	char path[4095 + 1];
	struct vfs_status status = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->stat)
		error = POSIX_ENOSYS;
	else if (!request->out || request->out_length < sizeof(status))
		error = POSIX_EBADMSG;
	arguments.nofollow = word_low(request->message.word[1]);
	arguments.status = &status;
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->stat(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_stat_reply(request, error, &status);
}

/* mkdir */
static int32_t start_mkdir(begin_t begin, struct call *call, struct client *client, uint32_t mode,
                           uint32_t umask, const char *path, uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_MKDIR, path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(mode, umask);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_mkdir_prepare(struct call *call, struct client *client, uint32_t mode, uint32_t umask,
                          const char *path, uint32_t path_length)
{
	return start_mkdir(call_begin, call, client, mode, umask, path, path_length);
}

int32_t vfs_mkdir_try_prepare(struct call *call, struct client *client, uint32_t mode, uint32_t umask,
                              const char *path, uint32_t path_length)
{
	return start_mkdir(call_try_begin, call, client, mode, umask, path, path_length);
}

int32_t vfs_mkdir_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_mkdir(struct client *client, uint32_t mode, uint32_t umask, const char *path,
                  uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_mkdir_prepare(&call, client, mode, umask, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_mkdir_finish(&call);
	call_end(&call);
	return error;
}

void vfs_mkdir_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_mkdir(struct request *request,
                                                  const struct vfs_operations *operations)
{
	struct vfs_mkdir_arguments arguments;
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->mkdir)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.mode = word_low(request->message.word[1]);
	arguments.umask = word_high(request->message.word[1]);
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->mkdir(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_mkdir_reply(request, error);
}

/* rmdir */
static int32_t start_rmdir(begin_t begin, struct call *call, struct client *client, const char *path,
                           uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_RMDIR, path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_rmdir_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length)
{
	return start_rmdir(call_begin, call, client, path, path_length);
}

int32_t vfs_rmdir_try_prepare(struct call *call, struct client *client, const char *path,
                              uint32_t path_length)
{
	return start_rmdir(call_try_begin, call, client, path, path_length);
}

int32_t vfs_rmdir_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_rmdir(struct client *client, const char *path, uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_rmdir_prepare(&call, client, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_rmdir_finish(&call);
	call_end(&call);
	return error;
}

void vfs_rmdir_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_rmdir(struct request *request,
                                                  const struct vfs_operations *operations)
{
	struct vfs_rmdir_arguments arguments;
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->rmdir)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->rmdir(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_rmdir_reply(request, error);
}

/* readdir */
static int32_t start_readdir(begin_t begin, struct call *call, struct client *client, uint32_t file,
                             uint64_t cookie, uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, VFS_READDIR, 0, entries_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = word_pair(file, 0);
	call->request.word[2] = cookie;
	return 0;
}

int32_t vfs_readdir_prepare(struct call *call, struct client *client, uint32_t file, uint64_t cookie,
                            uint32_t entries_capacity)
{
	return start_readdir(call_begin, call, client, file, cookie, entries_capacity);
}

int32_t vfs_readdir_try_prepare(struct call *call, struct client *client, uint32_t file, uint64_t cookie,
                                uint32_t entries_capacity)
{
	return start_readdir(call_try_begin, call, client, file, cookie, entries_capacity);
}

int32_t vfs_readdir_finish(struct call *call, struct vfs_readdir_results *results, void *entries)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->entries_length = written;
	if (entries)
		copy_shared(entries, call->out, written);
	return 0;
}

int32_t vfs_readdir(struct client *client, uint32_t file, uint64_t cookie, void *entries,
                    uint32_t entries_capacity, struct vfs_readdir_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_readdir_prepare(&call, client, file, cookie, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = vfs_readdir_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void vfs_readdir_reply(struct request *request, int32_t error, const struct vfs_readdir_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->entries_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->entries_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_readdir(struct request *request,
                                                    const struct vfs_operations *operations)
{
	struct vfs_readdir_arguments arguments;
	struct vfs_readdir_results results = {0};
	int32_t error = 0;

	if (!operations->readdir)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.cookie = request->message.word[2];
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->readdir(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_readdir_reply(request, error, &results);
}

/* unlink */
static int32_t start_unlink(begin_t begin, struct call *call, struct client *client, const char *path,
                            uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_UNLINK, path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_unlink_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length)
{
	return start_unlink(call_begin, call, client, path, path_length);
}

int32_t vfs_unlink_try_prepare(struct call *call, struct client *client, const char *path,
                               uint32_t path_length)
{
	return start_unlink(call_try_begin, call, client, path, path_length);
}

int32_t vfs_unlink_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_unlink(struct client *client, const char *path, uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_unlink_prepare(&call, client, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_unlink_finish(&call);
	call_end(&call);
	return error;
}

void vfs_unlink_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_unlink(struct request *request,
                                                   const struct vfs_operations *operations)
{
	struct vfs_unlink_arguments arguments;
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->unlink)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->unlink(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_unlink_reply(request, error);
}

/* rename */
static int32_t start_rename(begin_t begin, struct call *call, struct client *client, uint32_t flags,
                            const char *path, uint32_t path_length, const char *new_path,
                            uint32_t new_path_length)
{
	uint8_t *place;
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	if (new_path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_RENAME, path_length + new_path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(flags, path_length);
	place = put_bytes(call->in, path, path_length);
	put_bytes(place, new_path, new_path_length);
	return 0;
}

int32_t vfs_rename_prepare(struct call *call, struct client *client, uint32_t flags, const char *path,
                           uint32_t path_length, const char *new_path, uint32_t new_path_length)
{
	return start_rename(call_begin, call, client, flags, path, path_length, new_path, new_path_length);
}

int32_t vfs_rename_try_prepare(struct call *call, struct client *client, uint32_t flags, const char *path,
                               uint32_t path_length, const char *new_path, uint32_t new_path_length)
{
	return start_rename(call_try_begin, call, client, flags, path, path_length, new_path,
	                    new_path_length);
}

int32_t vfs_rename_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_rename(struct client *client, uint32_t flags, const char *path, uint32_t path_length,
                   const char *new_path, uint32_t new_path_length)
{
	struct call call;
	int32_t error;

	error = vfs_rename_prepare(&call, client, flags, path, path_length, new_path, new_path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_rename_finish(&call);
	call_end(&call);
	return error;
}

void vfs_rename_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_rename(struct request *request,
                                                   const struct vfs_operations *operations)
{
	struct vfs_rename_arguments arguments;
	char path[4095 + 1];
	char new_path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->rename)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.flags = word_low(request->message.word[1]);
	arguments.path_length = word_high(request->message.word[1]);
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	arguments.new_path_length = input.length;
	arguments.new_path = new_path;
	if (!error)
		error = take_string(&input, arguments.new_path_length, new_path, 4095);
	if (!error)
		error = operations->rename(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_rename_reply(request, error);
}

/* link */
static int32_t start_link(begin_t begin, struct call *call, struct client *client, const char *path,
                          uint32_t path_length, const char *new_path, uint32_t new_path_length)
{
	uint8_t *place;
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	if (new_path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_LINK, path_length + new_path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(path_length, 0);
	place = put_bytes(call->in, path, path_length);
	put_bytes(place, new_path, new_path_length);
	return 0;
}

int32_t vfs_link_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length,
                         const char *new_path, uint32_t new_path_length)
{
	return start_link(call_begin, call, client, path, path_length, new_path, new_path_length);
}

int32_t vfs_link_try_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length,
                             const char *new_path, uint32_t new_path_length)
{
	return start_link(call_try_begin, call, client, path, path_length, new_path, new_path_length);
}

int32_t vfs_link_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_link(struct client *client, const char *path, uint32_t path_length, const char *new_path,
                 uint32_t new_path_length)
{
	struct call call;
	int32_t error;

	error = vfs_link_prepare(&call, client, path, path_length, new_path, new_path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_link_finish(&call);
	call_end(&call);
	return error;
}

void vfs_link_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_link(struct request *request,
                                                 const struct vfs_operations *operations)
{
	struct vfs_link_arguments arguments;
	char path[4095 + 1];
	char new_path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->link)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.path_length = word_low(request->message.word[1]);
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	arguments.new_path_length = input.length;
	arguments.new_path = new_path;
	if (!error)
		error = take_string(&input, arguments.new_path_length, new_path, 4095);
	if (!error)
		error = operations->link(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_link_reply(request, error);
}

/* symlink */
static int32_t start_symlink(begin_t begin, struct call *call, struct client *client, const char *target,
                             uint32_t target_length, const char *path, uint32_t path_length)
{
	uint8_t *place;
	int32_t error;

	if (target_length > 4095)
		return POSIX_ENAMETOOLONG;
	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_SYMLINK, target_length + path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(target_length, 0);
	place = put_bytes(call->in, target, target_length);
	put_bytes(place, path, path_length);
	return 0;
}

int32_t vfs_symlink_prepare(struct call *call, struct client *client, const char *target,
                            uint32_t target_length, const char *path, uint32_t path_length)
{
	return start_symlink(call_begin, call, client, target, target_length, path, path_length);
}

int32_t vfs_symlink_try_prepare(struct call *call, struct client *client, const char *target,
                                uint32_t target_length, const char *path, uint32_t path_length)
{
	return start_symlink(call_try_begin, call, client, target, target_length, path, path_length);
}

int32_t vfs_symlink_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_symlink(struct client *client, const char *target, uint32_t target_length, const char *path,
                    uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_symlink_prepare(&call, client, target, target_length, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_symlink_finish(&call);
	call_end(&call);
	return error;
}

void vfs_symlink_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_symlink(struct request *request,
                                                    const struct vfs_operations *operations)
{
	struct vfs_symlink_arguments arguments;
	char target[4095 + 1];
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->symlink)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.target_length = word_low(request->message.word[1]);
	arguments.target = target;
	if (!error)
		error = take_string(&input, arguments.target_length, target, 4095);
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->symlink(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_symlink_reply(request, error);
}

/* readlink */
static int32_t start_readlink(begin_t begin, struct call *call, struct client *client, const char *path,
                              uint32_t path_length, uint32_t target_capacity)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_READLINK, path_length, target_capacity);
	if (error)
		return error;
	call_session(call, false);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_readlink_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length,
                             uint32_t target_capacity)
{
	return start_readlink(call_begin, call, client, path, path_length, target_capacity);
}

int32_t vfs_readlink_try_prepare(struct call *call, struct client *client, const char *path,
                                 uint32_t path_length, uint32_t target_capacity)
{
	return start_readlink(call_try_begin, call, client, path, path_length, target_capacity);
}

int32_t vfs_readlink_finish(struct call *call, struct vfs_readlink_results *results, void *target)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->target_length = written;
	if (target)
		copy_shared(target, call->out, written);
	return 0;
}

int32_t vfs_readlink(struct client *client, const char *path, uint32_t path_length, void *target,
                     uint32_t target_capacity, struct vfs_readlink_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_readlink_prepare(&call, client, path, path_length, target_capacity);
	if (error)
		return error;
	call_run(&call);
	error = vfs_readlink_finish(&call, results, target);
	call_end(&call);
	return error;
}

void vfs_readlink_reply(struct request *request, int32_t error, const struct vfs_readlink_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->target_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->target_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_readlink(struct request *request,
                                                     const struct vfs_operations *operations)
{
	struct vfs_readlink_arguments arguments;
	char path[4095 + 1];
	struct vfs_readlink_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->readlink)
		error = POSIX_ENOSYS;
	arguments.target = request->out;
	arguments.target_capacity = request->out ? request->out_length : 0;
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->readlink(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_readlink_reply(request, error, &results);
}

/* chmod */
static int32_t start_chmod(begin_t begin, struct call *call, struct client *client, uint32_t mode,
                           const char *path, uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_CHMOD, path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(mode, 0);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_chmod_prepare(struct call *call, struct client *client, uint32_t mode, const char *path,
                          uint32_t path_length)
{
	return start_chmod(call_begin, call, client, mode, path, path_length);
}

int32_t vfs_chmod_try_prepare(struct call *call, struct client *client, uint32_t mode, const char *path,
                              uint32_t path_length)
{
	return start_chmod(call_try_begin, call, client, mode, path, path_length);
}

int32_t vfs_chmod_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_chmod(struct client *client, uint32_t mode, const char *path, uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_chmod_prepare(&call, client, mode, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_chmod_finish(&call);
	call_end(&call);
	return error;
}

void vfs_chmod_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_chmod(struct request *request,
                                                  const struct vfs_operations *operations)
{
	struct vfs_chmod_arguments arguments;
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->chmod)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.mode = word_low(request->message.word[1]);
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->chmod(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_chmod_reply(request, error);
}

/* chown */
static int32_t start_chown(begin_t begin, struct call *call, struct client *client, uint32_t uid,
                           uint32_t gid, const char *path, uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_CHOWN, path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(uid, gid);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_chown_prepare(struct call *call, struct client *client, uint32_t uid, uint32_t gid,
                          const char *path, uint32_t path_length)
{
	return start_chown(call_begin, call, client, uid, gid, path, path_length);
}

int32_t vfs_chown_try_prepare(struct call *call, struct client *client, uint32_t uid, uint32_t gid,
                              const char *path, uint32_t path_length)
{
	return start_chown(call_try_begin, call, client, uid, gid, path, path_length);
}

int32_t vfs_chown_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_chown(struct client *client, uint32_t uid, uint32_t gid, const char *path, uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_chown_prepare(&call, client, uid, gid, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_chown_finish(&call);
	call_end(&call);
	return error;
}

void vfs_chown_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_chown(struct request *request,
                                                  const struct vfs_operations *operations)
{
	struct vfs_chown_arguments arguments;
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->chown)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.uid = word_low(request->message.word[1]);
	arguments.gid = word_high(request->message.word[1]);
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->chown(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_chown_reply(request, error);
}

/* truncate */
static int32_t start_truncate(begin_t begin, struct call *call, struct client *client, uint64_t size,
                              const char *path, uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_TRUNCATE, path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = size;
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_truncate_prepare(struct call *call, struct client *client, uint64_t size, const char *path,
                             uint32_t path_length)
{
	return start_truncate(call_begin, call, client, size, path, path_length);
}

int32_t vfs_truncate_try_prepare(struct call *call, struct client *client, uint64_t size, const char *path,
                                 uint32_t path_length)
{
	return start_truncate(call_try_begin, call, client, size, path, path_length);
}

int32_t vfs_truncate_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_truncate(struct client *client, uint64_t size, const char *path, uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_truncate_prepare(&call, client, size, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_truncate_finish(&call);
	call_end(&call);
	return error;
}

void vfs_truncate_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_truncate(struct request *request,
                                                     const struct vfs_operations *operations)
{
	struct vfs_truncate_arguments arguments;
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->truncate)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.size = request->message.word[1];
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->truncate(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_truncate_reply(request, error);
}

/* set_times */
static int32_t start_set_times(begin_t begin, struct call *call, struct client *client, int64_t atime,
                               uint32_t atime_ns, uint32_t mtime_ns, int64_t mtime, const char *path,
                               uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_SET_TIMES, path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = (uint64_t)atime;
	call->request.word[2] = word_pair(atime_ns, mtime_ns);
	call->request.word[3] = (uint64_t)mtime;
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_set_times_prepare(struct call *call, struct client *client, int64_t atime, uint32_t atime_ns,
                              uint32_t mtime_ns, int64_t mtime, const char *path, uint32_t path_length)
{
	return start_set_times(call_begin, call, client, atime, atime_ns, mtime_ns, mtime, path, path_length);
}

int32_t vfs_set_times_try_prepare(struct call *call, struct client *client, int64_t atime, uint32_t atime_ns,
                                  uint32_t mtime_ns, int64_t mtime, const char *path, uint32_t path_length)
{
	return start_set_times(call_try_begin, call, client, atime, atime_ns, mtime_ns, mtime, path,
	                       path_length);
}

int32_t vfs_set_times_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_set_times(struct client *client, int64_t atime, uint32_t atime_ns, uint32_t mtime_ns,
                      int64_t mtime, const char *path, uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_set_times_prepare(&call, client, atime, atime_ns, mtime_ns, mtime, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_set_times_finish(&call);
	call_end(&call);
	return error;
}

void vfs_set_times_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_set_times(struct request *request,
                                                      const struct vfs_operations *operations)
{
	struct vfs_set_times_arguments arguments;
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->set_times)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.atime = (int64_t)request->message.word[1];
	arguments.atime_ns = word_low(request->message.word[2]);
	arguments.mtime_ns = word_high(request->message.word[2]);
	arguments.mtime = (int64_t)request->message.word[3];
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->set_times(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_set_times_reply(request, error);
}

/* stat_file */
static int32_t start_stat_file(begin_t begin, struct call *call, struct client *client, uint32_t file)
{
	int32_t error;

	error = begin(call, client, VFS_STAT_FILE, 0, sizeof(struct vfs_status));
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = word_pair(file, 0);
	return 0;
}

int32_t vfs_stat_file_prepare(struct call *call, struct client *client, uint32_t file)
{
	return start_stat_file(call_begin, call, client, file);
}

int32_t vfs_stat_file_try_prepare(struct call *call, struct client *client, uint32_t file)
{
	return start_stat_file(call_try_begin, call, client, file);
}

int32_t vfs_stat_file_finish(struct call *call, struct vfs_status *status)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*status))
		return POSIX_EBADMSG;
	if (status)
		copy_shared(status, call->out, sizeof(*status));
	return 0;
}

int32_t vfs_stat_file(struct client *client, uint32_t file, struct vfs_status *status)
{
	struct call call;
	int32_t error;

	error = vfs_stat_file_prepare(&call, client, file);
	if (error)
		return error;
	call_run(&call);
	error = vfs_stat_file_finish(&call, status);
	call_end(&call);
	return error;
}

void vfs_stat_file_reply(struct request *request, int32_t error, const struct vfs_status *status)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, status, sizeof(*status));
		written = sizeof(*status);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_stat_file(struct request *request,
                                                      const struct vfs_operations *operations)
{
	struct vfs_stat_file_arguments arguments;
	struct vfs_status status = {0};
	int32_t error = 0;

	if (!operations->stat_file)
		error = POSIX_ENOSYS;
	else if (request->in || !request->out || request->out_length < sizeof(status))
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.status = &status;
	if (!error)
		error = operations->stat_file(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_stat_file_reply(request, error, &status);
}

/* statistics */
static int32_t start_statistics(begin_t begin, struct call *call, struct client *client, const char *path,
                                uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_STATISTICS, path_length, sizeof(struct vfs_statistics));
	if (error)
		return error;
	call_session(call, false);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_statistics_prepare(struct call *call, struct client *client, const char *path,
                               uint32_t path_length)
{
	return start_statistics(call_begin, call, client, path, path_length);
}

int32_t vfs_statistics_try_prepare(struct call *call, struct client *client, const char *path,
                                   uint32_t path_length)
{
	return start_statistics(call_try_begin, call, client, path, path_length);
}

int32_t vfs_statistics_finish(struct call *call, struct vfs_statistics *statistics)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*statistics))
		return POSIX_EBADMSG;
	if (statistics)
		copy_shared(statistics, call->out, sizeof(*statistics));
	return 0;
}

int32_t vfs_statistics(struct client *client, const char *path, uint32_t path_length,
                       struct vfs_statistics *statistics)
{
	struct call call;
	int32_t error;

	error = vfs_statistics_prepare(&call, client, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_statistics_finish(&call, statistics);
	call_end(&call);
	return error;
}

void vfs_statistics_reply(struct request *request, int32_t error, const struct vfs_statistics *statistics)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, statistics, sizeof(*statistics));
		written = sizeof(*statistics);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_statistics(struct request *request,
                                                       const struct vfs_operations *operations)
{
	struct vfs_statistics_arguments arguments;
	char path[4095 + 1];
	struct vfs_statistics statistics = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->statistics)
		error = POSIX_ENOSYS;
	else if (!request->out || request->out_length < sizeof(statistics))
		error = POSIX_EBADMSG;
	arguments.statistics = &statistics;
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->statistics(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_statistics_reply(request, error, &statistics);
}

/* allocate */
static int32_t start_allocate(begin_t begin, struct call *call, struct client *client, uint32_t file,
                              uint32_t mode, uint64_t offset, uint64_t length)
{
	int32_t error;

	error = begin(call, client, VFS_ALLOCATE, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, mode);
	call->request.word[2] = offset;
	call->request.word[3] = length;
	return 0;
}

int32_t vfs_allocate_prepare(struct call *call, struct client *client, uint32_t file, uint32_t mode,
                             uint64_t offset, uint64_t length)
{
	return start_allocate(call_begin, call, client, file, mode, offset, length);
}

int32_t vfs_allocate_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t mode,
                                 uint64_t offset, uint64_t length)
{
	return start_allocate(call_try_begin, call, client, file, mode, offset, length);
}

int32_t vfs_allocate_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_allocate(struct client *client, uint32_t file, uint32_t mode, uint64_t offset, uint64_t length)
{
	struct call call;
	int32_t error;

	error = vfs_allocate_prepare(&call, client, file, mode, offset, length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_allocate_finish(&call);
	call_end(&call);
	return error;
}

void vfs_allocate_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_allocate(struct request *request,
                                                     const struct vfs_operations *operations)
{
	struct vfs_allocate_arguments arguments;
	int32_t error = 0;

	if (!operations->allocate)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.mode = word_high(request->message.word[1]);
	arguments.offset = request->message.word[2];
	arguments.length = request->message.word[3];
	if (!error)
		error = operations->allocate(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_allocate_reply(request, error);
}

/* copy_range */
static int32_t start_copy_range(begin_t begin, struct call *call, struct client *client, uint32_t file,
                                uint32_t to, uint64_t offset, uint64_t to_offset, uint32_t length)
{
	int32_t error;

	error = begin(call, client, VFS_COPY_RANGE, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, to);
	call->request.word[2] = offset;
	call->request.word[3] = to_offset;
	call->request.word[5] = word_pair(length, 0);
	return 0;
}

int32_t vfs_copy_range_prepare(struct call *call, struct client *client, uint32_t file, uint32_t to,
                               uint64_t offset, uint64_t to_offset, uint32_t length)
{
	return start_copy_range(call_begin, call, client, file, to, offset, to_offset, length);
}

int32_t vfs_copy_range_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t to,
                                   uint64_t offset, uint64_t to_offset, uint32_t length)
{
	return start_copy_range(call_try_begin, call, client, file, to, offset, to_offset, length);
}

int32_t vfs_copy_range_finish(struct call *call, struct vfs_copy_range_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->length = word_low(call->reply.word[2]);
	return 0;
}

int32_t vfs_copy_range(struct client *client, uint32_t file, uint32_t to, uint64_t offset, uint64_t to_offset,
                       uint32_t length, struct vfs_copy_range_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_copy_range_prepare(&call, client, file, to, offset, to_offset, length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_copy_range_finish(&call, results);
	call_end(&call);
	return error;
}

void vfs_copy_range_reply(struct request *request, int32_t error,
                          const struct vfs_copy_range_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = word_pair(results->length, 0);
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_copy_range(struct request *request,
                                                       const struct vfs_operations *operations)
{
	struct vfs_copy_range_arguments arguments;
	struct vfs_copy_range_results results = {0};
	int32_t error = 0;

	if (!operations->copy_range)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.to = word_high(request->message.word[1]);
	arguments.offset = request->message.word[2];
	arguments.to_offset = request->message.word[3];
	arguments.length = word_low(request->message.word[5]);
	if (!error)
		error = operations->copy_range(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_copy_range_reply(request, error, &results);
}

/* sync */
static int32_t start_sync(begin_t begin, struct call *call, struct client *client, uint32_t file)
{
	int32_t error;

	error = begin(call, client, VFS_SYNC, 0, 0);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = word_pair(file, 0);
	return 0;
}

int32_t vfs_sync_prepare(struct call *call, struct client *client, uint32_t file)
{
	return start_sync(call_begin, call, client, file);
}

int32_t vfs_sync_try_prepare(struct call *call, struct client *client, uint32_t file)
{
	return start_sync(call_try_begin, call, client, file);
}

int32_t vfs_sync_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_sync(struct client *client, uint32_t file)
{
	struct call call;
	int32_t error;

	error = vfs_sync_prepare(&call, client, file);
	if (error)
		return error;
	call_run(&call);
	error = vfs_sync_finish(&call);
	call_end(&call);
	return error;
}

void vfs_sync_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_sync(struct request *request,
                                                 const struct vfs_operations *operations)
{
	struct vfs_sync_arguments arguments;
	int32_t error = 0;

	if (!operations->sync)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	if (!error)
		error = operations->sync(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_sync_reply(request, error);
}

/* sync_all */
static int32_t start_sync_all(begin_t begin, struct call *call, struct client *client)
{
	int32_t error;

	error = begin(call, client, VFS_SYNC_ALL, 0, 0);
	if (error)
		return error;
	call_session(call, false);
	return 0;
}

int32_t vfs_sync_all_prepare(struct call *call, struct client *client)
{
	return start_sync_all(call_begin, call, client);
}

int32_t vfs_sync_all_try_prepare(struct call *call, struct client *client)
{
	return start_sync_all(call_try_begin, call, client);
}

int32_t vfs_sync_all_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_sync_all(struct client *client)
{
	struct call call;
	int32_t error;

	error = vfs_sync_all_prepare(&call, client);
	if (error)
		return error;
	call_run(&call);
	error = vfs_sync_all_finish(&call);
	call_end(&call);
	return error;
}

void vfs_sync_all_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_sync_all(struct request *request,
                                                     const struct vfs_operations *operations)
{
	int32_t error = 0;

	if (!operations->sync_all)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	if (!error)
		error = operations->sync_all(request);
	if (error != REQUEST_DETACHED)
		vfs_sync_all_reply(request, error);
}

/* link_file */
static int32_t start_link_file(begin_t begin, struct call *call, struct client *client, uint32_t file,
                               const char *new_path, uint32_t new_path_length)
{
	int32_t error;

	if (new_path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_LINK_FILE, new_path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, 0);
	put_bytes(call->in, new_path, new_path_length);
	return 0;
}

int32_t vfs_link_file_prepare(struct call *call, struct client *client, uint32_t file, const char *new_path,
                              uint32_t new_path_length)
{
	return start_link_file(call_begin, call, client, file, new_path, new_path_length);
}

int32_t vfs_link_file_try_prepare(struct call *call, struct client *client, uint32_t file,
                                  const char *new_path, uint32_t new_path_length)
{
	return start_link_file(call_try_begin, call, client, file, new_path, new_path_length);
}

int32_t vfs_link_file_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_link_file(struct client *client, uint32_t file, const char *new_path, uint32_t new_path_length)
{
	struct call call;
	int32_t error;

	error = vfs_link_file_prepare(&call, client, file, new_path, new_path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_link_file_finish(&call);
	call_end(&call);
	return error;
}

void vfs_link_file_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_link_file(struct request *request,
                                                      const struct vfs_operations *operations)
{
	struct vfs_link_file_arguments arguments;
	char new_path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->link_file)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.new_path_length = input.length;
	arguments.new_path = new_path;
	if (!error)
		error = take_string(&input, arguments.new_path_length, new_path, 4095);
	if (!error)
		error = operations->link_file(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_link_file_reply(request, error);
}

/* access */
static int32_t start_access(begin_t begin, struct call *call, struct client *client, uint32_t mask,
                            const char *path, uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_ACCESS, path_length, 0);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = word_pair(mask, 0);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_access_prepare(struct call *call, struct client *client, uint32_t mask, const char *path,
                           uint32_t path_length)
{
	return start_access(call_begin, call, client, mask, path, path_length);
}

int32_t vfs_access_try_prepare(struct call *call, struct client *client, uint32_t mask, const char *path,
                               uint32_t path_length)
{
	return start_access(call_try_begin, call, client, mask, path, path_length);
}

int32_t vfs_access_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_access(struct client *client, uint32_t mask, const char *path, uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_access_prepare(&call, client, mask, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_access_finish(&call);
	call_end(&call);
	return error;
}

void vfs_access_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_access(struct request *request,
                                                   const struct vfs_operations *operations)
{
	struct vfs_access_arguments arguments;
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->access)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.mask = word_low(request->message.word[1]);
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->access(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_access_reply(request, error);
}

/* mknod */
static int32_t start_mknod(begin_t begin, struct call *call, struct client *client, uint32_t mode,
                           uint32_t umask, uint32_t device, const char *path, uint32_t path_length)
{
	int32_t error;

	if (path_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_MKNOD, path_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(mode, umask);
	call->request.word[2] = word_pair(device, 0);
	put_bytes(call->in, path, path_length);
	return 0;
}

int32_t vfs_mknod_prepare(struct call *call, struct client *client, uint32_t mode, uint32_t umask,
                          uint32_t device, const char *path, uint32_t path_length)
{
	return start_mknod(call_begin, call, client, mode, umask, device, path, path_length);
}

int32_t vfs_mknod_try_prepare(struct call *call, struct client *client, uint32_t mode, uint32_t umask,
                              uint32_t device, const char *path, uint32_t path_length)
{
	return start_mknod(call_try_begin, call, client, mode, umask, device, path, path_length);
}

int32_t vfs_mknod_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_mknod(struct client *client, uint32_t mode, uint32_t umask, uint32_t device, const char *path,
                  uint32_t path_length)
{
	struct call call;
	int32_t error;

	error = vfs_mknod_prepare(&call, client, mode, umask, device, path, path_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_mknod_finish(&call);
	call_end(&call);
	return error;
}

void vfs_mknod_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_mknod(struct request *request,
                                                  const struct vfs_operations *operations)
{
	struct vfs_mknod_arguments arguments;
	char path[4095 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->mknod)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.mode = word_low(request->message.word[1]);
	arguments.umask = word_high(request->message.word[1]);
	arguments.device = word_low(request->message.word[2]);
	arguments.path_length = input.length;
	arguments.path = path;
	if (!error)
		error = take_string(&input, arguments.path_length, path, 4095);
	if (!error)
		error = operations->mknod(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_mknod_reply(request, error);
}

/* chmod_file */
static int32_t start_chmod_file(begin_t begin, struct call *call, struct client *client, uint32_t file,
                                uint32_t mode)
{
	int32_t error;

	error = begin(call, client, VFS_CHMOD_FILE, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, mode);
	return 0;
}

int32_t vfs_chmod_file_prepare(struct call *call, struct client *client, uint32_t file, uint32_t mode)
{
	return start_chmod_file(call_begin, call, client, file, mode);
}

int32_t vfs_chmod_file_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t mode)
{
	return start_chmod_file(call_try_begin, call, client, file, mode);
}

int32_t vfs_chmod_file_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_chmod_file(struct client *client, uint32_t file, uint32_t mode)
{
	struct call call;
	int32_t error;

	error = vfs_chmod_file_prepare(&call, client, file, mode);
	if (error)
		return error;
	call_run(&call);
	error = vfs_chmod_file_finish(&call);
	call_end(&call);
	return error;
}

void vfs_chmod_file_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_chmod_file(struct request *request,
                                                       const struct vfs_operations *operations)
{
	struct vfs_chmod_file_arguments arguments;
	int32_t error = 0;

	if (!operations->chmod_file)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.mode = word_high(request->message.word[1]);
	if (!error)
		error = operations->chmod_file(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_chmod_file_reply(request, error);
}

/* chown_file */
static int32_t start_chown_file(begin_t begin, struct call *call, struct client *client, uint32_t file,
                                uint32_t uid, uint32_t gid)
{
	int32_t error;

	error = begin(call, client, VFS_CHOWN_FILE, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, uid);
	call->request.word[2] = word_pair(gid, 0);
	return 0;
}

int32_t vfs_chown_file_prepare(struct call *call, struct client *client, uint32_t file, uint32_t uid,
                               uint32_t gid)
{
	return start_chown_file(call_begin, call, client, file, uid, gid);
}

int32_t vfs_chown_file_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t uid,
                                   uint32_t gid)
{
	return start_chown_file(call_try_begin, call, client, file, uid, gid);
}

int32_t vfs_chown_file_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_chown_file(struct client *client, uint32_t file, uint32_t uid, uint32_t gid)
{
	struct call call;
	int32_t error;

	error = vfs_chown_file_prepare(&call, client, file, uid, gid);
	if (error)
		return error;
	call_run(&call);
	error = vfs_chown_file_finish(&call);
	call_end(&call);
	return error;
}

void vfs_chown_file_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_chown_file(struct request *request,
                                                       const struct vfs_operations *operations)
{
	struct vfs_chown_file_arguments arguments;
	int32_t error = 0;

	if (!operations->chown_file)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.uid = word_high(request->message.word[1]);
	arguments.gid = word_low(request->message.word[2]);
	if (!error)
		error = operations->chown_file(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_chown_file_reply(request, error);
}

/* truncate_file */
static int32_t start_truncate_file(begin_t begin, struct call *call, struct client *client, uint32_t file,
                                   uint64_t size)
{
	int32_t error;

	error = begin(call, client, VFS_TRUNCATE_FILE, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, 0);
	call->request.word[2] = size;
	return 0;
}

int32_t vfs_truncate_file_prepare(struct call *call, struct client *client, uint32_t file, uint64_t size)
{
	return start_truncate_file(call_begin, call, client, file, size);
}

int32_t vfs_truncate_file_try_prepare(struct call *call, struct client *client, uint32_t file, uint64_t size)
{
	return start_truncate_file(call_try_begin, call, client, file, size);
}

int32_t vfs_truncate_file_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_truncate_file(struct client *client, uint32_t file, uint64_t size)
{
	struct call call;
	int32_t error;

	error = vfs_truncate_file_prepare(&call, client, file, size);
	if (error)
		return error;
	call_run(&call);
	error = vfs_truncate_file_finish(&call);
	call_end(&call);
	return error;
}

void vfs_truncate_file_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_truncate_file(struct request *request,
                                                          const struct vfs_operations *operations)
{
	struct vfs_truncate_file_arguments arguments;
	int32_t error = 0;

	if (!operations->truncate_file)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.size = request->message.word[2];
	if (!error)
		error = operations->truncate_file(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_truncate_file_reply(request, error);
}

/* set_times_file */
static int32_t start_set_times_file(begin_t begin, struct call *call, struct client *client, uint32_t file,
                                    uint32_t atime_ns, int64_t atime, int64_t mtime, uint32_t mtime_ns)
{
	int32_t error;

	error = begin(call, client, VFS_SET_TIMES_FILE, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, atime_ns);
	call->request.word[2] = (uint64_t)atime;
	call->request.word[3] = (uint64_t)mtime;
	call->request.word[5] = word_pair(mtime_ns, 0);
	return 0;
}

int32_t vfs_set_times_file_prepare(struct call *call, struct client *client, uint32_t file, uint32_t atime_ns,
                                   int64_t atime, int64_t mtime, uint32_t mtime_ns)
{
	return start_set_times_file(call_begin, call, client, file, atime_ns, atime, mtime, mtime_ns);
}

int32_t vfs_set_times_file_try_prepare(struct call *call, struct client *client, uint32_t file,
                                       uint32_t atime_ns, int64_t atime, int64_t mtime, uint32_t mtime_ns)
{
	return start_set_times_file(call_try_begin, call, client, file, atime_ns, atime, mtime, mtime_ns);
}

int32_t vfs_set_times_file_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_set_times_file(struct client *client, uint32_t file, uint32_t atime_ns, int64_t atime,
                           int64_t mtime, uint32_t mtime_ns)
{
	struct call call;
	int32_t error;

	error = vfs_set_times_file_prepare(&call, client, file, atime_ns, atime, mtime, mtime_ns);
	if (error)
		return error;
	call_run(&call);
	error = vfs_set_times_file_finish(&call);
	call_end(&call);
	return error;
}

void vfs_set_times_file_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_set_times_file(struct request *request,
                                                           const struct vfs_operations *operations)
{
	struct vfs_set_times_file_arguments arguments;
	int32_t error = 0;

	if (!operations->set_times_file)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.atime_ns = word_high(request->message.word[1]);
	arguments.atime = (int64_t)request->message.word[2];
	arguments.mtime = (int64_t)request->message.word[3];
	arguments.mtime_ns = word_low(request->message.word[5]);
	if (!error)
		error = operations->set_times_file(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_set_times_file_reply(request, error);
}

/* get_xattr */
static int32_t start_get_xattr(begin_t begin, struct call *call, struct client *client, uint32_t file,
                               const char *name, uint32_t name_length, uint32_t value_capacity)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_GET_XATTR, name_length, value_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = word_pair(file, 0);
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t vfs_get_xattr_prepare(struct call *call, struct client *client, uint32_t file, const char *name,
                              uint32_t name_length, uint32_t value_capacity)
{
	return start_get_xattr(call_begin, call, client, file, name, name_length, value_capacity);
}

int32_t vfs_get_xattr_try_prepare(struct call *call, struct client *client, uint32_t file, const char *name,
                                  uint32_t name_length, uint32_t value_capacity)
{
	return start_get_xattr(call_try_begin, call, client, file, name, name_length, value_capacity);
}

int32_t vfs_get_xattr_finish(struct call *call, struct vfs_get_xattr_results *results, void *value)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results) {
		results->size = word_low(call->reply.word[2]);
		results->value_length = written;
	}
	if (value)
		copy_shared(value, call->out, written);
	return 0;
}

int32_t vfs_get_xattr(struct client *client, uint32_t file, const char *name, uint32_t name_length,
                      void *value, uint32_t value_capacity, struct vfs_get_xattr_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_get_xattr_prepare(&call, client, file, name, name_length, value_capacity);
	if (error)
		return error;
	call_run(&call);
	error = vfs_get_xattr_finish(&call, results, value);
	call_end(&call);
	return error;
}

void vfs_get_xattr_reply(struct request *request, int32_t error, const struct vfs_get_xattr_results *results)
{
	struct message reply = {{0}};
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->value_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = word_pair(results->size, 0);
		written = results->value_length;
	}
	request_reply(request, error, written, &reply);
}

static __attribute__((noinline)) void serve_get_xattr(struct request *request,
                                                      const struct vfs_operations *operations)
{
	struct vfs_get_xattr_arguments arguments;
	char name[255 + 1];
	struct vfs_get_xattr_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->get_xattr)
		error = POSIX_ENOSYS;
	arguments.file = word_low(request->message.word[1]);
	arguments.value = request->out;
	arguments.value_capacity = request->out ? request->out_length : 0;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->get_xattr(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_get_xattr_reply(request, error, &results);
}

/* set_xattr */
static int32_t start_set_xattr(begin_t begin, struct call *call, struct client *client, uint32_t file,
                               uint32_t flags, const char *name, uint32_t name_length, const void *value,
                               uint32_t value_length)
{
	uint64_t in_length = (uint64_t)name_length + value_length;
	uint8_t *place;
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	if (in_length > UINT32_MAX)
		return -E_TOO_LARGE;
	error = begin(call, client, VFS_SET_XATTR, (uint32_t)in_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, flags);
	call->request.word[2] = word_pair(name_length, 0);
	place = put_bytes(call->in, name, name_length);
	put_bytes(place, value, value_length);
	return 0;
}

int32_t vfs_set_xattr_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                              const char *name, uint32_t name_length, const void *value,
                              uint32_t value_length)
{
	return start_set_xattr(call_begin, call, client, file, flags, name, name_length, value, value_length);
}

int32_t vfs_set_xattr_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                                  const char *name, uint32_t name_length, const void *value,
                                  uint32_t value_length)
{
	return start_set_xattr(call_try_begin, call, client, file, flags, name, name_length, value,
	                       value_length);
}

int32_t vfs_set_xattr_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_set_xattr(struct client *client, uint32_t file, uint32_t flags, const char *name,
                      uint32_t name_length, const void *value, uint32_t value_length)
{
	struct call call;
	int32_t error;

	error = vfs_set_xattr_prepare(&call, client, file, flags, name, name_length, value, value_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_set_xattr_finish(&call);
	call_end(&call);
	return error;
}

void vfs_set_xattr_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_set_xattr(struct request *request,
                                                      const struct vfs_operations *operations)
{
	struct vfs_set_xattr_arguments arguments;
	char name[255 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->set_xattr)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.flags = word_high(request->message.word[1]);
	arguments.name_length = word_low(request->message.word[2]);
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	arguments.value = input.bytes;
	arguments.value_length = input.length;
	if (!error)
		error = operations->set_xattr(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_set_xattr_reply(request, error);
}

/* list_xattrs */
static int32_t start_list_xattrs(begin_t begin, struct call *call, struct client *client, uint32_t file,
                                 uint32_t names_capacity)
{
	int32_t error;

	error = begin(call, client, VFS_LIST_XATTRS, 0, names_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = word_pair(file, 0);
	return 0;
}

int32_t vfs_list_xattrs_prepare(struct call *call, struct client *client, uint32_t file,
                                uint32_t names_capacity)
{
	return start_list_xattrs(call_begin, call, client, file, names_capacity);
}

int32_t vfs_list_xattrs_try_prepare(struct call *call, struct client *client, uint32_t file,
                                    uint32_t names_capacity)
{
	return start_list_xattrs(call_try_begin, call, client, file, names_capacity);
}

int32_t vfs_list_xattrs_finish(struct call *call, struct vfs_list_xattrs_results *results, void *names)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results) {
		results->size = word_low(call->reply.word[2]);
		results->names_length = written;
	}
	if (names)
		copy_shared(names, call->out, written);
	return 0;
}

int32_t vfs_list_xattrs(struct client *client, uint32_t file, void *names, uint32_t names_capacity,
                        struct vfs_list_xattrs_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_list_xattrs_prepare(&call, client, file, names_capacity);
	if (error)
		return error;
	call_run(&call);
	error = vfs_list_xattrs_finish(&call, results, names);
	call_end(&call);
	return error;
}

void vfs_list_xattrs_reply(struct request *request, int32_t error,
                           const struct vfs_list_xattrs_results *results)
{
	struct message reply = {{0}};
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->names_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = word_pair(results->size, 0);
		written = results->names_length;
	}
	request_reply(request, error, written, &reply);
}

static __attribute__((noinline)) void serve_list_xattrs(struct request *request,
                                                        const struct vfs_operations *operations)
{
	struct vfs_list_xattrs_arguments arguments;
	struct vfs_list_xattrs_results results = {0};
	int32_t error = 0;

	if (!operations->list_xattrs)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.names = request->out;
	arguments.names_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->list_xattrs(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_list_xattrs_reply(request, error, &results);
}

/* remove_xattr */
static int32_t start_remove_xattr(begin_t begin, struct call *call, struct client *client, uint32_t file,
                                  const char *name, uint32_t name_length)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, VFS_REMOVE_XATTR, name_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, 0);
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t vfs_remove_xattr_prepare(struct call *call, struct client *client, uint32_t file, const char *name,
                                 uint32_t name_length)
{
	return start_remove_xattr(call_begin, call, client, file, name, name_length);
}

int32_t vfs_remove_xattr_try_prepare(struct call *call, struct client *client, uint32_t file,
                                     const char *name, uint32_t name_length)
{
	return start_remove_xattr(call_try_begin, call, client, file, name, name_length);
}

int32_t vfs_remove_xattr_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_remove_xattr(struct client *client, uint32_t file, const char *name, uint32_t name_length)
{
	struct call call;
	int32_t error;

	error = vfs_remove_xattr_prepare(&call, client, file, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = vfs_remove_xattr_finish(&call);
	call_end(&call);
	return error;
}

void vfs_remove_xattr_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_remove_xattr(struct request *request,
                                                         const struct vfs_operations *operations)
{
	struct vfs_remove_xattr_arguments arguments;
	char name[255 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->remove_xattr)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->remove_xattr(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_remove_xattr_reply(request, error);
}

/* hand_over */
static int32_t start_hand_over(begin_t begin, struct call *call, struct client *client, uint32_t file,
                               uint32_t service_capacity)
{
	int32_t error;

	error = begin(call, client, VFS_HAND_OVER, 0, service_capacity);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, 0);
	return 0;
}

int32_t vfs_hand_over_prepare(struct call *call, struct client *client, uint32_t file,
                              uint32_t service_capacity)
{
	return start_hand_over(call_begin, call, client, file, service_capacity);
}

int32_t vfs_hand_over_try_prepare(struct call *call, struct client *client, uint32_t file,
                                  uint32_t service_capacity)
{
	return start_hand_over(call_try_begin, call, client, file, service_capacity);
}

int32_t vfs_hand_over_finish(struct call *call, struct vfs_hand_over_results *results, void *service)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results) {
		results->ticket = call->reply.word[2];
		results->secret = call->reply.word[3];
		results->service_length = written;
	}
	if (service)
		copy_shared(service, call->out, written);
	return 0;
}

int32_t vfs_hand_over(struct client *client, uint32_t file, void *service, uint32_t service_capacity,
                      struct vfs_hand_over_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_hand_over_prepare(&call, client, file, service_capacity);
	if (error)
		return error;
	call_run(&call);
	error = vfs_hand_over_finish(&call, results, service);
	call_end(&call);
	return error;
}

void vfs_hand_over_reply(struct request *request, int32_t error, const struct vfs_hand_over_results *results)
{
	struct message reply = {{0}};
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->service_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = results->ticket;
		reply.word[3] = results->secret;
		written = results->service_length;
	}
	request_reply(request, error, written, &reply);
}

static __attribute__((noinline)) void serve_hand_over(struct request *request,
                                                      const struct vfs_operations *operations)
{
	struct vfs_hand_over_arguments arguments;
	struct vfs_hand_over_results results = {0};
	int32_t error = 0;

	if (!operations->hand_over)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.service = request->out;
	arguments.service_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->hand_over(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_hand_over_reply(request, error, &results);
}

/* test_lock */
static int32_t start_test_lock(begin_t begin, struct call *call, struct client *client, uint32_t file,
                               uint32_t flags, uint32_t type, uint64_t start, uint64_t end)
{
	int32_t error;

	error = begin(call, client, VFS_TEST_LOCK, 0, 0);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = word_pair(file, flags);
	call->request.word[2] = word_pair(type, 0);
	call->request.word[3] = start;
	call->request.word[5] = end;
	return 0;
}

int32_t vfs_test_lock_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                              uint32_t type, uint64_t start, uint64_t end)
{
	return start_test_lock(call_begin, call, client, file, flags, type, start, end);
}

int32_t vfs_test_lock_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                                  uint32_t type, uint64_t start, uint64_t end)
{
	return start_test_lock(call_try_begin, call, client, file, flags, type, start, end);
}

int32_t vfs_test_lock_finish(struct call *call, struct vfs_test_lock_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->start = call->reply.word[2];
		results->end = call->reply.word[3];
		results->type = word_low(call->reply.word[4]);
		results->process = word_high(call->reply.word[4]);
	}
	return 0;
}

int32_t vfs_test_lock(struct client *client, uint32_t file, uint32_t flags, uint32_t type, uint64_t start,
                      uint64_t end, struct vfs_test_lock_results *results)
{
	struct call call;
	int32_t error;

	error = vfs_test_lock_prepare(&call, client, file, flags, type, start, end);
	if (error)
		return error;
	call_run(&call);
	error = vfs_test_lock_finish(&call, results);
	call_end(&call);
	return error;
}

void vfs_test_lock_reply(struct request *request, int32_t error, const struct vfs_test_lock_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = results->start;
		reply.word[3] = results->end;
		reply.word[4] = word_pair(results->type, results->process);
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_test_lock(struct request *request,
                                                      const struct vfs_operations *operations)
{
	struct vfs_test_lock_arguments arguments;
	struct vfs_test_lock_results results = {0};
	int32_t error = 0;

	if (!operations->test_lock)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.flags = word_high(request->message.word[1]);
	arguments.type = word_low(request->message.word[2]);
	arguments.start = request->message.word[3];
	arguments.end = request->message.word[5];
	if (!error)
		error = operations->test_lock(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		vfs_test_lock_reply(request, error, &results);
}

/* set_lock */
static int32_t start_set_lock(begin_t begin, struct call *call, struct client *client, uint32_t file,
                              uint32_t flags, uint32_t type, uint64_t start, uint64_t end)
{
	int32_t error;

	error = begin(call, client, VFS_SET_LOCK, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, flags);
	call->request.word[2] = word_pair(type, 0);
	call->request.word[3] = start;
	call->request.word[5] = end;
	return 0;
}

int32_t vfs_set_lock_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                             uint32_t type, uint64_t start, uint64_t end)
{
	return start_set_lock(call_begin, call, client, file, flags, type, start, end);
}

int32_t vfs_set_lock_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                                 uint32_t type, uint64_t start, uint64_t end)
{
	return start_set_lock(call_try_begin, call, client, file, flags, type, start, end);
}

int32_t vfs_set_lock_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_set_lock(struct client *client, uint32_t file, uint32_t flags, uint32_t type, uint64_t start,
                     uint64_t end)
{
	struct call call;
	int32_t error;

	error = vfs_set_lock_prepare(&call, client, file, flags, type, start, end);
	if (error)
		return error;
	call_run(&call);
	error = vfs_set_lock_finish(&call);
	call_end(&call);
	return error;
}

void vfs_set_lock_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_set_lock(struct request *request,
                                                     const struct vfs_operations *operations)
{
	struct vfs_set_lock_arguments arguments;
	int32_t error = 0;

	if (!operations->set_lock)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.flags = word_high(request->message.word[1]);
	arguments.type = word_low(request->message.word[2]);
	arguments.start = request->message.word[3];
	arguments.end = request->message.word[5];
	if (!error)
		error = operations->set_lock(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_set_lock_reply(request, error);
}

/* set_flags */
static int32_t start_set_flags(begin_t begin, struct call *call, struct client *client, uint32_t file,
                               uint32_t flags)
{
	int32_t error;

	error = begin(call, client, VFS_SET_FLAGS, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = word_pair(file, flags);
	return 0;
}

int32_t vfs_set_flags_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags)
{
	return start_set_flags(call_begin, call, client, file, flags);
}

int32_t vfs_set_flags_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags)
{
	return start_set_flags(call_try_begin, call, client, file, flags);
}

int32_t vfs_set_flags_finish(struct call *call)
{
	return call->status;
}

int32_t vfs_set_flags(struct client *client, uint32_t file, uint32_t flags)
{
	struct call call;
	int32_t error;

	error = vfs_set_flags_prepare(&call, client, file, flags);
	if (error)
		return error;
	call_run(&call);
	error = vfs_set_flags_finish(&call);
	call_end(&call);
	return error;
}

void vfs_set_flags_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_set_flags(struct request *request,
                                                      const struct vfs_operations *operations)
{
	struct vfs_set_flags_arguments arguments;
	int32_t error = 0;

	if (!operations->set_flags)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.file = word_low(request->message.word[1]);
	arguments.flags = word_high(request->message.word[1]);
	if (!error)
		error = operations->set_flags(request, &arguments);
	if (error != REQUEST_DETACHED)
		vfs_set_flags_reply(request, error);
}

static void vfs_dispatch(struct request *request, const void *operations)
{
	switch (message_op(&request->message)) {
	case VFS_OPEN:
		serve_open(request, operations);
		break;
	case VFS_CLOSE:
		serve_close(request, operations);
		break;
	case VFS_READ:
		serve_read(request, operations);
		break;
	case VFS_WRITE:
		serve_write(request, operations);
		break;
	case VFS_SEEK:
		serve_seek(request, operations);
		break;
	case VFS_STAT:
		serve_stat(request, operations);
		break;
	case VFS_MKDIR:
		serve_mkdir(request, operations);
		break;
	case VFS_RMDIR:
		serve_rmdir(request, operations);
		break;
	case VFS_READDIR:
		serve_readdir(request, operations);
		break;
	case VFS_UNLINK:
		serve_unlink(request, operations);
		break;
	case VFS_RENAME:
		serve_rename(request, operations);
		break;
	case VFS_LINK:
		serve_link(request, operations);
		break;
	case VFS_SYMLINK:
		serve_symlink(request, operations);
		break;
	case VFS_READLINK:
		serve_readlink(request, operations);
		break;
	case VFS_CHMOD:
		serve_chmod(request, operations);
		break;
	case VFS_CHOWN:
		serve_chown(request, operations);
		break;
	case VFS_TRUNCATE:
		serve_truncate(request, operations);
		break;
	case VFS_SET_TIMES:
		serve_set_times(request, operations);
		break;
	case VFS_STAT_FILE:
		serve_stat_file(request, operations);
		break;
	case VFS_STATISTICS:
		serve_statistics(request, operations);
		break;
	case VFS_ALLOCATE:
		serve_allocate(request, operations);
		break;
	case VFS_COPY_RANGE:
		serve_copy_range(request, operations);
		break;
	case VFS_SYNC:
		serve_sync(request, operations);
		break;
	case VFS_SYNC_ALL:
		serve_sync_all(request, operations);
		break;
	case VFS_LINK_FILE:
		serve_link_file(request, operations);
		break;
	case VFS_ACCESS:
		serve_access(request, operations);
		break;
	case VFS_MKNOD:
		serve_mknod(request, operations);
		break;
	case VFS_CHMOD_FILE:
		serve_chmod_file(request, operations);
		break;
	case VFS_CHOWN_FILE:
		serve_chown_file(request, operations);
		break;
	case VFS_TRUNCATE_FILE:
		serve_truncate_file(request, operations);
		break;
	case VFS_SET_TIMES_FILE:
		serve_set_times_file(request, operations);
		break;
	case VFS_GET_XATTR:
		serve_get_xattr(request, operations);
		break;
	case VFS_SET_XATTR:
		serve_set_xattr(request, operations);
		break;
	case VFS_LIST_XATTRS:
		serve_list_xattrs(request, operations);
		break;
	case VFS_REMOVE_XATTR:
		serve_remove_xattr(request, operations);
		break;
	case VFS_HAND_OVER:
		serve_hand_over(request, operations);
		break;
	case VFS_TEST_LOCK:
		serve_test_lock(request, operations);
		break;
	case VFS_SET_LOCK:
		serve_set_lock(request, operations);
		break;
	case VFS_SET_FLAGS:
		serve_set_flags(request, operations);
		break;
	default:
		request_reply(request, POSIX_ENOSYS, 0, NULL);
	}
}

static const struct field_description arguments_of_open[] = {
	{"flags", "u32", 1, 0},
	{"mode", "u32", 1, 32},
	{"umask", "u32", 2, 0},
	{"path", "string(4095)", 0, 0},
};

static const struct field_description results_of_open[] = {
	{"file", "u32", 2, 0},
	{"mount", "u32", 2, 32},
};

static const struct field_description arguments_of_close[] = {
	{"file", "u32", 1, 0},
};

static const struct field_description arguments_of_read[] = {
	{"file", "u32", 1, 0},
	{"offset", "u64", 2, 0},
	{"data", "out", 0, 0},
};

static const struct field_description arguments_of_write[] = {
	{"file", "u32", 1, 0},
	{"offset", "u64", 2, 0},
	{"data", "in", 0, 0},
};

static const struct field_description results_of_write[] = {
	{"length", "u32", 2, 0},
};

static const struct field_description arguments_of_seek[] = {
	{"file", "u32", 1, 0},
	{"offset", "i64", 2, 0},
	{"whence", "u32", 1, 32},
};

static const struct field_description results_of_seek[] = {
	{"offset", "u64", 2, 0},
};

static const struct field_description arguments_of_stat[] = {
	{"nofollow", "u32", 1, 0},
	{"path", "string(4095)", 0, 0},
	{"status", "out status", 0, 0},
};

static const struct field_description arguments_of_mkdir[] = {
	{"mode", "u32", 1, 0},
	{"umask", "u32", 1, 32},
	{"path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_rmdir[] = {
	{"path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_readdir[] = {
	{"file", "u32", 1, 0},
	{"cookie", "u64", 2, 0},
	{"entries", "out", 0, 0},
};

static const struct field_description arguments_of_unlink[] = {
	{"path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_rename[] = {
	{"flags", "u32", 1, 0},
	{"path", "string(4095)", 0, 0},
	{"new_path", "string(4095)", 0, 0},
	{"path_length", "u32", 1, 32},
};

static const struct field_description arguments_of_link[] = {
	{"path", "string(4095)", 0, 0},
	{"new_path", "string(4095)", 0, 0},
	{"path_length", "u32", 1, 0},
};

static const struct field_description arguments_of_symlink[] = {
	{"target", "string(4095)", 0, 0},
	{"path", "string(4095)", 0, 0},
	{"target_length", "u32", 1, 0},
};

static const struct field_description arguments_of_readlink[] = {
	{"path", "string(4095)", 0, 0},
	{"target", "out", 0, 0},
};

static const struct field_description arguments_of_chmod[] = {
	{"mode", "u32", 1, 0},
	{"path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_chown[] = {
	{"uid", "u32", 1, 0},
	{"gid", "u32", 1, 32},
	{"path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_truncate[] = {
	{"size", "u64", 1, 0},
	{"path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_set_times[] = {
	{"atime", "i64", 1, 0},
	{"atime_ns", "u32", 2, 0},
	{"mtime_ns", "u32", 2, 32},
	{"mtime", "i64", 3, 0},
	{"path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_stat_file[] = {
	{"file", "u32", 1, 0},
	{"status", "out status", 0, 0},
};

static const struct field_description arguments_of_statistics[] = {
	{"path", "string(4095)", 0, 0},
	{"statistics", "out statistics", 0, 0},
};

static const struct field_description arguments_of_allocate[] = {
	{"file", "u32", 1, 0},
	{"mode", "u32", 1, 32},
	{"offset", "u64", 2, 0},
	{"length", "u64", 3, 0},
};

static const struct field_description arguments_of_copy_range[] = {
	{"file", "u32", 1, 0},
	{"to", "u32", 1, 32},
	{"offset", "u64", 2, 0},
	{"to_offset", "u64", 3, 0},
	{"length", "u32", 5, 0},
};

static const struct field_description results_of_copy_range[] = {
	{"length", "u32", 2, 0},
};

static const struct field_description arguments_of_sync[] = {
	{"file", "u32", 1, 0},
};

static const struct field_description arguments_of_link_file[] = {
	{"file", "u32", 1, 0},
	{"new_path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_access[] = {
	{"mask", "u32", 1, 0},
	{"path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_mknod[] = {
	{"mode", "u32", 1, 0},
	{"umask", "u32", 1, 32},
	{"device", "u32", 2, 0},
	{"path", "string(4095)", 0, 0},
};

static const struct field_description arguments_of_chmod_file[] = {
	{"file", "u32", 1, 0},
	{"mode", "u32", 1, 32},
};

static const struct field_description arguments_of_chown_file[] = {
	{"file", "u32", 1, 0},
	{"uid", "u32", 1, 32},
	{"gid", "u32", 2, 0},
};

static const struct field_description arguments_of_truncate_file[] = {
	{"file", "u32", 1, 0},
	{"size", "u64", 2, 0},
};

static const struct field_description arguments_of_set_times_file[] = {
	{"file", "u32", 1, 0},
	{"atime_ns", "u32", 1, 32},
	{"atime", "i64", 2, 0},
	{"mtime", "i64", 3, 0},
	{"mtime_ns", "u32", 5, 0},
};

static const struct field_description arguments_of_get_xattr[] = {
	{"file", "u32", 1, 0},
	{"name", "string(255)", 0, 0},
	{"value", "out", 0, 0},
};

static const struct field_description results_of_get_xattr[] = {
	{"size", "u32", 2, 0},
};

static const struct field_description arguments_of_set_xattr[] = {
	{"file", "u32", 1, 0},
	{"flags", "u32", 1, 32},
	{"name", "string(255)", 0, 0},
	{"value", "in", 0, 0},
	{"name_length", "u32", 2, 0},
};

static const struct field_description arguments_of_list_xattrs[] = {
	{"file", "u32", 1, 0},
	{"names", "out", 0, 0},
};

static const struct field_description results_of_list_xattrs[] = {
	{"size", "u32", 2, 0},
};

static const struct field_description arguments_of_remove_xattr[] = {
	{"file", "u32", 1, 0},
	{"name", "string(255)", 0, 0},
};

static const struct field_description arguments_of_hand_over[] = {
	{"file", "u32", 1, 0},
	{"service", "out", 0, 0},
};

static const struct field_description results_of_hand_over[] = {
	{"ticket", "u64", 2, 0},
	{"secret", "u64", 3, 0},
};

static const struct field_description arguments_of_test_lock[] = {
	{"file", "u32", 1, 0},
	{"flags", "u32", 1, 32},
	{"type", "u32", 2, 0},
	{"start", "u64", 3, 0},
	{"end", "u64", 5, 0},
};

static const struct field_description results_of_test_lock[] = {
	{"start", "u64", 2, 0},
	{"end", "u64", 3, 0},
	{"type", "u32", 4, 0},
	{"process", "u32", 4, 32},
};

static const struct field_description arguments_of_set_lock[] = {
	{"file", "u32", 1, 0},
	{"flags", "u32", 1, 32},
	{"type", "u32", 2, 0},
	{"start", "u64", 3, 0},
	{"end", "u64", 5, 0},
};

static const struct field_description arguments_of_set_flags[] = {
	{"file", "u32", 1, 0},
	{"flags", "u32", 1, 32},
};

static const struct operation_description vfs_descriptions[] = {
	{
		.number = VFS_OPEN,
		.changes = true,
		.name = "open",
		.arguments = arguments_of_open,
		.results = results_of_open,
		.argument_count = 4,
		.result_count = 2,
	},
	{
		.number = VFS_CLOSE,
		.changes = true,
		.name = "close",
		.arguments = arguments_of_close,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = VFS_READ,
		.changes = false,
		.name = "read",
		.arguments = arguments_of_read,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = VFS_WRITE,
		.changes = true,
		.name = "write",
		.arguments = arguments_of_write,
		.results = results_of_write,
		.argument_count = 3,
		.result_count = 1,
	},
	{
		.number = VFS_SEEK,
		.changes = true,
		.name = "seek",
		.arguments = arguments_of_seek,
		.results = results_of_seek,
		.argument_count = 3,
		.result_count = 1,
	},
	{
		.number = VFS_STAT,
		.changes = false,
		.name = "stat",
		.arguments = arguments_of_stat,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = VFS_MKDIR,
		.changes = true,
		.name = "mkdir",
		.arguments = arguments_of_mkdir,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = VFS_RMDIR,
		.changes = true,
		.name = "rmdir",
		.arguments = arguments_of_rmdir,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = VFS_READDIR,
		.changes = false,
		.name = "readdir",
		.arguments = arguments_of_readdir,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = VFS_UNLINK,
		.changes = true,
		.name = "unlink",
		.arguments = arguments_of_unlink,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = VFS_RENAME,
		.changes = true,
		.name = "rename",
		.arguments = arguments_of_rename,
		.results = NULL,
		.argument_count = 4,
		.result_count = 0,
	},
	{
		.number = VFS_LINK,
		.changes = true,
		.name = "link",
		.arguments = arguments_of_link,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = VFS_SYMLINK,
		.changes = true,
		.name = "symlink",
		.arguments = arguments_of_symlink,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = VFS_READLINK,
		.changes = false,
		.name = "readlink",
		.arguments = arguments_of_readlink,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_CHMOD,
		.changes = true,
		.name = "chmod",
		.arguments = arguments_of_chmod,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_CHOWN,
		.changes = true,
		.name = "chown",
		.arguments = arguments_of_chown,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = VFS_TRUNCATE,
		.changes = true,
		.name = "truncate",
		.arguments = arguments_of_truncate,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_SET_TIMES,
		.changes = true,
		.name = "set_times",
		.arguments = arguments_of_set_times,
		.results = NULL,
		.argument_count = 5,
		.result_count = 0,
	},
	{
		.number = VFS_STAT_FILE,
		.changes = false,
		.name = "stat_file",
		.arguments = arguments_of_stat_file,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_STATISTICS,
		.changes = false,
		.name = "statistics",
		.arguments = arguments_of_statistics,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_ALLOCATE,
		.changes = true,
		.name = "allocate",
		.arguments = arguments_of_allocate,
		.results = NULL,
		.argument_count = 4,
		.result_count = 0,
	},
	{
		.number = VFS_COPY_RANGE,
		.changes = true,
		.name = "copy_range",
		.arguments = arguments_of_copy_range,
		.results = results_of_copy_range,
		.argument_count = 5,
		.result_count = 1,
	},
	{
		.number = VFS_SYNC,
		.changes = false,
		.name = "sync",
		.arguments = arguments_of_sync,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = VFS_SYNC_ALL,
		.changes = false,
		.name = "sync_all",
		.arguments = NULL,
		.results = NULL,
		.argument_count = 0,
		.result_count = 0,
	},
	{
		.number = VFS_LINK_FILE,
		.changes = true,
		.name = "link_file",
		.arguments = arguments_of_link_file,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_ACCESS,
		.changes = false,
		.name = "access",
		.arguments = arguments_of_access,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_MKNOD,
		.changes = true,
		.name = "mknod",
		.arguments = arguments_of_mknod,
		.results = NULL,
		.argument_count = 4,
		.result_count = 0,
	},
	{
		.number = VFS_CHMOD_FILE,
		.changes = true,
		.name = "chmod_file",
		.arguments = arguments_of_chmod_file,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_CHOWN_FILE,
		.changes = true,
		.name = "chown_file",
		.arguments = arguments_of_chown_file,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = VFS_TRUNCATE_FILE,
		.changes = true,
		.name = "truncate_file",
		.arguments = arguments_of_truncate_file,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_SET_TIMES_FILE,
		.changes = true,
		.name = "set_times_file",
		.arguments = arguments_of_set_times_file,
		.results = NULL,
		.argument_count = 5,
		.result_count = 0,
	},
	{
		.number = VFS_GET_XATTR,
		.changes = false,
		.name = "get_xattr",
		.arguments = arguments_of_get_xattr,
		.results = results_of_get_xattr,
		.argument_count = 3,
		.result_count = 1,
	},
	{
		.number = VFS_SET_XATTR,
		.changes = true,
		.name = "set_xattr",
		.arguments = arguments_of_set_xattr,
		.results = NULL,
		.argument_count = 5,
		.result_count = 0,
	},
	{
		.number = VFS_LIST_XATTRS,
		.changes = false,
		.name = "list_xattrs",
		.arguments = arguments_of_list_xattrs,
		.results = results_of_list_xattrs,
		.argument_count = 2,
		.result_count = 1,
	},
	{
		.number = VFS_REMOVE_XATTR,
		.changes = true,
		.name = "remove_xattr",
		.arguments = arguments_of_remove_xattr,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = VFS_HAND_OVER,
		.changes = true,
		.name = "hand_over",
		.arguments = arguments_of_hand_over,
		.results = results_of_hand_over,
		.argument_count = 2,
		.result_count = 2,
	},
	{
		.number = VFS_TEST_LOCK,
		.changes = false,
		.name = "test_lock",
		.arguments = arguments_of_test_lock,
		.results = results_of_test_lock,
		.argument_count = 5,
		.result_count = 4,
	},
	{
		.number = VFS_SET_LOCK,
		.changes = true,
		.name = "set_lock",
		.arguments = arguments_of_set_lock,
		.results = NULL,
		.argument_count = 5,
		.result_count = 0,
	},
	{
		.number = VFS_SET_FLAGS,
		.changes = true,
		.name = "set_flags",
		.arguments = arguments_of_set_flags,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
};

const struct protocol vfs_protocol = {
	.number = 2,
	.version = 2,
	.sessions = true,
	.name = "vfs",
	.operations = vfs_descriptions,
	.operation_count = 39,
	.dispatch = vfs_dispatch,
};

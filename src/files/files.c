/* Open files: see drydock/files.h. */
#include "internal.h"

#define CLIENT_DEPTH     64u
#define CLIENT_AREA      (4u << 20)
#define TRANSFER_MAXIMUM (1u << 20) /* as vfs.proto has it */

struct client *files_connect(struct runtime *runtime, int32_t *status)
{
	static const struct client_options options = {.depth = CLIENT_DEPTH, .area = CLIENT_AREA};

	return client_open(runtime, "vfs", &vfs_protocol, &options, status);
}

int32_t files_errno(int32_t status)
{
	if (status >= 0)
		return status;
	switch (-status) {
	case E_TIMED_OUT:
		return POSIX_ETIMEDOUT;
	case E_CANCELLED:
		return POSIX_ECANCELED;
	case E_NOMEM:
	case E_QUOTA:
		return POSIX_ENOMEM;
	case E_TOO_LARGE:
		return POSIX_EMSGSIZE;
	case E_WOULD_BLOCK:
		return POSIX_EAGAIN;
	}
	return POSIX_EIO;
}

int32_t file_call_run(const struct file *file, struct call *call, int32_t prepared)
{
	if (prepared)
		return prepared;
	if (client_generation(file->client) != file->generation) {
		call_end(call);
		return POSIX_ESTALE;
	}
	/* What it returns is what finishing the call will. */
	call_run(call);
	return 0;
}

int32_t files_open(struct client *client, const char *path, uint32_t flags, uint32_t mode, struct file *file)
{
	struct vfs_open_results results = {0};
	int32_t status = vfs_open(client, flags, mode_part(mode), umask_part(mode), path, text_length(path),
	                          &results);

	*file = (struct file){
		.client = client,
		.generation = client_generation(client),
		.number = results.file,
		.flags = flags,
	};
	if (!status && results.mount != 0 && !(flags & VFS_OPEN_PATH))
		direct_open(file, results.mount);
	return status;
}

int32_t files_close(const struct file *file)
{
	struct call call;
	int32_t status;

	if (file->direct != 0)
		direct_close(file);
	status = file_call_run(file, &call, vfs_close_prepare(&call, file->client, file->number));
	if (!status) {
		status = vfs_close_finish(&call);
		call_end(&call);
	}
	return status;
}

/* ---- data ------------------------------------------------------------------------ */

uint32_t files_transfer_maximum(const struct client *client)
{
	uint32_t half = client_area(client) / 2;

	return half < TRANSFER_MAXIMUM ? half : TRANSFER_MAXIMUM;
}

static uint32_t part_of(const struct client *client, size_t left)
{
	uint32_t maximum = files_transfer_maximum(client);

	return left < maximum ? (uint32_t)left : maximum;
}

static int32_t read_part(const struct file *file, void *buffer, uint32_t length, uint64_t offset, uint32_t *done)
{
	struct vfs_read_results results = {0};
	struct call call;
	int32_t status;

	if (file->direct != 0)
		return direct_read(file, buffer, length, offset, done);
	status = file_call_run(file, &call, vfs_read_prepare(&call, file->client, file->number, offset, length));
	if (!status) {
		status = vfs_read_finish(&call, &results, buffer);
		call_end(&call);
	}
	*done = results.data_length;
	return status;
}

/* A server that wrote more than it was given is not to be trusted. */
static int32_t write_part(const struct file *file, const void *data, uint32_t length, uint64_t offset,
                          uint32_t *done)
{
	struct vfs_write_results results = {0};
	struct call call;
	int32_t status;

	if (file->direct != 0)
		return direct_write(file, data, length, offset, done);
	status = file_call_run(
		file, &call, vfs_write_prepare(&call, file->client, file->number, offset, data, length));
	if (!status) {
		status = vfs_write_finish(&call, &results);
		call_end(&call);
	}
	*done = results.length;
	return !status && results.length > length ? POSIX_EBADMSG : status;
}

/* The place of the next part, `done` bytes on. */
static uint64_t offset_after(uint64_t offset, size_t done)
{
	return offset == VFS_POSITION ? VFS_POSITION : offset + done;
}

/* Ends at a part that is not whole, and after others with what went before an error. */
static int32_t read_parts(const struct file *file, uint8_t *buffer, size_t length, uint64_t offset, size_t *done)
{
	uint32_t wanted, got;

	*done = 0;
	do {
		int32_t status;

		wanted = part_of(file->client, length - *done);
		status = read_part(file, buffer + *done, wanted, offset_after(offset, *done), &got);
		if (status)
			return *done > 0 ? 0 : status;
		*done += got;
	} while (got == wanted && *done < length);
	return 0;
}

static int32_t write_parts(const struct file *file, const uint8_t *data, size_t length, uint64_t offset,
                           size_t *done)
{
	uint32_t given, taken;

	*done = 0;
	do {
		int32_t status;

		given = part_of(file->client, length - *done);
		status = write_part(file, data + *done, given, offset_after(offset, *done), &taken);
		if (status)
			return *done > 0 ? 0 : status;
		*done += taken;
	} while (taken == given && *done < length);
	return 0;
}

int32_t files_read(const struct file *file, void *buffer, size_t length, size_t *done)
{
	return read_parts(file, buffer, length, VFS_POSITION, done);
}

int32_t files_write(const struct file *file, const void *data, size_t length, size_t *done)
{
	return write_parts(file, data, length, VFS_POSITION, done);
}

/* POSIX's offsets have a sign, and what looks like VFS_POSITION is below 0 there. */
int32_t files_pread(const struct file *file, void *buffer, size_t length, uint64_t offset, size_t *done)
{
	*done = 0;
	return offset > INT64_MAX ? POSIX_EINVAL : read_parts(file, buffer, length, offset, done);
}

int32_t files_pwrite(const struct file *file, const void *data, size_t length, uint64_t offset, size_t *done)
{
	*done = 0;
	return offset > INT64_MAX ? POSIX_EINVAL : write_parts(file, data, length, offset, done);
}

/* At most 1 MiB. */
static int32_t copy_part(const struct file *from, uint64_t offset, const struct file *to, uint64_t to_offset,
                         uint32_t length, uint32_t *done)
{
	struct vfs_copy_range_results results = {0};
	struct call call;
	int32_t status = file_call_run(from, &call,
	                               vfs_copy_range_prepare(&call, from->client, from->number, to->number,
	                                                      offset, to_offset, length));

	if (!status) {
		status = vfs_copy_range_finish(&call, &results);
		call_end(&call);
	}
	*done = results.length;
	return !status && results.length > length ? POSIX_EBADMSG : status;
}

static int32_t copy_parts(const struct file *from, uint64_t offset, const struct file *to, uint64_t to_offset,
                          size_t length, size_t *done)
{
	uint32_t wanted, copied;

	do {
		int32_t status;

		wanted = length - *done < TRANSFER_MAXIMUM ? (uint32_t)(length - *done) : TRANSFER_MAXIMUM;
		status = copy_part(from, offset_after(offset, *done), to, offset_after(to_offset, *done), wanted,
		                   &copied);
		if (status)
			return *done > 0 ? 0 : status;
		*done += copied;
	} while (copied == wanted && *done < length);
	return 0;
}

int32_t files_copy_range(const struct file *from, uint64_t offset, const struct file *to, uint64_t to_offset,
                         size_t length, size_t *done)
{
	bool from_moves, to_moves;
	int32_t status;

	*done = 0;
	if (from->client != to->client)
		return POSIX_EXDEV;
	if (from->generation != to->generation)
		return POSIX_ESTALE;
	status = direct_take_position(from, &offset, &from_moves);
	if (!status)
		status = direct_take_position(to, &to_offset, &to_moves);
	if (!status)
		status = copy_parts(from, offset, to, to_offset, length, done);
	if (status)
		return status;
	if (from_moves)
		direct_move(from, offset + *done);
	if (to_moves)
		direct_move(to, to_offset + *done);
	return 0;
}

/* ---- all else -------------------------------------------------------------------------- */

int32_t files_seek(const struct file *file, int64_t offset, uint32_t whence, uint64_t *position)
{
	struct vfs_seek_results results = {0};
	struct call call;
	int32_t status = file->direct ? direct_seek(file, &offset, &whence) : 0;

	if (!status)
		status = file_call_run(file, &call,
		                       vfs_seek_prepare(&call, file->client, file->number, offset, whence));
	if (!status) {
		status = vfs_seek_finish(&call, &results);
		call_end(&call);
	}
	if (!status && file->direct)
		direct_move(file, results.offset);
	if (position)
		*position = results.offset;
	return status;
}

int32_t files_allocate(const struct file *file, uint32_t mode, uint64_t offset, uint64_t length)
{
	struct call call;
	int32_t status = file_call_run(
		file, &call, vfs_allocate_prepare(&call, file->client, file->number, mode, offset, length));

	if (!status) {
		status = vfs_allocate_finish(&call);
		call_end(&call);
	}
	return status;
}

int32_t files_fsync(const struct file *file)
{
	struct call call;
	int32_t status = file_call_run(file, &call, vfs_sync_prepare(&call, file->client, file->number));

	if (!status) {
		status = vfs_sync_finish(&call);
		call_end(&call);
	}
	return status;
}

int32_t files_flink(const struct file *file, const char *new_path)
{
	struct call call;
	int32_t status = file_call_run(file, &call,
	                               vfs_link_file_prepare(&call, file->client, file->number, new_path,
	                                                     text_length(new_path)));

	if (!status) {
		status = vfs_link_file_finish(&call);
		call_end(&call);
	}
	return status;
}

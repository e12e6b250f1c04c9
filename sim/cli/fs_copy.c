/*
 * `drydock fs cat`, `get` and `put`: files as streams. Several calls are in
 * flight, each for the next part of the file, and are waited for in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/shell/text.h"
#include "cli.h"
#include "fs.h"

#define PROGRESS_AFTER    2000000000u /* nanoseconds, until anybody would wonder */
#define PROGRESS_INTERVAL 250000000u
#define CALL_TIME         30000000000u

/* A file being moved. The transfers from `oldest` on, `count` of them, are in flight. */
struct stream {
	const struct fs *fs;
	const char *path;       /* in the vfs */
	const char *local;      /* for messages */
	int descriptor;
	const struct file *file;
	uint64_t size;          /* as far as known: for progress and for reading ahead */
	uint64_t offset;        /* of the next transfer to be begun */
	unsigned int oldest, count;
	struct files_transfer transfers[FS_STREAM_CALLS];
	uint32_t lengths[FS_STREAM_CALLS];
	uint64_t offsets[FS_STREAM_CALLS];
	uint64_t moved;
	uint64_t started, shown;
};

/* ---- progress ---------------------------------------------------------------- */

static void progress_clear(const struct stream *stream)
{
	if (stream->shown)
		fputs("\r\033[K", stderr);
}

static void progress_add(struct stream *stream, uint64_t bytes)
{
	char moved[TEXT_SIZE_SIZE], size[TEXT_SIZE_SIZE], rate[TEXT_SIZE_SIZE];
	uint64_t now = runtime_time(stream->fs->runtime), elapsed = now - stream->started;

	stream->moved += bytes;
	if (elapsed < PROGRESS_AFTER || now - stream->shown < PROGRESS_INTERVAL || !isatty(STDERR_FILENO))
		return;
	/* A file that goes to the terminal shows progress enough. */
	if (stream->descriptor == STDOUT_FILENO && isatty(STDOUT_FILENO))
		return;
	stream->shown = now;
	text_size(stream->moved, moved);
	text_size(stream->size, size);
	text_size(stream->moved / (elapsed / 1000000) * 1000, rate);
	if (stream->size)
		fprintf(stderr, "\r\033[K%s: %s of %s, %s/s", stream->fs->command, moved, size, rate);
	else
		fprintf(stderr, "\r\033[K%s: %s, %s/s", stream->fs->command, moved, rate);
}

/* ---- transfers in flight --------------------------------------------------------- */

/* A free place for a transfer; there must be one. */
static unsigned int stream_place(const struct stream *stream)
{
	return (stream->oldest + stream->count) % FS_STREAM_CALLS;
}

/* One more is under way, for `length` bytes, in the place that was free. */
static void stream_add(struct stream *stream, uint32_t length)
{
	unsigned int place = stream_place(stream);

	stream->lengths[place] = length;
	stream->offsets[place] = stream->offset;
	stream->offset += length;
	stream->count++;
}

static struct files_transfer *stream_wait(struct stream *stream)
{
	struct files_transfer *transfer = &stream->transfers[stream->oldest];

	files_transfer_wait(transfer, runtime_time(stream->fs->runtime) + CALL_TIME);
	return transfer;
}

static void stream_end_oldest(struct stream *stream)
{
	files_transfer_end(&stream->transfers[stream->oldest]);
	stream->oldest = (stream->oldest + 1) % FS_STREAM_CALLS;
	stream->count--;
}

static void stream_drain(struct stream *stream)
{
	while (stream->count) {
		stream_wait(stream);
		stream_end_oldest(stream);
	}
}

/* ---- out of the file system ----------------------------------------------------- */

static bool write_all(int descriptor, const uint8_t *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(descriptor, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

/* Asks for the next parts of the file: one for certain, more only as far as it is known to go. */
static int32_t read_ahead(struct stream *stream)
{
	while (stream->count < FS_STREAM_CALLS && (!stream->count || stream->offset < stream->size)) {
		int32_t error = files_read_begin(&stream->transfers[stream_place(stream)], stream->file,
		                                 stream->offset, FS_STREAM_CHUNK, NULL, NULL);

		if (error)
			return error;
		stream_add(stream, FS_STREAM_CHUNK);
	}
	return 0;
}

/* Moves the part that was asked for first. *length becomes 0 at the file's end. */
static int32_t read_part(struct stream *stream, uint32_t *length, int *write_error)
{
	struct files_transfer *transfer = stream_wait(stream);
	int32_t error = transfer->status;
	bool whole = transfer->length == stream->lengths[stream->oldest];
	uint64_t offset = stream->offsets[stream->oldest];

	*length = transfer->length;
	if (!error && !write_all(stream->descriptor, transfer->data, transfer->length))
		*write_error = errno;
	stream_end_oldest(stream);
	if (!error && !whole) {
		/* What comes next is not what was asked for in advance. */
		stream_drain(stream);
		stream->offset = offset + *length;
	}
	return error;
}

static int stream_out(struct stream *stream)
{
	int32_t error = 0;
	int write_error = 0;

	/* What was printed before goes first. */
	fflush(stdout);
	while (!error && !write_error) {
		uint32_t length = 0;

		error = read_ahead(stream);
		if (error)
			break;
		error = read_part(stream, &length, &write_error);
		if (!error && !length)
			break;
		progress_add(stream, length);
	}
	stream_drain(stream);
	progress_clear(stream);
	if (write_error)
		return fs_error(stream->fs, stream->local, write_error);
	return error ? fs_error(stream->fs, stream->path, error) : CLI_OK;
}

/* ---- into the file system ------------------------------------------------------- */

/* Reads until `length` bytes or the end. Returns how many, or -1 with errno. */
static ssize_t read_all(int descriptor, uint8_t *bytes, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t got = read(descriptor, bytes + done, length - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

/* Sees to it that the part sent first is written, whole. */
static int32_t write_part(struct stream *stream)
{
	struct files_transfer *transfer = stream_wait(stream);
	uint32_t length = stream->lengths[stream->oldest];
	uint64_t offset = stream->offsets[stream->oldest];
	size_t done = transfer->length, more;
	int32_t error = transfer->status;

	while (!error && done < length) {
		/* Cut short: the rest again, which says why if it must. The bytes are in the lane still. */
		error = files_pwrite(stream->file, transfer->data + done, length - done, offset + done, &more);
		if (!error && !more)
			error = POSIX_EIO;
		done += more;
	}
	stream_end_oldest(stream);
	if (!error)
		progress_add(stream, length);
	return error;
}

static int stream_in(struct stream *stream, uint8_t *buffer)
{
	int32_t error = 0;
	ssize_t length;

	for (;;) {
		length = read_all(stream->descriptor, buffer, FS_STREAM_CHUNK);
		if (length <= 0)
			break;
		if (stream->count == FS_STREAM_CALLS)
			error = write_part(stream);
		if (!error)
			error = files_write_begin(&stream->transfers[stream_place(stream)], stream->file,
			                          stream->offset, buffer, (uint32_t)length, NULL, NULL);
		if (error)
			break;
		stream_add(stream, (uint32_t)length);
	}
	if (length < 0)
		error = errno;
	while (!error && stream->count)
		error = write_part(stream);
	stream_drain(stream);
	progress_clear(stream);
	return error ? fs_error(stream->fs, length < 0 ? stream->local : stream->path, error) : CLI_OK;
}

/* ---- commands --------------------------------------------------------------------- */

static struct stream *stream_make(const struct fs *fs, const char *path, const char *local, int descriptor)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream) {
		fs_error(fs, path, POSIX_ENOMEM);
		return NULL;
	}
	stream->fs = fs;
	stream->path = path;
	stream->local = local;
	stream->descriptor = descriptor;
	stream->started = runtime_time(fs->runtime);
	return stream;
}

/* Opens `path` for reading and learns its status. Returns false after saying why it cannot. */
static bool open_source(const struct fs *fs, const char *path, struct file *file, struct vfs_status *status)
{
	int32_t error = files_open(fs->client, path, VFS_OPEN_READ, 0, file);

	if (!error) {
		error = files_fstat(file, status);
		if (!error && (status->mode & POSIX_S_IFMT) == POSIX_S_IFDIR)
			error = POSIX_EISDIR;
		if (!error)
			return true;
		files_close(file);
	}
	fs_error(fs, path, error);
	return false;
}

static int copy_out(const struct fs *fs, const char *path, const struct file *file, uint64_t size, const char *local,
                    int descriptor)
{
	struct stream *stream = stream_make(fs, path, local, descriptor);
	int result;

	if (!stream)
		return CLI_FAILED;
	stream->file = file;
	stream->size = size;
	result = stream_out(stream);
	free(stream);
	return result;
}

static int copy_to_output(const struct fs *fs, const char *operand)
{
	char path[POSIX_PATH_MAX];
	struct vfs_status status;
	struct file file;
	int result;

	if (!fs_path(fs, operand, path) || !open_source(fs, path, &file, &status))
		return CLI_FAILED;
	result = copy_out(fs, path, &file, status.size, "standard output", STDOUT_FILENO);
	files_close(&file);
	return result;
}

int fs_cat(struct fs *fs)
{
	int result = CLI_OK;

	for (int index = 0; index < fs->count; index++)
		if (copy_to_output(fs, fs->operands[index]) != CLI_OK)
			result = CLI_FAILED;
	return result;
}

/* Where `get` puts what has that name: LOCAL, or in it if it is a directory. To be freed; NULL if it cannot be. */
static char *local_target(const struct fs *fs, const char *local, const char *name)
{
	size_t length;
	const char *base = text_base(name, &length);
	struct stat status;
	char *target;

	if (local && (stat(local, &status) != 0 || !S_ISDIR(status.st_mode)))
		return strdup(local);
	if (!length) {
		fs_error(fs, name, POSIX_EISDIR);
		return NULL;
	}
	if (asprintf(&target, "%s%s%.*s", local ? local : "", local ? "/" : "", (int)length, base) < 0)
		return NULL;
	return target;
}

static int get_file(const struct fs *fs, const char *path, const char *local)
{
	struct vfs_status status;
	struct file file;
	int result, descriptor;

	if (!open_source(fs, path, &file, &status))
		return CLI_FAILED;
	descriptor = open(local, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (descriptor < 0) {
		files_close(&file);
		return fs_error(fs, local, errno);
	}
	result = copy_out(fs, path, &file, status.size, local, descriptor);
	/* Not set-user-id: that is the other system's trust, not this one's. */
	if (result == CLI_OK && fchmod(descriptor, status.mode & 0777) != 0)
		result = fs_error(fs, local, errno);
	if (close(descriptor) != 0 && result == CLI_OK)
		result = fs_error(fs, local, errno);
	files_close(&file);
	return result;
}

int fs_get(struct fs *fs)
{
	const char *local = fs->count > 1 ? fs->operands[1] : NULL;
	char path[POSIX_PATH_MAX], *target;
	int result;

	if (local && strcmp(local, "-") == 0)
		return copy_to_output(fs, fs->operands[0]);
	if (!fs_path(fs, fs->operands[0], path))
		return CLI_FAILED;
	target = local_target(fs, local, path);
	if (!target)
		return CLI_FAILED;
	result = get_file(fs, path, target);
	free(target);
	return result;
}

static int copy_in(const struct fs *fs, const char *path, const struct file *file, uint64_t size, const char *local,
                   int descriptor)
{
	struct stream *stream = stream_make(fs, path, local, descriptor);
	uint8_t *buffer = malloc(FS_STREAM_CHUNK);
	int result = CLI_FAILED;

	if (stream && buffer) {
		stream->file = file;
		stream->size = size;
		result = stream_in(stream, buffer);
	} else if (stream) {
		fs_error(fs, path, POSIX_ENOMEM);
	}
	free(buffer);
	free(stream);
	return result;
}

/* What a file gets that has no permissions of its own. */
static uint32_t mode_of_creation(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 | FILES_UMASK(mask);
}

static int put_descriptor(const struct fs *fs, int descriptor, const char *local, const char *path)
{
	struct file opened;
	struct stat status;
	bool file;
	int32_t error, closed;
	int result;

	if (fstat(descriptor, &status) != 0)
		return fs_error(fs, local, errno);
	if (S_ISDIR(status.st_mode))
		return fs_error(fs, local, POSIX_EISDIR);
	file = S_ISREG(status.st_mode) && descriptor != STDIN_FILENO;
	error = files_open(fs->client, path, VFS_OPEN_WRITE | VFS_OPEN_CREATE | VFS_OPEN_TRUNCATE,
	                   file ? status.st_mode & 0777 : mode_of_creation(), &opened);
	if (error)
		return fs_error(fs, path, error);
	result = copy_in(fs, path, &opened, S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0, local,
	                 descriptor);
	closed = files_close(&opened);
	if (result == CLI_OK && closed)
		result = fs_error(fs, path, closed);
	/* A file that was there has its old permissions. */
	if (result == CLI_OK && file) {
		error = files_chmod(fs->client, path, status.st_mode & 07777);
		if (error)
			result = fs_error(fs, path, error);
	}
	return result;
}

int fs_put(struct fs *fs)
{
	const char *local = fs->operands[0];
	bool input = strcmp(local, "-") == 0;
	char path[POSIX_PATH_MAX];
	int descriptor = STDIN_FILENO, result;

	if (input ? !fs_path(fs, fs->operands[1], path) : !fs_target(fs, fs->operands[1], local, path))
		return CLI_FAILED;
	if (input)
		return put_descriptor(fs, descriptor, "standard input", path);
	descriptor = open(local, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return fs_error(fs, local, errno);
	result = put_descriptor(fs, descriptor, local, path);
	close(descriptor);
	return result;
}

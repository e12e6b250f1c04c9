/* What the files of the client library share (drydock/files.h). */
#ifndef DRYDOCK_FILES_INTERNAL_H
#define DRYDOCK_FILES_INTERNAL_H

#include <drydock/files.h>
#include <drydock/server.h>
#include <drydock/string.h>

/* The stubs refuse what is longer than the protocol's strings; so no length is lost here. */
static inline uint32_t text_length(const char *text)
{
	return (uint32_t)string_length(text);
}

/* The two parts of what FILES_UMASK is beside. */
static inline uint32_t mode_part(uint32_t mode)
{
	return mode & 0xffff;
}

static inline uint32_t umask_part(uint32_t mode)
{
	return mode >> 16;
}

/*
 * Makes a call that concerns an open file, if preparing it went well. 0: it is
 * done, and is to be finished and ended. POSIX_ESTALE: preparing it has made a
 * new connection, to which the file's number means nothing.
 */
int32_t file_call_run(const struct file *file, struct call *call, int32_t prepared);

/* ---- direct.c: files of other servers, read and written there ------------------------- */

/* One that is open so. Its position is kept here; vfs's stays where it is. */
struct direct_file {
	uint64_t serial;       /* struct file's `direct`; 0: unused */
	uint64_t ticket;       /* by which the server knows it */
	uint64_t generation;   /* of `server` */
	uint64_t position;
	struct client *server;
};

/* Has the file, which lies in mount `mount`, be read and written at its server, if that can be reached. */
void direct_open(struct file *file, uint32_t mount);
void direct_close(const struct file *file);

/*
 * A copy of what is known of a file with `direct`. POSIX_ESTALE: its connection,
 * to vfs or to the server, is not there any more; POSIX_EBADF: it was closed.
 */
int32_t direct_find(const struct file *file, struct direct_file *found);

/* As file_call_run, for a call to its server. */
int32_t direct_call_run(const struct direct_file *direct, struct call *call, int32_t prepared);

/* Where `length` bytes at `offset`, or VFS_POSITION, begin. POSIX_EINVAL: they end beyond all offsets. */
int32_t direct_range(const struct direct_file *direct, uint64_t offset, uint32_t length, uint64_t *from);

/* Moves the position of the file, if it is still open. */
void direct_move(const struct file *file, uint64_t position);

/* Makes of a seek one that vfs can do, who does not know the position. Where it went is to be told by direct_move. */
int32_t direct_seek(const struct file *file, int64_t *offset, uint32_t *whence);

/* Puts the file's position for VFS_POSITION, if it is kept here; *taken: it is to be moved by direct_move. */
int32_t direct_take_position(const struct file *file, uint64_t *offset, bool *taken);

int32_t direct_read(const struct file *file, void *buffer, uint32_t length, uint64_t offset, uint32_t *done);
int32_t direct_write(const struct file *file, const void *data, uint32_t length, uint64_t offset,
                     uint32_t *done);

#endif

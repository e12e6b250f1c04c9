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

#endif

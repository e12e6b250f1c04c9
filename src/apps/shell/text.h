/*
 * Turning numbers and foreign bytes into text that people and terminals can
 * take. The hosted command (sim/cli) uses it, too.
 */
#ifndef DRYDOCK_SHELL_TEXT_H
#define DRYDOCK_SHELL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MODE_SIZE 11
#define TEXT_SIZE_SIZE 16
#define TEXT_DATE_SIZE 40
#define TEXT_SLICE_SIZE 24

/* What a call's status (drydock/client.h) means, for a message; a constant string. */
const char *text_status(int32_t status);

/* "-rw-r--r--" for type and permission bits. */
void text_mode(uint32_t mode, char text[TEXT_MODE_SIZE]);

/* "regular file", "directory", …: the type bits in words. */
const char *text_file_type(uint32_t mode);

/* "512 B", "1.5 KiB", … with the suffixes of 1024. */
void text_size(uint64_t bytes, char text[TEXT_SIZE_SIZE]);

/* "10 ms", "0.500 ms": how long a turn is. */
void text_slice(uint32_t microseconds, char text[TEXT_SLICE_SIZE]);

/*
 * Makes `length` bytes harmless, in place: what is not UTF-8 becomes `?`, and so
 * do control characters (an escape sequence in a file's name must not reach the
 * terminal). With `lines`, newlines and tabs stay.
 */
void text_harmless(char *text, size_t length, bool lines);

/*
 * "2026-11-22 08:50:31" in UTC, for seconds since 1970. Years beyond 9999 have
 * more digits, those before 0 a sign.
 */
void text_date(int64_t seconds, char text[TEXT_DATE_SIZE]);

/*
 * The absolute path that a person means: what does not begin with `/` is taken
 * from `directory`, an absolute path. Returns 0, or -1 where `given` is empty
 * or the path longer than POSIX_PATH_MAX - 1 bytes. `path` has POSIX_PATH_MAX
 * bytes, and is none of the others.
 */
int text_path(const char *directory, const char *given, char *path);

/*
 * `name`'s last component appended to `directory`; -1 where it does not fit
 * POSIX_PATH_MAX or `name` has none. `path` may not be `directory`.
 */
int text_join(const char *directory, const char *name, char *path);

/* The last component of `path`, without trailing slashes; its length in *length (0 for "/" and ""). */
const char *text_base(const char *path, size_t *length);

#endif

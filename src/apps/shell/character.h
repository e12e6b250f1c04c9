/* Characters of UTF-8 text (RFC 3629, section 4), and how wide terminals show them. */
#ifndef DRYDOCK_SHELL_CHARACTER_H
#define DRYDOCK_SHELL_CHARACTER_H

#include <stddef.h>
#include <stdint.h>

#define CHARACTER_SIZE 4 /* bytes at most */

/* Bytes of the well-formed character at the start of `length` bytes, 1 to 4; 0 where there is none. */
size_t character_length(const char *text, size_t length);

/*
 * How many bytes a character has that begins with `first`, 1 to 4, if what
 * follows is in order; 0 where none begins so.
 */
size_t character_expected(uint8_t first);

/* The code point of the well-formed character at `text`, `length` bytes long. */
uint32_t character_decode(const char *text, size_t length);

/* Columns that the well-formed character at `text` takes, 0 to 2; 0 for control characters, too. */
unsigned int character_columns(const char *text, size_t length);

/* Columns that `length` bytes take; bytes that are no characters take one each. */
size_t character_columns_all(const char *text, size_t length);

#endif

/*
 * Bytes and text without a C library. The first four are what the compiler
 * itself calls; the C library or src/arch defines them.
 */
#ifndef DRYDOCK_STRING_H
#define DRYDOCK_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *left, const void *right, size_t length);

/* -ffreestanding keeps the compiler from seeing through them; small copies must not be calls. */
#if !__STDC_HOSTED__
#define memcpy  __builtin_memcpy
#define memmove __builtin_memmove
#define memset  __builtin_memset
#define memcmp  __builtin_memcmp
#endif

/* Bytes before the NUL. */
size_t string_length(const char *text);

/* Bytes before the NUL, or `limit` where there is none within it. */
size_t string_length_within(const char *text, size_t limit);

bool string_equal(const char *left, const char *right);

/* Copies `length` bytes of `from` and a NUL into `to` of `size` bytes; what does not fit is cut. */
void string_copy(char *to, size_t size, const char *from, size_t length);

/*
 * Reads an unsigned number of base 10, or 16 after "0x", with an optional
 * suffix K, M or G (times 1024 and so on); the whole of `text` must be it.
 * False where it is not one or does not fit.
 */
bool string_to_number(const char *text, uint64_t *number);

/*
 * Finds `key` in "key=value key2=value2 …" (separated by spaces or commas) and
 * copies its value, cut to `size` with the NUL. False where it is not there.
 */
bool string_option(const char *options, const char *key, char *value, size_t size);

#endif

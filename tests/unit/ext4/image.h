/*
 * Images of ext4 for tests, made by e2fsprogs at test time, in a directory of
 * the test's own that goes when its program ends.
 */
#ifndef DRYDOCK_TESTS_EXT4_IMAGE_H
#define DRYDOCK_TESTS_EXT4_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether e2fsprogs are there; where not, prints why the program is skipped (TAP) and main returns at once. */
bool image_tools(void);

/* The path of `name` in the test's directory, valid until eight more were asked for. */
const char *image_path(const char *name);

/*
 * Runs a shell command made as printf does; the test fails unless it ends with
 * a code up to `worst`: e2fsck says 1 where it has changed something.
 */
void image_run(int worst, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same; its output without the last newline, to be freed. */
char *image_output(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Makes image `name` of `size` (as mke2fs has it) by mke2fs with `options`; it
 * holds what lies in the test's directory `tree`, which is made where it is not
 * yet: files with and without holes, large and small, directories deep and
 * wide, links, devices, odd modes and owners.
 */
void image_make(const char *name, const char *size, const char *options);

/* Removes the test's directory. */
void image_clean(void);

#endif

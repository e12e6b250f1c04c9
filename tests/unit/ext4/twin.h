/*
 * Doing the same to two trees: one in the ext4 server, and one that Linux
 * has, in the test's directory. Both must agree about what succeeds, and in the
 * end be alike (compare.h). Paths have no leading slash; "" is the root.
 */
#ifndef DRYDOCK_TESTS_EXT4_TWIN_H
#define DRYDOCK_TESTS_EXT4_TWIN_H

#include "pier.h"

/* Makes the tree of Linux's, empty; its path. */
const char *twin_begin(void);

/* Each returns whether it succeeded, on both sides; the test fails where they differ. */
bool twin_create(struct pier *pier, const char *path, uint32_t mode);
bool twin_make_directory(struct pier *pier, const char *path, uint32_t mode);
bool twin_symlink(struct pier *pier, const char *path, const char *target);
bool twin_link(struct pier *pier, const char *path, const char *new_path);
bool twin_unlink(struct pier *pier, const char *path);
bool twin_remove_directory(struct pier *pier, const char *path);
bool twin_rename(struct pier *pier, const char *path, const char *new_path, uint32_t flags);
bool twin_write(struct pier *pier, const char *path, uint64_t offset, uint32_t length, uint32_t seed);
bool twin_truncate(struct pier *pier, const char *path, uint64_t size);
bool twin_chmod(struct pier *pier, const char *path, uint32_t mode);

/* After all: times of modification are of different clocks, so that Linux's tree takes those of the server's. */
void twin_end(struct pier *pier);

/* Finds a path in the server's tree; 0, or its error. */
int32_t twin_find(struct pier *pier, const char *path, struct fs_attributes *found);

#endif

/* A number for all that ext4_server shows of a file system: two are equal where the trees are. */
#ifndef DRYDOCK_TESTS_EXT4_DIGEST_H
#define DRYDOCK_TESTS_EXT4_DIGEST_H

#include "pier.h"

/*
 * Goes through the tree: names, attributes but for access times, content,
 * targets. The test fails where anything cannot be read.
 */
uint64_t digest_tree(struct pier *pier);

#endif

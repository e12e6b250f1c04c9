/* What ext4_server shows, against what lies in a directory of Linux's. */
#ifndef DRYDOCK_TESTS_EXT4_COMPARE_H
#define DRYDOCK_TESTS_EXT4_COMPARE_H

#include "pier.h"

/*
 * Walks the whole tree under `path` and the server's at once: names, types,
 * modes, owners, sizes, times (in seconds), links, devices, content, targets. The test fails
 * at the first difference. `piece` is how many bytes are read at a time.
 */
void compare_trees(struct pier *pier, const char *path, uint32_t piece);

#endif

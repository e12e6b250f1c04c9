/* Digests of what is in a tree: attributes but for times of access, contents, targets, names, xattrs. */
#ifndef DRYDOCK_TESTS_EXT4_DIGEST_H
#define DRYDOCK_TESTS_EXT4_DIGEST_H

#include <stdint.h>

#include "pier.h"

struct tree_digest {
	uint64_t whole;
	uint64_t timeless; /* the same without times of modification and change */
};

/* Of files whose names begin so the content does not count: it is overwritten in place, and judged apart. */
#define DIGEST_NAME_OVERWRITTEN "over"

/* Reads the whole tree below the directory of path `path` ("": the root). */
void digest_tree(struct pier *pier, const char *path, struct tree_digest *digest);

#endif

/*
 * A tmpfs of the kernel, for one process alone, to compare with: it is that
 * process's root, in a mount namespace of its own, and goes with it.
 */
#ifndef LINUX_TMPFS_H
#define LINUX_TMPFS_H

#include <stdbool.h>

#include <drydock/server.h>

/* Prepares for it and tries whether it can be had here. NULL, or why not, and nothing is to be ended. */
const char *linux_tmpfs_begin(void);
void linux_tmpfs_end(void);

/*
 * Makes one the root of this process; who is not root is in a user namespace
 * then, as himself, but with all rights. NULL, or why that cannot be.
 */
const char *linux_tmpfs_enter(void);

/* Back to the old root, since the leak checker wants to see /proc. */
void linux_tmpfs_leave(void);

/* Whether the rights that come with a user namespace are used. */
void linux_use_capabilities(bool use);

/* Becomes that user for what follows, if this process may; uid 0 has its rights back then. */
void linux_become(const struct identity *identity);

#endif

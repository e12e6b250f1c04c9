/*
 * Who may read what: mode bits, owner and groups as Linux checks them
 * (path_resolution(7)), uid 0 may all but execute what nobody may. An identity
 * with IDENTITY_CHECKED is always allowed: the kernel that the client serves
 * has checked.
 */
#ifndef EXT4_PERMISSION_H
#define EXT4_PERMISSION_H

#include "inode.h"

/* As the mask of access(2). */
#define ACCESS_EXECUTE 1u /* of a directory: search it */
#define ACCESS_WRITE   2u
#define ACCESS_READ    4u

/* Whether mode and owner let `who` do all of `wanted` (ACCESS_*); IDENTITY_CHECKED does not matter here. */
bool permission_allows(const struct identity *who, const struct inode *inode, uint32_t wanted);

/* POSIX_EACCES where they do not. */
int32_t permission_check(const struct identity *who, const struct inode *inode, uint32_t wanted);

#endif

/*
 * What the kernel says of the system, as files: `processes` and `ports`, a line for
 * each, in the directory that the option `processes=PATH` names. Fields are
 * separated by blanks; the name comes last, since those of guests may be anything:
 *
 *   processes  number, id, parent's id, state (starting, running, blocked, faulted,
 *              dead), priority, uid, bytes of memory, bytes that it may have,
 *              handles, ports, lanes, the machine's number of it (Linux's pid; 0: none), name
 *   ports      id, owner's number and id, lanes, datagrams that wait, owner's name
 *
 * They are files of tmpfs that nobody can change (chattr(1): immutable), written
 * anew when somebody looks them up or asks for their attributes. So size and
 * content go together, and a reader who has looked reads what was then.
 */
#ifndef VFS_VIEW_H
#define VFS_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "vfs.h"

/*
 * Makes them, if the options say so. POSIX_EINVAL: no absolute path; POSIX_EPERM: vfs
 * has not the authority `inspect`.
 */
int32_t views_make(struct vfs *vfs, const char *options);

/* Somebody looks at a node of tmpfs: if it is such a file that is not of this moment, writes it anew. */
void view_look(const struct caller *caller, uint64_t node);

#endif

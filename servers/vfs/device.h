/*
 * Devices that vfs serves to programs that open their nodes: those that are memory
 * and nothing else, by the numbers that Linux has for them (Documentation/admin-guide/
 * devices.txt). Through a mount Linux serves such nodes itself, by the same numbers.
 *
 *   null     1:3  has nothing in it; what is written is gone
 *   zero     1:5  zeros without end
 *   full     1:7  the same, but nothing can be written: POSIX_ENOSPC
 *   random   1:8  random bytes without end, where the machine has a source of randomness
 *   console  5:1  what is written is printed, where vfs has the authority `console`;
 *                 it has nothing to read, since what is typed is the shell's
 */
#ifndef VFS_DEVICE_H
#define VFS_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "vfs.h"

/* Whether that is a device node that can be opened. */
bool device_served(const struct vfs *vfs, const struct tmpfs_attributes *attributes);

/* As read(2) and write(2) on one that is. */
int32_t device_read(struct vfs *vfs, uint32_t device, void *buffer, uint32_t length, uint32_t *done);
int32_t device_write(const struct vfs *vfs, uint32_t device, const void *data, uint32_t length, uint32_t *done);

/* lseek(2): POSIX_ESPIPE, or 0 where the position is 0 for ever. */
int32_t device_seek(uint32_t device);

/*
 * Makes nodes for all that can be opened, in the directory that the option
 * `devices=PATH` names; without it nothing. POSIX_EINVAL: it is no absolute path.
 */
int32_t devices_make(struct vfs *vfs, const char *options);

#endif

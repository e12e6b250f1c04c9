/* From the node protocol's terms to those of FUSE. */
#ifndef DRYDOCK_SIM_FUSE_REPLY_H
#define DRYDOCK_SIM_FUSE_REPLY_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <fuse_lowlevel.h>

#include <drydock/proto/fs.h>

/* The errno, above 0, for a status that is not 0 (drydock/client.h). */
int reply_errno(int32_t status);

void reply_stat(const struct fs_attributes *attributes, struct stat *stat);

/* `timeout` in seconds. */
void reply_entry(const struct fs_attributes *attributes, double timeout, struct fuse_entry_param *entry);

void reply_statistics(const struct fs_statistics *statistics, struct statvfs *result);

/* From SETATTR: the new values, and which of them count (FS_SET_*). `set` is FUSE_SET_ATTR_* bits. */
uint32_t reply_set_attributes(const struct stat *stat, int set, struct fs_attributes *values);

#endif

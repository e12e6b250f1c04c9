/* From the node protocol's terms to those of FUSE (reply.h). */
#include "reply.h"

#include <errno.h>
#include <string.h>

#include <drydock/abi/error.h>

#define ERRNO_LIMIT 1000 /* libfuse takes no greater ones */

int reply_errno(int32_t status)
{
	switch (status) {
	case -E_TIMED_OUT:
		return ETIMEDOUT;
	case -E_CANCELLED:
	case ECANCELED:
		/* Nobody cancels but a signal. */
		return EINTR;
	case -E_NOMEM:
	case -E_QUOTA:
		return ENOMEM;
	default:
		return status > 0 && status < ERRNO_LIMIT ? status : EIO;
	}
}

void reply_stat(const struct fs_attributes *attributes, struct stat *stat)
{
	memset(stat, 0, sizeof(*stat));
	stat->st_ino = attributes->node;
	stat->st_mode = attributes->mode;
	stat->st_nlink = attributes->links;
	stat->st_uid = attributes->uid;
	stat->st_gid = attributes->gid;
	stat->st_rdev = attributes->device;
	stat->st_size = (off_t)attributes->size;
	stat->st_blocks = (blkcnt_t)attributes->blocks;
	stat->st_atim.tv_sec = attributes->atime;
	stat->st_atim.tv_nsec = attributes->atime_ns;
	stat->st_mtim.tv_sec = attributes->mtime;
	stat->st_mtim.tv_nsec = attributes->mtime_ns;
	stat->st_ctim.tv_sec = attributes->ctime;
	stat->st_ctim.tv_nsec = attributes->ctime_ns;
}

void reply_entry(const struct fs_attributes *attributes, double timeout, struct fuse_entry_param *entry)
{
	entry->ino = attributes->node;
	entry->generation = attributes->generation;
	entry->attr_timeout = timeout;
	entry->entry_timeout = timeout;
	reply_stat(attributes, &entry->attr);
}

void reply_statistics(const struct fs_statistics *statistics, struct statvfs *result)
{
	memset(result, 0, sizeof(*result));
	result->f_bsize = statistics->block_size;
	result->f_frsize = statistics->block_size;
	result->f_blocks = statistics->blocks;
	result->f_bfree = statistics->blocks_free;
	result->f_bavail = statistics->blocks_free;
	result->f_files = statistics->nodes;
	result->f_ffree = statistics->nodes_free;
	result->f_favail = statistics->nodes_free;
	result->f_namemax = statistics->name_max;
}

uint32_t reply_set_attributes(const struct stat *stat, int set, struct fs_attributes *values)
{
	static const struct {
		int fuse;
		uint32_t fs;
	} bits[] = {
		{FUSE_SET_ATTR_MODE, FS_SET_MODE},           {FUSE_SET_ATTR_UID, FS_SET_UID},
		{FUSE_SET_ATTR_GID, FS_SET_GID},             {FUSE_SET_ATTR_SIZE, FS_SET_SIZE},
		{FUSE_SET_ATTR_ATIME, FS_SET_ATIME},         {FUSE_SET_ATTR_MTIME, FS_SET_MTIME},
		{FUSE_SET_ATTR_ATIME_NOW, FS_SET_ATIME_NOW}, {FUSE_SET_ATTR_MTIME_NOW, FS_SET_MTIME_NOW},
	};
	uint32_t valid = 0;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (set & bits[i].fuse)
			valid |= bits[i].fs;
	}
	/* The kernel sets both bits of a pair for "now"; its own idea of now does not count then. */
	if (valid & FS_SET_ATIME_NOW)
		valid &= ~(uint32_t)FS_SET_ATIME;
	if (valid & FS_SET_MTIME_NOW)
		valid &= ~(uint32_t)FS_SET_MTIME;
	memset(values, 0, sizeof(*values));
	values->mode = stat->st_mode;
	values->uid = stat->st_uid;
	values->gid = stat->st_gid;
	values->size = (uint64_t)stat->st_size;
	values->atime = stat->st_atim.tv_sec;
	values->atime_ns = (uint32_t)stat->st_atim.tv_nsec;
	values->mtime = stat->st_mtim.tv_sec;
	values->mtime_ns = (uint32_t)stat->st_mtim.tv_nsec;
	return valid;
}

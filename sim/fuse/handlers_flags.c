/*
 * Flags of files and directories (chattr(1)): Linux reads and sets them by
 * ioctls, those of ioctl_iflags(2) and those of ioctl_xfs_fsgetxattr(2), by which
 * it also looks before it sets, and checks who may. What they forbid the file
 * system refuses, since Linux knows of no flags here: a file that is immutable
 * can be opened to be written, and then is not.
 */
#include "bridge.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>

#include "reply.h"

_Static_assert(FS_FLAG_IMMUTABLE == FS_IMMUTABLE_FL && FS_FLAG_APPEND == FS_APPEND_FL &&
                       FS_FLAG_NO_DUMP == FS_NODUMP_FL && FS_FLAG_NO_ATIME == FS_NOATIME_FL,
               "the flags are Linux's");

/* Of struct fsxattr nothing but flags is known here; there are no extents, no projects. */
static const struct {
	uint32_t flag, extended;
} flags_extended[] = {
	{FS_FLAG_IMMUTABLE, FS_XFLAG_IMMUTABLE},
	{FS_FLAG_APPEND, FS_XFLAG_APPEND},
	{FS_FLAG_NO_DUMP, FS_XFLAG_NODUMP},
	{FS_FLAG_NO_ATIME, FS_XFLAG_NOATIME},
};

#define FLAGS (sizeof(flags_extended) / sizeof(flags_extended[0]))

static void finish_get_extended(struct operation *operation)
{
	struct fs_attributes attributes;
	int32_t status = fs_get_attributes_finish(&operation->call, &attributes);
	struct fsxattr extended = {0};

	if (status != 0) {
		fuse_reply_err(operation->request, reply_errno(status));
		return;
	}
	for (size_t i = 0; i < FLAGS; i++) {
		if (attributes.flags & flags_extended[i].flag)
			extended.fsx_xflags |= flags_extended[i].extended;
	}
	fuse_reply_ioctl(operation->request, 0, &extended, sizeof(extended));
}

static void finish_get_flags(struct operation *operation)
{
	struct fs_attributes attributes;
	int32_t status = fs_get_attributes_finish(&operation->call, &attributes);

	if (status != 0)
		fuse_reply_err(operation->request, reply_errno(status));
	else
		fuse_reply_ioctl(operation->request, 0, &attributes.flags, sizeof(attributes.flags));
}

static void finish_set_flags(struct operation *operation)
{
	struct bridge *bridge = operation->bridge;
	struct fs_attributes attributes;
	int32_t status = fs_set_attributes_finish(&operation->call, &attributes);

	if (status != 0) {
		fuse_reply_err(operation->request, reply_errno(status));
		return;
	}
	/* The ctime is another one, which Linux does not expect. */
	fuse_lowlevel_notify_inval_inode(bridge->session, attributes.node, -1, 0);
	fuse_reply_ioctl(operation->request, 0, NULL, 0);
}

static void get_flags(fuse_req_t request, fuse_ino_t node, void (*finish)(struct operation *operation))
{
	struct operation *operation = operation_start(request, finish);

	if (operation != NULL)
		operation_submit(operation, fs_get_attributes_try_prepare(&operation->call,
		                                                          operation->bridge->client, node));
}

static void set_flags(fuse_req_t request, fuse_ino_t node, uint32_t flags)
{
	const struct fs_attributes values = {.flags = flags};
	struct operation *operation = operation_start(request, finish_set_flags);

	if (operation == NULL)
		return;
	ahead_drop(operation, node);
	operation_submit(operation, fs_set_attributes_try_prepare(&operation->call, operation->bridge->client,
	                                                          node, FS_SET_FLAGS, &values));
}

static void set_extended(fuse_req_t request, fuse_ino_t node, const struct fsxattr *extended)
{
	uint32_t flags = 0, left = extended->fsx_xflags;

	for (size_t i = 0; i < FLAGS; i++) {
		if (left & flags_extended[i].extended)
			flags |= flags_extended[i].flag;
		left &= ~flags_extended[i].extended;
	}
	if (left != 0 || extended->fsx_extsize != 0 || extended->fsx_projid != 0 ||
	    extended->fsx_cowextsize != 0)
		fuse_reply_err(request, EOPNOTSUPP);
	else
		set_flags(request, node, flags);
}

void handle_ioctl(fuse_req_t request, fuse_ino_t node, unsigned int command, void *argument,
                  struct fuse_file_info *file, unsigned int flags, const void *in, size_t in_size,
                  size_t out_size)
{
	struct fsxattr extended;
	uint32_t values;

	(void)argument;
	(void)file;
	(void)flags;
	if (command == FS_IOC_GETFLAGS && out_size >= sizeof(values)) {
		get_flags(request, node, finish_get_flags);
	} else if (command == FS_IOC_FSGETXATTR && out_size >= sizeof(extended)) {
		get_flags(request, node, finish_get_extended);
	} else if (command == FS_IOC_FSSETXATTR && in_size >= sizeof(extended)) {
		memcpy(&extended, in, sizeof(extended));
		set_extended(request, node, &extended);
	} else if (command == FS_IOC_SETFLAGS && in_size >= sizeof(values)) {
		memcpy(&values, in, sizeof(values));
		set_flags(request, node, values);
	} else {
		fuse_reply_err(request, ENOTTY);
	}
}

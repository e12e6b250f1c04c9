/* What the bridge tells the kernel about itself, and which request goes where. */
#include "bridge.h"

#include <errno.h>

#include "sim/user/linux.h"

#define BACKGROUND  64u /* requests of read-ahead and asynchronous I/O at once */
#define CONGESTION  48u

static void handle_init(void *context, struct fuse_conn_info *connection)
{
	static const unsigned int wanted =
		FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_AUTO_INVAL_DATA |
		FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_NO_OPEN_SUPPORT | FUSE_CAP_NO_OPENDIR_SUPPORT |
		FUSE_CAP_DONT_MASK | FUSE_CAP_IOCTL_DIR;
	struct bridge *bridge = context;

	/*
	 * Not among them: splice, which pays less than copying straight from and
	 * to the lane; O_TRUNC in OPEN, since there is no OPEN; taking set-id bits
	 * off, which Linux does. The umask is the file system's matter, since default
	 * ACLs are. Linux goes by ACLs where it checks at all; this makes it check.
	 */
	connection->want = connection->capable & wanted;
	if (bridge->options.writeback)
		connection->want |= connection->capable & FUSE_CAP_WRITEBACK_CACHE;
	if (bridge->options.kernel_checks)
		connection->want |= connection->capable & FUSE_CAP_POSIX_ACL;
	if (bridge->options.shared_locks)
		connection->want |= connection->capable & (FUSE_CAP_POSIX_LOCKS | FUSE_CAP_FLOCK_LOCKS);
	connection->max_write = BRIDGE_WRITE_MAXIMUM;
	connection->max_background = BACKGROUND;
	connection->congestion_threshold = CONGESTION;
	connection->time_gran = 1;
	bridge->greeted = true;
	/* It is mounted, and the kernel is content: the host may tell whoever waits. */
	os_send_status(bridge->os, NULL);
}

/* Directories have no state at the vfs. ENOSYS makes the kernel open them by itself from then on. */
static void handle_opendir(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file)
{
	(void)node;
	(void)file;
	fuse_reply_err(request, ENOSYS);
}

static void handle_forget(fuse_req_t request, fuse_ino_t node, uint64_t count)
{
	forget_add(fuse_req_userdata(request), node, count);
	fuse_reply_none(request);
}

static void handle_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		forget_add(fuse_req_userdata(request), forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(request);
}

/*
 * What is missing is answered by libfuse with ENOSYS, upon which the kernel does
 * it itself or says that it is not supported.
 */
const struct fuse_lowlevel_ops handlers = {
	.init = handle_init,
	.lookup = handle_lookup,
	.forget = handle_forget,
	.forget_multi = handle_forget_multi,
	.getattr = handle_getattr,
	.setattr = handle_setattr,
	.readlink = handle_readlink,
	.mknod = handle_mknod,
	.mkdir = handle_mkdir,
	.unlink = handle_unlink,
	.rmdir = handle_rmdir,
	.symlink = handle_symlink,
	.rename = handle_rename,
	.link = handle_link,
	.open = handle_open,
	.read = handle_read,
	.write = handle_write,
	.fsync = handle_fsync,
	.opendir = handle_opendir,
	.readdir = handle_readdir,
	.fsyncdir = handle_fsync,
	.statfs = handle_statfs,
	.access = handle_access,
	.fallocate = handle_fallocate,
	.lseek = handle_lseek,
	.copy_file_range = handle_copy_file_range,
	.setxattr = handle_setxattr,
	.getxattr = handle_getxattr,
	.listxattr = handle_listxattr,
	.removexattr = handle_removexattr,
	.ioctl = handle_ioctl,
	.flush = handle_flush,
	.release = handle_release,
	.getlk = handle_getlk,
	.setlk = handle_setlk,
	.flock = handle_flock,
};

/*
 * How far Linux reads ahead. It begins with 128 KiB for every FUSE mount, and
 * the file system can only ask for less; who may, raises it for the mount's
 * device (the kernel's Documentation/ABI/testing/sysfs-class-bdi).
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge.h"

void read_ahead_raise(const char *directory)
{
	char path[64];
	struct statx status;
	int fd;

	/* Only the device is asked for, and that without asking the file system: this process serves it. */
	if (statx(AT_FDCWD, directory, AT_STATX_DONT_SYNC, 0, &status) != 0)
		return;
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", status.stx_dev_major,
	         status.stx_dev_minor);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* Where it is not allowed the mount is only slower. */
	if (fd < 0)
		return;
	dprintf(fd, "%u", BRIDGE_READ_AHEAD / 1024);
	close(fd);
}

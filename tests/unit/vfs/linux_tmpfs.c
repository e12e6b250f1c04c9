/* A tmpfs of the kernel to compare with: see linux_tmpfs.h. */
#include "linux_tmpfs.h"

#include <check.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drydock/abi/lane.h>

static char directory[] = "/tmp/drydock-vfs-XXXXXX";
static int old_root;

void linux_become(const struct identity *identity)
{
	gid_t groups[LANE_GROUPS_MAXIMUM];

	if (syscall(SYS_setresuid, -1, 0, -1) != 0)
		return; /* in a user namespace there is only one */
	for (uint32_t i = 0; i < identity->group_count; i++)
		groups[i] = identity->groups[i];
	ck_assert_int_eq(syscall(SYS_setgroups, identity->group_count, groups), 0);
	ck_assert_int_eq(syscall(SYS_setresgid, -1, identity->gid, -1), 0);
	ck_assert_int_eq(syscall(SYS_setresuid, -1, identity->uid, -1), 0);
}

static bool write_text(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	bool done = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);

	if (file >= 0)
		close(file);
	return done;
}

/* A user namespace in which this user is still himself; for mounting. */
static bool enter_user_namespace(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER) != 0)
		return false;
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	if (!write_text("/proc/self/uid_map", map) || !write_text("/proc/self/setgroups", "deny"))
		return false;
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	return write_text("/proc/self/gid_map", map);
}

void linux_use_capabilities(bool use)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	for (int i = 0; i < 2; i++)
		data[i].effective = use ? data[i].permitted : 0;
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}

const char *linux_tmpfs_enter(void)
{
	old_root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (geteuid() != 0 && !enter_user_namespace())
		return "not root, and user namespaces are not allowed";
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return "mount namespaces are not allowed";
	if (mount("tmpfs", directory, "tmpfs", 0, "mode=755") != 0)
		return "tmpfs cannot be mounted";
	if (chroot(directory) != 0 || chdir("/") != 0)
		return "chroot is not allowed";
	return NULL;
}

void linux_tmpfs_leave(void)
{
	ck_assert_int_eq(fchdir(old_root), 0);
	ck_assert_int_eq(chroot("."), 0);
	close(old_root);
}

/* Tries in a process of its own whether the test can be made here. */
static const char *probe(void)
{
	static char reason[128];
	int ends[2];
	ssize_t length;
	pid_t child;

	if (pipe(ends) != 0)
		return "no pipe";
	child = fork();
	if (child == 0) {
		const char *why = linux_tmpfs_enter();

		_exit(why && write(ends[1], why, strlen(why)) < 0);
	}
	close(ends[1]);
	length = child > 0 ? read(ends[0], reason, sizeof(reason) - 1) : 0;
	close(ends[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return length > 0 ? reason : NULL;
}

const char *linux_tmpfs_begin(void)
{
	const char *reason;

	if (!mkdtemp(directory))
		return "no temporary directory";
	reason = probe();
	if (reason)
		rmdir(directory);
	return reason;
}

void linux_tmpfs_end(void)
{
	rmdir(directory);
}

/* See probe.h. Each probe does the thing itself, since permissions tell only half of it. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/host/instance.h"

static void found(struct probe_result *result, bool works, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void found(struct probe_result *result, bool works, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(result->detail, sizeof(result->detail), format, arguments);
	va_end(arguments);
	result->works = works;
}

static void advise(struct probe_result *result, const char *advice)
{
	snprintf(result->advice, sizeof(result->advice), "%s", advice);
}

/* Runs `work` in a child of its own, which it may ruin; returns what that returned, or EIO. */
static int in_child(int (*work)(void *context), void *context)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return errno;
	if (child == 0)
		_exit(work(context));
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

/* The first line of a file under /proc/sys, or "" where it cannot be read. */
static void read_setting(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");

	text[0] = 0;
	if (!file)
		return;
	if (fgets(text, (int)size, file))
		text[strcspn(text, "\n")] = 0;
	else
		text[0] = 0;
	fclose(file);
}

static bool program_exists(const char *name)
{
	const char *path = getenv("PATH");
	char place[1024];

	while (path && *path) {
		size_t length = strcspn(path, ":");

		snprintf(place, sizeof(place), "%.*s/%s", (int)length, path, name);
		if (access(place, X_OK) == 0)
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

/* ---- what an instance is made of ----------------------------------------------- */

/* As the host makes an owner page (DESIGN: "Sealing and memory on Linux"). */
static int try_seals(int file)
{
	void *page;
	int error = 0;

	if (ftruncate(file, 4096) != 0)
		return errno;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (page == MAP_FAILED)
		return errno;
	if (fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0)
		error = errno;
	munmap(page, 4096);
	return error;
}

static void probe_memory(struct probe_result *result)
{
	int file = memfd_create("drydock-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error = file < 0 ? errno : try_seals(file);

	if (file >= 0)
		close(file);
	if (!error) {
		found(result, true, "memory objects can be made and sealed");
		return;
	}
	found(result, false, "memory objects cannot be made and sealed: %s", strerror(error));
	advise(result, "Linux 5.1 or newer is needed, or a container whose seccomp filter allows memfd_create");
}

static void probe_pidfd(struct probe_result *result)
{
	int descriptor = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (descriptor >= 0) {
		close(descriptor);
		found(result, true, "processes can be watched by descriptor");
		return;
	}
	found(result, false, "processes cannot be watched by descriptor: %s", strerror(errno));
	advise(result, "Linux 5.3 or newer is needed, or a container whose seccomp filter allows pidfd_open");
}

/* Where the instances' directories will be made: the nearest that exists. */
static void probe_directory(struct probe_result *result)
{
	char path[INSTANCE_PATH_SIZE], present[INSTANCE_PATH_SIZE], reason[128];
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (!instance_path(INSTANCE_NAME_DEFAULT, path, sizeof(path), reason, sizeof(reason))) {
		found(result, false, "%s", reason);
		return;
	}
	memcpy(present, path, sizeof(present));
	do {
		*strrchr(present, '/') = 0;
	} while (strchr(present + 1, '/') && access(present, F_OK) != 0);
	if (access(present, W_OK) != 0) {
		found(result, false, "%.100s cannot be made in %.100s: %s", path, present, strerror(errno));
		advise(result, "set XDG_RUNTIME_DIR to a directory of your own");
		return;
	}
	found(result, true, "instances live in %.*s%s", (int)(strrchr(path, '/') - path), path,
	      runtime ? "" : " (XDG_RUNTIME_DIR is not set)");
}

/* ---- mounting -------------------------------------------------------------------- */

static int mount_as_root(void *context)
{
	const char *directory = context;
	char options[64];
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (device < 0)
		return errno;
	/* In a mount name space of its own, which goes with this child. */
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return errno;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	return mount("drydock", directory, "fuse", MS_NOSUID | MS_NODEV, options) == 0 ? 0 : errno;
}

static int run_fusermount(char *const arguments[], int socket)
{
	char number[16];
	int nothing = open("/dev/null", O_RDWR);

	snprintf(number, sizeof(number), "%d", socket);
	setenv("_FUSE_COMMFD", number, 1);
	dup2(nothing, STDERR_FILENO);
	execvp(arguments[0], arguments);
	return ENOENT;
}

/* fusermount3 mounts, and hands the device over on a socket, on which it stays until it is taken. */
static int mount_as_user(void *context)
{
	char *directory = context;
	char *const mount[] = {(char[]){"fusermount3"}, (char[]){"-o"}, (char[]){"fsname=drydock"}, (char[]){"--"},
	                       directory, NULL};
	char *const unmount[] = {(char[]){"fusermount3"}, (char[]){"-u"}, (char[]){"-z"}, (char[]){"--"}, directory,
	                         NULL};
	int sockets[2], status = 0;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
		return errno;
	child = fork();
	if (child == 0)
		_exit(run_fusermount(mount, sockets[0]));
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return WIFEXITED(status) && WEXITSTATUS(status) == ENOENT ? ENOENT : EPERM;
	return run_fusermount(unmount, sockets[0]);
}

static void probe_fuse(struct probe_result *result)
{
	char directory[] = "/tmp/drydock-doctor-XXXXXX";
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC), error;

	if (device < 0) {
		found(result, false, "/dev/fuse: %s", strerror(errno));
		advise(result, errno == ENOENT ? "load the module: sudo modprobe fuse; a container needs --device /dev/fuse"
		                               : "it should be readable and writable by all: sudo chmod 666 /dev/fuse");
		return;
	}
	close(device);
	if (geteuid() != 0 && !program_exists("fusermount3")) {
		found(result, false, "fusermount3 is not installed, and only root can do without");
		advise(result, "sudo apt-get install fuse3");
		return;
	}
	if (!mkdtemp(directory)) {
		found(result, false, "cannot make a directory in /tmp: %s", strerror(errno));
		return;
	}
	error = in_child(geteuid() == 0 ? mount_as_root : mount_as_user, directory);
	rmdir(directory);
	if (!error) {
		found(result, true, "a file system can be mounted%s", geteuid() == 0 ? "" : " by fusermount3");
		return;
	}
	found(result, false, "/dev/fuse is there, but mounting fails: %s", strerror(error));
	advise(result, "a container needs the capability SYS_ADMIN; `drydock fs' works without mounting");
}

/* ---- devices ------------------------------------------------------------------------ */

static void probe_tun(struct probe_result *result)
{
	int device = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

	if (device < 0) {
		found(result, false, "/dev/net/tun: %s", strerror(errno));
		advise(result, "load the module: sudo modprobe tun; a container needs --device /dev/net/tun");
		return;
	}
	/* The interface goes with the descriptor. */
	if (ioctl(device, TUNSETIFF, &request) == 0) {
		found(result, true, "a TAP interface can be made");
	} else {
		found(result, false, "/dev/net/tun is there, but no interface can be made: %s", strerror(errno));
		advise(result, "make one as root for this user: sudo ip tuntap add dev tap0 mode tap user $USER");
	}
	close(device);
}

static void probe_io_uring(struct probe_result *result)
{
	struct io_uring_params parameters = {0};
	char disabled[16];
	int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);

	if (ring >= 0) {
		close(ring);
		found(result, true, "rings can be made");
		return;
	}
	found(result, false, "no ring can be made: %s", strerror(errno));
	read_setting("/proc/sys/kernel/io_uring_disabled", disabled, sizeof(disabled));
	if (disabled[0] && disabled[0] != '0')
		advise(result, "it is switched off: sudo sysctl kernel.io_uring_disabled=0");
	else
		advise(result, "a container's seccomp filter may forbid it");
}

static int unshare_user(void *context)
{
	(void)context;
	return unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
}

static void probe_user_namespace(struct probe_result *result)
{
	int error = in_child(unshare_user, NULL);
	char setting[16];

	if (!error) {
		found(result, true, "can be made");
		return;
	}
	found(result, false, "cannot be made: %s", strerror(error));
	read_setting("/proc/sys/kernel/unprivileged_userns_clone", setting, sizeof(setting));
	if (setting[0] == '0')
		advise(result, "sudo sysctl kernel.unprivileged_userns_clone=1");
}

/* ---- debugging ------------------------------------------------------------------------ */

static int seize(void *context)
{
	pid_t target = *(pid_t *)context;

	/* Goes with this child. */
	return ptrace(PTRACE_SEIZE, target, NULL, NULL) == 0 ? 0 : errno;
}

/* A brother of the tracer, as a server is to gdb: Yama lets parents trace their children in any case. */
static int try_trace(void)
{
	pid_t target = fork();
	int error;

	if (target < 0)
		return errno;
	if (target == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	error = in_child(seize, &target);
	kill(target, SIGKILL);
	waitpid(target, NULL, 0);
	return error;
}

static void probe_ptrace(struct probe_result *result)
{
	int error = try_trace();
	char scope[16];

	read_setting("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof(scope));
	if (!error) {
		found(result, true, "a running server can be attached to%s%s", scope[0] ? "; Yama's scope is " : "", scope);
		return;
	}
	found(result, false, "a running server cannot be attached to: %s%s%s", strerror(error),
	      scope[0] ? "; Yama's scope is " : "", scope);
	if (scope[0] == '1' || scope[0] == '2')
		advise(result, "sudo sysctl kernel.yama.ptrace_scope=0, or run drydock gdb as root");
	else
		advise(result, "a container needs the capability SYS_PTRACE");
}

static void probe_gdb(struct probe_result *result)
{
	bool there = program_exists("gdb");

	found(result, there, there ? "is installed" : "is not installed");
	if (!there)
		advise(result, "sudo apt-get install gdb");
}

static void probe_core(struct probe_result *result)
{
	struct rlimit limit = {0};
	char pattern[128];

	getrlimit(RLIMIT_CORE, &limit);
	read_setting("/proc/sys/kernel/core_pattern", pattern, sizeof(pattern));
	if (limit.rlim_max == 0) {
		found(result, false, "the limit for cores is 0, and cannot be raised");
		advise(result, "ulimit -Hc unlimited, in the session that starts drydock");
	} else if (!pattern[0] || pattern[0] == '|' || strchr(pattern, '/')) {
		found(result, false, "cores go elsewhere: kernel.core_pattern is `%.80s'", pattern);
		advise(result, "sudo sysctl kernel.core_pattern=core; reports of crashes are written in any case");
	} else {
		found(result, true, "a crashed server leaves its core in the instance's directory");
	}
}

const struct probe probes[] = {
	{"memory objects", true, "lanes and the kernel's pages", probe_memory},
	{"process descriptors", true, "supervision", probe_pidfd},
	{"runtime directory", true, "finding an instance by its name", probe_directory},
	{"FUSE", false, "drydock mount, run --mount", probe_fuse},
	{"TUN", false, "the network card", probe_tun},
	{"io_uring", false, "the disk", probe_io_uring},
	{"user namespaces", false, "sandboxes", probe_user_namespace},
	{"ptrace", false, "drydock gdb", probe_ptrace},
	{"gdb", false, "drydock gdb", probe_gdb},
	{"core files", false, "looking at crashes afterwards", probe_core},
};

const size_t probe_count = sizeof(probes) / sizeof(probes[0]);

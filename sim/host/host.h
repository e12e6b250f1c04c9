/*
 * The host: a Linux process that runs the kernel core, starts servers as
 * processes of their own, and answers on the instance's control socket.
 */
#ifndef DRYDOCK_HOST_HOST_H
#define DRYDOCK_HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/manifest.h>

/* A server to run under a tool: COMMAND's words, then the server's executable. */
struct host_wrap {
	const char *server;  /* name of a service, or "init" */
	const char *command; /* words split at blanks; quotes and backslashes as in a shell, no expansions */
};

/* Where an image of the manifest is, if not at the usual place. */
struct host_image {
	const char *image;
	const char *path;
};

/* A disk, and the server that works on it. */
struct host_disk_options {
	const char *server;  /* name of a service */
	const char *path;    /* image file or block device */
	uint64_t offset;     /* bytes: where in it the disk begins; with a partition 0 */
	unsigned partition;  /* 1 and up; 0: no partition of it */
	bool read_only;
	bool no_ring;        /* without io_uring, for tools that do not know it */
};

/* A network card, and the server that works on it. */
struct host_card_options {
	const char *server;  /* name of a service */
	const char *tap;     /* name of the TAP device */
	uint32_t mtu;        /* bytes; 0: as it is */
	bool configure;      /* if it is down, give Linux's end the address `peer`, and set it up */
	bool no_offload;     /* every checksum is made, and no frame is larger than the MTU */
	uint32_t peer;       /* IPv4, as a number, */
	uint32_t prefix;     /* and the bits of the network */
	uint8_t peer6[16];   /* the same for IPv6; `prefix6` 0: none */
	uint32_t prefix6;
	bool own_namespace;  /* the TAP is in a user and network namespace of its own (card_namespace.h) */
	const char *record;  /* file that all frames are recorded in; NULL: none */
};

struct host_options {
	const char *name;                /* of the instance; checked by host_run */
	const struct manifest *manifest; /* checked already */
	const struct host_image *images;
	unsigned image_count;
	const struct host_wrap *wraps;
	unsigned wrap_count;
	const char *gdb_server;    /* does nothing until a debugger has attached; NULL: none */
	const char *mount;         /* directory to mount the vfs on once services are up; NULL: none */
	const char *mount_options; /* for the bridge; NULL: none */
	const struct host_disk_options *disks;
	unsigned disk_count;
	bool by_server;            /* the scheduler server says who runs, one at a time (schedule.c); without disks */
	const struct host_card_options *cards; /* one that cannot be opened is gone without */
	unsigned card_count;
	int processors;            /* CPUs to use, 0: by policy (placement.h) */
	const char *greeting;      /* in the foreground, printed once all is up; NULL: nothing */
	/*
	 * In the background: a descriptor on which is written, "ok" when services
	 * and mount are up, or "error: ", the reason and, where not all services came up,
	 * the last lines of the console, before it is closed. The host then starts a session of its own and prints to the
	 * console file only. -1: in the foreground, the console is standard output.
	 */
	int notify;
};

/*
 * Runs the instance until it is stopped (SIGINT, SIGTERM, SIGHUP, the control
 * socket). Returns the process's exit code: 0 stopped orderly, 1 could not
 * boot; the reason was printed. To be called once in a process, from its main
 * thread, which must have no children of its own.
 */
int host_run(const struct host_options *options);

/*
 * Finds the executable of image `image` ("vfs", "fuse") as a host would: in
 * `options` (may be NULL), beside this program in the build tree, or where
 * servers are installed. `path` has PATH_MAX bytes. False: nowhere; `path` is
 * then the last place looked at.
 */
bool host_image_path(const struct host_options *options, const char *image, char *path);

#endif

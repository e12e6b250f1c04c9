/*
 * What the host and a process say to each other on the descriptor socket: a
 * Unix SOCK_SEQPACKET pair that each process holds for nothing else
 * (docs/ABI.md, "The hosted kernel lane"). Every packet begins with a header;
 * descriptors lie beside it as SCM_RIGHTS.
 *
 * host to process: DESCRIPTOR_DEVICE for each device that it is given, then
 * DESCRIPTOR_START; then, before the reply of a system
 * call whose flags say how many descriptors follow, DESCRIPTOR_PASS with just
 * these; DESCRIPTOR_ACKNOWLEDGE after an exception.
 * process to host: DESCRIPTOR_EXCEPTION, DESCRIPTOR_STATUS.
 */
#ifndef DRYDOCK_SIM_START_H
#define DRYDOCK_SIM_START_H

#include <stdint.h>

#include <drydock/abi/sys.h>

/* Where a process that the host started finds its descriptor socket. */
#define DESCRIPTOR_SOCKET 3

#define DESCRIPTOR_MAGIC   0x44594452u /* "RDYD" */
#define DESCRIPTOR_VERSION 1u

enum descriptor_type {
	DESCRIPTOR_START = 1,
	DESCRIPTOR_PASS = 2,
	DESCRIPTOR_ACKNOWLEDGE = 3,
	DESCRIPTOR_EXCEPTION = 4,
	DESCRIPTOR_STATUS = 5,
	DESCRIPTOR_DEVICE = 6,
};

struct descriptor_header {
	uint32_t magic;
	uint32_t version;
	uint32_t type;  /* enum descriptor_type */
	uint32_t count; /* descriptors beside it */
};

/* Descriptors of DESCRIPTOR_START, in this order. */
enum start_descriptor {
	START_KERNEL_LANE = 0,   /* KERNEL_LANE_DEPTH, with the kernel buffer as data area; read and write */
	START_NOTICE = 1,        /* the notice page, read-only */
	START_OWNER_PAGE = 2,    /* the process's own page; to be mapped writable before the first call */
	START_DOORBELL = 3,      /* read end of its doorbell, blocking */
	START_HOST_PAGE = 4,     /* the host's owner page, read-only */
	START_HOST_DOORBELL = 5, /* write end of the host's doorbell, non-blocking */
	START_DESCRIPTORS = 6,
};

/* How it is decided when a process runs. */
enum scheduling {
	SCHEDULING_LINUX = 0,  /* by Linux: peers ring doorbells, and it sleeps on its own */
	SCHEDULING_GUEST = 1,  /* by Linux, among others that are not: it rings them by SYS_WAIT */
	SCHEDULING_SERVER = 2, /* by the scheduler server: it rings and sleeps by SYS_WAIT */
};

/* DESCRIPTOR_START. */
struct descriptor_start {
	struct descriptor_header header;
	uint32_t scheduling; /* enum scheduling */
	uint32_t reserved;
};

/* Descriptors of a DESCRIPTOR_PASS that answers LANE_ATTACH, in this order. */
enum attach_descriptor {
	ATTACH_LANE = 0,
	ATTACH_PEER_PAGE = 1,
	ATTACH_PEER_DOORBELL = 2,
	ATTACH_DESCRIPTORS = 3,
};

#define DESCRIPTOR_MAXIMUM 6

/* DESCRIPTOR_EXCEPTION. */
struct descriptor_exception {
	struct descriptor_header header;
	struct exception_record record;
};

/* What a process may be given to work with (drydock/dev/). */
enum device_kind {
	DEVICE_DISK = 1, /* sim/devices/disk.h */
	DEVICE_CARD = 2, /* sim/devices/tap.h */
};

#define DEVICE_DESCRIPTORS 2   /* of one device at most */
#define DEVICE_PARAMETERS  256 /* bytes */

/* The first of the descriptors that a process is born with for its devices: what cannot be sent later. */
#define DESCRIPTOR_DEVICES 4

/*
 * DESCRIPTOR_DEVICE, with 1 to DEVICE_DESCRIPTORS descriptors, or with none beside
 * it: then it was born with one. Linux (from 6.7 on) sends no io_uring over a socket.
 */
struct descriptor_device {
	struct descriptor_header header;
	uint32_t kind; /* enum device_kind */
	uint32_t born; /* the number of that one, or 0 */
	uint8_t parameters[DEVICE_PARAMETERS]; /* a structure of the kind's */
};

#define STATUS_TEXT_SIZE 256

/* DESCRIPTOR_STATUS: a process that the host waits for (the FUSE bridge) is ready, or why not. */
struct descriptor_status {
	struct descriptor_header header;
	uint32_t ready; /* 1, or 0: `text` says why not */
	uint32_t reserved;
	char text[STATUS_TEXT_SIZE]; /* NUL-terminated */
};

#endif

/*
 * System calls (docs/ABI.md, "System calls"). x86_64: number in rax, arguments
 * in rdi, rsi, rdx, r10, r8, r9, result in rax; hosted, a call on the kernel
 * lane: op is the number, words 1 to 6 the arguments, word 7 how many bytes of
 * the kernel buffer are meant.
 *
 * No argument is a pointer. "Buffer" is the process's kernel buffer: one page
 * that process and kernel both know. The kernel copies from it once, before
 * it looks at what it holds. Numbers are never reused.
 */
#ifndef DRYDOCK_ABI_SYS_H
#define DRYDOCK_ABI_SYS_H

#include <stdint.h>

#include <drydock/abi/rights.h>

#define KERNEL_BUFFER_SIZE 4096

/* Deadlines are absolute monotonic nanoseconds. */
#define DEADLINE_NEVER UINT64_MAX
#define DEADLINE_POLL  0

/* {generation:18, index:14}; 0 is never a handle. */
typedef uint32_t handle_t;

#define HANDLE_INDEX_BITS  14
#define HANDLE_INDEX_MASK  ((1u << HANDLE_INDEX_BITS) - 1)
#define HANDLE_COUNT_LIMIT (1u << HANDLE_INDEX_BITS)

enum system_call {
	/* () -> handle with SEND RECEIVE DESTROY DERIVE TRANSFER */
	SYS_PORT_ALLOCATE = 1,
	/* (port); buffer: 64-byte datagram. Needs SEND. E_PORT_FULL: an EVENT_SPACE follows when there is room. */
	SYS_PORT_SEND = 2,
	/* (port, deadline); buffer out: struct receipt. Needs RECEIVE. */
	SYS_PORT_RECEIVE = 3,
	/* (bytes, MEMORY_*) -> memory handle; charged in full. Mapping is the platform's (os.h). */
	SYS_VM_ALLOCATE = 4,
	/* (memory): drops the handle; the memory goes with the last handle, lane or mapping. */
	SYS_VM_DEALLOCATE = 5,
	/* (lane, handle, rights) -> cookie. Needs TRANSFER; RECEIVE and lanes never move. */
	SYS_CAP_MOVE = 6,
	/* (spawn authority); buffer: struct spawn. -> process handle. Grants are duplicated, all or none. */
	SYS_SCHED_SPAWN = 7,
	/* () */
	SYS_SCHED_YIELD = 8,
	/* (switch authority, process id) */
	SYS_SCHED_SWITCH = 9,
	/* () -> monotonic nanoseconds */
	SYS_TIME = 10,

	/* (lane or 0, deadline): rings the lane's peer, then sleeps until rung or E_TIMED_OUT */
	SYS_WAIT = 16,
	/* (port, protocol | version << 16, depth, area bytes) -> lane handle. Needs SEND.
	 * EVENT_LANE_ACCEPTED or _CLOSED follows at the home port. */
	SYS_LANE_OPEN = 17,
	/* (port, lane id) -> lane handle. Needs RECEIVE; the lane is one that EVENT_LANE_OPENED told of. */
	SYS_LANE_ACCEPT = 18,
	/* (port, lane id): says no; the opener sees EVENT_LANE_CLOSED with reason E_REFUSED */
	SYS_LANE_REFUSE = 19,
	/* (lane); buffer out: struct lane_info. Either end, any time after opening. */
	SYS_LANE_INFO = 20,
	/* (lane): platform hands over or maps the lane's memory and the peer's owner page; after acceptance */
	SYS_LANE_ATTACH = 21,
	/* (lane, reason: an enum error the peer is told). Drops the handle. */
	SYS_LANE_CLOSE = 22,
	/* (lane, cookie) -> handle */
	SYS_CAP_ACCEPT = 23,
	/* (handle): any kind; a lane is closed, a port with RECEIVE ended */
	SYS_CAP_DROP = 24,
	/* (handle, rights) -> handle with these rights, which it must have, and TRANSFER; never RECEIVE */
	SYS_CAP_DUPLICATE = 25,
	/* (port, badge) -> SEND TRANSFER handle with the badge. Needs DERIVE; badged ones lose DERIVE. */
	SYS_PORT_DERIVE = 26,
	/* (memory, rights READ|WRITE|EXECUTE): platform maps it; buffer out: struct memory_info */
	SYS_MEMORY_MAP = 27,
	/* (code): the process ends; does not return */
	SYS_EXIT = 28,
	/* (console authority); buffer: text of word-7 length, printed as it is */
	SYS_CONSOLE = 29,
	/* (inspect authority, enum inspect, cursor) -> next cursor, 0 at the end; buffer out: struct inspect_reply */
	SYS_INSPECT = 30,
	/* (process handle, code): ends a process. Needs DESTROY. */
	SYS_PROCESS_KILL = 31,
	/* (deadline) -> 0 where it may fire, or when to ask again: something of this instance is in a debugger */
	SYS_DEADLINE_CHECK = 32,
	/* (control authority, enum announcement); buffer: text. Tells the machine how booting went. */
	SYS_ANNOUNCE = 33,
	/* (switch authority, memory handle): the table of struct schedule_entry that the kernel reads from now on */
	SYS_SCHED_TABLE = 34,
	/* (device, vector): takes note of an interrupt that was told; before this it is not told again */
	SYS_INTERRUPT_ACKNOWLEDGE = 35,
	/* (port) -> port id, as inspection and people see it. Any right. */
	SYS_PORT_INFO = 36,
	/* (process handle); buffer out: struct exception_record of its last exception. Needs READ. */
	SYS_PROCESS_EXCEPTION = 37,
	/* (console authority, port, bytes wanted: 1 to KERNEL_BUFFER_SIZE) -> bytes taken; buffer out: what was
	 * typed, 0 bytes where nothing was. Needs RECEIVE. The port is told of more by EVENT_CONSOLE_INPUT. */
	SYS_CONSOLE_READ = 38,
	/* (devices authority, cursor) -> next cursor; buffer out: struct device_description. 0: there are no more. */
	SYS_DEVICE_INFO = 39,
	/* (devices authority, device id) -> device handle. E_BUSY: it has an owner; E_INVAL: there is none such. */
	SYS_DEVICE_CLAIM = 40,
	/* (device, offset, width, DEVICE_READ or _WRITE, value) -> what was read, or 0. Configuration space. */
	SYS_DEVICE_CONFIG = 41,
	/* (device, BAR, address, bytes): maps it, uncached; buffer out: struct memory_info. E_INVAL: it is not there. */
	SYS_DEVICE_MAP = 42,
	/* (device, bytes) -> memory handle; mapped, contiguous for the device; buffer out: struct dma_info */
	SYS_DMA_ALLOCATE = 43,
	/* (device, vector, port, DEVICE_MESSAGE or _LINE); buffer out: struct interrupt_info. Needs RECEIVE. The
	 * port is told by RECEIPT_INTERRUPT; one port for all vectors of a device. */
	SYS_INTERRUPT_BIND = 44,
};

/* VM_ALLOCATE flags. */
#define MEMORY_SHARED 1u /* a memory object: may be mapped by others, handle has TRANSFER */
#define MEMORY_GUARDS 2u /* private only: an inaccessible page before and after */

#define PAGE_SIZE 4096u

/* What became of MEMORY_MAP. */
struct memory_info {
	uint64_t address; /* bare metal: where it is mapped; hosted 0: the runtime maps the descriptor */
	uint64_t size;    /* bytes */
};

/* ---- events ---------------------------------------------------------- */

enum receipt_kind {
	RECEIPT_DATAGRAM = 1,
	RECEIPT_LANE = 2,    /* bits are EVENT_LANE_* */
	RECEIPT_PROCESS = 3, /* bits are EVENT_PROCESS_* */
	RECEIPT_SPACE = 4,   /* a port that was full has room again; `handle` is the sender's */
	RECEIPT_CONSOLE = 5, /* bits are EVENT_CONSOLE_* */
	RECEIPT_INTERRUPT = 6, /* bit n: vector n of the device that `handle` names */
	RECEIPT_STOP = 7,    /* home port: the system is about to end; make safe what has to be, and exit */
};

#define EVENT_LANE_OPENED       (1u << 0) /* somebody wants a lane to this port */
#define EVENT_LANE_ACCEPTED     (1u << 1) /* home port: attach now */
#define EVENT_LANE_CLOSED       (1u << 2) /* `value` is the reason, an enum error */
#define EVENT_PROCESS_EXITED    (1u << 0) /* `value` is the exit code, or 256 + signal */
#define EVENT_PROCESS_EXCEPTION (1u << 1)
#define EVENT_CONSOLE_INPUT     (1u << 0) /* something was typed; read until there is no more */

/* What PORT_RECEIVE takes off a port: one datagram, or one object's events together. */
struct receipt {
	uint32_t kind;        /* enum receipt_kind */
	uint32_t bits;        /* the events, of kinds other than datagrams */
	uint64_t badge;       /* of the SEND capability used; lanes and datagrams */
	uint64_t process;     /* id of the process it came from or is about */
	uint64_t object;      /* lane id, device id */
	uint64_t value;       /* reason or exit code */
	handle_t handle;      /* the receiver's handle of the lane, process or port, 0 if it has none */
	uint32_t number;      /* process number, 0 for guests */
	uint64_t datagram[8];
	uint64_t reserved[2];
};
_Static_assert(sizeof(struct receipt) == 128, "a receipt is two cache lines");

/* ---- processes ------------------------------------------------------- */

#define NAME_SIZE 32 /* bytes of a name, with its NUL */

/* How much a process may have. A child's is taken from its parent's and comes back at its end. */
struct quota {
	uint64_t memory;    /* bytes of memory objects, private memory and lanes */
	uint32_t handles;
	uint32_t ports;
	uint32_t lanes;     /* opened by it and not closed by both ends */
	uint32_t processes; /* children */
};

enum authority {
	AUTHORITY_SPAWN = 1,   /* start processes */
	AUTHORITY_SWITCH = 2,  /* say who runs */
	AUTHORITY_CONSOLE = 3, /* print, and read what is typed */
	AUTHORITY_INSPECT = 4, /* see processes, ports, lanes */
	AUTHORITY_CONTROL = 5, /* announce; stop the machine */
	AUTHORITY_DEVICES = 6, /* drive devices: with them all memory can be reached (docs/DEVICES.md, "Trust") */
	AUTHORITY_LAST = AUTHORITY_DEVICES,
};

enum grant_kind {
	GRANT_AUTHORITY = 1, /* `value` is an enum authority */
	GRANT_PORT = 2,
	GRANT_MEMORY = 3,
	GRANT_PROCESS = 4,   /* `value` is the process id; init after a restart */
};

/* A handle that a process is born with. */
struct grant {
	handle_t handle; /* the parent's in struct spawn, the child's in the start block */
	rights_t rights; /* at most the parent's */
	uint32_t kind;   /* enum grant_kind; filled by the kernel */
	uint32_t number; /* process number of a process; else free for the parent's use */
	uint64_t value;
	char name[NAME_SIZE];
};

#define SPAWN_GRANTS_MAXIMUM 48
#define SPAWN_OPTIONS_SIZE   256

/* SCHED_SPAWN's buffer. */
struct spawn {
	char image[NAME_SIZE];
	char name[NAME_SIZE];
	uint32_t number;      /* process number; 0 for none */
	uint32_t grant_count;
	uint32_t priority;
	uint32_t reserved;
	uint64_t badge;       /* of the child's SEND to the port of init */
	struct quota quota;
	char options[SPAWN_OPTIONS_SIZE]; /* text for the child, NUL-terminated */
	struct grant grants[SPAWN_GRANTS_MAXIMUM];
};
_Static_assert(sizeof(struct spawn) <= KERNEL_BUFFER_SIZE, "spawn fits the buffer");

#define START_MAGIC   0x314b434f44595244ull /* "DRYDOCK1" */
#define START_VERSION 2
#define START_RANDOM_SIZE 16

/* What a new process finds in its kernel buffer. */
struct start_block {
	uint64_t magic;
	uint32_t version;
	uint32_t number;     /* process number */
	uint64_t process;    /* process id */
	handle_t home;       /* home port, RECEIVE */
	handle_t init;       /* SEND to init, badged; init itself: its port, RECEIVE and DERIVE */
	uint32_t grant_count;
	uint32_t restarts;   /* of init: how often it was started before */
	uint32_t uid, gid;   /* whom it runs for */
	uint8_t random[START_RANDOM_SIZE]; /* told to nobody else; all zero where the machine has no randomness */
	char name[NAME_SIZE];
	char options[SPAWN_OPTIONS_SIZE];
	struct grant grants[SPAWN_GRANTS_MAXIMUM];
};
_Static_assert(sizeof(struct start_block) <= KERNEL_BUFFER_SIZE, "the start block fits the buffer");

enum announcement {
	ANNOUNCE_SERVICES_UP = 1,
	ANNOUNCE_FAILED = 2, /* the buffer says why */
};

/* An exception of a process: page fault, divide error, … */
#define BACKTRACE_MAXIMUM 32
#define EXCEPTION_SIGNAL  UINT32_MAX /* as vector: a signal that somebody sent, no exception of the CPU */
struct exception_record {
	uint32_t vector;   /* x86_64 exception number: 0 divide error, 6 invalid opcode, 14 page fault, … */
	uint32_t signal;   /* the Linux signal, 0 on bare metal */
	uint64_t code;     /* error code (page fault: bit 1 write, bit 4 fetch) */
	uint64_t address;  /* faulting address */
	uint64_t time;
	uint64_t process;
	uint64_t rip, rsp, rflags;
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint32_t backtrace_count;
	uint32_t reserved;
	uint64_t backtrace[BACKTRACE_MAXIMUM]; /* return addresses, innermost first */
};

/* ---- devices ---------------------------------------------------------- */

#define DEVICE_BARS       6u
#define DEVICE_VECTORS    32u /* interrupts of one device at most */
#define DEVICE_CONFIG_END 256u /* bytes of configuration space that DEVICE_CONFIG reaches */
#define DEVICE_MAP_LIMIT  (64ull << 20) /* bytes of one BAR that can be mapped */

enum device_access_kind {
	DEVICE_READ = 0,
	DEVICE_WRITE = 1,
};

enum device_interrupt_kind {
	DEVICE_MESSAGE = 0, /* the function writes to an address (MSI, MSI-X) */
	DEVICE_LINE = 1,    /* it pulls its interrupt line; as vector 0 */
};

/* A PCI function, by its configuration space. */
struct device_description {
	uint64_t id;      /* never 0, and the same for as long as the machine runs */
	uint16_t vendor, device;
	uint32_t class;   /* {class:8, subclass:8, interface:8} */
	uint16_t place;   /* {bus:8, device:5, function:3} */
	uint16_t claimed; /* 1: it has an owner */
	uint32_t reserved;
};

struct dma_info {
	uint64_t address;        /* where the process sees it */
	uint64_t device_address; /* where the device does */
	uint64_t size;           /* bytes: what was asked for, rounded up to a power of two */
};

/* What the function is to write, and where, for its interrupt; zero for a line. */
struct interrupt_info {
	uint64_t address;
	uint32_t data;
	uint32_t reserved;
};

/* ---- scheduling ------------------------------------------------------ */

#define PRIORITY_DEFAULT 16u
#define PRIORITY_MAXIMUM 31u
#define SLICE_DEFAULT    10000u /* microseconds */

/* One row of the scheduler's table, in memory that it shares with the kernel. */
struct schedule_entry {
	uint64_t process;  /* id; 0: unused row */
	uint32_t priority; /* 0 to PRIORITY_MAXIMUM */
	uint32_t slice;    /* microseconds */
};

#define SCHEDULE_MAXIMUM 255
/* The table. The scheduler bumps `version` to an odd number before and an even one after a change. */
struct schedule_table {
	uint32_t version;
	uint32_t count;
	uint64_t reserved;
	struct schedule_entry entry[SCHEDULE_MAXIMUM];
};
_Static_assert(sizeof(struct schedule_table) <= PAGE_SIZE, "the table is one page");

/* ---- inspection ------------------------------------------------------ */

enum inspect {
	INSPECT_PROCESSES = 1,
	INSPECT_PORTS = 2,
	INSPECT_LANES = 3,
	INSPECT_MEMORY = 4, /* of the machine: one record */
};

enum process_state {
	PROCESS_STARTING = 1, /* made, has made no call yet */
	PROCESS_RUNNING = 2,
	PROCESS_BLOCKED = 3,  /* in WAIT or PORT_RECEIVE */
	PROCESS_FAULTED = 4,  /* raised an exception */
	PROCESS_DEAD = 5,
};

struct inspect_process {
	uint64_t id, parent;
	uint32_t number, state;
	uint32_t handles, ports, lanes, children;
	uint64_t memory, memory_quota;
	uint64_t machine; /* the platform's name of it: the Linux pid */
	uint32_t uid, priority;
	char name[NAME_SIZE];
};

struct inspect_port {
	uint64_t id, owner; /* process id, 0: the kernel holds it */
	uint32_t owner_number, datagrams;
	uint32_t lanes, pending;
	char owner_name[NAME_SIZE];
};

struct inspect_lane {
	uint64_t id, port, badge;
	uint64_t client, server; /* process ids, 0: that end is closed */
	uint32_t protocol, version, depth, state; /* enum lane_state */
	uint64_t area;
	uint32_t client_number, server_number;
	char client_name[NAME_SIZE], server_name[NAME_SIZE];
};

struct inspect_memory {
	uint64_t total, free; /* bytes, for everybody together */
};

struct inspect_reply {
	uint32_t count;
	uint32_t reserved;
	uint8_t records[KERNEL_BUFFER_SIZE - 8]; /* of the asked kind, one after the other */
};

#endif

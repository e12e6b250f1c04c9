/*
 * The kernel's records: what a system is made of, and who holds what. Other
 * files of the kernel own the functions; a machine (platform.h) reads the
 * fields said to be for it and writes only `machine`, `buffer` and `notice`.
 */
#ifndef DRYDOCK_KERNEL_OBJECT_H
#define DRYDOCK_KERNEL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/abi/error.h>
#include <drydock/abi/lane.h>
#include <drydock/abi/manifest.h>
#include <drydock/abi/sys.h>
#include <drydock/list.h>

#include "kernel/kernel.h"

#define DATAGRAMS_PER_SENDER 16u                /* in one port's queue */
#define TRACED_DELAY         (100u * 1000 * 1000) /* nanoseconds a deadline is put off under a debugger */

/* ---- what is paid for -------------------------------------------------- */

/*
 * What one process has been given and what is taken of it. A child's limit is
 * taken from its parent's account for as long as it lives. init's account is
 * the kernel's root account, which outlives it.
 */
struct account {
	struct quota limit;
	struct quota used;
	struct list charges; /* struct charge; handles are counted in `used` alone */
};

/* Something that an account pays for until it is given back. */
struct charge {
	struct list link;
	struct account *account; /* NULL: nobody pays */
	struct quota amount;
};

/* ---- capabilities ------------------------------------------------------ */

enum object_kind {
	OBJECT_NONE = 0,
	OBJECT_PORT,
	OBJECT_LANE,
	OBJECT_MEMORY,
	OBJECT_PROCESS,
	OBJECT_AUTHORITY,
	OBJECT_DEVICE,
};

struct capability {
	enum object_kind kind;
	rights_t rights;
	uint64_t badge;
	union {
		struct port *port;
		struct lane_end *end;
		struct memory *memory;
		struct process *process;
		enum authority authority;
		struct device_claim *device;
	};
};

#define HANDLE_GENERATION_MAXIMUM ((1u << (32 - HANDLE_INDEX_BITS)) - 1)
#define HANDLE_CHUNK              64u
#define HANDLE_NO_INDEX           UINT32_MAX

struct handle_slot {
	struct capability capability; /* kind OBJECT_NONE: free or retired */
	uint32_t generation;          /* of the handle it has, or the next one it gets */
	uint32_t next_free;           /* index, or HANDLE_NO_INDEX */
	bool mapped;                  /* memory: the process mapped it through this handle */
	uint64_t address;             /* and where, as the platform said */
};

/*
 * A process's handles. Slots never move: chunks are added as they are needed.
 * Freed slots queue at the tail, so that generations wear evenly.
 */
struct handle_table {
	struct handle_slot *chunks[HANDLE_COUNT_LIMIT / HANDLE_CHUNK];
	uint32_t slots; /* in all chunks */
	uint32_t used;
	uint32_t retired; /* slots whose generations are used up */
	uint32_t free_head, free_tail;
};

/* ---- events ------------------------------------------------------------ */

enum event_source {
	EVENT_OF_LANE_END = 1,
	EVENT_OF_PROCESS,
	EVENT_OF_SENDER,
	EVENT_OF_CONSOLE,
	EVENT_OF_DEVICE,
	EVENT_OF_STOP,
};

/* Sticky bits of one object; it lies in the object, so posting cannot fail. */
struct event {
	struct list link;  /* in port->events, while `port` is set */
	struct port *port; /* where it waits, or NULL */
	enum event_source source;
	uint32_t bits;
};

/* ---- ports ------------------------------------------------------------- */

struct datagram {
	struct list link; /* in port->datagrams */
	struct sender *sender;
	uint64_t badge;
	uint64_t process;
	uint32_t number;
	uint64_t words[8];
};

/*
 * One process's share of one port's queue. Made by its first datagram, gone with
 * its last, which may be long after the process: its parent pays from then on.
 */
struct sender {
	struct list port_link;    /* in port->senders */
	struct list process_link; /* in process->senders while that lives */
	struct port *port;        /* a reference; it may have ended */
	struct process *process;  /* NULL: dead */
	uint32_t count;           /* datagrams in the queue */
	bool waiting;             /* was told E_PORT_FULL */
	handle_t handle;          /* by which it was */
	struct event event;       /* RECEIPT_SPACE, at the sender's home port */
	struct charge charge;     /* for as many datagrams as it may have there */
};

struct port {
	struct list link; /* in kernel->ports until it ends */
	uint64_t id;
	uint32_t references;    /* capabilities, senders, and the kernel's own of the port of init */
	bool ended;             /* nobody will ever receive from it again */
	bool datagram_turn;     /* the next receive prefers a datagram */
	struct process *owner;  /* holds RECEIVE; NULL: ended, or init's while init is dead */
	handle_t receive;       /* the owner's handle */
	struct charge charge;
	struct list datagrams;
	struct list senders;
	struct list events;
	struct list pending;  /* struct lane, waiting to be accepted */
	struct list accepted; /* struct lane, whose server end came from here and is open */
	uint32_t datagram_count, pending_count, accepted_count;
};

/* ---- memory ------------------------------------------------------------ */

struct memory {
	void *machine; /* the platform's own */
	uint64_t size; /* bytes, whole pages */
	uint32_t flags;
	uint32_t references; /* capabilities, lanes, the kernel's own */
	struct charge charge;
	struct list device_link; /* MEMORY_CONTIGUOUS: in claim->memories, or in kernel->remains */
	uint64_t device;         /* whose remains it is */
};

/* ---- lanes ------------------------------------------------------------- */

#define LANE_CLIENT 0
#define LANE_SERVER 1

/* A capability between its sender and its receiver. */
struct transit {
	struct list link; /* in the sender's lane_end->parked */
	uint64_t cookie;
	struct capability capability;
};

struct lane_end {
	struct lane *lane;
	struct process *process; /* a reference, kept as long as the lane; NULL: server before acceptance */
	handle_t handle;         /* the process's, while open */
	bool open;
	bool attached;           /* the process has been given the memory */
	uint64_t address;        /* and where, as the platform said: the memory */
	uint64_t peer_page;      /* and the other end's owner page */
	struct event event;
	struct list parked; /* struct transit, sent by this end */
	uint32_t parked_count;
};

struct lane {
	struct list link;      /* in kernel->lanes */
	struct list port_link; /* in port->pending or ->accepted, while `port` is set */
	void *machine;         /* the platform's own */
	uint64_t id;
	struct port *port;     /* NULL once the server end is closed or the port ended */
	uint64_t port_id;
	uint64_t badge;
	uint32_t protocol, version;
	uint32_t depth, area;
	enum lane_state state;
	enum error reason;     /* closed: why */
	uint64_t next_cookie;
	struct credentials credentials; /* the opener's, when it opened */
	struct memory *memory; /* NULL before acceptance */
	struct charge charge;  /* the opener's: one lane and its bytes */
	struct lane_end ends[2];
};

/* ---- devices ----------------------------------------------------------- */

/* A device that a process drives: as long as it holds the one handle. */
struct device_claim {
	struct list link;        /* in kernel->devices */
	uint64_t id;
	void *machine;           /* the platform's own */
	struct process *process;
	handle_t handle;
	struct port *port;       /* where its interrupts are told; NULL: none is bound, or the port has ended */
	struct event event;
	uint32_t bound;          /* vectors, a bit each: those bound, */
	uint32_t told;           /* those told and not acknowledged since, */
	uint32_t again;          /* and those of them that came once more */
	bool master;             /* it was told to use the bus */
	struct list memories;    /* struct memory.device_link: what it may read and write */
	uint32_t mapped;         /* BARs, a bit each */
	uint64_t bars[DEVICE_BARS]; /* and where, as the platform said */
};

/* ---- processes --------------------------------------------------------- */

enum blocked_kind {
	BLOCKED_NOT = 0,
	BLOCKED_RECEIVE,
	BLOCKED_WAIT,
};

/* What a process waits for in the kernel. */
struct blocked {
	struct list link; /* in kernel->blocked, earliest deadline first */
	enum blocked_kind kind;
	uint64_t deadline;
	struct port *port; /* BLOCKED_RECEIVE */
};

struct process {
	/* For and of the machine. */
	void *machine;
	void *buffer;               /* the kernel's view of the kernel buffer: KERNEL_BUFFER_SIZE bytes */
	struct notice_page *notice; /* the kernel's view of the notice page; zeroed by the platform */
	uint64_t written;           /* a blocked call that completed: bytes of the buffer it wrote */

	struct list link; /* in kernel->processes while it lives */
	uint64_t id;
	uint32_t number; /* 0: none */
	uint32_t role;   /* of a guest */
	bool guest;      /* born outside: platform_process_create was given no image */
	bool made;       /* the machine has its side of it */
	bool dying;      /* told to end; the machine will say when it has */
	bool rung;       /* a ring that no WAIT has taken */
	bool has_exception;
	enum process_state state; /* STARTING, RUNNING, FAULTED or DEAD; blocked is told by `blocked` */
	uint32_t references; /* its life, handles, lanes, its waiting event */
	char name[NAME_SIZE];
	char image[NAME_SIZE]; /* "" for guests */
	uint32_t priority;
	uint32_t slice;
	uint64_t exit_code;
	struct credentials credentials;

	struct process *parent; /* a living process, or NULL: init, and whatever is of_init */
	bool of_init;           /* init's child, be that alive or not; guests are too */
	handle_t parent_handle; /* the parent's handle of it */
	struct account *account;
	struct account own_account; /* unless it is init */
	struct charge charge;       /* its limit, in the parent's account */

	struct port *home;
	struct list senders; /* struct sender, by process_link */
	struct event event;  /* at the parent's home port */
	struct event stop;   /* RECEIPT_STOP, at its own */
	struct blocked blocked;
	struct exception_record exception;
	struct handle_table handles;
};

/* ---- the whole --------------------------------------------------------- */

struct kernel {
	struct machine *machine;
	struct credentials owner;
	struct account root;
	struct process *init; /* NULL: dead or not started */
	struct port *init_port;
	uint32_t init_starts; /* how often it was started */
	struct list processes, ports, lanes; /* all that live, by rising id */
	struct list blocked;
	uint64_t next_process, next_port, next_lane;
	struct manifest *manifest; /* the kernel's copy; NULL before the first start of init */
	struct memory *schedule;   /* the scheduler's table, or NULL */
	struct process *scheduler; /* who gave it */
	uint64_t timer;            /* what the platform was told */
	struct port *console_port; /* who reads the console is told there, until it ends; or NULL */
	struct event console_event;
	struct list devices;       /* struct device_claim */
	/*
	 * struct memory.device_link: of drivers that died, a reference each. Their devices may
	 * still write to it, until the next driver has reset them.
	 */
	struct list remains;
	/*
	 * The caller's kernel buffer as it was when the call came in, since it may change under us; and
	 * room for what is too large for the stack.
	 */
	union {
		uint8_t bytes[KERNEL_BUFFER_SIZE];
		uint64_t words[8];
		struct spawn spawn;
		struct schedule_table table;
		struct inspect_reply inspect;
	} input;
};

#endif

/*
 * A machine in memory: platform.h without a process, with a clock that stands
 * still until a test moves it, allocations that are counted and fail on
 * demand, and a record of what the kernel asked for.
 */
#ifndef DRYDOCK_TESTS_KERNEL_MEMORY_PLATFORM_H
#define DRYDOCK_TESTS_KERNEL_MEMORY_PLATFORM_H

#include "kernel/object.h"
#include "kernel/platform.h"

#define CONSOLE_SIZE 8192

/* The machine's side of a process: process->machine. */
struct side {
	struct side *next; /* in machine->sides */
	struct process *process;
	_Alignas(uint64_t) uint8_t buffer[KERNEL_BUFFER_SIZE];
	struct notice_page notice;
	bool guest, started, killed;
	unsigned wakes;
	unsigned completions;
	uint64_t result; /* of the last call completed late */
	unsigned switches, schedules, maps, unmaps, attaches, detaches;
	uint32_t priority, slice; /* as last scheduled */
};

#define MACHINE_DEVICES 2
#define MACHINE_DEVICE  7  /* id of the first; the others follow */
#define MACHINE_BAR     0x10000u /* where the first BAR of each is; the others are not there */
#define MACHINE_BAR_SIZE 8192u

struct device {
	struct device_claim *claim; /* NULL: nobody's */
	uint32_t config[DEVICE_CONFIG_END / 4];
	uint32_t bound;             /* vectors */
	unsigned maps, unmaps, releases, unmasks;
	size_t memory_at_release;   /* machine->memory_bytes when it was released last */
};

struct machine {
	uint64_t time;
	uint64_t timer;       /* DEADLINE_NEVER: off */
	unsigned timer_calls;
	bool traced;
	bool can_switch;
	bool no_random;
	uint8_t random;       /* the last that was given: they count */
	enum error create_error, start_error, map_error,
		attach_error; /* what to answer, E_OK for the truth */
	/* Everything the kernel may be refused, counted from 1; the one with number `fail_at` fails. */
	uint64_t requests, fail_at;
	size_t bytes;         /* records that live */
	size_t memory_bytes;  /* memory objects that live */
	unsigned memories, processes;
	struct side *sides;
	char console[CONSOLE_SIZE];
	size_t console_length;
	const char *typed; /* what is not yet read; NULL: nobody types at this console */
	unsigned detaches; /* of all processes, those gone among them */
	unsigned announcements;
	enum announcement announcement;
	char announced[KERNEL_BUFFER_SIZE + 1];
	size_t announced_length;
	struct device devices[MACHINE_DEVICES];
	struct process *attach_peer; /* of the last lane attached */
};

void machine_init(struct machine *machine);

/* The test has failed unless all is given back. */
void machine_check_empty(const struct machine *machine);

static inline struct side *side_of(const struct process *process)
{
	return process->machine;
}

/* The bit that the process sees for this port handle. */
bool side_notice(const struct process *process, handle_t port);

/* Moves the clock, and ticks once for every deadline that it passes. */
void machine_pass(struct machine *machine, struct kernel *kernel, uint64_t until);

#endif

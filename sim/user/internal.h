/* What the files of sim/user share. */
#ifndef DRYDOCK_SIM_USER_INTERNAL_H
#define DRYDOCK_SIM_USER_INTERNAL_H

#include "linux.h"
#include "start.h"
#include "tool.h"

struct watch {
	int descriptor;
	void (*ready)(void *context);
	void *context;
};

struct os {
	int socket;        /* descriptor socket */
	int doorbell;      /* read end, blocking */
	int host_doorbell; /* write end, non-blocking */
	uint8_t *lane;     /* the kernel lane */
	const struct notice_page *notice;
	struct owner_page *page;
	const struct owner_page *host_page;
	/* Private copies of the indices that this end writes. */
	uint32_t request_tail;
	uint32_t reply_head;
	uint32_t tag;
	/* Whether spinning for the host has paid lately: above 0 it has. */
	int32_t spin_credit;
	uint32_t processor_count;
	uint32_t scheduling; /* enum scheduling */
	struct tool_stack stack; /* of the thread that runs the loop */
	void (*vanished)(void *context);
	void *vanished_context;
	uint32_t device_count;
	struct os_device devices[OS_DEVICES];
	uint32_t watch_count;
	struct watch watches[OS_WATCHES];
	struct start_block start;
};

/*
 * A system call whose reply brings exactly `count` descriptors when it
 * succeeds (else it is treated as E_IO). os_trap is this with 0.
 */
uint64_t kernel_lane_call(struct os *os, enum system_call call, const uint64_t arguments[6], uint64_t *length,
                          int *descriptors, uint32_t count);

/*
 * Takes one packet of `type` with exactly `count` descriptors off `socket`.
 * False, and nothing open, where anything else comes.
 */
bool descriptors_receive(int socket, enum descriptor_type type, int *descriptors, uint32_t count);

/* The host is gone: so is this process. */
_Noreturn void host_vanished(struct os *os);

/* Sleeps until the doorbell is rung, and takes the rings out. */
void os_drain_doorbell(struct os *os);

#endif

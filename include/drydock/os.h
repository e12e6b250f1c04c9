/*
 * What the user runtime needs of the system it runs on: trap, wait, wake, map.
 * Implemented by sim/user (Linux), by src/arch/x86_64/user, and within one
 * process for tests; Meson links one. A server
 * calls those for memory objects and the kernel buffer; the rest is the runtime's.
 */
#ifndef DRYDOCK_OS_H
#define DRYDOCK_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/abi/error.h>
#include <drydock/abi/lane.h>
#include <drydock/abi/sys.h>

struct os; /* this process on its system */

/*
 * One system call. `length` bytes of os_buffer() are meant as input. Returns
 * the result; *length becomes the bytes of the buffer that the kernel wrote.
 * `length` may be NULL for calls without bulk arguments or results.
 */
uint64_t os_trap(struct os *os, enum system_call call, const uint64_t arguments[6], uint64_t *length);

/* The kernel buffer, KERNEL_BUFFER_SIZE bytes. The next trap overwrites it. */
void *os_buffer(struct os *os);

/* The start block as the process found it; valid until it exits. */
const struct start_block *os_start(struct os *os);

/* Which ports have something. Written by the kernel at any time. */
const struct notice_page *os_notice(struct os *os);

/* This process's own page, which its peers read. */
struct owner_page *os_page(struct os *os);

/* Monotonic nanoseconds, the same base as SYS_TIME. */
uint64_t os_time(struct os *os);

/* Nanoseconds since 1970, as the machine's clock says; may jump. */
uint64_t os_wall_time(struct os *os);

/* CPU that runs this now; UINT32_MAX where it cannot be told. */
uint32_t os_processor(struct os *os);

/* Lets somebody else run on this CPU. */
void os_yield(struct os *os);

/*
 * Sleeps until the doorbell rings, a watched device is ready, or `deadline`.
 * The caller has set `armed` and looked once more. Rings that came in before
 * are not lost: it returns at once. May return early for no reason.
 */
void os_sleep(struct os *os, uint64_t deadline);

/* This process's end of a lane, in its address space. */
struct os_lane {
	uint8_t *memory;                     /* the lane, lane_size() bytes */
	uint64_t size;
	const struct owner_page *peer;       /* the other end's page, read-only */
	uint64_t doorbell;                   /* the system's name for the other end's bell */
};

/* SYS_LANE_ATTACH and what goes with it. */
enum error os_lane_attach(struct os *os, handle_t lane, uint32_t depth, uint32_t area, struct os_lane *result);
void os_lane_detach(struct os *os, struct os_lane *lane);

/* Rings the other end's bell. Never blocks; already rung is rung. */
void os_lane_ring(struct os *os, const struct os_lane *lane);

/*
 * SYS_VM_ALLOCATE and the mapping. `size` in bytes, a multiple of PAGE_SIZE.
 * On success *handle and *address are set; the memory is zero.
 */
enum error os_memory_allocate(struct os *os, uint64_t size, uint32_t flags, handle_t *handle, void **address);

/* SYS_MEMORY_MAP and the mapping; *size is the object's. */
enum error os_memory_map(struct os *os, handle_t handle, rights_t access, void **address, uint64_t *size);

/* Unmaps `address`, `size` bytes, and gives the handle back. */
void os_memory_free(struct os *os, handle_t handle, void *address, uint64_t size);

/* Ends the process. */
_Noreturn void os_exit(struct os *os, uint64_t code);

/* Prints a line by every means left, when nothing else works: panics, and errors of who has no log. */
void os_panic_print(struct os *os, const char *text, size_t length);

/*
 * Hooks for tools that watch stacks (ASan, valgrind). A fiber's stack is
 * announced after it was made and forgotten before it is freed. Around each
 * switch: `start` in the fiber that leaves (*save its tool state; NULL when it
 * ends for good), `finish` in the one that arrives with what it had saved.
 */
void os_stack_made(struct os *os, void *bottom, size_t size, uint32_t *id);
void os_stack_freed(struct os *os, uint32_t id);
void os_switch_start(struct os *os, void **save, const void *bottom, size_t size);
void os_switch_finish(struct os *os, void *save);

#endif

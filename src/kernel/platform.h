/*
 * The kernel core's whole contract with a machine. Implemented by sim/host
 * (Linux), by src/arch/x86_64, and in memory for unit tests; Meson links one.
 *
 * The kernel calls these; what a machine may call in return is in kernel.h.
 * Except where said, they never call back into the kernel and never block.
 */
#ifndef DRYDOCK_KERNEL_PLATFORM_H
#define DRYDOCK_KERNEL_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/abi/error.h>
#include <drydock/abi/lane.h>
#include <drydock/abi/rights.h>
#include <drydock/abi/sys.h>

struct device_claim;
struct lane;
struct machine; /* the platform's own; given to kernel_init */
struct memory;
struct process;

/* Zeroed memory for the kernel's records, aligned for any type; NULL when there is none. */
void *platform_allocate(struct machine *machine, size_t size);
void platform_free(struct machine *machine, void *address, size_t size);

/* Monotonic nanoseconds. */
uint64_t platform_time(struct machine *machine);

/*
 * Fills `bytes` with what nobody can foretell, `size` at most 256. False, and they are zero or
 * untouched, where the machine has no source of that.
 */
bool platform_random(struct machine *machine, void *bytes, size_t size);

/* Calls kernel_tick at `deadline` or soon after; replaces the last one. DEADLINE_NEVER: no more. */
void platform_timer(struct machine *machine, uint64_t deadline);

/* Prints `length` bytes as they are. */
void platform_console(struct machine *machine, const char *text, size_t length);

/*
 * Takes up to `size` bytes of what was typed and sets *count, 0 where nothing
 * was. The machine keeps a bounded number of them for the reader; of more it
 * keeps the first. E_INVALID_SYSCALL where nobody types at the console.
 */
enum error platform_console_read(struct machine *machine, void *bytes, size_t size, size_t *count);

/*
 * Makes the machine's side of `process`: sets process->buffer (the kernel's
 * view of its kernel buffer) and process->notice. It runs nothing yet.
 * E_NOMEM, E_PROCESS_NOT_FOUND (no such image), E_IO.
 */
enum error platform_process_create(struct machine *machine, struct process *process, const char *image);

/* Lets it run; the start block is in its buffer. E_IO. */
enum error platform_process_start(struct machine *machine, struct process *process);

/* Ends it. The machine keeps what platform_process_destroy frees. */
void platform_process_kill(struct machine *machine, struct process *process);

/* Frees the machine's side of a dead process. */
void platform_process_destroy(struct machine *machine, struct process *process);

/* Gives a call that kernel_syscall left blocked its result. */
void platform_process_complete(struct machine *machine, struct process *process, uint64_t result);

/* Rings the process's doorbell, if it is armed: something in its notice page is new. */
void platform_process_wake(struct machine *machine, struct process *process);

/* Runs `process` next, where the machine can say; E_INVAL where it cannot. */
enum error platform_process_switch(struct machine *machine, struct process *process);

/* Applies a row of the scheduler's table. */
void platform_process_schedule(struct machine *machine, struct process *process, uint32_t priority, uint32_t slice);

/* The machine's name for a process, such as a Linux pid; for people. */
uint64_t platform_process_name(struct machine *machine, struct process *process);

/* Beside the flags of VM_ALLOCATE: in one piece for a device; `size` is a power of two. */
#define MEMORY_CONTIGUOUS 4u

/*
 * Makes `size` zeroed bytes; sets memory->machine. MEMORY_* flags. A lane's
 * memory is made so, too. E_NOMEM.
 */
enum error platform_memory_create(struct machine *machine, struct memory *memory, uint64_t size, uint32_t flags);
void platform_memory_destroy(struct machine *machine, struct memory *memory);

/*
 * Gives `process`, whose system call this is, `memory`: maps it and sets
 * *address, or (hosted) lets the descriptor follow the call's reply and sets 0.
 */
enum error platform_memory_map(struct machine *machine, struct process *process, struct memory *memory,
                               rights_t access, uint64_t *address);

/*
 * Takes the mapping at `address`, which platform_memory_map gave, from a living
 * process that drops its handle (bare metal; hosted the process unmaps).
 */
void platform_memory_unmap(struct machine *machine, struct process *process, struct memory *memory,
                           uint64_t address);

/* How much memory the machine has, and how much of it nobody uses; bytes. */
void platform_memory_state(struct machine *machine, uint64_t *total, uint64_t *free);

/* The kernel's own view of a memory object, or NULL. Valid until it is destroyed. */
void *platform_memory_view(struct machine *machine, struct memory *memory);

/*
 * Gives `process`, whose system call this is, its end of a lane: the lane's
 * memory, the owner page of `peer` read-only, and the right to ring it. On
 * bare metal sets *address (lane) and *peer_page; hosted descriptors follow.
 */
enum error platform_lane_attach(struct machine *machine, struct process *process, struct lane *lane,
                                struct process *peer, uint64_t *address, uint64_t *peer_page);

/*
 * Takes what platform_lane_attach gave from a living process that closes its
 * end (bare metal; hosted the process unmaps).
 */
void platform_lane_detach(struct machine *machine, struct process *process, struct lane *lane, uint64_t address,
                          uint64_t peer_page);

/* ---- devices: a machine without any links no_devices.c ---- */

/* Describes the first device whose number is `cursor` or more and sets *next to one more; false: there is none. */
bool platform_device_find(struct machine *machine, uint64_t cursor, struct device_description *description,
                          uint64_t *next);

/* Sets claim->machine for the device claim->id, which nobody else has. E_INVAL (there is none such), E_NOMEM. */
enum error platform_device_claim(struct machine *machine, struct device_claim *claim);

/* The device stops: from now on it reads and writes no memory, and interrupts nobody. */
void platform_device_release(struct machine *machine, struct device_claim *claim);

/* Configuration space; `offset` is a multiple of `width` (1, 2, 4) below DEVICE_CONFIG_END. */
uint32_t platform_device_read(struct machine *machine, struct device_claim *claim, uint32_t offset, uint32_t width);
void platform_device_write(struct machine *machine, struct device_claim *claim, uint32_t offset, uint32_t width,
                           uint32_t value);

/*
 * Maps BAR `bar`, which is said to lie at `physical`, for the claim's process,
 * whose system call this is. E_INVAL where it does not, E_NOMEM.
 */
enum error platform_device_map(struct machine *machine, struct device_claim *claim, uint32_t bar, uint64_t physical,
                               uint64_t size, uint64_t *address);

/* Takes such a mapping from the living process. */
void platform_device_unmap(struct machine *machine, struct device_claim *claim, uint64_t address);

/* Where a device sees memory that was made with MEMORY_CONTIGUOUS. */
uint64_t platform_memory_physical(struct machine *machine, struct memory *memory);

/*
 * From now on kernel_interrupt tells of interrupt `vector` of the device (below
 * DEVICE_VECTORS; of a line 0). Fills `info`. What was bound to the vector is no
 * more. E_INVAL where the machine has none of that kind, E_NOMEM where no more.
 */
enum error platform_interrupt_bind(struct machine *machine, struct device_claim *claim, uint32_t vector,
                                   enum device_interrupt_kind kind, struct interrupt_info *info);

/* The interrupt was acknowledged: a line, which was masked when it came, may come again. */
void platform_interrupt_unmask(struct machine *machine, struct device_claim *claim, uint32_t vector);

/* Whether any process of the instance is in a debugger or stopped by one. */
bool platform_traced(struct machine *machine);

/* init says that the services are up, or why not. */
void platform_announce(struct machine *machine, enum announcement announcement, const char *text, size_t length);

#endif

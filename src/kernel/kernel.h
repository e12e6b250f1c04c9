/*
 * What a machine calls of the kernel core. One `struct kernel` is one system;
 * it is never entered twice at once. Records live in memory from
 * platform_allocate. No call blocks.
 */
#ifndef DRYDOCK_KERNEL_KERNEL_H
#define DRYDOCK_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/abi/error.h>
#include <drydock/abi/manifest.h>
#include <drydock/abi/sys.h>

struct kernel;
struct machine;
struct process;

/* Who a process is to the machine; what lanes vouch for. */
struct credentials {
	uint32_t uid, gid;
	uint32_t group_count;
	uint32_t groups[LANE_GROUPS_MAXIMUM];
};

/*
 * What init may share out in a system of this manifest: all that it promises
 * to services (twice, since a dead one's share comes back only once its peers
 * have let go), as much for several guests of each role, and a spare for init
 * itself. It bounds and reserves nothing.
 */
struct quota kernel_quota(const struct manifest *manifest);

/*
 * Makes a kernel on `machine` with this much for init to share out, and the
 * credentials that every process but guests has. NULL without memory.
 */
struct kernel *kernel_create(struct machine *machine, const struct quota *quota, const struct credentials *owner);

/* Ends every process, frees everything. */
void kernel_destroy(struct kernel *kernel);

/*
 * Starts init from image "init", process 1. `manifest` becomes a read-only
 * memory object that its start block grants as "manifest", beside all
 * authorities. Called again after init's death it starts init anew, with the
 * same port and handles to all that live.
 */
enum error kernel_start_init(struct kernel *kernel, const struct manifest *manifest);

/*
 * Makes a process that the machine already runs (born outside). `role` is an
 * index into the manifest; its quota comes from init's. On success *process
 * is it, and its start block is in its buffer.
 */
enum error kernel_attach_guest(struct kernel *kernel, uint32_t role, const char *name,
                               const struct credentials *credentials, struct process **process);

/* Result of kernel_syscall where the process is blocked: no result yet. */
#define SYSCALL_BLOCKED (ERROR_PATTERN | 0xffffffffu)

/*
 * One system call of `process`. Its kernel buffer holds `length` bytes meant
 * (at most KERNEL_BUFFER_SIZE; a larger one is E_INVAL). *length becomes how
 * many bytes of the buffer the kernel wrote. SYSCALL_BLOCKED: the result comes
 * through platform_process_complete.
 */
uint64_t kernel_syscall(struct kernel *kernel, struct process *process, uint64_t number,
                        const uint64_t arguments[6], uint64_t *length);

/* The machine says that a process is gone: exit code, or 256 + signal. */
void kernel_process_exited(struct kernel *kernel, struct process *process, uint64_t code);

/* The machine caught an exception in `process`. The process stays until it exits. */
void kernel_process_exception(struct kernel *kernel, struct process *process, const struct exception_record *record);

/*
 * The system is about to end, and the machine waits for this process: it is
 * told by RECEIPT_STOP, makes safe what has to be, and exits.
 */
void kernel_stop_process(struct kernel *kernel, struct process *process);

/* Something was typed: platform_console_read may have more than before. */
void kernel_console_input(struct kernel *kernel);

struct device_claim;

/* Interrupt `vector`, which is bound, of a device. */
void kernel_interrupt(struct kernel *kernel, struct device_claim *claim, uint32_t vector);

/* Time has passed the deadline given to platform_timer. */
void kernel_tick(struct kernel *kernel);

/* Prints a `[kernel] …` line. */
void kernel_print(struct kernel *kernel, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Finds a live process by id, or NULL. */
struct process *kernel_process_find(struct kernel *kernel, uint64_t id);

/* Records for people, as SYS_INSPECT gives them, for the machine's own use. */
uint64_t kernel_inspect(struct kernel *kernel, enum inspect what, uint64_t cursor, struct inspect_reply *reply);

#endif

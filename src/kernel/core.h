/*
 * What the files of the kernel core call of each other. Nothing here may fail
 * but what returns an error, and nothing but what says so allocates.
 */
#ifndef DRYDOCK_KERNEL_CORE_H
#define DRYDOCK_KERNEL_CORE_H

#include "kernel/object.h"
#include "kernel/platform.h"

/* One system call on its way. Its input, where it has one, lies in kernel->input. */
struct call {
	struct kernel *kernel;
	struct process *process;
	const uint64_t *argument; /* six, which nobody changes meanwhile */
	uint64_t length;  /* bytes of input */
	uint64_t written; /* bytes of the kernel buffer that are the result */
};

/* Writes a result into the process's kernel buffer; `size` at most KERNEL_BUFFER_SIZE. */
void call_write(struct call *call, const void *data, size_t size);

/* ---- kernel.c ---- */

/* Puts the platform's timer at the earliest deadline. */
void kernel_timer_update(struct kernel *kernel);

/* ---- quota.c ---- */

void account_init(struct account *account, const struct quota *limit);
/* Counts one handle more, if there may be one more. */
bool account_take_handle(struct account *account);
void account_return_handle(struct account *account);
/* Moves what `account` still pays for to `heir`, which must have room for its limit. */
void account_close(struct account *account, struct account *heir);

void charge_init(struct charge *charge);
/* E_QUOTA: nothing is charged. */
enum error charge_take(struct charge *charge, struct account *account, const struct quota *amount);
void charge_release(struct charge *charge);

/* ---- handle.c ---- */

void handle_table_init(struct handle_table *table);
/* Frees the table; all its slots are free. */
void handle_table_free(struct kernel *kernel, struct handle_table *table);
/* Slot by index, live or not; NULL beyond the table. */
struct handle_slot *handle_slot_at(struct handle_table *table, uint32_t index);
handle_t handle_of_slot(const struct handle_slot *slot, uint32_t index);
/* The live slot that `handle` names, or NULL. */
struct handle_slot *handle_find(struct process *process, uint64_t handle);
/*
 * The capability of this kind with all these rights. E_CAP_INVALID,
 * E_PORT_INVALID where a port is wanted and it is something else, E_NO_RIGHTS.
 */
enum error handle_lookup(struct process *process, uint64_t handle, enum object_kind kind, rights_t rights,
                         struct capability **capability);
/* As handle_lookup for a port that has not ended (E_PORT_INVALID). */
enum error handle_lookup_port(struct process *process, uint64_t handle, rights_t rights,
                              struct capability **capability);
/* Whether the process may use this authority by this handle. */
enum error handle_lookup_authority(struct process *process, uint64_t handle, enum authority authority);
/*
 * Gives `process` a handle, with a reference of its own, charged to it.
 * E_QUOTA, E_NOMEM.
 */
enum error handle_install(struct kernel *kernel, struct process *process, const struct capability *capability,
                          handle_t *handle);
/* Empties a live slot and returns what it held, with its reference. */
struct capability handle_take(struct kernel *kernel, struct process *process, handle_t handle);
/* Empties a live slot and ends what ends with it; a lane's peer is told `reason`. */
void handle_drop(struct kernel *kernel, struct process *process, handle_t handle, enum error reason);
void capability_acquire(const struct capability *capability);
void capability_release(struct kernel *kernel, const struct capability *capability);
/* Whether a capability may be handed on with `rights`. E_NO_RIGHTS. */
enum error capability_narrow(const struct capability *capability, uint64_t rights);

/* ---- event.c ---- */

void event_init(struct event *event, enum event_source source);
/* Adds bits and queues the event at `port`, where it stays if it waits there; rings. */
void event_post(struct kernel *kernel, struct event *event, struct port *port, uint32_t bits);
/* Forgets the event's bits. */
void event_cancel(struct kernel *kernel, struct event *event);
/* Takes the first event of a port; false where there is none. */
bool event_receive(struct kernel *kernel, struct port *port, struct receipt *receipt);
/* The port ends: what waits there goes to its owner's home port or its owner's heir, or is forgotten. */
void event_evacuate(struct kernel *kernel, struct port *port);

/* ---- port.c ---- */

/* A port with no owner and one reference, the caller's. NULL without memory. */
struct port *port_create(struct kernel *kernel);
void port_release(struct kernel *kernel, struct port *port);
/* Nobody will receive from it again. */
void port_end(struct kernel *kernel, struct port *port);
bool port_empty(const struct port *port);
/* Something came in: gives it to the owner if it is blocked on it, else sets the notice bit and rings. */
void port_notify(struct kernel *kernel, struct port *port);
/* Clears the notice bit of a port left empty. */
void port_quieten(struct port *port);
/* Takes one thing; false where there is none. */
bool port_take(struct kernel *kernel, struct port *port, struct receipt *receipt);
/* Frees a sender's record if nothing holds it any longer. */
void sender_settle(struct kernel *kernel, struct sender *sender);
/* The process is dead: its datagrams stay. */
void sender_forget(struct kernel *kernel, struct process *process);

/* ---- console.c ---- */

/* The port ends: if the console was read by it, another may. */
void console_forget(struct kernel *kernel, const struct port *port);

/* ---- device.c ---- */

/* Its owner's handle goes: the device stops. */
void device_close(struct kernel *kernel, struct device_claim *claim);
/* The process ends: its devices first, and then the memory that they might write to. */
void device_close_all(struct kernel *kernel, struct process *process);
/* The system ends: what devices may still write to goes. */
void device_forget_remains(struct kernel *kernel);
/* The port ends: interrupts are told nowhere. */
void device_forget_port(struct kernel *kernel, const struct port *port);

/* ---- memory.c ---- */

/* `account` NULL: nobody pays. One reference, the caller's. */
enum error memory_create(struct kernel *kernel, uint64_t size, uint32_t flags, struct account *account,
                         struct memory **memory);
/* Maps the memory of a handle that is not mapped yet; it is unmapped when the handle goes. */
enum error memory_map(struct kernel *kernel, struct process *process, handle_t handle, rights_t access,
                      uint64_t *address);
void memory_release(struct kernel *kernel, struct memory *memory);

/* ---- lane.c, transit.c ---- */

/* Closes one end. */
void lane_end_close(struct kernel *kernel, struct lane_end *end, enum error reason);
/* A pending lane will not be accepted. */
void lane_turn_away(struct kernel *kernel, struct lane *lane, enum error reason);
struct lane_end *lane_end_peer(struct lane_end *end);
/* Frees what both ends have parked. */
void transit_clear(struct kernel *kernel, struct lane *lane);

/* ---- process.c ---- */

void process_acquire(struct process *process);
void process_release(struct kernel *kernel, struct process *process);
/*
 * A process with an account of `quota`, which `payer` pays, or `payer` itself
 * as its account where `quota` is NULL. It is neither on the platform nor
 * listed, and has no home yet. E_QUOTA, E_NOMEM.
 */
enum error process_create(struct kernel *kernel, struct account *payer, const struct quota *quota,
                          struct process **process);
/* Takes back everything the process has. Its parent is told only if it was started. */
void process_end(struct kernel *kernel, struct process *process, bool tell);
/* Rings; completes a WAIT. */
void process_wake(struct kernel *kernel, struct process *process);
/* Blocks the calling process. */
void process_block(struct kernel *kernel, struct process *process, enum blocked_kind kind, struct port *port,
                   uint64_t deadline);
/* Ends a block: the call has this result and wrote so many bytes. */
void process_complete(struct kernel *kernel, struct process *process, uint64_t result, uint64_t written);
/* Whether a call with this deadline must return now, and with what. */
bool deadline_passed(struct kernel *kernel, uint64_t deadline, enum error *error);
/* Where events about `process` go; NULL: nowhere. */
struct port *process_event_port(struct kernel *kernel, const struct process *process);
/* The living parent, or NULL. */
struct process *process_parent(struct kernel *kernel, const struct process *process);
/* The handle by which the process's parent knows it, or 0. */
handle_t process_parent_handle(struct kernel *kernel, const struct process *process);
/* Copies a name from a process: NUL-terminated, nothing that a terminal might obey. */
void name_clean(char to[NAME_SIZE], const char from[NAME_SIZE]);
/* Replaces what is not printable ASCII. */
void text_clean(char *text, size_t length);

/* ---- schedule.c ---- */

/* Who decided is gone: forgets the table; all that it decided on run by turns, as equals. */
void schedule_fall_back(struct kernel *kernel);

/* ---- system calls: each returns a result ---- */

uint64_t sys_port_allocate(struct call *call);
uint64_t sys_port_send(struct call *call);
uint64_t sys_port_receive(struct call *call);
uint64_t sys_port_derive(struct call *call);
uint64_t sys_port_info(struct call *call);
uint64_t sys_vm_allocate(struct call *call);
uint64_t sys_vm_deallocate(struct call *call);
uint64_t sys_memory_map(struct call *call);
uint64_t sys_cap_move(struct call *call);
uint64_t sys_cap_accept(struct call *call);
uint64_t sys_cap_drop(struct call *call);
uint64_t sys_cap_duplicate(struct call *call);
uint64_t sys_lane_open(struct call *call);
uint64_t sys_lane_accept(struct call *call);
uint64_t sys_lane_refuse(struct call *call);
uint64_t sys_lane_info(struct call *call);
uint64_t sys_lane_attach(struct call *call);
uint64_t sys_lane_close(struct call *call);
uint64_t sys_sched_spawn(struct call *call);
uint64_t sys_sched_yield(struct call *call);
uint64_t sys_sched_switch(struct call *call);
uint64_t sys_sched_table(struct call *call);
uint64_t sys_time(struct call *call);
uint64_t sys_wait(struct call *call);
uint64_t sys_exit(struct call *call);
uint64_t sys_process_kill(struct call *call);
uint64_t sys_process_exception(struct call *call);
uint64_t sys_deadline_check(struct call *call);
uint64_t sys_console(struct call *call);
uint64_t sys_console_read(struct call *call);
uint64_t sys_announce(struct call *call);
uint64_t sys_device_info(struct call *call);
uint64_t sys_device_claim(struct call *call);
uint64_t sys_device_config(struct call *call);
uint64_t sys_device_map(struct call *call);
uint64_t sys_dma_allocate(struct call *call);
uint64_t sys_interrupt_bind(struct call *call);
uint64_t sys_interrupt_acknowledge(struct call *call);
uint64_t sys_inspect(struct call *call);

#endif

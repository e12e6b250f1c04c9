/*
 * What every device is to the program that uses it (docs/DEVICES.md): memory
 * that it can reach, and the three things that a loop does with it. Disks
 * (block.h) and network cards (net.h) begin with a `struct device`.
 *
 * A device belongs to one process and one thread: everything here is called
 * there, and whatever a device calls back (`done`, `receive`, …) it calls
 * there, from device_poll and from nothing else.
 */
#ifndef DRYDOCK_DEV_DEVICE_H
#define DRYDOCK_DEV_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/list.h>

struct device;

/* What implements a device; called through the functions below. */
struct device_operations {
	bool (*poll)(struct device *device);
	void (*kick)(struct device *device);
	bool (*arm)(struct device *device);
	void (*interrupt)(struct device *device, uint32_t vector);
	void *(*allocate)(struct device *device, size_t size);
	void (*free)(struct device *device, void *address, size_t size);
};

struct device {
	const struct device_operations *operations;
	/*
	 * NULL while all is well. Else why the device is of no more use, in words for
	 * the log: it broke its own rules, asked to be reset, or is gone. Everything
	 * given to it has been or will be completed with POSIX_EIO; whoever started
	 * it may stop it and start it anew. Never becomes NULL again by itself.
	 */
	const char *fault;
	/* By which interrupts of the device reach the loop (RECEIPT_INTERRUPT); 0: none do. Set by who opens it. */
	uint32_t handle;
	/* The loop's that the device was added to (runtime_add_device), which has no other use for it. */
	struct list link;
};

/* A piece of memory that a device reads or writes. */
struct device_segment {
	void *address;   /* within one piece of device_allocate */
	uint32_t length; /* bytes, above 0 */
};

/*
 * Takes in what has come: runs the completions of what has ended, hands over
 * what was received. A bounded amount; true if there was anything, and then
 * there may be more. What is submitted meanwhile is also shown to the device.
 */
static inline bool device_poll(struct device *device)
{
	return device->operations->poll(device);
}

/*
 * Shows the device all that was submitted since the last time. Once for a round
 * of the loop: each may be a system call, or an exit to a hypervisor.
 */
static inline void device_kick(struct device *device)
{
	device->operations->kick(device);
}

/*
 * Before the loop sleeps: asks the device to ring the process when it has
 * something, until the next device_poll. False where it has something already:
 * then poll instead of sleeping. What comes after true is never missed.
 */
static inline bool device_arm(struct device *device)
{
	return device->operations->arm(device);
}

/*
 * Where interrupts are events: the loop has received one, of the vector that
 * the driver bound (0 and up; nothing bad comes of another). device_poll is next.
 */
static inline void device_interrupt(struct device *device, uint32_t vector)
{
	device->operations->interrupt(device, vector);
}

/*
 * Memory for data: `size` bytes (a multiple of PAGE_SIZE), zeroed, beginning at
 * a page, contiguous for the device. NULL where there is none in one piece: who
 * wants much takes it in pieces of 2 MiB or less. All memory that is named in
 * requests and frames comes from here, since elsewhere a device may not be able
 * to reach it. It is charged to this process and shared with nobody but the
 * device, which between submission and completion owns it.
 */
static inline void *device_allocate(struct device *device, size_t size)
{
	return device->operations->allocate(device, size);
}

/* Gives back one whole piece, of which nothing is in use by the device. */
static inline void device_free(struct device *device, void *address, size_t size)
{
	device->operations->free(device, address, size);
}

#endif

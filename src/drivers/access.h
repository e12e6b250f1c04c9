/*
 * What a driver needs of the machine to reach one PCI function. The driver is
 * an ordinary process's code; on bare metal the kernel stands behind this, in
 * tests a simulated device or QEMU does. Whoever implements it has claimed the
 * function for this process and begins its own structure with this one.
 *
 * Nothing here believes the device: what a driver asks for is checked against
 * what the machine itself knows.
 */
#ifndef DRYDOCK_DRIVERS_ACCESS_H
#define DRYDOCK_DRIVERS_ACCESS_H

#include <stddef.h>
#include <stdint.h>

#include <drydock/abi/error.h>

struct device_access;

/* What a function writes, and where, to raise a message-signalled interrupt. */
struct interrupt_message {
	uint64_t address;
	uint32_t data;
};

struct device_access_operations {
	/* Configuration space, 256 bytes: `offset` is a multiple of `width`, which is 1, 2 or 4. */
	uint32_t (*config_read)(struct device_access *access, uint32_t offset, uint32_t width);
	void (*config_write)(struct device_access *access, uint32_t offset, uint32_t width, uint32_t value);

	/*
	 * Makes the memory BAR `bar` (0 to 5) accessible, which the driver has found
	 * to be at `address`, `size` bytes; once more is no error. E_INVAL where the
	 * machine knows it otherwise, or other things lie there; E_NOMEM, E_QUOTA.
	 */
	enum error (*bar_map)(struct device_access *access, uint32_t bar, uint64_t address, uint64_t size);

	/*
	 * Registers in a mapped BAR: `offset` a multiple of `width`, which is 1, 2 or
	 * 4, the last byte within the BAR: the caller sees to that. One access of
	 * exactly that width, in program order, after all earlier stores to memory.
	 */
	uint32_t (*register_read)(struct device_access *access, uint32_t bar, uint64_t offset,
	                          uint32_t width);
	void (*register_write)(struct device_access *access, uint32_t bar, uint64_t offset, uint32_t width,
	                       uint32_t value);

	/*
	 * `size` bytes (a multiple of PAGE_SIZE) of zeroed memory that the function
	 * reads and writes at *device_address, contiguous there and here, coherent,
	 * at a page. E_NOMEM, E_QUOTA.
	 */
	enum error (*memory_allocate)(struct device_access *access, size_t size, void **address,
	                              uint64_t *device_address);
	void (*memory_free)(struct device_access *access, void *address, size_t size);

	/*
	 * Binds interrupt `vector` to an event, which reaches the driver as
	 * device_interrupt(vector). *message is what the function must be told to
	 * write for it. With `message` NULL the function's interrupt line is meant.
	 * What was bound to the vector before is no more. E_QUOTA, E_INVAL where the
	 * machine has none of that kind.
	 */
	enum error (*interrupt_bind)(struct device_access *access, uint32_t vector,
	                             struct interrupt_message *message);

	/*
	 * Takes note of an interrupt that was delivered: before this it is not
	 * delivered again, and one that was raised meanwhile is delivered after it.
	 */
	void (*interrupt_acknowledge)(struct device_access *access, uint32_t vector);
};

struct device_access {
	const struct device_access_operations *operations;
};

#endif

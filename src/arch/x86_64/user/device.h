/*
 * A PCI function that this process drives, by system calls (docs/ABI.md,
 * "Devices"): what drivers ask of the machine (drivers/access.h).
 */
#ifndef DRYDOCK_ARCH_USER_DEVICE_H
#define DRYDOCK_ARCH_USER_DEVICE_H

#include <drydock/dev/device.h>
#include <drydock/server.h>

#include "drivers/access.h"
#include "drivers/dma.h"

struct kernel_device {
	struct device_access access;
	struct runtime *runtime;
	handle_t handle;
	uint8_t *bars[DEVICE_BARS]; /* as mapped, or NULL */
	struct {
		void *address;      /* NULL: unused */
		handle_t handle;
	} memory[DMA_PIECES];
};

/*
 * Claims the `index`th virtio device of type `type` (VIRTIO_NET, …). 0, or a
 * POSIX error: ENOENT, there are not so many, or this process may drive none;
 * EBUSY, somebody drives it; ENOMEM.
 */
int32_t kernel_device_claim(struct kernel_device *device, struct runtime *runtime, uint32_t type, uint32_t index);

/* The device stops; all memory of it is gone. */
void kernel_device_drop(struct kernel_device *device);

#endif

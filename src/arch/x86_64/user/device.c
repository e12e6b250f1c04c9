/* A PCI function by system calls (device.h). */
#include "arch/x86_64/user/device.h"

#include <drydock/atomic.h>
#include <drydock/os.h>
#include <drydock/posix.h>
#include <drydock/string.h>

/* Virtio 1.2, section 4.1.2; transitional devices have numbers of their own, which end where these begin. */
#define VENDOR_VIRTIO      0x1af4u
#define DEVICE_MODERN      0x1040u
#define DEVICE_NET_OLD     0x1000u
#define DEVICE_BLK_OLD     0x1001u
#define TYPE_NET           1u
#define TYPE_BLK           2u

static struct kernel_device *of(struct device_access *access)
{
	return list_entry(access, struct kernel_device, access);
}

static uint64_t trap(struct kernel_device *device, enum system_call call, const uint64_t arguments[6])
{
	uint64_t length = 0;

	return os_trap(runtime_os(device->runtime), call, arguments, &length);
}

/* What the last call wrote. */
static void result(struct kernel_device *device, void *to, size_t size)
{
	memcpy(to, os_buffer(runtime_os(device->runtime)), size);
}

/* ---- access.h -------------------------------------------------------------------- */

static uint32_t config_read(struct device_access *access, uint32_t offset, uint32_t width)
{
	struct kernel_device *device = of(access);

	return (uint32_t)trap(device, SYS_DEVICE_CONFIG,
	                      (const uint64_t[6]){device->handle, offset, width, DEVICE_READ});
}

static void config_write(struct device_access *access, uint32_t offset, uint32_t width, uint32_t value)
{
	struct kernel_device *device = of(access);

	trap(device, SYS_DEVICE_CONFIG, (const uint64_t[6]){device->handle, offset, width, DEVICE_WRITE, value});
}

static enum error bar_map(struct device_access *access, uint32_t bar, uint64_t address, uint64_t size)
{
	struct kernel_device *device = of(access);
	struct memory_info info;
	uint64_t status;

	if (device->bars[bar] != NULL)
		return E_OK;
	status = trap(device, SYS_DEVICE_MAP, (const uint64_t[6]){device->handle, bar, address, size});
	if (result_is_error(status))
		return result_error(status);
	result(device, &info, sizeof(info));
	device->bars[bar] = (uint8_t *)(uintptr_t)info.address;
	return E_OK;
}

static uint32_t register_read(struct device_access *access, uint32_t bar, uint64_t offset, uint32_t width)
{
	volatile uint8_t *at = of(access)->bars[bar] + offset;

	/* A load may pass stores to other places (SDM vol. 3A, 8.2.2). */
	atomic_fence();
	switch (width) {
	case 1:
		return *at;
	case 2:
		return *(volatile uint16_t *)at;
	default:
		return *(volatile uint32_t *)at;
	}
}

/* The processor writes to uncached memory in order, after all that was written before (SDM vol. 3A, 8.2.2, 11.3). */
static void register_write(struct device_access *access, uint32_t bar, uint64_t offset, uint32_t width,
                           uint32_t value)
{
	volatile uint8_t *at = of(access)->bars[bar] + offset;

	__asm__ volatile("" : : : "memory");
	switch (width) {
	case 1:
		*at = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)at = (uint16_t)value;
		break;
	default:
		*(volatile uint32_t *)at = value;
		break;
	}
}

static enum error memory_allocate(struct device_access *access, size_t size, void **address,
                                  uint64_t *device_address)
{
	struct kernel_device *device = of(access);
	struct dma_info info;
	uint64_t status;

	for (size_t i = 0; i < DMA_PIECES; i++) {
		if (device->memory[i].address != NULL)
			continue;
		status = trap(device, SYS_DMA_ALLOCATE, (const uint64_t[6]){device->handle, size});
		if (result_is_error(status))
			return result_error(status);
		result(device, &info, sizeof(info));
		*address = (void *)(uintptr_t)info.address;
		*device_address = info.device_address;
		device->memory[i].address = *address;
		device->memory[i].handle = (handle_t)status;
		return E_OK;
	}
	return E_QUOTA;
}

static void memory_free(struct device_access *access, void *address, size_t size)
{
	struct kernel_device *device = of(access);

	(void)size;
	for (size_t i = 0; i < DMA_PIECES; i++) {
		if (device->memory[i].address != address)
			continue;
		device->memory[i].address = NULL;
		trap(device, SYS_VM_DEALLOCATE, (const uint64_t[6]){device->memory[i].handle});
		return;
	}
}

static enum error interrupt_bind(struct device_access *access, uint32_t vector, struct interrupt_message *message)
{
	struct kernel_device *device = of(access);
	struct interrupt_info info;
	uint64_t status = trap(device, SYS_INTERRUPT_BIND,
	                       (const uint64_t[6]){device->handle, vector, runtime_start(device->runtime)->home,
	                                           message != NULL ? DEVICE_MESSAGE : DEVICE_LINE});

	if (result_is_error(status))
		return result_error(status);
	if (message != NULL) {
		result(device, &info, sizeof(info));
		*message = (struct interrupt_message){.address = info.address, .data = info.data};
	}
	return E_OK;
}

static void interrupt_acknowledge(struct device_access *access, uint32_t vector)
{
	struct kernel_device *device = of(access);

	trap(device, SYS_INTERRUPT_ACKNOWLEDGE, (const uint64_t[6]){device->handle, vector});
}

static const struct device_access_operations operations = {
	.config_read = config_read,
	.config_write = config_write,
	.bar_map = bar_map,
	.register_read = register_read,
	.register_write = register_write,
	.memory_allocate = memory_allocate,
	.memory_free = memory_free,
	.interrupt_bind = interrupt_bind,
	.interrupt_acknowledge = interrupt_acknowledge,
};

/* ---- finding one ------------------------------------------------------------------ */

static bool is_of_type(const struct device_description *description, uint32_t type)
{
	if (description->vendor != VENDOR_VIRTIO)
		return false;
	return description->device == DEVICE_MODERN + type ||
	       (description->device == DEVICE_NET_OLD && type == TYPE_NET) ||
	       (description->device == DEVICE_BLK_OLD && type == TYPE_BLK);
}

/* The id of the `index`th of that type; 0: there are not so many. */
static uint64_t find(struct kernel_device *device, handle_t authority, uint32_t type, uint32_t index)
{
	struct device_description description;
	uint64_t cursor = 0;

	for (;;) {
		cursor = trap(device, SYS_DEVICE_INFO, (const uint64_t[6]){authority, cursor});
		if (cursor == 0 || result_is_error(cursor))
			return 0;
		result(device, &description, sizeof(description));
		if (is_of_type(&description, type) && index-- == 0)
			return description.id;
	}
}

int32_t kernel_device_claim(struct kernel_device *device, struct runtime *runtime, uint32_t type, uint32_t index)
{
	handle_t authority = runtime_grant(runtime, "devices");
	uint64_t id, status;

	memset(device, 0, sizeof(*device));
	device->access.operations = &operations;
	device->runtime = runtime;
	id = find(device, authority, type, index);
	if (id == 0)
		return POSIX_ENOENT;
	status = trap(device, SYS_DEVICE_CLAIM, (const uint64_t[6]){authority, id});
	if (result_is_error(status))
		return result_error(status) == E_BUSY ? POSIX_EBUSY : POSIX_ENOMEM;
	device->handle = (handle_t)status;
	return 0;
}

void kernel_device_drop(struct kernel_device *device)
{
	trap(device, SYS_CAP_DROP, (const uint64_t[6]){device->handle});
	for (size_t i = 0; i < DMA_PIECES; i++) {
		if (device->memory[i].address != NULL)
			memory_free(&device->access, device->memory[i].address, 0);
	}
}

/* platform.h's part of devices, in memory: see memory_platform.h. */
#include <check.h>

#include "memory_platform.h"

static struct device *device_of(const struct device_claim *claim)
{
	struct device *device = claim->machine;

	ck_assert_ptr_eq(device->claim, claim);
	return device;
}

bool platform_device_find(struct machine *machine, uint64_t cursor, struct device_description *description,
                          uint64_t *next)
{
	(void)machine;
	if (cursor >= MACHINE_DEVICES)
		return false;
	*description = (struct device_description){
		.id = MACHINE_DEVICE + cursor, .vendor = 0x1af4, .device = (uint16_t)(0x1040 + cursor)};
	*next = cursor + 1;
	return true;
}

enum error platform_device_claim(struct machine *machine, struct device_claim *claim)
{
	struct device *device;

	if (++machine->requests == machine->fail_at)
		return E_NOMEM;
	if (claim->id < MACHINE_DEVICE || claim->id >= MACHINE_DEVICE + MACHINE_DEVICES)
		return E_INVAL;
	device = &machine->devices[claim->id - MACHINE_DEVICE];
	ck_assert_ptr_null(device->claim);
	device->claim = claim;
	claim->machine = device;
	return E_OK;
}

void platform_device_release(struct machine *machine, struct device_claim *claim)
{
	struct device *device = device_of(claim);

	device->claim = NULL;
	device->bound = 0;
	device->releases++;
	device->memory_at_release = machine->memory_bytes;
}

uint32_t platform_device_read(struct machine *machine, struct device_claim *claim, uint32_t offset, uint32_t width)
{
	(void)machine;
	ck_assert_uint_eq(offset % width, 0);
	return device_of(claim)->config[offset / 4];
}

void platform_device_write(struct machine *machine, struct device_claim *claim, uint32_t offset, uint32_t width,
                           uint32_t value)
{
	(void)machine;
	ck_assert_uint_eq(offset % width, 0);
	device_of(claim)->config[offset / 4] = value;
}

enum error platform_device_map(struct machine *machine, struct device_claim *claim, uint32_t bar, uint64_t physical,
                               uint64_t size, uint64_t *address)
{
	if (++machine->requests == machine->fail_at)
		return E_NOMEM;
	if (bar != 0 || physical != MACHINE_BAR || size != MACHINE_BAR_SIZE)
		return E_INVAL;
	device_of(claim)->maps++;
	*address = 0x700000;
	return E_OK;
}

void platform_device_unmap(struct machine *machine, struct device_claim *claim, uint64_t address)
{
	(void)machine;
	ck_assert_uint_eq(address, 0x700000);
	device_of(claim)->unmaps++;
}

uint64_t platform_memory_physical(struct machine *machine, struct memory *memory)
{
	(void)machine;
	return 0x100000 + memory->size;
}

enum error platform_interrupt_bind(struct machine *machine, struct device_claim *claim, uint32_t vector,
                                   enum device_interrupt_kind kind, struct interrupt_info *info)
{
	if (++machine->requests == machine->fail_at)
		return E_NOMEM;
	device_of(claim)->bound |= 1u << vector;
	if (kind == DEVICE_MESSAGE)
		*info = (struct interrupt_info){.address = 0xfee00000, .data = vector};
	return E_OK;
}

void platform_interrupt_unmask(struct machine *machine, struct device_claim *claim, uint32_t vector)
{
	(void)machine;
	ck_assert_uint_lt(vector, DEVICE_VECTORS);
	device_of(claim)->unmasks++;
}

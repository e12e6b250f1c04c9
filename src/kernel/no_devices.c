/* platform.h's part of devices for a machine that has none: nothing is found, so nothing else is asked for. */
#include "kernel/object.h"
#include "kernel/platform.h"

bool platform_device_find(struct machine *machine, uint64_t cursor, struct device_description *description,
                          uint64_t *next)
{
	(void)machine;
	(void)cursor;
	(void)description;
	(void)next;
	return false;
}

enum error platform_device_claim(struct machine *machine, struct device_claim *claim)
{
	(void)machine;
	(void)claim;
	return E_INVAL;
}

void platform_device_release(struct machine *machine, struct device_claim *claim)
{
	(void)machine;
	(void)claim;
	__builtin_trap();
}

uint32_t platform_device_read(struct machine *machine, struct device_claim *claim, uint32_t offset, uint32_t width)
{
	(void)machine;
	(void)claim;
	(void)offset;
	(void)width;
	__builtin_trap();
}

void platform_device_write(struct machine *machine, struct device_claim *claim, uint32_t offset, uint32_t width,
                           uint32_t value)
{
	(void)machine;
	(void)claim;
	(void)offset;
	(void)width;
	(void)value;
	__builtin_trap();
}

enum error platform_device_map(struct machine *machine, struct device_claim *claim, uint32_t bar, uint64_t physical,
                               uint64_t size, uint64_t *address)
{
	(void)machine;
	(void)claim;
	(void)bar;
	(void)physical;
	(void)size;
	(void)address;
	__builtin_trap();
}

void platform_device_unmap(struct machine *machine, struct device_claim *claim, uint64_t address)
{
	(void)machine;
	(void)claim;
	(void)address;
	__builtin_trap();
}

uint64_t platform_memory_physical(struct machine *machine, struct memory *memory)
{
	(void)machine;
	(void)memory;
	__builtin_trap();
}

enum error platform_interrupt_bind(struct machine *machine, struct device_claim *claim, uint32_t vector,
                                   enum device_interrupt_kind kind, struct interrupt_info *info)
{
	(void)machine;
	(void)claim;
	(void)vector;
	(void)kind;
	(void)info;
	__builtin_trap();
}

void platform_interrupt_unmask(struct machine *machine, struct device_claim *claim, uint32_t vector)
{
	(void)machine;
	(void)claim;
	(void)vector;
	__builtin_trap();
}

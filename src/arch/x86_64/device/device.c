/* Devices that processes drive: platform.h's part of what they are and of their registers. */
#include <drydock/string.h>

#include "arch/x86_64/machine.h"

static struct pci_function *function_of(struct device_claim *claim)
{
	return claim->machine;
}

/* A number that is never 0. */
static uint64_t identity(const struct pci_function *function)
{
	return function->place + 1ull;
}

static struct pci *devices(struct machine *machine)
{
	if (machine->pci == NULL) {
		machine->pci = heap_allocate(&machine->heap, sizeof(*machine->pci));
		if (machine->pci != NULL)
			pci_scan(machine->pci);
	}
	return machine->pci;
}

bool platform_device_find(struct machine *machine, uint64_t cursor, struct device_description *description,
                          uint64_t *next)
{
	const struct pci *pci = devices(machine);
	const struct pci_function *function;

	if (pci == NULL || cursor >= pci->count)
		return false;
	function = &pci->functions[cursor];
	*description = (struct device_description){
		.id = identity(function),
		.vendor = function->vendor,
		.device = function->device,
		.class = function->class,
		.place = function->place,
	};
	*next = cursor + 1;
	return true;
}

enum error platform_device_claim(struct machine *machine, struct device_claim *claim)
{
	struct pci *pci = devices(machine);

	if (pci == NULL)
		return E_NOMEM;
	for (uint32_t i = 0; i < pci->count; i++) {
		struct pci_function *function = &pci->functions[i];

		if (identity(function) != claim->id)
			continue;
		function->claim = claim;
		function->sizing = 0;
		claim->machine = function;
		return E_OK;
	}
	return E_INVAL;
}

void platform_device_release(struct machine *machine, struct device_claim *claim)
{
	/* First the bus: it begins nothing more. What it has begun is the core's worry. */
	pci_silence(function_of(claim));
	device_unbind(machine, claim);
	function_of(claim)->claim = NULL;
}

uint32_t platform_device_read(struct machine *machine, struct device_claim *claim, uint32_t offset, uint32_t width)
{
	(void)machine;
	return pci_driver_read(function_of(claim), offset, width);
}

void platform_device_write(struct machine *machine, struct device_claim *claim, uint32_t offset, uint32_t width,
                           uint32_t value)
{
	(void)machine;
	pci_driver_write(function_of(claim), offset, width, value);
}

/* Whether anything lies there that is no device: memory, or what interrupts are delivered by. */
static bool occupied(const struct machine *machine, uint64_t physical, uint64_t size)
{
	uint64_t end = physical + size;

	if (physical < DEVICES_END && end > DEVICES_START)
		return true;
	for (uint64_t page = physical; page < end && page / RAM_PAGE < machine->ram.count; page += RAM_PAGE) {
		if (machine->ram.frames[page / RAM_PAGE].state != FRAME_ABSENT)
			return true;
	}
	return false;
}

enum error platform_device_map(struct machine *machine, struct device_claim *claim, uint32_t bar, uint64_t physical,
                               uint64_t size, uint64_t *address)
{
	const struct pci_bar *known = &function_of(claim)->bars[bar];
	struct task *task = claim->process->machine;

	/* Of a page that it shares with others nothing is mapped. */
	if (known->size != size || known->address != physical || physical == 0 || size % RAM_PAGE != 0 ||
	    physical % RAM_PAGE != 0 || physical > PHYSICAL_END - size || occupied(machine, physical, size))
		return E_INVAL;
	return space_map_device(&task->space, physical, size / RAM_PAGE, address) ? E_OK : E_NOMEM;
}

void platform_device_unmap(struct machine *machine, struct device_claim *claim, uint64_t address)
{
	struct task *task = claim->process->machine;

	(void)machine;
	space_unmap(&task->space, address);
}

uint64_t platform_memory_physical(struct machine *machine, struct memory *memory)
{
	const struct region *region = memory->machine;

	(void)machine;
	return (uint64_t)region->chain.first * RAM_PAGE;
}

/* Configuration space of a PCI function: capability list, base address registers. */
#include "drivers/pci.h"

#include <drydock/string.h>

/* Base address registers (section 6.2.5.1). */
#define BAR_IO         (1u << 0)
#define BAR_TYPE       (3u << 1)
#define BAR_TYPE_64    (2u << 1)
#define BAR_FLAGS      0xfull
#define BAR_SIZE_LIMIT (1ull << 40) /* no device has a terabyte; one that says so is broken */

static uint32_t config_read(const struct pci_function *pci, uint32_t offset, uint32_t width)
{
	return pci->access->operations->config_read(pci->access, offset, width);
}

static void config_write(const struct pci_function *pci, uint32_t offset, uint32_t width, uint32_t value)
{
	pci->access->operations->config_write(pci->access, offset, width, value);
}

uint32_t pci_config(const struct pci_function *pci, uint32_t offset, uint32_t width)
{
	uint32_t value = 0;

	if (offset > PCI_CONFIG_SIZE - width)
		return 0;
	memcpy(&value, &pci->config[offset], width);
	return value;
}

/* Section 6.7: a linked list, each element {id, next, …}, behind the header, on four bytes. */
static const char *list_capabilities(struct pci_function *pci)
{
	uint32_t offset;

	pci->capability_count = 0;
	if (!(pci_config(pci, PCI_STATUS, 2) & PCI_HAS_CAPABILITIES))
		return NULL;
	offset = pci_config(pci, PCI_CAPABILITY, 1) & ~3u;
	while (offset != 0) {
		if (offset < 0x40)
			return "its list of PCI capabilities leads into the header";
		if (pci->capability_count == PCI_CAPABILITIES)
			return "its list of PCI capabilities has no end";
		pci->capabilities[pci->capability_count++] = (uint8_t)offset;
		offset = pci_config(pci, offset + 1, 1) & ~3u;
	}
	return NULL;
}

const char *pci_open(struct pci_function *pci, struct device_access *access)
{
	*pci = (struct pci_function){.access = access};
	for (uint32_t offset = 0; offset < PCI_CONFIG_SIZE; offset += 4) {
		uint32_t value = config_read(pci, offset, 4);

		memcpy(&pci->config[offset], &value, 4);
	}
	if (pci_config(pci, PCI_VENDOR, 2) == 0xffff)
		return "there is no such PCI function";
	if ((pci_config(pci, PCI_HEADER_TYPE, 1) & 0x7f) != 0)
		return "it is a PCI bridge";
	return list_capabilities(pci);
}

void pci_command(struct pci_function *pci, uint32_t set, uint32_t clear)
{
	uint32_t command = config_read(pci, PCI_COMMAND, 2);

	config_write(pci, PCI_COMMAND, 2, (command & ~clear) | set);
}

/*
 * The address and what becomes of all ones written there, which is the size's
 * complement. Nothing may be decoded meanwhile: the BAR is somewhere else.
 */
static void bar_probe(struct pci_function *pci, uint32_t bar, bool wide, uint64_t *address, uint64_t *mask)
{
	uint32_t place = PCI_BAR + 4 * bar;
	uint32_t command = config_read(pci, PCI_COMMAND, 2);
	uint32_t low, high = 0;

	config_write(pci, PCI_COMMAND, 2, command & ~(PCI_DECODE_IO | PCI_DECODE_MEMORY));
	low = config_read(pci, place, 4);
	config_write(pci, place, 4, UINT32_MAX);
	*mask = config_read(pci, place, 4) | (uint64_t)UINT32_MAX << 32;
	config_write(pci, place, 4, low);
	if (wide) {
		high = config_read(pci, place + 4, 4);
		config_write(pci, place + 4, 4, UINT32_MAX);
		*mask = (*mask & UINT32_MAX) | (uint64_t)config_read(pci, place + 4, 4) << 32;
		config_write(pci, place + 4, 4, high);
	}
	config_write(pci, PCI_COMMAND, 2, command);
	*address = ((uint64_t)high << 32 | low) & ~BAR_FLAGS;
}

static const char *bar_map(struct pci_function *pci, uint32_t bar)
{
	uint32_t flags = pci_config(pci, PCI_BAR + 4 * bar, 4) & BAR_FLAGS;
	uint64_t address, mask, size;

	if (flags & BAR_IO)
		return "its registers are in I/O space";
	if ((flags & BAR_TYPE) != 0 && ((flags & BAR_TYPE) != BAR_TYPE_64 || bar == PCI_BARS - 1))
		return "a base address register is of a type that does not exist";
	bar_probe(pci, bar, flags & BAR_TYPE_64, &address, &mask);
	mask &= ~BAR_FLAGS;
	if (!(flags & BAR_TYPE_64) && (mask & UINT32_MAX) == 0)
		return "a base address register is missing";
	size = ~mask + 1;
	if (mask == 0 || (size & (size - 1)) != 0 || size > BAR_SIZE_LIMIT)
		return "a base address register has no size";
	if (address == 0 || (address & (size - 1)) != 0 || address > UINT64_MAX - size)
		return "a base address register has no address";
	if (pci->access->operations->bar_map(pci->access, bar, address, size) != E_OK)
		return "its registers cannot be mapped";
	pci->bar_size[bar] = size;
	return NULL;
}

const char *pci_use(struct pci_function *pci, uint32_t bar, uint64_t offset, uint64_t length)
{
	if (bar >= PCI_BARS)
		return "it names a base address register that does not exist";
	if (pci->bar_size[bar] == 0) {
		const char *wrong = bar_map(pci, bar);

		if (wrong)
			return wrong;
	}
	if (length > pci->bar_size[bar] || offset > pci->bar_size[bar] - length)
		return "a structure lies beyond the end of its base address register";
	return NULL;
}

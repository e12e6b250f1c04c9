/* The PCI bus, by configuration mechanism 1 (PCI Local Bus Specification 3.0, section 3.2.2.3.2). */
#include "arch/x86_64/device/pci.h"

#include "arch/x86_64/instructions.h"

#define PORT_ADDRESS   0xcf8
#define PORT_DATA      0xcfc
#define ADDRESS_ENABLE 0x80000000u

/* Registers (sections 6.1 and 6.2; of bridges PCI-to-PCI Bridge Architecture 1.2, section 3.2). */
#define VENDOR        0x00u
#define COMMAND       0x04u
#define CLASS         0x08u
#define HEADER_TYPE   0x0eu
#define BAR           0x10u
#define SECONDARY_BUS 0x19u
#define ROM           0x30u
#define LINE          0x3cu

#define VENDOR_NONE        0xffffu
#define HEADER_KIND        0x7fu
#define HEADER_KIND_BRIDGE 1u
#define HEADER_MULTIPLE    0x80u

#define COMMAND_IO           1u
#define COMMAND_MEMORY       2u
#define COMMAND_MASTER       4u
#define COMMAND_LINE_DISABLE 0x400u

#define BAR_IO    1u
#define BAR_KIND  6u
#define BAR_64    4u
#define BAR_FLAGS 0xfull

#define CLASS_BRIDGE 0x06u

#define BUSES 256u

static void select(uint16_t place, uint32_t offset)
{
	port_write32(PORT_ADDRESS, ADDRESS_ENABLE | (uint32_t)place << 8 | (offset & 0xfcu));
}

uint32_t pci_read(uint16_t place, uint32_t offset, uint32_t width)
{
	uint32_t value;

	select(place, offset);
	value = port_read32(PORT_DATA) >> 8 * (offset & 3);
	return width == 4 ? value : value & ((1u << 8 * width) - 1);
}

void pci_write(uint16_t place, uint32_t offset, uint32_t width, uint32_t value)
{
	select(place, offset);
	/* Exactly so wide: bits of the status register beside the command are cleared by writing them. */
	if (width == 4)
		port_write32(PORT_DATA, value);
	else if (width == 2)
		port_write16((uint16_t)(PORT_DATA + (offset & 2)), (uint16_t)value);
	else
		port_write8((uint16_t)(PORT_DATA + (offset & 3)), (uint8_t)value);
}

/* ---- registers ------------------------------------------------------------------ */

/* Reads a register, and what becomes of all ones in it, which is put back. */
static void probe(struct pci_function *function, uint32_t bar)
{
	uint32_t offset = BAR + 4 * bar;

	function->raw[bar] = pci_read(function->place, offset, 4);
	pci_write(function->place, offset, 4, UINT32_MAX);
	function->masks[bar] = pci_read(function->place, offset, 4);
	pci_write(function->place, offset, 4, function->raw[bar]);
}

static void size_bars(struct pci_function *function)
{
	uint16_t place = function->place;
	uint32_t command = pci_read(place, COMMAND, 2);

	/* While registers say something else than where they are, nothing is decoded. */
	pci_write(place, COMMAND, 2, command & ~(COMMAND_IO | COMMAND_MEMORY));
	for (uint32_t bar = 0; bar < DEVICE_BARS; bar++)
		probe(function, bar);
	pci_write(place, COMMAND, 2, command & ~COMMAND_MASTER);
	for (uint32_t bar = 0; bar < DEVICE_BARS; bar++) {
		uint64_t address = function->raw[bar], mask = function->masks[bar];
		struct pci_bar *found = &function->bars[bar];

		if (address & BAR_IO || mask == 0)
			continue;
		if ((address & BAR_KIND) == BAR_64 && bar + 1 < DEVICE_BARS) {
			bar++;
			address |= (uint64_t)function->raw[bar] << 32;
			mask |= (uint64_t)function->masks[bar] << 32;
		} else {
			mask |= (uint64_t)UINT32_MAX << 32;
		}
		found->address = address & ~BAR_FLAGS;
		found->size = ~(mask & ~BAR_FLAGS) + 1;
	}
}

/* The BAR that lies there; DEVICE_BARS where none does. */
static uint32_t bar_at(uint32_t offset)
{
	return offset >= BAR && offset < BAR + 4 * DEVICE_BARS ? (offset - BAR) / 4 : DEVICE_BARS;
}

uint32_t pci_driver_read(const struct pci_function *function, uint32_t offset, uint32_t width)
{
	uint32_t bar = bar_at(offset);

	if (bar < DEVICE_BARS && width == 4 && function->sizing & 1u << bar)
		return function->masks[bar];
	return pci_read(function->place, offset, width);
}

void pci_driver_write(struct pci_function *function, uint32_t offset, uint32_t width, uint32_t value)
{
	uint32_t bar = bar_at(offset);

	/* What the ROM holds is the firmware's business: where it would lie, others' registers may. */
	if (offset / 4 == ROM / 4)
		return;
	if (bar == DEVICE_BARS)
		pci_write(function->place, offset, width, value);
	else if (width == 4 && value == UINT32_MAX)
		function->sizing |= (uint8_t)(1u << bar);
	else
		function->sizing &= (uint8_t)~(1u << bar);
}

/* ---- finding ------------------------------------------------------------------ */

static void note(struct pci *pci, uint16_t place)
{
	uint32_t class = pci_read(place, CLASS, 4) >> 8;
	struct pci_function *function;

	if (pci->count == PCI_FUNCTIONS || class >> 16 == CLASS_BRIDGE)
		return;
	function = &pci->functions[pci->count++];
	function->place = place;
	function->vendor = (uint16_t)pci_read(place, VENDOR, 2);
	function->device = (uint16_t)pci_read(place, VENDOR + 2, 2);
	function->class = class;
	/* What stands there later is its driver's word, who may not have the line of others. */
	function->wired = (uint8_t)pci_read(place, LINE, 1);
	size_bars(function);
}

/* Buses behind the bridges of this one, which have higher numbers, are added to `buses`. */
static void scan_bus(struct pci *pci, uint32_t bus, bool buses[BUSES])
{
	for (uint32_t device = 0; device < 32; device++) {
		uint32_t functions = 1;

		for (uint32_t function = 0; function < functions; function++) {
			uint16_t place = (uint16_t)(bus << 8 | device << 3 | function);
			uint32_t header;

			if (pci_read(place, VENDOR, 2) == VENDOR_NONE)
				continue;
			header = pci_read(place, HEADER_TYPE, 1);
			if (function == 0 && header & HEADER_MULTIPLE)
				functions = 8;
			if ((header & HEADER_KIND) == HEADER_KIND_BRIDGE)
				buses[pci_read(place, SECONDARY_BUS, 1)] = true;
			else
				note(pci, place);
		}
	}
}

void pci_scan(struct pci *pci)
{
	bool buses[BUSES] = {true};

	for (uint32_t bus = 0; bus < BUSES; bus++) {
		if (buses[bus])
			scan_bus(pci, bus, buses);
	}
}

void pci_silence(const struct pci_function *function)
{
	uint32_t command = pci_read(function->place, COMMAND, 2);

	command &= ~(COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER);
	pci_write(function->place, COMMAND, 2, command | COMMAND_LINE_DISABLE);
}

/*
 * The PCI bus (PCI Local Bus Specification 3.0, chapters 3 and 6): which
 * functions there are, and their configuration space. Looked for when somebody
 * first asks, so that a system without drivers boots without.
 */
#ifndef DRYDOCK_ARCH_PCI_H
#define DRYDOCK_ARCH_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/sys.h>

#define PCI_FUNCTIONS 64u /* of more the rest is not seen */

/* A base address register of memory, as firmware has set it. */
struct pci_bar {
	uint64_t address;
	uint64_t size; /* bytes; 0: there is none, or it is of I/O, or the upper half of the one before */
};

struct device_claim;

struct pci_function {
	uint16_t place; /* {bus:8, device:5, function:3} */
	uint16_t vendor, device;
	uint32_t class;
	uint8_t wired; /* the interrupt line that firmware has given it (section 6.2.4); 0 or 255: none */
	struct pci_bar bars[DEVICE_BARS];
	uint32_t raw[DEVICE_BARS];   /* the registers, */
	uint32_t masks[DEVICE_BARS]; /* and what they are after all ones were written there */
	struct device_claim *claim;  /* NULL: nobody's */
	/* While it is somebody's. */
	uint8_t sizing;                  /* bits of BARs to which its driver has written all ones */
	uint8_t line;                    /* `wired` while it is bound, else 0 */
	uint8_t vectors[DEVICE_VECTORS]; /* of the processor; 0: none is bound */
};

struct pci {
	uint32_t count;
	struct pci_function functions[PCI_FUNCTIONS];
};

/*
 * Finds all functions behind host bridge 0, and where their registers lie. Bridges
 * and what else makes up the chip set are nobody's to drive, and left out.
 * None is to use the bus until it has a driver. `pci` is zeroed.
 */
void pci_scan(struct pci *pci);

/* Configuration space, `width` 1, 2 or 4, `offset` a multiple of it below 256. */
uint32_t pci_read(uint16_t place, uint32_t offset, uint32_t width);
void pci_write(uint16_t place, uint32_t offset, uint32_t width, uint32_t value);

/*
 * The same for who drives the function. Its registers stay where they are: what is
 * written to base addresses is only shown to have been, as far as finding out their
 * sizes takes (section 6.2.5.1), and its ROM stays out of sight (section 6.2.5.2).
 */
uint32_t pci_driver_read(const struct pci_function *function, uint32_t offset, uint32_t width);
void pci_driver_write(struct pci_function *function, uint32_t offset, uint32_t width, uint32_t value);

/* It decodes nothing, reaches no memory, and interrupts nobody. */
void pci_silence(const struct pci_function *function);

#endif

/*
 * One PCI function as its configuration space describes it (PCI Local Bus
 * Specification 3.0, chapter 6). The space is read once, and what is said there
 * is believed only as far as it can be true: a list may loop, a BAR may be
 * anything.
 *
 * Functions that can fail return NULL, or what is wrong in words for the log.
 */
#ifndef DRYDOCK_DRIVERS_PCI_H
#define DRYDOCK_DRIVERS_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/access.h"

#define PCI_BARS         6
#define PCI_CONFIG_SIZE  256
#define PCI_CAPABILITIES 48 /* of four bytes each, as many as fit behind the header */

/* Registers of the header (section 6.1). */
#define PCI_VENDOR         0x00
#define PCI_DEVICE         0x02
#define PCI_COMMAND        0x04
#define PCI_STATUS         0x06
#define PCI_HEADER_TYPE    0x0e
#define PCI_BAR            0x10
#define PCI_CAPABILITY     0x34
#define PCI_INTERRUPT_PIN  0x3d

/* PCI_COMMAND (section 6.2.2). */
#define PCI_DECODE_IO     (1u << 0)
#define PCI_DECODE_MEMORY (1u << 1)
#define PCI_BUS_MASTER    (1u << 2)
#define PCI_LINE_DISABLE  (1u << 10)

#define PCI_HAS_CAPABILITIES (1u << 4)

#define PCI_CAPABILITY_VENDOR 0x09
#define PCI_CAPABILITY_MSIX   0x11

struct pci_function {
	struct device_access *access;
	uint8_t config[PCI_CONFIG_SIZE];        /* as it was when opened */
	uint8_t capabilities[PCI_CAPABILITIES]; /* their offsets, in the order of the list */
	uint32_t capability_count;
	uint64_t bar_size[PCI_BARS];            /* of those mapped, else 0 */
};

/* Reads the configuration space. Nothing of the function is changed. */
const char *pci_open(struct pci_function *pci, struct device_access *access);

/* `width` bytes (1, 2 or 4) of the space as it was when opened; 0 beyond its end. */
uint32_t pci_config(const struct pci_function *pci, uint32_t offset, uint32_t width);

/*
 * Makes `length` bytes from `offset` of a BAR usable; finds out where the BAR
 * is and maps it, the first time. Memory access of the function must not be needed
 * meanwhile: it is off while the BAR is sized.
 */
const char *pci_use(struct pci_function *pci, uint32_t bar, uint64_t offset, uint64_t length);

/* Sets and clears bits of PCI_COMMAND. */
void pci_command(struct pci_function *pci, uint32_t set, uint32_t clear);

#endif

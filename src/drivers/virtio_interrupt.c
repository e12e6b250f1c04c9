/*
 * Interrupts of a virtio device: MSI-X (PCI Local Bus Specification 3.0, section
 * 6.8.2; Virtio 1.2, section 4.1.5.1.2) with a vector for the configuration and
 * one for each queue, or the interrupt line that all share.
 */
#include "drivers/virtio_registers.h"

/* The MSI-X capability, and its table of 16-byte entries in a BAR. */
#define MSIX_CONTROL        2
#define MSIX_TABLE          4
#define MSIX_CONTROL_ENABLE (1u << 15)
#define MSIX_CONTROL_MASK   (1u << 14)
#define MSIX_CONTROL_SIZE   0x7ffu
#define MSIX_TABLE_BAR      7u

#define ENTRY_SIZE    16u
#define ENTRY_ADDRESS 0
#define ENTRY_DATA    8
#define ENTRY_CONTROL 12

static uint32_t find_msix(const struct pci_function *pci)
{
	for (uint32_t i = 0; i < pci->capability_count; i++) {
		uint32_t at = pci->capabilities[i];

		if (pci_config(pci, at, 1) == PCI_CAPABILITY_MSIX && at + 12u <= PCI_CONFIG_SIZE)
			return at;
	}
	return 0;
}

static void write_entry(struct virtio *virtio, const struct virtio_region *table, uint32_t vector,
                        const struct interrupt_message *message)
{
	uint32_t entry = vector * ENTRY_SIZE;

	virtio_write(virtio, table, entry + ENTRY_ADDRESS, 4, (uint32_t)message->address);
	virtio_write(virtio, table, entry + ENTRY_ADDRESS + 4, 4, (uint32_t)(message->address >> 32));
	virtio_write(virtio, table, entry + ENTRY_DATA, 4, message->data);
	virtio_write(virtio, table, entry + ENTRY_CONTROL, 4, 0);
}

/* False where the function has no MSI-X, not enough of it, or the machine binds none. */
static bool bind_messages(struct virtio *virtio, uint32_t vectors)
{
	const struct device_access_operations *operations = virtio->access->operations;
	struct pci_function *pci = &virtio->pci;
	uint32_t capability = find_msix(pci);
	struct virtio_region table;
	uint32_t control, place;

	if (capability == 0)
		return false;
	control = pci_config(pci, capability + MSIX_CONTROL, 2) & ~(MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK);
	/* Off, as firmware may not have left it. */
	operations->config_write(virtio->access, capability + MSIX_CONTROL, 2, control);
	place = pci_config(pci, capability + MSIX_TABLE, 4);
	table = (struct virtio_region){place & MSIX_TABLE_BAR, place & ~MSIX_TABLE_BAR, vectors * ENTRY_SIZE};
	if ((control & MSIX_CONTROL_SIZE) + 1 < vectors ||
	    pci_use(pci, table.bar, table.offset, table.length))
		return false;
	/* All masked while the table is written. */
	operations->config_write(virtio->access, capability + MSIX_CONTROL, 2,
	                         control | MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK);
	for (uint32_t vector = 0; vector < vectors; vector++) {
		struct interrupt_message message;

		if (operations->interrupt_bind(virtio->access, vector, &message) != E_OK) {
			operations->config_write(virtio->access, capability + MSIX_CONTROL, 2, control);
			return false;
		}
		write_entry(virtio, &table, vector, &message);
	}
	operations->config_write(virtio->access, capability + MSIX_CONTROL, 2, control | MSIX_CONTROL_ENABLE);
	return true;
}

const char *virtio_bind_interrupts(struct virtio *virtio, uint32_t queues)
{
	virtio->messages = bind_messages(virtio, queues + 1);
	if (virtio->messages) {
		virtio->vectors = queues + 1;
		pci_command(&virtio->pci, PCI_LINE_DISABLE, 0);
		virtio_write(virtio, &virtio->common, COMMON_CONFIG_VECTOR, 2, 0);
		if (virtio_read(virtio, &virtio->common, COMMON_CONFIG_VECTOR, 2) != 0)
			return "it does not accept the interrupt vector of its configuration";
		return NULL;
	}
	if (pci_config(&virtio->pci, PCI_INTERRUPT_PIN, 1) == 0 ||
	    virtio->access->operations->interrupt_bind(virtio->access, 0, NULL) != E_OK)
		return "it has no interrupt that this machine can deliver";
	virtio->vectors = 1;
	pci_command(&virtio->pci, 0, PCI_LINE_DISABLE);
	return NULL;
}

uint32_t virtio_interrupt(struct virtio *virtio, uint32_t vector)
{
	if (vector >= virtio->vectors || virtio->common.length == 0)
		return 0;
	virtio->unacknowledged |= 1u << vector;
	if (virtio->messages)
		return vector == 0 ? VIRTIO_INTERRUPT_CONFIG : VIRTIO_INTERRUPT_QUEUE;
	/* Section 4.1.4.5: reading says why, and lowers the line. */
	return virtio_read(virtio, &virtio->status, 0, 1) &
	       (VIRTIO_INTERRUPT_QUEUE | VIRTIO_INTERRUPT_CONFIG);
}

void virtio_acknowledge(struct virtio *virtio)
{
	for (uint32_t vector = 0; virtio->unacknowledged != 0; vector++) {
		if (virtio->unacknowledged & 1u << vector) {
			virtio->unacknowledged &= ~(1u << vector);
			virtio->access->operations->interrupt_acknowledge(virtio->access, vector);
		}
	}
}

/* The PCI function: configuration space, BARs, memory, interrupts. */
#include "simulator.h"

#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include <drydock/abi/sys.h>

#include "simulator_registers.h"

#define BAR4_ADDRESS 0x8000000000ull
#define BAR1_ADDRESS 0xfeb00000u

static struct simulator *simulator_of(struct device_access *access)
{
	return (struct simulator *)(void *)access;
}

void simulator_put(uint8_t *to, uint64_t value, uint32_t width)
{
	for (uint32_t i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

uint64_t simulator_get(const uint8_t *from, uint32_t width)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < width; i++)
		value |= (uint64_t)from[i] << (8 * i);
	return value;
}

static void check_width(uint64_t offset, uint32_t width)
{
	require(width == 1 || width == 2 || width == 4);
	require(offset % width == 0);
}

/* ---- configuration space ----------------------------------------------------- */

static uint32_t config_read(struct device_access *access, uint32_t offset, uint32_t width)
{
	check_width(offset, width);
	require(offset + width <= 256);
	return (uint32_t)simulator_get(&simulator_of(access)->config[offset], width);
}

/* Which bits of a 32-bit BAR register can be written. */
static uint32_t bar_register_mask(const struct simulator *simulator, uint32_t bar)
{
	if (bar > 0 &&
	    (simulator->config[PCI_BASE_ADDRESS_0 + 4 * (bar - 1)] & 0x7) == PCI_BASE_ADDRESS_MEM_TYPE_64 &&
	    simulator->bar_mask[bar - 1] != 0)
		return (uint32_t)(simulator->bar_mask[bar - 1] >> 32);
	return (uint32_t)simulator->bar_mask[bar];
}

static void config_write(struct device_access *access, uint32_t offset, uint32_t width, uint32_t value)
{
	struct simulator *simulator = simulator_of(access);
	uint32_t bar = (offset - PCI_BASE_ADDRESS_0) / 4;

	check_width(offset, width);
	require(offset + width <= 256);
	if (offset == PCI_COMMAND && width == 2) {
		simulator_put(&simulator->config[offset], value, 2);
	} else if (offset >= PCI_BASE_ADDRESS_0 && offset <= PCI_BASE_ADDRESS_5) {
		uint32_t mask = bar_register_mask(simulator, bar);
		uint32_t old = config_read(access, offset, 4);

		require(width == 4);
		/* Sized while it decodes, the function would answer anywhere. */
		require((config_read(access, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) == 0);
		simulator_put(&simulator->config[offset], (old & ~mask) | (value & mask), 4);
	} else if (offset == SIMULATOR_CAPABILITY_MSIX + PCI_MSIX_FLAGS && width == 2) {
		uint32_t mask = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
		uint32_t old = config_read(access, offset, 2);

		simulator_put(&simulator->config[offset], (old & ~mask) | (value & mask), 2);
	} else {
		ck_abort_msg("a driver writes %u bytes at %#x of configuration space", width, offset);
	}
}

static enum error bar_map(struct device_access *access, uint32_t bar, uint64_t address, uint64_t size)
{
	struct simulator *simulator = simulator_of(access);

	require(bar < 6);
	simulator->maps++;
	if (!(bar == 4 && address == BAR4_ADDRESS && size == SIMULATOR_BAR) &&
	    !(bar == 1 && address == BAR1_ADDRESS && size == SIMULATOR_MSIX_BAR))
		return E_INVAL;
	simulator->mapped[bar] = true;
	return E_OK;
}

/* ---- registers ------------------------------------------------------------------ */

static void check_register(struct simulator *simulator, uint32_t bar, uint64_t offset, uint32_t width)
{
	check_width(offset, width);
	require(bar < 6 && simulator->mapped[bar]);
	require(offset + width <= (bar == 4 ? SIMULATOR_BAR : SIMULATOR_MSIX_BAR));
	require(config_read(&simulator->access, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);
}

static bool is_device_config(const struct simulator *simulator, uint64_t offset, uint32_t width)
{
	return offset >= SIMULATOR_DEVICE &&
	       offset + width <= SIMULATOR_DEVICE + sizeof(simulator->device_config);
}

static uint32_t register_read(struct device_access *access, uint32_t bar, uint64_t offset, uint32_t width)
{
	struct simulator *simulator = simulator_of(access);
	uint32_t value;

	check_register(simulator, bar, offset, width);
	if (simulator->vague &&
	    (bar != 4 || (offset >= SIMULATOR_ISR && !is_device_config(simulator, offset, width))))
		return 0;
	require(bar == 4);
	if (offset < SIMULATOR_ISR)
		return simulator_common_read(simulator, (uint32_t)offset, width);
	if (offset == SIMULATOR_ISR && width == 1) {
		value = simulator->isr;
		simulator->isr = 0;
		return value;
	}
	require(is_device_config(simulator, offset, width));
	return (uint32_t)simulator_get(&simulator->device_config[offset - SIMULATOR_DEVICE], width);
}

static void register_write(struct device_access *access, uint32_t bar, uint64_t offset, uint32_t width,
                           uint32_t value)
{
	struct simulator *simulator = simulator_of(access);

	check_register(simulator, bar, offset, width);
	if (simulator->vague && (bar != 4 || offset >= SIMULATOR_ISR))
		return;
	if (bar == 1) {
		require(offset + width <= sizeof(simulator->msix_table));
		simulator_put(&simulator->msix_table[offset], value, width);
	} else if (offset < SIMULATOR_ISR) {
		simulator_common_write(simulator, (uint32_t)offset, width, value);
	} else {
		uint64_t queue = (offset - SIMULATOR_NOTIFY) / 4;

		require(offset >= SIMULATOR_NOTIFY);
		require(queue < SIMULATOR_QUEUES);
		require(value == queue);
		require(simulator_running(simulator));
		simulator->queues[queue].notified++;
	}
}

/* ---- memory ------------------------------------------------------------------------ */

static enum error memory_allocate(struct device_access *access, size_t size, void **address,
                                  uint64_t *device_address)
{
	struct simulator *simulator = simulator_of(access);

	require(size > 0 && size % PAGE_SIZE == 0);
	if (simulator->memory_limit == 0)
		return E_NOMEM;
	simulator->memory_limit--;
	for (int i = 0; i < SIMULATOR_PIECES; i++) {
		if (simulator->pieces[i].address)
			continue;
		*address = simulator->pieces[i].address = aligned_alloc(PAGE_SIZE, size);
		require(*address != NULL);
		memset(*address, 0, size);
		*device_address = simulator->pieces[i].device_address = simulator->next_address;
		simulator->pieces[i].size = size;
		simulator->next_address += size + PAGE_SIZE;
		return E_OK;
	}
	return E_NOMEM;
}

static void memory_free(struct device_access *access, void *address, size_t size)
{
	struct simulator *simulator = simulator_of(access);

	for (int i = 0; i < SIMULATOR_PIECES; i++) {
		if (simulator->pieces[i].address == address && simulator->pieces[i].size == size) {
			free(address);
			simulator->pieces[i].address = NULL;
			return;
		}
	}
	ck_abort_msg("a driver frees memory that it does not have");
}

uint8_t *simulator_memory(struct simulator *simulator, uint64_t address, uint32_t length)
{
	require(config_read(&simulator->access, PCI_COMMAND, 2) & PCI_COMMAND_MASTER);
	for (int i = 0; i < SIMULATOR_PIECES; i++) {
		uint64_t offset = address - simulator->pieces[i].device_address;

		if (simulator->pieces[i].address && offset < simulator->pieces[i].size &&
		    length <= simulator->pieces[i].size - offset)
			return simulator->pieces[i].address + offset;
	}
	ck_abort_msg("a driver named %u bytes at %#llx, which it does not have", length,
	             (unsigned long long)address);
	return NULL;
}

/* ---- interrupts ------------------------------------------------------------------------ */

static enum error interrupt_bind(struct device_access *access, uint32_t vector,
                                 struct interrupt_message *message)
{
	struct simulator *simulator = simulator_of(access);

	require(vector < SIMULATOR_VECTORS);
	if (message ? simulator->no_messages : simulator->no_line)
		return E_INVAL;
	if (!message) {
		simulator->line_bound = true;
		return E_OK;
	}
	*message = (struct interrupt_message){0x1fee00000ull + vector * 64, 0x4100 + vector};
	simulator->messages[vector] = *message;
	return E_OK;
}

static void interrupt_acknowledge(struct device_access *access, uint32_t vector)
{
	struct simulator *simulator = simulator_of(access);

	require(simulator->masked & 1u << vector);
	simulator->masked &= ~(1u << vector);
}

static bool uses_messages(const struct simulator *simulator)
{
	return simulator_get(&simulator->config[SIMULATOR_CAPABILITY_MSIX + PCI_MSIX_FLAGS], 2) &
	       PCI_MSIX_FLAGS_ENABLE;
}

/* The message that was programmed must be the one that was bound for the vector. */
static void raise_message(struct simulator *simulator, uint16_t vector)
{
	const uint8_t *entry;

	if (vector == VIRTIO_MSI_NO_VECTOR)
		return;
	require(vector < SIMULATOR_VECTORS);
	entry = &simulator->msix_table[vector * 16];
	if (simulator->vague) {
		simulator->pending |= 1u << vector;
		return;
	}
	require(simulator_get(entry + PCI_MSIX_ENTRY_LOWER_ADDR, 8) == simulator->messages[vector].address);
	require(simulator_get(entry + PCI_MSIX_ENTRY_DATA, 4) == simulator->messages[vector].data);
	require((simulator_get(entry + PCI_MSIX_ENTRY_VECTOR_CTRL, 4) & PCI_MSIX_ENTRY_CTRL_MASKBIT) == 0);
	simulator->pending |= 1u << vector;
}

void simulator_raise(struct simulator *simulator, uint16_t vector, uint8_t cause)
{
	if (uses_messages(simulator)) {
		raise_message(simulator, vector);
		return;
	}
	simulator->isr |= cause;
	require((simulator_get(&simulator->config[PCI_COMMAND], 2) & PCI_COMMAND_INTX_DISABLE) == 0 ||
	        simulator->vague);
}

bool simulator_interrupts(struct simulator *simulator, struct device *device)
{
	uint32_t now = simulator->pending & ~simulator->masked;

	if (simulator->lose_interrupts > 0) {
		simulator->lose_interrupts--;
		return false;
	}
	/* A line stays up until its cause is read. */
	if (!uses_messages(simulator) && simulator->isr && simulator->line_bound)
		now |= 1u & ~simulator->masked;
	simulator->pending &= ~now;
	simulator->masked |= now;
	for (uint32_t vector = 0; vector < SIMULATOR_VECTORS; vector++) {
		if (now & 1u << vector)
			device_interrupt(device, vector);
	}
	return now != 0;
}

/* ---- making one ------------------------------------------------------------------------------ */

static void capability(struct simulator *simulator, uint32_t at, uint32_t next, uint32_t type,
                       uint32_t offset, uint32_t length)
{
	uint8_t *config = &simulator->config[at];

	config[0] = PCI_CAP_ID_VNDR;
	config[1] = (uint8_t)next;
	config[VIRTIO_PCI_CAP_LEN] = type == VIRTIO_PCI_CAP_NOTIFY_CFG ? 20 : 16;
	config[VIRTIO_PCI_CAP_CFG_TYPE] = (uint8_t)type;
	config[VIRTIO_PCI_CAP_BAR] = 4;
	simulator_put(config + VIRTIO_PCI_CAP_OFFSET, offset, 4);
	simulator_put(config + VIRTIO_PCI_CAP_LENGTH, length, 4);
	if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		simulator_put(config + VIRTIO_PCI_NOTIFY_CAP_MULT, 4, 4);
}

static void fill_config(struct simulator *simulator, uint32_t type)
{
	uint8_t *config = simulator->config;

	simulator_put(config + PCI_VENDOR_ID, 0x1af4, 2);
	simulator_put(config + PCI_DEVICE_ID, 0x1040 + type, 2);
	simulator_put(config + PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
	simulator_put(config + PCI_BASE_ADDRESS_1, BAR1_ADDRESS, 4);
	simulator_put(config + PCI_BASE_ADDRESS_4, BAR4_ADDRESS | PCI_BASE_ADDRESS_MEM_TYPE_64, 8);
	simulator->bar_mask[1] = ~(uint32_t)(SIMULATOR_MSIX_BAR - 1);
	simulator->bar_mask[4] = ~(uint64_t)(SIMULATOR_BAR - 1);
	config[PCI_CAPABILITY_LIST] = SIMULATOR_CAPABILITY_COMMON;
	config[PCI_INTERRUPT_PIN] = 1;
	capability(simulator, SIMULATOR_CAPABILITY_COMMON, SIMULATOR_CAPABILITY_NOTIFY,
	           VIRTIO_PCI_CAP_COMMON_CFG, SIMULATOR_COMMON, sizeof(struct virtio_pci_common_cfg));
	capability(simulator, SIMULATOR_CAPABILITY_NOTIFY, SIMULATOR_CAPABILITY_ISR,
	           VIRTIO_PCI_CAP_NOTIFY_CFG, SIMULATOR_NOTIFY, 4 * SIMULATOR_QUEUES);
	capability(simulator, SIMULATOR_CAPABILITY_ISR, SIMULATOR_CAPABILITY_DEVICE, VIRTIO_PCI_CAP_ISR_CFG,
	           SIMULATOR_ISR, 1);
	capability(simulator, SIMULATOR_CAPABILITY_DEVICE, SIMULATOR_CAPABILITY_MSIX,
	           VIRTIO_PCI_CAP_DEVICE_CFG, SIMULATOR_DEVICE, sizeof(simulator->device_config));
	config[SIMULATOR_CAPABILITY_MSIX] = PCI_CAP_ID_MSIX;
	simulator_put(config + SIMULATOR_CAPABILITY_MSIX + PCI_MSIX_FLAGS, SIMULATOR_VECTORS - 1, 2);
	simulator_put(config + SIMULATOR_CAPABILITY_MSIX + PCI_MSIX_TABLE, 1, 4);
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

void simulator_create(struct simulator *simulator, uint32_t type, uint64_t features)
{
	memset(simulator, 0, sizeof(*simulator));
	simulator->access.operations = &operations;
	simulator->features = features | 1ull << VIRTIO_F_VERSION_1;
	simulator->memory_limit = UINT32_MAX;
	simulator->next_address = 0x123400000ull;
	for (int i = 0; i < SIMULATOR_QUEUES; i++)
		simulator->queue_sizes[i] = 256;
	fill_config(simulator, type);
	simulator_reset(simulator);
	simulator->resets = 0;
}

void simulator_destroy(struct simulator *simulator)
{
	for (int i = 0; i < SIMULATOR_PIECES; i++)
		require(simulator->pieces[i].address == NULL);
	require(!simulator_running(simulator));
}

/* The virtio-pci transport: the device, its status, features, queues. Virtio 1.2, sections 3.1 and 4.1. */
#include "drivers/virtio.h"

#include <drydock/abi/sys.h>

#include "drivers/virtio_registers.h"

/*
 * How often a register is read before the device is taken for stuck. A device
 * resets in microseconds; a read takes one, or an exit to a hypervisor.
 */
#define PATIENCE 100000u

static const char *check_identity(const struct pci_function *pci, uint32_t type)
{
	uint32_t device = pci_config(pci, PCI_DEVICE, 2);
	uint32_t transitional =
		type == VIRTIO_NET ? VIRTIO_PCI_TRANSITIONAL_NET : VIRTIO_PCI_TRANSITIONAL_BLK;

	if (pci_config(pci, PCI_VENDOR, 2) != VIRTIO_PCI_VENDOR)
		return "it is no virtio device";
	if (device != VIRTIO_PCI_DEVICE_MODERN + type && device != transitional)
		return "it is a virtio device of another type";
	return NULL;
}

/* Section 4.1.4: the first capability of a type that can be used; what cannot is passed over. */
static const char *find_structure(struct virtio *virtio, uint32_t type, uint32_t length, uint32_t alignment,
                                  struct virtio_region *region, uint32_t *capability)
{
	struct pci_function *pci = &virtio->pci;
	const char *wrong = "it lacks a structure of modern virtio devices (QEMU: disable-modern=off)";

	for (uint32_t i = 0; i < pci->capability_count; i++) {
		uint32_t at = pci->capabilities[i];
		const char *unusable;

		if (pci_config(pci, at, 1) != PCI_CAPABILITY_VENDOR ||
		    pci_config(pci, at + VIRTIO_CAPABILITY_LENGTH, 1) < VIRTIO_CAPABILITY_BYTES ||
		    at + VIRTIO_CAPABILITY_BYTES > PCI_CONFIG_SIZE ||
		    pci_config(pci, at + VIRTIO_CAPABILITY_TYPE, 1) != type)
			continue;
		*region = (struct virtio_region){
			.bar = (uint8_t)pci_config(pci, at + VIRTIO_CAPABILITY_BAR, 1),
			.offset = pci_config(pci, at + VIRTIO_CAPABILITY_OFFSET, 4),
			.length = pci_config(pci, at + VIRTIO_CAPABILITY_SIZE, 4),
		};
		*capability = at;
		if (region->bar >= PCI_BARS)
			continue; /* reserved: to be ignored */
		if (region->length < length || region->offset % alignment != 0)
			unusable = "a virtio structure is too short or lies askew";
		else
			unusable = pci_use(pci, region->bar, region->offset, region->length);
		if (!unusable)
			return NULL;
		wrong = unusable;
	}
	return wrong;
}

static const char *find_structures(struct virtio *virtio)
{
	uint32_t capability;
	const char *wrong;

	wrong = find_structure(virtio, VIRTIO_STRUCTURE_COMMON, COMMON_LENGTH, 4, &virtio->common,
	                       &capability);
	if (!wrong)
		wrong = find_structure(virtio, VIRTIO_STRUCTURE_ISR, 1, 1, &virtio->status, &capability);
	if (!wrong)
		wrong = find_structure(virtio, VIRTIO_STRUCTURE_NOTIFY, 2, 2, &virtio->notify, &capability);
	if (wrong)
		return wrong;
	virtio->notify_multiplier = pci_config(&virtio->pci, capability + VIRTIO_CAPABILITY_MULTIPLIER, 4);
	/* Not every device has configuration of its own. */
	if (find_structure(virtio, VIRTIO_STRUCTURE_DEVICE, 1, 4, &virtio->device, &capability))
		virtio->device.length = 0;
	return NULL;
}

static uint32_t status(struct virtio *virtio)
{
	return virtio_read(virtio, &virtio->common, COMMON_DEVICE_STATUS, 1);
}

static void add_status(struct virtio *virtio, uint32_t bits)
{
	virtio->progress |= (uint8_t)bits;
	virtio_write(virtio, &virtio->common, COMMON_DEVICE_STATUS, 1, virtio->progress);
}

/* Section 4.1.4.3.2: written, and waited for until it reads so. */
static bool reset(struct virtio *virtio)
{
	virtio_write(virtio, &virtio->common, COMMON_DEVICE_STATUS, 1, 0);
	for (uint32_t i = 0; i < PATIENCE; i++) {
		if (status(virtio) == 0)
			return true;
	}
	return false;
}

const char *virtio_open(struct virtio *virtio, struct device_access *access, uint32_t type)
{
	const char *wrong;

	virtio->access = access;
	virtio->features = 0;
	virtio->progress = 0;
	virtio->messages = false;
	virtio->vectors = 0;
	virtio->unacknowledged = 0;
	virtio->common.length = 0;
	dma_create(&virtio->dma, access);
	wrong = pci_open(&virtio->pci, access);
	if (!wrong)
		wrong = check_identity(&virtio->pci, type);
	if (!wrong)
		wrong = find_structures(virtio);
	if (wrong) {
		virtio->common.length = 0;
		return wrong;
	}
	pci_command(&virtio->pci, PCI_DECODE_MEMORY, 0);
	if (!reset(virtio))
		return "it does not reset";
	pci_command(&virtio->pci, PCI_BUS_MASTER, 0);
	add_status(virtio, STATUS_ACKNOWLEDGE);
	add_status(virtio, STATUS_DRIVER);
	return NULL;
}

uint64_t virtio_offered(struct virtio *virtio)
{
	uint64_t features = 0;

	for (uint32_t half = 0; half < 2; half++) {
		virtio_write(virtio, &virtio->common, COMMON_DEVICE_FEATURE_SELECT, 4, half);
		features |= (uint64_t)virtio_read(virtio, &virtio->common, COMMON_DEVICE_FEATURE, 4)
		            << (32 * half);
	}
	return features;
}

const char *virtio_negotiate(struct virtio *virtio, uint64_t features)
{
	features |= VIRTIO_VERSION_1;
	if (features & ~virtio_offered(virtio))
		return "it does not keep to Virtio 1.0 or later";
	for (uint32_t half = 0; half < 2; half++) {
		virtio_write(virtio, &virtio->common, COMMON_DRIVER_FEATURE_SELECT, 4, half);
		virtio_write(virtio, &virtio->common, COMMON_DRIVER_FEATURE, 4,
		             (uint32_t)(features >> (32 * half)));
	}
	add_status(virtio, STATUS_FEATURES_OK);
	if (!(status(virtio) & STATUS_FEATURES_OK))
		return "it refuses the features that it offered";
	virtio->features = features;
	return NULL;
}

uint64_t virtio_config(struct virtio *virtio, uint32_t offset, uint32_t width)
{
	uint64_t low;

	if (offset + width > virtio->device.length)
		return 0;
	if (width < 8)
		return virtio_read(virtio, &virtio->device, offset, width);
	low = virtio_read(virtio, &virtio->device, offset, 4);
	return low | (uint64_t)virtio_read(virtio, &virtio->device, offset + 4, 4) << 32;
}

uint32_t virtio_config_generation(struct virtio *virtio)
{
	return virtio_read(virtio, &virtio->common, COMMON_CONFIG_GENERATION, 1);
}

static void write_address(struct virtio *virtio, uint32_t field, uint64_t address)
{
	virtio_write(virtio, &virtio->common, field, 4, (uint32_t)address);
	virtio_write(virtio, &virtio->common, field + 4, 4, (uint32_t)(address >> 32));
}

/* Section 4.1.4.4: where the queue's notifications are written to. */
static const char *find_doorbell(struct virtio *virtio, uint64_t *doorbell)
{
	uint64_t offset = virtio_read(virtio, &virtio->common, COMMON_QUEUE_NOTIFY_OFFSET, 2);

	*doorbell = offset * virtio->notify_multiplier;
	if (*doorbell > virtio->notify.length - 2 || *doorbell % 2 != 0)
		return "a queue's doorbell lies beyond the end of its structure";
	return NULL;
}

const char *virtio_queue_start(struct virtio *virtio, struct virtqueue *queue, uint16_t index, uint16_t limit,
                               uint16_t least, uint64_t *doorbell)
{
	struct virtqueue_layout layout;
	uint64_t device_address;
	const char *wrong;
	uint32_t size;
	size_t bytes;
	void *memory;

	virtio_write(virtio, &virtio->common, COMMON_QUEUE_SELECT, 2, index);
	size = virtio_read(virtio, &virtio->common, COMMON_QUEUE_SIZE, 2);
	if (size == 0 || (size & (size - 1)) != 0)
		return "it lacks a queue, or has one whose size is no power of two";
	if (virtio_read(virtio, &virtio->common, COMMON_QUEUE_ENABLE, 2) != 0)
		return "a queue is enabled that nobody has enabled";
	if (size > limit)
		size = limit;
	if (size < least)
		return "a queue has too few descriptors";
	wrong = find_doorbell(virtio, doorbell);
	if (wrong)
		return wrong;
	layout = virtqueue_layout((uint16_t)size);
	bytes = (layout.size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
	memory = dma_allocate(&virtio->dma, bytes);
	if (!memory || !dma_translate(&virtio->dma, memory, layout.size, &device_address))
		return "there is no memory for its queues";
	virtqueue_create(queue, memory, (uint16_t)size, virtio->features & VIRTIO_EVENT_INDEX);
	virtio_write(virtio, &virtio->common, COMMON_QUEUE_SIZE, 2, size);
	write_address(virtio, COMMON_QUEUE_DESCRIPTORS, device_address);
	write_address(virtio, COMMON_QUEUE_DRIVER, device_address + layout.available);
	write_address(virtio, COMMON_QUEUE_DEVICE, device_address + layout.used);
	if (virtio->messages) {
		virtio_write(virtio, &virtio->common, COMMON_QUEUE_VECTOR, 2, index + 1u);
		if (virtio_read(virtio, &virtio->common, COMMON_QUEUE_VECTOR, 2) != index + 1u)
			return "it does not accept a queue's interrupt vector";
	}
	virtio_write(virtio, &virtio->common, COMMON_QUEUE_ENABLE, 2, 1);
	return NULL;
}

void virtio_ready(struct virtio *virtio)
{
	add_status(virtio, STATUS_DRIVER_OK);
}

void virtio_notify(struct virtio *virtio, uint16_t index, uint64_t doorbell)
{
	virtio_write(virtio, &virtio->notify, (uint32_t)doorbell, 2, index);
}

const char *virtio_broken(struct virtio *virtio)
{
	uint32_t now = status(virtio);

	if (now == STATUS_GONE)
		return "the device is gone";
	if (now & STATUS_NEEDS_RESET)
		return "the device had an error and asked to be reset";
	return NULL;
}

void virtio_stop(struct virtio *virtio)
{
	if (virtio->common.length == 0)
		return;
	if (!reset(virtio))
		virtio_write(virtio, &virtio->common, COMMON_DEVICE_STATUS, 1,
		             status(virtio) | STATUS_FAILED);
	/* Whatever it made of that: without this it reaches no memory and raises no message. */
	pci_command(&virtio->pci, PCI_LINE_DISABLE, PCI_BUS_MASTER);
	virtio->common.length = 0;
}

void virtio_close(struct virtio *virtio)
{
	virtio_stop(virtio);
	dma_free_all(&virtio->dma);
}

/* The virtio device: Virtio 1.2, section 4.1.4.3, common configuration, and 2.7, its half of split queues. */
#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "simulator_registers.h"

#define ISR_QUEUE 1 /* beside VIRTIO_PCI_ISR_CONFIG, which alone Linux names */

bool simulator_running(const struct simulator *simulator)
{
	return simulator->status & VIRTIO_CONFIG_S_DRIVER_OK;
}

void simulator_reset(struct simulator *simulator)
{
	simulator->resets++;
	simulator->status = 0;
	simulator->isr = 0;
	simulator->driver_features = 0;
	simulator->config_vector = VIRTIO_MSI_NO_VECTOR;
	memset(simulator->queues, 0, sizeof(simulator->queues));
	for (uint16_t i = 0; i < SIMULATOR_QUEUES; i++) {
		simulator->queues[i].size_maximum = simulator->queues[i].size = simulator->queue_sizes[i];
		simulator->queues[i].vector = VIRTIO_MSI_NO_VECTOR;
		simulator->queues[i].notify_offset = (uint16_t)(i + simulator->doorbell_skew);
		simulator->queues[i].enabled = simulator->says_enabled;
	}
}

static struct simulator_queue *selected(struct simulator *simulator)
{
	static struct simulator_queue none;

	if (simulator->queue_select < SIMULATOR_QUEUES)
		return &simulator->queues[simulator->queue_select];
	memset(&none, 0, sizeof(none));
	return &none;
}

uint32_t simulator_common_read(struct simulator *simulator, uint32_t offset, uint32_t width)
{
	struct simulator_queue *queue = selected(simulator);

	switch (offset << 4 | width) {
	case VIRTIO_PCI_COMMON_DF << 4 | 4:
		if (simulator->feature_select > 1)
			return 0;
		return (uint32_t)(simulator->features >> (32 * simulator->feature_select));
	case VIRTIO_PCI_COMMON_MSIX << 4 | 2:
		return simulator->config_vector;
	case VIRTIO_PCI_COMMON_STATUS << 4 | 1:
		return simulator->status;
	case VIRTIO_PCI_COMMON_CFGGENERATION << 4 | 1:
		return simulator->restless ? simulator->generation++ : simulator->generation;
	case VIRTIO_PCI_COMMON_Q_SIZE << 4 | 2:
		return queue->size;
	case VIRTIO_PCI_COMMON_Q_MSIX << 4 | 2:
		return queue->vector;
	case VIRTIO_PCI_COMMON_Q_ENABLE << 4 | 2:
		return queue->enabled;
	case VIRTIO_PCI_COMMON_Q_NOFF << 4 | 2:
		return queue->notify_offset;
	default:
		if (simulator->vague)
			return 0;
		ck_abort_msg("a driver reads %u bytes at %u of the common structure", width, offset);
		return 0;
	}
}

static void write_status(struct simulator *simulator, uint8_t value)
{
	if (value == 0) {
		if (!simulator->never_resets)
			simulator_reset(simulator);
		return;
	}
	if (simulator->vague) {
		simulator->status = value;
		return;
	}
	/* Section 3.1.1: one step after the other, and none is taken back. */
	require((value & simulator->status & 0x0f) == (simulator->status & 0x0f));
	if ((value & VIRTIO_CONFIG_S_FEATURES_OK) && !(simulator->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
		require(value & VIRTIO_CONFIG_S_DRIVER);
		require((simulator->driver_features & ~simulator->features) == 0);
		require(simulator->driver_features & 1ull << VIRTIO_F_VERSION_1);
		if (simulator->refuses_features)
			value &= (uint8_t)~VIRTIO_CONFIG_S_FEATURES_OK;
	}
	if (value & VIRTIO_CONFIG_S_DRIVER_OK)
		require(value & VIRTIO_CONFIG_S_FEATURES_OK);
	simulator->status = value;
}

static void write_queue(struct simulator *simulator, uint32_t offset, uint32_t value)
{
	struct simulator_queue *queue = selected(simulator);
	uint64_t *address = NULL;

	require(!queue->enabled || simulator->vague);
	if (offset >= VIRTIO_PCI_COMMON_Q_DESCLO && offset < VIRTIO_PCI_COMMON_Q_AVAILLO)
		address = &queue->descriptors;
	else if (offset >= VIRTIO_PCI_COMMON_Q_AVAILLO && offset < VIRTIO_PCI_COMMON_Q_USEDLO)
		address = &queue->available;
	else if (offset >= VIRTIO_PCI_COMMON_Q_USEDLO)
		address = &queue->used;
	require(address != NULL);
	if (offset % 8 == 0)
		*address = (*address & 0xffffffff00000000ull) | value;
	else
		*address = (*address & 0xffffffffull) | (uint64_t)value << 32;
}

static bool size_is_good(const struct simulator_queue *queue)
{
	uint32_t size = queue->size;

	return size > 0 && size <= queue->size_maximum && (size & (size - 1)) == 0;
}

static void enable(struct simulator *simulator, struct simulator_queue *queue)
{
	/* Where the registers may be anywhere, the driver may have written its addresses elsewhere. */
	if (simulator->vague && (!size_is_good(queue) || queue->descriptors == 0 || queue->used == 0))
		return;
	require(size_is_good(queue));
	require(simulator->status & VIRTIO_CONFIG_S_FEATURES_OK);
	require(!simulator_running(simulator));
	require(queue->descriptors % 16 == 0);
	require(queue->available % 2 == 0);
	require(queue->used % 4 == 0);
	queue->enabled = 1;
}

static uint16_t accept_vector(const struct simulator *simulator, uint32_t value)
{
	return simulator->refuses_vectors || value >= SIMULATOR_VECTORS ? VIRTIO_MSI_NO_VECTOR
	                                                                : (uint16_t)value;
}

void simulator_common_write(struct simulator *simulator, uint32_t offset, uint32_t width, uint32_t value)
{
	struct simulator_queue *queue = selected(simulator);

	switch (offset << 4 | width) {
	case VIRTIO_PCI_COMMON_DFSELECT << 4 | 4:
		simulator->feature_select = value;
		break;
	case VIRTIO_PCI_COMMON_GFSELECT << 4 | 4:
		simulator->driver_feature_select = value;
		break;
	case VIRTIO_PCI_COMMON_GF << 4 | 4:
		require(!(simulator->status & VIRTIO_CONFIG_S_FEATURES_OK) || simulator->vague);
		require(simulator->driver_feature_select <= 1);
		simulator->driver_features |= (uint64_t)value << (32 * simulator->driver_feature_select);
		break;
	case VIRTIO_PCI_COMMON_MSIX << 4 | 2:
		simulator->config_vector = accept_vector(simulator, value);
		break;
	case VIRTIO_PCI_COMMON_STATUS << 4 | 1:
		write_status(simulator, (uint8_t)value);
		break;
	case VIRTIO_PCI_COMMON_Q_SELECT << 4 | 2:
		simulator->queue_select = (uint16_t)value;
		break;
	case VIRTIO_PCI_COMMON_Q_SIZE << 4 | 2:
		queue->size = (uint16_t)value;
		break;
	case VIRTIO_PCI_COMMON_Q_MSIX << 4 | 2:
		queue->vector = accept_vector(simulator, value);
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE << 4 | 2:
		require(value == 1);
		enable(simulator, queue);
		break;
	default:
		if (width == 4 && offset >= VIRTIO_PCI_COMMON_Q_DESCLO &&
		    offset <= VIRTIO_PCI_COMMON_Q_USEDHI)
			write_queue(simulator, offset, value);
		else
			require(simulator->vague);
	}
}

/* ---- queues -------------------------------------------------------------------- */

static bool negotiated(const struct simulator *simulator, uint32_t feature)
{
	return simulator->driver_features & 1ull << feature;
}

static uint16_t *words(struct simulator *simulator, uint64_t address, uint32_t count)
{
	return (uint16_t *)(void *)simulator_memory(simulator, address, 2 * count);
}

static void take_part(struct simulator *simulator, const struct vring_desc *descriptor,
                      struct simulator_chain *chain)
{
	uint32_t part = chain->readable + chain->writable;

	require(part < SIMULATOR_PARTS);
	chain->parts[part].address = simulator_memory(simulator, descriptor->addr, descriptor->len);
	chain->parts[part].length = descriptor->len;
	require((descriptor->flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE)) == 0);
	if (descriptor->flags & VRING_DESC_F_WRITE) {
		chain->writable++;
	} else {
		require(chain->writable == 0);
		chain->readable++;
	}
}

bool simulator_take(struct simulator *simulator, uint32_t number, struct simulator_chain *chain)
{
	struct simulator_queue *queue = &simulator->queues[number];
	const uint16_t *available = words(simulator, queue->available, 3u + queue->size);
	uint32_t limit = queue->size;
	uint16_t at;

	require(simulator_running(simulator) && queue->enabled);
	/* Asks to be told of the next one before it finds that there is none. */
	if (negotiated(simulator, VIRTIO_RING_F_EVENT_IDX))
		*words(simulator, queue->used + 4 + 8ull * queue->size, 1) = queue->last_available;
	if (available[1] == queue->last_available)
		return false;
	require((uint16_t)(available[1] - queue->last_available) <= queue->size);
	chain->head = at = available[2 + queue->last_available++ % queue->size];
	chain->readable = chain->writable = 0;
	for (;;) {
		const struct vring_desc *descriptor;

		require(at < queue->size);
		require(limit-- > 0);
		descriptor = (const void *)simulator_memory(simulator, queue->descriptors + 16ull * at, 16);
		take_part(simulator, descriptor, chain);
		if (!(descriptor->flags & VRING_DESC_F_NEXT))
			return true;
		at = descriptor->next;
	}
}

void simulator_return(struct simulator *simulator, uint32_t number, uint32_t id, uint32_t length)
{
	struct simulator_queue *queue = &simulator->queues[number];
	uint64_t entry = queue->used + 4 + 8ull * (queue->used_index++ % queue->size);

	simulator_put(simulator_memory(simulator, entry, 8), id, 4);
	simulator_put(simulator_memory(simulator, entry + 4, 4), length, 4);
}

void simulator_show(struct simulator *simulator, uint32_t number, uint16_t count)
{
	struct simulator_queue *queue = &simulator->queues[number];
	uint16_t *used = words(simulator, queue->used, 2);
	const uint16_t *available = words(simulator, queue->available, 3u + queue->size);
	uint16_t before = used[1];
	bool wanted = !(available[0] & VRING_AVAIL_F_NO_INTERRUPT);

	used[1] = (uint16_t)(before + count);
	if (negotiated(simulator, VIRTIO_RING_F_EVENT_IDX))
		wanted = vring_need_event(available[2 + queue->size], used[1], before);
	if (!wanted)
		return;
	queue->interrupts++;
	simulator_raise(simulator, queue->vector, ISR_QUEUE);
}

void simulator_changed(struct simulator *simulator)
{
	simulator->generation++;
	simulator_raise(simulator, simulator->config_vector, VIRTIO_PCI_ISR_CONFIG);
}

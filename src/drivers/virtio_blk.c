/* Requests of a virtio block device. Virtio 1.2, section 5.2. */
#include "drivers/virtio_blk.h"

#include <drydock/abi/sys.h>
#include <drydock/atomic.h>
#include <drydock/posix.h>

#include "drivers/check.h"
#include "drivers/virtio_blk_geometry.h"

/* Section 5.2.6. */
#define TYPE_IN      0u
#define TYPE_OUT     1u
#define TYPE_FLUSH   4u
#define TYPE_DISCARD 11u

#define STATUS_OK          0u
#define STATUS_UNSUPPORTED 2u
#define STATUS_PENDING     0xffu /* written by the driver, never by the device */

#define PARTS_AROUND VIRTIO_BLK_PARTS_AROUND

/* A request's `phase`: what the device is doing for it. */
enum { PHASE_ITSELF, PHASE_FLUSH_AFTER };

static struct virtio_blk *blk_of(struct device *device)
{
	return list_entry(device, struct virtio_blk, disk.device);
}

/* ---- starting ------------------------------------------------------------ */

static const char *make_slots(struct virtio_blk *blk)
{
	size_t size = sizeof(struct virtio_blk_slot) * blk->queue.size;

	size = (size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
	blk->slots = dma_allocate(&blk->virtio.dma, size);
	if (!blk->slots || !dma_translate(&blk->virtio.dma, blk->slots, (uint32_t)size, &blk->slots_address))
		return "there is no memory for its requests";
	return NULL;
}

static const char *start(struct virtio_blk *blk, struct device_access *access)
{
	struct virtio *virtio = &blk->virtio;
	const char *wrong = virtio_open(virtio, access, VIRTIO_BLK);

	if (!wrong)
		wrong = virtio_negotiate(virtio, virtio_offered(virtio) & virtio_blk_features());
	if (!wrong)
		wrong = virtio_bind_interrupts(virtio, 1);
	if (!wrong)
		wrong = virtio_queue_start(virtio, &blk->queue, 0, VIRTQUEUE_SIZE_MAXIMUM, PARTS_AROUND + 1,
		                           &blk->doorbell);
	if (!wrong)
		wrong = make_slots(blk);
	if (!wrong)
		wrong = virtio_blk_read_geometry(virtio, blk->queue.size, &blk->disk.geometry);
	if (!wrong) {
		virtio_ready(virtio);
		wrong = virtio_broken(virtio);
	}
	return wrong;
}

/* ---- requests to the device ------------------------------------------------- */

static void end(struct virtio_blk *blk, struct disk_request *request, int32_t status)
{
	request->status = status;
	list_add_tail(&blk->ended, &request->link);
}

/* The data's descriptors into `parts`; false where some of it is not of this device's memory. */
static bool describe_data(struct virtio_blk *blk, const struct disk_request *request,
                          struct virtqueue_part *parts)
{
	for (uint32_t i = 0; i < request->segment_count; i++) {
		const struct device_segment *segment = &request->segments[i];

		parts[i] = (struct virtqueue_part){.length = segment->length,
		                                   .device_writes = request->operation == DISK_READ};
		if (!dma_translate(&blk->virtio.dma, segment->address, segment->length, &parts[i].address))
			return false;
	}
	return true;
}

/* Fills the slot's header; returns how many bytes of the slot the device reads. */
static uint32_t describe_header(struct virtio_blk_slot *slot, const struct disk_request *request)
{
	uint32_t header = offsetof(struct virtio_blk_slot, discard);

	slot->status = STATUS_PENDING;
	slot->reserved = 0;
	slot->sector = 0;
	if (request->phase == PHASE_FLUSH_AFTER || request->operation == DISK_FLUSH) {
		slot->type = TYPE_FLUSH;
		return header;
	}
	if (request->operation == DISK_DISCARD) {
		slot->type = TYPE_DISCARD;
		slot->discard.sector = request->offset / VIRTIO_BLK_SECTOR;
		slot->discard.count = (uint32_t)(request->length / VIRTIO_BLK_SECTOR);
		slot->discard.flags = 0;
		return offsetof(struct virtio_blk_slot, status);
	}
	slot->type = request->operation == DISK_READ ? TYPE_IN : TYPE_OUT;
	slot->sector = request->offset / VIRTIO_BLK_SECTOR;
	return header;
}

/* False where the queue has no room for it now. */
static bool give(struct virtio_blk *blk, struct disk_request *request)
{
	struct virtqueue_part parts[VIRTIO_BLK_SEGMENTS + PARTS_AROUND];
	uint16_t head = virtqueue_head(&blk->queue);
	uint32_t data = request->phase == PHASE_ITSELF ? request->segment_count : 0;
	uint64_t slot_address;

	if (data + PARTS_AROUND > blk->queue.free_count)
		return false;
	if (data > 0 && !describe_data(blk, request, &parts[1])) {
		list_remove(&request->link);
		end(blk, request, POSIX_EFAULT);
		return true;
	}
	slot_address = blk->slots_address + head * sizeof(struct virtio_blk_slot);
	parts[0] = (struct virtqueue_part){.address = slot_address,
	                                   .length = describe_header(&blk->slots[head], request)};
	parts[data + 1] =
		(struct virtqueue_part){.address = slot_address + offsetof(struct virtio_blk_slot, status),
	                                .length = 1,
	                                .device_writes = true};
	list_remove(&request->link);
	return virtqueue_add(&blk->queue, parts, data + PARTS_AROUND, request);
}

static void kick(struct device *device)
{
	struct virtio_blk *blk = blk_of(device);

	if (device->fault)
		return;
	while (!list_empty(&blk->waiting)) {
		if (!give(blk, list_entry(blk->waiting.next, struct disk_request, link)))
			break;
	}
	if (virtqueue_publish(&blk->queue))
		virtio_notify(&blk->virtio, 0, blk->doorbell);
}

static void submit(struct disk *disk, struct disk_request *request)
{
	struct virtio_blk *blk = list_entry(disk, struct virtio_blk, disk);
	int32_t status = disk->device.fault ? POSIX_EIO : disk_check(&disk->geometry, request);
	bool free_of_charge = request->operation == DISK_FLUSH && !(disk->geometry.flags & DISK_WRITE_CACHE);

	request->phase = PHASE_ITSELF;
	if (status || free_of_charge)
		end(blk, request, status);
	else
		list_add_tail(&blk->waiting, &request->link);
}

/* ---- requests from the device ------------------------------------------------ */

/* The device is of no more use: it stops, and everything ends. */
static void fail(struct virtio_blk *blk, const char *fault)
{
	struct disk_request *request;
	struct list *link;

	blk->disk.device.fault = fault;
	virtio_stop(&blk->virtio);
	while ((request = virtqueue_abandon(&blk->queue)) != NULL)
		end(blk, request, POSIX_EIO);
	while ((link = list_take(&blk->waiting)) != NULL)
		end(blk, list_entry(link, struct disk_request, link), POSIX_EIO);
}

static int32_t status_of(uint8_t status, const struct disk_request *request, uint32_t written)
{
	uint64_t least = 1;

	if (status == STATUS_UNSUPPORTED)
		return POSIX_EOPNOTSUPP;
	if (status != STATUS_OK)
		return POSIX_EIO;
	/* Section 2.7.8.2: beyond what the device says that it wrote nothing is certain. */
	if (request->operation == DISK_READ)
		least += request->length;
	return written < least ? POSIX_EIO : 0;
}

/* Takes one chain back; true where there was one. */
static bool take(struct virtio_blk *blk)
{
	uint32_t written;
	uint16_t head;
	struct disk_request *request = virtqueue_take(&blk->queue, &head, &written);
	int32_t status;

	if (!request)
		return false;
	status = status_of(atomic_load_relaxed(&blk->slots[head].status), request, written);
	if (status == 0 && (request->flags & DISK_FUA) && request->phase == PHASE_ITSELF &&
	    (blk->disk.geometry.flags & DISK_WRITE_CACHE)) {
		/* Before those that wait: it was given before them. */
		request->phase = PHASE_FLUSH_AFTER;
		list_add_head(&blk->waiting, &request->link);
	} else {
		end(blk, request, status);
	}
	return true;
}

static bool complete(struct virtio_blk *blk)
{
	struct list now;
	struct list *link;
	bool any = !list_empty(&blk->ended);

	/* Those there are now: completions may submit what ends at once. */
	list_init(&now);
	while ((link = list_take(&blk->ended)) != NULL)
		list_add_tail(&now, link);
	while ((link = list_take(&now)) != NULL) {
		struct disk_request *request = list_entry(link, struct disk_request, link);

		request->done(request);
	}
	return any;
}

static bool poll(struct device *device)
{
	struct virtio_blk *blk = blk_of(device);
	bool any = blk->configuration_changed;

	blk->configuration_changed = false;
	if (any && !device->fault) {
		const char *broken = virtio_broken(&blk->virtio);

		if (broken)
			fail(blk, broken);
		else
			virtio_blk_read_size(&blk->virtio, &blk->disk.geometry);
	}
	if (!device->fault) {
		virtqueue_disarm(&blk->queue);
		for (uint16_t i = 0; i < blk->queue.size && take(blk); i++)
			any = true;
		if (blk->queue.fault)
			fail(blk, blk->queue.fault);
	}
	any |= complete(blk);
	if (any)
		kick(device);
	return any;
}

static bool arm(struct device *device)
{
	struct virtio_blk *blk = blk_of(device);

	if (!list_empty(&blk->ended) || blk->configuration_changed)
		return false;
	virtio_acknowledge(&blk->virtio);
	return device->fault || virtqueue_arm(&blk->queue, 1);
}

static void interrupt(struct device *device, uint32_t vector)
{
	struct virtio_blk *blk = blk_of(device);

	if (virtio_interrupt(&blk->virtio, vector) & VIRTIO_INTERRUPT_CONFIG)
		blk->configuration_changed = true;
}

static void *allocate(struct device *device, size_t size)
{
	return dma_allocate(&blk_of(device)->virtio.dma, size);
}

static void free_memory(struct device *device, void *address, size_t size)
{
	dma_free(&blk_of(device)->virtio.dma, address, size);
}

static const struct device_operations device_operations = {.poll = poll,
                                                           .kick = kick,
                                                           .arm = arm,
                                                           .interrupt = interrupt,
                                                           .allocate = allocate,
                                                           .free = free_memory};
static const struct disk_operations disk_operations = {.submit = submit};

const char *virtio_blk_start(struct virtio_blk *blk, struct device_access *access)
{
	const char *wrong;

	blk->disk =
		(struct disk){.device = {.operations = &device_operations}, .operations = &disk_operations, .name = "virtio-blk"};
	list_init(&blk->waiting);
	list_init(&blk->ended);
	blk->configuration_changed = false;
	wrong = start(blk, access);
	if (wrong)
		virtio_close(&blk->virtio);
	return wrong;
}

void virtio_blk_stop(struct virtio_blk *blk)
{
	if (!blk->disk.device.fault)
		fail(blk, "the driver was stopped");
	while (complete(blk))
		;
	virtio_close(&blk->virtio);
}

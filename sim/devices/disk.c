/* A disk over what the host has handed down: checks, memory, and the order of ends (disk.h). */
#include "disk.h"

#include <errno.h>
#include <string.h>

#include <drydock/posix.h>

#include "drivers/check.h"

static struct file_disk *of(struct device *device)
{
	return list_entry(device, struct file_disk, disk.device);
}

int32_t file_disk_status(int error)
{
	switch (error) {
	case 0:
		return 0;
	case EINVAL:
		return POSIX_EINVAL;
	case EROFS:
	case EBADF: /* not open for writing */
		return POSIX_EROFS;
	case EOPNOTSUPP:
	case ENOSYS:
		return POSIX_EOPNOTSUPP;
	}
	return POSIX_EIO;
}

/* ---- memory ------------------------------------------------------------------ */

struct disk_piece *file_disk_piece(struct file_disk *disk, const void *address, size_t length)
{
	uintptr_t at = (uintptr_t)address;

	for (size_t i = 0; i < DISK_PIECES; i++) {
		struct disk_piece *piece = &disk->pieces[i];
		uintptr_t start = (uintptr_t)piece->address;

		if (start != 0 && at >= start && at - start < piece->size && length <= piece->size - (at - start))
			return piece;
	}
	return NULL;
}

static void *disk_allocate(struct device *device, size_t size)
{
	struct file_disk *disk = of(device);
	void *address;

	if (size == 0 || size % PAGE_SIZE != 0)
		return NULL;
	for (size_t i = 0; i < DISK_PIECES; i++) {
		struct disk_piece *piece = &disk->pieces[i];

		if (piece->address != NULL)
			continue;
		if (os_memory_allocate(disk->os, size, 0, &piece->handle, &address) != E_OK)
			return NULL;
		piece->address = address;
		piece->size = size;
		disk_ring_register(disk, piece);
		return address;
	}
	return NULL;
}

static void free_piece(struct file_disk *disk, struct disk_piece *piece)
{
	disk_ring_unregister(disk, piece);
	os_memory_free(disk->os, piece->handle, piece->address, piece->size);
	piece->address = NULL;
}

static void disk_free(struct device *device, void *address, size_t size)
{
	struct file_disk *disk = of(device);
	struct disk_piece *piece = file_disk_piece(disk, address, size);

	if (piece != NULL && piece->address == address && piece->size == size)
		free_piece(disk, piece);
}

/* ---- requests ----------------------------------------------------------------- */

static int32_t check(struct file_disk *disk, const struct disk_request *request)
{
	int32_t status = disk_check(&disk->disk.geometry, request);

	for (uint32_t i = 0; status == 0 && i < request->segment_count; i++) {
		const struct device_segment *segment = &request->segments[i];

		if (file_disk_piece(disk, segment->address, segment->length) == NULL)
			status = POSIX_EFAULT;
	}
	return status;
}

static void disk_submit_one(struct disk *base, struct disk_request *request)
{
	struct file_disk *disk = of(&base->device);
	int32_t status = check(disk, request);

	if (status != 0)
		file_disk_end(disk, request, status);
	else
		list_add_tail(&disk->waiting, &request->link);
}

static bool by_ring(const struct file_disk *disk)
{
	return disk->parameters.method == DISK_BY_RING;
}

static void disk_kick(struct device *device)
{
	struct file_disk *disk = of(device);

	if (by_ring(disk))
		disk_ring_start(disk);
	else
		disk_calls_run(disk);
}

static bool disk_poll(struct device *device)
{
	struct file_disk *disk = of(device);
	struct list ended;

	if (by_ring(disk))
		disk_ring_gather(disk);
	if (list_empty(&disk->ended))
		return false;
	/* Those of this moment: what `done` submits may end at once, and is for the next poll. */
	list_add_tail(&disk->ended, &ended);
	list_remove(&disk->ended);
	for (struct list *link; (link = list_take(&ended)) != NULL;) {
		struct disk_request *request = list_entry(link, struct disk_request, link);

		request->done(request);
	}
	disk_kick(device);
	return true;
}

static bool disk_arm(struct device *device)
{
	struct file_disk *disk = of(device);

	/* What waits for room in the ring is begun when something that is there ends. */
	return list_empty(&disk->ended) && (!by_ring(disk) || disk_ring_idle(disk));
}

/* Linux wakes the sleeper by the ring's descriptor; there is nothing to interrupt. */
static void disk_interrupt(struct device *device, uint32_t vector)
{
	(void)device;
	(void)vector;
}

static const struct device_operations device_operations = {
	.poll = disk_poll,
	.kick = disk_kick,
	.arm = disk_arm,
	.interrupt = disk_interrupt,
	.allocate = disk_allocate,
	.free = disk_free,
};

static const struct disk_operations disk_operations = {.submit = disk_submit_one};

/* ---- making and ending ---------------------------------------------------------- */

bool file_disk_create(struct file_disk *disk, struct os *os, const struct disk_parameters *parameters,
                      int descriptor, const char **error)
{
	memset(disk, 0, sizeof(*disk));
	disk->os = os;
	disk->parameters = *parameters;
	disk->parameters.name[DISK_NAME_SIZE - 1] = '\0';
	disk->descriptor = descriptor;
	list_init(&disk->waiting);
	list_init(&disk->ended);
	list_init(&disk->free_slots);
	list_init(&disk->again);
	disk->disk.device.operations = &device_operations;
	disk->disk.operations = &disk_operations;
	disk->disk.name = disk->parameters.name;
	disk->disk.geometry = (struct disk_geometry){
		.size = parameters->size,
		.block_size = parameters->block_size,
		.depth = by_ring(disk) ? DISK_RING_ENTRIES : 1,
		.segments_maximum = DISK_SEGMENTS,
		.segment_maximum = DISK_TRANSFER,
		.transfer_maximum = DISK_TRANSFER,
		.discard_alignment = PAGE_SIZE,
		.discard_maximum = parameters->flags & DISK_CAN_DISCARD ? 1ull << 40 : 0,
		.flags = parameters->flags,
	};
	return !by_ring(disk) || disk_ring_create(disk, error);
}

void file_disk_destroy(struct file_disk *disk)
{
	/* With the ring goes its hold on the memory. */
	if (by_ring(disk))
		disk_ring_destroy(disk);
	for (size_t i = 0; i < DISK_PIECES; i++) {
		struct disk_piece *piece = &disk->pieces[i];

		piece->registered = false;
		if (piece->address != NULL)
			free_piece(disk, piece);
	}
}

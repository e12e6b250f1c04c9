/* disk_open (drydock/dev/block.h): a virtio disk that this process drives itself. */
#include <drydock/dev/block.h>
#include <drydock/posix.h>

#include "arch/x86_64/user/device.h"
#include "drivers/virtio_blk.h"

struct opened_disk {
	struct virtio_blk blk;
	struct kernel_device device;
};

struct disk *disk_open(struct runtime *runtime, uint32_t index, int32_t *status)
{
	struct opened_disk *disk = runtime_allocate(runtime, sizeof(*disk));
	const char *wrong;

	*status = disk != NULL ? kernel_device_claim(&disk->device, runtime, VIRTIO_BLK, index) : POSIX_ENOMEM;
	if (*status != 0) {
		runtime_free(runtime, disk);
		return NULL;
	}
	wrong = virtio_blk_start(&disk->blk, &disk->device.access);
	if (wrong != NULL) {
		log_print(runtime, LOG_ERROR, "disk %u: %s", index, wrong);
		kernel_device_drop(&disk->device);
		runtime_free(runtime, disk);
		*status = POSIX_EIO;
		return NULL;
	}
	disk->blk.disk.device.handle = disk->device.handle;
	runtime_add_device(runtime, &disk->blk.disk.device);
	return &disk->blk.disk;
}

void disk_close(struct disk *base)
{
	struct opened_disk *disk = list_entry(base, struct opened_disk, blk.disk);
	struct runtime *runtime = disk->device.runtime;

	runtime_remove_device(runtime, &base->device);
	/* The device first, so that virtio_blk_stop's endings are nobody's any more. */
	virtio_blk_stop(&disk->blk);
	kernel_device_drop(&disk->device);
	runtime_free(runtime, disk);
}

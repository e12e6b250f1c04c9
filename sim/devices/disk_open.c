/* disk_open: a disk of the host's, in the loop of the process that it was given to. */
#include <errno.h>
#include <string.h>

#include <drydock/posix.h>
#include <drydock/server.h>

#include "disk.h"
#include "sim/user/linux.h"

struct opened_disk {
	struct file_disk file;
	struct runtime *runtime;
	struct os_device *device;
};

/* Linux makes a ring's descriptor readable when there is something to gather; the loop polls anyway. */
static void on_ready(void *context)
{
	(void)context;
}

static bool start(struct opened_disk *disk, struct runtime *runtime, struct os_device *device)
{
	struct os *os = runtime_os(runtime);
	struct disk_parameters parameters;
	const char *error;

	memcpy(&parameters, device->parameters, sizeof(parameters));
	if (!file_disk_create(&disk->file, os, &parameters, device->descriptors[0], &error)) {
		log_print(runtime, LOG_ERROR, "%s: %s", parameters.name, error);
		return false;
	}
	if (parameters.method == DISK_BY_RING &&
	    !os_watch_descriptor(os, device->descriptors[0], on_ready, NULL)) {
		log_print(runtime, LOG_ERROR, "%s: more devices than a process can wait for", parameters.name);
		file_disk_destroy(&disk->file);
		return false;
	}
	return true;
}

struct disk *disk_open(struct runtime *runtime, uint32_t index, int32_t *status)
{
	struct os_device *device = os_device(runtime_os(runtime), DEVICE_DISK, index);
	struct opened_disk *disk;

	*status = device == NULL ? POSIX_ENOENT : device->in_use ? POSIX_EBUSY : 0;
	if (*status != 0)
		return NULL;
	disk = runtime_allocate(runtime, sizeof(*disk));
	*status = disk == NULL ? POSIX_ENOMEM : 0;
	if (disk == NULL)
		return NULL;
	if (!start(disk, runtime, device)) {
		runtime_free(runtime, disk);
		*status = POSIX_EIO;
		return NULL;
	}
	disk->runtime = runtime;
	disk->device = device;
	device->in_use = true;
	runtime_add_device(runtime, &disk->file.disk.device);
	return &disk->file.disk;
}

void disk_close(struct disk *base)
{
	struct opened_disk *disk = list_entry(base, struct opened_disk, file.disk);
	struct runtime *runtime = disk->runtime;

	runtime_remove_device(runtime, &base->device);
	os_unwatch_descriptor(runtime_os(runtime), disk->device->descriptors[0]);
	file_disk_destroy(&disk->file);
	disk->device->in_use = false;
	runtime_free(runtime, disk);
}

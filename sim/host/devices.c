/* Which devices there are, and handing each to the server it is for. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"

bool devices_open(struct machine *machine, char *error, size_t size)
{
	const struct host_options *options = machine->options;

	if (options->disk_count == 0)
		return true;
	if (options->by_server) {
		/* Who sleeps in the kernel's WAIT does not see what comes of a disk. */
		snprintf(error, size, "servers with disks cannot be scheduled by the scheduler server; run "
		                      "without --sched server");
		return false;
	}
	machine->disks = calloc(options->disk_count, sizeof(*machine->disks));
	if (machine->disks == NULL) {
		snprintf(error, size, "out of memory");
		return false;
	}
	for (unsigned i = 0; i < options->disk_count; i++) {
		if (disk_open_image(&options->disks[i], &machine->disks[i], error, size))
			continue;
		while (i-- > 0)
			disk_close_image(&machine->disks[i]);
		free(machine->disks);
		machine->disks = NULL;
		return false;
	}
	return true;
}

void devices_close(struct machine *machine)
{
	for (unsigned i = 0; machine->disks != NULL && i < machine->options->disk_count; i++)
		disk_close_image(&machine->disks[i]);
	free(machine->disks);
	machine->disks = NULL;
}

static bool send_disk(struct host_process *process, struct host_disk *disk)
{
	int descriptor = disk_prepare(disk);

	if (disk->ring_obstacle != NULL)
		console_print(process->machine, "%s: without io_uring, which is slower (%s)",
		              disk->parameters.name, disk->ring_obstacle);
	return descriptor_send_device(process, DEVICE_DISK, &disk->parameters, sizeof(disk->parameters),
	                              &descriptor, 1);
}

bool devices_send(struct host_process *process)
{
	const struct host_options *options = process->machine->options;

	for (unsigned i = 0; i < options->disk_count; i++) {
		if (strcmp(options->disks[i].server, process->name) == 0 &&
		    !send_disk(process, &process->machine->disks[i]))
			return false;
	}
	return true;
}

/* The disks of `drydock run`: its options, and what they are to manifest and host. */
#ifndef DRYDOCK_CLI_RUN_DISK_H
#define DRYDOCK_CLI_RUN_DISK_H

#include <argp.h>
#include <stdbool.h>

#include <drydock/abi/manifest.h>

#include "disk_option.h"
#include "sim/host/host.h"

#define DISKS_MAXIMUM MANIFEST_MOUNTS

struct run_disk {
	unsigned count;
	bool no_ring;
	struct disk_option options[DISKS_MAXIMUM];
	struct host_disk_options disks[DISKS_MAXIMUM];
	char servers[DISKS_MAXIMUM][NAME_SIZE];
};

/* Its input is a struct run_disk. */
extern const struct argp run_disk_argp;

/*
 * Adds a server and a mount for each disk to the manifest, and the disks to `host`,
 * which points into `disk` from then on. False, with the reason said, where that cannot be.
 */
bool run_disk_apply(struct run_disk *disk, struct manifest *manifest, struct host_options *host);

#endif

/* `drydock run --disk` (run_disk.h): each disk has an ext4 server of its own. */
#include "run_disk.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "sim/manifest/manifest.h"

#define SERVER       "ext4"
#define NUMBER_FIRST 5  /* of the first one's process; fixed (docs/ABI.md) */
#define NUMBER_MORE  50 /* of the others, from here on */
#define DIRECTORY    "/disk"

enum {
	OPTION_DISK = 0x400,
	OPTION_NO_RING,
};

static const struct argp_option options[] = {
	{"disk", OPTION_DISK, "IMAGE[@OFFSET][:pN][:/DIRECTORY][:ro]", 0,
	 "Mount the ext4 file system in that file or block device, or in partition N of it, there (" DIRECTORY
	 ", if not said), for writing but with :ro. May be given for several", 0},
	{"no-io-uring", OPTION_NO_RING, NULL, 0, "Read disks by plain system calls, for tools that do not know io_uring", 0},
	{0},
};

static void parse_disk(struct run_disk *disk, char *argument, struct argp_state *state)
{
	const char *problem;

	if (disk->count == DISKS_MAXIMUM)
		argp_error(state, "there can be %d disks at most", DISKS_MAXIMUM);
	problem = disk_option_parse(argument, &disk->options[disk->count]);
	if (problem)
		argp_error(state, "--disk: %s", problem);
	disk->count++;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct run_disk *disk = state->input;

	switch (key) {
	case OPTION_DISK:
		parse_disk(disk, argument, state);
		return 0;
	case OPTION_NO_RING:
		disk->no_ring = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp run_disk_argp = {.options = options, .parser = parse};

/* "ext4", "ext4-2", … */
static void name_server(char name[NAME_SIZE], unsigned index)
{
	if (index == 0)
		snprintf(name, NAME_SIZE, "%s", SERVER);
	else
		snprintf(name, NAME_SIZE, "%s-%u", SERVER, index + 1);
}

static uint32_t find_log(const struct manifest *manifest)
{
	uint32_t index = 0;

	while (index < manifest->service_count && strcmp(manifest->services[index].name, "log") != 0)
		index++;
	return index;
}

static bool add(struct run_disk *disk, unsigned index, struct manifest *manifest)
{
	const struct disk_option *option = &disk->options[index];
	struct manifest_service service = {
		.image = SERVER,
		.number = index == 0 ? NUMBER_FIRST : NUMBER_MORE + index,
		.priority = PRIORITY_DEFAULT,
		.quota = {.memory = 128u << 20, .handles = 4096, .ports = 16, .lanes = 64},
	};
	char directory[MANIFEST_PATH_SIZE];
	uint32_t log = find_log(manifest);
	const char *problem;

	name_server(disk->servers[index], index);
	strcpy(service.name, disk->servers[index]);
	if (log < manifest->service_count)
		service.calls[service.call_count++] = (struct manifest_call){.service = log};
	if (index == 0)
		snprintf(directory, sizeof(directory), "%s", DIRECTORY);
	else
		snprintf(directory, sizeof(directory), "%s%u", DIRECTORY, index + 1);
	if (!option->read_only)
		strcpy(service.options, "write=yes");
	problem = manifest_add_file_system(manifest, &service, option->directory ? option->directory : directory,
	                                   option->read_only ? MOUNT_READ_ONLY : 0);
	if (problem)
		cli_error("run: --disk %s at %s: %s", option->image, option->directory ? option->directory : directory,
		          problem);
	return problem == NULL;
}

bool run_disk_apply(struct run_disk *disk, struct manifest *manifest, struct host_options *host)
{
	for (unsigned index = 0; index < disk->count; index++) {
		const struct disk_option *option = &disk->options[index];

		if (!add(disk, index, manifest))
			return false;
		disk->disks[index] = (struct host_disk_options){.server = disk->servers[index],
		                                                .path = option->image,
		                                                .offset = option->offset,
		                                                .partition = option->partition,
		                                                .read_only = option->read_only,
		                                                .no_ring = disk->no_ring};
	}
	host->disks = disk->disks;
	host->disk_count = disk->count;
	return true;
}

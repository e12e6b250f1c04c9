/* Which devices there are, and handing each to the server it is for. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "disk.h"

static bool cards_open(struct machine *machine, char *error, size_t size)
{
	const struct host_options *options = machine->options;

	machine->cards = calloc(options->card_count, sizeof(*machine->cards));
	if (machine->cards == NULL && options->card_count > 0) {
		snprintf(error, size, "out of memory");
		return false;
	}
	for (unsigned i = 0; i < options->card_count; i++) {
		if (!card_open(&options->cards[i], &machine->cards[i], error, size))
			console_print(machine, "%s", error);
	}
	return true;
}

static bool disks_open(struct machine *machine, char *error, size_t size)
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

bool devices_open(struct machine *machine, char *error, size_t size)
{
	if (!cards_open(machine, error, size))
		return false;
	if (disks_open(machine, error, size))
		return true;
	devices_close(machine);
	return false;
}

void devices_close(struct machine *machine)
{
	for (unsigned i = 0; machine->cards != NULL && i < machine->options->card_count; i++)
		card_close(&machine->cards[i]);
	free(machine->cards);
	machine->cards = NULL;
	for (unsigned i = 0; machine->disks != NULL && i < machine->options->disk_count; i++)
		disk_close_image(&machine->disks[i]);
	free(machine->disks);
	machine->disks = NULL;
}

static bool disk_is_of(const struct host_process *process, unsigned index)
{
	return strcmp(process->machine->options->disks[index].server, process->name) == 0;
}

bool disk_is_written_by(const struct host_process *process)
{
	for (unsigned i = 0; i < process->machine->options->disk_count; i++) {
		if (disk_is_of(process, i) && !process->machine->options->disks[i].read_only)
			return true;
	}
	return false;
}

void devices_prepare(struct host_process *process)
{
	struct machine *machine = process->machine;

	process->born_count = 0;
	for (unsigned i = 0; i < machine->options->disk_count && process->born_count < OS_DEVICES; i++) {
		struct host_disk *disk = &machine->disks[i];

		if (!disk_is_of(process, i))
			continue;
		process->born[process->born_count++] = disk_prepare(disk);
		if (disk->ring_obstacle != NULL)
			console_print(machine, "%s: without io_uring, which is slower (%s)",
			              disk->parameters.name, disk->ring_obstacle);
	}
}

static bool send_disk(struct host_process *process, const struct host_disk *disk, uint32_t number)
{
	return descriptor_send_device(process, DEVICE_DISK, &disk->parameters, sizeof(disk->parameters), NULL, 0,
	                              DESCRIPTOR_DEVICES + number);
}

static bool send_card(struct host_process *process, struct host_card *card)
{
	const int descriptors[] = {card->tap, card->record};

	if (card->tap < 0)
		return true;
	return descriptor_send_device(process, DEVICE_CARD, &card->parameters, sizeof(card->parameters),
	                              descriptors, card->record < 0 ? 1 : 2, 0);
}

bool devices_send(struct host_process *process)
{
	const struct host_options *options = process->machine->options;
	uint32_t born = 0;

	for (unsigned i = 0; i < options->card_count; i++) {
		if (strcmp(options->cards[i].server, process->name) == 0 &&
		    !send_card(process, &process->machine->cards[i]))
			return false;
	}
	for (unsigned i = 0; i < options->disk_count && born < process->born_count; i++) {
		if (disk_is_of(process, i) && !send_disk(process, &process->machine->disks[i], born++))
			return false;
	}
	return true;
}

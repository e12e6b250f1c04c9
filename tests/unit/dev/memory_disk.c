/* The disk in memory: a queue, a cache of sectors that are not durable, faults. */
#include "memory_disk.h"

#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "drivers/check.h"

/* A request's `phase` is how many had ended when it was submitted: what a flush makes durable. */

static struct memory_disk *memory_disk_of(struct disk *disk)
{
	return list_entry(disk, struct memory_disk, disk);
}

static void *certain(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

/* ---- sectors ------------------------------------------------------------ */

static void remember(struct memory_disk *disk, uint64_t sector, const uint8_t *data)
{
	uint32_t size = disk->options.block_size;
	struct memory_disk_write *write;

	if (disk->write_count == disk->write_room) {
		disk->write_room = disk->write_room ? 2 * disk->write_room : 64;
		disk->writes = certain(realloc(disk->writes, disk->write_room * sizeof(*write)));
	}
	write = &disk->writes[disk->write_count++];
	*write = (struct memory_disk_write){sector, disk->ended, certain(malloc(size))};
	memcpy(write->data, data, size);
}

/* The sector has become durable: nothing older can come back. */
static void forget(struct memory_disk *disk, uint64_t sector)
{
	size_t kept = 0;

	for (size_t i = 0; i < disk->write_count; i++) {
		if (disk->writes[i].sector == sector)
			free(disk->writes[i].data);
		else
			disk->writes[kept++] = disk->writes[i];
	}
	disk->write_count = kept;
}

static void store(struct memory_disk *disk, uint64_t sector, const uint8_t *data, bool durable)
{
	uint32_t size = disk->options.block_size;

	memcpy(disk->current + sector * size, data, size);
	if (durable || !(disk->options.flags & DISK_WRITE_CACHE)) {
		memcpy(disk->durable + sector * size, data, size);
		forget(disk, sector);
	} else {
		remember(disk, sector, data);
	}
}

/* Every sector of a write or discard; with `part` any subset of them, as a failed one leaves. */
static void store_all(struct memory_disk *disk, const struct disk_request *request, bool part)
{
	uint32_t size = disk->options.block_size;
	uint64_t sector = request->offset / size;
	bool durable = request->flags & DISK_FUA;
	uint8_t zeros[4096] = {0};

	if (request->operation == DISK_DISCARD) {
		for (uint64_t i = 0; i < request->length / size; i++) {
			if (!part || memory_chance(&disk->random, 50))
				store(disk, sector + i, zeros, durable);
		}
		return;
	}
	for (uint32_t i = 0; i < request->segment_count; i++) {
		const uint8_t *data = request->segments[i].address;

		for (uint32_t at = 0; at < request->segments[i].length; at += size, sector++) {
			if (!part || memory_chance(&disk->random, 50))
				store(disk, sector, data + at, durable);
		}
	}
}

static void load_all(const struct memory_disk *disk, const struct disk_request *request)
{
	const uint8_t *from = disk->current + request->offset;

	for (uint32_t i = 0; i < request->segment_count; i++) {
		memcpy(request->segments[i].address, from, request->segments[i].length);
		from += request->segments[i].length;
	}
}

/* Makes durable what was written by the first `limit` requests that ended, and no more than that. */
static void flush(struct memory_disk *disk, uint64_t limit)
{
	uint32_t size = disk->options.block_size;
	size_t kept = 0;

	for (size_t i = 0; i < disk->write_count; i++) {
		struct memory_disk_write *write = &disk->writes[i];

		if (write->number >= limit) {
			disk->writes[kept++] = *write;
			continue;
		}
		memcpy(disk->durable + write->sector * size, write->data, size);
		free(write->data);
	}
	disk->write_count = kept;
}

/* ---- requests ------------------------------------------------------------- */

static bool touches(const struct memory_disk_fault *fault, const struct disk_request *request)
{
	if (!(fault->operations & 1u << request->operation))
		return false;
	if (request->operation == DISK_FLUSH)
		return true;
	return request->offset < fault->offset + fault->length &&
	       fault->offset < request->offset + request->length;
}

static int32_t injected(struct memory_disk *disk, const struct disk_request *request)
{
	for (size_t i = 0; i < MEMORY_DISK_FAULTS; i++) {
		struct memory_disk_fault *fault = &disk->faults[i];

		if (fault->times == 0 || !touches(fault, request))
			continue;
		if (fault->after > 0) {
			fault->after--;
			continue;
		}
		if (fault->times != UINT32_MAX)
			fault->times--;
		return fault->status;
	}
	return 0;
}

static int32_t perform(struct memory_disk *disk, struct disk_request *request)
{
	int32_t status = disk->disk.device.fault ? POSIX_EIO : disk_check(&disk->disk.geometry, request);

	if (status)
		return status;
	if (!memory_pieces_hold(&disk->pieces, request->segments, request->segment_count))
		return POSIX_EFAULT;
	status = injected(disk, request);
	if (request->operation == DISK_FLUSH) {
		if (!status)
			flush(disk, request->phase);
		return status;
	}
	if (request->operation == DISK_READ) {
		if (!status)
			load_all(disk, request);
		return status;
	}
	store_all(disk, request, status != 0);
	return status;
}

static void end(struct memory_disk *disk, struct disk_request *request)
{
	list_remove(&request->link);
	request->status = perform(disk, request);
	disk->ended++;
	if (request->status == 0)
		disk->completed[request->operation]++;
	if (request->status == 0 && disk->observe)
		disk->observe(request);
	request->done(request);
}

static void memory_disk_submit(struct disk *base, struct disk_request *request)
{
	struct memory_disk *disk = memory_disk_of(base);

	request->phase = (uint32_t)disk->ended;
	list_add_tail(&disk->waiting, &request->link);
	disk->in_flight++;
	if (disk->in_flight > disk->deepest)
		disk->deepest = disk->in_flight;
}

static void memory_disk_kick(struct device *device)
{
	struct memory_disk *disk = list_entry(device, struct memory_disk, disk.device);

	disk->shown = disk->in_flight;
}

/* Ends one request: the oldest, or with a seed any of those being worked on. */
static bool memory_disk_poll(struct device *device)
{
	struct memory_disk *disk = list_entry(device, struct memory_disk, disk.device);
	struct list *link = disk->waiting.next;
	uint32_t working = disk->shown < disk->options.depth ? disk->shown : disk->options.depth;

	if (working == 0 || memory_chance(&disk->random, disk->options.lazy))
		return false;
	if (disk->options.seed != 0) {
		for (uint64_t skip = memory_random(&disk->random) % working; skip > 0; skip--)
			link = link->next;
	}
	disk->in_flight--;
	end(disk, list_entry(link, struct disk_request, link));
	disk->shown = disk->in_flight;
	return true;
}

static bool memory_disk_arm(struct device *device)
{
	return list_entry(device, struct memory_disk, disk.device)->shown == 0;
}

static void memory_disk_interrupt(struct device *device, uint32_t vector)
{
	(void)device;
	(void)vector;
}

static void *memory_disk_allocate(struct device *device, size_t size)
{
	return memory_pieces_allocate(&list_entry(device, struct memory_disk, disk.device)->pieces, size);
}

static void memory_disk_free(struct device *device, void *address, size_t size)
{
	memory_pieces_free(&list_entry(device, struct memory_disk, disk.device)->pieces, address, size);
}

/* ---- what tests do with it --------------------------------------------------- */

static const struct device_operations device_operations = {
	.poll = memory_disk_poll,
	.kick = memory_disk_kick,
	.arm = memory_disk_arm,
	.interrupt = memory_disk_interrupt,
	.allocate = memory_disk_allocate,
	.free = memory_disk_free,
};
static const struct disk_operations disk_operations = {.submit = memory_disk_submit};

void memory_disk_create(struct memory_disk *disk, const struct memory_disk_options *options)
{
	*disk = (struct memory_disk){.options = *options};
	if (disk->options.block_size == 0)
		disk->options.block_size = 512;
	if (disk->options.depth == 0)
		disk->options.depth = 64;
	disk->random = options->seed ? options->seed : 1;
	disk->disk.device.operations = &device_operations;
	disk->disk.operations = &disk_operations;
	disk->disk.name = "memory";
	disk->disk.geometry = (struct disk_geometry){
		.size = options->size,
		.block_size = disk->options.block_size,
		.depth = disk->options.depth,
		.segments_maximum = 254,
		.segment_maximum = 1 << 20,
		.transfer_maximum = 1 << 20,
		.discard_alignment = disk->options.block_size,
		.discard_maximum = 1 << 30,
		.flags = options->flags,
	};
	disk->durable = certain(calloc(1, options->size));
	disk->current = certain(calloc(1, options->size));
	list_init(&disk->waiting);
}

void memory_disk_destroy(struct memory_disk *disk)
{
	for (size_t i = 0; i < disk->write_count; i++)
		free(disk->writes[i].data);
	free(disk->writes);
	free(disk->durable);
	free(disk->current);
	memory_pieces_free_all(&disk->pieces);
}

void memory_disk_fail(struct memory_disk *disk, const struct memory_disk_fault *fault)
{
	for (size_t i = 0; i < MEMORY_DISK_FAULTS; i++) {
		if (disk->faults[i].times == 0) {
			disk->faults[i] = *fault;
			return;
		}
	}
	abort();
}

void memory_disk_heal(struct memory_disk *disk)
{
	memset(disk->faults, 0, sizeof(disk->faults));
}

void memory_disk_break(struct memory_disk *disk, const char *fault)
{
	disk->disk.device.fault = fault;
}

void memory_disk_resize(struct memory_disk *disk, uint64_t size)
{
	if (size > disk->options.size)
		abort();
	disk->disk.geometry.size = size;
}

/* One sector that was written comes to rest: old, new, or new at its beginning only. */
static void settle(struct memory_disk *disk, const struct memory_disk_write *write)
{
	uint32_t size = disk->options.block_size;
	uint32_t length = size;

	if (memory_chance(&disk->random, 50))
		return;
	if (disk->options.torn_sectors && memory_chance(&disk->random, 25))
		length = (uint32_t)(memory_random(&disk->random) % size);
	memcpy(disk->durable + write->sector * size, write->data, length);
}

void memory_disk_crash(struct memory_disk *disk, uint64_t seed)
{
	disk->random = seed ? seed : 1;
	/* What is in flight may have been done in any part. */
	while (!list_empty(&disk->waiting)) {
		struct disk_request *request =
			list_entry(list_take(&disk->waiting), struct disk_request, link);

		if ((request->operation == DISK_WRITE || request->operation == DISK_DISCARD) &&
		    disk_check(&disk->disk.geometry, request) == 0 &&
		    memory_pieces_hold(&disk->pieces, request->segments, request->segment_count)) {
			request->flags = 0;
			store_all(disk, request, true);
		}
	}
	for (size_t i = 0; i < disk->write_count; i++) {
		settle(disk, &disk->writes[i]);
		free(disk->writes[i].data);
	}
	disk->write_count = 0;
	disk->in_flight = disk->shown = 0;
	disk->disk.device.fault = NULL;
	memory_disk_heal(disk);
	memcpy(disk->current, disk->durable, disk->options.size);
}

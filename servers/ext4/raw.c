/*
 * The protocol `block`: the disk itself, for those granted `control`. Data go by
 * way of one piece of the device's memory, which a call takes when it is its turn.
 */
#include <drydock/abi/manifest.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "ext4.h"

#define RAW_MAXIMUM (1u << 20)   /* bytes of one call */
#define RAW_PIECE   (128u << 10) /* and of one request */

/* One request on its way. */
struct transfer {
	struct disk_request request;
	struct device_segment segment;
	struct fiber *fiber;
	bool done;
};

static void transfer_done(struct disk_request *request)
{
	struct transfer *transfer = request->context;

	transfer->done = true;
	fiber_wake(transfer->fiber);
}

static int32_t transfer_run(struct ext4 *ext4, struct transfer *transfer)
{
	transfer->request.done = transfer_done;
	transfer->request.context = transfer;
	transfer->fiber = fiber_current(ext4->runtime);
	disk_submit(ext4->disk, &transfer->request);
	while (!transfer->done)
		fiber_wait(ext4->runtime);
	return transfer->request.status;
}

/* Moves `length` bytes, which the disk takes at once. */
static int32_t piece_move(struct ext4 *ext4, uint8_t operation, uint64_t offset, uint8_t *memory,
                          uint32_t length)
{
	struct transfer transfer = {
		.segment = {memory, length},
		.request = {.operation = operation, .segment_count = 1, .offset = offset, .length = length},
	};

	transfer.request.segments = &transfer.segment;
	return transfer_run(ext4, &transfer);
}

/* How much goes at once. */
static uint32_t piece_maximum(const struct ext4 *ext4)
{
	const struct disk_geometry *geometry = &ext4->disk->geometry;
	uint32_t maximum = RAW_PIECE;

	if (maximum > geometry->transfer_maximum)
		maximum = geometry->transfer_maximum;
	if (maximum > geometry->segment_maximum)
		maximum = geometry->segment_maximum;
	return maximum & ~(geometry->block_size - 1);
}

/* ---- the handlers -------------------------------------------------------------------- */

static int32_t check(const struct request *request)
{
	const struct ext4 *ext4 = request->server;

	if (!(badge_flags(connection_info(request->connection)->badge) & CALL_CONTROL))
		return POSIX_EPERM;
	return ext4->disk ? 0 : POSIX_ENODEV;
}

static int32_t check_range(const struct request *request, uint64_t offset, uint32_t length)
{
	const struct ext4 *ext4 = request->server;
	const struct disk_geometry *geometry;
	int32_t error = check(request);

	if (error)
		return error;
	geometry = &ext4->disk->geometry;
	if (length == 0 || length > RAW_MAXIMUM || (offset | length) & (geometry->block_size - 1))
		return POSIX_EINVAL;
	return offset > geometry->size || length > geometry->size - offset ? POSIX_ENXIO : 0;
}

static int32_t serve_info(struct request *request, struct block_info_results *results)
{
	const struct ext4 *ext4 = request->server;
	int32_t error = check(request);

	if (error)
		return error;
	results->size = ext4->disk->geometry.size;
	results->block_size = ext4->disk->geometry.block_size;
	results->flags = (ext4->disk->geometry.flags & DISK_READ_ONLY ? BLOCK_READ_ONLY : 0) |
	                 (ext4->volume.mounted ? BLOCK_MOUNTED : 0);
	return 0;
}

/* Moves all of a call's data, `to` or `from` memory that the client shares. */
static int32_t move(struct ext4 *ext4, uint8_t operation, uint64_t offset, uint8_t *to, const uint8_t *from,
                    uint32_t length)
{
	const uint32_t maximum = piece_maximum(ext4);
	uint8_t *memory;
	int32_t error = 0;

	lock_exclusive(&ext4->raw_lock, ext4->runtime);
	memory = device_allocate(&ext4->disk->device, RAW_PIECE);
	for (uint32_t at = 0, part; memory && !error && at < length; at += part) {
		part = length - at < maximum ? length - at : maximum;
		if (from)
			memcpy(memory, from + at, part);
		error = piece_move(ext4, operation, offset + at, memory, part);
		if (to && !error)
			memcpy(to + at, memory, part);
	}
	if (memory)
		device_free(&ext4->disk->device, memory, RAW_PIECE);
	else
		error = POSIX_ENOMEM;
	lock_release(&ext4->raw_lock);
	return error;
}

static int32_t serve_read(struct request *request, const struct block_read_arguments *arguments,
                          struct block_read_results *results)
{
	int32_t error = check_range(request, arguments->offset, arguments->data_capacity);

	if (!error)
		error = move(request->server, DISK_READ, arguments->offset, arguments->data, NULL,
		             arguments->data_capacity);
	if (!error)
		results->data_length = arguments->data_capacity;
	return error;
}

static int32_t serve_write(struct request *request, const struct block_write_arguments *arguments)
{
	const struct ext4 *ext4 = request->server;
	int32_t error = check_range(request, arguments->offset, arguments->data_length);

	if (error)
		return error;
	if (ext4->volume.mounted)
		return POSIX_EBUSY;
	return move(request->server, DISK_WRITE, arguments->offset, NULL, arguments->data,
	            arguments->data_length);
}

static int32_t serve_sync(struct request *request)
{
	struct transfer transfer = {.request = {.operation = DISK_FLUSH}};
	int32_t error = check(request);

	return error ? error : transfer_run(request->server, &transfer);
}

const struct block_operations raw_handlers = {
	.info = serve_info,
	.read = serve_read,
	.write = serve_write,
	.sync = serve_sync,
};

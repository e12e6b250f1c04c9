/*
 * A disk by io_uring. The host has made the ring, registered the disk as its
 * file 0 and restricted it to what is done here (sim/host/disk.c); the process
 * maps it. One request is one entry; a transfer that Linux cuts short goes on
 * as another.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define GATHER_AT_ONCE 64

/* ---- registered memory ----------------------------------------------------------- */

static uint32_t piece_number(const struct file_disk *disk, const struct disk_piece *piece)
{
	return (uint32_t)(piece - disk->pieces);
}

void disk_ring_register(struct file_disk *disk, struct disk_piece *piece)
{
	struct iovec vector = {.iov_base = piece->address, .iov_len = piece->size};

	/* Refused where more memory is locked than the limit allows: slower, and no error. */
	piece->registered = disk->buffers && io_uring_register_buffers_update_tag(
						     &disk->ring, piece_number(disk, piece), &vector, NULL, 1) == 1;
}

void disk_ring_unregister(struct file_disk *disk, struct disk_piece *piece)
{
	struct iovec nothing = {0};

	if (piece->registered)
		io_uring_register_buffers_update_tag(&disk->ring, piece_number(disk, piece), &nothing, NULL,
		                                     1);
	piece->registered = false;
}

/* ---- submission --------------------------------------------------------------------- */

static void prepare_transfer(struct file_disk *disk, struct io_uring_sqe *entry, struct disk_slot *slot)
{
	const struct disk_request *request = slot->request;
	uint64_t offset = disk->parameters.offset + request->offset + slot->moved;
	bool write = request->operation == DISK_WRITE;
	struct iovec *first = &slot->vectors[0];
	struct disk_piece *piece = NULL;

	if (slot->vector_count == 1)
		piece = file_disk_piece(disk, first->iov_base, first->iov_len);
	if (piece != NULL && piece->registered) {
		int number = (int)piece_number(disk, piece);

		if (write)
			io_uring_prep_write_fixed(entry, 0, first->iov_base, (unsigned)first->iov_len, offset,
			                          number);
		else
			io_uring_prep_read_fixed(entry, 0, first->iov_base, (unsigned)first->iov_len, offset,
			                         number);
	} else if (write) {
		io_uring_prep_writev(entry, 0, slot->vectors, slot->vector_count, offset);
	} else {
		io_uring_prep_readv(entry, 0, slot->vectors, slot->vector_count, offset);
	}
	if (request->flags & DISK_FUA)
		entry->rw_flags = RWF_DSYNC;
}

static void prepare(struct file_disk *disk, struct io_uring_sqe *entry, struct disk_slot *slot)
{
	const struct disk_request *request = slot->request;

	if (request->operation == DISK_FLUSH)
		io_uring_prep_fsync(entry, 0, IORING_FSYNC_DATASYNC);
	else if (request->operation == DISK_DISCARD)
		io_uring_prep_fallocate(entry, 0, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		                        (off_t)(disk->parameters.offset + request->offset),
		                        (off_t)request->length);
	else
		prepare_transfer(disk, entry, slot);
	io_uring_sqe_set_flags(entry, IOSQE_FIXED_FILE);
	io_uring_sqe_set_data(entry, slot);
}

/* Takes a slot for the request that has waited longest. */
static struct disk_slot *begin(struct file_disk *disk)
{
	struct disk_slot *slot = list_entry(list_take(&disk->free_slots), struct disk_slot, link);
	struct disk_request *request = list_entry(list_take(&disk->waiting), struct disk_request, link);

	slot->request = request;
	slot->moved = 0;
	slot->vector_count = request->segment_count;
	for (uint32_t i = 0; i < request->segment_count; i++)
		slot->vectors[i] = (struct iovec){request->segments[i].address, request->segments[i].length};
	return slot;
}

void disk_ring_start(struct file_disk *disk)
{
	bool any = false;

	for (;;) {
		struct io_uring_sqe *entry;
		struct disk_slot *slot;

		if (list_empty(&disk->again) && (list_empty(&disk->waiting) || list_empty(&disk->free_slots)))
			break;
		entry = io_uring_get_sqe(&disk->ring);
		if (entry == NULL)
			break;
		slot = list_empty(&disk->again) ? begin(disk)
		                                : list_entry(list_take(&disk->again), struct disk_slot, link);
		prepare(disk, entry, slot);
		disk->in_flight++;
		any = true;
	}
	/* What Linux has no room for now stays in the ring, and goes with the next. */
	if (any || io_uring_sq_ready(&disk->ring) > 0)
		io_uring_submit(&disk->ring);
}

/* ---- completion ------------------------------------------------------------------------ */

/* Takes `moved` bytes off the front of what is left; true if anything remains. */
static bool advance(struct disk_slot *slot, uint64_t moved)
{
	uint32_t whole = 0;

	slot->moved += moved;
	while (whole < slot->vector_count && moved >= slot->vectors[whole].iov_len)
		moved -= slot->vectors[whole++].iov_len;
	slot->vector_count -= whole;
	memmove(slot->vectors, slot->vectors + whole, slot->vector_count * sizeof(slot->vectors[0]));
	if (slot->vector_count > 0) {
		slot->vectors[0].iov_base = (uint8_t *)slot->vectors[0].iov_base + moved;
		slot->vectors[0].iov_len -= moved;
	}
	return slot->vector_count > 0;
}

static void completed(struct file_disk *disk, struct disk_slot *slot, int result)
{
	struct disk_request *request = slot->request;
	int error = result < 0 ? -result : 0;

	disk->in_flight--;
	if (error == EINTR || error == EAGAIN) {
		list_add_tail(&disk->again, &slot->link);
		return;
	}
	if (request->segment_count > 0 && error == 0) {
		/* Nothing at all: the file ends before its disk does; it was shortened. */
		if (result == 0)
			error = EIO;
		else if (advance(slot, (uint64_t)result)) {
			list_add_tail(&disk->again, &slot->link);
			return;
		}
	}
	list_add_tail(&disk->free_slots, &slot->link);
	file_disk_end(disk, request, file_disk_status(error));
}

void disk_ring_gather(struct file_disk *disk)
{
	struct io_uring_cqe *entries[GATHER_AT_ONCE];
	unsigned count = io_uring_peek_batch_cqe(&disk->ring, entries, GATHER_AT_ONCE);

	for (unsigned i = 0; i < count; i++)
		completed(disk, io_uring_cqe_get_data(entries[i]), entries[i]->res);
	io_uring_cq_advance(&disk->ring, count);
	if (!list_empty(&disk->again))
		disk_ring_start(disk);
}

bool disk_ring_idle(struct file_disk *disk)
{
	return io_uring_cq_ready(&disk->ring) == 0 && io_uring_sq_ready(&disk->ring) == 0;
}

/* ---- making and ending ------------------------------------------------------------------- */

bool disk_ring_create(struct file_disk *disk, const char **error)
{
	struct io_uring_params parameters = disk->parameters.ring;
	int descriptor = fcntl(disk->descriptor, F_DUPFD_CLOEXEC, 0);

	if (descriptor < 0 || io_uring_queue_mmap(descriptor, &parameters, &disk->ring) != 0) {
		if (descriptor >= 0)
			close(descriptor);
		*error = "the ring that the host made cannot be mapped";
		return false;
	}
	disk->buffers = io_uring_register_buffers_sparse(&disk->ring, DISK_PIECES) == 0;
	for (size_t i = 0; i < DISK_RING_ENTRIES; i++)
		list_add_tail(&disk->free_slots, &disk->slots[i].link);
	return true;
}

void disk_ring_destroy(struct file_disk *disk)
{
	struct io_uring_cqe *entry;

	/* Linux may still write into our memory. */
	while (disk->in_flight > 0 && io_uring_wait_cqe(&disk->ring, &entry) == 0) {
		io_uring_cqe_seen(&disk->ring, entry);
		disk->in_flight--;
	}
	io_uring_queue_exit(&disk->ring);
}

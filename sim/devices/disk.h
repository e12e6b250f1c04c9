/*
 * A disk of the hosted build: an image file or a block device that the host has
 * opened for the process (drydock/dev/block.h). What the host says of it, and
 * how the process works on it.
 */
#ifndef DRYDOCK_SIM_DEVICES_DISK_H
#define DRYDOCK_SIM_DEVICES_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include <drydock/dev/block.h>
#include <drydock/os.h>
#include <liburing.h>

#include "sim/user/start.h"

#define DISK_NAME_SIZE    64
#define DISK_RING_ENTRIES 128 /* requests that Linux works on at once */
#define DISK_SEGMENTS     32  /* of one request at most */
#define DISK_TRANSFER     (4u << 20)
#define DISK_PIECES       512 /* of memory, each registered with the ring where Linux lets us */

enum disk_method {
	DISK_BY_RING = 1,  /* the descriptor is an io_uring whose file 0 is the disk */
	DISK_BY_CALLS = 2, /* it is the disk itself: preadv and pwritev, which wait */
};

/* Parameters of DEVICE_DISK. */
struct disk_parameters {
	uint64_t offset;     /* bytes: where in the file the disk begins */
	uint64_t size;       /* bytes of the disk, a multiple of block_size */
	uint32_t block_size;
	uint32_t flags;      /* DISK_READ_ONLY, DISK_WRITE_CACHE, DISK_CAN_DISCARD */
	uint32_t method;     /* enum disk_method */
	uint32_t reserved;
	struct io_uring_params ring; /* as Linux returned them */
	char name[DISK_NAME_SIZE];   /* for people, NUL-terminated */
};
_Static_assert(sizeof(struct disk_parameters) <= DEVICE_PARAMETERS, "fits into the packet");

/* Memory that was handed out by device_allocate. */
struct disk_piece {
	uint8_t *address; /* NULL: free */
	size_t size;
	handle_t handle;
	bool registered;  /* as the ring's buffer of the same number */
};

/* A request that Linux has. */
struct disk_slot {
	struct list link; /* in free_slots, or in again */
	struct disk_request *request;
	uint64_t moved;   /* bytes of it that have been transferred */
	uint32_t vector_count;
	struct iovec vectors[DISK_SEGMENTS]; /* what is left */
};

struct file_disk {
	struct disk disk;
	struct os *os;
	struct disk_parameters parameters;
	int descriptor;
	struct list waiting;    /* struct disk_request.link: submitted, not begun */
	struct list ended;      /* the same: `done` is to be called */
	struct disk_piece pieces[DISK_PIECES];
	struct io_uring ring;
	bool buffers;           /* the ring takes registered buffers */
	struct list free_slots; /* struct disk_slot.link */
	struct list again;      /* the same: moved in part, or to be tried once more */
	uint32_t in_flight;
	struct disk_slot slots[DISK_RING_ENTRIES];
};

/*
 * Makes a disk of what the host has handed over; `descriptor` stays the
 * caller's, and open for as long as the disk lives. False with the reason in
 * `error` (a constant).
 */
bool file_disk_create(struct file_disk *disk, struct os *os, const struct disk_parameters *parameters,
                      int descriptor, const char **error);

/* Waits for what Linux still has; nobody is told the end of any request. Frees all memory of the disk. */
void file_disk_destroy(struct file_disk *disk);

/* ---- between the files of a disk ---------------------------------------- */

/* The request has ended: `done` is called from the next poll. */
static inline void file_disk_end(struct file_disk *disk, struct disk_request *request, int32_t status)
{
	request->status = status;
	list_add_tail(&disk->ended, &request->link);
}

/* 0 or the POSIX error (block.h, disk_request.status) for an error number of Linux. */
int32_t file_disk_status(int error);

/* The piece that [address, address + length) lies in, or NULL. */
struct disk_piece *file_disk_piece(struct file_disk *disk, const void *address, size_t length);

/* disk_ring.c */
bool disk_ring_create(struct file_disk *disk, const char **error);
void disk_ring_destroy(struct file_disk *disk);
void disk_ring_start(struct file_disk *disk);  /* gives Linux what waits */
void disk_ring_gather(struct file_disk *disk); /* takes in what Linux has done */
bool disk_ring_idle(struct file_disk *disk);   /* nothing to gather now */
void disk_ring_register(struct file_disk *disk, struct disk_piece *piece);
void disk_ring_unregister(struct file_disk *disk, struct disk_piece *piece);

/* disk_calls.c: does all that waits, here and now */
void disk_calls_run(struct file_disk *disk);

#endif

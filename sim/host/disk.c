/*
 * Opening disks for servers (disk.h). The host opens and locks the file and
 * makes the io_uring; the server gets the ring alone, restricted to reading,
 * writing, flushing and discarding that one file, since io_uring goes around
 * seccomp. A server that dies and is started anew gets another ring, once
 * nothing of the old one is on its way.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLE_SECONDS 1
#define BLOCK_DIRECT   4096u /* what O_DIRECT takes everywhere */
#define BLOCK_LEAST    512u

static bool fail(char *error, size_t size, const char *path, const char *text)
{
	snprintf(error, size, "%s: %s", path, text);
	return false;
}

/* ---- nobody else's ------------------------------------------------------------- */

/* Whether a loop device of the kernel has this file; its name in `name`. */
static bool looped(const struct stat *status, char *name, size_t size)
{
	glob_t found;
	bool any = false;

	if (glob("/sys/block/loop*/loop/backing_file", 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !any; i++) {
		char backing[PATH_MAX];
		struct stat other;
		FILE *file = fopen(found.gl_pathv[i], "re");

		if (file == NULL)
			continue;
		if (fgets(backing, sizeof(backing), file) != NULL) {
			backing[strcspn(backing, "\n")] = '\0';
			any = stat(backing, &other) == 0 && other.st_dev == status->st_dev &&
			      other.st_ino == status->st_ino;
		}
		fclose(file);
		if (any)
			snprintf(name, size, "%.*s", (int)strcspn(found.gl_pathv[i] + 11, "/"),
			         found.gl_pathv[i] + 11);
	}
	globfree(&found);
	return any;
}

static bool lock(const struct host_disk *disk, const struct stat *status, char *error, size_t size)
{
	const char *path = disk->options->path;
	struct flock whole = {.l_type = disk->options->read_only ? F_RDLCK : F_WRLCK};
	char device[32], text[128];

	if (fcntl(disk->file, F_OFD_SETLK, &whole) != 0)
		return fail(error, size, path, "another program uses it (an instance of drydock, qemu?)");
	if (S_ISREG(status->st_mode) && looped(status, device, sizeof(device))) {
		snprintf(text, sizeof(text), "Linux has it as /dev/%s; end that by: umount, losetup -d /dev/%s",
		         device, device);
		return fail(error, size, path, text);
	}
	return true;
}

/* ---- what it can do --------------------------------------------------------------- */

/* Whether reads of `block` bytes go past Linux's cache. */
static bool direct_works(int file, size_t block)
{
	void *memory;
	bool works;

	if (posix_memalign(&memory, BLOCK_DIRECT, BLOCK_DIRECT) != 0)
		return false;
	works = pread(file, memory, block, (off_t)block) >= 0;
	free(memory);
	return works;
}

static int open_file(const struct host_disk_options *options, const struct stat *status, bool direct)
{
	/* Of a block device O_EXCL is: not while it is mounted, or otherwise in use. */
	int exclusive = S_ISBLK(status->st_mode) && !options->read_only ? O_EXCL : 0;

	return open(options->path,
	            (options->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | exclusive | (direct ? O_DIRECT : 0));
}

/* The least block with which the disk is to be worked on; opens the file. 0: errno says why not. */
static uint32_t open_best(struct host_disk *disk, const struct stat *status)
{
	static const uint32_t blocks[] = {BLOCK_LEAST, BLOCK_DIRECT};
	uint64_t ends = disk->parameters.offset | disk->parameters.size;

	disk->file = open_file(disk->options, status, true);
	for (size_t i = 0; disk->file >= 0 && i < 2; i++) {
		if (direct_works(disk->file, blocks[i]) && ends % blocks[i] == 0)
			return blocks[i];
	}
	if (disk->file >= 0)
		close(disk->file);
	disk->file = open_file(disk->options, status, false);
	return disk->file >= 0 ? BLOCK_LEAST : 0;
}

/* Whether Linux can give back the room of a range: tried behind the end, where there is none. */
static bool can_discard(int file, const struct stat *status)
{
	return S_ISREG(status->st_mode) &&
	       fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, status->st_size, BLOCK_DIRECT) == 0;
}

/* ---- opening --------------------------------------------------------------------------- */

static bool find_extent(struct host_disk *disk, int file, uint64_t size, char *error, size_t room)
{
	const struct host_disk_options *options = disk->options;
	struct disk_parameters *parameters = &disk->parameters;

	parameters->offset = options->offset;
	if (options->partition > 0) {
		if (!disk_image_partition(file, options->path, options->partition, &parameters->offset,
		                          &parameters->size, error, room))
			return false;
		if (parameters->offset > size || parameters->size > size - parameters->offset)
			return fail(error, room, options->path, "the partition lies beyond the end of the disk");
	} else if (options->offset >= size) {
		return fail(error, room, options->path, "nothing is there at that offset");
	} else {
		parameters->size = size - options->offset;
	}
	if (parameters->offset % BLOCK_LEAST != 0)
		return fail(error, room, options->path, "the offset is not a multiple of 512");
	parameters->size -= parameters->size % BLOCK_LEAST;
	return parameters->size > 0 || fail(error, room, options->path, "it is empty");
}

/* With the file open for reading only, and not locked yet: what it is. */
static bool look_at(struct host_disk *disk, int file, struct stat *status, char *error, size_t size)
{
	const char *path = disk->options->path;
	off_t end;

	if (fstat(file, status) != 0)
		return fail(error, size, path, strerror(errno));
	if (!S_ISREG(status->st_mode) && !S_ISBLK(status->st_mode))
		return fail(error, size, path, "it is neither a file nor a block device");
	end = lseek(file, 0, SEEK_END);
	if (end < 0)
		return fail(error, size, path, strerror(errno));
	return disk_image_raw(file, path, error, size) && find_extent(disk, file, (uint64_t)end, error, size);
}

bool disk_open_image(const struct host_disk_options *options, struct host_disk *disk, char *error, size_t size)
{
	struct disk_parameters *parameters = &disk->parameters;
	struct stat status;
	char text[256];
	int file;
	bool good;

	*disk = (struct host_disk){.options = options, .file = -1};
	file = open(options->path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return fail(error, size, options->path, strerror(errno));
	good = look_at(disk, file, &status, error, size);
	close(file);
	if (!good)
		return false;
	parameters->block_size = open_best(disk, &status);
	if (parameters->block_size == 0) {
		snprintf(text, sizeof(text), "%s%s",
		         errno == EBUSY ? "it is mounted, or in use by Linux" : strerror(errno),
		         errno == EACCES || errno == EROFS || errno == EPERM ? "; to read it only, add :ro" : "");
		return fail(error, size, options->path, text);
	}
	if (!lock(disk, &status, error, size)) {
		disk_close_image(disk);
		return false;
	}
	parameters->flags = DISK_WRITE_CACHE | (options->read_only ? DISK_READ_ONLY : 0);
	if (!options->read_only && can_discard(disk->file, &status))
		parameters->flags |= DISK_CAN_DISCARD;
	snprintf(parameters->name, sizeof(parameters->name), "%s", basename(options->path));
	return true;
}

/* ---- the ring ------------------------------------------------------------------------------ */

/* All that a server may have done: what sim/devices/disk_ring.c does. */
static int restrict_ring(struct io_uring *ring)
{
	static const uint8_t operations[] = {IORING_OP_READV,      IORING_OP_WRITEV, IORING_OP_READ_FIXED,
	                                     IORING_OP_WRITE_FIXED, IORING_OP_FSYNC,  IORING_OP_FALLOCATE};
	static const uint8_t registrations[] = {IORING_REGISTER_BUFFERS2, IORING_REGISTER_BUFFERS_UPDATE,
	                                        IORING_UNREGISTER_BUFFERS};
	struct io_uring_restriction restrictions[sizeof(operations) + sizeof(registrations) + 2] = {0};
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(operations); i++)
		restrictions[count++] = (struct io_uring_restriction){.opcode = IORING_RESTRICTION_SQE_OP,
		                                                      .sqe_op = operations[i]};
	for (size_t i = 0; i < sizeof(registrations); i++)
		restrictions[count++] = (struct io_uring_restriction){.opcode = IORING_RESTRICTION_REGISTER_OP,
		                                                      .register_op = registrations[i]};
	restrictions[count++] = (struct io_uring_restriction){
		.opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED, .sqe_flags = IOSQE_FIXED_FILE};
	restrictions[count++] = (struct io_uring_restriction){
		.opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED, .sqe_flags = IOSQE_FIXED_FILE};
	/* By the general call: Debian's library does not export the one for this, nor that for enabling. */
	return io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_RESTRICTIONS, restrictions, count);
}

static bool make_ring(struct host_disk *disk)
{
	struct io_uring_params *parameters = &disk->parameters.ring;

	*parameters = (struct io_uring_params){.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_CLAMP};
	if (io_uring_queue_init_params(DISK_RING_ENTRIES, &disk->ring, parameters) != 0) {
		disk->ring_obstacle = "Linux does not let us have an io_uring";
		return false;
	}
	if (io_uring_register_files(&disk->ring, &disk->file, 1) == 0 && restrict_ring(&disk->ring) == 0 &&
	    io_uring_register((unsigned)disk->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) == 0)
		return true;
	io_uring_queue_exit(&disk->ring);
	disk->ring_obstacle = "Linux cannot restrict an io_uring";
	return false;
}

/*
 * Waits until all that was submitted has ended. What the dead process has
 * written into the rings is not believed: at worst the wait takes its time.
 */
static void settle(struct host_disk *disk)
{
	struct __kernel_timespec limit = {.tv_sec = SETTLE_SECONDS};
	uint32_t begun = __atomic_load_n(disk->ring.sq.khead, __ATOMIC_ACQUIRE);
	uint32_t ended = __atomic_load_n(disk->ring.cq.ktail, __ATOMIC_ACQUIRE);
	struct io_uring_cqe *entry;

	if (begun - ended > 0 && begun - ended <= DISK_RING_ENTRIES) {
		uint32_t unseen = io_uring_cq_ready(&disk->ring);

		io_uring_wait_cqes(&disk->ring, &entry, unseen + (begun - ended), &limit, NULL);
	}
	io_uring_queue_exit(&disk->ring);
	disk->ring_made = false;
}

int disk_prepare(struct host_disk *disk)
{
	if (disk->ring_made)
		settle(disk);
	disk->ring_obstacle = disk->options->no_ring ? "asked for" : NULL;
	disk->ring_made = !disk->options->no_ring && make_ring(disk);
	disk->parameters.method = disk->ring_made ? DISK_BY_RING : DISK_BY_CALLS;
	return disk->ring_made ? disk->ring.ring_fd : disk->file;
}

void disk_close_image(struct host_disk *disk)
{
	if (disk->ring_made)
		settle(disk);
	if (disk->file >= 0)
		close(disk->file);
	disk->file = -1;
}

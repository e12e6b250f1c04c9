/*
 * Mounting: the superblock is found, checked field by field, and the geometry
 * taken from it (Documentation/filesystems/ext4, "Super Block", "Block Groups",
 * "Checksums"). Where the first one is of no use its backups are tried.
 */
#include <drydock/checksum.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "group.h"
#include "inode.h"
#include "journal.h"
#include "volume.h"

#define PROBE_SIZE        4096u /* what is read to look at a superblock: a block of any disk */
#define LOG_BLOCK_LARGEST 6u    /* 64 KiB */
#define DAMAGES_LOGGED    64u

static void damage_log(struct volume *volume, uint64_t block, uint64_t inode, const char *what)
{
	const char *name = volume->disk->name;
	unsigned long long b = block, i = inode;

	if (block && inode)
		log_print(volume->runtime, LOG_ERROR, "%s: block %llu of inode %llu: %s", name, b, i, what);
	else if (block)
		log_print(volume->runtime, LOG_ERROR, "%s: block %llu: %s", name, b, what);
	else if (inode)
		log_print(volume->runtime, LOG_ERROR, "%s: inode %llu: %s", name, i, what);
	else
		log_print(volume->runtime, LOG_ERROR, "%s: %s", name, what);
	if (volume->damages == DAMAGES_LOGGED)
		log_print(volume->runtime, LOG_ERROR, "%s: more damage is not logged; run e2fsck", name);
}

int32_t damage(struct volume *volume, uint64_t block, uint64_t inode, const char *what)
{
	const uint16_t policy = volume->superblock.errors;

	volume->damages++;
	if (volume->damages <= DAMAGES_LOGGED)
		damage_log(volume, block, inode, what);
	if (volume->writable && (policy == ERRORS_READ_ONLY || policy == ERRORS_PANIC))
		transactions_abort(volume, "damage was found, and errors= says not to go on", POSIX_EUCLEAN);
	return POSIX_EUCLEAN;
}

/* ---- is it one ----------------------------------------------------------------- */

/* What is wrong with a field, for the log. */
struct wrong {
	const char *field; /* NULL: nothing */
	uint64_t value;
};

#define CHECK(condition, name, number)                                         \
	do {                                                                   \
		if (!(condition))                                              \
			return (struct wrong){.field = name, .value = number}; \
	} while (0)

static uint64_t blocks_of(const struct ext4_superblock *superblock)
{
	uint64_t high = superblock->feature_incompat & INCOMPAT_64BIT ? superblock->blocks_count_high : 0;

	return high << 32 | superblock->blocks_count_low;
}

static bool is_power_of_two(uint64_t number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

/* Whether its own checksum is right, where it has one. */
static bool checksum_fits(const struct ext4_superblock *superblock)
{
	if (!(superblock->feature_ro_compat & RO_COMPAT_METADATA_CSUM))
		return true;
	return superblock->checksum_type == SUPERBLOCK_CRC32C &&
	       superblock->checksum ==
	               checksum_crc32c(0xffffffff, superblock, offsetof(struct ext4_superblock, checksum));
}

/* Sizes of blocks, inodes and descriptors. */
static struct wrong check_sizes(const struct ext4_superblock *superblock)
{
	uint32_t block_size;

	CHECK(superblock->magic == SUPERBLOCK_MAGIC, "s_magic", superblock->magic);
	CHECK(superblock->log_block_size <= LOG_BLOCK_LARGEST, "s_log_block_size",
	      superblock->log_block_size);
	block_size = 1024u << superblock->log_block_size;
	CHECK(superblock->revision <= 1, "s_rev_level", superblock->revision);
	if (superblock->revision == 1) {
		CHECK(is_power_of_two(superblock->inode_size) &&
		              superblock->inode_size >= INODE_SIZE_MINIMUM &&
		              superblock->inode_size <= block_size,
		      "s_inode_size", superblock->inode_size);
		CHECK(superblock->first_inode >= INODE_FIRST_OLD, "s_first_ino", superblock->first_inode);
	}
	if (superblock->feature_incompat & INCOMPAT_64BIT)
		CHECK(is_power_of_two(superblock->descriptor_size) &&
		              superblock->descriptor_size >= sizeof(struct ext4_group_descriptor) &&
		              superblock->descriptor_size <= block_size,
		      "s_desc_size", superblock->descriptor_size);
	CHECK(superblock->first_data_block == (block_size == 1024 && superblock->log_cluster_size == 0),
	      "s_first_data_block", superblock->first_data_block);
	return (struct wrong){0};
}

/* How the disk is divided. `size` is the disk's. */
static struct wrong check_division(const struct ext4_superblock *superblock, uint64_t size)
{
	uint32_t block_size = 1024u << superblock->log_block_size;
	uint32_t cluster_bits = superblock->log_cluster_size - superblock->log_block_size;
	uint64_t blocks = blocks_of(superblock), groups;

	if (superblock->feature_ro_compat & RO_COMPAT_BIGALLOC)
		CHECK(superblock->log_cluster_size >= superblock->log_block_size && cluster_bits <= 16 &&
		              (uint64_t)superblock->clusters_per_group << cluster_bits ==
		                      superblock->blocks_per_group,
		      "s_log_cluster_size", superblock->log_cluster_size);
	else
		CHECK(superblock->blocks_per_group <= 8 * block_size, "s_blocks_per_group",
		      superblock->blocks_per_group);
	CHECK(superblock->blocks_per_group >= 8, "s_blocks_per_group", superblock->blocks_per_group);
	CHECK(blocks > superblock->first_data_block, "s_blocks_count", blocks);
	CHECK(blocks <= size / block_size, "s_blocks_count (more than the disk has)", blocks);
	CHECK(superblock->inodes_per_group > 0 && superblock->inodes_per_group <= 8 * block_size,
	      "s_inodes_per_group", superblock->inodes_per_group);
	groups = (blocks - superblock->first_data_block + superblock->blocks_per_group - 1) /
	         superblock->blocks_per_group;
	CHECK(superblock->inodes_count == groups * superblock->inodes_per_group, "s_inodes_count",
	      superblock->inodes_count);
	return (struct wrong){0};
}

static struct wrong check_all(const struct ext4_superblock *superblock, uint64_t size)
{
	struct wrong wrong = check_sizes(superblock);

	if (!wrong.field)
		wrong = check_division(superblock, size);
	if (!wrong.field)
		CHECK(checksum_fits(superblock), "s_checksum", superblock->checksum);
	return wrong;
}

/* ---- where it is ------------------------------------------------------------------ */

struct probe {
	struct disk_request request;
	struct device_segment segment;
	struct fiber *fiber;
	bool done;
};

static void probe_done(struct disk_request *request)
{
	struct probe *probe = request->context;

	probe->done = true;
	fiber_wake(probe->fiber);
}

/* Reads the superblock at `offset` bytes, which no cache can before it knows the size of blocks. */
static int32_t superblock_read(struct volume *volume, uint64_t offset, struct ext4_superblock *superblock)
{
	struct device *device = &volume->disk->device;
	uint64_t start = offset & ~(uint64_t)(PROBE_SIZE - 1);
	struct probe probe = {.fiber = fiber_current(volume->runtime)};

	if (start > volume->disk->geometry.size || volume->disk->geometry.size - start < PROBE_SIZE)
		return POSIX_EINVAL;
	probe.segment = (struct device_segment){device_allocate(device, PROBE_SIZE), PROBE_SIZE};
	if (!probe.segment.address)
		return POSIX_ENOMEM;
	probe.request = (struct disk_request){
		.operation = DISK_READ,
		.segment_count = 1,
		.offset = start,
		.length = PROBE_SIZE,
		.segments = &probe.segment,
		.done = probe_done,
		.context = &probe,
	};
	disk_submit(volume->disk, &probe.request);
	while (!probe.done)
		fiber_wait(volume->runtime);
	memcpy(superblock, (uint8_t *)probe.segment.address + (offset - start), sizeof(*superblock));
	device_free(device, probe.segment.address, PROBE_SIZE);
	return probe.request.status;
}

static int32_t superblock_try(struct volume *volume, uint64_t offset, struct wrong *wrong)
{
	int32_t error = superblock_read(volume, offset, &volume->superblock);

	*wrong = (struct wrong){0};
	if (error)
		return error;
	*wrong = check_all(&volume->superblock, volume->disk->geometry.size);
	return wrong->field ? POSIX_EINVAL : 0;
}

/*
 * Whether nothing is wrong but the checksum, and there is a log to be read: a
 * crash may have come while the superblock, which is two sectors, was written
 * home from the log. That still has it, and what it has is checked again.
 */
static bool may_be_torn(const struct volume *volume)
{
	const struct ext4_superblock *superblock = &volume->superblock;

	return !check_sizes(superblock).field &&
	       !check_division(superblock, volume->disk->geometry.size).field && !checksum_fits(superblock) &&
	       superblock->feature_incompat & INCOMPAT_RECOVER;
}

/* The backup in group 1, wherever that is with each size of blocks and groups as large as they can be. */
static int32_t backup_find(struct volume *volume)
{
	struct wrong wrong;

	for (uint32_t bits = 0; bits <= LOG_BLOCK_LARGEST; bits++) {
		uint64_t block_size = 1024u << bits;
		uint64_t block = 8 * block_size + (bits == 0);

		if (superblock_try(volume, block * block_size, &wrong) == 0 &&
		    volume->superblock.log_block_size == bits) {
			log_print(volume->runtime, LOG_WARNING,
			          "%s: using the backup superblock in block %llu", volume->disk->name,
			          (unsigned long long)block);
			volume->from_backup = true;
			return 0;
		}
	}
	return POSIX_EINVAL;
}

static int32_t superblock_find(struct volume *volume)
{
	const char *name = volume->disk->name;
	struct wrong wrong;
	int32_t error = superblock_try(volume, SUPERBLOCK_OFFSET, &wrong);

	if (!error)
		return 0;
	if (wrong.field && may_be_torn(volume)) {
		log_print(volume->runtime, LOG_WARNING,
		          "%s: the checksum of the superblock is wrong: the journal's is taken", name);
		return 0;
	}
	if (wrong.field)
		log_print(volume->runtime, LOG_ERROR, "%s: the superblock is not one of ext4: %s is 0x%llx",
		          name, wrong.field, (unsigned long long)wrong.value);
	else
		log_print(volume->runtime, LOG_ERROR, "%s: cannot read the superblock: error %d", name,
		          (int)error);
	return backup_find(volume) ? error : 0;
}

/* ---- mounting ------------------------------------------------------------------------ */

static void take_geometry(struct volume *volume)
{
	const struct ext4_superblock *superblock = &volume->superblock;

	volume->block_bits = 10 + superblock->log_block_size;
	volume->block_size = 1u << volume->block_bits;
	if (superblock->feature_ro_compat & RO_COMPAT_BIGALLOC)
		volume->cluster_bits = superblock->log_cluster_size - superblock->log_block_size;
	volume->blocks = blocks_of(superblock);
	volume->blocks_per_group = superblock->blocks_per_group;
	volume->groups = (volume->blocks - superblock->first_data_block + volume->blocks_per_group - 1) /
	                 volume->blocks_per_group;
	volume->inode_size = superblock->revision ? superblock->inode_size : INODE_SIZE_MINIMUM;
	volume->first_inode = superblock->revision ? superblock->first_inode : INODE_FIRST_OLD;
	volume->descriptor_size = superblock->feature_incompat & INCOMPAT_64BIT ? superblock->descriptor_size
	                                                                        : DESCRIPTOR_SIZE_MINIMUM;
	volume->has_checksums = superblock->feature_ro_compat & RO_COMPAT_METADATA_CSUM;
	volume->checksum_seed = superblock->feature_incompat & INCOMPAT_CSUM_SEED
	                                ? superblock->checksum_seed
	                                : checksum_crc32c(0xffffffff, superblock->uuid, 16);
}

/* That there is a root, which everything begins with. */
static int32_t root_check(struct volume *volume)
{
	struct inode *root;
	int32_t error = inode_get(volume, INODE_ROOT, &root);

	if (error)
		return error;
	if (!inode_is(root, POSIX_S_IFDIR))
		error = damage(volume, 0, INODE_ROOT, "the root is no directory");
	inode_put(volume, root);
	return error;
}

static int32_t cache_make(struct volume *volume, uint64_t cache_size, bool write)
{
	/* What a transaction has changed stays here until it is committed. */
	const uint32_t minimum = write ? CACHE_BLOCKS_WRITTEN : CACHE_BLOCKS_MINIMUM;
	uint64_t limit = cache_size / volume->block_size;

	if (limit < minimum)
		limit = minimum;
	if (limit > UINT32_MAX / 2)
		limit = UINT32_MAX / 2;
	return cache_create(&volume->cache, volume->runtime, volume->disk, volume->block_size,
	                    (uint32_t)limit);
}

/* Whether two superblocks divide the disk alike. */
static bool same_division(const struct ext4_superblock *left, const struct ext4_superblock *right)
{
	return left->log_block_size == right->log_block_size && left->inode_size == right->inode_size &&
	       left->descriptor_size == right->descriptor_size &&
	       left->blocks_per_group == right->blocks_per_group &&
	       left->inodes_per_group == right->inodes_per_group &&
	       left->first_data_block == right->first_data_block;
}

/* The superblock as the journal has it: the same file system, with newer numbers. */
static int32_t superblock_again(struct volume *volume)
{
	const struct ext4_superblock old = volume->superblock;
	struct wrong wrong;
	struct buffer *buffer;
	bool read_only;
	int32_t error = cache_get(&volume->cache, SUPERBLOCK_OFFSET >> volume->block_bits, &buffer);

	if (error)
		return error;
	memcpy(&volume->superblock, buffer->data + (SUPERBLOCK_OFFSET & (volume->block_size - 1)),
	       sizeof(volume->superblock));
	cache_put(&volume->cache, buffer);
	wrong = check_all(&volume->superblock, volume->disk->geometry.size);
	if (wrong.field || !same_division(&volume->superblock, &old))
		return damage(volume, 0, 0, "the superblock in the journal is of another file system");
	take_geometry(volume);
	return features_allow(volume, &read_only) ? 0 : POSIX_EINVAL;
}

/* Reads the journal, and begins anew with what it says of blocks; *sequence is the first it does not have. */
static int32_t recover(struct volume *volume, uint64_t cache_size, bool write, uint32_t *sequence)
{
	struct block_table replaced = {0};
	int32_t error = journal_read(volume, &replaced, sequence);

	if (error) {
		block_table_end(&replaced, volume->runtime);
		return error;
	}
	inode_table_empty(volume);
	cache_destroy(&volume->cache);
	error = cache_make(volume, cache_size, write);
	if (error) {
		block_table_end(&replaced, volume->runtime);
		volume->mounted = false;
		return error;
	}
	cache_replace(&volume->cache, &replaced);
	return superblock_again(volume);
}

int32_t volume_mount(struct volume *volume, struct runtime *runtime, struct disk *disk, uint64_t cache_size,
                     bool write)
{
	uint32_t sequence = 0;
	bool read_only;
	int32_t error;

	volume->runtime = runtime;
	volume->disk = disk;
	inode_table_init(&volume->inodes);
	lock_init(&volume->allocation);
	lock_init(&volume->renaming);
	lock_init(&volume->orphans_lock);
	list_init(&volume->orphans);
	error = superblock_find(volume);
	if (error)
		return error;
	take_geometry(volume);
	if (!features_allow(volume, &read_only))
		return POSIX_EINVAL;
	if (volume->block_size < disk->geometry.block_size) {
		log_print(runtime, LOG_ERROR, "%s: blocks of %u bytes on a disk with sectors of %u",
		          disk->name, volume->block_size, disk->geometry.block_size);
		return POSIX_EINVAL;
	}
	error = cache_make(volume, cache_size, write);
	if (error)
		return error;
	volume->mounted = true;
	if (volume_has_incompat(volume, INCOMPAT_RECOVER))
		error = recover(volume, cache_size, write, &sequence);
	if (!error)
		error = root_check(volume);
	if (!error && write && !read_only) {
		error = volume_write_begin(volume, sequence);
		if (error == POSIX_EOPNOTSUPP)
			error = 0;
	}
	if (error)
		volume_unmount(volume);
	return error;
}

void volume_unmount(struct volume *volume)
{
	if (!volume->mounted)
		return;
	volume_write_end(volume);
	volume->mounted = false;
	inode_table_empty(volume);
	cache_destroy(&volume->cache);
}

/*
 * Mounting for writing, and its end: the log is emptied, the superblock says
 * that there may be something in it (Documentation/filesystems/ext4, "Super
 * Block": s_state, s_feature_incompat), and in the end that there is not.
 */
#include <drydock/checksum.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "group.h"
#include "orphan.h"
#include "volume.h"

#define NANOSECONDS_PER_SECOND 1000000000u
#define LARGEST_BLOCK_WRITTEN  4096u

static int32_t superblock_get(struct volume *volume, struct buffer **buffer)
{
	return cache_get(&volume->cache, SUPERBLOCK_OFFSET >> volume->block_bits, buffer);
}

/* Brings the numbers that are counted elsewhere and the checksum up to date, and copies it into its block. */
static void superblock_put(struct volume *volume, struct buffer *buffer)
{
	struct ext4_superblock *superblock = &volume->superblock;

	superblock->free_blocks_low = (uint32_t)volume->free_blocks;
	if (volume_has_incompat(volume, INCOMPAT_64BIT))
		superblock->free_blocks_high = (uint32_t)(volume->free_blocks >> 32);
	superblock->free_inodes = (uint32_t)volume->free_inodes;
	superblock->write_time = (uint32_t)(runtime_wall_time(volume->runtime) / NANOSECONDS_PER_SECOND);
	if (volume->has_checksums)
		superblock->checksum =
			checksum_crc32c(0xffffffff, superblock, offsetof(struct ext4_superblock, checksum));
	memcpy(buffer->data + (SUPERBLOCK_OFFSET & (volume->block_size - 1)), superblock,
	       sizeof(*superblock));
}

int32_t superblock_change(struct handle *handle)
{
	struct volume *volume = handle->volume;
	struct buffer *buffer;
	int32_t error = superblock_get(volume, &buffer);

	if (error)
		return error;
	error = handle_change(handle, buffer);
	if (error)
		transactions_abort(volume, "the superblock cannot be written", error);
	else
		superblock_put(volume, buffer);
	cache_put(&volume->cache, buffer);
	return error;
}

/* Writes it without the journal, durably: while that is empty, or was not begun. */
static int32_t superblock_write(struct volume *volume)
{
	struct write_batch batch;
	struct buffer *buffer;
	int32_t error = superblock_get(volume, &buffer);

	if (error)
		return error;
	superblock_put(volume, buffer);
	write_begin(&batch, &volume->cache);
	write_buffers(&batch, &buffer, 1);
	error = write_end(&batch);
	cache_put(&volume->cache, buffer);
	return error ? error : write_flush(&volume->cache);
}

/* ---- the beginning ----------------------------------------------------------------- */

/* Why it is better not to be written; NULL: it may be. */
static const char *obstacle(const struct volume *volume)
{
	const struct ext4_superblock *superblock = &volume->superblock;

	if (volume->disk->geometry.flags & DISK_READ_ONLY)
		return "the disk cannot be written";
	if (superblock->state & SUPERBLOCK_ERRORS)
		return "errors were found on it";
	if (!(superblock->state & SUPERBLOCK_VALID))
		return "it was not unmounted, and has no journal";
	if (volume->from_backup)
		return "its superblock is damaged";
	if (superblock->revision == 0)
		return "it is of revision 0";
	if (volume->block_size > LARGEST_BLOCK_WRITTEN)
		return "its blocks are larger than 4096 bytes";
	if (superblock->feature_compat & COMPAT_HAS_JOURNAL && superblock->journal_inode == 0)
		return "its journal is on another device";
	if (!volume_has_incompat(volume, INCOMPAT_FILETYPE))
		return "it has not the feature filetype";
	return NULL;
}

/* Says that it is mounted: from here on a crash leaves something to be recovered. */
static int32_t mark_mounted(struct volume *volume)
{
	struct ext4_superblock *superblock = &volume->superblock;

	superblock->mount_time = (uint32_t)(runtime_wall_time(volume->runtime) / NANOSECONDS_PER_SECOND);
	superblock->mount_count++;
	if (volume->transactions.log.inode)
		superblock->feature_incompat |= INCOMPAT_RECOVER;
	else
		superblock->state &= (uint16_t)~SUPERBLOCK_VALID;
	return superblock_write(volume);
}

/* Opens the journal, where there is one, with nothing in it; what was has been brought home. */
static int32_t log_open(struct volume *volume, uint32_t sequence)
{
	uint32_t next = 0;
	int32_t error = 0;

	if (volume_has_incompat(volume, INCOMPAT_RECOVER)) {
		/* One that no block of the log can have, not even one that was never committed. */
		next = sequence + 1 ? sequence + 1 : 1;
		error = recover_write(volume);
	}
	if (!error && volume->superblock.feature_compat & COMPAT_HAS_JOURNAL)
		error = journal_log_open(volume, &volume->transactions.log, next);
	return error;
}

int32_t volume_write_begin(struct volume *volume, uint32_t sequence)
{
	const char *why = obstacle(volume);
	int32_t error;

	if (why) {
		log_print(volume->runtime, LOG_WARNING, "%s: %s: mounted read-only", volume->disk->name, why);
		return POSIX_EOPNOTSUPP;
	}
	error = group_count_free(volume, &volume->free_blocks, &volume->free_inodes);
	if (!error)
		error = log_open(volume, sequence);
	if (!error)
		error = transactions_begin(volume);
	if (error) {
		journal_log_close(volume, &volume->transactions.log);
		return error;
	}
	volume->writable = true;
	error = mark_mounted(volume);
	if (error)
		return error;
	error = orphans_clear(volume);
	if (error) {
		log_print(volume->runtime, LOG_WARNING,
		          "%s: orphans cannot be deleted (error %d): mounted read-only", volume->disk->name,
		          (int)error);
		volume_write_end(volume);
		error = POSIX_EOPNOTSUPP;
	}
	return error;
}

/* ---- the end -------------------------------------------------------------------------- */

void volume_write_end(struct volume *volume)
{
	struct ext4_superblock *superblock = &volume->superblock;
	int32_t error;

	if (!volume->writable)
		return;
	orphans_end(volume);
	/* From here on no handle is opened; those that are open end. */
	volume->writable = false;
	error = transactions_end(volume);
	if (!error) {
		superblock->feature_incompat &= ~(uint32_t)INCOMPAT_RECOVER;
		superblock->state |= SUPERBLOCK_VALID;
		error = superblock_write(volume);
	}
	if (error)
		log_print(volume->runtime, LOG_ERROR, "%s: not unmounted cleanly: error %d",
		          volume->disk->name, (int)error);
	journal_log_close(volume, &volume->transactions.log);
}

/* Inodes to be shortened or deleted: see orphan.h. */
#include "orphan.h"

#include "truncate.h"

static struct inode *inode_of(struct list *link)
{
	return list_entry(link, struct inode, orphan_link);
}

/* The head of the list is the superblock's. */
static int32_t head_set(struct handle *handle, uint32_t number)
{
	handle->volume->superblock.last_orphan = number;
	return superblock_change(handle);
}

int32_t orphan_add(struct handle *handle, struct inode *inode)
{
	struct volume *volume = inode->volume;
	int32_t error = 0;

	lock_exclusive(&volume->orphans_lock, volume->runtime);
	if (!inode_is_orphan(inode)) {
		inode->raw->dtime = volume->superblock.last_orphan;
		inode->holders++;
		list_add_head(&volume->orphans, &inode->orphan_link);
		error = inode_write(handle, inode);
		if (!error)
			error = head_set(handle, inode->number);
	}
	lock_release(&volume->orphans_lock);
	return error;
}

int32_t orphan_remove(struct handle *handle, struct inode *inode)
{
	struct volume *volume = inode->volume;
	struct list *previous;
	int32_t error = 0;

	lock_exclusive(&volume->orphans_lock, volume->runtime);
	if (inode_is_orphan(inode)) {
		previous = inode->orphan_link.previous;
		if (previous == &volume->orphans) {
			error = head_set(handle, inode->raw->dtime);
		} else {
			inode_of(previous)->raw->dtime = inode->raw->dtime;
			error = inode_write(handle, inode_of(previous));
		}
		inode->raw->dtime = 0;
		list_remove(&inode->orphan_link);
		inode_put(volume, inode);
	}
	lock_release(&volume->orphans_lock);
	return error;
}

/* ---- mounting ------------------------------------------------------------------------ */

/* Brings the whole list into memory, as it lies on the disk. */
static int32_t list_read(struct volume *volume)
{
	uint32_t number = volume->superblock.last_orphan;
	struct inode *inode;
	int32_t error = 0;

	while (!error && number) {
		if (number < volume->first_inode)
			return damage(volume, 0, number,
			              "the list of orphans has an inode that cannot be one");
		error = inode_get_orphan(volume, number, &inode);
		if (error)
			break;
		if (inode_is_orphan(inode)) {
			inode_put(volume, inode);
			return damage(volume, 0, number, "the list of orphans goes in a circle");
		}
		list_add_tail(&volume->orphans, &inode->orphan_link);
		number = inode->raw->dtime;
	}
	return error == POSIX_ESTALE
	               ? damage(volume, 0, number, "the list of orphans has an inode that is not in use")
	               : error;
}

int32_t orphans_clear(struct volume *volume)
{
	uint32_t deleted = 0, truncated = 0;
	int32_t error = list_read(volume);

	while (!error && !list_empty(&volume->orphans)) {
		struct inode *inode = inode_of(volume->orphans.next);

		/* It goes with its place in the list. */
		inode->holders++;
		if (inode->links == 0) {
			error = inode_delete(inode);
			deleted++;
		} else {
			error = inode_truncate_end(inode);
			truncated++;
		}
		inode_put(volume, inode);
	}
	if (deleted || truncated)
		log_print(volume->runtime, LOG_INFO, "%s: orphans: %u deleted, %u shortened",
		          volume->disk->name, deleted, truncated);
	return error;
}

void orphans_end(struct volume *volume)
{
	int32_t error = volume->transactions.error;

	while (!error && !list_empty(&volume->orphans)) {
		struct inode *inode = inode_of(volume->orphans.next);

		inode->holders++;
		lock_exclusive(&inode->lock, volume->runtime);
		if (!inode->freed)
			error = inode_delete(inode);
		lock_release(&inode->lock);
		inode_put(volume, inode);
	}
	list_for_each(link, &volume->orphans) {
		list_remove(link);
		inode_put(volume, inode_of(link));
	}
}

/* The node protocol: renaming. See node.h for the order of locks. */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "directory.h"
#include "node.h"
#include "orphan.h"
#include "permission.h"
#include "truncate.h"

/* A name is made in one directory and removed from the other; three inodes, and one becomes an orphan. */
#define RENAME_CHANGES (DIRECTORY_INSERT_CHANGES + 3 * DIRECTORY_CHANGE_CHANGES + ORPHAN_CHANGES + 3)

_Static_assert(RENAME_CHANGES <= HANDLE_BLOCKS_MAXIMUM, "a renaming is one handle's");

/* One end. */
struct end {
	struct node_name at;
	struct inode *inode; /* that the name is of; NULL: there is none of that name */
};

struct renaming {
	struct caller caller;
	struct end from, to;
	uint32_t flags;
	bool across; /* two directories */
};

static bool is_directory(const struct inode *inode)
{
	return inode && inode_is(inode, POSIX_S_IFDIR);
}

/* ---- locks -------------------------------------------------------------------------- */

/* Whether `above` is `inode` or lies above it, in *found; while no directory moves. */
static int32_t lies_below(struct inode *inode, const struct inode *above, bool *found)
{
	struct volume *volume = inode->volume;
	int32_t error = 0;

	*found = inode == above;
	inode->holders++;
	/* A tree that is a circle is found out after as many steps as there are directories. */
	for (uint32_t left = volume->superblock.inodes_count; !error && !*found && left > 0; left--) {
		struct inode *parent;
		uint32_t number;

		if (inode->number == INODE_ROOT)
			break;
		error = directory_lookup(inode, "..", 2, &number);
		if (!error)
			error = node_entry_get(inode, number, &parent);
		if (error)
			break;
		inode_put(volume, inode);
		inode = parent;
		*found = inode == above;
	}
	inode_put(volume, inode);
	return error;
}

/* Locks both directories: the upper one first, or the one with the lower number. */
static int32_t directories_lock(struct renaming *renaming)
{
	struct runtime *runtime = renaming->caller.volume->runtime;
	struct inode *from = renaming->from.at.directory, *to = renaming->to.at.directory;
	bool below = false, above = false;
	int32_t error = 0;

	if (!renaming->across) {
		lock_exclusive(&from->lock, runtime);
		return 0;
	}
	lock_exclusive(&renaming->caller.volume->renaming, runtime);
	if (is_directory(from) && is_directory(to)) {
		error = lies_below(to, from, &below);
		if (!error)
			error = lies_below(from, to, &above);
	}
	if (below || (!above && from->number < to->number)) {
		lock_exclusive(&from->lock, runtime);
		lock_exclusive(&to->lock, runtime);
	} else {
		lock_exclusive(&to->lock, runtime);
		lock_exclusive(&from->lock, runtime);
	}
	return error;
}

static void directories_unlock(struct renaming *renaming)
{
	lock_release(&renaming->from.at.directory->lock);
	if (!renaming->across)
		return;
	lock_release(&renaming->to.at.directory->lock);
	lock_release(&renaming->caller.volume->renaming);
}

/* What is named comes after the directories: directories first, else by number. */
static void inodes_lock(const struct renaming *renaming)
{
	struct runtime *runtime = renaming->caller.volume->runtime;
	struct inode *first = renaming->from.inode, *second = renaming->to.inode;

	if (second && (is_directory(first) == is_directory(second) ? second->number < first->number
	                                                           : is_directory(second))) {
		first = renaming->to.inode;
		second = renaming->from.inode;
	}
	lock_exclusive(&first->lock, runtime);
	if (second)
		lock_exclusive(&second->lock, runtime);
}

static void inodes_unlock(const struct renaming *renaming)
{
	lock_release(&renaming->from.inode->lock);
	if (renaming->to.inode)
		lock_release(&renaming->to.inode->lock);
}

/* ---- checks ------------------------------------------------------------------------------ */

static int32_t end_find(const struct caller *caller, struct end *end)
{
	uint32_t number;
	int32_t error = node_directory_check(caller, end->at.directory);

	if (!error)
		error = directory_lookup(end->at.directory, end->at.name, end->at.length, &number);
	return error ? error : node_entry_get(end->at.directory, number, &end->inode);
}

static int32_t ends_find(struct renaming *renaming)
{
	int32_t error = node_directory_check(&renaming->caller, renaming->to.at.directory);

	if (!error)
		error = end_find(&renaming->caller, &renaming->from);
	if (error)
		return error;
	error = end_find(&renaming->caller, &renaming->to);
	if (error && error != POSIX_ENOENT)
		return error;
	if (renaming->to.inode && renaming->flags & FS_RENAME_NOREPLACE)
		return POSIX_EEXIST;
	if (!renaming->to.inode && renaming->flags & FS_RENAME_EXCHANGE)
		return POSIX_ENOENT;
	return 0;
}

/* That no directory comes to lie below itself, and what is named is none of the two that are locked. */
static int32_t tree_check(const struct renaming *renaming)
{
	const struct end *from = &renaming->from, *to = &renaming->to;
	bool circle = false;
	int32_t error = 0;

	if (from->inode == from->at.directory || to->inode == to->at.directory)
		return inode_damage(from->at.directory, 0, "a directory has itself as an entry");
	if (!renaming->across)
		return 0;
	if (is_directory(from->inode))
		error = lies_below(to->at.directory, from->inode, &circle);
	if (error || circle)
		return error ? error : POSIX_EINVAL;
	if (is_directory(to->inode))
		error = lies_below(from->at.directory, to->inode, &circle);
	if (error || !circle)
		return error;
	return renaming->flags & FS_RENAME_EXCHANGE ? POSIX_EINVAL : POSIX_ENOTEMPTY;
}

/* Whether `inode` may come from one directory to the other: its `..` changes, and the links of both. */
static int32_t move_check(const struct renaming *renaming, const struct inode *inode,
                          const struct inode *other, const struct inode *to)
{
	int32_t error;

	if (!renaming->across || !is_directory(inode))
		return 0;
	error = permission_check(renaming->caller.who, inode, ACCESS_WRITE);
	if (!error)
		error = directory_is_changeable(inode);
	if (error || is_directory(other))
		return error;
	return node_links_check(to);
}

static int32_t replace_check(const struct renaming *renaming)
{
	const struct inode *moved = renaming->from.inode;
	struct inode *replaced = renaming->to.inode;

	if (renaming->flags & FS_RENAME_EXCHANGE)
		return move_check(renaming, replaced, moved, renaming->from.at.directory);
	if (is_directory(moved) != is_directory(replaced))
		return is_directory(moved) ? POSIX_ENOTDIR : POSIX_EISDIR;
	return is_directory(replaced) ? directory_is_empty(replaced) : 0;
}

static int32_t rights_check(const struct renaming *renaming)
{
	const struct caller *caller = &renaming->caller;
	const struct end *from = &renaming->from, *to = &renaming->to;
	int32_t error = node_remove_check(caller, from->at.directory, from->inode);

	/* What moves goes on being what it is, and has not to be deleted. */
	if (error == POSIX_EOPNOTSUPP)
		error = 0;
	if (error)
		return error;
	if (to->inode)
		return node_remove_check(caller, to->at.directory, to->inode);
	return permission_check(caller->who, to->at.directory, ACCESS_WRITE);
}

/* ---- renaming ------------------------------------------------------------------------------ */

/* After a directory has come to another one. */
static int32_t parent_change(struct handle *handle, const struct renaming *renaming, struct inode *moved,
                             struct inode *from, struct inode *to)
{
	int32_t error;

	if (!renaming->across || !is_directory(moved))
		return 0;
	node_links_remove(from);
	node_links_add(to);
	error = directory_replace(handle, moved, "..", 2, to->number, POSIX_S_IFDIR);
	if (!error)
		error = inode_write(handle, from);
	return error ? error : inode_write(handle, to);
}

static int32_t victim_drop(struct handle *handle, struct inode *directory, struct inode *victim)
{
	int32_t error = 0;

	if (is_directory(victim)) {
		victim->links = 0;
		node_links_remove(directory);
		error = inode_write(handle, directory);
	} else {
		victim->links--;
	}
	victim->ctime = inode_now(victim->volume);
	if (error)
		return error;
	return victim->links == 0 ? orphan_add(handle, victim) : inode_write(handle, victim);
}

/* What follows the first change: an error leaves something half done. */
static int32_t move_rest(struct handle *handle, const struct renaming *renaming)
{
	const struct end *from = &renaming->from, *to = &renaming->to;
	const bool exchange = renaming->flags & FS_RENAME_EXCHANGE;
	int32_t error =
		exchange ? directory_replace(handle, from->at.directory, from->at.name, from->at.length,
	                                     to->inode->number, to->inode->mode)
			 : directory_remove(handle, from->at.directory, from->at.name, from->at.length);

	if (!error && to->inode && !exchange)
		error = victim_drop(handle, to->at.directory, to->inode);
	if (!error && exchange) {
		to->inode->ctime = inode_now(handle->volume);
		error = parent_change(handle, renaming, to->inode, to->at.directory, from->at.directory);
		if (!error)
			error = inode_write(handle, to->inode);
	}
	if (!error)
		error = parent_change(handle, renaming, from->inode, from->at.directory, to->at.directory);
	if (!error) {
		from->inode->ctime = inode_now(handle->volume);
		error = inode_write(handle, from->inode);
	}
	if (error)
		transactions_abort(handle->volume, "a renaming was left half done", error);
	return error;
}

static int32_t rename_once(const struct renaming *renaming)
{
	const struct end *from = &renaming->from, *to = &renaming->to;
	struct handle handle;
	int32_t error = handle_begin(renaming->caller.volume, RENAME_CHANGES, 0, &handle);

	if (error)
		return error;
	if (to->inode)
		error = directory_replace(&handle, to->at.directory, to->at.name, to->at.length,
		                          from->inode->number, from->inode->mode);
	else
		error = directory_insert(&handle, to->at.directory, to->at.name, to->at.length,
		                         from->inode->number, from->inode->mode);
	if (!error)
		error = move_rest(&handle, renaming);
	handle_end(&handle);
	return error;
}

/* All is locked. */
static int32_t rename_locked(struct renaming *renaming)
{
	int32_t error = rights_check(renaming);

	if (!error)
		error = move_check(renaming, renaming->from.inode, renaming->to.inode,
		                   renaming->to.at.directory);
	if (!error && renaming->to.inode)
		error = replace_check(renaming);
	if (error)
		return error;
	error = rename_once(renaming);
	/* Space that was freed cannot be used before that is durable. */
	if (error == POSIX_ENOSPC && renaming->caller.volume->free_blocks > 0 &&
	    transactions_commit(renaming->caller.volume) == 0)
		error = rename_once(renaming);
	if (!error && renaming->to.inode && !(renaming->flags & FS_RENAME_EXCHANGE))
		node_reap_one(&renaming->caller, renaming->to.inode);
	return error;
}

/* The directories are locked. */
static int32_t rename_found(struct renaming *renaming)
{
	int32_t error = ends_find(renaming);

	if (!error && renaming->from.inode == renaming->to.inode)
		return 0;
	if (!error)
		error = tree_check(renaming);
	if (error)
		return error;
	inodes_lock(renaming);
	error = rename_locked(renaming);
	inodes_unlock(renaming);
	return error;
}

static int32_t names_check(const struct renaming *renaming)
{
	const uint32_t known = FS_RENAME_NOREPLACE | FS_RENAME_EXCHANGE;
	int32_t error;

	if (renaming->flags & ~known || renaming->flags == known)
		return POSIX_EINVAL;
	error = node_name_check(renaming->from.at.name, renaming->from.at.length, POSIX_EBUSY);
	return error ? error
	             : node_name_check(renaming->to.at.name, renaming->to.at.length,
	                               renaming->flags & FS_RENAME_NOREPLACE ? POSIX_EEXIST : POSIX_EBUSY);
}

int32_t node_serve_rename(struct request *request, const struct fs_rename_arguments *arguments)
{
	char from[POSIX_NAME_MAX], to[POSIX_NAME_MAX];
	struct renaming renaming = {.flags = arguments->flags};
	struct volume *volume;
	int32_t error = node_changer_find(request, &renaming.caller);

	memcpy(from, arguments->name, arguments->name_length);
	memcpy(to, arguments->new_name, arguments->new_name_length);
	renaming.from.at = (struct node_name){NULL, from, arguments->name_length};
	renaming.to.at = (struct node_name){NULL, to, arguments->new_name_length};
	if (!error)
		error = names_check(&renaming);
	if (error)
		return error;
	volume = renaming.caller.volume;
	error = node_get(&renaming.caller, arguments->directory, &renaming.from.at.directory);
	if (!error)
		error = node_get(&renaming.caller, arguments->new_directory, &renaming.to.at.directory);
	if (!error) {
		renaming.across = renaming.from.at.directory != renaming.to.at.directory;
		error = directories_lock(&renaming);
		if (!error)
			error = rename_found(&renaming);
		directories_unlock(&renaming);
	}
	inode_put(volume, renaming.from.inode);
	inode_put(volume, renaming.to.inode);
	inode_put(volume, renaming.from.at.directory);
	inode_put(volume, renaming.to.at.directory);
	return error;
}

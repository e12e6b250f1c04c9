/* The node protocol: making, linking and removing names. See node.h. */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "allocate.h"
#include "directory.h"
#include "extent.h"
#include "inode_acl.h"
#include "node.h"
#include "orphan.h"
#include "permission.h"
#include "truncate.h"

#define MODE_BITS           07777u
#define MODE_DIRECTORY_BITS 01777u /* that can be asked for when a directory is made */
#define UMASK_BITS          0777u

/* Blocks that making and removing something change. */
#define MAKE_CHANGES   HANDLE_BLOCKS_MAXIMUM
#define REMOVE_CHANGES (2 * DIRECTORY_CHANGE_CHANGES + ORPHAN_CHANGES + 2)

/* ---- checks --------------------------------------------------------------------------- */

int32_t node_name_check(const char *name, uint32_t length, int32_t dots)
{
	if (length == 0)
		return POSIX_ENOENT;
	for (uint32_t i = 0; i < length; i++) {
		if (name[i] == '/' || name[i] == '\0')
			return POSIX_EINVAL;
	}
	return length <= 2 && memcmp(name, "..", length) == 0 ? dots : 0;
}

int32_t node_directory_check(const struct caller *caller, const struct inode *directory)
{
	int32_t error;

	if (directory->freed)
		return POSIX_ESTALE;
	if (!inode_is(directory, POSIX_S_IFDIR))
		return POSIX_ENOTDIR;
	error = permission_check(caller->who, directory, ACCESS_EXECUTE);
	if (error)
		return error;
	return directory->links == 0 ? POSIX_ENOENT : directory_is_changeable(directory);
}

int32_t node_remove_check(const struct caller *caller, const struct inode *directory,
                          const struct inode *victim)
{
	int32_t error = permission_remove(caller->who, directory, victim);

	if (error)
		return error;
	return inode_is_deletable(victim) ? 0 : POSIX_EOPNOTSUPP;
}

int32_t node_links_check(const struct inode *directory)
{
	return directory->links < NODE_LINKS_MAXIMUM ||
	                       volume_has_ro_compat(directory->volume, RO_COMPAT_DIR_NLINK)
	               ? 0
	               : POSIX_EMLINK;
}

void node_links_add(struct inode *directory)
{
	if (directory->links == 1)
		return;
	directory->links = directory->links < NODE_LINKS_MAXIMUM ? directory->links + 1 : 1;
}

void node_links_remove(struct inode *directory)
{
	if (directory->links > 2)
		directory->links--;
}

int32_t node_give(const struct caller *caller, const struct inode *inode, struct fs_attributes *to)
{
	int32_t error = session_hold(caller->session, node_of(inode->number));

	if (!error)
		node_attributes_fill(to, inode);
	return error;
}

/* ---- a place for a name -------------------------------------------------------------------- */

/* Brings and locks the directory; for place_end, also after an error. */
static int32_t place_begin(const struct request *request, struct caller *caller, uint64_t directory,
                           const char *name, uint32_t length, char copy[POSIX_NAME_MAX], int32_t dots,
                           struct node_name *place)
{
	int32_t error = node_changer_find(request, caller);

	*place = (struct node_name){.name = copy, .length = length};
	memcpy(copy, name, length);
	if (!error)
		error = node_get(caller, directory, &place->directory);
	if (error)
		return error;
	lock_exclusive(&place->directory->lock, caller->volume->runtime);
	error = node_directory_check(caller, place->directory);
	return error ? error : node_name_check(copy, length, dots);
}

static void place_end(const struct caller *caller, struct node_name *place)
{
	if (!place->directory)
		return;
	lock_release(&place->directory->lock);
	inode_put(caller->volume, place->directory);
}

/* That the name is free and may be made: one that is taken is POSIX_EEXIST even for who may not write here. */
static int32_t place_check_free(const struct caller *caller, const struct node_name *place)
{
	uint32_t number;
	int32_t error = directory_lookup(place->directory, place->name, place->length, &number);

	if (error != POSIX_ENOENT)
		return error ? error : POSIX_EEXIST;
	return permission_check(caller->who, place->directory, ACCESS_WRITE);
}

/* ---- making ------------------------------------------------------------------------------------ */

struct making {
	uint32_t mode;
	uint32_t umask; /* counts unless there is a preset */
	struct acl preset; /* the directory's default ACL */
	uint32_t device;
	const char *target; /* of a symbolic link */
	uint32_t target_length;
	bool unnamed;
};

static int32_t target_block_fill(struct handle *handle, struct inode *inode, const struct making *making)
{
	struct volume *volume = inode->volume;
	struct buffer *buffer;
	uint64_t block;
	uint32_t count;
	int32_t error = blocks_allocate(handle, inode_goal(inode), 1, &block, &count);

	if (error)
		return error;
	block_map_init(inode);
	inode->size = making->target_length;
	inode->sectors = volume->block_size / 512;
	error = block_insert(handle, inode, 0, block, 1);
	if (!error)
		error = cache_get_new(&volume->cache, block, &buffer);
	if (error)
		return error;
	error = handle_change(handle, buffer);
	if (!error)
		memcpy(buffer->data, making->target, making->target_length);
	cache_put(&volume->cache, buffer);
	return error;
}

/* What lies in an inode of its kind from the beginning. */
static int32_t content_fill(struct handle *handle, struct inode *inode, const struct inode *directory,
                            const struct making *making)
{
	int32_t error = 0;

	switch (inode->mode & POSIX_S_IFMT) {
	case POSIX_S_IFDIR:
		return directory_init(handle, inode, directory->number);
	case POSIX_S_IFLNK:
		if (making->target_length < INODE_BLOCK_BYTES)
			memcpy(inode->raw->block.bytes, making->target, making->target_length);
		else
			error = target_block_fill(handle, inode, making);
		if (!error)
			inode->size = making->target_length;
		return error;
	case POSIX_S_IFCHR:
	case POSIX_S_IFBLK:
		/* The first form has 8 bits for each number, the second more. */
		inode->raw->block.word[making->device <= 0xffff ? 0 : 1] = making->device;
		return 0;
	default:
		return 0;
	}
}

/* Fills the new inode, and gives it its name. */
static int32_t made_fill(struct handle *handle, const struct caller *caller, const struct node_name *place,
                         const struct making *making, struct inode *inode)
{
	const bool is_directory = inode_is(inode, POSIX_S_IFDIR);
	int32_t error;

	inode->uid = caller->who->uid;
	inode->mode = permission_inherit(caller->who, place->directory, making->mode, &inode->gid);
	inode->links = is_directory ? 2 : 1;
	error = content_fill(handle, inode, place->directory, making);
	if (!error && making->preset.count > 0)
		error = inode_acl_inherit(handle, inode, &making->preset);
	if (error)
		return error;
	if (making->unnamed) {
		inode->links = 0;
		inode->linkable = true;
		return orphan_add(handle, inode);
	}
	/* Its links are counted before the directory's inode is written. */
	if (is_directory)
		node_links_add(place->directory);
	error = directory_insert(handle, place->directory, place->name, place->length, inode->number,
	                         inode->mode);
	if (error && is_directory)
		node_links_remove(place->directory);
	return error ? error : inode_write(handle, inode);
}

/* What was begun is deleted again. */
static void making_undo(const struct caller *caller, struct handle *handle, struct inode *inode)
{
	int32_t error;

	inode->links = 0;
	error = orphan_add(handle, inode);
	handle_end(handle);
	if (!error)
		error = inode_delete(inode);
	if (error)
		transactions_abort(caller->volume, "what could not be made cannot be deleted", error);
}

static int32_t make_once(const struct caller *caller, const struct node_name *place,
                         const struct making *making, struct inode **inode)
{
	struct handle handle;
	int32_t error = handle_begin(caller->volume, MAKE_CHANGES, 0, &handle);

	*inode = NULL;
	if (error)
		return error;
	error = inode_allocate(&handle, place->directory, making->mode, inode);
	if (!error) {
		error = made_fill(&handle, caller, place, making, *inode);
		if (error) {
			/* Only its maker knows it, and the lock is free. */
			making_undo(caller, &handle, *inode);
			inode_put(caller->volume, *inode);
			*inode = NULL;
		}
	}
	handle_end(&handle);
	return error;
}

/* Reads what the directory has for what is made in it (acl(5), "OBJECT CREATION AND DEFAULT ACLs"). */
static int32_t preset_find(const struct node_name *place, struct making *making, struct acl_entry *entries)
{
	int32_t error;

	if ((making->mode & POSIX_S_IFMT) == POSIX_S_IFLNK)
		return 0;
	making->preset.entries = entries;
	error = inode_acl_get(place->directory, ACL_KIND_DEFAULT, entries, &making->preset.count);
	if (making->preset.count == 0)
		making->mode &= ~(making->umask & UMASK_BITS);
	return error;
}

static int32_t make(const struct caller *caller, const struct node_name *place, struct making *making,
                    struct fs_attributes *attributes)
{
	struct acl_entry entries[ACL_ENTRIES_MAX];
	struct inode *inode;
	bool tried = false;
	int32_t error = preset_find(place, making, entries);

	if (error)
		return error;
	do {
		error = make_once(caller, place, making, &inode);
	} while (caller->volume->free_inodes > 0 && space_may_come(caller->volume, error, &tried));
	if (error)
		return error;
	error = node_give(caller, inode, attributes);
	inode_put(caller->volume, inode);
	return error;
}

static int32_t type_check(const struct caller *caller, uint32_t mode)
{
	const uint32_t type = mode & POSIX_S_IFMT;

	if (mode & ~(POSIX_S_IFMT | MODE_BITS) ||
	    (type != POSIX_S_IFREG && type != POSIX_S_IFIFO && type != POSIX_S_IFSOCK &&
	     type != POSIX_S_IFCHR && type != POSIX_S_IFBLK))
		return POSIX_EINVAL;
	if ((type == POSIX_S_IFCHR || type == POSIX_S_IFBLK) && caller->who->uid != 0 &&
	    !(caller->who->flags & IDENTITY_CHECKED))
		return POSIX_EPERM;
	return 0;
}

int32_t node_serve_create(struct request *request, const struct fs_create_arguments *arguments)
{
	struct making making = {.mode = arguments->mode,
	                        .umask = arguments->umask,
	                        .device = arguments->device};
	char name[POSIX_NAME_MAX];
	struct node_name place;
	struct caller caller;
	int32_t error = place_begin(request, &caller, arguments->directory, arguments->name,
	                            arguments->name_length, name, POSIX_EEXIST, &place);

	if (!error)
		error = place_check_free(&caller, &place);
	if (!error)
		error = type_check(&caller, making.mode);
	if (!error)
		error = make(&caller, &place, &making, arguments->attributes);
	place_end(&caller, &place);
	return error;
}

int32_t node_serve_create_unnamed(struct request *request,
                                  const struct fs_create_unnamed_arguments *arguments)
{
	struct making making = {
		.mode = POSIX_S_IFREG | arguments->mode, .umask = arguments->umask, .unnamed = true};
	char name[POSIX_NAME_MAX];
	struct node_name place;
	struct caller caller;
	int32_t error = place_begin(request, &caller, arguments->directory, "x", 1, name, 0, &place);

	if (!error)
		error = permission_check(caller.who, place.directory, ACCESS_WRITE);
	if (!error && arguments->mode & ~MODE_BITS)
		error = POSIX_EINVAL;
	if (!error)
		error = make(&caller, &place, &making, arguments->attributes);
	place_end(&caller, &place);
	return error;
}

int32_t node_serve_make_directory(struct request *request,
                                  const struct fs_make_directory_arguments *arguments)
{
	struct making making = {.mode = POSIX_S_IFDIR | (arguments->mode & MODE_DIRECTORY_BITS),
	                        .umask = arguments->umask};
	char name[POSIX_NAME_MAX];
	struct node_name place;
	struct caller caller;
	int32_t error = place_begin(request, &caller, arguments->directory, arguments->name,
	                            arguments->name_length, name, POSIX_EEXIST, &place);

	if (!error)
		error = place_check_free(&caller, &place);
	if (!error)
		error = node_links_check(place.directory);
	if (!error)
		error = make(&caller, &place, &making, arguments->attributes);
	place_end(&caller, &place);
	return error;
}

static int32_t target_check(const struct volume *volume, const char *target, uint32_t length)
{
	if (length == 0)
		return POSIX_ENOENT;
	if (length >= volume->block_size)
		return POSIX_ENAMETOOLONG;
	for (uint32_t at = 0; at < length; at++) {
		if (target[at] == '\0')
			return POSIX_EINVAL;
	}
	return 0;
}

int32_t node_serve_symlink(struct request *request, const struct fs_symlink_arguments *arguments)
{
	struct making making = {.mode = POSIX_S_IFLNK | 0777};
	char name[POSIX_NAME_MAX], *target = NULL;
	struct node_name place;
	struct caller caller;
	int32_t error = place_begin(request, &caller, arguments->directory, arguments->name,
	                            arguments->name_length, name, POSIX_EEXIST, &place);

	if (!error)
		error = place_check_free(&caller, &place);
	if (!error) {
		/* A copy of its own: what is shared may change after it was checked. */
		target = runtime_allocate(caller.volume->runtime, arguments->target_length + 1);
		error = target ? 0 : POSIX_ENOMEM;
	}
	if (!error) {
		memcpy(target, arguments->target, arguments->target_length);
		error = target_check(caller.volume, target, arguments->target_length);
	}
	if (!error) {
		making.target = target;
		making.target_length = arguments->target_length;
		error = make(&caller, &place, &making, arguments->attributes);
	}
	if (target)
		runtime_free(caller.volume->runtime, target);
	place_end(&caller, &place);
	return error;
}

/* ---- linking --------------------------------------------------------------------------------- */

static int32_t link_check(const struct inode *inode)
{
	if (inode->freed)
		return POSIX_ESTALE;
	if (inode_is(inode, POSIX_S_IFDIR) || inode->flags & (INODE_IMMUTABLE | INODE_APPEND))
		return POSIX_EPERM;
	if (inode->links == 0 && !inode->linkable)
		return POSIX_ENOENT;
	return inode->links < NODE_LINKS_MAXIMUM ? 0 : POSIX_EMLINK;
}

static int32_t link_once(const struct caller *caller, const struct node_name *place, struct inode *inode)
{
	struct handle handle;
	int32_t error =
		handle_begin(caller->volume, DIRECTORY_INSERT_CHANGES + ORPHAN_CHANGES + 1, 0, &handle);

	if (error)
		return error;
	error = directory_insert(&handle, place->directory, place->name, place->length, inode->number,
	                         inode->mode);
	if (!error && inode->links == 0)
		error = orphan_remove(&handle, inode);
	if (!error) {
		inode->links++;
		inode->linkable = false;
		inode->ctime = inode_now(caller->volume);
		error = inode_write(&handle, inode);
	}
	handle_end(&handle);
	return error;
}

int32_t node_serve_link(struct request *request, const struct fs_link_arguments *arguments)
{
	char name[POSIX_NAME_MAX];
	struct inode *inode = NULL;
	struct node_name place;
	struct caller caller;
	bool tried = false;
	int32_t error = place_begin(request, &caller, arguments->directory, arguments->name,
	                            arguments->name_length, name, POSIX_EEXIST, &place);

	if (!error)
		error = place_check_free(&caller, &place);
	if (!error)
		error = node_get(&caller, arguments->node, &inode);
	/* A directory may be locked by who waits for this one. */
	if (!error && inode_is(inode, POSIX_S_IFDIR)) {
		inode_put(caller.volume, inode);
		inode = NULL;
		error = POSIX_EPERM;
	}
	if (!error) {
		lock_exclusive(&inode->lock, caller.volume->runtime);
		error = link_check(inode);
		if (!error) {
			do {
				error = link_once(&caller, &place, inode);
			} while (space_may_come(caller.volume, error, &tried));
		}
		if (!error)
			error = node_give(&caller, inode, arguments->attributes);
		lock_release(&inode->lock);
		inode_put(caller.volume, inode);
	}
	place_end(&caller, &place);
	return error;
}

/* ---- removing ---------------------------------------------------------------------------------- */

/* Takes the name away, and what goes with it: of a directory all its links. */
static int32_t name_remove(const struct caller *caller, const struct node_name *place, struct inode *victim)
{
	const bool is_directory = inode_is(victim, POSIX_S_IFDIR);
	struct handle handle;
	int32_t error = handle_begin(caller->volume, REMOVE_CHANGES, 0, &handle);

	if (error)
		return error;
	if (is_directory)
		node_links_remove(place->directory);
	error = directory_remove(&handle, place->directory, place->name, place->length);
	if (!error) {
		victim->links = is_directory ? 0 : victim->links - 1;
		victim->ctime = place->directory->ctime;
		error = victim->links == 0 ? orphan_add(&handle, victim) : inode_write(&handle, victim);
	}
	handle_end(&handle);
	return error;
}

static int32_t victim_check(const struct caller *caller, const struct node_name *place, struct inode *victim,
                            bool directories)
{
	const bool is_directory = inode_is(victim, POSIX_S_IFDIR);
	int32_t error = node_remove_check(caller, place->directory, victim);

	if (error)
		return error;
	if (is_directory != directories)
		return is_directory ? POSIX_EISDIR : POSIX_ENOTDIR;
	return is_directory ? directory_is_empty(victim) : 0;
}

static int32_t remove_name(struct request *request, uint64_t directory, const char *from, uint32_t length,
                           bool directories)
{
	char name[POSIX_NAME_MAX];
	struct inode *victim = NULL;
	struct node_name place;
	struct caller caller;
	uint32_t number;
	/* rmdir(2): EINVAL for `.`; ENOTEMPTY for `..`. */
	const int32_t dots = directories ? (length == 1 ? POSIX_EINVAL : POSIX_ENOTEMPTY) : POSIX_EISDIR;
	int32_t error = place_begin(request, &caller, directory, from, length, name, dots, &place);

	if (!error)
		error = directory_lookup(place.directory, place.name, place.length, &number);
	if (!error)
		error = node_entry_get(place.directory, number, &victim);
	if (!error && victim == place.directory)
		error = inode_damage(victim, 0, "a directory has itself as an entry");
	if (!error) {
		lock_exclusive(&victim->lock, caller.volume->runtime);
		error = victim_check(&caller, &place, victim, directories);
		if (!error)
			error = name_remove(&caller, &place, victim);
		if (!error)
			node_reap_one(&caller, victim);
		lock_release(&victim->lock);
	}
	if (victim)
		inode_put(caller.volume, victim);
	place_end(&caller, &place);
	return error;
}

int32_t node_serve_unlink(struct request *request, const struct fs_unlink_arguments *arguments)
{
	return remove_name(request, arguments->directory, arguments->name, arguments->name_length, false);
}

int32_t node_serve_remove_directory(struct request *request,
                                    const struct fs_remove_directory_arguments *arguments)
{
	return remove_name(request, arguments->directory, arguments->name, arguments->name_length, true);
}

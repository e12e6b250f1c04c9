/*
 * tmpfs names: finding, making, linking and removing. Every operation checks
 * first, then gets all memory it needs (the node last, so that what came
 * before can be given back exactly), then changes what cannot fail to change.
 */
#include <drydock/string.h>

#include "tmpfs_internal.h"

#define MODE_BITS    07777u
#define SYMLINK_MODE 0777u

/* What is asked for: a name in a directory, with its hash. */
struct place {
	struct tmpfs_node *directory;
	const char *name;
	uint32_t length;
	uint64_t hash;
};

/* Checks directory and name; "." and ".." give `dots_error` and `dot_error`. */
static int32_t place_find(const struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                          int32_t dot_error, int32_t dots_error, struct place *place)
{
	int32_t error;

	error = tmpfs_directory_find(tmpfs, directory, &place->directory);
	if (error)
		return error;
	error = tmpfs_name_check(name, length);
	if (error)
		return error;
	switch (tmpfs_name_dots(name, length)) {
	case 1:
		return dot_error;
	case 2:
		return dots_error;
	}
	place->name = name;
	place->length = length;
	place->hash = tmpfs_name_hash(tmpfs, name, length);
	return 0;
}

/* Checks that the name can be made. */
static int32_t place_find_free(const struct tmpfs *tmpfs, uint64_t directory, const char *name,
                               uint32_t length, struct place *place)
{
	int32_t error;

	error = place_find(tmpfs, directory, name, length, POSIX_EEXIST, POSIX_EEXIST, place);
	if (error)
		return error;
	if (place->directory->links == 0)
		return POSIX_ENOENT;
	if (tmpfs_entry_find(tmpfs, place->directory, name, length, place->hash, NULL))
		return POSIX_EEXIST;
	return place->directory->flags & TMPFS_FLAG_IMMUTABLE ? POSIX_EPERM : 0;
}

int32_t tmpfs_lookup(struct tmpfs *tmpfs, uint64_t number, const char *name, uint32_t length,
                     struct tmpfs_attributes *attributes)
{
	const struct tmpfs_dirent *entry;
	struct tmpfs_node *directory, *node;
	int32_t error;

	error = tmpfs_directory_find(tmpfs, number, &directory);
	if (error)
		return error;
	error = tmpfs_name_check(name, length);
	if (error)
		return error;
	switch (tmpfs_name_dots(name, length)) {
	case 1:
		node = directory;
		break;
	case 2:
		if (directory->links == 0)
			return POSIX_ENOENT;
		node = node_at(tmpfs, directory->directory.parent);
		break;
	default:
		entry = tmpfs_entry_find(tmpfs, directory, name, length, tmpfs_name_hash(tmpfs, name, length),
		                         NULL);
		if (!entry)
			return POSIX_ENOENT;
		node = node_at(tmpfs, entry->node);
	}
	if (node->references == UINT64_MAX)
		return POSIX_EOVERFLOW;
	node->references++;
	tmpfs_node_attributes(tmpfs, node, attributes);
	return 0;
}

/* Gives a name and a reference to what has been made or found. */
static void place_fill(struct tmpfs *tmpfs, const struct place *place, uint64_t entry, uint64_t reference,
                       struct tmpfs_time now, struct tmpfs_attributes *attributes)
{
	struct tmpfs_node *node = node_at(tmpfs, reference);

	tmpfs_entry_commit(tmpfs, place->directory, entry, reference);
	node_mark_changed(place->directory, now);
	node->links++;
	node->references++;
	tmpfs_node_attributes(tmpfs, node, attributes);
}

/* Makes a node of any type but a symbolic link. */
static int32_t make(struct tmpfs *tmpfs, const struct place *place, uint32_t mode,
                    const struct tmpfs_creation *creation, struct tmpfs_time now,
                    struct tmpfs_attributes *attributes)
{
	struct tmpfs_inheritance inheritance;
	uint64_t entry, reference;
	struct tmpfs_node *node;
	int32_t error;

	error = tmpfs_acl_inherit(tmpfs, place->directory, &mode, creation->umask, &inheritance);
	if (error)
		return error;
	error = tmpfs_entry_prepare(tmpfs, place->directory, place->name, place->length, place->hash, &entry);
	if (error)
		goto abandon_acls;
	error = tmpfs_node_make(tmpfs, mode, creation, now, &reference);
	if (error)
		goto abandon_entry;
	node = node_at(tmpfs, reference);
	tmpfs_acl_bestow(tmpfs, node, &inheritance);
	if (node_is(node, POSIX_S_IFDIR)) {
		node->links = 1; /* its "." */
		node->directory.parent = place->directory->reference;
		node->directory.next_sequence = FIRST_SEQUENCE;
		node->directory.buckets = 1;
		place->directory->links++;
	}
	place_fill(tmpfs, place, entry, reference, now, attributes);
	return 0;

abandon_entry:
	tmpfs_entry_abandon(tmpfs, place->directory, entry);
abandon_acls:
	tmpfs_acl_abandon(tmpfs, &inheritance);
	return error;
}

int32_t tmpfs_create(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                     const struct tmpfs_creation *creation, struct tmpfs_time now,
                     struct tmpfs_attributes *attributes)
{
	uint32_t type = creation->mode & POSIX_S_IFMT;
	struct place place;
	int32_t error;

	if (creation->mode & ~(POSIX_S_IFMT | MODE_BITS))
		return POSIX_EINVAL;
	if (type != POSIX_S_IFREG && type != POSIX_S_IFIFO && type != POSIX_S_IFSOCK &&
	    type != POSIX_S_IFCHR && type != POSIX_S_IFBLK)
		return POSIX_EINVAL;
	error = place_find_free(tmpfs, directory, name, length, &place);
	if (error)
		return error;
	change_begin(tmpfs);
	error = make(tmpfs, &place, creation->mode, creation, now, attributes);
	change_end(tmpfs);
	return error;
}

static int32_t make_unnamed(struct tmpfs *tmpfs, const struct tmpfs_node *directory,
                            const struct tmpfs_creation *creation, struct tmpfs_time now,
                            struct tmpfs_attributes *attributes)
{
	uint32_t mode = POSIX_S_IFREG | creation->mode;
	struct tmpfs_inheritance inheritance;
	struct tmpfs_node *node;
	uint64_t reference;
	int32_t error;

	error = tmpfs_acl_inherit(tmpfs, directory, &mode, creation->umask, &inheritance);
	if (error)
		return error;
	error = tmpfs_node_make(tmpfs, mode, creation, now, &reference);
	if (error) {
		tmpfs_acl_abandon(tmpfs, &inheritance);
		return error;
	}
	node = node_at(tmpfs, reference);
	tmpfs_acl_bestow(tmpfs, node, &inheritance);
	node->marks |= NODE_LINKABLE;
	node->references++;
	tmpfs_node_attributes(tmpfs, node, attributes);
	return 0;
}

int32_t tmpfs_create_unnamed(struct tmpfs *tmpfs, uint64_t number, const struct tmpfs_creation *creation,
                             struct tmpfs_time now, struct tmpfs_attributes *attributes)
{
	struct tmpfs_node *directory;
	int32_t error;

	if (creation->mode & ~MODE_BITS)
		return POSIX_EINVAL;
	error = tmpfs_directory_find(tmpfs, number, &directory);
	if (!error && directory->flags & TMPFS_FLAG_IMMUTABLE)
		error = POSIX_EPERM;
	if (error)
		return error;
	change_begin(tmpfs);
	error = make_unnamed(tmpfs, directory, creation, now, attributes);
	change_end(tmpfs);
	return error;
}

int32_t tmpfs_make_directory(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                             const struct tmpfs_creation *creation, struct tmpfs_time now,
                             struct tmpfs_attributes *attributes)
{
	struct place place;
	int32_t error;

	if (creation->mode & ~MODE_BITS)
		return POSIX_EINVAL;
	error = place_find_free(tmpfs, directory, name, length, &place);
	if (error)
		return error;
	if (place.directory->links >= TMPFS_LINK_MAX)
		return POSIX_EMLINK;
	change_begin(tmpfs);
	error = make(tmpfs, &place, POSIX_S_IFDIR | creation->mode, creation, now, attributes);
	change_end(tmpfs);
	return error;
}

static int32_t target_check(const char *target, uint32_t length)
{
	uint32_t at;

	if (length == 0)
		return POSIX_ENOENT;
	if (length > TMPFS_TARGET_MAX)
		return POSIX_ENAMETOOLONG;
	for (at = 0; at < length; at++) {
		if (target[at] == '\0')
			return POSIX_EINVAL;
	}
	return 0;
}

static int32_t make_symlink(struct tmpfs *tmpfs, const struct place *place, const char *target,
                            uint32_t length, const struct tmpfs_creation *creation, struct tmpfs_time now,
                            struct tmpfs_attributes *attributes)
{
	uint64_t bytes, entry, reference;
	struct tmpfs_node *node;
	int32_t error;

	error = arena_allocate(tmpfs->arena, length, &bytes);
	if (error)
		return error;
	error = tmpfs_entry_prepare(tmpfs, place->directory, place->name, place->length, place->hash, &entry);
	if (error)
		goto free_bytes;
	error = tmpfs_node_make(tmpfs, POSIX_S_IFLNK | SYMLINK_MODE, creation, now, &reference);
	if (error)
		goto abandon;
	memcpy(arena_address(tmpfs->arena, bytes), target, length);
	node = node_at(tmpfs, reference);
	node->symlink.target = bytes;
	node->symlink.size = length;
	place_fill(tmpfs, place, entry, reference, now, attributes);
	return 0;

abandon:
	tmpfs_entry_abandon(tmpfs, place->directory, entry);
free_bytes:
	arena_free(tmpfs->arena, bytes, length);
	return error;
}

int32_t tmpfs_symlink(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                      const char *target, uint32_t target_length, const struct tmpfs_creation *creation,
                      struct tmpfs_time now, struct tmpfs_attributes *attributes)
{
	struct place place;
	int32_t error;

	error = target_check(target, target_length);
	if (error)
		return error;
	error = place_find_free(tmpfs, directory, name, length, &place);
	if (error)
		return error;
	change_begin(tmpfs);
	error = make_symlink(tmpfs, &place, target, target_length, creation, now, attributes);
	change_end(tmpfs);
	return error;
}

int32_t tmpfs_readlink(struct tmpfs *tmpfs, uint64_t number, void *buffer, uint32_t capacity,
                       uint32_t *length, struct tmpfs_time now)
{
	struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);

	if (!node)
		return POSIX_ESTALE;
	if (!node_is(node, POSIX_S_IFLNK))
		return POSIX_EINVAL;
	*length = node->symlink.size < capacity ? (uint32_t)node->symlink.size : capacity;
	memcpy(buffer, arena_address(tmpfs->arena, node->symlink.target), *length);
	node_mark_read(node, now);
	return 0;
}

int32_t tmpfs_link(struct tmpfs *tmpfs, uint64_t number, uint64_t directory, const char *name,
                   uint32_t length, struct tmpfs_time now, struct tmpfs_attributes *attributes)
{
	struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);
	struct place place;
	uint64_t entry;
	int32_t error;

	if (!node)
		return POSIX_ESTALE;
	error = place_find_free(tmpfs, directory, name, length, &place);
	if (error)
		return error;
	if (node_is(node, POSIX_S_IFDIR) || node_is_kept(node))
		return POSIX_EPERM;
	if (node->links == 0 && !(node->marks & NODE_LINKABLE))
		return POSIX_ENOENT;
	if (node->links >= TMPFS_LINK_MAX)
		return POSIX_EMLINK;
	if (node->references == UINT64_MAX)
		return POSIX_EOVERFLOW;
	change_begin(tmpfs);
	error = tmpfs_entry_prepare(tmpfs, place.directory, name, length, place.hash, &entry);
	if (!error) {
		node->marks &= ~NODE_LINKABLE;
		node_mark_ctime(node, now);
		place_fill(tmpfs, &place, entry, node->reference, now, attributes);
	}
	change_end(tmpfs);
	return error;
}

int32_t tmpfs_unlink(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                     struct tmpfs_time now)
{
	const struct tmpfs_dirent *entry;
	struct tmpfs_node *node;
	struct place place;
	uint64_t *link;
	int32_t error;

	error = place_find(tmpfs, directory, name, length, POSIX_EISDIR, POSIX_EISDIR, &place);
	if (error)
		return error;
	entry = tmpfs_entry_find(tmpfs, place.directory, name, length, place.hash, &link);
	if (!entry)
		return POSIX_ENOENT;
	node = node_at(tmpfs, entry->node);
	if (node_is_kept(place.directory) || node_is_kept(node))
		return POSIX_EPERM;
	if (node_is(node, POSIX_S_IFDIR))
		return POSIX_EISDIR;
	change_begin(tmpfs);
	tmpfs_entry_remove(tmpfs, place.directory, link);
	node_mark_changed(place.directory, now);
	node->links--;
	node_mark_ctime(node, now);
	tmpfs_node_release(tmpfs, node);
	change_end(tmpfs);
	return 0;
}

int32_t tmpfs_remove_directory(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                               struct tmpfs_time now)
{
	const struct tmpfs_dirent *entry;
	struct tmpfs_node *node;
	struct place place;
	uint64_t *link;
	int32_t error;

	error = place_find(tmpfs, directory, name, length, POSIX_EINVAL, POSIX_ENOTEMPTY, &place);
	if (error)
		return error;
	entry = tmpfs_entry_find(tmpfs, place.directory, name, length, place.hash, &link);
	if (!entry)
		return POSIX_ENOENT;
	node = node_at(tmpfs, entry->node);
	if (node_is_kept(place.directory) || node_is_kept(node))
		return POSIX_EPERM;
	if (!node_is(node, POSIX_S_IFDIR))
		return POSIX_ENOTDIR;
	if (node->directory.entries > 0)
		return POSIX_ENOTEMPTY;
	change_begin(tmpfs);
	tmpfs_entry_remove(tmpfs, place.directory, link);
	node_mark_changed(place.directory, now);
	place.directory->links--;
	node->links = 0;
	node_mark_ctime(node, now);
	tmpfs_node_release(tmpfs, node);
	change_end(tmpfs);
	return 0;
}

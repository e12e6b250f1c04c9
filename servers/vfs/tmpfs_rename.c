/*
 * tmpfs renaming: moving a name, replacing what another name means, and
 * exchanging two. As everywhere, checks come first, then what needs memory,
 * then what cannot fail.
 */
#include "tmpfs_internal.h"

/* One end of a renaming. */
struct end {
	struct tmpfs_node *directory;
	const char *name;
	uint32_t length;
	uint64_t hash;
	struct tmpfs_dirent *entry; /* NULL: there is none of that name */
	uint64_t *link;             /* to the entry */
	struct tmpfs_node *node;    /* that it names */
};

static int32_t end_find(const struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                        int32_t dots_error, struct end *end)
{
	int32_t error;

	error = tmpfs_directory_find(tmpfs, directory, &end->directory);
	if (error)
		return error;
	error = tmpfs_name_check(name, length);
	if (error)
		return error;
	if (tmpfs_name_dots(name, length))
		return dots_error;
	end->name = name;
	end->length = length;
	end->hash = tmpfs_name_hash(tmpfs, name, length);
	end->entry = tmpfs_entry_find(tmpfs, end->directory, name, length, end->hash, &end->link);
	if (end->entry)
		end->node = node_at(tmpfs, end->entry->node);
	return 0;
}

/* Whether `ancestor` is `directory` or one above it. */
static bool lies_within(const struct tmpfs *tmpfs, const struct tmpfs_node *directory,
                        const struct tmpfs_node *ancestor)
{
	for (; directory != ancestor; directory = node_at(tmpfs, directory->directory.parent)) {
		if (directory->number == TMPFS_ROOT)
			return false;
	}
	return true;
}

bool tmpfs_lies_within(const struct tmpfs *tmpfs, uint64_t directory, uint64_t ancestor)
{
	struct tmpfs_node *from, *to;

	return tmpfs_directory_find(tmpfs, directory, &from) == 0 &&
	       tmpfs_directory_find(tmpfs, ancestor, &to) == 0 && lies_within(tmpfs, from, to);
}

/* Whether the node at `from` may come to lie in the directory of `to`, which loses `lost` links by it. */
static int32_t move_check(const struct tmpfs *tmpfs, const struct end *from, const struct end *to,
                          uint32_t lost)
{
	if (!node_is(from->node, POSIX_S_IFDIR) || from->directory == to->directory)
		return 0;
	if (lies_within(tmpfs, to->directory, from->node))
		return POSIX_EINVAL;
	return to->directory->links - lost < TMPFS_LINK_MAX ? 0 : POSIX_EMLINK;
}

static uint32_t is_directory(const struct tmpfs_node *node)
{
	return node_is(node, POSIX_S_IFDIR);
}

/* Bookkeeping for a node that has moved from one directory to another. */
static void move_parent(struct tmpfs_node *node, struct tmpfs_node *from, struct tmpfs_node *to)
{
	if (!is_directory(node))
		return;
	node->directory.parent = to->reference;
	from->links--;
	to->links++;
}

static void mark_renamed(const struct end *from, const struct end *to, struct tmpfs_time now)
{
	node_mark_changed(from->directory, now);
	node_mark_changed(to->directory, now);
	node_mark_ctime(from->node, now);
}

static int32_t rename_move(struct tmpfs *tmpfs, const struct end *from, const struct end *to,
                           struct tmpfs_time now)
{
	uint64_t reference = from->entry->node, entry;
	int32_t error;

	error = move_check(tmpfs, from, to, 0);
	if (error)
		return error;
	error = tmpfs_entry_prepare(tmpfs, to->directory, to->name, to->length, to->hash, &entry);
	if (error)
		return error;
	tmpfs_entry_remove(tmpfs, from->directory, from->link); /* first, while the link holds */
	tmpfs_entry_commit(tmpfs, to->directory, entry, reference);
	move_parent(from->node, from->directory, to->directory);
	mark_renamed(from, to, now);
	return 0;
}

static int32_t rename_replace(struct tmpfs *tmpfs, const struct end *from, const struct end *to,
                              struct tmpfs_time now)
{
	struct tmpfs_node *victim = to->node;
	int32_t error;

	error = move_check(tmpfs, from, to, is_directory(victim));
	if (error)
		return error;
	if (is_directory(from->node) && !is_directory(victim))
		return POSIX_ENOTDIR;
	if (!is_directory(from->node) && is_directory(victim))
		return POSIX_EISDIR;
	if (is_directory(victim) && victim->directory.entries > 0)
		return POSIX_ENOTEMPTY;

	tmpfs_entry_point(tmpfs, to->entry, from->entry->node);
	tmpfs_entry_remove(tmpfs, from->directory, from->link);
	if (is_directory(victim)) {
		victim->links = 0;
		to->directory->links--;
	} else {
		victim->links--;
	}
	move_parent(from->node, from->directory, to->directory);
	mark_renamed(from, to, now);
	node_mark_ctime(victim, now);
	tmpfs_node_release(tmpfs, victim);
	return 0;
}

static int32_t rename_exchange(struct tmpfs *tmpfs, const struct end *from, const struct end *to,
                               struct tmpfs_time now)
{
	uint64_t reference = from->entry->node;
	int32_t error;

	error = move_check(tmpfs, from, to, is_directory(to->node));
	if (error)
		return error;
	error = move_check(tmpfs, to, from, is_directory(from->node));
	if (error)
		return error;
	tmpfs_entry_point(tmpfs, from->entry, to->entry->node);
	tmpfs_entry_point(tmpfs, to->entry, reference);
	move_parent(from->node, from->directory, to->directory);
	move_parent(to->node, to->directory, from->directory);
	mark_renamed(from, to, now);
	node_mark_ctime(to->node, now);
	return 0;
}

/* Whether flags let that name go, or where there is none, one come there. */
static bool may_change(const struct end *end)
{
	if (!end->entry)
		return !(end->directory->flags & TMPFS_FLAG_IMMUTABLE);
	return !node_is_kept(end->directory) && !node_is_kept(end->node);
}

static int32_t rename_ends(struct tmpfs *tmpfs, const struct end *from, const struct end *to, uint32_t flags,
                           struct tmpfs_time now)
{
	if (!from->entry || to->directory->links == 0)
		return POSIX_ENOENT;
	if (to->entry && flags & TMPFS_RENAME_NOREPLACE)
		return POSIX_EEXIST;
	if (!to->entry && flags & TMPFS_RENAME_EXCHANGE)
		return POSIX_ENOENT;
	if (to->entry && from->node == to->node)
		return 0;
	if (!may_change(from) || !may_change(to))
		return POSIX_EPERM;
	if (!to->entry)
		return rename_move(tmpfs, from, to, now);
	if (flags & TMPFS_RENAME_EXCHANGE)
		return rename_exchange(tmpfs, from, to, now);
	return rename_replace(tmpfs, from, to, now);
}

int32_t tmpfs_rename(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                     uint64_t new_directory, const char *new_name, uint32_t new_length, uint32_t flags,
                     struct tmpfs_time now)
{
	int32_t error, dots_error = flags & TMPFS_RENAME_NOREPLACE ? POSIX_EEXIST : POSIX_EBUSY;
	struct end from, to;

	if (flags & ~(uint32_t)(TMPFS_RENAME_NOREPLACE | TMPFS_RENAME_EXCHANGE) ||
	    flags == (TMPFS_RENAME_NOREPLACE | TMPFS_RENAME_EXCHANGE))
		return POSIX_EINVAL;
	error = end_find(tmpfs, directory, name, length, POSIX_EBUSY, &from);
	if (error)
		return error;
	error = end_find(tmpfs, new_directory, new_name, new_length, dots_error, &to);
	if (error)
		return error;
	change_begin(tmpfs);
	error = rename_ends(tmpfs, &from, &to, flags, now);
	change_end(tmpfs);
	return error;
}

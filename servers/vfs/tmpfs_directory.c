/*
 * tmpfs directories. An entry hangs in two structures: in a chain by the hash
 * of its name, and in a tree by its sequence number, which is its cookie and
 * gives readdir an order that nothing disturbs.
 *
 * The chains are a linear hash table (Litwin, 1980): it grows and shrinks by
 * one bucket at a time, so no operation ever pays for a rehash. With b buckets
 * and m the greatest power of two up to b, a hash h belongs to bucket h mod 2m
 * if there is one, else to h mod m. To get bucket b, bucket b - m is split.
 * If there is no memory for a bucket, chains are longer, and nothing else.
 */
#include <drydock/string.h>

#include "tmpfs_internal.h"

#define MERGES 4u /* per removal at most */

/* A change of a chain is never in want of memory: all buckets have their slots. */
static uint64_t *bucket_slot(const struct tmpfs *tmpfs, struct tmpfs_node *directory, uint64_t bucket)
{
	return tmpfs_tree_find(tmpfs->arena, &directory->directory.chains, bucket);
}

/* The greatest power of two that is no more than `number`, which is not 0. */
static uint64_t power_below(uint64_t number)
{
	return 1ull << (63 - __builtin_clzll(number));
}

static uint64_t bucket_of(const struct tmpfs_node *directory, uint64_t hash)
{
	uint64_t power = power_below(directory->directory.buckets);
	uint64_t bucket = hash & (2 * power - 1);

	return bucket < directory->directory.buckets ? bucket : hash & (power - 1);
}

static struct tmpfs_dirent *entry_at(const struct tmpfs *tmpfs, uint64_t reference)
{
	return arena_address(tmpfs->arena, reference);
}

static uint32_t entry_size(uint32_t name_length)
{
	return offsetof(struct tmpfs_dirent, name) + name_length;
}

/* Adds one bucket, if there is memory, and moves to it what belongs to it now. */
static void bucket_split(struct tmpfs *tmpfs, struct tmpfs_node *directory)
{
	uint64_t added = directory->directory.buckets, split = added - power_below(added);
	uint64_t *stay, *move, reference;
	struct tmpfs_dirent *entry;

	if (tmpfs_tree_make(tmpfs->arena, &directory->directory.chains, added, &move) != 0)
		return;
	directory->directory.buckets++;
	stay = bucket_slot(tmpfs, directory, split);
	reference = *stay;
	while (reference) {
		entry = entry_at(tmpfs, reference);
		if (bucket_of(directory, entry->hash) == added) {
			*move = reference;
			move = &entry->next;
		} else {
			*stay = reference;
			stay = &entry->next;
		}
		reference = entry->next;
	}
	*stay = 0;
	*move = 0;
}

/* Takes the last bucket away; its chain goes back to the one it was split from. */
static void bucket_merge(struct tmpfs *tmpfs, struct tmpfs_node *directory)
{
	uint64_t last = --directory->directory.buckets;
	uint64_t *from = bucket_slot(tmpfs, directory, last);
	uint64_t *to = bucket_slot(tmpfs, directory, last - power_below(last));

	while (*to)
		to = &entry_at(tmpfs, *to)->next;
	*to = *from;
	*from = 0;
	if (last % TREE_FANOUT == 0)
		tmpfs_tree_truncate(tmpfs->arena, &directory->directory.chains, last, false);
}

int32_t tmpfs_directory_find(const struct tmpfs *tmpfs, uint64_t number, struct tmpfs_node **directory)
{
	*directory = tmpfs_node_find(tmpfs, number);
	if (!*directory)
		return POSIX_ESTALE;
	return node_is(*directory, POSIX_S_IFDIR) ? 0 : POSIX_ENOTDIR;
}

int32_t tmpfs_name_check(const char *name, uint32_t length)
{
	uint32_t at;

	if (length == 0)
		return POSIX_ENOENT;
	if (length > POSIX_NAME_MAX)
		return POSIX_ENAMETOOLONG;
	for (at = 0; at < length; at++) {
		if (name[at] == '/' || name[at] == '\0')
			return POSIX_EINVAL;
	}
	return 0;
}

uint32_t tmpfs_name_dots(const char *name, uint32_t length)
{
	if (length > 2 || name[0] != '.' || name[length - 1] != '.')
		return 0;
	return length;
}

uint64_t tmpfs_name_hash(const struct tmpfs *tmpfs, const char *name, uint32_t length)
{
	return hash_bytes(&tmpfs->super->seed, name, length);
}

struct tmpfs_dirent *tmpfs_entry_find(const struct tmpfs *tmpfs, struct tmpfs_node *directory,
                                      const char *name, uint32_t length, uint64_t hash, uint64_t **link)
{
	uint64_t *at = bucket_slot(tmpfs, directory, bucket_of(directory, hash));
	struct tmpfs_dirent *entry;

	while (*at) {
		entry = entry_at(tmpfs, *at);
		if (entry->hash == hash && entry->length == length &&
		    memcmp(entry->name, name, length) == 0) {
			if (link)
				*link = at;
			return entry;
		}
		at = &entry->next;
	}
	return NULL;
}

int32_t tmpfs_entry_prepare(struct tmpfs *tmpfs, struct tmpfs_node *directory, const char *name,
                            uint32_t length, uint64_t hash, uint64_t *reference)
{
	uint64_t sequence = directory->directory.next_sequence, *slot;
	struct tmpfs_dirent *entry;
	int32_t error;

	error = arena_allocate(tmpfs->arena, entry_size(length), reference);
	if (error)
		return error;
	error = tmpfs_tree_make(tmpfs->arena, &directory->directory.sequences, sequence, &slot);
	if (error) {
		arena_free(tmpfs->arena, *reference, entry_size(length));
		return error;
	}
	*slot = *reference;
	entry = entry_at(tmpfs, *reference);
	entry->hash = hash;
	entry->sequence = sequence;
	entry->length = (uint8_t)length;
	memcpy(entry->name, name, length);
	return 0;
}

void tmpfs_entry_abandon(struct tmpfs *tmpfs, struct tmpfs_node *directory, uint64_t reference)
{
	struct tmpfs_dirent *entry = entry_at(tmpfs, reference);

	tmpfs_tree_remove(tmpfs->arena, &directory->directory.sequences, entry->sequence);
	arena_free(tmpfs->arena, reference, entry_size(entry->length));
}

void tmpfs_entry_point(const struct tmpfs *tmpfs, struct tmpfs_dirent *entry, uint64_t reference)
{
	const struct tmpfs_node *node = node_at(tmpfs, reference);

	entry->node = reference;
	entry->number = node->number;
	entry->type = (uint8_t)(node->mode >> 12);
}

void tmpfs_entry_commit(struct tmpfs *tmpfs, struct tmpfs_node *directory, uint64_t reference, uint64_t node)
{
	struct tmpfs_dirent *entry = entry_at(tmpfs, reference);
	uint64_t *chain = bucket_slot(tmpfs, directory, bucket_of(directory, entry->hash));

	tmpfs_entry_point(tmpfs, entry, node);
	entry->next = *chain;
	*chain = reference;
	directory->directory.next_sequence++;
	directory->directory.entries++;
	if (directory->directory.entries > directory->directory.buckets)
		bucket_split(tmpfs, directory);
}

void tmpfs_entry_remove(struct tmpfs *tmpfs, struct tmpfs_node *directory, uint64_t *link)
{
	uint64_t reference = *link;
	struct tmpfs_dirent *entry = entry_at(tmpfs, reference);
	uint32_t merges;

	*link = entry->next;
	tmpfs_tree_remove(tmpfs->arena, &directory->directory.sequences, entry->sequence);
	arena_free(tmpfs->arena, reference, entry_size(entry->length));
	directory->directory.entries--;
	if (directory->directory.entries == 0) {
		tmpfs_tree_truncate(tmpfs->arena, &directory->directory.chains, 0, false);
		directory->directory.buckets = 1;
	}
	for (merges = 0; merges < MERGES; merges++) {
		if (directory->directory.buckets <= 2 * directory->directory.entries + 1)
			break;
		bucket_merge(tmpfs, directory);
	}
}

static bool readdir_dots(const struct tmpfs *tmpfs, const struct tmpfs_node *directory, uint64_t cookie,
                         tmpfs_emit_t emit, void *context)
{
	struct tmpfs_entry entry = {.mode = POSIX_S_IFDIR, .name = ".."};

	if (cookie < 1) {
		entry.node = directory->number;
		entry.cookie = 1;
		entry.length = 1;
		if (!emit(context, &entry))
			return false;
	}
	if (cookie < 2) {
		entry.node = node_at(tmpfs, directory->directory.parent)->number;
		entry.cookie = 2;
		entry.length = 2;
		return emit(context, &entry);
	}
	return true;
}

int32_t tmpfs_readdir(struct tmpfs *tmpfs, uint64_t number, uint64_t cookie, tmpfs_emit_t emit, void *context,
                      struct tmpfs_time now)
{
	const struct tmpfs_dirent *record;
	struct tmpfs_node *directory;
	struct tmpfs_entry entry;
	uint64_t reference;
	int32_t error;

	error = tmpfs_directory_find(tmpfs, number, &directory);
	if (error)
		return error;
	if (directory->links == 0)
		return POSIX_ENOENT;
	node_mark_read(directory, now);
	if (!readdir_dots(tmpfs, directory, cookie, emit, context))
		return 0;
	while (cookie < directory->directory.next_sequence) {
		cookie++;
		reference = tmpfs_tree_next(tmpfs->arena, directory->directory.sequences, &cookie);
		if (!reference)
			return 0;
		record = entry_at(tmpfs, reference);
		entry.node = record->number;
		entry.cookie = record->sequence;
		entry.mode = (uint32_t)record->type << 12;
		entry.length = record->length;
		entry.name = record->name;
		if (!emit(context, &entry))
			return 0;
	}
	return 0;
}

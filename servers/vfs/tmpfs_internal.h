/*
 * tmpfs inside: the layouts that persist in the arena, and what its parts know
 * of each other. "Reference" below is an arena reference, 0 for none.
 */
#ifndef VFS_TMPFS_INTERNAL_H
#define VFS_TMPFS_INTERNAL_H

#include <stddef.h>

#include <drydock/atomic.h>
#include <drydock/hash.h>
#include <drydock/posix.h>

#include "arena.h"
#include "tmpfs.h"

#define TMPFS_MAGIC   0x73667061746d7064u
#define TMPFS_VERSION 3u

/*
 * Trees map indexes to 64-bit values that are multiples of 16 and not 0. A
 * tree is one word: the reference to its root, and in the low four bits its
 * height. Height 0: the word is the value of index 0. Height n: a tree_node
 * with 64 subtrees of height n - 1. An empty tree is 0.
 */
#define TREE_BITS       6u
#define TREE_FANOUT     64u
#define TREE_HEIGHT_MAX 11u /* covers 64-bit indexes */

struct tree_node {
	uint64_t slot[TREE_FANOUT];
};

/*
 * A node. Its number is {generation:u32, page:u27, slot:u5}: the page of nodes
 * by its index in the node table, and a slot of it, 1 to 25. A free slot keeps
 * in the number's upper half the generation that it will have next; its lower
 * half is 0, as no node's is.
 */
struct tmpfs_node {
	uint64_t number;
	uint64_t reference; /* to this node itself */
	uint64_t references;
	int64_t atime;
	int64_t mtime;
	int64_t ctime;
	uint32_t atime_nanoseconds;
	uint32_t mtime_nanoseconds;
	uint32_t ctime_nanoseconds;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t links; /* of a removed directory 0 */
	uint32_t device;
	int64_t birth;
	uint32_t birth_nanoseconds;
	uint32_t xattr_names; /* bytes of the names of its extended attributes, each with a NUL */
	uint64_t xattrs;      /* reference to the first of them; see tmpfs_xattr.c */
	uint32_t marks;       /* NODE_* below */
	uint32_t flags;       /* of enum tmpfs_flag */
	union {
		struct {
			uint64_t size;
			uint64_t pages; /* how many it has */
			uint64_t tree;  /* page number -> reference and marks */
		} file;
		struct {
			uint64_t parent; /* reference to its node; the root's is the root */
			uint64_t entries;
			uint64_t next_sequence; /* of the next entry, which becomes its cookie */
			uint64_t sequences;     /* tree: sequence -> entry */
			uint64_t chains;        /* tree: bucket -> first entry; see tmpfs_directory.c */
			uint64_t buckets;
		} directory;
		struct {
			uint64_t size;
			uint64_t target; /* reference to its bytes */
		} symlink;
		uint32_t next_free; /* slot of the next free node of this page, 0 for none */
	};
};

_Static_assert(sizeof(struct tmpfs_node) == 160, "a page holds 25 nodes");

/* Marks of a file's page, beside its reference in the tree. */
#define PAGE_UNWRITTEN 16u /* allocated and zero, nothing was written to it yet */
#define PAGE_NEW       32u /* by an allocation that is under way */

static inline uint64_t page_reference(uint64_t word)
{
	return word & ~(uint64_t)(ARENA_PAGE - 1);
}

#define NODE_LINKABLE    1u /* made without a name, and has not had one yet */
#define NODE_ACL_ACCESS  2u /* has an access ACL, */
#define NODE_ACL_DEFAULT 4u /* a default ACL; see tmpfs_acl.c */

#define NODE_SLOT_BITS 5u
#define NODE_SLOTS     25u
#define NODE_PAGES_MAX (1u << 27)

/* A page of nodes. Those with a free slot are in a list. */
struct node_page {
	uint64_t next;
	uint64_t previous;
	uint32_t index;
	uint32_t free; /* first free slot, 0 for none */
	uint32_t used;
	uint32_t reserved[9];
	struct tmpfs_node node[NODE_SLOTS]; /* slot 1 is node[0] */
};

_Static_assert(sizeof(struct node_page) <= ARENA_PAGE, "nodes fit their page");

/* A name in a directory. */
struct tmpfs_dirent {
	uint64_t next; /* in its bucket's chain */
	uint64_t hash;
	uint64_t sequence;
	uint64_t node;   /* reference */
	uint64_t number; /* the node's */
	uint8_t type;    /* the node's mode >> 12 */
	uint8_t length;
	char name[];
};

/* In the arena's root. */
struct tmpfs_super {
	uint64_t magic;
	uint32_t version;
	uint32_t changing; /* 1 while a change is under way */
	struct hash_key seed;
	uint64_t nodes; /* that exist */
	uint64_t nodes_limit;
	uint64_t node_table; /* tree: page index -> node page, or what NODE_PAGE_FREE says */
	uint64_t partial;    /* reference to the first node page with room */
	uint32_t node_pages; /* page indexes ever used */
	uint32_t free_index; /* first free page index, 0 for none (page 0 holds the root) */
	uint32_t generation; /* of nodes in a page index never used before */
	uint32_t reserved;
};

_Static_assert(sizeof(struct tmpfs_super) <= ARENA_ROOT_SIZE, "the superblock fits the arena's root");

#define FIRST_SEQUENCE 3u /* after "." and ".." */

/*
 * Brackets a change of the tree, so that after a death in its midst tmpfs_attach
 * knows. Only the order of the stores matters: who attaches does so after the death.
 */
static inline void change_begin(struct tmpfs *tmpfs)
{
	atomic_store_relaxed(&tmpfs->super->changing, 1);
	atomic_compiler_fence();
}

static inline void change_end(struct tmpfs *tmpfs)
{
	atomic_compiler_fence();
	atomic_store_relaxed(&tmpfs->super->changing, 0);
}

/* tmpfs_tree.c */

/* The slot of `index`, or NULL where the tree has none. */
uint64_t *tmpfs_tree_find(const struct arena *arena, uint64_t *tree, uint64_t index);

/* The slot of `index`, made where there is none. It is to be filled before the tree is changed again. */
int32_t tmpfs_tree_make(struct arena *arena, uint64_t *tree, uint64_t index, uint64_t **slot);

/* Empties the slot of `index`, and frees nodes that no longer hold anything. */
void tmpfs_tree_remove(struct arena *arena, uint64_t *tree, uint64_t index);

/* The first value at or after `*index`, which is set to its index; 0 for none. */
uint64_t tmpfs_tree_next(const struct arena *arena, uint64_t tree, uint64_t *index);

/*
 * Drops all values from index `from` on; returns how many there were. With
 * `pages` values are pages to be freed, and the tree shrinks as far as it can;
 * without, slots below `from` stay even where they are empty.
 */
uint64_t tmpfs_tree_truncate(struct arena *arena, uint64_t *tree, uint64_t from, bool pages);

/* tmpfs_node.c */

/* The node with this number, or NULL. */
struct tmpfs_node *tmpfs_node_find(const struct tmpfs *tmpfs, uint64_t number);

static inline struct tmpfs_node *node_at(const struct tmpfs *tmpfs, uint64_t reference)
{
	return arena_address(tmpfs->arena, reference);
}

static inline bool node_is(const struct tmpfs_node *node, uint32_t type)
{
	return (node->mode & POSIX_S_IFMT) == type;
}

/* Whether flags forbid that a name of the node comes or goes. */
static inline bool node_is_kept(const struct tmpfs_node *node)
{
	return node->flags & TMPFS_FLAGS_KEPT;
}

/* Makes a node without names and references, its content zero. */
int32_t tmpfs_node_make(struct tmpfs *tmpfs, uint32_t mode, const struct tmpfs_creation *creation,
                        struct tmpfs_time now, uint64_t *reference);

/* Frees the node and all it holds if nothing needs it any more. */
void tmpfs_node_release(struct tmpfs *tmpfs, struct tmpfs_node *node);

void tmpfs_node_attributes(const struct tmpfs *tmpfs, const struct tmpfs_node *node,
                           struct tmpfs_attributes *attributes);

static inline void node_mark_atime(struct tmpfs_node *node, struct tmpfs_time now)
{
	node->atime = now.seconds;
	node->atime_nanoseconds = now.nanoseconds;
}

#define RELATIME_SECONDS (24 * 60 * 60)

static inline bool time_after(int64_t left, uint32_t left_nanoseconds, int64_t right, uint32_t right_nanoseconds)
{
	return left > right || (left == right && left_nanoseconds > right_nanoseconds);
}

/*
 * What reading does, as Linux's relatime (mount(8)), which it has by default:
 * the time of access is news where it is not after the last change, or old.
 */
static inline void node_mark_read(struct tmpfs_node *node, struct tmpfs_time now)
{
	if (node->flags & TMPFS_FLAG_NO_ATIME)
		return;
	if (time_after(node->atime, node->atime_nanoseconds, node->mtime, node->mtime_nanoseconds) &&
	    time_after(node->atime, node->atime_nanoseconds, node->ctime, node->ctime_nanoseconds) &&
	    (int64_t)((uint64_t)now.seconds - (uint64_t)node->atime) < RELATIME_SECONDS)
		return;
	node_mark_atime(node, now);
}

static inline void node_mark_mtime(struct tmpfs_node *node, struct tmpfs_time now)
{
	node->mtime = now.seconds;
	node->mtime_nanoseconds = now.nanoseconds;
}

static inline void node_mark_ctime(struct tmpfs_node *node, struct tmpfs_time now)
{
	node->ctime = now.seconds;
	node->ctime_nanoseconds = now.nanoseconds;
}

/* What every change of a node's content or a directory's entries does. */
static inline void node_mark_changed(struct tmpfs_node *node, struct tmpfs_time now)
{
	node_mark_mtime(node, now);
	node_mark_ctime(node, now);
}

/* tmpfs_directory.c */

/* Finds a directory by number: POSIX_ESTALE, POSIX_ENOTDIR. */
int32_t tmpfs_directory_find(const struct tmpfs *tmpfs, uint64_t number, struct tmpfs_node **directory);

/* Whether the bytes can be a name at all; "." and ".." can. */
int32_t tmpfs_name_check(const char *name, uint32_t length);

/* 1 for ".", 2 for "..", else 0. */
uint32_t tmpfs_name_dots(const char *name, uint32_t length);

uint64_t tmpfs_name_hash(const struct tmpfs *tmpfs, const char *name, uint32_t length);

/*
 * The entry of that name, or NULL. `*link` (may be NULL) is where its chain
 * refers to it, valid until an entry of this directory comes or goes.
 */
struct tmpfs_dirent *tmpfs_entry_find(const struct tmpfs *tmpfs, struct tmpfs_node *directory,
                                      const char *name, uint32_t length, uint64_t hash, uint64_t **link);

/* All of adding an entry that can fail. Commit or abandon must follow before the directory's next prepare. */
int32_t tmpfs_entry_prepare(struct tmpfs *tmpfs, struct tmpfs_node *directory, const char *name,
                            uint32_t length, uint64_t hash, uint64_t *reference);
void tmpfs_entry_commit(struct tmpfs *tmpfs, struct tmpfs_node *directory, uint64_t reference, uint64_t node);
void tmpfs_entry_abandon(struct tmpfs *tmpfs, struct tmpfs_node *directory, uint64_t reference);

/* Makes an existing entry name another node. */
void tmpfs_entry_point(const struct tmpfs *tmpfs, struct tmpfs_dirent *entry, uint64_t node);

/* Removes the entry that `link`, from tmpfs_entry_find, refers to. */
void tmpfs_entry_remove(struct tmpfs *tmpfs, struct tmpfs_node *directory, uint64_t *link);

/* tmpfs_xattr.c */

/* Makes an attribute that is no node's yet; put or discard must follow. */
int32_t tmpfs_xattr_make(struct tmpfs *tmpfs, const char *name, uint32_t length, const void *value,
                         uint32_t size, uint64_t *reference);
void tmpfs_xattr_discard(struct tmpfs *tmpfs, uint64_t reference);

/* Gives it to a node, in place of the one of its name. */
void tmpfs_xattr_put(struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t reference);

/* Where the value of an attribute that the node has lies; it must not be longer than the first part of one. */
void *tmpfs_xattr_piece(const struct tmpfs *tmpfs, struct tmpfs_node *node, const char *name, uint32_t length,
                        uint32_t *size);

/* Drops one, if it is there, and all. */
void tmpfs_xattr_drop(struct tmpfs *tmpfs, struct tmpfs_node *node, const char *name, uint32_t length);
void tmpfs_xattr_drop_all(struct tmpfs *tmpfs, struct tmpfs_node *node);
void tmpfs_xattr_drop_capability(struct tmpfs *tmpfs, struct tmpfs_node *node);

/* A program's capabilities do not survive new content or a new owner. Within a change. */
static inline void node_drop_capability(struct tmpfs *tmpfs, struct tmpfs_node *node)
{
	if (node->xattrs)
		tmpfs_xattr_drop_capability(tmpfs, node);
}

/* tmpfs_acl.c; all but tmpfs_acl_find within a change */

/* An ACL of the node, or one without entries. */
void tmpfs_acl_find(const struct tmpfs *tmpfs, const struct tmpfs_node *node, enum tmpfs_acl kind,
                    struct acl *acl);

/* Makes the access ACL, if there is one, go with the node's new permission bits. */
void tmpfs_acl_mode_changed(const struct tmpfs *tmpfs, struct tmpfs_node *node);

/* References to what a new node is to get of its directory's default ACL; 0: nothing. */
struct tmpfs_inheritance {
	uint64_t access; /* its access ACL */
	uint64_t preset; /* its default ACL */
};

/*
 * Makes the ACLs of a new node of type and permission bits `*mode`, and takes
 * away from these what the default ACL, or where there is none `umask`, does
 * not give. Bestow or abandon must follow.
 */
int32_t tmpfs_acl_inherit(struct tmpfs *tmpfs, const struct tmpfs_node *directory, uint32_t *mode,
                          uint32_t umask, struct tmpfs_inheritance *inheritance);
void tmpfs_acl_bestow(struct tmpfs *tmpfs, struct tmpfs_node *node,
                      const struct tmpfs_inheritance *inheritance);
void tmpfs_acl_abandon(struct tmpfs *tmpfs, const struct tmpfs_inheritance *inheritance);

/* tmpfs_file.c */

/* Finds a regular file by number: POSIX_ESTALE, POSIX_EISDIR, POSIX_EINVAL for other types. */
int32_t tmpfs_file_find(const struct tmpfs *tmpfs, uint64_t number, struct tmpfs_node **node);

/* The file's page of that index, or NULL for a hole. */
void *tmpfs_file_page(const struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t index);

/* Sets a regular file's size, which is in range; marks no times. */
void tmpfs_file_truncate(struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t size);

#endif

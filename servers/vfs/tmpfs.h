/*
 * tmpfs: a file system in memory, as a library. It knows nodes by number and
 * does what POSIX says to names, links, times and data; permission checks and
 * protocols are its caller's. All state lies in an arena, linked by references,
 * so that another process can attach to the same chunks and go on.
 *
 * Conventions. Functions that can fail return 0 or a POSIX error; then nothing
 * has changed. POSIX_ESTALE: no node has the number given. A name is 1 to 255
 * bytes (`length`) without '/' and NUL: else POSIX_ENOENT (empty),
 * POSIX_ENAMETOOLONG or POSIX_EINVAL; the memory is the caller's. Where
 * something in a directory is named, POSIX_ENOTDIR: that is none, and
 * POSIX_ENOENT: there is no such name, or the directory has been removed.
 * POSIX_ENOSPC: a limit is reached or there is no memory (or what the arena's
 * grow callback says). `now` is the time for the marks that POSIX demands, but
 * that reading marks the time of access only as Linux does with relatime.
 *
 * A node lives while it has a name or a reference. Its number is never reused.
 * Functions that return attributes of a node found or made by name take one
 * reference; tmpfs_forget gives references back.
 */
#ifndef VFS_TMPFS_H
#define VFS_TMPFS_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/acl.h>

#include "arena.h"

#define TMPFS_ROOT          1u /* the root's node number */
#define TMPFS_BLOCK_SIZE    ARENA_PAGE
#define TMPFS_FILE_SIZE_MAX (1ull << 47) /* bytes */
#define TMPFS_TARGET_MAX    4095u        /* bytes of a symbolic link's target */
#define TMPFS_XATTR_NAME_MAX  255u         /* as listxattr(2): bytes of a name, */
#define TMPFS_XATTR_SIZE_MAX  (64u << 10)  /* of a value, */
#define TMPFS_XATTR_NAMES_MAX (64u << 10)  /* and of all names of a node, each with a NUL */
#define TMPFS_LINK_MAX      INT32_MAX    /* names of a file; 2 + subdirectories of a directory */
#define TMPFS_NODES_MAX     (25ull << 27)

/* Since 1970. */
struct tmpfs_time {
	int64_t seconds;
	uint32_t nanoseconds; /* below 10^9 */
};

struct tmpfs_attributes {
	uint64_t node;
	uint64_t size;   /* bytes; of a symbolic link its target's */
	uint64_t blocks; /* of 512 bytes */
	struct tmpfs_time atime;
	struct tmpfs_time mtime;
	struct tmpfs_time ctime;
	struct tmpfs_time birth; /* when it was made */
	uint32_t mode; /* type and permission bits */
	uint32_t links;
	uint32_t uid;
	uint32_t gid;
	uint32_t device;
	uint32_t flags; /* of enum tmpfs_flag */
	struct acl acl; /* the access ACL, if there is one; valid until the next change of the file system */
};

/* What a new node is to be. */
struct tmpfs_creation {
	uint32_t mode;  /* permission bits; for tmpfs_create the type too */
	uint32_t umask; /* bits that are taken away, unless the directory has a default ACL, which then decides */
	uint32_t uid;
	uint32_t gid;
	uint32_t device; /* of a character or block device */
};

struct tmpfs_options {
	uint64_t nodes;   /* at most so many nodes, the root included; at least 1 */
	uint64_t seed[2]; /* random numbers, so that nobody can choose names that collide */
	/*
	 * Where generations in node numbers start (but the root's is always 1). A
	 * random one, at most half of what there is, sees to it that a number that
	 * a client has from an earlier file system names nothing in this one.
	 */
	uint32_t generation;
	uint32_t mode;    /* the root's permission bits, owner and group */
	uint32_t uid;
	uint32_t gid;
};

/* Where there is no limit to blocks or nodes, both numbers of them are 0, as Linux's tmpfs says it. */
struct tmpfs_statistics {
	uint64_t block_size; /* bytes */
	uint64_t blocks;
	uint64_t blocks_free;
	uint64_t nodes;
	uint64_t nodes_free;
};

/* What tmpfs_set_attributes is to change: the bits of fs.set_attributes.valid. */
enum tmpfs_set {
	TMPFS_SET_MODE = 1,
	TMPFS_SET_UID = 2,
	TMPFS_SET_GID = 4,
	TMPFS_SET_SIZE = 8,
	TMPFS_SET_ATIME = 16,
	TMPFS_SET_MTIME = 32,
	TMPFS_SET_ATIME_NOW = 64,
	TMPFS_SET_MTIME_NOW = 128,
	TMPFS_SET_FLAGS = 256,
};

/*
 * Of regular files and directories: the bits of fs.attributes.flags. Of what is
 * immutable or append-only names do not change (POSIX_EPERM), and none go from
 * such a directory; that attributes and content do not is the caller's matter.
 */
enum tmpfs_flag {
	TMPFS_FLAG_IMMUTABLE = 0x10,
	TMPFS_FLAG_APPEND = 0x20,
	TMPFS_FLAG_NO_DUMP = 0x40,  /* means something to dump(8) only */
	TMPFS_FLAG_NO_ATIME = 0x80, /* reading does not mark the time of access */
};

#define TMPFS_FLAGS_KEPT (uint32_t)(TMPFS_FLAG_IMMUTABLE | TMPFS_FLAG_APPEND)

enum tmpfs_rename_flag {
	TMPFS_RENAME_NOREPLACE = 1,
	TMPFS_RENAME_EXCHANGE = 2,
};

/* One name in a directory. */
struct tmpfs_entry {
	uint64_t node;
	uint64_t cookie; /* where to go on after this entry */
	uint32_t mode;   /* type bits only */
	uint32_t length;
	const char *name; /* not terminated; valid until the next change of the file system */
};

/* Takes one entry; false: no room, and the entry is not consumed. Must not change the file system. */
typedef bool (*tmpfs_emit_t)(void *context, const struct tmpfs_entry *entry);

/* What tmpfs_allocate makes: the values of fs.allocate.mode. */
enum tmpfs_allocate {
	TMPFS_ALLOCATE_GROW = 0,      /* pages where there are none; the file grows as far */
	TMPFS_ALLOCATE_KEEP = 1,      /* the same, and its size stays */
	TMPFS_ALLOCATE_PUNCH = 2,     /* a hole; the size stays */
	TMPFS_ALLOCATE_ZERO = 3,      /* pages that are zero; the file grows as far */
	TMPFS_ALLOCATE_ZERO_KEEP = 4, /* the same, and its size stays */
};

/* What tmpfs_seek looks for: the values of fs.seek.whence. */
enum tmpfs_seek {
	TMPFS_SEEK_DATA = 3,
	TMPFS_SEEK_HOLE = 4,
};

enum tmpfs_acl {
	TMPFS_ACL_ACCESS = 0,
	TMPFS_ACL_DEFAULT = 1, /* of a directory: for what is made in it */
};

/* How they are listed among the extended attributes, which have them for no other purpose. */
#define TMPFS_XATTR_ACL_ACCESS  "system.posix_acl_access"
#define TMPFS_XATTR_ACL_DEFAULT "system.posix_acl_default"

enum tmpfs_xattr_flag {
	TMPFS_XATTR_CREATE = 1,
	TMPFS_XATTR_REPLACE = 2,
};

/* Whether an attribute of that name is to be listed. */
typedef bool (*tmpfs_xattr_show_t)(const char *name, uint32_t length);

struct tmpfs_super;

/* One process's view of a file system. The caller owns the memory; fields are private. */
struct tmpfs {
	struct arena *arena;
	struct tmpfs_super *super;
};

/*
 * Makes an empty file system in a new arena, which must stay where it is. The
 * arena's size limit is the file system's: metadata counts too. Returns 0,
 * POSIX_EINVAL (options), or POSIX_ENOSPC.
 */
int32_t tmpfs_format(struct tmpfs *tmpfs, struct arena *arena, const struct tmpfs_options *options,
                     struct tmpfs_time now);

/*
 * Finds the file system in an attached arena. References held through the
 * previous owner still count. Returns 0, POSIX_EINVAL (there is none), or
 * POSIX_EIO: the last owner died in the middle of a change, and the tree
 * cannot be trusted.
 */
int32_t tmpfs_attach(struct tmpfs *tmpfs, struct arena *arena);

/* Forgets all references to all nodes, and frees those that have no name. */
void tmpfs_drop_references(struct tmpfs *tmpfs);

/* Never fails. */
void tmpfs_statistics(const struct tmpfs *tmpfs, struct tmpfs_statistics *statistics);

/* Takes `count` more references to a node. POSIX_ESTALE, POSIX_EOVERFLOW. */
int32_t tmpfs_reference(struct tmpfs *tmpfs, uint64_t node, uint64_t count);

/* Gives `count` references back. POSIX_ESTALE; POSIX_EINVAL: there are not as many. */
int32_t tmpfs_forget(struct tmpfs *tmpfs, uint64_t node, uint64_t count);

int32_t tmpfs_get_attributes(const struct tmpfs *tmpfs, uint64_t node, struct tmpfs_attributes *attributes);

/*
 * Changes what `valid` (enum tmpfs_set) names to `values`, and always the ctime; of values->mode only
 * the permission bits count. A size beyond the present one leaves a hole.
 * POSIX_EINVAL: an unknown bit, nanoseconds out of range, or size of what is
 * no regular file; POSIX_EISDIR: size of a directory; POSIX_EFBIG;
 * POSIX_EOPNOTSUPP: flags that there are not, or of what has none. With
 * `result` (may be NULL) the new attributes.
 */
int32_t tmpfs_set_attributes(struct tmpfs *tmpfs, uint64_t node, uint32_t valid,
                             const struct tmpfs_attributes *values, struct tmpfs_time now,
                             struct tmpfs_attributes *result);

/*
 * Finds `name`, also "." and "..", in a directory, and takes a reference to
 * what it names. The root's ".." is the root.
 */
int32_t tmpfs_lookup(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                     struct tmpfs_attributes *attributes);

/*
 * The makers. Each takes a reference to the new node. POSIX_EEXIST: the name is
 * taken (as "." and ".." always are). POSIX_EINVAL: mode bits that are none, or
 * for tmpfs_create a type other than regular file, fifo, socket and device.
 */
int32_t tmpfs_create(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                     const struct tmpfs_creation *creation, struct tmpfs_time now,
                     struct tmpfs_attributes *attributes);

/*
 * A regular file without a name, which tmpfs_link can give it one, with ACLs as
 * if it were in `directory`; `creation->mode` is permission bits only.
 */
int32_t tmpfs_create_unnamed(struct tmpfs *tmpfs, uint64_t directory, const struct tmpfs_creation *creation,
                             struct tmpfs_time now, struct tmpfs_attributes *attributes);

/* POSIX_EMLINK: the directory has TMPFS_LINK_MAX links already. */
int32_t tmpfs_make_directory(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                             const struct tmpfs_creation *creation, struct tmpfs_time now,
                             struct tmpfs_attributes *attributes);

/*
 * The link's mode is 0777 whatever creation->mode says. The target is any 1 to
 * TMPFS_TARGET_MAX bytes without NUL: else POSIX_ENOENT (empty),
 * POSIX_ENAMETOOLONG or POSIX_EINVAL.
 */
int32_t tmpfs_symlink(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                      const char *target, uint32_t target_length, const struct tmpfs_creation *creation,
                      struct tmpfs_time now, struct tmpfs_attributes *attributes);

/*
 * Gives `node` one more name and takes a reference. POSIX_EPERM: it is a
 * directory; POSIX_EMLINK; POSIX_EEXIST; POSIX_ENOENT: it had a name and has none any more.
 */
int32_t tmpfs_link(struct tmpfs *tmpfs, uint64_t node, uint64_t directory, const char *name, uint32_t length,
                   struct tmpfs_time now, struct tmpfs_attributes *attributes);

/* Removes a name. POSIX_EISDIR: it is a directory's. */
int32_t tmpfs_unlink(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                     struct tmpfs_time now);

/*
 * Removes an empty directory. POSIX_ENOTDIR: the name is none's;
 * POSIX_ENOTEMPTY (also for ".."); POSIX_EINVAL: ".".
 */
int32_t tmpfs_remove_directory(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                               struct tmpfs_time now);

/*
 * Renames, replacing what has the new name: only a directory, which must be
 * empty, by a directory (POSIX_EISDIR, POSIX_ENOTDIR, POSIX_ENOTEMPTY). Two
 * names of one node are left as they are. `flags` (enum tmpfs_rename_flag):
 * NOREPLACE: POSIX_EEXIST if the new name is taken; EXCHANGE: swaps what two
 * existing names mean. POSIX_EINVAL: unknown flags or both, or a directory
 * would come to lie in itself; POSIX_EBUSY: "." and ".."; POSIX_EMLINK.
 */
int32_t tmpfs_rename(struct tmpfs *tmpfs, uint64_t directory, const char *name, uint32_t length,
                     uint64_t new_directory, const char *new_name, uint32_t new_length, uint32_t flags,
                     struct tmpfs_time now);

/* Whether a directory is `ancestor` or lies within it. Both are directories that exist. */
bool tmpfs_lies_within(const struct tmpfs *tmpfs, uint64_t directory, uint64_t ancestor);

/*
 * Hands entries to `emit`, beginning after the one whose cookie is `cookie`
 * (0: at the start; "." and ".." come first with cookies 1 and 2), until there
 * are none or it declines. A cookie stays the same while its entry exists, and
 * new entries come last, so that what is present throughout is seen exactly once.
 */
int32_t tmpfs_readdir(struct tmpfs *tmpfs, uint64_t directory, uint64_t cookie, tmpfs_emit_t emit,
                      void *context, struct tmpfs_time now);

/*
 * Copies the first `capacity` bytes of a symbolic link's target and says how
 * many these were. POSIX_EINVAL: the node is no symbolic link.
 */
int32_t tmpfs_readlink(struct tmpfs *tmpfs, uint64_t node, void *buffer, uint32_t capacity, uint32_t *length,
                       struct tmpfs_time now);

/*
 * Reads up to `length` bytes from `offset`; `*done` says how many: fewer only
 * at the end of the file. POSIX_EISDIR, or POSIX_EINVAL: no regular file.
 */
int32_t tmpfs_read(struct tmpfs *tmpfs, uint64_t node, uint64_t offset, void *buffer, uint32_t length,
                   uint32_t *done, struct tmpfs_time now);

/*
 * Writes `length` bytes at `offset`; `*done` says how many were written: fewer
 * where memory, or TMPFS_FILE_SIZE_MAX, did not suffice for all. An error only
 * if none was: POSIX_ENOSPC, POSIX_EFBIG; POSIX_EISDIR, POSIX_EINVAL as above.
 */
int32_t tmpfs_write(struct tmpfs *tmpfs, uint64_t node, uint64_t offset, const void *data, uint32_t length,
                    uint32_t *done, struct tmpfs_time now);

/*
 * Copies `length` bytes from `offset` of one file to `to_offset` of another or
 * the same; `*done` says how many: fewer at the end of the first, and where
 * memory or TMPFS_FILE_SIZE_MAX did not suffice. Where a hole meets a hole it
 * stays one. POSIX_EINVAL: the ranges overlap; else as tmpfs_write.
 */
int32_t tmpfs_copy(struct tmpfs *tmpfs, uint64_t node, uint64_t offset, uint64_t to, uint64_t to_offset,
                   uint32_t length, uint32_t *done, struct tmpfs_time now);

/*
 * Makes pages, zeros or a hole of `length` bytes from `offset` on, or fails and
 * changes nothing: POSIX_EISDIR, POSIX_ENODEV: no regular file; POSIX_EINVAL:
 * no length, or no such mode; POSIX_EFBIG; POSIX_ENOSPC.
 */
int32_t tmpfs_allocate(struct tmpfs *tmpfs, uint64_t node, enum tmpfs_allocate mode, uint64_t offset,
                       uint64_t length, struct tmpfs_time now);

/*
 * Where data begins, or a hole, at or after `offset`; the end of the file is
 * one. POSIX_ENXIO: `offset` is not before the end, or no data follow.
 * POSIX_EISDIR, POSIX_EINVAL: no regular file.
 */
int32_t tmpfs_seek(struct tmpfs *tmpfs, uint64_t node, uint64_t offset, enum tmpfs_seek what,
                   uint64_t *result);

/*
 * Access control lists: what acl_is_valid holds for. One without entries is
 * none, for getting and for setting. An access ACL gives the node its
 * permission bits; one that says no more than these is not kept. Where bits
 * change (tmpfs_set_attributes) the access ACL does, too. What is got is valid
 * until the next change of the file system.
 */
int32_t tmpfs_acl_get(const struct tmpfs *tmpfs, uint64_t node, enum tmpfs_acl kind, struct acl *acl);
int32_t tmpfs_acl_set(struct tmpfs *tmpfs, uint64_t node, enum tmpfs_acl kind, const struct acl *acl,
                      struct tmpfs_time now);

/*
 * Extended attributes. What their names begin with, and who may do what, is the
 * caller's matter; but those of ACLs are only to be listed. POSIX_ERANGE: the name is empty or longer than
 * TMPFS_XATTR_NAME_MAX; POSIX_EINVAL: there is a NUL in it.
 *
 * Of what is read, `*size` says how many bytes there are; with a `capacity` of
 * 0 that is all that happens, with too little POSIX_ERANGE. POSIX_ENODATA:
 * there is none of that name.
 */
int32_t tmpfs_xattr_get(const struct tmpfs *tmpfs, uint64_t node, const char *name, uint32_t length,
                        void *buffer, uint32_t capacity, uint32_t *size);

/* Names that `show` lets through (NULL: all), in their order, each with a NUL behind it. */
int32_t tmpfs_xattr_list(const struct tmpfs *tmpfs, uint64_t node, tmpfs_xattr_show_t show, uint8_t *buffer,
                         uint32_t capacity, uint32_t *size);

/*
 * `flags` is of enum tmpfs_xattr_flag. POSIX_EEXIST: CREATE, and there is one;
 * POSIX_ENODATA: REPLACE, and there is none; POSIX_E2BIG: the value is longer
 * than TMPFS_XATTR_SIZE_MAX; POSIX_EINVAL: unknown flags; POSIX_ENOSPC, also for
 * TMPFS_XATTR_NAMES_MAX.
 */
int32_t tmpfs_xattr_set(struct tmpfs *tmpfs, uint64_t node, const char *name, uint32_t length, uint32_t flags,
                        const void *value, uint32_t size, struct tmpfs_time now);
int32_t tmpfs_xattr_remove(struct tmpfs *tmpfs, uint64_t node, const char *name, uint32_t length,
                           struct tmpfs_time now);

#endif

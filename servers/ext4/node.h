/*
 * What the handlers of the node protocol share. Numbers of nodes are those of
 * inodes, but for the root's.
 *
 *   node_protocol.c  what only reads
 *   node_change.c    attributes and content
 *   node_name.c      making, linking and removing names
 *   node_rename.c    renaming
 *   node_lock.c      locks of files
 *   node_space.c     space of files: allocating, seeking, copying
 *   node_listing.c   directories, with attributes and without
 *   node_xattr.c     extended attributes and ACLs
 *
 * Locks are taken in this order: volume->renaming; directories, one above
 * another first, else by number; other inodes by number. Handles come after that.
 */
#ifndef EXT4_NODE_H
#define EXT4_NODE_H

#include "ext4.h"
#include "inode.h"
#include "session.h"

/* Flags of inodes are ioctl_iflags(2)'s own; only these mean something to clients. */
#define NODE_FLAGS (FS_FLAG_IMMUTABLE | FS_FLAG_APPEND | FS_FLAG_NO_DUMP | FS_FLAG_NO_ATIME)

/* On whose behalf something is done. */
struct caller {
	struct ext4 *ext4;
	struct volume *volume;
	struct session *session;
	const struct identity *who;
};

/* A name in a directory that is held and locked exclusively. */
struct node_name {
	struct inode *directory;
	const char *name;
	uint32_t length;
};

uint64_t node_of(uint32_t inode);

/* POSIX_EINVAL: no such actor; POSIX_ENODEV: nothing is mounted. */
int32_t node_caller_find(const struct request *request, struct caller *caller);

/* As node_caller_find, for what changes something: POSIX_EROFS. */
int32_t node_changer_find(const struct request *request, struct caller *caller);

/* Brings and holds the inode of a node, if the caller may use that number. Suspends. POSIX_ESTALE and inode_get's. */
int32_t node_get(const struct caller *caller, uint64_t node, struct inode **inode);

/*
 * Finds who calls, and brings the inode of node `node`, if he may use that number, its lock held
 * shared, or for node_begin_change exclusively; for node_finish, also after an error (*inode NULL: there was none).
 * Suspends. As node_caller_find or node_changer_find, and node_get.
 */
int32_t node_begin(const struct request *request, uint64_t node, struct caller *caller, struct inode **inode);
int32_t node_begin_change(const struct request *request, uint64_t node, struct caller *caller,
                          struct inode **inode);
void node_finish(const struct caller *caller, struct inode *inode);

/* Brings and holds the inode that an entry of `directory` names. Suspends. */
int32_t node_entry_get(const struct inode *directory, uint32_t number, struct inode **inode);

void node_attributes_fill(struct fs_attributes *to, const struct inode *from);

/* Attributes, and a reference for the session. POSIX_ENOMEM. */
int32_t node_give(const struct caller *caller, const struct inode *inode, struct fs_attributes *to);

/* Deletes inodes without a name that nobody holds a reference to any more. Suspends. */
void node_reap(struct ext4 *ext4);

/* After an inode, whose lock is held exclusively, has lost a name: deletes it where nobody can have it any more. */
void node_reap_one(const struct caller *caller, struct inode *inode);

/*
 * Whether a name may be made in, or taken from, a directory by the caller, who
 * may search it: POSIX_ENOTDIR, POSIX_EACCES, POSIX_EPERM, POSIX_ENOENT: the directory is removed.
 */
int32_t node_directory_check(const struct caller *caller, const struct inode *directory);

/* That it is one component: POSIX_EINVAL; POSIX_ENOENT: it is empty. `.` and `..` are `dots`. */
int32_t node_name_check(const char *name, uint32_t length, int32_t dots);

/* Whether `victim` may lose its name in `directory`: POSIX_EACCES, POSIX_EPERM, POSIX_EOPNOTSUPP. */
int32_t node_remove_check(const struct caller *caller, const struct inode *directory,
                          const struct inode *victim);

/* Links of a directory, as its subdirectories come and go (dir_nlink: 1 means that there are more than can be counted). */
#define NODE_LINKS_MAXIMUM 65000u

int32_t node_links_check(const struct inode *directory);
void node_links_add(struct inode *directory);
void node_links_remove(struct inode *directory);

int32_t node_serve_set_attributes(struct request *request,
                                  const struct fs_set_attributes_arguments *arguments);
int32_t node_serve_write(struct request *request, const struct fs_write_arguments *arguments,
                         struct fs_write_results *results);
int32_t node_serve_allocate(struct request *request, const struct fs_allocate_arguments *arguments);
int32_t node_serve_seek(struct request *request, const struct fs_seek_arguments *arguments,
                        struct fs_seek_results *results);
int32_t node_serve_copy_range(struct request *request, const struct fs_copy_range_arguments *arguments,
                              struct fs_copy_range_results *results);
int32_t node_serve_readdir(struct request *request, const struct fs_readdir_arguments *arguments,
                           struct fs_readdir_results *results);
int32_t node_serve_readdir_attributes(struct request *request,
                                      const struct fs_readdir_attributes_arguments *arguments,
                                      struct fs_readdir_attributes_results *results);
int32_t node_serve_create(struct request *request, const struct fs_create_arguments *arguments);
int32_t node_serve_create_unnamed(struct request *request,
                                  const struct fs_create_unnamed_arguments *arguments);
int32_t node_serve_make_directory(struct request *request,
                                  const struct fs_make_directory_arguments *arguments);
int32_t node_serve_symlink(struct request *request, const struct fs_symlink_arguments *arguments);
int32_t node_serve_link(struct request *request, const struct fs_link_arguments *arguments);
int32_t node_serve_unlink(struct request *request, const struct fs_unlink_arguments *arguments);
int32_t node_serve_remove_directory(struct request *request,
                                    const struct fs_remove_directory_arguments *arguments);
int32_t node_serve_test_lock(struct request *request, const struct fs_test_lock_arguments *arguments,
                             struct fs_test_lock_results *results);
int32_t node_serve_set_lock(struct request *request, const struct fs_set_lock_arguments *arguments);
int32_t node_serve_get_xattr(struct request *request, const struct fs_get_xattr_arguments *arguments,
                             struct fs_get_xattr_results *results);
int32_t node_serve_set_xattr(struct request *request, const struct fs_set_xattr_arguments *arguments);
int32_t node_serve_list_xattrs(struct request *request, const struct fs_list_xattrs_arguments *arguments,
                               struct fs_list_xattrs_results *results);
int32_t node_serve_remove_xattr(struct request *request, const struct fs_remove_xattr_arguments *arguments);
int32_t node_serve_rename(struct request *request, const struct fs_rename_arguments *arguments);

#endif

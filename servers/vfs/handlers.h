/* The handlers of the two protocols, for service_add and for tests that call them. */
#ifndef VFS_HANDLERS_H
#define VFS_HANDLERS_H

#include <drydock/proto/fs.h>
#include <drydock/proto/vfs.h>

extern const struct fs_operations node_handlers;
extern const struct vfs_operations path_handlers;

struct caller;
struct tmpfs_attributes;

/* node_protocol.c: finds who calls, and whether he may use the number `node` (POSIX_ESTALE). */
int32_t node_begin(const struct request *request, uint64_t node, struct caller *caller);

/* node_protocol.c: for the wire. */
void node_attributes_fill(struct fs_attributes *to, const struct tmpfs_attributes *from);

/* node_directory.c: those of node_handlers for directories with attributes and unnamed files. */
int32_t node_serve_readdir_attributes(struct request *request,
                                      const struct fs_readdir_attributes_arguments *arguments,
                                      struct fs_readdir_attributes_results *results);
int32_t node_serve_create_unnamed(struct request *request,
                                  const struct fs_create_unnamed_arguments *arguments);

/* node_space.c: those of node_handlers that work on a file's space. */
int32_t node_serve_allocate(struct request *request, const struct fs_allocate_arguments *arguments);
int32_t node_serve_seek(struct request *request, const struct fs_seek_arguments *arguments,
                        struct fs_seek_results *results);
int32_t node_serve_copy_range(struct request *request, const struct fs_copy_range_arguments *arguments,
                              struct fs_copy_range_results *results);

/* node_xattr.c: those for extended attributes. */
int32_t node_serve_get_xattr(struct request *request, const struct fs_get_xattr_arguments *arguments,
                             struct fs_get_xattr_results *results);
int32_t node_serve_set_xattr(struct request *request, const struct fs_set_xattr_arguments *arguments);
int32_t node_serve_list_xattrs(struct request *request, const struct fs_list_xattrs_arguments *arguments,
                               struct fs_list_xattrs_results *results);
int32_t node_serve_remove_xattr(struct request *request, const struct fs_remove_xattr_arguments *arguments);

/* node_lock.c: those for locks, of both protocols. */
int32_t node_serve_test_lock(struct request *request, const struct fs_test_lock_arguments *arguments,
                             struct fs_test_lock_results *results);
int32_t node_serve_set_lock(struct request *request, const struct fs_set_lock_arguments *arguments);
int32_t path_test_lock(struct request *request, const struct vfs_test_lock_arguments *arguments,
                       struct vfs_test_lock_results *results);
int32_t path_set_lock(struct request *request, const struct vfs_set_lock_arguments *arguments);

/* path_files.c: those of path_handlers that work on open files. */
int32_t path_open(struct request *request, const struct vfs_open_arguments *arguments,
                  struct vfs_open_results *results);
int32_t path_close(struct request *request, const struct vfs_close_arguments *arguments);
int32_t path_read(struct request *request, const struct vfs_read_arguments *arguments,
                  struct vfs_read_results *results);
int32_t path_write(struct request *request, const struct vfs_write_arguments *arguments,
                   struct vfs_write_results *results);
int32_t path_seek(struct request *request, const struct vfs_seek_arguments *arguments,
                  struct vfs_seek_results *results);
int32_t path_readdir(struct request *request, const struct vfs_readdir_arguments *arguments,
                     struct vfs_readdir_results *results);
int32_t path_stat_file(struct request *request, const struct vfs_stat_file_arguments *arguments);
int32_t path_allocate(struct request *request, const struct vfs_allocate_arguments *arguments);
int32_t path_copy_range(struct request *request, const struct vfs_copy_range_arguments *arguments,
                        struct vfs_copy_range_results *results);
int32_t path_sync(struct request *request, const struct vfs_sync_arguments *arguments);
int32_t path_hand_over(struct request *request, const struct vfs_hand_over_arguments *arguments,
                       struct vfs_hand_over_results *results);

/*
 * node_lock.c: the file is about to be closed; with it go its locks, and the
 * session's on the same file. Suspends in a mounted file system.
 */
struct open_file;
void node_lock_closed(const struct caller *caller, const struct open_file *file);

/* node_lock.c: the session ends, and with it all its locks; its files are still open. */
struct session;
void node_locks_end(struct session *session);

/* path_files.c: finds who calls and the open file, opened with any of `flags` (0: anyhow). POSIX_EBADF. */
int32_t path_begin(const struct request *request, uint32_t number, uint32_t flags, struct caller *caller,
                   struct open_file **file);

/* path_attributes.c: those for attributes of all kinds. */
int32_t path_chmod(struct request *request, const struct vfs_chmod_arguments *arguments);
int32_t path_chown(struct request *request, const struct vfs_chown_arguments *arguments);
int32_t path_truncate(struct request *request, const struct vfs_truncate_arguments *arguments);
int32_t path_set_times(struct request *request, const struct vfs_set_times_arguments *arguments);
int32_t path_chmod_file(struct request *request, const struct vfs_chmod_file_arguments *arguments);
int32_t path_chown_file(struct request *request, const struct vfs_chown_file_arguments *arguments);
int32_t path_truncate_file(struct request *request, const struct vfs_truncate_file_arguments *arguments);
int32_t path_set_times_file(struct request *request, const struct vfs_set_times_file_arguments *arguments);
int32_t path_set_flags(struct request *request, const struct vfs_set_flags_arguments *arguments);
int32_t path_get_xattr(struct request *request, const struct vfs_get_xattr_arguments *arguments,
                       struct vfs_get_xattr_results *results);
int32_t path_set_xattr(struct request *request, const struct vfs_set_xattr_arguments *arguments);
int32_t path_list_xattrs(struct request *request, const struct vfs_list_xattrs_arguments *arguments,
                         struct vfs_list_xattrs_results *results);
int32_t path_remove_xattr(struct request *request, const struct vfs_remove_xattr_arguments *arguments);

/* path_protocol.c */
void path_status_fill(struct vfs_status *status, const struct tmpfs_attributes *attributes);

#endif

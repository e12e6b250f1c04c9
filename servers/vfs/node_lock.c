/*
 * Locks of files (drydock/locks.h): the handlers of both protocols. Who locks by
 * nodes names the owners himself; by the path protocol they are the session and
 * the open files, which have a number each in all of vfs.
 */
#include <drydock/posix.h>

#include "handlers.h"
#include "node.h"
#include "permission.h"
#include "remote.h"
#include "session.h"

_Static_assert(VFS_LOCK_NONE == FS_LOCK_NONE && VFS_LOCK_READ == FS_LOCK_READ &&
                       VFS_LOCK_WRITE == FS_LOCK_WRITE && VFS_LOCK_FLOCK == FS_LOCK_FLOCK &&
                       VFS_LOCK_WAIT == FS_LOCK_WAIT && VFS_LOCK_END == FS_LOCK_END &&
                       VFS_LOCK_PROCESS_SYSTEM == FS_LOCK_PROCESS_SYSTEM,
               "locks are handed on as they are");

/* ---- by nodes -------------------------------------------------------------------- */

/* Who locks could have opened the file for it. */
static int32_t check_lock(const struct caller *caller, uint64_t node, uint32_t type, uint32_t flags)
{
	int32_t error;

	if (!(flags & FS_LOCK_FLOCK))
		return node_check(caller, node, type == FS_LOCK_WRITE ? ACCESS_WRITE : ACCESS_READ);
	error = node_check(caller, node, ACCESS_READ);
	return error == POSIX_EACCES ? node_check(caller, node, ACCESS_WRITE) : error;
}

int32_t node_serve_test_lock(struct request *request, const struct fs_test_lock_arguments *arguments,
                             struct fs_test_lock_results *results)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error)
		error = check_lock(&caller, arguments->node, arguments->type, arguments->flags);
	return error ? error
	             : locks_test(&(struct lock_wish){.session = &caller.session->locks,
	                                              .node = arguments->node,
	                                              .owner = arguments->owner,
	                                              .start = arguments->start,
	                                              .end = arguments->end,
	                                              .type = arguments->type,
	                                              .flags = arguments->flags},
	                          results);
}

int32_t node_serve_set_lock(struct request *request, const struct fs_set_lock_arguments *arguments)
{
	bool gives_back = arguments->type == FS_LOCK_NONE;
	struct caller caller;
	int32_t error =
		gives_back ? caller_find(request, &caller) : node_begin(request, arguments->node, &caller);

	if (!error && !gives_back)
		error = check_lock(&caller, arguments->node, arguments->type, arguments->flags);
	return error ? error
	             : locks_set(&(struct lock_wish){.session = &caller.session->locks,
	                                             .node = arguments->node,
	                                             .owner = arguments->owner,
	                                             .start = arguments->start,
	                                             .end = arguments->end,
	                                             .type = arguments->type,
	                                             .flags = arguments->flags,
	                                             .process = arguments->process},
	                         request);
}

/* ---- by open files ----------------------------------------------------------------- */

/* Finds who calls and the file, and fills in the wish.*/
static int32_t begin(const struct request *request, uint32_t number, struct lock_wish *wish,
                     struct caller *caller, struct open_file **file)
{
	static const uint32_t opened[] = {
		[VFS_LOCK_NONE] = VFS_OPEN_READ | VFS_OPEN_WRITE,
		[VFS_LOCK_READ] = VFS_OPEN_READ,
		[VFS_LOCK_WRITE] = VFS_OPEN_WRITE,
	};
	bool flock = wish->flags & VFS_LOCK_FLOCK;
	int32_t error;

	if (wish->type > VFS_LOCK_WRITE ||
	    wish->flags & ~(uint32_t)(VFS_LOCK_FLOCK | VFS_LOCK_WAIT | VFS_LOCK_OPEN))
		return POSIX_EINVAL;
	error = path_begin(request, number, opened[flock ? VFS_LOCK_NONE : wish->type], caller, file);
	if (error)
		return error;
	if ((*file)->lock_owner == 0)
		(*file)->lock_owner = ++caller->vfs->lock_owners;
	wish->session = &caller->session->locks;
	wish->node = (*file)->node;
	wish->owner = wish->flags & (VFS_LOCK_FLOCK | VFS_LOCK_OPEN) ? (*file)->lock_owner
	                                                             : caller->session->lock_owner;
	wish->flags &= ~(uint32_t)VFS_LOCK_OPEN;
	wish->process = connection_info(request->connection)->peer_number | VFS_LOCK_PROCESS_SYSTEM;
	return 0;
}

int32_t path_test_lock(struct request *request, const struct vfs_test_lock_arguments *arguments,
                       struct vfs_test_lock_results *results)
{
	struct lock_wish wish = {.start = arguments->start,
	                         .end = arguments->end,
	                         .type = arguments->type,
	                         .flags = arguments->flags};
	struct fs_test_lock_results found = {0};
	struct open_file *file;
	struct caller caller;
	int32_t error = begin(request, arguments->file, &wish, &caller, &file);

	if (!error)
		error = node_is_remote(wish.node) ? remote_lock_test(&caller, &wish, &found)
		                                  : locks_test(&wish, &found);
	*results = (struct vfs_test_lock_results){
		.start = found.start, .end = found.end, .type = found.type, .process = found.process};
	return error;
}

int32_t path_set_lock(struct request *request, const struct vfs_set_lock_arguments *arguments)
{
	struct lock_wish wish = {.start = arguments->start,
	                         .end = arguments->end,
	                         .type = arguments->type,
	                         .flags = arguments->flags};
	struct open_file *file;
	struct caller caller;
	int32_t error = begin(request, arguments->file, &wish, &caller, &file);

	if (error)
		return error;
	if (!node_is_remote(wish.node))
		return locks_set(&wish, request);
	caller.session->locks_remote = true;
	return remote_lock_set(&caller, &wish, request);
}

/* ---- closing ------------------------------------------------------------------------ */

static void give_back(const struct caller *caller, const struct lock_wish *wish)
{
	if (!node_is_remote(wish->node))
		locks_set(wish, NULL);
	else if (caller->session->locks_remote)
		remote_lock_give_back(caller, wish);
}

void node_lock_closed(const struct caller *caller, const struct open_file *file)
{
	struct lock_wish wish = {
		.session = &caller->session->locks,
		.node = file->node,
		.owner = caller->session->lock_owner,
		.end = FS_LOCK_END,
	};
	uint64_t own = file->lock_owner;

	give_back(caller, &wish);
	if (own == 0)
		return;
	wish.owner = own;
	wish.flags = FS_LOCK_LEAVE;
	give_back(caller, &wish);
}

void node_locks_end(struct session *session)
{
	const struct open_file *file;

	locks_session_end(&session->locks);
	for (uint32_t number = 0; session->locks_remote && number < OPEN_FILES_PAGES * OPEN_FILES_PAGE;
	     number++) {
		file = open_file_find(&session->files, number);
		if (!file || !node_is_remote(file->node))
			continue;
		remote_lock_depart(session->vfs, file->node, session->lock_owner);
		if (file->lock_owner != 0)
			remote_lock_depart(session->vfs, file->node, file->lock_owner);
	}
}

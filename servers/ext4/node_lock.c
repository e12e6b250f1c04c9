/* Locks of files (drydock/locks.h): the handlers of the node protocol for them. */
#include <drydock/posix.h>

#include "node.h"
#include "permission.h"

static struct lock_wish wish_of(const struct caller *caller, uint64_t node, uint64_t owner, uint64_t start,
                                uint64_t end)
{
	return (struct lock_wish){.session = session_locks(caller->session),
	                          .node = node,
	                          .owner = owner,
	                          .start = start,
	                          .end = end};
}

/* Whether the caller could have opened the file for such a lock. Suspends. */
static int32_t check_lock(const struct caller *caller, uint64_t node, uint32_t type, uint32_t flags)
{
	uint32_t wanted = type == FS_LOCK_WRITE && !(flags & FS_LOCK_FLOCK) ? ACCESS_WRITE : ACCESS_READ;
	struct inode *inode;
	int32_t error = node_get(caller, node, &inode);

	if (!inode)
		return error;
	if (!error && inode->freed)
		error = POSIX_ESTALE;
	if (!error)
		error = permission_check(caller->who, inode, wanted);
	if (error == POSIX_EACCES && flags & FS_LOCK_FLOCK)
		error = permission_check(caller->who, inode, ACCESS_WRITE);
	inode_put(caller->volume, inode);
	return error;
}

int32_t node_serve_test_lock(struct request *request, const struct fs_test_lock_arguments *arguments,
                             struct fs_test_lock_results *results)
{
	struct lock_wish wish;
	struct caller caller;
	int32_t error = node_caller_find(request, &caller);

	if (!error)
		error = check_lock(&caller, arguments->node, arguments->type, arguments->flags);
	if (error)
		return error;
	wish = wish_of(&caller, arguments->node, arguments->owner, arguments->start, arguments->end);
	wish.type = arguments->type;
	wish.flags = arguments->flags;
	return locks_test(&wish, results);
}

int32_t node_serve_set_lock(struct request *request, const struct fs_set_lock_arguments *arguments)
{
	struct lock_wish wish;
	struct caller caller;
	int32_t error = node_caller_find(request, &caller);

	if (!error && arguments->type != FS_LOCK_NONE)
		error = check_lock(&caller, arguments->node, arguments->type, arguments->flags);
	/* Checking suspends, and what was forgotten meanwhile holds no locks. */
	if (!error && arguments->type != FS_LOCK_NONE && arguments->node != FS_ROOT &&
	    !session_holds(caller.session, arguments->node))
		error = POSIX_ESTALE;
	if (error)
		return error;
	wish = wish_of(&caller, arguments->node, arguments->owner, arguments->start, arguments->end);
	wish.type = arguments->type;
	wish.flags = arguments->flags;
	wish.process = arguments->process;
	return locks_set(&wish, request);
}

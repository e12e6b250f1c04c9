/*
 * Requests about extended attributes. A size of 0 asks how many bytes there are
 * (fuse(4), as getxattr(2) has it). A server that has no extended attributes
 * says ENOSYS, and Linux asks it no more and tells programs EOPNOTSUPP.
 */
#include "bridge.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

#include "reply.h"

#define ACL_PREFIX     "system.posix_acl_"
#define ANSWER_MAXIMUM 65536u /* bytes: XATTR_SIZE_MAX and XATTR_LIST_MAX of Linux */

_Static_assert(XATTR_CREATE == FS_XATTR_CREATE && XATTR_REPLACE == FS_XATTR_REPLACE,
               "the flags of setxattr are Linux's");

/* Answers with `size`, which was asked for, or with `length` bytes straight from the lane. */
static void finish_value(struct operation *operation, int32_t status, uint32_t size, uint32_t length)
{
	if (status != 0)
		fuse_reply_err(operation->request, reply_errno(status));
	else if (operation->call.out_length == 0)
		fuse_reply_xattr(operation->request, size);
	else
		fuse_reply_buf(operation->request, (const char *)operation->call.out, length);
}

static void finish_getxattr(struct operation *operation)
{
	struct fs_get_xattr_results results = {0};
	int32_t status = fs_get_xattr_finish(&operation->call, &results, NULL);

	if (operation->node != 0 && status == ENODATA)
		bare_note(operation, operation->node);
	finish_value(operation, status, results.size, results.value_length);
}

/* An error of this kind would be the answer to whoever is to be let through by permissions. */
static void finish_get_acl(struct operation *operation)
{
	if (operation->call.status == EOPNOTSUPP)
		fuse_reply_err(operation->request, ENODATA);
	else
		finish_getxattr(operation);
}

static void finish_listxattr(struct operation *operation)
{
	struct fs_list_xattrs_results results = {0};
	int32_t status = fs_list_xattrs_finish(&operation->call, &results, NULL);

	finish_value(operation, status, results.size, results.names_length);
}

static uint32_t capacity_of(size_t size)
{
	return size < ANSWER_MAXIMUM ? (uint32_t)size : ANSWER_MAXIMUM;
}

void handle_getxattr(fuse_req_t request, fuse_ino_t node, const char *name, size_t size)
{
	struct bridge *bridge = fuse_req_userdata(request);
	bool capabilities = bare_concerns(name);
	struct operation *operation;

	if (capabilities && bare_known(bridge, node)) {
		fuse_reply_err(request, ENODATA);
		return;
	}
	operation = operation_start(request, strncmp(name, ACL_PREFIX, sizeof(ACL_PREFIX) - 1) == 0
	                                             ? finish_get_acl
	                                             : finish_getxattr);
	if (operation == NULL)
		return;
	operation->node = capabilities ? node : 0;
	bare_ask(operation);
	operation_submit(operation,
	                 fs_get_xattr_try_prepare(&operation->call, bridge->client, node, name,
	                                          (uint32_t)strlen(name), capacity_of(size)));
}

void handle_listxattr(fuse_req_t request, fuse_ino_t node, size_t size)
{
	struct operation *operation = operation_start(request, finish_listxattr);

	/* For whoever asks: Linux leaves it to the file system who may see which names. */
	if (operation != NULL)
		operation_submit_owned(operation,
		                       fs_list_xattrs_try_prepare(&operation->call, operation->bridge->client,
		                                                  node, capacity_of(size)));
}

static void finish_setxattr(struct operation *operation)
{
	bare_drop(operation->bridge, operation->node);
	operation_finish_plain(operation);
}

void handle_setxattr(fuse_req_t request, fuse_ino_t node, const char *name, const char *value, size_t size,
                     int flags)
{
	struct operation *operation = operation_start(request, finish_setxattr);

	if (operation == NULL)
		return;
	operation->node = node;
	bare_drop(operation->bridge, node);
	ahead_drop(operation, node);
	operation_submit(operation, fs_set_xattr_try_prepare(&operation->call, operation->bridge->client, node,
	                                                     (uint32_t)flags, name, (uint32_t)strlen(name),
	                                                     value, (uint32_t)size));
}

void handle_removexattr(fuse_req_t request, fuse_ino_t node, const char *name)
{
	struct operation *operation = operation_start(request, operation_finish_plain);

	if (operation == NULL)
		return;
	ahead_drop(operation, node);
	operation_submit(operation, fs_remove_xattr_try_prepare(&operation->call, operation->bridge->client,
	                                                        node, name, (uint32_t)strlen(name)));
}

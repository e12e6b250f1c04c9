/* Requests about names in directories. */
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "reply.h"

static uint32_t length_of(const char *name)
{
	return (uint32_t)strlen(name);
}

/* Answers with a node that the call has taken a reference to. */
static void finish_entry(struct operation *operation, int32_t status, const struct fs_attributes *attributes)
{
	struct bridge *bridge = operation->bridge;
	struct fuse_entry_param entry;

	if (status != 0) {
		fuse_reply_err(operation->request, reply_errno(status));
		return;
	}
	reply_entry(attributes, bridge->options.timeout, &entry);
	/* Whoever asked was killed: the kernel has not taken the reference. */
	if (fuse_reply_entry(operation->request, &entry) == -ENOENT)
		forget_add(bridge, attributes->node, 1);
}

static void finish_lookup(struct operation *operation)
{
	struct fs_attributes attributes;
	int32_t status = fs_lookup_finish(&operation->call, &attributes);

	if (status == ENOENT) {
		/* Node 0: the kernel may remember that there is none. */
		const struct fuse_entry_param none = {.entry_timeout = operation->bridge->options.timeout};

		fuse_reply_entry(operation->request, &none);
		return;
	}
	finish_entry(operation, status, &attributes);
}

void handle_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct operation *operation = operation_start(request, finish_lookup);

	if (operation != NULL)
		operation_submit(operation, fs_lookup_try_prepare(&operation->call, operation->bridge->client,
		                                                  parent, name, length_of(name)));
}

/* A name in `directory` changes. Where Linux checks permissions it will ask for the directory's attributes. */
static void name_changes(struct operation *operation, fuse_ino_t directory)
{
	if (operation->bridge->options.kernel_checks)
		ahead_ask(operation, directory);
}

/* ---- making ---------------------------------------------------------------- */

static void finish_mknod(struct operation *operation)
{
	struct fs_attributes attributes;
	int32_t status = fs_create_finish(&operation->call, &attributes);

	if (status == 0)
		bare_note(operation, attributes.node);
	/*
	 * Somebody made the file since Linux looked. ESTALE makes it look again,
	 * and open what is there unless O_EXCL forbids.
	 */
	finish_entry(operation, status == EEXIST ? ESTALE : status, &attributes);
}

/*
 * Files are made here, too: there is no `create`, which would do no more than
 * mknod where opening is nothing to us, and Linux would send a release for
 * each file so made.
 */

void handle_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	struct operation *operation = operation_start(request, finish_mknod);

	if (operation == NULL)
		return;
	bare_ask(operation);
	if (operation_submit_owned(operation,
	                           fs_create_try_prepare(&operation->call, operation->bridge->client, parent,
	                                                 mode, fuse_req_ctx(request)->umask,
	                                                 (uint32_t)device, name, length_of(name))))
		name_changes(operation, parent);
}

static void finish_mkdir(struct operation *operation)
{
	struct fs_attributes attributes;

	finish_entry(operation, fs_make_directory_finish(&operation->call, &attributes), &attributes);
}

void handle_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct operation *operation = operation_start(request, finish_mkdir);

	if (operation != NULL &&
	    operation_submit_owned(operation, fs_make_directory_try_prepare(
						      &operation->call, operation->bridge->client, parent,
						      mode & ~(mode_t)S_IFMT, fuse_req_ctx(request)->umask, name,
						      length_of(name))))
		name_changes(operation, parent);
}

static void finish_symlink(struct operation *operation)
{
	struct fs_attributes attributes;

	finish_entry(operation, fs_symlink_finish(&operation->call, &attributes), &attributes);
}

void handle_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name)
{
	struct operation *operation = operation_start(request, finish_symlink);

	if (operation != NULL &&
	    operation_submit_owned(operation,
	                           fs_symlink_try_prepare(&operation->call, operation->bridge->client, parent,
	                                                  name, length_of(name), target, length_of(target))))
		name_changes(operation, parent);
}

static void finish_link(struct operation *operation)
{
	struct fs_attributes attributes;

	finish_entry(operation, fs_link_finish(&operation->call, &attributes), &attributes);
}

void handle_link(fuse_req_t request, fuse_ino_t node, fuse_ino_t parent, const char *name)
{
	struct operation *operation = operation_start(request, finish_link);

	if (operation == NULL)
		return;
	operation->others = true;
	if (operation_submit(operation, fs_link_try_prepare(&operation->call, operation->bridge->client, node,
	                                                    parent, name, length_of(name))))
		name_changes(operation, parent);
}

/* ---- removing, renaming ------------------------------------------------------- */

void handle_unlink(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct operation *operation = operation_start(request, operation_finish_plain);

	if (operation == NULL)
		return;
	operation->others = true;
	if (operation_submit(operation, fs_unlink_try_prepare(&operation->call, operation->bridge->client,
	                                                      parent, name, length_of(name))))
		name_changes(operation, parent);
}

void handle_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct operation *operation = operation_start(request, operation_finish_plain);

	if (operation != NULL &&
	    operation_submit(operation,
	                     fs_remove_directory_try_prepare(&operation->call, operation->bridge->client,
	                                                     parent, name, length_of(name))))
		name_changes(operation, parent);
}

void handle_rename(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
                   const char *new_name, unsigned int flags)
{
	struct operation *operation;

	_Static_assert(RENAME_NOREPLACE == FS_RENAME_NOREPLACE && RENAME_EXCHANGE == FS_RENAME_EXCHANGE,
	               "the flags of rename are Linux's");
	if ((flags & ~(unsigned int)(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0) {
		fuse_reply_err(request, EINVAL);
		return;
	}
	operation = operation_start(request, operation_finish_plain);
	if (operation == NULL)
		return;
	operation->others = true;
	ahead_drop(operation, parent);
	if (operation_submit(operation,
	                     fs_rename_try_prepare(&operation->call, operation->bridge->client, parent,
	                                           new_parent, flags, name, length_of(name), new_name,
	                                           length_of(new_name))))
		name_changes(operation, new_parent);
}

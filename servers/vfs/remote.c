/* References to nodes of mounted file systems, and how calls are made with them: see remote.h. */
#include "remote.h"

#include <drydock/posix.h>

#include "remote_internal.h"

#define ERRNO_MAXIMUM 4095 /* as Linux has it */

uint64_t remote_handle(const struct remote_node *remote)
{
	return (uint64_t)(uintptr_t)remote << REMOTE_SHIFT;
}

struct remote_node *remote_of(uint64_t node)
{
	return (struct remote_node *)(uintptr_t)(node >> REMOTE_SHIFT);
}

struct mount *remote_mount(uint64_t node)
{
	return node_is_remote(node) ? remote_of(node)->mount : NULL;
}

struct mount *remote_root_of(uint64_t node)
{
	return node_is_remote(node) && remote_of(node)->number == FS_ROOT ? remote_of(node)->mount : NULL;
}

uint64_t remote_number(uint64_t node)
{
	return remote_of(node)->number;
}

/* ---- references --------------------------------------------------------------- */

static void forget_more(struct mount *mount);

static void forgot(struct call *call, void *context)
{
	struct remote_node *remote = context;
	struct mount *mount = remote->mount;

	call_end(call);
	if (remote->ticket != 0) {
		remote->ticket = 0;
		remote->next = mount->forgotten;
		mount->forgotten = remote;
	} else {
		runtime_free(mount->vfs->runtime, remote);
	}
	forget_more(mount);
}

/* Withdraws the ticket, or where there is none gives the reference back. */
static int32_t prepare_forget(struct remote_node *remote)
{
	struct client *client = remote->mount->client;

	return remote->ticket != 0 ? fs_withdraw_ticket_try_prepare(&remote->forget, client, remote->ticket)
	                           : fs_forget_try_prepare(&remote->forget, client, remote->number, 1);
}

/* Tells the server of what is forgotten, as far as there is room; the answers bring it on. */
static void forget_more(struct mount *mount)
{
	struct remote_node *remote;

	while ((remote = mount->forgotten) != NULL) {
		/* With the lane its session ended, and all it held. */
		bool gone = !client_connected(mount->client) ||
		            client_generation(mount->client) != remote->generation;
		int32_t status = gone ? 0 : prepare_forget(remote);

		if (status == -E_WOULD_BLOCK)
			return;
		mount->forgotten = remote->next;
		if (gone || status != 0)
			runtime_free(mount->vfs->runtime, remote);
		else
			call_submit(&remote->forget, forgot, remote);
	}
}

void remote_reference(uint64_t node)
{
	remote_of(node)->references++;
}

void remote_forget(uint64_t node)
{
	struct remote_node *remote = remote_of(node);
	struct mount *mount = remote->mount;

	if (--remote->references > 0)
		return;
	if (!remote->held) {
		runtime_free(mount->vfs->runtime, remote);
		return;
	}
	remote->next = mount->forgotten;
	mount->forgotten = remote;
	forget_more(mount);
}

struct remote_node *remote_make(struct mount *mount, uint64_t number)
{
	struct remote_node *remote = runtime_allocate(mount->vfs->runtime, sizeof(*remote));

	if (!remote)
		return NULL;
	remote->mount = mount;
	remote->generation = mount->generation;
	remote->number = number;
	remote->references = 1;
	return remote;
}

/* ---- calls ---------------------------------------------------------------------- */

int32_t operation_begin(const struct caller *caller, uint64_t node, unsigned kind,
                        struct operation *operation)
{
	struct remote_node *remote = remote_of(node);
	int32_t error = 0;

	*operation = (struct operation){.mount = remote->mount, .node = node, .number = remote->number};
	if (kind & CHANGES && remote->mount->read_only)
		return POSIX_EROFS;
	remote_reference(node);
	if (!mount_ready(remote->mount))
		error = POSIX_EIO;
	else if (remote->generation != remote->mount->generation)
		error = POSIX_ESTALE;
	operation->client = remote->mount->client;
	operation->generation = remote->generation;
	if (!error)
		error = mount_actor(remote->mount, caller->who, kind & OPENED ? IDENTITY_CHECKED : 0,
		                    &operation->actor);
	if (error)
		remote_forget(node);
	return error;
}

int32_t operation_begin_finding(const struct caller *caller, uint64_t node, unsigned kind,
                                struct operation *operation)
{
	int32_t error = operation_begin(caller, node, kind, operation);

	if (error)
		return error;
	operation->made = remote_make(operation->mount, 0);
	if (operation->made)
		return 0;
	remote_forget(node);
	return POSIX_ENOMEM;
}

/* Preparing may have suspended, too, and on a lane made anew meanwhile node and actor say nothing. */
int32_t operation_ready(struct operation *operation, int32_t prepared)
{
	if (prepared)
		return prepared;
	if (!client_connected(operation->client) ||
	    client_generation(operation->client) != operation->generation) {
		call_end(&operation->call);
		return -E_PEER_DEAD;
	}
	call_set_actor(&operation->call, operation->actor);
	return 0;
}

int32_t operation_run(struct operation *operation, int32_t prepared)
{
	int32_t status = operation_ready(operation, prepared);

	if (!status)
		call_run(&operation->call);
	return status;
}

int32_t operation_end(struct operation *operation, int32_t status)
{
	runtime_free(operation->mount->vfs->runtime, operation->made);
	remote_forget(operation->node);
	return status < 0 || status > ERRNO_MAXIMUM ? POSIX_EIO : status;
}

void remote_attributes_take(struct tmpfs_attributes *to, const struct fs_attributes *from)
{
	*to = (struct tmpfs_attributes){
		.node = from->node,
		.size = from->size,
		.blocks = from->blocks,
		.atime = {from->atime, from->atime_ns},
		.mtime = {from->mtime, from->mtime_ns},
		.ctime = {from->ctime, from->ctime_ns},
		.birth = {from->birth, from->birth_ns},
		.mode = from->mode,
		.links = from->links,
		.uid = from->uid,
		.gid = from->gid,
		.device = from->device,
		.flags = from->flags,
	};
}

int32_t operation_end_finding(struct operation *operation, int32_t status, const struct fs_attributes *found,
                              struct tmpfs_attributes *attributes)
{
	struct remote_node *made = operation->made;

	if (status != 0)
		return operation_end(operation, status);
	operation->made = NULL;
	made->generation = operation->generation;
	made->number = found->node;
	made->held = true;
	remote_attributes_take(attributes, found);
	attributes->node = remote_handle(made);
	return operation_end(operation, 0);
}

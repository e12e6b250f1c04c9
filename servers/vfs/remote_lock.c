/*
 * Locks of files of mounted file systems: see remote.h. To the server all are of
 * one session, vfs's; the owners, who have a number each in all of vfs, tell whose they are.
 */
#include <drydock/posix.h>

#include "permission.h"
#include "remote_internal.h"

/* Calls of a mount that may wait for locks: those who are to give back need some of the lane. */
#define WAITING_MAXIMUM 32u

/* A lock that was asked for; with its answer the request is replied to. */
struct remote_lock {
	struct operation operation;
	struct request *request;
	bool waits;
};

int32_t remote_lock_test(const struct caller *caller, const struct lock_wish *wish,
                         struct fs_test_lock_results *found)
{
	struct operation operation;
	int32_t status = operation_begin(caller, wish->node, OPENED, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_test_lock_prepare(&operation.call, operation.client,
	                                                        operation.number, wish->owner, wish->start,
	                                                        wish->end, wish->type, wish->flags));
	if (!status) {
		status = fs_test_lock_finish(&operation.call, found);
		call_end(&operation.call);
	}
	return operation_end(&operation, status);
}

static int32_t prepare(struct operation *operation, const struct lock_wish *wish)
{
	return fs_set_lock_prepare(&operation->call, operation->client, operation->number, wish->owner,
	                           wish->start, wish->end, wish->type, wish->flags, wish->process);
}

static void answered(struct call *call, void *context)
{
	struct remote_lock *lock = context;
	struct mount *mount = lock->operation.mount;
	int32_t status = fs_set_lock_finish(call);

	call_end(call);
	mount->waiting -= lock->waits;
	request_reply(lock->request, operation_end(&lock->operation, status), 0, NULL);
	runtime_free(mount->vfs->runtime, lock);
}

/* The answer follows. */
static void cancelled(struct request *request)
{
	struct remote_lock *lock = request->context;

	call_cancel(&lock->operation.call);
}

static int32_t submit(struct remote_lock *lock, const struct lock_wish *wish, struct request *request)
{
	int32_t status = operation_ready(&lock->operation, prepare(&lock->operation, wish));

	if (status)
		return status;
	/* The cancel came while this was prepared: there will be no other. */
	if (request->cancelled) {
		call_end(&lock->operation.call);
		return POSIX_ECANCELED;
	}
	lock->request = request;
	lock->waits = wish->flags & FS_LOCK_WAIT;
	lock->operation.mount->waiting += lock->waits;
	request->context = lock;
	request->on_cancel = cancelled;
	call_submit(&lock->operation.call, answered, lock);
	return REQUEST_DETACHED;
}

int32_t remote_lock_set(const struct caller *caller, const struct lock_wish *wish, struct request *request)
{
	struct runtime *runtime = caller->vfs->runtime;
	struct remote_lock *lock;
	int32_t status;

	if (wish->flags & FS_LOCK_WAIT && remote_mount(wish->node)->waiting >= WAITING_MAXIMUM)
		return POSIX_ENOLCK;
	lock = runtime_allocate(runtime, sizeof(*lock));
	if (!lock)
		return POSIX_ENOLCK;
	status = operation_begin(caller, wish->node, OPENED, &lock->operation);
	if (!status) {
		status = submit(lock, wish, request);
		if (status == REQUEST_DETACHED)
			return status;
		status = operation_end(&lock->operation, status);
	}
	runtime_free(runtime, lock);
	return status;
}

void remote_lock_give_back(const struct caller *caller, const struct lock_wish *wish)
{
	struct operation operation;

	/* Where the server cannot be asked there are no locks any more. */
	if (operation_begin(caller, wish->node, OPENED, &operation) != 0)
		return;
	if (operation_run(&operation, prepare(&operation, wish)) == 0)
		call_end(&operation.call);
	operation_end(&operation, 0);
}

/* What is given back for a client that is gone. */
struct departure {
	struct vfs *vfs;
	struct lock_wish wish;
};

static void depart(void *argument)
{
	static const struct identity nobody = {.flags = IDENTITY_CHECKED};
	struct departure *departure = argument;
	struct vfs *vfs = departure->vfs;
	const struct caller caller = {.vfs = vfs, .who = &nobody};

	remote_lock_give_back(&caller, &departure->wish);
	remote_forget(departure->wish.node);
	runtime_free(vfs->runtime, departure);
}

void remote_lock_depart(struct vfs *vfs, uint64_t node, uint64_t owner)
{
	struct departure *departure = runtime_allocate(vfs->runtime, sizeof(*departure));

	if (departure) {
		departure->vfs = vfs;
		departure->wish = (struct lock_wish){.node = node, .owner = owner, .flags = FS_LOCK_LEAVE};
		remote_reference(node);
		if (fiber_start(vfs->runtime, depart, departure) == E_OK)
			return;
		remote_forget(node);
		runtime_free(vfs->runtime, departure);
	}
	log_print(vfs->runtime, LOG_ERROR, "no memory to give back a lock of a file of %s",
	          remote_mount(node)->service);
}

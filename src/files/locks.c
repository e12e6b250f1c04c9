/* Locks of files: see drydock/files.h. */
#include "internal.h"

/* The last byte of `length` from `start` on, or what is wrong with them, as with fcntl(2). */
static int32_t last_byte(uint64_t start, uint64_t length, uint64_t *end)
{
	if (start > VFS_LOCK_END)
		return POSIX_EINVAL;
	if (length > 0 && length - 1 > VFS_LOCK_END - start)
		return POSIX_EOVERFLOW;
	*end = length == 0 ? VFS_LOCK_END : start + length - 1;
	return 0;
}

int32_t files_lock_test(const struct file *file, uint32_t flags, struct files_lock *lock)
{
	struct vfs_test_lock_results found = {0};
	struct call call;
	uint64_t end;
	int32_t status = last_byte(lock->start, lock->length, &end);

	if (!status)
		status = file_call_run(file, &call,
		                       vfs_test_lock_prepare(&call, file->client, file->number, flags,
		                                             lock->type, lock->start, end));
	if (!status) {
		status = vfs_test_lock_finish(&call, &found);
		call_end(&call);
	}
	if (status)
		return status;
	lock->type = found.type;
	if (found.type == VFS_LOCK_NONE)
		return 0;
	lock->start = found.start;
	lock->length = found.end == VFS_LOCK_END ? 0 : found.end - found.start + 1;
	lock->process = found.process;
	return 0;
}

/* A lock that is waited for, and for how long. */
struct wait {
	struct timer timer;
	struct call call;
	bool given_up;
};

static void give_up(struct timer *timer, void *context)
{
	struct wait *wait = context;

	(void)timer;
	wait->given_up = true;
	call_cancel(&wait->call);
}

/*
 * Not abandoned at the deadline, but cancelled and waited for: who may have got
 * the lock at that moment has to know whether he has.
 */
static int32_t run_until(struct wait *wait, const struct file *file, uint64_t deadline)
{
	struct runtime *runtime = client_runtime(file->client);
	int32_t status;

	call_submit(&wait->call, NULL, NULL);
	if (deadline != DEADLINE_NEVER) {
		wait->timer.fire = give_up;
		wait->timer.context = wait;
		timer_set(runtime, &wait->timer, deadline);
	}
	call_wait(&wait->call, DEADLINE_NEVER);
	if (deadline != DEADLINE_NEVER && !wait->given_up)
		timer_cancel(runtime, &wait->timer);
	status = vfs_set_lock_finish(&wait->call);
	return status == POSIX_ECANCELED && wait->given_up ? POSIX_ETIMEDOUT : status;
}

int32_t files_lock(const struct file *file, uint32_t flags, uint32_t type, uint64_t start, uint64_t length,
                   uint64_t deadline)
{
	struct wait wait = {.given_up = false};
	uint64_t end;
	int32_t status = last_byte(start, length, &end);

	if (status)
		return status;
	status = vfs_set_lock_prepare(&wait.call, file->client, file->number,
	                              deadline == 0 ? flags : flags | VFS_LOCK_WAIT, type, start, end);
	if (!status && client_generation(file->client) != file->generation) {
		call_end(&wait.call);
		return POSIX_ESTALE;
	}
	if (status)
		return status;
	status = run_until(&wait, file, deadline == 0 ? DEADLINE_NEVER : deadline);
	call_end(&wait.call);
	return status;
}

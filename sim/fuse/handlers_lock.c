/*
 * Locks, where they are shared with programs on the system (`-o shared_locks`); else
 * Linux keeps them by itself. Linux counts no locks that are kept elsewhere, so
 * that it says when files are closed: the process's go with FLUSH, the open file's
 * with RELEASE, which it sends for files only that were opened here.
 *
 * RELEASE names the owner for locks of flock(2) alone, those of F_OFD_SETLK having
 * been forgotten there. So who has locked by which open file is kept here; whoever is
 * left of them when it is released is the file itself, since processes went with FLUSH.
 */
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

#include "reply.h"

/* More of the lane is not for who waits: those who are to give back need some of it. */
#define WAITING_MAXIMUM (BRIDGE_DEPTH / 2)

static uint32_t type_of(short type)
{
	return type == F_WRLCK ? FS_LOCK_WRITE : type == F_RDLCK ? FS_LOCK_READ : FS_LOCK_NONE;
}

static uint64_t end_of(const struct flock *lock)
{
	return lock->l_len == 0 ? FS_LOCK_END : (uint64_t)lock->l_start + (uint64_t)lock->l_len - 1;
}

/* ---- who has locked by which file ----------------------------------------------------- */

/* Where that is noted, or the place after the last. */
static size_t locker_find(const struct lockers *lockers, uint64_t file, uint64_t owner)
{
	size_t at = 0;

	while (at < lockers->count && (lockers->list[at].file != file || lockers->list[at].owner != owner))
		at++;
	return at;
}

static bool locker_add(struct lockers *lockers, uint64_t file, uint64_t owner)
{
	size_t at = locker_find(lockers, file, owner);

	if (at < lockers->count)
		return true;
	if (lockers->count == lockers->room) {
		size_t room = lockers->room ? 2 * lockers->room : 64;
		struct locker *list = reallocarray(lockers->list, room, sizeof(*list));

		if (list == NULL)
			return false;
		lockers->list = list;
		lockers->room = room;
	}
	lockers->list[lockers->count++] = (struct locker){file, owner};
	return true;
}

static void locker_remove(struct lockers *lockers, size_t at)
{
	if (at < lockers->count)
		lockers->list[at] = lockers->list[--lockers->count];
}

/* Who is left of a file's, or the place after the last. */
static size_t locker_left(const struct lockers *lockers, uint64_t file)
{
	size_t at = 0;

	while (at < lockers->count && lockers->list[at].file != file)
		at++;
	return at;
}

/* ---- asking --------------------------------------------------------------------- */

static void finish_test(struct operation *operation)
{
	struct fs_test_lock_results found;
	struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	int32_t status = fs_test_lock_finish(&operation->call, &found);

	if (status != 0) {
		fuse_reply_err(operation->request, reply_errno(status));
		return;
	}
	if (found.type != FS_LOCK_NONE) {
		lock.l_type = found.type == FS_LOCK_WRITE ? F_WRLCK : F_RDLCK;
		lock.l_start = (off_t)found.start;
		lock.l_len = found.end >= FS_LOCK_END ? 0 : (off_t)(found.end - found.start + 1);
		/* Linux knows none of the system's processes by their numbers there. */
		lock.l_pid = found.process & FS_LOCK_PROCESS_SYSTEM ? 0 : (pid_t)found.process;
	}
	fuse_reply_lock(operation->request, &lock);
}

void handle_getlk(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file, struct flock *lock)
{
	struct operation *operation = operation_start(request, finish_test);

	if (operation != NULL)
		operation_submit(operation,
		                 fs_test_lock_try_prepare(&operation->call, operation->bridge->client, node,
		                                          file->lock_owner, (uint64_t)lock->l_start,
		                                          end_of(lock), type_of(lock->l_type), 0));
}

/* ---- locking ---------------------------------------------------------------------- */

static void finish_wait(struct operation *operation)
{
	operation->bridge->waiting--;
	operation_finish_plain(operation);
}

static void set_lock(fuse_req_t request, fuse_ino_t node, uint64_t owner, const struct flock *lock,
                     uint32_t flags)
{
	struct bridge *bridge = fuse_req_userdata(request);
	bool waits = flags & FS_LOCK_WAIT;
	struct operation *operation;

	if (waits && bridge->waiting == WAITING_MAXIMUM) {
		fuse_reply_err(request, ENOLCK);
		return;
	}
	operation = operation_start(request, waits ? finish_wait : operation_finish_plain);
	if (operation == NULL)
		return;
	bridge->waiting += waits;
	if (!operation_submit(operation,
	                      fs_set_lock_try_prepare(&operation->call, bridge->client, node, owner,
	                                              (uint64_t)lock->l_start, end_of(lock),
	                                              type_of(lock->l_type), flags, (uint32_t)lock->l_pid)))
		bridge->waiting -= waits;
}

void handle_setlk(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file, struct flock *lock,
                  int sleep)
{
	struct bridge *bridge = fuse_req_userdata(request);

	if (lock->l_type != F_UNLCK && !locker_add(&bridge->lockers, file->fh, file->lock_owner))
		fuse_reply_err(request, ENOLCK);
	else
		set_lock(request, node, file->lock_owner, lock, sleep ? FS_LOCK_WAIT : 0);
}

void handle_flock(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file, int operation)
{
	const struct flock lock = {.l_type = operation & LOCK_EX   ? F_WRLCK
	                                     : operation & LOCK_SH ? F_RDLCK
	                                                           : F_UNLCK,
	                           .l_pid = fuse_req_ctx(request)->pid};

	set_lock(request, node, file->lock_owner, &lock,
	         FS_LOCK_FLOCK | (operation & LOCK_NB ? 0 : FS_LOCK_WAIT));
}

/* ---- opening and closing -------------------------------------------------------------- */

/*
 * Files have no state at the vfs. ENOSYS makes the kernel open and close them by
 * itself from then on; but with their locks here it is to say when one is closed.
 */
void handle_open(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file)
{
	struct bridge *bridge = fuse_req_userdata(request);

	(void)node;
	if (!bridge->options.shared_locks) {
		fuse_reply_err(request, ENOSYS);
		return;
	}
	file->fh = ++bridge->opened;
	file->keep_cache = 1;
	fuse_reply_open(request, file);
}

static const struct flock everything = {.l_type = F_UNLCK};

void handle_flush(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file)
{
	struct bridge *bridge = fuse_req_userdata(request);

	if (!bridge->options.shared_locks) {
		fuse_reply_err(request, ENOSYS);
		return;
	}
	locker_remove(&bridge->lockers, locker_find(&bridge->lockers, file->fh, file->lock_owner));
	set_lock(request, node, file->lock_owner, &everything, 0);
}

void handle_release(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file)
{
	struct bridge *bridge = fuse_req_userdata(request);
	size_t left = locker_left(&bridge->lockers, file->fh);
	bool any = left < bridge->lockers.count;

	if (!any && !file->flock_release) {
		fuse_reply_err(request, 0);
		return;
	}
	set_lock(request, node, any ? bridge->lockers.list[left].owner : file->lock_owner, &everything,
	         FS_LOCK_LEAVE);
	if (!bridge->park) /* else it comes once more */
		locker_remove(&bridge->lockers, left);
}

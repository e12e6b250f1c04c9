/* Locks of files, by both protocols (src/user/locks.c, servers/vfs/node_lock.c). */
#include "vfs_harness.h"

#include <stdio.h>
#include <sys/stat.h>

#include <drydock/locks.h>

#define BYTES  48u
#define OWNERS 4u
#define ROUNDS 20000u

#define MANY 32u

#define FILES 128u

static struct harness *harness;
static struct client *one, *two;
static uint64_t node, other;

/* Calls that wait, by a number of the test's. */
static struct call calls[MANY];
static struct served *served[MANY];

static uint64_t make(const char *name, uint32_t mode)
{
	struct fs_attributes made;

	ck_assert_int_eq(fs_create(one, FS_ROOT, S_IFREG | mode, 0, 0, name, (uint32_t)strlen(name), &made),
	                 0);
	ck_assert_int_eq(fs_lookup(two, FS_ROOT, name, (uint32_t)strlen(name), &made), 0);
	return made.node;
}

static void begin(void)
{
	harness = harness_begin("mode=777 uid=0 gid=0 size=1M");
	one = harness_connect(harness, &fs_protocol, IDENTITY(5, 5));
	two = harness_connect(harness, &fs_protocol, IDENTITY(6, 6));
	node = make("node", 0666);
	other = make("other", 0666);
}

static int32_t set(struct client *client, uint64_t owner, uint64_t start, uint64_t end, uint32_t type)
{
	return fs_set_lock(client, node, owner, start, end, type, 0, (uint32_t)owner);
}

static int32_t flock(struct client *client, uint64_t owner, uint32_t type)
{
	return fs_set_lock(client, node, owner, 0, FS_LOCK_END, type, FS_LOCK_FLOCK, (uint32_t)owner);
}

/* Begins call `at`, which waits if it must. */
static void begin_wait(unsigned at, struct client *client, uint64_t file, uint64_t owner, uint32_t type,
                       uint32_t flags)
{
	ck_assert_int_eq(fs_set_lock_prepare(&calls[at], client, file, owner, 0, FS_LOCK_END, type,
	                                     flags | FS_LOCK_WAIT, 0),
	                 0);
	served[at] = harness_submit(&calls[at]);
}

/* Whether it has been answered, with that. */
static bool answered(unsigned at, int32_t status)
{
	if (!harness_served(served[at]))
		return false;
	ck_assert_int_eq(fs_set_lock_finish(&calls[at]), status);
	call_end(&calls[at]);
	return true;
}

static void wait_for(unsigned at, struct client *client, uint64_t file, uint64_t owner, uint32_t type)
{
	begin_wait(at, client, file, owner, type, 0);
	ck_assert(!answered(at, 0));
}

/* ---- bytes ------------------------------------------------------------------------ */

/* What each owner holds of each byte; the last one stands for all that follow. */
static uint8_t held[OWNERS][BYTES];

static struct client *client_of(unsigned owner)
{
	return owner % 2 ? two : one;
}

static bool hinders(unsigned owner, unsigned by, unsigned start, unsigned end, uint32_t type)
{
	for (unsigned at = start; at <= end; at++) {
		if (owner != by && held[by][at] && (type == FS_LOCK_WRITE || held[by][at] == FS_LOCK_WRITE))
			return true;
	}
	return false;
}

static bool anybody_hinders(unsigned owner, unsigned start, unsigned end, uint32_t type)
{
	for (unsigned by = 0; by < OWNERS; by++) {
		if (hinders(owner, by, start, end, type))
			return true;
	}
	return false;
}

static uint64_t last_of(unsigned end)
{
	return end == BYTES - 1 ? FS_LOCK_END : end;
}

/* A lock that is told is all there is of it in one piece, and does hinder. */
static void check_told(unsigned owner, unsigned start, unsigned end, uint32_t type)
{
	struct fs_test_lock_results found;
	unsigned by, first, last;

	ck_assert_int_eq(fs_test_lock(client_of(owner), node, owner, start, last_of(end), type, 0, &found),
	                 0);
	if (!anybody_hinders(owner, start, end, type)) {
		ck_assert_uint_eq(found.type, FS_LOCK_NONE);
		return;
	}
	by = found.process;
	first = (unsigned)found.start;
	last = found.end == FS_LOCK_END ? BYTES - 1 : (unsigned)found.end;
	ck_assert_uint_lt(by, OWNERS);
	ck_assert_uint_lt(last, BYTES);
	ck_assert(first <= end && start <= last);
	ck_assert(hinders(owner, by, first > start ? first : start, last < end ? last : end, type));
	for (unsigned at = first; at <= last; at++)
		ck_assert_uint_eq(held[by][at], found.type);
	ck_assert(first == 0 || held[by][first - 1] != found.type);
	ck_assert(last == BYTES - 1 || held[by][last + 1] != found.type);
}

/* Random locks against bytes that are counted one by one. */
START_TEST(bytes)
{
	uint32_t random = 1, refused = 0;

	begin();
	memset(held, 0, sizeof(held));
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned owner, start, end;
		uint32_t type;
		int32_t status;

		random = random * 1664525u + 1013904223u;
		owner = (random >> 8) % OWNERS;
		start = (random >> 12) % BYTES;
		end = start + (random >> 20) % (BYTES - start);
		type = (random >> 29) % 3;
		check_told(owner, start, end, type == FS_LOCK_NONE ? FS_LOCK_WRITE : type);
		status = set(client_of(owner), owner, start, last_of(end), type);
		if (type != FS_LOCK_NONE && anybody_hinders(owner, start, end, type)) {
			ck_assert_int_eq(status, POSIX_EAGAIN);
			refused++;
			continue;
		}
		ck_assert_int_eq(status, 0);
		memset(&held[owner][start], (int)type, end - start + 1);
	}
	ck_assert_uint_gt(refused, ROUNDS / 10);
	ck_assert_uint_lt(refused, ROUNDS / 2);
	harness_end(harness); /* which finds that no memory is left over */
}
END_TEST

START_TEST(wrong)
{
	struct fs_test_lock_results found;
	uint64_t secret;

	begin();
	ck_assert_int_eq(set(one, 1, 5, 4, FS_LOCK_READ), POSIX_EINVAL);
	ck_assert_int_eq(set(one, 1, 0, FS_LOCK_END + 1, FS_LOCK_READ), POSIX_EINVAL);
	ck_assert_int_eq(set(one, 1, 0, 1, 3), POSIX_EINVAL);
	ck_assert_int_eq(fs_set_lock(one, node, 1, 0, 1, FS_LOCK_READ, 4, 0), POSIX_EINVAL);
	ck_assert_int_eq(fs_set_lock(one, node, 1, 0, 1, FS_LOCK_READ, FS_LOCK_FLOCK, 0), POSIX_EINVAL);
	ck_assert_int_eq(fs_set_lock(one, node, 1, 0, 1, FS_LOCK_READ, FS_LOCK_LEAVE, 0), POSIX_EINVAL);
	ck_assert_int_eq(fs_set_lock(one, node, 1, 0, 1, FS_LOCK_NONE, FS_LOCK_LEAVE | FS_LOCK_WAIT, 0),
	                 POSIX_EINVAL);
	ck_assert_int_eq(fs_test_lock(one, node, 1, 0, 4, FS_LOCK_NONE, FS_LOCK_LEAVE, &found), POSIX_EINVAL);
	ck_assert_int_eq(fs_test_lock(one, node, 1, 5, 4, FS_LOCK_READ, 0, &found), POSIX_EINVAL);
	ck_assert_int_eq(fs_set_lock(one, node + 12345, 1, 0, 1, FS_LOCK_READ, 0, 0), POSIX_ESTALE);
	ck_assert_int_eq(fs_set_lock(one, node + 12345, 1, 0, 1, FS_LOCK_NONE, 0, 0), 0);
	/* Who could not have opened it does not lock it. */
	secret = make("read only", 0644);
	ck_assert_int_eq(fs_set_lock(two, secret, 1, 0, 1, FS_LOCK_WRITE, 0, 0), POSIX_EACCES);
	ck_assert_int_eq(fs_set_lock(two, secret, 1, 0, 1, FS_LOCK_READ, 0, 0), 0);
	ck_assert_int_eq(fs_set_lock(two, secret, 1, 0, FS_LOCK_END, FS_LOCK_WRITE, FS_LOCK_FLOCK, 0), 0);
	secret = make("secret", 0600);
	ck_assert_int_eq(fs_set_lock(two, secret, 1, 0, 1, FS_LOCK_READ, 0, 0), POSIX_EACCES);
	ck_assert_int_eq(fs_test_lock(two, secret, 1, 0, 1, FS_LOCK_READ, 0, &found), POSIX_EACCES);
	ck_assert_int_eq(fs_set_lock(two, secret, 1, 0, FS_LOCK_END, FS_LOCK_READ, FS_LOCK_FLOCK, 0),
	                 POSIX_EACCES);
	harness_end(harness);
}
END_TEST

/* Too many, and too little memory: refused, and nothing has changed. */
START_TEST(bounds)
{
	struct fs_test_lock_results found;
	uint64_t at;
	char name[16];

	begin();
	/* On many files, since each lock is compared with all of a file's. */
	for (unsigned file = 0; file < FILES; file++) {
		snprintf(name, sizeof(name), "%u", file);
		node = make(name, 0666);
		for (at = 0; at < LOCK_SESSION_MAXIMUM / FILES - (file == FILES - 1); at++)
			ck_assert_int_eq(set(one, 1, 2 * at, 2 * at, FS_LOCK_READ), 0);
	}
	ck_assert_int_eq(set(one, 1, 2 * at, 2 * at + 100, FS_LOCK_READ), 0);
	ck_assert_int_eq(set(one, 1, 2 * at + 102, 2 * at + 102, FS_LOCK_READ), POSIX_ENOLCK);
	ck_assert_int_eq(set(one, 2, 0, 0, FS_LOCK_READ), POSIX_ENOLCK);
	ck_assert_int_eq(set(one, 1, 2 * at + 1, 2 * at + 1, FS_LOCK_NONE), POSIX_ENOLCK);
	ck_assert_int_eq(fs_test_lock(two, node, 3, 2 * at, 2 * at, FS_LOCK_WRITE, 0, &found), 0);
	ck_assert_uint_eq(found.end, 2 * at + 100);
	ck_assert_int_eq(set(two, 1, 0, FS_LOCK_END, FS_LOCK_READ), 0);
	ck_assert_int_eq(set(one, 1, 0, FS_LOCK_END, FS_LOCK_NONE), 0);
	for (uint64_t allowed = 0; allowed < 4; allowed++) {
		harness->allocations_max = harness->allocations + allowed;
		ck_assert_int_eq(fs_set_lock(one, other, 7, 5, 9, FS_LOCK_READ, 0, 0),
		                 allowed < 3 ? POSIX_ENOLCK : 0);
	}
	harness->allocations_max = harness->allocations + 1;
	ck_assert_int_eq(fs_set_lock(one, other, 7, 6, 7, FS_LOCK_WRITE, 0, 0), POSIX_ENOLCK);
	ck_assert_int_eq(fs_test_lock(two, other, 3, 0, 100, FS_LOCK_WRITE, 0, &found), 0);
	ck_assert(found.start == 5 && found.end == 9 && found.type == FS_LOCK_READ);
	harness->allocations_max = harness->allocations + 2;
	ck_assert_int_eq(fs_set_lock(one, other, 7, 6, 7, FS_LOCK_WRITE, 0, 0), 0);
	harness->allocations_max = harness->allocations;
	begin_wait(0, two, other, 3, FS_LOCK_READ, 0);
	ck_assert(answered(0, POSIX_ENOLCK));
	harness_end(harness);
}
END_TEST

/* ---- waiting ----------------------------------------------------------------------- */

START_TEST(waiting)
{
	begin();
	ck_assert_int_eq(set(one, 1, 0, 9, FS_LOCK_WRITE), 0);
	ck_assert_int_eq(set(one, 2, 20, 29, FS_LOCK_READ), 0);
	wait_for(0, two, node, 1, FS_LOCK_WRITE);
	wait_for(1, two, node, 2, FS_LOCK_READ);
	wait_for(2, one, node, 3, FS_LOCK_READ);
	/* All that can go on does, in the order in which they came. */
	ck_assert_int_eq(set(one, 1, 0, 9, FS_LOCK_NONE), 0);
	ck_assert(answered(1, 0) && answered(2, 0) && !answered(0, 0));
	ck_assert_int_eq(set(one, 2, 20, 29, FS_LOCK_NONE), 0);
	ck_assert_int_eq(set(one, 3, 0, FS_LOCK_END, FS_LOCK_NONE), 0);
	ck_assert(!answered(0, 0));
	ck_assert_int_eq(set(two, 2, 1, FS_LOCK_END, FS_LOCK_NONE), 0);
	ck_assert(!answered(0, 0));
	ck_assert_int_eq(set(two, 2, 0, 0, FS_LOCK_NONE), 0);
	ck_assert(answered(0, 0));
	/* Who gives up leaves nothing, and stands in nobody's way. */
	wait_for(0, one, node, 1, FS_LOCK_WRITE);
	wait_for(1, one, node, 2, FS_LOCK_READ);
	harness_cancel(served[0]);
	ck_assert(answered(0, POSIX_ECANCELED));
	ck_assert_int_eq(set(two, 1, 5, 5, FS_LOCK_READ), 0);
	ck_assert(!answered(1, 0));
	ck_assert_int_eq(set(two, 1, 0, FS_LOCK_END, FS_LOCK_READ), 0);
	ck_assert(answered(1, 0));
	/* With a session all goes that it held. */
	wait_for(0, one, node, 1, FS_LOCK_WRITE);
	ck_assert_int_eq(set(one, 2, 0, FS_LOCK_END, FS_LOCK_NONE), 0);
	harness_disconnect(two);
	ck_assert(answered(0, 0));
	harness_end(harness);
}
END_TEST

/* What one gets may be less than he had, which lets those go on who came before him. */
START_TEST(less_than_before)
{
	begin();
	ck_assert_int_eq(set(one, 1, 0, FS_LOCK_END, FS_LOCK_READ), 0);
	ck_assert_int_eq(set(two, 2, 0, 10, FS_LOCK_READ), 0);
	/* A second thread of the same process. */
	wait_for(0, one, node, 1, FS_LOCK_WRITE);
	wait_for(1, two, node, 3, FS_LOCK_WRITE);
	ck_assert_int_eq(set(one, 1, 0, FS_LOCK_END, FS_LOCK_NONE), 0);
	ck_assert(!answered(0, 0) && !answered(1, 0));
	ck_assert_int_eq(set(two, 2, 0, 10, FS_LOCK_NONE), 0);
	ck_assert(answered(0, 0) && !answered(1, 0));
	begin_wait(2, one, node, 1, FS_LOCK_READ, 0);
	ck_assert(answered(2, 0) && !answered(1, 0));
	ck_assert_int_eq(set(one, 1, 0, FS_LOCK_END, FS_LOCK_NONE), 0);
	ck_assert(answered(1, 0));
	harness_end(harness);
}
END_TEST

START_TEST(deadlocks)
{
	begin();
	/* Two readers both of whom want to write. */
	ck_assert_int_eq(set(one, 1, 0, FS_LOCK_END, FS_LOCK_READ), 0);
	ck_assert_int_eq(set(two, 1, 0, FS_LOCK_END, FS_LOCK_READ), 0);
	wait_for(0, one, node, 1, FS_LOCK_WRITE);
	begin_wait(1, two, node, 1, FS_LOCK_WRITE, 0);
	ck_assert(answered(1, POSIX_EDEADLK));
	/* Who has to do with neither waits; so does one whom they do not wait for. */
	wait_for(1, two, node, 2, FS_LOCK_WRITE);
	ck_assert_int_eq(set(two, 1, 0, FS_LOCK_END, FS_LOCK_NONE), 0);
	ck_assert(answered(0, 0) && !answered(1, 0));
	/* Three, across files: 1 of `one` has node, for which 2 of `two` waits, who has the other one. */
	ck_assert_int_eq(fs_set_lock(two, other, 2, 0, 0, FS_LOCK_READ, 0, 0), 0);
	ck_assert_int_eq(fs_set_lock(two, other, 3, 0, 9, FS_LOCK_READ, 0, 0), 0);
	begin_wait(2, one, other, 1, FS_LOCK_WRITE, 0);
	ck_assert(answered(2, POSIX_EDEADLK));
	wait_for(2, one, other, 4, FS_LOCK_WRITE);
	begin_wait(3, one, other, 1, FS_LOCK_READ, 0);
	ck_assert(answered(3, 0));
	/* Now 4 waits for 1, and would have 3 wait for him. */
	ck_assert_int_eq(fs_set_lock(one, FS_ROOT, 4, 0, 0, FS_LOCK_READ, 0, 0), 0);
	begin_wait(3, two, FS_ROOT, 3, FS_LOCK_READ, 0);
	ck_assert(answered(3, 0));
	harness_cancel(served[1]);
	harness_cancel(served[2]);
	ck_assert(answered(1, POSIX_ECANCELED) && answered(2, POSIX_ECANCELED));
	harness_end(harness);
}
END_TEST

/* ---- flock --------------------------------------------------------------------------- */

START_TEST(whole_files)
{
	struct fs_test_lock_results found;

	begin();
	ck_assert_int_eq(flock(one, 1, FS_LOCK_READ), 0);
	ck_assert_int_eq(flock(two, 1, FS_LOCK_READ), 0);
	/* Bytes are another matter. */
	ck_assert_int_eq(set(two, 5, 0, FS_LOCK_END, FS_LOCK_WRITE), 0);
	ck_assert_int_eq(flock(two, 2, FS_LOCK_WRITE), POSIX_EAGAIN);
	/* What cannot become exclusive is lost. */
	ck_assert_int_eq(flock(one, 1, FS_LOCK_WRITE), POSIX_EAGAIN);
	ck_assert_int_eq(flock(two, 1, FS_LOCK_WRITE), 0);
	ck_assert_int_eq(fs_test_lock(one, node, 1, 0, FS_LOCK_END, FS_LOCK_READ, FS_LOCK_FLOCK, &found), 0);
	ck_assert(found.type == FS_LOCK_WRITE && found.process == 1);
	begin_wait(0, one, node, 1, FS_LOCK_READ, FS_LOCK_FLOCK);
	begin_wait(1, one, node, 2, FS_LOCK_READ, FS_LOCK_FLOCK);
	ck_assert(!answered(0, 0) && !answered(1, 0));
	ck_assert_int_eq(flock(two, 1, FS_LOCK_READ), 0);
	ck_assert(answered(0, 0) && answered(1, 0));
	ck_assert_int_eq(flock(two, 1, FS_LOCK_NONE), 0);
	begin_wait(0, one, node, 1, FS_LOCK_WRITE, FS_LOCK_FLOCK);
	begin_wait(1, one, node, 2, FS_LOCK_WRITE, FS_LOCK_FLOCK);
	/* 1 lost his when he began to wait, so that 2 has it. */
	ck_assert(answered(1, 0) && !answered(0, 0));
	ck_assert_int_eq(flock(one, 2, FS_LOCK_NONE), 0);
	ck_assert(answered(0, 0));
	harness_end(harness);
}
END_TEST

/* A session that has nothing to do with the node any more has no locks on it. */
START_TEST(forgotten)
{
	begin();
	ck_assert_int_eq(set(one, 1, 0, 9, FS_LOCK_WRITE), 0);
	ck_assert_int_eq(set(one, 2, 20, 29, FS_LOCK_WRITE), 0);
	ck_assert_int_eq(flock(one, 1, FS_LOCK_WRITE), 0);
	ck_assert_int_eq(fs_set_lock(one, other, 1, 0, 9, FS_LOCK_WRITE, 0, 0), 0);
	wait_for(0, two, node, 1, FS_LOCK_WRITE);
	wait_for(1, two, node, 2, FS_LOCK_WRITE);
	ck_assert_int_eq(fs_forget(one, node, 1), 0);
	ck_assert(answered(0, 0));
	ck_assert(!answered(1, 0));
	ck_assert_int_eq(flock(two, 1, FS_LOCK_WRITE), 0);
	ck_assert_int_eq(fs_set_lock(two, other, 1, 0, 9, FS_LOCK_WRITE, 0, 0), POSIX_EAGAIN);
	ck_assert_int_eq(fs_forget(two, node, 1), 0);
	ck_assert(answered(1, POSIX_ESTALE));
	harness_end(harness);
}
END_TEST

/* ---- by open files ---------------------------------------------------------------------- */

static int32_t lock_file(struct client *client, uint32_t file, uint32_t flags, uint32_t type)
{
	return vfs_set_lock(client, file, flags, type, 0, VFS_LOCK_END);
}

START_TEST(open_files)
{
	struct client *program, *second;
	struct vfs_test_lock_results found;
	uint32_t file, again, reader, its, path;

	begin();
	program = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	second = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	ck_assert_int_eq(at_open(program, VFS_OPEN_READ | VFS_OPEN_WRITE, 0, "/node", &file), 0);
	ck_assert_int_eq(at_open(program, VFS_OPEN_WRITE, 0, "/node", &again), 0);
	ck_assert_int_eq(at_open(program, VFS_OPEN_READ, 0, "/node", &reader), 0);
	ck_assert_int_eq(at_open(program, VFS_OPEN_PATH, 0, "/node", &path), 0);
	ck_assert_int_eq(at_open(second, VFS_OPEN_READ | VFS_OPEN_WRITE, 0, "/node", &its), 0);
	ck_assert_int_eq(lock_file(program, reader, 0, VFS_LOCK_WRITE), POSIX_EBADF);
	ck_assert_int_eq(lock_file(program, again, 0, VFS_LOCK_READ), POSIX_EBADF);
	ck_assert_int_eq(lock_file(program, path, 0, VFS_LOCK_NONE), POSIX_EBADF);
	ck_assert_int_eq(lock_file(program, path, VFS_LOCK_FLOCK, VFS_LOCK_READ), POSIX_EBADF);
	ck_assert_int_eq(lock_file(program, 1234, 0, VFS_LOCK_READ), POSIX_EBADF);
	ck_assert_int_eq(lock_file(program, file, 8, VFS_LOCK_READ), POSIX_EINVAL);
	ck_assert_int_eq(lock_file(program, file, 0, 3), POSIX_EINVAL);
	/* The program's own, by whichever file; those of the mount's users are others'. */
	ck_assert_int_eq(lock_file(program, file, 0, VFS_LOCK_WRITE), 0);
	ck_assert_int_eq(lock_file(program, reader, 0, VFS_LOCK_READ), 0);
	ck_assert_int_eq(set(one, 1, 0, 9, FS_LOCK_WRITE), POSIX_EAGAIN);
	ck_assert_int_eq(vfs_test_lock(second, its, 0, VFS_LOCK_WRITE, 7, 8, &found), 0);
	ck_assert(found.type == VFS_LOCK_READ && found.start == 0 && found.end == VFS_LOCK_END &&
	          found.process == (HARNESS_PEER | VFS_LOCK_PROCESS_SYSTEM));
	/* All of them go with any of its files; the path is none. */
	ck_assert_int_eq(vfs_close(program, again), 0);
	ck_assert_int_eq(lock_file(second, its, 0, VFS_LOCK_WRITE), 0);
	ck_assert_int_eq(lock_file(second, its, 0, VFS_LOCK_NONE), 0);
	/* Those of open files are theirs alone. */
	ck_assert_int_eq(lock_file(program, file, VFS_LOCK_OPEN, VFS_LOCK_WRITE), 0);
	ck_assert_int_eq(lock_file(program, reader, VFS_LOCK_OPEN, VFS_LOCK_READ), POSIX_EAGAIN);
	ck_assert_int_eq(lock_file(program, reader, VFS_LOCK_FLOCK, VFS_LOCK_WRITE), 0);
	ck_assert_int_eq(lock_file(program, file, VFS_LOCK_FLOCK, VFS_LOCK_READ), POSIX_EAGAIN);
	ck_assert_int_eq(vfs_close(program, path), 0);
	ck_assert_int_eq(lock_file(second, its, VFS_LOCK_FLOCK, VFS_LOCK_READ), POSIX_EAGAIN);
	wait_for(0, one, node, 1, FS_LOCK_WRITE);
	ck_assert_int_eq(vfs_close(program, file), 0);
	ck_assert(answered(0, 0));
	begin_wait(0, one, node, 1, FS_LOCK_READ, FS_LOCK_FLOCK);
	ck_assert(!answered(0, 0));
	harness_disconnect(program);
	ck_assert(answered(0, 0));
	harness_end(harness);
}
END_TEST

/* A file that is closed while it waits for a lock gets none. */
START_TEST(closed_while_waiting)
{
	struct client *program;
	uint32_t file;

	begin();
	program = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	ck_assert_int_eq(at_open(program, VFS_OPEN_READ | VFS_OPEN_WRITE, 0, "/node", &file), 0);
	ck_assert_int_eq(set(one, 1, 0, FS_LOCK_END, FS_LOCK_WRITE), 0);
	ck_assert_int_eq(flock(one, 1, FS_LOCK_WRITE), 0);
	for (unsigned at = 0; at < 2; at++) {
		ck_assert_int_eq(vfs_set_lock_prepare(&calls[at], program, file,
		                                      VFS_LOCK_WAIT | (at ? VFS_LOCK_FLOCK : VFS_LOCK_OPEN),
		                                      VFS_LOCK_READ, 0, VFS_LOCK_END),
		                 0);
		served[at] = harness_submit(&calls[at]);
		ck_assert(!answered(at, 0));
	}
	ck_assert_int_eq(vfs_close(program, file), 0);
	ck_assert(answered(0, POSIX_ECANCELED) && answered(1, POSIX_ECANCELED));
	harness_end(harness);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("node_lock");
	TCase *tests = tcase_create("locks");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, bytes);
	tcase_add_test(tests, wrong);
	tcase_add_test(tests, bounds);
	tcase_add_test(tests, waiting);
	tcase_add_test(tests, less_than_before);
	tcase_add_test(tests, deadlocks);
	tcase_add_test(tests, whole_files);
	tcase_add_test(tests, forgotten);
	tcase_add_test(tests, open_files);
	tcase_add_test(tests, closed_while_waiting);
	suite_add_tcase(suite, tests);
	return harness_run(suite);
}

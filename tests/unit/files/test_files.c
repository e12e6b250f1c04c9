/*
 * The client library against the real vfs: that each function reaches the
 * operation that it stands for, that what is long is moved in parts, that many
 * are under way at once, and what becomes of files when the server dies. What
 * the answers are to be, tests/conformance says.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/files.h>
#include <drydock/server.h>

#include "tests/unit/shell/harbour.h"

#define READ_WRITE (VFS_OPEN_READ | VFS_OPEN_WRITE)
#define MUST(call) ck_assert_int_eq(call, 0)

static struct client *connect(struct runtime *runtime)
{
	int32_t status;
	struct client *client = files_connect(runtime, &status);

	ck_assert_msg(client, "no connection: %d", (int)status);
	return client;
}

/* ---- data ---------------------------------------------------------------------- */

static void data_work(struct runtime *runtime)
{
	static const size_t length = (3u << 20) + 5; /* more than one call moves */
	struct client *client = connect(runtime);
	uint8_t *data = malloc(length), *back = malloc(length);
	struct file file, appended;
	uint64_t position;
	size_t done;

	for (size_t at = 0; at < length; at++)
		data[at] = (uint8_t)(at * 7 + (at >> 13));
	MUST(files_open(client, "/data", READ_WRITE | VFS_OPEN_CREATE | VFS_OPEN_EXCLUSIVE, 0644, &file));
	MUST(files_write(&file, data, length, &done));
	ck_assert_uint_eq(done, length);
	MUST(files_seek(&file, 0, VFS_SEEK_CURRENT, &position));
	ck_assert_uint_eq(position, length);
	MUST(files_seek(&file, 0, VFS_SEEK_SET, NULL));
	MUST(files_read(&file, back, length, &done));
	ck_assert_uint_eq(done, length);
	ck_assert_mem_eq(back, data, length);
	MUST(files_read(&file, back, length, &done));
	ck_assert_uint_eq(done, 0);
	MUST(files_pread(&file, back, 100, length - 10, &done));
	ck_assert_uint_eq(done, 10);
	MUST(files_pwrite(&file, "else", 4, 2u << 20, &done));
	MUST(files_pread(&file, back, 5, 2u << 20, &done));
	ck_assert_mem_eq(back, "else", 4);
	ck_assert_int_eq(files_pread(&file, back, 1, UINT64_MAX, &done), POSIX_EINVAL);
	ck_assert_int_eq(files_pwrite(&file, back, 1, UINT64_MAX, &done), POSIX_EINVAL);

	MUST(files_open(client, "/data", VFS_OPEN_WRITE | VFS_OPEN_APPEND, 0, &appended));
	MUST(files_pwrite(&appended, "end", 3, 0, &done));
	MUST(files_pread(&file, back, 10, length, &done));
	ck_assert_uint_eq(done, 3);
	MUST(files_close(&appended));

	MUST(files_ftruncate(&file, 1 << 16));
	MUST(files_allocate(&file, VFS_ALLOCATE_PUNCH, 4096, 8192));
	MUST(files_seek(&file, 0, VFS_SEEK_HOLE, &position));
	ck_assert_uint_eq(position, 4096);
	MUST(files_seek(&file, 4096, VFS_SEEK_DATA, &position));
	ck_assert_uint_eq(position, 12288);
	MUST(files_copy_range(&file, 0, &file, 2u << 20, 1 << 16, &done));
	ck_assert_uint_eq(done, 1 << 16);
	MUST(files_pread(&file, back, 4096, 2u << 20, &done));
	ck_assert_mem_eq(back, data, 4096);
	MUST(files_fsync(&file));
	MUST(files_sync(client));
	MUST(files_close(&file));
	ck_assert_int_eq(files_close(&file), POSIX_EBADF);
	free(data);
	free(back);
	client_close(client);
}

START_TEST(data)
{
	harbour_work(HARBOUR_ADMIN, data_work);
}
END_TEST

/* ---- locks --------------------------------------------------------------------------- */

struct locked {
	struct fiber *waker;
	const struct file *file;
	int32_t status;
};

static void lock_and_wait(void *argument)
{
	struct locked *locked = argument;

	locked->status = files_lock(locked->file, VFS_LOCK_OPEN, VFS_LOCK_WRITE, 0, 0, DEADLINE_NEVER);
	fiber_wake(locked->waker);
}

static void locks_at(struct runtime *runtime, struct client *client, const char *path)
{
	struct files_lock lock = {.start = 5, .length = 1, .type = VFS_LOCK_WRITE};
	struct file one, two;
	struct locked locked = {.waker = fiber_current(runtime), .file = &two, .status = -1};

	MUST(files_open(client, path, READ_WRITE | VFS_OPEN_CREATE, 0644, &one));
	MUST(files_open(client, path, READ_WRITE, 0, &two));
	MUST(files_lock(&one, VFS_LOCK_OPEN, VFS_LOCK_READ, 3, 10, 0));
	MUST(files_lock_test(&two, VFS_LOCK_OPEN, &lock));
	ck_assert(lock.type == VFS_LOCK_READ && lock.start == 3 && lock.length == 10 &&
	          lock.process & VFS_LOCK_PROCESS_SYSTEM);
	ck_assert_int_eq(files_lock(&two, VFS_LOCK_OPEN, VFS_LOCK_WRITE, 0, 0, 0), POSIX_EAGAIN);
	ck_assert_int_eq(files_lock(&two, VFS_LOCK_OPEN, VFS_LOCK_WRITE, 0, 0, runtime_time(runtime) + 1000000),
	                 POSIX_ETIMEDOUT);
	ck_assert_int_eq(files_lock(&two, VFS_LOCK_OPEN, VFS_LOCK_WRITE, UINT64_MAX, 1, 0), POSIX_EINVAL);
	ck_assert_int_eq(files_lock(&two, VFS_LOCK_OPEN, VFS_LOCK_WRITE, 2, INT64_MAX, 0), POSIX_EOVERFLOW);
	/* The one that was given up has left nothing. */
	MUST(files_lock(&one, VFS_LOCK_OPEN, VFS_LOCK_WRITE, 0, 0, 0));
	MUST(files_lock(&one, 0, VFS_LOCK_NONE, 0, 0, 0));
	ck_assert_int_eq(fiber_start(runtime, lock_and_wait, &locked), E_OK);
	MUST(files_lock(&one, VFS_LOCK_FLOCK, VFS_LOCK_WRITE, 0, 0, 0));
	ck_assert_int_eq(locked.status, -1);
	MUST(files_lock(&one, VFS_LOCK_OPEN, VFS_LOCK_NONE, 0, 0, 0));
	while (locked.status == -1)
		fiber_wait(runtime);
	MUST(locked.status);
	lock = (struct files_lock){.type = VFS_LOCK_READ};
	MUST(files_lock_test(&one, VFS_LOCK_OPEN, &lock));
	ck_assert(lock.type == VFS_LOCK_WRITE && lock.start == 0 && lock.length == 0);
	/* With an open file its own go, and the client's. */
	MUST(files_close(&two));
	MUST(files_lock_test(&one, VFS_LOCK_OPEN, &lock));
	ck_assert_uint_eq(lock.type, VFS_LOCK_NONE);
	MUST(files_close(&one));
}

static void locks_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);

	locks_at(runtime, client, "/locked");
	client_close(client);
}

START_TEST(locks)
{
	harbour_work(HARBOUR_ADMIN, locks_work);
}
END_TEST

/* ---- names and attributes --------------------------------------------------------- */

static void names_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct vfs_statistics statistics;
	struct vfs_status status, linked;
	char target[8], name[POSIX_PATH_MAX + 1];
	struct file file;
	size_t length;

	MUST(files_mkdir(client, "/d", 0750));
	MUST(files_mknod(client, "/d/pipe", POSIX_S_IFIFO | 0600, 0));
	MUST(files_lstat(client, "/d/pipe", &status));
	ck_assert_uint_eq(status.mode, POSIX_S_IFIFO | 0600);
	ck_assert_uint_ne(status.birth, 0);
	ck_assert_int_eq(files_mknod(client, "/d/dir", POSIX_S_IFDIR | 0600, 0), POSIX_EPERM);
	MUST(files_symlink(client, "pipe", "/d/link"));
	MUST(files_readlink(client, "/d/link", target, sizeof(target), &length));
	ck_assert_uint_eq(length, 4);
	MUST(files_link(client, "/d/pipe", "/d/other"));
	MUST(files_stat(client, "/d/other", &linked));
	ck_assert_uint_eq(linked.node, status.node);
	MUST(files_stat(client, "/d/link", &linked));
	ck_assert_uint_eq(linked.node, status.node);
	MUST(files_rename(client, "/d/link", "/d/pipe", VFS_RENAME_EXCHANGE));
	MUST(files_lstat(client, "/d/pipe", &status));
	ck_assert_uint_eq(status.mode & POSIX_S_IFMT, POSIX_S_IFLNK);
	ck_assert_int_eq(files_rename(client, "/d/link", "/d/pipe", VFS_RENAME_NOREPLACE), POSIX_EEXIST);
	ck_assert_int_eq(files_rmdir(client, "/d"), POSIX_ENOTEMPTY);
	MUST(files_unlink(client, "/d/pipe"));
	MUST(files_unlink(client, "/d/link"));
	MUST(files_unlink(client, "/d/other"));
	MUST(files_rmdir(client, "/d"));
	ck_assert_int_eq(files_access(client, "/d", 0), POSIX_ENOENT);
	MUST(files_statfs(client, "/", &statistics));
	ck_assert_uint_gt(statistics.blocks, 0);

	memset(name, 'n', POSIX_PATH_MAX);
	name[0] = '/';
	name[POSIX_PATH_MAX] = '\0';
	ck_assert_int_eq(files_mkdir(client, name, 0755), POSIX_ENAMETOOLONG);

	MUST(files_open(client, "/", READ_WRITE | VFS_OPEN_UNNAMED, 0640, &file));
	MUST(files_flink(&file, "/named"));
	MUST(files_fstat(&file, &status));
	ck_assert_uint_eq(status.mode, POSIX_S_IFREG | 0640);
	ck_assert_uint_eq(status.links, 1);
	MUST(files_close(&file));
	client_close(client);
}

START_TEST(names)
{
	harbour_work(HARBOUR_ADMIN, names_work);
}
END_TEST

static void attributes_work(struct runtime *runtime)
{
	static const struct files_time early = {5, 6}, late = {7, 8}, omit = {0, VFS_TIME_OMIT};
	struct client *client = connect(runtime);
	struct vfs_status status;
	struct file file, path;
	char value[16];
	size_t length;
	uint32_t own;

	MUST(files_open(client, "/file", READ_WRITE | VFS_OPEN_CREATE, 0644, &file));
	MUST(files_symlink(client, "file", "/link"));
	MUST(files_chmod(client, "/link", 0600));
	MUST(files_fchmod(&file, 0640));
	MUST(files_fstat(&file, &status));
	own = status.uid;
	MUST(files_lchown(client, "/link", own, VFS_UNCHANGED));
	MUST(files_fchown(&file, own, status.gid));
	MUST(files_chown(client, "/link", VFS_UNCHANGED, status.gid));
	/* Nobody else's, for who is not root. */
	ck_assert_int_eq(files_lchown(client, "/link", own + 1, VFS_UNCHANGED), own ? POSIX_EPERM : 0);
	ck_assert_int_eq(files_fchown(&file, own + 2, VFS_UNCHANGED), own ? POSIX_EPERM : 0);
	ck_assert_int_eq(files_chown(client, "/none", own, VFS_UNCHANGED), POSIX_ENOENT);
	MUST(files_utimens(client, "/link", early, late));
	MUST(files_futimens(&file, omit, early));
	MUST(files_lutimens(client, "/link", late, late));
	MUST(files_lutimens(client, "/none", omit, omit));
	MUST(files_truncate(client, "/link", 9));
	MUST(files_fstat(&file, &status));
	ck_assert_uint_eq(status.mode, POSIX_S_IFREG | 0640);
	ck_assert_uint_eq(status.size, 9);
	ck_assert_int_eq(status.atime, 5);
	ck_assert_uint_eq(status.atime_ns, 6);
	MUST(files_lstat(client, "/link", &status));
	ck_assert_int_eq(status.mtime, 7);
	MUST(files_access(client, "/link", 6));

	MUST(files_setxattr(client, "/link", true, "user.a", "value", 5, VFS_XATTR_CREATE));
	ck_assert_int_eq(files_setxattr(client, "/link", true, "user.a", "v", 1, VFS_XATTR_CREATE), POSIX_EEXIST);
	ck_assert_int_eq(files_setxattr(client, "/link", false, "user.a", "v", 1, 0), POSIX_EPERM);
	MUST(files_fgetxattr(&file, "user.a", value, sizeof(value), &length));
	ck_assert_uint_eq(length, 5);
	ck_assert_mem_eq(value, "value", 5);
	MUST(files_getxattr(client, "/file", true, "user.a", NULL, 0, &length));
	ck_assert_uint_eq(length, 5);
	ck_assert_int_eq(files_getxattr(client, "/file", true, "user.a", value, 2, &length), POSIX_ERANGE);
	MUST(files_fsetxattr(&file, "user.b", NULL, 0, 0));
	MUST(files_listxattr(client, "/file", true, value, sizeof(value), &length));
	ck_assert_uint_eq(length, 14);
	MUST(files_flistxattr(&file, value, sizeof(value), &length));
	MUST(files_fremovexattr(&file, "user.a"));
	MUST(files_removexattr(client, "/file", true, "user.b"));
	ck_assert_int_eq(files_removexattr(client, "/file", true, "user.b"), POSIX_ENODATA);

	/* As Linux has it: a file opened as a path is to be asked about, and no more. */
	MUST(files_open(client, "/file", VFS_OPEN_PATH, 0, &path));
	MUST(files_fstat(&path, &status));
	ck_assert_int_eq(files_fchmod(&path, 0600), POSIX_EBADF);
	ck_assert_int_eq(files_ftruncate(&path, 0), POSIX_EBADF);
	ck_assert_int_eq(files_fgetxattr(&path, "user.a", NULL, 0, &length), POSIX_EBADF);
	MUST(files_close(&path));
	MUST(files_close(&file));
	client_close(client);
}

START_TEST(attributes)
{
	harbour_work(HARBOUR_ADMIN, attributes_work);
}
END_TEST

/* ---- directories -------------------------------------------------------------------- */

static void directory_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct files_directory directory;
	struct files_entry entry;
	uint64_t buffer[64], middle = 0;
	char path[32] = "/d/entry-00";
	unsigned count, seen = 0;
	bool found;

	MUST(files_mkdir(client, "/d", 0755));
	for (unsigned index = 0; index < 50; index++) {
		path[9] = (char)('0' + index / 10);
		path[10] = (char)('0' + index % 10);
		MUST(files_mkdir(client, path, 0755));
	}
	/* Small, so that it is filled several times. */
	MUST(files_opendir(client, "/d", buffer, sizeof(buffer), &directory));
	for (count = 0;; count++) {
		MUST(files_readdir(&directory, &entry, &found));
		if (!found)
			break;
		ck_assert_uint_eq(entry.mode, POSIX_S_IFDIR);
		ck_assert_uint_eq(strlen(entry.name), entry.name_length);
		if (count == 20)
			middle = entry.cookie;
	}
	ck_assert_uint_eq(count, 52);
	files_seekdir(&directory, middle);
	for (found = true; found; seen += found)
		MUST(files_readdir(&directory, &entry, &found));
	ck_assert_uint_eq(seen, 31);
	MUST(files_closedir(&directory));
	client_close(client);
}

START_TEST(directories)
{
	harbour_work(HARBOUR_ADMIN, directory_work);
}
END_TEST

static size_t put_entry(uint8_t *bytes, const char *name, uint32_t length)
{
	const struct vfs_entry head = {.node = 9, .cookie = 8, .mode = POSIX_S_IFREG | 0777, .name_length = length};

	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), name, strlen(name));
	return sizeof(head) + strlen(name);
}

START_TEST(wrong_entries)
{
	uint8_t bytes[512] = {0};
	struct files_entry entry;
	size_t length = put_entry(bytes, "name", 4);

	ck_assert_uint_eq(files_entry_take(bytes, length, &entry), length);
	ck_assert_str_eq(entry.name, "name");
	ck_assert_uint_eq(entry.mode, POSIX_S_IFREG);
	ck_assert_uint_eq(files_entry_take(bytes, sizeof(bytes), &entry), (length + 7) / 8 * 8);
	ck_assert_uint_eq(files_entry_take(bytes, length - 1, &entry), 0);
	ck_assert_uint_eq(files_entry_take(bytes, sizeof(struct vfs_entry) - 1, &entry), 0);
	put_entry(bytes, "name", 0);
	ck_assert_uint_eq(files_entry_take(bytes, sizeof(bytes), &entry), 0);
	put_entry(bytes, "name", 256);
	ck_assert_uint_eq(files_entry_take(bytes, sizeof(bytes), &entry), 0);
	put_entry(bytes, "name", UINT32_MAX);
	ck_assert_uint_eq(files_entry_take(bytes, sizeof(bytes), &entry), 0);
	put_entry(bytes, "na/e", 4);
	ck_assert_uint_eq(files_entry_take(bytes, sizeof(bytes), &entry), 0);
	put_entry(bytes, "name", 5); /* with a NUL */
	ck_assert_uint_eq(files_entry_take(bytes, sizeof(bytes), &entry), 0);
}
END_TEST

/* ---- many at once ---------------------------------------------------------------------- */

#define TRANSFERS 64
#define PART      4096

struct storm {
	struct file file;
	struct fiber *waiting;
	struct files_transfer transfers[TRANSFERS];
	unsigned begun, done, wanted;
};

static void storm_next(struct storm *storm, struct files_transfer *transfer);

static void storm_done(struct files_transfer *transfer, void *context)
{
	struct storm *storm = context;

	ck_assert_ptr_null(fiber_current(client_runtime(storm->file.client)));
	ck_assert_int_eq(transfer->status, 0);
	ck_assert_uint_eq(transfer->length, PART);
	if (!transfer->writes)
		ck_assert_uint_eq(transfer->data[0], transfer->data[PART - 1]);
	files_transfer_end(transfer);
	storm->done++;
	if (storm->begun < storm->wanted)
		storm_next(storm, transfer);
	else if (storm->done == storm->wanted)
		fiber_wake(storm->waiting);
}

static void storm_next(struct storm *storm, struct files_transfer *transfer)
{
	uint64_t offset = storm->begun++ % TRANSFERS * PART;

	MUST(files_read_begin(transfer, &storm->file, offset, PART, storm_done, storm));
}

static void callbacks_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct storm *storm = calloc(1, sizeof(*storm));
	uint8_t part[PART];

	MUST(files_open(client, "/many", READ_WRITE | VFS_OPEN_CREATE, 0644, &storm->file));
	storm->waiting = fiber_current(runtime);
	storm->wanted = TRANSFERS;
	for (unsigned index = 0; index < TRANSFERS; index++) {
		memset(part, (int)index, sizeof(part));
		storm->begun++;
		MUST(files_write_begin(&storm->transfers[index], &storm->file, index * PART, part, PART, storm_done,
		                       storm));
	}
	fiber_wait(runtime);
	ck_assert_uint_eq(storm->done, TRANSFERS);
	/* Each one that ends begins the next. */
	storm->begun = storm->done = 0;
	storm->wanted = 10 * TRANSFERS;
	for (unsigned index = 0; index < TRANSFERS; index++)
		storm_next(storm, &storm->transfers[index]);
	fiber_wait(runtime);
	ck_assert_uint_eq(storm->done, storm->wanted);
	MUST(files_close(&storm->file));
	free(storm);
	client_close(client);
}

START_TEST(callbacks)
{
	harbour_work(HARBOUR_ADMIN, callbacks_work);
}
END_TEST

static void waiting_work(struct runtime *runtime)
{
	static struct files_transfer transfers[8];
	struct client *client = connect(runtime);
	struct file file;
	char text[] = "a";

	MUST(files_open(client, "/waited", READ_WRITE | VFS_OPEN_CREATE, 0644, &file));
	for (unsigned index = 0; index < 8; index++, text[0]++)
		MUST(files_write_begin(&transfers[index], &file, VFS_POSITION, text, 1, NULL, NULL));
	for (unsigned index = 0; index < 8; index++) {
		MUST(files_transfer_wait(&transfers[index], DEADLINE_NEVER));
		ck_assert_uint_eq(transfers[index].length, 1);
		files_transfer_end(&transfers[index]);
	}
	MUST(files_read_begin(&transfers[0], &file, 0, 100, NULL, NULL));
	MUST(files_transfer_wait(&transfers[0], DEADLINE_NEVER));
	ck_assert_uint_eq(transfers[0].length, 8);
	ck_assert_mem_eq(transfers[0].data, "abcdefgh", 8);
	files_transfer_end(&transfers[0]);
	MUST(files_write_prepare(&transfers[0], &file, 6, 4, NULL, NULL));
	memcpy(transfers[0].data, "GHIJ", 4);
	files_write_submit(&transfers[0]);
	MUST(files_transfer_wait(&transfers[0], DEADLINE_NEVER));
	ck_assert_uint_eq(transfers[0].length, 4);
	files_transfer_end(&transfers[0]);
	MUST(files_read_begin(&transfers[0], &file, 0, 100, NULL, NULL));
	MUST(files_transfer_wait(&transfers[0], DEADLINE_NEVER));
	ck_assert_uint_eq(transfers[0].length, 10);
	ck_assert_mem_eq(transfers[0].data, "abcdefGHIJ", 10);
	files_transfer_end(&transfers[0]);
	ck_assert_int_eq(files_read_begin(&transfers[0], &file, 0, 64u << 20, NULL, NULL), -E_TOO_LARGE);
	ck_assert_int_eq(files_errno(-E_TOO_LARGE), POSIX_EMSGSIZE);
	client_close(client);
}

START_TEST(waiting)
{
	harbour_work(HARBOUR_ADMIN, waiting_work);
}
END_TEST

/* ---- the server dies ----------------------------------------------------------------------- */

static void kill_vfs(void)
{
	basin_kill(harbour, basin_process(harbour, "vfs"));
}

static void death_work(struct runtime *runtime)
{
	static struct files_transfer transfer;
	struct client *client = connect(runtime);
	struct file file, other;
	size_t done;

	MUST(files_open(client, "/lost", READ_WRITE | VFS_OPEN_CREATE, 0644, &file));
	kill_vfs();
	fiber_sleep(runtime, runtime_time(runtime) + 20 * MILLISECOND);
	/* Its successor gives the same number to another file. */
	MUST(files_open(client, "/new", READ_WRITE | VFS_OPEN_CREATE, 0644, &other));
	ck_assert_uint_eq(other.number, file.number);
	ck_assert_int_eq(files_write(&file, "old", 3, &done), POSIX_ESTALE);
	ck_assert_int_eq(files_ftruncate(&file, 100), POSIX_ESTALE);
	ck_assert_int_eq(files_write_begin(&transfer, &file, 0, "old", 3, NULL, NULL), POSIX_ESTALE);
	ck_assert_int_eq(files_close(&file), POSIX_ESTALE);
	MUST(files_write(&other, "new", 3, &done));
	client_close(client);
}

START_TEST(server_dies)
{
	harbour_work(HARBOUR_ADMIN, death_work);
}
END_TEST

/* ---- another server's files ------------------------------------------------------------------- */

static void mounted_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct file file, far, unnamed;
	struct vfs_status status;
	uint64_t position;
	char value[16], back[16];
	size_t done;

	MUST(files_open(client, "/mnt/second/f", READ_WRITE | VFS_OPEN_CREATE | VFS_OPEN_APPEND, 0644, &file));
	MUST(files_write(&file, "one", 3, &done));
	MUST(files_pwrite(&file, "two", 3, 0, &done));
	MUST(files_seek(&file, 0, VFS_SEEK_CURRENT, &position));
	ck_assert_uint_eq(position, 3);
	MUST(files_pread(&file, back, sizeof(back), 0, &done));
	ck_assert_uint_eq(done, 6);
	ck_assert_mem_eq(back, "onetwo", 6);
	MUST(files_fstat(&file, &status));
	ck_assert_uint_ne(status.birth, 0);

	MUST(files_open(client, "/mnt/second/g", READ_WRITE | VFS_OPEN_CREATE, 0644, &far));
	MUST(files_copy_range(&file, 0, &far, 65536, 100, &done));
	ck_assert_uint_eq(done, 6);
	MUST(files_seek(&far, 0, VFS_SEEK_DATA, &position));
	ck_assert_uint_eq(position, 65536);
	MUST(files_allocate(&far, VFS_ALLOCATE_GROW, 0, 131072));
	MUST(files_fstat(&far, &status));
	ck_assert_uint_eq(status.size, 131072);
	ck_assert_uint_eq(status.blocks, 256);
	MUST(files_fsync(&far));
	MUST(files_sync(client));
	MUST(files_close(&far));

	MUST(files_fsetxattr(&file, "user.a", "value", 5, 0));
	MUST(files_getxattr(client, "/mnt/second/f", true, "user.a", value, sizeof(value), &done));
	ck_assert_uint_eq(done, 5);
	MUST(files_listxattr(client, "/mnt/look/f", true, value, sizeof(value), &done));
	ck_assert_mem_eq(value, "user.a", 7);
	MUST(files_removexattr(client, "/mnt/second/f", true, "user.a"));
	ck_assert_int_eq(files_setxattr(client, "/mnt/look/f", true, "user.a", "v", 1, 0), POSIX_EROFS);

	MUST(files_open(client, "/mnt/second", READ_WRITE | VFS_OPEN_UNNAMED, 0600, &unnamed));
	MUST(files_flink(&unnamed, "/mnt/second/named"));
	ck_assert_int_eq(files_flink(&unnamed, "/named"), POSIX_EXDEV);
	MUST(files_close(&unnamed));
	MUST(files_open(client, "/here", READ_WRITE | VFS_OPEN_CREATE, 0644, &far));
	ck_assert_int_eq(files_copy_range(&file, 0, &far, 0, 3, &done), POSIX_EXDEV);
	MUST(files_chmod(client, "/mnt/second/f", 06755));
	MUST(files_fchown(&file, VFS_UNCHANGED, VFS_UNCHANGED));
	MUST(files_set_flags(&file, VFS_FLAG_NO_DUMP));
	MUST(files_fstat(&file, &status));
	ck_assert_uint_eq(status.mode & 07777, 0755);
	ck_assert_uint_eq(status.flags, VFS_FLAG_NO_DUMP);
	locks_at(runtime, client, "/mnt/second/locked");
	/* What the dead held of another server's files they give back, too. */
	MUST(files_lock(&file, 0, VFS_LOCK_WRITE, 0, 0, 0));
	MUST(files_lock(&file, VFS_LOCK_FLOCK, VFS_LOCK_WRITE, 0, 0, 0));
	client_close(client);
	client = connect(runtime);
	MUST(files_open(client, "/mnt/second/f", READ_WRITE, 0, &file));
	MUST(files_lock(&file, 0, VFS_LOCK_WRITE, 0, 0, DEADLINE_NEVER));
	MUST(files_lock(&file, VFS_LOCK_FLOCK, VFS_LOCK_WRITE, 0, 0, DEADLINE_NEVER));
	client_close(client);
}

START_TEST(mounted)
{
	harbour_work(HARBOUR_ADMIN, mounted_work);
}
END_TEST

/* The same, where the client reads and writes at the server itself. */
START_TEST(mounted_near)
{
	harbour_work(HARBOUR_NEAR, mounted_work);
}
END_TEST

static void boot(void)
{
	harbour_boot(HARBOUR_VFS);
}

static void boot_mounts(void)
{
	harbour_boot(HARBOUR_VFS_MOUNTS);
}

int main(void)
{
	Suite *suite = suite_create("files");
	TCase *plain = tcase_create("files"), *mounts = tcase_create("mounts");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(plain, boot, harbour_end);
	tcase_add_test(plain, data);
	tcase_add_test(plain, locks);
	tcase_add_test(plain, names);
	tcase_add_test(plain, attributes);
	tcase_add_test(plain, directories);
	tcase_add_test(plain, wrong_entries);
	tcase_add_test(plain, callbacks);
	tcase_add_test(plain, waiting);
	tcase_add_test(plain, server_dies);
	suite_add_tcase(suite, plain);
	tcase_add_checked_fixture(mounts, boot_mounts, harbour_end);
	tcase_add_test(mounts, mounted);
	tcase_add_test(mounts, mounted_near);
	suite_add_tcase(suite, mounts);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

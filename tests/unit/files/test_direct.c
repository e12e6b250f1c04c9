/*
 * Files of another server, which the client reads and writes there itself by
 * tickets: that it does, that nobody notices a difference but in speed, and what
 * tickets are good for that were forged, used before or are somebody else's.
 */
#include "../unit.h"

#include <string.h>

#include <drydock/files.h>
#include <drydock/proto/fs.h>
#include <drydock/server.h>

#include "tests/unit/shell/harbour.h"

#define READ_WRITE (VFS_OPEN_READ | VFS_OPEN_WRITE)
#define MUST(call) ck_assert_int_eq(call, 0)
#define STALE(call) ck_assert_int_eq(call, POSIX_ESTALE)

static struct client *connect(struct runtime *runtime)
{
	int32_t status;
	struct client *client = files_connect(runtime, &status);

	ck_assert_msg(client, "no connection: %d", (int)status);
	return client;
}

/* A lane of its own to the mounted server. */
static struct client *connect_second(struct runtime *runtime)
{
	int32_t status;
	struct client *client = client_open(runtime, "second", &fs_protocol, NULL, &status);

	ck_assert_msg(client, "no connection: %d", (int)status);
	return client;
}

static void opens(struct client *client, const char *path, uint32_t flags, struct file *file)
{
	MUST(files_open(client, path, flags, 0644, file));
}

/* Whether it is read and written at its own server. */
static void opens_direct(struct client *client, const char *path, uint32_t flags, struct file *file)
{
	opens(client, path, flags, file);
	ck_assert_uint_ne(file->direct, 0);
}

static void holds(const struct file *file, const char *text)
{
	char back[64];
	size_t done;

	MUST(files_pread(file, back, sizeof(back), 0, &done));
	ck_assert_uint_eq(done, strlen(text));
	ck_assert_mem_eq(back, text, done);
}

static void writes(const struct file *file, const char *text)
{
	size_t done;

	MUST(files_write(file, text, strlen(text), &done));
	ck_assert_uint_eq(done, strlen(text));
}

static uint64_t nodes_free(struct client *client)
{
	struct vfs_statistics statistics;

	MUST(files_statfs(client, "/mnt/second", &statistics));
	return statistics.nodes_free;
}

static void pass(struct runtime *runtime)
{
	fiber_sleep(runtime, runtime_time(runtime) + 20 * MILLISECOND);
}

/* ---- who goes where ------------------------------------------------------------------- */

static void near_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct file file;

	opens_direct(client, "/mnt/second/f", READ_WRITE | VFS_OPEN_CREATE, &file);
	writes(&file, "text");
	MUST(files_close(&file));
	opens_direct(client, "/mnt/look/f", VFS_OPEN_READ, &file);
	holds(&file, "text");
	opens(client, "/here", READ_WRITE | VFS_OPEN_CREATE, &file);
	ck_assert_uint_eq(file.direct, 0);
	opens(client, "/mnt/second", VFS_OPEN_READ, &file);
	ck_assert_uint_eq(file.direct, 0);
	opens(client, "/mnt/second/f", VFS_OPEN_PATH, &file);
	ck_assert_uint_eq(file.direct, 0);
	client_close(client);
}

static void far_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct file file;

	opens(client, "/mnt/second/f", READ_WRITE | VFS_OPEN_CREATE, &file);
	ck_assert_uint_eq(file.direct, 0);
	writes(&file, "text");
	holds(&file, "text");
	client_close(client);
}

START_TEST(who_may_call_the_server_does)
{
	harbour_work(HARBOUR_NEAR, near_work);
	harbour_work(HARBOUR_USER, far_work);
}
END_TEST

/* ---- what a file is like --------------------------------------------------------------- */

static void positions_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct file file, copy, appended;
	uint64_t position;
	char back[8];
	size_t done;

	opens_direct(client, "/mnt/second/f", READ_WRITE | VFS_OPEN_CREATE, &file);
	writes(&file, "one");
	copy = file;
	writes(&copy, "two");
	MUST(files_seek(&file, -2, VFS_SEEK_CURRENT, &position));
	ck_assert_uint_eq(position, 4);
	MUST(files_read(&file, back, sizeof(back), &done));
	ck_assert_uint_eq(done, 2);
	ck_assert_mem_eq(back, "wo", 2);
	MUST(files_read(&copy, back, sizeof(back), &done));
	ck_assert_uint_eq(done, 0);
	MUST(files_seek(&file, 2, VFS_SEEK_END, &position));
	ck_assert_uint_eq(position, 8);
	writes(&file, "x");
	MUST(files_seek(&file, 0, VFS_SEEK_CURRENT, &position));
	ck_assert_uint_eq(position, 9);
	ck_assert_int_eq(files_seek(&file, INT64_MAX, VFS_SEEK_CURRENT, NULL), POSIX_EINVAL);
	ck_assert_int_eq(files_seek(&file, -10, VFS_SEEK_CURRENT, NULL), POSIX_EINVAL);
	MUST(files_seek(&file, 1, VFS_SEEK_SET, NULL));

	opens_direct(client, "/mnt/second/g", READ_WRITE | VFS_OPEN_CREATE | VFS_OPEN_APPEND, &appended);
	MUST(files_pwrite(&appended, "end", 3, 100, &done));
	writes(&appended, "ing");
	MUST(files_seek(&appended, 0, VFS_SEEK_CURRENT, &position));
	ck_assert_uint_eq(position, 6);
	holds(&appended, "ending");
	opens_direct(client, "/mnt/second/g", READ_WRITE, &copy);
	MUST(files_copy_range(&file, VFS_POSITION, &copy, VFS_POSITION, 2, &done));
	ck_assert_uint_eq(done, 2);
	writes(&copy, "!");
	holds(&copy, "ne!ing");
	MUST(files_read(&file, back, 2, &done));
	ck_assert_mem_eq(back, "tw", 2);
	client_close(client);
}

START_TEST(it_has_its_position)
{
	harbour_work(HARBOUR_NEAR, positions_work);
}
END_TEST

static void rights_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct file only_read, only_write;
	uint64_t before = nodes_free(client);
	char back[4];
	size_t done;

	/* What it was opened for counts, and not what its mode says then or later. */
	MUST(files_open(client, "/mnt/second/f", VFS_OPEN_WRITE | VFS_OPEN_CREATE, 0400, &only_write));
	ck_assert_uint_ne(only_write.direct, 0);
	writes(&only_write, "text");
	opens_direct(client, "/mnt/second/f", VFS_OPEN_READ, &only_read);
	MUST(files_chmod(client, "/mnt/second/f", 0));
	holds(&only_read, "text");
	ck_assert_int_eq(files_write(&only_read, "x", 1, &done), POSIX_EBADF);
	ck_assert_int_eq(files_read(&only_write, back, 1, &done), POSIX_EBADF);
	ck_assert_int_eq(files_pread(&only_read, back, 1, UINT64_MAX, &done), POSIX_EINVAL);
	MUST(files_seek(&only_read, INT64_MAX, VFS_SEEK_SET, NULL));
	ck_assert_int_eq(files_read(&only_read, back, 1, &done), POSIX_EINVAL);

	/* It lives as long as it is open, and no longer. */
	MUST(files_unlink(client, "/mnt/second/f"));
	MUST(files_pwrite(&only_write, "T", 1, 0, &done));
	holds(&only_read, "Text");
	MUST(files_close(&only_read));
	ck_assert_int_eq(files_close(&only_read), POSIX_EBADF);
	ck_assert_int_eq(files_pread(&only_read, back, 1, 0, &done), POSIX_EBADF);
	ck_assert_uint_eq(nodes_free(client), before - 1);
	MUST(files_close(&only_write));
	pass(runtime);
	ck_assert_uint_eq(nodes_free(client), before);
	client_close(client);
}

START_TEST(it_may_what_it_was_opened_for)
{
	harbour_work(HARBOUR_NEAR, rights_work);
}
END_TEST

static void transfers_work(struct runtime *runtime)
{
	static struct files_transfer transfers[4];
	struct client *client = connect(runtime);
	struct file file;
	char text[] = "a";

	opens_direct(client, "/mnt/second/f", READ_WRITE | VFS_OPEN_CREATE, &file);
	for (unsigned at = 0; at < 4; at++, text[0]++)
		MUST(files_write_begin(&transfers[at], &file, at, text, 1, NULL, NULL));
	for (unsigned at = 0; at < 4; at++) {
		MUST(files_transfer_wait(&transfers[at], DEADLINE_NEVER));
		ck_assert_uint_eq(transfers[at].length, 1);
		files_transfer_end(&transfers[at]);
	}
	holds(&file, "abcd");
	for (unsigned at = 0; at < 2; at++) {
		MUST(files_read_begin(&transfers[0], &file, VFS_POSITION, 2, NULL, NULL));
		MUST(files_transfer_wait(&transfers[0], DEADLINE_NEVER));
		ck_assert_uint_eq(transfers[0].length, 2);
		ck_assert_mem_eq(transfers[0].data, at ? "cd" : "ab", 2);
		files_transfer_end(&transfers[0]);
	}
	MUST(files_write_prepare(&transfers[1], &file, VFS_POSITION, 1, NULL, NULL));
	files_transfer_end(&transfers[1]); /* thought better of it */
	MUST(files_write_prepare(&transfers[0], &file, VFS_POSITION, 1, NULL, NULL));
	transfers[0].data[0] = 'e';
	files_write_submit(&transfers[0]);
	MUST(files_transfer_wait(&transfers[0], DEADLINE_NEVER));
	files_transfer_end(&transfers[0]);
	holds(&file, "abcde");
	MUST(files_close(&file));
	ck_assert_int_eq(files_read_begin(&transfers[0], &file, 0, 1, NULL, NULL), POSIX_EBADF);
	client_close(client);
}

START_TEST(many_transfers_are_under_way)
{
	harbour_work(HARBOUR_NEAR, transfers_work);
}
END_TEST

/* ---- ends ------------------------------------------------------------------------------ */

static void kill(const char *image)
{
	basin_kill(harbour, basin_process(harbour, image));
}

static void server_dies_work(struct runtime *runtime)
{
	static struct files_transfer transfer;
	struct client *client = connect(runtime);
	struct file file, other;
	char back[1];
	size_t done;

	opens_direct(client, "/mnt/second/f", READ_WRITE | VFS_OPEN_CREATE, &file);
	kill("second");
	pass(runtime);
	STALE(files_read(&file, back, 1, &done));
	opens_direct(client, "/mnt/second/other", READ_WRITE | VFS_OPEN_CREATE, &other);
	writes(&other, "new");
	STALE(files_write(&file, "old", 3, &done));
	STALE(files_write_begin(&transfer, &file, 0, "old", 3, NULL, NULL));
	STALE(files_fstat(&file, &(struct vfs_status){0}));
	MUST(files_close(&file));
	holds(&other, "new");
	client_close(client);
}

START_TEST(its_server_dies)
{
	harbour_work(HARBOUR_NEAR, server_dies_work);
}
END_TEST

static void vfs_dies_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct file file;
	char back[1];
	size_t done;

	opens_direct(client, "/mnt/second/f", READ_WRITE | VFS_OPEN_CREATE, &file);
	kill("vfs");
	pass(runtime);
	STALE(files_read(&file, back, 1, &done));
	opens_direct(client, "/mnt/second/f", READ_WRITE, &file);
	writes(&file, "x");
	client_close(client);
}

START_TEST(vfs_dies)
{
	harbour_work(HARBOUR_NEAR, vfs_dies_work);
}
END_TEST

/* It ends with an unlinked file open, and a ticket that it has not redeemed. */
static void leaving_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);
	struct vfs_hand_over_results offer;
	struct vfs_open_results opened;
	struct file file;
	char name[16];

	opens_direct(client, "/mnt/second/f", READ_WRITE | VFS_OPEN_CREATE, &file);
	MUST(files_unlink(client, "/mnt/second/f"));
	MUST(vfs_open(client, READ_WRITE | VFS_OPEN_CREATE, 0644, 0, "/mnt/second/g", 13, &opened));
	ck_assert_uint_ne(opened.mount, 0);
	MUST(vfs_hand_over(client, opened.file, name, sizeof(name), &offer));
	MUST(files_unlink(client, "/mnt/second/g"));
}

static uint64_t free_before;

static void counting_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);

	free_before = nodes_free(client);
	client_close(client);
}

static void counting_again_work(struct runtime *runtime)
{
	struct client *client = connect(runtime);

	ck_assert_uint_eq(nodes_free(client), free_before);
	client_close(client);
}

START_TEST(its_client_dies)
{
	harbour_work(HARBOUR_NEAR, counting_work);
	harbour_work(HARBOUR_NEAR, leaving_work);
	harbour_pass(20 * MILLISECOND);
	harbour_work(HARBOUR_NEAR, counting_again_work);
}
END_TEST

/* ---- tickets ------------------------------------------------------------------------------ */

static int32_t read_at(struct client *second, uint64_t ticket)
{
	struct fs_read_opened_results results;
	char back[8];

	return fs_read_opened(second, ticket, 0, back, sizeof(back), &results);
}

static int32_t write_at(struct client *second, uint64_t ticket)
{
	struct fs_write_opened_results results;

	return fs_write_opened(second, ticket, 0, "w", 1, &results);
}

static void from_vfs_work(struct runtime *runtime)
{
	struct client *client = connect(runtime), *second = connect_second(runtime),
	              *another = connect_second(runtime);
	struct vfs_hand_over_results offer, again;
	struct fs_offer_ticket_results own;
	struct vfs_open_results opened;
	char name[16];

	MUST(vfs_open(client, VFS_OPEN_WRITE | VFS_OPEN_CREATE, 0644, 0, "/mnt/second/f", 13, &opened));
	ck_assert_int_eq(vfs_hand_over(client, opened.file, name, 2, &offer), POSIX_EINVAL);
	ck_assert_int_eq(vfs_hand_over(client, opened.file + 1, name, sizeof(name), &offer), POSIX_EBADF);
	MUST(vfs_hand_over(client, opened.file, name, sizeof(name), &offer));
	ck_assert_uint_eq(offer.service_length, 6);
	ck_assert_mem_eq(name, "second", 6);
	ck_assert_int_eq(vfs_hand_over(client, opened.file, name, sizeof(name), &again), POSIX_EBUSY);
	/* Nobody but who impersonates offers, and nobody but who offered withdraws. */
	ck_assert_int_eq(fs_offer_ticket(second, FS_ROOT, 1, FS_TICKET_READ, &own), POSIX_EPERM);
	STALE(fs_withdraw_ticket(second, offer.ticket));
	/* Guesses. */
	STALE(fs_redeem_ticket(second, offer.ticket, offer.secret ^ 1));
	STALE(fs_redeem_ticket(second, offer.ticket, 0));
	STALE(fs_redeem_ticket(second, offer.ticket + 1, offer.secret));
	STALE(fs_redeem_ticket(second, offer.ticket + (1ull << 32), offer.secret));
	STALE(fs_redeem_ticket(second, UINT64_MAX, UINT64_MAX));
	STALE(write_at(second, offer.ticket));
	/* Once, on one lane, for what the file was opened for. */
	MUST(fs_redeem_ticket(second, offer.ticket, offer.secret));
	STALE(fs_redeem_ticket(second, offer.ticket, offer.secret));
	STALE(fs_redeem_ticket(another, offer.ticket, offer.secret));
	MUST(write_at(second, offer.ticket));
	STALE(write_at(another, offer.ticket));
	ck_assert_int_eq(read_at(second, offer.ticket), POSIX_EBADF);
	/* It ends with the file, and whoever has redeemed it does not come back to it. */
	MUST(vfs_close(client, opened.file));
	STALE(write_at(second, offer.ticket));
	MUST(vfs_open(client, VFS_OPEN_WRITE, 0644, 0, "/mnt/second/f", 13, &opened));
	MUST(vfs_hand_over(client, opened.file, name, sizeof(name), &again));
	ck_assert_uint_ne(again.ticket, offer.ticket);
	ck_assert_uint_ne(again.secret, offer.secret);
	STALE(fs_redeem_ticket(second, offer.ticket, offer.secret));
	STALE(fs_redeem_ticket(second, again.ticket, offer.secret));
	MUST(fs_redeem_ticket(another, again.ticket, again.secret));
	client_close(another);
	pass(runtime);
	STALE(fs_redeem_ticket(second, again.ticket, again.secret));
	client_close(second);
	client_close(client);
}

START_TEST(vfs_gives_tickets)
{
	harbour_work(HARBOUR_NEAR, from_vfs_work);
}
END_TEST

/* Makes a file of somebody else's alone, and returns its node. */
static uint64_t make_private(struct client *second)
{
	struct fs_attributes made;
	uint32_t other;

	MUST(client_register_actor(second, 4242, 4242, NULL, 0, 0, &other));
	client_set_actor(second, other);
	MUST(fs_create(second, FS_ROOT, POSIX_S_IFREG | 0600, 0, 0, "private", 7, &made));
	return made.node;
}

static void bridge_work(struct runtime *runtime)
{
	struct client *issuer = connect_second(runtime), *holder = connect_second(runtime);
	uint64_t own = runtime_start(runtime)->process, node = make_private(issuer);
	struct fs_offer_ticket_results offer, first = {0};

	ck_assert_int_eq(fs_offer_ticket(issuer, node, own, 0, &offer), POSIX_EINVAL);
	ck_assert_int_eq(fs_offer_ticket(issuer, node, own, 8 | FS_TICKET_READ, &offer), POSIX_EINVAL);
	/* Another process's. */
	MUST(fs_offer_ticket(issuer, node, own + 1, FS_TICKET_READ, &offer));
	STALE(fs_redeem_ticket(holder, offer.ticket, offer.secret));
	MUST(fs_withdraw_ticket(issuer, offer.ticket));
	STALE(fs_withdraw_ticket(issuer, offer.ticket));
	/* It stands for who it was offered for, with the number of nobody else. */
	MUST(fs_offer_ticket(issuer, node, own, FS_TICKET_READ | FS_TICKET_WRITE, &offer));
	MUST(fs_redeem_ticket(holder, offer.ticket, offer.secret));
	MUST(write_at(holder, offer.ticket));
	MUST(read_at(holder, offer.ticket));
	STALE(fs_read(holder, node, 0, (char[1]){0}, 1, &(struct fs_read_results){0}));
	ck_assert_int_eq(fs_access(issuer, node, 4), 0);
	/* A node that is none. */
	MUST(fs_offer_ticket(issuer, node + 12345, own, FS_TICKET_READ, &offer));
	MUST(fs_redeem_ticket(holder, offer.ticket, offer.secret));
	STALE(read_at(holder, offer.ticket));
	/* Many, of which no two are alike. */
	for (unsigned at = 0; at < 1000; at++) {
		MUST(fs_offer_ticket(issuer, node, own, FS_TICKET_READ, &offer));
		ck_assert_uint_ne(offer.ticket, first.ticket);
		ck_assert_uint_ne(offer.ticket, 0);
		if (at % 2)
			MUST(fs_withdraw_ticket(issuer, offer.ticket));
		else
			first = offer;
	}
	MUST(fs_redeem_ticket(holder, first.ticket, first.secret));
	MUST(read_at(holder, first.ticket));
	/* With the session that offered them all are gone. */
	client_close(issuer);
	pass(runtime);
	STALE(read_at(holder, first.ticket));
	client_close(holder);
}

START_TEST(tickets_are_for_one)
{
	harbour_work(HARBOUR_BRIDGE, bridge_work);
}
END_TEST

static void boot(void)
{
	harbour_boot(HARBOUR_VFS_MOUNTS);
}

int main(void)
{
	const TTest *const tests[] = {
		who_may_call_the_server_does, it_has_its_position, it_may_what_it_was_opened_for,
		many_transfers_are_under_way, its_server_dies,     vfs_dies,
		its_client_dies,              vfs_gives_tickets,   tickets_are_for_one,
	};
	Suite *suite = suite_create("direct");
	TCase *cases = tcase_create("direct");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, boot, harbour_end);
	for (size_t index = 0; index < sizeof(tests) / sizeof(tests[0]); index++)
		tcase_add_test(cases, tests[index]);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

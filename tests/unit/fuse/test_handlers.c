/*
 * Messages that no kernel sends, to the bridge's handlers: libfuse reads them from
 * memory (fuse_session_custom_io), and the file system is a vfs in a basin. Each is
 * laid out as linux/fuse.h says, since libfuse itself believes that much, but what it
 * says may be anything. Every request is answered, once, with what Linux would
 * take for an answer; and afterwards the file system is sound.
 *
 * FUSE_FUZZ_MESSAGES in the environment goes on for longer, FUSE_FUZZ_SEED elsewhere.
 */
#include "../unit.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <drydock/posix.h>

#include "sim/fuse/bridge.h"
#include "sim/user/linux.h"
#include "tests/unit/shell/harbour.h"

#define MESSAGES    6000u
#define NODES       12u
#define MESSAGE_MAX (16u * 1024)
#define DATA_MAX    5000u

static struct bridge *bridge;
static uint64_t nodes[NODES]; /* that were found */
static uint8_t *answers;      /* to each message; by its number */
static uint64_t unique;       /* the latest number */
static uint32_t good; /* requests that were done */

static uint64_t random_state;

/* xorshift64 (Marsaglia, Journal of Statistical Software 8(14), 2003). */
static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static uint32_t below(uint32_t bound)
{
	return (uint32_t)(random_next() % bound);
}

/* ---- the kernel's end -------------------------------------------------------------- */

void os_send_status(struct os *os, const char *reason)
{
	(void)os;
	ck_assert_ptr_null(reason);
}

static size_t gather(uint8_t *to, size_t room, const struct iovec *parts, int count)
{
	size_t length = 0;

	for (int at = 0; at < count; at++) {
		size_t left = length < room ? room - length : 0;

		memcpy(to + length, parts[at].iov_base, parts[at].iov_len < left ? parts[at].iov_len : left);
		length += parts[at].iov_len;
	}
	return length;
}

/* What the kernel would check of an answer (fuse_dev_do_write, fs/fuse/dev.c), and that it is to a question. */
static ssize_t take_answer(int fd, struct iovec *parts, int count, void *context)
{
	uint8_t start[sizeof(struct fuse_out_header) + sizeof(struct fuse_entry_out)] = {0};
	size_t length = gather(start, sizeof(start), parts, count);
	struct fuse_out_header head;
	struct fuse_entry_out entry;

	(void)fd;
	(void)context;
	memcpy(&head, start, sizeof(head));
	ck_assert_uint_eq(head.len, length);
	ck_assert_int_le(head.error, 0);
	ck_assert_int_gt(head.error, -512);
	ck_assert(head.error == 0 || length == sizeof(head));
	ck_assert_uint_le(head.unique, unique);
	ck_assert_uint_eq(answers[head.unique], 0);
	answers[head.unique]++;
	good += head.error == 0;
	if (length == sizeof(start)) {
		memcpy(&entry, start + sizeof(head), sizeof(entry));
		nodes[below(NODES)] = entry.nodeid;
	}
	return (ssize_t)length;
}

static ssize_t take_nothing(int fd, void *memory, size_t length, void *context)
{
	(void)fd;
	(void)memory;
	(void)length;
	(void)context;
	return 0;
}

/* Lets the others run: until this is answered all that came before it was served. */
static void yield(void)
{
	struct fs_attributes root;

	ck_assert_int_eq(fs_get_attributes(bridge->client, FS_ROOT, &root), 0);
}

/* As loop.c reads and hands it on. */
static void deliver(const void *message, size_t length)
{
	struct buffer *buffer;

	while ((buffer = buffer_take(bridge)) == NULL)
		yield();
	ck_assert_uint_lt(length, buffer->reservation.length);
	memcpy(buffer->reservation.data, message, length);
	/* A kernel ends every name. */
	memset(buffer->reservation.data + length, 0, 8);
	for (;;) {
		const struct fuse_buf whole = {.mem = buffer->reservation.data, .size = length, .fd = -1};

		bridge->current = buffer;
		bridge->park = false;
		fuse_session_process_buf(bridge->session, &whole);
		if (!bridge->park)
			break;
		yield();
	}
	if (bridge->current)
		buffer_put(bridge, buffer);
	bridge->current = NULL;
}

/* ---- messages -------------------------------------------------------------------------- */

enum tail { NOTHING, NAME, TWO_NAMES, DATA, NAME_AND_DATA };

static const struct {
	uint32_t opcode;
	uint32_t body; /* bytes */
	enum tail tail;
	uint32_t length_at; /* where the body has the length of the data, 32 bits */
} kinds[] = {
	{FUSE_LOOKUP, 0, NAME, 0},
	{FUSE_LOOKUP, 0, NAME, 0},
	{FUSE_GETATTR, sizeof(struct fuse_getattr_in), NOTHING, 0},
	{FUSE_SETATTR, sizeof(struct fuse_setattr_in), NOTHING, 0},
	{FUSE_READLINK, 0, NOTHING, 0},
	{FUSE_SYMLINK, 0, TWO_NAMES, 0},
	{FUSE_MKNOD, sizeof(struct fuse_mknod_in), NAME, 0},
	{FUSE_MKDIR, sizeof(struct fuse_mkdir_in), NAME, 0},
	{FUSE_UNLINK, 0, NAME, 0},
	{FUSE_RMDIR, 0, NAME, 0},
	{FUSE_RENAME, sizeof(struct fuse_rename_in), TWO_NAMES, 0},
	{FUSE_RENAME2, sizeof(struct fuse_rename2_in), TWO_NAMES, 0},
	{FUSE_LINK, sizeof(struct fuse_link_in), NAME, 0},
	{FUSE_OPEN, sizeof(struct fuse_open_in), NOTHING, 0},
	{FUSE_READ, sizeof(struct fuse_read_in), NOTHING, 0},
	{FUSE_WRITE, sizeof(struct fuse_write_in), DATA, offsetof(struct fuse_write_in, size)},
	{FUSE_STATFS, 0, NOTHING, 0},
	{FUSE_RELEASE, sizeof(struct fuse_release_in), NOTHING, 0},
	{FUSE_FSYNC, sizeof(struct fuse_fsync_in), NOTHING, 0},
	{FUSE_SETXATTR, FUSE_COMPAT_SETXATTR_IN_SIZE, NAME_AND_DATA, offsetof(struct fuse_setxattr_in, size)},
	{FUSE_GETXATTR, sizeof(struct fuse_getxattr_in), NAME, 0},
	{FUSE_LISTXATTR, sizeof(struct fuse_getxattr_in), NOTHING, 0},
	{FUSE_REMOVEXATTR, 0, NAME, 0},
	{FUSE_FLUSH, sizeof(struct fuse_flush_in), NOTHING, 0},
	{FUSE_OPENDIR, sizeof(struct fuse_open_in), NOTHING, 0},
	{FUSE_READDIR, sizeof(struct fuse_read_in), NOTHING, 0},
	{FUSE_READDIRPLUS, sizeof(struct fuse_read_in), NOTHING, 0},
	{FUSE_FSYNCDIR, sizeof(struct fuse_fsync_in), NOTHING, 0},
	{FUSE_GETLK, sizeof(struct fuse_lk_in), NOTHING, 0},
	{FUSE_SETLK, sizeof(struct fuse_lk_in), NOTHING, 0},
	{FUSE_ACCESS, sizeof(struct fuse_access_in), NOTHING, 0},
	{FUSE_CREATE, sizeof(struct fuse_create_in), NAME, 0},
	{FUSE_BMAP, sizeof(struct fuse_bmap_in), NOTHING, 0},
	{FUSE_IOCTL, sizeof(struct fuse_ioctl_in), NOTHING, 0},
	{FUSE_POLL, sizeof(struct fuse_poll_in), NOTHING, 0},
	{FUSE_FALLOCATE, sizeof(struct fuse_fallocate_in), NOTHING, 0},
	{FUSE_LSEEK, sizeof(struct fuse_lseek_in), NOTHING, 0},
	{FUSE_COPY_FILE_RANGE, sizeof(struct fuse_copy_file_range_in), NOTHING, 0},
	{FUSE_FORGET, sizeof(struct fuse_forget_in), NOTHING, 0}, /* not answered */
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint64_t pick_node(void)
{
	switch (below(16)) {
	case 0:
		return random_next() >> below(64);
	case 1:
	case 2:
	case 3:
		return FUSE_ROOT_ID;
	default:
		return nodes[below(NODES)];
	}
}

static uint64_t pick_number(void)
{
	static const uint64_t edges[] = {UINT64_MAX, INT64_MAX, 1ull << 63, UINT32_MAX, INT32_MAX, 1ull << 40, 4096};

	switch (below(8)) {
	case 0:
		return edges[below(sizeof(edges) / sizeof(edges[0]))] - below(2);
	case 1:
		return random_next() >> below(64);
	case 2:
		return pick_node();
	case 3:
		return 0;
	default:
		return below(2) ? below(8192) : 0100644 | (uint64_t)below(8) << 32;
	}
}

static uint32_t put_name(uint8_t *to)
{
	static const char *const names[] = {"a",  "b",   "c", "d",      "user.x",              "trusted.y", ".",
	                                    "..", "a/b", "",  "/",      "security.capability", "none",
	                                    "system.posix_acl_access"};
	uint32_t length;

	if (below(24) == 0) {
		length = 250 + below(20);
		memset(to, 'n', length);
		to[length] = '\0';
		return length + 1;
	}
	return (uint32_t)strlen(strcpy((char *)to, names[below(3) ? below(5) : below(14)])) + 1;
}

static uint32_t put_data(uint8_t *to, uint8_t *length_at)
{
	uint32_t length = below(DATA_MAX);

	for (uint32_t at = 0; at < length; at++)
		to[at] = (uint8_t)random_next();
	memcpy(length_at, &length, sizeof(length));
	return length;
}

static size_t put_tail(uint32_t kind, uint8_t *body, uint8_t *to)
{
	size_t length = 0;

	if (kinds[kind].tail == NAME || kinds[kind].tail == TWO_NAMES || kinds[kind].tail == NAME_AND_DATA)
		length += put_name(to);
	if (kinds[kind].tail == TWO_NAMES)
		length += put_name(to + length);
	if (kinds[kind].tail == DATA || kinds[kind].tail == NAME_AND_DATA)
		length += put_data(to + length, body + kinds[kind].length_at);
	return length;
}

static void send(uint32_t opcode, const uint8_t *body, size_t length)
{
	uint8_t message[MESSAGE_MAX] = {0};
	const struct fuse_in_header head = {.len = (uint32_t)(sizeof(head) + length),
	                                    .opcode = opcode,
	                                    .unique = ++unique,
	                                    .nodeid = pick_node(),
	                                    .uid = below(3) * 1000,
	                                    .gid = below(3) * 1000,
	                                    .pid = 1};

	ck_assert_uint_lt(sizeof(head) + length, sizeof(message));
	memcpy(message, &head, sizeof(head));
	memcpy(message + sizeof(head), body, length);
	deliver(message, sizeof(head) + length);
}

static void send_any(void)
{
	uint8_t body[MESSAGE_MAX / 2] = {0};
	uint32_t kind = below(KINDS), opcode = kinds[kind].opcode;
	size_t length = kinds[kind].body;

	for (size_t at = 0; at + 8 <= length; at += 8) {
		uint64_t number = pick_number();

		memcpy(body + at, &number, sizeof(number));
	}
	length += put_tail(kind, body, body + length);
	if (below(100) == 0) /* one that there is not */
		opcode = 100 + below(1000);
	send(opcode, body, length);
	if (opcode == FUSE_FORGET)
		answers[unique]++;
}

/* ---- the test ------------------------------------------------------------------------------- */

static void greet(void)
{
	const struct fuse_init_in init = {.major = FUSE_KERNEL_VERSION, .minor = 36, .max_readahead = 1 << 20};

	send(FUSE_INIT, (const uint8_t *)&init, sizeof(init));
	ck_assert_uint_eq(answers[unique], 1);
}

static void begin(struct runtime *runtime)
{
	static const struct fuse_custom_io io = {.writev = take_answer, .read = take_nothing};
	char *arguments[] = {(char[]){"fuse"}, NULL};
	struct fuse_args list = FUSE_ARGS_INIT(1, arguments);

	bridge = calloc(1, sizeof(*bridge));
	ck_assert_ptr_nonnull(bridge);
	bridge->service = "second";
	bridge->directory = "/";
	bridge->runtime = runtime;
	list_init(&bridge->operations);
	list_init(&bridge->buffers);
	for (size_t at = 0; at < BRIDGE_BUFFERS; at++)
		list_add_tail(&bridge->buffers, &bridge->buffer[at].link);
	ck_assert(identities_create(&bridge->identities));
	bridge->fibers = 1;
	connection_open(bridge);
	ck_assert_int_eq(bridge->status, 0);
	bridge->session = fuse_session_new(&list, &handlers, sizeof(handlers), bridge);
	ck_assert_ptr_nonnull(bridge->session);
	fuse_opt_free_args(&list);
	ck_assert_int_eq(fuse_session_custom_io(bridge->session, &io, dup(STDERR_FILENO)), 0);
	greet();
}

static void end(void)
{
	client_close(bridge->client);
	fuse_session_destroy(bridge->session);
	operations_free(bridge);
	identities_free(&bridge->identities);
	free(bridge->forgets.list);
	free(bridge->lockers.list);
	free(bridge);
}

/* All of it can still be listed and found by somebody else, whatever it may have become. */
static void look_through(struct runtime *runtime)
{
	static uint8_t buffer[64 * 1024];
	struct fs_readdir_results results;
	struct client *client;
	uint32_t actor, found = 0;
	int32_t status;

	client = client_open(runtime, "second", &fs_protocol, NULL, &status);
	ck_assert_ptr_nonnull(client);
	ck_assert_int_eq(client_register_actor(client, 0, 0, NULL, 0, IDENTITY_CHECKED, &actor), 0);
	client_set_actor(client, actor);
	ck_assert_int_eq(fs_readdir(client, FS_ROOT, 0, buffer, 32 * 1024, &results), 0);
	for (uint32_t at = 0; at < results.entries_length; found++) {
		struct fs_attributes attributes;
		struct fs_entry entry;

		memcpy(&entry, buffer + at, sizeof(entry));
		ck_assert_int_eq(fs_lookup(client, FS_ROOT, (const char *)buffer + at + sizeof(entry),
		                           entry.name_length, &attributes),
		                 0);
		ck_assert_uint_eq(attributes.node, entry.node);
		at += (uint32_t)sizeof(entry) + ((entry.name_length + 7) & ~7u);
	}
	ck_assert_uint_gt(found, 2);
	client_close(client);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void anything_work(struct runtime *runtime)
{
	uint64_t messages = number_from("FUSE_FUZZ_MESSAGES", MESSAGES);

	random_state = number_from("FUSE_FUZZ_SEED", 20);
	answers = calloc(messages + 2, 1);
	ck_assert_ptr_nonnull(answers);
	begin(runtime);
	for (uint32_t at = 0; at < NODES; at++)
		nodes[at] = FUSE_ROOT_ID;
	for (uint64_t count = 0; count < messages; count++) {
		send_any();
		if (below(3) == 0) {
			forget_flush(bridge);
			yield();
		}
	}
	yield();
	yield();
	for (uint64_t at = 1; at <= unique; at++)
		ck_assert_msg(answers[at] == 1, "message %u was answered %u times", (unsigned)at, answers[at]);
	ck_assert_uint_gt(good, messages / 10);
	end();
	free(answers);
	look_through(runtime);
}

START_TEST(anything)
{
	harbour_work(HARBOUR_BRIDGE, anything_work);
}
END_TEST

static void boot(void)
{
	harbour_boot(HARBOUR_VFS_MOUNTS);
}

int main(void)
{
	Suite *suite = suite_create("handlers");
	TCase *cases = tcase_create("handlers");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, boot, harbour_end);
	tcase_add_test(cases, anything);
	tcase_set_timeout(cases, 0);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

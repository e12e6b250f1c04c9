/* Streams of protocol `socket`: talking, waiting, ends, and what is refused. */
#include <string.h>

#include "harbour_stream.h"

#define TOTAL 10000000u
#define CHUNK 12000u

/* ---- a conversation ----------------------------------------------------------------- */

static void body_conversation(struct runtime *runtime)
{
	struct socket_name_results name;
	struct socket_peer_results peer;
	uint32_t sent, length;
	char bytes[8];

	connected(runtime);
	ck_assert_int_eq(socket_name(client, near, &name), 0);
	ck_assert_int_eq(socket_peer(client, far, &peer), 0);
	ck_assert_uint_eq(name.port, peer.port);
	ck_assert_uint_eq(peer.address_high, SELF);
	ck_assert_int_eq(socket_peer(client, near, &peer), 0);
	ck_assert_uint_eq(peer.port, PORT);
	ck_assert_int_eq(socket_peer(client, listener, &peer), POSIX_ENOTCONN);
	says(near, "who is there?");
	hears(far, "who is there?");
	says(far, "nobody");
	/* Looked at, it stays. */
	while (receive(near, bytes, sizeof(bytes), SOCKET_RECV_PEEK | SOCKET_AT_ONCE, &length) ==
	       POSIX_EAGAIN)
		continue;
	ck_assert_uint_eq(length, 6);
	hears(near, "nobody");
	ck_assert_int_eq(receive(near, bytes, sizeof(bytes), SOCKET_AT_ONCE, &length), POSIX_EAGAIN);
	/* One direction ends, the other goes on. */
	ck_assert_int_eq(socket_shutdown(client, near, SOCKET_SHUTDOWN_WRITE), 0);
	ck_assert_int_eq(send_bytes(near, "x", 1, 0, &sent), POSIX_EPIPE);
	hears_the_end(far);
	says(far, "still here");
	hears(near, "still here");
	ck_assert_int_eq(socket_close(client, far), 0);
	hears_the_end(near);
	ck_assert_int_eq(socket_close(client, near), 0);
}

START_TEST(a_conversation)
{
	run(body_conversation);
	dock_end();
}
END_TEST

/* ---- much data ------------------------------------------------------------------------ */

static uint8_t byte_at(uint64_t position)
{
	return (uint8_t)((position * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static void write_all(void *argument)
{
	uint32_t socket = *(uint32_t *)argument, done = 0;
	static uint8_t bytes[2][CHUNK];
	uint8_t *mine = bytes[socket == near];

	while (done < TOTAL) {
		uint32_t size = TOTAL - done < CHUNK ? TOTAL - done : CHUNK, sent;

		for (uint32_t i = 0; i < size; i++)
			mine[i] = byte_at(done + i + socket);
		ck_assert_int_eq(send_bytes(socket, mine, size, SOCKET_SEND_MORE, &sent), 0);
		ck_assert_uint_gt(sent, 0);
		done += sent;
	}
	ck_assert_int_eq(socket_shutdown(client, socket, SOCKET_SHUTDOWN_WRITE), 0);
}

static void read_all(uint32_t socket, uint32_t from)
{
	static uint8_t bytes[2][CHUNK];
	uint8_t *mine = bytes[socket == near];
	uint32_t done = 0, length;

	for (;;) {
		ck_assert_int_eq(receive(socket, mine, CHUNK, 0, &length), 0);
		if (length == 0)
			break;
		for (uint32_t i = 0; i < length; i++) {
			if (mine[i] != byte_at(done + i + from))
				ck_abort_msg("byte %u is another", done + i);
		}
		done += length;
	}
	ck_assert_uint_eq(done, TOTAL);
}

static bool read_far;

static void reader(void *argument)
{
	(void)argument;
	read_all(far, near);
	read_far = true;
}

static void body_much(struct runtime *runtime)
{
	struct socket_information information;
	struct socket_information_results results;

	read_far = false;
	connected(runtime);
	ck_assert_int_eq(fiber_start(runtime, write_all, &near), E_OK);
	ck_assert_int_eq(fiber_start(runtime, write_all, &far), E_OK);
	ck_assert_int_eq(fiber_start(runtime, reader, NULL), E_OK);
	read_all(near, far);
	ck_assert_int_eq(socket_information(client, near, &information, sizeof(information), &results), 0);
	ck_assert_uint_eq(results.information_length, sizeof(information));
	ck_assert_uint_eq(information.bytes_received, TOTAL);
	ck_assert_int_eq(socket_information(client, near, &information, 8, &results), POSIX_EINVAL);
}

START_TEST(much_data_both_ways)
{
	run(body_much);
	ck_assert(read_far);
	dock_end();
}
END_TEST

/* ---- waiting --------------------------------------------------------------------------- */

static struct call call;
static int32_t status_of_call;
static uint32_t value_of_call;
static char bytes_of_call[16];

static void accept_done(struct call *done, void *context)
{
	struct socket_accept_results results = {0};

	(void)context;
	status_of_call = socket_accept_finish(done, &results);
	value_of_call = results.accepted;
}

static void recv_done(struct call *done, void *context)
{
	struct socket_recv_results results = {0};

	(void)context;
	status_of_call = socket_recv_finish(done, &results, bytes_of_call);
	value_of_call = results.data_length;
}

static void send_done(struct call *done, void *context)
{
	struct socket_send_results results = {0};

	(void)context;
	status_of_call = socket_send_finish(done, &results);
	value_of_call = results.sent;
}

static void begin_accept(void)
{
	status_of_call = -1000;
	ck_assert_int_eq(socket_accept_prepare(&call, client, listener, 0), 0);
	call_submit(&call, accept_done, NULL);
}

static void begin_recv(uint32_t socket)
{
	status_of_call = -1000;
	ck_assert_int_eq(socket_recv_prepare(&call, client, socket, 0, sizeof(bytes_of_call)), 0);
	call_submit(&call, recv_done, NULL);
}

static void body_late(struct runtime *runtime)
{
	static char bytes[CHUNK];
	uint32_t length, total;

	listens(runtime);
	begin_accept();
	near = create();
	ck_assert_int_eq(connect_to(near, PORT, 0), 0);
	fiber_sleep(runtime, runtime_time(runtime) + 100 * MILLISECOND);
	ck_assert_int_eq(status_of_call, 0);
	far = value_of_call;
	begin_recv(far);
	says(near, "late");
	fiber_sleep(runtime, runtime_time(runtime) + 100 * MILLISECOND);
	ck_assert_int_eq(status_of_call, 0);
	ck_assert_uint_eq(value_of_call, 4);
	ck_assert_mem_eq(bytes_of_call, "late", 4);
	/* Who sends waits for room. */
	total = fill(near);
	ck_assert_int_eq(socket_send_prepare(&call, client, near, SOCKET_FAMILY_NONE, 0, 0, 0, 0, "more", 4),
	                 0);
	status_of_call = -1000;
	call_submit(&call, send_done, NULL);
	while (total > 0) {
		ck_assert_int_eq(receive(far, bytes, sizeof(bytes), 0, &length), 0);
		total = length < total ? total - length : 0;
	}
	fiber_sleep(runtime, runtime_time(runtime) + SECOND);
	ck_assert_int_eq(status_of_call, 0);
	ck_assert_uint_eq(value_of_call, 4);
}

START_TEST(who_waits_is_woken)
{
	run(body_late);
	dock_end();
}
END_TEST

static void body_cancel(struct runtime *runtime)
{
	connected(runtime);
	for (int i = 0; i < 3; i++) {
		if (i == 0) {
			begin_accept();
		} else if (i == 1) {
			begin_recv(far);
		} else {
			fill(near);
			ck_assert_int_eq(socket_send_prepare(&call, client, near, SOCKET_FAMILY_NONE, 0, 0, 0,
			                                     0, "x", 1),
			                 0);
			status_of_call = -1000;
			call_submit(&call, send_done, NULL);
		}
		fiber_sleep(runtime, runtime_time(runtime) + SECOND);
		ck_assert_int_eq(status_of_call, -1000);
		call_cancel(&call);
		fiber_sleep(runtime, runtime_time(runtime) + SECOND);
		ck_assert_int_eq(status_of_call, POSIX_ECANCELED);
	}
	/* Closed under who waits. */
	begin_accept();
	ck_assert_int_eq(socket_close(client, listener), 0);
	fiber_sleep(runtime, runtime_time(runtime) + SECOND);
	ck_assert_int_eq(status_of_call, POSIX_ECANCELED);
}

START_TEST(who_waits_can_give_up)
{
	run(body_cancel);
	dock_end();
}
END_TEST

static void body_gone(struct runtime *runtime)
{
	listens(runtime);
	begin_accept();
}

/* A process's sockets, and what it waits for, go with it. */
START_TEST(sockets_go_with_their_process)
{
	for (int i = 0; i < 3; i++) {
		if (i == 0)
			boot();
		dock_guest(DOCK_USER, body_gone);
		dock_pass(MILLISECOND);
		ck_assert(dock_guest_done());
		ck_assert_int_eq(status_of_call, -1000);
		dock_guest_end();
	}
	dock_end();
}
END_TEST

/* ---- ends ------------------------------------------------------------------------------- */

static void body_ends(struct runtime *runtime)
{
	struct socket_get_option_results option;
	uint32_t length, sent, other;
	char bytes[8];

	connected(runtime);
	/* Nobody listens. */
	other = create();
	ck_assert_int_eq(connect_to(other, PORT + 1, 0), POSIX_ECONNREFUSED);
	ck_assert_int_eq(socket_close(client, other), 0);
	other = create();
	ck_assert_int_eq(connect_to(other, PORT + 1, SOCKET_AT_ONCE), POSIX_EINPROGRESS);
	fiber_sleep(runtime, runtime_time(runtime) + SECOND);
	ck_assert_int_eq(socket_get_option(client, other, SOCKET_OPTION_ERROR, &option), 0);
	ck_assert_uint_eq(option.value, POSIX_ECONNREFUSED);
	ck_assert_int_eq(socket_get_option(client, other, SOCKET_OPTION_ERROR, &option), 0);
	ck_assert_uint_eq(option.value, 0);
	/* Closed with data that nobody has read: reset. */
	says(near, "unread");
	fiber_sleep(runtime, runtime_time(runtime) + SECOND);
	ck_assert_int_eq(socket_close(client, far), 0);
	ck_assert_int_eq(receive(near, bytes, sizeof(bytes), 0, &length), POSIX_ECONNRESET);
	ck_assert_int_eq(send_bytes(near, "x", 1, 0, &sent), POSIX_EPIPE);
	ck_assert_int_eq(socket_close(client, near), 0);
	/* Or because it was asked for. */
	ck_assert_int_eq(socket_close(client, listener), 0);
	connected(runtime);
	ck_assert_int_eq(socket_set_option(client, far, SOCKET_OPTION_RESET, 1), 0);
	ck_assert_int_eq(socket_close(client, far), 0);
	ck_assert_int_eq(receive(near, bytes, sizeof(bytes), 0, &length), POSIX_ECONNRESET);
}

START_TEST(refused_and_reset)
{
	run(body_ends);
	dock_end();
}
END_TEST

/* ---- what is wrong -------------------------------------------------------------------------- */

static void body_wrong(struct runtime *runtime)
{
	struct socket_accept_results accepted;
	struct socket_get_option_results option;
	struct socket_information_results results;
	struct socket_create_results created;
	uint32_t length, sent, other;
	char bytes[128];

	connected(runtime);
	other = create();
	ck_assert_int_eq(socket_bind(client, other, SOCKET_FAMILY_IPV4, 1, 0x08080808ull << 32, 0),
	                 POSIX_EADDRNOTAVAIL);
	ck_assert_int_eq(receive(other, bytes, 4, 0, &length), POSIX_ENOTCONN);
	ck_assert_int_eq(send_bytes(other, "x", 1, 0, &sent), POSIX_ENOTCONN);
	ck_assert_int_eq(socket_accept(client, other, 0, &accepted), POSIX_EINVAL);
	ck_assert_int_eq(socket_shutdown(client, other, SOCKET_SHUTDOWN_WRITE), POSIX_ENOTCONN);
	ck_assert_int_eq(socket_shutdown(client, near, 0), POSIX_EINVAL);
	ck_assert_int_eq(socket_accept(client, listener, SOCKET_AT_ONCE, &accepted), POSIX_EAGAIN);
	ck_assert_int_eq(socket_accept(client, listener, 1, &accepted), POSIX_EINVAL);
	ck_assert_int_eq(connect_to(near, PORT, 0), POSIX_EISCONN);
	ck_assert_int_eq(connect_to(listener, PORT, 0), POSIX_EINVAL);
	ck_assert_int_eq(connect_to(other, 0, 0), POSIX_EINVAL);
	ck_assert_int_eq(connect_to(other, PORT, 1), POSIX_EINVAL);
	ck_assert_int_eq(socket_connect(client, other, SOCKET_FAMILY_NONE, PORT, 0, 0, 0),
	                 POSIX_EAFNOSUPPORT);
	/* Nobody, everybody, and somebody whom there is no way to. */
	ck_assert_int_eq(socket_connect(client, other, SOCKET_FAMILY_IPV4, PORT, 0, 0, 0), POSIX_EINVAL);
	ck_assert_int_eq(socket_connect(client, other, SOCKET_FAMILY_IPV4, PORT, 0, 0xffffffffull << 32, 0),
	                 POSIX_ENETUNREACH);
	ck_assert_int_eq(socket_connect(client, other, SOCKET_FAMILY_IPV4, PORT, 0, 0x08080808ull << 32, 0),
	                 POSIX_ENETUNREACH);
	ck_assert_int_eq(socket_bind(client, other, SOCKET_FAMILY_NONE, PORT, 0, 0), POSIX_EADDRINUSE);
	ck_assert_int_eq(socket_set_option(client, near, SOCKET_OPTION_BROADCAST, 1), POSIX_ENOPROTOOPT);
	ck_assert_int_eq(socket_set_option(client, near, SOCKET_OPTION_NO_DELAY, 2), POSIX_EINVAL);
	ck_assert_int_eq(socket_set_option(client, near, SOCKET_OPTION_SEND_BUFFER, 1), POSIX_EINVAL);
	ck_assert_int_eq(socket_set_option(client, near, SOCKET_OPTION_NO_DELAY, 1), 0);
	ck_assert_int_eq(socket_get_option(client, near, SOCKET_OPTION_NO_DELAY, &option), 0);
	ck_assert_uint_eq(option.value, 1);
	ck_assert_int_eq(socket_create(client, SOCKET_FAMILY_IPV4, SOCKET_KIND_DATAGRAM, &created), 0);
	ck_assert_int_eq(socket_listen(client, created.socket, 1), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(socket_accept(client, created.socket, 0, &accepted), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(socket_shutdown(client, 99, 1), POSIX_EBADF);
	ck_assert_int_eq(socket_information(client, 99, bytes, sizeof(bytes), &results), POSIX_EBADF);
}

START_TEST(wrong_calls_are_refused)
{
	run(body_wrong);
	dock_end();
}
END_TEST

static void body_full(struct runtime *runtime)
{
	struct socket_accept_results accepted;
	struct socket_create_results created;
	int32_t status;

	listens(runtime);
	near = create();
	ck_assert_int_eq(connect_to(near, PORT, 0), 0);
	while ((status = socket_create(client, SOCKET_FAMILY_IPV4, SOCKET_KIND_STREAM, &created)) == 0)
		far = created.socket;
	ck_assert_int_eq(status, POSIX_EMFILE);
	ck_assert_int_eq(socket_accept(client, listener, 0, &accepted), POSIX_EMFILE);
	/* It waits until there is a place. */
	ck_assert_int_eq(socket_close(client, far), 0);
	ck_assert_int_eq(socket_accept(client, listener, 0, &accepted), 0);
	far = accepted.accepted;
	says(near, "in");
	hears(far, "in");
}

START_TEST(no_place_loses_no_connection)
{
	run(body_full);
	dock_end();
}
END_TEST

static void body_status(struct runtime *runtime)
{
	struct socket_entry entries[8];
	struct socket_sockets_results sockets;
	unsigned listening = 0, established = 0;

	connected(runtime);
	ck_assert_int_eq(socket_sockets(client, entries, sizeof(entries), &sockets), 0);
	ck_assert_uint_eq(sockets.entries_length, 3 * sizeof(entries[0]));
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(entries[i].kind, SOCKET_KIND_STREAM);
		listening += entries[i].state == SOCKET_STATE_LISTEN && entries[i].local_port == PORT;
		established +=
			entries[i].state == SOCKET_STATE_ESTABLISHED && entries[i].remote_high == SELF;
	}
	ck_assert_uint_eq(listening, 1);
	ck_assert_uint_eq(established, 2);
}

START_TEST(what_there_is_can_be_seen)
{
	run(body_status);
	dock_end();
}
END_TEST

static void body_no_random(struct runtime *runtime)
{
	struct socket_create_results created;

	client = dock_open(runtime, "victim", &socket_protocol);
	ck_assert_int_eq(socket_create(client, SOCKET_FAMILY_IPV4, SOCKET_KIND_STREAM, &created),
	                 POSIX_EPROTONOSUPPORT);
	ck_assert_int_eq(socket_create(client, SOCKET_FAMILY_IPV4, SOCKET_KIND_DATAGRAM, &created), 0);
}

START_TEST(no_streams_without_randomness)
{
	dock_prepare();
	dock_random = false;
	dock_boot_with(&netstack_server);
	ck_assert_uint_eq(dock_printed("[net] No TCP: this machine has no source of randomness"), 1);
	dock_guest(DOCK_USER, body_no_random);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

UNIT_RUN("stream", a_conversation, much_data_both_ways, who_waits_is_woken, who_waits_can_give_up,
         sockets_go_with_their_process, refused_and_reset, wrong_calls_are_refused,
         no_place_loses_no_connection, what_there_is_can_be_seen, no_streams_without_randomness)

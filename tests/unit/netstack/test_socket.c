/* Protocol `socket`: the netstack server in a basin, with loopback alone, and a guest that uses it. */
#include "../unit.h"

#include <string.h>

#include <drydock/dev/net.h>
#include <drydock/posix.h>
#include <drydock/proto/socket.h>

#include "tests/unit/init/dock.h"

#define SELF (0x7f000001ull << 32)
#define PORT 7000u

extern const struct server_definition netstack_server;

static struct client *client;
static struct call waiting;
static struct socket_recv_results received;
static char received_bytes[32];
static int32_t waiting_status;

/* There is no card here. */
struct net_card *net_open(struct runtime *runtime, uint32_t index, uint32_t offloads, int32_t *status)
{
	(void)runtime;
	(void)index;
	(void)offloads;
	*status = POSIX_ENOENT;
	return NULL;
}

void net_close(struct net_card *card)
{
	(void)card;
	ck_abort();
}

static void run(void (*body)(struct runtime *runtime))
{
	dock_prepare();
	dock_boot_with(&netstack_server);
	ck_assert_uint_eq(dock_printed("[net] No network card: loopback only"), 1);
	ck_assert_uint_eq(dock_printed("[net] Ready for network operations"), 1);
	dock_guest(DOCK_USER, body);
	dock_pass(MILLISECOND);
	ck_assert(dock_guest_done());
}

static uint32_t create(uint32_t kind)
{
	struct socket_create_results results;

	ck_assert_int_eq(socket_create(client, SOCKET_FAMILY_IPV4, kind, &results), 0);
	return results.socket;
}

static int32_t send_to(uint32_t socket, uint32_t family, uint32_t port, uint64_t address, const void *bytes,
                       uint32_t length)
{
	struct socket_send_results results;
	int32_t status = socket_send(client, socket, family, port, 0, address, 0, bytes, length, &results);

	if (status == 0)
		ck_assert_uint_eq(results.sent, length);
	return status;
}

/* A socket of UDP at PORT. */
static uint32_t bound(struct runtime *runtime)
{
	uint32_t socket;

	client = dock_open(runtime, "victim", &socket_protocol);
	socket = create(SOCKET_KIND_DATAGRAM);
	ck_assert_int_eq(socket_bind(client, socket, SOCKET_FAMILY_NONE, PORT, 0, 0), 0);
	return socket;
}

static void body_datagrams(struct runtime *runtime)
{
	uint32_t server = bound(runtime), other = create(SOCKET_KIND_DATAGRAM);
	struct socket_name_results name;
	struct socket_recv_results results;
	char bytes[16];

	ck_assert_int_eq(socket_bind(client, other, SOCKET_FAMILY_NONE, PORT, 0, 0), POSIX_EADDRINUSE);
	ck_assert_int_eq(socket_connect(client, other, SOCKET_FAMILY_IPV4, PORT, 0, SELF, 0), 0);
	ck_assert_int_eq(socket_name(client, other, &name), 0);
	ck_assert_uint_ge(name.port, 49152);
	ck_assert_int_eq(send_to(other, SOCKET_FAMILY_NONE, 0, 0, "hello", 5), 0);
	ck_assert_int_eq(socket_recv(client, server, 0, bytes, 3, &results), 0);
	ck_assert_uint_eq(results.whole, 5);
	ck_assert_uint_eq(results.data_length, 3);
	ck_assert_int_eq(memcmp(bytes, "hel", 3), 0);
	ck_assert_uint_eq(results.port, name.port);
	ck_assert_uint_eq(results.family, SOCKET_FAMILY_IPV4);
	ck_assert_uint_eq(results.address_high, SELF);
	ck_assert_int_eq(socket_recv(client, server, SOCKET_AT_ONCE, bytes, 3, &results), POSIX_EAGAIN);
	ck_assert_int_eq(send_to(server, SOCKET_FAMILY_IPV4, name.port, SELF, "back", 4), 0);
	ck_assert_int_eq(socket_recv(client, other, 0, bytes, sizeof(bytes), &results), 0);
	ck_assert_uint_eq(results.data_length, 4);
	/* Nobody there: said to the next call. */
	ck_assert_int_eq(socket_close(client, server), 0);
	ck_assert_int_eq(send_to(other, SOCKET_FAMILY_NONE, 0, 0, "x", 1), 0);
	ck_assert_int_eq(socket_recv(client, other, 0, bytes, sizeof(bytes), &results), POSIX_ECONNREFUSED);
	ck_assert_int_eq(socket_close(client, other), 0);
}

START_TEST(datagrams_go_from_socket_to_socket)
{
	run(body_datagrams);
	dock_end();
}
END_TEST

static void recv_done(struct call *call, void *context)
{
	(void)context;
	waiting_status = socket_recv_finish(call, &received, received_bytes);
}

static void begin_waiting(uint32_t socket)
{
	waiting_status = -1000;
	ck_assert_int_eq(socket_recv_prepare(&waiting, client, socket, 0, sizeof(received_bytes)), 0);
	call_submit(&waiting, recv_done, NULL);
}

static void body_waiting(struct runtime *runtime)
{
	begin_waiting(bound(runtime));
}

static void body_late(struct runtime *runtime)
{
	uint32_t socket = bound(runtime);

	begin_waiting(socket);
	ck_assert_int_eq(send_to(socket, SOCKET_FAMILY_IPV4, PORT, SELF, "late", 4), 0);
}

static void body_close_waiting(struct runtime *runtime)
{
	uint32_t socket = bound(runtime);

	begin_waiting(socket);
	ck_assert_int_eq(socket_close(client, socket), 0);
}

START_TEST(who_waits_is_woken)
{
	run(body_late);
	ck_assert_int_eq(waiting_status, 0);
	ck_assert_uint_eq(received.data_length, 4);
	ck_assert_int_eq(memcmp(received_bytes, "late", 4), 0);
	dock_end();
}
END_TEST

START_TEST(who_waits_can_give_up_or_go_or_lose_his_socket)
{
	run(body_waiting);
	ck_assert_int_eq(waiting_status, -1000);
	call_cancel(&waiting);
	dock_pass(MILLISECOND);
	ck_assert_int_eq(waiting_status, POSIX_ECANCELED);
	/* With the guest goes its socket: the port is free for the next, who goes waiting. */
	dock_guest_end();
	dock_guest(DOCK_USER, body_waiting);
	dock_guest_end();
	dock_guest(DOCK_USER, body_close_waiting);
	dock_pass(MILLISECOND);
	ck_assert_int_eq(waiting_status, POSIX_ECANCELED);
	dock_end();
}
END_TEST

static void body_echo(struct runtime *runtime)
{
	struct socket_recv_results results;
	uint8_t bytes[3000], back[3000];
	uint32_t socket;

	memset(bytes, 0x5a, sizeof(bytes));
	client = dock_open(runtime, "victim", &socket_protocol);
	socket = create(SOCKET_KIND_ECHO);
	ck_assert_int_eq(send_to(socket, SOCKET_FAMILY_IPV4, 3, SELF, bytes, sizeof(bytes)), 0);
	ck_assert_int_eq(socket_recv(client, socket, 0, back, sizeof(back), &results), 0);
	ck_assert_uint_eq(results.port, 3);
	ck_assert_uint_eq(results.data_length, sizeof(bytes));
	ck_assert_int_eq(memcmp(bytes, back, sizeof(bytes)), 0);
}

START_TEST(an_echo_comes_back)
{
	run(body_echo);
	dock_end();
}
END_TEST

static void body_wrong(struct runtime *runtime)
{
	uint32_t socket = bound(runtime);
	struct socket_create_results created;
	struct socket_get_option_results option;
	struct socket_recv_results results;

	ck_assert_int_eq(socket_create(client, 99, SOCKET_KIND_DATAGRAM, &created), POSIX_EAFNOSUPPORT);
	ck_assert_int_eq(socket_create(client, SOCKET_FAMILY_IPV4, 5, &created), POSIX_EPROTONOSUPPORT);
	for (uint32_t bad = 0; bad != socket; bad += UINT32_MAX / 3) {
		ck_assert_int_eq(socket_bind(client, bad, SOCKET_FAMILY_NONE, 1, 0, 0), POSIX_EBADF);
		ck_assert_int_eq(socket_connect(client, bad, SOCKET_FAMILY_NONE, 1, 0, 0, 0), POSIX_EBADF);
		ck_assert_int_eq(send_to(bad, SOCKET_FAMILY_NONE, 1, 0, "", 0), POSIX_EBADF);
		ck_assert_int_eq(socket_recv(client, bad, 0, NULL, 0, &results), POSIX_EBADF);
		ck_assert_int_eq(socket_set_option(client, bad, 1, 1), POSIX_EBADF);
		ck_assert_int_eq(socket_get_option(client, bad, 1, &option), POSIX_EBADF);
		ck_assert_int_eq(socket_close(client, bad), POSIX_EBADF);
		if (bad == UINT32_MAX)
			break;
	}
	ck_assert_int_eq(socket_bind(client, socket, SOCKET_FAMILY_NONE, 1, 0, 0), POSIX_EINVAL);
	ck_assert_int_eq(socket_connect(client, socket, SOCKET_FAMILY_IPV4, 65536, 0, SELF, 0), POSIX_EINVAL);
	ck_assert_int_eq(socket_connect(client, socket, 6, 1, 0, SELF, 0), POSIX_EAFNOSUPPORT);
	ck_assert_int_eq(send_to(socket, SOCKET_FAMILY_NONE, 0, 0, "x", 1), POSIX_EDESTADDRREQ);
	ck_assert_int_eq(send_to(socket, SOCKET_FAMILY_IPV4, 1, 0x08080808ull << 32, "x", 1),
	                 POSIX_ENETUNREACH);
	ck_assert_int_eq(socket_recv(client, socket, SOCKET_RECV_PEEK, NULL, 0, &results), POSIX_EINVAL);
	ck_assert_int_eq(socket_recv(client, socket, 64, NULL, 0, &results), POSIX_EINVAL);
	ck_assert_int_eq(socket_set_option(client, socket, 77, 1), POSIX_ENOPROTOOPT);
	ck_assert_int_eq(socket_set_option(client, socket, SOCKET_OPTION_RECEIVE_BUFFER, 1), POSIX_EINVAL);
	ck_assert_int_eq(socket_set_option(client, socket, SOCKET_OPTION_RECEIVE_BUFFER, 8192), 0);
	ck_assert_int_eq(socket_get_option(client, socket, SOCKET_OPTION_RECEIVE_BUFFER, &option), 0);
	ck_assert_uint_eq(option.value, 8192);
}

START_TEST(wrong_calls_are_refused)
{
	run(body_wrong);
	dock_end();
}
END_TEST

static void body_many(struct runtime *runtime)
{
	struct socket_create_results created;
	uint32_t count = 0;
	int32_t status;

	client = dock_open(runtime, "victim", &socket_protocol);
	while ((status = socket_create(client, SOCKET_FAMILY_IPV4, SOCKET_KIND_DATAGRAM, &created)) == 0)
		count++;
	ck_assert_int_eq(status, POSIX_EMFILE);
	ck_assert_uint_eq(count, 1024);
}

START_TEST(sockets_of_one_connection_are_bounded)
{
	run(body_many);
	dock_end();
}
END_TEST

static void body_status(struct runtime *runtime)
{
	struct socket_interface interface;
	struct socket_interfaces_results interfaces;
	struct socket_entry entry;
	struct socket_sockets_results sockets;
	struct socket_drops_results drops;
	uint32_t socket = bound(runtime);
	char text[256];

	ck_assert_int_eq(send_to(socket, SOCKET_FAMILY_IPV4, 9, SELF, "x", 1), 0);
	ck_assert_int_eq(socket_interfaces(client, &interface, sizeof(interface), &interfaces), 0);
	ck_assert_uint_eq(interfaces.entries_length, sizeof(interface));
	ck_assert_uint_eq(interface.address, 0x7f000001);
	ck_assert_uint_eq(interface.name_length, 2);
	ck_assert_int_eq(memcmp(&interface.name_first, "lo", 2), 0);
	/* The datagram, and the error that quotes it. */
	ck_assert_uint_eq(interface.transmitted_bytes, (14 + 20 + 8 + 1) + (14 + 20 + 8 + 20 + 8 + 1));
	ck_assert_int_eq(socket_sockets(client, &entry, sizeof(entry), &sockets), 0);
	ck_assert_uint_eq(sockets.entries_length, sizeof(entry));
	ck_assert_uint_eq(entry.local_port, PORT);
	ck_assert_uint_eq(entry.kind, SOCKET_KIND_DATAGRAM);
	ck_assert_int_eq(socket_drops(client, text, sizeof(text), &drops), 0);
	ck_assert_uint_lt(drops.text_length, sizeof(text));
	text[drops.text_length] = '\0';
	ck_assert_str_eq(text, "1 udp: nobody has the port\n");
	/* No room for any. */
	ck_assert_int_eq(socket_drops(client, text, 5, &drops), 0);
	ck_assert_uint_eq(drops.text_length, 0);
}

START_TEST(what_there_is_can_be_seen)
{
	run(body_status);
	dock_end();
}
END_TEST

UNIT_RUN("socket", datagrams_go_from_socket_to_socket, who_waits_is_woken,
         who_waits_can_give_up_or_go_or_lose_his_socket, an_echo_comes_back, wrong_calls_are_refused,
         sockets_of_one_connection_are_bounded, what_there_is_can_be_seen)

/* Sockets for programs (drydock/network.h), over the server in a basin. */
#include "harbour_stream.h"

#include <string.h>

#include <drydock/abi/manifest.h>
#include <drydock/network.h>

static struct network *network;

static void boot_netstack(void)
{
	dock_prepare();
	strcpy(dock_manifest.services[DOCK_VICTIM].name, "netstack");
	dock_boot_with(&netstack_server);
}

static void run_program(void (*body)(struct runtime *runtime))
{
	boot_netstack();
	dock_guest(DOCK_USER, body);
	dock_pass(60 * SECOND);
	ck_assert(dock_guest_done());
	dock_end();
}

static void opened(struct runtime *runtime, const struct network_options *options)
{
	int error;

	network = network_open(runtime, options, &error);
	ck_assert_ptr_nonnull(network);
	ck_assert_int_eq(error, 0);
}

static const struct network_address here = {.address = 0x7f000001, .port = 80},
                                    anywhere = {.port = 80};

/* A listener, and both ends of a connection to it. */
static int pair(int ends[2])
{
	struct network_address from = {.port = 0}, name;
	int waiting = network_socket(network, NETWORK_STREAM);

	ck_assert_int_gt(waiting, 0);
	ck_assert_int_eq(network_bind(network, waiting, &anywhere), 0);
	ck_assert_int_eq(network_listen(network, waiting, 4), 0);
	ends[0] = network_socket(network, NETWORK_STREAM);
	ck_assert_int_eq(network_connect(network, ends[0], &here, 0), 0);
	ends[1] = network_accept(network, waiting, &from, 0);
	ck_assert_int_gt(ends[1], 0);
	ck_assert_int_eq(network_name(network, ends[0], &name), 0);
	ck_assert_uint_eq(from.port, name.port);
	ck_assert_uint_eq(from.address, 0x7f000001);
	ck_assert_int_eq(network_peer(network, ends[0], &name), 0);
	ck_assert_uint_eq(name.port, 80);
	return waiting;
}

/* What goes in several calls, because a call moves less, arrives as one stream. */
static void body_stream(struct runtime *runtime)
{
	static uint8_t sent[100000], received[100000];
	const struct network_options options = {.depth = 4, .area = 4 * 4096};
	int ends[2], count;
	uint32_t value, at = 0;

	opened(runtime, &options);
	pair(ends);
	for (uint32_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 7 + i / 251);
	ck_assert_int_eq(network_set_option(network, ends[0], SOCKET_OPTION_SEND_BUFFER, 1 << 20), 0);
	ck_assert_int_eq(network_get_option(network, ends[0], SOCKET_OPTION_SEND_BUFFER, &value), 0);
	ck_assert_uint_eq(value, 1 << 20);
	ck_assert_int_eq(network_send(network, ends[0], sent, sizeof(sent), 0), sizeof(sent));
	ck_assert_int_eq(network_shutdown(network, ends[0], SOCKET_SHUTDOWN_WRITE), 0);
	while ((count = network_receive(network, ends[1], received + at, sizeof(received) - at, 0, NULL)) > 0)
		at += (uint32_t)count;
	ck_assert_int_eq(count, 0);
	ck_assert_uint_eq(at, sizeof(sent));
	ck_assert_mem_eq(received, sent, sizeof(sent));
	ck_assert_int_eq(network_receive(network, ends[0], received, 1, NETWORK_AT_ONCE, NULL),
	                 -POSIX_EAGAIN);
	ck_assert_int_eq(network_close_socket(network, ends[0]), 0);
	ck_assert_int_eq(network_close_socket(network, ends[0]), -POSIX_EBADF);
	network_close(network);
}

START_TEST(a_stream)
{
	run_program(body_stream);
}
END_TEST

static void body_datagrams(struct runtime *runtime)
{
	struct network_address from;
	int socket, other;
	char bytes[8];

	opened(runtime, NULL);
	socket = network_socket(network, NETWORK_DATAGRAM);
	other = network_socket(network, NETWORK_DATAGRAM);
	ck_assert_int_eq(network_bind(network, socket, &anywhere), 0);
	ck_assert_int_eq(network_bind(network, other, &anywhere), -POSIX_EADDRINUSE);
	ck_assert_int_eq(network_send_to(network, other, "to all", 6, &here), 6);
	ck_assert_int_eq(network_receive(network, socket, bytes, sizeof(bytes), 0, &from), 6);
	ck_assert_mem_eq(bytes, "to all", 6);
	ck_assert_int_eq(network_connect(network, socket, &from, 0), 0);
	ck_assert_int_eq(network_send(network, socket, "back", 4, 0), 4);
	ck_assert_int_eq(network_receive(network, other, bytes, sizeof(bytes), 0, NULL), 4);
	network_close(network);
}

START_TEST(datagrams)
{
	run_program(body_datagrams);
}
END_TEST

/* Both families, by loopback: the socket says which one a peer has. */
static void body_families(struct runtime *runtime)
{
	struct network_address self = {.port = 80, .family = SOCKET_FAMILY_IPV6, .ipv6 = {[15] = 1}}, from;
	const struct network_address group = {.family = SOCKET_FAMILY_IPV6, .ipv6 = {0xff, 0x15, [15] = 0x77}};
	struct network_address mapped = self;
	int both, only, other, accepted;
	uint32_t value;

	opened(runtime, NULL);
	both = network_socket(network, NETWORK_STREAM);
	only = network_socket(network, NETWORK_STREAM);
	other = network_socket(network, NETWORK_STREAM);
	ck_assert_int_eq(network_bind(network, both, &anywhere), 0);
	ck_assert_int_eq(network_listen(network, both, 4), 0);
	ck_assert_int_eq(network_connect(network, other, &self, 0), 0);
	accepted = network_accept(network, both, &from, 0);
	ck_assert_int_gt(accepted, 0);
	ck_assert(from.family == SOCKET_FAMILY_IPV6 && memcmp(from.ipv6, self.ipv6, 16) == 0);
	ck_assert_int_eq(network_set_option(network, both, SOCKET_OPTION_IPV6_ONLY, 1), -POSIX_EINVAL);
	/* Of IPv6 alone: IPv4's port of that number is nobody's. */
	self.port = 81;
	ck_assert_int_eq(network_set_option(network, only, SOCKET_OPTION_IPV6_ONLY, 1), 0);
	ck_assert_int_eq(network_get_option(network, only, SOCKET_OPTION_IPV6_ONLY, &value), 0);
	ck_assert_uint_eq(value, 1);
	ck_assert_int_eq(network_bind(network, only, &(struct network_address){.port = 81}), 0);
	ck_assert_int_eq(network_listen(network, only, 4), 0);
	other = network_socket(network, NETWORK_STREAM);
	ck_assert_int_eq(network_connect(network, other, &(struct network_address){.address = 0x7f000001, .port = 81}, 0),
	                 -POSIX_ECONNREFUSED);
	other = network_socket(network, NETWORK_STREAM);
	ck_assert_int_eq(network_connect(network, other, &self, 0), 0);
	/* What stands for an address of IPv4 is refused; groups need a card. */
	mapped = (struct network_address){.port = 80, .family = SOCKET_FAMILY_IPV6,
	                                  .ipv6 = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
	other = network_socket(network, NETWORK_DATAGRAM);
	ck_assert_int_eq(network_connect(network, other, &mapped, 0), -POSIX_EINVAL);
	ck_assert_int_eq(network_join(network, other, &self), -POSIX_EINVAL);
	ck_assert_int_eq(network_join(network, other, &group), -POSIX_ENETUNREACH);
	ck_assert_int_eq(network_leave(network, other, &group), -POSIX_EADDRNOTAVAIL);
	ck_assert_int_eq(network_join(network, accepted, &group), -POSIX_EOPNOTSUPP);
	/* This program is not granted them. */
	ck_assert_int_eq(network_socket(network, NETWORK_RAW), -POSIX_EPERM);
	network_close(network);
}

START_TEST(families)
{
	run_program(body_families);
}
END_TEST

/* One that may control the stack has raw sockets; the packets go round by loopback, without IP's headers. */
static void body_raw(struct runtime *runtime)
{
	const struct network_address self = {.port = 253, .family = SOCKET_FAMILY_IPV6, .ipv6 = {[15] = 1}};
	struct network_address from;
	char bytes[8];
	int socket;

	opened(runtime, NULL);
	socket = network_socket(network, NETWORK_RAW);
	ck_assert_int_gt(socket, 0);
	ck_assert_int_eq(network_bind(network, socket, &(struct network_address){.port = 253}), 0);
	ck_assert_int_eq(network_send_to(network, socket, "raw", 3, &self), 3);
	ck_assert_int_eq(network_receive(network, socket, bytes, sizeof(bytes), 0, &from), 3);
	ck_assert(memcmp(bytes, "raw", 3) == 0 && from.family == SOCKET_FAMILY_IPV6);
	network_close(network);
}

START_TEST(raw_sockets_are_for_those_granted)
{
	struct manifest_role *admin;

	dock_prepare();
	admin = &dock_manifest.roles[DOCK_ADMIN];
	for (uint32_t i = 0; i < admin->call_count; i++) {
		if (admin->calls[i].service == DOCK_VICTIM)
			admin->calls[i].flags |= CALL_CONTROL;
	}
	strcpy(dock_manifest.services[DOCK_VICTIM].name, "netstack");
	dock_boot_with(&netstack_server);
	dock_guest(DOCK_ADMIN, body_raw);
	dock_pass(60 * SECOND);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

static void body_poll(struct runtime *runtime)
{
	struct network_poll sockets[4];
	int ends[2], waiting;

	opened(runtime, NULL);
	waiting = pair(ends);
	sockets[0] = (struct network_poll){.socket = waiting, .wanted = SOCKET_POLL_READABLE};
	sockets[1] = (struct network_poll){.socket = ends[0], .wanted = SOCKET_POLL_WRITABLE};
	sockets[2] = (struct network_poll){.socket = ends[1], .wanted = SOCKET_POLL_READABLE};
	sockets[3] = (struct network_poll){.socket = -1, .wanted = SOCKET_POLL_READABLE};
	ck_assert_int_eq(network_poll(network, sockets, 4, 0), 2);
	ck_assert_uint_eq(sockets[0].ready, 0);
	ck_assert_uint_eq(sockets[1].ready, SOCKET_POLL_WRITABLE);
	ck_assert_uint_eq(sockets[2].ready, 0);
	ck_assert_uint_eq(sockets[3].ready, SOCKET_POLL_BAD);
	sockets[1].wanted = 0;
	ck_assert_int_eq(network_poll(network, sockets, 3, SECOND), 0);
	ck_assert_int_eq(network_send(network, ends[0], "x", 1, 0), 1);
	ck_assert_int_eq(network_poll(network, sockets, 3, UINT64_MAX), 1);
	ck_assert_uint_eq(sockets[2].ready, SOCKET_POLL_READABLE);
	/* The same twice is told twice. */
	sockets[1] = sockets[2];
	ck_assert_int_eq(network_poll(network, sockets, 3, UINT64_MAX), 2);
	ck_assert_uint_eq(sockets[1].ready & sockets[2].ready, SOCKET_POLL_READABLE);
	ck_assert_int_eq(network_poll(network, sockets, 1025, 0), -POSIX_EINVAL);
	network_close(network);
}

START_TEST(polling)
{
	run_program(body_poll);
}
END_TEST

static void body_not_granted(struct runtime *runtime)
{
	int error;

	ck_assert_ptr_null(network_open(runtime, NULL, &error));
	ck_assert_int_eq(error, -POSIX_ENOENT);
}

START_TEST(not_granted)
{
	boot();
	dock_guest(DOCK_USER, body_not_granted);
	dock_pass(SECOND);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

START_TEST(text)
{
	static const char *const wrong[] = {
		"",         "1",         "1.2.3",    "1.2.3.",        "1.2.3.256",         "1.2.3.4.5",
		"1.2.3.4:", "1.2.3.4:x", " 1.2.3.4", "1.2.3.4:65536", "99999999999.1.1.1", "-1.2.3.4",
		":",        ":::",       "1::2::3",  "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
		"12345::",  "::g",       "[::1",     "::1]",          "[::1]80",           "::1.2.3",
		"1:",       ":1",        "::1%lo",   "[::1]:65536",   "1:2:3:4:5:6:7:1.2.3.4"};
	/* RFC 5952, section 4, and RFC 4291, section 2.2. */
	static const char *const right[][2] = {
		{"::", "::"},
		{"::1", "::1"},
		{"2001:0DB8::0001", "2001:db8::1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"fe80::", "fe80::"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{"::ffff:192.0.2.1", "::ffff:c000:201"},
	};
	struct network_address address = {.address = 7, .port = 7};
	char written[NETWORK_ADDRESS_TEXT];

	ck_assert(network_address_read("10.77.0.2", &address));
	ck_assert_uint_eq(address.address, 0x0a4d0002);
	ck_assert_uint_eq(address.port, 7);
	ck_assert(network_address_read("255.255.255.255:65535", &address));
	ck_assert_uint_eq(address.port, 65535);
	network_address_write(&address, written);
	ck_assert_str_eq(written, "255.255.255.255:65535");
	ck_assert(network_address_read("[fd77::2]:80", &address));
	ck_assert_uint_eq(address.family, SOCKET_FAMILY_IPV6);
	network_address_write(&address, written);
	ck_assert_str_eq(written, "[fd77::2]:80");
	for (unsigned i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		ck_assert_msg(network_address_read(right[i][0], &address), "%s", right[i][0]);
		network_host_write(&address, written);
		ck_assert_str_eq(written, right[i][1]);
	}
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!network_address_read(wrong[i], &address), "%s", wrong[i]);
	ck_assert_str_eq(network_error(-POSIX_ECONNREFUSED), "connection refused");
	ck_assert_ptr_nonnull(network_error(-12345));
}
END_TEST

UNIT_RUN("network", a_stream, datagrams, families, raw_sockets_are_for_those_granted, polling, not_granted, text)

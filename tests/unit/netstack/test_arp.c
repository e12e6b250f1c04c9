/* ARP (servers/netstack/arp.c); the frames were made by scapy. */
#include "../unit.h"

#include "harbour_wire.h"

#define REQUEST      "ffffffffffff020000000002080600010800060400010200000000020a4d00010000000000000a4d0002"
#define REPLY        "020000000002020000000001080600010800060400020200000000010a4d00020200000000020a4d0001"
#define QUESTION     "ffffffffffff020000000001080600010800060400010200000000010a4d00020000000000000a4d0001"
#define QUESTION_ONE "020000000002020000000001080600010800060400010200000000010a4d00020000000000000a4d0001"
#define ANSWER       "020000000001020000000002080600010800060400020200000000020a4d00010200000000010a4d0002"
#define OURS         "ffffffffffff020000000001080600010800060400010200000000010a4d00020000000000000a4d0002"
#define CONFLICT     "ffffffffffff020000000002080600010800060400010200000000020a4d00020000000000000a4d0009"
#define PROBE        "ffffffffffff02000000000208060001080006040001020000000002000000000000000000000a4d0002"
#define PROBE_REPLY  "020000000002020000000001080600010800060400020200000000010a4d000202000000000200000000"
#define DATAGRAM     "02000000000202000000000108004500002100000000401166300a4d00020a4d00011b581388000d6e7b776f726c64"

static struct wire wire;

static void send_datagram(struct datagram_socket *socket)
{
	const struct endpoint local = {.port = 7000}, to = {net_address_ipv4(WIRE_PEER), 5000};
	const struct ip_piece piece = {"world", 5};

	/* Its number is the one of the literal frame. */
	wire.stack.identification = 0;
	if (socket->local.port == 0)
		ck_assert_int_eq(datagram_bind(socket, &local), 0);
	ck_assert_int_eq(datagram_send(socket, &to, &piece, 1), 0);
	wire_run(&wire);
}

START_TEST(a_request_is_answered_and_its_sender_known)
{
	struct datagram_socket socket;

	wire_create(&wire, NULL);
	datagram_open(&wire.stack, DATAGRAM_UDP, &socket);
	wire_send(&wire, REQUEST);
	wire_expect(&wire, REPLY);
	/* Known, but not for certain: it is used, and asked if it is not heard of for five seconds. */
	send_datagram(&socket);
	wire_expect(&wire, DATAGRAM);
	wire_pass(&wire, 5 * NETSTACK_SECOND - 1);
	wire_expect_nothing(&wire);
	wire_pass(&wire, 1);
	wire_expect(&wire, QUESTION_ONE);
	datagram_close(&socket);
	wire_destroy(&wire);
}
END_TEST

START_TEST(a_probe_is_answered_and_nobody_known)
{
	wire_create(&wire, NULL);
	wire_send(&wire, PROBE);
	wire_expect(&wire, PROBE_REPLY);
	wire_destroy(&wire);
}
END_TEST

START_TEST(what_is_sent_waits_for_the_answer)
{
	struct datagram_socket socket;

	wire_create(&wire, NULL);
	datagram_open(&wire.stack, DATAGRAM_UDP, &socket);
	send_datagram(&socket);
	wire_expect(&wire, QUESTION);
	wire_expect_nothing(&wire);
	wire_pass(&wire, NETSTACK_SECOND);
	wire_expect(&wire, QUESTION);
	wire_send(&wire, ANSWER);
	wire_expect(&wire, DATAGRAM);
	wire_expect_nothing(&wire);
	/* For thirty seconds nobody is asked; then once, and the old answer serves meanwhile. */
	wire_pass(&wire, 29 * NETSTACK_SECOND);
	send_datagram(&socket);
	wire_expect(&wire, DATAGRAM);
	wire_pass(&wire, 2 * NETSTACK_SECOND);
	wire_expect_nothing(&wire);
	send_datagram(&socket);
	wire_expect(&wire, DATAGRAM);
	wire_pass(&wire, 5 * NETSTACK_SECOND);
	wire_expect(&wire, QUESTION_ONE);
	wire_send(&wire, ANSWER);
	wire_pass(&wire, 5 * NETSTACK_SECOND);
	wire_expect_nothing(&wire);
	datagram_close(&socket);
	wire_destroy(&wire);
}
END_TEST

START_TEST(who_never_answers_is_unreachable)
{
	const struct endpoint to = {net_address_ipv4(WIRE_PEER), 5000};
	struct datagram_socket socket;
	struct endpoint from;
	uint32_t length;

	wire_create(&wire, NULL);
	datagram_open(&wire.stack, DATAGRAM_UDP, &socket);
	ck_assert_int_eq(datagram_connect(&socket, &to), 0);
	ck_assert_int_eq(datagram_send(&socket, NULL, NULL, 0), 0);
	wire_run(&wire);
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	for (int i = 0; i < 3; i++)
		wire_expect(&wire, QUESTION);
	wire_expect_nothing(&wire);
	ck_assert_int_eq(datagram_receive(&socket, NULL, 0, false, &length, &from), POSIX_EHOSTUNREACH);
	ck_assert_int_eq(datagram_receive(&socket, NULL, 0, false, &length, &from), POSIX_EAGAIN);
	ck_assert_uint_eq(wire.stack.drops[DROP_NEIGHBOUR_UNANSWERED], 1);
	ck_assert_uint_eq(wire.interface->free_pages, OUTPUT_PAGES);
	datagram_close(&socket);
	wire_destroy(&wire);
}
END_TEST

START_TEST(what_waits_is_bounded)
{
	const struct endpoint to = {net_address_ipv4(WIRE_PEER), 5000};
	struct datagram_socket socket;

	wire_create(&wire, NULL);
	datagram_open(&wire.stack, DATAGRAM_UDP, &socket);
	for (uint32_t i = 0; i < NEIGHBOUR_WAITING + 5; i++)
		ck_assert_int_eq(datagram_send(&socket, &to, NULL, 0), 0);
	ck_assert_uint_eq(wire.interface->neighbours.waiting, NEIGHBOUR_WAITING);
	ck_assert_uint_eq(wire.stack.drops[DROP_NEIGHBOUR_FULL], 5);
	/* Of many neighbours that do not exist: frames are left for those who do. */
	for (uint32_t i = 0; i < 500; i++) {
		const struct endpoint other = {net_address_ipv4(0x0a4d0003 + i % 250), 5000};

		ck_assert_int_eq(datagram_send(&socket, &other, NULL, 0), 0);
		wire_run(&wire);
	}
	ck_assert_uint_eq(wire.interface->neighbours.waiting, NEIGHBOUR_WAITING_ALL);
	datagram_close(&socket);
	/* Those that still wait are told off before the end. */
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	ck_assert_uint_eq(wire.interface->neighbours.waiting, 0);
	ck_assert_uint_eq(wire.interface->free_pages, OUTPUT_PAGES);
	wire_destroy(&wire);
}
END_TEST

START_TEST(an_address_is_announced_twice_and_defended_once)
{
	wire_create(&wire, NULL);
	ck_assert_int_eq(interface_set_address(wire.interface, WIRE_ADDRESS, 24), 0);
	wire_run(&wire);
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	wire_expect(&wire, OURS);
	wire_expect(&wire, OURS);
	wire_expect_nothing(&wire);
	wire_send(&wire, CONFLICT);
	wire_send(&wire, CONFLICT);
	wire_expect(&wire, OURS);
	wire_expect_nothing(&wire);
	ck_assert_uint_eq(wire.conflicts, 1);
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	wire_send(&wire, CONFLICT);
	wire_expect(&wire, OURS);
	ck_assert_uint_eq(wire.conflicts, 2);
	wire_destroy(&wire);
}
END_TEST

START_TEST(nonsense_is_dropped)
{
	wire_create(&wire, NULL);
	/* Cut off; of another protocol; an operation that there is not; from a group. */
	wire_send(&wire, "ffffffffffff020000000002080600010800060400010200000000020a4d0001");
	wire_send(&wire, "ffffffffffff020000000002080600010801060400010200000000020a4d00010000000000000a4d0002");
	wire_send(&wire, "ffffffffffff020000000002080600010800060400030200000000020a4d00010000000000000a4d0002");
	wire_send(&wire, "ffffffffffff020000000002080600010800060400010300000000020a4d00010000000000000a4d0002");
	wire_expect_nothing(&wire);
	ck_assert_uint_eq(wire.stack.drops[DROP_ARP_MALFORMED], 4);
	/* From beyond the network: answered, for it may be a router's, but not remembered. */
	wire_send(&wire, "ffffffffffff020000000002080600010800060400010200000000020a4e00010000000000000a4d0002");
	ck_assert_ptr_nonnull(wire_take(&wire));
	for (uint32_t i = 0; i < NEIGHBOURS; i++)
		ck_assert_int_eq(wire.interface->neighbours.entries[i].state, NEIGHBOUR_FREE);
	wire_destroy(&wire);
}
END_TEST

UNIT_RUN("arp", a_request_is_answered_and_its_sender_known, a_probe_is_answered_and_nobody_known,
         what_is_sent_waits_for_the_answer, who_never_answers_is_unreachable, what_waits_is_bounded,
         an_address_is_announced_twice_and_defended_once, nonsense_is_dropped)

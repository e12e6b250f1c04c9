/*
 * Neighbours, routers and addresses of IPv6 (servers/netstack/discovery.c, autoconfigure.c, ipv6_address.c,
 * neighbour.c); frames6.h has the frames.
 */
#include "../unit.h"

#include "frames6.h"
#include "harbour_wire.h"

static const struct net_address ours = {NET_FAMILY_IPV6, {0xfe, 0x80, [11] = 0xff, [12] = 0xfe, [15] = 1}};
static const struct net_address peer = {NET_FAMILY_IPV6, {0xfe, 0x80, [11] = 0xff, [12] = 0xfe, [15] = 2}};
static const struct net_address global = {NET_FAMILY_IPV6,
                                          {0x20, 0x01, 0x0d, 0xb8, 0, 1, [11] = 0xff, [12] = 0xfe, [15] = 1}};
static const struct net_address far = {NET_FAMILY_IPV6, {0x20, 0x01, 0x0d, 0xb8, 0, 9, [15] = 9}};

static struct wire wire;
static struct datagram_socket sender;

static void start(void)
{
	wire_create(&wire, NULL);
	wire.ignored = WIRE_REPORTS6;
	ck_assert_int_eq(ipv6_start(wire.interface), 0);
}

static void setup(void)
{
	wire_create(&wire, NULL);
	wire_speak_ipv6(&wire);
	wire.ignored = WIRE_REPORTS6;
}

static enum ipv6_address_state state_of(const struct net_address *address)
{
	const struct ipv6_address *entry = ipv6_find_address(wire.interface, address);

	return entry != NULL ? entry->state : IPV6_ADDRESS_NONE;
}

static int32_t send_to(const struct net_address *address)
{
	const struct endpoint local = {.port = 7000}, to = {*address, 5000};
	const struct ip_piece piece = {"world", 5};
	int32_t status;

	datagram_open(&wire.stack, DATAGRAM_UDP, &sender);
	ck_assert_int_eq(datagram_bind(&sender, &local), 0);
	status = datagram_send(&sender, &to, &piece, 1);
	wire_run(&wire);
	datagram_close(&sender);
	return status;
}

START_TEST(an_address_is_asked_for_and_then_ours)
{
	start();
	/* A second at most before the first word, and another for an answer: RFC 4862, section 5.4.2. */
	wire_pass(&wire, NETSTACK_SECOND);
	wire_expect(&wire, PROBE);
	wire_expect_nothing(&wire);
	ck_assert_int_eq(state_of(&ours), IPV6_ADDRESS_TENTATIVE);
	/* Not ours yet: nobody is told where it is. */
	wire_send(&wire, ASKED);
	wire_expect_nothing(&wire);
	wire_pass(&wire, NETSTACK_SECOND);
	ck_assert_int_eq(state_of(&ours), IPV6_ADDRESS_READY);
	wire_send(&wire, ASKED);
	wire_expect(&wire, SOLICIT);
	wire_expect(&wire, ANSWER);
	/* Who asks for it without an address of his own is told, with all others. */
	wire_send(&wire, PROBE_THEIRS);
	wire_expect(&wire, ANSWER_ALL);
	neighbour_confirm(wire.interface, &peer);
	/* Three times, four seconds apart: RFC 4861, section 6.3.7. */
	wire_pass(&wire, 20 * NETSTACK_SECOND);
	wire_expect(&wire, SOLICIT);
	wire_expect(&wire, SOLICIT);
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

START_TEST(somebody_else_has_it)
{
	start();
	wire_pass(&wire, NETSTACK_SECOND);
	wire_send(&wire, TAKEN);
	ck_assert_int_eq(state_of(&ours), IPV6_ADDRESS_DUPLICATE);
	ck_assert_uint_eq(wire.conflicts, 1);
	wire_expect(&wire, PROBE);
	wire_pass(&wire, 20 * NETSTACK_SECOND);
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
	/* Two ask for it at once: neither gets it. */
	start();
	wire_pass(&wire, NETSTACK_SECOND);
	wire_send(&wire, PROBE_THEIRS);
	ck_assert_int_eq(state_of(&ours), IPV6_ADDRESS_DUPLICATE);
	wire_destroy(&wire);
}
END_TEST

START_TEST(what_is_sent_waits_for_the_answer)
{
	setup();
	ck_assert_int_eq(send_to(&peer), 0);
	wire_expect(&wire, QUESTION);
	wire_expect_nothing(&wire);
	wire_send(&wire, THERE);
	wire_expect(&wire, UDP_ANSWER);
	/* Thirty seconds later it is stale: used for five more, and then asked. */
	wire_pass(&wire, 31 * NETSTACK_SECOND);
	ck_assert_int_eq(send_to(&peer), 0);
	wire_expect(&wire, UDP_ANSWER);
	wire_pass(&wire, 5 * NETSTACK_SECOND);
	wire_expect(&wire, QUESTION_ONE);
	/* It has gone: asked three times, then everybody is. */
	wire_pass(&wire, 2 * NETSTACK_SECOND);
	wire_expect(&wire, QUESTION_ONE);
	wire_expect(&wire, QUESTION_ONE);
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	for (int i = 0; i < 3; i++)
		wire_expect(&wire, QUESTION);
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

START_TEST(who_never_answers_is_unreachable)
{
	const struct endpoint to = {peer, 5000};
	struct datagram_socket socket;
	struct endpoint from;
	uint32_t length;

	setup();
	datagram_open(&wire.stack, DATAGRAM_UDP, &socket);
	ck_assert_int_eq(datagram_connect(&socket, &to), 0);
	ck_assert_int_eq(datagram_send(&socket, NULL, NULL, 0), 0);
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	ck_assert_int_eq(datagram_receive(&socket, NULL, 0, false, &length, &from), POSIX_EHOSTUNREACH);
	ck_assert_uint_eq(wire.stack.drops[DROP_NEIGHBOUR_UNANSWERED], 1);
	ck_assert_uint_eq(wire.interface->free_pages, OUTPUT_PAGES);
	datagram_close(&socket);
	wire_destroy(&wire);
}
END_TEST

START_TEST(a_router_gives_an_address_and_a_way)
{
	struct way way;

	setup();
	ck_assert_int_eq(send_to(&far), POSIX_ENETUNREACH);
	wire_send(&wire, ROUTER);
	wire_pass(&wire, 2 * NETSTACK_SECOND);
	wire_expect(&wire, PROBE_GLOBAL);
	ck_assert_int_eq(state_of(&global), IPV6_ADDRESS_READY);
	ck_assert_int_eq(send_to(&far), 0);
	wire_expect(&wire, BY_ROUTER);
	ck_assert(route_find(&wire.stack, &far, NULL, &way));
	ck_assert_uint_eq(way.mtu, 1400);
	ck_assert(net_address_equal(&way.next_hop, &peer));
	/* To the link itself the link-local address speaks. */
	ck_assert(route_find(&wire.stack, &peer, NULL, &way));
	ck_assert(net_address_equal(&way.source, &ours));
	/* It goes, and says that what it gave ends: two hours are left at least (RFC 4862, section 5.5.3). */
	wire_send(&wire, ROUTER_SHORT);
	ck_assert(!route_find(&wire.stack, &far, NULL, &way));
	wire_pass(&wire, 7199 * NETSTACK_SECOND);
	ck_assert_int_eq(state_of(&global), IPV6_ADDRESS_READY);
	wire_pass(&wire, NETSTACK_SECOND);
	ck_assert_int_eq(state_of(&global), IPV6_ADDRESS_NONE);
	wire_destroy(&wire);
}
END_TEST

START_TEST(a_redirect_is_believed_from_the_router_alone)
{
	setup();
	wire_send(&wire, ROUTER);
	wire_pass(&wire, 2 * NETSTACK_SECOND);
	wire_expect(&wire, PROBE_GLOBAL);
	wire_send(&wire, REDIRECT_FORGED);
	ck_assert_uint_eq(wire.stack.drops[DROP_DISCOVERY_UNUSED], 1);
	ck_assert_int_eq(send_to(&far), 0);
	wire_expect(&wire, BY_ROUTER);
	wire_send(&wire, REDIRECT);
	ck_assert_int_eq(send_to(&far), 0);
	wire_expect(&wire, BY_OTHER);
	wire_destroy(&wire);
}
END_TEST

START_TEST(nonsense_is_dropped)
{
	char text[sizeof(ASKED)];

	setup();
	/* From beyond the link, however it got here. */
	wire_send(&wire, ASKED_FAR);
	ck_assert_uint_eq(wire.stack.drops[DROP_DISCOVERY_MALFORMED], 1);
	/* Cut off anywhere. */
	for (size_t length = 14; length < sizeof(ASKED) / 2; length++) {
		memcpy(text, ASKED, 2 * length);
		text[2 * length] = '\0';
		wire_send(&wire, text);
	}
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

/* Routers without end: what they say has places, and what was configured keeps its own. */
START_TEST(what_routers_say_is_bounded)
{
	struct route route = {.network = {.family = NET_FAMILY_IPV6}, .gateway = peer};

	setup();
	route.interface = wire.interface;
	for (uint32_t i = 0; i < 100; i++) {
		route.gateway.bytes[15] = (uint8_t)i;
		route.expires = wire.now + 1000 * NETSTACK_SECOND;
		ck_assert_int_eq(route_add(&wire.stack, &route), i < ROUTES_LEARNT ? 0 : POSIX_ENOSPC);
	}
	route.expires = ROUTE_FOR_EVER;
	ck_assert_int_eq(route_add(&wire.stack, &route), 0);
	wire_destroy(&wire);
}
END_TEST

/* Two routers: one that does not answer any more is passed over. */
START_TEST(another_router_is_tried)
{
	struct net_address second = peer;
	struct route route = {.network = {.family = NET_FAMILY_IPV6}, .gateway = peer};
	struct way way;

	setup();
	wire_send(&wire, ROUTER);
	wire_pass(&wire, 2 * NETSTACK_SECOND);
	second.bytes[15] = 7;
	route.gateway = second;
	route.interface = wire.interface;
	route.expires = wire.now + 1000 * NETSTACK_SECOND;
	ck_assert_int_eq(route_add(&wire.stack, &route), 0);
	ck_assert(route_find(&wire.stack, &far, NULL, &way));
	ck_assert(net_address_equal(&way.next_hop, &peer));
	ck_assert_int_eq(send_to(&far), 0);
	wire_pass(&wire, 20 * NETSTACK_SECOND);
	ck_assert(route_find(&wire.stack, &far, NULL, &way));
	ck_assert(net_address_equal(&way.next_hop, &second));
	wire_destroy(&wire);
}
END_TEST

UNIT_RUN("discovery", an_address_is_asked_for_and_then_ours, somebody_else_has_it, what_is_sent_waits_for_the_answer,
         who_never_answers_is_unreachable, a_router_gives_an_address_and_a_way,
         a_redirect_is_believed_from_the_router_alone, nonsense_is_dropped, what_routers_say_is_bounded,
         another_router_is_tried)

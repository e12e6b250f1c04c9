/* Routes and path MTUs (servers/netstack/route.c). */
#include "../unit.h"

#include "harbour_wire.h"

static struct wire wire;

START_TEST(the_longest_prefix_leads)
{
	struct way way;

	wire_create(&wire, NULL);
	ck_assert(!route_find(&wire.stack, 0x08080808, &way));
	ck_assert_int_eq(route_add(&wire.stack, 0, 0, WIRE_PEER, wire.interface), 0);
	ck_assert_int_eq(route_add(&wire.stack, 0x08000000, 8, 0x0a4d0003, wire.interface), 0);
	ck_assert_int_eq(route_add(&wire.stack, 0x08080808, 32, 0x0a4d0004, wire.interface), 0);
	ck_assert(route_find(&wire.stack, 0x08080808, &way));
	ck_assert_uint_eq(way.next_hop, 0x0a4d0004);
	ck_assert_uint_eq(way.source, WIRE_ADDRESS);
	ck_assert(route_find(&wire.stack, 0x08080809, &way));
	ck_assert_uint_eq(way.next_hop, 0x0a4d0003);
	ck_assert(route_find(&wire.stack, 0x01010101, &way));
	ck_assert_uint_eq(way.next_hop, WIRE_PEER);
	ck_assert(route_find(&wire.stack, 0x0a4d0063, &way));
	ck_assert_uint_eq(way.next_hop, 0x0a4d0063);
	ck_assert(route_find(&wire.stack, WIRE_ADDRESS, &way));
	ck_assert(way.interface->loopback);
	ck_assert(route_find(&wire.stack, 0x7f050505, &way));
	ck_assert(way.interface->loopback);
	ck_assert(route_find(&wire.stack, 0x0a4d00ff, &way));
	ck_assert(way.broadcast);
	ck_assert(!route_find(&wire.stack, 0x00000001, &way));
	wire_destroy(&wire);
}
END_TEST

START_TEST(routes_that_cannot_be_are_refused)
{
	wire_create(&wire, NULL);
	ck_assert_int_eq(route_add(&wire.stack, 0x08000001, 8, WIRE_PEER, wire.interface), POSIX_EINVAL);
	ck_assert_int_eq(route_add(&wire.stack, 0, 33, WIRE_PEER, wire.interface), POSIX_EINVAL);
	ck_assert_int_eq(route_add(&wire.stack, 0, 0, 0x0a4e0001, wire.interface), POSIX_EINVAL);
	ck_assert_int_eq(route_add(&wire.stack, 0, 0, WIRE_ADDRESS, wire.interface), POSIX_EINVAL);
	ck_assert_int_eq(route_add(&wire.stack, 0x0a4d0000, 24, 0, wire.interface), POSIX_EEXIST);
	for (uint32_t i = 0; i < ROUTES_MAXIMUM - 2; i++)
		ck_assert_int_eq(route_add(&wire.stack, i << 8 | 0x0b000000, 24, WIRE_PEER, wire.interface), 0);
	ck_assert_int_eq(route_add(&wire.stack, 0, 0, WIRE_PEER, wire.interface), POSIX_ENOSPC);
	wire_destroy(&wire);
}
END_TEST

START_TEST(addresses_that_cannot_be_are_refused)
{
	static const struct { uint32_t address, prefix; } bad[] = {
		{0x0a4d0000, 24}, {0x0a4d00ff, 24}, {0x7f000001, 8}, {0xe0000001, 24}, {1, 24}, {WIRE_ADDRESS, 0},
		{WIRE_ADDRESS, 33}, {UINT32_MAX, 32}};

	wire_create(&wire, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(interface_set_address(wire.interface, bad[i].address, bad[i].prefix), POSIX_EINVAL);
	/* RFC 3021: a link of two has no broadcast. */
	ck_assert_int_eq(interface_set_address(wire.interface, 0x0a4d0000, 31), 0);
	wire_destroy(&wire);
}
END_TEST

static uint32_t mtu_to(uint32_t destination)
{
	struct way way;

	ck_assert(route_find(&wire.stack, destination, &way));
	return way.mtu;
}

START_TEST(a_path_is_learnt_for_ten_minutes)
{
	wire_create(&wire, NULL);
	ck_assert_int_eq(route_add(&wire.stack, 0, 0, WIRE_PEER, wire.interface), 0);
	path_mtu_reduce(&wire.stack, 0x08080808, 1400, 1500);
	ck_assert_uint_eq(mtu_to(0x08080808), 1400);
	ck_assert_uint_eq(mtu_to(0x08080809), 1500);
	/* Never larger again by a message, never smaller than what everybody takes. */
	path_mtu_reduce(&wire.stack, 0x08080808, 1450, 1500);
	ck_assert_uint_eq(mtu_to(0x08080808), 1400);
	path_mtu_reduce(&wire.stack, 0x08080808, 20, 1400);
	ck_assert_uint_eq(mtu_to(0x08080808), PATH_MTU_LEAST);
	/* A router that does not say: the next plateau below (RFC 1191, section 7). */
	path_mtu_reduce(&wire.stack, 0x08080809, 0, 1500);
	ck_assert_uint_eq(mtu_to(0x08080809), 1492);
	wire_pass(&wire, PATH_MTU_LIFETIME - 1);
	ck_assert_uint_eq(mtu_to(0x08080808), PATH_MTU_LEAST);
	wire_pass(&wire, 1);
	ck_assert_uint_eq(mtu_to(0x08080808), 1500);
	/* More than there is room for: the oldest is forgotten. */
	for (uint32_t i = 0; i < PATHS_MAXIMUM + 1; i++) {
		wire_pass(&wire, 1);
		path_mtu_reduce(&wire.stack, 0x09000000 + i, 1300, 1500);
	}
	ck_assert_uint_eq(mtu_to(0x09000000), 1500);
	ck_assert_uint_eq(mtu_to(0x09000001), 1300);
	wire_destroy(&wire);
}
END_TEST

UNIT_RUN("route", the_longest_prefix_leads, routes_that_cannot_be_are_refused, addresses_that_cannot_be_are_refused,
         a_path_is_learnt_for_ten_minutes)

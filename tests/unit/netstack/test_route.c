/* Routes and path MTUs (servers/netstack/route.c). */
#include "../unit.h"

#include "harbour_wire.h"

static struct wire wire;

/* In this file addresses of IPv4 are numbers. */
static int32_t add(uint32_t network, uint32_t prefix, uint32_t gateway)
{
	struct route route = {net_address_ipv4(network), prefix, net_address_ipv4(gateway), wire.interface, ROUTE_FOR_EVER};

	if (gateway == 0)
		route.gateway.family = NET_FAMILY_NONE;
	return route_add(&wire.stack, &route);
}

static bool find(uint32_t destination, struct way *way)
{
	const struct net_address address = net_address_ipv4(destination);

	return route_find(&wire.stack, &address, NULL, way);
}

static void reduce(uint32_t destination, uint32_t mtu, uint32_t length)
{
	const struct net_address address = net_address_ipv4(destination);

	path_mtu_reduce(&wire.stack, &address, mtu, length);
}

START_TEST(the_longest_prefix_leads)
{
	struct way way;

	wire_create(&wire, NULL);
	ck_assert(!find(0x08080808, &way));
	ck_assert_int_eq(add(0, 0, WIRE_PEER), 0);
	ck_assert_int_eq(add(0x08000000, 8, 0x0a4d0003), 0);
	ck_assert_int_eq(add(0x08080808, 32, 0x0a4d0004), 0);
	ck_assert(find(0x08080808, &way));
	ck_assert_uint_eq(net_address_number(&way.next_hop), 0x0a4d0004);
	ck_assert_uint_eq(net_address_number(&way.source), WIRE_ADDRESS);
	ck_assert(find(0x08080809, &way));
	ck_assert_uint_eq(net_address_number(&way.next_hop), 0x0a4d0003);
	ck_assert(find(0x01010101, &way));
	ck_assert_uint_eq(net_address_number(&way.next_hop), WIRE_PEER);
	ck_assert(find(0x0a4d0063, &way));
	ck_assert_uint_eq(net_address_number(&way.next_hop), 0x0a4d0063);
	ck_assert(find(WIRE_ADDRESS, &way));
	ck_assert(way.interface->loopback);
	ck_assert(find(0x7f050505, &way));
	ck_assert(way.interface->loopback);
	ck_assert(find(0x0a4d00ff, &way));
	ck_assert(way.broadcast);
	ck_assert(!find(0x00000001, &way));
	wire_destroy(&wire);
}
END_TEST

START_TEST(routes_that_cannot_be_are_refused)
{
	wire_create(&wire, NULL);
	ck_assert_int_eq(add(0x08000001, 8, WIRE_PEER), POSIX_EINVAL);
	ck_assert_int_eq(add(0, 33, WIRE_PEER), POSIX_EINVAL);
	ck_assert_int_eq(add(0, 0, 0x0a4e0001), POSIX_EINVAL);
	ck_assert_int_eq(add(0, 0, WIRE_ADDRESS), POSIX_EINVAL);
	ck_assert_int_eq(add(0x0a4d0000, 24, 0), POSIX_EEXIST);
	for (uint32_t i = 0; i < ROUTES_MAXIMUM - 2; i++)
		ck_assert_int_eq(add(i << 8 | 0x0b000000, 24, WIRE_PEER), 0);
	ck_assert_int_eq(add(0, 0, WIRE_PEER), POSIX_ENOSPC);
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

	ck_assert(find(destination, &way));
	return way.mtu;
}

START_TEST(a_path_is_learnt_for_ten_minutes)
{
	wire_create(&wire, NULL);
	ck_assert_int_eq(add(0, 0, WIRE_PEER), 0);
	reduce(0x08080808, 1400, 1500);
	ck_assert_uint_eq(mtu_to(0x08080808), 1400);
	ck_assert_uint_eq(mtu_to(0x08080809), 1500);
	/* Never larger again by a message, never smaller than what everybody takes. */
	reduce(0x08080808, 1450, 1500);
	ck_assert_uint_eq(mtu_to(0x08080808), 1400);
	reduce(0x08080808, 20, 1400);
	ck_assert_uint_eq(mtu_to(0x08080808), PATH_MTU_LEAST);
	/* A router that does not say: the next plateau below (RFC 1191, section 7). */
	reduce(0x08080809, 0, 1500);
	ck_assert_uint_eq(mtu_to(0x08080809), 1492);
	wire_pass(&wire, PATH_LIFETIME - 1);
	ck_assert_uint_eq(mtu_to(0x08080808), PATH_MTU_LEAST);
	wire_pass(&wire, 1);
	ck_assert_uint_eq(mtu_to(0x08080808), 1500);
	/* More than there is room for: the oldest is forgotten. */
	for (uint32_t i = 0; i < PATHS_MAXIMUM + 1; i++) {
		wire_pass(&wire, 1);
		reduce(0x09000000 + i, 1300, 1500);
	}
	ck_assert_uint_eq(mtu_to(0x09000000), 1500);
	ck_assert_uint_eq(mtu_to(0x09000001), 1300);
	wire_destroy(&wire);
}
END_TEST

UNIT_RUN("route", the_longest_prefix_leads, routes_that_cannot_be_are_refused, addresses_that_cannot_be_are_refused,
         a_path_is_learnt_for_ten_minutes)

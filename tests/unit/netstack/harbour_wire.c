/* The stack at one end of a wire (harbour_wire.h). */
#include "harbour_wire.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEER_KNOWN "020000000001020000000002080600010800060400010200000000020a4d00010000000000000a4d0002"

static uint64_t now(void *context)
{
	return ((struct wire *)context)->now;
}

static void *allocate(void *context, size_t size)
{
	struct wire *wire = context;
	void *memory;

	if (wire->failing > 0 && --wire->failing == 0)
		return NULL;
	memory = calloc(1, size);
	wire->allocations += memory != NULL;
	return memory;
}

static void release(void *context, void *memory)
{
	((struct wire *)context)->allocations -= memory != NULL;
	free(memory);
}

static void schedule(void *context, uint64_t deadline)
{
	((struct wire *)context)->deadline = deadline;
}

static void conflict(void *context, struct interface *interface, const uint8_t hardware[NET_ADDRESS_SIZE])
{
	(void)interface;
	(void)hardware;
	((struct wire *)context)->conflicts++;
}

static void addressed(void *context, struct interface *interface)
{
	(void)interface;
	((struct wire *)context)->addressed++;
}

static char *to_hexadecimal(const struct net_frame *frame)
{
	char *text = malloc(2 * (size_t)frame->length + 1), *to = text;

	ck_assert_ptr_nonnull(text);
	*to = '\0';
	for (uint32_t i = 0; i < frame->segment_count; i++) {
		const uint8_t *bytes = frame->segments[i].address;

		for (uint32_t k = 0; k < frame->segments[i].length; k++)
			to += sprintf(to, "%02x", bytes[k]);
	}
	return text;
}

static void see(void *context, struct net_frame *const *frames, uint32_t count)
{
	struct wire *wire = context;

	for (uint32_t i = 0; i < count; i++) {
		ck_assert_uint_lt(wire->seen_count, WIRE_SEEN);
		wire->seen[wire->seen_count++] = to_hexadecimal(frames[i]);
		net_release(&wire->net.cards[1].card, frames[i]);
	}
}

static void link_changed(void *context)
{
	(void)context;
}

static const struct net_events events = {.receive = see, .link_changed = link_changed};

void wire_create(struct wire *wire, const struct memory_net_options *options)
{
	static const struct memory_net_options plain = {0};
	const struct netstack_environment environment = {.context = wire,
	                                                 .now = now,
	                                                 .allocate = allocate,
	                                                 .free = release,
	                                                 .schedule = schedule,
	                                                 .conflict = conflict,
	                                                 .addressed = addressed};
	const struct hash_key secret = {1, 2};
	struct interface *loopback;

	memset(wire, 0, sizeof(*wire));
	wire->now = 1000 * NETSTACK_SECOND;
	wire->deadline = UINT64_MAX;
	memory_net_create(&wire->net, options != NULL ? options : &plain);
	wire->net.cards[1].card.events = &events;
	wire->net.cards[1].card.context = wire;
	netstack_create(&wire->stack, &environment, &secret);
	loopback_create(&wire->loopback, &wire->stack);
	ck_assert_int_eq(netstack_add_interface(&wire->stack, &wire->loopback.card, "lo", true, &loopback), 0);
	ck_assert_int_eq(interface_set_address(loopback, 0x7f000001, 8), 0);
	ck_assert_int_eq(netstack_add_interface(&wire->stack, &wire->net.cards[0].card, "net0", false,
	                                        &wire->interface), 0);
	ck_assert_int_eq(interface_set_address(wire->interface, WIRE_ADDRESS, 24), 0);
	wire_run(wire);
	wire_pass(wire, 10 * NETSTACK_SECOND);
	wire->seen_taken = wire->seen_count;
}

void wire_destroy(struct wire *wire)
{
	wire_run(wire);
	netstack_destroy(&wire->stack);
	ck_assert_int_eq(wire->allocations, 0);
	memory_net_destroy(&wire->net);
	for (unsigned i = 0; i < wire->seen_count; i++)
		free(wire->seen[i]);
}

void wire_run(struct wire *wire)
{
	struct device *devices[] = {&wire->net.cards[0].card.device, &wire->net.cards[1].card.device,
	                            &wire->loopback.card.device};
	bool any;

	do {
		any = false;
		for (size_t i = 0; i < 3; i++) {
			device_kick(devices[i]);
			any |= device_poll(devices[i]);
		}
	} while (any);
}

void wire_pass(struct wire *wire, uint64_t nanoseconds)
{
	uint64_t end = wire->now + nanoseconds;

	while (wire->deadline <= end) {
		wire->now = wire->deadline > wire->now ? wire->deadline : wire->now;
		wire->deadline = UINT64_MAX;
		netstack_run_alarms(&wire->stack);
		wire_run(wire);
	}
	wire->now = end;
}

void wire_send(struct wire *wire, const char *hexadecimal)
{
	const struct net_header header = {0};
	uint8_t bytes[2048];
	size_t length = strlen(hexadecimal) / 2;

	ck_assert_uint_le(length, sizeof(bytes));
	for (size_t i = 0; i < length; i++) {
		unsigned byte;

		ck_assert_int_eq(sscanf(hexadecimal + 2 * i, "%2x", &byte), 1);
		bytes[i] = (uint8_t)byte;
	}
	ck_assert(memory_net_inject(&wire->net.cards[0], &header, bytes, (uint32_t)length));
	wire_run(wire);
}

const char *wire_take(struct wire *wire)
{
	while (wire->seen_taken < wire->seen_count) {
		const char *seen = wire->seen[wire->seen_taken++];

		if (wire->ignored == NULL || strncmp(seen, wire->ignored, strlen(wire->ignored)) != 0)
			return seen;
	}
	return NULL;
}

void wire_expect(struct wire *wire, const char *hexadecimal)
{
	const char *seen = wire_take(wire);

	ck_assert_ptr_nonnull(seen);
	ck_assert_str_eq(seen, hexadecimal);
}

void wire_expect_nothing(struct wire *wire)
{
	const char *seen = wire_take(wire);

	ck_assert_msg(seen == NULL, "came: %s", seen);
}

void wire_meet_peer(struct wire *wire)
{
	wire_send(wire, PEER_KNOWN);
	ck_assert_ptr_nonnull(wire_take(wire));
	neighbour_confirm(wire->interface, &(struct net_address){NET_FAMILY_IPV4, {10, 77, 0, 1}});
}

void wire_speak_ipv6(struct wire *wire)
{
	ck_assert_int_eq(ipv6_start(wire->interface), 0);
	wire_pass(wire, 20 * NETSTACK_SECOND);
	wire->seen_taken = wire->seen_count;
}

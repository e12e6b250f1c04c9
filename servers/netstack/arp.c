/* ARP over Ethernet (arp.h). */
#include "arp.h"

#include "bytes.h"
#include "ipv4.h"
#include "netstack.h"

#define HARDWARE        0
#define PROTOCOL        2
#define HARDWARE_LENGTH 4
#define PROTOCOL_LENGTH 5
#define OPERATION       6
#define SENDER_HARDWARE 8
#define SENDER_ADDRESS  14
#define TARGET_HARDWARE 18
#define TARGET_ADDRESS  24
#define ARP_LENGTH      28u

#define HARDWARE_ETHERNET 1u
#define REQUEST           1u
#define REPLY             2u

/* RFC 5227, section 1.1. */
#define PROBE_WAIT        NETSTACK_SECOND
#define PROBE_TIMES       3u
#define PROBE_LEAST       NETSTACK_SECOND
#define PROBE_MOST        (2 * NETSTACK_SECOND)
#define ANNOUNCE_WAIT     (2 * NETSTACK_SECOND)
#define ANNOUNCE_INTERVAL (2 * NETSTACK_SECOND)
#define DEFEND_INTERVAL   (10 * NETSTACK_SECOND)

static const uint8_t unknown[NET_ADDRESS_SIZE];

/* ---- what is said ---------------------------------------------------------------- */

static void say(struct interface *interface, uint16_t operation, const uint8_t *destination, uint32_t sender,
                const uint8_t *target_hardware, uint32_t target)
{
	struct output *output = output_begin(interface, NET_ETHERNET_HEADER + ARP_LENGTH);
	uint8_t *arp;

	if (output == NULL)
		return;
	ethernet_header(interface, output_headers(output), destination, ETHERNET_TYPE_ARP);
	arp = output_headers(output) + NET_ETHERNET_HEADER;
	bytes_put16(arp + HARDWARE, HARDWARE_ETHERNET);
	bytes_put16(arp + PROTOCOL, ETHERNET_TYPE_IPV4);
	arp[HARDWARE_LENGTH] = NET_ADDRESS_SIZE;
	arp[PROTOCOL_LENGTH] = 4;
	bytes_put16(arp + OPERATION, operation);
	memcpy(arp + SENDER_HARDWARE, interface->card->address, NET_ADDRESS_SIZE);
	bytes_put32(arp + SENDER_ADDRESS, sender);
	memcpy(arp + TARGET_HARDWARE, target_hardware, NET_ADDRESS_SIZE);
	bytes_put32(arp + TARGET_ADDRESS, target);
	output_transmit(interface, output);
}

void arp_ask(struct interface *interface, uint32_t address, const uint8_t *hardware)
{
	say(interface, REQUEST, hardware != NULL ? hardware : ethernet_broadcast, interface->address, unknown,
	    address);
}

static void say_ours(struct interface *interface)
{
	say(interface, REQUEST, ethernet_broadcast, interface->address, unknown, interface->address);
}

void arp_announce(struct interface *interface)
{
	say_ours(interface);
	alarm_set(interface->stack, &interface->arp.alarm,
	          netstack_now(interface->stack) + ANNOUNCE_INTERVAL);
}

static void announce_again(struct netstack *stack, struct alarm *alarm)
{
	struct arp *arp = list_entry(alarm, struct arp, alarm);

	(void)stack;
	if (list_entry(arp, struct interface, arp)->address != 0)
		say_ours(list_entry(arp, struct interface, arp));
}

/* ---- before an address is used ------------------------------------------------------ */

static void probe_end(struct interface *interface, bool is_free)
{
	interface->arp.probed = 0;
	alarm_cancel(interface->stack, &interface->arp.probe_alarm);
	interface->arp.probe_done(interface, is_free);
}

static void probe_due(struct interface *interface, uint64_t least, uint64_t most)
{
	uint64_t wait = least + (most > least ? netstack_random(interface->stack) % (most - least) : 0);

	alarm_set(interface->stack, &interface->arp.probe_alarm, netstack_now(interface->stack) + wait);
}

static void probe_ring(struct netstack *stack, struct alarm *alarm)
{
	struct arp *arp = list_entry(alarm, struct arp, probe_alarm);
	struct interface *interface = list_entry(arp, struct interface, arp);

	(void)stack;
	if (arp->probes == PROBE_TIMES) {
		probe_end(interface, true);
		return;
	}
	say(interface, REQUEST, ethernet_broadcast, 0, unknown, arp->probed);
	if (++arp->probes < PROBE_TIMES)
		probe_due(interface, PROBE_LEAST, PROBE_MOST);
	else
		probe_due(interface, ANNOUNCE_WAIT, ANNOUNCE_WAIT);
}

void arp_probe(struct interface *interface, uint32_t address,
               void (*done)(struct interface *interface, bool is_free))
{
	interface->arp.probed = address;
	interface->arp.probes = 0;
	interface->arp.probe_done = done;
	probe_due(interface, 0, PROBE_WAIT);
}

/* RFC 5227, section 2.1.1: somebody has it, or asks for it as we do. */
static bool probe_contested(const struct interface *interface, const uint8_t *arp)
{
	uint32_t sender = bytes_get32(arp + SENDER_ADDRESS);

	if (interface->arp.probed == 0 ||
	    memcmp(arp + SENDER_HARDWARE, interface->card->address, NET_ADDRESS_SIZE) == 0)
		return false;
	return sender == interface->arp.probed ||
	       (sender == 0 && bytes_get32(arp + TARGET_ADDRESS) == interface->arp.probed);
}

void arp_create(struct interface *interface)
{
	alarm_init(&interface->arp.alarm, announce_again);
	alarm_init(&interface->arp.probe_alarm, probe_ring);
}

void arp_destroy(struct interface *interface)
{
	alarm_cancel(interface->stack, &interface->arp.alarm);
	alarm_cancel(interface->stack, &interface->arp.probe_alarm);
}

/* ---- what is heard ------------------------------------------------------------------- */

/* RFC 5227, section 2.4 (b): say once whose it is, and do not quarrel about it. */
static void defend(struct interface *interface, const uint8_t *hardware)
{
	struct netstack *stack = interface->stack;
	uint64_t now = netstack_now(stack);

	if (interface->arp.defended != 0 && now - interface->arp.defended < DEFEND_INTERVAL)
		return;
	interface->arp.defended = now;
	say_ours(interface);
	stack->environment.conflict(stack->environment.context, interface, hardware);
}

static bool well_formed(const struct packet *packet)
{
	const uint8_t *arp = packet->bytes;

	return packet->length >= ARP_LENGTH && bytes_get16(arp + HARDWARE) == HARDWARE_ETHERNET &&
	       bytes_get16(arp + PROTOCOL) == ETHERNET_TYPE_IPV4 &&
	       arp[HARDWARE_LENGTH] == NET_ADDRESS_SIZE && arp[PROTOCOL_LENGTH] == 4 &&
	       !(arp[SENDER_HARDWARE] & 1) &&
	       (bytes_get16(arp + OPERATION) == REQUEST || bytes_get16(arp + OPERATION) == REPLY);
}

static bool neighbour(const struct interface *interface, uint32_t address)
{
	return ipv4_is_somebody(address) && interface->prefix != 0 && address != interface->address &&
	       ((address ^ interface->address) >> (32 - interface->prefix)) == 0;
}

void arp_input(struct interface *interface, const struct packet *packet)
{
	const uint8_t *arp = packet->bytes;
	struct net_address sender;
	bool to_us, request, known;

	if (!well_formed(packet)) {
		netstack_drop(interface->stack, DROP_ARP_MALFORMED);
		return;
	}
	if (probe_contested(interface, arp))
		probe_end(interface, false);
	if (interface->loopback || interface->address == 0)
		return;
	sender = net_address_ipv4(bytes_get32(arp + SENDER_ADDRESS));
	request = bytes_get16(arp + OPERATION) == REQUEST;
	to_us = bytes_get32(arp + TARGET_ADDRESS) == interface->address;
	if (net_address_number(&sender) == interface->address) {
		if (memcmp(arp + SENDER_HARDWARE, interface->card->address, NET_ADDRESS_SIZE) != 0)
			defend(interface, arp + SENDER_HARDWARE);
		return;
	}
	known = neighbour(interface, net_address_number(&sender));
	if (known && to_us && !request)
		neighbour_answered(interface, &sender,
		                   &(struct neighbour_answer){.hardware = arp + SENDER_HARDWARE,
		                                              .solicited = true,
		                                              .override = true});
	/* Whoever asks for us is about to be spoken to. A probe (RFC 5227) has no address yet. */
	else if (known)
		neighbour_heard(interface, &sender, arp + SENDER_HARDWARE, to_us && request);
	if (to_us && request)
		say(interface, REPLY, arp + SENDER_HARDWARE, interface->address, arp + SENDER_HARDWARE,
		    net_address_number(&sender));
}

/*
 * ARP over Ethernet (RFC 826): asking, answering and remembering, and noticing
 * that somebody else has our address (RFC 5227).
 */
#include "arp.h"

#include "bytes.h"
#include "icmp.h"
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

/* RFC 4861, section 10, which IPv4 has nothing like of its own; RFC 5227, section 1.1. */
#define ASK_INTERVAL      (1 * NETSTACK_SECOND)
#define ASK_TIMES         3u
#define REACHABLE_TIME    (30 * NETSTACK_SECOND)
#define ANNOUNCE_INTERVAL (2 * NETSTACK_SECOND)
#define DEFEND_INTERVAL   (10 * NETSTACK_SECOND)

#define NEVER UINT64_MAX

/* ---- the table ---------------------------------------------------------------- */

static struct list *bucket_of(struct interface *interface, uint32_t address)
{
	return &interface->arp.buckets[hash_bytes(&interface->stack->key, &address, sizeof(address)) % ARP_BUCKETS];
}

static struct arp_entry *entry_find(struct interface *interface, uint32_t address)
{
	struct list *bucket = bucket_of(interface, address);

	for (struct list *link = bucket->next; link != bucket; link = link->next) {
		struct arp_entry *entry = list_entry(link, struct arp_entry, bucket);

		if (entry->address == address)
			return entry;
	}
	return NULL;
}

/* A free one, or else the one whose neighbour was not used for longest; NULL: all are being asked for. */
static struct arp_entry *entry_make(struct interface *interface, uint32_t address)
{
	struct arp_entry *best = NULL;

	for (uint32_t i = 0; i < ARP_ENTRIES; i++) {
		struct arp_entry *entry = &interface->arp.entries[i];

		if (entry->state == ARP_INCOMPLETE)
			continue;
		if (best == NULL || (best->state != ARP_FREE && (entry->state == ARP_FREE || entry->used < best->used)))
			best = entry;
	}
	if (best == NULL)
		return NULL;
	list_remove(&best->bucket);
	best->address = address;
	best->asked = 0;
	best->due = NEVER;
	best->used = netstack_now(interface->stack);
	list_add_tail(bucket_of(interface, address), &best->bucket);
	return best;
}

static void entry_due(struct interface *interface, struct arp_entry *entry, uint64_t due)
{
	entry->due = due;
	alarm_set_before(interface->stack, &interface->arp.alarm, due);
}

static struct output *take_waiting(struct interface *interface, struct arp_entry *entry)
{
	struct list *link = list_take(&entry->waiting);

	if (link == NULL)
		return NULL;
	entry->waiting_count--;
	interface->arp.waiting--;
	return list_entry(link, struct output, link);
}

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

static void ask(struct interface *interface, struct arp_entry *entry, const uint8_t *destination)
{
	static const uint8_t unknown[NET_ADDRESS_SIZE];

	entry->asked++;
	say(interface, REQUEST, destination, interface->address, unknown, entry->address);
	entry_due(interface, entry, netstack_now(interface->stack) + ASK_INTERVAL);
}

static void say_ours(struct interface *interface)
{
	static const uint8_t unknown[NET_ADDRESS_SIZE];

	say(interface, REQUEST, ethernet_broadcast, interface->address, unknown, interface->address);
}

void arp_announce(struct interface *interface)
{
	say_ours(interface);
	interface->arp.announce_due = netstack_now(interface->stack) + ANNOUNCE_INTERVAL;
	alarm_set_before(interface->stack, &interface->arp.alarm, interface->arp.announce_due);
}

/* ---- what is due ------------------------------------------------------------------- */

/* The neighbour never answered: whoever sent to it is told. */
static void give_up(struct interface *interface, struct arp_entry *entry)
{
	struct output *output;

	/* Free before anybody is told, who may send again. */
	entry->state = ARP_FREE;
	entry->due = NEVER;
	list_remove(&entry->bucket);
	while ((output = take_waiting(interface, entry)) != NULL) {
		netstack_drop(interface->stack, DROP_ARP_UNANSWERED);
		icmp_unreachable_here(interface->stack, output_headers(output) + NET_ETHERNET_HEADER,
		                      output->frame.segments[0].length - NET_ETHERNET_HEADER);
		output_cancel(interface, output);
	}
}

static void entry_ring(struct interface *interface, struct arp_entry *entry)
{
	switch (entry->state) {
	case ARP_PROBING:
		if (entry->asked < ASK_TIMES) {
			ask(interface, entry, entry->hardware);
			break;
		}
		/* Perhaps it has another hardware address by now. */
		entry->state = ARP_INCOMPLETE;
		entry->asked = 0;
		ask(interface, entry, ethernet_broadcast);
		break;
	case ARP_INCOMPLETE:
		if (entry->asked < ASK_TIMES)
			ask(interface, entry, ethernet_broadcast);
		else
			give_up(interface, entry);
		break;
	default:
		entry->due = NEVER;
	}
}

static void arp_ring(struct netstack *stack, struct alarm *alarm)
{
	struct arp *arp = list_entry(alarm, struct arp, alarm);
	struct interface *interface = list_entry(arp, struct interface, arp);
	uint64_t now = netstack_now(stack), next;

	if (arp->announce_due <= now) {
		arp->announce_due = NEVER;
		say_ours(interface);
	}
	next = arp->announce_due;
	for (uint32_t i = 0; i < ARP_ENTRIES; i++) {
		struct arp_entry *entry = &arp->entries[i];

		if (entry->due <= now)
			entry_ring(interface, entry);
		if (entry->due < next)
			next = entry->due;
	}
	if (next != NEVER)
		alarm_set_before(stack, alarm, next);
}

bool arp_create(struct interface *interface)
{
	struct arp *arp = &interface->arp;

	alarm_init(&arp->alarm, arp_ring);
	arp->announce_due = NEVER;
	for (uint32_t i = 0; i < ARP_BUCKETS; i++)
		list_init(&arp->buckets[i]);
	arp->entries = netstack_allocate(interface->stack, ARP_ENTRIES * sizeof(struct arp_entry));
	for (uint32_t i = 0; arp->entries != NULL && i < ARP_ENTRIES; i++) {
		list_init(&arp->entries[i].bucket);
		list_init(&arp->entries[i].waiting);
		arp->entries[i].due = NEVER;
	}
	return arp->entries != NULL;
}

void arp_destroy(struct interface *interface)
{
	if (interface->arp.entries != NULL)
		alarm_cancel(interface->stack, &interface->arp.alarm);
	netstack_free(interface->stack, interface->arp.entries);
}

/* ---- sending ----------------------------------------------------------------------- */

static void send_to(struct interface *interface, const struct arp_entry *entry, struct output *output)
{
	ethernet_header(interface, output_headers(output), entry->hardware, ETHERNET_TYPE_IPV4);
	output_transmit(interface, output);
}

/* The newest are kept: what is old may have been sent again. */
static void wait_for(struct interface *interface, struct arp_entry *entry, struct output *output)
{
	if (entry->waiting_count == ARP_WAITING || interface->arp.waiting == ARP_WAITING_ALL) {
		struct output *oldest = take_waiting(interface, entry);

		netstack_drop(interface->stack, DROP_ARP_FULL);
		output_cancel(interface, oldest != NULL ? oldest : output);
		if (oldest == NULL)
			return;
	}
	list_add_tail(&entry->waiting, &output->link);
	entry->waiting_count++;
	interface->arp.waiting++;
}

void arp_transmit(struct interface *interface, struct output *output, uint32_t address)
{
	struct arp_entry *entry = entry_find(interface, address);

	if (entry == NULL) {
		entry = entry_make(interface, address);
		if (entry == NULL) {
			netstack_drop(interface->stack, DROP_ARP_FULL);
			output_cancel(interface, output);
			return;
		}
		entry->state = ARP_INCOMPLETE;
		ask(interface, entry, ethernet_broadcast);
	}
	entry->used = netstack_now(interface->stack);
	if (entry->state == ARP_INCOMPLETE) {
		wait_for(interface, entry, output);
		return;
	}
	if (entry->state == ARP_STALE ||
	    (entry->state == ARP_REACHABLE && entry->used - entry->confirmed >= REACHABLE_TIME)) {
		entry->state = ARP_PROBING;
		entry->asked = 0;
		ask(interface, entry, entry->hardware);
	}
	send_to(interface, entry, output);
}

/* ---- what is heard ------------------------------------------------------------------- */

static void reachable(struct interface *interface, struct arp_entry *entry)
{
	entry->state = ARP_REACHABLE;
	entry->asked = 0;
	entry->confirmed = netstack_now(interface->stack);
	entry->due = NEVER;
}

void arp_confirm(struct interface *interface, uint32_t address)
{
	struct arp_entry *entry = entry_find(interface, address);

	if (entry != NULL && entry->state != ARP_INCOMPLETE)
		reachable(interface, entry);
}

/* A neighbour has said where it is; `answer`: because it was asked. */
static void learn(struct interface *interface, struct arp_entry *entry, const uint8_t *hardware, bool answer)
{
	bool asked = entry->state == ARP_INCOMPLETE || entry->state == ARP_PROBING;
	bool same = entry->state != ARP_INCOMPLETE && memcmp(entry->hardware, hardware, NET_ADDRESS_SIZE) == 0;
	struct output *output;

	memcpy(entry->hardware, hardware, NET_ADDRESS_SIZE);
	if (answer && asked) {
		reachable(interface, entry);
	} else if (!same) {
		entry->state = ARP_STALE;
		entry->due = NEVER;
	}
	while ((output = take_waiting(interface, entry)) != NULL)
		send_to(interface, entry, output);
}

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
	       bytes_get16(arp + PROTOCOL) == ETHERNET_TYPE_IPV4 && arp[HARDWARE_LENGTH] == NET_ADDRESS_SIZE &&
	       arp[PROTOCOL_LENGTH] == 4 && !(arp[SENDER_HARDWARE] & 1) &&
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
	uint32_t sender, target;
	struct arp_entry *entry;
	bool to_us, request;

	if (!well_formed(packet)) {
		netstack_drop(interface->stack, DROP_ARP_MALFORMED);
		return;
	}
	if (interface->loopback || interface->address == 0)
		return;
	sender = bytes_get32(arp + SENDER_ADDRESS);
	target = bytes_get32(arp + TARGET_ADDRESS);
	request = bytes_get16(arp + OPERATION) == REQUEST;
	to_us = target == interface->address;
	if (sender == interface->address) {
		if (memcmp(arp + SENDER_HARDWARE, interface->card->address, NET_ADDRESS_SIZE) != 0)
			defend(interface, arp + SENDER_HARDWARE);
		return;
	}
	entry = neighbour(interface, sender) ? entry_find(interface, sender) : NULL;
	if (entry != NULL)
		learn(interface, entry, arp + SENDER_HARDWARE, !request && to_us);
	if (!to_us || !request)
		return;
	/* Whoever asks for us is about to be spoken to. A probe (RFC 5227) has no address yet. */
	if (entry == NULL && neighbour(interface, sender) && (entry = entry_make(interface, sender)) != NULL) {
		entry->state = ARP_STALE;
		memcpy(entry->hardware, arp + SENDER_HARDWARE, NET_ADDRESS_SIZE);
	}
	say(interface, REPLY, arp + SENDER_HARDWARE, interface->address, arp + SENDER_HARDWARE, sender);
}

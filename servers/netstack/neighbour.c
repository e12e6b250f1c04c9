/* Neighbours: who is known, asked, and waited for (neighbour.h). */
#include "neighbour.h"

#include "discovery.h"
#include "icmp.h"
#include "netstack.h"

#define NEVER UINT64_MAX

/* ---- the table ---------------------------------------------------------------- */

static struct list *bucket_of(struct interface *interface, const struct net_address *address)
{
	uint64_t hash = hash_bytes(&interface->stack->key, address->bytes, net_address_length(address));

	return &interface->neighbours.buckets[hash % NEIGHBOUR_BUCKETS];
}

static struct neighbour *find(struct interface *interface, const struct net_address *address)
{
	struct list *bucket = bucket_of(interface, address);

	for (struct list *link = bucket->next; link != bucket; link = link->next) {
		struct neighbour *entry = list_entry(link, struct neighbour, bucket);

		if (net_address_equal(&entry->address, address))
			return entry;
	}
	return NULL;
}

/* A free one, or else the one that was not used for longest; NULL: all are being asked for. */
static struct neighbour *make(struct interface *interface, const struct net_address *address)
{
	struct neighbour *best = NULL;

	for (uint32_t i = 0; i < NEIGHBOURS; i++) {
		struct neighbour *entry = &interface->neighbours.entries[i];

		if (entry->state == NEIGHBOUR_INCOMPLETE)
			continue;
		if (best == NULL || (best->state != NEIGHBOUR_FREE &&
		                     (entry->state == NEIGHBOUR_FREE || entry->used < best->used)))
			best = entry;
	}
	if (best == NULL)
		return NULL;
	list_remove(&best->bucket);
	best->address = *address;
	best->asked = 0;
	best->router = false;
	best->due = NEVER;
	best->used = netstack_now(interface->stack);
	list_add_tail(bucket_of(interface, address), &best->bucket);
	return best;
}

static void set_due(struct interface *interface, struct neighbour *entry, uint64_t wait)
{
	entry->due = netstack_now(interface->stack) + wait;
	alarm_set_before(interface->stack, &interface->neighbours.alarm, entry->due);
}

static struct output *take_waiting(struct interface *interface, struct neighbour *entry)
{
	struct list *link = list_take(&entry->waiting);

	if (link == NULL)
		return NULL;
	entry->waiting_count--;
	interface->neighbours.waiting--;
	return list_entry(link, struct output, link);
}

/* ---- by family ----------------------------------------------------------------- */

static uint64_t reachable_time(const struct interface *interface, const struct neighbour *entry)
{
	return entry->address.family == NET_FAMILY_IPV6 ? interface->ipv6.reachable_time
	                                                : NEIGHBOUR_REACHABLE_TIME;
}

/* Asks all who might be it, or, once it is known, itself. */
static void ask(struct interface *interface, struct neighbour *entry)
{
	const uint8_t *hardware = entry->state == NEIGHBOUR_INCOMPLETE ? NULL : entry->hardware;

	entry->asked++;
	if (entry->address.family == NET_FAMILY_IPV6) {
		set_due(interface, entry, interface->ipv6.ask_time);
		discovery_ask(interface, &entry->address, hardware != NULL);
	} else {
		set_due(interface, entry, NEIGHBOUR_ASK_TIME);
		arp_ask(interface, net_address_number(&entry->address), hardware);
	}
}

static void send_to(struct interface *interface, const struct neighbour *entry, struct output *output)
{
	uint16_t type = entry->address.family == NET_FAMILY_IPV6 ? ETHERNET_TYPE_IPV6 : ETHERNET_TYPE_IPV4;

	ethernet_header(interface, output_headers(output), entry->hardware, type);
	output_transmit(interface, output);
}

/* ---- what is due ------------------------------------------------------------------- */

/* The neighbour never answered: whoever sent to it is told. */
static void give_up(struct interface *interface, struct neighbour *entry)
{
	const struct net_address address = entry->address;
	struct output *output;

	/* Free before anybody is told, who may send again. */
	entry->state = NEIGHBOUR_FREE;
	entry->due = NEVER;
	list_remove(&entry->bucket);
	route_neighbour_lost(interface->stack, &address);
	while ((output = take_waiting(interface, entry)) != NULL) {
		netstack_drop(interface->stack, DROP_NEIGHBOUR_UNANSWERED);
		icmp_unreachable_here(interface->stack, output_headers(output) + NET_ETHERNET_HEADER,
		                      output->frame.segments[0].length - NET_ETHERNET_HEADER);
		output_cancel(interface, output);
	}
}

static void entry_ring(struct interface *interface, struct neighbour *entry)
{
	switch (entry->state) {
	case NEIGHBOUR_DELAY_PROBE:
		entry->state = NEIGHBOUR_PROBE;
		entry->asked = 0;
		ask(interface, entry);
		break;
	case NEIGHBOUR_PROBE:
		if (entry->asked == NEIGHBOUR_ASK_TIMES) {
			/* Perhaps it has another hardware address by now, or another router leads there. */
			route_neighbour_lost(interface->stack, &entry->address);
			entry->state = NEIGHBOUR_INCOMPLETE;
			entry->asked = 0;
		}
		ask(interface, entry);
		break;
	case NEIGHBOUR_INCOMPLETE:
		if (entry->asked < NEIGHBOUR_ASK_TIMES)
			ask(interface, entry);
		else
			give_up(interface, entry);
		break;
	default:
		entry->due = NEVER;
	}
}

static void neighbours_ring(struct netstack *stack, struct alarm *alarm)
{
	struct neighbours *neighbours = list_entry(alarm, struct neighbours, alarm);
	struct interface *interface = list_entry(neighbours, struct interface, neighbours);
	uint64_t now = netstack_now(stack), next = NEVER;

	for (uint32_t i = 0; i < NEIGHBOURS; i++) {
		struct neighbour *entry = &neighbours->entries[i];

		if (entry->due <= now)
			entry_ring(interface, entry);
		if (entry->due < next)
			next = entry->due;
	}
	if (next != NEVER)
		alarm_set_before(stack, alarm, next);
}

bool neighbours_create(struct interface *interface)
{
	struct neighbours *neighbours = &interface->neighbours;

	alarm_init(&neighbours->alarm, neighbours_ring);
	for (uint32_t i = 0; i < NEIGHBOUR_BUCKETS; i++)
		list_init(&neighbours->buckets[i]);
	neighbours->entries = netstack_allocate(interface->stack, NEIGHBOURS * sizeof(struct neighbour));
	for (uint32_t i = 0; neighbours->entries != NULL && i < NEIGHBOURS; i++) {
		list_init(&neighbours->entries[i].bucket);
		list_init(&neighbours->entries[i].waiting);
		neighbours->entries[i].due = NEVER;
	}
	return neighbours->entries != NULL;
}

void neighbours_destroy(struct interface *interface)
{
	if (interface->neighbours.entries != NULL)
		alarm_cancel(interface->stack, &interface->neighbours.alarm);
	netstack_free(interface->stack, interface->neighbours.entries);
}

/* ---- sending ----------------------------------------------------------------------- */

/* The newest are kept: what is old may have been sent again. */
static void wait_for(struct interface *interface, struct neighbour *entry, struct output *output)
{
	struct neighbours *neighbours = &interface->neighbours;

	if (entry->waiting_count == NEIGHBOUR_WAITING || neighbours->waiting == NEIGHBOUR_WAITING_ALL) {
		struct output *oldest = take_waiting(interface, entry);

		netstack_drop(interface->stack, DROP_NEIGHBOUR_FULL);
		output_cancel(interface, oldest != NULL ? oldest : output);
		if (oldest == NULL)
			return;
	}
	list_add_tail(&entry->waiting, &output->link);
	entry->waiting_count++;
	neighbours->waiting++;
}

void neighbour_transmit(struct interface *interface, struct output *output, const struct net_address *address)
{
	struct neighbour *entry = find(interface, address);

	if (entry == NULL) {
		entry = make(interface, address);
		if (entry == NULL) {
			netstack_drop(interface->stack, DROP_NEIGHBOUR_FULL);
			output_cancel(interface, output);
			return;
		}
		entry->state = NEIGHBOUR_INCOMPLETE;
		ask(interface, entry);
	}
	entry->used = netstack_now(interface->stack);
	if (entry->state == NEIGHBOUR_INCOMPLETE) {
		wait_for(interface, entry, output);
		return;
	}
	if (entry->state == NEIGHBOUR_REACHABLE &&
	    entry->used - entry->confirmed >= reachable_time(interface, entry))
		entry->state = NEIGHBOUR_STALE;
	if (entry->state == NEIGHBOUR_STALE) {
		entry->state = NEIGHBOUR_DELAY_PROBE;
		set_due(interface, entry, NEIGHBOUR_DELAY);
	}
	send_to(interface, entry, output);
}

/* ---- what is heard ------------------------------------------------------------------- */

static void reachable(struct interface *interface, struct neighbour *entry)
{
	entry->state = NEIGHBOUR_REACHABLE;
	entry->asked = 0;
	entry->confirmed = netstack_now(interface->stack);
	entry->due = NEVER;
}

static void stale(struct neighbour *entry)
{
	entry->state = NEIGHBOUR_STALE;
	entry->due = NEVER;
}

static void send_waiting(struct interface *interface, struct neighbour *entry)
{
	struct output *output;

	while ((output = take_waiting(interface, entry)) != NULL)
		send_to(interface, entry, output);
}

void neighbour_confirm(struct interface *interface, const struct net_address *address)
{
	struct neighbour *entry = find(interface, address);

	if (entry != NULL && entry->state != NEIGHBOUR_INCOMPLETE)
		reachable(interface, entry);
}

struct neighbour *neighbour_heard(struct interface *interface, const struct net_address *address,
                                  const uint8_t *hardware, bool make_one)
{
	struct neighbour *entry = find(interface, address);
	bool fresh = entry == NULL;

	if (fresh && make_one)
		entry = make(interface, address);
	if (entry == NULL)
		return NULL;
	if (fresh || entry->state == NEIGHBOUR_INCOMPLETE ||
	    memcmp(entry->hardware, hardware, NET_ADDRESS_SIZE) != 0) {
		memcpy(entry->hardware, hardware, NET_ADDRESS_SIZE);
		stale(entry);
	}
	send_waiting(interface, entry);
	return entry;
}

/* Where it is different from what was known, and may not replace that: it is to be asked. */
static void contradicted(struct neighbour *entry)
{
	if (entry->state == NEIGHBOUR_REACHABLE)
		stale(entry);
}

void neighbour_answered(struct interface *interface, const struct net_address *address,
                        const struct neighbour_answer *answer)
{
	struct neighbour *entry = find(interface, address);
	bool known, same;

	if (entry == NULL)
		return;
	known = entry->state != NEIGHBOUR_INCOMPLETE;
	if (!known && answer->hardware == NULL)
		return;
	same = answer->hardware == NULL ||
	       (known && memcmp(entry->hardware, answer->hardware, NET_ADDRESS_SIZE) == 0);
	if (known && !same && !answer->override) {
		contradicted(entry);
		return;
	}
	if (!same)
		memcpy(entry->hardware, answer->hardware, NET_ADDRESS_SIZE);
	if (answer->solicited)
		reachable(interface, entry);
	else if (!same)
		stale(entry);
	/* RFC 4861, section 7.3.3: it has ceased to be a router. */
	if (entry->router && !answer->router)
		discovery_router_gone(interface, address);
	entry->router = answer->router;
	send_waiting(interface, entry);
}

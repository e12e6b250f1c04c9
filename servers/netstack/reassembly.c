/* Putting fragments together (reassembly.h). */
#include "reassembly.h"

#include "icmp.h"
#include "netstack.h"

struct fragment {
	struct fragment *next;
	uint32_t offset, length; /* bytes of the payload */
	uint8_t bytes[];
};

static void partial_free(struct netstack *stack, struct partial *partial)
{
	struct fragment *fragment;

	while ((fragment = partial->fragments) != NULL) {
		partial->fragments = fragment->next;
		netstack_free(stack, fragment);
	}
	stack->reassembly.charged -= partial->charged;
	*partial = (struct partial){0};
}

/* RFC 1122, section 3.3.2: told only who has sent the first fragment. */
static void partial_expire(struct netstack *stack, struct partial *partial)
{
	netstack_drop(stack, DROP_FRAGMENT_TIMEOUT);
	if (partial->first_seen && partial->quote_length > 0) {
		const struct ip_header header = {
			.source = partial->source,
			.destination = partial->destination,
			.protocol = partial->protocol,
			.quote = partial->quote,
			.quote_length = partial->quote_length,
			.transport_at = partial->transport_at,
		};

		icmp_send_error(stack, &header, ICMP_ERROR_TIME_EXCEEDED);
	}
	partial_free(stack, partial);
}

static void reassembly_ring(struct netstack *stack, struct alarm *alarm)
{
	uint64_t now = netstack_now(stack), next = UINT64_MAX;

	for (uint32_t i = 0; i < REASSEMBLY_PACKETS; i++) {
		struct partial *partial = &stack->reassembly.partials[i];

		if (!partial->used)
			continue;
		if (partial->expires <= now)
			partial_expire(stack, partial);
		else if (partial->expires < next)
			next = partial->expires;
	}
	if (next != UINT64_MAX)
		alarm_set(stack, alarm, next);
}

void reassembly_create(struct netstack *stack)
{
	alarm_init(&stack->reassembly.alarm, reassembly_ring);
}

void reassembly_destroy(struct netstack *stack)
{
	alarm_cancel(stack, &stack->reassembly.alarm);
	for (uint32_t i = 0; i < REASSEMBLY_PACKETS; i++)
		partial_free(stack, &stack->reassembly.partials[i]);
}

/* ---- the packet that a fragment belongs to ------------------------------------- */

static bool same_packet(const struct partial *partial, const struct ip_header *header, uint32_t identification)
{
	return partial->used && partial->identification == identification &&
	       (partial->protocol == header->protocol || header->source.family == NET_FAMILY_IPV6) &&
	       net_address_equal(&partial->source, &header->source) &&
	       net_address_equal(&partial->destination, &header->destination);
}

/* The oldest of those that are there, but not `kept`. */
static struct partial *oldest(struct netstack *stack, const struct partial *kept)
{
	struct partial *best = NULL;

	for (uint32_t i = 0; i < REASSEMBLY_PACKETS; i++) {
		struct partial *partial = &stack->reassembly.partials[i];

		if (partial->used && partial != kept && (best == NULL || partial->expires < best->expires))
			best = partial;
	}
	return best;
}

/* The one that the fragment belongs to; a new one in the oldest's place where there is no other. */
static struct partial *partial_find(struct netstack *stack, const struct ip_header *header,
                                    uint32_t identification)
{
	bool ipv6 = header->source.family == NET_FAMILY_IPV6;
	struct partial *free = NULL;

	for (uint32_t i = 0; i < REASSEMBLY_PACKETS; i++) {
		struct partial *partial = &stack->reassembly.partials[i];

		if (same_packet(partial, header, identification))
			return partial;
		if (!partial->used)
			free = partial;
	}
	if (free == NULL) {
		free = oldest(stack, NULL);
		netstack_drop(stack, DROP_FRAGMENT_MEMORY);
		partial_free(stack, free);
	}
	*free = (struct partial){
		.used = true,
		.protocol = header->protocol,
		.identification = identification,
		.source = header->source,
		.destination = header->destination,
		.expires = netstack_now(stack) + (ipv6 ? REASSEMBLY_SECONDS6 : REASSEMBLY_SECONDS) * NETSTACK_SECOND,
	};
	alarm_set_before(stack, &stack->reassembly.alarm, free->expires);
	return free;
}

/* ---- a fragment in it ------------------------------------------------------------ */

enum place { PLACE_GOOD, PLACE_KNOWN, PLACE_OVERLAP };

/* Where the fragment is to be linked. One that has come before, exactly, does no harm. */
static enum place find_place(struct partial *partial, uint32_t offset, uint32_t length, struct fragment ***link)
{
	*link = &partial->fragments;
	while (**link != NULL && (**link)->offset < offset)
		*link = &(**link)->next;
	if (**link != NULL && (**link)->offset == offset && (**link)->length == length)
		return PLACE_KNOWN;
	if (**link != NULL && offset + length > (**link)->offset)
		return PLACE_OVERLAP;
	if (*link != &partial->fragments) {
		struct fragment *before = list_entry(*link, struct fragment, next);

		if (before->offset + before->length > offset)
			return PLACE_OVERLAP;
	}
	return PLACE_GOOD;
}

/* Makes room by dropping what is oldest. */
static bool charge(struct netstack *stack, struct partial *partial, uint32_t size)
{
	struct reassembly *reassembly = &stack->reassembly;

	while (reassembly->charged + size > REASSEMBLY_MEMORY) {
		struct partial *victim = oldest(stack, partial);

		if (victim == NULL)
			return false;
		netstack_drop(stack, DROP_FRAGMENT_MEMORY);
		partial_free(stack, victim);
	}
	reassembly->charged += size;
	partial->charged += size;
	return true;
}

static bool insert(struct netstack *stack, struct partial *partial, struct fragment **link, uint32_t offset,
                   const struct packet *packet)
{
	uint32_t size = (uint32_t)sizeof(struct fragment) + packet->length;
	struct fragment *fragment;

	if (partial->count == REASSEMBLY_FRAGMENTS || !charge(stack, partial, size))
		return false;
	fragment = netstack_allocate(stack, size);
	if (fragment == NULL)
		return false;
	fragment->next = *link;
	fragment->offset = offset;
	fragment->length = packet->length;
	memcpy(fragment->bytes, packet->bytes, packet->length);
	*link = fragment;
	partial->count++;
	partial->received += packet->length;
	return true;
}

static bool complete(const struct partial *partial)
{
	/* No two overlap, and none lies beyond the end: so all is there when as much is there. */
	return partial->last_seen && partial->received == partial->total;
}

/* Whether this fragment agrees with what is known of the end; notes the end. */
static bool end_agrees(struct partial *partial, uint32_t end, bool more)
{
	const struct fragment *last = partial->fragments;

	if (partial->last_seen)
		return more ? end <= partial->total : end == partial->total;
	if (more)
		return true;
	for (; last != NULL; last = last->next) {
		if (last->offset + last->length > end)
			return false;
	}
	partial->last_seen = true;
	partial->total = end;
	return true;
}

/* The whole, in one piece. NULL without memory. */
static uint8_t *join(struct netstack *stack, const struct partial *partial)
{
	uint8_t *whole = netstack_allocate(stack, partial->total);

	if (whole == NULL)
		return NULL;
	for (const struct fragment *fragment = partial->fragments; fragment != NULL; fragment = fragment->next)
		memcpy(whole + fragment->offset, fragment->bytes, fragment->length);
	return whole;
}

static uint32_t least(uint32_t left, uint32_t right)
{
	return left < right ? left : right;
}

static bool give_up(struct netstack *stack, struct partial *partial, enum drop_reason reason)
{
	netstack_drop(stack, reason);
	partial_free(stack, partial);
	return false;
}

/* The first fragment says what it is all about, and what is quoted. */
static void note_first(struct partial *partial, const struct ip_header *header)
{
	partial->first_seen = true;
	partial->protocol = header->protocol;
	if (!header->to_many)
		partial->quote_length = least(header->quote_length, REASSEMBLY_QUOTE);
	partial->transport_at = header->transport_at;
	memcpy(partial->quote, header->quote, partial->quote_length);
}

bool reassembly_add(struct netstack *stack, struct ip_header *header, uint32_t identification,
                    uint32_t offset, bool more, struct packet *packet, void **memory)
{
	uint32_t end = offset + packet->length;
	struct fragment **link;
	struct partial *partial;
	enum place place;

	if (packet->length == 0 || (more && packet->length % 8 != 0)) {
		netstack_drop(stack, DROP_FRAGMENT_MALFORMED);
		return false;
	}
	partial = partial_find(stack, header, identification);
	place = find_place(partial, offset, packet->length, &link);
	if (place == PLACE_KNOWN)
		return false;
	if (place == PLACE_OVERLAP || !end_agrees(partial, end, more))
		return give_up(stack, partial, DROP_FRAGMENT_OVERLAP);
	if (!insert(stack, partial, link, offset, packet))
		return give_up(stack, partial, DROP_FRAGMENT_MEMORY);
	if (offset == 0)
		note_first(partial, header);
	if (!complete(partial))
		return false;
	*memory = join(stack, partial);
	if (*memory == NULL)
		return give_up(stack, partial, DROP_FRAGMENT_MEMORY);
	packet->bytes = *memory;
	packet->length = partial->total;
	packet->checksum_good = false;
	header->protocol = partial->protocol;
	partial_free(stack, partial);
	return true;
}

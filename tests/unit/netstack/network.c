/* The link of network.h. */
#include "network.h"

#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "servers/netstack/tcp_segment.h"

struct network_packet {
	uint64_t at, order;
	struct network_end *to;
	uint8_t ecn;
	bool queued;
	uint32_t length;
	uint8_t bytes[];
};

uint64_t network_random(struct network *network)
{
	/* splitmix64 (Steele, Lea and Flood, 2014). */
	uint64_t value = network->random += UINT64_C(0x9e3779b97f4a7c15);

	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

static bool happens(struct network *network, uint32_t per_mille)
{
	return per_mille != 0 && network_random(network) % 1000 < per_mille;
}

static bool earlier(const struct network_packet *left, const struct network_packet *right)
{
	return left->at != right->at ? left->at < right->at : left->order < right->order;
}

static void heap_add(struct network *network, struct network_packet *packet)
{
	uint32_t at = network->count++;

	if (network->count > network->capacity) {
		network->capacity = network->capacity == 0 ? 64 : 2 * network->capacity;
		network->heap = realloc(network->heap, network->capacity * sizeof(struct network_packet *));
		require(network->heap != NULL);
	}
	for (; at > 0 && earlier(packet, network->heap[(at - 1) / 2]); at = (at - 1) / 2)
		network->heap[at] = network->heap[(at - 1) / 2];
	network->heap[at] = packet;
}

static struct network_packet *heap_take(struct network *network)
{
	struct network_packet *first = network->heap[0];
	struct network_packet *last = network->heap[--network->count];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < network->count) {
		if (child + 1 < network->count && earlier(network->heap[child + 1], network->heap[child]))
			child++;
		if (!earlier(network->heap[child], last))
			break;
		network->heap[at] = network->heap[child];
		at = child;
	}
	network->heap[at] = last;
	return first;
}

/* Makes the checksum as a card would: over everything, the field holding the pseudo header's sum. */
static void complete_checksum(uint8_t *bytes, uint32_t length)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < length; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	bytes[16] = (uint8_t)(~sum >> 8);
	bytes[17] = (uint8_t)~sum;
}

static void enqueue(struct network_end *from, const uint8_t *bytes, uint32_t length, uint8_t ecn)
{
	struct network *network = from->network;
	const struct network_fault *fault = &network->fault;
	uint64_t start = from->link_free > network->now ? from->link_free : network->now;
	struct network_packet *packet;

	if (happens(network, fault->loss) || (fault->queue != 0 && from->queued >= fault->queue)) {
		from->lost++;
		return;
	}
	packet = malloc(sizeof(*packet) + length);
	require(packet != NULL);
	from->link_free = start + fault->byte_time * (length + 40);
	from->queued++;
	*packet = (struct network_packet){
		.at = from->link_free + fault->delay,
		.order = network->order++,
		.to = &network->ends[1 - from->index],
		.ecn = ecn,
		.queued = true,
		.length = length,
	};
	memcpy(packet->bytes, bytes, length);
	if (happens(network, fault->reordering))
		packet->at += network_random(network) % (fault->jitter + 1);
	if (happens(network, fault->corruption))
		packet->bytes[network_random(network) % length] ^= (uint8_t)(1u << network_random(network) % 8);
	if (ecn == 2 && happens(network, fault->marking)) {
		packet->ecn = 3;
		from->marked++;
	}
	heap_add(network, packet);
}

/* One packet on the link; perhaps too large for it. */
static void send_one(struct network_end *from, const uint8_t *bytes, uint32_t length, uint8_t ecn)
{
	struct network *network = from->network;
	const struct network_fault *fault = &network->fault;
	uint32_t size = length + (fault->family == 6 ? 40 : 20);

	from->packets++;
	require(size <= fault->mtu);
	if (fault->narrow != 0 && size > fault->narrow) {
		struct network_packet *notice;

		from->lost++;
		if (fault->narrow_silent)
			return;
		/* Not from within output(): as a packet to the sender, of no more than the quoted bytes. */
		notice = malloc(sizeof(*notice) + 8);
		require(notice != NULL);
		*notice = (struct network_packet){
			.at = network->now + fault->delay, .order = network->order++, .to = from, .length = 8};
		memcpy(notice->bytes, bytes, 8);
		heap_add(network, notice);
		return;
	}
	enqueue(from, bytes, length, ecn);
	if (happens(network, fault->duplication))
		enqueue(from, bytes, length, ecn);
}

static void output(void *context, const struct tcp_packet *packet)
{
	struct network_end *end = context;
	uint32_t size = packet->segment_size != 0 ? packet->segment_size : packet->payload_length;
	uint32_t offset = 0, total = 0;
	uint8_t *bytes = malloc(65536 + 60), *payload = malloc(65536);
	uint32_t sequence;

	require(bytes != NULL && payload != NULL);
	for (uint32_t i = 0; i < packet->piece_count; i++) {
		require(total + packet->pieces[i].length <= 65536);
		memcpy(payload + total, packet->pieces[i].address, packet->pieces[i].length);
		total += packet->pieces[i].length;
	}
	require(total == packet->payload_length);
	require(net_address_equal(&packet->source, &end->address));
	memcpy(&sequence, packet->header + 4, 4);
	sequence = __builtin_bswap32(sequence);
	do {
		uint32_t part = total - offset < size ? total - offset : size;
		uint32_t length = packet->header_length + part;
		uint32_t here = __builtin_bswap32(sequence + offset);
		uint16_t sum = tcp_pseudo_sum(&packet->source, &packet->destination, length);

		memcpy(bytes, packet->header, packet->header_length);
		memcpy(bytes + 4, &here, 4);
		/* The last segment only: FIN and PSH. The first only: CWR. */
		if (offset + part < total)
			bytes[13] &= (uint8_t)~(TCP_FLAG_FIN | TCP_FLAG_PSH);
		if (offset > 0)
			bytes[13] &= (uint8_t)~TCP_FLAG_CWR;
		bytes[16] = (uint8_t)(sum >> 8);
		bytes[17] = (uint8_t)sum;
		memcpy(bytes + packet->header_length, payload + offset, part);
		complete_checksum(bytes, length);
		send_one(end, bytes, length, packet->ecn);
		offset += part;
	} while (offset < total);
	free(bytes);
	free(payload);
}

static uint64_t now(void *context)
{
	return ((struct network_end *)context)->network->now;
}

static uint32_t random_number(void *context)
{
	return (uint32_t)network_random(((struct network_end *)context)->network);
}

static int route(void *context, const struct net_address *remote, struct tcp_route *found)
{
	struct network_end *end = context;

	if (!net_address_equal(remote, &end->network->ends[1 - end->index].address))
		return -POSIX_ENETUNREACH;
	*found = (struct tcp_route){
		.local = end->address, .mtu = end->network->fault.mtu, .segmentation = end->network->fault.segmentation};
	return 0;
}

static void *allocate(void *context, size_t size)
{
	struct network_end *end = context;

	if (end->allocated + size > end->allocation_limit)
		return NULL;
	end->allocated += size;
	return malloc(size);
}

static void release(void *context, void *memory, size_t size)
{
	struct network_end *end = context;

	require(size <= end->allocated);
	end->allocated -= size;
	free(memory);
}

static void wake(void *context, void *owner, uint32_t events)
{
	(void)owner;
	((struct network_end *)context)->woken |= events;
}

void network_create(struct network *network, const struct network_fault *fault, uint64_t seed)
{
	memset(network, 0, sizeof(*network));
	network->fault = *fault;
	network->random = seed;
	network->now = UINT64_C(1000000000);
	for (uint32_t i = 0; i < 2; i++) {
		struct network_end *end = &network->ends[i];
		struct tcp_environment environment = {
			.context = end,
			.now = now,
			.random = random_number,
			.route = route,
			.output = output,
			.allocate = allocate,
			.release = release,
			.wake = wake,
		};
		uint64_t secret[2] = {network_random(network), network_random(network)};

		end->network = network;
		end->index = i;
		end->allocation_limit = UINT64_MAX;
		end->address = (struct net_address){.family = fault->family, .bytes = {10, 0, 0, (uint8_t)(i + 1)}};
		end->tcp = tcp_create(&environment, (const uint8_t *)secret);
		require(end->tcp != NULL);
	}
}

void network_destroy(struct network *network)
{
	for (uint32_t i = 0; i < 2; i++) {
		tcp_destroy(network->ends[i].tcp);
		require(network->ends[i].allocated == 0);
	}
	while (network->count > 0)
		free(heap_take(network));
	free(network->heap);
}

static void check_socket(void *context, const struct tcp_socket *socket)
{
	const char *problem = tcp_check(socket);

	(void)context;
	if (problem != NULL)
		ck_abort_msg("%s", problem);
}

static void deliver(struct network *network, struct network_packet *packet)
{
	struct network_end *to = packet->to, *from = &network->ends[1 - to->index];

	if (packet->queued) {
		from->queued--;
		tcp_input(to->tcp, &from->address, &to->address, packet->ecn, packet->bytes, packet->length, false);
	} else {
		tcp_icmp(to->tcp, &to->address, &from->address, packet->bytes, packet->length, TCP_ICMP_TOO_BIG,
		         network->fault.narrow);
	}
	free(packet);
}

bool network_step(struct network *network, uint64_t limit)
{
	uint64_t deadlines[2], timer, next;

	/* For the calls since the step before. */
	for (uint32_t i = 0; i < 2; i++) {
		tcp_flush(network->ends[i].tcp);
		deadlines[i] = tcp_deadline(network->ends[i].tcp);
	}
	timer = deadlines[0] < deadlines[1] ? deadlines[0] : deadlines[1];
	next = network->count > 0 && network->heap[0]->at < timer ? network->heap[0]->at : timer;
	if (next > limit || next == TCP_NEVER)
		return false;
	if (next > network->now)
		network->now = next;
	if (network->count > 0 && network->heap[0]->at <= network->now) {
		deliver(network, heap_take(network));
		for (uint32_t i = 0; i < 2; i++)
			tcp_flush(network->ends[i].tcp);
	} else {
		for (uint32_t i = 0; i < 2; i++) {
			if (deadlines[i] <= network->now)
				tcp_timers(network->ends[i].tcp, network->now);
		}
	}
	for (uint32_t i = 0; i < 2; i++)
		tcp_each(network->ends[i].tcp, check_socket, NULL);
	return true;
}

void network_connect(struct network *network, struct tcp_socket *sockets[2])
{
	struct tcp_socket *listener;

	require(tcp_open(network->ends[1].tcp, NULL, &listener) == 0);
	require(tcp_bind(listener, NULL, 80) == 0);
	require(tcp_listen(listener, 1) == 0);
	require(tcp_open(network->ends[0].tcp, NULL, &sockets[0]) == 0);
	require(tcp_connect(sockets[0], &network->ends[1].address, 80) == -POSIX_EINPROGRESS);
	while (tcp_accept(listener, NULL, &sockets[1]) != 0)
		require(network_step(network, UINT64_MAX));
	tcp_close(listener);
	while (!(tcp_ready(sockets[0]) & TCP_CONNECTED))
		require(network_step(network, UINT64_MAX));
}

/*
 * The stack's beginning and end, its cards, and the frames that it transmits.
 * Each card has a fixed number of frames and pages: what is on its way to a card
 * that is behind is bounded, and senders learn of it by POSIX_ENOBUFS.
 */
#include "netstack.h"

#include <drydock/abi/sys.h>

#include "autoconfigure.h"
#include "icmp6.h"

void netstack_create(struct netstack *stack, const struct netstack_environment *environment,
                     const struct hash_key *secret)
{
	*stack = (struct netstack){.environment = *environment, .key = *secret};
	list_init(&stack->alarms);
	reassembly_create(stack);
	groups_create(stack);
	datagrams_create(stack);
	icmp_create(stack);
	icmp6_create(stack);
	udp_create(stack);
	resolver_create(stack);
	stack->identification = (uint16_t)netstack_random(stack);
}

uint32_t netstack_random(struct netstack *stack)
{
	uint64_t count = ++stack->random_count;

	return (uint32_t)hash_bytes(&stack->key, &count, sizeof(count));
}

const char *netstack_drop_name(enum drop_reason reason)
{
#define DROP_NAME(name, text) [DROP_##name] = text,
	static const char *const names[] = {DROP_LIST(DROP_NAME)};
#undef DROP_NAME

	return names[reason];
}

/* ---- interfaces ------------------------------------------------------------ */

static void receive(void *context, struct net_frame *const *frames, uint32_t count)
{
	struct interface *interface = context;

	for (uint32_t i = 0; i < count; i++) {
		interface->received_frames++;
		interface->received_bytes += frames[i]->length;
		ethernet_receive(interface, frames[i]);
		net_release(interface->card, frames[i]);
	}
	streams_received(interface->stack);
}

/* Neighbours may be others now, and so may be routers and servers: they are told of us, and asked for. */
static void link_changed(void *context)
{
	struct interface *interface = context;

	if (!interface->card->link_up || interface->loopback)
		return;
	if (interface->address != 0)
		arp_announce(interface);
	if (interface->ipv6.enabled)
		autoconfigure_solicit(interface);
	dhcp_link_up(interface);
}

static const struct net_events events = {.receive = receive, .link_changed = link_changed};

static void interface_destroy(struct interface *interface)
{
	struct netstack *stack = interface->stack;

	dhcp_stop(interface);
	ipv6_stop(interface);
	arp_destroy(interface);
	neighbours_destroy(interface);
	if (interface->memory != NULL)
		device_free(&interface->card->device, interface->memory, OUTPUT_PAGES * PAGE_SIZE);
	netstack_free(stack, interface->outputs);
	netstack_free(stack, interface->linear);
	netstack_free(stack, interface);
}

static bool take_memory(struct interface *interface)
{
	struct netstack *stack = interface->stack;

	interface->memory = device_allocate(&interface->card->device, OUTPUT_PAGES * PAGE_SIZE);
	interface->outputs = netstack_allocate(stack, OUTPUT_FRAMES * sizeof(struct output));
	interface->linear = netstack_allocate(stack, NET_FRAME_MAXIMUM);
	if (interface->memory == NULL || interface->outputs == NULL || interface->linear == NULL)
		return false;
	for (uint32_t i = 0; i < OUTPUT_PAGES; i++)
		interface->page_stack[interface->free_pages++] = interface->memory + (size_t)i * PAGE_SIZE;
	for (uint32_t i = 0; i < OUTPUT_FRAMES; i++)
		list_add_tail(&interface->free_outputs, &interface->outputs[i].link);
	return neighbours_create(interface);
}

int32_t netstack_add_interface(struct netstack *stack, struct net_card *card, const char *name, bool loopback,
                               struct interface **result)
{
	struct interface *interface;

	if (stack->interface_count == NETSTACK_INTERFACES)
		return POSIX_ENOSPC;
	interface = netstack_allocate(stack, sizeof(*interface));
	if (interface == NULL)
		return POSIX_ENOMEM;
	interface->stack = stack;
	interface->card = card;
	interface->loopback = loopback;
	interface->mtu = card->mtu;
	string_copy(interface->name, sizeof(interface->name), name, string_length(name));
	list_init(&interface->free_outputs);
	arp_create(interface);
	if (!take_memory(interface)) {
		interface_destroy(interface);
		return POSIX_ENOMEM;
	}
	card->events = &events;
	card->context = interface;
	stack->interfaces[stack->interface_count++] = interface;
	*result = interface;
	return 0;
}

int32_t interface_set_address(struct interface *interface, uint32_t address, uint32_t prefix)
{
	struct netstack *stack = interface->stack;
	uint32_t mask = prefix == 0 || prefix > 32 ? 0 : UINT32_MAX << (32 - prefix);
	uint32_t host = address & ~mask;
	int32_t status;

	/* RFC 1122, section 3.2.1.3: the network itself and its broadcast are nobody, unless there are but two. */
	if (mask == 0 || address >> 24 == 0 || address >> 28 >= 0xe || (address >> 24 == 127) != interface->loopback ||
	    (prefix < 31 && (host == 0 || host == ~mask)))
		return POSIX_EINVAL;
	route_remove_interface(stack, interface, NET_FAMILY_IPV4);
	status = route_add(stack, &(struct route){.network = net_address_ipv4(address & mask),
	                                          .prefix = prefix,
	                                          .interface = interface,
	                                          .expires = ROUTE_FOR_EVER});
	if (status != 0)
		return status;
	interface->address = address;
	interface->prefix = prefix;
	if (!interface->loopback)
		arp_announce(interface);
	return 0;
}

void interface_clear_address(struct interface *interface)
{
	route_remove_interface(interface->stack, interface, NET_FAMILY_IPV4);
	interface->address = 0;
	interface->prefix = 0;
}

static bool is_ours(const struct interface *interface, const struct net_address *address)
{
	if (address->family == NET_FAMILY_IPV6)
		return ipv6_is_ours(interface, address);
	return interface->address != 0 && (interface->address == net_address_number(address) ||
	                                   (interface->loopback && net_address_loopback(address)));
}

bool netstack_is_local(const struct netstack *stack, const struct net_address *address)
{
	for (uint32_t i = 0; i < stack->interface_count; i++) {
		if (is_ours(stack->interfaces[i], address))
			return true;
	}
	return false;
}

bool interface_has_family(const struct interface *interface, uint8_t family)
{
	return family == NET_FAMILY_IPV6 ? interface->ipv6.enabled : interface->address != 0;
}

uint32_t interface_mtu(const struct interface *interface, uint8_t family)
{
	return family == NET_FAMILY_IPV6 && interface->ipv6.mtu != 0 ? interface->ipv6.mtu : interface->mtu;
}

uint32_t interface_broadcast(const struct interface *interface)
{
	return interface->address == 0 || interface->prefix >= 31 ? 0
	                                                          : interface->address | UINT32_MAX >> interface->prefix;
}

/* An IPv6 address says nothing of its link: routes without a gateway do (RFC 5942). */
static bool has_direct_route(const struct interface *interface, const struct net_address *address)
{
	const struct route_table *table = &interface->stack->routes;

	for (uint32_t i = 0; i < table->count; i++) {
		const struct route *route = &table->routes[i];

		if (route->interface == interface && route->gateway.family == NET_FAMILY_NONE &&
		    net_address_within(address, &route->network, route->prefix))
			return true;
	}
	return false;
}

bool interface_on_link(struct interface *interface, const struct net_address *address)
{
	return !is_ours(interface, address) && has_direct_route(interface, address);
}

bool interface_source(const struct interface *interface, const struct net_address *destination,
                      struct net_address *source)
{
	if (destination->family == NET_FAMILY_IPV6)
		return ipv6_choose_source(interface, destination, source);
	*source = net_address_ipv4(interface->address);
	return true;
}

void netstack_destroy(struct netstack *stack)
{
	resolver_destroy(stack);
	streams_destroy(stack);
	datagrams_destroy(stack);
	groups_destroy(stack);
	reassembly_destroy(stack);
	for (uint32_t i = 0; i < stack->interface_count; i++)
		interface_destroy(stack->interfaces[i]);
}

/* ---- frames to transmit ------------------------------------------------------- */

static void give_back(struct interface *interface, struct output *output)
{
	for (uint32_t i = 0; i < output->frame.segment_count; i++)
		interface->page_stack[interface->free_pages++] = output->frame.segments[i].address;
	list_add_tail(&interface->free_outputs, &output->link);
}

static void transmitted(struct net_frame *frame)
{
	struct output *output = list_entry(frame, struct output, frame);
	struct interface *interface = frame->context;

	if (frame->status != 0)
		netstack_drop(interface->stack, DROP_OUTPUT_FAILED);
	give_back(interface, output);
}

struct output *output_begin(struct interface *interface, uint32_t length)
{
	uint32_t pages = (length + PAGE_SIZE - 1) / PAGE_SIZE;
	struct output *output;

	if (pages > NET_SEGMENTS_MAXIMUM || pages > interface->free_pages || list_empty(&interface->free_outputs)) {
		netstack_drop(interface->stack, DROP_OUTPUT_FULL);
		return NULL;
	}
	output = list_entry(list_take(&interface->free_outputs), struct output, link);
	output->written = 0;
	output->frame.header = (struct net_header){0};
	output->frame.length = length;
	output->frame.segment_count = pages;
	output->frame.done = transmitted;
	output->frame.context = interface;
	for (uint32_t i = 0; i < pages; i++) {
		uint32_t left = length - i * PAGE_SIZE;

		output->frame.segments[i] = (struct device_segment){
			.address = interface->page_stack[--interface->free_pages],
			.length = left < PAGE_SIZE ? left : PAGE_SIZE,
		};
	}
	return output;
}

void output_write(struct output *output, const void *bytes, uint32_t length)
{
	const uint8_t *from = bytes;

	while (length > 0) {
		uint32_t at = output->written % PAGE_SIZE;
		uint32_t part = length < PAGE_SIZE - at ? length : PAGE_SIZE - at;
		uint8_t *page = output->frame.segments[output->written / PAGE_SIZE].address;

		memcpy(page + at, from, part);
		output->written += part;
		from += part;
		length -= part;
	}
}

void output_transmit(struct interface *interface, struct output *output)
{
	interface->transmitted_frames++;
	interface->transmitted_bytes += output->frame.length;
	net_transmit(interface->card, &output->frame);
}

void output_cancel(struct interface *interface, struct output *output)
{
	give_back(interface, output);
}

/* Ethernet II (IEEE 802.3; RFC 894): what has come goes to ARP or IP by its type. */
#include "netstack.h"

#include "bytes.h"
#include "ipv4.h"
#include "ipv6.h"

#define ADDRESS_TO   0
#define ADDRESS_FROM 6
#define TYPE         12

const uint8_t ethernet_broadcast[NET_ADDRESS_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

void ethernet_header(const struct interface *interface, uint8_t *frame, const uint8_t *destination,
                     uint16_t type)
{
	memcpy(frame + ADDRESS_TO, destination, NET_ADDRESS_SIZE);
	memcpy(frame + ADDRESS_FROM, interface->card->address, NET_ADDRESS_SIZE);
	bytes_put16(frame + TYPE, type);
}

/* The frame in one piece. It has at most NET_FRAME_MAXIMUM bytes. */
static const uint8_t *linear(struct interface *interface, const struct net_frame *frame)
{
	uint8_t *to = interface->linear;

	if (frame->segment_count == 1)
		return frame->segments[0].address;
	for (uint32_t i = 0; i < frame->segment_count; i++) {
		memcpy(to, frame->segments[i].address, frame->segments[i].length);
		to += frame->segments[i].length;
	}
	return interface->linear;
}

void ethernet_receive(struct interface *interface, const struct net_frame *frame)
{
	struct netstack *stack = interface->stack;
	struct packet packet = {.interface = interface, .length = frame->length - NET_ETHERNET_HEADER};
	const uint8_t *bytes;

	if (frame->length < NET_ETHERNET_HEADER || frame->length > NET_FRAME_MAXIMUM) {
		netstack_drop(stack, DROP_ETHERNET_SHORT);
		return;
	}
	bytes = linear(interface, frame);
	packet.bytes = bytes + NET_ETHERNET_HEADER;
	packet.checksum_good = (frame->header.flags & (NET_NEEDS_CHECKSUM | NET_CHECKSUM_VALID)) != 0;
	packet.link_broadcast = (bytes[ADDRESS_TO] & 1) != 0;
	/* A TAP brings what Linux floods, too. */
	if (!packet.link_broadcast && memcmp(bytes + ADDRESS_TO, interface->card->address, NET_ADDRESS_SIZE) != 0) {
		netstack_drop(stack, DROP_ETHERNET_OTHER);
		return;
	}
	switch (bytes_get16(bytes + TYPE)) {
	case ETHERNET_TYPE_IPV4:
		ipv4_input(stack, &packet);
		break;
	case ETHERNET_TYPE_IPV6:
		ipv6_input(stack, &packet);
		break;
	case ETHERNET_TYPE_ARP:
		arp_input(interface, &packet);
		break;
	default:
		netstack_drop(stack, DROP_ETHERNET_TYPE);
	}
}

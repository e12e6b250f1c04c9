/*
 * ARP and UDP echo. A frame is copied out of the card's memory before it is
 * looked at, and becomes its own answer: what is sent back is what was checked.
 */
#include "echo.h"

#include <drydock/abi/sys.h>
#include <drydock/string.h>

#include "packet.h"

#define TTL 64u /* RFC 1700, "IP time to live" */

enum verdict { ANSWER_ARP, ANSWER_ECHO, OTHER, BAD };

/* ---- looking at a frame ---------------------------------------------------- */

static bool ethernet_is_ours(const struct echo *echo, const uint8_t *frame)
{
	static const uint8_t everybody[NET_ADDRESS_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return memcmp(frame + ETHERNET_TO, echo->card->address, NET_ADDRESS_SIZE) == 0 ||
	       (packet_get16(frame + ETHERNET_TYPE) == ETHERNET_ARP &&
	        memcmp(frame + ETHERNET_TO, everybody, NET_ADDRESS_SIZE) == 0);
}

/* RFC 826, "Packet Reception". */
static enum verdict judge_arp(const struct echo *echo, const uint8_t *frame, uint32_t length)
{
	if (length < ARP_END)
		return BAD;
	if (packet_get16(frame + ARP_HARDWARE) != 1 || packet_get16(frame + ARP_PROTOCOL) != ETHERNET_IPV4 ||
	    frame[ARP_HARDWARE_LENGTH] != NET_ADDRESS_SIZE || frame[ARP_PROTOCOL_LENGTH] != 4)
		return OTHER;
	if (packet_get16(frame + ARP_OPERATION) != ARP_REQUEST ||
	    packet_get32(frame + ARP_TARGET_PROTOCOL) != echo->address)
		return OTHER;
	return ANSWER_ARP;
}

/* Whether somebody can be answered at this address: not a group, this network, or ourselves. */
static bool address_is_somebody(const struct echo *echo, uint32_t address)
{
	return address >> 24 != 0 && address >> 28 < 0xe && address != echo->address;
}

/* The card has verified it, it is still to be made since the frame never was on a wire, or it is right. */
static bool udp_checksum_is_good(const struct net_header *header, const uint8_t *frame, uint32_t length)
{
	if (header->flags & NET_NEEDS_CHECKSUM)
		return header->checksum_start == IPV4_END &&
		       header->checksum_offset == UDP_CHECKSUM - IPV4_END;
	if ((header->flags & NET_CHECKSUM_VALID) || packet_get16(frame + UDP_CHECKSUM) == 0)
		return true;
	return packet_sum(frame + IPV4_END, length, packet_pseudo_sum(frame, length)) == 0xffff;
}

/* RFC 768. `length` bytes of IP payload. */
static enum verdict judge_udp(const struct net_header *header, const uint8_t *frame, uint32_t length)
{
	uint32_t udp_length;

	if (length < UDP_HEADER)
		return BAD;
	udp_length = packet_get16(frame + UDP_LENGTH);
	if (udp_length < UDP_HEADER || udp_length > length)
		return BAD;
	/* Port 0 is nobody; another echo service would answer the answer, for ever. */
	if (packet_get16(frame + UDP_TO) != ECHO_PORT || packet_get16(frame + UDP_FROM) == ECHO_PORT ||
	    packet_get16(frame + UDP_FROM) == 0)
		return OTHER;
	return udp_checksum_is_good(header, frame, udp_length) ? ANSWER_ECHO : BAD;
}

/* RFC 791, section 3.1. */
static enum verdict judge_ipv4(const struct echo *echo, const struct net_header *header, const uint8_t *frame,
                               uint32_t length)
{
	uint32_t total;

	if (length < IPV4_END || frame[IPV4_VERSION] >> 4 != 4)
		return BAD;
	total = packet_get16(frame + IPV4_LENGTH);
	if (total < IPV4_HEADER || total > length - ETHERNET_HEADER)
		return BAD;
	if (packet_get32(frame + IPV4_TO) != echo->address)
		return OTHER;
	if ((frame[IPV4_VERSION] & 0xf) != IPV4_HEADER / 4)
		return (frame[IPV4_VERSION] & 0xf) < IPV4_HEADER / 4 ? BAD : OTHER; /* options */
	if (packet_sum(frame + IPV4_VERSION, IPV4_HEADER, 0) != 0xffff ||
	    !address_is_somebody(echo, packet_get32(frame + IPV4_FROM)))
		return BAD;
	if ((packet_get16(frame + IPV4_FRAGMENT) & ~IPV4_DONT) != 0 || frame[IPV4_PROTOCOL] != IPV4_UDP)
		return OTHER;
	return judge_udp(header, frame, total - IPV4_HEADER);
}

static enum verdict judge(const struct echo *echo, const struct net_header *header, const uint8_t *frame,
                          uint32_t length)
{
	if (header->segmentation != NET_SEGMENT_NONE || !ethernet_is_ours(echo, frame))
		return OTHER;
	if (frame[ETHERNET_FROM] & 1)
		return BAD;
	switch (packet_get16(frame + ETHERNET_TYPE)) {
	case ETHERNET_ARP:
		return judge_arp(echo, frame, length);
	case ETHERNET_IPV4:
		return judge_ipv4(echo, header, frame, length);
	default:
		return OTHER;
	}
}

/* ---- making it its own answer -------------------------------------------------- */

static void answer_ethernet(const struct echo *echo, uint8_t *frame)
{
	memcpy(frame + ETHERNET_TO, frame + ETHERNET_FROM, NET_ADDRESS_SIZE);
	memcpy(frame + ETHERNET_FROM, echo->card->address, NET_ADDRESS_SIZE);
}

static uint32_t answer_arp(const struct echo *echo, uint8_t *frame)
{
	answer_ethernet(echo, frame);
	packet_put16(frame + ARP_OPERATION, ARP_REPLY);
	memcpy(frame + ARP_TARGET_HARDWARE, frame + ARP_SENDER_HARDWARE, NET_ADDRESS_SIZE + 4);
	memcpy(frame + ARP_SENDER_HARDWARE, echo->card->address, NET_ADDRESS_SIZE);
	packet_put32(frame + ARP_SENDER_PROTOCOL, echo->address);
	return ARP_END;
}

static void swap16(uint8_t *left, uint8_t *right)
{
	uint16_t value = packet_get16(left);

	packet_put16(left, packet_get16(right));
	packet_put16(right, value);
}

/* Leaves the checksum to the card where it makes them, with the pseudo header's sum in the field. */
static void answer_checksum(const struct echo *echo, struct net_header *header, uint8_t *frame,
                            uint32_t length)
{
	uint16_t pseudo = packet_pseudo_sum(frame, length);
	uint16_t checksum;

	*header = (struct net_header){0};
	if (echo->card->transmit_offloads & NET_OFFLOAD_CHECKSUM) {
		header->flags = NET_NEEDS_CHECKSUM;
		header->checksum_start = IPV4_END;
		header->checksum_offset = UDP_CHECKSUM - IPV4_END;
		packet_put16(frame + UDP_CHECKSUM, pseudo);
		return;
	}
	packet_put16(frame + UDP_CHECKSUM, 0);
	checksum = (uint16_t)~packet_sum(frame + IPV4_END, length, pseudo);
	/* 0 says that there is none. */
	packet_put16(frame + UDP_CHECKSUM, checksum == 0 ? 0xffff : checksum);
}

static uint32_t answer_echo(const struct echo *echo, struct net_header *header, uint8_t *frame)
{
	uint32_t length = packet_get16(frame + UDP_LENGTH);

	answer_ethernet(echo, frame);
	swap16(frame + UDP_FROM, frame + UDP_TO);
	packet_put32(frame + IPV4_TO, packet_get32(frame + IPV4_FROM));
	packet_put32(frame + IPV4_FROM, echo->address);
	packet_put16(frame + IPV4_LENGTH, IPV4_HEADER + length);
	frame[IPV4_TTL] = TTL;
	packet_put16(frame + IPV4_CHECKSUM, 0);
	packet_put16(frame + IPV4_CHECKSUM, (uint16_t)~packet_sum(frame + IPV4_VERSION, IPV4_HEADER, 0));
	answer_checksum(echo, header, frame, length);
	return IPV4_END + length;
}

/* ---- frames ------------------------------------------------------------------------ */

static void done(struct net_frame *frame)
{
	struct echo_slot *slot = frame->context;

	slot->busy = false;
	if (frame->status)
		slot->echo->counts.failed++;
}

static struct echo_slot *free_slot(struct echo *echo)
{
	for (uint32_t i = 0; i < ECHO_SLOTS; i++) {
		if (!echo->slots[i].busy)
			return &echo->slots[i];
	}
	return NULL;
}

static bool copy_frame(struct echo_slot *slot, const struct net_frame *frame)
{
	uint8_t *to = slot->data;

	if (frame->length > slot->echo->slot_size)
		return false;
	for (uint32_t i = 0; i < frame->segment_count; i++) {
		memcpy(to, frame->segments[i].address, frame->segments[i].length);
		to += frame->segments[i].length;
	}
	return true;
}

static void answer(struct echo *echo, struct echo_slot *slot, uint32_t length, struct net_header header)
{
	enum verdict verdict = judge(echo, &header, slot->data, length);

	switch (verdict) {
	case ANSWER_ARP:
		echo->counts.arp++;
		length = answer_arp(echo, slot->data);
		header = (struct net_header){0};
		break;
	case ANSWER_ECHO:
		echo->counts.echoed++;
		length = answer_echo(echo, &header, slot->data);
		break;
	case OTHER:
		echo->counts.other++;
		return;
	case BAD:
		echo->counts.bad++;
		return;
	}
	slot->frame = (struct net_frame){.header = header,
	                                 .length = length,
	                                 .segment_count = 1,
	                                 .segments = {{slot->data, length}},
	                                 .done = done,
	                                 .context = slot};
	slot->busy = true;
	net_transmit(echo->card, &slot->frame);
}

static void receive(void *context, struct net_frame *const *frames, uint32_t count)
{
	struct echo *echo = context;

	for (uint32_t i = 0; i < count; i++) {
		struct echo_slot *slot = free_slot(echo);

		if (!slot)
			echo->counts.no_room++;
		else if (!copy_frame(slot, frames[i]))
			echo->counts.other++;
		else
			answer(echo, slot, frames[i]->length, frames[i]->header);
		net_release(echo->card, frames[i]);
	}
}

static void link_changed(void *context)
{
	(void)context;
}

static const struct net_events events = {.receive = receive, .link_changed = link_changed};

bool echo_start(struct echo *echo, struct net_card *card, uint32_t address)
{
	uint8_t *memory;

	*echo = (struct echo){.card = card, .address = address};
	echo->slot_size = (card->mtu + NET_ETHERNET_HEADER + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	memory = device_allocate(&card->device, (size_t)ECHO_SLOTS * echo->slot_size);
	if (!memory)
		return false;
	for (uint32_t i = 0; i < ECHO_SLOTS; i++) {
		echo->slots[i].echo = echo;
		echo->slots[i].data = memory + (size_t)i * echo->slot_size;
	}
	card->events = &events;
	card->context = echo;
	return true;
}

/*
 * Receiving: pages lent to the device, frames made of them. Virtio 1.2, section
 * 5.1.6.3 and 5.1.6.4. The header lies at the beginning of a frame's first page;
 * it is copied before it is looked at, since the page stays within the device's reach.
 */
#include "drivers/virtio_net_receive.h"

#include <drydock/abi/sys.h>
#include <drydock/string.h>

#include "drivers/check.h"

#define BATCH  64u /* frames handed on at once */
#define NOBODY UINT16_MAX

static void lend(struct virtio_net *net, uint16_t number)
{
	struct virtqueue_part part = {.address = net->pages_address + (uint64_t)number * PAGE_SIZE,
	                              .length = PAGE_SIZE,
	                              .device_writes = true};

	/* There are no more buffers than descriptors. */
	virtqueue_add(&net->receive, &part, 1, &net->buffers[number]);
}

const char *virtio_net_receive_start(struct virtio_net *net)
{
	size_t size;

	net->buffer_count = net->receive.size;
	size = (size_t)net->buffer_count * PAGE_SIZE;
	net->pages = dma_allocate(&net->virtio.dma, size);
	if (!net->pages || !dma_translate(&net->virtio.dma, net->pages, (uint32_t)size, &net->pages_address))
		return "there is no memory to receive into";
	for (uint16_t number = 0; number < net->buffer_count; number++) {
		net->buffers[number].on_loan = false;
		net->buffers[number].frame.number = number;
		lend(net, number);
	}
	net->card.receive_depth = net->buffer_count;
	return NULL;
}

uint32_t virtio_net_receive_maximum(const struct virtio_net *net)
{
	uint32_t pages = 1;

	if (net->virtio.features & VIRTIO_NET_MERGE_BUFFERS)
		pages = net->buffer_count < NET_SEGMENTS_MAXIMUM ? net->buffer_count : NET_SEGMENTS_MAXIMUM;
	return pages * PAGE_SIZE - (uint32_t)sizeof(struct net_header);
}

/* The next page that the device has filled; NULL where there is none. */
static struct virtio_net_buffer *take(struct virtio_net *net)
{
	uint32_t length;
	uint16_t head;
	struct virtio_net_buffer *buffer = virtqueue_take(&net->receive, &head, &length);

	if (buffer) {
		buffer->length = (uint16_t)length;
		buffer->next = NOBODY;
	}
	return buffer;
}

static uint16_t number_of(const struct virtio_net *net, const struct virtio_net_buffer *buffer)
{
	return (uint16_t)(buffer - net->buffers);
}

/* Lends all pages of a frame to the device again. */
static void take_apart(struct virtio_net *net, struct virtio_net_buffer *first)
{
	uint16_t number = number_of(net, first);

	while (number != NOBODY) {
		uint16_t next = net->buffers[number].next;

		lend(net, number);
		number = next;
	}
}

static void add_segment(struct virtio_net *net, struct net_frame *frame,
                        const struct virtio_net_buffer *buffer, uint32_t skip)
{
	struct device_segment *segment = &frame->segments[frame->segment_count++];

	segment->address = net->pages + (size_t)number_of(net, buffer) * PAGE_SIZE + skip;
	segment->length = buffer->length - skip;
	frame->length += segment->length;
}

/* Gathers the pages after the first. False where the frame is to be dropped, or the queue has a fault. */
static bool gather(struct virtio_net *net, struct virtio_net_buffer *first, uint32_t count)
{
	struct virtio_net_buffer *last = first;
	bool good = true;

	for (uint32_t i = 1; i < count; i++) {
		struct virtio_net_buffer *buffer = take(net);

		if (!buffer) {
			if (!net->receive.fault)
				net->receive.fault =
					"a frame lacks buffers that the device says it has filled";
			return false;
		}
		last->next = number_of(net, buffer);
		last = buffer;
		if (i < NET_SEGMENTS_MAXIMUM && buffer->length > 0)
			add_segment(net, &first->frame, buffer, 0);
		else
			good = false;
	}
	return good;
}

/* Makes a frame that begins in `first`. False where it is to be dropped. */
static bool assemble(struct virtio_net *net, struct virtio_net_buffer *first)
{
	struct net_frame *frame = &first->frame;
	uint32_t count = 1;

	frame->length = 0;
	frame->segment_count = 0;
	if (first->length <= sizeof(struct net_header))
		return false;
	memcpy(&frame->header, net->pages + (size_t)number_of(net, first) * PAGE_SIZE,
	       sizeof(struct net_header));
	if (net->virtio.features & VIRTIO_NET_MERGE_BUFFERS)
		count = frame->header.buffers;
	if (count == 0)
		return false;
	add_segment(net, frame, first, sizeof(struct net_header));
	if (!gather(net, first, count))
		return false;
	return frame->length >= NET_ETHERNET_HEADER &&
	       net_check_header(&frame->header, frame->length, net->card.receive_offloads);
}

static void hand_on(struct virtio_net *net, struct net_frame **frames, uint32_t count)
{
	if (count > 0)
		net->card.events->receive(net->card.context, frames, count);
}

bool virtio_net_receive(struct virtio_net *net)
{
	struct net_frame *frames[BATCH];
	struct virtio_net_buffer *buffer;
	uint32_t count = 0;
	uint32_t taken = 0;

	while (taken < net->buffer_count && (buffer = take(net)) != NULL) {
		taken++;
		if (!assemble(net, buffer)) {
			net->card.dropped_invalid++;
			take_apart(net, buffer);
			continue;
		}
		buffer->on_loan = true;
		frames[count++] = &buffer->frame;
		if (count == BATCH) {
			hand_on(net, frames, count);
			count = 0;
		}
	}
	hand_on(net, frames, count);
	return taken > 0;
}

void virtio_net_receive_release(struct virtio_net *net, struct net_frame *frame)
{
	struct virtio_net_buffer *buffer = list_entry(frame, struct virtio_net_buffer, frame);

	if (!buffer->on_loan)
		return;
	buffer->on_loan = false;
	if (!net->card.device.fault)
		take_apart(net, buffer);
}

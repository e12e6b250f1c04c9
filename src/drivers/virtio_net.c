/* A virtio network device: starting it, transmission, and the device's face. Virtio 1.2, section 5.1. */
#include "drivers/virtio_net.h"

#include <drydock/abi/sys.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "drivers/check.h"
#include "drivers/virtio_net_receive.h"

/* Section 5.1.3. */
#define FEATURE_CHECKSUM    (1ull << 0)
#define FEATURE_GUEST_CHECK (1ull << 1)
#define FEATURE_MTU         (1ull << 3)
#define FEATURE_ADDRESS     (1ull << 5)
#define FEATURE_GUEST_TCP4  (1ull << 7)
#define FEATURE_GUEST_TCP6  (1ull << 8)
#define FEATURE_HOST_TCP4   (1ull << 11)
#define FEATURE_HOST_TCP6   (1ull << 12)
#define FEATURE_STATUS      (1ull << 16)

/* Section 5.1.4: struct virtio_net_config. */
#define CONFIG_ADDRESS 0
#define CONFIG_STATUS  6
#define CONFIG_MTU     10

#define CONFIG_STATUS_LINK_UP 1u

#define QUEUE_RECEIVE  0
#define QUEUE_TRANSMIT 1

#define MTU_DEFAULT 1500u
#define MTU_LEAST   68u /* RFC 791 */

#define PARTS_MAXIMUM (NET_SEGMENTS_MAXIMUM + 1) /* descriptors of a frame: header and data */

static struct virtio_net *net_of(struct device *device)
{
	return list_entry(device, struct virtio_net, card.device);
}

/* ---- starting -------------------------------------------------------------- */

static uint64_t feature_if(uint32_t offloads, uint32_t offload, uint64_t feature)
{
	return offloads & offload ? feature : 0;
}

/* What to ask for, of what is offered (dependencies: section 5.1.3.1). */
static uint64_t choose_features(uint64_t offered, const struct virtio_net_options *options)
{
	uint64_t wanted = FEATURE_ADDRESS | FEATURE_STATUS | VIRTIO_NET_MERGE_BUFFERS | VIRTIO_EVENT_INDEX;

	/* Who agrees on an MTU must receive as much, which one page might not hold (section 5.1.4.2). */
	if (offered & VIRTIO_NET_MERGE_BUFFERS)
		wanted |= FEATURE_MTU;
	wanted |= feature_if(options->transmit_offloads, NET_OFFLOAD_CHECKSUM, FEATURE_CHECKSUM);
	wanted |= feature_if(options->receive_offloads, NET_OFFLOAD_CHECKSUM, FEATURE_GUEST_CHECK);
	if (wanted & offered & FEATURE_CHECKSUM) {
		wanted |= feature_if(options->transmit_offloads, NET_OFFLOAD_TCP4, FEATURE_HOST_TCP4);
		wanted |= feature_if(options->transmit_offloads, NET_OFFLOAD_TCP6, FEATURE_HOST_TCP6);
	}
	if ((wanted & offered & FEATURE_GUEST_CHECK) && (offered & VIRTIO_NET_MERGE_BUFFERS)) {
		wanted |= feature_if(options->receive_offloads, NET_OFFLOAD_TCP4, FEATURE_GUEST_TCP4);
		wanted |= feature_if(options->receive_offloads, NET_OFFLOAD_TCP6, FEATURE_GUEST_TCP6);
	}
	return wanted & offered;
}

static void read_offloads(struct virtio_net *net)
{
	uint64_t features = net->virtio.features;
	struct net_card *card = &net->card;

	card->transmit_offloads = (features & FEATURE_CHECKSUM ? NET_OFFLOAD_CHECKSUM : 0) |
	                          (features & FEATURE_HOST_TCP4 ? NET_OFFLOAD_TCP4 : 0) |
	                          (features & FEATURE_HOST_TCP6 ? NET_OFFLOAD_TCP6 : 0);
	card->receive_offloads = (features & FEATURE_GUEST_CHECK ? NET_OFFLOAD_CHECKSUM : 0) |
	                         (features & FEATURE_GUEST_TCP4 ? NET_OFFLOAD_TCP4 : 0) |
	                         (features & FEATURE_GUEST_TCP6 ? NET_OFFLOAD_TCP6 : 0);
}

static bool read_link(struct virtio_net *net)
{
	if (!(net->virtio.features & FEATURE_STATUS))
		return true;
	return virtio_config(&net->virtio, CONFIG_STATUS, 2) & CONFIG_STATUS_LINK_UP;
}

static const char *read_address(struct virtio_net *net, const struct virtio_net_options *options)
{
	uint8_t *address = net->card.address;
	uint8_t any = 0;

	memcpy(address, options->address, NET_ADDRESS_SIZE);
	if (net->virtio.features & FEATURE_ADDRESS) {
		for (uint32_t i = 0; i < NET_ADDRESS_SIZE; i++)
			address[i] = (uint8_t)virtio_config(&net->virtio, CONFIG_ADDRESS + i, 1);
	}
	for (uint32_t i = 0; i < NET_ADDRESS_SIZE; i++)
		any |= address[i];
	if (any == 0 || address[0] & 1)
		return "it has no Ethernet address, or one of a group";
	return NULL;
}

static const char *read_mtu(struct virtio_net *net)
{
	uint32_t maximum = virtio_net_receive_maximum(net) - NET_ETHERNET_HEADER;

	net->card.mtu = MTU_DEFAULT;
	if (net->virtio.features & FEATURE_MTU)
		net->card.mtu = (uint32_t)virtio_config(&net->virtio, CONFIG_MTU, 2);
	if (net->card.mtu < MTU_LEAST)
		return "its MTU is less than that of IP";
	if (net->card.mtu > maximum)
		return "its MTU is more than its queue can receive";
	return NULL;
}

static const char *make_headers(struct virtio_net *net)
{
	size_t size = sizeof(struct net_header) * net->transmit.size;

	size = (size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
	net->headers = dma_allocate(&net->virtio.dma, size);
	if (!net->headers ||
	    !dma_translate(&net->virtio.dma, net->headers, (uint32_t)size, &net->headers_address))
		return "there is no memory for its frames";
	net->card.transmit_depth = net->transmit.size / 2;
	return NULL;
}

static const char *start(struct virtio_net *net, struct device_access *access,
                         const struct virtio_net_options *options)
{
	struct virtio *virtio = &net->virtio;
	const char *wrong = virtio_open(virtio, access, VIRTIO_NET);

	if (!wrong)
		wrong = virtio_negotiate(virtio, choose_features(virtio_offered(virtio), options));
	if (!wrong)
		wrong = virtio_bind_interrupts(virtio, 2);
	if (!wrong)
		wrong = virtio_queue_start(virtio, &net->receive, QUEUE_RECEIVE, VIRTIO_NET_BUFFERS, 1,
		                           &net->receive_doorbell);
	if (!wrong)
		wrong = virtio_queue_start(virtio, &net->transmit, QUEUE_TRANSMIT, VIRTQUEUE_SIZE_MAXIMUM,
		                           PARTS_MAXIMUM + 1, &net->transmit_doorbell);
	if (!wrong)
		wrong = make_headers(net);
	if (!wrong)
		wrong = virtio_net_receive_start(net);
	if (!wrong)
		wrong = read_address(net, options);
	if (!wrong)
		wrong = read_mtu(net);
	if (wrong)
		return wrong;
	read_offloads(net);
	net->card.link_up = read_link(net);
	virtio_ready(virtio);
	if (virtqueue_publish(&net->receive))
		virtio_notify(virtio, QUEUE_RECEIVE, net->receive_doorbell);
	return virtio_broken(virtio);
}

/* ---- transmission ------------------------------------------------------------ */

static void end(struct virtio_net *net, struct net_frame *frame, int32_t status)
{
	frame->status = status;
	list_add_tail(&net->ended, &frame->link);
}

static void transmit(struct net_card *card, struct net_frame *frame)
{
	struct virtio_net *net = list_entry(card, struct virtio_net, card);
	int32_t status = card->device.fault ? POSIX_EIO : net_check(card, frame);

	if (status)
		end(net, frame, status);
	else
		list_add_tail(&net->waiting, &frame->link);
}

/* False where the queue has no room for it now. */
static bool give(struct virtio_net *net, struct net_frame *frame)
{
	struct virtqueue_part parts[PARTS_MAXIMUM] = {{0}};
	uint16_t head = virtqueue_head(&net->transmit);

	if (frame->segment_count + 1 > net->transmit.free_count)
		return false;
	list_remove(&frame->link);
	for (uint32_t i = 0; i < frame->segment_count; i++) {
		const struct device_segment *segment = &frame->segments[i];

		parts[i + 1].length = segment->length;
		if (!dma_translate(&net->virtio.dma, segment->address, segment->length,
		                   &parts[i + 1].address)) {
			end(net, frame, POSIX_EFAULT);
			return true;
		}
	}
	net->headers[head] = frame->header;
	net->headers[head].buffers = 0; /* section 5.1.6.2 */
	parts[0].address = net->headers_address + head * sizeof(struct net_header);
	parts[0].length = sizeof(struct net_header);
	return virtqueue_add(&net->transmit, parts, frame->segment_count + 1, frame);
}

static void kick(struct device *device)
{
	struct virtio_net *net = net_of(device);

	if (device->fault)
		return;
	while (!list_empty(&net->waiting)) {
		if (!give(net, list_entry(net->waiting.next, struct net_frame, link)))
			break;
	}
	if (virtqueue_publish(&net->transmit))
		virtio_notify(&net->virtio, QUEUE_TRANSMIT, net->transmit_doorbell);
	if (virtqueue_publish(&net->receive))
		virtio_notify(&net->virtio, QUEUE_RECEIVE, net->receive_doorbell);
}

/* The device is of no more use: it stops, and everything ends. */
static void fail(struct virtio_net *net, const char *fault)
{
	struct net_frame *frame;
	struct list *link;

	net->card.device.fault = fault;
	virtio_stop(&net->virtio);
	while ((frame = virtqueue_abandon(&net->transmit)) != NULL)
		end(net, frame, POSIX_EIO);
	while ((link = list_take(&net->waiting)) != NULL)
		end(net, list_entry(link, struct net_frame, link), POSIX_EIO);
}

/* Takes back what the device has sent, at most a queue of it. */
static bool take(struct virtio_net *net)
{
	struct net_frame *frame;
	uint32_t written;
	uint16_t head;
	uint16_t taken = 0;

	while (taken < net->transmit.size &&
	       (frame = virtqueue_take(&net->transmit, &head, &written)) != NULL) {
		end(net, frame, 0);
		taken++;
	}
	return taken > 0;
}

static bool complete(struct virtio_net *net)
{
	struct list now;
	struct list *link;
	bool any = !list_empty(&net->ended);

	/* Those there are now: completions may submit what ends at once. */
	list_init(&now);
	while ((link = list_take(&net->ended)) != NULL)
		list_add_tail(&now, link);
	while ((link = list_take(&now)) != NULL) {
		struct net_frame *frame = list_entry(link, struct net_frame, link);

		frame->done(frame);
	}
	return any;
}

/* ---- the device's face --------------------------------------------------------- */

static void follow_configuration(struct virtio_net *net)
{
	const char *broken = virtio_broken(&net->virtio);
	bool link_up;

	if (broken) {
		fail(net, broken);
		return;
	}
	link_up = read_link(net);
	if (link_up == net->card.link_up)
		return;
	net->card.link_up = link_up;
	net->card.events->link_changed(net->card.context);
}

static bool poll(struct device *device)
{
	struct virtio_net *net = net_of(device);
	bool any = net->configuration_changed;

	net->configuration_changed = false;
	if (any && !device->fault)
		follow_configuration(net);
	if (!device->fault) {
		virtqueue_disarm(&net->receive);
		virtqueue_disarm(&net->transmit);
		any |= take(net);
		any |= virtio_net_receive(net);
	}
	if (!device->fault && net->transmit.fault)
		fail(net, net->transmit.fault);
	if (!device->fault && net->receive.fault)
		fail(net, net->receive.fault);
	any |= complete(net);
	if (any)
		kick(device);
	return any;
}

static bool arm(struct device *device)
{
	struct virtio_net *net = net_of(device);
	uint16_t after = 1;

	if (!list_empty(&net->ended) || net->configuration_changed)
		return false;
	virtio_acknowledge(&net->virtio);
	if (device->fault)
		return true;
	/* What was sent is only memory to be had back: all at once will do, unless frames wait for room. */
	if (list_empty(&net->waiting) && net->transmit.in_flight > 1)
		after = net->transmit.in_flight;
	return virtqueue_arm(&net->receive, 1) && virtqueue_arm(&net->transmit, after);
}

static void interrupt(struct device *device, uint32_t vector)
{
	struct virtio_net *net = net_of(device);

	if (virtio_interrupt(&net->virtio, vector) & VIRTIO_INTERRUPT_CONFIG)
		net->configuration_changed = true;
}

static void *allocate(struct device *device, size_t size)
{
	return dma_allocate(&net_of(device)->virtio.dma, size);
}

static void free_memory(struct device *device, void *address, size_t size)
{
	dma_free(&net_of(device)->virtio.dma, address, size);
}

static void release(struct net_card *card, struct net_frame *frame)
{
	virtio_net_receive_release(list_entry(card, struct virtio_net, card), frame);
}

static const struct device_operations device_operations = {.poll = poll,
                                                           .kick = kick,
                                                           .arm = arm,
                                                           .interrupt = interrupt,
                                                           .allocate = allocate,
                                                           .free = free_memory};
static const struct net_operations net_operations = {.transmit = transmit, .release = release};

const char *virtio_net_start(struct virtio_net *net, struct device_access *access,
                             const struct virtio_net_options *options)
{
	const char *wrong;

	net->card = (struct net_card){.device = {.operations = &device_operations},
	                              .operations = &net_operations,
	                              .name = "virtio-net"};
	list_init(&net->waiting);
	list_init(&net->ended);
	net->configuration_changed = false;
	wrong = start(net, access, options);
	if (wrong)
		virtio_close(&net->virtio);
	return wrong;
}

void virtio_net_stop(struct virtio_net *net)
{
	if (!net->card.device.fault)
		fail(net, "the driver was stopped");
	while (complete(net))
		;
	virtio_close(&net->virtio);
}

/* A card that receives what it transmits (loopback.h). */
#include "loopback.h"

#include <drydock/abi/sys.h>

#define BATCH 16u

static struct loopback *of(struct device *device)
{
	return list_entry(device, struct loopback, card.device);
}

static void loopback_transmit(struct net_card *card, struct net_frame *frame)
{
	frame->status = 0;
	list_add_tail(&of(&card->device)->waiting, &frame->link);
}

static void loopback_release(struct net_card *card, struct net_frame *frame)
{
	list_add_tail(&of(&card->device)->returned, &frame->link);
}

static bool loopback_poll(struct device *device)
{
	struct loopback *loopback = of(device);
	struct net_frame *frames[BATCH];
	uint32_t count = 0;
	struct list *link;

	while (count < BATCH && (link = list_take(&loopback->waiting)) != NULL)
		frames[count++] = list_entry(link, struct net_frame, link);
	if (count > 0)
		loopback->card.events->receive(loopback->card.context, frames, count);
	while ((link = list_take(&loopback->returned)) != NULL) {
		struct net_frame *frame = list_entry(link, struct net_frame, link);

		frame->done(frame);
	}
	return count > 0;
}

static void loopback_kick(struct device *device)
{
	(void)device;
}

static bool loopback_arm(struct device *device)
{
	return list_empty(&of(device)->waiting);
}

static void loopback_interrupt(struct device *device, uint32_t vector)
{
	(void)device;
	(void)vector;
}

/* One piece, which is all that an interface asks for. */
static void *loopback_allocate(struct device *device, size_t size)
{
	struct loopback *loopback = of(device);

	if (loopback->memory != NULL)
		return NULL;
	loopback->memory = netstack_allocate(loopback->stack, size + PAGE_SIZE);
	if (loopback->memory == NULL)
		return NULL;
	return (void *)(((uintptr_t)loopback->memory + PAGE_SIZE - 1) & ~(uintptr_t)(PAGE_SIZE - 1));
}

static void loopback_free(struct device *device, void *address, size_t size)
{
	struct loopback *loopback = of(device);

	(void)address;
	(void)size;
	netstack_free(loopback->stack, loopback->memory);
	loopback->memory = NULL;
}

static const struct device_operations device_operations = {
	.poll = loopback_poll,
	.kick = loopback_kick,
	.arm = loopback_arm,
	.interrupt = loopback_interrupt,
	.allocate = loopback_allocate,
	.free = loopback_free,
};
static const struct net_operations net_operations = {.transmit = loopback_transmit, .release = loopback_release};

void loopback_create(struct loopback *loopback, struct netstack *stack)
{
	const uint32_t offloads = NET_OFFLOAD_CHECKSUM | NET_OFFLOAD_TCP4 | NET_OFFLOAD_TCP6;

	*loopback = (struct loopback){
		.card = {.device.operations = &device_operations,
	                 .operations = &net_operations,
	                 .link_up = true,
	                 .mtu = LOOPBACK_MTU,
	                 .transmit_offloads = offloads,
	                 .receive_offloads = offloads,
	                 .transmit_depth = OUTPUT_FRAMES,
	                 .receive_depth = OUTPUT_FRAMES},
		.stack = stack,
	};
	list_init(&loopback->waiting);
	list_init(&loopback->returned);
}

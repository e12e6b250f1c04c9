/* net_open (drydock/dev/net.h): a virtio card that this process drives itself. */
#include <drydock/dev/net.h>
#include <drydock/posix.h>

#include "arch/x86_64/user/device.h"
#include "drivers/virtio_net.h"

struct opened_card {
	struct virtio_net net;
	struct kernel_device device;
};

struct net_card *net_open(struct runtime *runtime, uint32_t index, uint32_t transmit_offloads,
                          uint32_t receive_offloads, int32_t *status)
{
	const struct virtio_net_options options = {.transmit_offloads = transmit_offloads,
	                                           .receive_offloads = receive_offloads};
	struct opened_card *card = runtime_allocate(runtime, sizeof(*card));
	const char *wrong;

	*status = card != NULL ? kernel_device_claim(&card->device, runtime, VIRTIO_NET, index) : POSIX_ENOMEM;
	if (*status != 0) {
		runtime_free(runtime, card);
		return NULL;
	}
	wrong = virtio_net_start(&card->net, &card->device.access, &options);
	if (wrong != NULL) {
		log_print(runtime, LOG_ERROR, "network card %u: %s", index, wrong);
		kernel_device_drop(&card->device);
		runtime_free(runtime, card);
		*status = POSIX_EIO;
		return NULL;
	}
	card->net.card.device.handle = card->device.handle;
	runtime_add_device(runtime, &card->net.card.device);
	return &card->net.card;
}

void net_close(struct net_card *base)
{
	struct opened_card *card = list_entry(base, struct opened_card, net.card);
	struct runtime *runtime = card->device.runtime;

	runtime_remove_device(runtime, &base->device);
	virtio_net_stop(&card->net);
	kernel_device_drop(&card->device);
	runtime_free(runtime, card);
}

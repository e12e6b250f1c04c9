/* The device's half of virtio-net. */
#include "simulator_net.h"

#include <string.h>

#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>

void simulator_net_create(struct simulator_net *net, uint64_t features)
{
	static const uint8_t address[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
	uint8_t *config = net->simulator.device_config;

	memset(net, 0, sizeof(*net));
	simulator_create(&net->simulator, VIRTIO_ID_NET, features);
	memcpy(config + offsetof(struct virtio_net_config, mac), address, 6);
	simulator_put(config + offsetof(struct virtio_net_config, status), VIRTIO_NET_S_LINK_UP, 2);
	simulator_put(config + offsetof(struct virtio_net_config, mtu), 1400, 2);
}

uint32_t simulator_net_send(struct simulator_net *net, uint32_t limit)
{
	struct simulator_chain *chain = &net->chain;
	uint32_t count = 0;

	while (count < limit && simulator_take(&net->simulator, SIMULATOR_NET_TRANSMIT, chain)) {
		require(chain->writable == 0);
		net->sent_length = 0;
		for (uint32_t i = 0; i < chain->readable; i++) {
			require(net->sent_length + chain->parts[i].length <= sizeof(net->sent));
			memcpy(net->sent + net->sent_length, chain->parts[i].address, chain->parts[i].length);
			net->sent_length += chain->parts[i].length;
		}
		require(net->sent_length > SIMULATOR_NET_HEADER);
		net->sent_count++;
		simulator_return(&net->simulator, SIMULATOR_NET_TRANSMIT, chain->head, 0);
		count++;
	}
	if (count > 0)
		simulator_show(&net->simulator, SIMULATOR_NET_TRANSMIT, (uint16_t)count);
	return count;
}

bool simulator_net_receive(struct simulator_net *net, const void *header, const void *data, uint32_t length)
{
	struct simulator *simulator = &net->simulator;
	const uint8_t *from = data;
	uint8_t *first = NULL;
	uint32_t offset = SIMULATOR_NET_HEADER;
	uint16_t buffers = 0;

	while (!first || length > 0) {
		uint32_t part;

		if (!simulator_take(simulator, SIMULATOR_NET_RECEIVE, &net->chain))
			return false;
		require(net->chain.readable == 0 && net->chain.writable == 1);
		require(net->chain.parts[0].length >= offset);
		part = net->chain.parts[0].length - offset;
		if (part > length)
			part = length;
		memcpy(net->chain.parts[0].address + offset, from, part);
		if (!first) {
			first = net->chain.parts[0].address;
			memcpy(first, header, SIMULATOR_NET_HEADER);
		}
		simulator_return(simulator, SIMULATOR_NET_RECEIVE, net->chain.head, offset + part);
		from += part;
		length -= part;
		offset = 0;
		buffers++;
	}
	if (simulator->driver_features & 1ull << VIRTIO_NET_F_MRG_RXBUF)
		simulator_put(first + 10, buffers + net->extra_buffers, 2);
	simulator_show(simulator, SIMULATOR_NET_RECEIVE, buffers);
	return true;
}

/*
 * Buffers that requests are read to. They lie in the lane's data area, so that
 * what a WRITE brings is lent to the vfs where it lies. The last one used is
 * the first used again: it is warm.
 */
#include "bridge.h"

/* Bytes at the start of the data area where no buffer lies: what calls need is looked for from there. */
#define FRONT_SIZE (128u * 1024)

/* Moves a free buffer to the lane that is connected now, if it lies in another or nowhere. */
static void renew(struct bridge *bridge, struct buffer *buffer)
{
	if (!client_connected(bridge->client) || client_reserved(bridge->client, &buffer->reservation))
		return;
	if (buffer->reservation.lane != NULL)
		client_release(&buffer->reservation);
	client_reserve(bridge->client, BRIDGE_BUFFER_SIZE, &buffer->reservation);
}

bool buffers_renew(struct bridge *bridge)
{
	struct reservation front = {0};
	bool any = false;

	client_reserve(bridge->client, FRONT_SIZE, &front);
	list_for_each(link, &bridge->buffers) {
		struct buffer *buffer = list_entry(link, struct buffer, link);

		renew(bridge, buffer);
		any |= buffer->reservation.data != NULL;
	}
	if (front.lane != NULL)
		client_release(&front);
	return any;
}

struct buffer *buffer_take(struct bridge *bridge)
{
	list_for_each(link, &bridge->buffers) {
		struct buffer *buffer = list_entry(link, struct buffer, link);

		renew(bridge, buffer);
		if (buffer->reservation.data == NULL)
			continue;
		list_remove(link);
		return buffer;
	}
	return NULL;
}

void buffer_put(struct bridge *bridge, struct buffer *buffer)
{
	list_add_head(&bridge->buffers, &buffer->link);
}

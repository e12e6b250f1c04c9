/*
 * Buffers that requests are read to. They lie in the lane's data area, so that
 * what a WRITE brings is lent to the vfs where it lies. The last one used is
 * the first used again: it is warm.
 */
#include "bridge.h"

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
	bool any = false;

	list_for_each(link, &bridge->buffers) {
		struct buffer *buffer = list_entry(link, struct buffer, link);

		renew(bridge, buffer);
		any |= buffer->reservation.data != NULL;
	}
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

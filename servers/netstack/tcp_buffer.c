/* The ring of tcp_buffer.h. It doubles as it fills; it is given back whole. */
#include "tcp_buffer.h"

#define CAPACITY_MINIMUM 2048u /* bytes; ten thousand idle connections have two each */

bool tcp_buffer_reserve(const struct tcp_environment *environment, struct tcp_buffer *buffer, uint32_t size)
{
	uint32_t capacity = buffer->capacity == 0 ? CAPACITY_MINIMUM : buffer->capacity;
	struct tcp_piece pieces[2];
	uint32_t count;
	uint8_t *bytes;

	if (size <= buffer->capacity)
		return true;
	while (capacity < size)
		capacity *= 2;
	bytes = environment->allocate(environment->context, capacity);
	if (bytes == NULL)
		return false;
	/* All of it, for what lies beyond `length`. */
	count = tcp_buffer_pieces(buffer, 0, buffer->capacity, pieces);
	for (uint32_t i = 0, at = 0; i < count; at += pieces[i].length, i++)
		memcpy(bytes + at, pieces[i].address, pieces[i].length);
	if (buffer->bytes != NULL)
		environment->release(environment->context, buffer->bytes, buffer->capacity);
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	buffer->start = 0;
	return true;
}

uint32_t tcp_buffer_pieces(const struct tcp_buffer *buffer, uint32_t offset, uint32_t size,
                           struct tcp_piece pieces[2])
{
	uint32_t at, first;

	if (size == 0)
		return 0;
	at = (buffer->start + offset) & (buffer->capacity - 1);
	first = buffer->capacity - at;
	pieces[0].address = buffer->bytes + at;
	if (size <= first) {
		pieces[0].length = size;
		return 1;
	}
	pieces[0].length = first;
	pieces[1].address = buffer->bytes;
	pieces[1].length = size - first;
	return 2;
}

void tcp_buffer_write(struct tcp_buffer *buffer, uint32_t offset, const void *from, uint32_t size)
{
	uint32_t at, first;

	if (size == 0)
		return;
	at = (buffer->start + offset) & (buffer->capacity - 1);
	first = size < buffer->capacity - at ? size : buffer->capacity - at;
	memcpy(buffer->bytes + at, from, first);
	memcpy(buffer->bytes, (const uint8_t *)from + first, size - first);
}

void tcp_buffer_read(const struct tcp_buffer *buffer, uint32_t offset, void *into, uint32_t size)
{
	struct tcp_piece pieces[2];
	uint32_t count = tcp_buffer_pieces(buffer, offset, size, pieces);

	for (uint32_t i = 0, at = 0; i < count; at += pieces[i].length, i++)
		memcpy((uint8_t *)into + at, pieces[i].address, pieces[i].length);
}

void tcp_buffer_consume(struct tcp_buffer *buffer, uint32_t size)
{
	buffer->length -= size;
	if (buffer->capacity != 0)
		buffer->start = (buffer->start + size) & (buffer->capacity - 1);
}

void tcp_buffer_free(const struct tcp_environment *environment, struct tcp_buffer *buffer)
{
	if (buffer->bytes != NULL)
		environment->release(environment->context, buffer->bytes, buffer->capacity);
	*buffer = (struct tcp_buffer){0};
}

/*
 * A ring of bytes that grows: what waits to be sent or acknowledged, and what has
 * been received. The memory beyond `length` may hold bytes, too: those that were
 * received out of order lie where they belong (tcp_reassembly.h).
 */
#ifndef NETSTACK_TCP_BUFFER_H
#define NETSTACK_TCP_BUFFER_H

#include "tcp.h"

struct tcp_buffer {
	uint8_t *bytes;
	uint32_t capacity; /* a power of two, or 0 without memory */
	uint32_t start;    /* where the first byte lies */
	uint32_t length;   /* bytes from there */
};

/* Makes room for `size` bytes from the first on; false without memory, with nothing changed. */
bool tcp_buffer_reserve(const struct tcp_environment *environment, struct tcp_buffer *buffer, uint32_t size);

/* Copies to `offset` bytes behind the first; there is room. `length` stays. */
void tcp_buffer_write(struct tcp_buffer *buffer, uint32_t offset, const void *from, uint32_t size);

/* Copies from `offset` on. */
void tcp_buffer_read(const struct tcp_buffer *buffer, uint32_t offset, void *into, uint32_t size);

/* Where `size` bytes from `offset` on lie; returns how many pieces, up to two. */
uint32_t tcp_buffer_pieces(const struct tcp_buffer *buffer, uint32_t offset, uint32_t size,
                           struct tcp_piece pieces[2]);

/* Forgets the first `size` bytes. */
void tcp_buffer_consume(struct tcp_buffer *buffer, uint32_t size);

void tcp_buffer_free(const struct tcp_environment *environment, struct tcp_buffer *buffer);

#endif

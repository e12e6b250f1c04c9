/*
 * When something is due next: a binary heap of sockets. A key is never later than
 * the socket's first deadline, and may be earlier: deadlines move away all the time,
 * and the heap hears of it only when it looks.
 */
#include "tcp_internal.h"

#define HEAP_MINIMUM 16u

static uint64_t first_deadline(const struct tcp_socket *socket)
{
	uint64_t first = TCP_NEVER;

	for (int i = 0; i < TCP_TIMER_COUNT; i++) {
		if (socket->deadlines[i] < first)
			first = socket->deadlines[i];
	}
	return first;
}

static void place(struct tcp *tcp, uint32_t index, struct tcp_socket *socket)
{
	tcp->heap[index] = socket;
	socket->heap_index = index;
}

static void sift_up(struct tcp *tcp, struct tcp_socket *socket)
{
	uint32_t index = socket->heap_index;

	while (index > 0 && tcp->heap[(index - 1) / 2]->heap_key > socket->heap_key) {
		place(tcp, index, tcp->heap[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	place(tcp, index, socket);
}

static void sift_down(struct tcp *tcp, struct tcp_socket *socket)
{
	uint32_t index = socket->heap_index;

	for (;;) {
		uint32_t child = 2 * index + 1;

		if (child >= tcp->heap_count)
			break;
		if (child + 1 < tcp->heap_count && tcp->heap[child + 1]->heap_key < tcp->heap[child]->heap_key)
			child++;
		if (tcp->heap[child]->heap_key >= socket->heap_key)
			break;
		place(tcp, index, tcp->heap[child]);
		index = child;
	}
	place(tcp, index, socket);
}

/* Gives a new socket its place; false without memory. */
bool tcp_timer_attach(struct tcp_socket *socket)
{
	struct tcp *tcp = socket->tcp;
	const struct tcp_environment *environment = &tcp->environment;

	if (tcp->heap_count == tcp->heap_capacity) {
		uint32_t capacity = tcp->heap_capacity == 0 ? HEAP_MINIMUM : 2 * tcp->heap_capacity;
		struct tcp_socket **heap = environment->allocate(environment->context, capacity * sizeof(struct tcp_socket *));

		if (heap == NULL)
			return false;
		if (tcp->heap != NULL) {
			memcpy(heap, tcp->heap, tcp->heap_count * sizeof(struct tcp_socket *));
			environment->release(environment->context, tcp->heap,
			                     tcp->heap_capacity * sizeof(struct tcp_socket *));
		}
		tcp->heap = heap;
		tcp->heap_capacity = capacity;
	}
	for (int i = 0; i < TCP_TIMER_COUNT; i++)
		socket->deadlines[i] = TCP_NEVER;
	socket->heap_key = TCP_NEVER;
	place(tcp, tcp->heap_count++, socket);
	return true;
}

void tcp_timer_detach(struct tcp_socket *socket)
{
	struct tcp *tcp = socket->tcp;
	struct tcp_socket *last = tcp->heap[--tcp->heap_count];

	if (last == socket)
		return;
	place(tcp, socket->heap_index, last);
	sift_up(tcp, last);
	sift_down(tcp, last);
}

void tcp_timer_set(struct tcp_socket *socket, enum tcp_timer timer, uint64_t when)
{
	socket->deadlines[timer] = when;
	if (when < socket->heap_key) {
		socket->heap_key = when;
		sift_up(socket->tcp, socket);
	}
}

void tcp_timer_clear(struct tcp_socket *socket, enum tcp_timer timer)
{
	socket->deadlines[timer] = TCP_NEVER;
}

/* The socket that is due first, with its true deadline as its key. */
static struct tcp_socket *settle(struct tcp *tcp)
{
	while (tcp->heap_count > 0) {
		struct tcp_socket *socket = tcp->heap[0];
		uint64_t deadline = first_deadline(socket);

		if (deadline == socket->heap_key)
			return socket;
		socket->heap_key = deadline;
		sift_down(tcp, socket);
	}
	return NULL;
}

uint64_t tcp_deadline(struct tcp *tcp)
{
	struct tcp_socket *socket = settle(tcp);

	return socket == NULL ? TCP_NEVER : socket->heap_key;
}

void tcp_timers(struct tcp *tcp, uint64_t now)
{
	struct tcp_socket *socket;

	while ((socket = settle(tcp)) != NULL && socket->heap_key <= now) {
		for (int timer = 0; timer < TCP_TIMER_COUNT && !socket->dying; timer++) {
			if (socket->deadlines[timer] > now)
				continue;
			socket->deadlines[timer] = TCP_NEVER;
			tcp_expire(socket, timer);
		}
	}
	tcp_reap(tcp);
}

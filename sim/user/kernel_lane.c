/*
 * System calls over the kernel lane: a lane of depth 1 to the host, whose data
 * area is the kernel buffer (docs/ABI.md, "The hosted kernel lane").
 */
#include "internal.h"

#include <drydock/atomic.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Iterations of pause while the host, on another CPU, may answer: about 20 µs. */
#define SPIN_LIMIT  600
#define CREDIT_BEST 8
#define CREDIT_WORST (-64)

static uint32_t *index_of(struct os *os, uint32_t offset)
{
	return (uint32_t *)(void *)(os->lane + offset);
}

void os_on_vanished(struct os *os, void (*vanished)(void *context), void *context)
{
	os->vanished = vanished;
	os->vanished_context = context;
}

_Noreturn void host_vanished(struct os *os)
{
	if (os->vanished != NULL)
		os->vanished(os->vanished_context);
	/* Nobody is left to tell; what the process held went with the host. */
	_exit(EXIT_FAILURE);
}

static void publish(struct os *os, const struct message *message)
{
	uint32_t slot = os->request_tail % lane_request_slots(KERNEL_LANE_DEPTH);
	uint64_t *words = (uint64_t *)(void *)(os->lane + LANE_RINGS + slot * MESSAGE_SIZE);

	for (int i = 0; i < MESSAGE_WORDS; i++)
		atomic_store_relaxed(&words[i], message->word[i]);
	os->request_tail++;
	/* Pairs with the host's acquire of the request tail: message and buffer are before it. */
	atomic_store_release(index_of(os, LANE_REQUEST_TAIL), os->request_tail);
	/* The host arms, then looks; this end publishes, then looks whether it is armed. */
	atomic_fence();
	if (atomic_load_relaxed(&os->host_page->armed) != 0 && write(os->host_doorbell, "", 1) < 0 &&
	    errno == EPIPE)
		host_vanished(os);
}

static bool replied(struct os *os)
{
	/* Pairs with the host's release of the reply tail. */
	return atomic_load_acquire(index_of(os, LANE_REPLY_TAIL)) != os->reply_head;
}

/* Spins for a short while where the host runs on another CPU, and only while that has paid. */
static bool spin(struct os *os)
{
	uint32_t host = atomic_load_relaxed(&os->host_page->processor);

	if (os->processor_count < 2 || host == os_processor(os))
		return replied(os);
	if (os->spin_credit < 0) {
		os->spin_credit++;
		return replied(os);
	}
	for (int i = 0; i < SPIN_LIMIT; i++) {
		if (replied(os)) {
			if (os->spin_credit < CREDIT_BEST)
				os->spin_credit++;
			return true;
		}
		processor_pause();
	}
	os->spin_credit = os->spin_credit > 0 ? os->spin_credit / 2 : CREDIT_WORST;
	return false;
}

static void await_reply(struct os *os)
{
	if (spin(os))
		return;
	while (!replied(os)) {
		atomic_store_relaxed(&os->page->processor, os_processor(os));
		atomic_store_relaxed(&os->page->armed, 1);
		/* Pairs with the fence in the host between its publishing and its look at `armed`. */
		atomic_fence();
		if (!replied(os))
			os_drain_doorbell(os);
		atomic_store_relaxed(&os->page->armed, 0);
	}
}

static void take_reply(struct os *os, struct message *reply)
{
	uint64_t *words = (uint64_t *)(void *)(os->lane + lane_reply_ring(KERNEL_LANE_DEPTH) +
	                                       os->reply_head % KERNEL_LANE_DEPTH * MESSAGE_SIZE);

	for (int i = 0; i < MESSAGE_WORDS; i++)
		reply->word[i] = atomic_load_relaxed(&words[i]);
	os->reply_head++;
	/* Gives the slot and the credit back: pairs with the host's acquire of the reply head. */
	atomic_store_release(index_of(os, LANE_REPLY_HEAD), os->reply_head);
}

uint64_t kernel_lane_call(struct os *os, enum system_call call, const uint64_t arguments[6], uint64_t *length,
                          int *descriptors, uint32_t count)
{
	struct message message = {.word = {message_header((uint16_t)call, 0, ++os->tag)}};
	uint32_t passed;

	for (int i = 0; i < 6; i++)
		message.word[1 + i] = arguments[i];
	message.word[7] = length != NULL ? *length : 0;
	publish(os, &message);
	await_reply(os);
	take_reply(os, &message);
	if (length != NULL)
		*length = message.word[7] <= KERNEL_BUFFER_SIZE ? message.word[7] : KERNEL_BUFFER_SIZE;
	passed = message_flags(&message);
	if (passed == 0)
		return count == 0 || result_is_error(message.word[1]) ? message.word[1] : error_result(E_IO);
	if (passed != count || !descriptors_receive(os->socket, DESCRIPTOR_PASS, descriptors, count))
		host_vanished(os);
	return message.word[1];
}

uint64_t os_trap(struct os *os, enum system_call call, const uint64_t arguments[6], uint64_t *length)
{
	return kernel_lane_call(os, call, arguments, length, NULL, 0);
}

void *os_buffer(struct os *os)
{
	return os->lane + lane_area_offset(KERNEL_LANE_DEPTH);
}

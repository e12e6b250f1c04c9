/* Split virtqueues: Virtio 1.2, section 2.7. */
#include "drivers/virtqueue.h"

#include <drydock/atomic.h>
#include <drydock/string.h>

#define DESCRIPTOR_NEXT  1u
#define DESCRIPTOR_WRITE 2u

#define AVAILABLE_NO_INTERRUPT 1u
#define USED_NO_NOTIFY         1u

/* In 16-bit words of the available and of the used ring. */
#define RING_FLAGS 0
#define RING_INDEX 1
#define RING_ENTRY 2
#define USED_WORDS (sizeof(struct virtqueue_used) / 2)

#define NONE UINT16_MAX

struct virtqueue_layout virtqueue_layout(uint16_t size)
{
	struct virtqueue_layout layout;

	/* Section 2.7: aligned to 16, 2 and 4 bytes. */
	layout.available = (uint32_t)sizeof(struct virtqueue_descriptor) * size;
	layout.used = (layout.available + 2u * (3u + size) + 3) & ~3u;
	layout.size = layout.used + 2u * 3u + (uint32_t)sizeof(struct virtqueue_used) * size;
	return layout;
}

void virtqueue_create(struct virtqueue *queue, void *memory, uint16_t size, bool event_index)
{
	struct virtqueue_layout layout = virtqueue_layout(size);

	memset(queue, 0, sizeof(*queue));
	queue->descriptors = memory;
	queue->available = (uint16_t *)((uint8_t *)memory + layout.available);
	queue->used = (uint16_t *)((uint8_t *)memory + layout.used);
	queue->size = size;
	queue->event_index = event_index;
	queue->free_count = size;
	for (uint16_t i = 0; i < size; i++)
		queue->next[i] = i + 1 < size ? i + 1 : NONE;
	virtqueue_disarm(queue);
}

/* The driver's wish, in the device's used_event behind the available ring (section 2.7.7). */
static uint16_t *used_event(const struct virtqueue *queue)
{
	return &queue->available[RING_ENTRY + queue->size];
}

/* The device's wish, behind the used ring (section 2.7.10). */
static const uint16_t *available_event(const struct virtqueue *queue)
{
	return &queue->used[RING_ENTRY + USED_WORDS * queue->size];
}

uint16_t virtqueue_head(const struct virtqueue *queue)
{
	return queue->free_head;
}

bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_part *parts, uint32_t count, void *token)
{
	uint16_t head = queue->free_head;
	uint16_t at = head;
	struct virtqueue_chain *chain;

	if (count == 0 || count > queue->free_count)
		return false;
	chain = &queue->chains[head];
	*chain = (struct virtqueue_chain){.token = token, .count = (uint16_t)count};
	for (uint32_t i = 0; i < count; i++) {
		bool last = i + 1 == count;

		queue->descriptors[at] = (struct virtqueue_descriptor){
			.address = parts[i].address,
			.length = parts[i].length,
			.flags = (uint16_t)((last ? 0 : DESCRIPTOR_NEXT) |
		                            (parts[i].device_writes ? DESCRIPTOR_WRITE : 0)),
			.next = last ? 0 : queue->next[at],
		};
		if (parts[i].device_writes)
			chain->writable += parts[i].length;
		if (last)
			queue->free_head = queue->next[at];
		at = queue->next[at];
	}
	queue->free_count -= (uint16_t)count;
	queue->heads[queue->available_index & (queue->size - 1)] = head;
	queue->available[RING_ENTRY + (queue->available_index & (queue->size - 1))] = head;
	queue->available_index++;
	return true;
}

bool virtqueue_publish(struct virtqueue *queue)
{
	uint16_t before = queue->published_index;
	uint16_t added = (uint16_t)(queue->available_index - before);

	if (added == 0)
		return false;
	for (uint16_t i = 0; i < added; i++)
		queue->chains[queue->heads[(uint16_t)(before + i) & (queue->size - 1)]].published = true;
	queue->in_flight += added;
	queue->published_index = queue->available_index;
	/* Pairs with the device's read barrier: who sees the index sees descriptors and ring. */
	atomic_store_release(&queue->available[RING_INDEX], queue->available_index);
	/* Before the look at what the device wants: it may be about to sleep (section 2.7.13.3). */
	atomic_fence();
	if (!queue->event_index)
		return !(atomic_load_relaxed(&queue->used[RING_FLAGS]) & USED_NO_NOTIFY);
	/* Section 2.7.10: notify when the index passes what the device named. */
	return (uint16_t)(queue->available_index - atomic_load_relaxed(available_event(queue)) - 1) < added;
}

/* Puts the descriptors of the chain that begins with `head` back, first to be used again. */
static void free_chain(struct virtqueue *queue, uint16_t head)
{
	struct virtqueue_chain *chain = &queue->chains[head];
	uint16_t last = head;

	for (uint16_t i = 1; i < chain->count; i++)
		last = queue->next[last];
	queue->next[last] = queue->free_head;
	queue->free_head = head;
	queue->free_count += chain->count;
	chain->token = NULL;
}

/* How many chains the device says it has used and the driver has not taken. */
static uint16_t pending(struct virtqueue *queue)
{
	/* Pairs with the device's release of its index: the entries before it, and the data, are there. */
	uint16_t index = atomic_load_acquire(&queue->used[RING_INDEX]);
	uint16_t count = (uint16_t)(index - queue->used_index);

	if (count > queue->in_flight) {
		queue->fault = "the device returned more buffers than it had";
		return 0;
	}
	return count;
}

void *virtqueue_take(struct virtqueue *queue, uint16_t *head, uint32_t *length)
{
	struct virtqueue_chain *chain;
	const uint32_t *entry;
	uint32_t id;
	void *token;

	if (queue->fault || pending(queue) == 0)
		return NULL;
	/* Read once: the device may write there again. Entries lie on four bytes. */
	entry = (const uint32_t *)(const void *)&queue
	                ->used[RING_ENTRY + USED_WORDS * (queue->used_index & (queue->size - 1))];
	id = atomic_load_relaxed(&entry[0]);
	*length = atomic_load_relaxed(&entry[1]);
	if (id >= queue->size || !queue->chains[id].token || !queue->chains[id].published) {
		queue->fault = "the device returned a buffer that it did not have";
		return NULL;
	}
	chain = &queue->chains[id];
	if (*length > chain->writable) {
		queue->fault = "the device says that it wrote more than there was room for";
		return NULL;
	}
	token = chain->token;
	*head = (uint16_t)id;
	free_chain(queue, *head);
	queue->used_index++;
	queue->in_flight--;
	return token;
}

bool virtqueue_arm(struct virtqueue *queue, uint16_t after)
{
	if (queue->event_index)
		atomic_store_relaxed(used_event(queue), (uint16_t)(queue->used_index + after - 1));
	else
		atomic_store_relaxed(&queue->available[RING_FLAGS], 0);
	/* Before the last look: the device writes its index, then reads the wish (section 2.7.14). */
	atomic_fence();
	return pending(queue) < (queue->event_index ? after : 1) && !queue->fault;
}

void virtqueue_disarm(struct virtqueue *queue)
{
	/* With event indices: the one that was passed last, which comes again after 65,536 more. */
	if (queue->event_index)
		atomic_store_relaxed(used_event(queue), (uint16_t)(queue->used_index - 1));
	else
		atomic_store_relaxed(&queue->available[RING_FLAGS], AVAILABLE_NO_INTERRUPT);
}

void *virtqueue_abandon(struct virtqueue *queue)
{
	for (uint16_t head = 0; head < queue->size; head++) {
		void *token = queue->chains[head].token;

		if (token) {
			free_chain(queue, head);
			return token;
		}
	}
	return NULL;
}

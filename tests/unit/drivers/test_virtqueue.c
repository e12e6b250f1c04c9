/* Split queues by themselves: every position of their indices, and what a device may not return. */
#include "../unit.h"

#include <string.h>

#include <linux/virtio_ring.h>

#include "drivers/virtqueue.h"

#define SIZE 8u

static struct virtqueue queue;
static _Alignas(4096) uint8_t memory[4096];
static struct vring ring; /* the same memory, as Linux lays it out */
static int tokens[SIZE];

/* An empty queue whose indices stand at `index`. */
static void start(bool event_index, uint16_t index)
{
	struct virtqueue_layout layout = virtqueue_layout(SIZE);

	memset(memory, 0, sizeof(memory));
	virtqueue_create(&queue, memory, SIZE, event_index);
	vring_init(&ring, SIZE, memory, 4);
	ck_assert_ptr_eq(ring.avail, memory + layout.available);
	ck_assert_ptr_eq(ring.used, memory + layout.used);
	queue.available_index = queue.published_index = queue.used_index = index;
	ring.avail->idx = ring.used->idx = index;
	vring_avail_event(&ring) = index;
}

static void add(uint32_t count)
{
	const struct virtqueue_part part = {.address = 0x1000, .length = 100, .device_writes = true};

	for (uint32_t i = 0; i < count; i++)
		ck_assert(virtqueue_add(&queue, &part, 1, &tokens[virtqueue_head(&queue)]));
}

/* The device returns `count` chains, in the order of the available ring from `from` on. */
static void give_back(uint16_t from, uint32_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		vring_used_elem_t *entry = &ring.used->ring[ring.used->idx % SIZE];

		entry->id = ring.avail->ring[(uint16_t)(from + i) % SIZE];
		entry->len = 1;
		ring.used->idx++;
	}
}

static uint32_t take_all(void)
{
	uint32_t taken = 0;
	uint32_t length;
	uint16_t head;
	void *token;

	while ((token = virtqueue_take(&queue, &head, &length)) != NULL) {
		ck_assert_ptr_eq(token, &tokens[head]);
		ck_assert_uint_eq(length, 1);
		taken++;
	}
	return taken;
}

/* Where the indices stand does not matter, nor how many descriptors a chain has. */
START_TEST(works_at_every_index)
{
	for (uint32_t index = 0xfff0; index <= 0x10010; index++) {
		for (uint32_t count = 1; count <= SIZE; count++) {
			start(true, (uint16_t)index);
			add(count);
			if (count == SIZE)
				ck_assert(!virtqueue_add(&queue, &(struct virtqueue_part){0}, 1, tokens));
			virtqueue_publish(&queue);
			ck_assert_uint_eq(ring.avail->idx, (uint16_t)(index + count));
			give_back((uint16_t)index, count);
			ck_assert_uint_eq(take_all(), count);
			ck_assert_uint_eq(queue.free_count, SIZE);
			ck_assert_ptr_null(queue.fault);
		}
	}
}
END_TEST

START_TEST(chains_take_and_give_descriptors)
{
	const struct virtqueue_part parts[3] = {{0x1000, 16, false}, {0x2000, 512, true}, {0x3000, 1, true}};
	uint16_t at;

	start(false, 0);
	ck_assert(!virtqueue_add(&queue, parts, 0, tokens));
	for (int i = 0; i < 2; i++)
		ck_assert(virtqueue_add(&queue, parts, 3, &tokens[virtqueue_head(&queue)]));
	ck_assert(!virtqueue_add(&queue, parts, 3, tokens));
	ck_assert_uint_eq(queue.free_count, 2);
	at = ring.avail->ring[1];
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(ring.desc[at].addr, parts[i].address);
		ck_assert_uint_eq(ring.desc[at].len, parts[i].length);
		ck_assert_uint_eq(ring.desc[at].flags,
		                  (i < 2 ? VRING_DESC_F_NEXT : 0) | (i > 0 ? VRING_DESC_F_WRITE : 0));
		at = ring.desc[at].next;
	}
	virtqueue_publish(&queue);
	give_back(0, 2);
	ring.used->ring[0].len = ring.used->ring[1].len = 1;
	ck_assert_uint_eq(take_all(), 2);
	ck_assert_uint_eq(queue.free_count, SIZE);
}
END_TEST

/* Section 2.7.10: the driver notifies when it passes the index that the device named, and only then. */
START_TEST(notifies_as_the_device_wishes)
{
	for (uint32_t index = 0xfffa; index <= 0x10006; index++) {
		for (uint32_t count = 1; count <= SIZE; count++) {
			for (int wish = -10; wish <= 10; wish++) {
				bool passed = wish >= 0 && (uint32_t)wish < count;

				start(true, (uint16_t)index);
				vring_avail_event(&ring) = (uint16_t)((int)index + wish);
				add(count);
				ck_assert_msg(virtqueue_publish(&queue) == passed, "%x + %u, %d", index,
				              count, wish);
			}
		}
	}
	start(false, 0);
	ck_assert(!virtqueue_publish(&queue));
	add(1);
	ck_assert(virtqueue_publish(&queue));
	ring.used->flags = VRING_USED_F_NO_NOTIFY;
	add(1);
	ck_assert(!virtqueue_publish(&queue));
}
END_TEST

/* Section 2.7.7, with Linux's own rule for the device's half. */
START_TEST(is_interrupted_as_it_wishes)
{
	for (uint32_t index = 0xfffa; index <= 0x10006; index++) {
		for (uint16_t after = 1; after <= SIZE; after++) {
			start(true, (uint16_t)index);
			add(SIZE);
			virtqueue_publish(&queue);
			ck_assert(virtqueue_arm(&queue, after));
			for (uint16_t i = 1; i <= SIZE; i++) {
				give_back((uint16_t)(index + i - 1), 1);
				ck_assert_int_eq(vring_need_event(vring_used_event(&ring), ring.used->idx,
				                                  (uint16_t)(ring.used->idx - 1)),
				                 i == after);
				ck_assert(virtqueue_arm(&queue, after) == (i < after));
			}
			virtqueue_disarm(&queue);
			ck_assert_uint_eq(take_all(), SIZE);
		}
	}
	start(false, 0);
	ck_assert_uint_eq(ring.avail->flags, VRING_AVAIL_F_NO_INTERRUPT);
	add(1);
	virtqueue_publish(&queue);
	ck_assert(virtqueue_arm(&queue, 1));
	ck_assert_uint_eq(ring.avail->flags, 0);
	virtqueue_disarm(&queue);
	ck_assert_uint_eq(ring.avail->flags, VRING_AVAIL_F_NO_INTERRUPT);
	give_back(0, 1);
	ck_assert(!virtqueue_arm(&queue, 1));
}
END_TEST

/* Right after the start there is no interrupt for long, though nobody has asked for none. */
START_TEST(wants_no_interrupt_at_first)
{
	start(true, 0);
	add(SIZE);
	virtqueue_publish(&queue);
	give_back(0, SIZE);
	ck_assert(!vring_need_event(vring_used_event(&ring), ring.used->idx, 0));
}
END_TEST

/* What was added and not shown the device cannot have. */
START_TEST(catches_what_was_not_published)
{
	start(false, 0);
	add(2);
	virtqueue_publish(&queue);
	add(1);
	give_back(2, 1);
	ck_assert_uint_eq(take_all(), 0);
	ck_assert_ptr_nonnull(queue.fault);
}
END_TEST

/* An index that runs ahead makes old entries valid again: not even the first of them is taken. */
START_TEST(catches_an_index_that_runs_ahead)
{
	start(false, 0);
	add(1);
	virtqueue_publish(&queue);
	give_back(0, 1);
	ring.used->idx++;
	ck_assert_uint_eq(take_all(), 0);
	ck_assert_ptr_nonnull(queue.fault);
	ck_assert(!virtqueue_arm(&queue, 1));
}
END_TEST

START_TEST(abandons_each_once)
{
	bool seen[SIZE] = {false};
	int *token;

	start(true, 0);
	add(5);
	virtqueue_publish(&queue);
	add(2);
	give_back(0, 1);
	ck_assert_uint_eq(take_all(), 1);
	for (int i = 0; i < 6; i++) {
		token = virtqueue_abandon(&queue);
		ck_assert_ptr_nonnull(token);
		ck_assert(!seen[token - tokens]);
		seen[token - tokens] = true;
	}
	ck_assert_ptr_null(virtqueue_abandon(&queue));
	ck_assert_uint_eq(queue.free_count, SIZE);
}
END_TEST

UNIT_RUN("virtqueue", works_at_every_index, chains_take_and_give_descriptors, notifies_as_the_device_wishes,
         is_interrupted_as_it_wishes, wants_no_interrupt_at_first, catches_what_was_not_published,
         catches_an_index_that_runs_ahead, abandons_each_once)

/* virtio-blk against a simulated device that keeps the rules. */
#include "../unit.h"

#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ring.h>

#include <drydock/posix.h>

#include "drivers/virtio_blk.h"

#include "../dev/memory_device.h"
#include "simulator_blk.h"

#define BIT(feature) (1ull << (feature))
#define ALL                                                                                 \
	(BIT(VIRTIO_BLK_F_SIZE_MAX) | BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_RO) |    \
	 BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_BLK_F_DISCARD) | \
	 BIT(VIRTIO_RING_F_EVENT_IDX))
#define WRITABLE (ALL & ~BIT(VIRTIO_BLK_F_RO))
#define PAGE     4096u

static struct simulator_blk simulated;
static struct simulator *const simulator = &simulated.simulator;
static struct virtio_blk blk;
static struct device *const device = &blk.disk.device;
static uint8_t *memory;
static int ends;

static void done(struct disk_request *request)
{
	(void)request;
	ends++;
}

static void start(uint64_t features)
{
	const char *wrong;

	simulator_blk_create(&simulated, features);
	wrong = virtio_blk_start(&blk, &simulator->access);
	ck_assert_msg(wrong == NULL, "%s", wrong);
	memory = device_allocate(device, 64 * PAGE);
	ck_assert_ptr_nonnull(memory);
	ends = 0;
}

static void stop(void)
{
	virtio_blk_stop(&blk);
	simulator_destroy(simulator);
}

/* Round after round as a loop makes them, sleeping where the driver may, until nothing moves. */
static void settle(void)
{
	bool moved = true;

	device_kick(device);
	while (moved) {
		while (device_poll(device))
			;
		moved = !device_arm(device);
		simulator_blk_take(&simulated);
		moved |= simulator_blk_work(&simulated, 1000);
		/* Asleep: only an interrupt wakes it. */
		if (simulator_interrupts(simulator, device))
			moved |= device_poll(device);
	}
}

static int32_t run(uint8_t operation, uint8_t flags, uint64_t offset, void *address, uint32_t length)
{
	struct device_segment segment = {address, length};
	struct disk_request request = {.operation = operation,
	                               .flags = flags,
	                               .offset = offset,
	                               .length = length,
	                               .done = done,
	                               .status = -1};
	int before = ends;

	if (operation == DISK_READ || operation == DISK_WRITE) {
		request.segments = &segment;
		request.segment_count = 1;
	}
	disk_submit(&blk.disk, &request);
	ck_assert_int_eq(ends, before);
	settle();
	ck_assert_int_eq(ends, before + 1);
	return request.status;
}

/* Each subset of what it knows may be offered, and nothing more is taken; all of them read and write. */
START_TEST(negotiates_every_subset)
{
	static const uint32_t bits[] = {VIRTIO_BLK_F_SIZE_MAX,  VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_RO,
	                                VIRTIO_BLK_F_BLK_SIZE,  VIRTIO_BLK_F_FLUSH,   VIRTIO_BLK_F_DISCARD,
	                                VIRTIO_RING_F_EVENT_IDX};

	for (uint32_t subset = 0; subset < 1u << 7; subset++) {
		const struct disk_geometry *geometry = &blk.disk.geometry;
		uint64_t features = 0;
		bool read_only, flush, discard;

		for (uint32_t i = 0; i < 7; i++)
			features |= subset & 1u << i ? BIT(bits[i]) : 0;
		/* And some that it does not know. */
		start(features | BIT(VIRTIO_BLK_F_TOPOLOGY) | BIT(VIRTIO_BLK_F_MQ) |
		      BIT(VIRTIO_RING_F_INDIRECT_DESC));
		ck_assert_uint_eq(simulator->driver_features, features | BIT(32));
		read_only = features & BIT(VIRTIO_BLK_F_RO);
		flush = features & BIT(VIRTIO_BLK_F_FLUSH);
		discard = features & BIT(VIRTIO_BLK_F_DISCARD);
		ck_assert_uint_eq(geometry->size, SIMULATOR_BLK_SIZE);
		ck_assert_uint_eq(geometry->block_size, features & BIT(VIRTIO_BLK_F_BLK_SIZE) ? 4096 : 512);
		ck_assert_uint_eq(geometry->segments_maximum, features & BIT(VIRTIO_BLK_F_SEG_MAX) ? 32 : 1);
		if (features & BIT(VIRTIO_BLK_F_SIZE_MAX))
			ck_assert_uint_eq(geometry->segment_maximum, 65536);
		ck_assert_uint_eq(geometry->flags, (read_only ? DISK_READ_ONLY : 0) |
		                                           (flush ? DISK_WRITE_CACHE : 0) |
		                                           (discard ? DISK_CAN_DISCARD : 0));
		memset(memory, 0x5a, PAGE);
		ck_assert_int_eq(run(DISK_WRITE, DISK_FUA, 8192, memory, PAGE), read_only ? POSIX_EROFS : 0);
		ck_assert_uint_eq(simulated.counts[VIRTIO_BLK_T_FLUSH], flush && !read_only);
		ck_assert_int_eq(run(DISK_READ, 0, 8192, memory + PAGE, PAGE), 0);
		ck_assert_uint_eq(memory[PAGE], read_only ? 0 : 0x5a);
		ck_assert_int_eq(run(DISK_FLUSH, 0, 0, NULL, 0), 0);
		ck_assert_int_eq(run(DISK_DISCARD, 0, 0, NULL, PAGE), read_only ? POSIX_EROFS
		                                                      : discard ? 0
		                                                                : POSIX_EOPNOTSUPP);
		stop();
	}
}
END_TEST

START_TEST(moves_many_segments)
{
	struct device_segment segments[32];
	struct disk_request request = {.operation = DISK_WRITE,
	                               .segments = segments,
	                               .segment_count = 32,
	                               .length = 32 * PAGE,
	                               .offset = 4 * PAGE,
	                               .done = done};

	start(WRITABLE);
	for (uint32_t i = 0; i < 32; i++) {
		segments[i] = (struct device_segment){memory + (31 - i) * PAGE, PAGE};
		memset(memory + i * PAGE, (int)i, PAGE);
	}
	disk_submit(&blk.disk, &request);
	settle();
	ck_assert_int_eq(request.status, 0);
	for (uint32_t i = 0; i < 32; i++)
		ck_assert_uint_eq(simulated.disk[(4 + i) * PAGE + 17], 31 - i);
	memset(memory, 0, 32 * PAGE);
	request.operation = DISK_READ;
	disk_submit(&blk.disk, &request);
	settle();
	ck_assert_int_eq(request.status, 0);
	for (uint32_t i = 0; i < 32; i++)
		ck_assert_uint_eq(memory[i * PAGE + PAGE - 1], i);
	stop();
}
END_TEST

START_TEST(refuses_foreign_memory)
{
	static uint8_t foreign[PAGE] __attribute__((aligned(4096)));

	start(WRITABLE);
	ck_assert_int_eq(run(DISK_READ, 0, 0, foreign, PAGE), POSIX_EFAULT);
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory + 63 * PAGE, 2 * PAGE), POSIX_EFAULT);
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), 0);
	device_free(device, memory, 64 * PAGE);
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), POSIX_EFAULT);
	stop();
}
END_TEST

START_TEST(tells_of_errors)
{
	start(WRITABLE);
	simulated.status = VIRTIO_BLK_S_IOERR;
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), POSIX_EIO);
	ck_assert_int_eq(run(DISK_WRITE, DISK_FUA, 0, memory, PAGE), POSIX_EIO);
	simulated.status = VIRTIO_BLK_S_UNSUPP;
	ck_assert_int_eq(run(DISK_FLUSH, 0, 0, NULL, 0), POSIX_EOPNOTSUPP);
	simulated.status = 77;
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), POSIX_EIO);
	simulated.status = VIRTIO_BLK_S_OK;
	simulated.short_by = 1;
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), POSIX_EIO);
	simulated.short_by = 0;
	/* The status of the request before, which succeeded, is not this one's. */
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), 0);
	simulated.silent = true;
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), POSIX_EIO);
	simulated.silent = false;
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), 0);
	ck_assert_ptr_null(device->fault);
	stop();
}
END_TEST

static struct disk_request many[5000];
static uint32_t order[5000], ended;

static void note(struct disk_request *request)
{
	order[ended++] = (uint32_t)(request - many);
}

/* Thousands at once: the device has a queue full, the rest waits its turn, each ends once. */
START_TEST(waits_for_room)
{
	struct device_segment segment;

	start(WRITABLE);
	segment = (struct device_segment){memory, PAGE};
	simulated.random = 3;
	ended = 0;
	for (uint32_t i = 0; i < 5000; i++) {
		many[i] = (struct disk_request){.operation = DISK_READ,
		                                .length = PAGE,
		                                .segments = &segment,
		                                .segment_count = 1,
		                                .done = note,
		                                .status = -1};
		/* One that takes two descriptors, not three: in the end two are free, and one too few. */
		if (i == 0)
			many[i] = (struct disk_request){.operation = DISK_FLUSH, .done = note, .status = -1};
		disk_submit(&blk.disk, &many[i]);
	}
	device_kick(device);
	simulator_blk_take(&simulated);
	ck_assert_uint_eq(simulated.held_count, blk.disk.geometry.depth);
	ck_assert_uint_eq(simulated.held_count, 85);
	settle();
	ck_assert_uint_eq(ended, 5000);
	for (uint32_t i = 0; i < 5000; i++) {
		ck_assert_int_eq(many[order[i]].status, 0);
		many[order[i]].status = -1;
		ck_assert_uint_le(order[i], i + 85);
	}
	stop();
}
END_TEST

/* The flush of a write that was given long before does not wait behind all that was given since. */
START_TEST(flushes_before_what_waits)
{
	struct device_segment segment;

	start(WRITABLE);
	segment = (struct device_segment){memory, PAGE};
	ended = 0;
	for (uint32_t i = 0; i < 300; i++) {
		many[i] = (struct disk_request){.operation = i == 0 ? DISK_WRITE : DISK_READ,
		                                .flags = i == 0 ? DISK_FUA : 0,
		                                .length = PAGE,
		                                .segments = &segment,
		                                .segment_count = 1,
		                                .done = note};
		disk_submit(&blk.disk, &many[i]);
	}
	device_kick(device);
	simulator_blk_take(&simulated);
	ck_assert_uint_eq(simulated.held_count, 85);
	simulator_blk_work(&simulated, 2);
	ck_assert(device_poll(device));
	ck_assert_uint_eq(ended, 1);
	ck_assert_uint_eq(order[0], 1);
	simulator_blk_take(&simulated);
	ck_assert_uint_eq(simulated.held_count, 85);
	ck_assert_uint_eq(simulator_get(simulated.held[83].parts[0].address, 4), VIRTIO_BLK_T_FLUSH);
	settle();
	ck_assert_uint_eq(ended, 300);
	stop();
}
END_TEST

/* The indices are 16 bits and run free: 140,000 requests pass their end twice. */
START_TEST(indices_wrap)
{
	struct device_segment segment;
	uint64_t random = 7;

	for (int event = 0; event < 2; event++) {
		start(event ? WRITABLE : WRITABLE & ~BIT(VIRTIO_RING_F_EVENT_IDX));
		segment = (struct device_segment){memory, PAGE};
		simulated.random = 11;
		ended = 0;
		for (uint32_t total = 0; total < 140000;) {
			uint32_t batch = 1 + (uint32_t)(memory_random(&random) % 80);

			ended = 0;
			for (uint32_t i = 0; i < batch; i++) {
				many[i] = (struct disk_request){.operation = DISK_READ,
				                                .length = PAGE,
				                                .segments = &segment,
				                                .segment_count = 1,
				                                .done = note};
				disk_submit(&blk.disk, &many[i]);
			}
			settle();
			ck_assert_uint_eq(ended, batch);
			total += batch;
		}
		ck_assert_uint_gt(simulated.counts[VIRTIO_BLK_T_IN], 131072);
		stop();
	}
}
END_TEST

/* While the program polls it wants no interrupts; before it sleeps it asks for one, and misses nothing. */
START_TEST(suppresses_interrupts)
{
	struct device_segment segment;
	struct disk_request request = {.operation = DISK_READ,
	                               .length = PAGE,
	                               .segments = &segment,
	                               .segment_count = 1,
	                               .done = done};

	for (int event = 0; event < 2; event++) {
		start(event ? WRITABLE : WRITABLE & ~BIT(VIRTIO_RING_F_EVENT_IDX));
		segment = (struct device_segment){memory, PAGE};
		for (int i = 0; i < 100; i++) {
			disk_submit(&blk.disk, &request);
			device_kick(device);
			simulator_blk_take(&simulated);
			simulator_blk_work(&simulated, 1);
			ck_assert(device_poll(device));
		}
		ck_assert_int_eq(ends, 100);
		ck_assert_uint_eq(simulator->queues[0].interrupts, 0);
		/* What came before it armed keeps it awake, */
		disk_submit(&blk.disk, &request);
		device_kick(device);
		simulator_blk_take(&simulated);
		simulator_blk_work(&simulated, 1);
		ck_assert(!device_arm(device));
		ck_assert(device_poll(device));
		/* what comes after wakes it. */
		disk_submit(&blk.disk, &request);
		device_kick(device);
		ck_assert(device_arm(device));
		simulator_blk_take(&simulated);
		simulator_blk_work(&simulated, 1);
		ck_assert_uint_eq(simulator->queues[0].interrupts, 1);
		ck_assert(simulator_interrupts(simulator, device));
		ck_assert(device_poll(device));
		ck_assert_int_eq(ends, 102);
		stop();
	}
}
END_TEST

/* A busy device is notified once for what a round submits, and not while it looks anyway. */
START_TEST(notifies_once)
{
	struct device_segment segment;
	struct disk_request requests[8];

	start(WRITABLE);
	segment = (struct device_segment){memory, PAGE};
	simulator_blk_take(&simulated);
	for (int i = 0; i < 8; i++) {
		requests[i] = (struct disk_request){.operation = DISK_READ,
		                                    .length = PAGE,
		                                    .segments = &segment,
		                                    .segment_count = 1,
		                                    .done = done};
		disk_submit(&blk.disk, &requests[i]);
		if (i == 6)
			device_kick(device);
	}
	ck_assert_uint_eq(simulator->queues[0].notified, 1);
	device_kick(device);
	ck_assert_uint_eq(simulator->queues[0].notified, 1);
	settle();
	ck_assert_int_eq(ends, 8);
	stop();
}
END_TEST

/* Without MSI-X all comes by the interrupt line, which stays up until its cause was read. */
START_TEST(falls_back_to_the_line)
{
	simulator_blk_create(&simulated, WRITABLE);
	simulator->no_messages = true;
	/* Firmware has used messages, and left them on. */
	simulator_put(&simulator->config[SIMULATOR_CAPABILITY_MSIX + PCI_MSIX_FLAGS], 0x8003, 2);
	ck_assert_ptr_null(virtio_blk_start(&blk, &simulator->access));
	memory = device_allocate(device, 64 * PAGE);
	ends = 0;
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), 0);
	ck_assert(simulator->line_bound);
	ck_assert_uint_gt(simulator->queues[0].interrupts, 0);
	stop();

	simulator_blk_create(&simulated, WRITABLE);
	simulator->no_messages = simulator->no_line = true;
	ck_assert_ptr_nonnull(virtio_blk_start(&blk, &simulator->access));
	simulator_destroy(simulator);
}
END_TEST

START_TEST(late_interrupts_are_no_harm)
{
	start(WRITABLE);
	simulator->lose_interrupts = 3;
	for (int i = 0; i < 4; i++) {
		struct device_segment segment = {memory, PAGE};
		struct disk_request request = {.operation = DISK_READ,
		                               .length = PAGE,
		                               .segments = &segment,
		                               .segment_count = 1,
		                               .done = done,
		                               .status = -1};

		disk_submit(&blk.disk, &request);
		device_kick(device);
		ck_assert(device_arm(device));
		simulator_blk_take(&simulated);
		simulator_blk_work(&simulated, 1);
		/* It polls for another reason, before the interrupt is delivered. */
		ck_assert(simulator_interrupts(simulator, device) == (i == 3));
		ck_assert(device_poll(device));
		ck_assert_int_eq(request.status, 0);
	}
	/* And then those come at last, of vectors known and unknown. */
	device_interrupt(device, 9);
	simulator_interrupts(simulator, device);
	ck_assert(!device_poll(device));
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), 0);
	stop();
}
END_TEST

/* Of a queue larger than it has records for it uses as much as it has. */
START_TEST(uses_part_of_a_large_queue)
{
	simulator_blk_create(&simulated, WRITABLE);
	simulator->queue_sizes[0] = 32768;
	ck_assert_ptr_null(virtio_blk_start(&blk, &simulator->access));
	ck_assert_uint_eq(simulator->queues[0].size, VIRTQUEUE_SIZE_MAXIMUM);
	ck_assert_uint_eq(blk.disk.geometry.depth, VIRTQUEUE_SIZE_MAXIMUM / 3);
	memory = device_allocate(device, 64 * PAGE);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), 0);
	stop();
}
END_TEST

START_TEST(follows_the_capacity)
{
	start(WRITABLE);
	simulator_put(simulator->device_config, 16, 8);
	simulator_changed(simulator);
	ck_assert(simulator_interrupts(simulator, device));
	ck_assert(!device_arm(device));
	settle();
	ck_assert_uint_eq(blk.disk.geometry.size, 8192);
	ck_assert_int_eq(run(DISK_READ, 0, 8192, memory, PAGE), POSIX_EINVAL);
	ck_assert_int_eq(run(DISK_READ, 0, 4096, memory, PAGE), 0);
	simulator->restless = true;
	simulator_put(simulator->device_config, UINT64_MAX, 8);
	simulator_changed(simulator);
	simulator_interrupts(simulator, device);
	settle();
	ck_assert_uint_eq(blk.disk.geometry.size, 0);
	stop();
}
END_TEST

UNIT_RUN("virtio_blk", negotiates_every_subset, moves_many_segments, refuses_foreign_memory, tells_of_errors,
         waits_for_room, flushes_before_what_waits, indices_wrap, suppresses_interrupts, notifies_once,
         falls_back_to_the_line, late_interrupts_are_no_harm, uses_part_of_a_large_queue,
         follows_the_capacity)

/*
 * Devices that lie, break down or go away while a disk's requests are in flight:
 * each request ends exactly once, the reason is told, no access goes astray, and
 * the device can be started anew.
 */
#include "../unit.h"

#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include <drydock/posix.h>

#include "drivers/virtio_blk.h"

#include "../dev/memory_device.h"
#include "simulator_blk.h"

#define BIT(feature) (1ull << (feature))
#define FEATURES                                                                            \
	(BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH) | \
	 BIT(VIRTIO_RING_F_EVENT_IDX))
#define PAGE 4096u
#define MANY 200

static struct simulator_blk simulated;
static struct simulator *const simulator = &simulated.simulator;
static struct virtio_blk blk;
static struct device *const device = &blk.disk.device;
static struct disk_request requests[MANY];
static struct device_segment segment;
static int ends, again;

static void done(struct disk_request *request)
{
	ck_assert_int_eq(request->status, POSIX_EIO);
	ends++;
}

static void create(void)
{
	simulator_blk_create(&simulated, FEATURES);
}

static const char *start(void)
{
	const char *wrong = virtio_blk_start(&blk, &simulator->access);

	if (!wrong)
		segment = (struct device_segment){device_allocate(device, PAGE), PAGE};
	return wrong;
}

/* A device with requests in flight, in the driver's queue and just submitted. */
static void load(void)
{
	create();
	ck_assert_ptr_null(start());
	ends = 0;
	for (int i = 0; i < MANY; i++) {
		requests[i] = (struct disk_request){.operation = i % 3 ? DISK_WRITE : DISK_READ,
		                                    .flags = i % 3 ? DISK_FUA : 0,
		                                    .length = PAGE,
		                                    .segments = &segment,
		                                    .segment_count = 1,
		                                    .done = done};
		disk_submit(&blk.disk, &requests[i]);
		if (i == MANY - 10)
			device_kick(device);
	}
	simulator_blk_take(&simulated);
	ck_assert_uint_eq(simulated.held_count, 85);
}

/* The device is done for: all have ended, none twice, later ones end likewise, and it starts anew. */
static void check_ended(int expected)
{
	while (device_poll(device))
		;
	ck_assert_int_eq(ends, expected);
	ck_assert_ptr_nonnull(device->fault);
	ck_assert(!simulator_running(simulator));
	ck_assert_uint_eq(simulator_get(&simulator->config[PCI_COMMAND], 2) & PCI_COMMAND_MASTER, 0);
	disk_submit(&blk.disk, &requests[0]);
	ck_assert_int_eq(ends, expected);
	device_kick(device);
	ck_assert(!device_arm(device));
	ck_assert(device_poll(device));
	ck_assert_int_eq(ends, expected + 1);
	ck_assert(device_arm(device));
	virtio_blk_stop(&blk);
	simulator_destroy(simulator);
	ck_assert_ptr_null(start());
	ck_assert_ptr_null(device->fault);
	virtio_blk_stop(&blk);
	simulator_destroy(simulator);
}

START_TEST(ends_all_when_it_asks_for_a_reset)
{
	load();
	simulator->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	simulator_changed(simulator);
	ck_assert(simulator_interrupts(simulator, device));
	check_ended(MANY);
}
END_TEST

START_TEST(ends_all_when_it_is_gone)
{
	load();
	simulator->status = 0xff;
	device_interrupt(device, 0);
	simulator->masked |= 1;
	check_ended(MANY);
}
END_TEST

START_TEST(ends_all_when_stopped)
{
	load();
	virtio_blk_stop(&blk);
	ck_assert_int_eq(ends, MANY);
	simulator_destroy(simulator);
}
END_TEST

static void submit_again(struct disk_request *request)
{
	done(request);
	if (again-- > 0)
		disk_submit(&blk.disk, request);
}

START_TEST(ends_what_is_submitted_meanwhile)
{
	load();
	again = 50;
	for (int i = 0; i < MANY; i++)
		requests[i].done = submit_again;
	virtio_blk_stop(&blk);
	ck_assert_int_eq(ends, MANY + 50);
	simulator_destroy(simulator);
}
END_TEST

/* Entries of the used ring that cannot be. */
START_TEST(catches_wrong_ids)
{
	const uint32_t ids[] = {256, 65536, UINT32_MAX, 1, 255};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		load();
		/* 1 is the middle of the first chain, 255 was never used. */
		simulator_return(simulator, 0, ids[i], 1);
		simulator_show(simulator, 0, 1);
		check_ended(MANY);
	}
}
END_TEST

START_TEST(catches_a_buffer_returned_twice)
{
	load();
	simulator_return(simulator, 0, simulated.held[0].head, 1);
	simulator_return(simulator, 0, simulated.held[0].head, 1);
	simulator_show(simulator, 0, 2);
	check_ended(MANY);
}
END_TEST

START_TEST(catches_lengths_beyond_the_buffer)
{
	const uint32_t lengths[] = {PAGE + 2, UINT32_MAX};

	for (size_t i = 0; i < 2; i++) {
		load();
		simulator_return(simulator, 0, simulated.held[0].head, lengths[i]);
		simulator_show(simulator, 0, 1);
		check_ended(MANY);
	}
}
END_TEST

START_TEST(catches_an_index_that_runs_ahead)
{
	const uint16_t ahead[] = {86, 256, 0x8000, 0xffff};

	for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++) {
		load();
		simulator_show(simulator, 0, ahead[i]);
		check_ended(MANY);
	}
}
END_TEST

/* A device that scribbles over the whole queue. */
START_TEST(survives_scribbles)
{
	uint64_t random = 42;

	for (int round = 0; round < 200; round++) {
		struct simulator_queue *queue;
		uint8_t *memory;

		load();
		queue = &simulator->queues[0];
		memory = simulator_memory(simulator, queue->descriptors, 256 * 16 + 6 + 512 + 6 + 2048);
		for (int i = 0; i < 40; i++)
			memory[memory_random(&random) % (256 * 16 + 6 + 512 + 6 + 2048)] =
				(uint8_t)memory_random(&random);
		for (int i = 0; i < 10; i++) {
			uint8_t *used = simulator_memory(simulator, queue->used, 4 + 8 * 256);

			used[2] = (uint8_t)(memory_random(&random) % 8);
			used[3] = 0;
			device_poll(device);
			if (!simulator_running(simulator))
				break;
		}
		virtio_blk_stop(&blk);
		ck_assert_int_eq(ends, MANY);
		simulator_destroy(simulator);
	}
}
END_TEST

/* Each lie before the start is told, and leaves nothing behind. */
static void refused(void)
{
	ck_assert_ptr_nonnull(start());
	simulator_destroy(simulator);
}

START_TEST(refuses_devices_that_do_not_start)
{
	create();
	simulator->features &= ~BIT(VIRTIO_F_VERSION_1);
	refused();
	create();
	simulator->refuses_features = true;
	refused();
	create();
	simulator->refuses_vectors = true;
	refused();
	create();
	simulator->says_enabled = true;
	simulator->queues[0].enabled = 1;
	refused();
	for (int i = 0; i < 4; i++) {
		static const uint16_t sizes[] = {0, 2, 255, 65535};

		create();
		simulator->queue_sizes[0] = sizes[i];
		refused();
	}
	for (uint32_t limit = 0; limit < 2; limit++) {
		create();
		simulator->memory_limit = limit;
		refused();
	}
}
END_TEST

START_TEST(refuses_a_device_that_does_not_reset)
{
	create();
	simulator->never_resets = true;
	simulator->status = VIRTIO_CONFIG_S_ACKNOWLEDGE;
	ck_assert_ptr_nonnull(start());
	ck_assert_uint_eq(simulator_get(&simulator->config[PCI_COMMAND], 2) & PCI_COMMAND_MASTER, 0);
}
END_TEST

/* One that stops to listen while in use loses its access to memory. */
START_TEST(cuts_off_a_device_that_does_not_reset)
{
	load();
	simulator->never_resets = true;
	virtio_blk_stop(&blk);
	ck_assert_int_eq(ends, MANY);
	ck_assert_uint_eq(simulator_get(&simulator->config[PCI_COMMAND], 2) & PCI_COMMAND_MASTER, 0);
}
END_TEST

START_TEST(refuses_nonsense_in_its_configuration)
{
	static const struct {
		uint32_t offset;
		uint32_t value;
		bool refused;
	} cases[] = {
		{offsetof(struct virtio_blk_config, blk_size), 0, true},
		{offsetof(struct virtio_blk_config, blk_size), 513, true},
		{offsetof(struct virtio_blk_config, blk_size), 65536, true},
		{offsetof(struct virtio_blk_config, seg_max), 0, false},
		{offsetof(struct virtio_blk_config, seg_max), UINT32_MAX, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		create();
		simulator_put(simulator->device_config + cases[i].offset, cases[i].value, 4);
		if (cases[i].refused) {
			refused();
			continue;
		}
		ck_assert_ptr_null(start());
		ck_assert_uint_ge(blk.disk.geometry.segments_maximum, 1);
		ck_assert_uint_le(blk.disk.geometry.segments_maximum, 254);
		virtio_blk_stop(&blk);
		simulator_destroy(simulator);
	}
	simulator_blk_create(&simulated, FEATURES | BIT(VIRTIO_BLK_F_SIZE_MAX));
	simulator_put(simulator->device_config + offsetof(struct virtio_blk_config, size_max), 4095, 4);
	refused();
	/* Short configuration: what is not there is zero. */
	create();
	simulator_put(&simulator->config[SIMULATOR_CAPABILITY_DEVICE + VIRTIO_PCI_CAP_LENGTH], 8, 4);
	refused();
}
END_TEST

/* A doorbell beyond its structure, or one that is not on two bytes. */
START_TEST(refuses_doorbells_elsewhere)
{
	static const struct {
		uint32_t multiplier, length;
		uint16_t skew;
		bool refused;
	} cases[] = {
		{4, 12, 0, false}, {4, 2, 0, false}, {0, 2, 65535, false},
		{4, 1, 0, true},   {4, 12, 3, true}, {0xffffffff, 12, 65535, true},
		{1, 12, 1, true},  {4, 6, 2, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint32_t at = SIMULATOR_CAPABILITY_NOTIFY;
		const char *wrong;

		create();
		simulator->doorbell_skew = cases[i].skew;
		simulator_put(&simulator->config[at + VIRTIO_PCI_NOTIFY_CAP_MULT], cases[i].multiplier, 4);
		simulator_put(&simulator->config[at + VIRTIO_PCI_CAP_LENGTH], cases[i].length, 4);
		wrong = start();
		ck_assert_msg((wrong != NULL) == cases[i].refused, "case %zu: %s", i,
		              wrong ? wrong : "starts");
		if (!wrong)
			virtio_blk_stop(&blk);
		simulator_destroy(simulator);
	}
}
END_TEST

UNIT_RUN("virtio_hostile", ends_all_when_it_asks_for_a_reset, ends_all_when_it_is_gone, ends_all_when_stopped,
         ends_what_is_submitted_meanwhile, catches_wrong_ids, catches_a_buffer_returned_twice,
         catches_lengths_beyond_the_buffer, catches_an_index_that_runs_ahead, survives_scribbles,
         refuses_devices_that_do_not_start, refuses_a_device_that_does_not_reset,
         cuts_off_a_device_that_does_not_reset, refuses_nonsense_in_its_configuration,
         refuses_doorbells_elsewhere)

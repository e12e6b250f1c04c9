/*
 * A PCI function with a virtio device behind it, in memory, for tests of
 * drivers: the device's half of Virtio 1.2, written from the specification with
 * Linux's names for its numbers, and with a lie for each thing that a device can
 * lie about. What a driver must never do (touch a register that is not there,
 * name memory that it was not given) fails the test at once.
 */
#ifndef DRYDOCK_TESTS_SIMULATOR_H
#define DRYDOCK_TESTS_SIMULATOR_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include <drydock/dev/device.h>

#include "drivers/access.h"

/* What the driver must have kept to. (ck_assert tells check of each that holds: a million system calls.) */
#define require(condition)                                                         \
	do {                                                                       \
		if (!(condition))                                                  \
			ck_abort_msg("%s", "the driver broke: " #condition);       \
	} while (0)

#define SIMULATOR_QUEUES  3
#define SIMULATOR_VECTORS 4
#define SIMULATOR_PIECES  64
#define SIMULATOR_PARTS   256

/* Where the structures lie in BAR 4, and how big it is; the MSI-X table is in BAR 1. */
#define SIMULATOR_COMMON   0x0000u
#define SIMULATOR_ISR      0x1000u
#define SIMULATOR_DEVICE   0x2000u
#define SIMULATOR_NOTIFY   0x3000u
#define SIMULATOR_BAR      0x4000u
#define SIMULATOR_MSIX_BAR 0x1000u

/* Where the capabilities lie in configuration space. */
#define SIMULATOR_CAPABILITY_COMMON 0x40u
#define SIMULATOR_CAPABILITY_NOTIFY 0x50u
#define SIMULATOR_CAPABILITY_ISR    0x64u
#define SIMULATOR_CAPABILITY_DEVICE 0x74u
#define SIMULATOR_CAPABILITY_MSIX   0x84u

struct simulator_queue {
	uint16_t size_maximum, size, enabled, vector, notify_offset;
	uint64_t descriptors, available, used;
	uint16_t last_available; /* chains taken so far */
	uint16_t used_index;
	uint32_t notified;       /* how often the driver rang */
	uint32_t interrupts;     /* how often the device did */
};

/* What one chain of descriptors is: the parts that the device reads, then those that it writes. */
struct simulator_chain {
	uint16_t head;
	uint32_t readable, writable; /* parts */
	struct {
		uint8_t *address;
		uint32_t length;
	} parts[SIMULATOR_PARTS];
};

struct simulator {
	struct device_access access;

	/* What the device is; to be changed before the driver starts. */
	uint8_t config[256];
	uint64_t bar_mask[6];       /* of bits that can be written; a 64-bit BAR's in its first */
	uint64_t features;          /* offered */
	uint8_t device_config[64];
	uint16_t queue_sizes[SIMULATOR_QUEUES];
	bool no_messages;           /* the machine binds no messages */
	bool no_line;               /* and no line */
	uint32_t memory_limit;      /* pieces that can be allocated */

	/* Lies. */
	bool never_resets;
	bool refuses_features;
	bool refuses_vectors;
	bool says_enabled;
	uint16_t doorbell_skew;     /* added to each queue's notification offset */
	bool vague;                 /* its structures may be anywhere: what is no register reads as zeros */
	bool restless;              /* its configuration generation never stays */
	uint32_t lose_interrupts;   /* so many are late: held until simulator_interrupts is called twice */

	/* State. */
	uint64_t driver_features;
	uint32_t feature_select, driver_feature_select;
	uint8_t status, isr, generation;
	uint16_t config_vector, queue_select;
	struct simulator_queue queues[SIMULATOR_QUEUES];
	uint8_t msix_table[SIMULATOR_VECTORS * 16];
	struct interrupt_message messages[SIMULATOR_VECTORS]; /* as bound */
	bool line_bound;
	uint32_t pending;           /* vectors raised and not delivered */
	uint32_t masked;            /* vectors delivered and not acknowledged */
	bool mapped[6];
	uint32_t maps;              /* BARs that the driver wanted mapped, rightly or not */
	uint32_t resets;
	struct {
		uint8_t *address;
		uint64_t device_address;
		size_t size;
	} pieces[SIMULATOR_PIECES];
	uint64_t next_address;
};

/* A healthy device of `type` (VIRTIO_ID_NET, …) that offers `features` and VIRTIO_F_VERSION_1. */
void simulator_create(struct simulator *simulator, uint32_t type, uint64_t features);

/* Fails the test where the driver has left memory behind. */
void simulator_destroy(struct simulator *simulator);

void simulator_put(uint8_t *to, uint64_t value, uint32_t width);
uint64_t simulator_get(const uint8_t *from, uint32_t width);

/* The device's view of its memory; fails the test where the driver has not given it that. */
uint8_t *simulator_memory(struct simulator *simulator, uint64_t address, uint32_t length);

/* Takes the next chain that the driver has made available; false where there is none. */
bool simulator_take(struct simulator *simulator, uint32_t queue, struct simulator_chain *chain);

/* Writes an entry of the used ring, unseen until simulator_show. */
void simulator_return(struct simulator *simulator, uint32_t queue, uint32_t id, uint32_t length);

/* Shows the driver `count` such entries, and interrupts it where it wants that. */
void simulator_show(struct simulator *simulator, uint32_t queue, uint16_t count);

/* The configuration has changed; raises the interrupt. */
void simulator_changed(struct simulator *simulator);

/* Delivers what interrupts there are to the driver. True if any. */
bool simulator_interrupts(struct simulator *simulator, struct device *device);

/* Whether the device was started and is not stopped. */
bool simulator_running(const struct simulator *simulator);

#endif

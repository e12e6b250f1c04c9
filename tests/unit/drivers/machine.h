/*
 * QEMU's own devices without a guest: the processor halts at its first
 * instruction, and the test does to registers what a guest would, through QEMU's
 * qtest protocol; memory is shared with the test. So the drivers meet an
 * implementation that nobody wrote for them. The test plays the firmware, too: it
 * gives the device its addresses and its interrupt line.
 */
#ifndef DRYDOCK_TESTS_MACHINE_H
#define DRYDOCK_TESTS_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <drydock/dev/device.h>

#include "drivers/access.h"

#define MACHINE_VECTORS 4

struct machine {
	struct device_access access;
	bool no_messages;    /* bind the interrupt line instead of messages */
	pid_t qemu;
	int socket;
	char input[4096];    /* from the socket, not yet taken as lines */
	size_t input_length;
	bool line_raised;    /* the interrupt line rose, and nobody was told */
	uint8_t *memory;
	uint64_t next;       /* device address of the next piece */
	uint64_t bars[6];
	uint32_t bound;      /* vectors */
};

/*
 * Starts QEMU at `path` with one virtio device in slot 4, or another somewhere else;
 * `arguments` (NULL at the end) define it. File descriptors that they name are inherited.
 */
void machine_start(struct machine *machine, const char *path, const char *const *arguments);
void machine_stop(struct machine *machine);

/* A byte of the I/O port `port`. */
uint8_t machine_port_read(struct machine *machine, uint16_t port);
void machine_port_write(struct machine *machine, uint16_t port, uint8_t value);

/* Waits until an interrupt line has risen since this was last asked; for ever where none does. */
void machine_await_line(struct machine *machine);

/* Waits for an interrupt and delivers what there is; for ever where none comes. */
void machine_interrupt(struct machine *machine, struct device *device);

/* Runs the device, sleeping until interrupts as a loop does, until `*count` has reached `wanted`. */
void machine_settle(struct machine *machine, struct device *device, const uint64_t *count, uint64_t wanted);

#endif

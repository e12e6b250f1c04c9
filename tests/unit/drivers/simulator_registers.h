/* The parts of the simulated device that see each other. */
#ifndef DRYDOCK_TESTS_SIMULATOR_REGISTERS_H
#define DRYDOCK_TESTS_SIMULATOR_REGISTERS_H

#include "simulator.h"

/* The common configuration structure: simulator_virtio.c. */
uint32_t simulator_common_read(struct simulator *simulator, uint32_t offset, uint32_t width);
void simulator_common_write(struct simulator *simulator, uint32_t offset, uint32_t width, uint32_t value);
void simulator_reset(struct simulator *simulator);

/* Raises `vector`, or the line for `cause`. */
void simulator_raise(struct simulator *simulator, uint16_t vector, uint8_t cause);

#endif

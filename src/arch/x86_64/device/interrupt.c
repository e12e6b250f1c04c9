/*
 * Interrupts of devices that processes drive: a vector of the processor for
 * each message, and one for each line, which devices may share. A line is masked
 * from its coming until all whom it may concern have acknowledged it.
 */
#include "arch/x86_64/machine.h"

#define VECTORS (VECTOR_DEVICES_END - VECTOR_DEVICES)

static struct pci_function *function_of(struct device_claim *claim)
{
	return claim->machine;
}

/* A free vector, or 0. */
static unsigned take_vector(struct machine *machine, struct device_claim *claim, uint32_t number)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		if (machine->vectors[i].claim == NULL) {
			machine->vectors[i] = (struct device_vector){claim, (uint8_t)number};
			return VECTOR_DEVICES + i;
		}
	}
	return 0;
}

static void free_vector(struct machine *machine, struct pci_function *function, uint32_t number)
{
	if (function->vectors[number] != 0)
		machine->vectors[function->vectors[number] - VECTOR_DEVICES].claim = NULL;
	function->vectors[number] = 0;
}

/* ---- lines ---------------------------------------------------------------------- */

static bool waits_for_line(const struct pci_function *function, unsigned line)
{
	return function->line == line && function->claim != NULL;
}

/* Whether anybody at this line has yet to acknowledge it. */
static bool line_told(const struct machine *machine, unsigned line)
{
	for (uint32_t i = 0; i < machine->pci->count; i++) {
		const struct pci_function *function = &machine->pci->functions[i];

		if (waits_for_line(function, line) && function->claim->told & 1u)
			return true;
	}
	return false;
}

static void line_interrupted(struct machine *machine, unsigned line)
{
	apic_mask(line);
	for (uint32_t i = 0; i < machine->pci->count; i++) {
		struct pci_function *function = &machine->pci->functions[i];

		if (waits_for_line(function, line))
			kernel_interrupt(machine->kernel, function->claim, 0);
	}
}

static enum error bind_line(struct machine *machine, struct device_claim *claim)
{
	struct pci_function *function = function_of(claim);
	unsigned line = function->wired, vector;
	bool shared = false;

	/* 255: it is connected to nothing. */
	if (line == 0 || line == 255)
		return E_INVAL;
	if (function->line == line)
		return E_OK;
	for (uint32_t i = 0; i < machine->pci->count; i++)
		shared |= waits_for_line(&machine->pci->functions[i], line);
	if (!shared) {
		vector = take_vector(machine, claim, 0);
		if (vector == 0)
			return E_NOMEM;
		if (!apic_route_level(line, vector)) {
			machine->vectors[vector - VECTOR_DEVICES].claim = NULL;
			return E_INVAL;
		}
		function->vectors[0] = (uint8_t)vector;
	}
	function->line = (uint8_t)line;
	if (!line_told(machine, line))
		apic_unmask(line);
	return E_OK;
}

/* The line's vector is in the name of one who leaves: another takes it over, or it is free. */
static void leave_line(struct machine *machine, struct device_claim *claim)
{
	struct pci_function *function = function_of(claim);
	unsigned line = function->line;

	function->line = 0;
	apic_mask(line);
	for (uint32_t i = 0; i < machine->pci->count; i++) {
		struct pci_function *other = &machine->pci->functions[i];

		if (!waits_for_line(other, line))
			continue;
		if (function->vectors[0] != 0) {
			other->vectors[0] = function->vectors[0];
			machine->vectors[other->vectors[0] - VECTOR_DEVICES].claim = other->claim;
			function->vectors[0] = 0;
		}
		if (!line_told(machine, line))
			apic_unmask(line);
		return;
	}
	free_vector(machine, function, 0);
}

/* ---- the core's -------------------------------------------------------------------- */

void device_interrupted(struct machine *machine, unsigned vector)
{
	const struct device_vector *owner = &machine->vectors[vector - VECTOR_DEVICES];

	/* One that was on its way when its device was silenced is nobody's. */
	if (owner->claim == NULL)
		return;
	if (owner->number == 0 && function_of(owner->claim)->line != 0)
		line_interrupted(machine, function_of(owner->claim)->line);
	else
		kernel_interrupt(machine->kernel, owner->claim, owner->number);
}

void device_unbind(struct machine *machine, struct device_claim *claim)
{
	struct pci_function *function = function_of(claim);

	if (function->line != 0)
		leave_line(machine, claim);
	for (uint32_t number = 0; number < DEVICE_VECTORS; number++)
		free_vector(machine, function, number);
}

enum error platform_interrupt_bind(struct machine *machine, struct device_claim *claim, uint32_t vector,
                                   enum device_interrupt_kind kind, struct interrupt_info *info)
{
	struct pci_function *function = function_of(claim);

	if (kind == DEVICE_LINE) {
		if (function->line == 0)
			free_vector(machine, function, 0);
		return bind_line(machine, claim);
	}
	if (vector == 0 && function->line != 0)
		leave_line(machine, claim);
	if (function->vectors[vector] == 0)
		function->vectors[vector] = (uint8_t)take_vector(machine, claim, vector);
	if (function->vectors[vector] == 0)
		return E_NOMEM;
	/* Edge-triggered, fixed (Intel SDM vol. 3A, 10.11.2). */
	info->address = apic_message_address();
	info->data = function->vectors[vector];
	return E_OK;
}

void platform_interrupt_unmask(struct machine *machine, struct device_claim *claim, uint32_t vector)
{
	struct pci_function *function = function_of(claim);

	if (vector == 0 && function->line != 0 && !line_told(machine, function->line))
		apic_unmask(function->line);
}

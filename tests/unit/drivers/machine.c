/* A machine by QEMU's qtest protocol (docs/devel/qtest.rst of QEMU): one line a command, one an answer. */
#include "machine.h"

#include <check.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include <drydock/abi/sys.h>

#define MEMORY_SIZE  (128ull << 20)
#define MEMORY_FIRST (16ull << 20) /* beneath lies what a PC keeps there */
#define MESSAGES     (8ull << 20)  /* where messages are written to: a word for each vector */
#define MESSAGE      0x4400u

#define CONFIG_ADDRESS 0xcf8 /* PCI Local Bus Specification 3.0, section 3.2.2.3.2 */
#define CONFIG_DATA    0xcfc
#define SLOT           4
#define BRIDGE_SLOT    1 /* PIIX3, which routes interrupt lines: its datasheet, section 2.2.14 */
#define BRIDGE_ROUTE   0x60
#define LINE           10

#define BAR_FIRST 0xe0000000ull

static void take_line(struct machine *machine, char *line, size_t size)
{
	for (;;) {
		char *end = memchr(machine->input, '\n', machine->input_length);
		ssize_t got;

		if (end != NULL) {
			size_t length = (size_t)(end - machine->input);

			ck_assert(length < size);
			memcpy(line, machine->input, length);
			line[length] = '\0';
			machine->input_length -= length + 1;
			memmove(machine->input, end + 1, machine->input_length);
			return;
		}
		got = read(machine->socket, machine->input + machine->input_length,
		           sizeof(machine->input) - machine->input_length);
		if (got <= 0)
			ck_abort_msg("QEMU has ended");
		machine->input_length += (size_t)got;
	}
}

/* Takes lines up to an answer; what they say of interrupts is remembered. */
static bool take_answer(struct machine *machine, uint64_t *value, bool or_interrupt)
{
	char line[256];

	for (;;) {
		take_line(machine, line, sizeof(line));
		if (strncmp(line, "IRQ ", 4) == 0) {
			machine->line_raised |= strncmp(line, "IRQ raise", 9) == 0;
			if (or_interrupt && machine->line_raised)
				return false;
			continue;
		}
		if (strncmp(line, "OK", 2) != 0)
			ck_abort_msg("QEMU says: %s", line);
		*value = strtoull(line + 2, NULL, 0);
		return true;
	}
}

static uint64_t command(struct machine *machine, const char *name, uint64_t address, const uint64_t *value)
{
	char line[128];
	uint64_t answer;
	int length;

	if (value != NULL)
		length = snprintf(line, sizeof(line), "%s 0x%" PRIx64 " 0x%" PRIx64 "\n", name, address,
		                  *value);
	else
		length = snprintf(line, sizeof(line), "%s 0x%" PRIx64 "\n", name, address);
	if (write(machine->socket, line, (size_t)length) != length)
		ck_abort_msg("QEMU does not listen");
	take_answer(machine, &answer, false);
	return answer;
}

/* The letter of a width in the protocol's commands. */
static char suffix(uint32_t width)
{
	return width == 1 ? 'b' : width == 2 ? 'w' : 'l';
}

static uint32_t slot_access(struct machine *machine, uint32_t slot, uint32_t offset, uint32_t width,
                            const uint64_t *value)
{
	uint64_t address = 0x80000000u | slot << 11 | (offset & ~3u);
	char name[8];

	command(machine, "outl", CONFIG_ADDRESS, &address);
	snprintf(name, sizeof(name), "%s%c", value ? "out" : "in", suffix(width));
	return (uint32_t)command(machine, name, CONFIG_DATA + (offset & 3), value);
}

static uint32_t config_read(struct device_access *access, uint32_t offset, uint32_t width)
{
	return slot_access((struct machine *)(void *)access, SLOT, offset, width, NULL);
}

static void config_write(struct device_access *access, uint32_t offset, uint32_t width, uint32_t value)
{
	uint64_t wide = value;

	slot_access((struct machine *)(void *)access, SLOT, offset, width, &wide);
}

static enum error bar_map(struct device_access *access, uint32_t bar, uint64_t address, uint64_t size)
{
	const struct machine *machine = (struct machine *)(void *)access;

	return machine->bars[bar] == address && size <= 1 << 20 ? E_OK : E_INVAL;
}

static uint32_t register_read(struct device_access *access, uint32_t bar, uint64_t offset, uint32_t width)
{
	struct machine *machine = (struct machine *)(void *)access;
	char name[8];

	snprintf(name, sizeof(name), "read%c", suffix(width));
	return (uint32_t)command(machine, name, machine->bars[bar] + offset, NULL);
}

static void register_write(struct device_access *access, uint32_t bar, uint64_t offset, uint32_t width,
                           uint32_t value)
{
	struct machine *machine = (struct machine *)(void *)access;
	uint64_t wide = value;
	char name[8];

	snprintf(name, sizeof(name), "write%c", suffix(width));
	command(machine, name, machine->bars[bar] + offset, &wide);
}

static enum error memory_allocate(struct device_access *access, size_t size, void **address,
                                  uint64_t *device_address)
{
	struct machine *machine = (struct machine *)(void *)access;

	if (size > MEMORY_SIZE - machine->next)
		return E_NOMEM;
	*device_address = machine->next;
	*address = machine->memory + machine->next;
	machine->next += size;
	memset(*address, 0, size);
	return E_OK;
}

/* Nothing comes back: a machine lives for one test. */
static void memory_free(struct device_access *access, void *address, size_t size)
{
	(void)access;
	(void)address;
	(void)size;
}

static enum error interrupt_bind(struct device_access *access, uint32_t vector,
                                 struct interrupt_message *message)
{
	struct machine *machine = (struct machine *)(void *)access;

	if (message == NULL)
		return E_OK;
	if (machine->no_messages || vector >= MACHINE_VECTORS)
		return E_INVAL;
	*message = (struct interrupt_message){MESSAGES + 4 * vector, MESSAGE + vector};
	machine->bound |= 1u << vector;
	return E_OK;
}

static void interrupt_acknowledge(struct device_access *access, uint32_t vector)
{
	(void)access;
	(void)vector;
}

static const struct device_access_operations operations = {
	.config_read = config_read,
	.config_write = config_write,
	.bar_map = bar_map,
	.register_read = register_read,
	.register_write = register_write,
	.memory_allocate = memory_allocate,
	.memory_free = memory_free,
	.interrupt_bind = interrupt_bind,
	.interrupt_acknowledge = interrupt_acknowledge,
};

/* What firmware does: an address for each BAR, a route for the interrupt line. */
static void assign(struct machine *machine)
{
	const uint64_t route = 0x01010101u * LINE;

	for (uint32_t bar = 0; bar < 6; bar++) {
		uint32_t offset = PCI_BASE_ADDRESS_0 + 4 * bar;
		uint32_t flags = config_read(&machine->access, offset, 4);

		if (flags & PCI_BASE_ADDRESS_SPACE_IO)
			continue;
		machine->bars[bar] = BAR_FIRST + (bar << 20);
		config_write(&machine->access, offset, 4, (uint32_t)machine->bars[bar]);
		if ((flags & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64) {
			config_write(&machine->access, offset + 4, 4, 0);
			bar++;
		}
	}
	slot_access(machine, BRIDGE_SLOT, BRIDGE_ROUTE, 4, &route);
}

static void intercept(struct machine *machine)
{
	static const char line[] = "irq_intercept_in ioapic\n";
	uint64_t answer;

	if (write(machine->socket, line, sizeof(line) - 1) != (ssize_t)sizeof(line) - 1)
		ck_abort_msg("QEMU does not listen");
	take_answer(machine, &answer, false);
}

/* A firmware that does nothing: at the reset vector, 16 bytes before its end, cli, hlt, and hlt again. */
static int make_firmware(void)
{
	static const uint8_t halt[] = {0xfa, 0xf4, 0xeb, 0xfd};
	int firmware = memfd_create("drydock-firmware", 0);

	if (firmware < 0 || ftruncate(firmware, 65536) != 0 ||
	    pwrite(firmware, halt, sizeof(halt), 65536 - 16) != sizeof(halt))
		_exit(126);
	return firmware;
}

static void become_qemu(const char *path, const char *const *arguments, int socket, int memory)
{
	char backend[128], size[32], firmware[64];
	const char *line[64] = {path,         "-nodefaults",
	                        "-display",   "none",
	                        "-accel",     "tcg",
	                        "-bios",      firmware,
	                        "-qtest",     "stdio",
	                        "-qtest-log", "none",
	                        "-machine",   "pc,memory-backend=ram",
	                        "-object",    backend,
	                        "-m",         size};
	size_t count = 18;

	snprintf(firmware, sizeof(firmware), "/proc/self/fd/%d", make_firmware());
	snprintf(backend, sizeof(backend),
	         "memory-backend-file,id=ram,share=on,size=%llu,mem-path=/proc/self/fd/%d", MEMORY_SIZE,
	         memory);
	snprintf(size, sizeof(size), "%lluM", MEMORY_SIZE >> 20);
	while (*arguments != NULL && count < 63)
		line[count++] = *arguments++;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(socket, STDIN_FILENO);
	dup2(socket, STDOUT_FILENO);
	execv(path, (char *const *)(uintptr_t)line);
	_exit(127);
}

void machine_start(struct machine *machine, const char *path, const char *const *arguments)
{
	int memory = memfd_create("drydock-machine", 0);
	int sockets[2];

	*machine = (struct machine){.access = {&operations}, .next = MEMORY_FIRST};
	ck_assert(memory >= 0 && ftruncate(memory, MEMORY_SIZE) == 0);
	machine->memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	ck_assert(machine->memory != MAP_FAILED);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	machine->qemu = fork();
	ck_assert_int_ge(machine->qemu, 0);
	if (machine->qemu == 0)
		become_qemu(path, arguments, sockets[1], memory);
	close(sockets[1]);
	close(memory);
	machine->socket = sockets[0];
	intercept(machine);
	assign(machine);
}

void machine_stop(struct machine *machine)
{
	kill(machine->qemu, SIGKILL);
	waitpid(machine->qemu, NULL, 0);
	close(machine->socket);
	munmap(machine->memory, MEMORY_SIZE);
}

/* Messages lie in memory. Each look is a command, between which QEMU does its work. */
static uint32_t take_messages(struct machine *machine)
{
	uint32_t came = 0;

	for (uint32_t vector = 0; vector < MACHINE_VECTORS; vector++) {
		uint32_t *word = (uint32_t *)(void *)(machine->memory + MESSAGES + 4 * vector);
		uint32_t message = __atomic_exchange_n(word, 0, __ATOMIC_ACQ_REL);

		if (message == 0)
			continue;
		ck_assert_uint_eq(message, MESSAGE + vector);
		came |= 1u << vector;
	}
	return came;
}

uint8_t machine_port_read(struct machine *machine, uint16_t port)
{
	return (uint8_t)command(machine, "inb", port, NULL);
}

void machine_port_write(struct machine *machine, uint16_t port, uint8_t value)
{
	uint64_t wide = value;

	command(machine, "outb", port, &wide);
}

void machine_await_line(struct machine *machine)
{
	uint64_t ignored;

	while (!machine->line_raised)
		take_answer(machine, &ignored, true);
	machine->line_raised = false;
}

void machine_interrupt(struct machine *machine, struct device *device)
{
	uint32_t came = 0;

	if (machine->bound == 0) {
		machine_await_line(machine);
		device_interrupt(device, 0);
		return;
	}
	while ((came = take_messages(machine)) == 0)
		command(machine, "readl", MESSAGES, NULL);
	for (uint32_t vector = 0; vector < MACHINE_VECTORS; vector++) {
		if (came & 1u << vector)
			device_interrupt(device, vector);
	}
}

void machine_settle(struct machine *machine, struct device *device, const uint64_t *count, uint64_t wanted)
{
	device_kick(device);
	for (;;) {
		while (device_poll(device))
			;
		if (*count >= wanted)
			return;
		if (device_arm(device))
			machine_interrupt(machine, device);
	}
}

/*
 * The serial port's driver against a model of a 16550, written from the data
 * sheet: what it is not to do fails at once. The model's interrupt is an edge,
 * as on the ISA bus: one that is missed never comes again.
 */
#include "../unit.h"

#include <string.h>

#include "drivers/serial.h"

#include "../dev/memory_device.h"

/* Registers and their bits (PC16550D data sheet, table II). */
enum { DATA, INTERRUPT_ENABLE, FIFO_CONTROL, LINE_CONTROL, MODEM_CONTROL, LINE_STATUS };

#define FIFO      16u
#define PLENTY    (4u * SERIAL_RING_SIZE)
#define ALMOST    (UINT32_MAX - 100) /* a ring's index here soon passes its end */
#define ACCESSES  64u                /* of one interrupt, at most: two FIFOs and a few more */

struct port {
	struct serial_access access;
	uint8_t enabled, line_control, modem_control, fifo_control;
	uint16_t divisor;
	uint8_t input[FIFO];
	uint32_t input_count;
	bool overrun;
	uint8_t output[FIFO];
	uint32_t output_count;
	bool empty_event;      /* an interrupt for the empty transmitter is due */
	bool up, edge;         /* the line; it rose, and nobody has been told */
	uint32_t coming;       /* a byte arrives whenever one is taken, so many times */
	uint8_t wire[PLENTY];  /* what was sent */
	uint32_t sent, came;   /* bytes: on the wire, and from it, those that were lost among them */
	uint32_t accesses;
};

static struct port port;
static struct serial serial;
static uint8_t text[PLENTY];

static void set_line(void)
{
	bool up = (port.modem_control & 0x08) != 0 && (((port.enabled & 1) != 0 && port.input_count > 0) ||
	                                               ((port.enabled & 2) != 0 && port.empty_event));

	port.edge |= up && !port.up;
	port.up = up;
}

/* The next byte comes in: numbers, so that one that is missing or doubled is seen. */
static void arrive(void)
{
	uint8_t byte = (uint8_t)(port.came++ % 251);

	if (port.input_count == FIFO)
		port.overrun = true;
	else
		port.input[port.input_count++] = byte;
	set_line();
}

/* The transmitter has had the time for a byte. */
static void send(void)
{
	if (port.output_count == 0)
		return;
	if (port.sent == PLENTY)
		ck_abort_msg("more is sent than there was");
	port.wire[port.sent++] = port.output[0];
	memmove(port.output, port.output + 1, --port.output_count);
	port.empty_event |= port.output_count == 0;
	set_line();
}

static uint8_t take(void)
{
	uint8_t byte = port.input[0];

	if (port.input_count == 0)
		ck_abort_msg("a byte is taken where there is none");
	memmove(port.input, port.input + 1, --port.input_count);
	set_line();
	if (port.coming > 0) {
		port.coming--;
		arrive();
	}
	return byte;
}

static uint8_t model_read(struct serial_access *access, uint32_t number)
{
	uint8_t status;

	if (access != &port.access || (port.line_control & 0x80) != 0 || (number != DATA && number != LINE_STATUS))
		ck_abort_msg("register %u is read", number);
	port.accesses++;
	if (number == DATA)
		return take();
	status = (uint8_t)((port.input_count > 0) | port.overrun << 1 | (port.output_count == 0 ? 0x60 : 0));
	port.overrun = false;
	/* Whoever looks until it is empty waits for that. */
	send();
	return status;
}

static void model_write(struct serial_access *access, uint32_t number, uint8_t value)
{
	bool divisor = (port.line_control & 0x80) != 0;

	if (access != &port.access)
		ck_abort_msg("it is another port");
	port.accesses++;
	switch (number) {
	case DATA:
		if (divisor) {
			port.divisor = (uint16_t)((port.divisor & 0xff00) | value);
			return;
		}
		if (port.output_count == FIFO)
			ck_abort_msg("a byte more than the transmitter has room for");
		port.output[port.output_count++] = value;
		port.empty_event = false;
		break;
	case INTERRUPT_ENABLE:
		if (divisor) {
			port.divisor = (uint16_t)((port.divisor & 0xff) | value << 8);
			return;
		}
		port.empty_event |= (value & ~port.enabled & 2) != 0 && port.output_count == 0;
		port.enabled = value;
		break;
	case FIFO_CONTROL: port.fifo_control = value; break;
	case LINE_CONTROL: port.line_control = value; break;
	case MODEM_CONTROL: port.modem_control = value; break;
	default: ck_abort_msg("register %u is written", number);
	}
	set_line();
}

/* A port in no particular state, and a driver whose rings stand at `index`. */
static void start(uint32_t index)
{
	memset(&port, 0, sizeof(port));
	port.access = (struct serial_access){model_read, model_write};
	port.enabled = 0x0f;
	port.divisor = 0xffff;
	memset(&serial, 0xff, sizeof(serial));
	serial_initialize(&serial, &port.access);
	serial.head = serial.tail = serial.input_head = serial.input_tail = index;
	for (uint32_t at = 0; at < PLENTY; at++)
		text[at] = (uint8_t)(at * 7 + at / 256);
}

/* Tells the driver of the interrupt that is due, if one is. True where something came in. */
static bool serve(void)
{
	bool received;

	if (!port.edge)
		return false;
	port.edge = false;
	port.accesses = 0;
	received = serial_interrupt(&serial);
	if (port.accesses > ACCESSES)
		ck_abort_msg("%u accesses in one interrupt", port.accesses);
	if (port.up && !port.edge)
		ck_abort_msg("the line stays up: no interrupt will come again");
	return received;
}

static void settle(void)
{
	do {
		while (port.edge)
			serve();
		send();
	} while (port.edge || port.output_count > 0);
}

static void check_sent(uint32_t count)
{
	ck_assert_uint_eq(port.sent, count);
	ck_assert_mem_eq(port.wire, text, count);
}

/* Takes up to `size` bytes, which are those that came from number `from` on; returns how many. */
static uint32_t check_read(uint32_t from, uint32_t size)
{
	static uint8_t bytes[PLENTY];
	uint32_t count = (uint32_t)serial_read(&serial, bytes, size);

	ck_assert_uint_le(count, size);
	for (uint32_t at = 0; at < count; at++) {
		if (bytes[at] != (from + at) % 251)
			ck_abort_msg("byte %u is %u", from + at, bytes[at]);
	}
	return count;
}

START_TEST(sets_the_port_up)
{
	start(0);
	ck_assert_uint_eq(port.divisor, 1);
	ck_assert_uint_eq(port.line_control, 0x03);
	ck_assert_uint_eq(port.fifo_control & 0xc1, 0x01);
	ck_assert_uint_eq(port.modem_control & 0x18, 0x08);
	ck_assert_uint_eq(port.enabled, 0);
	arrive();
	ck_assert(!port.up);
	ck_assert_uint_eq(port.sent + port.output_count, 0);
}
END_TEST

START_TEST(waits_without_interrupts)
{
	start(ALMOST);
	serial_write(&serial, text, PLENTY - FIFO);
	ck_assert_uint_eq(port.sent + port.output_count, PLENTY - FIFO);
	ck_assert_uint_eq(port.enabled, 0);
	settle();
	check_sent(PLENTY - FIFO);
}
END_TEST

START_TEST(keeps_what_does_not_fit)
{
	start(ALMOST);
	serial_use_interrupts(&serial);
	port.accesses = 0;
	serial_write(&serial, text, SERIAL_RING_SIZE);
	ck_assert_msg(port.accesses == 1, "it waits, or begins without being told that the port is empty");
	/* Of one more, a FIFO's worth is waited for. */
	serial_write(&serial, text + SERIAL_RING_SIZE, 1);
	ck_assert_uint_eq(port.output_count, FIFO);
	settle();
	check_sent(SERIAL_RING_SIZE + 1);
	ck_assert_msg((port.enabled & 2) == 0, "it wants to be told of an empty port, and has nothing to send");
	/* And begins anew. */
	serial_write(&serial, text + SERIAL_RING_SIZE + 1, 100);
	settle();
	check_sent(SERIAL_RING_SIZE + 101);
}
END_TEST

START_TEST(receives)
{
	start(ALMOST);
	serial_use_interrupts(&serial);
	for (uint32_t number = 0; number < 1000; number++) {
		arrive();
		ck_assert(serve());
		ck_assert_uint_eq(check_read(number, 10), 1);
	}
	ck_assert_uint_eq(check_read(0, 10), 0);
	ck_assert_uint_eq(serial_take_dropped(&serial), 0);
}
END_TEST

/* Bytes come as fast as they are taken: none is missed, and others get their turn. */
START_TEST(receives_without_end)
{
	uint32_t turns = 0;

	start(ALMOST);
	serial_use_interrupts(&serial);
	port.coming = 2000;
	arrive();
	while (port.edge) {
		ck_assert(serve());
		turns++;
	}
	ck_assert_uint_ge(turns, 2000 / FIFO);
	ck_assert_uint_eq(check_read(0, PLENTY), 2001);
	ck_assert_uint_eq(serial_take_dropped(&serial), 0);
}
END_TEST

START_TEST(counts_what_is_lost)
{
	start(ALMOST);
	serial_use_interrupts(&serial);
	for (uint32_t number = 0; number < SERIAL_RING_SIZE + 5; number++) {
		arrive();
		ck_assert(serve());
	}
	ck_assert_uint_eq(serial_take_dropped(&serial), 5);
	ck_assert_uint_eq(serial_take_dropped(&serial), 0);
	ck_assert_uint_eq(check_read(0, 100), 100);
	/* There is room again. What follows are numbers after those that were lost. */
	arrive();
	ck_assert(serve());
	ck_assert_uint_eq(serial_take_dropped(&serial), 0);
	ck_assert_uint_eq(check_read(100, SERIAL_RING_SIZE - 100), SERIAL_RING_SIZE - 100);
	ck_assert_uint_eq(check_read(SERIAL_RING_SIZE + 5, 10), 1);
	/* Nobody served: the port loses some, and says that, not how many. */
	for (uint32_t number = 0; number < FIFO + 3; number++)
		arrive();
	ck_assert(serve());
	ck_assert_uint_eq(check_read(SERIAL_RING_SIZE + 6, 100), FIFO);
	ck_assert_uint_eq(serial_take_dropped(&serial), 1);
}
END_TEST

START_TEST(stops)
{
	start(ALMOST);
	serial_use_interrupts(&serial);
	serial_write(&serial, text, 1000);
	send();
	serial_stop_interrupts(&serial);
	ck_assert_uint_eq(port.enabled, 0);
	ck_assert_uint_eq(port.sent + port.output_count, 1000);
	serial_write(&serial, text + 1000, 50);
	ck_assert_uint_eq(port.sent + port.output_count, 1050);
	settle();
	check_sent(1050);
}
END_TEST

/* Everything at once, in any order. */
START_TEST(goes_on_in_any_order)
{
	uint64_t random = 1;

	for (uint32_t round = 0; round < 100; round++) {
		uint32_t written = 0, read = 0;

		start(ALMOST + round);
		serial_use_interrupts(&serial);
		while (written < PLENTY - 300) {
			uint32_t count = (uint32_t)(memory_random(&random) >> 40) % 300;

			switch (memory_random(&random) >> 61) {
			case 0:
			case 1:
				serial_write(&serial, text + written, count);
				written += count;
				break;
			case 2: read += check_read(read, count); break;
			case 3: port.coming += count % FIFO; break;
			case 4:
				if (port.input_count == 0)
					arrive();
				break;
			case 5: serve(); break;
			default:
				while (count-- > 0)
					send();
			}
			/* More than the ring would be lost. */
			if (port.came - read > SERIAL_RING_SIZE - FIFO)
				read += check_read(read, PLENTY);
		}
		settle();
		check_sent(written);
		read += check_read(read, PLENTY);
		ck_assert_uint_eq(read, port.came);
		ck_assert_uint_eq(serial_take_dropped(&serial), 0);
	}
}
END_TEST

UNIT_RUN("serial", sets_the_port_up, waits_without_interrupts, keeps_what_does_not_fit, receives,
         receives_without_end, counts_what_is_lost, stops, goes_on_in_any_order)

/* Time (device/clock.h). */
#include "arch/x86_64/device/clock.h"

#include <stdbool.h>

#include "arch/x86_64/device/apic.h"
#include "arch/x86_64/instructions.h"

#define NANOSECONDS 1000000000ull

/* Counter 2 of the 8254 (Intel 8254 data sheet), whose gate and output are in port 0x61. */
#define COUNTER_HERTZ   1193182ull
#define COUNTER_DATA    0x42
#define COUNTER_MODE    0x43
#define COUNTER_SETUP   0xb0 /* counter 2, low then high byte, mode 0, binary */
#define COUNTER_CONTROL 0x61
#define CONTROL_GATE    0x01
#define CONTROL_SPEAKER 0x02
#define CONTROL_OUTPUT  0x20

#define MEASURE_COUNT 11932ull /* 10 ms */
#define MEASURES      3

/* The real-time clock (Motorola MC146818A data sheet). */
#define RTC_INDEX         0x70
#define RTC_DATA          0x71
#define RTC_SECONDS       0
#define RTC_MINUTES       2
#define RTC_HOURS         4
#define RTC_DAY           7
#define RTC_MONTH         8
#define RTC_YEAR          9
#define RTC_STATUS_A      10
#define RTC_STATUS_B      11
#define RTC_UPDATING      0x80
#define RTC_BINARY        0x04
#define RTC_24_HOURS      0x02
#define RTC_READS_MAXIMUM 100000

static struct {
	struct clock_page page;
	uint64_t timer_ticks; /* of the APIC's timer, in a nanosecond, times 2^32 */
} clock;

/* Lets the 8254 count MEASURE_COUNT, and counts how far the others get meanwhile. */
static void measure(uint64_t *cycles, uint64_t *ticks)
{
	uint8_t control = (uint8_t)(port_read8(COUNTER_CONTROL) & ~(CONTROL_SPEAKER | CONTROL_GATE));
	uint64_t start;

	port_write8(COUNTER_CONTROL, control);
	port_write8(COUNTER_MODE, COUNTER_SETUP);
	port_write8(COUNTER_DATA, MEASURE_COUNT & 0xff);
	port_write8(COUNTER_DATA, MEASURE_COUNT >> 8);
	apic_timer_set(UINT32_MAX);
	start = tsc_read();
	port_write8(COUNTER_CONTROL, control | CONTROL_GATE);
	while ((port_read8(COUNTER_CONTROL) & CONTROL_OUTPUT) == 0)
		;
	*cycles = tsc_read() - start;
	*ticks = UINT32_MAX - apic_timer_left();
	apic_timer_set(0);
	port_write8(COUNTER_CONTROL, control);
}

static uint8_t rtc_read(uint8_t number)
{
	port_write8(RTC_INDEX, number);
	return port_read8(RTC_DATA);
}

static unsigned from_bcd(unsigned value, bool binary)
{
	return binary ? value : (value >> 4) * 10 + (value & 15);
}

/* Days from 1970-01-01 to a day of the Gregorian calendar after it. */
static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
	static const uint16_t before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	unsigned past = year - 1;
	uint64_t days = (year - 1970) * 365ull + (past / 4 - past / 100 + past / 400) -
	                (1969 / 4 - 1969 / 100 + 1969 / 400);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days + before[month - 1] + (leap && month > 2) + day - 1;
}

/* Nanoseconds since 1970; 0 where the clock says nothing sensible. It is taken to show UTC. */
static uint64_t rtc_time(void)
{
	bool binary = (rtc_read(RTC_STATUS_B) & RTC_BINARY) != 0;
	unsigned second, minute, hour, day, month, year, reads = 0;

	do {
		while ((rtc_read(RTC_STATUS_A) & RTC_UPDATING) != 0 && reads++ < RTC_READS_MAXIMUM)
			;
		second = rtc_read(RTC_SECONDS);
		minute = from_bcd(rtc_read(RTC_MINUTES), binary);
		hour = from_bcd(rtc_read(RTC_HOURS), binary);
		day = from_bcd(rtc_read(RTC_DAY), binary);
		month = from_bcd(rtc_read(RTC_MONTH), binary);
		year = 2000 + from_bcd(rtc_read(RTC_YEAR), binary);
	} while (second != rtc_read(RTC_SECONDS) && reads++ < RTC_READS_MAXIMUM);
	second = from_bcd(second, binary);
	if ((rtc_read(RTC_STATUS_B) & RTC_24_HOURS) == 0 || second > 59 || minute > 59 || hour > 23 || day < 1 ||
	    day > 31 || month < 1 || month > 12)
		return 0;
	return (((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * NANOSECONDS;
}

/* a / b, times 2^32; a is below 2^32. */
static uint64_t ratio(uint64_t a, uint64_t b)
{
	return (a << 32) / b;
}

void clock_initialize(uint64_t start)
{
	uint64_t nanoseconds = MEASURE_COUNT * NANOSECONDS / COUNTER_HERTZ;
	uint64_t cycles = UINT64_MAX, ticks = UINT64_MAX;

	/* What disturbs a measure makes it longer: the shortest is the best. */
	for (int i = 0; i < MEASURES; i++) {
		uint64_t some_cycles, some_ticks;

		measure(&some_cycles, &some_ticks);
		cycles = some_cycles < cycles ? some_cycles : cycles;
		ticks = some_ticks < ticks ? some_ticks : ticks;
	}
	clock.page.multiplier = ratio(nanoseconds, cycles);
	clock.timer_ticks = ratio(ticks, nanoseconds);
	clock.page.base = start;
	clock.page.wall = rtc_time() - clock_time();
}

uint64_t clock_time(void)
{
	return (uint64_t)((unsigned __int128)(tsc_read() - clock.page.base) * clock.page.multiplier >> 32);
}

struct clock_page clock_describe(void)
{
	return clock.page;
}

void clock_interrupt_at(uint64_t deadline)
{
	uint64_t now = clock_time(), delay, ticks;

	if (deadline == UINT64_MAX) {
		apic_timer_set(0);
		return;
	}
	delay = deadline > now ? deadline - now : 0;
	ticks = (uint64_t)((unsigned __int128)delay * clock.timer_ticks >> 32) + 1;
	apic_timer_set(ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX);
}

/* The APICs (device/apic.h). */
#include "arch/x86_64/device/apic.h"

#include "arch/x86_64/instructions.h"
#include "arch/x86_64/memory/paging.h"
#include "arch/x86_64/panic.h"

#define LOCAL_APIC 0xfee00000ull /* after reset, and always here */
#define IO_APIC    0xfec00000ull

#define MSR_APIC_BASE     0x1bu
#define APIC_BASE_ENABLE  0x800u
#define APIC_BASE_ADDRESS 0x000ffffffffff000ull

/* Registers of the local APIC (SDM vol. 3A, table 10-1). */
#define REGISTER_ID            0x020u
#define REGISTER_PRIORITY      0x080u
#define REGISTER_END           0x0b0u
#define REGISTER_SPURIOUS      0x0f0u
#define REGISTER_TIMER         0x320u
#define REGISTER_LINE0         0x350u
#define REGISTER_LINE1         0x360u
#define REGISTER_TIMER_INITIAL 0x380u
#define REGISTER_TIMER_CURRENT 0x390u
#define REGISTER_TIMER_DIVIDE  0x3e0u

#define SPURIOUS_ENABLE 0x100u
#define ENTRY_MASKED    0x10000u
#define ENTRY_LEVEL     0x8000u
#define ENTRY_NMI       0x400u
#define DIVIDE_BY_16    0x3u

/* Registers of the I/O APIC (82093AA, 3.2). */
#define IO_SELECT      0x00u
#define IO_WINDOW      0x10u
#define IO_VERSION     1u
#define IO_REDIRECTION 0x10u
#define IO_LINES_SHIFT 16u

#define FEATURE_APIC (1u << 9) /* CPUID 1, EDX */

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK  0xa1

static uint32_t local_read(uint32_t number)
{
	return *(volatile uint32_t *)direct_view(LOCAL_APIC + number);
}

static void local_write(uint32_t number, uint32_t value)
{
	*(volatile uint32_t *)direct_view(LOCAL_APIC + number) = value;
}

static uint32_t io_read(uint32_t number)
{
	*(volatile uint32_t *)direct_view(IO_APIC + IO_SELECT) = number;
	return *(volatile uint32_t *)direct_view(IO_APIC + IO_WINDOW);
}

static void io_write(uint32_t number, uint32_t value)
{
	*(volatile uint32_t *)direct_view(IO_APIC + IO_SELECT) = number;
	*(volatile uint32_t *)direct_view(IO_APIC + IO_WINDOW) = value;
}

static unsigned io_lines(void)
{
	return (io_read(IO_VERSION) >> IO_LINES_SHIFT & 0xff) + 1;
}

void apic_initialize(void)
{
	uint64_t base = msr_read(MSR_APIC_BASE);

	if ((cpuid_read(1, 0).d & FEATURE_APIC) == 0 || (base & APIC_BASE_ADDRESS) != LOCAL_APIC)
		stop("this processor has no local APIC at 0x%llx", (unsigned long long)LOCAL_APIC);
	if (io_lines() < 16)
		stop("there is no I/O APIC at 0x%llx", (unsigned long long)IO_APIC);
	port_write8(PIC_MASTER_MASK, 0xff);
	port_write8(PIC_SLAVE_MASK, 0xff);
	for (unsigned line = 0; line < io_lines(); line++)
		io_write(IO_REDIRECTION + 2 * line, ENTRY_MASKED);
	msr_write(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	local_write(REGISTER_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	local_write(REGISTER_PRIORITY, 0);
	local_write(REGISTER_LINE0, ENTRY_MASKED);
	local_write(REGISTER_LINE1, ENTRY_NMI);
	local_write(REGISTER_TIMER_DIVIDE, DIVIDE_BY_16);
	local_write(REGISTER_TIMER, VECTOR_TIMER);
}

void apic_route(unsigned line, unsigned vector)
{
	/* Edge, active high, physical, to this processor. */
	io_write(IO_REDIRECTION + 2 * line + 1, local_read(REGISTER_ID));
	io_write(IO_REDIRECTION + 2 * line, vector);
}

bool apic_route_level(unsigned line, unsigned vector)
{
	if (line >= io_lines())
		return false;
	/* Active high, as the lines of the emulated chip sets are; ACPI, which says so, is not read. */
	io_write(IO_REDIRECTION + 2 * line + 1, local_read(REGISTER_ID));
	io_write(IO_REDIRECTION + 2 * line, ENTRY_MASKED | ENTRY_LEVEL | vector);
	return true;
}

void apic_mask(unsigned line)
{
	io_write(IO_REDIRECTION + 2 * line, io_read(IO_REDIRECTION + 2 * line) | ENTRY_MASKED);
}

void apic_unmask(unsigned line)
{
	io_write(IO_REDIRECTION + 2 * line, io_read(IO_REDIRECTION + 2 * line) & ~ENTRY_MASKED);
}

uint64_t apic_message_address(void)
{
	/* The identity lies in the same eight bits of both, 24 up and 12 up. */
	return LOCAL_APIC | (uint64_t)(local_read(REGISTER_ID) >> 24) << 12;
}

void apic_timer_set(uint32_t ticks)
{
	local_write(REGISTER_TIMER_INITIAL, ticks);
}

uint32_t apic_timer_left(void)
{
	return local_read(REGISTER_TIMER_CURRENT);
}

void apic_end_of_interrupt(void)
{
	local_write(REGISTER_END, 0);
}

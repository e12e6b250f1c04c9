/* Instructions that C has no words for (Intel SDM vol. 2). */
#ifndef DRYDOCK_ARCH_INSTRUCTIONS_H
#define DRYDOCK_ARCH_INSTRUCTIONS_H

#include <stdbool.h>
#include <stdint.h>

static inline uint8_t port_read8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void port_write8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void port_write16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t port_read32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void port_write32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint64_t msr_read(uint32_t number)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
	return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t number, uint64_t value)
{
	__asm__ volatile("wrmsr"
	                 :
	                 : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
	                 : "memory");
}

struct cpuid {
	uint32_t a, b, c, d;
};

/* All zero where the processor does not know the leaf. */
static inline struct cpuid cpuid_read(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid result;

	__asm__("cpuid"
	        : "=a"(result.a), "=b"(result.b), "=c"(result.c), "=d"(result.d)
	        : "a"(leaf & 0x80000000u), "c"(0));
	if (result.a < leaf)
		return (struct cpuid){0};
	__asm__("cpuid"
	        : "=a"(result.a), "=b"(result.b), "=c"(result.c), "=d"(result.d)
	        : "a"(leaf), "c"(subleaf));
	return result;
}

/*
 * A number of the processor's generator (where CPUID says that it has one); false where it has
 * none to give. Intel SDM vol. 1, 7.3.17.1: ten tries in a row fail only where it is broken.
 */
static inline bool random_read(uint64_t *number)
{
	bool good = false;

	for (int i = 0; i < 10 && !good; i++)
		__asm__ volatile("rdrand %0" : "=r"(*number), "=@ccc"(good));
	return good;
}

/* Cycles since the processor was reset. */
static inline uint64_t tsc_read(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline uint64_t cr2_read(void)
{
	uint64_t value;

	__asm__ volatile("movq %%cr2, %0" : "=r"(value));
	return value;
}

static inline uint64_t cr3_read(void)
{
	uint64_t value;

	__asm__ volatile("movq %%cr3, %0" : "=r"(value) : : "memory");
	return value;
}

static inline void cr3_write(uint64_t value)
{
	__asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint64_t cr4_read(void)
{
	uint64_t value;

	__asm__ volatile("movq %%cr4, %0" : "=r"(value));
	return value;
}

static inline void cr4_write(uint64_t value)
{
	__asm__ volatile("movq %0, %%cr4" : : "r"(value) : "memory");
}

/* Forgets the translation of one page. */
static inline void tlb_forget(uint64_t address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/*
 * Sleeps until an interrupt has been served. Between sti and hlt none comes in
 * (SDM vol. 2B, STI), so one that is due already is not slept through.
 */
static inline void processor_idle(void)
{
	__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}

/* For ever. */
_Noreturn static inline void processor_halt(void)
{
	for (;;)
		__asm__ volatile("cli\n\thlt" : : : "memory");
}

#endif

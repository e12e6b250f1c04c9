/* Segments, task state, vectors, the syscall instruction (trap/processor.h). */
#include "arch/x86_64/trap/processor.h"

#include <drydock/string.h>

#include "arch/x86_64/instructions.h"

/* Descriptors (Intel SDM vol. 3A, 3.4.5): base 0, no limit in 64-bit mode. */
#define SEGMENT_KERNEL_CODE 0x00af9b000000ffffull
#define SEGMENT_KERNEL_DATA 0x00cf93000000ffffull
#define SEGMENT_USER_DATA   0x00cff3000000ffffull
#define SEGMENT_USER_CODE   0x00affb000000ffffull
#define SEGMENT_TASK        0x0000890000000000ull /* available 64-bit TSS (7.2.3) */

/* Gates (6.14.1): present, interrupt gate. */
#define GATE_KERNEL 0x8e
#define GATE_USER   0xee

#define VECTOR_COUNT         256
#define VECTOR_NMI           2
#define VECTOR_BREAKPOINT    3
#define VECTOR_DOUBLE_FAULT  8
#define VECTOR_MACHINE_CHECK 18

#define MSR_EFER           0xc0000080u
#define MSR_STAR           0xc0000081u
#define MSR_LSTAR          0xc0000082u
#define MSR_FMASK          0xc0000084u
#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u

/* TF, IF, DF, IOPL, NT, RF, AC: what a process has set of these must not hold in the kernel. */
#define FLAGS_CLEARED 0x57700u

#define CR4_MACHINE_CHECK     0x40u
#define CR4_GLOBAL            0x80u
#define CR4_FXSR              0x200u
#define CR4_EXCEPTIONS        0x400u
#define CR4_UMIP              0x800u
#define CR4_SMEP              0x100000u
#define CR4_SMAP              0x200000u
#define LEAF_BASIC            1u
#define FEATURE_MACHINE_CHECK (1u << 7) /* EDX */
#define LEAF_FEATURES         7u
#define FEATURE_SMEP          (1u << 7)  /* EBX */
#define FEATURE_SMAP          (1u << 20) /* EBX */
#define FEATURE_UMIP          (1u << 2)  /* ECX */
#define MXCSR_DEFAULT         0x1f80u    /* all exceptions masked */
#define CONTROL_DEFAULT       0x037fu    /* the same of the x87 */

/* 64-bit gate descriptor. */
struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t stack; /* 1 to 7: an interrupt stack */
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

extern const char vector_stubs[], syscall_entry[];
extern const char nmi_stack_end[], double_fault_stack_end[], machine_check_stack_end[];

/* Every processor has the same. */
static struct gate gates[VECTOR_COUNT];

static void set_gate(unsigned vector, uint8_t stack, uint8_t type)
{
	uint64_t address = (uintptr_t)vector_stubs + vector * 16;

	gates[vector] = (struct gate){
		.offset_low = (uint16_t)address,
		.selector = SELECTOR_KERNEL_CODE,
		.stack = stack,
		.type = type,
		.offset_middle = (uint16_t)(address >> 16),
		.offset_high = (uint32_t)(address >> 32),
	};
}

static void set_stack(uint32_t stack[2], const void *end)
{
	stack[0] = (uint32_t)(uintptr_t)end;
	stack[1] = (uint32_t)((uintptr_t)end >> 32);
}

static void load_segments(struct processor *processor)
{
	uint64_t base = (uintptr_t)&processor->task_state;
	struct table_pointer pointer = {sizeof(processor->segments) - 1, (uintptr_t)processor->segments};

	processor->segments[SELECTOR_KERNEL_CODE / 8] = SEGMENT_KERNEL_CODE;
	processor->segments[SELECTOR_KERNEL_DATA / 8] = SEGMENT_KERNEL_DATA;
	processor->segments[SELECTOR_USER_DATA / 8] = SEGMENT_USER_DATA;
	processor->segments[SELECTOR_USER_CODE / 8] = SEGMENT_USER_CODE;
	processor->segments[SELECTOR_TASK / 8] = SEGMENT_TASK | (sizeof(struct task_state) - 1) |
	                                         (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
	processor->segments[SELECTOR_TASK / 8 + 1] = base >> 32;
	processor->task_state.io_map = sizeof(struct task_state);
	set_stack(processor->task_state.interrupt_stacks[0], nmi_stack_end);
	set_stack(processor->task_state.interrupt_stacks[1], double_fault_stack_end);
	set_stack(processor->task_state.interrupt_stacks[2], machine_check_stack_end);
	/* The selectors of the loader's stand-in are the same ones. */
	__asm__ volatile("lgdt %0\n\tltr %1" : : "m"(pointer), "r"((uint16_t)SELECTOR_TASK) : "memory");
}

static void load_vectors(void)
{
	struct table_pointer pointer = {sizeof(gates) - 1, (uintptr_t)gates};

	for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
		set_gate(vector, 0, GATE_KERNEL);
	set_gate(VECTOR_NMI, 1, GATE_KERNEL);
	set_gate(VECTOR_DOUBLE_FAULT, 2, GATE_KERNEL);
	set_gate(VECTOR_MACHINE_CHECK, 3, GATE_KERNEL);
	/* The one-byte breakpoint instruction is a process's to execute; other `int`s are protection faults. */
	set_gate(VECTOR_BREAKPOINT, 0, GATE_USER);
	__asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

void processor_initialize(struct processor *processor)
{
	load_segments(processor);
	load_vectors();
	cr4_write(cr4_read() | CR4_FXSR | CR4_EXCEPTIONS);
	/* AMD APM vol. 2, 6.1.1: SYSCALL loads CS from bits 47:32, SYSRET from 63:48. */
	msr_write(MSR_STAR, (uint64_t)SELECTOR_SYSRET_BASE << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
	msr_write(MSR_LSTAR, (uintptr_t)syscall_entry);
	msr_write(MSR_FMASK, FLAGS_CLEARED);
	/* Processes cannot change a base: CR4.FSGSBASE stays off. */
	msr_write(MSR_GS_BASE, 0);
	msr_write(MSR_KERNEL_GS_BASE, (uintptr_t)processor);
}

void processor_protect(void)
{
	struct cpuid features = cpuid_read(LEAF_FEATURES, 0);
	uint64_t cr4 = cr4_read() | CR4_GLOBAL;

	/* Else a machine check would be a reset without a word. */
	if (cpuid_read(LEAF_BASIC, 0).d & FEATURE_MACHINE_CHECK)
		cr4 |= CR4_MACHINE_CHECK;
	if (features.b & FEATURE_SMEP)
		cr4 |= CR4_SMEP;
	/* The kernel reaches a process's memory through the direct map alone, so nothing ever lifts it. */
	if (features.b & FEATURE_SMAP)
		cr4 |= CR4_SMAP;
	if (features.c & FEATURE_UMIP)
		cr4 |= CR4_UMIP;
	cr4_write(cr4);
}

void processor_set_context(struct processor *processor, struct context *context)
{
	processor->context_end = (uintptr_t)(context + 1);
	set_stack(processor->task_state.stacks[0], context + 1);
}

void processor_save_vectors(void *state)
{
	__asm__ volatile("fxsave64 (%0)" : : "r"(state) : "memory");
}

void processor_load_vectors(const void *state)
{
	/* Selectors that one process has loaded are not the next one's to see. */
	__asm__ volatile("movl %1, %%ds\n\tmovl %1, %%es\n\tmovl %1, %%fs\n\tmovl %1, %%gs\n\t"
	                 "fxrstor64 (%0)"
	                 :
	                 : "r"(state), "r"(0)
	                 : "memory");
}

void processor_clean_vectors(void *state)
{
	/* Intel SDM vol. 1, 10.5.1: FCW is at 0, MXCSR at 24. */
	static const uint16_t control = CONTROL_DEFAULT;
	static const uint32_t mxcsr = MXCSR_DEFAULT;

	memset(state, 0, 512);
	memcpy(state, &control, sizeof(control));
	memcpy((uint8_t *)state + 24, &mxcsr, sizeof(mxcsr));
}

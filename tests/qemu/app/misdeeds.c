/* What no process may do, and what it may but the kernel must bear. */
#include "app.h"

#include <drydock/os.h>

/* Names of the numbers of exceptions (Intel SDM vol. 3A, table 6-1). */
enum { DIVIDE = 0, DEBUG = 1, BREAKPOINT = 3, OPCODE = 6, PROTECTION = 13, PAGE = 14, X87 = 16 };

#define KERNEL_ADDRESS 0xffffffff80100000ull
#define DIRECT_ADDRESS 0xffff800000100000ull
#define HOLE_ADDRESS   0x8000000000000000ull

/* A misdeed of a few instructions. */
#define INSTRUCTIONS(name, text)                        \
	static void name(struct runtime *runtime)       \
	{                                               \
		(void)runtime;                          \
		__asm__ volatile(text : : : "memory", "rax", "rcx", "rdx", "rbx", "r11", "r12"); \
	}

INSTRUCTIONS(divide_by_zero, "xorl %%ecx, %%ecx\n\tdivl %%ecx")
INSTRUCTIONS(breakpoint, "int3")
INSTRUCTIONS(undefined, "ud2")
INSTRUCTIONS(halt, "hlt")
INSTRUCTIONS(interrupts_off, "cli")
INSTRUCTIONS(interrupts_on, "sti")
INSTRUCTIONS(port_in, "movw $0x3f8, %%dx\n\tinb %%dx, %%al")
INSTRUCTIONS(port_out, "movw $0x64, %%dx\n\tmovb $0xfe, %%al\n\toutb %%al, %%dx")
INSTRUCTIONS(read_msr, "movl $0xc0000080, %%ecx\n\trdmsr")
INSTRUCTIONS(write_msr, "movl $0xc0000082, %%ecx\n\txorl %%eax, %%eax\n\txorl %%edx, %%edx\n\twrmsr")
INSTRUCTIONS(read_control, "movq %%cr3, %%rax")
INSTRUCTIONS(write_control, "movq %%rax, %%cr0")
INSTRUCTIONS(write_debug, "movq %%rax, %%db7")
INSTRUCTIONS(load_segments, "subq $16, %%rsp\n\tlgdt (%%rsp)")
INSTRUCTIONS(load_vectors, "subq $16, %%rsp\n\tlidt (%%rsp)")
INSTRUCTIONS(load_task, "movl $0x30, %%eax\n\tltr %%ax")
INSTRUCTIONS(store_segments, "subq $16, %%rsp\n\tsgdt (%%rsp)\n\taddq $16, %%rsp")
INSTRUCTIONS(forget_page, "invlpg (%%rsp)")
INSTRUCTIONS(flush_caches, "wbinvd")
INSTRUCTIONS(swap_gs, "swapgs")
INSTRUCTIONS(return_to_kernel, "pushq $0x10\n\tpushq %%rsp\n\tpushq $2\n\tpushq $0x8\n\tpushq $0x100000\n\tiretq")
INSTRUCTIONS(system_return, "sysretq")
INSTRUCTIONS(write_base, "xorl %%eax, %%eax\n\twrgsbase %%rax")
INSTRUCTIONS(software_interrupt, "int $0x80")
INSTRUCTIONS(timer_interrupt, "int $64")
INSTRUCTIONS(fault_by_hand, "int $14")
INSTRUCTIONS(double_fault_by_hand, "int $8")
INSTRUCTIONS(kernel_segment, "movl $0x10, %%eax\n\tmovl %%eax, %%ds")
INSTRUCTIONS(no_stack_segment, "xorl %%eax, %%eax\n\tmovl %%eax, %%ss")
INSTRUCTIONS(far_to_kernel, "pushq $0x8\n\tleaq 1f(%%rip), %%rax\n\tpushq %%rax\n\tlretq\n1:")
INSTRUCTIONS(jump_to_kernel, "movabsq $0xffffffff80100000, %%rax\n\tjmp *%%rax")
INSTRUCTIONS(jump_to_hole, "movabsq $0x8000000000000000, %%rax\n\tjmp *%%rax")
INSTRUCTIONS(jump_to_end, "movabsq $0x7ffffffffffe, %%rax\n\tjmp *%%rax")
INSTRUCTIONS(stack_in_kernel, "movabsq $0xffffffff80110000, %%rsp\n\tpushq %%rax")
INSTRUCTIONS(stack_in_hole, "movabsq $0x8000000000000000, %%rsp\n\tint3")
INSTRUCTIONS(stack_nowhere, "xorl %%esp, %%esp\n\tpushq %%rax")
INSTRUCTIONS(single_step, "pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop")
/* TIME (10) with each flag set that must not rule the kernel; it comes back with the flag as it was. */
INSTRUCTIONS(call_with_step, "movl $10, %%eax\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tsyscall\n\tnop")
INSTRUCTIONS(call_with_nested_task,
             "movl $10, %%eax\n\tpushfq\n\torq $0x4000, (%%rsp)\n\tpopfq\n\tsyscall\n\t"
             "pushfq\n\tpopq %%rax\n\tbtl $14, %%eax\n\tjc 1f\n\tud2\n1:\tandq $~0x4000, %%rax\n\tpushq %%rax\n\tpopfq")
INSTRUCTIONS(call_with_alignment,
             "movl $10, %%eax\n\tpushfq\n\torq $0x40000, (%%rsp)\n\tpopfq\n\tsyscall\n\t"
             "pushfq\n\tpopq %%rax\n\tbtl $18, %%eax\n\tjc 1f\n\tud2\n1:\tandq $~0x40000, %%rax\n\tpushq %%rax\n\tpopfq")
INSTRUCTIONS(call_with_direction, "movl $10, %%eax\n\tstd\n\tsyscall\n\tcld")
/* The kernel does not look at the caller's stack pointer. */
INSTRUCTIONS(call_without_stack,
             "movq %%rsp, %%rbx\n\tmovabsq $0xffffffff80110000, %%rsp\n\tmovq %%rbx, %%r12\n\txorl %%ebx, %%ebx\n\t"
             "movl $10, %%eax\n\tsyscall\n\tmovq %%r12, %%rsp")
INSTRUCTIONS(x87_divide, "pushq $0\n\tfldcw (%%rsp)\n\tfldz\n\tfld1\n\tfdivp\n\tfwait")
INSTRUCTIONS(wide_vectors, "vxorps %%ymm0, %%ymm0, %%ymm0")

/* Somewhere that the compiler does not know to be nowhere. */
static volatile uint8_t *somewhere(uint64_t address)
{
	__asm__("" : "+r"(address));
	return (volatile uint8_t *)(uintptr_t)address;
}

static void touch(uint64_t address)
{
	*somewhere(address) = 1;
}

static void look(uint64_t address)
{
	(void)*somewhere(address);
}

static void read_kernel(struct runtime *runtime)
{
	(void)runtime;
	look(KERNEL_ADDRESS);
}

static void write_kernel(struct runtime *runtime)
{
	(void)runtime;
	touch(KERNEL_ADDRESS);
}

static void write_memory(struct runtime *runtime)
{
	(void)runtime;
	touch(DIRECT_ADDRESS);
}

static void read_hole(struct runtime *runtime)
{
	(void)runtime;
	look(HOLE_ADDRESS);
}

static void read_nothing(struct runtime *runtime)
{
	(void)runtime;
	look(8);
}

static void write_text(struct runtime *runtime)
{
	(void)runtime;
	touch((uintptr_t)write_text);
}

static void write_constant(struct runtime *runtime)
{
	(void)runtime;
	touch((uintptr_t)misdeeds);
}

static void write_notice(struct runtime *runtime)
{
	touch((uintptr_t)os_notice(runtime_os(runtime)));
}

static void write_clock(struct runtime *runtime)
{
	touch((uintptr_t)os_notice(runtime_os(runtime)) + 0x4000);
}

static void execute(void *code)
{
	*(volatile uint8_t *)code = 0xc3;
	((void (*)(void))(uintptr_t)code)();
}

static void execute_stack(struct runtime *runtime)
{
	uint8_t code[16];

	(void)runtime;
	execute(code);
}

static void execute_heap(struct runtime *runtime)
{
	execute(runtime_allocate(runtime, 64));
}

static void execute_buffer(struct runtime *runtime)
{
	execute(os_buffer(runtime_os(runtime)));
}

static uint64_t descend(uint64_t depth)
{
	volatile uint8_t frame[1024];

	frame[depth % sizeof(frame)] = 1;
	return depth == 0 ? 0 : descend(depth - 1) + frame[depth % sizeof(frame)];
}

static void overflow_stack(struct runtime *runtime)
{
	(void)runtime;
	descend(1 << 20);
}

/* All the memory of the quota, and more than the machine has. */
static void exhaust_memory(struct runtime *runtime)
{
	struct os *os = runtime_os(runtime);
	uint64_t size = 64ull << 20;
	enum error error;

	while (size >= PAGE_SIZE) {
		handle_t handle;
		void *address;

		error = os_memory_allocate(os, size, 0, &handle, &address);
		if (error == E_OK)
			touch((uintptr_t)address + size - 1);
		else if (error == E_NOMEM || error == E_QUOTA)
			size /= 2;
		else
			__builtin_trap();
	}
}

static void exhaust_handles(struct runtime *runtime)
{
	handle_t home = runtime_start(runtime)->home;
	uint64_t result;

	do {
		result = runtime_trap(runtime, SYS_CAP_DUPLICATE, home, RIGHT_SEND, 0, 0);
	} while (!result_is_error(result));
	if (result_error(result) != E_QUOTA)
		__builtin_trap();
}

/* A mapping of each handle, for page tables and records of mappings without end. */
static void exhaust_mappings(struct runtime *runtime)
{
	uint64_t memory = runtime_trap(runtime, SYS_VM_ALLOCATE, PAGE_SIZE, MEMORY_SHARED, 0, 0), result;

	do {
		result = runtime_trap(runtime, SYS_CAP_DUPLICATE, memory, RIGHT_READ, 0, 0);
		if (!result_is_error(result))
			result = runtime_trap(runtime, SYS_MEMORY_MAP, result, RIGHT_READ, 0, 0);
	} while (!result_is_error(result));
}

const struct misdeed misdeeds[] = {
	{"divide_by_zero", divide_by_zero, DIVIDE, 0},
	{"breakpoint", breakpoint, BREAKPOINT, 0},
	{"undefined", undefined, OPCODE, 0},
	{"halt", halt, PROTECTION, 0},
	{"interrupts_off", interrupts_off, PROTECTION, 0},
	{"interrupts_on", interrupts_on, PROTECTION, 0},
	{"port_in", port_in, PROTECTION, 0},
	{"port_out", port_out, PROTECTION, 0},
	{"read_msr", read_msr, PROTECTION, 0},
	{"write_msr", write_msr, PROTECTION, 0},
	{"read_control", read_control, PROTECTION, 0},
	{"write_control", write_control, PROTECTION, 0},
	{"write_debug", write_debug, PROTECTION, 0},
	{"load_segments", load_segments, PROTECTION, 0},
	{"load_vectors", load_vectors, PROTECTION, 0},
	{"load_task", load_task, PROTECTION, 0},
	{"store_segments", store_segments, PROTECTION, 1},
	{"forget_page", forget_page, PROTECTION, 0},
	{"flush_caches", flush_caches, PROTECTION, 0},
	{"swap_gs", swap_gs, PROTECTION, 0},
	{"return_to_kernel", return_to_kernel, SOME, 0},
	{"system_return", system_return, PROTECTION, 0},
	{"write_base", write_base, OPCODE, 0},
	{"software_interrupt", software_interrupt, PROTECTION, 0},
	{"timer_interrupt", timer_interrupt, PROTECTION, 0},
	{"fault_by_hand", fault_by_hand, PROTECTION, 0},
	{"double_fault_by_hand", double_fault_by_hand, PROTECTION, 0},
	{"kernel_segment", kernel_segment, PROTECTION, 0},
	{"no_stack_segment", no_stack_segment, PROTECTION, 0},
	{"far_to_kernel", far_to_kernel, SOME, 0},
	{"jump_to_kernel", jump_to_kernel, PAGE, 0},
	{"jump_to_hole", jump_to_hole, PROTECTION, 0},
	{"jump_to_end", jump_to_end, PAGE, 0},
	{"stack_in_kernel", stack_in_kernel, PAGE, 0},
	{"stack_in_hole", stack_in_hole, BREAKPOINT, 0},
	{"stack_nowhere", stack_nowhere, PAGE, 0},
	{"single_step", single_step, DEBUG, 0},
	{"call_with_step", call_with_step, DEBUG, 0},
	{"call_with_nested_task", call_with_nested_task, ENDS_WELL, 0},
	{"call_with_alignment", call_with_alignment, ENDS_WELL, 0},
	{"call_with_direction", call_with_direction, ENDS_WELL, 0},
	{"call_without_stack", call_without_stack, ENDS_WELL, 0},
	{"x87_divide", x87_divide, X87, 0},
	{"wide_vectors", wide_vectors, OPCODE, 0},
	{"read_kernel", read_kernel, PAGE, 0},
	{"write_kernel", write_kernel, PAGE, 0},
	{"write_memory", write_memory, PAGE, 0},
	{"read_hole", read_hole, PROTECTION, 0},
	{"read_nothing", read_nothing, PAGE, 0},
	{"write_text", write_text, PAGE, 0},
	{"write_constant", write_constant, PAGE, 0},
	{"write_notice", write_notice, PAGE, 0},
	{"write_clock", write_clock, PAGE, 0},
	{"execute_stack", execute_stack, PAGE, 0},
	{"execute_heap", execute_heap, PAGE, 0},
	{"execute_buffer", execute_buffer, PAGE, 0},
	{"overflow_stack", overflow_stack, PAGE, 0},
	{"exhaust_memory", exhaust_memory, ENDS_WELL, 0},
	{"exhaust_handles", exhaust_handles, ENDS_WELL, 0},
	{"exhaust_mappings", exhaust_mappings, ENDS_WELL, 0},
};

const uint32_t misdeed_count = sizeof(misdeeds) / sizeof(misdeeds[0]);

/* Exceptions of processes: the record that a signal gives on Linux, made of what the processor saved. */
#include "arch/x86_64/console.h"
#include "arch/x86_64/device/clock.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/machine.h"

#define EXIT_SIGNAL 256u            /* an exit code is this and a signal's number (docs/ABI.md, "Processes") */
#define STACK_SPAN  (1024u * 1024u) /* how far from the stack pointer a frame may lie */

/* Intel SDM vol. 3A, table 6-1; AMD APM vol. 2, table 8-1. Signals as Linux sends them for these. */
static const struct {
	const char *name;
	uint8_t signal;
} exceptions[VECTOR_EXCEPTIONS] = {
	[0] = {"divide error", 8},
	[1] = {"debug exception", 5},
	[2] = {"non-maskable interrupt", 0},
	[3] = {"breakpoint", 5},
	[4] = {"overflow", 11},
	[5] = {"bound range exceeded", 11},
	[6] = {"invalid opcode", 4},
	[7] = {"device not available", 4},
	[8] = {"double fault", 0},
	[9] = {"coprocessor segment overrun", 8},
	[10] = {"invalid TSS", 11},
	[11] = {"segment not present", 7},
	[12] = {"stack fault", 7},
	[13] = {"general protection fault", 11},
	[14] = {"page fault", 11},
	[16] = {"x87 floating-point exception", 8},
	[17] = {"alignment check", 7},
	[18] = {"machine check", 0},
	[19] = {"SIMD floating-point exception", 8},
	[20] = {"virtualization exception", 11},
	[21] = {"control protection exception", 11},
	[28] = {"hypervisor injection exception", 11},
	[29] = {"VMM communication exception", 11},
	[30] = {"security exception", 11},
};

const char *exception_name(uint64_t vector)
{
	return vector < VECTOR_EXCEPTIONS && exceptions[vector].name != NULL ? exceptions[vector].name
	                                                                     : "unknown exception";
}

/* Return addresses by frame pointers, as sim/user/exception.c finds them. */
static void walk(const struct space *space, struct exception_record *record)
{
	uint64_t frame = record->rbp, lowest = record->rsp;
	uint64_t pair[2]; /* the caller's frame pointer, the return address */

	while (record->backtrace_count < BACKTRACE_MAXIMUM) {
		if (frame < lowest || frame - record->rsp > STACK_SPAN || frame % 8 != 0)
			return;
		if (!space_read(space, frame, pair, sizeof(pair)) || pair[1] == 0)
			return;
		record->backtrace[record->backtrace_count++] = pair[1];
		lowest = frame + sizeof(pair);
		frame = pair[0];
	}
}

void exception_of_process(struct machine *machine, struct task *task)
{
	const struct context *context = &task->context;
	struct exception_record record = {
		.vector = (uint32_t)context->vector,
		.code = context->code,
		.address = context->vector == VECTOR_PAGE_FAULT ? cr2_read() : 0,
		.time = clock_time(),
		.rip = context->rip,
		.rsp = context->rsp,
		.rflags = context->rflags,
		.rax = context->rax,
		.rbx = context->rbx,
		.rcx = context->rcx,
		.rdx = context->rdx,
		.rsi = context->rsi,
		.rdi = context->rdi,
		.rbp = context->rbp,
		.r8 = context->r8,
		.r9 = context->r9,
		.r10 = context->r10,
		.r11 = context->r11,
		.r12 = context->r12,
		.r13 = context->r13,
		.r14 = context->r14,
		.r15 = context->r15,
	};

	walk(&task->space, &record);
	kernel_process_exception(machine->kernel, task->process, &record);
	task_end(task, EXIT_SIGNAL + exceptions[context->vector].signal);
}

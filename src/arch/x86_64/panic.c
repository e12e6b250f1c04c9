/* Stopping (panic.h). It may run on a broken kernel: it allocates nothing and follows only what is mapped. */
#include "arch/x86_64/panic.h"

#include <drydock/format.h>
#include <stdbool.h>

#include "arch/x86_64/console.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/symbols.h"

#define FRAMES_MAXIMUM 32
#define TEXT_MAXIMUM   256

extern const char stacks_start[], machine_check_stack_end[];

static void print_frame(unsigned number, uint64_t address)
{
	uint64_t offset = 0;
	const char *name = symbol_find(address, &offset);

	console_print_frame(number, address, name, offset);
}

/* Frames lie on the kernel's stacks, each above the one before, and nowhere else. */
static void print_backtrace(uint64_t rip, uint64_t frame)
{
	uint64_t lowest = (uintptr_t)stacks_start;

	console_print("backtrace:");
	print_frame(0, rip);
	for (unsigned number = 1; number < FRAMES_MAXIMUM; number++) {
		const uint64_t *pair = (const uint64_t *)(uintptr_t)frame;

		if (frame < lowest || frame % 8 != 0 || frame > (uintptr_t)machine_check_stack_end - 16 ||
		    pair[1] == 0)
			return;
		/* The address is after the call, perhaps in the next function already. */
		print_frame(number, pair[1]);
		lowest = frame + 16;
		frame = pair[0];
	}
}

/* What fails while it is being told of has nothing more to say. */
static void begin(void)
{
	static bool begun;

	if (begun)
		processor_halt();
	begun = true;
	console_stop_interrupts();
}

_Noreturn static void halt(void)
{
	console_print("halted");
	processor_halt();
}

static void print_reason(const char *title, const char *format, va_list arguments)
{
	char text[TEXT_MAXIMUM];

	format_text(text, sizeof(text), format, arguments);
	begin();
	console_print("%s%s", title, text);
}

_Noreturn void stop(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_reason("", format, arguments);
	va_end(arguments);
	halt();
}

_Noreturn void panic(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_reason("panic: ", format, arguments);
	va_end(arguments);
	print_backtrace((uintptr_t)__builtin_return_address(0), *(uint64_t *)__builtin_frame_address(0));
	halt();
}

_Noreturn void panic_at(const struct context *context, const char *what)
{
	const struct {
		const char *name;
		uint64_t value;
	} registers[] = {
		{"rip", context->rip}, {"rsp", context->rsp}, {"rbp", context->rbp}, {"rfl", context->rflags},
		{"rax", context->rax}, {"rbx", context->rbx}, {"rcx", context->rcx}, {"rdx", context->rdx},
		{"rsi", context->rsi}, {"rdi", context->rdi}, {"r8 ", context->r8},  {"r9 ", context->r9},
		{"r10", context->r10}, {"r11", context->r11}, {"r12", context->r12}, {"r13", context->r13},
		{"r14", context->r14}, {"r15", context->r15}, {"cr2", cr2_read()},   {"cr3", cr3_read()},
	};

	begin();
	console_print("panic: %s, vector %u, error code 0x%llx", what, (unsigned)context->vector,
	              (unsigned long long)context->code);
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i += 4)
		console_print("  %s %016llx %s %016llx %s %016llx %s %016llx", registers[i].name,
		              (unsigned long long)registers[i].value, registers[i + 1].name,
		              (unsigned long long)registers[i + 1].value, registers[i + 2].name,
		              (unsigned long long)registers[i + 2].value, registers[i + 3].name,
		              (unsigned long long)registers[i + 3].value);
	print_backtrace(context->rip, context->rbp);
	halt();
}

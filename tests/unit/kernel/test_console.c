/* The console: printing, reading what is typed, and who may. */
#include "fixture.h"

/* init's authority, for `process`. */
static handle_t console_of(struct process *process)
{
	return share(fixture.init, authority_of_init(AUTHORITY_CONSOLE), process, RIGHT_EXECUTE);
}

/* Reads `size` bytes at most; they must be these. */
static void reads(struct process *process, handle_t console, handle_t port, size_t size, const char *wanted)
{
	size_t length = strlen(wanted);

	ck_assert_uint_eq(call(process, SYS_CONSOLE_READ, console, port, size), length);
	ck_assert_uint_eq(last_written, length);
	ck_assert_mem_eq(process->buffer, wanted, length);
}

/* What a machine does when keys are pressed. */
static void types(const char *text)
{
	fixture.machine.typed = text;
	kernel_console_input(fixture.kernel);
	kernel_check(fixture.kernel);
}

START_TEST(printing)
{
	const uint64_t arguments[6] = {authority_of_init(AUTHORITY_CONSOLE)};

	fixture.machine.console_length = 0;
	ck_assert_uint_eq(call_with(fixture.init, SYS_CONSOLE, arguments, "[vfs] Ready\n", 12), 0);
	ck_assert_uint_eq(fixture.machine.console_length, 12);
	ck_assert_mem_eq(fixture.machine.console, "[vfs] Ready\n", 12);
	ck_assert_uint_eq(call_with(fixture.init, SYS_CONSOLE, (const uint64_t[6]){0}, "x", 1),
	                  error_result(E_CAP_INVALID));
	ck_assert_uint_eq(fixture.machine.console_length, 12);
}
END_TEST

START_TEST(reading)
{
	struct process *shell = spawn_child("shell");
	handle_t console = console_of(shell), home = home_of(shell);
	struct receipt receipt;

	/* Nobody reads yet: it is kept, and nobody told. */
	types("early");
	receive_nothing(shell, home);
	reads(shell, console, home, 3, "ear");
	reads(shell, console, home, KERNEL_BUFFER_SIZE, "ly");
	reads(shell, console, home, 1, "");
	receive_nothing(shell, home);
	/* Told once for all that came since. */
	types("l");
	types("ls");
	receipt = receive(shell, home);
	ck_assert_uint_eq(receipt.kind, RECEIPT_CONSOLE);
	ck_assert_uint_eq(receipt.bits, EVENT_CONSOLE_INPUT);
	receive_nothing(shell, home);
	reads(shell, console, home, 100, "ls");
	/* One that sleeps there is woken. */
	ck_assert_uint_eq(call(shell, SYS_PORT_RECEIVE, home, DEADLINE_NEVER), SYSCALL_BLOCKED);
	types("\r");
	ck_assert_uint_eq(side_of(shell)->completions, 1);
	reads(shell, console, home, 100, "\r");
}
END_TEST

START_TEST(refusals)
{
	struct process *shell = spawn_child("shell"), *other = spawn_child("other");
	handle_t console = console_of(shell), home = home_of(shell);
	handle_t inspect = share(fixture.init, authority_of_init(AUTHORITY_INSPECT), shell, RIGHT_EXECUTE);
	handle_t useless = share(fixture.init, authority_of_init(AUTHORITY_CONSOLE), shell, RIGHT_TRANSFER);
	handle_t foreign = share(other, (handle_t)call_succeeds(other, SYS_PORT_ALLOCATE), shell, RIGHT_SEND);

	types("secret");
	call_fails(E_CAP_INVALID, shell, SYS_CONSOLE_READ, 0, home, 10);
	call_fails(E_CAP_INVALID, shell, SYS_CONSOLE_READ, inspect, home, 10);
	call_fails(E_CAP_INVALID, shell, SYS_CONSOLE_READ, home, home, 10);
	call_fails(E_NO_RIGHTS, shell, SYS_CONSOLE_READ, useless, home, 10);
	/* Another's handle of it is none of one's own. */
	call_fails(E_CAP_INVALID, other, SYS_CONSOLE_READ, console, home_of(other), 10);
	call_fails(E_CAP_INVALID, shell, SYS_CONSOLE_READ, console, 0, 10);
	call_fails(E_PORT_INVALID, shell, SYS_CONSOLE_READ, console, console, 10);
	call_fails(E_NO_RIGHTS, shell, SYS_CONSOLE_READ, console, foreign, 10);
	call_fails(E_INVAL, shell, SYS_CONSOLE_READ, console, home, 0);
	call_fails(E_INVAL, shell, SYS_CONSOLE_READ, console, home, KERNEL_BUFFER_SIZE + 1);
	call_fails(E_INVAL, shell, SYS_CONSOLE_READ, console, home, UINT64_MAX);
	/* Nothing of that took anything, or made a reader. */
	ck_assert_str_eq(fixture.machine.typed, "secret");
	receive_nothing(shell, home);
	types("secret");
	receive_nothing(shell, home);
}
END_TEST

START_TEST(no_input)
{
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);

	fixture.machine.typed = NULL;
	call_fails(E_INVALID_SYSCALL, fixture.init, SYS_CONSOLE_READ, authority_of_init(AUTHORITY_CONSOLE),
	           port, 10);
	kernel_console_input(fixture.kernel);
	receive_nothing(fixture.init, port);
}
END_TEST

START_TEST(one_reader)
{
	struct process *first = spawn_child("first"), *second = spawn_child("second");
	handle_t first_console = console_of(first), second_console = console_of(second);
	handle_t port = (handle_t)call_succeeds(first, SYS_PORT_ALLOCATE);

	reads(first, first_console, port, 10, "");
	types("mine");
	call_fails(E_BUSY, second, SYS_CONSOLE_READ, second_console, home_of(second), 10);
	call_fails(E_BUSY, first, SYS_CONSOLE_READ, first_console, home_of(first), 10);
	/* With the port goes what it was told, and the next one is free to read. */
	call_succeeds(first, SYS_CAP_DROP, port);
	reads(first, first_console, home_of(first), 2, "mi");
	types("more");
	/* So it is when the reader dies. */
	call_fails(E_BUSY, second, SYS_CONSOLE_READ, second_console, home_of(second), 10);
	kernel_process_exited(fixture.kernel, first, 1);
	kernel_check(fixture.kernel);
	types("more");
	receive_nothing(second, home_of(second));
	reads(second, second_console, home_of(second), 10, "more");
	types("again");
	ck_assert_uint_eq(receive(second, home_of(second)).kind, RECEIPT_CONSOLE);
}
END_TEST

RUN_SUITE("console", printing, reading, refusals, no_input, one_reader);

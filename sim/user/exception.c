/*
 * CPU exceptions and aborts of this process: caught as signals on a stack of
 * their own, told to the host with registers and a backtrace by frame
 * pointers, and then let through, so that Linux writes a core.
 *
 * The handler runs in the middle of anything. It allocates nothing and calls
 * only what signal-safety(7) allows.
 */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define STACK_SIZE          (64u * 1024)
#define STACK_SPAN          (1024u * 1024) /* how far from the stack pointer a frame may lie */
#define ACKNOWLEDGE_TIMEOUT 5000           /* milliseconds */

/* The one os of this process: a signal handler has no other argument. */
static struct os *caught;

static bool read_own(uint64_t address, void *to, size_t size)
{
	struct iovec local = {.iov_base = to, .iov_len = size};
	struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};

	return syscall(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0) == (long)size;
}

static void walk(struct exception_record *record)
{
	uint64_t frame = record->rbp, lowest = record->rsp;
	uint64_t pair[2]; /* the caller's frame pointer, the return address */

	while (record->backtrace_count < BACKTRACE_MAXIMUM) {
		if (frame < lowest || frame - record->rsp > STACK_SPAN || frame % 8 != 0)
			return;
		if (!read_own(frame, pair, sizeof(pair)) || pair[1] == 0)
			return;
		record->backtrace[record->backtrace_count++] = pair[1];
		lowest = frame + sizeof(pair);
		frame = pair[0];
	}
}

static void fill(struct exception_record *record, int signal, const siginfo_t *information,
                 const ucontext_t *context)
{
	const greg_t *registers = context->uc_mcontext.gregs;
	bool sent = information->si_code <= 0;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	record->vector = sent ? EXCEPTION_SIGNAL : (uint32_t)registers[REG_TRAPNO];
	record->signal = (uint32_t)signal;
	record->code = sent ? 0 : (uint64_t)registers[REG_ERR];
	record->address = sent ? 0 : (uint64_t)(uintptr_t)information->si_addr;
	record->time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	record->process = caught->start.process;
	record->rip = (uint64_t)registers[REG_RIP];
	record->rsp = (uint64_t)registers[REG_RSP];
	record->rflags = (uint64_t)registers[REG_EFL];
	record->rax = (uint64_t)registers[REG_RAX];
	record->rbx = (uint64_t)registers[REG_RBX];
	record->rcx = (uint64_t)registers[REG_RCX];
	record->rdx = (uint64_t)registers[REG_RDX];
	record->rsi = (uint64_t)registers[REG_RSI];
	record->rdi = (uint64_t)registers[REG_RDI];
	record->rbp = (uint64_t)registers[REG_RBP];
	record->r8 = (uint64_t)registers[REG_R8];
	record->r9 = (uint64_t)registers[REG_R9];
	record->r10 = (uint64_t)registers[REG_R10];
	record->r11 = (uint64_t)registers[REG_R11];
	record->r12 = (uint64_t)registers[REG_R12];
	record->r13 = (uint64_t)registers[REG_R13];
	record->r14 = (uint64_t)registers[REG_R14];
	record->r15 = (uint64_t)registers[REG_R15];
	walk(record);
}

/* Waits until the host has seen what it wants of this process while it lives. */
static void await_acknowledgement(void)
{
	struct pollfd poll_socket = {.fd = caught->socket, .events = POLLIN};
	struct descriptor_header header;

	while (poll(&poll_socket, 1, ACKNOWLEDGE_TIMEOUT) > 0) {
		ssize_t length = recv(caught->socket, &header, sizeof(header), MSG_DONTWAIT);

		if (length <= 0 || (length == sizeof(header) && header.type == DESCRIPTOR_ACKNOWLEDGE))
			return;
	}
}

static void handle(int signal, siginfo_t *information, void *context)
{
	struct descriptor_exception message = {.header = {.magic = DESCRIPTOR_MAGIC,
	                                                  .version = DESCRIPTOR_VERSION,
	                                                  .type = DESCRIPTOR_EXCEPTION}};
	struct sigaction standard = {.sa_handler = SIG_DFL};

	fill(&message.record, signal, information, context);
	if (send(caught->socket, &message, sizeof(message), MSG_NOSIGNAL) == (ssize_t)sizeof(message))
		await_acknowledgement();
	sigaction(signal, &standard, NULL);
	/* A fault comes again on return; what was sent must be sent again. */
	if (information->si_code <= 0)
		raise(signal);
}

void os_catch_exceptions(struct os *os)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_size = STACK_SIZE};

	if (SANITIZED)
		return;
	/* A fiber that has run over its stack has none left for the handler. */
	stack.ss_sp = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp == MAP_FAILED)
		return;
	sigaltstack(&stack, NULL);
	caught = os;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/*
 * The registers of what was interrupted, as the entry stubs (trap/vectors.S)
 * push them and context_resume loads them. A process's lie in its own record
 * and not on a stack: while it runs, its end is the processor's ring-0 stack
 * pointer, so that what the processor pushes lands in its place.
 */
#ifndef DRYDOCK_ARCH_CONTEXT_H
#define DRYDOCK_ARCH_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "arch/x86_64/layout.h"

struct context {
	uint64_t r15, r14, r13, r12, rbp;
	union {
		struct {
			uint64_t rdi, rsi, rdx, r10, r8, r9;
		};
		uint64_t arguments[6]; /* of a system call (docs/ABI.md, "System calls") */
	};
	uint64_t r11, rcx, rbx, rax;
	uint64_t vector; /* of the exception or interrupt, or VECTOR_SYSCALL */
	uint64_t code;   /* the exception's error code, else 0 */
	/* What the processor pushes (Intel SDM vol. 3A, 6.14.2). */
	uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(offsetof(struct context, r11) == CONTEXT_R11, "layout.h says so to the stubs");
_Static_assert(offsetof(struct context, rcx) == CONTEXT_RCX, "layout.h says so to the stubs");
_Static_assert(offsetof(struct context, vector) == CONTEXT_VECTOR, "layout.h says so to the stubs");
_Static_assert(offsetof(struct context, rip) == CONTEXT_RIP, "layout.h says so to the stubs");
_Static_assert(offsetof(struct context, rflags) == CONTEXT_RFLAGS, "layout.h says so to the stubs");
_Static_assert(offsetof(struct context, rsp) == CONTEXT_RSP, "layout.h says so to the stubs");
_Static_assert(sizeof(struct context) == CONTEXT_SIZE, "layout.h says so to the stubs");
_Static_assert(sizeof(struct context) % 16 == 0, "the processor aligns its ring-0 stack to 16");

#define RFLAGS_FIXED     0x2u /* always set */
#define RFLAGS_INTERRUPT 0x200u

#define VECTOR_PAGE_FAULT 14
#define VECTOR_EXCEPTIONS 32 /* those below are exceptions of the processor's */

/* Whether it was a process that was interrupted. */
static inline int context_is_user(const struct context *context)
{
	return (context->cs & 3) != 0;
}

#endif

/*
 * Entering the kernel and leaving it. Every way in saves all registers as a
 * struct context. From a process they land in its own record (context.h), and
 * the stubs go on with an empty kernel stack: nothing lies on it while a
 * process runs. The kernel runs with interrupts off and is interrupted only
 * where it idles.
 *
 * Flags: what a process had set of TF, NT, DF and AC must not rule the kernel.
 * An interrupt gate clears IF, TF and NT (Intel SDM vol. 3A, 6.12.1.3); the
 * rest is cleared here. The syscall instruction clears what trap/processor.c
 * put into MSR_FMASK.
 */
#include "arch/x86_64/layout.h"

	.text

	/* 256 stubs of 16 bytes. Vectors 2, 8 and 18 come on stacks of their own and are the end. */
	.globl vector_stubs
	.balign 16
vector_stubs:
	.set vector, 0
	.rept 256
	.balign 16
	/* These push an error code (Intel SDM vol. 3A, table 6-1; AMD APM vol. 2, table 8-1: 29, 30). */
	.set pushes_code, (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17)
	.set pushes_code, pushes_code || (vector == 21) || (vector == 29) || (vector == 30)
	.if !pushes_code
	pushq $0
	.endif
	pushq $vector
	.if (vector == 2) || (vector == 8) || (vector == 18)
	jmp enter_fatal
	.else
	jmp enter
	.endif
	.set vector, vector + 1
	.endr

	.macro push_registers
	pushq %rax
	pushq %rbx
	pushq %rcx
	pushq %r11
	pushq %r9
	pushq %r8
	pushq %r10
	pushq %rdx
	pushq %rsi
	pushq %rdi
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	.endm

	.macro pop_registers
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rdi
	popq %rsi
	popq %rdx
	popq %r10
	popq %r8
	popq %r9
	popq %r11
	popq %rcx
	popq %rbx
	popq %rax
	.endm

enter:
	push_registers
	movq %rsp, %rdi
	testb $3, CONTEXT_RIP + 8(%rdi)
	jz enter_from_kernel
	movq CONTEXT_SIZE(%rdi), %rsp
	pushq $2
	popfq
serve_user:
	/* The outermost frame. */
	pushq $0
	pushq $0
	movq %rsp, %rbp
	call trap_from_user
	ud2

enter_from_kernel:
	pushq $2
	popfq
	movq %rsp, %rbx
	andq $-16, %rsp
	call trap_from_kernel
	movq %rbx, %rsp
	pop_registers
	addq $16, %rsp
	iretq

enter_fatal:
	push_registers
	movq %rsp, %rdi
	pushq $2
	popfq
	andq $-16, %rsp
	call trap_fatal
	ud2

	/*
	 * The syscall instruction: rcx is the return address, r11 the flags, and
	 * the stack still the process's. %gs is the kernel's for these few
	 * instructions alone. Nothing can come between but NMI and machine
	 * check, which have stacks of their own and do not look at %gs.
	 */
	.globl syscall_entry
	.balign 16
syscall_entry:
	swapgs
	movq %rsp, %gs:PROCESSOR_USER_STACK
	movq %gs:PROCESSOR_CONTEXT_END, %rsp
	pushq $SELECTOR_USER_DATA
	pushq %gs:PROCESSOR_USER_STACK
	swapgs
	pushq %r11
	pushq $SELECTOR_USER_CODE
	pushq %rcx
	pushq $0
	pushq $VECTOR_SYSCALL
	push_registers
	movq %rsp, %rdi
	movq CONTEXT_SIZE(%rdi), %rsp
	jmp serve_user

	/*
	 * void context_resume(struct context *context)
	 *
	 * What came by syscall goes by sysret, which keeps neither rcx nor r11.
	 * Where rip is not canonical that would fault in the kernel, on the
	 * process's stack (Intel SDM vol. 2B, SYSRET): no process can make it so,
	 * for the page below the hole is never mapped (user_layout.h). All else
	 * needs iret.
	 */
	.globl context_resume
	.balign 16
context_resume:
	movq %rdi, %rsp
	cmpq $VECTOR_SYSCALL, CONTEXT_VECTOR(%rsp)
	je 1f
	pop_registers
	addq $16, %rsp
	iretq
1:	movq CONTEXT_RIP(%rsp), %rcx
	movq %rcx, CONTEXT_RCX(%rsp)
	movq CONTEXT_RFLAGS(%rsp), %rcx
	movq %rcx, CONTEXT_R11(%rsp)
	pop_registers
	movq CONTEXT_RSP - 120(%rsp), %rsp
	sysretq

	.section .note.GNU-stack, "", @progbits

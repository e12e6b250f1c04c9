/*
 * Switching stacks (src/user/fiber.h). System V AMD64 psABI 3.2.1: rbx, rbp and
 * r12 to r15 are the callee's to keep. The control bits of MXCSR and the x87
 * word are, too, but no code of ours changes them.
 *
 * A suspended fiber's stack pointer points to: r15 r14 r13 r12 rbx rbp rip
 * (scripts/gdb knows that order).
 */
	.text

/* void fiber_switch(void **save, void *load) */
	.globl fiber_switch
	.type fiber_switch, @function
fiber_switch:
	.cfi_startproc
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret
	.cfi_endproc
	.size fiber_switch, . - fiber_switch

/* Where a new fiber begins: r12 is its argument, r13 its function, which does not return. */
	.globl fiber_begin
	.type fiber_begin, @function
fiber_begin:
	.cfi_startproc
	.cfi_undefined rip
	xorl %ebp, %ebp
	movq %r12, %rdi
	callq *%r13
	ud2
	.cfi_endproc
	.size fiber_begin, . - fiber_begin

	.section .note.GNU-stack, "", @progbits

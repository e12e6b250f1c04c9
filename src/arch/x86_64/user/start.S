/* Where a process begins: on an empty, aligned stack, with all registers zero. */
	.section .text.start, "ax"
	.globl _start
	.type _start, @function
_start:
	.cfi_startproc
	.cfi_undefined rip
	/* The outermost frame: backtraces end at a return address of 0. */
	pushq $0
	pushq $0
	movq %rsp, %rbp
	call process_main
	ud2
	.cfi_endproc
	.size _start, . - _start

	.section .note.GNU-stack, "", @progbits

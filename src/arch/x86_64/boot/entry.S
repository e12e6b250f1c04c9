/*
 * Where the loader enters: 32-bit protected mode, flat segments, paging and
 * interrupts off. PVH (Xen, docs/misc/pvh.pandoc: %ebx is the physical address
 * of struct hvm_start_info) and Multiboot2 (specification 3.3: %eax is the
 * magic, %ebx the physical address of the information) differ in no more.
 *
 * From here to long mode by Intel SDM vol. 3A, 9.8.5; on a first set of page
 * tables that maps the lowest 4 GiB three times: at 0 until the jump, in the
 * direct map, and (the first of them) where the image is linked.
 */
#include "arch/x86_64/layout.h"

#define PHYSICAL(symbol) ((symbol) - IMAGE_BASE)

#define MULTIBOOT2_HEADER_MAGIC 0xe85250d6
#define MULTIBOOT2_MAGIC        0x36d76289

#define PAGE_PRESENT_WRITE 0x3
#define PAGE_LARGE         0x80

#define CR0_PG_WP_NE_MP_PE 0x80010023
#define CR0_EM             0x4
#define CR4_PAE            0x20
#define MSR_EFER           0xc0000080
#define EFER_SCE_LME_NXE   0x901

/* CPUID 0x80000001, EDX: long mode, no-execute, syscall (AMD APM vol. 3, E.4.2). */
#define FEATURES_NEEDED 0x20100800

#define SERIAL_DATA        0x3f8
#define SERIAL_LINE_STATUS 0x3fd

	/* XEN_ELFNOTE_PHYS32_ENTRY (Xen, include/public/elfnote.h). */
	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 8, 18
	.asciz "Xen"
	.quad PHYSICAL(pvh_entry)

	/* Multiboot2 specification 3.1: the header, an entry address tag, the end. */
	.section .multiboot2, "a"
	.balign 8
multiboot2_header:
	.long MULTIBOOT2_HEADER_MAGIC, 0, multiboot2_end - multiboot2_header
	.long 0x100000000 - (MULTIBOOT2_HEADER_MAGIC + 0 + (multiboot2_end - multiboot2_header))
	.balign 8
	.short 3, 0
	.long 12, PHYSICAL(multiboot2_entry)
	.balign 8
	.short 0, 0
	.long 8
multiboot2_end:

	.section .text.boot, "ax"
	.code32
	.globl pvh_entry
pvh_entry:
	movl $BOOT_PVH, %ebp
	jmp enter

multiboot2_entry:
	movl $BOOT_MULTIBOOT2, %ebp
	cmpl $MULTIBOOT2_MAGIC, %eax
	jne refuse

enter:
	cli
	cld
	movl %ebx, %esi
	movl $PHYSICAL(kernel_stack_end), %esp
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb refuse
	movl $0x80000001, %eax
	cpuid
	andl $FEATURES_NEEDED, %edx
	cmpl $FEATURES_NEEDED, %edx
	jne refuse

	/* Four directories of 512 large pages each. */
	xorl %ecx, %ecx
1:	movl %ecx, %eax
	shll $21, %eax
	orl $(PAGE_PRESENT_WRITE | PAGE_LARGE), %eax
	movl %eax, PHYSICAL(early_directories)(, %ecx, 8)
	incl %ecx
	cmpl $2048, %ecx
	jne 1b
	xorl %ecx, %ecx
2:	movl %ecx, %eax
	shll $12, %eax
	addl $(PHYSICAL(early_directories) + PAGE_PRESENT_WRITE), %eax
	movl %eax, PHYSICAL(early_direct)(, %ecx, 8)
	incl %ecx
	cmpl $4, %ecx
	jne 2b
	movl $(PHYSICAL(early_directories) + PAGE_PRESENT_WRITE), PHYSICAL(early_image) + 510 * 8
	movl $(PHYSICAL(early_direct) + PAGE_PRESENT_WRITE), PHYSICAL(early_tables)
	movl $(PHYSICAL(early_direct) + PAGE_PRESENT_WRITE), PHYSICAL(early_tables) + 256 * 8
	movl $(PHYSICAL(early_image) + PAGE_PRESENT_WRITE), PHYSICAL(early_tables) + 511 * 8

	movl %cr4, %eax
	orl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $PHYSICAL(early_tables), %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $EFER_SCE_LME_NXE, %eax
	wrmsr
	movl %cr0, %eax
	andl $~CR0_EM, %eax
	orl $CR0_PG_WP_NE_MP_PE, %eax
	movl %eax, %cr0
	lgdt PHYSICAL(early_segments_pointer)
	ljmp $SELECTOR_KERNEL_CODE, $PHYSICAL(enter_long)

	/* A loader or a processor that this was not made for: say so on the serial line, as nothing else is known. */
refuse:
	movl $PHYSICAL(refusal), %esi
3:	movw $SERIAL_LINE_STATUS, %dx
	inb %dx, %al
	testb $0x20, %al
	jz 3b
	lodsb
	testb %al, %al
	jz 4f
	movw $SERIAL_DATA, %dx
	outb %al, %dx
	jmp 3b
4:	cli
	hlt
	jmp 4b

	.code64
enter_long:
	movabsq $enter_high, %rax
	jmp *%rax
enter_high:
	movl $SELECTOR_KERNEL_DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	leaq kernel_stack_end(%rip), %rsp
	movl %ebp, %edi
	movl %esi, %esi
	xorl %ebp, %ebp
	call boot_main
	ud2

	.section .rodata
refusal:
	.asciz "[kernel] this needs a 64-bit processor with no-execute pages, and a PVH or Multiboot2 loader\r\n"

	.balign 8
early_segments:
	.quad 0
	.quad 0x00af9b000000ffff /* 64-bit code */
	.quad 0x00cf93000000ffff /* data */
early_segments_pointer:
	.short 23
	.quad PHYSICAL(early_segments)

	.bss
	.balign SMALL_PAGE
early_tables:
	.skip SMALL_PAGE
early_direct:
	.skip SMALL_PAGE
early_image:
	.skip SMALL_PAGE
early_directories:
	.skip 4 * SMALL_PAGE

	.section .note.GNU-stack, "", @progbits

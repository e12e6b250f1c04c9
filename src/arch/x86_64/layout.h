/*
 * Where things lie in an address space on bare metal. Read by C and by
 * assembly alike, so numbers only.
 *
 * The upper half is the kernel's and the same in every address space: all
 * memory (the direct map), and the kernel's own image in the top 2 GiB, where
 * code for the small code model can be linked. The lower half is a process's.
 */
#ifndef DRYDOCK_ARCH_LAYOUT_H
#define DRYDOCK_ARCH_LAYOUT_H

/* Virtual address of physical address 0 in the direct map, and how much that can hold: one PML4 entry. */
#define DIRECT_BASE 0xffff800000000000
#define DIRECT_SIZE 0x8000000000

/* Virtual address of physical address 0 as the kernel's image is linked; the image is within 2 MiB. */
#define IMAGE_BASE     0xffffffff80000000
#define IMAGE_PHYSICAL 0x100000
#define IMAGE_LIMIT    0x200000

#define SMALL_PAGE 0x1000
#define LARGE_PAGE 0x200000

/* Physical: where the APICs are (Intel SDM vol. 3A, 10.4.1; 82093AA data sheet, 3.0), and the end of all there can be. */
#define DEVICES_START 0xfec00000
#define DEVICES_END   0xff000000
#define PHYSICAL_END  0x10000000000000

/* One for the kernel, one each for NMI, double fault and machine check. */
#define STACK_SIZE 0x4000

/* Selectors (trap/segment.c). SYSRET takes its own from the user's: SS is the base + 8, CS the base + 16. */
#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_SYSRET_BASE 0x1b
#define SELECTOR_USER_DATA   0x23
#define SELECTOR_USER_CODE   0x2b
#define SELECTOR_TASK        0x30

/* struct context (trap/context.h) as the entry stubs fill it, and what lies behind it. */
#define CONTEXT_R11    88
#define CONTEXT_RCX    96
#define CONTEXT_VECTOR 120
#define CONTEXT_RIP    136
#define CONTEXT_RFLAGS 152
#define CONTEXT_RSP    160
#define CONTEXT_SIZE   176 /* here: the kernel stack on which the stubs go on */

/* The vector of what came by the syscall instruction, which has none. */
#define VECTOR_SYSCALL 256

/* struct processor (trap/processor.h): what the stub of the syscall instruction finds at %gs. */
#define PROCESSOR_CONTEXT_END 0
#define PROCESSOR_USER_STACK  8

/* By which loader the image was entered. */
#define BOOT_PVH        1
#define BOOT_MULTIBOOT2 2

#endif

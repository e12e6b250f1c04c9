/*
 * Hooks for tools that watch stacks and memory: AddressSanitizer (with its
 * leak checker) in builds with it, valgrind when it runs the process. Without
 * them each is nothing, or a few instructions.
 */
#include "internal.h"

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) ((void)(start), (void)(end), 0)
#define VALGRIND_STACK_DEREGISTER(id)       ((void)(id))
#endif

#if SANITIZED

#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

void tool_memory_made(const void *address, size_t size)
{
	__lsan_register_root_region(address, size);
}

void tool_memory_freed(const void *address, size_t size)
{
	__lsan_unregister_root_region(address, size);
	/* Redzones of frames that never returned must not poison the next mapping here. */
	__asan_unpoison_memory_region(address, size);
}

void tool_learn_stack(struct os *os)
{
	pthread_attr_t attributes;
	void *bottom;

	if (pthread_getattr_np(pthread_self(), &attributes) != 0)
		return;
	if (pthread_attr_getstack(&attributes, &bottom, &os->stack_size) == 0)
		os->stack_bottom = bottom;
	pthread_attr_destroy(&attributes);
}

void os_switch_start(struct os *os, void **save, const void *bottom, size_t size)
{
	/* No bounds: back to the loop, on the stack that the process was born with. */
	if (bottom == NULL) {
		bottom = os->stack_bottom;
		size = os->stack_size;
	}
	__sanitizer_start_switch_fiber(save, bottom, size);
}

void os_switch_finish(struct os *os, void *save)
{
	(void)os;
	__sanitizer_finish_switch_fiber(save, NULL, NULL);
}

#else

void tool_memory_made(const void *address, size_t size)
{
	(void)address;
	(void)size;
}

void tool_memory_freed(const void *address, size_t size)
{
	(void)address;
	(void)size;
}

void tool_learn_stack(struct os *os)
{
	(void)os;
}

void os_switch_start(struct os *os, void **save, const void *bottom, size_t size)
{
	(void)os;
	(void)save;
	(void)bottom;
	(void)size;
}

void os_switch_finish(struct os *os, void *save)
{
	(void)os;
	(void)save;
}

#endif

void os_stack_made(struct os *os, void *bottom, size_t size, uint32_t *id)
{
	(void)os;
	*id = VALGRIND_STACK_REGISTER(bottom, (char *)bottom + size);
}

void os_stack_freed(struct os *os, uint32_t id)
{
	(void)os;
	VALGRIND_STACK_DEREGISTER(id);
}

/* Telling AddressSanitizer and valgrind of stacks and memory (tool.h). */
#include "tool.h"

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

void tool_learn_stack(struct tool_stack *stack)
{
	pthread_attr_t attributes;
	void *bottom;

	if (pthread_getattr_np(pthread_self(), &attributes) != 0)
		return;
	if (pthread_attr_getstack(&attributes, &bottom, &stack->size) == 0)
		stack->bottom = bottom;
	pthread_attr_destroy(&attributes);
}

void tool_switch_start(const struct tool_stack *loop, void **save, const void *bottom, size_t size)
{
	if (bottom == NULL) {
		bottom = loop->bottom;
		size = loop->size;
	}
	__sanitizer_start_switch_fiber(save, bottom, size);
}

void tool_switch_finish(void *save)
{
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

void tool_learn_stack(struct tool_stack *stack)
{
	(void)stack;
}

void tool_switch_start(const struct tool_stack *loop, void **save, const void *bottom, size_t size)
{
	(void)loop;
	(void)save;
	(void)bottom;
	(void)size;
}

void tool_switch_finish(void *save)
{
	(void)save;
}

#endif

uint32_t tool_stack_made(void *bottom, size_t size)
{
	return VALGRIND_STACK_REGISTER(bottom, (char *)bottom + size);
}

void tool_stack_freed(uint32_t id)
{
	VALGRIND_STACK_DEREGISTER(id);
}

/*
 * Atomics: the compiler's builtins, in the few forms that shared memory needs.
 * Each use says what an acquire pairs with.
 */
#ifndef DRYDOCK_ATOMIC_H
#define DRYDOCK_ATOMIC_H

#define atomic_load_relaxed(address)         __atomic_load_n(address, __ATOMIC_RELAXED)
#define atomic_load_acquire(address)         __atomic_load_n(address, __ATOMIC_ACQUIRE)
#define atomic_store_relaxed(address, value) __atomic_store_n(address, value, __ATOMIC_RELAXED)
#define atomic_store_release(address, value) __atomic_store_n(address, value, __ATOMIC_RELEASE)
#define atomic_or_release(address, value)    __atomic_fetch_or(address, value, __ATOMIC_RELEASE)
#define atomic_and_release(address, value)   __atomic_fetch_and(address, value, __ATOMIC_RELEASE)

/* Sequentially consistent: orders stores before it against loads after it. */
#define atomic_fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* Orders stores against this process's own sudden death: what was stored before is not stored after. */
#define atomic_compiler_fence() __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* Tells the processor that this is a wait loop (x86: PAUSE, Intel SDM vol. 2B). */
static inline void processor_pause(void)
{
	__builtin_ia32_pause();
}

/*
 * Begins to fetch the cache line at `address` for writing, and waits for
 * nothing (PREFETCHW: Intel SDM vol. 2B, AMD APM vol. 3; a processor of x86_64
 * that cannot does nothing instead). The address need not be valid.
 */
static inline void processor_prefetch_write(const void *address)
{
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)address));
}

#endif

/* The kernel's own end: it says why, and stops. No process can bring it about. */
#ifndef DRYDOCK_ARCH_PANIC_H
#define DRYDOCK_ARCH_PANIC_H

#include "arch/x86_64/trap/context.h"

/* The system cannot go on (no init, a broken boot archive): says so, without registers, and stops. */
_Noreturn void stop(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A mistake of the kernel's: says what, with a backtrace from here, and stops. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same about registers that were interrupted. */
_Noreturn void panic_at(const struct context *context, const char *what);

#endif

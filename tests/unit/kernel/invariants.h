/* What must hold of a kernel between any two calls. */
#ifndef DRYDOCK_TESTS_KERNEL_INVARIANTS_H
#define DRYDOCK_TESTS_KERNEL_INVARIANTS_H

#include "kernel/object.h"

/* Walks everything there is; the test fails at the first count, list or charge that is wrong. */
void kernel_check(struct kernel *kernel);

#endif

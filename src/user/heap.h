/* The process's heap (src/user/heap.c); public are runtime_allocate and runtime_free. */
#ifndef DRYDOCK_USER_HEAP_H
#define DRYDOCK_USER_HEAP_H

#include <stddef.h>

struct runtime;

#define HEAP_CLASSES 24

struct heap {
	struct chunk *chunks;
	struct free_block *free[HEAP_CLASSES];
	char *fresh;       /* the last chunk's unused end */
	size_t fresh_left;
};

/* Gives all chunks back; large blocks still in use are the caller's leak. */
void heap_free_all(struct runtime *runtime);

#endif

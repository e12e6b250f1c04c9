/* A process's end of the system on bare metal: what lies behind `struct os`. */
#ifndef DRYDOCK_ARCH_USER_PROCESS_H
#define DRYDOCK_ARCH_USER_PROCESS_H

#include <drydock/os.h>

struct os {
	struct start_block start; /* as it was found; the kernel buffer is overwritten */
	handle_t console;         /* an authority, if it was granted */
};

void os_initialize(struct os *os);

#endif

/*
 * The least init: says that all services are up, and sleeps. It has no runtime,
 * so that what fails with it is the host's or os.h's.
 */
#include <drydock/os.h>
#include <stdio.h>

#include "sim/user/linux.h"
#include "sim/user/start.h"

static handle_t control_authority(const struct start_block *start)
{
	for (uint32_t i = 0; i < start->grant_count; i++) {
		if (start->grants[i].kind == GRANT_AUTHORITY && start->grants[i].value == AUTHORITY_CONTROL)
			return start->grants[i].handle;
	}
	return 0;
}

int main(void)
{
	char error[256];
	struct os *os = os_create(DESCRIPTOR_SOCKET, error, sizeof(error));
	uint64_t arguments[6] = {0}, length = 0;

	if (os == NULL) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	arguments[0] = control_authority(os_start(os));
	arguments[1] = ANNOUNCE_SERVICES_UP;
	if (result_is_error(os_trap(os, SYS_ANNOUNCE, arguments, &length)))
		return 1;
	for (;;)
		os_sleep(os, DEADLINE_NEVER);
}

/* What every image runs: the one server that is linked in, as sim/user/main.c does on Linux. */
#include <drydock/os.h>
#include <drydock/server.h>

#include "arch/x86_64/user/process.h"

extern const struct server_definition DRYDOCK_SERVER;

/* Called by user/start.S. */
_Noreturn void process_main(void);

_Noreturn void process_main(void)
{
	struct os os;

	os_initialize(&os);
	os_exit(&os, runtime_main(&os, &DRYDOCK_SERVER));
}

/* What the kernel tells a process at its ports (abi/sys.h, struct receipt). */
#include <drydock/string.h>

#include "user/runtime.h"
#include "user/service.h"

/* Of one port: senders of datagrams may be faster than this process. */
#define RECEIPTS_A_ROUND 64

static void lane_event(struct runtime *runtime, handle_t port, const struct receipt *receipt)
{
	struct service *service = service_find(runtime, port);

	if (service != NULL)
		connection_event(service, receipt);
	/* init serves at its home port, so that both may be meant. */
	if (receipt->handle != 0)
		client_event(runtime, receipt);
}

bool event_drain(struct runtime *runtime, handle_t port)
{
	bool any = false;

	/* The kernel takes the bit back with the last thing received: no call to hear that there is no more. */
	for (int turn = 0; turn < RECEIPTS_A_ROUND && runtime_port_pending(runtime, port); turn++) {
		uint64_t result = runtime_trap(runtime, SYS_PORT_RECEIVE, port, DEADLINE_POLL, 0, 0);
		struct receipt receipt;

		if (result_is_error(result))
			return any;
		any = true;
		/* Copied: what follows makes system calls of its own. */
		memcpy(&receipt, os_buffer(runtime->os), sizeof(receipt));
		if (receipt.kind == RECEIPT_LANE)
			lane_event(runtime, port, &receipt);
		else if (receipt.kind == RECEIPT_INTERRUPT)
			devices_interrupt(runtime, &receipt);
		else if (runtime->on_receipt != NULL)
			runtime->on_receipt(runtime->receipt_context, &receipt);
	}
	return any;
}

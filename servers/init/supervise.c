/* Restarts; see supervise.h. */
#include "supervise.h"

#include <drydock/abi/manifest.h>
#include <drydock/proto/init.h>

void supervise_init(struct supervision *supervision)
{
	*supervision = (struct supervision){.state = INIT_STATE_WAITING};
}

void supervise_started(struct supervision *supervision)
{
	if (supervision->started)
		supervision->restarts++;
	supervision->started = true;
	supervision->state = INIT_STATE_STARTING;
}

void supervise_adopted(struct supervision *supervision)
{
	supervision->started = true;
	supervision->registered = true;
	supervision->state = INIT_STATE_STARTING;
}

void supervise_registered(struct supervision *supervision, uint64_t now)
{
	if (supervision->state != INIT_STATE_RUNNING)
		supervision->running = now;
	supervision->registered = true;
	supervision->state = INIT_STATE_RUNNING;
}

/* How long to wait after so many failures before this one. */
static uint64_t delay_after(uint32_t failures)
{
	uint64_t delay = SUPERVISE_DELAY_FIRST;

	if (failures == 0)
		return 0;
	while (--failures > 0 && delay < SUPERVISE_DELAY_MAXIMUM)
		delay *= 2;
	return delay < SUPERVISE_DELAY_MAXIMUM ? delay : SUPERVISE_DELAY_MAXIMUM;
}

void supervise_ended(struct supervision *supervision, uint32_t restart, bool booting, uint64_t now)
{
	uint64_t delay;

	if (supervision->state == INIT_STATE_RUNNING && now - supervision->running >= SUPERVISE_HEALTHY)
		supervision->failures = 0;
	delay = delay_after(supervision->failures);
	if (supervision->failures < UINT32_MAX)
		supervision->failures++;
	supervision->state = INIT_STATE_RESTARTING;
	supervision->due = now + delay;
	if (restart == RESTART_NEVER ||
	    (booting && !supervision->registered && supervision->failures >= SUPERVISE_BOOT_ATTEMPTS))
		supervision->state = INIT_STATE_FAILED;
}

void supervise_commanded(struct supervision *supervision, bool alive, uint64_t now)
{
	supervision->failures = 0;
	if (!alive) {
		supervision->state = INIT_STATE_RESTARTING;
		supervision->due = now;
	}
}

void supervise_failed(struct supervision *supervision)
{
	supervision->state = INIT_STATE_FAILED;
}

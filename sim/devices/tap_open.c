/* net_open: a card of the host's, in the loop of the process that it was given to. */
#include <string.h>

#include <drydock/posix.h>
#include <drydock/server.h>

#include "sim/user/linux.h"
#include "tap.h"

struct opened_tap {
	struct tap tap;
	struct runtime *runtime;
	struct os_device *device;
};

/* The sleeper is awake, which is all: the loop polls anyway. */
static void on_ready(void *context)
{
	(void)context;
}

static bool start(struct opened_tap *opened, struct runtime *runtime, struct os_device *device, uint32_t offloads)
{
	int record = device->descriptor_count > 1 ? device->descriptors[1] : -1;
	struct os *os = runtime_os(runtime);
	struct tap_parameters parameters;
	const char *error;

	memcpy(&parameters, device->parameters, sizeof(parameters));
	parameters.name[TAP_NAME_SIZE - 1] = '\0';
	parameters.offloads &= offloads;
	if (!tap_create(&opened->tap, os, &parameters, device->descriptors[0], record, &error)) {
		log_print(runtime, LOG_ERROR, "%s: %s", parameters.name, error);
		return false;
	}
	if (!os_watch_descriptor(os, device->descriptors[0], on_ready, NULL)) {
		log_print(runtime, LOG_ERROR, "%s: more devices than a process can wait for", parameters.name);
		tap_destroy(&opened->tap);
		return false;
	}
	return true;
}

struct net_card *net_open(struct runtime *runtime, uint32_t index, uint32_t offloads, int32_t *status)
{
	struct os_device *device = os_device(runtime_os(runtime), DEVICE_CARD, index);
	struct opened_tap *opened;

	*status = device == NULL ? POSIX_ENOENT : device->in_use ? POSIX_EBUSY : 0;
	if (*status != 0)
		return NULL;
	opened = runtime_allocate(runtime, sizeof(*opened));
	*status = opened == NULL ? POSIX_ENOMEM : 0;
	if (opened == NULL)
		return NULL;
	if (!start(opened, runtime, device, offloads)) {
		runtime_free(runtime, opened);
		*status = POSIX_EIO;
		return NULL;
	}
	opened->runtime = runtime;
	opened->device = device;
	device->in_use = true;
	runtime_add_device(runtime, &opened->tap.card.device);
	return &opened->tap.card;
}

void net_close(struct net_card *card)
{
	struct opened_tap *opened = list_entry(card, struct opened_tap, tap.card);
	struct runtime *runtime = opened->runtime;

	runtime_remove_device(runtime, &card->device);
	os_unwatch_descriptor(runtime_os(runtime), opened->device->descriptors[0]);
	tap_destroy(&opened->tap);
	opened->device->in_use = false;
	runtime_free(runtime, opened);
}

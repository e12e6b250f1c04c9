/* Devices in the loop of a process (drydock/dev/device.h, docs/DEVICES.md). */
#include <drydock/dev/device.h>

#include "user/runtime.h"

void runtime_add_device(struct runtime *runtime, struct device *device)
{
	list_add_tail(&runtime->devices, &device->link);
}

void runtime_remove_device(struct runtime *runtime, struct device *device)
{
	(void)runtime;
	list_remove(&device->link);
}

bool devices_poll(struct runtime *runtime)
{
	bool any = false;

	for (struct list *link = runtime->devices.next; link != &runtime->devices; link = link->next)
		any |= device_poll(list_entry(link, struct device, link));
	return any;
}

void devices_kick(struct runtime *runtime)
{
	for (struct list *link = runtime->devices.next; link != &runtime->devices; link = link->next)
		device_kick(list_entry(link, struct device, link));
}

bool devices_arm(struct runtime *runtime)
{
	bool all = true;
	for (struct list *link = runtime->devices.next; link != &runtime->devices; link = link->next)
		all &= device_arm(list_entry(link, struct device, link));
	return all;
}

void devices_interrupt(struct runtime *runtime, const struct receipt *receipt)
{
	for (struct list *link = runtime->devices.next; link != &runtime->devices; link = link->next) {
		struct device *device = list_entry(link, struct device, link);

		if (device->handle != receipt->handle)
			continue;
		for (uint32_t vector = 0; vector < DEVICE_VECTORS; vector++) {
			if (receipt->bits & 1u << vector)
				device_interrupt(device, vector);
		}
	}
}

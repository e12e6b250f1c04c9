/*
 * Events: sticky bits that lie in the object they tell of. An object waits at
 * most once, at one port; bits that come meanwhile are added.
 */
#include <drydock/string.h>

#include "kernel/core.h"

void event_init(struct event *event, enum event_source source)
{
	list_init(&event->link);
	event->port = NULL;
	event->source = source;
	event->bits = 0;
}

static struct process *event_process(struct event *event)
{
	return list_entry(event, struct process, event);
}

static struct sender *event_sender(struct event *event)
{
	return list_entry(event, struct sender, event);
}

static struct lane_end *event_lane_end(struct event *event)
{
	return list_entry(event, struct lane_end, event);
}

static struct device_claim *event_device(struct event *event)
{
	return list_entry(event, struct device_claim, event);
}

void event_post(struct kernel *kernel, struct event *event, struct port *port, uint32_t bits)
{
	event->bits |= bits;
	if (event->port == NULL) {
		/* A dead process's record stays until its end has been told. */
		if (event->source == EVENT_OF_PROCESS)
			process_acquire(event_process(event));
		event->port = port;
		list_add_tail(&port->events, &event->link);
	}
	/* Whoever is blocked there takes it at once: from here on what `event` lies in may be gone. */
	port_notify(kernel, event->port);
}

/* Takes the event off its port; what it lies in stays. */
static void event_unlink(struct event *event)
{
	list_remove(&event->link);
	event->port = NULL;
	event->bits = 0;
}

/* Lets go of what an event that is no longer queued held alive. */
static void event_settle(struct kernel *kernel, struct event *event)
{
	if (event->source == EVENT_OF_PROCESS)
		process_release(kernel, event_process(event));
	else if (event->source == EVENT_OF_SENDER)
		sender_settle(kernel, event_sender(event));
}

void event_cancel(struct kernel *kernel, struct event *event)
{
	struct port *port = event->port;

	if (port == NULL)
		return;
	event_unlink(event);
	port_quieten(port);
	event_settle(kernel, event);
}

static void event_describe_lane(struct lane_end *end, struct receipt *receipt)
{
	const struct lane *lane = end->lane;
	const struct process *peer = lane_end_peer(end)->process;

	receipt->kind = RECEIPT_LANE;
	receipt->badge = lane->badge;
	receipt->object = lane->id;
	receipt->handle = end->handle;
	if (receipt->bits & EVENT_LANE_CLOSED)
		receipt->value = lane->reason;
	if (peer != NULL) {
		receipt->process = peer->id;
		receipt->number = peer->number;
	}
}

static void event_describe_process(struct kernel *kernel, struct process *process, struct receipt *receipt)
{
	receipt->kind = RECEIPT_PROCESS;
	receipt->process = process->id;
	receipt->number = process->number;
	receipt->handle = process_parent_handle(kernel, process);
	if (receipt->bits & EVENT_PROCESS_EXITED)
		receipt->value = process->exit_code;
}

static void event_describe_sender(struct sender *sender, struct receipt *receipt)
{
	struct handle_slot *slot = handle_find(sender->process, sender->handle);

	receipt->kind = RECEIPT_SPACE;
	receipt->object = sender->port->id;
	/* The handle may have been dropped since, and its slot cannot name another port by it. */
	receipt->handle = slot != NULL ? sender->handle : 0;
}

bool event_receive(struct kernel *kernel, struct port *port, struct receipt *receipt)
{
	struct event *event;

	if (list_empty(&port->events))
		return false;
	event = list_entry(port->events.next, struct event, link);
	memset(receipt, 0, sizeof(*receipt));
	receipt->bits = event->bits;
	switch (event->source) {
	case EVENT_OF_LANE_END:
		event_describe_lane(event_lane_end(event), receipt);
		break;
	case EVENT_OF_PROCESS:
		event_describe_process(kernel, event_process(event), receipt);
		break;
	case EVENT_OF_SENDER:
		event_describe_sender(event_sender(event), receipt);
		break;
	case EVENT_OF_CONSOLE:
		receipt->kind = RECEIPT_CONSOLE;
		break;
	case EVENT_OF_DEVICE:
		receipt->kind = RECEIPT_INTERRUPT;
		receipt->object = event_device(event)->id;
		receipt->handle = event_device(event)->handle;
		break;
	case EVENT_OF_STOP:
		receipt->kind = RECEIPT_STOP;
		break;
	}
	event_unlink(event);
	event_settle(kernel, event);
	return true;
}

/* Where an event may wait after its port has ended, or NULL. */
static struct port *event_refuge(struct kernel *kernel, struct port *port, struct event *event)
{
	struct process *owner = port->owner;

	if (owner == NULL)
		return NULL;
	if (event->source == EVENT_OF_PROCESS) {
		/* Its parent is dying, and it is inherited. */
		struct process *process = event_process(event);

		process->parent = owner->parent;
		process->of_init = owner->of_init;
		process->parent_handle = 0;
		return process_event_port(kernel, process);
	}
	/* The server learns of its open lanes' ends as long as it lives. */
	if (event->source == EVENT_OF_LANE_END && owner->state != PROCESS_DEAD)
		return owner->home;
	return NULL;
}

void event_evacuate(struct kernel *kernel, struct port *port)
{
	while (!list_empty(&port->events)) {
		struct event *event = list_entry(port->events.next, struct event, link);
		struct port *refuge = event_refuge(kernel, port, event);

		if (refuge == NULL || refuge->ended) {
			event_cancel(kernel, event);
			continue;
		}
		list_remove(&event->link);
		event->port = refuge;
		list_add_tail(&refuge->events, &event->link);
		port_notify(kernel, refuge);
	}
}

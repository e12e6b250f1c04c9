/* Ports: where a process receives. Datagrams, bounded for each sender, and events. */
#include <drydock/atomic.h>
#include <drydock/string.h>

#include "kernel/core.h"

struct port *port_create(struct kernel *kernel)
{
	struct port *port = platform_allocate(kernel->machine, sizeof(*port));

	if (port == NULL)
		return NULL;
	port->id = kernel->next_port++;
	port->references = 1;
	charge_init(&port->charge);
	list_init(&port->datagrams);
	list_init(&port->senders);
	list_init(&port->events);
	list_init(&port->pending);
	list_init(&port->accepted);
	list_add_tail(&kernel->ports, &port->link);
	return port;
}

void port_release(struct kernel *kernel, struct port *port)
{
	if (--port->references > 0)
		return;
	platform_free(kernel->machine, port, sizeof(*port));
}

bool port_empty(const struct port *port)
{
	return port->datagram_count == 0 && list_empty(&port->events);
}

/* The owner's bit for the port; NULL without an owner that could see it. */
static uint64_t *port_notice(const struct port *port, uint64_t *bit)
{
	uint32_t index = port->receive & HANDLE_INDEX_MASK;

	if (port->receive == 0 || port->owner == NULL || port->owner->state == PROCESS_DEAD)
		return NULL;
	*bit = 1ull << index % 64;
	return &port->owner->notice->bits[index / 64];
}

void port_quieten(struct port *port)
{
	uint64_t bit, *word = port_notice(port, &bit);

	if (word != NULL && port_empty(port))
		atomic_and_release(word, ~bit);
}

void port_notify(struct kernel *kernel, struct port *port)
{
	struct process *owner = port->owner;
	uint64_t bit, *word = port_notice(port, &bit);

	if (word == NULL)
		return;
	if (owner->blocked.kind == BLOCKED_RECEIVE && owner->blocked.port == port) {
		struct receipt receipt;

		if (!port_take(kernel, port, &receipt))
			return;
		memcpy(owner->buffer, &receipt, sizeof(receipt));
		process_complete(kernel, owner, 0, sizeof(receipt));
		return;
	}
	/* Release: who sees the bit and calls finds what it tells of. The kernel is the only writer. */
	atomic_or_release(word, bit);
	process_wake(kernel, owner);
}

static void receipt_fill(struct receipt *receipt, const struct port *port, uint64_t badge, uint64_t process,
                         uint32_t number, const uint64_t words[8])
{
	memset(receipt, 0, sizeof(*receipt));
	receipt->kind = RECEIPT_DATAGRAM;
	receipt->badge = badge;
	receipt->process = process;
	receipt->number = number;
	receipt->handle = port->receive;
	memcpy(receipt->datagram, words, sizeof(receipt->datagram));
}

static bool datagram_receive(struct kernel *kernel, struct port *port, struct receipt *receipt)
{
	struct list *link = list_take(&port->datagrams);
	struct datagram *datagram;
	struct sender *sender;

	if (link == NULL)
		return false;
	datagram = list_entry(link, struct datagram, link);
	sender = datagram->sender;
	receipt_fill(receipt, port, datagram->badge, datagram->process, datagram->number, datagram->words);
	platform_free(kernel->machine, datagram, sizeof(*datagram));
	port->datagram_count--;
	sender->count--;
	if (sender->waiting) {
		sender->waiting = false;
		event_post(kernel, &sender->event, sender->process->home, 1);
	} else {
		sender_settle(kernel, sender);
	}
	return true;
}

bool port_take(struct kernel *kernel, struct port *port, struct receipt *receipt)
{
	bool datagram_first = port->datagram_turn;
	bool taken;

	/* By turns, so that neither a flood of datagrams nor one of events starves the other. */
	port->datagram_turn = !datagram_first;
	taken = datagram_first
	                ? datagram_receive(kernel, port, receipt) || event_receive(kernel, port, receipt)
	                : event_receive(kernel, port, receipt) || datagram_receive(kernel, port, receipt);
	port_quieten(port);
	return taken;
}

void sender_settle(struct kernel *kernel, struct sender *sender)
{
	struct port *port = sender->port;

	if (sender->count > 0 || sender->waiting || sender->event.port != NULL)
		return;
	list_remove(&sender->port_link);
	list_remove(&sender->process_link);
	charge_release(&sender->charge);
	platform_free(kernel->machine, sender, sizeof(*sender));
	port_release(kernel, port);
}

void sender_forget(struct kernel *kernel, struct process *process)
{
	struct list *link;

	while ((link = list_take(&process->senders)) != NULL) {
		struct sender *sender = list_entry(link, struct sender, process_link);

		sender->process = NULL;
		sender->waiting = false;
		if (sender->event.port != NULL)
			event_cancel(kernel, &sender->event);
		else
			sender_settle(kernel, sender);
	}
}

void port_end(struct kernel *kernel, struct port *port)
{
	struct list *link;

	port->ended = true;
	list_remove(&port->link);
	while (!list_empty(&port->pending))
		lane_turn_away(kernel, list_entry(port->pending.next, struct lane, port_link), E_PEER_DEAD);
	while ((link = list_take(&port->accepted)) != NULL)
		list_entry(link, struct lane, port_link)->port = NULL;
	port->accepted_count = 0;
	while ((link = list_take(&port->datagrams)) != NULL) {
		struct datagram *datagram = list_entry(link, struct datagram, link);

		datagram->sender->count--;
		platform_free(kernel->machine, datagram, sizeof(*datagram));
	}
	port->datagram_count = 0;
	console_forget(kernel, port);
	device_forget_port(kernel, port);
	event_evacuate(kernel, port);
	/* Each sender's record goes, or stays until it has been told to try again and find the port gone. */
	while ((link = list_take(&port->senders)) != NULL) {
		struct sender *sender = list_entry(link, struct sender, port_link);

		if (sender->waiting) {
			sender->waiting = false;
			event_post(kernel, &sender->event, sender->process->home, 1);
		} else {
			sender_settle(kernel, sender);
		}
	}
	port_quieten(port);
	port->owner = NULL;
	port->receive = 0;
	charge_release(&port->charge);
}

uint64_t sys_port_allocate(struct call *call)
{
	const struct quota one = {.ports = 1};
	struct port *port = port_create(call->kernel);
	struct capability capability = {
		.kind = OBJECT_PORT,
		.rights = RIGHT_SEND | RIGHT_RECEIVE | RIGHT_DESTROY | RIGHT_DERIVE | RIGHT_TRANSFER,
		.port = port,
	};
	handle_t handle = 0;
	enum error error;

	if (port == NULL)
		return error_result(E_NOMEM);
	port->owner = call->process;
	error = charge_take(&port->charge, call->process->account, &one);
	if (error == E_OK)
		error = handle_install(call->kernel, call->process, &capability, &handle);
	port->receive = handle;
	if (error != E_OK)
		port_end(call->kernel, port);
	/* The handle's reference is the one that counts from now on. */
	port_release(call->kernel, port);
	return error == E_OK ? handle : error_result(error);
}

static struct sender *sender_find(struct port *port, struct process *process)
{
	list_for_each(link, &port->senders) {
		struct sender *sender = list_entry(link, struct sender, port_link);

		if (sender->process == process)
			return sender;
	}
	return NULL;
}

static enum error sender_create(struct kernel *kernel, struct port *port, struct process *process,
                                struct sender **result)
{
	static const struct quota share = {
		.memory = sizeof(struct sender) + DATAGRAMS_PER_SENDER * sizeof(struct datagram)};
	struct sender *sender = platform_allocate(kernel->machine, sizeof(*sender));
	enum error error;

	if (sender == NULL)
		return E_NOMEM;
	charge_init(&sender->charge);
	error = charge_take(&sender->charge, process->account, &share);
	if (error != E_OK) {
		platform_free(kernel->machine, sender, sizeof(*sender));
		return error;
	}
	sender->port = port;
	port->references++;
	sender->process = process;
	event_init(&sender->event, EVENT_OF_SENDER);
	list_add_tail(&port->senders, &sender->port_link);
	list_add_tail(&process->senders, &sender->process_link);
	*result = sender;
	return E_OK;
}

/* Whoever waits for this very port, which is empty then, gets it without its being kept. False: nobody does. */
static bool datagram_hand_over(struct call *call, const struct capability *capability)
{
	const struct port *port = capability->port;
	struct process *owner = port->owner;

	if (owner == NULL || owner->blocked.kind != BLOCKED_RECEIVE || owner->blocked.port != port)
		return false;
	receipt_fill(owner->buffer, port, capability->badge, call->process->id, call->process->number,
	             call->kernel->input.words);
	process_complete(call->kernel, owner, 0, sizeof(struct receipt));
	return true;
}

uint64_t sys_port_send(struct call *call)
{
	struct kernel *kernel = call->kernel;
	struct process *process = call->process;
	struct capability *capability;
	struct datagram *datagram;
	struct sender *sender;
	struct port *port;
	enum error error = handle_lookup_port(process, call->argument[0], RIGHT_SEND, &capability);

	if (error != E_OK)
		return error_result(error);
	if (call->length != sizeof(datagram->words))
		return error_result(E_INVAL);
	if (datagram_hand_over(call, capability))
		return 0;
	port = capability->port;
	sender = sender_find(port, process);
	if (sender == NULL)
		error = sender_create(kernel, port, process, &sender);
	if (error != E_OK)
		return error_result(error);
	if (sender->count >= DATAGRAMS_PER_SENDER) {
		sender->waiting = true;
		sender->handle = (handle_t)call->argument[0];
		return error_result(E_PORT_FULL);
	}
	datagram = platform_allocate(kernel->machine, sizeof(*datagram));
	if (datagram == NULL) {
		sender_settle(kernel, sender);
		return error_result(E_NOMEM);
	}
	datagram->sender = sender;
	datagram->badge = capability->badge;
	datagram->process = process->id;
	datagram->number = process->number;
	memcpy(datagram->words, kernel->input.words, sizeof(datagram->words));
	sender->count++;
	port->datagram_count++;
	list_add_tail(&port->datagrams, &datagram->link);
	port_notify(kernel, port);
	return 0;
}

uint64_t sys_port_receive(struct call *call)
{
	struct capability *capability;
	struct receipt receipt;
	enum error error = handle_lookup_port(call->process, call->argument[0], RIGHT_RECEIVE, &capability);

	if (error != E_OK)
		return error_result(error);
	if (port_take(call->kernel, capability->port, &receipt)) {
		call_write(call, &receipt, sizeof(receipt));
		return 0;
	}
	if (deadline_passed(call->kernel, call->argument[1], &error))
		return error_result(error);
	process_block(call->kernel, call->process, BLOCKED_RECEIVE, capability->port, call->argument[1]);
	return SYSCALL_BLOCKED;
}

uint64_t sys_port_derive(struct call *call)
{
	struct capability *capability, derived;
	enum error error = handle_lookup_port(call->process, call->argument[0], RIGHT_DERIVE, &capability);
	handle_t handle;

	if (error != E_OK)
		return error_result(error);
	/* Without DERIVE: a badge once given stays. */
	derived = (struct capability){
		.kind = OBJECT_PORT,
		.rights = RIGHT_SEND | RIGHT_TRANSFER,
		.badge = call->argument[1],
		.port = capability->port,
	};
	error = handle_install(call->kernel, call->process, &derived, &handle);
	return error == E_OK ? handle : error_result(error);
}

uint64_t sys_port_info(struct call *call)
{
	struct capability *capability;
	enum error error = handle_lookup_port(call->process, call->argument[0], 0, &capability);

	return error == E_OK ? capability->port->id : error_result(error);
}

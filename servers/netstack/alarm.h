/* What the stack is to do later (netstack.h). */
#ifndef NETSTACK_ALARM_H
#define NETSTACK_ALARM_H

#include <stdint.h>

#include <drydock/list.h>

struct netstack;

/* Something to be done at a time; the memory is whose it is to do. alarm_init first. */
struct alarm {
	struct list link;  /* in netstack->alarms while it is set */
	uint64_t deadline;
	void (*ring)(struct netstack *stack, struct alarm *alarm);
};

void alarm_init(struct alarm *alarm, void (*ring)(struct netstack *stack, struct alarm *alarm));

/* Rings at `deadline`; set already, it is set anew. */
void alarm_set(struct netstack *stack, struct alarm *alarm, uint64_t deadline);

/* Sets it, unless it rings earlier anyway. */
void alarm_set_before(struct netstack *stack, struct alarm *alarm, uint64_t deadline);

void alarm_cancel(struct netstack *stack, struct alarm *alarm);

#endif

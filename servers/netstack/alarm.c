/*
 * Alarms, in the order in which they ring. There is one for each part of the
 * stack, not for each packet or socket, so a list does.
 */
#include "netstack.h"

void alarm_init(struct alarm *alarm, void (*ring)(struct netstack *stack, struct alarm *alarm))
{
	list_init(&alarm->link);
	alarm->ring = ring;
}

static void schedule_first(struct netstack *stack)
{
	if (!list_empty(&stack->alarms))
		stack->environment.schedule(stack->environment.context,
		                            list_entry(stack->alarms.next, struct alarm, link)->deadline);
}

void alarm_set(struct netstack *stack, struct alarm *alarm, uint64_t deadline)
{
	struct list *after;

	list_remove(&alarm->link);
	after = stack->alarms.previous;
	while (after != &stack->alarms && list_entry(after, struct alarm, link)->deadline > deadline)
		after = after->previous;
	alarm->deadline = deadline;
	list_add_head(after, &alarm->link);
	if (stack->alarms.next == &alarm->link)
		schedule_first(stack);
}

void alarm_set_before(struct netstack *stack, struct alarm *alarm, uint64_t deadline)
{
	if (list_empty(&alarm->link) || alarm->deadline > deadline)
		alarm_set(stack, alarm, deadline);
}

void alarm_cancel(struct netstack *stack, struct alarm *alarm)
{
	(void)stack;
	list_remove(&alarm->link);
}

void netstack_run_alarms(struct netstack *stack)
{
	uint64_t now = netstack_now(stack);

	while (!list_empty(&stack->alarms)) {
		struct alarm *alarm = list_entry(stack->alarms.next, struct alarm, link);

		if (alarm->deadline > now)
			break;
		list_remove(&alarm->link);
		alarm->ring(stack, alarm);
	}
	schedule_first(stack);
}

/* Lines held back; see order.h. */
#include "order.h"

#include <drydock/string.h>

void order_init(struct order *order, struct line *lines)
{
	order->lines = lines;
	order->count = 0;
	order->cuts[0] = order->cuts[1] = order->complete = 0;
	/* The first place is on top: places that are never needed are never touched. */
	for (uint32_t at = 0; at < ORDER_LINES; at++)
		order->unused[at] = (uint16_t)(ORDER_LINES - 1 - at);
}

bool order_empty(const struct order *order)
{
	return order->count == 0;
}

struct line *order_reserve(struct order *order)
{
	if (order->count == ORDER_LINES)
		return NULL;
	return &order->lines[order->unused[ORDER_LINES - 1 - order->count]];
}

/* Lines come nearly in order, so that the place is found near the end. */
void order_add(struct order *order, struct line *line, uint64_t now)
{
	uint32_t place = order->count;

	if (line->time > now)
		line->time = now;
	while (place > 0 && order->lines[order->sorted[place - 1]].time > line->time)
		place--;
	memmove(&order->sorted[place + 1], &order->sorted[place],
	        (order->count - place) * sizeof(order->sorted[0]));
	order->sorted[place] = (uint16_t)(line - order->lines);
	order->count++;
}

void order_cut(struct order *order, uint64_t now)
{
	order->complete = order->cuts[1];
	order->cuts[1] = order->cuts[0];
	order->cuts[0] = now;
}

const struct line *order_take_anyway(struct order *order)
{
	uint16_t index;

	if (order->count == 0)
		return NULL;
	index = order->sorted[0];
	order->count--;
	memmove(&order->sorted[0], &order->sorted[1], order->count * sizeof(order->sorted[0]));
	order->unused[ORDER_LINES - 1 - order->count] = index;
	return &order->lines[index];
}

const struct line *order_take(struct order *order)
{
	if (order->count == 0 || order->lines[order->sorted[0]].time > order->complete)
		return NULL;
	return order_take_anyway(order);
}

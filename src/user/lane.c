/* One end of a lane: setting it up (src/user/lane.h). */
#include "user/lane.h"

void lane_init(struct lane *lane, bool client, uint32_t depth, uint32_t area)
{
	uint8_t *memory = lane->os.memory;
	uint64_t *requests = (uint64_t *)(void *)(memory + LANE_RINGS);
	uint64_t *replies = (uint64_t *)(void *)(memory + lane_reply_ring(depth));
	uint32_t *request_tail = (uint32_t *)(void *)(memory + LANE_REQUEST_TAIL);
	uint32_t *request_head = (uint32_t *)(void *)(memory + LANE_REQUEST_HEAD);
	uint32_t *reply_tail = (uint32_t *)(void *)(memory + LANE_REPLY_TAIL);
	uint32_t *reply_head = (uint32_t *)(void *)(memory + LANE_REPLY_HEAD);
	uint32_t request_mask = lane_request_slots(depth) - 1;
	uint32_t reply_mask = depth - 1;

	list_init(&lane->link);
	list_init(&lane->dirty);
	lane->client = client;
	lane->depth = depth;
	lane->area = memory + lane_area_offset(depth);
	lane->area_size = area;
	lane->admitted = lane->replies_taken = 0;
	lane->reply_head = reply_head;
	if (client) {
		lane->out = (struct ring_out){.slots = requests, .tail = request_tail, .mask = request_mask};
		lane->in = (struct ring_in){
			.slots = replies, .tail = reply_tail, .head = reply_head, .mask = reply_mask};
	} else {
		lane->out = (struct ring_out){.slots = replies, .tail = reply_tail, .mask = reply_mask};
		lane->in = (struct ring_in){
			.slots = requests, .tail = request_tail, .head = request_head, .mask = request_mask};
	}
}

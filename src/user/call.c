/* Calls in flight on a client's lane (drydock/client.h). */
#include <drydock/client.h>
#include <drydock/os.h>
#include <drydock/string.h>

#include "user/client_internal.h"
#include "user/fiber.h"
#include "user/runtime.h"

/* Largest status that a server may reply: a POSIX error. */
#define STATUS_MAXIMUM 4095

static void wake_waiters(struct client_lane *lane)
{
	if (lane->client != NULL && !list_empty(&lane->client->waiters))
		client_wake_waiters(lane->client);
}

/* ---- slots and ranges ---------------------------------------------------- */

static void slot_free(struct client_lane *lane, struct slot *slot)
{
	slot->call = NULL;
	slot->in_flight = false;
	slot->next_free = (uint16_t)lane->first_free;
	lane->first_free = (uint32_t)(slot - lane->slots);
	wake_waiters(lane);
}

static bool take_ranges(struct call *call, struct area *area, uint32_t in_length, uint32_t out_length)
{
	if (in_length > 0 && !area_reserve(area, in_length, &call->in_range))
		return false;
	if (out_length > 0 && !area_reserve(area, out_length, &call->out_range)) {
		area_release(area, call->in_range);
		return false;
	}
	return true;
}

static void release_ranges(struct client_lane *lane, struct range in, struct range out)
{
	if (in.length == 0 && out.length == 0)
		return;
	area_release(&lane->area, in);
	area_release(&lane->area, out);
	wake_waiters(lane);
}

bool client_reserve(struct client *client, uint32_t length, struct reservation *reservation)
{
	struct client_lane *lane = client->lane;
	struct range range;

	if (lane == NULL || length == 0 || !area_reserve(&lane->area, length, &range))
		return false;
	lane->references++;
	*reservation = (struct reservation){
		.data = lane->lane.area + range.offset,
		.length = length,
		.offset = range.offset,
		.lane = lane,
	};
	return true;
}

void client_release(struct reservation *reservation)
{
	struct range range = {.offset = reservation->offset, .length = reservation->length};

	release_ranges(reservation->lane, range, (struct range){0});
	client_lane_put(reservation->lane);
	reservation->lane = NULL;
	reservation->data = NULL;
}

bool client_reserved(const struct client *client, const struct reservation *reservation)
{
	return client->lane != NULL && reservation->lane == client->lane;
}

/* ---- making a call --------------------------------------------------------- */

/* Room for the ranges must exist in an empty area; how it lies does not matter then. */
static bool ranges_can_fit(const struct area *area, uint32_t in_length, uint32_t out_length)
{
	return area_granules(in_length) + area_granules(out_length) <= area->granules;
}

static void take_slot(struct call *call, struct client_lane *lane, uint16_t op)
{
	uint32_t index = lane->first_free;
	struct slot *slot = &lane->slots[index];
	uint16_t flags = (uint16_t)((call->in_length ? MESSAGE_IN : 0) | (call->out_length ? MESSAGE_OUT : 0));

	lane->first_free = slot->next_free;
	slot->generation++;
	slot->call = call;
	call->slot = index;
	call->request.word[0] = message_header(op, flags, index | (uint32_t)slot->generation << 16);
}

/* When what begins now has waited long enough. */
static uint64_t call_deadline(const struct client *client)
{
	if (client->options.deadline == DEADLINE_NEVER)
		return DEADLINE_NEVER;
	return os_time(client->runtime->os) + client->options.deadline;
}

/* All but the reply, which is not valid before there is one. */
static void call_clear(struct call *call)
{
	memset(&call->request, 0, sizeof(call->request));
	list_init(&call->link);
	call->in = call->out = NULL;
	call->status = 0;
	call->waiter = NULL;
	call->in_range = call->out_range = (struct range){0};
	call->state = CALL_BEGUN;
	call->cancelled = false;
}

int32_t call_try_begin(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                       uint32_t out_length)
{
	struct client_lane *lane = client->lane;

	if (lane == NULL)
		return -E_PEER_DEAD;
	if (in_length + (uint64_t)out_length > 0 && !ranges_can_fit(&lane->area, in_length, out_length))
		return -E_TOO_LARGE;
	call_clear(call);
	call->lane = lane;
	call->in_length = in_length;
	call->out_length = out_length;
	if (lane->first_free == lane->lane.depth || !take_ranges(call, &lane->area, in_length, out_length))
		return -E_WOULD_BLOCK;
	lane->references++;
	take_slot(call, lane, op);
	if (in_length > 0) {
		call->in = lane->lane.area + call->in_range.offset;
		call->request.word[MESSAGE_WORD_IN] = range_word(call->in_range);
	}
	if (out_length > 0) {
		call->out = lane->lane.area + call->out_range.offset;
		call->request.word[MESSAGE_WORD_OUT] = range_word(call->out_range);
	}
	return 0;
}

int32_t call_begin(struct call *call, struct client *client, uint16_t op, uint32_t in_length, uint32_t out_length)
{
	uint64_t deadline = 0;

	for (;;) {
		int32_t status = client->lane ? 0 : client_connect(client);

		if (status == 0)
			status = call_try_begin(call, client, op, in_length, out_length);
		if (status != -E_WOULD_BLOCK)
			return status;
		/* The clock is read only where there is something to wait for. */
		if (deadline == 0)
			deadline = call_deadline(client);
		status = client_wait(client, deadline);
		if (status != 0)
			return status;
	}
}

void call_session(struct call *call, bool changes)
{
	struct client *client = call->lane->client;
	uint32_t sequence = changes ? ++client->sequence : 0;

	call->request.word[MESSAGE_WORD_SESSION] = word_pair(sequence, client->actor);
}

void call_set_actor(struct call *call, uint32_t actor)
{
	uint64_t *word = &call->request.word[MESSAGE_WORD_SESSION];

	*word = word_pair(word_low(*word), actor);
}

bool call_lend_in(struct call *call, const struct reservation *reservation, uint32_t offset, uint32_t length)
{
	struct range range = {.offset = reservation->offset + offset, .length = length};

	if (reservation->lane != call->lane || offset > reservation->length ||
	    length > reservation->length - offset)
		return false;
	call->request.word[0] |= (uint64_t)MESSAGE_IN << 16;
	call->request.word[MESSAGE_WORD_IN] = range_word(range);
	return true;
}

void call_submit(struct call *call, call_done_t done, void *context)
{
	struct client_lane *lane = call->lane;

	call->done = done;
	call->context = context;
	call->state = CALL_IN_FLIGHT;
	if (lane->client == NULL) {
		/* The lane died since the call was begun. It ends in the loop, as others do. */
		list_add_tail(&lane->runtime->stillborn, &call->link);
		return;
	}
	lane->slots[call->slot].in_flight = true;
	ring_put(&lane->lane.out, &call->request);
	lane_publish_part(&lane->lane);
	runtime_touch(lane->runtime, &lane->lane);
}

/* ---- waiting, cancelling, ending --------------------------------------------- */

static void call_finish(struct call *call, int32_t status)
{
	call->status = status;
	call->state = CALL_DONE;
	if (call->done != NULL)
		call->done(call, call->context);
	else if (call->waiter != NULL)
		fiber_wake(call->waiter);
}

bool call_finish_stillborn(struct runtime *runtime)
{
	struct list *link;
	bool any = false;

	while ((link = list_take(&runtime->stillborn)) != NULL) {
		call_finish(list_entry(link, struct call, link), -E_PEER_DEAD);
		any = true;
	}
	return any;
}

static void call_expired(struct timer *timer, void *context)
{
	(void)timer;
	fiber_wake(context);
}

/* Slot and ranges stay taken until the reply; the call itself is forgotten. */
static void call_abandon(struct call *call)
{
	struct client_lane *lane = call->lane;
	struct slot *slot = &lane->slots[call->slot];

	list_remove(&call->link);
	slot->call = NULL;
	slot->in = call->in_range;
	slot->out = call->out_range;
	call->lane = NULL;
	client_lane_put(lane);
}

int32_t call_wait(struct call *call, uint64_t deadline)
{
	struct runtime *runtime = call->lane->runtime;
	struct timer timer = {.fire = call_expired, .context = runtime->current, .call = true};
	bool limited = deadline != DEADLINE_NEVER;

	call->waiter = runtime->current;
	if (limited)
		timer_set(runtime, &timer, deadline);
	while (call->state != CALL_DONE && (!limited || timer.link != NULL))
		fiber_wait(runtime);
	timer_cancel(runtime, &timer);
	call->waiter = NULL;
	if (call->state != CALL_DONE) {
		/* The slot comes back with the reply: better soon. */
		call_cancel(call);
		call_abandon(call);
		call->status = -E_TIMED_OUT;
		call->state = CALL_DONE;
	}
	return call->status;
}

int32_t call_run(struct call *call)
{
	struct client_lane *lane = call->lane;
	uint64_t deadline = lane->client ? call_deadline(lane->client) : DEADLINE_NEVER;

	call_submit(call, NULL, NULL);
	return call_wait(call, deadline);
}

void call_cancel(struct call *call)
{
	struct message message = {0};

	if (call->lane == NULL || call->lane->client == NULL || call->state != CALL_IN_FLIGHT || call->cancelled)
		return;
	/* One a call at most: the request ring has room for it (docs/ABI.md, "Credit"). */
	call->cancelled = true;
	message.word[0] = message_header(OPERATION_CANCEL, 0, 0);
	message.word[1] = message_tag(&call->request);
	ring_put(&call->lane->lane.out, &message);
	runtime_touch(call->lane->runtime, &call->lane->lane);
}

void call_end(struct call *call)
{
	struct client_lane *lane = call->lane;

	if (lane == NULL)
		return;
	if (call->state == CALL_IN_FLIGHT) {
		call_abandon(call);
		return;
	}
	if (call->state == CALL_BEGUN)
		slot_free(lane, &lane->slots[call->slot]);
	release_ranges(lane, call->in_range, call->out_range);
	call->lane = NULL;
	client_lane_put(lane);
}

/* ---- replies ------------------------------------------------------------------- */

/* A reply: its tag must be that of a call in flight, or the server is broken. */
static bool take_reply(struct client_lane *lane, uint64_t header)
{
	uint32_t tag = (uint32_t)(header >> 32);
	struct slot *slot = &lane->slots[tag & 0xffff];
	struct message unwanted, *reply;
	struct call *call;

	if ((tag & 0xffff) >= lane->lane.depth || !slot->in_flight || slot->generation != tag >> 16)
		return false;
	call = slot->call;
	reply = call != NULL ? &call->reply : &unwanted;
	ring_take(&lane->lane.in, header, reply);
	if (word_low(reply->word[1]) > STATUS_MAXIMUM)
		return false;
	if (call == NULL)
		release_ranges(lane, slot->in, slot->out);
	slot_free(lane, slot);
	if (call != NULL)
		call_finish(call, (int32_t)word_low(reply->word[1]));
	return true;
}

/* Takes all replies; false where the server broke the rules. */
static bool drain(struct client_lane *lane)
{
	/* One ring full a round, though callbacks make new calls. */
	uint32_t turn = lane->lane.depth;
	enum ring_state state = RING_EMPTY;
	uint64_t header;

	while (turn-- > 0 && (state = ring_look(&lane->lane.in, &header)) == RING_MESSAGE) {
		if (!take_reply(lane, header))
			return false;
	}
	return state != RING_VIOLATION;
}

void client_drain(struct lane *shared)
{
	struct client_lane *lane = list_entry(shared, struct client_lane, lane);
	bool valid;

	lane->runtime->ending_calls = true;
	valid = drain(lane);
	lane->runtime->ending_calls = false;
	runtime_touch(lane->runtime, &lane->lane);
	if (!valid)
		client_disconnect(lane->client, -E_VIOLATION, E_VIOLATION);
}

void client_fail_calls(struct client_lane *lane, int32_t status)
{
	struct runtime *runtime = lane->runtime;
	bool before = runtime->ending_calls;

	runtime->ending_calls = true;
	for (uint32_t i = 0; i < lane->lane.depth; i++) {
		struct call *call = lane->slots[i].call;

		if (call == NULL || !lane->slots[i].in_flight)
			continue;
		lane->slots[i].call = NULL;
		call_finish(call, status);
	}
	runtime->ending_calls = before;
}

/* A client that writes anything at all anywhere in its lane (raid.h). Seeded: the same way every time. */
#include "../unit.h"

#include <string.h>

#include "raid.h"

#define ROUNDS 100000u

static uint64_t random_state;

static uint64_t random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t below(uint64_t limit)
{
	return random_word() % limit;
}

/* A request that is right in most ways. */
static struct message random_request(void)
{
	static const uint16_t operations[] = {OPERATION_CANCEL, LOG_WRITE, LOG_READ, LOG_WATCH, 4, 5};
	struct message message = request(operations[below(6)], (uint16_t)below(4), (uint32_t)below(DEPTH));

	if (below(40) == 0)
		message.word[0] ^= 1ull << below(64);
	message.word[1] = below(2) ? below(DEPTH) : random_word();
	message.word[3] = word_pair((uint32_t)below(40), 0);
	message.word[MESSAGE_WORD_OUT] = word_pair((uint32_t)below(AREA), (uint32_t)below(AREA / 4));
	message.word[MESSAGE_WORD_IN] = word_pair((uint32_t)below(AREA), (uint32_t)below(600));
	if (below(40) == 0)
		message.word[below(MESSAGE_WORDS)] = random_word();
	return message;
}

static void scribble(struct raider *from)
{
	uint64_t size = below(2) ? LANE_RINGS : from->memory.size;
	uint64_t word = random_word(), offset = below(size / 8) * 8;

	memcpy(from->memory.memory + offset, &word, below(8) + 1);
}

static void random_step(struct raider *from)
{
	struct message reply;

	switch (below(16)) {
	case 0:
		scribble(from);
		break;
	case 1:
		raider_show(from, (uint32_t)(below(2) ? random_word() : from->tail + below(20)));
		break;
	case 2:
		*raider_index(from, LANE_REPLY_HEAD) = (uint32_t)(from->taken + below(6) - 2);
		break;
	case 3:
	case 4:
	case 5:
		while (raider_take(from, &reply) && below(8))
			;
		break;
	default:
		raider_put(from, from->tail, random_request());
		from->tail++;
		*raider_index(from, LANE_REQUEST_TAIL) = from->tail;
		break;
	}
	if (below(3))
		basin_run(basin);
}

START_TEST(one_who_scribbles_over_everything)
{
	struct lane_info info;
	unsigned closed = 0;

	random_state = 0x2545f4914f6cdd1d;
	set_out();
	for (unsigned round = 0; round < ROUNDS; round++) {
		random_step(&pirate);
		if (round % 64 == 0)
			neighbour_is_served();
		if (round % 8 != 0)
			continue;
		lane_state(&pirate, &info);
		if (info.state != LANE_CLOSED)
			continue;
		ck_assert_uint_eq(info.reason, E_VIOLATION);
		raider_close(&pirate);
		raider_open(&pirate);
		closed++;
	}
	/* It got far both ways: into the service, and thrown out of it. */
	ck_assert_uint_gt(closed, 100);
	ck_assert_uint_gt(harbour->cancels, 100);
	raider_leave(&pirate);
	finish();
}
END_TEST

UNIT_RUN("scribble", one_who_scribbles_over_everything)

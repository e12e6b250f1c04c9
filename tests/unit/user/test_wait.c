/*
 * How a process waits before it sleeps (src/user/wait.c), on a machine that
 * consists of a clock, a count of yields, and a say in what each of them brings.
 */
#include "../unit.h"

#include <drydock/os.h>

#include "user/runtime.h"

#define CHEAP 2000ull    /* ns that a yield takes */
#define DEAR  4000000ull /* ns that it takes where somebody computes */
#define TRIES 4u         /* yields in one wait at most */
#define LATER 64u        /* of so many waits, one is tried however often it was in vain */

struct os {
	uint64_t time;
	uint32_t processor;
	unsigned yields, looks;
	struct owner_page page;
};

static struct os os;
static struct owner_page peer;
static struct runtime runtime;
static struct lane lane;
static uint32_t tail; /* of the ring that the peer fills */

/* What the test decides. */
static uint64_t yield_takes;
static unsigned arrives_at_yield; /* the message is there after so many; 0: never */
static unsigned arrives_at_look;
static unsigned polls, arrives_at_poll; /* of devices */
static uint32_t peer_waits;       /* how often the peer has waited during a yield */
static uint32_t replies;          /* that a yield brings on the lane */

uint64_t os_time(struct os *self)
{
	return self->time;
}

uint32_t os_processor(struct os *self)
{
	return self->processor;
}

void os_yield(struct os *self)
{
	self->yields++;
	self->time += yield_takes;
	peer.waits += peer_waits;
	tail += replies;
}

bool runtime_pending(const struct runtime *self)
{
	ck_assert_ptr_eq(self, &runtime);
	os.time += 10;
	os.looks++;
	return (arrives_at_yield != 0 && os.yields >= arrives_at_yield) ||
	       (arrives_at_look != 0 && os.looks >= arrives_at_look);
}

/* What comes here comes on lanes. */
bool runtime_lanes_pending(const struct runtime *self)
{
	return runtime_pending(self);
}

bool devices_poll(struct runtime *self)
{
	ck_assert_ptr_eq(self, &runtime);
	polls++;
	return arrives_at_poll != 0 && polls >= arrives_at_poll;
}

uint64_t wheel_next(const struct wheel *wheel)
{
	ck_assert_ptr_eq(wheel, &runtime.wheel);
	return os.time + 1000000;
}

static void set_up(void)
{
	os = (struct os){.time = 1000000000, .processor = 3};
	peer = (struct owner_page){.processor = 3};
	runtime = (struct runtime){.os = &os, .page = &os.page};
	lane = (struct lane){.client = true, .os.peer = &peer, .in.tail = &tail};
	tail = replies = 0;
	yield_takes = CHEAP;
	arrives_at_yield = arrives_at_look = 0;
	peer_waits = 0;
	polls = arrives_at_poll = 0;
}

/* One wait after a message to, or from, the peer; how many yields it took. */
static unsigned wait_once(bool *paid)
{
	os.yields = os.looks = 0;
	runtime.wait.lane = &lane;
	*paid = wait_linger(&runtime);
	return os.yields;
}

static unsigned yields_of(unsigned waits)
{
	unsigned yields = 0;
	bool paid;

	while (waits-- > 0)
		yields += wait_once(&paid);
	return yields;
}

START_TEST(a_peer_on_this_processor_is_yielded_to)
{
	bool paid;

	set_up();
	arrives_at_yield = 2;
	ck_assert_uint_eq(wait_once(&paid), 2);
	ck_assert(paid);
	arrives_at_yield = 0;
	ck_assert_uint_eq(wait_once(&paid), TRIES);
	ck_assert(!paid);
	/* What is expected comes: all else need not be looked at. */
	set_up();
	replies = 1;
	ck_assert_uint_eq(wait_once(&paid), 1);
	ck_assert(paid);
	ck_assert_uint_eq(os.looks, 1);
}
END_TEST

START_TEST(a_peer_elsewhere_is_spun_for)
{
	uint64_t before;
	bool paid;

	set_up();
	peer.processor = 4;
	arrives_at_look = 100;
	ck_assert_uint_eq(wait_once(&paid), 0);
	ck_assert(paid);
	ck_assert_uint_eq(os.looks, 100);
	arrives_at_look = 0;
	before = os.time;
	ck_assert_uint_eq(wait_once(&paid), 0);
	ck_assert(!paid);
	ck_assert_uint_lt(os.time - before, 100000);
}
END_TEST

START_TEST(a_device_ends_the_wait_as_a_message_does)
{
	bool paid;

	set_up();
	arrives_at_poll = 2;
	ck_assert_uint_eq(wait_once(&paid), 2);
	ck_assert(paid);
	set_up();
	peer.processor = 4;
	arrives_at_poll = 3;
	ck_assert_uint_eq(wait_once(&paid), 0);
	ck_assert(paid);
	ck_assert_uint_eq(polls, 3);
}
END_TEST

START_TEST(waits_in_vain_become_rare_and_one_that_pays_brings_them_back)
{
	unsigned tries = 0;
	bool paid;

	set_up();
	/* 1 of 1, 1 of 2, … 1 of 64: seven tries, and from then on one in 64. */
	tries = yields_of(2 * LATER - 1) / TRIES;
	ck_assert_uint_eq(tries, 7);
	ck_assert_uint_eq(yields_of(10 * LATER), 10 * TRIES);
	arrives_at_yield = 1;
	ck_assert_uint_eq(yields_of(LATER), 1);
	for (int i = 0; i < 100; i++) {
		ck_assert_uint_eq(wait_once(&paid), 1);
		ck_assert(paid);
	}
}
END_TEST

START_TEST(a_dear_yield_ends_yields_for_a_while)
{
	bool paid;

	set_up();
	yield_takes = DEAR;
	ck_assert_uint_eq(wait_once(&paid), 1);
	yield_takes = CHEAP;
	arrives_at_yield = 1;
	ck_assert_uint_eq(yields_of(10 * LATER), 0);
	os.time += 101 * DEAR;
	ck_assert_uint_gt(yields_of(LATER), 0);
	ck_assert_uint_eq(wait_once(&paid), 1);
}
END_TEST

START_TEST(a_long_yield_to_a_busy_server_is_not_dear)
{
	bool paid;

	set_up();
	yield_takes = DEAR;
	peer_waits = 100;
	arrives_at_yield = 1;
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(wait_once(&paid), 1);
	/* What a client claims of itself counts for nothing: its server has others. */
	lane.client = false;
	ck_assert_uint_eq(wait_once(&paid), 1);
	ck_assert_uint_eq(yields_of(10 * LATER), 0);
}
END_TEST

START_TEST(who_is_told_to_sleep_does_and_who_expects_nobody_too)
{
	bool paid;

	set_up();
	arrives_at_yield = 1;
	runtime.wait.policy = WAITING_SLEEP;
	ck_assert_uint_eq(wait_once(&paid), 0);
	ck_assert(!paid);
	runtime.wait.policy = WAITING_ADAPTIVE;
	ck_assert(!wait_linger(&runtime));
	ck_assert_uint_eq(os.yields, 0);
	runtime.wait.policy = WAITING_SPIN;
	os.looks = 0;
	arrives_at_yield = 0;
	arrives_at_look = 1000;
	ck_assert(wait_linger(&runtime));
	ck_assert_uint_eq(os.yields, 0);
	ck_assert_uint_eq(os.looks, 1000);
}
END_TEST

START_TEST(peers_are_told_where_and_how_often)
{
	bool paid;

	set_up();
	for (uint32_t i = 1; i < 5; i++) {
		os.processor = i;
		wait_once(&paid);
		ck_assert_uint_eq(os.page.processor, i);
		ck_assert_uint_eq(os.page.waits, i);
	}
}
END_TEST

UNIT_RUN("wait", a_peer_on_this_processor_is_yielded_to, a_peer_elsewhere_is_spun_for,
         a_device_ends_the_wait_as_a_message_does,
         waits_in_vain_become_rare_and_one_that_pays_brings_them_back, a_dear_yield_ends_yields_for_a_while,
         a_long_yield_to_a_busy_server_is_not_dear, who_is_told_to_sleep_does_and_who_expects_nobody_too,
         peers_are_told_where_and_how_often)

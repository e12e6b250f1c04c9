/* Handles and cookies that are forged, stale, foreign or used up are caught everywhere (raid.h). */
#include "../unit.h"

#include <string.h>

#include "raid.h"

/* System calls with a handle, and which of their arguments it is. */
static const struct {
	enum system_call call;
	unsigned argument;
} takers[] = {
	{SYS_PORT_SEND, 0},     {SYS_PORT_RECEIVE, 0},      {SYS_VM_DEALLOCATE, 0}, {SYS_CAP_MOVE, 0},
	{SYS_CAP_MOVE, 1},      {SYS_SCHED_SPAWN, 0},       {SYS_SCHED_SWITCH, 0},  {SYS_WAIT, 0},
	{SYS_LANE_OPEN, 0},     {SYS_LANE_ACCEPT, 0},       {SYS_LANE_REFUSE, 0},   {SYS_LANE_INFO, 0},
	{SYS_LANE_ATTACH, 0},   {SYS_LANE_CLOSE, 0},        {SYS_CAP_ACCEPT, 0},    {SYS_CAP_DROP, 0},
	{SYS_CAP_DUPLICATE, 0}, {SYS_PORT_DERIVE, 0},       {SYS_MEMORY_MAP, 0},    {SYS_CONSOLE, 0},
	{SYS_INSPECT, 0},       {SYS_PROCESS_KILL, 0},      {SYS_ANNOUNCE, 0},      {SYS_SCHED_TABLE, 0},
	{SYS_PORT_INFO, 0},     {SYS_PROCESS_EXCEPTION, 0}, {SYS_CONSOLE_READ, 0},
	{SYS_DEVICE_INFO, 0},   {SYS_DEVICE_CLAIM, 0},      {SYS_DEVICE_CONFIG, 0}, {SYS_DEVICE_MAP, 0},
	{SYS_DMA_ALLOCATE, 0},  {SYS_INTERRUPT_BIND, 0},    {SYS_INTERRUPT_ACKNOWLEDGE, 0},
};

static void try_handle(uint64_t handle)
{
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		uint64_t arguments[6] = {0}, result;

		/* 0 for no lane is right there. */
		if (takers[i].call == SYS_WAIT && handle == 0)
			continue;
		arguments[0] = pirate.lane;
		arguments[takers[i].argument] = handle;
		result = os_trap(pirate.os, takers[i].call, arguments, NULL);
		ck_assert_msg(result == error_result(E_CAP_INVALID) || result == error_result(E_PORT_INVALID),
		              "call %d with handle %lx gives %lx", (int)takers[i].call, (unsigned long)handle,
		              (unsigned long)result);
	}
}

START_TEST(handles_that_are_none)
{
	struct raider other;
	uint64_t handle;

	set_out();
	raider_arrive(&other);
	raider_open(&other);
	try_handle(0);
	/* Forged: next generations, other indices, more than 32 bits. */
	try_handle(pirate.lane + HANDLE_COUNT_LIMIT);
	try_handle(pirate.lane | 1ull << 32);
	try_handle(UINT32_MAX);
	try_handle(UINT64_MAX);
	try_handle(HANDLE_INDEX_MASK);
	for (uint64_t i = 0, random = 88172645463325252ull; i < 200; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		try_handle(random | 1ull << 31);
	}
	/* Stale. */
	handle = trap(&pirate, SYS_PORT_ALLOCATE, 0, 0, 0, 0);
	ck_assert(!result_is_error(handle));
	ck_assert_uint_eq(trap(&pirate, SYS_CAP_DROP, handle, 0, 0, 0), 0);
	try_handle(handle);
	/* Foreign: of one whose table is fuller. */
	for (int i = 0; i < 4; i++)
		handle = trap(&other, SYS_CAP_DUPLICATE, os_start(other.os)->init, RIGHT_SEND, 0, 0);
	for (int i = 0; i < 4; i++)
		handle = trap(&other, SYS_VM_ALLOCATE, PAGE_SIZE, MEMORY_SHARED, 0, 0);
	ck_assert(!result_is_error(handle));
	try_handle(handle);
	alive(&pirate);
	raider_leave(&other);
	raider_leave(&pirate);
	finish();
}
END_TEST

/* Calls that want another kind of thing than a lane, given a lane. */
START_TEST(handles_of_another_kind)
{
	uint64_t memory;

	set_out();
	memory = trap(&pirate, SYS_VM_ALLOCATE, PAGE_SIZE, MEMORY_SHARED, 0, 0);
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		uint64_t arguments[6] = {memory}, result;

		switch (takers[i].call) {
		case SYS_VM_DEALLOCATE:
		case SYS_CAP_DROP:
		case SYS_CAP_DUPLICATE:
		case SYS_CAP_MOVE:
		case SYS_MEMORY_MAP:
			continue;
		default:
			result = os_trap(pirate.os, takers[i].call, arguments, NULL);
			ck_assert_msg(result == error_result(E_CAP_INVALID) ||
			                      result == error_result(E_PORT_INVALID),
			              "call %d gives %lx", (int)takers[i].call, (unsigned long)result);
		}
	}
	alive(&pirate);
	raider_leave(&pirate);
	finish();
}
END_TEST

static int32_t present_cookie(struct raider *from, uint64_t cookie)
{
	struct message message = request(INIT_REGISTER, 0, 0);

	message.word[1] = cookie;
	raider_send(from, message);
	return raider_status(from, 0);
}

static uint64_t park(const struct raider *from)
{
	uint64_t handle = trap(from, SYS_VM_ALLOCATE, PAGE_SIZE, MEMORY_SHARED, 0, 0), cookie;

	ck_assert(!result_is_error(handle));
	cookie = trap(from, SYS_CAP_MOVE, from->lane, handle, RIGHT_READ, 0);
	ck_assert(!result_is_error(cookie));
	/* The sender has it no longer. */
	ck_assert_uint_eq(trap(from, SYS_MEMORY_MAP, handle, RIGHT_READ, 0, 0), error_result(E_CAP_INVALID));
	return cookie;
}

START_TEST(cookies)
{
	const uint64_t bad = error_result(E_CAP_INVALID);
	struct raider left, right;
	struct message message = request(INIT_LOOKUP, MESSAGE_IN, 0), reply;
	uint64_t cookie, memory;

	boot();
	raider_arrive(&left);
	raider_open_protocol(&left, &init_protocol);
	raider_arrive(&right);
	raider_open_protocol(&right, &init_protocol);
	/* What the server is shown. */
	ck_assert_int_eq(present_cookie(&left, 0), POSIX_EINVAL);
	ck_assert_int_eq(present_cookie(&left, 1), POSIX_EINVAL);
	ck_assert_int_eq(present_cookie(&left, UINT64_MAX), POSIX_EINVAL);
	cookie = park(&left);
	ck_assert_uint_eq(trap(&left, SYS_CAP_ACCEPT, left.lane, cookie, 0, 0), bad); /* its own */
	ck_assert_uint_eq(trap(&right, SYS_CAP_ACCEPT, right.lane, cookie, 0, 0), bad);
	ck_assert_int_eq(present_cookie(&right, cookie), POSIX_EINVAL);
	/* Guessed, while there is something to be had. */
	ck_assert_int_eq(present_cookie(&left, cookie + 1), POSIX_EINVAL);
	ck_assert_int_eq(present_cookie(&left, cookie | 1ull << 32), POSIX_EINVAL);
	ck_assert_int_eq(present_cookie(&left, cookie), 0);
	ck_assert_int_eq(present_cookie(&left, cookie), POSIX_EINVAL);
	/* What the server gives. */
	memset(left.memory.memory + lane_area_offset(DEPTH), 'x', 8);
	message.word[MESSAGE_WORD_IN] = word_pair(0, 8);
	raider_send(&left, message);
	ck_assert(raider_take(&left, &reply));
	ck_assert_uint_eq(word_low(reply.word[1]), 0);
	cookie = reply.word[2];
	ck_assert_uint_eq(trap(&right, SYS_CAP_ACCEPT, right.lane, cookie, 0, 0), bad);
	ck_assert_int_eq(present_cookie(&left, cookie), POSIX_EINVAL);
	ck_assert(!result_is_error(trap(&left, SYS_CAP_ACCEPT, left.lane, cookie, 0, 0)));
	ck_assert_uint_eq(trap(&left, SYS_CAP_ACCEPT, left.lane, cookie, 0, 0), bad);
	/* One who asks and never takes: the transit set is full, which is told, and hurts only him. */
	for (uint32_t i = 0; i < 3 * DEPTH; i++) {
		raider_send(&left, message);
		ck_assert_int_eq(raider_status(&left, 0), i < DEPTH ? 0 : POSIX_ENFILE);
	}
	for (uint32_t i = 0; i < DEPTH; i++)
		park(&right);
	memory = trap(&right, SYS_VM_ALLOCATE, PAGE_SIZE, MEMORY_SHARED, 0, 0);
	ck_assert_uint_eq(trap(&right, SYS_CAP_MOVE, right.lane, memory, RIGHT_READ, 0),
	                  error_result(E_QUOTA));
	raider_leave(&left);
	raider_leave(&right);
	finish();
}
END_TEST

UNIT_RUN("forged", handles_that_are_none, handles_of_another_kind, cookies)

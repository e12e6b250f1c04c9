/*
 * What the scheduler server decides is what happens: a program for bare metal
 * and for Linux under `--sched server`. It starts itself twice more, as hogs
 * that only compute, and says `[test] ok NAME` or `[test] FAILED NAME …`.
 *
 * Nothing depends on how fast or how busy the machine is. Time is only compared
 * with time: a turn counts from when its hog first ran to when the other did.
 */
#include <drydock/atomic.h>
#include <drydock/format.h>
#include <drydock/os.h>
#include <drydock/proto/init.h>
#include <drydock/proto/scheduler.h>
#include <drydock/server.h>
#include <drydock/string.h>

#define MILLISECOND  1000000ull
#define HOG_PRIORITY 8u
#define LONG_SLICE   60000u /* microseconds */
#define SHORT_SLICE  20000u
#define MEASURED     (2000 * MILLISECOND) /* of both hogs together: 25 rounds */
#define TURN         200000u              /* of who was switched to: Linux, if busy, lets it run within that */
#define WAKES        20
#define SWITCHES     8
#define NOBODY       UINT64_MAX

/* Both hogs write here; but one runs at a time. */
struct board {
	uint64_t last;     /* the hog whose turn it is */
	uint64_t since;    /* when that began */
	uint64_t time[2];  /* of each one's turns that have ended */
	uint64_t rounds[2]; /* of its loop */
	uint64_t first;    /* NOBODY, until a hog runs */
	uint64_t call;     /* not 0: hog 0 is to send a datagram, and set it to 0 */
	uint64_t sent;     /* the rounds of both when it did */
};

struct shares {
	struct runtime *runtime;
	struct client *scheduler;
	handle_t console, spawn, inspect, switching, bell;
	struct board *board;
	uint64_t hogs[2]; /* process ids */
};

/* ---- a hog ---------------------------------------------------------------------- */

static void take_turn(struct runtime *runtime, struct board *board, uint64_t self)
{
	uint64_t now = runtime_time(runtime), last = atomic_load_relaxed(&board->last);

	if (last != NOBODY)
		board->time[last] += now - board->since;
	board->since = now;
	atomic_store_relaxed(&board->last, self);
}

/* Wakes the test, which is of a higher priority, and counts on only when that sleeps again. */
static void call_test(struct runtime *runtime, struct board *board, handle_t bell)
{
	uint8_t datagram[64] = {0};

	atomic_store_relaxed(&board->call, 0);
	atomic_store_relaxed(&board->sent, board->rounds[0] + board->rounds[1]);
	runtime_trap_data(runtime, SYS_PORT_SEND, bell, 0, datagram, sizeof(datagram));
}

static void compute(struct runtime *runtime, uint64_t self)
{
	handle_t bell = runtime_grant(runtime, "bell");
	struct board *board;
	uint64_t size;
	void *address;

	if (os_memory_map(runtime_os(runtime), runtime_grant(runtime, "board"), RIGHT_READ | RIGHT_WRITE,
	                  &address, &size) != E_OK)
		return;
	board = address;
	for (;;) {
		if (atomic_load_relaxed(&board->last) != self)
			take_turn(runtime, board, self);
		if (atomic_load_relaxed(&board->first) == NOBODY)
			atomic_store_relaxed(&board->first, self);
		if (self == 0 && atomic_load_relaxed(&board->call) != 0)
			call_test(runtime, board, bell);
		atomic_store_relaxed(&board->rounds[self], board->rounds[self] + 1);
	}
}

/* ---- saying what is so ------------------------------------------------------------- */

static void say(struct shares *shares, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct shares *shares, const char *format, ...)
{
	char line[160] = "[test] ";
	size_t length;
	va_list arguments;

	va_start(arguments, format);
	length = 7 + format_text(line + 7, sizeof(line) - 8, format, arguments);
	va_end(arguments);
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	runtime_trap_data(shares->runtime, SYS_CONSOLE, shares->console, 0, line, length);
}

static void check(struct shares *shares, bool good, const char *name, uint64_t value)
{
	if (good)
		say(shares, "ok %s", name);
	else
		say(shares, "FAILED %s: %llu", name, (unsigned long long)value);
}

/* ---- the tests ------------------------------------------------------------------------ */

/* The id of a living process by its name; 0 where there is none. */
static uint64_t find_process(struct shares *shares, const char *name)
{
	struct inspect_reply reply;

	/* All of this manifest fit into one reply. */
	if (result_is_error(
		    runtime_trap(shares->runtime, SYS_INSPECT, shares->inspect, INSPECT_PROCESSES, 0, 0)))
		return 0;
	memcpy(&reply, os_buffer(runtime_os(shares->runtime)), sizeof(reply));
	for (uint32_t i = 0; i < reply.count; i++) {
		struct inspect_process process;

		memcpy(&process, reply.records + i * sizeof(process), sizeof(process));
		if (string_equal(process.name, name))
			return process.id;
	}
	return 0;
}

static bool start_hog(struct shares *shares, uint32_t self, handle_t memory)
{
	struct spawn spawn = {
		.priority = HOG_PRIORITY,
		.quota = {.memory = 4ull << 20, .handles = 64, .ports = 4, .lanes = 4},
		.grants = {{.handle = memory, .rights = RIGHT_READ | RIGHT_WRITE, .name = "board"},
	                   {.handle = shares->bell, .rights = RIGHT_SEND, .name = "bell"}},
		.grant_count = 2,
	};
	uint64_t result;

	string_copy(spawn.image, NAME_SIZE, "shares", 6);
	format_string(spawn.name, NAME_SIZE, "hog%u", self);
	format_string(spawn.options, SPAWN_OPTIONS_SIZE, "hog=%u", self);
	result = runtime_trap_data(shares->runtime, SYS_SCHED_SPAWN, shares->spawn, 0, &spawn, sizeof(spawn));
	shares->hogs[self] = find_process(shares, spawn.name);
	return !result_is_error(result) && shares->hogs[self] != 0;
}

static bool start_hogs(struct shares *shares)
{
	handle_t memory;
	void *address;

	if (os_memory_allocate(runtime_os(shares->runtime), PAGE_SIZE, MEMORY_SHARED, &memory, &address) !=
	    E_OK)
		return false;
	shares->board = address;
	shares->board->last = NOBODY;
	shares->bell = (handle_t)runtime_trap(shares->runtime, SYS_PORT_ALLOCATE, 0, 0, 0, 0);
	return start_hog(shares, 0, memory) && start_hog(shares, 1, memory);
}

static void nap(struct shares *shares)
{
	runtime_trap(shares->runtime, SYS_WAIT, 0, runtime_time(shares->runtime) + 20 * MILLISECOND, 0, 0);
}

/* Of the one hog's time, how many hundredths of the other's it is, over MEASURED from here on. */
static uint64_t measure(struct shares *shares)
{
	struct board *board = shares->board;
	uint64_t begin[2], spent[2];

	/* Not before both run. */
	while (board->time[0] == 0 || board->time[1] == 0)
		nap(shares);
	begin[0] = board->time[0];
	begin[1] = board->time[1];
	do {
		nap(shares);
		spent[0] = board->time[0] - begin[0];
		spent[1] = board->time[1] - begin[1];
	} while (spent[0] + spent[1] < MEASURED || spent[1] == 0);
	return spent[0] * 100 / spent[1];
}

/* The same, when what the hogs owe from before (kernel/queue.h, runnable_charge) has been paid. */
static uint64_t measure_settled(struct shares *shares)
{
	measure(shares);
	return measure(shares);
}

static bool tell(struct shares *shares, uint32_t first, uint32_t second)
{
	return scheduler_set(shares->scheduler, shares->hogs[0], HOG_PRIORITY, first) == 0 &&
	       scheduler_set(shares->scheduler, shares->hogs[1], HOG_PRIORITY, second) == 0;
}

static void test_shares(struct shares *shares)
{
	uint64_t ratio;

	check(shares, tell(shares, LONG_SLICE, SHORT_SLICE), "told", 0);
	nap(shares);
	ratio = measure(shares);
	check(shares, ratio >= 250 && ratio <= 350, "three_to_one", ratio);
	tell(shares, SHORT_SLICE, SHORT_SLICE);
	ratio = measure(shares);
	check(shares, ratio >= 80 && ratio <= 125, "one_to_one", ratio);
}

/* Both hogs want to run when one wakes this process: neither does before this one sleeps again. */
static void test_wakes_at_once(struct shares *shares)
{
	struct board *board = shares->board;
	uint64_t result, rounds, ran = 0;

	for (int run = 0; run < WAKES; run++) {
		atomic_store_relaxed(&board->call, 1);
		result = runtime_trap(shares->runtime, SYS_PORT_RECEIVE, shares->bell, DEADLINE_NEVER, 0, 0);
		rounds = atomic_load_relaxed(&board->rounds[0]) + atomic_load_relaxed(&board->rounds[1]);
		if (result_is_error(result) || rounds != board->sent)
			ran++;
	}
	check(shares, ran == 0, "wakes_at_once", ran);
}

/* Whoever SCHED_SWITCH names runs next: before the other hog, and before this process goes on. */
static void test_switch(struct shares *shares)
{
	struct board *board = shares->board;
	uint64_t result, wrong = 0;

	tell(shares, TURN, TURN);
	for (uint32_t run = 0; run < SWITCHES; run++) {
		/* Each twice in a row: neither always the same nor by turns. */
		uint32_t chosen = run / 2 % 2;

		nap(shares);
		atomic_store_relaxed(&board->first, NOBODY);
		result = runtime_trap(shares->runtime, SYS_SCHED_SWITCH, shares->switching,
		                      shares->hogs[chosen], 0, 0);
		if (result_is_error(result) || atomic_load_relaxed(&board->first) != chosen)
			wrong++;
	}
	check(shares, wrong == 0, "switch", wrong);
}

/*
 * Without a scheduler server all are equal and take turns: the hog that could
 * not run at all for the other's sake has half of the time. With a new one its
 * word is what happens again.
 */
static void test_fall_back(struct shares *shares)
{
	struct runtime *runtime = shares->runtime;
	int32_t status;
	struct client *init = client_open_port(runtime, runtime_start(runtime)->init, &init_protocol, NULL, &status);
	uint64_t ratio;

	if (init == NULL || scheduler_set(shares->scheduler, shares->hogs[0], HOG_PRIORITY + 1, LONG_SLICE) != 0 ||
	    init_kill(init, "scheduler", 9) != 0) {
		check(shares, false, "falls_back", 0);
		return;
	}
	ratio = measure_settled(shares);
	check(shares, ratio >= 80 && ratio <= 125, "falls_back", ratio);
	status = init_restart(init, "scheduler", 9);
	check(shares, status == 0 && tell(shares, LONG_SLICE, SHORT_SLICE), "told_again", (uint64_t)status);
	ratio = measure_settled(shares);
	check(shares, ratio >= 250 && ratio <= 350, "decides_again", ratio);
	client_close(init);
}

static void run_tests(struct shares *shares)
{
	const struct service_limits limits = {.depth = 1, .area = PAGE_SIZE};
	struct runtime *runtime = shares->runtime;
	struct service *service;
	enum error error;
	int32_t status;

	shares->console = runtime_grant(runtime, "console");
	shares->spawn = runtime_grant(runtime, "spawn");
	shares->inspect = runtime_grant(runtime, "inspect");
	shares->switching = runtime_grant(runtime, "switch");
	shares->scheduler = client_open(runtime, "scheduler", &scheduler_protocol, NULL, &status);
	/* So that the boot goes on. */
	service = service_create(runtime, NULL, &limits, NULL, &error);
	if (service != NULL)
		service_register(service);
	if (start_hogs(shares)) {
		test_shares(shares);
		test_wakes_at_once(shares);
		test_switch(shares);
		test_fall_back(shares);
	} else {
		check(shares, false, "start", 0);
	}
	say(shares, "done");
}

static void begin(struct runtime *runtime, void *state)
{
	struct shares *shares = state;
	char value[8];
	uint64_t self;

	shares->runtime = runtime;
	if (string_option(runtime_start(runtime)->options, "hog", value, sizeof(value)) &&
	    string_to_number(value, &self) && self < 2)
		compute(runtime, self);
	else
		run_tests(shares);
}

extern const struct server_definition shares_server;

const struct server_definition shares_server = {
	.name = "shares",
	.source = "shares",
	.state_size = sizeof(struct shares),
	.quiet = true,
	.start = begin,
};

/* The tester, and where its children begin (app.h). */
#include "app.h"

#include <drydock/format.h>
#include <drydock/os.h>
#include <drydock/string.h>

#define RETURN_TURNS 24u /* of a fuzz, until what lives on lies together again */
#define RETURN_CALLS 50000u
#define MILLISECOND 1000000ull
#define SECOND      (1000 * MILLISECOND)
#define PATIENCE    (100 * SECOND) /* for a child */

#define DEVICE_CALLS 300000u

struct tester {
	struct runtime *runtime;
	handle_t console, spawn, inspect;
	handle_t devices; /* where it is in init's place, who alone hands on authorities; else 0 */
	bool failed;
};

/* ---- saying what is so ---------------------------------------------------------- */

static void say(struct tester *tester, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct tester *tester, const char *format, ...)
{
	char line[256] = "[test] ";
	size_t length;
	va_list arguments;

	va_start(arguments, format);
	length = 7 + format_text(line + 7, sizeof(line) - 8, format, arguments);
	va_end(arguments);
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	runtime_trap_data(tester->runtime, SYS_CONSOLE, tester->console, 0, line, length);
}

static void check(struct tester *tester, bool good, const char *name, const char *what, uint64_t value)
{
	if (good)
		say(tester, "ok %s", name);
	else
		say(tester, "FAILED %s: %s %llx", name, what, (unsigned long long)value);
}

/* ---- children --------------------------------------------------------------------- */

/* A child has the authority for devices where the tester can hand it on. */
static uint64_t start_child(struct tester *tester, const char *options, uint32_t priority)
{
	struct spawn spawn = {
		.priority = priority,
		.quota = {.memory = 256ull << 20, .handles = 2000, .ports = 32, .lanes = 32, .processes = 4},
	};

	string_copy(spawn.image, NAME_SIZE, "tester", 6);
	string_copy(spawn.name, NAME_SIZE, "child", 5);
	string_copy(spawn.options, SPAWN_OPTIONS_SIZE, options, string_length(options));
	if (tester->devices != 0) {
		spawn.grant_count = 1;
		spawn.grants[0] = (struct grant){.handle = tester->devices, .rights = RIGHT_EXECUTE};
		string_copy(spawn.grants[0].name, NAME_SIZE, "devices", 7);
	}
	return runtime_trap_data(tester->runtime, SYS_SCHED_SPAWN, tester->spawn, 0, &spawn, sizeof(spawn));
}

struct end {
	bool ended, raised;
	uint64_t code;
	struct exception_record exception;
};

/* Notes it if the receipt is of this child's end. */
static void note_end(const struct receipt *receipt, uint64_t child, struct end *end)
{
	if (receipt->kind != RECEIPT_PROCESS || receipt->handle != child)
		return;
	end->raised |= (receipt->bits & EVENT_PROCESS_EXCEPTION) != 0;
	end->ended = (receipt->bits & EVENT_PROCESS_EXITED) != 0;
	end->code = receipt->value;
}

/* Waits, with the whole process, until these have ended; what comes of others meanwhile is dropped. */
static void await_children(struct tester *tester, const uint64_t *children, struct end *ends, uint32_t count)
{
	uint64_t deadline = runtime_time(tester->runtime) + PATIENCE;
	handle_t home = runtime_start(tester->runtime)->home;
	struct os *os = runtime_os(tester->runtime);
	uint32_t ended = 0;
	struct receipt receipt;

	memset(ends, 0, count * sizeof(*ends));
	while (ended < count) {
		if (result_is_error(runtime_trap(tester->runtime, SYS_PORT_RECEIVE, home, deadline, 0, 0)))
			break;
		memcpy(&receipt, os_buffer(os), sizeof(receipt));
		ended = 0;
		for (uint32_t i = 0; i < count; i++) {
			note_end(&receipt, children[i], &ends[i]);
			ended += ends[i].ended;
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		if (ends[i].raised &&
		    !result_is_error(runtime_trap(tester->runtime, SYS_PROCESS_EXCEPTION, children[i], 0, 0, 0)))
			memcpy(&ends[i].exception, os_buffer(os), sizeof(ends[i].exception));
		runtime_trap(tester->runtime, SYS_CAP_DROP, children[i], 0, 0, 0);
	}
}

static struct end await_child(struct tester *tester, uint64_t child)
{
	struct end end;

	await_children(tester, &child, &end, 1);
	return end;
}

static struct end run_child(struct tester *tester, const char *options)
{
	uint64_t child = start_child(tester, options, PRIORITY_DEFAULT);

	if (result_is_error(child)) {
		say(tester, "FAILED %s: it cannot be started: error %u", options, result_error(child));
		return (struct end){0};
	}
	return await_child(tester, child);
}

/* ---- the tests ---------------------------------------------------------------------- */

static void test_misdeed(struct tester *tester, uint32_t number, bool largest)
{
	const struct misdeed *misdeed = &misdeeds[number];
	int vector = misdeed->largest_only && !largest ? ENDS_WELL : misdeed->vector;
	char options[32];
	struct end end;

	format_string(options, sizeof(options), "misdeed=%u", number);
	end = run_child(tester, options);
	if (vector == ENDS_WELL)
		check(tester, end.ended && !end.raised && end.code == 0, misdeed->name, "ended with",
		      end.raised ? end.exception.vector : end.code);
	else
		check(tester,
		      end.ended && end.raised &&
		              (vector == SOME || end.exception.vector == (uint32_t)vector) &&
		              end.code > 256 && end.exception.rip != 0,
		      misdeed->name, "ended with", end.raised ? end.exception.vector : end.code);
}

static uint64_t free_memory(struct tester *tester)
{
	struct inspect_reply *reply;
	struct inspect_memory memory;

	runtime_trap(tester->runtime, SYS_INSPECT, tester->inspect, INSPECT_MEMORY, 0, 0);
	reply = os_buffer(runtime_os(tester->runtime));
	memcpy(&memory, reply->records, sizeof(memory));
	return memory.free;
}

/* Children come and go, and with them all that they had. */
static void test_leaks(struct tester *tester, uint64_t count)
{
	uint64_t before, after;

	run_child(tester, "nothing=1");
	before = free_memory(tester);
	for (uint64_t i = 0; i < count; i++) {
		if (!run_child(tester, "nothing=1").ended) {
			check(tester, false, "leaks", "a child did not end, number", i);
			return;
		}
	}
	after = free_memory(tester);
	check(tester, before == after, "leaks", "bytes are missing:", before - after);
}

/* A long time in which nothing happens. */
static void test_idle(struct tester *tester, uint64_t seconds)
{
	uint64_t deadline = runtime_time(tester->runtime) + seconds * SECOND;
	uint64_t before = free_memory(tester), after;

	/* Somebody may ring. */
	while (runtime_time(tester->runtime) < deadline)
		runtime_trap(tester->runtime, SYS_WAIT, 0, deadline, 0, 0);
	after = free_memory(tester);
	check(tester, before == after, "idle", "bytes are missing:", before - after);
}

static void check_end(struct tester *tester, const struct end *end, const char *name)
{
	check(tester, end->ended && !end->raised && end->code == 0, name, "ended with",
	      end->raised ? end->exception.rip : end->code);
}

static void fuzz_options(char *options, size_t size, uint64_t seed, uint64_t calls)
{
	format_string(options, size, "fuzz=%llu,calls=%llu", (unsigned long long)seed, (unsigned long long)calls);
}

/*
 * All comes back. What the kernel keeps records of all the while may lie in a page
 * more after random work; then some more of that brings it together again, which
 * would not happen if anything were lost.
 */
static void check_fuzz_returned(struct tester *tester, uint64_t before, uint64_t seed)
{
	char options[64];
	uint64_t after;

	run_child(tester, "nothing=1");
	after = free_memory(tester);
	for (uint64_t turn = 0; after != before && turn < RETURN_TURNS; turn++) {
		fuzz_options(options, sizeof(options), seed + turn, RETURN_CALLS);
		run_child(tester, options);
		run_child(tester, "nothing=1");
		after = free_memory(tester);
	}
	check(tester, after == before, "fuzz_returns", "bytes are missing:", before - after);
}

static void test_fuzz(struct tester *tester, uint64_t seed, uint64_t calls)
{
	uint64_t before;
	char options[64];
	struct end end;

	run_child(tester, "nothing=1");
	before = free_memory(tester);
	end = run_child(tester, "nonsense=1");
	check_end(tester, &end, "nonsense");
	for (uint64_t child = 0; child < 4; child++) {
		fuzz_options(options, sizeof(options), seed + child, calls);
		end = run_child(tester, options);
		check_end(tester, &end, "fuzz");
	}
	check_fuzz_returned(tester, before, seed + 4);
}

/* How many devices somebody has. */
static uint32_t devices_claimed(struct tester *tester)
{
	const struct device_description *description = os_buffer(runtime_os(tester->runtime));
	uint64_t cursor = 0;
	uint32_t count = 0;

	for (;;) {
		cursor = runtime_trap(tester->runtime, SYS_DEVICE_INFO, tester->devices, cursor, 0, 0);
		if (cursor == 0 || result_is_error(cursor))
			return count;
		count += description->claimed;
	}
}

/*
 * Nonsense with a disk and a card; then with the card alone, while somebody
 * drives the disk, which works for him as if nothing had been done to it.
 */
static void test_devices(struct tester *tester)
{
	static const char *const names[] = {"disk_beside_fuzz", "fuzz_beside_disk"};
	uint64_t children[2], before, after;
	char options[64];
	struct end ends[2];

	/* What is made when devices are first asked for stays. */
	devices_claimed(tester);
	run_child(tester, "nothing=1");
	before = free_memory(tester);
	ends[0] = run_child(tester, "nonsense=1");
	check_end(tester, &ends[0], "nonsense");
	fuzz_options(options, sizeof(options), 1, DEVICE_CALLS);
	ends[0] = run_child(tester, options);
	check_end(tester, &ends[0], "fuzz");
	children[0] = start_child(tester, "disk=1", PRIORITY_DEFAULT);
	while (devices_claimed(tester) == 0)
		runtime_trap(tester->runtime, SYS_SCHED_YIELD, 0, 0, 0, 0);
	children[1] = start_child(tester, options, PRIORITY_DEFAULT);
	await_children(tester, children, ends, 2);
	for (uint32_t i = 0; i < 2; i++)
		check_end(tester, &ends[i], names[i]);
	run_child(tester, "nothing=1");
	after = free_memory(tester);
	check(tester, before == after, "devices_return", "bytes are missing:", before - after);
}

/*
 * Somebody makes and gives back a lot of memory, over and over; this one, of a
 * higher priority, is not kept waiting for all of that to be zeroed.
 */
static void test_latency(struct tester *tester, uint64_t megabytes)
{
	struct runtime *runtime = tester->runtime;
	uint64_t late = 0, child, before, after;
	char options[32];

	run_child(tester, "nothing=1");
	before = free_memory(tester);
	format_string(options, sizeof(options), "hoard=%llu", (unsigned long long)megabytes);
	child = start_child(tester, options, 8);
	for (int turn = 0; turn < 200; turn++) {
		uint64_t deadline = runtime_time(runtime) + MILLISECOND, woke;

		runtime_trap(runtime, SYS_WAIT, 0, deadline, 0, 0);
		woke = runtime_time(runtime);
		if (woke > deadline && woke - deadline > late)
			late = woke - deadline;
	}
	check(tester, late < MILLISECOND / 4, "latency", "nanoseconds late:", late);
	/* In the middle of a call, most likely; had it found what is wrong, it would not live. */
	check(tester, runtime_trap(runtime, SYS_PROCESS_KILL, child, 0, 0, 0) == 0, "hoarder_lives", "it does not", 0);
	await_child(tester, child);
	run_child(tester, "nothing=1");
	after = free_memory(tester);
	check(tester, before == after, "hoard_returns", "bytes are missing:", before - after);
}

/*
 * More is typed than the machine keeps, while this one reads, a byte now and
 * then, so slowly that it cannot keep up however slow the typist is. What it
 * reads is what was typed first: 0 to 9, over and over.
 */
static void test_listen(struct tester *tester)
{
	struct runtime *runtime = tester->runtime;
	handle_t home = runtime_start(runtime)->home;
	const char *buffer = os_buffer(runtime_os(runtime));
	uint64_t heard = 0, count;

	say(tester, "listens");
	for (;;) {
		uint64_t deadline = runtime_time(runtime) + 10 * MILLISECOND;

		count = runtime_trap(runtime, SYS_CONSOLE_READ, tester->console, home, 1, 0);
		if (result_is_error(count) || (count == 1 && *buffer != '0' + (char)(heard % 10)))
			break;
		heard += count;
		/* What comes rings. */
		while (runtime_time(runtime) < deadline)
			runtime_trap(runtime, SYS_WAIT, 0, deadline, 0, 0);
	}
	check(tester, false, "listen", "something else than was typed, after bytes:", heard);
}

/* ---- randomness ------------------------------------------------------------------------ */

/* Whether there are random bytes, where there ought to be some. */
static void test_random(struct tester *tester, bool some)
{
	const struct start_block *start = runtime_start(tester->runtime);
	uint64_t words[START_RANDOM_SIZE / sizeof(uint64_t)];

	memcpy(words, start->random, sizeof(words));
	check(tester, some ? words[0] != 0 && words[1] != 0 && words[0] != words[1] : words[0] == 0 && words[1] == 0,
	      "random", "not what the processor has to give:", words[0]);
}

/* ---- beginnings ------------------------------------------------------------------------ */

static bool number_option(const struct start_block *start, const char *key, uint64_t *number)
{
	char value[24];

	return string_option(start->options, key, value, sizeof(value)) && string_to_number(value, number);
}

/* Makes memory and gives it back, for ever: with each turn all of it, zeroed. */
static void hoard(struct runtime *runtime, uint64_t megabytes)
{
	struct os *os = runtime_os(runtime);
	uint64_t size = megabytes << 20;

	for (;;) {
		handle_t handle;
		void *address;

		if (os_memory_allocate(os, size, 0, &handle, &address) != E_OK)
			__builtin_trap();
		for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
			uint64_t *word = (void *)((char *)address + at);

			if (*word != 0)
				__builtin_trap();
			*word = ~0ull;
		}
		os_memory_free(os, handle, address, size);
	}
}

/* Whether this is a child, which has done what it was made for. */
static bool child_main(struct runtime *runtime)
{
	const struct start_block *start = runtime_start(runtime);
	uint64_t number, calls;

	if (number_option(start, "misdeed", &number) && number < misdeed_count)
		misdeeds[number].run(runtime);
	else if (number_option(start, "fuzz", &number) && number_option(start, "calls", &calls))
		fuzz(runtime, number, calls);
	else if (number_option(start, "nonsense", &number))
		nonsense(runtime);
	else if (number_option(start, "disk", &number))
		drive_disk(runtime);
	else if (number_option(start, "hoard", &number))
		hoard(runtime, number);
	else if (number_option(start, "later", &number))
		fiber_sleep(runtime, runtime_time(runtime) + number * MILLISECOND);
	else
		return number_option(start, "nothing", &number);
	return true;
}

/* So that the boot goes on. */
static void be_up(struct runtime *runtime)
{
	const struct service_limits limits = {.depth = 1, .area = PAGE_SIZE};
	enum error error;
	struct service *service = service_create(runtime, NULL, &limits, NULL, &error);

	if (service != NULL)
		service_register(service);
}

static void tester_main(struct tester *tester)
{
	const struct start_block *start = runtime_start(tester->runtime);
	uint64_t number, calls;

	tester->console = runtime_grant(tester->runtime, "console");
	tester->spawn = runtime_grant(tester->runtime, "spawn");
	tester->inspect = runtime_grant(tester->runtime, "inspect");
	/* In init's place it has no options. */
	tester->devices = runtime_grant(tester->runtime, "devices");
	if (tester->devices != 0) {
		test_devices(tester);
		say(tester, "done");
		return;
	}
	be_up(tester->runtime);
	if (number_option(start, "random", &number))
		test_random(tester, number != 0);
	if (number_option(start, "misdeeds", &number)) {
		for (uint32_t i = 0; i < misdeed_count; i++)
			test_misdeed(tester, i, number != 0);
	}
	if (number_option(start, "leaks", &number))
		test_leaks(tester, number);
	if (number_option(start, "idle", &number))
		test_idle(tester, number);
	if (number_option(start, "fuzzing", &number) && number_option(start, "calls", &calls))
		test_fuzz(tester, number, calls);
	if (number_option(start, "listen", &number))
		test_listen(tester);
	if (number_option(start, "latency", &number))
		test_latency(tester, number);
	say(tester, "done");
}

static void begin(struct runtime *runtime, void *state)
{
	struct tester *tester = state;
	uint64_t number;

	tester->runtime = runtime;
	if (number_option(runtime_start(runtime), "serve", &number))
		be_up(runtime);
	if (child_main(runtime))
		runtime_stop(runtime, 0);
	else
		tester_main(tester);
}

extern const struct server_definition tester_server;

const struct server_definition tester_server = {
	.name = "tester",
	.source = "tester",
	.state_size = sizeof(struct tester),
	.quiet = true,
	.start = begin,
};

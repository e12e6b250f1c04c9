/*
 * Does random things to one file, and checks every byte: it knows what the file
 * has to be like after each write, mapping, truncation, hole, zeroing and copy.
 *
 *     exerciser WHERE [--operations N] [--seed N] [--size BYTES] [--corrupt N]
 *
 * The same seed does the same. --corrupt changes one byte after the N-th operation
 * without taking note of it: that must be found, at once where N is a multiple
 * of COMPLETE.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/system.h"

#define PATH     "exercised"
#define HISTORY  24  /* operations that a failure shows */
#define LINE     96
#define COMPLETE 500 /* operations between two looks at the whole file */

struct options {
	uint64_t operations, seed, size, corrupt;
};

/* What the file is like, and how it got there. */
static struct {
	struct options options;
	uint64_t random;
	int file;
	uint8_t *wanted; /* options.size bytes, zero beyond `size` */
	uint8_t *buffer; /* as many */
	size_t size;
	uint64_t done;
	char history[HISTORY][LINE];
	bool maps, zeros; /* the system can do that */
} state;

/* ---- what goes wrong ----------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	char *line = state.history[state.done % HISTORY];
	int length = snprintf(line, LINE, "%8llu ", (unsigned long long)state.done);
	va_list list;

	va_start(list, format);
	vsnprintf(line + length, LINE - (size_t)length, format, list);
	va_end(list);
}

__attribute__((format(printf, 1, 2))) _Noreturn static void fail(const char *format, ...)
{
	va_list list;

	for (uint64_t at = state.done < HISTORY ? 0 : state.done - HISTORY + 1; at <= state.done; at++)
		printf("%s\n", state.history[at % HISTORY]);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\nseed %llu, operation %llu\n", (unsigned long long)state.options.seed,
	       (unsigned long long)state.done);
	exit(1);
}

static void must(bool good, const char *what)
{
	if (!good)
		fail("%s: %s", what, strerror(errno));
}

static void compare(const uint8_t *found, size_t offset, size_t length)
{
	for (size_t at = 0; at < length; at++) {
		if (found[at] != state.wanted[offset + at])
			fail("byte %zu is 0x%02x and should be 0x%02x", offset + at, found[at],
			     state.wanted[offset + at]);
	}
}

/* ---- chance ---------------------------------------------------------------------- */

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled"). */
static uint64_t next_random(void)
{
	state.random ^= state.random >> 12;
	state.random ^= state.random << 25;
	state.random ^= state.random >> 27;
	return state.random * 0x2545f4914f6cdd1dull;
}

static size_t below(size_t limit)
{
	return (size_t)((next_random() >> 16) % limit);
}

/* A range in the first `limit` bytes, of a byte or more; often at the edges of pages, where mistakes are. */
static void choose(size_t limit, size_t *offset, size_t *length)
{
	*offset = below(limit);
	if (below(3) == 0)
		*offset &= ~(size_t)4095;
	*length = 1 + below(below(4) == 0 ? limit - *offset : (limit - *offset + 15) / 16);
	if (below(4) == 0 && *length > 4096)
		*length &= ~(size_t)4095;
}

/* ---- operations --------------------------------------------------------------------- */

static void grow(size_t end)
{
	if (end > state.size)
		state.size = end;
}

static void fill_random(size_t offset, size_t length)
{
	uint64_t value = next_random();

	for (size_t at = 0; at < length; at++, value = value * 6364136223846793005ull + 1442695040888963407ull)
		state.wanted[offset + at] = (uint8_t)(value >> 56);
}

static void do_write(void)
{
	size_t offset, length;

	choose(state.options.size, &offset, &length);
	note("write %zu at %zu", length, offset);
	fill_random(offset, length);
	must(sys_pwrite(state.file, state.wanted + offset, length, (off_t)offset) == (ssize_t)length, "write");
	grow(offset + length);
}

static void do_read(void)
{
	size_t offset, length, expected;
	ssize_t got;

	choose(state.options.size, &offset, &length);
	note("read %zu at %zu", length, offset);
	got = sys_pread(state.file, state.buffer, length, (off_t)offset);
	must(got >= 0, "read");
	expected = offset >= state.size ? 0 : state.size - offset < length ? state.size - offset : length;
	if ((size_t)got != expected)
		fail("%zd bytes were read and not %zu", got, expected);
	compare(state.buffer, offset, expected);
}

static void do_map_write(void)
{
	size_t offset, length;

	if (!state.maps || state.size == 0)
		return;
	choose(state.size, &offset, &length);
	note("write %zu at %zu by a mapping", length, offset);
	fill_random(offset, length);
	must(sys_map_write(state.file, (off_t)offset, state.wanted + offset, length) == 0, "mapping");
}

static void do_map_read(void)
{
	size_t offset, length;

	if (!state.maps || state.size == 0)
		return;
	choose(state.size, &offset, &length);
	note("read %zu at %zu by a mapping", length, offset);
	must(sys_map_read(state.file, (off_t)offset, state.buffer, length) == 0, "mapping");
	compare(state.buffer, offset, length);
}

static void do_truncate(void)
{
	size_t size = below(state.options.size + 1);

	note("truncate to %zu", size);
	must(sys_ftruncate(state.file, (off_t)size) == 0, "truncate");
	if (size < state.size)
		memset(state.wanted + size, 0, state.size - size);
	state.size = size;
}

/* The part of a range that lies in the file becomes zero. */
static void clear(size_t offset, size_t length)
{
	if (offset < state.size)
		memset(state.wanted + offset, 0, state.size - offset < length ? state.size - offset : length);
}

static void do_punch(void)
{
	size_t offset, length;

	choose(state.options.size, &offset, &length);
	note("punch %zu at %zu", length, offset);
	must(sys_fallocate(state.file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, (off_t)offset, (off_t)length) == 0,
	     "punch");
	clear(offset, length);
}

static void do_zero(void)
{
	size_t offset, length;
	bool keep = below(2);

	if (!state.zeros)
		return;
	choose(state.options.size, &offset, &length);
	note("zero %zu at %zu%s", length, offset, keep ? " and keep the size" : "");
	must(sys_fallocate(state.file, FALLOC_FL_ZERO_RANGE | (keep ? FALLOC_FL_KEEP_SIZE : 0), (off_t)offset,
	                   (off_t)length) == 0,
	     "zero");
	clear(offset, length);
	if (!keep)
		grow(offset + length);
}

static void do_allocate(void)
{
	size_t offset, length;
	bool keep = below(2);

	choose(state.options.size, &offset, &length);
	note("allocate %zu at %zu%s", length, offset, keep ? " and keep the size" : "");
	must(sys_fallocate(state.file, keep ? FALLOC_FL_KEEP_SIZE : 0, (off_t)offset, (off_t)length) == 0,
	     "allocate");
	if (!keep)
		grow(offset + length);
}

static void do_copy(void)
{
	size_t from, to, length;
	ssize_t done;

	if (state.size == 0)
		return;
	choose(state.size, &from, &length);
	to = below(state.options.size - length + 1);
	/* Overlapping ranges are refused. */
	if (to < from + length && from < to + length)
		return;
	note("copy %zu from %zu to %zu", length, from, to);
	done = sys_copy_file_range(state.file, (off_t)from, state.file, (off_t)to, length);
	must(done > 0, "copy");
	if ((size_t)done > length)
		fail("%zd bytes were copied and not %zu", done, length);
	memcpy(state.wanted + to, state.wanted + from, (size_t)done);
	grow(to + (size_t)done);
}

static void do_append(void)
{
	size_t room = state.options.size - state.size, length;
	int file;

	if (room == 0)
		return;
	length = 1 + below(room < 8192 ? room : 8192);
	note("append %zu", length);
	fill_random(state.size, length);
	file = sys_open(PATH, O_WRONLY | O_APPEND, 0);
	must(file >= 0, "open");
	must(sys_write(file, state.wanted + state.size, length) == (ssize_t)length, "append");
	must(sys_close(file) == 0, "close");
	state.size += length;
}

static void do_sync(void)
{
	note("sync");
	must(sys_fsync(state.file) == 0, "sync");
}

static void do_reopen(void)
{
	note("close and open");
	must(sys_close(state.file) == 0, "close");
	state.file = sys_open(PATH, O_RDWR, 0);
	must(state.file >= 0, "open");
}

static void check_all(void)
{
	struct stat status;
	ssize_t got;

	must(sys_fstat(state.file, &status) == 0, "stat");
	if ((size_t)status.st_size != state.size)
		fail("the file has %lld bytes and should have %zu", (long long)status.st_size, state.size);
	got = sys_pread(state.file, state.buffer, state.options.size, 0);
	if (got < 0 || (size_t)got != state.size)
		fail("%zd bytes were read of %zu", got, state.size);
	compare(state.buffer, 0, state.size);
}

static void corrupt(void)
{
	uint8_t wrong = (uint8_t)(state.wanted[0] ^ 1);

	must(sys_pwrite(state.file, &wrong, 1, 0) == 1, "write");
	grow(1);
}

/* ---- all of it -------------------------------------------------------------------------- */

/* Each as often as it stands here. */
static void (*const operations[])(void) = {
	do_write, do_write, do_write,   do_read,     do_read,     do_read,   do_map_write, do_map_read, do_truncate,
	do_punch, do_zero,  do_allocate, do_copy,    do_copy,     do_append, do_sync,      do_reopen,
};

/* What not every system has. */
static void probe(void)
{
	uint8_t byte = 0;

	must(sys_ftruncate(state.file, 1) == 0, "truncate");
	state.maps = sys_map_read(state.file, 0, &byte, 1) == 0;
	must(state.maps || errno == ENOSYS, "mapping");
	state.zeros = sys_fallocate(state.file, FALLOC_FL_ZERO_RANGE, 0, 1) == 0;
	must(state.zeros || errno == EOPNOTSUPP, "zero");
	must(sys_ftruncate(state.file, 0) == 0, "truncate");
}

static int exercise(void *context)
{
	state.options = *(const struct options *)context;
	state.random = state.options.seed * 2 + 1;
	state.wanted = calloc(1, state.options.size);
	state.buffer = malloc(state.options.size);
	state.file = sys_open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0644);
	must(state.wanted && state.buffer, "memory");
	must(state.file >= 0, "open");
	probe();
	for (; state.done < state.options.operations; state.done++) {
		note("nothing");
		operations[below(sizeof(operations) / sizeof(operations[0]))]();
		if (state.done + 1 == state.options.corrupt)
			corrupt();
		if (state.done % COMPLETE == COMPLETE - 1)
			check_all();
	}
	check_all();
	must(sys_close(state.file) == 0, "close");
	must(sys_unlink(PATH) == 0, "unlink");
	printf("%llu operations%s%s\n", (unsigned long long)state.done, state.maps ? "" : ", none by mappings",
	       state.zeros ? "" : ", nothing zeroed");
	free(state.wanted);
	free(state.buffer);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {{"operations", required_argument, NULL, 'o'},
	                                      {"seed", required_argument, NULL, 's'},
	                                      {"size", required_argument, NULL, 'b'},
	                                      {"corrupt", required_argument, NULL, 'c'},
	                                      {0}};
	struct options options = {.operations = 20000, .seed = 1, .size = 256 * 1024};

	for (int key; (key = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		uint64_t value = optarg ? strtoull(optarg, NULL, 0) : 0;

		*(key == 's' ? &options.seed
		  : key == 'b' ? &options.size
		  : key == 'c' ? &options.corrupt
		               : &options.operations) = value;
		if (key == '?')
			return 2;
	}
	if (optind != argc - 1 || options.size == 0) {
		fprintf(stderr, "usage: %s WHERE [--operations N] [--seed N] [--size BYTES] [--corrupt N]\n", argv[0]);
		return 2;
	}
	return system_run(argv[optind], exercise, &options);
}

/* What was measured: rows of figures, a figure a round, and how rows compare within the rounds. */
#ifndef DRYDOCK_BENCH_STATISTICS_H
#define DRYDOCK_BENCH_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#define ROUNDS_MAXIMUM 101

struct row {
	const char *name;
	const char *unit;
	unsigned count;                /* rounds measured so far */
	double figure[ROUNDS_MAXIMUM];
};

/* Median and quartiles, which say how far the middle half of the rounds spreads. */
struct spread {
	double low, median, high;
};

/* The next round's figure. */
void row_add(struct row *row, double figure);

struct spread row_spread(const struct row *row);

/* `result` gets one figure a round: numerator / denominator of that round. */
void row_ratio(struct row *result, const struct row *numerator, const struct row *denominator);

/* `result` gets, each round, the least of `count` rows' figures. */
void row_least(struct row *result, const struct row *const *rows, unsigned count);

/*
 * A claim about a ratio: that its median is at most, or at least, `bound`.
 * Printed with what was found; a claim never makes the benchmark fail.
 */
struct claim {
	struct row row;
	bool at_most;
	double bound;
};

/* A table of rows, and of claims, on standard output. */
void print_rows(const char *title, const struct row *const *rows, unsigned count);
void print_claims(const struct claim *claims, unsigned count);

/* The same as JSON arrays. */
cJSON *json_rows(const struct row *const *rows, unsigned count);
cJSON *json_claims(const struct claim *claims, unsigned count);

#endif

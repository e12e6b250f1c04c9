/* Figures and their spread (statistics.h). */
#include "statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/table.h"

void row_add(struct row *row, double figure)
{
	if (row->count < ROUNDS_MAXIMUM)
		row->figure[row->count++] = figure;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* The figure at `part` of the way through the sorted ones, between two where it falls between. */
static double quantile(const double *sorted, unsigned count, double part)
{
	double position = part * (count - 1);
	unsigned below = (unsigned)position;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (position - below) * (sorted[below + 1] - sorted[below]);
}

struct spread row_spread(const struct row *row)
{
	double sorted[ROUNDS_MAXIMUM];

	if (row->count == 0)
		return (struct spread){0};
	memcpy(sorted, row->figure, row->count * sizeof(sorted[0]));
	qsort(sorted, row->count, sizeof(sorted[0]), compare);
	return (struct spread){
		.low = quantile(sorted, row->count, 0.25),
		.median = quantile(sorted, row->count, 0.5),
		.high = quantile(sorted, row->count, 0.75),
	};
}

void row_ratio(struct row *result, const struct row *numerator, const struct row *denominator)
{
	unsigned count = numerator->count < denominator->count ? numerator->count : denominator->count;

	result->count = 0;
	for (unsigned i = 0; i < count; i++)
		row_add(result, numerator->figure[i] / denominator->figure[i]);
}

void row_least(struct row *result, const struct row *const *rows, unsigned count)
{
	result->count = 0;
	for (unsigned round = 0; round < rows[0]->count; round++) {
		double least = rows[0]->figure[round];

		for (unsigned i = 1; i < count; i++)
			least = rows[i]->figure[round] < least ? rows[i]->figure[round] : least;
		row_add(result, least);
	}
}

void print_rows(const char *title, const struct row *const *rows, unsigned count)
{
	static const char *const titles[] = {"", "MEDIAN", "LOW", "HIGH", "UNIT"};
	static const bool right[] = {false, true, true, true, false};
	struct table table = {.titles = titles, .right = right, .columns = 5};

	printf("%s (quartiles of %u rounds)\n", title, count ? rows[0]->count : 0);
	for (unsigned i = 0; i < count; i++) {
		struct spread spread = row_spread(rows[i]);

		if (rows[i]->count == 0)
			continue;
		table_add(&table, "%s", rows[i]->name);
		table_add(&table, "%.3g", spread.median);
		table_add(&table, "%.3g", spread.low);
		table_add(&table, "%.3g", spread.high);
		table_add(&table, "%s", rows[i]->unit);
	}
	table_print(&table);
	putchar('\n');
}

static bool holds(const struct claim *claim)
{
	double median = row_spread(&claim->row).median;

	return claim->at_most ? median <= claim->bound : median >= claim->bound;
}

void print_claims(const struct claim *claims, unsigned count)
{
	static const char *const titles[] = {"", "MEDIAN", "LOW", "HIGH", "BOUND", ""};
	static const bool right[] = {false, true, true, true, true, false};
	struct table table = {.titles = titles, .right = right, .columns = 6};

	for (unsigned i = 0; i < count; i++) {
		struct spread spread = row_spread(&claims[i].row);

		if (claims[i].row.count == 0)
			continue;
		table_add(&table, "%s", claims[i].row.name);
		table_add(&table, "%.3g", spread.median);
		table_add(&table, "%.3g", spread.low);
		table_add(&table, "%.3g", spread.high);
		table_add(&table, "%s %.3g", claims[i].at_most ? "<=" : ">=", claims[i].bound);
		table_add(&table, "%s", holds(&claims[i]) ? "holds" : "does not hold");
	}
	table_print(&table);
}

static cJSON *json_row(const struct row *row)
{
	struct spread spread = row_spread(row);
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", row->name);
	cJSON_AddStringToObject(object, "unit", row->unit ? row->unit : "ratio");
	cJSON_AddNumberToObject(object, "rounds", row->count);
	cJSON_AddNumberToObject(object, "median", spread.median);
	cJSON_AddNumberToObject(object, "low", spread.low);
	cJSON_AddNumberToObject(object, "high", spread.high);
	cJSON_AddItemToObject(object, "figures", cJSON_CreateDoubleArray(row->figure, (int)row->count));
	return object;
}

cJSON *json_rows(const struct row *const *rows, unsigned count)
{
	cJSON *array = cJSON_CreateArray();

	for (unsigned i = 0; i < count; i++)
		cJSON_AddItemToArray(array, json_row(rows[i]));
	return array;
}

cJSON *json_claims(const struct claim *claims, unsigned count)
{
	cJSON *array = cJSON_CreateArray();

	for (unsigned i = 0; i < count; i++) {
		cJSON *object = json_row(&claims[i].row);

		cJSON_AddStringToObject(object, "bound", claims[i].at_most ? "at most" : "at least");
		cJSON_AddNumberToObject(object, "value", claims[i].bound);
		cJSON_AddBoolToObject(object, "holds", holds(&claims[i]));
		cJSON_AddItemToArray(array, object);
	}
	return array;
}

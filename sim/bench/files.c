/*
 * `drydock bench files`: small files through the FUSE mount, beside libfuse's
 * own example passthrough_ll over a kernel tmpfs: once at its best (one
 * thread, on the benchmark's CPU), once as it is shipped.
 */
#include <stdio.h>

#include "bench.h"
#include "peers.h"
#include "sim/cli/cli.h"
#include "small_files.h"

#define CLAIMS (SMALL_STEPS + 1)

static void make_claims(const struct small_files *small, struct claim claims[CLAIMS])
{
	static const char *const names[SMALL_STEPS] = {
		"create and write: at its best / drydock", "stat: at its best / drydock",
		"unlink: at its best / drydock", "total: at its best / drydock"};

	for (int step = 0; step < SMALL_STEPS; step++) {
		claims[step] = (struct claim){{.name = names[step]}, false, step == SMALL_TOTAL ? 1.1 : 0.75};
		small_files_ratio(small, &claims[step].row, PEER_BEST, (enum small_step)step);
	}
	claims[SMALL_STEPS] = (struct claim){{.name = "total: as shipped / drydock"}, false, 4};
	small_files_ratio(small, &claims[SMALL_STEPS].row, PEER_SHIPPED, SMALL_TOTAL);
}

static void report(const struct small_files *small, bool json)
{
	const struct row *rows[SMALL_ROWS];
	struct claim claims[CLAIMS];
	cJSON *object;

	small_files_rows(small, rows);
	make_claims(small, claims);
	if (!json) {
		print_rows("Small files, microseconds a file", rows, SMALL_ROWS);
		print_claims(claims, CLAIMS);
		return;
	}
	object = cJSON_CreateObject();
	cJSON_AddItemToObject(object, "files", json_rows(rows, SMALL_ROWS));
	cJSON_AddItemToObject(object, "claims", json_claims(claims, CLAIMS));
	bench_print_json(object);
}

int bench_files(const struct bench_options *options)
{
	static struct small_files small; /* hosted: the rows are large */
	struct peers peers = {0};
	bool good;

	small_files_start(&small);
	good = peers_start(&peers, options->name, 1 << PEER_DRYDOCK | 1 << PEER_BEST | 1 << PEER_SHIPPED);
	for (unsigned round = 0; round < options->rounds && good; round++) {
		bench_progress(options, round);
		good = small_files_measure(&small, &peers, options->files, round);
	}
	bench_progress(options, options->rounds);
	peers_end(&peers);
	if (!good)
		return CLI_FAILED;
	report(&small, options->json);
	return CLI_OK;
}

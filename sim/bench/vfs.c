/*
 * `drydock bench vfs`: the mount beside a kernel tmpfs, libfuse's
 * passthrough_ll over that tmpfs, and bindfs: small files, and the data of a
 * large one, a real tree; and vfs natively, without the mount.
 */
#include <stdio.h>

#include "bench.h"
#include "data.h"
#include "native.h"
#include "peers.h"
#include "sim/cli/cli.h"
#include "small_files.h"
#include "tree.h"

struct bench_vfs {
	struct small_files small;
	struct data data;
	struct tree tree;
	struct native native;
};

/* ---- what is claimed ------------------------------------------------------- */

#define SMALL_CLAIMS SMALL_STEPS

static void claim_small(const struct bench_vfs *bench, struct claim claims[SMALL_CLAIMS])
{
	static const char *const names[SMALL_STEPS] = {
		"create and write: passthrough_ll / drydock", "stat: passthrough_ll / drydock",
		"unlink: passthrough_ll / drydock", "total: passthrough_ll / drydock"};

	for (int step = 0; step < SMALL_STEPS; step++) {
		claims[step] = (struct claim){{.name = names[step]}, false, step == SMALL_TOTAL ? 1.25 : 0.9};
		small_files_ratio(&bench->small, &claims[step].row, PEER_BEST, (enum small_step)step);
	}
}

/* Drydock's speed in `step` over a peer's in `peer_step`: at least `bound`. */
static const struct {
	enum data_step step;
	enum peer_kind peer;
	enum data_step peer_step;
	double bound;
	const char *names[DATA_SIZES];
} data_claims[] = {
	{DATA_WRITE, PEER_BEST, DATA_WRITE, 1.2,
	 {"write, 128 KiB: drydock / passthrough_ll", "write, 1 MiB: drydock / passthrough_ll"}},
	{DATA_WRITE, PEER_TMPFS, DATA_WRITE, 0.5,
	 {"write, 128 KiB: drydock / tmpfs", "write, 1 MiB: drydock / tmpfs"}},
	{DATA_READ, PEER_BEST, DATA_READ, 2,
	 {"read, 128 KiB: drydock / passthrough_ll", "read, 1 MiB: drydock / passthrough_ll"}},
	{DATA_READ, PEER_TMPFS, DATA_READ, 0.4,
	 {"read, 128 KiB: drydock / tmpfs", "read, 1 MiB: drydock / tmpfs"}},
	{DATA_READ_AGAIN, PEER_TMPFS, DATA_READ_AGAIN, 0.9,
	 {"read again, 128 KiB: drydock / tmpfs", "read again, 1 MiB: drydock / tmpfs"}},
	{DATA_WRITE_DIRECT, PEER_BEST, DATA_WRITE_DIRECT, 2.2,
	 {"write direct, 128 KiB: drydock / passthrough_ll", "write direct, 1 MiB: drydock / passthrough_ll"}},
	{DATA_WRITE_DIRECT, PEER_TMPFS, DATA_WRITE, 0.7,
	 {"write direct, 128 KiB: drydock / tmpfs", "write direct, 1 MiB: drydock / tmpfs"}},
	{DATA_READ_DIRECT, PEER_BEST, DATA_READ_DIRECT, 2.2,
	 {"read direct, 128 KiB: drydock / passthrough_ll", "read direct, 1 MiB: drydock / passthrough_ll"}},
	{DATA_READ_DIRECT, PEER_TMPFS, DATA_READ, 0.7,
	 {"read direct, 128 KiB: drydock / tmpfs", "read direct, 1 MiB: drydock / tmpfs"}},
};

#define DATA_CLAIMS (sizeof(data_claims) / sizeof(data_claims[0]) * DATA_SIZES)
#define CLAIMS      (SMALL_CLAIMS + DATA_CLAIMS + TREE_STEPS + NATIVE_CLAIMS)

static void claim_data(const struct bench_vfs *bench, struct claim claims[DATA_CLAIMS])
{
	for (size_t i = 0; i < DATA_CLAIMS; i++) {
		size_t which = i / DATA_SIZES;
		enum data_size size = (enum data_size)(i % DATA_SIZES);

		claims[i] = (struct claim){{.name = data_claims[which].names[size]}, false,
		                           data_claims[which].bound};
		data_ratio(&bench->data, &claims[i].row, size, data_claims[which].step,
		           data_claims[which].peer, data_claims[which].peer_step);
	}
}

static void claim_tree(const struct bench_vfs *bench, struct claim claims[TREE_STEPS])
{
	static const char *const names[TREE_STEPS] = {"tar x: passthrough_ll / drydock",
	                                              "git status: passthrough_ll / drydock"};

	for (int step = 0; step < TREE_STEPS; step++) {
		claims[step] = (struct claim){{.name = names[step]}, false, 1};
		tree_ratio(&bench->tree, &claims[step].row, PEER_BEST, (enum tree_step)step);
	}
}

/* ---- the report -------------------------------------------------------------- */

static void report(const struct bench_vfs *bench, bool json)
{
	static struct claim claims[CLAIMS]; /* large, as all rows */
	const struct row *small[SMALL_ROWS], *data[DATA_ROWS], *tree[TREE_ROWS], *native[NATIVE_ROWS], *once[NATIVE_ONCE];
	cJSON *object;

	small_files_rows(&bench->small, small);
	data_rows(&bench->data, data);
	tree_rows(&bench->tree, tree);
	native_rows(&bench->native, native);
	native_once_rows(&bench->native, once);
	claim_small(bench, claims);
	claim_data(bench, claims + SMALL_CLAIMS);
	claim_tree(bench, claims + SMALL_CLAIMS + DATA_CLAIMS);
	native_claims(&bench->native, claims + SMALL_CLAIMS + DATA_CLAIMS + TREE_STEPS);
	if (!json) {
		print_rows("Small files, microseconds a file", small, SMALL_ROWS);
		print_rows("A large file, MB/s", data, DATA_ROWS);
		print_rows("A real tree, milliseconds", tree, TREE_ROWS);
		print_rows("Natively", native, NATIVE_ROWS);
		print_rows("vfs, once", once, NATIVE_ONCE);
		print_claims(claims, CLAIMS);
		return;
	}
	object = cJSON_CreateObject();
	cJSON_AddItemToObject(object, "small_files", json_rows(small, SMALL_ROWS));
	cJSON_AddItemToObject(object, "data", json_rows(data, DATA_ROWS));
	cJSON_AddItemToObject(object, "tree", json_rows(tree, TREE_ROWS));
	cJSON_AddItemToObject(object, "native", json_rows(native, NATIVE_ROWS));
	cJSON_AddItemToObject(object, "once", json_rows(once, NATIVE_ONCE));
	cJSON_AddItemToObject(object, "claims", json_claims(claims, CLAIMS));
	bench_print_json(object);
}

int bench_vfs(const struct bench_options *options)
{
	static struct bench_vfs bench; /* hosted: the rows are large */
	struct peers peers = {0};
	bool good;

	small_files_start(&bench.small);
	good = data_start(&bench.data) && peers_start(&peers, options->name, (1 << PEERS) - 1) &&
	       tree_start(&bench.tree, &peers) && native_start(&bench.native, &peers.instance, peers.processor) &&
	       native_measure_once(&bench.native);
	for (unsigned round = 0; round < options->rounds && good; round++) {
		bench_progress(options, round);
		good = small_files_measure(&bench.small, &peers, options->files, round) &&
		       data_measure(&bench.data, &peers, options->length) &&
		       tree_measure(&bench.tree, &peers) &&
		       native_measure(&bench.native, options->duration);
	}
	bench_progress(options, options->rounds);
	native_end(&bench.native);
	tree_end(&bench.tree);
	peers_end(&peers);
	data_end(&bench.data);
	if (!good)
		return CLI_FAILED;
	report(&bench, options->json);
	return CLI_OK;
}

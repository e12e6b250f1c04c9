/* A real tree (tree.h). */
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "sim/cli/cli.h"

#define SOURCE "/usr/include"
#define PARTS  "linux c++" /* some 1,500 files of 20 MB; others come and go with packages */

static const char *const step_names[TREE_STEPS] = {"tar x", "git status"};

/* Runs a command of the shell's in `directory`, silent but for errors; nanoseconds, 0 where it failed. */
static uint64_t run(const char *directory, const char *command)
{
	char line[6 * PEER_PATH_SIZE];
	uint64_t start = clock_now();

	snprintf(line, sizeof(line), "cd %s && %s >/dev/null", directory, command);
	if (system(line) != 0)
		return cli_error("bench: this failed: %s", line), 0;
	return clock_now() - start;
}

bool tree_start(struct tree *tree, const struct peers *peers)
{
	char command[2 * PEER_PATH_SIZE];

	for (int kind = 0; kind < PEERS; kind++) {
		for (int step = 0; step < TREE_STEPS; step++) {
			char *name = tree->names[kind][step];

			snprintf(name, sizeof(tree->names[0][0]), "%s: %s", peer_names[kind], step_names[step]);
			tree->rows[kind][step] = (struct row){.name = name, .unit = "ms"};
		}
	}
	snprintf(tree->archive, sizeof(tree->archive), "%s/tree.tar", peers->work);
	snprintf(command, sizeof(command), "tar cf %s " PARTS, tree->archive);
	return run(SOURCE, command) > 0;
}

void tree_end(const struct tree *tree)
{
	if (tree->archive[0] != '\0')
		remove(tree->archive);
}

/*
 * What git has remembered of files that are as new as its index it does not
 * trust; so it looks once before it is measured.
 */
static bool measure(struct tree *tree, const char *above, struct row rows[TREE_STEPS])
{
	static const char track[] = "git -c init.defaultBranch=main init -q && git add -A && git status --short";
	char directory[PEER_PATH_SIZE + 32], command[4 * PEER_PATH_SIZE];
	uint64_t extract, status;

	snprintf(directory, sizeof(directory), "%s/tree", above);
	snprintf(command, sizeof(command), "mkdir %s && tar xf %s -C %s", directory, tree->archive, directory);
	extract = run("/", command);
	if (extract == 0 || run(directory, track) == 0)
		return false;
	status = run(directory, "git status --short");
	row_add(&rows[TREE_EXTRACT], (double)extract / 1e6);
	row_add(&rows[TREE_STATUS], (double)status / 1e6);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return status > 0 && run("/", command) > 0;
}

bool tree_measure(struct tree *tree, const struct peers *peers)
{
	for (int kind = 0; kind < PEERS; kind++) {
		if (!peer_is_there(peers, (enum peer_kind)kind))
			continue;
		peer_approach(peers, (enum peer_kind)kind);
		if (!measure(tree, peers->peer[kind].directory, tree->rows[kind]))
			return false;
	}
	return true;
}

void tree_rows(const struct tree *tree, const struct row *rows[TREE_ROWS])
{
	for (int i = 0; i < TREE_ROWS; i++)
		rows[i] = &tree->rows[i / TREE_STEPS][i % TREE_STEPS];
}

void tree_ratio(const struct tree *tree, struct row *row, enum peer_kind peer, enum tree_step step)
{
	row_ratio(row, &tree->rows[peer][step], &tree->rows[PEER_DRYDOCK][step]);
}

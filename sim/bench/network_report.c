/* What the network benchmark has found: rows, and what they are to reach (network.h). */
#include <stdarg.h>
#include <stdio.h>

#include "network.h"

#define NAME_SIZE 64
#define ROWS      (NET_PLACES * (NET_HELPS * NET_DIRECTIONS + 4) * NET_PEERS + NET_PLACES + 2)

static const char *const places[NET_PLACES] = {"one CPU", "unpinned"};
static const char *const peers[NET_PEERS] = {"drydock", "floor", "linux veth"};
static const char *const helps[NET_HELPS] = {"offloads", "none"};
static const char *const directions[NET_DIRECTIONS] = {"in", "out"};

__attribute__((format(printf, 3, 4))) static void name(struct row *row, const char *unit, const char *format, ...)
{
	/* As many as there are rows, and each named once. */
	static char texts[ROWS][NAME_SIZE];
	static unsigned used;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(texts[used], NAME_SIZE, format, arguments);
	va_end(arguments);
	row->name = texts[used++];
	row->unit = unit;
}

static void name_peer(struct bench_net *bench, int where, int peer)
{
	for (int help = 0; help < NET_HELPS; help++) {
		for (int way = 0; way < NET_DIRECTIONS; way++)
			name(&bench->bulk[where][help][way][peer], "Gbit/s", "bulk %s, %s, %s: %s", directions[way],
			     helps[help], places[where], peers[peer]);
	}
	name(&bench->echo[where][peer], "us", "echo p50, %s: %s", places[where], peers[peer]);
	name(&bench->requests[where][peer], "k/s", "64-byte requests, %s: %s", places[where], peers[peer]);
	name(&bench->loss[where][peer], "Gbit/s", "bulk out, 1 %% lost, %s: %s", places[where],
	     peer == NET_LINUX ? "linux cubic" : peers[peer]);
	name(&bench->http[where][peer], "k/s", "HTTP 1 KiB, 64 connections, %s: %s", places[where],
	     peer == NET_LINUX ? "nginx" : peers[peer]);
}

void network_name_rows(struct bench_net *bench)
{
	for (int where = 0; where < NET_PLACES; where++) {
		for (int peer = 0; peer < NET_PEERS; peer++)
			name_peer(bench, where, peer);
		name(&bench->lane[where], "us", "lane call, %s", places[where]);
	}
	name(&bench->memory, "MiB", "10,000 idle connections");
	name(&bench->wakeups, "", "wake-ups in ten idle seconds with these");
}

/* All that were measured, in the order of their groups. */
static unsigned collect(const struct bench_net *bench, const struct row *rows[ROWS])
{
	unsigned count = 0;

	for (int where = 0; where < NET_PLACES; where++) {
		const struct row *const groups[] = {bench->echo[where], bench->requests[where], bench->loss[where],
		                                    bench->http[where]};

		for (int help = 0; help < NET_HELPS; help++) {
			for (int way = 0; way < NET_DIRECTIONS; way++) {
				for (int peer = 0; peer < NET_PEERS; peer++)
					rows[count++] = &bench->bulk[where][help][way][peer];
			}
		}
		for (size_t group = 0; group < sizeof(groups) / sizeof(groups[0]); group++) {
			for (int peer = 0; peer < NET_PEERS; peer++)
				rows[count++] = &groups[group][peer];
		}
		rows[count++] = &bench->lane[where];
	}
	rows[count++] = &bench->memory;
	rows[count++] = &bench->wakeups;
	return count;
}

/* ---- claims -------------------------------------------------------------------------- */

struct claims {
	struct claim claim[ROWS];
	char names[ROWS][NAME_SIZE];
	unsigned count;
};

__attribute__((format(printf, 4, 5))) static struct row *claim(struct claims *claims, bool at_most, double bound,
                                                                const char *format, ...)
{
	struct claim *claim = &claims->claim[claims->count];
	char *text = claims->names[claims->count++];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, NAME_SIZE, format, arguments);
	va_end(arguments);
	*claim = (struct claim){.row = {.name = text}, .at_most = at_most, .bound = bound};
	return &claim->row;
}

static void claim_bulk(const struct bench_net *bench, struct claims *claims, int where)
{
	for (int way = 0; way < NET_DIRECTIONS; way++) {
		const struct row *with = bench->bulk[where][NET_OFFLOADS][way];
		const struct row *without = bench->bulk[where][NET_NONE][way];
		struct row *row = claim(claims, false, 10, "bulk %s, %s, Gbit/s", directions[way], places[where]);

		for (unsigned round = 0; round < with[NET_DRYDOCK].count; round++)
			row_add(row, with[NET_DRYDOCK].figure[round]);
		row_ratio(claim(claims, false, 0.5, "bulk %s, offloads, %s: drydock / floor", directions[way],
		                places[where]),
		          &with[NET_DRYDOCK], &with[NET_FLOOR]);
		row_ratio(claim(claims, false, 0.8, "bulk %s, none, %s: drydock / floor", directions[way],
		                places[where]),
		          &without[NET_DRYDOCK], &without[NET_FLOOR]);
	}
}

static void claim_echo(const struct bench_net *bench, struct claims *claims, int where)
{
	const struct row *echo = bench->echo[where], *lane = &bench->lane[where];
	struct row *row = claim(claims, true, 1.5, "echo, %s: (drydock - floor) / lane call", places[where]);

	for (unsigned round = 0; round < lane->count && round < echo[NET_DRYDOCK].count; round++)
		row_add(row, (echo[NET_DRYDOCK].figure[round] - echo[NET_FLOOR].figure[round]) / lane->figure[round]);
	if (where == NET_ONE)
		row_ratio(claim(claims, false, 0.75, "requests, %s: drydock / linux veth", places[where]),
		          &bench->requests[where][NET_DRYDOCK], &bench->requests[where][NET_LINUX]);
	row_ratio(claim(claims, false, 1, "1 %% lost, %s: drydock / linux cubic", places[where]),
	          &bench->loss[where][NET_DRYDOCK], &bench->loss[where][NET_LINUX]);
	row_ratio(claim(claims, false, 0.5, "HTTP, %s: drydock / nginx", places[where]),
	          &bench->http[where][NET_DRYDOCK], &bench->http[where][NET_LINUX]);
}

static void make_claims(const struct bench_net *bench, struct claims *claims)
{
	for (int where = 0; where < NET_PLACES; where++) {
		claim_bulk(bench, claims, where);
		claim_echo(bench, claims, where);
	}
	for (unsigned i = 0; i < bench->memory.count; i++)
		row_add(claim(claims, true, 64, "10,000 idle connections, MiB"), bench->memory.figure[i]);
	for (unsigned i = 0; i < bench->wakeups.count; i++)
		row_add(claim(claims, true, 0, "wake-ups in ten idle seconds"), bench->wakeups.figure[i]);
}

void network_report(const struct bench_net *bench)
{
	static struct claims claims; /* large, as all rows */
	const struct row *rows[ROWS];
	unsigned count = collect(bench, rows), measured = 0;
	cJSON *object;

	make_claims(bench, &claims);
	for (unsigned i = 0; i < count; i++) {
		if (rows[i]->count > 0)
			rows[measured++] = rows[i];
	}
	if (!bench->options->json) {
		print_rows("The network", rows, measured);
		print_claims(claims.claim, claims.count);
		return;
	}
	object = cJSON_CreateObject();
	cJSON_AddItemToObject(object, "net", json_rows(rows, measured));
	cJSON_AddItemToObject(object, "claims", json_claims(claims.claim, claims.count));
	bench_print_json(object);
}

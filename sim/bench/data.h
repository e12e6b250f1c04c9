/* One large file on each file system: written, read, read again. */
#ifndef DRYDOCK_BENCH_DATA_H
#define DRYDOCK_BENCH_DATA_H

#include "peers.h"
#include "statistics.h"

enum data_step {
	DATA_WRITE,        /* by way of the page cache, and closed */
	DATA_READ,         /* what the page cache forgot */
	DATA_READ_AGAIN,   /* what it has */
	DATA_WRITE_DIRECT, /* O_DIRECT */
	DATA_READ_DIRECT,
	DATA_STEPS,
};

enum data_size { DATA_128K, DATA_1M, DATA_SIZES };

struct data {
	struct row rows[DATA_SIZES][PEERS][DATA_STEPS]; /* MB/s */
	char names[DATA_SIZES][PEERS][DATA_STEPS][64];
	void *memory; /* what is written and read, a multiple of a page */
};

/* False where there is no memory. */
bool data_start(struct data *data);
void data_end(struct data *data);

/* Measures one round with files of `length` bytes, a multiple of 1 MiB; false, having said why, where that fails. */
bool data_measure(struct data *data, const struct peers *peers, uint64_t length);

#define DATA_ROWS (DATA_SIZES * PEERS * DATA_STEPS)
void data_rows(const struct data *data, const struct row *rows[DATA_ROWS]);

/* `row` becomes, each round, drydock's speed in `step` over the peer's in `peer_step`. */
void data_ratio(const struct data *data, struct row *row, enum data_size size, enum data_step step,
                enum peer_kind peer, enum data_step peer_step);

#endif

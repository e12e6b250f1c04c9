/* A hash table by number of block, which only grows: what the journal says about blocks (journal.h). */
#ifndef EXT4_BLOCK_TABLE_H
#define EXT4_BLOCK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct runtime;

struct block_table_entry {
	uint64_t block;
	uint64_t source;   /* the user's: where its content lies */
	uint32_t sequence; /* the user's: of the transaction */
	bool escaped;      /* the user's: see journal.h */
	bool used;
};

struct block_table {
	struct block_table_entry *entries; /* open addressing, linear probing, at most half full */
	uint32_t bits;                     /* there are 2^bits; 0: none yet */
	uint32_t count;
};

/* The entry of `block`; NULL: it has none. */
struct block_table_entry *block_table_find(const struct block_table *table, uint64_t block);

/* The same, made with zeros where there is none. NULL: no memory. */
struct block_table_entry *block_table_make(struct block_table *table, struct runtime *runtime,
                                           uint64_t block);

/* Empties it. */
void block_table_end(struct block_table *table, struct runtime *runtime);

#endif

/*
 * The model of test_tmpfs_random.c: the same file system in the plainest way.
 * What is done to files' data is in tmpfs_model_file.c.
 */
#ifndef TMPFS_MODEL_H
#define TMPFS_MODEL_H

#include "tmpfs_fixture.h"

#define NODES      48u /* at most, the root included */
#define NAMES      9u  /* that there can be in a directory */
#define FILE_MAX   40000u
#define PAGES      (FILE_MAX / ARENA_PAGE + 1)
#define OPERATIONS 250000u
#define NONE       UINT32_MAX

enum { HOLE, ALLOCATED, WRITTEN };

struct model_node {
	bool used;
	uint64_t number;
	uint32_t mode, uid, gid, links, references, parent, size;
	int64_t atime, mtime, ctime;
	uint32_t entry[NAMES]; /* of a directory: what each name names, or NONE */
	uint64_t cookie[NAMES];
	uint64_t next_cookie;
	uint8_t data[FILE_MAX]; /* of a file, or a link's target */
	uint8_t page[PAGES];    /* of a file: HOLE, ALLOCATED or WRITTEN */
};

struct model {
	struct model_node node[NODES];
	uint32_t count;
	uint64_t dead; /* a number that was some node's once */
	uint64_t random;
	struct fixture *fixture;
};

static inline uint32_t pick(struct model *model, uint32_t limit)
{
	return random_below(&model->random, limit);
}

static inline uint32_t pick_node(struct model *model)
{
	uint32_t index;

	do
		index = pick(model, NODES);
	while (!model->node[index].used);
	return index;
}

static inline bool model_is(const struct model_node *node, uint32_t type)
{
	return (node->mode & POSIX_S_IFMT) == type;
}

static inline void model_changed(struct model *model, uint32_t index)
{
	model->node[index].mtime = model->node[index].ctime = model->fixture->now.seconds;
}

/* Reading: relatime. */
static inline void model_mark_read(struct model *model, struct model_node *node)
{
	int64_t now = model->fixture->now.seconds;

	if (node->atime <= node->mtime || node->atime <= node->ctime || now - node->atime >= 86400)
		node->atime = now;
}

/* What is wrong where a regular file is wanted. */
static inline int32_t model_file_error(const struct model_node *node)
{
	if (model_is(node, POSIX_S_IFDIR))
		return POSIX_EISDIR;
	return model_is(node, POSIX_S_IFREG) ? 0 : POSIX_EINVAL;
}

/* Each does it at random to the file system and to the model, and fails the test where they differ. */
void model_write(struct model *model);
void model_read(struct model *model);
void model_allocate(struct model *model);
void model_seek(struct model *model);
void model_copy(struct model *model);

#endif

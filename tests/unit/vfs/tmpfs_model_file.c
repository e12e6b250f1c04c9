/* Files' data in the model of tmpfs: see tmpfs_model.h. */
#include "tmpfs_model.h"

void model_write(struct model *model)
{
	uint32_t index = pick_node(model), offset = pick(model, FILE_MAX), length, done = 0, at;
	struct model_node *node = &model->node[index];
	static uint8_t data[FILE_MAX];
	int32_t error;

	length = 1 + pick(model, pick(model, 2) ? FILE_MAX - offset : 100);
	if (length > FILE_MAX - offset)
		length = FILE_MAX - offset;
	for (at = 0; at < length; at++)
		data[at] = (uint8_t)(at + index + (uint64_t)model->fixture->now.seconds);
	error = tmpfs_write(&model->fixture->tmpfs, node->number, offset, data, length, &done,
	                    model->fixture->now);
	must(error != model_file_error(node));
	if (error)
		return;
	must(done != length);
	memcpy(node->data + offset, data, length);
	for (at = offset / ARENA_PAGE; at <= (offset + length - 1) / ARENA_PAGE; at++)
		node->page[at] = WRITTEN;
	if (node->size < offset + length)
		node->size = offset + length;
	model_changed(model, index);
}

void model_read(struct model *model)
{
	uint32_t index = pick_node(model), offset = pick(model, FILE_MAX), length = 1 + pick(model, 9000),
		 done;
	struct model_node *node = &model->node[index];
	static uint8_t data[FILE_MAX];
	uint32_t expected;
	int32_t error;

	error = tmpfs_read(&model->fixture->tmpfs, node->number, offset, data, length, &done,
	                   model->fixture->now);
	must(error != model_file_error(node));
	if (error)
		return;
	expected = offset >= node->size ? 0 : node->size - offset < length ? node->size - offset : length;
	must(done != expected || memcmp(data, node->data + offset, done) != 0);
	model_mark_read(model, node);
}

void model_allocate(struct model *model)
{
	uint32_t index = pick_node(model), mode = pick(model, 6), offset = pick(model, FILE_MAX);
	uint32_t length = pick(model, 5) ? pick(model, FILE_MAX - offset) : pick(model, 100), at, page;
	struct model_node *node = &model->node[index];
	int32_t error, expected = model_file_error(node);

	if (offset + length > FILE_MAX)
		length = FILE_MAX - offset;
	error = tmpfs_allocate(&model->fixture->tmpfs, node->number, mode, offset, length,
	                       model->fixture->now);
	if (expected == POSIX_EINVAL)
		expected = POSIX_ENODEV;
	else if (!expected && (length == 0 || mode == 5))
		expected = POSIX_EINVAL;
	must(error != expected);
	if (error)
		return;
	for (page = offset / ARENA_PAGE; mode != TMPFS_ALLOCATE_PUNCH && page * ARENA_PAGE < offset + length;
	     page++)
		node->page[page] = node->page[page] == HOLE ? ALLOCATED : WRITTEN;
	for (at = offset; at < offset + length; at++) {
		page = at / ARENA_PAGE;
		if (mode >= TMPFS_ALLOCATE_PUNCH)
			node->data[at] = 0;
		if (mode == TMPFS_ALLOCATE_PUNCH && at % ARENA_PAGE == 0 &&
		    at + ARENA_PAGE <= offset + length)
			node->page[page] = HOLE;
	}
	if ((mode == TMPFS_ALLOCATE_GROW || mode == TMPFS_ALLOCATE_ZERO) && offset + length > node->size)
		node->size = offset + length;
	model_changed(model, index);
}

/* Byte for byte. */
static uint32_t seek_bytewise(const struct model_node *node, uint32_t offset, enum tmpfs_seek what)
{
	while (offset < node->size &&
	       (node->page[offset / ARENA_PAGE] == WRITTEN) != (what == TMPFS_SEEK_DATA))
		offset++;
	return offset;
}

void model_seek(struct model *model)
{
	enum tmpfs_seek what = pick(model, 2) ? TMPFS_SEEK_DATA : TMPFS_SEEK_HOLE;
	struct model_node *node = &model->node[pick_node(model)];
	uint32_t offset = pick(model, FILE_MAX), found;
	int32_t error, expected = model_file_error(node);
	uint64_t result;

	error = tmpfs_seek(&model->fixture->tmpfs, node->number, offset, what, &result);
	if (expected) {
		must(error != expected);
		return;
	}
	found = seek_bytewise(node, offset, what);
	if (offset >= node->size || (what == TMPFS_SEEK_DATA && found == node->size))
		must(error != POSIX_ENXIO);
	else
		must(error != 0 || result != found);
}

void model_copy(struct model *model)
{
	uint32_t from_index = pick_node(model), to_index = pick(model, 3) ? pick_node(model) : from_index;
	struct model_node *from = &model->node[from_index], *to = &model->node[to_index];
	uint32_t offset = pick(model, FILE_MAX), to_offset = pick(model, FILE_MAX);
	uint32_t length = 1 + pick(model, FILE_MAX - to_offset), done = 0, at;
	int32_t error, expected = model_file_error(from);

	error = tmpfs_copy(&model->fixture->tmpfs, from->number, offset, to->number, to_offset, length, &done,
	                   model->fixture->now);
	if (!expected)
		expected = model_file_error(to);
	if (offset >= from->size)
		length = 0;
	else if (length > from->size - offset)
		length = from->size - offset;
	if (!expected && from == to && offset < to_offset + length && to_offset < offset + length)
		expected = POSIX_EINVAL;
	must(error != expected);
	if (error)
		return;
	must(done != length);
	if (length == 0)
		return;
	for (at = 0; at < length; at++) {
		to->data[to_offset + at] = from->data[offset + at];
		if (from->page[(offset + at) / ARENA_PAGE] != HOLE)
			to->page[(to_offset + at) / ARENA_PAGE] = WRITTEN;
	}
	if (to->size < to_offset + length)
		to->size = to_offset + length;
	model_mark_read(model, from);
	model_changed(model, to_index);
}

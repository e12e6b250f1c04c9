/*
 * Random operations on tmpfs and on a model that does the same in the plainest
 * way: every result must be the model's, and regularly the whole tree.
 */
#include <stdio.h>

#include "tmpfs_model.h"

/* Of various lengths, so that entries come from various slabs. */
static const char *name_of(uint32_t index, char *buffer)
{
	memset(buffer, 'a' + (int)index, 255);
	buffer[1 + index * index * 3] = '\0';
	return buffer;
}

/* Mostly a directory. */
static uint32_t pick_directory(struct model *model)
{
	uint32_t index, tries;

	for (tries = 0; tries < 20; tries++) {
		index = pick_node(model);
		if ((model->node[index].mode & POSIX_S_IFMT) == POSIX_S_IFDIR)
			break;
	}
	return index;
}

static void model_release(struct model *model, uint32_t index)
{
	struct model_node *node = &model->node[index];

	if (node->links == 0 && node->references == 0) {
		node->used = false;
		model->dead = node->number;
		model->count--;
	}
}

static uint32_t model_new(struct model *model, uint32_t mode)
{
	struct model_node *node = model->node;
	uint32_t name;

	while (node->used)
		node++;
	memset(node, 0, sizeof(*node));
	node->used = true;
	node->mode = mode;
	node->uid = 1;
	node->gid = 2;
	node->atime = node->mtime = node->ctime = model->fixture->now.seconds;
	for (name = 0; name < NAMES; name++)
		node->entry[name] = NONE;
	node->next_cookie = 3;
	model->count++;
	return (uint32_t)(node - model->node);
}

static void model_enter(struct model *model, uint32_t directory, uint32_t name, uint32_t index)
{
	struct model_node *node = &model->node[directory];

	node->entry[name] = index;
	node->cookie[name] = node->next_cookie++;
	model_changed(model, directory);
}

static void compare_attributes(const struct model *model, uint32_t index,
                               const struct tmpfs_attributes *attributes)
{
	const struct model_node *node = &model->node[index];
	uint32_t pages = 0, at;

	for (at = 0; at < PAGES; at++)
		pages += node->page[at] != HOLE;
	must(attributes->blocks != pages * (ARENA_PAGE / 512));
	must(attributes->node != node->number);
	must(attributes->mode != node->mode);
	must(attributes->uid != node->uid || attributes->gid != node->gid);
	must(attributes->links != node->links);
	must(!model_is(node, POSIX_S_IFDIR) && attributes->size != node->size);
	must(attributes->atime.seconds != node->atime);
	must(attributes->mtime.seconds != node->mtime);
	must(attributes->ctime.seconds != node->ctime);
}

/* What a directory's readdir must give, in the order of cookies. */
struct expectation {
	const struct model *model;
	const struct model_node *node;
	uint64_t cookie;
	uint32_t seen;
};

static bool compare_entry(void *context, const struct tmpfs_entry *entry)
{
	struct expectation *expectation = context;
	const struct model_node *node = expectation->node;
	char buffer[256];
	uint32_t name;

	must(entry->cookie <= expectation->cookie);
	expectation->cookie = entry->cookie;
	if (entry->cookie <= 2) {
		must(entry->length != entry->cookie || memcmp(entry->name, "..", entry->length) != 0);
		must(entry->cookie == 1 && entry->node != node->number);
		must(entry->cookie == 2 && entry->node != expectation->model->node[node->parent].number);
		expectation->seen++;
		return true;
	}
	for (name = 0; name < NAMES; name++) {
		if (node->entry[name] == NONE || node->cookie[name] != entry->cookie)
			continue;
		must(entry->length != strlen(name_of(name, buffer)));
		must(memcmp(entry->name, buffer, entry->length) != 0);
		must(entry->node != expectation->model->node[node->entry[name]].number);
		must(entry->mode != (expectation->model->node[node->entry[name]].mode & POSIX_S_IFMT));
		expectation->seen++;
		return true;
	}
	ck_abort_msg("an entry that should not be");
	return false;
}

static void compare_directory(struct model *model, uint32_t index)
{
	struct model_node *node = &model->node[index];
	struct expectation expectation = {.model = model, .node = node};
	uint32_t name, entries = 2;
	int32_t error;

	for (name = 0; name < NAMES; name++)
		entries += node->entry[name] != NONE;
	error = tmpfs_readdir(&model->fixture->tmpfs, node->number, 0, compare_entry, &expectation,
	                      model->fixture->now);
	must(error != (node->links > 0 ? 0 : POSIX_ENOENT));
	if (!error) {
		must(expectation.seen != entries);
		model_mark_read(model, node);
	}
}

static void compare_content(struct model *model, uint32_t index)
{
	struct model_node *node = &model->node[index];
	static uint8_t buffer[FILE_MAX + 1];
	uint32_t done;

	if (model_is(node, POSIX_S_IFREG))
		must(tmpfs_read(&model->fixture->tmpfs, node->number, 0, buffer, sizeof(buffer), &done,
		                model->fixture->now));
	else if (model_is(node, POSIX_S_IFLNK))
		must(tmpfs_readlink(&model->fixture->tmpfs, node->number, buffer, sizeof(buffer), &done,
		                    model->fixture->now));
	else
		return;
	must(done != node->size || memcmp(buffer, node->data, done) != 0);
	model_mark_read(model, node);
}

static void compare_all(struct model *model)
{
	struct tmpfs_statistics statistics;
	struct tmpfs_attributes attributes;
	uint32_t index;

	for (index = 0; index < NODES; index++) {
		if (!model->node[index].used)
			continue;
		must(tmpfs_get_attributes(&model->fixture->tmpfs, model->node[index].number, &attributes));
		compare_attributes(model, index, &attributes);
		if (model_is(&model->node[index], POSIX_S_IFDIR))
			compare_directory(model, index);
		else
			compare_content(model, index);
	}
	must(model->dead &&
	     tmpfs_get_attributes(&model->fixture->tmpfs, model->dead, &attributes) != POSIX_ESTALE);
	tmpfs_statistics(&model->fixture->tmpfs, &statistics);
	must(statistics.nodes - statistics.nodes_free != model->count);
}

/* The error that all makers have in common, after the directory's type. */
static int32_t model_make_error(const struct model *model, uint32_t directory, uint32_t name)
{
	const struct model_node *node = &model->node[directory];

	if (!model_is(node, POSIX_S_IFDIR))
		return POSIX_ENOTDIR;
	if (node->links == 0)
		return POSIX_ENOENT;
	return node->entry[name] != NONE ? POSIX_EEXIST : 0;
}

static void do_make(struct model *model)
{
	uint32_t directory = pick_directory(model), name = pick(model, NAMES), kind = pick(model, 4), index;
	struct tmpfs_creation creation = {.mode = 0640, .uid = 1, .gid = 2};
	int32_t error, expected = model_make_error(model, directory, name);
	struct fixture *fixture = model->fixture;
	uint64_t number = model->node[directory].number;
	char buffer[256], target[4095];
	uint32_t length, target_length = 1 + pick(model, pick(model, 2) ? 4095 : 200);

	if (!expected && model->count == NODES)
		expected = POSIX_ENOSPC;
	length = (uint32_t)strlen(name_of(name, buffer));
	memset(target, 'x' + (int)pick(model, 3), sizeof(target));
	switch (kind) {
	case 0:
		error = tmpfs_make_directory(&fixture->tmpfs, number, buffer, length, &creation, fixture->now,
		                             &fixture->attributes);
		creation.mode |= POSIX_S_IFDIR;
		break;
	case 1:
		error = tmpfs_symlink(&fixture->tmpfs, number, buffer, length, target, target_length,
		                      &creation, fixture->now, &fixture->attributes);
		creation.mode = POSIX_S_IFLNK | 0777;
		break;
	default:
		creation.mode |= kind == 2 ? POSIX_S_IFREG : POSIX_S_IFIFO;
		error = tmpfs_create(&fixture->tmpfs, number, buffer, length, &creation, fixture->now,
		                     &fixture->attributes);
	}
	must(error != expected);
	if (error)
		return;
	index = model_new(model, creation.mode);
	model->node[index].number = fixture->attributes.node;
	model->node[index].parent = directory;
	model->node[index].references = 1;
	model->node[index].links = kind == 0 ? 2 : 1;
	if (kind == 0)
		model->node[directory].links++;
	if (kind == 1) {
		model->node[index].size = target_length;
		memcpy(model->node[index].data, target, target_length);
	}
	model_enter(model, directory, name, index);
	compare_attributes(model, index, &fixture->attributes);
}

static void do_lookup(struct model *model)
{
	uint32_t directory = pick_directory(model), name = pick(model, NAMES + 2), found = NONE;
	struct model_node *node = &model->node[directory];
	struct fixture *fixture = model->fixture;
	int32_t error, expected = 0;
	char buffer[256];

	if (name >= NAMES)
		strcpy(buffer, name == NAMES ? "." : "..");
	else
		name_of(name, buffer);
	if (!model_is(node, POSIX_S_IFDIR))
		expected = POSIX_ENOTDIR;
	else if (name < NAMES)
		found = node->entry[name];
	else if (name == NAMES)
		found = directory;
	else if (node->links > 0)
		found = node->parent;
	if (!expected && found == NONE)
		expected = POSIX_ENOENT;
	error = tmpfs_lookup(&fixture->tmpfs, node->number, buffer, (uint32_t)strlen(buffer),
	                     &fixture->attributes);
	must(error != expected);
	if (error)
		return;
	model->node[found].references++;
	compare_attributes(model, found, &fixture->attributes);
}

static void do_link(struct model *model)
{
	uint32_t directory = pick_directory(model), name = pick(model, NAMES), index = pick_node(model);
	int32_t error, expected = model_make_error(model, directory, name);
	struct model_node *node = &model->node[index];
	struct fixture *fixture = model->fixture;
	char buffer[256];

	if (!expected && model_is(node, POSIX_S_IFDIR))
		expected = POSIX_EPERM;
	if (!expected && node->links == 0)
		expected = POSIX_ENOENT;
	name_of(name, buffer);
	error = tmpfs_link(&fixture->tmpfs, node->number, model->node[directory].number, buffer,
	                   (uint32_t)strlen(buffer), fixture->now, &fixture->attributes);
	must(error != expected);
	if (error)
		return;
	node->links++;
	node->references++;
	node->ctime = fixture->now.seconds;
	model_enter(model, directory, name, index);
	compare_attributes(model, index, &fixture->attributes);
}

static bool model_empty(const struct model_node *node)
{
	uint32_t name;

	for (name = 0; name < NAMES; name++) {
		if (node->entry[name] != NONE)
			return false;
	}
	return true;
}

static void do_remove(struct model *model)
{
	uint32_t directory = pick_directory(model), name = pick(model, NAMES), index = NONE;
	bool as_directory = pick(model, 2) == 0;
	struct model_node *parent = &model->node[directory], *node = NULL;
	struct fixture *fixture = model->fixture;
	int32_t error, expected = 0;
	char buffer[256];

	name_of(name, buffer);
	if (!model_is(parent, POSIX_S_IFDIR)) {
		expected = POSIX_ENOTDIR;
	} else if (parent->entry[name] == NONE) {
		expected = POSIX_ENOENT;
	} else {
		index = parent->entry[name];
		node = &model->node[index];
		if (as_directory && !model_is(node, POSIX_S_IFDIR))
			expected = POSIX_ENOTDIR;
		else if (as_directory && !model_empty(node))
			expected = POSIX_ENOTEMPTY;
		else if (!as_directory && model_is(node, POSIX_S_IFDIR))
			expected = POSIX_EISDIR;
	}
	error = as_directory ? remove_directory(fixture, parent->number, buffer)
	                     : remove_name(fixture, parent->number, buffer);
	must(error != expected);
	if (error)
		return;
	parent->entry[name] = NONE;
	model_changed(model, directory);
	node->links = as_directory ? 0 : node->links - 1;
	node->ctime = fixture->now.seconds;
	if (as_directory)
		parent->links--;
	model_release(model, index);
}

static bool model_within(const struct model *model, uint32_t directory, uint32_t ancestor)
{
	for (; directory != 0; directory = model->node[directory].parent) {
		if (directory == ancestor)
			return true;
	}
	return ancestor == 0;
}

static int32_t model_rename_error(const struct model *model, uint32_t from, uint32_t source, uint32_t to,
                                  uint32_t target, uint32_t flags)
{
	const struct model_node *one, *two;

	if (source == NONE || model->node[to].links == 0)
		return POSIX_ENOENT;
	if (target != NONE && flags == TMPFS_RENAME_NOREPLACE)
		return POSIX_EEXIST;
	if (target == NONE && flags == TMPFS_RENAME_EXCHANGE)
		return POSIX_ENOENT;
	if (source == target)
		return 0;
	one = &model->node[source];
	if (model_is(one, POSIX_S_IFDIR) && model_within(model, to, source))
		return POSIX_EINVAL;
	if (target == NONE)
		return 0;
	two = &model->node[target];
	if (flags == TMPFS_RENAME_EXCHANGE)
		return model_is(two, POSIX_S_IFDIR) && model_within(model, from, target) ? POSIX_EINVAL : 0;
	if (model_is(one, POSIX_S_IFDIR) && !model_is(two, POSIX_S_IFDIR))
		return POSIX_ENOTDIR;
	if (!model_is(one, POSIX_S_IFDIR) && model_is(two, POSIX_S_IFDIR))
		return POSIX_EISDIR;
	return model_is(two, POSIX_S_IFDIR) && !model_empty(two) ? POSIX_ENOTEMPTY : 0;
}

static void model_reparent(struct model *model, uint32_t index, uint32_t from, uint32_t to)
{
	if (model_is(&model->node[index], POSIX_S_IFDIR)) {
		model->node[index].parent = to;
		model->node[from].links--;
		model->node[to].links++;
	}
	model->node[index].ctime = model->fixture->now.seconds;
}

static void model_rename(struct model *model, uint32_t from, uint32_t name, uint32_t to, uint32_t new_name,
                         uint32_t flags)
{
	uint32_t source = model->node[from].entry[name], target = model->node[to].entry[new_name];

	if (source == target)
		return;
	model_changed(model, from);
	model_changed(model, to);
	model_reparent(model, source, from, to);
	if (target == NONE) {
		model->node[from].entry[name] = NONE;
		model_enter(model, to, new_name, source);
		return;
	}
	model->node[to].entry[new_name] = source;
	model->node[target].ctime = model->fixture->now.seconds;
	if (flags == TMPFS_RENAME_EXCHANGE) {
		model->node[from].entry[name] = target;
		model_reparent(model, target, to, from);
		return;
	}
	model->node[from].entry[name] = NONE;
	if (model_is(&model->node[target], POSIX_S_IFDIR)) {
		model->node[target].links = 0;
		model->node[to].links--;
	} else {
		model->node[target].links--;
	}
	model_release(model, target);
}

static void do_rename(struct model *model)
{
	uint32_t from = pick_directory(model), to = pick(model, 3) ? pick_directory(model) : from;
	uint32_t name = pick(model, NAMES), new_name = pick(model, NAMES), flags = pick(model, 3);
	struct model_node *one = &model->node[from], *two = &model->node[to];
	char buffer[256], new_buffer[256];
	int32_t error, expected;

	if (!model_is(one, POSIX_S_IFDIR) || !model_is(two, POSIX_S_IFDIR))
		expected = POSIX_ENOTDIR;
	else
		expected = model_rename_error(model, from, one->entry[name], to, two->entry[new_name], flags);
	error = move(model->fixture, one->number, name_of(name, buffer), two->number,
	             name_of(new_name, new_buffer), flags);
	must(error != expected);
	if (!error)
		model_rename(model, from, name, to, new_name, flags);
}

static void do_set(struct model *model)
{
	uint32_t index = pick_node(model), valid = pick(model, 256), page;
	struct tmpfs_attributes values = {
		.mode = pick(model, 010000), .uid = pick(model, 9), .gid = pick(model, 9)};
	struct model_node *node = &model->node[index];
	int64_t now = model->fixture->now.seconds;
	int32_t error, expected = valid & TMPFS_SET_SIZE ? model_file_error(node) : 0;

	values.size = pick(model, FILE_MAX);
	values.atime.seconds = pick(model, 1000000);
	values.mtime.seconds = -(int64_t)pick(model, 1000000);
	error = tmpfs_set_attributes(&model->fixture->tmpfs, node->number, valid, &values,
	                             model->fixture->now, NULL);
	must(error != expected);
	if (error)
		return;
	node->ctime = now;
	if (valid & TMPFS_SET_SIZE) {
		for (page = ((uint32_t)values.size + ARENA_PAGE - 1) / ARENA_PAGE;
		     values.size <= node->size && page < PAGES; page++)
			node->page[page] = HOLE;
		if (values.size < node->size)
			memset(node->data + values.size, 0, node->size - values.size);
		node->size = (uint32_t)values.size;
		node->mtime = now;
	}
	if (valid & TMPFS_SET_MODE)
		node->mode = (node->mode & POSIX_S_IFMT) | values.mode;
	if (valid & TMPFS_SET_UID)
		node->uid = values.uid;
	if (valid & TMPFS_SET_GID)
		node->gid = values.gid;
	if (valid & (TMPFS_SET_ATIME | TMPFS_SET_ATIME_NOW))
		node->atime = valid & TMPFS_SET_ATIME_NOW ? now : values.atime.seconds;
	if (valid & (TMPFS_SET_MTIME | TMPFS_SET_MTIME_NOW))
		node->mtime = valid & TMPFS_SET_MTIME_NOW ? now : values.mtime.seconds;
}

static void do_forget(struct model *model)
{
	uint32_t index = pick_node(model), count = pick(model, 4);
	struct model_node *node = &model->node[index];
	int32_t error;

	if (pick(model, 2))
		count = node->references;
	error = tmpfs_forget(&model->fixture->tmpfs, node->number, count);
	must(error != (count > node->references ? POSIX_EINVAL : 0));
	if (error)
		return;
	node->references -= count;
	model_release(model, index);
}

static void run(uint64_t seed)
{
	static void (*const operation[])(struct model *) = {
		do_make,   do_make,   do_make,  do_lookup, do_lookup, do_link, do_remove, do_remove,
		do_rename, do_rename, model_write, model_write,  model_read,   do_set,  do_forget, do_forget,
		model_allocate, model_seek, model_copy,
	};
	struct model *model = calloc(1, sizeof(*model));
	uint32_t step, root;

	must(!model);
	model->random = seed;
	model->fixture = fixture_begin(64 << 20, NODES);
	root = model_new(model, POSIX_S_IFDIR | 0755);
	model->node[root].number = TMPFS_ROOT;
	model->node[root].links = 2;
	model->node[root].uid = model->node[root].gid = 0;
	for (step = 0; step < OPERATIONS; step++) {
		model->fixture->now.seconds++;
		operation[pick(model, sizeof(operation) / sizeof(operation[0]))](model);
		if (step % 512 == 0)
			compare_all(model);
	}
	compare_all(model);
	fixture_end(model->fixture);
	free(model);
}

START_TEST(test_random)
{
	run(0x1234567890abcdefull + (uint64_t)_i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tmpfs_random");
	TCase *tcase = tcase_create("against a model");

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, test_random, 0, 4);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

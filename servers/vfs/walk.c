/* From paths to nodes: see walk.h. */
#include "walk.h"

#include <drydock/posix.h>
#include <drydock/string.h>

static const char *skip_slashes(const char *text)
{
	while (*text == '/')
		text++;
	return text;
}

static uint32_t component_length(const char *text)
{
	uint32_t length = 0;

	while (text[length] != '\0' && text[length] != '/')
		length++;
	return length;
}

static enum walk_last classify(const char *name, uint32_t length)
{
	if (length == 1 && name[0] == '.')
		return WALK_DOT;
	return length == 2 && name[0] == '.' && name[1] == '.' ? WALK_DOTS : WALK_NAME;
}

/* Goes from the present directory to another, to which a reference is held. */
static void enter(struct walk *walk, uint64_t directory)
{
	node_forget(walk->caller, walk->at.directory);
	walk->at.directory = directory;
}

static int32_t enter_root(struct walk *walk)
{
	struct tmpfs_attributes root;
	int32_t error = node_reference(walk->caller, TMPFS_ROOT, &root);

	if (!error)
		enter(walk, TMPFS_ROOT);
	return error;
}

/* Puts the target of `link` in front of `tail`, all of which is to go then. */
static int32_t expand(struct walk *walk, const struct tmpfs_attributes *link, const char *tail)
{
	struct runtime *runtime = walk->caller->vfs->runtime;
	uint32_t tail_length = (uint32_t)string_length(tail), length;
	char *buffer;
	int32_t error;

	if (walk->links == WALK_LINKS_MAX)
		return POSIX_ELOOP;
	walk->links++;
	/* Grows by a target with each link, so that it is bounded by their number. */
	buffer = runtime_allocate(runtime, TMPFS_TARGET_MAX + tail_length + 1);
	if (!buffer)
		return POSIX_ENOMEM;
	/* Not by the size that the attributes say: of another server's link it may be another by now. */
	error = node_readlink(walk->caller, link->node, buffer, TMPFS_TARGET_MAX, &length);
	if (!error && length == 0)
		error = POSIX_ENOENT;
	if (error) {
		runtime_free(runtime, buffer);
		return error;
	}
	memcpy(buffer + length, tail, tail_length);
	runtime_free(runtime, walk->buffer);
	walk->buffer = buffer;
	walk->rest = buffer;
	return buffer[0] == '/' ? enter_root(walk) : 0;
}

/* Goes through one component that is not the last; `tail` begins with the slash after it. */
static int32_t step(struct walk *walk, const char *tail)
{
	struct tmpfs_attributes found;
	int32_t error = node_walk(walk->caller, &walk->at, &found);

	if (error)
		return error;
	if (attributes_type_is(&found, POSIX_S_IFDIR)) {
		enter(walk, found.node);
		walk->rest = tail;
		return 0;
	}
	error = attributes_type_is(&found, POSIX_S_IFLNK) ? expand(walk, &found, tail) : POSIX_ENOTDIR;
	node_forget(walk->caller, found.node);
	return error;
}

/* Goes on until only the last component is left. */
static int32_t walk_parents(struct walk *walk)
{
	const char *tail;
	int32_t error;

	for (;;) {
		walk->at.name = skip_slashes(walk->rest);
		walk->at.length = component_length(walk->at.name);
		if (walk->at.length == 0) {
			walk->last = WALK_ROOT;
			walk->slash = true;
			return 0;
		}
		tail = walk->at.name + walk->at.length;
		if (*skip_slashes(tail) == '\0')
			break;
		error = step(walk, tail);
		if (error)
			return error;
	}
	walk->last = classify(walk->at.name, walk->at.length);
	walk->slash = *tail == '/';
	return node_check_search(walk->caller, walk->at.directory);
}

int32_t walk_begin(struct walk *walk, const struct caller *caller, const char *path)
{
	struct tmpfs_attributes root;
	int32_t error;

	*walk = (struct walk){.caller = caller, .rest = path};
	if (path[0] != '/')
		return path[0] == '\0' ? POSIX_ENOENT : POSIX_EINVAL;
	error = node_reference(caller, TMPFS_ROOT, &root);
	if (error)
		return error;
	walk->at.directory = TMPFS_ROOT;
	return walk_parents(walk);
}

int32_t walk_last(struct walk *walk, struct tmpfs_attributes *attributes)
{
	if (walk->last == WALK_ROOT)
		return node_reference(walk->caller, walk->at.directory, attributes);
	return node_walk(walk->caller, &walk->at, attributes);
}

int32_t walk_follow(struct walk *walk, const struct tmpfs_attributes *link)
{
	int32_t error = expand(walk, link, walk->slash ? "/" : "");

	node_forget(walk->caller, link->node);
	return error ? error : walk_parents(walk);
}

void walk_end(struct walk *walk)
{
	if (walk->at.directory)
		node_forget(walk->caller, walk->at.directory);
	runtime_free(walk->caller->vfs->runtime, walk->buffer);
}

int32_t walk_node(const struct caller *caller, const char *path, bool follow,
                  struct tmpfs_attributes *attributes)
{
	struct walk walk;
	int32_t error = walk_begin(&walk, caller, path);

	for (;;) {
		if (!error)
			error = walk_last(&walk, attributes);
		if (error || !attributes_type_is(attributes, POSIX_S_IFLNK) || !(follow || walk.slash))
			break;
		error = walk_follow(&walk, attributes);
	}
	if (!error && walk.slash && !attributes_type_is(attributes, POSIX_S_IFDIR)) {
		node_forget(caller, attributes->node);
		error = POSIX_ENOTDIR;
	}
	walk_end(&walk);
	return error;
}

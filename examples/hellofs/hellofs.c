/*
 * A file system: a directory with a file, a directory and a symbolic link in
 * it, for looking at. Nodes are indices of a table, and there for good: so
 * nobody's references need be counted, and `forget` is not served.
 */
#include <drydock/filesystem.h>
#include <drydock/posix.h>
#include <drydock/string.h>

struct node {
	uint64_t parent;
	const char *name;
	uint32_t mode;
	uint32_t links;
	const char *content; /* of a file; a symbolic link's target */
};

enum { ROOT = FS_ROOT, HELLO, INNER, LINK, NOTE, NODES };

static const struct node nodes[NODES] = {
	[ROOT] = {ROOT, "", POSIX_S_IFDIR | 0555, 3, ""},
	[HELLO] = {ROOT, "hello", POSIX_S_IFREG | 0444, 1, "Hello from outside the tree.\n"},
	[INNER] = {ROOT, "inner", POSIX_S_IFDIR | 0555, 2, ""},
	[LINK] = {ROOT, "link", POSIX_S_IFLNK | 0777, 1, "inner/note"},
	[NOTE] = {INNER, "note", POSIX_S_IFREG | 0440, 1, "Not for everybody.\n"},
};

/* The server's state: when it started, in seconds since 1970, which is the time of everything. */
struct hellofs {
	int64_t started;
};

static bool is(uint64_t number, uint32_t type)
{
	return (nodes[number].mode & POSIX_S_IFMT) == type;
}

static void fill(const struct hellofs *hellofs, uint64_t number, struct fs_attributes *attributes)
{
	*attributes = (struct fs_attributes){
		.node = number,
		.size = string_length(nodes[number].content),
		.atime = hellofs->started,
		.mtime = hellofs->started,
		.ctime = hellofs->started,
		.mode = nodes[number].mode,
		.links = nodes[number].links,
	};
}

/* Whether there is such a node, for a client may name any, and whoever calls may do `wanted` with it. */
static int32_t check(const struct request *request, uint64_t number, uint32_t wanted)
{
	const struct identity *who = request_identity(request);
	struct fs_attributes attributes;

	if (who == NULL)
		return POSIX_EINVAL;
	if (number < ROOT || number >= NODES)
		return POSIX_ESTALE;
	fill(request->server, number, &attributes);
	return filesystem_check(who, &attributes, wanted);
}

static int32_t serve_lookup(struct request *request, const struct fs_lookup_arguments *arguments)
{
	uint64_t found;
	int32_t error = check(request, arguments->directory, 1);

	if (error || !is(arguments->directory, POSIX_S_IFDIR))
		return error ? error : POSIX_ENOTDIR;
	if (string_equal(arguments->name, "."))
		found = arguments->directory;
	else if (string_equal(arguments->name, ".."))
		found = nodes[arguments->directory].parent;
	else
		for (found = HELLO; found < NODES; found++)
			if (nodes[found].parent == arguments->directory &&
			    string_equal(nodes[found].name, arguments->name))
				break;
	if (found == NODES)
		return POSIX_ENOENT;
	fill(request->server, found, arguments->attributes);
	return 0;
}

static int32_t serve_get_attributes(struct request *request,
                                    const struct fs_get_attributes_arguments *arguments)
{
	int32_t error = check(request, arguments->node, 0);

	if (!error)
		fill(request->server, arguments->node, arguments->attributes);
	return error;
}

static int32_t serve_access(struct request *request, const struct fs_access_arguments *arguments)
{
	return check(request, arguments->node, arguments->mask);
}

/* Copies what a node has from `offset` on, as much as there is room for, and says how much that was. */
static uint32_t copy(uint64_t number, uint64_t offset, void *to, uint32_t capacity)
{
	uint64_t length = string_length(nodes[number].content);

	length = offset < length ? length - offset : 0;
	if (length > capacity)
		length = capacity;
	if (length > 0)
		memcpy(to, nodes[number].content + offset, length);
	return (uint32_t)length;
}

static int32_t serve_read(struct request *request, const struct fs_read_arguments *arguments,
                          struct fs_read_results *results)
{
	int32_t error = check(request, arguments->node, 4);

	if (error)
		return error;
	if (!is(arguments->node, POSIX_S_IFREG))
		return is(arguments->node, POSIX_S_IFDIR) ? POSIX_EISDIR : POSIX_EINVAL;
	results->data_length =
		copy(arguments->node, arguments->offset, arguments->data, arguments->data_capacity);
	return 0;
}

static int32_t serve_readlink(struct request *request, const struct fs_readlink_arguments *arguments,
                              struct fs_readlink_results *results)
{
	int32_t error = check(request, arguments->node, 0);

	if (error || !is(arguments->node, POSIX_S_IFLNK))
		return error ? error : POSIX_EINVAL;
	results->target_length = copy(arguments->node, 0, arguments->target, arguments->target_capacity);
	return 0;
}

/* An entry's cookie is one more than its node; "." and ".." have 1 and 2, which are no such. */
static int32_t serve_readdir(struct request *request, const struct fs_readdir_arguments *arguments,
                             struct fs_readdir_results *results)
{
	struct filesystem_entries entries = {arguments->entries, arguments->entries_capacity, 0, false};
	uint64_t directory = arguments->directory;
	int32_t error = check(request, directory, 4);

	if (error)
		return error;
	if (!is(directory, POSIX_S_IFDIR))
		return POSIX_ENOTDIR;
	if (arguments->cookie < 1)
		filesystem_entry_add(&entries, directory, 1, POSIX_S_IFDIR, ".", 1);
	if (arguments->cookie < 2)
		filesystem_entry_add(&entries, nodes[directory].parent, 2, POSIX_S_IFDIR, "..", 2);
	for (uint64_t node = HELLO; node < NODES; node++)
		if (nodes[node].parent == directory && node + 1 > arguments->cookie)
			filesystem_entry_add(&entries, node, node + 1, nodes[node].mode, nodes[node].name,
			                     (uint32_t)string_length(nodes[node].name));
	results->entries_length = entries.length;
	return filesystem_entries_end(&entries);
}

static int32_t serve_statistics(struct request *request, const struct fs_statistics_arguments *arguments)
{
	*arguments->statistics =
		(struct fs_statistics){.block_size = 4096, .nodes = NODES - ROOT, .name_max = POSIX_NAME_MAX};
	return check(request, arguments->node, 0);
}

/* What is not here is refused: ENOSYS. */
static const struct fs_operations operations = {
	.lookup = serve_lookup,
	.get_attributes = serve_get_attributes,
	.access = serve_access,
	.read = serve_read,
	.readlink = serve_readlink,
	.readdir = serve_readdir,
	.statistics = serve_statistics,
};

static void hellofs_start(struct runtime *runtime, void *state)
{
	((struct hellofs *)state)->started = (int64_t)(runtime_wall_time(runtime) / 1000000000);
	if (filesystem_serve(runtime, state, &operations, NULL) != 0)
		runtime_stop(runtime, 1);
}

const struct server_definition drydock_server = {
	.name = "hellofs",
	.source = "hellofs",
	.state_size = sizeof(struct hellofs),
	.start = hellofs_start,
};

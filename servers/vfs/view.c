/* Processes and ports as files: see view.h. */
#include "view.h"

#include <drydock/format.h>
#include <drydock/os.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "mount.h"
#include "watch.h"

#define LINE_SIZE 512u
#define NAME_ROOM (NAME_SIZE + 1)
#define MOMENT    10000000ull /* nanoseconds: whoever looks again within it sees the same */
#define MODE_VIEW (POSIX_S_IFREG | 0444u)

struct view_kind {
	const char *name;
	enum inspect what;
	size_t size; /* of a record */
	size_t (*line)(char *line, const void *record);
};

/* A name on one line, whatever it is. */
static void name_take(char to[NAME_ROOM], const char *from)
{
	size_t length = string_length_within(from, NAME_SIZE);

	for (size_t i = 0; i < length; i++)
		to[i] = from[i] >= ' ' && from[i] != 0x7f ? from[i] : '?';
	to[length] = '\0';
}

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[PROCESS_STARTING] = "starting", [PROCESS_RUNNING] = "running", [PROCESS_BLOCKED] = "blocked",
		[PROCESS_FAULTED] = "faulted",   [PROCESS_DEAD] = "dead",
	};

	return state < sizeof(names) / sizeof(names[0]) && names[state] ? names[state] : "unknown";
}

#define NUMBER(value) ((unsigned long long)(value))

static size_t process_line(char *line, const void *record)
{
	struct inspect_process process;
	char name[NAME_ROOM];

	memcpy(&process, record, sizeof(process));
	name_take(name, process.name);
	return format_string(line, LINE_SIZE, "%u %llu %llu %s %u %u %llu %llu %u %u %u %llu %s\n",
	                     (unsigned)process.number, NUMBER(process.id), NUMBER(process.parent),
	                     state_name(process.state), (unsigned)process.priority, (unsigned)process.uid,
	                     NUMBER(process.memory), NUMBER(process.memory_quota), (unsigned)process.handles,
	                     (unsigned)process.ports, (unsigned)process.lanes, NUMBER(process.machine), name);
}

static size_t port_line(char *line, const void *record)
{
	struct inspect_port port;
	char name[NAME_ROOM];

	memcpy(&port, record, sizeof(port));
	name_take(name, port.owner_name);
	return format_string(line, LINE_SIZE, "%llu %u %llu %u %u %s\n", NUMBER(port.id),
	                     (unsigned)port.owner_number, NUMBER(port.owner), (unsigned)port.lanes,
	                     (unsigned)port.datagrams, name);
}

static const struct view_kind kinds[VIEWS] = {
	{"processes", INSPECT_PROCESSES, sizeof(struct inspect_process), process_line},
	{"ports", INSPECT_PORTS, sizeof(struct inspect_port), port_line},
};

/* ---- writing ---------------------------------------------------------------------- */

/* Appends the lines of one reply of the kernel's. */
static int32_t put_lines(struct vfs *vfs, const struct view_kind *kind, uint64_t node,
                         const struct inspect_reply *reply, uint64_t *length)
{
	int32_t error = 0;
	char line[LINE_SIZE];
	uint32_t done;

	for (uint32_t at = 0; !error && at < reply->count && (at + 1) * kind->size <= sizeof(reply->records);
	     at++) {
		size_t size = kind->line(line, reply->records + at * kind->size);

		error = tmpfs_write(&vfs->tmpfs, node, *length, line, (uint32_t)size, &done, vfs_now(vfs));
		if (!error)
			*length += done;
	}
	return error;
}

/* Writes all anew; where there is no memory it ends before what has no room. */
static void write_view(struct vfs *vfs, const struct view_kind *kind, uint64_t node)
{
	handle_t authority = runtime_grant(vfs->runtime, "inspect");
	struct tmpfs_attributes values = {0};
	struct inspect_reply reply;
	uint64_t cursor = 0;

	do {
		cursor = runtime_trap(vfs->runtime, SYS_INSPECT, authority, kind->what, cursor, 0);
		if (result_is_error(cursor))
			break;
		/* Copied: writing may need memory, and that call overwrites it. */
		memcpy(&reply, os_buffer(runtime_os(vfs->runtime)), sizeof(reply));
	} while (put_lines(vfs, kind, node, &reply, &values.size) == 0 && cursor != 0);
	tmpfs_set_attributes(&vfs->tmpfs, node, TMPFS_SET_SIZE, &values, vfs_now(vfs), NULL);
}

void view_look(const struct caller *caller, uint64_t node)
{
	struct vfs *vfs = caller->vfs;

	for (uint32_t at = 0; vfs->has_views && at < VIEWS; at++) {
		struct view *view = &vfs->views[at];
		uint64_t now;

		if (view->node != node)
			continue;
		now = runtime_time(vfs->runtime);
		if (view->written != 0 && now - view->written < MOMENT)
			return;
		view->written = now;
		write_view(vfs, &kinds[at], node);
		watch_node(caller, node);
		return;
	}
}

/* ---- making ------------------------------------------------------------------------ */

static int32_t make_view(struct vfs *vfs, uint64_t directory, const struct view_kind *kind, struct view *view)
{
	const struct start_block *start = runtime_start(vfs->runtime);
	const struct tmpfs_creation creation = {.mode = MODE_VIEW, .uid = start->uid, .gid = start->gid};
	const struct tmpfs_attributes fixed = {.flags = TMPFS_FLAG_IMMUTABLE};
	struct tmpfs_attributes made;
	int32_t error = tmpfs_create(&vfs->tmpfs, directory, kind->name, (uint32_t)string_length(kind->name),
	                             &creation, vfs_now(vfs), &made);

	if (error)
		return error;
	/* The reference stays: the file is there as long as vfs. */
	view->node = made.node;
	return tmpfs_set_attributes(&vfs->tmpfs, made.node, TMPFS_SET_FLAGS, &fixed, vfs_now(vfs), NULL);
}

int32_t views_make(struct vfs *vfs, const char *options)
{
	char path[MANIFEST_PATH_SIZE];
	uint64_t directory;
	int32_t error;

	if (!string_option(options, "processes", path, sizeof(path)))
		return 0;
	if (runtime_grant(vfs->runtime, "inspect") == 0)
		return POSIX_EPERM;
	error = point_make(vfs, path, &directory);
	for (uint32_t at = 0; !error && at < VIEWS; at++)
		error = make_view(vfs, directory, &kinds[at], &vfs->views[at]);
	if (error)
		return error;
	tmpfs_forget(&vfs->tmpfs, directory, 1);
	vfs->has_views = true;
	return 0;
}

/* Mounts: see mount.h. */
#include "mount.h"

#include <drydock/posix.h>
#include <drydock/proto/fs.h>
#include <drydock/string.h>

#include "remote.h"

#define LANE_DEPTH           64u
#define LANE_AREA            (4u << 20)
#define PATIENCE_NANOSECONDS 250000000ull /* how long a server that is being restarted is waited for */
#define STEP_NANOSECONDS     2000000ull
#define POINT_MODE           0755u

static const struct client_options lane_options = {.depth = LANE_DEPTH, .area = LANE_AREA};

/* ---- setting up ------------------------------------------------------------- */

int32_t point_make(struct vfs *vfs, const char *path, uint64_t *point)
{
	const struct start_block *start = runtime_start(vfs->runtime);
	const struct tmpfs_creation creation = {.mode = POINT_MODE, .uid = start->uid, .gid = start->gid};
	struct tmpfs *tmpfs = &vfs->tmpfs;
	const char *name = path;
	struct tmpfs_attributes found;
	int32_t error = *path == '/' ? tmpfs_reference(tmpfs, TMPFS_ROOT, 1) : POSIX_EINVAL;

	*point = TMPFS_ROOT;
	while (!error && *name != '\0') {
		uint32_t length = 0;

		name++; /* the slash */
		while (name[length] != '\0' && name[length] != '/')
			length++;
		error = tmpfs_make_directory(tmpfs, *point, name, length, &creation, vfs_now(vfs), &found);
		if (error == POSIX_EEXIST)
			error = tmpfs_lookup(tmpfs, *point, name, length, &found);
		if (error)
			break;
		tmpfs_forget(tmpfs, *point, 1);
		*point = found.node;
		name += length;
	}
	return error;
}

/* PATH:SERVICE or PATH:SERVICE:ro. */
static bool parse(struct mount *mount, const char *text, size_t length)
{
	size_t path = 0, service, end;

	while (path < length && text[path] != ':')
		path++;
	end = path < length ? path + 1 : length;
	for (service = 0; end + service < length && text[end + service] != ':';)
		service++;
	end += service;
	mount->read_only = length - end == 3 && memcmp(text + end, ":ro", 3) == 0;
	if (path < 2 || path >= sizeof(mount->path) || text[0] != '/' || service == 0 ||
	    service >= sizeof(mount->service) || (end != length && !mount->read_only))
		return false;
	memcpy(mount->path, text, path);
	memcpy(mount->service, text + path + 1, service);
	return true;
}

static int32_t add(struct vfs *vfs, const char *text, size_t length)
{
	struct mount *mount;
	int32_t error;

	if (vfs->mount_count == MANIFEST_MOUNTS)
		return POSIX_EINVAL;
	if (!vfs->mounts)
		vfs->mounts = runtime_allocate(vfs->runtime, MANIFEST_MOUNTS * sizeof(*vfs->mounts));
	if (!vfs->mounts)
		return POSIX_ENOMEM;
	mount = &vfs->mounts[vfs->mount_count];
	mount->vfs = vfs;
	if (!parse(mount, text, length))
		return POSIX_EINVAL;
	error = point_make(vfs, mount->path, &mount->point);
	if (!error && mount_at(vfs, mount->point))
		error = POSIX_EINVAL;
	if (!error)
		vfs->mount_count++;
	return error;
}

int32_t mounts_open(struct vfs *vfs, const char *options)
{
	static const char key[] = "mount=";
	const size_t key_length = sizeof(key) - 1;
	int32_t error = 0;

	while (!error && *options != '\0') {
		size_t length = 0;

		while (options[length] != '\0' && options[length] != ' ')
			length++;
		if (length > key_length && memcmp(options, key, key_length) == 0)
			error = add(vfs, options + key_length, length - key_length);
		options += length + (options[length] == ' ');
	}
	return error;
}

struct mount *mount_at(struct vfs *vfs, uint64_t directory)
{
	for (uint32_t at = 0; at < vfs->mount_count; at++) {
		if (vfs->mounts[at].point == directory)
			return &vfs->mounts[at];
	}
	return NULL;
}

/* ---- connecting --------------------------------------------------------------- */

/* Whether it serves a directory. The first call on a lane that is lost connects it anew. */
static int32_t check_root(struct mount *mount)
{
	struct fs_attributes root;
	int32_t status = fs_get_attributes(mount->client, FS_ROOT, &root);

	if (status == 0 && (root.mode & POSIX_S_IFMT) != POSIX_S_IFDIR)
		status = POSIX_ENOTDIR;
	return status;
}

static void connect(void *argument)
{
	struct mount *mount = argument;
	struct runtime *runtime = mount->vfs->runtime;
	int32_t status = 0;

	if (!mount->client)
		mount->client = client_open(runtime, mount->service, &fs_protocol, &lane_options, &status);
	if (mount->client)
		status = check_root(mount);
	if (status == 0) {
		mount->generation = client_generation(mount->client);
		memset(mount->actors, 0, sizeof(mount->actors));
		log_print(runtime, LOG_INFO, "%s mounted at %s%s", mount->service, mount->path,
		          mount->read_only ? ", read-only" : "");
	} else if (!mount->said) {
		log_print(runtime, LOG_ERROR, "cannot mount %s at %s: status %d", mount->service, mount->path,
		          (int)status);
	}
	mount->said = status != 0;
	mount->ready = status == 0;
	mount->connecting = false;
}

static void connect_soon(struct mount *mount)
{
	struct runtime *runtime = mount->vfs->runtime;

	mount->ready = false;
	if (mount->connecting || fiber_start(runtime, connect, mount) != E_OK)
		return;
	mount->connecting = true;
	mount->since = runtime_time(runtime);
}

void mounts_connect(struct vfs *vfs)
{
	for (uint32_t at = 0; at < vfs->mount_count; at++)
		connect_soon(&vfs->mounts[at]);
}

static bool connected(const struct mount *mount)
{
	return mount->ready && client_connected(mount->client) &&
	       client_generation(mount->client) == mount->generation;
}

bool mount_ready(struct mount *mount)
{
	struct runtime *runtime = mount->vfs->runtime;

	if (connected(mount))
		return true;
	connect_soon(mount);
	while (mount->connecting && runtime_time(runtime) < mount->since + PATIENCE_NANOSECONDS)
		fiber_sleep(runtime, runtime_time(runtime) + STEP_NANOSECONDS);
	return connected(mount);
}

/* ---- actors --------------------------------------------------------------------- */

static bool identity_equal(const struct identity *one, const struct identity *other)
{
	return one->uid == other->uid && one->gid == other->gid && one->flags == other->flags &&
	       one->group_count == other->group_count &&
	       memcmp(one->groups, other->groups, one->group_count * sizeof(one->groups[0])) == 0;
}

/* Each identity has one place; two that share it take turns. */
static struct mount_actor *place_of(struct mount *mount, const struct identity *who)
{
	const uint32_t ids[] = {who->uid, who->gid, who->flags};

	return &mount->actors[hash_bytes(&mount->vfs->key, ids, sizeof(ids)) % MOUNT_ACTORS];
}

int32_t mount_actor(struct mount *mount, const struct identity *who, uint32_t flags, uint32_t *actor)
{
	struct identity wanted = *who;
	struct mount_actor *place;
	uint64_t generation = mount->generation;
	int32_t status;

	wanted.flags |= flags;
	place = place_of(mount, &wanted);
	*actor = place->actor;
	if (place->actor != 0 && identity_equal(&place->who, &wanted))
		return 0;
	status = client_register_actor(mount->client, wanted.uid, wanted.gid, wanted.groups,
	                               wanted.group_count, wanted.flags, actor);
	if (status == 0 &&
	    (mount->generation != generation || client_generation(mount->client) != generation))
		status = POSIX_EIO;
	if (status == 0)
		*place = (struct mount_actor){.who = wanted, .actor = *actor};
	return status < 0 ? POSIX_EIO : status;
}

/* Checks of a manifest; see check.h. */
#include "check.h"

#include <drydock/format.h>
#include <drydock/string.h>

#define NAME_MAXIMUM 255u /* bytes of a name in a path */

#define AUTHORITIES_KNOWN                                                      \
	(AUTHORITY_BIT(AUTHORITY_SPAWN) | AUTHORITY_BIT(AUTHORITY_SWITCH) |    \
	 AUTHORITY_BIT(AUTHORITY_CONSOLE) | AUTHORITY_BIT(AUTHORITY_INSPECT) | \
	 AUTHORITY_BIT(AUTHORITY_CONTROL) | AUTHORITY_BIT(AUTHORITY_DEVICES))

static bool text_ends(const char *text, size_t size)
{
	return string_length_within(text, size) < size;
}

static bool name_valid(const char name[NAME_SIZE])
{
	return name[0] != '\0' && text_ends(name, NAME_SIZE);
}

static const char *check_calls(const struct manifest *manifest, const struct manifest_call *calls,
                               uint32_t count)
{
	if (count > MANIFEST_CALLS)
		return "has too many calls";
	for (uint32_t at = 0; at < count; at++) {
		if (calls[at].service >= manifest->service_count)
			return "calls a service that is not there";
		if (calls[at].flags & ~(CALL_IMPERSONATE | CALL_CONTROL))
			return "has a call with unknown flags";
	}
	return NULL;
}

static const char *check_service(const struct manifest *manifest, uint32_t index)
{
	const struct manifest_service *service = &manifest->services[index];

	if (!text_ends(service->image, NAME_SIZE) || service->image[0] == '\0')
		return "has no proper image name";
	if (!text_ends(service->options, SPAWN_OPTIONS_SIZE))
		return "has options without an end";
	if (service->number < 2)
		return "has a number below 2";
	if (service->priority > PRIORITY_MAXIMUM)
		return "has too high a priority";
	if (service->restart != RESTART_ALWAYS && service->restart != RESTART_NEVER)
		return "has an unknown restart policy";
	if (service->authorities & ~AUTHORITIES_KNOWN)
		return "has unknown authorities";
	for (uint32_t other = 0; other < index; other++) {
		if (string_equal(manifest->services[other].name, service->name))
			return "is there twice";
		if (manifest->services[other].number == service->number)
			return "has a number that another has";
	}
	for (uint32_t at = 0; at < service->call_count && at < MANIFEST_CALLS; at++) {
		if (service->calls[at].service == index)
			return "calls itself";
	}
	return check_calls(manifest, service->calls, service->call_count);
}

static const char *check_role(const struct manifest *manifest, uint32_t index)
{
	const struct manifest_role *role = &manifest->roles[index];

	if (role->authorities & ~AUTHORITIES_KNOWN)
		return "has unknown authorities";
	for (uint32_t other = 0; other < index; other++) {
		if (string_equal(manifest->roles[other].name, role->name))
			return "is there twice";
	}
	return check_calls(manifest, role->calls, role->call_count);
}

/* Whether one waits for the called service. */
static bool call_waits(const struct manifest *manifest, const struct manifest_call *call)
{
	return !string_equal(manifest->services[call->service].name, "log");
}

/* Depth first, the way down being `path`; `next` is each service's first call not yet followed. */
uint32_t check_cycle(const struct manifest *manifest, uint32_t path[MANIFEST_SERVICES + 1])
{
	enum { UNSEEN, ON_PATH, DONE } state[MANIFEST_SERVICES] = {UNSEEN};
	uint32_t next[MANIFEST_SERVICES] = {0};

	for (uint32_t root = 0; root < manifest->service_count; root++) {
		uint32_t depth = 0;

		if (state[root] != UNSEEN)
			continue;
		path[depth++] = root;
		state[root] = ON_PATH;
		while (depth > 0) {
			const struct manifest_service *service = &manifest->services[path[depth - 1]];
			const struct manifest_call *call = &service->calls[next[path[depth - 1]]++];

			if (next[path[depth - 1]] > service->call_count) {
				state[path[--depth]] = DONE;
			} else if (call_waits(manifest, call) && state[call->service] == UNSEEN) {
				state[call->service] = ON_PATH;
				path[depth++] = call->service;
			} else if (call_waits(manifest, call) && state[call->service] == ON_PATH) {
				uint32_t first = 0;

				while (path[first] != call->service)
					first++;
				path[depth] = call->service;
				memmove(path, path + first, (depth + 1 - first) * sizeof(path[0]));
				return depth + 1 - first;
			}
		}
	}
	return 0;
}

bool check_mount_path(const char *path)
{
	size_t length = 0;

	if (path[0] != '/' || path[1] == '\0')
		return false;
	for (const char *at = path + 1;; at++) {
		if (*at != '/' && *at != '\0') {
			/* What separates, in vfs's options. */
			if (*at <= ' ' || *at == ':' || *at == ',' || *at == 0x7f)
				return false;
			length++;
			continue;
		}
		if (length == 0 || length > NAME_MAXIMUM || (length == 1 && at[-1] == '.') ||
		    (length == 2 && at[-1] == '.' && at[-2] == '.'))
			return false;
		if (*at == '\0')
			return true;
		length = 0;
	}
}

size_t check_mount_options(const struct manifest *manifest)
{
	size_t size = 1;

	for (uint32_t index = 0; index < manifest->service_count; index++) {
		if (string_equal(manifest->services[index].name, MANIFEST_VFS))
			size += string_length(manifest->services[index].options);
	}
	for (uint32_t at = 0; at < manifest->mount_count; at++) {
		const struct manifest_mount *mount = &manifest->mounts[at];

		size += string_length(" mount=::ro") + string_length(mount->path) +
		        string_length(manifest->services[mount->service].name);
	}
	return size;
}

/* Whether `inner` is `outer` or lies in it. */
static bool path_within(const char *inner, const char *outer)
{
	size_t length = string_length(outer);

	return string_length(inner) >= length && memcmp(inner, outer, length) == 0 &&
	       (inner[length] == '/' || inner[length] == '\0');
}

const char *check_mount(const struct manifest *manifest, uint32_t index)
{
	const struct manifest_mount *mount = &manifest->mounts[index];

	if (!text_ends(mount->path, MANIFEST_PATH_SIZE) || !check_mount_path(mount->path))
		return "has no proper path";
	if (mount->service >= manifest->service_count)
		return "is of a service that is not there";
	if (string_equal(manifest->services[mount->service].name, MANIFEST_VFS))
		return "is of vfs, whose file system is the root's";
	if (mount->flags & ~(MOUNT_READ_ONLY | MOUNT_NO_EXEC | MOUNT_NO_SUID | MOUNT_NO_ATIME))
		return "has unknown flags";
	for (uint32_t other = 0; other < index; other++) {
		if (path_within(mount->path, manifest->mounts[other].path) ||
		    path_within(manifest->mounts[other].path, mount->path))
			return "lies in another mount, or another in it";
	}
	return NULL;
}

static bool check_header(const struct manifest *manifest, char *why, size_t size)
{
	const char *what = NULL;

	if (manifest->magic != MANIFEST_MAGIC || manifest->version != MANIFEST_VERSION)
		what = "it is none, or of another version";
	else if (manifest->size != sizeof(*manifest))
		what = "it has the wrong size";
	else if (manifest->service_count > MANIFEST_SERVICES || manifest->role_count > MANIFEST_ROLES)
		what = "it has too many services or roles";
	else if (manifest->mount_count > MANIFEST_MOUNTS)
		what = "it has too many mounts";
	if (what)
		format_string(why, size, "%s", what);
	return what == NULL;
}

bool check_manifest(const struct manifest *manifest, char *why, size_t size)
{
	uint32_t path[MANIFEST_SERVICES + 1];
	const char *what;

	if (!check_header(manifest, why, size))
		return false;
	for (uint32_t index = 0; index < manifest->service_count; index++) {
		const char *name = manifest->services[index].name;

		what = name_valid(name) ? check_service(manifest, index) : "has no proper name";
		if (what) {
			format_string(why, size, "service %u (%.*s) %s", index,
			              (int)string_length_within(name, NAME_SIZE), name, what);
			return false;
		}
	}
	for (uint32_t index = 0; index < manifest->role_count; index++) {
		const char *name = manifest->roles[index].name;

		what = name_valid(name) ? check_role(manifest, index) : "has no proper name";
		if (what) {
			format_string(why, size, "role %u (%.*s) %s", index,
			              (int)string_length_within(name, NAME_SIZE), name, what);
			return false;
		}
	}
	for (uint32_t index = 0; index < manifest->mount_count; index++) {
		what = check_mount(manifest, index);
		if (what) {
			format_string(why, size, "mount %u %s", index, what);
			return false;
		}
	}
	if (check_mount_options(manifest) > SPAWN_OPTIONS_SIZE) {
		format_string(why, size, "the mounts do not fit into the options of vfs");
		return false;
	}
	if (check_cycle(manifest, path) != 0) {
		format_string(why, size, "service %s calls itself by way of others",
		              manifest->services[path[0]].name);
		return false;
	}
	return true;
}

/* Mounts in a manifest, written by a person (resolve.c) or added by a tool. */
#include <string.h>

#include "manifest.h"
#include "reader.h"
#include "servers/init/check.h"

/* Adds `call` where it is not there, or its flags where it is; false where there is no room. */
static bool call_imply(struct manifest_call *calls, uint32_t *count, struct manifest_call call)
{
	for (uint32_t at = 0; at < *count; at++) {
		if (calls[at].service == call.service) {
			calls[at].flags |= call.flags;
			return true;
		}
	}
	if (*count == MANIFEST_CALLS)
		return false;
	calls[(*count)++] = call;
	return true;
}

bool mount_grant(struct manifest *manifest, struct manifest_service *vfs, uint32_t service)
{
	const struct manifest_call call = {.service = service, .flags = CALL_IMPERSONATE};
	bool room = call_imply(vfs->calls, &vfs->call_count, call);

	for (uint32_t index = 0; index < manifest->role_count; index++) {
		struct manifest_role *role = &manifest->roles[index];

		if (strcmp(role->name, MANIFEST_FUSE) == 0)
			room = call_imply(role->calls, &role->call_count, call) && room;
	}
	return room;
}

/* The index of the service, or the number of services. */
static uint32_t find(const struct manifest *manifest, const char *name)
{
	uint32_t index = 0;

	while (index < manifest->service_count && strcmp(manifest->services[index].name, name) != 0)
		index++;
	return index;
}

/* Roles that call vfs may call the service, too, and so read and write its files there; without room by way of vfs. */
static void grant_near(struct manifest *manifest, uint32_t vfs, uint32_t service)
{
	for (uint32_t index = 0; index < manifest->role_count; index++) {
		struct manifest_role *role = &manifest->roles[index];

		for (uint32_t at = 0, count = role->call_count; at < count; at++) {
			if (role->calls[at].service == vfs)
				call_imply(role->calls, &role->call_count,
				           (struct manifest_call){.service = service});
		}
	}
}

const char *manifest_add_file_system(struct manifest *manifest, const struct manifest_service *service,
                                     const char *path, uint32_t flags)
{
	uint32_t index = manifest->service_count, vfs = find(manifest, MANIFEST_VFS);
	struct manifest_mount *mount = &manifest->mounts[manifest->mount_count];
	const char *wrong;

	if (vfs == index)
		return "the manifest has no service vfs to mount anything";
	if (index == MANIFEST_SERVICES || manifest->mount_count == MANIFEST_MOUNTS)
		return "the manifest has no room for one more";
	if (find(manifest, service->name) < index)
		return "the manifest has a service of that name already";
	if (strlen(path) >= MANIFEST_PATH_SIZE || !check_mount_path(path))
		return "nothing can be mounted there: an absolute path is wanted, without . and .., and not /";
	manifest->services[index] = *service;
	manifest->service_count++;
	*mount = (struct manifest_mount){.service = index, .flags = flags};
	strcpy(mount->path, path);
	manifest->mount_count++;
	wrong = check_mount(manifest, manifest->mount_count - 1);
	if (wrong != NULL)
		return wrong;
	if (!mount_grant(manifest, &manifest->services[vfs], index))
		return "vfs or fuse call too many services already";
	grant_near(manifest, vfs, index);
	if (check_mount_options(manifest) > SPAWN_OPTIONS_SIZE)
		return "the paths of all mounts do not fit into the options of vfs";
	return NULL;
}

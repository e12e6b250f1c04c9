/* Grants; see grants.h. */
#include "grants.h"

#include <drydock/format.h>
#include <drydock/string.h>

static const char authority_names[][NAME_SIZE] = {
	[AUTHORITY_SPAWN] = "spawn",
	[AUTHORITY_SWITCH] = "switch",
	[AUTHORITY_CONSOLE] = "console",
	[AUTHORITY_INSPECT] = "inspect",
	[AUTHORITY_CONTROL] = "control",
	[AUTHORITY_DEVICES] = "devices",
};

#define AUTHORITY_NAMES (sizeof(authority_names) / sizeof(authority_names[0]))

bool grants_caller(const struct manifest *manifest, uint64_t badge, struct caller *caller)
{
	uint32_t id = badge_caller(badge);

	if (badge_flags(badge) != 0)
		return false;
	if (id < manifest->service_count) {
		const struct manifest_service *service = &manifest->services[id];

		*caller = (struct caller){id, id, service->authorities, service->call_count, service->calls};
		return true;
	}
	if (id >= BADGE_ROLE && id - BADGE_ROLE < manifest->role_count) {
		const struct manifest_role *role = &manifest->roles[id - BADGE_ROLE];

		*caller = (struct caller){id, SERVICE_NONE, role->authorities, role->call_count, role->calls};
		return true;
	}
	return false;
}

bool grants_call(const struct caller *caller, uint32_t service, uint32_t *flags)
{
	for (uint32_t at = 0; at < caller->call_count; at++) {
		if (caller->calls[at].service == service) {
			if (flags)
				*flags = caller->calls[at].flags;
			return true;
		}
	}
	return false;
}

bool grants_control(const struct caller *caller)
{
	return caller->authorities & AUTHORITY_BIT(AUTHORITY_CONTROL);
}

uint32_t grants_find(const struct manifest *manifest, const char *name)
{
	for (uint32_t index = 0; index < manifest->service_count; index++) {
		if (string_equal(manifest->services[index].name, name))
			return index;
	}
	return SERVICE_NONE;
}

const char *grants_authority_name(uint32_t authority)
{
	return authority > 0 && authority < AUTHORITY_NAMES ? authority_names[authority] : NULL;
}

/* Adds to vfs's options what it is to mount. The manifest was checked: it fits. */
static void spawn_mounts(const struct manifest *manifest, struct spawn *spawn)
{
	for (uint32_t at = 0; at < manifest->mount_count; at++) {
		const struct manifest_mount *mount = &manifest->mounts[at];
		size_t length = string_length(spawn->options);

		format_string(spawn->options + length, sizeof(spawn->options) - length, "%smount=%s:%s%s",
		              length > 0 ? " " : "", mount->path, manifest->services[mount->service].name,
		              mount->flags & MOUNT_READ_ONLY ? ":ro" : "");
	}
}

void grants_spawn(const struct manifest *manifest, uint32_t index, struct spawn *spawn)
{
	const struct manifest_service *service = &manifest->services[index];

	memset(spawn, 0, sizeof(*spawn));
	memcpy(spawn->image, service->image, sizeof(spawn->image));
	memcpy(spawn->name, service->name, sizeof(spawn->name));
	memcpy(spawn->options, service->options, sizeof(spawn->options));
	if (string_equal(service->name, MANIFEST_VFS))
		spawn_mounts(manifest, spawn);
	spawn->number = service->number;
	spawn->priority = service->priority;
	spawn->badge = badge_make(index, 0);
	spawn->quota = service->quota;
	for (uint32_t authority = 1; authority < AUTHORITY_NAMES; authority++) {
		struct grant *grant = &spawn->grants[spawn->grant_count];

		if (!(service->authorities & AUTHORITY_BIT(authority)))
			continue;
		grant->kind = GRANT_AUTHORITY;
		grant->value = authority;
		grant->rights = RIGHT_EXECUTE;
		memcpy(grant->name, authority_names[authority], sizeof(grant->name));
		spawn->grant_count++;
	}
}

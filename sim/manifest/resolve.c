/* What the sections of a manifest mean together. */
#include <stdio.h>
#include <string.h>

#include "servers/init/check.h"
#include "sim/manifest/reader.h"

static uint32_t service_find(const struct manifest *manifest, const char *name)
{
	uint32_t index = 0;

	while (index < manifest->service_count && strcmp(manifest->services[index].name, name) != 0)
		index++;
	return index;
}

static void resolve_call(struct reader *reader, struct section *section, const struct named_call *named)
{
	const struct manifest *manifest = reader->manifest;
	struct manifest_call call = {.service = service_find(manifest, named->name), .flags = named->flags};

	if (strcmp(named->name, "init") == 0)
		reader_error(reader, named->line, "everybody may call init: take it out of calls");
	else if (call.service == manifest->service_count)
		reader_error(reader, named->line,
		             "there is no service \"%s\": describe it in [service %s], or do not call it",
		             named->name, named->name);
	else if (section->service == &manifest->services[call.service])
		reader_error(reader, named->line, "%s calls itself: take it out of calls", named->name);
	else if (section->service)
		section->service->calls[section->service->call_count++] = call;
	else
		section->role->calls[section->role->call_count++] = call;
}

static void resolve_number(struct reader *reader, const struct section *section)
{
	const struct manifest_service *service = section->service;

	if (section->key_lines[KEY_NUMBER] == 0) {
		reader_error(reader, section->line,
		             "service %s has no number: give it one of its own, as number = 16",
		             service->name);
		return;
	}
	for (const struct section *other = reader->sections; other != section; other++) {
		/* Number 0: what was given was wrong, and has been said to be. */
		if (other->service && service->number != 0 && other->service->number == service->number)
			reader_error(reader, section->key_lines[KEY_NUMBER],
			             "number %u is that of %s: give %s one of its own", service->number,
			             other->service->name, service->name);
	}
}

static void resolve_options(struct reader *reader, const struct section *section)
{
	const char *wrong = percent_expand(section->service);

	if (wrong)
		reader_error(reader, section->key_lines[KEY_OPTIONS], "%s: change it", wrong);
}

static void resolve_cycle(struct reader *reader)
{
	const struct manifest *manifest = reader->manifest;
	uint32_t path[MANIFEST_SERVICES + 1];
	char text[(MANIFEST_SERVICES + 1) * (NAME_SIZE + 4)] = "";
	uint32_t count = check_cycle(manifest, path);
	size_t length = 0;

	if (count == 0)
		return;
	for (uint32_t at = 0; at < count; at++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s", at > 0 ? " -> " : "",
		                           manifest->services[path[at]].name);
	for (uint32_t index = 0; index < reader->section_count; index++) {
		const struct section *section = &reader->sections[index];

		if (section->service == &manifest->services[path[0]])
			reader_error(reader,
			             section->key_lines[KEY_CALLS] ? section->key_lines[KEY_CALLS]
			                                           : section->line,
			             "calls form a cycle, in which all may wait for others: %s; take one out",
			             text);
	}
}

static void resolve_mount(struct reader *reader, const struct section *section)
{
	struct manifest *manifest = reader->manifest;
	struct manifest_mount *mount = section->mount;
	uint32_t vfs = service_find(manifest, MANIFEST_VFS);
	uint32_t service = service_find(manifest, section->of);
	const char *wrong;

	mount->service = service < manifest->service_count ? service : 0;
	if (section->key_lines[KEY_SERVICE] == 0)
		reader_error(reader, section->line,
		             "mount %s has no service: say whose file system it is, as "
		             "service = ext4",
		             mount->path);
	else if (vfs == manifest->service_count)
		reader_error(reader, section->line,
		             "there is no service %s to mount anything: describe it, or "
		             "take the mount out",
		             MANIFEST_VFS);
	else if (service == manifest->service_count)
		reader_error(reader, section->key_lines[KEY_SERVICE],
		             "there is no service \"%s\": describe it in [service %s], or do not mount it",
		             section->of, section->of);
	else if ((wrong = check_mount(manifest, (uint32_t)(mount - manifest->mounts))) != NULL)
		reader_error(reader, section->line, "mount %s %s: choose another place or service",
		             mount->path, wrong);
	else if (!mount_grant(manifest, &manifest->services[vfs], service))
		reader_error(reader, section->line,
		             "vfs or fuse calls too many services: take some out, %u are "
		             "possible",
		             MANIFEST_CALLS);
}

void resolve(struct reader *reader)
{
	const struct section *last = NULL; /* of the mounts */

	for (uint32_t index = 0; index < reader->section_count; index++) {
		struct section *section = &reader->sections[index];

		if (section->service) {
			resolve_number(reader, section);
			resolve_options(reader, section);
		}
		for (uint32_t at = 0; at < section->call_count; at++)
			resolve_call(reader, section, &section->calls[at]);
	}
	/* Mounts add calls, and look at those before them. */
	for (uint32_t index = 0; index < reader->section_count; index++) {
		if (!reader->sections[index].mount)
			continue;
		last = &reader->sections[index];
		resolve_mount(reader, last);
	}
	if (last && check_mount_options(reader->manifest) > SPAWN_OPTIONS_SIZE)
		reader_error(
			reader, last->line,
			"the mounts do not fit into the %u characters of options of vfs: choose shorter paths",
			SPAWN_OPTIONS_SIZE - 1);
	resolve_cycle(reader);
}

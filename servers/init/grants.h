/*
 * What the manifest grants: to whom a badge belongs, whom its bearer may call,
 * and what a service is born with.
 */
#ifndef SERVERS_INIT_GRANTS_H
#define SERVERS_INIT_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/manifest.h>

#define SERVICE_NONE UINT32_MAX

/* One who has a lane to init. */
struct caller {
	uint32_t id;      /* as in badge_make */
	uint32_t service; /* index, or SERVICE_NONE for a role */
	uint32_t authorities;
	uint32_t call_count;
	const struct manifest_call *calls;
};

/* Whose badge of init's port this is; false where it is nobody's. */
bool grants_caller(const struct manifest *manifest, uint64_t badge, struct caller *caller);

/* Whether it may call `service`, an index, and the flags of that call (`flags` may be NULL). */
bool grants_call(const struct caller *caller, uint32_t service, uint32_t *flags);

/* Whether it may have services restarted. */
bool grants_control(const struct caller *caller);

/* Index of the service with this name, or SERVICE_NONE. */
uint32_t grants_find(const struct manifest *manifest, const char *name);

/* Name of an authority, by which it is granted; NULL where there is no such. */
const char *grants_authority_name(uint32_t authority);

/*
 * Fills in what a service is started with, all but the handles of its grants:
 * those are `grant_count`, one for each authority, which is their `value`.
 */
void grants_spawn(const struct manifest *manifest, uint32_t service, struct spawn *spawn);

#endif

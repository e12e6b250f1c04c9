/* How a process comes into being: a child, init, or a guest born outside. */
#include <drydock/string.h>

#include "kernel/core.h"

/* A start block being filled: in the new process's kernel buffer, which is only written, never read. */
struct birth {
	struct kernel *kernel;
	struct process *process;
	struct start_block *block;
	uint32_t grant_count;
};

static const char *const authority_names[] = {
	[AUTHORITY_SPAWN] = "spawn",
	[AUTHORITY_SWITCH] = "switch",
	[AUTHORITY_CONSOLE] = "console",
	[AUTHORITY_INSPECT] = "inspect",
	[AUTHORITY_CONTROL] = "control",
	[AUTHORITY_DEVICES] = "devices",
};

/* Gives the newborn a handle and lists it in its start block. */
static enum error birth_grant(struct birth *birth, const struct capability *capability,
                              const struct grant *like)
{
	struct grant grant = *like;
	enum error error;

	if (birth->grant_count == SPAWN_GRANTS_MAXIMUM)
		return E_TOO_LARGE;
	error = handle_install(birth->kernel, birth->process, capability, &grant.handle);
	if (error != E_OK)
		return error;
	grant.rights = capability->rights;
	switch (capability->kind) {
	case OBJECT_PORT:
		grant.kind = GRANT_PORT;
		break;
	case OBJECT_MEMORY:
		grant.kind = GRANT_MEMORY;
		break;
	case OBJECT_PROCESS:
		grant.kind = GRANT_PROCESS;
		grant.number = capability->process->number;
		grant.value = capability->process->id;
		break;
	case OBJECT_AUTHORITY:
		grant.kind = GRANT_AUTHORITY;
		grant.value = capability->authority;
		break;
	case OBJECT_NONE:
	case OBJECT_LANE:
	case OBJECT_DEVICE:
		break;
	}
	name_clean(grant.name, like->name);
	birth->block->grants[birth->grant_count++] = grant;
	return E_OK;
}

static enum error birth_grant_authorities(struct birth *birth, uint32_t authorities, rights_t rights)
{
	for (uint32_t authority = AUTHORITY_SPAWN; authority <= AUTHORITY_LAST; authority++) {
		const struct capability capability = {
			.kind = OBJECT_AUTHORITY,
			.rights = rights,
			.authority = (enum authority)authority,
		};
		struct grant grant = {0};
		enum error error;

		if (!(authorities & AUTHORITY_BIT(authority)))
			continue;
		string_copy(grant.name, NAME_SIZE, authority_names[authority],
		            string_length(authority_names[authority]));
		error = birth_grant(birth, &capability, &grant);
		if (error != E_OK)
			return error;
	}
	return E_OK;
}

/* The newborn's home port: its first handle. init's is the kernel's port, which it takes over. */
static enum error birth_home(struct birth *birth, struct port *port)
{
	struct capability capability = {
		.kind = OBJECT_PORT,
		/* Without DESTROY: it ends with the process, or outlives it. */
		.rights = RIGHT_SEND | RIGHT_RECEIVE | RIGHT_DERIVE | RIGHT_TRANSFER,
		.port = port,
	};
	handle_t handle;
	enum error error;

	birth->process->home = port;
	error = handle_install(birth->kernel, birth->process, &capability, &handle);
	if (error != E_OK)
		return error;
	port->owner = birth->process;
	port->receive = handle;
	birth->block->home = handle;
	return E_OK;
}

/* A home port of its own and SEND to the port of init. */
static enum error birth_ports(struct birth *birth, uint64_t badge)
{
	const struct capability init = {
		.kind = OBJECT_PORT,
		/* Without TRANSFER: the badge is who it is. */
		.rights = RIGHT_SEND,
		.badge = badge,
		.port = birth->kernel->init_port,
	};
	struct port *port = port_create(birth->kernel);
	handle_t handle;
	enum error error;

	if (port == NULL)
		return E_NOMEM;
	error = birth_home(birth, port);
	if (error != E_OK) {
		birth->process->home = NULL;
		port_end(birth->kernel, port);
		port_release(birth->kernel, port);
		return error;
	}
	error = handle_install(birth->kernel, birth->process, &init, &handle);
	if (error != E_OK)
		return error;
	birth->block->init = handle;
	return E_OK;
}

/* Makes the machine's side and begins the start block. `image` NULL: born outside. */
static enum error birth_begin(struct birth *birth, const char *image, const char *options)
{
	struct process *process = birth->process;
	enum error error = platform_process_create(birth->kernel->machine, process, image);

	if (error != E_OK)
		return error;
	process->made = true;
	birth->grant_count = 0;
	birth->block = process->buffer;
	memset(birth->block, 0, sizeof(*birth->block));
	birth->block->magic = START_MAGIC;
	birth->block->version = START_VERSION;
	birth->block->number = process->number;
	birth->block->process = process->id;
	birth->block->uid = process->credentials.uid;
	birth->block->gid = process->credentials.gid;
	/* Without a source of randomness it stays zero, which says so. */
	platform_random(birth->kernel->machine, birth->block->random, START_RANDOM_SIZE);
	memcpy(birth->block->name, process->name, NAME_SIZE);
	string_copy(birth->block->options, SPAWN_OPTIONS_SIZE, options,
	            string_length_within(options, SPAWN_OPTIONS_SIZE - 1));
	return E_OK;
}

static void birth_finish(struct birth *birth)
{
	birth->block->grant_count = birth->grant_count;
	list_add_tail(&birth->kernel->processes, &birth->process->link);
}

/* ---- children -------------------------------------------------------- */

/* Image names become file names: nothing in them may lead elsewhere. */
static bool image_valid(const char image[NAME_SIZE])
{
	size_t length = string_length_within(image, NAME_SIZE);

	if (length == 0 || length == NAME_SIZE)
		return false;
	for (size_t at = 0; at < length; at++) {
		char byte = image[at];

		if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '_' &&
		    byte != '-')
			return false;
	}
	return true;
}

static enum error spawn_check(struct call *call, const struct spawn *spawn)
{
	if (call->length < offsetof(struct spawn, grants) || spawn->grant_count > SPAWN_GRANTS_MAXIMUM ||
	    call->length < offsetof(struct spawn, grants) + spawn->grant_count * sizeof(struct grant))
		return E_INVAL;
	if (!image_valid(spawn->image) || spawn->priority > PRIORITY_MAXIMUM || spawn->reserved != 0 ||
	    string_length_within(spawn->options, SPAWN_OPTIONS_SIZE) == SPAWN_OPTIONS_SIZE)
		return E_INVAL;
	for (uint32_t index = 0; index < spawn->grant_count; index++) {
		struct handle_slot *slot = handle_find(call->process, spawn->grants[index].handle);
		enum error error;

		if (slot == NULL)
			return E_CAP_INVALID;
		error = capability_narrow(&slot->capability, spawn->grants[index].rights);
		if (error != E_OK)
			return error;
	}
	return E_OK;
}

static enum error spawn_grants(struct birth *birth, struct process *parent, const struct spawn *spawn)
{
	for (uint32_t index = 0; index < spawn->grant_count; index++) {
		const struct grant *grant = &spawn->grants[index];
		struct capability capability = handle_find(parent, grant->handle)->capability;
		enum error error;

		capability.rights = grant->rights;
		error = birth_grant(birth, &capability, grant);
		if (error != E_OK)
			return error;
	}
	return E_OK;
}

static void spawn_describe(struct process *process, struct process *parent, struct kernel *kernel,
                           const struct spawn *spawn)
{
	process->number = spawn->number;
	process->priority = spawn->priority;
	process->credentials = parent->credentials;
	process->of_init = parent == kernel->init;
	process->parent = process->of_init ? NULL : parent;
	memcpy(process->image, spawn->image, NAME_SIZE);
	name_clean(process->name, spawn->name[0] != '\0' ? spawn->name : spawn->image);
}

/* Everything that can fail, up to letting it run. */
static enum error spawn_make(struct call *call, struct process *child, const struct spawn *spawn,
                             handle_t *handle)
{
	struct kernel *kernel = call->kernel;
	struct birth birth = {.kernel = kernel, .process = child};
	const struct capability capability = {
		.kind = OBJECT_PROCESS,
		.rights = RIGHT_DESTROY | RIGHT_READ | RIGHT_TRANSFER,
		.process = child,
	};
	enum error error = birth_begin(&birth, spawn->image, spawn->options);

	if (error == E_OK)
		error = birth_ports(&birth, spawn->badge);
	if (error == E_OK)
		error = spawn_grants(&birth, call->process, spawn);
	if (error != E_OK)
		return error;
	error = handle_install(kernel, call->process, &capability, handle);
	if (error != E_OK)
		return error;
	birth_finish(&birth);
	error = platform_process_start(kernel->machine, child);
	if (error != E_OK)
		handle_drop(kernel, call->process, *handle, E_OK);
	return error;
}

uint64_t sys_sched_spawn(struct call *call)
{
	struct kernel *kernel = call->kernel;
	const struct spawn *spawn = &kernel->input.spawn;
	struct process *child;
	handle_t handle;
	enum error error = handle_lookup_authority(call->process, call->argument[0], AUTHORITY_SPAWN);

	if (error == E_OK)
		error = spawn_check(call, spawn);
	if (error == E_OK)
		error = process_create(kernel, call->process->account, &spawn->quota, &child);
	if (error != E_OK)
		return error_result(error);
	spawn_describe(child, call->process, kernel, spawn);
	error = spawn_make(call, child, spawn, &handle);
	if (error != E_OK) {
		process_end(kernel, child, false);
		return error_result(error);
	}
	child->parent_handle = handle;
	if (child->priority != PRIORITY_DEFAULT)
		platform_process_schedule(kernel->machine, child, child->priority, child->slice);
	return handle;
}

/* ---- init ------------------------------------------------------------ */

/* The manifest as init may read it. The kernel believes only its own copy. */
static enum error init_grant_manifest(struct birth *birth)
{
	struct kernel *kernel = birth->kernel;
	struct capability capability = {.kind = OBJECT_MEMORY, .rights = RIGHT_READ};
	const struct grant grant = {.name = "manifest"};
	uint64_t size = (sizeof(struct manifest) + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
	enum error error = memory_create(kernel, size, MEMORY_SHARED, NULL, &capability.memory);
	void *view;

	if (error != E_OK)
		return error;
	view = platform_memory_view(kernel->machine, capability.memory);
	if (view != NULL) {
		memcpy(view, kernel->manifest, sizeof(struct manifest));
		error = birth_grant(birth, &capability, &grant);
	} else {
		error = E_NOMEM;
	}
	memory_release(kernel, capability.memory);
	return error;
}

/* A new init gets what lives of the old one's. */
static enum error init_grant_processes(struct birth *birth)
{
	struct kernel *kernel = birth->kernel;

	list_for_each(link, &kernel->processes) {
		struct process *process = list_entry(link, struct process, link);
		const struct capability capability = {
			.kind = OBJECT_PROCESS,
			.rights = RIGHT_DESTROY | RIGHT_READ | RIGHT_TRANSFER,
			.process = process,
		};
		struct grant grant = {0};
		enum error error;

		if (!process->of_init || process->guest)
			continue;
		memcpy(grant.name, process->name, NAME_SIZE);
		error = birth_grant(birth, &capability, &grant);
		/* More than the block holds live on without a handle: init hears of their end as well. */
		if (error == E_TOO_LARGE)
			break;
		if (error != E_OK)
			return error;
		process->parent_handle = birth->block->grants[birth->grant_count - 1].handle;
	}
	return E_OK;
}

/* What came in while there was no init, or was told to the last one and not dealt with, is told again. */
static void init_retell(struct kernel *kernel)
{
	list_for_each(link, &kernel->init_port->pending) {
		struct lane *lane = list_entry(link, struct lane, port_link);

		event_post(kernel, &lane->ends[LANE_SERVER].event, kernel->init_port, EVENT_LANE_OPENED);
	}
	if (!port_empty(kernel->init_port))
		port_notify(kernel, kernel->init_port);
}

static enum error init_make(struct kernel *kernel, struct process *process)
{
	struct birth birth = {.kernel = kernel, .process = process};
	enum error error = birth_begin(&birth, "init", "");

	if (error != E_OK)
		return error;
	birth.block->restarts = kernel->init_starts;
	kernel->init_port->references++;
	error = birth_home(&birth, kernel->init_port);
	birth.block->init = birth.block->home;
	if (error == E_OK)
		error = birth_grant_authorities(&birth, UINT32_MAX, RIGHT_EXECUTE | RIGHT_TRANSFER);
	if (error == E_OK)
		error = init_grant_manifest(&birth);
	if (error == E_OK)
		error = init_grant_processes(&birth);
	if (error != E_OK)
		return error;
	birth_finish(&birth);
	kernel->init = process;
	init_retell(kernel);
	return platform_process_start(kernel->machine, process);
}

static enum error kernel_keep_manifest(struct kernel *kernel, const struct manifest *manifest)
{
	if (kernel->manifest == NULL)
		kernel->manifest = platform_allocate(kernel->machine, sizeof(*manifest));
	if (kernel->manifest == NULL)
		return E_NOMEM;
	memcpy(kernel->manifest, manifest, sizeof(*manifest));
	return E_OK;
}

enum error kernel_start_init(struct kernel *kernel, const struct manifest *manifest)
{
	struct process *process;
	enum error error;

	if (kernel->init != NULL)
		return E_BUSY;
	if (manifest->magic != MANIFEST_MAGIC || manifest->version != MANIFEST_VERSION)
		return E_INVAL;
	error = kernel_keep_manifest(kernel, manifest);
	if (error == E_OK)
		error = process_create(kernel, &kernel->root, NULL, &process);
	if (error != E_OK)
		return error;
	process->number = 1;
	process->credentials = kernel->owner;
	string_copy(process->image, NAME_SIZE, "init", 4);
	string_copy(process->name, NAME_SIZE, "init", 4);
	error = init_make(kernel, process);
	if (error != E_OK) {
		process_end(kernel, process, false);
		return error;
	}
	kernel->init_starts++;
	return E_OK;
}

/* ---- guests ---------------------------------------------------------- */

static enum error guest_make(struct kernel *kernel, struct process *process, const struct manifest_role *role)
{
	struct birth birth = {.kernel = kernel, .process = process};
	enum error error = birth_begin(&birth, NULL, "");

	if (error == E_OK)
		error = birth_ports(&birth, badge_make(BADGE_ROLE + process->role, 0));
	if (error == E_OK)
		error = birth_grant_authorities(&birth, role->authorities, RIGHT_EXECUTE);
	if (error == E_OK)
		birth_finish(&birth);
	return error;
}

enum error kernel_attach_guest(struct kernel *kernel, uint32_t role, const char *name,
                               const struct credentials *credentials, struct process **result)
{
	const struct manifest *manifest = kernel->manifest;
	struct process *process;
	enum error error;

	*result = NULL;
	if (manifest == NULL || role >= manifest->role_count || role >= MANIFEST_ROLES)
		return E_PROCESS_NOT_FOUND;
	if (credentials->group_count > LANE_GROUPS_MAXIMUM)
		return E_INVAL;
	error = process_create(kernel, &kernel->root, &manifest->roles[role].quota, &process);
	if (error != E_OK)
		return error;
	process->role = role;
	process->guest = true;
	process->of_init = true;
	process->credentials = *credentials;
	string_copy(process->name, NAME_SIZE, name, string_length_within(name, NAME_SIZE - 1));
	text_clean(process->name, string_length(process->name));
	error = guest_make(kernel, process, &manifest->roles[role]);
	if (error != E_OK) {
		process_end(kernel, process, false);
		return error;
	}
	*result = process;
	return E_OK;
}

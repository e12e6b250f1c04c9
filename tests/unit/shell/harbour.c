/* See harbour.h. */
#include "harbour.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/abi/manifest.h>
#include <drydock/posix.h>
#include <drydock/proto/vfs.h>

#define TEXT_SIZE (1024 * 1024)

extern const struct server_definition init_server, log_server, scheduler_server, vfs_server;

struct basin *harbour;

/* ---- the vfs that hangs ------------------------------------------------------------- */

static void hanging_cancelled(struct request *request)
{
	vfs_open_reply(request, POSIX_ECANCELED, NULL);
}

static int32_t hanging_open(struct request *request, const struct vfs_open_arguments *arguments,
                            struct vfs_open_results *results)
{
	(void)arguments;
	(void)results;
	if (request->cancelled)
		return POSIX_ECANCELED;
	request->on_cancel = hanging_cancelled;
	return REQUEST_DETACHED;
}

static const struct vfs_operations hanging_operations = {.open = hanging_open};

static void hanging_start(struct runtime *runtime, void *state)
{
	static const struct service_limits limits = {.depth = 64, .area = 65536};
	enum error error;
	struct service *service = service_create(runtime, state, &limits, NULL, &error);

	ck_assert_ptr_nonnull(service);
	service_add(service, &vfs_protocol, &hanging_operations);
	ck_assert_int_eq(service_register(service), 0);
}

static const struct server_definition hanging_server = {.name = "vfs",
                                                        .source = "vfs",
                                                        .state_size = 1,
                                                        .start = hanging_start};

/* ---- the terminal ---------------------------------------------------------------------- */

struct text {
	size_t length, seen;
	char bytes[TEXT_SIZE];
};

static struct {
	struct terminal terminal;
	struct runtime *runtime;
	struct fiber *waiting;
	struct text input, output, errors;
	bool ended, closed;
	uint32_t width;
} desk;

static int32_t desk_read(void *context, void *bytes, uint32_t size)
{
	size_t left = desk.input.length - desk.input.seen;

	(void)context;
	ck_assert_uint_gt(size, 0);
	if (left == 0)
		return desk.ended ? TERMINAL_END : 0;
	left = left < size ? left : size;
	memcpy(bytes, desk.input.bytes + desk.input.seen, left);
	desk.input.seen += left;
	return (int32_t)left;
}

static void desk_wait(void *context)
{
	(void)context;
	ck_assert_msg(!desk.waiting, "two fibers wait for the terminal");
	desk.waiting = fiber_current(desk.runtime);
	fiber_wait(desk.runtime);
	desk.waiting = NULL;
}

static bool desk_write(void *context, enum terminal_stream stream, const void *bytes, uint32_t length)
{
	struct text *text = stream == TERMINAL_ERRORS ? &desk.errors : &desk.output;

	(void)context;
	if (desk.closed)
		return false;
	ck_assert_uint_lt(text->length + length, TEXT_SIZE);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	return true;
}

static uint32_t desk_width(void *context)
{
	(void)context;
	return desk.width;
}

static const char *desk_take(struct text *text)
{
	const char *from = text->bytes + text->seen;

	text->bytes[text->length] = 0;
	text->seen = text->length;
	return from;
}

const char *harbour_output(void)
{
	return desk_take(&desk.output);
}

const char *harbour_errors(void)
{
	return desk_take(&desk.errors);
}

/* ---- the guest --------------------------------------------------------------------------- */

static struct process *guest_process;
static struct runtime *guest;
static const char *guest_script;
static bool guest_done;
static int guest_status;

static void guest_start(struct runtime *runtime, void *state)
{
	(void)state;
	guest_status = shell_run(runtime, &desk.terminal, guest_script);
	guest_done = true;
}

static const struct server_definition guest_definition = {.name = "sh",
                                                          .source = "sh",
                                                          .quiet = true,
                                                          .start = guest_start};

static void (*guest_work)(struct runtime *runtime);

static void work_start(struct runtime *runtime, void *state)
{
	(void)state;
	guest_work(runtime);
	guest_done = true;
}

static const struct server_definition work_definition = {.name = "work",
                                                         .source = "work",
                                                         .quiet = true,
                                                         .start = work_start};

static void settle(void)
{
	unsigned idle = 0;

	/* Twice idle: what one round publishes the system answers before the next. */
	while (idle < 2) {
		idle = guest && runtime_round(guest) ? 0 : idle + 1;
		basin_run(harbour);
	}
}

void harbour_pass(uint64_t nanoseconds)
{
	settle();
	while (nanoseconds > 0) {
		uint64_t step = nanoseconds < MILLISECOND ? nanoseconds : MILLISECOND;

		basin_pass(harbour, step);
		settle();
		nanoseconds -= step;
	}
}

void harbour_shell(enum harbour_role role, bool interactive, const char *script)
{
	struct os *os = basin_attach(harbour, role, "sh", &guest_process);

	memset(&desk, 0, sizeof(desk));
	desk.terminal = (struct terminal){.interactive = interactive,
	                                  .read = desk_read,
	                                  .wait = desk_wait,
	                                  .write = desk_write,
	                                  .width = desk_width};
	desk.width = 80;
	guest_script = script;
	guest_done = false;
	guest = runtime_create(os, &guest_definition);
	ck_assert_ptr_nonnull(guest);
	desk.runtime = guest;
	settle();
}

static void end_shell(void)
{
	if (guest) {
		runtime_destroy(guest);
		kernel_process_exited(basin_kernel(harbour), guest_process, 0);
	}
	guest = NULL;
	settle();
}

void harbour_type_bytes(const void *bytes, size_t length)
{
	ck_assert_uint_lt(desk.input.length + length, TEXT_SIZE);
	memcpy(desk.input.bytes + desk.input.length, bytes, length);
	desk.input.length += length;
	if (desk.waiting)
		fiber_wake(desk.waiting);
	settle();
}

void harbour_type(const char *text)
{
	harbour_type_bytes(text, strlen(text));
}

void harbour_hang_up(void)
{
	desk.ended = true;
	harbour_type("");
}

void harbour_close_output(void)
{
	desk.closed = true;
}

void harbour_set_width(uint32_t width)
{
	desk.width = width;
}

bool harbour_done(int *status)
{
	*status = guest_status;
	return guest_done;
}

int harbour_run(enum harbour_role role, const char *script)
{
	int status;

	harbour_shell(role, false, script);
	harbour_hang_up();
	/* A server that was killed is back after a moment. */
	for (int turn = 0; turn < 1000 && !guest_done; turn++)
		harbour_pass(MILLISECOND);
	ck_assert_msg(harbour_done(&status), "the script does not end: %s", script);
	end_shell();
	return status;
}

void harbour_work(enum harbour_role role, void (*work)(struct runtime *runtime))
{
	struct os *os = basin_attach(harbour, role, "work", &guest_process);

	guest_work = work;
	guest_done = false;
	guest = runtime_create(os, &work_definition);
	ck_assert_ptr_nonnull(guest);
	settle();
	for (int turn = 0; turn < 1000 && !guest_done; turn++)
		harbour_pass(MILLISECOND);
	ck_assert_msg(guest_done, "the work does not end");
	end_shell();
}

/* ---- the system --------------------------------------------------------------------------- */

static void add_service(struct manifest *manifest, const char *name, uint32_t number, uint32_t authorities)
{
	struct manifest_service *service = &manifest->services[manifest->service_count++];

	strcpy(service->name, name);
	strcpy(service->image, name);
	service->number = number;
	service->priority = PRIORITY_DEFAULT;
	service->authorities = authorities;
	service->quota = (struct quota){.memory = 128 << 20, .handles = 256, .ports = 8, .lanes = 16};
	/* The log is the first. */
	if (manifest->service_count > 1)
		service->calls[service->call_count++].service = 0;
}

static void add_role(struct manifest *manifest, const char *name, uint32_t authorities, bool calls)
{
	struct manifest_role *role = &manifest->roles[manifest->role_count++];

	strcpy(role->name, name);
	role->authorities = authorities;
	role->quota = (struct quota){.memory = 64 << 20, .handles = 256, .ports = 8, .lanes = 16};
	for (uint32_t service = 0; calls && service < manifest->service_count; service += 2)
		role->calls[role->call_count++].service = service;
}

/* Starts, and never registers: whoever waits for it waits for good. */
static void absent_start(struct runtime *runtime, void *state)
{
	(void)runtime;
	(void)state;
}

static const struct server_definition absent_server = {
	.name = "absent", .source = "absent", .state_size = 1, .start = absent_start};

static void add_mount(struct manifest *manifest, const char *path, uint32_t service, uint32_t flags)
{
	struct manifest_mount *mount = &manifest->mounts[manifest->mount_count++];
	struct manifest_service *vfs = &manifest->services[2];

	strcpy(mount->path, path);
	mount->service = service;
	mount->flags = flags;
	for (uint32_t at = 0; at < vfs->call_count; at++) {
		if (vfs->calls[at].service == service)
			return;
	}
	vfs->calls[vfs->call_count++] = (struct manifest_call){service, CALL_IMPERSONATE};
}

static void add_mounts(struct manifest *manifest)
{
	add_service(manifest, "second", 5, 0);
	strcpy(manifest->services[3].options, "size=32M mode=777");
	/* The last to be started: init waits for it. */
	add_service(manifest, "absent", 6, 0);
	add_mount(manifest, "/mnt/second", 3, 0);
	add_mount(manifest, "/mnt/look", 3, MOUNT_READ_ONLY);
	add_mount(manifest, "/mnt/absent", 4, 0);
}

/* Those who may call the mounted server themselves, one of them as anybody. */
static void add_near_roles(struct manifest *manifest)
{
	add_role(manifest, "near", 0, true);
	add_role(manifest, "bridge", 0, true);
	for (uint32_t at = HARBOUR_NEAR; at <= HARBOUR_BRIDGE; at++) {
		struct manifest_role *role = &manifest->roles[at];

		role->calls[role->call_count++] =
			(struct manifest_call){3, at == HARBOUR_BRIDGE ? CALL_IMPERSONATE : 0};
	}
}

void harbour_boot(enum harbour_vfs vfs)
{
	static struct basin_image images[] = {{"init", &init_server},
	                                      {"log", &log_server},
	                                      {"scheduler", &scheduler_server},
	                                      {"vfs", &vfs_server},
	                                      {"second", &vfs_server},
	                                      {"absent", &absent_server},
	                                      {NULL, NULL}};
	static struct manifest manifest;

	manifest = (struct manifest){
		.magic = MANIFEST_MAGIC, .version = MANIFEST_VERSION, .size = sizeof(manifest)};
	images[3].definition = vfs == HARBOUR_VFS_HANGS ? &hanging_server : &vfs_server;
	add_service(&manifest, "log", 2, AUTHORITY_BIT(AUTHORITY_CONSOLE));
	add_service(&manifest, "scheduler", 3,
	            AUTHORITY_BIT(AUTHORITY_SWITCH) | AUTHORITY_BIT(AUTHORITY_INSPECT));
	add_service(&manifest, "vfs", 4, 0);
	strcpy(manifest.services[2].options, "size=64M");
	if (vfs == HARBOUR_VFS_MOUNTS)
		add_mounts(&manifest);
	/* Killed, it stays so. */
	manifest.services[1].restart = RESTART_NEVER;
	add_role(&manifest, "admin", AUTHORITY_BIT(AUTHORITY_INSPECT) | AUTHORITY_BIT(AUTHORITY_CONTROL),
	         true);
	manifest.roles[0].calls[manifest.roles[0].call_count++] = (struct manifest_call){1, CALL_CONTROL};
	add_role(&manifest, "user", 0, true);
	add_role(&manifest, "nobody", 0, false);
	if (vfs == HARBOUR_VFS_MOUNTS)
		add_near_roles(&manifest);
	harbour = basin_create(images);
	ck_assert_int_eq(kernel_start_init(basin_kernel(harbour), &manifest), E_OK);
	harbour_pass(50 * MILLISECOND);
	ck_assert(vfs == HARBOUR_VFS_MOUNTS || basin_announced(harbour));
}

void harbour_end(void)
{
	end_shell();
	basin_destroy(harbour);
	harbour = NULL;
}

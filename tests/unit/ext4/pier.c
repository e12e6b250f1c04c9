/* See pier.h. */
#include "pier.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <drydock/abi/manifest.h>
#include <drydock/posix.h>

#include "../user/basin.h"
#include "servers/ext4/ext4.h"

#define MILLISECOND 1000000ull
#define ROUNDS      1000000
#define LAZY        75u
#define WALL_TIME   1700000000000000000ull

extern const struct server_definition init_server, log_server, ext4_server;

void (*pier_prepare)(uint8_t *image, uint64_t size);
void (*pier_observe)(const struct disk_request *request);
const struct memory_disk_fault *pier_fault;
uint32_t pier_whole;
bool pier_control;

static struct {
	struct basin *basin;
	struct memory_disk disk;
	bool has_disk;
	struct runtime *opener; /* of the disk */
	void (*body)(struct pier *pier, void *context);
	void *context;
	bool done;
} stage;

/* ---- what the hosted build has for disks (drydock/dev/block.h) ----------------------- */

struct disk *disk_open(struct runtime *runtime, uint32_t index, int32_t *status)
{
	*status = stage.has_disk && index == 0 ? 0 : POSIX_ENOENT;
	if (*status)
		return NULL;
	ck_assert_ptr_null(stage.opener);
	stage.opener = runtime;
	runtime_add_device(runtime, &stage.disk.disk.device);
	return &stage.disk.disk;
}

void disk_close(struct disk *disk)
{
	ck_assert_ptr_eq(disk, &stage.disk.disk);
	runtime_remove_device(stage.opener, &disk->device);
	stage.opener = NULL;
}

static void disk_load(const char *image, uint64_t seed)
{
	struct stat status;
	FILE *file = fopen(image, "rb");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fstat(fileno(file), &status), 0);
	memory_disk_create(&stage.disk, &(const struct memory_disk_options){.size = (uint64_t)status.st_size,
	                                                                    .block_size = pier_whole,
	                                                                    .seed = seed,
	                                                                    .lazy = seed ? LAZY : 0,
	                                                                    .torn_sectors = !pier_whole,
	                                                                    .flags = DISK_WRITE_CACHE});
	stage.disk.disk.name = "image";
	stage.disk.observe = pier_observe;
	if (pier_fault)
		memory_disk_fail(&stage.disk, pier_fault);
	ck_assert_uint_eq(fread(stage.disk.durable, 1, (size_t)status.st_size, file), (size_t)status.st_size);
	fclose(file);
	if (pier_prepare)
		pier_prepare(stage.disk.durable, (uint64_t)status.st_size);
	memcpy(stage.disk.current, stage.disk.durable, (size_t)status.st_size);
	stage.has_disk = true;
}

/* ---- the guest ------------------------------------------------------------------------- */

static void guest_start(struct runtime *runtime, void *state)
{
	static const struct client_options options = {.depth = 16, .area = 4 << 20};
	static const uint32_t uids[PIER_CALLERS] = {0, 1000, 0};
	struct pier pier = {.runtime = runtime, .disk = &stage.disk};
	int32_t status;

	(void)state;
	pier.client = client_open(runtime, "ext4", &fs_protocol, &options, &status);
	ck_assert_msg(pier.client != NULL, "cannot connect: %d", (int)status);
	for (uint32_t i = 0; i < PIER_CALLERS; i++)
		ck_assert_int_eq(client_register_actor(pier.client, uids[i], uids[i], NULL, 0,
		                                       i == PIER_BRIDGE ? IDENTITY_CHECKED : 0,
		                                       &pier.actors[i]),
		                 0);
	pier_call_as(&pier, PIER_BRIDGE);
	stage.body(&pier, stage.context);
	client_close(pier.client);
	stage.done = true;
}

static const struct server_definition guest_definition = {.name = "test",
                                                          .source = "test",
                                                          .quiet = true,
                                                          .start = guest_start};

static void guest_run(void)
{
	struct process *process;
	struct os *os = basin_attach(stage.basin, 0, "test", &process);
	struct runtime *guest = runtime_create(os, &guest_definition);

	ck_assert_ptr_nonnull(guest);
	stage.done = false;
	for (int round = 0; round < ROUNDS && !stage.done; round++) {
		if (!runtime_round(guest))
			basin_pass(stage.basin, MILLISECOND);
		basin_run(stage.basin);
	}
	ck_assert_msg(stage.done, "the test's calls do not end; logged was:\n%s", pier_console());
	runtime_destroy(guest);
	kernel_process_exited(basin_kernel(stage.basin), process, 0);
	basin_run(stage.basin);
}

/* ---- the system --------------------------------------------------------------------------- */

static void add_service(struct manifest *manifest, const char *name, uint32_t number, const char *options)
{
	struct manifest_service *service = &manifest->services[manifest->service_count++];

	strcpy(service->name, name);
	strcpy(service->image, name);
	strcpy(service->options, options);
	service->number = number;
	service->priority = PRIORITY_DEFAULT;
	service->quota = (struct quota){.memory = 256 << 20, .handles = 1024, .ports = 8, .lanes = 16};
}

static void boot(const char *options)
{
	static const struct basin_image images[] = {
		{"init", &init_server}, {"log", &log_server}, {"ext4", &ext4_server}, {NULL, NULL}};
	static struct manifest manifest;
	struct manifest_role *role = &manifest.roles[0];

	manifest = (struct manifest){
		.magic = MANIFEST_MAGIC, .version = MANIFEST_VERSION, .size = sizeof(manifest)};
	add_service(&manifest, "log", 2, "");
	add_service(&manifest, "ext4", 5, options);
	manifest.services[0].authorities = AUTHORITY_BIT(AUTHORITY_CONSOLE);
	manifest.services[1].calls[manifest.services[1].call_count++].service = 0;
	manifest.role_count = 1;
	strcpy(role->name, "test");
	role->quota = (struct quota){.memory = 64 << 20, .handles = 256, .ports = 8, .lanes = 16};
	role->calls[role->call_count].service = 1;
	role->calls[role->call_count++].flags =
		CALL_IMPERSONATE | (pier_control ? CALL_CONTROL : 0);
	stage.basin = basin_create(images);
	/* To e2fsck a time that is near to 1970 is damage. */
	basin_set_wall_time(stage.basin, WALL_TIME);
	ck_assert_int_eq(kernel_start_init(basin_kernel(stage.basin), &manifest), E_OK);
	for (int i = 0; i < ROUNDS && !basin_announced(stage.basin); i++)
		basin_pass(stage.basin, MILLISECOND);
	ck_assert_msg(basin_announced(stage.basin), "it does not boot:\n%s", pier_console());
}

static void begin(const char *image, const char *options, uint64_t seed,
                  void (*body)(struct pier *pier, void *context), void *context)
{
	stage.body = body;
	stage.context = context;
	if (image)
		disk_load(image, seed);
	boot(options);
	guest_run();
}

static void end(void)
{
	if (stage.opener)
		disk_close(&stage.disk.disk);
	basin_destroy(stage.basin);
	if (stage.has_disk)
		memory_disk_destroy(&stage.disk);
}

void pier_run(const char *image, const char *options, uint64_t seed,
              void (*body)(struct pier *pier, void *context), void *context)
{
	memset(&stage, 0, sizeof(stage));
	begin(image, options, seed, body, context);
	end();
}

/* ---- writing ---------------------------------------------------------------------------------- */

/* As the server does when the system is stopped. */
static void unmount(void *argument)
{
	volume_unmount(&((struct ext4 *)argument)->volume);
	stage.done = true;
}

static void server_unmount(void)
{
	/* What could not be mounted was given back. */
	if (!stage.opener)
		return;
	stage.done = false;
	ck_assert_int_eq(fiber_start(stage.opener, unmount, runtime_state(stage.opener)), E_OK);
	for (int round = 0; round < ROUNDS && !stage.done; round++)
		basin_pass(stage.basin, MILLISECOND);
	ck_assert_msg(stage.done, "unmounting does not end; logged was:\n%s", pier_console());
}

static void disk_store(const char *image)
{
	FILE *file = fopen(image, "wb");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(stage.disk.durable, 1, stage.disk.options.size, file), stage.disk.options.size);
	ck_assert_int_eq(fclose(file), 0);
}

void pier_write(const char *image, const char *options, uint64_t seed, enum pier_end how,
                void (*body)(struct pier *pier, void *context), void *context)
{
	memset(&stage, 0, sizeof(stage));
	begin(image, options, seed, body, context);
	if (how == PIER_UNMOUNT)
		server_unmount();
	else
		memory_disk_crash(&stage.disk, seed);
	disk_store(image);
	end();
}

/* ---- short forms ------------------------------------------------------------------------------ */

void pier_call_as(struct pier *pier, enum pier_caller caller)
{
	client_set_actor(pier->client, pier->actors[caller]);
}

void pier_settle(struct pier *pier)
{
	fiber_sleep(pier->runtime, runtime_time(pier->runtime) + 500 * MILLISECOND);
}

const struct volume *pier_volume(void)
{
	return stage.opener ? &((struct ext4 *)runtime_state(stage.opener))->volume : NULL;
}

const char *pier_console(void)
{
	return basin_console(stage.basin);
}

int32_t pier_look(struct pier *pier, uint64_t directory, const char *name, struct fs_attributes *found)
{
	return fs_lookup(pier->client, directory, name, (uint32_t)strlen(name), found);
}

uint8_t *pier_read(struct pier *pier, const struct fs_attributes *file, uint32_t piece)
{
	uint8_t *data = malloc(file->size + 1);
	uint64_t offset = 0;

	for (;;) {
		uint32_t want = file->size - offset < piece ? (uint32_t)(file->size - offset) : piece;
		struct fs_read_results results;
		int32_t status =
			fs_read(pier->client, file->node, offset, data + offset, want ? want : 1, &results);

		ck_assert_msg(status == 0, "node %llu, offset %llu: status %d\n%s",
		              (unsigned long long)file->node, (unsigned long long)offset, (int)status,
		              pier_console());
		if (results.data_length == 0)
			break;
		ck_assert_uint_le(results.data_length, want);
		offset += results.data_length;
	}
	ck_assert_uint_eq(offset, file->size);
	return data;
}

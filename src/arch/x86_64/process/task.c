/* Processes: platform.h's part of how they are made and end. */
#include <drydock/string.h>

#include "arch/x86_64/console.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/memory/paging.h"
#include "arch/x86_64/process/image.h"
#include "arch/x86_64/user_layout.h"

extern const char kernel_stack_end[];

/* ---- making ------------------------------------------------------------------ */

/* A zeroed page, or 0. */
static uint64_t page_make(struct machine *machine)
{
	uint64_t page = ram_allocate(&machine->ram, 0);

	if (page != 0)
		memset(ram_view(&machine->ram, page), 0, RAM_PAGE);
	return page;
}

static void page_free(struct machine *machine, uint64_t page)
{
	if (page != 0)
		ram_free(&machine->ram, page);
}

static void task_free(struct task *task)
{
	struct machine *machine = task->machine;

	region_abandon(task);
	space_destroy(&task->space);
	page_free(machine, task->buffer);
	page_free(machine, task->notice);
	page_free(machine, task->page);
	heap_free(&machine->heap, task, sizeof(*task));
}

/* Copies one segment in, page by page. */
static bool load_segment(struct space *space, const struct image_segment *segment)
{
	uint64_t end = segment->address + segment->size;

	for (uint64_t page = segment->address & ~(uint64_t)(RAM_PAGE - 1); page < end; page += RAM_PAGE) {
		uint64_t start = page < segment->address ? segment->address : page;
		uint64_t stop = segment->address + segment->data_size;
		uint8_t *view = space_add_page(space, page, segment->access);

		if (view == NULL)
			return false;
		if (stop > page + RAM_PAGE)
			stop = page + RAM_PAGE;
		if (start < stop)
			memcpy(view + (start - page), segment->data + (start - segment->address),
			       stop - start);
	}
	return true;
}

static bool load(struct task *task, const struct image *image)
{
	struct space *space = &task->space;

	for (unsigned i = 0; i < image->count; i++) {
		if (!load_segment(space, &image->segments[i]))
			return false;
	}
	for (uint64_t page = USER_STACK_TOP - USER_STACK_SIZE; page < USER_STACK_TOP; page += RAM_PAGE) {
		if (space_add_page(space, page, RIGHT_READ | RIGHT_WRITE) == NULL)
			return false;
	}
	return space_map_page(space, USER_KERNEL_BUFFER, task->buffer, RIGHT_READ | RIGHT_WRITE) &&
	       space_map_page(space, USER_NOTICE_PAGE, task->notice, RIGHT_READ) &&
	       space_map_page(space, USER_OWNER_PAGE, task->page, RIGHT_READ | RIGHT_WRITE) &&
	       space_map_page(space, USER_CLOCK_PAGE, task->machine->clock_page, RIGHT_READ);
}

/* psABI 3.4.1: the stack is aligned to 16 at the entry, DF is clear. */
static void prepare(struct task *task, uint64_t entry)
{
	task->context.rip = entry;
	task->context.rsp = USER_STACK_TOP;
	task->context.rflags = RFLAGS_FIXED | RFLAGS_INTERRUPT;
	task->context.cs = SELECTOR_USER_CODE;
	task->context.ss = SELECTOR_USER_DATA;
	task->kernel_stack = (uintptr_t)kernel_stack_end;
	processor_clean_vectors(task->vectors);
}

static enum error task_make(struct machine *machine, const struct image *image, struct task **result)
{
	struct task *task = heap_allocate(&machine->heap, sizeof(*task));

	if (task == NULL)
		return E_NOMEM;
	task->machine = machine;
	runnable_initialize(&task->runnable);
	list_init(&task->end_link);
	space_initialize(&task->space, &machine->ram, &machine->heap,
	                 paging_create(&machine->ram, machine->kernel_root));
	task->buffer = page_make(machine);
	task->notice = page_make(machine);
	task->page = page_make(machine);
	if (task->space.root == 0 || task->buffer == 0 || task->notice == 0 || task->page == 0 ||
	    !load(task, image)) {
		task_free(task);
		return E_NOMEM;
	}
	prepare(task, image->entry);
	*result = task;
	return E_OK;
}

enum error platform_process_create(struct machine *machine, struct process *process, const char *name)
{
	const uint8_t *file;
	struct image image;
	struct task *task;
	const char *wrong;
	enum error error;
	size_t size;

	/* Nobody is born outside of a computer. */
	if (name == NULL || !archive_find(&machine->archive, name, &file, &size)) {
		console_print("the boot archive has no image '%s'", name != NULL ? name : "");
		return E_PROCESS_NOT_FOUND;
	}
	wrong = image_read(&image, file, size);
	if (wrong != NULL) {
		console_print("image '%s' cannot be run: %s", name, wrong);
		return E_IO;
	}
	error = task_make(machine, &image, &task);
	if (error != E_OK)
		return error;
	task->process = process;
	process->machine = task;
	process->buffer = ram_view(&machine->ram, task->buffer);
	process->notice = ram_view(&machine->ram, task->notice);
	return E_OK;
}

enum error platform_process_start(struct machine *machine, struct process *process)
{
	struct task *task = process->machine;

	queue_add(&machine->queue, &task->runnable);
	return E_OK;
}

/* ---- ending ------------------------------------------------------------------- */

void task_end(struct task *task, uint64_t code)
{
	struct machine *machine = task->machine;

	if (task->ended)
		return;
	task->ended = true;
	task->code = code;
	queue_remove(&machine->queue, &task->runnable);
	list_add_tail(&machine->ended, &task->end_link);
}

void platform_process_kill(struct machine *machine, struct process *process)
{
	(void)machine;
	/* The core knows the code that counts. */
	task_end(process->machine, 0);
}

/* The address space goes before the core gives up the memory that it maps. */
static void space_leave(struct machine *machine, struct task *task)
{
	if (machine->running == task) {
		cr3_write(machine->kernel_root);
		task->space.active = false;
		machine->running = NULL;
	}
	region_abandon(task);
	space_destroy(&task->space);
}

void tasks_settle(struct machine *machine)
{
	struct list *link;

	while ((link = list_take(&machine->ended)) != NULL) {
		struct task *task = list_entry(link, struct task, end_link);
		bool init = task->process == machine->kernel->init;

		space_leave(machine, task);
		/* Its record may be gone after that, and the task with it. */
		kernel_process_exited(machine->kernel, task->process, task->code);
		if (init)
			init_ended(machine);
	}
}

void platform_process_destroy(struct machine *machine, struct process *process)
{
	struct task *task = process->machine;

	queue_remove(&machine->queue, &task->runnable);
	list_remove(&task->end_link);
	if (machine->running == task)
		space_leave(machine, task);
	task_free(task);
	process->machine = NULL;
	process->buffer = NULL;
	process->notice = NULL;
}

uint64_t platform_process_name(struct machine *machine, struct process *process)
{
	(void)machine;
	return process->id;
}

/* ---- what it waits for, and when it runs ---------------------------------------- */

void platform_process_complete(struct machine *machine, struct process *process, uint64_t result)
{
	struct task *task = process->machine;

	if (task->ended)
		return;
	task->context.rax = result;
	task->context.rbx = process->written;
	queue_add(&machine->queue, &task->runnable);
}

void platform_process_wake(struct machine *machine, struct process *process)
{
	/* The doorbell is WAIT's alone, which the core itself completes or lets return at once. */
	(void)machine;
	(void)process;
}

enum error platform_process_switch(struct machine *machine, struct process *process)
{
	struct task *task = process->machine;

	return queue_choose(&machine->queue, &task->runnable) ? E_OK : E_INVAL;
}

void platform_process_schedule(struct machine *machine, struct process *process, uint32_t priority,
                               uint32_t slice)
{
	struct task *task = process->machine;
	uint64_t nanoseconds = (uint64_t)slice * 1000;

	queue_schedule(&machine->queue, &task->runnable, priority,
	               nanoseconds > SLICE_LEAST ? nanoseconds : SLICE_LEAST);
}

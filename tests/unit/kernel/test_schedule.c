/* Scheduling: the table and its owner. */
#include "fixture.h"
#include "kernel/core.h"

static struct process *scheduler, *child;
static struct schedule_table *table;
static handle_t authority, memory;

static void with_table(void)
{
	scheduler = spawn_child("scheduler");
	child = spawn_child("vfs");
	authority = share(fixture.init, authority_of_init(AUTHORITY_SWITCH), scheduler, RIGHT_EXECUTE);
	memory = (handle_t)call_succeeds(scheduler, SYS_VM_ALLOCATE, 4096, MEMORY_SHARED);
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_TABLE, authority, memory), 0);
	table = platform_memory_view(&fixture.machine, handle_find(scheduler, memory)->capability.memory);
}

START_TEST(rows_are_applied)
{
	with_table();
	table->count = 3;
	table->entry[0] = (struct schedule_entry){.process = child->id, .priority = 3, .slice = 500};
	table->entry[2] = (struct schedule_entry){.process = 4711, .priority = 3, .slice = 500};
	table->version = 2;
	ck_assert_uint_eq(side_of(child)->schedules, 0);
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_SWITCH, authority, 0), 0);
	ck_assert_uint_eq(side_of(child)->priority, 3);
	ck_assert_uint_eq(side_of(child)->slice, 500);
	/* Only what has changed. */
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_SWITCH, authority, 0), 0);
	ck_assert_uint_eq(side_of(child)->schedules, 1);
	table->entry[0].slice = 600;
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_SWITCH, authority, 0), 0);
	ck_assert_uint_eq(side_of(child)->schedules, 2);
}
END_TEST

START_TEST(rows_that_are_lies)
{
	struct process *guest;

	with_table();
	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 0, "tool", &credentials_owner, &guest), E_OK);
	table->count = UINT32_MAX;
	table->entry[0] =
		(struct schedule_entry){.process = child->id, .priority = PRIORITY_MAXIMUM + 1, .slice = 1};
	table->entry[1] = (struct schedule_entry){.process = child->id, .priority = 1, .slice = 0};
	table->entry[2] = (struct schedule_entry){.process = guest->id, .priority = 1, .slice = 1};
	table->entry[SCHEDULE_MAXIMUM - 1] =
		(struct schedule_entry){.process = scheduler->id, .priority = 1, .slice = 1};
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_SWITCH, authority, 0), 0);
	ck_assert_uint_eq(side_of(child)->schedules, 0);
	ck_assert_uint_eq(side_of(guest)->schedules, 0);
	ck_assert_uint_eq(side_of(scheduler)->schedules, 1);
}
END_TEST

START_TEST(a_change_that_never_ends)
{
	with_table();
	table->count = 1;
	table->entry[0] = (struct schedule_entry){.process = child->id, .priority = 3, .slice = 500};
	table->version = 1;
	call_fails(E_BUSY, scheduler, SYS_SCHED_SWITCH, authority, 0);
	ck_assert_uint_eq(side_of(child)->schedules, 0);
}
END_TEST

START_TEST(switch_to)
{
	struct process *guest;

	with_table();
	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 0, "tool", &credentials_owner, &guest), E_OK);
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_SWITCH, authority, child->id), 0);
	ck_assert_uint_eq(side_of(child)->switches, 1);
	call_fails(E_PROCESS_NOT_FOUND, scheduler, SYS_SCHED_SWITCH, authority, 4711);
	call_fails(E_INVAL, scheduler, SYS_SCHED_SWITCH, authority, guest->id);
	call_fails(E_CAP_INVALID, scheduler, SYS_SCHED_SWITCH, 0, child->id);
	fixture.machine.can_switch = false;
	call_fails(E_INVAL, scheduler, SYS_SCHED_SWITCH, authority, child->id);
	ck_assert_uint_eq(call(child, SYS_SCHED_YIELD), 0);
}
END_TEST

START_TEST(tables)
{
	handle_t blind, other;

	with_table();
	call_fails(E_CAP_INVALID, scheduler, SYS_SCHED_TABLE, authority, authority);
	blind = (handle_t)call_succeeds(scheduler, SYS_CAP_DUPLICATE, memory, RIGHT_WRITE);
	call_fails(E_NO_RIGHTS, scheduler, SYS_SCHED_TABLE, authority, blind);
	/* The kernel holds on to it; a new one takes the place of the old. */
	call_succeeds(scheduler, SYS_CAP_DROP, blind);
	call_succeeds(scheduler, SYS_VM_DEALLOCATE, memory);
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_SWITCH, authority, 0), 0);
	other = (handle_t)call_succeeds(scheduler, SYS_VM_ALLOCATE, 8192, 0);
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_TABLE, authority, other), 0);
	ck_assert_uint_eq(scheduler->account->used.memory, 8192);
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_TABLE, authority, other), 0);
}
END_TEST

START_TEST(the_owner_dies)
{
	handle_t mine = authority_of_init(AUTHORITY_SWITCH);
	struct process *guest;

	with_table();
	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 0, "tool", &credentials_owner, &guest), E_OK);
	table->count = 1;
	table->entry[0] = (struct schedule_entry){.process = child->id, .priority = 3, .slice = 500};
	ck_assert_uint_eq(call(scheduler, SYS_SCHED_SWITCH, authority, 0), 0);
	kernel_process_exited(fixture.kernel, scheduler, 0);
	kernel_check(fixture.kernel);
	ck_assert_ptr_null(fixture.kernel->schedule);
	/* Nobody decides: all are equals again. */
	ck_assert_uint_eq(child->priority, PRIORITY_DEFAULT);
	ck_assert_uint_eq(side_of(child)->schedules, 2);
	ck_assert_uint_eq(side_of(child)->priority, PRIORITY_DEFAULT);
	ck_assert_uint_eq(side_of(child)->slice, SLICE_DEFAULT);
	ck_assert_uint_eq(side_of(guest)->schedules, 0);
	ck_assert_uint_eq(side_of(fixture.init)->schedules, 0);
	call_fails(E_INVAL, fixture.init, SYS_SCHED_SWITCH, mine, 0);
}
END_TEST

RUN_SUITE("schedule", rows_are_applied, rows_that_are_lies, a_change_that_never_ends, switch_to, tables,
          the_owner_dies);

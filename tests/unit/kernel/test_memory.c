/* Memory objects: sizes, rights, charges, mapping. */
#include "fixture.h"
#include "kernel/core.h"

START_TEST(allocate_and_free)
{
	struct process *child = spawn_child("vfs");
	handle_t shared = (handle_t)call_succeeds(child, SYS_VM_ALLOCATE, 8192, MEMORY_SHARED);
	handle_t private = (handle_t)call_succeeds(child, SYS_VM_ALLOCATE, 4096, MEMORY_GUARDS);

	ck_assert_uint_eq(child->account->used.memory, 12288);
	ck_assert_uint_eq(handle_find(child, shared)->capability.rights,
	                  RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER);
	ck_assert_uint_eq(handle_find(child, private)->capability.rights, RIGHT_READ | RIGHT_WRITE);
	call_fails(E_NO_RIGHTS, child, SYS_CAP_DUPLICATE, private, RIGHT_READ);
	call_succeeds(child, SYS_VM_DEALLOCATE, shared);
	call_fails(E_CAP_INVALID, child, SYS_VM_DEALLOCATE, shared);
	call_succeeds(child, SYS_CAP_DROP, private);
	ck_assert_uint_eq(child->account->used.memory, 0);
}
END_TEST

START_TEST(sizes_and_flags)
{
	struct process *child = spawn_child("vfs");

	call_fails(E_INVAL, child, SYS_VM_ALLOCATE, 0, 0);
	call_fails(E_ALIGN, child, SYS_VM_ALLOCATE, 4095, 0);
	call_fails(E_ALIGN, child, SYS_VM_ALLOCATE, UINT64_MAX, 0);
	call_fails(E_INVAL, child, SYS_VM_ALLOCATE, 4096, MEMORY_SHARED | MEMORY_GUARDS);
	call_fails(E_INVAL, child, SYS_VM_ALLOCATE, 4096, 4);
	call_fails(E_INVAL, child, SYS_VM_ALLOCATE, 4096, 1ull << 32);
	call_fails(E_QUOTA, child, SYS_VM_ALLOCATE, UINT64_MAX - 4095, 0);
	call_fails(E_QUOTA, child, SYS_VM_ALLOCATE, quota_child.memory + 4096, 0);
	call_succeeds(child, SYS_VM_ALLOCATE, quota_child.memory, 0);
	call_fails(E_QUOTA, child, SYS_VM_ALLOCATE, 4096, 0);
}
END_TEST

START_TEST(machine_has_none_left)
{
	struct process *child = spawn_child("vfs");

	fixture.machine.fail_at = fixture.machine.requests + 2;
	call_fails(E_NOMEM, child, SYS_VM_ALLOCATE, 4096, 0);
	ck_assert_uint_eq(child->account->used.memory, 0);
}
END_TEST

START_TEST(map)
{
	struct process *child = spawn_child("vfs");
	handle_t memory = (handle_t)call_succeeds(child, SYS_VM_ALLOCATE, 8192, MEMORY_SHARED);
	handle_t reader = (handle_t)call_succeeds(child, SYS_CAP_DUPLICATE, memory, RIGHT_READ);
	struct memory_info info;

	ck_assert_uint_eq(call(child, SYS_MEMORY_MAP, memory, RIGHT_READ | RIGHT_WRITE), 0);
	ck_assert_uint_eq(last_written, sizeof(info));
	memcpy(&info, child->buffer, sizeof(info));
	ck_assert_uint_eq(info.size, 8192);
	ck_assert_uint_eq(info.address, 0x10000 + 8192);
	call_fails(E_INVAL, child, SYS_MEMORY_MAP, memory, 0);
	call_fails(E_INVAL, child, SYS_MEMORY_MAP, memory, RIGHT_READ | RIGHT_SEND);
	call_fails(E_INVAL, child, SYS_MEMORY_MAP, memory, 1ull << 40);
	call_fails(E_NO_RIGHTS, child, SYS_MEMORY_MAP, memory, RIGHT_EXECUTE);
	call_fails(E_NO_RIGHTS, child, SYS_MEMORY_MAP, reader, RIGHT_READ | RIGHT_WRITE);
	fixture.machine.map_error = E_NOMEM;
	call_fails(E_NOMEM, child, SYS_MEMORY_MAP, reader, RIGHT_READ);
	fixture.machine.map_error = E_OK;
	call_succeeds(child, SYS_MEMORY_MAP, reader, RIGHT_READ);
	/* One handle, one mapping. */
	call_fails(E_BUSY, child, SYS_MEMORY_MAP, reader, RIGHT_READ);
	/* A mapping goes with the handle that it was made through. */
	ck_assert_uint_eq(side_of(child)->unmaps, 0);
	call_succeeds(child, SYS_CAP_DROP, reader);
	ck_assert_uint_eq(side_of(child)->unmaps, 1);
	call_succeeds(child, SYS_VM_DEALLOCATE, memory);
	ck_assert_uint_eq(side_of(child)->unmaps, 2);
	ck_assert_uint_eq(child->account->used.memory, 0);
}
END_TEST

START_TEST(goes_with_the_last_handle)
{
	struct process *child = spawn_child("vfs");
	handle_t memory = (handle_t)call_succeeds(child, SYS_VM_ALLOCATE, 4096, MEMORY_SHARED);
	handle_t other = share(child, memory, fixture.init, RIGHT_READ);
	uint64_t before = fixture.kernel->root.used.memory;

	call_succeeds(child, SYS_VM_DEALLOCATE, memory);
	/* Whoever allocated it pays while it lives. */
	ck_assert_uint_eq(child->account->used.memory, 4096);
	kernel_process_exited(fixture.kernel, child, 0);
	kernel_check(fixture.kernel);
	/* And then its parent, out of what has come back. */
	ck_assert_uint_eq(fixture.kernel->root.used.memory, before - quota_child.memory + 4096);
	call_succeeds(fixture.init, SYS_VM_DEALLOCATE, other);
	ck_assert_uint_eq(fixture.kernel->root.used.memory, before - quota_child.memory);
}
END_TEST

RUN_SUITE("memory", allocate_and_free, sizes_and_flags, machine_has_none_left, map,
          goes_with_the_last_handle);

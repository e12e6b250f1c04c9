/* Devices: claims, registers, memory for them, interrupts. */
#include "fixture.h"
#include "kernel/core.h"

static handle_t devices; /* init's authority */
static handle_t device;  /* init's handle of the first device */
static handle_t port;

static void set_up(void)
{
	devices = authority_of_init(AUTHORITY_DEVICES);
	device = (handle_t)call_succeeds(fixture.init, SYS_DEVICE_CLAIM, devices, MACHINE_DEVICE);
	port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
}

static struct device_claim *claim_of(handle_t handle)
{
	return handle_find(fixture.init, handle)->capability.device;
}

START_TEST(devices_are_listed)
{
	struct device_description description;
	uint64_t cursor = 0, count = 0;

	set_up();
	while ((cursor = call(fixture.init, SYS_DEVICE_INFO, devices, cursor)) != 0) {
		ck_assert(!result_is_error(cursor));
		ck_assert_uint_eq(last_written, sizeof(description));
		memcpy(&description, fixture.init->buffer, sizeof(description));
		ck_assert_uint_eq(description.id, MACHINE_DEVICE + count);
		ck_assert_uint_eq(description.vendor, 0x1af4);
		ck_assert_uint_eq(description.claimed, count == 0);
		count++;
	}
	ck_assert_uint_eq(last_written, 0);
	ck_assert_uint_eq(count, MACHINE_DEVICES);
	ck_assert_uint_eq(call(fixture.init, SYS_DEVICE_INFO, devices, UINT64_MAX), 0);
}
END_TEST

START_TEST(a_device_has_one_owner)
{
	handle_t again;

	set_up();
	call_fails(E_BUSY, fixture.init, SYS_DEVICE_CLAIM, devices, MACHINE_DEVICE);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_CLAIM, devices, 0);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_CLAIM, devices, MACHINE_DEVICE + MACHINE_DEVICES);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_CLAIM, devices, UINT64_MAX);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_CAP_DUPLICATE, device, RIGHT_READ);
	ck_assert_uint_eq(call(fixture.init, SYS_CAP_DROP, device), 0);
	ck_assert_uint_eq(fixture.machine.devices[0].releases, 1);
	call_fails(E_CAP_INVALID, fixture.init, SYS_DEVICE_CONFIG, device, 0, 4, DEVICE_READ);
	again = (handle_t)call_succeeds(fixture.init, SYS_DEVICE_CLAIM, devices, MACHINE_DEVICE);
	ck_assert_uint_ne(again, device);
}
END_TEST

START_TEST(who_may_not_drives_nothing)
{
	struct process *child = spawn_child("vfs");

	set_up();
	call_fails(E_CAP_INVALID, fixture.init, SYS_DEVICE_INFO, authority_of_init(AUTHORITY_INSPECT), 0);
	call_fails(E_CAP_INVALID, fixture.init, SYS_DEVICE_CLAIM, authority_of_init(AUTHORITY_SPAWN),
	           MACHINE_DEVICE + 1);
	call_fails(E_CAP_INVALID, child, SYS_DEVICE_INFO, devices, 0);
	/* Another's handle, and handles of other things. */
	for (uint64_t number = SYS_DEVICE_CONFIG; number <= SYS_INTERRUPT_BIND; number++) {
		call_fails(E_CAP_INVALID, child, number, device, 0, 4, 0);
		call_fails(E_CAP_INVALID, fixture.init, number, port, 0, 4, 0);
		call_fails(E_CAP_INVALID, fixture.init, number, devices, 0, 4, 0);
		call_fails(E_CAP_INVALID, fixture.init, number, UINT64_MAX, 0, 4, 0);
	}
	call_fails(E_CAP_INVALID, fixture.init, SYS_INTERRUPT_ACKNOWLEDGE, port, 0);
}
END_TEST

START_TEST(configuration_is_read_and_written)
{
	set_up();
	ck_assert_uint_eq(call(fixture.init, SYS_DEVICE_CONFIG, device, 8, 4, DEVICE_WRITE, 0x12345678), 0);
	ck_assert_uint_eq(call(fixture.init, SYS_DEVICE_CONFIG, device, 8, 4, DEVICE_READ), 0x12345678);
	/* All ones are what a missing register reads as, and no error. */
	ck_assert_uint_eq(call(fixture.init, SYS_DEVICE_CONFIG, device, 8, 4, DEVICE_WRITE, UINT64_MAX), 0);
	ck_assert_uint_eq(call(fixture.init, SYS_DEVICE_CONFIG, device, 8, 4, DEVICE_READ), UINT32_MAX);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_CONFIG, device, 0, 3, DEVICE_READ);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_CONFIG, device, 0, 0, DEVICE_READ);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_CONFIG, device, 0, 8, DEVICE_READ);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_CONFIG, device, 0, 4, 2);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_CONFIG, device, DEVICE_CONFIG_END, 1, DEVICE_READ);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_CONFIG, device, UINT64_MAX, 1, DEVICE_READ);
	call_fails(E_ALIGN, fixture.init, SYS_DEVICE_CONFIG, device, 6, 4, DEVICE_READ);
	call_fails(E_ALIGN, fixture.init, SYS_DEVICE_CONFIG, device, 7, 2, DEVICE_WRITE, 1);
}
END_TEST

START_TEST(registers_are_mapped_until_the_device_is_dropped)
{
	struct memory_info info;

	set_up();
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_MAP, device, 0, MACHINE_BAR + 4096, MACHINE_BAR_SIZE);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_MAP, device, DEVICE_BARS, MACHINE_BAR, MACHINE_BAR_SIZE);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_MAP, device, UINT64_MAX, MACHINE_BAR, MACHINE_BAR_SIZE);
	call_fails(E_INVAL, fixture.init, SYS_DEVICE_MAP, device, 0, MACHINE_BAR, 0);
	call_fails(E_TOO_LARGE, fixture.init, SYS_DEVICE_MAP, device, 0, MACHINE_BAR, DEVICE_MAP_LIMIT + 1);
	ck_assert_uint_eq(call(fixture.init, SYS_DEVICE_MAP, device, 0, MACHINE_BAR, MACHINE_BAR_SIZE), 0);
	memcpy(&info, fixture.init->buffer, sizeof(info));
	ck_assert_uint_eq(info.address, 0x700000);
	ck_assert_uint_eq(info.size, MACHINE_BAR_SIZE);
	call_fails(E_BUSY, fixture.init, SYS_DEVICE_MAP, device, 0, MACHINE_BAR, MACHINE_BAR_SIZE);
	ck_assert_uint_eq(fixture.machine.devices[0].unmaps, 0);
	ck_assert_uint_eq(call(fixture.init, SYS_CAP_DROP, device), 0);
	ck_assert_uint_eq(fixture.machine.devices[0].unmaps, 1);
}
END_TEST

START_TEST(memory_for_a_device_is_charged_whole)
{
	const struct quota *used = &fixture.init->account->used;
	uint64_t before;
	struct dma_info info;
	handle_t memory;

	set_up();
	before = used->memory;
	memory = (handle_t)call_succeeds(fixture.init, SYS_DMA_ALLOCATE, device, 3 * PAGE_SIZE);
	memcpy(&info, fixture.init->buffer, sizeof(info));
	ck_assert_uint_eq(info.size, 4 * PAGE_SIZE);
	ck_assert_uint_eq(info.device_address, 0x100000 + info.size);
	ck_assert_uint_eq(used->memory, before + info.size);
	/* It is nobody else's: not handed on, not mapped twice. */
	call_fails(E_NO_RIGHTS, fixture.init, SYS_CAP_DUPLICATE, memory, RIGHT_READ);
	call_fails(E_BUSY, fixture.init, SYS_MEMORY_MAP, memory, RIGHT_READ);
	ck_assert_uint_eq(call(fixture.init, SYS_VM_DEALLOCATE, memory), 0);
	ck_assert_uint_eq(used->memory, before);
	call_fails(E_INVAL, fixture.init, SYS_DMA_ALLOCATE, device, 0);
	call_fails(E_NOMEM, fixture.init, SYS_DMA_ALLOCATE, device, UINT64_MAX);
	call_fails(E_QUOTA, fixture.init, SYS_DMA_ALLOCATE, device, 1ull << 40);
	call_fails(E_NOMEM, fixture.init, SYS_DMA_ALLOCATE, device, (1ull << 40) + 1);
	fixture.machine.map_error = E_NOMEM;
	call_fails(E_NOMEM, fixture.init, SYS_DMA_ALLOCATE, device, PAGE_SIZE);
	fixture.machine.map_error = E_OK;
	ck_assert_uint_eq(used->memory, before);
}
END_TEST

START_TEST(an_interrupt_is_told_once_until_it_is_acknowledged)
{
	struct interrupt_info info;
	struct receipt receipt;

	set_up();
	ck_assert_uint_eq(call(fixture.init, SYS_INTERRUPT_BIND, device, 0, port, DEVICE_MESSAGE), 0);
	ck_assert_uint_eq(call(fixture.init, SYS_INTERRUPT_BIND, device, 5, port, DEVICE_MESSAGE), 0);
	memcpy(&info, fixture.init->buffer, sizeof(info));
	ck_assert_uint_eq(info.address, 0xfee00000);
	ck_assert_uint_eq(info.data, 5);
	receive_nothing(fixture.init, port);
	kernel_interrupt(fixture.kernel, claim_of(device), 5);
	kernel_interrupt(fixture.kernel, claim_of(device), 0);
	ck_assert(side_notice(fixture.init, port));
	receipt = receive(fixture.init, port);
	ck_assert_uint_eq(receipt.kind, RECEIPT_INTERRUPT);
	ck_assert_uint_eq(receipt.bits, 1u << 5 | 1u);
	ck_assert_uint_eq(receipt.handle, device);
	ck_assert_uint_eq(receipt.object, MACHINE_DEVICE);
	receive_nothing(fixture.init, port);
	/* Once more before it is acknowledged: told after that, and once. */
	kernel_interrupt(fixture.kernel, claim_of(device), 5);
	kernel_interrupt(fixture.kernel, claim_of(device), 5);
	receive_nothing(fixture.init, port);
	ck_assert_uint_eq(call(fixture.init, SYS_INTERRUPT_ACKNOWLEDGE, device, 5), 0);
	ck_assert_uint_eq(receive(fixture.init, port).bits, 1u << 5);
	ck_assert_uint_eq(fixture.machine.devices[0].unmasks, 0);
	ck_assert_uint_eq(call(fixture.init, SYS_INTERRUPT_ACKNOWLEDGE, device, 5), 0);
	receive_nothing(fixture.init, port);
	ck_assert_uint_eq(fixture.machine.devices[0].unmasks, 1);
	/* What was not told needs no acknowledgement, and gets none. */
	ck_assert_uint_eq(call(fixture.init, SYS_INTERRUPT_ACKNOWLEDGE, device, 5), 0);
	ck_assert_uint_eq(fixture.machine.devices[0].unmasks, 1);
	call_fails(E_INVAL, fixture.init, SYS_INTERRUPT_ACKNOWLEDGE, device, 6);
	call_fails(E_INVAL, fixture.init, SYS_INTERRUPT_ACKNOWLEDGE, device, DEVICE_VECTORS);
	call_fails(E_INVAL, fixture.init, SYS_INTERRUPT_ACKNOWLEDGE, device, UINT64_MAX);
}
END_TEST

START_TEST(binding_takes_a_port_to_receive_from)
{
	handle_t other;

	set_up();
	other = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	call_fails(E_PORT_INVALID, fixture.init, SYS_INTERRUPT_BIND, device, 0, device, DEVICE_MESSAGE);
	call_fails(E_CAP_INVALID, fixture.init, SYS_INTERRUPT_BIND, device, 0, 0, DEVICE_MESSAGE);
	call_fails(E_INVAL, fixture.init, SYS_INTERRUPT_BIND, device, DEVICE_VECTORS, port, DEVICE_MESSAGE);
	call_fails(E_INVAL, fixture.init, SYS_INTERRUPT_BIND, device, 0, port, 2);
	call_fails(E_INVAL, fixture.init, SYS_INTERRUPT_BIND, device, 1, port, DEVICE_LINE);
	ck_assert_uint_eq(call(fixture.init, SYS_INTERRUPT_BIND, device, 0, port, DEVICE_LINE), 0);
	call_fails(E_BUSY, fixture.init, SYS_INTERRUPT_BIND, device, 1, other, DEVICE_MESSAGE);
	/* A port that ends takes what it was told with it; another may be bound then. */
	kernel_interrupt(fixture.kernel, claim_of(device), 0);
	ck_assert_uint_eq(call(fixture.init, SYS_CAP_DROP, port), 0);
	ck_assert_uint_eq(call(fixture.init, SYS_INTERRUPT_ACKNOWLEDGE, device, 0), 0);
	kernel_interrupt(fixture.kernel, claim_of(device), 0);
	ck_assert_uint_eq(call(fixture.init, SYS_INTERRUPT_BIND, device, 0, other, DEVICE_LINE), 0);
	kernel_interrupt(fixture.kernel, claim_of(device), 0);
	ck_assert_uint_eq(receive(fixture.init, other).bits, 1);
	/* Dropped with an event on its way. */
	ck_assert_uint_eq(call(fixture.init, SYS_INTERRUPT_ACKNOWLEDGE, device, 0), 0);
	kernel_interrupt(fixture.kernel, claim_of(device), 0);
	ck_assert_uint_eq(call(fixture.init, SYS_CAP_DROP, device), 0);
	receive_nothing(fixture.init, other);
}
END_TEST

/* A driver that dies before its device has used the bus. */
static void spawn_and_die(const struct spawn *spawn)
{
	handle_t spawner = authority_of_init(AUTHORITY_SPAWN);
	struct process *child =
		handle_find(fixture.init, succeeded(spawn_with(fixture.init, spawner, spawn)))->capability.process;
	handle_t authority = granted(start_of(child), "devices"), claimed;

	claimed = (handle_t)call_succeeds(child, SYS_DEVICE_CLAIM, authority, MACHINE_DEVICE);
	call_succeeds(child, SYS_DMA_ALLOCATE, claimed, 4 * PAGE_SIZE);
	kernel_process_exited(fixture.kernel, child, 0);
}

/* Its owner dies: the device is stopped while the memory that it might write to is still nobody else's. */
START_TEST(a_dead_owners_device_stops_before_its_memory_goes)
{
	struct process *child;
	struct spawn spawn = spawn_request("vfs");
	const struct start_block *start;
	handle_t authority, claimed, home;
	size_t before;

	devices = authority_of_init(AUTHORITY_DEVICES);
	spawn.grant_count = 1;
	spawn.grants[0] = (struct grant){.handle = devices, .rights = RIGHT_EXECUTE, .name = "devices"};
	child = handle_find(fixture.init, succeeded(spawn_with(fixture.init, authority_of_init(AUTHORITY_SPAWN), &spawn)))
	                ->capability.process;
	start = start_of(child);
	authority = granted(start, "devices");
	home = start->home;
	before = fixture.machine.memory_bytes;
	/* The memory's handle comes before the second one's: order among handles must not matter. */
	claimed = (handle_t)call_succeeds(child, SYS_DEVICE_CLAIM, authority, MACHINE_DEVICE);
	call_succeeds(child, SYS_DMA_ALLOCATE, claimed, 2 * PAGE_SIZE);
	ck_assert_uint_eq(call(child, SYS_CAP_DROP, claimed), 0);
	claimed = (handle_t)call_succeeds(child, SYS_DEVICE_CLAIM, authority, MACHINE_DEVICE);
	ck_assert_uint_eq(call(child, SYS_DEVICE_MAP, claimed, 0, MACHINE_BAR, MACHINE_BAR_SIZE), 0);
	ck_assert_uint_eq(call(child, SYS_INTERRUPT_BIND, claimed, 3, home, DEVICE_MESSAGE), 0);
	ck_assert_uint_eq(call(child, SYS_DEVICE_CONFIG, claimed, 4, 2, DEVICE_WRITE, 2), 0);
	kernel_interrupt(fixture.kernel, fixture.machine.devices[0].claim, 3);
	ck_assert_uint_eq(fixture.machine.memory_bytes, before + 2 * PAGE_SIZE);
	kernel_process_exited(fixture.kernel, child, 0);
	ck_assert_uint_eq(fixture.machine.devices[0].releases, 2);
	ck_assert_uint_eq(fixture.machine.devices[0].memory_at_release, before + 2 * PAGE_SIZE);
	ck_assert_uint_eq(fixture.machine.memory_bytes, before);
	/* The mapping goes with the address space. */
	ck_assert_uint_eq(fixture.machine.devices[0].unmaps, 0);
	call_succeeds(fixture.init, SYS_DEVICE_CLAIM, devices, MACHINE_DEVICE);
}
END_TEST

/* What the device may still write to is nobody else's before another driver has it use the bus. */
START_TEST(memory_outlives_a_dead_driver_until_the_next_one)
{
	struct spawn spawn = spawn_request("vfs");
	handle_t spawner = authority_of_init(AUTHORITY_SPAWN);
	size_t before;

	devices = authority_of_init(AUTHORITY_DEVICES);
	spawn.grant_count = 1;
	spawn.grants[0] = (struct grant){.handle = devices, .rights = RIGHT_EXECUTE, .name = "devices"};
	before = fixture.machine.memory_bytes;
	for (int life = 0; life < 3; life++) {
		struct process *child =
			handle_find(fixture.init, succeeded(spawn_with(fixture.init, spawner, &spawn)))->capability.process;
		handle_t authority = granted(start_of(child), "devices"), claimed, given_back;

		claimed = (handle_t)call_succeeds(child, SYS_DEVICE_CLAIM, authority, MACHINE_DEVICE);
		call_succeeds(child, SYS_DMA_ALLOCATE, claimed, 2 * PAGE_SIZE);
		given_back = (handle_t)call_succeeds(child, SYS_DMA_ALLOCATE, claimed, PAGE_SIZE);
		/* The one before's is still there, */
		ck_assert_uint_eq(fixture.machine.memory_bytes, before + (life > 0 ? 5 : 3) * PAGE_SIZE);
		ck_assert_uint_eq(call(child, SYS_DEVICE_CONFIG, claimed, 4, 2, DEVICE_WRITE, 6), 0);
		/* and now no more. */
		ck_assert_uint_eq(fixture.machine.memory_bytes, before + 3 * PAGE_SIZE);
		ck_assert_uint_eq(call(child, SYS_VM_DEALLOCATE, given_back), 0);
		kernel_process_exited(fixture.kernel, child, 0);
		ck_assert_uint_eq(fixture.machine.memory_bytes, before + 2 * PAGE_SIZE);
		/* Its parent pays. */
		ck_assert_uint_ge(fixture.init->account->used.memory, 2 * PAGE_SIZE);
	}
	/* One that never used the bus leaves nothing, and frees nothing. */
	spawn_and_die(&spawn);
	ck_assert_uint_eq(fixture.machine.memory_bytes, before + 2 * PAGE_SIZE);
	/* The rest goes with the system: fixture_teardown looks. */
}
END_TEST

START_TEST(what_fails_leaves_nothing)
{
	set_up();
	for (uint64_t failure = 1; failure < 4; failure++) {
		uint64_t result;

		fixture.machine.fail_at = fixture.machine.requests + failure;
		result = call(fixture.init, SYS_DEVICE_CLAIM, devices, MACHINE_DEVICE + 1);
		fixture.machine.fail_at = 0;
		if (!result_is_error(result)) {
			ck_assert_uint_ge(failure, 3);
			ck_assert_uint_eq(call(fixture.init, SYS_CAP_DROP, result), 0);
		} else {
			ck_assert_uint_eq(result, error_result(E_NOMEM));
			ck_assert_ptr_null(fixture.machine.devices[1].claim);
		}
	}
	fixture.machine.fail_at = fixture.machine.requests + 1;
	call_fails(E_NOMEM, fixture.init, SYS_DEVICE_MAP, device, 0, MACHINE_BAR, MACHINE_BAR_SIZE);
	fixture.machine.fail_at = fixture.machine.requests + 1;
	call_fails(E_NOMEM, fixture.init, SYS_INTERRUPT_BIND, device, 0, port, DEVICE_MESSAGE);
	ck_assert_uint_eq(claim_of(device)->bound, 0);
}
END_TEST

RUN_SUITE("device", devices_are_listed, a_device_has_one_owner, who_may_not_drives_nothing,
          configuration_is_read_and_written, registers_are_mapped_until_the_device_is_dropped,
          memory_for_a_device_is_charged_whole, an_interrupt_is_told_once_until_it_is_acknowledged,
          binding_takes_a_port_to_receive_from, a_dead_owners_device_stops_before_its_memory_goes,
          memory_outlives_a_dead_driver_until_the_next_one, what_fails_leaves_nothing);

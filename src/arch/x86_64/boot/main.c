/* From the loader to init. */
#include <drydock/string.h>

#include "arch/x86_64/boot/information.h"
#include "arch/x86_64/console.h"
#include "arch/x86_64/device/apic.h"
#include "arch/x86_64/device/clock.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/memory/paging.h"
#include "arch/x86_64/panic.h"

/* Called by boot/entry.S, on the kernel stack. */
_Noreturn void boot_main(uint32_t loader, uint64_t address);

static struct machine machine;
static struct boot_information information;

static void read_information(uint32_t loader, uint64_t address)
{
	const char *wrong = loader == BOOT_PVH ? boot_read_pvh(&information, direct_view(0), address)
	                                       : boot_read_multiboot2(&information, direct_view(0), address);

	if (wrong != NULL)
		stop("%s", wrong);
}

/* The archive stays where the loader has put it: its pages are never given to the allocator. */
static void open_archive(void)
{
	const uint8_t *data;
	const char *wrong;
	struct manifest *manifest;
	size_t size;

	if (information.archive_size == 0)
		stop("there is no boot archive: give the loader one as initrd or module");
	wrong = archive_open(&machine.archive, direct_view(information.archive), information.archive_size);
	if (wrong != NULL)
		stop("the boot archive is broken: %s", wrong);
	if (!archive_find(&machine.archive, "init", &data, &size))
		stop("the boot archive has no init");
	if (!archive_find(&machine.archive, "manifest", &data, &size) || size != sizeof(*manifest))
		stop("the boot archive has no manifest of this version");
	/* A file in an archive is aligned to 4 bytes only. */
	manifest = heap_allocate(&machine.heap, sizeof(*manifest));
	if (manifest == NULL)
		stop("there is too little memory for the manifest");
	memcpy(manifest, data, size);
	if (manifest->magic != MANIFEST_MAGIC || manifest->version != MANIFEST_VERSION)
		stop("the boot archive has no manifest of this version");
	machine.manifest = manifest;
}

static void set_up_clock(uint64_t start)
{
	struct clock_page page;

	clock_initialize(start);
	page = clock_describe();
	machine.clock_page = ram_allocate(&machine.ram, 0);
	if (machine.clock_page == 0)
		stop("there is too little memory");
	memset(ram_view(&machine.ram, machine.clock_page), 0, RAM_PAGE);
	memcpy(ram_view(&machine.ram, machine.clock_page), &page, sizeof(page));
}

static void make_kernel(void)
{
	const struct quota quota = kernel_quota(machine.manifest);
	const struct credentials owner = {0};

	machine.kernel = kernel_create(&machine, &quota, &owner);
	if (machine.kernel == NULL)
		stop("there is too little memory for the kernel");
}

_Noreturn void boot_main(uint32_t loader, uint64_t address)
{
	uint64_t start = tsc_read();

	console_initialize();
	trap_initialize(&machine);
	read_information(loader, address);
	machine.kernel_root = paging_initialize(&machine.ram, &information);
	machine.heap.ram = &machine.ram;
	processor_protect();
	apic_initialize();
	set_up_clock(start);
	queue_initialize(&machine.queue);
	list_init(&machine.ended);
	machine.deadline = machine.interrupt = machine.init_start = DEADLINE_NEVER;
	console_print("Drydock %s on bare metal, %u MiB of memory, entered by %s", DRYDOCK_VERSION,
	              machine.ram.total / (1024 * 1024 / RAM_PAGE),
	              loader == BOOT_PVH ? "PVH" : "Multiboot2");
	open_archive();
	make_kernel();
	console_use_interrupts();
	init_begin(&machine);
	machine_run(&machine);
}

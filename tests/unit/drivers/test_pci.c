/* Configuration spaces as they should not be: each is refused, and nothing is touched that is not there. */
#include "../unit.h"

#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>

#include "drivers/pci.h"
#include "drivers/virtio.h"

#include "simulator.h"

static struct simulator simulator;
static struct pci_function pci;
static struct virtio virtio;

static void start(void)
{
	simulator_create(&simulator, VIRTIO_ID_BLOCK, 0);
}

static const char *open(void)
{
	return pci_open(&pci, &simulator.access);
}

static uint32_t command(void)
{
	return (uint32_t)simulator_get(&simulator.config[PCI_COMMAND], 2);
}

START_TEST(lists_capabilities)
{
	start();
	ck_assert_ptr_null(open());
	ck_assert_uint_eq(pci.capability_count, 5);
	ck_assert_uint_eq(pci.capabilities[0], SIMULATOR_CAPABILITY_COMMON);
	ck_assert_uint_eq(pci.capabilities[4], SIMULATOR_CAPABILITY_MSIX);
	/* The two low bits mean nothing. */
	simulator.config[PCI_CAPABILITY_LIST] |= 3;
	ck_assert_ptr_null(open());
	ck_assert_uint_eq(pci.capability_count, 5);
	/* Without the bit in the status there is no list, whatever the pointer says. */
	simulator_put(&simulator.config[PCI_STATUS], 0, 2);
	ck_assert_ptr_null(open());
	ck_assert_uint_eq(pci.capability_count, 0);
}
END_TEST

START_TEST(refuses_bad_lists)
{
	start();
	simulator.config[SIMULATOR_CAPABILITY_MSIX + 1] = SIMULATOR_CAPABILITY_COMMON;
	ck_assert_ptr_nonnull(open());
	simulator.config[SIMULATOR_CAPABILITY_MSIX + 1] = SIMULATOR_CAPABILITY_MSIX;
	ck_assert_ptr_nonnull(open());
	simulator.config[SIMULATOR_CAPABILITY_MSIX + 1] = 0x10;
	ck_assert_ptr_nonnull(open());
	simulator.config[SIMULATOR_CAPABILITY_MSIX + 1] = 0xfc;
	ck_assert_ptr_null(open());
	/* A capability in the last four bytes, which says that it is longer. */
	simulator.config[0xfc] = PCI_CAP_ID_VNDR;
	simulator.config[0xfe] = 16;
	simulator.config[0xff] = VIRTIO_PCI_CAP_COMMON_CFG;
	ck_assert_ptr_null(open());
	ck_assert_ptr_null(virtio_open(&virtio, &simulator.access, VIRTIO_BLK));
	virtio_close(&virtio);
}
END_TEST

START_TEST(refuses_nobody_and_bridges)
{
	start();
	simulator.config[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	ck_assert_ptr_nonnull(open());
	simulator.config[PCI_HEADER_TYPE] = 0x80;
	ck_assert_ptr_null(open());
	memset(simulator.config, 0xff, sizeof(simulator.config));
	ck_assert_ptr_nonnull(open());
}
END_TEST

START_TEST(sizes_bars)
{
	start();
	simulator_put(&simulator.config[PCI_COMMAND], PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 2);
	ck_assert_ptr_null(open());
	ck_assert_ptr_null(pci_use(&pci, 4, SIMULATOR_BAR - 4, 4));
	ck_assert_uint_eq(pci.bar_size[4], SIMULATOR_BAR);
	ck_assert_ptr_nonnull(pci_use(&pci, 4, SIMULATOR_BAR - 4, 5));
	ck_assert_ptr_nonnull(pci_use(&pci, 4, UINT64_MAX, 2));
	ck_assert_ptr_nonnull(pci_use(&pci, 4, 0, UINT64_MAX));
	ck_assert_ptr_null(pci_use(&pci, 1, 0, SIMULATOR_MSIX_BAR));
	/* It is where it was, and decodes as before. */
	ck_assert_uint_eq(simulator_get(&simulator.config[PCI_BASE_ADDRESS_4], 8), 0x8000000004ull);
	ck_assert_uint_eq(simulator_get(&simulator.config[PCI_BASE_ADDRESS_1], 4), 0xfeb00000u);
	ck_assert_uint_eq(command(), PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
}
END_TEST

/* A 64-bit BAR 0 of `mask`, at `address` with `flags`: refused; true where the machine was not even asked. */
static bool bar_is_impossible(uint64_t address, uint64_t mask, uint32_t flags)
{
	start();
	simulator_put(&simulator.config[PCI_BASE_ADDRESS_0], address | flags, 8);
	simulator.bar_mask[0] = mask;
	ck_assert_ptr_null(open());
	ck_assert_ptr_nonnull(pci_use(&pci, 0, 0, 4));
	ck_assert_uint_eq(pci.bar_size[0], 0);
	return simulator.maps == 0;
}

START_TEST(refuses_bad_bars)
{
	const uint32_t wide = PCI_BASE_ADDRESS_MEM_TYPE_64;

	ck_assert(bar_is_impossible(0xc000, ~0xffull, PCI_BASE_ADDRESS_SPACE_IO));
	ck_assert(bar_is_impossible(0xfe000000, ~0xfffull, PCI_BASE_ADDRESS_MEM_TYPE_1M));
	ck_assert(bar_is_impossible(0xfe000000, ~0xfffull, 6));
	/* No size, holes in the size, too big, not where its size would have it, nowhere. */
	ck_assert(bar_is_impossible(0, 0, 0));
	ck_assert(bar_is_impossible(0x8000000000, 0, wide));
	ck_assert(bar_is_impossible(0x8000000000, ~0x1010ffull, wide));
	ck_assert(bar_is_impossible(0x8000000000, 1ull << 63, wide));
	ck_assert(bar_is_impossible(0x8000000100, ~0xfffull, wide));
	ck_assert(bar_is_impossible(0, ~0xfffull, wide));
	/* What the machine knows otherwise it does not map. */
	ck_assert(!bar_is_impossible(0x9000000000, ~0xfffull, wide));
	/* The last one has no other half; and there are six. */
	start();
	simulator_put(&simulator.config[PCI_BASE_ADDRESS_5], 0xfe000000 | wide, 4);
	ck_assert_ptr_null(open());
	ck_assert_ptr_nonnull(pci_use(&pci, 5, 0, 4));
	ck_assert_ptr_nonnull(pci_use(&pci, 6, 0, 4));
	ck_assert_ptr_nonnull(pci_use(&pci, 255, 0, 4));
}
END_TEST

static const char *attach(void)
{
	const char *wrong = virtio_open(&virtio, &simulator.access, VIRTIO_BLK);

	virtio_close(&virtio);
	return wrong;
}

/* One field of one capability is wrong: it is passed over, and what is then lacking is said. */
START_TEST(refuses_bad_structures)
{
	static const struct {
		uint32_t at;
		uint32_t width;
		uint64_t value;
		bool refused;
	} cases[] = {
		{SIMULATOR_CAPABILITY_COMMON, 1, 5, true},
		{SIMULATOR_CAPABILITY_COMMON + VIRTIO_PCI_CAP_LEN, 1, 8, true},
		{SIMULATOR_CAPABILITY_COMMON + VIRTIO_PCI_CAP_BAR, 1, 6, true},
		{SIMULATOR_CAPABILITY_COMMON + VIRTIO_PCI_CAP_BAR, 1, 3, true},
		{SIMULATOR_CAPABILITY_COMMON + VIRTIO_PCI_CAP_OFFSET, 4, SIMULATOR_BAR - 52, true},
		{SIMULATOR_CAPABILITY_COMMON + VIRTIO_PCI_CAP_OFFSET, 4, 0xfffffffc, true},
		{SIMULATOR_CAPABILITY_COMMON + VIRTIO_PCI_CAP_OFFSET, 4, 2, true},
		{SIMULATOR_CAPABILITY_COMMON + VIRTIO_PCI_CAP_LENGTH, 4, 52, true},
		{SIMULATOR_CAPABILITY_COMMON + VIRTIO_PCI_CAP_LENGTH, 4, 0xffffffff, true},
		{SIMULATOR_CAPABILITY_NOTIFY + VIRTIO_PCI_CAP_LENGTH, 4, 1, true},
		{SIMULATOR_CAPABILITY_NOTIFY + VIRTIO_PCI_CAP_OFFSET, 4, 1, true},
		{SIMULATOR_CAPABILITY_ISR + VIRTIO_PCI_CAP_LENGTH, 4, 0, true},
		{SIMULATOR_CAPABILITY_ISR + VIRTIO_PCI_CAP_BAR, 1, 0xff, true},
		{SIMULATOR_CAPABILITY_DEVICE + VIRTIO_PCI_CAP_OFFSET, 4, 0xfffffff0, false},
		{PCI_VENDOR_ID, 2, 0x8086, true},
		{PCI_DEVICE_ID, 2, 0x1041, true},
		{PCI_DEVICE_ID, 2, 0x1001, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start();
		ck_assert_ptr_null(attach());
		start();
		simulator_put(&simulator.config[cases[i].at], cases[i].value, cases[i].width);
		ck_assert_msg((attach() != NULL) == cases[i].refused, "case %zu", i);
		simulator_destroy(&simulator);
	}
}
END_TEST

/* Whatever the space holds: refused or not, no wild access, and always an end. */
START_TEST(survives_any_byte)
{
	for (uint32_t at = 0; at < 0xa0; at++) {
		for (uint32_t value = 0; value < 256; value++) {
			start();
			simulator.vague = true;
			simulator.config[at] = (uint8_t)value;
			attach();
			simulator_destroy(&simulator);
		}
	}
}
END_TEST

UNIT_RUN("pci", lists_capabilities, refuses_bad_lists, refuses_nobody_and_bridges, sizes_bars,
         refuses_bad_bars, refuses_bad_structures, survives_any_byte)

/* What is in a disk's file: formats that are no raw disk, and partitions. */
#include "disk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <blkid/blkid.h>

#define SECTOR 512u /* the unit in which libblkid counts, whatever the disk's is */

/* How a container begins; each from its format's own specification. */
static const struct container {
	const char *name;
	const char *convert; /* what qemu-img calls it; NULL: it does not know it */
	off_t at;
	size_t length;
	const char *magic;
} containers[] = {
	{"qcow2", "qcow2", 0, 4, "QFI\xfb"},
	{"QED", "qed", 0, 4, "QED\0"},
	{"VMDK", "vmdk", 0, 4, "KDMV"},
	{"VMDK", "vmdk", 0, 21, "# Disk DescriptorFile"},
	{"VHDX", "vhdx", 0, 8, "vhdxfile"},
	{"VHD", "vpc", 0, 8, "conectix"},
	{"VDI", "vdi", 64, 4, "\x7f\x10\xda\xbe"},
	{"LUKS", NULL, 0, 6, "LUKS\xba\xbe"},
	{"gzip", NULL, 0, 3, "\x1f\x8b\x08"},
	{"xz", NULL, 0, 6, "\xfd" "7zXZ\0"},
	{"Zstandard", NULL, 0, 4, "\x28\xb5\x2f\xfd"},
};

bool disk_image_raw(int file, const char *path, char *error, size_t size)
{
	for (size_t i = 0; i < sizeof(containers) / sizeof(containers[0]); i++) {
		const struct container *container = &containers[i];
		char begin[32];

		if (pread(file, begin, container->length, container->at) != (ssize_t)container->length ||
		    memcmp(begin, container->magic, container->length) != 0)
			continue;
		if (container->convert != NULL)
			snprintf(error, size,
			         "%s is a %s image; only raw ones are read: qemu-img convert -f %s -O raw %s disk.img",
			         path, container->name, container->convert, path);
		else
			snprintf(error, size, "%s is %s data, not a raw disk", path, container->name);
		return false;
	}
	return true;
}

/* The partition within what `probe` looks at; NULL where there is no table, or no such number in it. */
static blkid_partition find(blkid_probe probe, int file, unsigned number, bool *table)
{
	blkid_partlist list;

	*table = false;
	if (blkid_probe_set_device(probe, file, 0, 0) != 0)
		return NULL;
	list = blkid_probe_get_partitions(probe);
	if (list == NULL)
		return NULL;
	*table = true;
	return blkid_partlist_get_partition_by_partno(list, (int)number);
}

bool disk_image_partition(int file, const char *path, unsigned number, uint64_t *offset, uint64_t *length,
                          char *error, size_t size)
{
	blkid_probe probe = blkid_new_probe();
	blkid_partition partition;
	bool table = false;

	if (probe == NULL) {
		snprintf(error, size, "out of memory");
		return false;
	}
	partition = find(probe, file, number, &table);
	if (partition != NULL && blkid_partition_is_extended(partition)) {
		snprintf(error, size, "partition %u of %s is an extended one, which only holds others", number,
		         path);
		partition = NULL;
	} else if (partition == NULL && table) {
		snprintf(error, size, "%s has no partition %u; see: fdisk -l %s", path, number, path);
	} else if (partition == NULL) {
		snprintf(error, size, "%s has no partition table (MBR or GPT)", path);
	} else {
		*offset = (uint64_t)blkid_partition_get_start(partition) * SECTOR;
		*length = (uint64_t)blkid_partition_get_size(partition) * SECTOR;
	}
	blkid_free_probe(probe);
	return partition != NULL;
}

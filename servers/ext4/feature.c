/*
 * Which features are served, which only for reading, which not at all
 * (Documentation/filesystems/ext4, "Super Block": s_feature_compat,
 * s_feature_incompat, s_feature_ro_compat). A feature that is not named here
 * is treated as its class demands of those that do not know it.
 */
#include <drydock/string.h>

#include "volume.h"

enum policy {
	SERVED,
	READ_ONLY,
	REFUSED,
};

struct feature {
	uint32_t bit;
	enum policy policy;
	const char *name; /* as mke2fs -O and dumpe2fs have it */
};

static const struct feature compatible[] = {
	{0x1, SERVED, "dir_prealloc"},
	{0x2, SERVED, "imagic_inodes"},
	{COMPAT_HAS_JOURNAL, SERVED, "has_journal"},
	{COMPAT_EXT_ATTR, SERVED, "ext_attr"},
	{COMPAT_RESIZE_INODE, SERVED, "resize_inode"},
	{COMPAT_DIR_INDEX, SERVED, "dir_index"},
	{0x40, READ_ONLY, "lazy_bg"},
	{0x80, READ_ONLY, "snapshot_inode"},
	{0x100, READ_ONLY, "snapshot_bitmap"},
	{COMPAT_SPARSE_SUPER2, SERVED, "sparse_super2"},
	{0x400, SERVED, "fast_commit"},
	{0x800, SERVED, "stable_inodes"},
	{0x1000, SERVED, "orphan_file"},
};

static const struct feature incompatible[] = {
	{0x1, REFUSED, "compression"},
	{INCOMPAT_FILETYPE, SERVED, "filetype"},
	{INCOMPAT_RECOVER, SERVED, "needs_recovery"},
	{0x8, REFUSED, "journal_dev"},
	{INCOMPAT_META_BG, SERVED, "meta_bg"},
	{INCOMPAT_EXTENTS, SERVED, "extent"},
	{INCOMPAT_64BIT, SERVED, "64bit"},
	{0x100, READ_ONLY, "mmp"},
	{INCOMPAT_FLEX_BG, SERVED, "flex_bg"},
	{0x400, READ_ONLY, "ea_inode"},
	{0x1000, REFUSED, "dirdata"},
	{INCOMPAT_CSUM_SEED, SERVED, "metadata_csum_seed"},
	{INCOMPAT_LARGEDIR, SERVED, "large_dir"},
	{0x8000, READ_ONLY, "inline_data"},
	/* Of these two the inodes that use it are refused, one by one (inode.c, directory.c). */
	{0x10000, READ_ONLY, "encrypt"},
	{0x20000, READ_ONLY, "casefold"},
};

static const struct feature read_only_compatible[] = {
	{RO_COMPAT_SPARSE_SUPER, SERVED, "sparse_super"},
	{RO_COMPAT_LARGE_FILE, SERVED, "large_file"},
	{0x4, SERVED, "btree_dir"},
	{RO_COMPAT_HUGE_FILE, SERVED, "huge_file"},
	{RO_COMPAT_GDT_CSUM, SERVED, "uninit_bg"},
	{0x20, SERVED, "dir_nlink"},
	{0x40, SERVED, "extra_isize"},
	{0x80, READ_ONLY, "has_snapshot"},
	{0x100, READ_ONLY, "quota"},
	{RO_COMPAT_BIGALLOC, READ_ONLY, "bigalloc"},
	{RO_COMPAT_METADATA_CSUM, SERVED, "metadata_csum"},
	{0x800, READ_ONLY, "replica"},
	{0x1000, READ_ONLY, "read-only"},
	{0x2000, READ_ONLY, "project"},
	{0x4000, READ_ONLY, "shared_blocks"},
	{0x8000, READ_ONLY, "verity"},
	{0x10000, READ_ONLY, "orphan_present"},
};

/* Says what is not served of `bits`; returns the strictest policy among them. */
static enum policy judge(struct volume *volume, uint32_t bits, const char *class,
                         const struct feature *features, size_t count, enum policy unknown)
{
	enum policy strictest = SERVED;

	for (size_t i = 0; i < count; i++) {
		if (!(bits & features[i].bit))
			continue;
		bits &= ~features[i].bit;
		if (features[i].policy > strictest)
			strictest = features[i].policy;
		if (features[i].policy != SERVED)
			log_print(volume->runtime, features[i].policy == REFUSED ? LOG_ERROR : LOG_INFO,
			          "%s: feature %s is %s", volume->disk->name, features[i].name,
			          features[i].policy == REFUSED ? "not served" : "served read-only");
	}
	if (bits && unknown != SERVED)
		log_print(volume->runtime, unknown == REFUSED ? LOG_ERROR : LOG_INFO,
		          "%s: unknown features %s 0x%x: %s", volume->disk->name, class, bits,
		          unknown == REFUSED ? "not served" : "served read-only");
	return bits && unknown > strictest ? unknown : strictest;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Combinations that make no sense, or that only another device could complete. */
static const char *contradiction(const struct ext4_superblock *superblock)
{
	if (superblock->feature_incompat & INCOMPAT_RECOVER && superblock->journal_inode == 0)
		return "s_journal_inum is 0, and needs_recovery is set: its journal is on another device";
	if (superblock->feature_incompat & INCOMPAT_META_BG &&
	    superblock->feature_compat & COMPAT_RESIZE_INODE)
		return "meta_bg and resize_inode exclude each other";
	return NULL;
}

bool features_allow(struct volume *volume, bool *read_only)
{
	const struct ext4_superblock *superblock = &volume->superblock;
	const char *wrong = contradiction(superblock);
	enum policy policies[3];

	if (wrong) {
		log_print(volume->runtime, LOG_ERROR, "%s: %s", volume->disk->name, wrong);
		return false;
	}
	policies[0] =
		judge(volume, superblock->feature_compat, "compat", compatible, COUNT(compatible), SERVED);
	policies[1] = judge(volume, superblock->feature_incompat, "incompat", incompatible,
	                    COUNT(incompatible), REFUSED);
	policies[2] = judge(volume, superblock->feature_ro_compat, "ro_compat", read_only_compatible,
	                    COUNT(read_only_compatible), READ_ONLY);
	*read_only = false;
	for (size_t i = 0; i < COUNT(policies); i++) {
		if (policies[i] == REFUSED)
			return false;
		*read_only |= policies[i] == READ_ONLY;
	}
	return true;
}

/*
 * The open files of a session: small numbers, the lowest free one first. An
 * open file holds a reference to its node, so that what is unlinked stays.
 */
#ifndef VFS_OPEN_FILE_H
#define VFS_OPEN_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "vfs.h"

#define OPEN_FILES_PAGE  256u
#define OPEN_FILES_PAGES 256u

struct open_file {
	uint64_t node; /* 0: not open */
	uint64_t position;
	uint64_t serial; /* of this opening; another's of the same number is another */
	uint32_t flags;  /* VFS_OPEN_* */
	uint32_t device; /* of a device node: its number; else 0 */
	uint64_t lock_owner; /* whom locks belong to that are its own; 0: there are none */
	bool taken;      /* it is open, or being opened */
};

/* In pages, so that an open file stays where it is while the table grows. */
struct open_files {
	struct open_file *page[OPEN_FILES_PAGES];
	uint32_t taken[OPEN_FILES_PAGES]; /* how many of a page are */
	uint32_t first;                   /* no number below is free */
	uint64_t serial;                  /* of the latest opening */
};

/*
 * Takes the lowest free number for a file that is to be opened: it is open once
 * it has a node. POSIX_EMFILE, POSIX_ENOMEM.
 */
int32_t open_file_take(struct vfs *vfs, struct open_files *files, uint32_t *number, struct open_file **file);

/* Gives a number back whose file could not be opened. */
void open_file_give(struct open_files *files, uint32_t number);

/* The open file of that number, or NULL. */
struct open_file *open_file_find(const struct open_files *files, uint32_t number);

/* Closes it and gives its reference back. */
void open_file_close(struct vfs *vfs, struct open_files *files, uint32_t number);

/* Closes all and frees the table. */
void open_files_end(struct vfs *vfs, struct open_files *files);

#endif

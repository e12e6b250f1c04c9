/*
 * The open files of a session: small numbers, the lowest free one first. An
 * open file holds a reference to its node, so that what is unlinked stays.
 */
#ifndef VFS_OPEN_FILE_H
#define VFS_OPEN_FILE_H

#include <stdint.h>

#include "vfs.h"

#define OPEN_FILES_PAGE  256u
#define OPEN_FILES_PAGES 256u

struct open_file {
	uint64_t node; /* 0: not open */
	uint64_t position;
	uint32_t flags; /* VFS_OPEN_* */
};

/* In pages, so that an open file stays where it is while the table grows. */
struct open_files {
	struct open_file *page[OPEN_FILES_PAGES];
	uint32_t open[OPEN_FILES_PAGES]; /* how many of a page are */
	uint32_t first;                  /* no number below is free */
};

/*
 * Finds the lowest free number, without taking it: the file is open once
 * *file has a node. POSIX_EMFILE, POSIX_ENOMEM.
 */
int32_t open_file_find_free(struct vfs *vfs, struct open_files *files, uint32_t *number,
                            struct open_file **file);

/* The file is open now: its node is set. */
void open_file_opened(struct open_files *files, uint32_t number);

/* The open file of that number, or NULL. */
struct open_file *open_file_find(const struct open_files *files, uint32_t number);

/* Closes it and gives its reference back. */
void open_file_close(struct vfs *vfs, struct open_files *files, uint32_t number);

/* Closes all and frees the table. */
void open_files_end(struct vfs *vfs, struct open_files *files);

#endif

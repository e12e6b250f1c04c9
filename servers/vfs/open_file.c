/* The open files of a session: see open_file.h. */
#include "open_file.h"

#include <drydock/posix.h>

#include "node.h"

int32_t open_file_take(struct vfs *vfs, struct open_files *files, uint32_t *number, struct open_file **file)
{
	uint32_t page = files->first / OPEN_FILES_PAGE, at;

	while (page < OPEN_FILES_PAGES && files->taken[page] == OPEN_FILES_PAGE)
		page++;
	if (page == OPEN_FILES_PAGES)
		return POSIX_EMFILE;
	if (!files->page[page]) {
		files->page[page] =
			runtime_allocate(vfs->runtime, OPEN_FILES_PAGE * sizeof(struct open_file));
		if (!files->page[page])
			return POSIX_ENOMEM;
	}
	for (at = 0; files->page[page][at].taken; at++)
		;
	*number = page * OPEN_FILES_PAGE + at;
	*file = &files->page[page][at];
	**file = (struct open_file){.serial = ++files->serial, .taken = true};
	files->taken[page]++;
	files->first = *number + 1;
	return 0;
}

void open_file_give(struct open_files *files, uint32_t number)
{
	files->page[number / OPEN_FILES_PAGE][number % OPEN_FILES_PAGE] = (struct open_file){0};
	files->taken[number / OPEN_FILES_PAGE]--;
	if (number < files->first)
		files->first = number;
}

struct open_file *open_file_find(const struct open_files *files, uint32_t number)
{
	struct open_file *page =
		number / OPEN_FILES_PAGE < OPEN_FILES_PAGES ? files->page[number / OPEN_FILES_PAGE] : NULL;

	if (!page || page[number % OPEN_FILES_PAGE].node == 0)
		return NULL;
	return &page[number % OPEN_FILES_PAGE];
}

void open_file_close(struct vfs *vfs, struct open_files *files, uint32_t number)
{
	const struct caller caller = {.vfs = vfs};

	node_forget(&caller, open_file_find(files, number)->node);
	open_file_give(files, number);
}

void open_files_end(struct vfs *vfs, struct open_files *files)
{
	for (uint32_t number = 0; number < OPEN_FILES_PAGES * OPEN_FILES_PAGE; number++) {
		if (open_file_find(files, number))
			open_file_close(vfs, files, number);
	}
	for (uint32_t page = 0; page < OPEN_FILES_PAGES; page++)
		runtime_free(vfs->runtime, files->page[page]);
}

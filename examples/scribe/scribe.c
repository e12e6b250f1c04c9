/*
 * A program that works with files: it writes one, a line after the other, reads
 * it again with all reads under way at once, and says what it found.
 */
#include <drydock/files.h>
#include <drydock/server.h>
#include <drydock/string.h>

#define PATH  "/scribe.txt"
#define LINE  "All hands on deck.\n"
#define LINES 32

struct scribe {
	struct files_transfer reads[LINES];
	struct fiber *fiber;
	unsigned done, right;
};

/* In the event loop, for each read when it is done. */
static void line_read(struct files_transfer *read, void *context)
{
	struct scribe *scribe = context;

	if (read->status == 0 && read->length == sizeof(LINE) - 1 && memcmp(read->data, LINE, read->length) == 0)
		scribe->right++;
	files_transfer_end(read);
	if (++scribe->done == LINES)
		fiber_wake(scribe->fiber);
}

static int32_t write_lines(const struct file *file)
{
	int32_t status = 0;
	size_t done;

	for (unsigned line = 0; status == 0 && line < LINES; line++)
		status = files_write(file, LINE, sizeof(LINE) - 1, &done);
	return status;
}

static int32_t read_lines(struct runtime *runtime, struct scribe *scribe, const struct file *file)
{
	int32_t status = 0;

	scribe->fiber = fiber_current(runtime);
	for (unsigned line = 0; line < LINES; line++) {
		status = files_read_begin(&scribe->reads[line], file, line * (sizeof(LINE) - 1), sizeof(LINE) - 1,
		                          line_read, scribe);
		/* One that could not begin will not be done either. */
		if (status != 0)
			scribe->done++;
	}
	while (scribe->done < LINES)
		fiber_wait(runtime);
	return status;
}

static void scribe_start(struct runtime *runtime, void *state)
{
	struct scribe *scribe = state;
	struct client *client;
	struct file file;
	int32_t status;

	client = files_connect(runtime, &status);
	if (client != NULL)
		status = files_open(client, PATH, VFS_OPEN_READ | VFS_OPEN_WRITE | VFS_OPEN_CREATE | VFS_OPEN_TRUNCATE,
		                    0644, &file);
	if (status == 0)
		status = write_lines(&file);
	if (status == 0)
		status = read_lines(runtime, scribe, &file);
	if (status == 0)
		log_print(runtime, LOG_INFO, "%u of %u lines are right", scribe->right, LINES);
	else
		log_print(runtime, LOG_ERROR, "no file written: errno %d", (int)files_errno(status));
	/* init starts what comes after it. */
	runtime_register(runtime);
}

const struct server_definition drydock_server = {
	.name = "scribe",
	.source = "scribe",
	.state_size = sizeof(struct scribe),
	.start = scribe_start,
};

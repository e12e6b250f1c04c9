/* Reads and writes of which many are under way: see drydock/files.h. */
#include "internal.h"

/* Takes the result out of the call. */
static void take(struct files_transfer *transfer)
{
	struct vfs_read_results read = {0};
	struct vfs_write_results written = {0};

	if (transfer->writes) {
		transfer->status = vfs_write_finish(&transfer->call, &written);
		transfer->length = written.length;
		if (!transfer->status && written.length > transfer->call.in_length)
			transfer->status = POSIX_EBADMSG;
		return;
	}
	transfer->status = vfs_read_finish(&transfer->call, &read, NULL);
	transfer->length = read.data_length;
}

static void finished(struct call *call, void *context)
{
	struct files_transfer *transfer = context;

	(void)call;
	take(transfer);
	transfer->done(transfer, transfer->context);
}

static int32_t submit(struct files_transfer *transfer, const struct file *file, int32_t prepared,
                      files_done_t done, void *context)
{
	if (prepared)
		return prepared;
	if (client_generation(file->client) != file->generation) {
		call_end(&transfer->call);
		return POSIX_ESTALE;
	}
	transfer->done = done;
	transfer->context = context;
	transfer->data = transfer->writes ? transfer->call.in : transfer->call.out;
	call_submit(&transfer->call, done ? finished : NULL, transfer);
	return 0;
}

/* Whether there is a fiber that may be suspended. */
static bool may_wait(const struct file *file)
{
	return fiber_current(client_runtime(file->client)) != NULL;
}

int32_t files_read_begin(struct files_transfer *transfer, const struct file *file, uint64_t offset,
                         uint32_t length, files_done_t done, void *context)
{
	int32_t prepared;

	*transfer = (struct files_transfer){.writes = false};
	prepared = may_wait(file) ? vfs_read_prepare(&transfer->call, file->client, file->number, offset, length)
	                          : vfs_read_try_prepare(&transfer->call, file->client, file->number, offset,
	                                                 length);
	return submit(transfer, file, prepared, done, context);
}

int32_t files_write_begin(struct files_transfer *transfer, const struct file *file, uint64_t offset,
                          const void *data, uint32_t length, files_done_t done, void *context)
{
	int32_t prepared;

	*transfer = (struct files_transfer){.writes = true};
	prepared = may_wait(file)
	                   ? vfs_write_prepare(&transfer->call, file->client, file->number, offset, data, length)
	                   : vfs_write_try_prepare(&transfer->call, file->client, file->number, offset, data,
	                                           length);
	return submit(transfer, file, prepared, done, context);
}

int32_t files_transfer_wait(struct files_transfer *transfer, uint64_t deadline)
{
	call_wait(&transfer->call, deadline);
	take(transfer);
	return transfer->status;
}

void files_transfer_end(struct files_transfer *transfer)
{
	call_end(&transfer->call);
	transfer->data = NULL;
}

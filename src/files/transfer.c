/* Reads and writes of which many are under way: see drydock/files.h. */
#include "internal.h"

#include <drydock/proto/fs.h>

/* Takes the result out of a call to the file's own server. */
static void take_direct(struct files_transfer *transfer)
{
	struct fs_read_opened_results read = {0};
	struct fs_write_opened_results written = {.offset = transfer->offset};

	if (transfer->writes) {
		transfer->status = fs_write_opened_finish(&transfer->call, &written);
		transfer->length = written.length;
	} else {
		transfer->status = fs_read_opened_finish(&transfer->call, &read, NULL);
		transfer->length = read.data_length;
	}
	if (transfer->at_position && !transfer->status && transfer->length > 0)
		direct_move(&transfer->file, written.offset + transfer->length);
}

/* Takes the result out of the call. */
static void take(struct files_transfer *transfer)
{
	struct vfs_read_results read = {0};
	struct vfs_write_results written = {0};

	if (transfer->file.direct) {
		take_direct(transfer);
	} else if (transfer->writes) {
		transfer->status = vfs_write_finish(&transfer->call, &written);
		transfer->length = written.length;
	} else {
		transfer->status = vfs_read_finish(&transfer->call, &read, NULL);
		transfer->length = read.data_length;
	}
	if (transfer->writes && !transfer->status && transfer->length > transfer->call.in_length)
		transfer->status = POSIX_EBADMSG;
}

static void finished(struct call *call, void *context)
{
	struct files_transfer *transfer = context;

	(void)call;
	take(transfer);
	transfer->done(transfer, transfer->context);
}

/* Whether there is a fiber that may be suspended. */
static bool may_wait(const struct file *file)
{
	return fiber_current(client_runtime(file->client)) != NULL;
}

/* Prepares the call to vfs, or with `direct` to the file's own server; `data` is that of a write. */
static int32_t prepare(struct files_transfer *transfer, const struct direct_file *direct, uint64_t offset,
                       const void *data, uint32_t length)
{
	const struct file *file = &transfer->file;
	struct call *call = &transfer->call;
	bool wait = may_wait(file);

	if (direct && transfer->writes)
		return wait ? fs_write_opened_prepare(call, direct->server, direct->ticket, offset, data, length)
		            : fs_write_opened_try_prepare(call, direct->server, direct->ticket, offset, data,
		                                          length);
	if (direct)
		return wait ? fs_read_opened_prepare(call, direct->server, direct->ticket, offset, length)
		            : fs_read_opened_try_prepare(call, direct->server, direct->ticket, offset, length);
	if (transfer->writes)
		return wait ? vfs_write_prepare(call, file->client, file->number, offset, data, length)
		            : vfs_write_try_prepare(call, file->client, file->number, offset, data, length);
	return wait ? vfs_read_prepare(call, file->client, file->number, offset, length)
	            : vfs_read_try_prepare(call, file->client, file->number, offset, length);
}

/* All but to submit it; what *transfer says that it is is set. */
static int32_t make_ready(struct files_transfer *transfer, uint64_t offset, const void *data, uint32_t length)
{
	const struct file *file = &transfer->file;
	struct direct_file direct;
	int32_t status = file->direct ? direct_find(file, &direct) : 0;

	if (!status && file->direct)
		status = direct_range(&direct, offset, length, &transfer->offset);
	if (!status)
		status = file->direct ? prepare(transfer, &direct, transfer->offset, data, length)
		                      : prepare(transfer, NULL, offset, data, length);
	if (status)
		return status;
	if (client_generation(file->client) != file->generation || (file->direct && direct_find(file, &direct) != 0)) {
		call_end(&transfer->call);
		return POSIX_ESTALE;
	}
	transfer->data = transfer->writes ? transfer->call.in : transfer->call.out;
	return 0;
}

static void submit(struct files_transfer *transfer)
{
	call_submit(&transfer->call, transfer->done ? finished : NULL, transfer);
}

static struct files_transfer transfer_of(const struct file *file, uint64_t offset, files_done_t done, void *context)
{
	return (struct files_transfer){
		.done = done, .context = context, .file = *file, .at_position = offset == VFS_POSITION};
}

int32_t files_read_begin(struct files_transfer *transfer, const struct file *file, uint64_t offset,
                         uint32_t length, files_done_t done, void *context)
{
	int32_t status;

	*transfer = transfer_of(file, offset, done, context);
	status = make_ready(transfer, offset, NULL, length);
	if (!status)
		submit(transfer);
	return status;
}

static int32_t prepare_write(struct files_transfer *transfer, const struct file *file, uint64_t offset,
                             const void *data, uint32_t length, files_done_t done, void *context)
{
	*transfer = transfer_of(file, offset, done, context);
	transfer->writes = true;
	return make_ready(transfer, offset, data, length);
}

int32_t files_write_begin(struct files_transfer *transfer, const struct file *file, uint64_t offset,
                          const void *data, uint32_t length, files_done_t done, void *context)
{
	int32_t status = prepare_write(transfer, file, offset, data, length, done, context);

	if (!status)
		submit(transfer);
	return status;
}

int32_t files_write_prepare(struct files_transfer *transfer, const struct file *file, uint64_t offset,
                            uint32_t length, files_done_t done, void *context)
{
	return prepare_write(transfer, file, offset, NULL, length, done, context);
}

void files_write_submit(struct files_transfer *transfer)
{
	submit(transfer);
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

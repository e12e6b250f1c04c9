/*
 * Generated from fs.proto by scripts/protogen; do not edit.
 *
 * Client stubs, dispatch and descriptions.
 */
#include "fs.h"

#include <drydock/posix.h>
#include <drydock/string.h>

/* call_begin or call_try_begin. */
typedef int32_t (*begin_t)(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                           uint32_t out_length);

/*
 * Copies from memory shared with the other side, which may change it at any time: once, and before
 * anything looks at the copy. The empty asm keeps the compiler from reading the original again.
 */
static void copy_shared(void *to, const void *from, uint32_t length)
{
	if (length)
		memcpy(to, from, length);
	__asm__ volatile("" : : "r"(to) : "memory");
}

/* Appends to the IN range; bytes that are NULL are left to the caller. Returns where the next go. */
static uint8_t *put_bytes(uint8_t *place, const void *bytes, uint32_t length)
{
	if (!length)
		return place;
	if (bytes)
		memcpy(place, bytes, length);
	return place + length;
}

/* What is left of a request's IN range. */
struct input {
	const uint8_t *bytes;
	uint32_t length;
};

static struct input request_input(const struct request *request)
{
	return (struct input){.bytes = request->in, .length = request->in ? request->in_length : 0};
}

/* Takes a string of `length` bytes; `string` has room for `maximum` and a terminator. */
static int32_t take_string(struct input *input, uint32_t length, char *string, uint32_t maximum)
{
	if (length > input->length)
		return POSIX_EBADMSG;
	if (length > maximum)
		return POSIX_ENAMETOOLONG;
	copy_shared(string, input->bytes, length);
	for (uint32_t index = 0; index < length; index++)
		if (!string[index])
			return POSIX_EINVAL;
	string[length] = 0;
	if (length)
		input->bytes += length;
	input->length -= length;
	return 0;
}

/* Takes a structure of `size` bytes, which is all that is left. */
static int32_t take_structure(struct input *input, void *structure, uint32_t size)
{
	if (input->length != size)
		return POSIX_EBADMSG;
	copy_shared(structure, input->bytes, size);
	return 0;
}

/* lookup */
static int32_t start_lookup(begin_t begin, struct call *call, struct client *client, uint64_t directory,
                            const char *name, uint32_t name_length)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_LOOKUP, name_length, sizeof(struct fs_attributes));
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = directory;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t fs_lookup_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                          uint32_t name_length)
{
	return start_lookup(call_begin, call, client, directory, name, name_length);
}

int32_t fs_lookup_try_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                              uint32_t name_length)
{
	return start_lookup(call_try_begin, call, client, directory, name, name_length);
}

int32_t fs_lookup_finish(struct call *call, struct fs_attributes *attributes)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*attributes))
		return POSIX_EBADMSG;
	if (attributes)
		copy_shared(attributes, call->out, sizeof(*attributes));
	return 0;
}

int32_t fs_lookup(struct client *client, uint64_t directory, const char *name, uint32_t name_length,
                  struct fs_attributes *attributes)
{
	struct call call;
	int32_t error;

	error = fs_lookup_prepare(&call, client, directory, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_lookup_finish(&call, attributes);
	call_end(&call);
	return error;
}

void fs_lookup_reply(struct request *request, int32_t error, const struct fs_attributes *attributes)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, attributes, sizeof(*attributes));
		written = sizeof(*attributes);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_lookup(struct request *request,
                                                   const struct fs_operations *operations)
{
	struct fs_lookup_arguments arguments;
	char name[255 + 1];
	struct fs_attributes attributes = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->lookup)
		error = POSIX_ENOSYS;
	else if (!request->out || request->out_length < sizeof(attributes))
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.attributes = &attributes;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->lookup(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_lookup_reply(request, error, &attributes);
}

/* forget */
static int32_t start_forget(begin_t begin, struct call *call, struct client *client, uint64_t node,
                            uint64_t count)
{
	int32_t error;

	error = begin(call, client, FS_FORGET, 0, 0);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	call->request.word[2] = count;
	return 0;
}

int32_t fs_forget_prepare(struct call *call, struct client *client, uint64_t node, uint64_t count)
{
	return start_forget(call_begin, call, client, node, count);
}

int32_t fs_forget_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t count)
{
	return start_forget(call_try_begin, call, client, node, count);
}

int32_t fs_forget_finish(struct call *call)
{
	return call->status;
}

int32_t fs_forget(struct client *client, uint64_t node, uint64_t count)
{
	struct call call;
	int32_t error;

	error = fs_forget_prepare(&call, client, node, count);
	if (error)
		return error;
	call_run(&call);
	error = fs_forget_finish(&call);
	call_end(&call);
	return error;
}

void fs_forget_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_forget(struct request *request,
                                                   const struct fs_operations *operations)
{
	struct fs_forget_arguments arguments;
	int32_t error = 0;

	if (!operations->forget)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.count = request->message.word[2];
	if (!error)
		error = operations->forget(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_forget_reply(request, error);
}

/* get_attributes */
static int32_t start_get_attributes(begin_t begin, struct call *call, struct client *client, uint64_t node)
{
	int32_t error;

	error = begin(call, client, FS_GET_ATTRIBUTES, 0, sizeof(struct fs_attributes));
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	return 0;
}

int32_t fs_get_attributes_prepare(struct call *call, struct client *client, uint64_t node)
{
	return start_get_attributes(call_begin, call, client, node);
}

int32_t fs_get_attributes_try_prepare(struct call *call, struct client *client, uint64_t node)
{
	return start_get_attributes(call_try_begin, call, client, node);
}

int32_t fs_get_attributes_finish(struct call *call, struct fs_attributes *attributes)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*attributes))
		return POSIX_EBADMSG;
	if (attributes)
		copy_shared(attributes, call->out, sizeof(*attributes));
	return 0;
}

int32_t fs_get_attributes(struct client *client, uint64_t node, struct fs_attributes *attributes)
{
	struct call call;
	int32_t error;

	error = fs_get_attributes_prepare(&call, client, node);
	if (error)
		return error;
	call_run(&call);
	error = fs_get_attributes_finish(&call, attributes);
	call_end(&call);
	return error;
}

void fs_get_attributes_reply(struct request *request, int32_t error, const struct fs_attributes *attributes)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, attributes, sizeof(*attributes));
		written = sizeof(*attributes);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_get_attributes(struct request *request,
                                                           const struct fs_operations *operations)
{
	struct fs_get_attributes_arguments arguments;
	struct fs_attributes attributes = {0};
	int32_t error = 0;

	if (!operations->get_attributes)
		error = POSIX_ENOSYS;
	else if (request->in || !request->out || request->out_length < sizeof(attributes))
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.attributes = &attributes;
	if (!error)
		error = operations->get_attributes(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_get_attributes_reply(request, error, &attributes);
}

/* set_attributes */
static int32_t start_set_attributes(begin_t begin, struct call *call, struct client *client, uint64_t node,
                                    uint32_t valid, const struct fs_attributes *values)
{
	int32_t error;

	error = begin(call, client, FS_SET_ATTRIBUTES, sizeof(*values), sizeof(struct fs_attributes));
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = node;
	call->request.word[2] = word_pair(valid, 0);
	put_bytes(call->in, values, sizeof(*values));
	return 0;
}

int32_t fs_set_attributes_prepare(struct call *call, struct client *client, uint64_t node, uint32_t valid,
                                  const struct fs_attributes *values)
{
	return start_set_attributes(call_begin, call, client, node, valid, values);
}

int32_t fs_set_attributes_try_prepare(struct call *call, struct client *client, uint64_t node, uint32_t valid,
                                      const struct fs_attributes *values)
{
	return start_set_attributes(call_try_begin, call, client, node, valid, values);
}

int32_t fs_set_attributes_finish(struct call *call, struct fs_attributes *attributes)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*attributes))
		return POSIX_EBADMSG;
	if (attributes)
		copy_shared(attributes, call->out, sizeof(*attributes));
	return 0;
}

int32_t fs_set_attributes(struct client *client, uint64_t node, uint32_t valid,
                          const struct fs_attributes *values, struct fs_attributes *attributes)
{
	struct call call;
	int32_t error;

	error = fs_set_attributes_prepare(&call, client, node, valid, values);
	if (error)
		return error;
	call_run(&call);
	error = fs_set_attributes_finish(&call, attributes);
	call_end(&call);
	return error;
}

void fs_set_attributes_reply(struct request *request, int32_t error, const struct fs_attributes *attributes)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, attributes, sizeof(*attributes));
		written = sizeof(*attributes);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_set_attributes(struct request *request,
                                                           const struct fs_operations *operations)
{
	struct fs_set_attributes_arguments arguments;
	struct fs_attributes values;
	struct fs_attributes attributes = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->set_attributes)
		error = POSIX_ENOSYS;
	else if (!request->out || request->out_length < sizeof(attributes))
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.valid = word_low(request->message.word[2]);
	arguments.values = &values;
	arguments.attributes = &attributes;
	if (!error)
		error = take_structure(&input, &values, sizeof(values));
	if (!error)
		error = operations->set_attributes(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_set_attributes_reply(request, error, &attributes);
}

/* read */
static int32_t start_read(begin_t begin, struct call *call, struct client *client, uint64_t node,
                          uint64_t offset, uint32_t data_capacity)
{
	int32_t error;

	error = begin(call, client, FS_READ, 0, data_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	call->request.word[2] = offset;
	return 0;
}

int32_t fs_read_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                        uint32_t data_capacity)
{
	return start_read(call_begin, call, client, node, offset, data_capacity);
}

int32_t fs_read_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                            uint32_t data_capacity)
{
	return start_read(call_try_begin, call, client, node, offset, data_capacity);
}

int32_t fs_read_finish(struct call *call, struct fs_read_results *results, void *data)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->data_length = written;
	if (data)
		copy_shared(data, call->out, written);
	return 0;
}

int32_t fs_read(struct client *client, uint64_t node, uint64_t offset, void *data, uint32_t data_capacity,
                struct fs_read_results *results)
{
	struct call call;
	int32_t error;

	error = fs_read_prepare(&call, client, node, offset, data_capacity);
	if (error)
		return error;
	call_run(&call);
	error = fs_read_finish(&call, results, data);
	call_end(&call);
	return error;
}

void fs_read_reply(struct request *request, int32_t error, const struct fs_read_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->data_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->data_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_read(struct request *request,
                                                 const struct fs_operations *operations)
{
	struct fs_read_arguments arguments;
	struct fs_read_results results = {0};
	int32_t error = 0;

	if (!operations->read)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.offset = request->message.word[2];
	arguments.data = request->out;
	arguments.data_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->read(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_read_reply(request, error, &results);
}

/* write */
static int32_t start_write(begin_t begin, struct call *call, struct client *client, uint64_t node,
                           uint64_t offset, uint32_t flags, const void *data, uint32_t data_length)
{
	int32_t error;

	error = begin(call, client, FS_WRITE, data_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = node;
	call->request.word[2] = offset;
	call->request.word[3] = word_pair(flags, 0);
	put_bytes(call->in, data, data_length);
	return 0;
}

int32_t fs_write_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                         uint32_t flags, const void *data, uint32_t data_length)
{
	return start_write(call_begin, call, client, node, offset, flags, data, data_length);
}

int32_t fs_write_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                             uint32_t flags, const void *data, uint32_t data_length)
{
	return start_write(call_try_begin, call, client, node, offset, flags, data, data_length);
}

int32_t fs_write_finish(struct call *call, struct fs_write_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->offset = call->reply.word[2];
		results->length = word_low(call->reply.word[3]);
	}
	return 0;
}

int32_t fs_write(struct client *client, uint64_t node, uint64_t offset, uint32_t flags, const void *data,
                 uint32_t data_length, struct fs_write_results *results)
{
	struct call call;
	int32_t error;

	error = fs_write_prepare(&call, client, node, offset, flags, data, data_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_write_finish(&call, results);
	call_end(&call);
	return error;
}

void fs_write_reply(struct request *request, int32_t error, const struct fs_write_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = results->offset;
		reply.word[3] = word_pair(results->length, 0);
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_write(struct request *request,
                                                  const struct fs_operations *operations)
{
	struct fs_write_arguments arguments;
	struct fs_write_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->write)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.offset = request->message.word[2];
	arguments.flags = word_low(request->message.word[3]);
	arguments.data = input.bytes;
	arguments.data_length = input.length;
	if (!error)
		error = operations->write(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_write_reply(request, error, &results);
}

/* create */
static int32_t start_create(begin_t begin, struct call *call, struct client *client, uint64_t directory,
                            uint32_t mode, uint32_t umask, uint32_t device, const char *name,
                            uint32_t name_length)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_CREATE, name_length, sizeof(struct fs_attributes));
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = directory;
	call->request.word[2] = word_pair(mode, umask);
	call->request.word[3] = word_pair(device, 0);
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t fs_create_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                          uint32_t umask, uint32_t device, const char *name, uint32_t name_length)
{
	return start_create(call_begin, call, client, directory, mode, umask, device, name, name_length);
}

int32_t fs_create_try_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                              uint32_t umask, uint32_t device, const char *name, uint32_t name_length)
{
	return start_create(call_try_begin, call, client, directory, mode, umask, device, name, name_length);
}

int32_t fs_create_finish(struct call *call, struct fs_attributes *attributes)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*attributes))
		return POSIX_EBADMSG;
	if (attributes)
		copy_shared(attributes, call->out, sizeof(*attributes));
	return 0;
}

int32_t fs_create(struct client *client, uint64_t directory, uint32_t mode, uint32_t umask, uint32_t device,
                  const char *name, uint32_t name_length, struct fs_attributes *attributes)
{
	struct call call;
	int32_t error;

	error = fs_create_prepare(&call, client, directory, mode, umask, device, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_create_finish(&call, attributes);
	call_end(&call);
	return error;
}

void fs_create_reply(struct request *request, int32_t error, const struct fs_attributes *attributes)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, attributes, sizeof(*attributes));
		written = sizeof(*attributes);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_create(struct request *request,
                                                   const struct fs_operations *operations)
{
	struct fs_create_arguments arguments;
	char name[255 + 1];
	struct fs_attributes attributes = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->create)
		error = POSIX_ENOSYS;
	else if (!request->out || request->out_length < sizeof(attributes))
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.mode = word_low(request->message.word[2]);
	arguments.umask = word_high(request->message.word[2]);
	arguments.device = word_low(request->message.word[3]);
	arguments.attributes = &attributes;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->create(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_create_reply(request, error, &attributes);
}

/* make_directory */
static int32_t start_make_directory(begin_t begin, struct call *call, struct client *client,
                                    uint64_t directory, uint32_t mode, uint32_t umask, const char *name,
                                    uint32_t name_length)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_MAKE_DIRECTORY, name_length, sizeof(struct fs_attributes));
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = directory;
	call->request.word[2] = word_pair(mode, umask);
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t fs_make_directory_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                                  uint32_t umask, const char *name, uint32_t name_length)
{
	return start_make_directory(call_begin, call, client, directory, mode, umask, name, name_length);
}

int32_t fs_make_directory_try_prepare(struct call *call, struct client *client, uint64_t directory,
                                      uint32_t mode, uint32_t umask, const char *name, uint32_t name_length)
{
	return start_make_directory(call_try_begin, call, client, directory, mode, umask, name, name_length);
}

int32_t fs_make_directory_finish(struct call *call, struct fs_attributes *attributes)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*attributes))
		return POSIX_EBADMSG;
	if (attributes)
		copy_shared(attributes, call->out, sizeof(*attributes));
	return 0;
}

int32_t fs_make_directory(struct client *client, uint64_t directory, uint32_t mode, uint32_t umask,
                          const char *name, uint32_t name_length, struct fs_attributes *attributes)
{
	struct call call;
	int32_t error;

	error = fs_make_directory_prepare(&call, client, directory, mode, umask, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_make_directory_finish(&call, attributes);
	call_end(&call);
	return error;
}

void fs_make_directory_reply(struct request *request, int32_t error, const struct fs_attributes *attributes)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, attributes, sizeof(*attributes));
		written = sizeof(*attributes);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_make_directory(struct request *request,
                                                           const struct fs_operations *operations)
{
	struct fs_make_directory_arguments arguments;
	char name[255 + 1];
	struct fs_attributes attributes = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->make_directory)
		error = POSIX_ENOSYS;
	else if (!request->out || request->out_length < sizeof(attributes))
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.mode = word_low(request->message.word[2]);
	arguments.umask = word_high(request->message.word[2]);
	arguments.attributes = &attributes;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->make_directory(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_make_directory_reply(request, error, &attributes);
}

/* symlink */
static int32_t start_symlink(begin_t begin, struct call *call, struct client *client, uint64_t directory,
                             const char *name, uint32_t name_length, const char *target,
                             uint32_t target_length)
{
	uint8_t *place;
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	if (target_length > 4095)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_SYMLINK, name_length + target_length, sizeof(struct fs_attributes));
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = directory;
	call->request.word[2] = word_pair(name_length, 0);
	place = put_bytes(call->in, name, name_length);
	put_bytes(place, target, target_length);
	return 0;
}

int32_t fs_symlink_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                           uint32_t name_length, const char *target, uint32_t target_length)
{
	return start_symlink(call_begin, call, client, directory, name, name_length, target, target_length);
}

int32_t fs_symlink_try_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                               uint32_t name_length, const char *target, uint32_t target_length)
{
	return start_symlink(call_try_begin, call, client, directory, name, name_length, target,
	                     target_length);
}

int32_t fs_symlink_finish(struct call *call, struct fs_attributes *attributes)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*attributes))
		return POSIX_EBADMSG;
	if (attributes)
		copy_shared(attributes, call->out, sizeof(*attributes));
	return 0;
}

int32_t fs_symlink(struct client *client, uint64_t directory, const char *name, uint32_t name_length,
                   const char *target, uint32_t target_length, struct fs_attributes *attributes)
{
	struct call call;
	int32_t error;

	error = fs_symlink_prepare(&call, client, directory, name, name_length, target, target_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_symlink_finish(&call, attributes);
	call_end(&call);
	return error;
}

void fs_symlink_reply(struct request *request, int32_t error, const struct fs_attributes *attributes)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, attributes, sizeof(*attributes));
		written = sizeof(*attributes);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_symlink(struct request *request,
                                                    const struct fs_operations *operations)
{
	struct fs_symlink_arguments arguments;
	char name[255 + 1];
	char target[4095 + 1];
	struct fs_attributes attributes = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->symlink)
		error = POSIX_ENOSYS;
	else if (!request->out || request->out_length < sizeof(attributes))
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.attributes = &attributes;
	arguments.name_length = word_low(request->message.word[2]);
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	arguments.target_length = input.length;
	arguments.target = target;
	if (!error)
		error = take_string(&input, arguments.target_length, target, 4095);
	if (!error)
		error = operations->symlink(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_symlink_reply(request, error, &attributes);
}

/* link */
static int32_t start_link(begin_t begin, struct call *call, struct client *client, uint64_t node,
                          uint64_t directory, const char *name, uint32_t name_length)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_LINK, name_length, sizeof(struct fs_attributes));
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = node;
	call->request.word[2] = directory;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t fs_link_prepare(struct call *call, struct client *client, uint64_t node, uint64_t directory,
                        const char *name, uint32_t name_length)
{
	return start_link(call_begin, call, client, node, directory, name, name_length);
}

int32_t fs_link_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t directory,
                            const char *name, uint32_t name_length)
{
	return start_link(call_try_begin, call, client, node, directory, name, name_length);
}

int32_t fs_link_finish(struct call *call, struct fs_attributes *attributes)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*attributes))
		return POSIX_EBADMSG;
	if (attributes)
		copy_shared(attributes, call->out, sizeof(*attributes));
	return 0;
}

int32_t fs_link(struct client *client, uint64_t node, uint64_t directory, const char *name,
                uint32_t name_length, struct fs_attributes *attributes)
{
	struct call call;
	int32_t error;

	error = fs_link_prepare(&call, client, node, directory, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_link_finish(&call, attributes);
	call_end(&call);
	return error;
}

void fs_link_reply(struct request *request, int32_t error, const struct fs_attributes *attributes)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, attributes, sizeof(*attributes));
		written = sizeof(*attributes);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_link(struct request *request,
                                                 const struct fs_operations *operations)
{
	struct fs_link_arguments arguments;
	char name[255 + 1];
	struct fs_attributes attributes = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->link)
		error = POSIX_ENOSYS;
	else if (!request->out || request->out_length < sizeof(attributes))
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.directory = request->message.word[2];
	arguments.attributes = &attributes;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->link(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_link_reply(request, error, &attributes);
}

/* unlink */
static int32_t start_unlink(begin_t begin, struct call *call, struct client *client, uint64_t directory,
                            const char *name, uint32_t name_length)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_UNLINK, name_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = directory;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t fs_unlink_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                          uint32_t name_length)
{
	return start_unlink(call_begin, call, client, directory, name, name_length);
}

int32_t fs_unlink_try_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                              uint32_t name_length)
{
	return start_unlink(call_try_begin, call, client, directory, name, name_length);
}

int32_t fs_unlink_finish(struct call *call)
{
	return call->status;
}

int32_t fs_unlink(struct client *client, uint64_t directory, const char *name, uint32_t name_length)
{
	struct call call;
	int32_t error;

	error = fs_unlink_prepare(&call, client, directory, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_unlink_finish(&call);
	call_end(&call);
	return error;
}

void fs_unlink_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_unlink(struct request *request,
                                                   const struct fs_operations *operations)
{
	struct fs_unlink_arguments arguments;
	char name[255 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->unlink)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->unlink(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_unlink_reply(request, error);
}

/* remove_directory */
static int32_t start_remove_directory(begin_t begin, struct call *call, struct client *client,
                                      uint64_t directory, const char *name, uint32_t name_length)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_REMOVE_DIRECTORY, name_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = directory;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t fs_remove_directory_prepare(struct call *call, struct client *client, uint64_t directory,
                                    const char *name, uint32_t name_length)
{
	return start_remove_directory(call_begin, call, client, directory, name, name_length);
}

int32_t fs_remove_directory_try_prepare(struct call *call, struct client *client, uint64_t directory,
                                        const char *name, uint32_t name_length)
{
	return start_remove_directory(call_try_begin, call, client, directory, name, name_length);
}

int32_t fs_remove_directory_finish(struct call *call)
{
	return call->status;
}

int32_t fs_remove_directory(struct client *client, uint64_t directory, const char *name, uint32_t name_length)
{
	struct call call;
	int32_t error;

	error = fs_remove_directory_prepare(&call, client, directory, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_remove_directory_finish(&call);
	call_end(&call);
	return error;
}

void fs_remove_directory_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_remove_directory(struct request *request,
                                                             const struct fs_operations *operations)
{
	struct fs_remove_directory_arguments arguments;
	char name[255 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->remove_directory)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->remove_directory(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_remove_directory_reply(request, error);
}

/* rename */
static int32_t start_rename(begin_t begin, struct call *call, struct client *client, uint64_t directory,
                            uint64_t new_directory, uint32_t flags, const char *name, uint32_t name_length,
                            const char *new_name, uint32_t new_name_length)
{
	uint8_t *place;
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	if (new_name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_RENAME, name_length + new_name_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = directory;
	call->request.word[2] = new_directory;
	call->request.word[3] = word_pair(flags, name_length);
	place = put_bytes(call->in, name, name_length);
	put_bytes(place, new_name, new_name_length);
	return 0;
}

int32_t fs_rename_prepare(struct call *call, struct client *client, uint64_t directory,
                          uint64_t new_directory, uint32_t flags, const char *name, uint32_t name_length,
                          const char *new_name, uint32_t new_name_length)
{
	return start_rename(call_begin, call, client, directory, new_directory, flags, name, name_length,
	                    new_name, new_name_length);
}

int32_t fs_rename_try_prepare(struct call *call, struct client *client, uint64_t directory,
                              uint64_t new_directory, uint32_t flags, const char *name, uint32_t name_length,
                              const char *new_name, uint32_t new_name_length)
{
	return start_rename(call_try_begin, call, client, directory, new_directory, flags, name, name_length,
	                    new_name, new_name_length);
}

int32_t fs_rename_finish(struct call *call)
{
	return call->status;
}

int32_t fs_rename(struct client *client, uint64_t directory, uint64_t new_directory, uint32_t flags,
                  const char *name, uint32_t name_length, const char *new_name, uint32_t new_name_length)
{
	struct call call;
	int32_t error;

	error = fs_rename_prepare(&call, client, directory, new_directory, flags, name, name_length, new_name,
	                          new_name_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_rename_finish(&call);
	call_end(&call);
	return error;
}

void fs_rename_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_rename(struct request *request,
                                                   const struct fs_operations *operations)
{
	struct fs_rename_arguments arguments;
	char name[255 + 1];
	char new_name[255 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->rename)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.new_directory = request->message.word[2];
	arguments.flags = word_low(request->message.word[3]);
	arguments.name_length = word_high(request->message.word[3]);
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	arguments.new_name_length = input.length;
	arguments.new_name = new_name;
	if (!error)
		error = take_string(&input, arguments.new_name_length, new_name, 255);
	if (!error)
		error = operations->rename(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_rename_reply(request, error);
}

/* readlink */
static int32_t start_readlink(begin_t begin, struct call *call, struct client *client, uint64_t node,
                              uint32_t target_capacity)
{
	int32_t error;

	error = begin(call, client, FS_READLINK, 0, target_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	return 0;
}

int32_t fs_readlink_prepare(struct call *call, struct client *client, uint64_t node, uint32_t target_capacity)
{
	return start_readlink(call_begin, call, client, node, target_capacity);
}

int32_t fs_readlink_try_prepare(struct call *call, struct client *client, uint64_t node,
                                uint32_t target_capacity)
{
	return start_readlink(call_try_begin, call, client, node, target_capacity);
}

int32_t fs_readlink_finish(struct call *call, struct fs_readlink_results *results, void *target)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->target_length = written;
	if (target)
		copy_shared(target, call->out, written);
	return 0;
}

int32_t fs_readlink(struct client *client, uint64_t node, void *target, uint32_t target_capacity,
                    struct fs_readlink_results *results)
{
	struct call call;
	int32_t error;

	error = fs_readlink_prepare(&call, client, node, target_capacity);
	if (error)
		return error;
	call_run(&call);
	error = fs_readlink_finish(&call, results, target);
	call_end(&call);
	return error;
}

void fs_readlink_reply(struct request *request, int32_t error, const struct fs_readlink_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->target_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->target_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_readlink(struct request *request,
                                                     const struct fs_operations *operations)
{
	struct fs_readlink_arguments arguments;
	struct fs_readlink_results results = {0};
	int32_t error = 0;

	if (!operations->readlink)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.target = request->out;
	arguments.target_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->readlink(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_readlink_reply(request, error, &results);
}

/* readdir */
static int32_t start_readdir(begin_t begin, struct call *call, struct client *client, uint64_t directory,
                             uint64_t cookie, uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, FS_READDIR, 0, entries_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = directory;
	call->request.word[2] = cookie;
	return 0;
}

int32_t fs_readdir_prepare(struct call *call, struct client *client, uint64_t directory, uint64_t cookie,
                           uint32_t entries_capacity)
{
	return start_readdir(call_begin, call, client, directory, cookie, entries_capacity);
}

int32_t fs_readdir_try_prepare(struct call *call, struct client *client, uint64_t directory, uint64_t cookie,
                               uint32_t entries_capacity)
{
	return start_readdir(call_try_begin, call, client, directory, cookie, entries_capacity);
}

int32_t fs_readdir_finish(struct call *call, struct fs_readdir_results *results, void *entries)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->entries_length = written;
	if (entries)
		copy_shared(entries, call->out, written);
	return 0;
}

int32_t fs_readdir(struct client *client, uint64_t directory, uint64_t cookie, void *entries,
                   uint32_t entries_capacity, struct fs_readdir_results *results)
{
	struct call call;
	int32_t error;

	error = fs_readdir_prepare(&call, client, directory, cookie, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = fs_readdir_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void fs_readdir_reply(struct request *request, int32_t error, const struct fs_readdir_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->entries_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->entries_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_readdir(struct request *request,
                                                    const struct fs_operations *operations)
{
	struct fs_readdir_arguments arguments;
	struct fs_readdir_results results = {0};
	int32_t error = 0;

	if (!operations->readdir)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.cookie = request->message.word[2];
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->readdir(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_readdir_reply(request, error, &results);
}

/* statistics */
static int32_t start_statistics(begin_t begin, struct call *call, struct client *client, uint64_t node)
{
	int32_t error;

	error = begin(call, client, FS_STATISTICS, 0, sizeof(struct fs_statistics));
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	return 0;
}

int32_t fs_statistics_prepare(struct call *call, struct client *client, uint64_t node)
{
	return start_statistics(call_begin, call, client, node);
}

int32_t fs_statistics_try_prepare(struct call *call, struct client *client, uint64_t node)
{
	return start_statistics(call_try_begin, call, client, node);
}

int32_t fs_statistics_finish(struct call *call, struct fs_statistics *statistics)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*statistics))
		return POSIX_EBADMSG;
	if (statistics)
		copy_shared(statistics, call->out, sizeof(*statistics));
	return 0;
}

int32_t fs_statistics(struct client *client, uint64_t node, struct fs_statistics *statistics)
{
	struct call call;
	int32_t error;

	error = fs_statistics_prepare(&call, client, node);
	if (error)
		return error;
	call_run(&call);
	error = fs_statistics_finish(&call, statistics);
	call_end(&call);
	return error;
}

void fs_statistics_reply(struct request *request, int32_t error, const struct fs_statistics *statistics)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, statistics, sizeof(*statistics));
		written = sizeof(*statistics);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_statistics(struct request *request,
                                                       const struct fs_operations *operations)
{
	struct fs_statistics_arguments arguments;
	struct fs_statistics statistics = {0};
	int32_t error = 0;

	if (!operations->statistics)
		error = POSIX_ENOSYS;
	else if (request->in || !request->out || request->out_length < sizeof(statistics))
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.statistics = &statistics;
	if (!error)
		error = operations->statistics(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_statistics_reply(request, error, &statistics);
}

/* sync */
static int32_t start_sync(begin_t begin, struct call *call, struct client *client, uint64_t node)
{
	int32_t error;

	error = begin(call, client, FS_SYNC, 0, 0);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	return 0;
}

int32_t fs_sync_prepare(struct call *call, struct client *client, uint64_t node)
{
	return start_sync(call_begin, call, client, node);
}

int32_t fs_sync_try_prepare(struct call *call, struct client *client, uint64_t node)
{
	return start_sync(call_try_begin, call, client, node);
}

int32_t fs_sync_finish(struct call *call)
{
	return call->status;
}

int32_t fs_sync(struct client *client, uint64_t node)
{
	struct call call;
	int32_t error;

	error = fs_sync_prepare(&call, client, node);
	if (error)
		return error;
	call_run(&call);
	error = fs_sync_finish(&call);
	call_end(&call);
	return error;
}

void fs_sync_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_sync(struct request *request,
                                                 const struct fs_operations *operations)
{
	struct fs_sync_arguments arguments;
	int32_t error = 0;

	if (!operations->sync)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	if (!error)
		error = operations->sync(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_sync_reply(request, error);
}

/* access */
static int32_t start_access(begin_t begin, struct call *call, struct client *client, uint64_t node,
                            uint32_t mask)
{
	int32_t error;

	error = begin(call, client, FS_ACCESS, 0, 0);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	call->request.word[2] = word_pair(mask, 0);
	return 0;
}

int32_t fs_access_prepare(struct call *call, struct client *client, uint64_t node, uint32_t mask)
{
	return start_access(call_begin, call, client, node, mask);
}

int32_t fs_access_try_prepare(struct call *call, struct client *client, uint64_t node, uint32_t mask)
{
	return start_access(call_try_begin, call, client, node, mask);
}

int32_t fs_access_finish(struct call *call)
{
	return call->status;
}

int32_t fs_access(struct client *client, uint64_t node, uint32_t mask)
{
	struct call call;
	int32_t error;

	error = fs_access_prepare(&call, client, node, mask);
	if (error)
		return error;
	call_run(&call);
	error = fs_access_finish(&call);
	call_end(&call);
	return error;
}

void fs_access_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_access(struct request *request,
                                                   const struct fs_operations *operations)
{
	struct fs_access_arguments arguments;
	int32_t error = 0;

	if (!operations->access)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.mask = word_low(request->message.word[2]);
	if (!error)
		error = operations->access(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_access_reply(request, error);
}

/* readdir_attributes */
static int32_t start_readdir_attributes(begin_t begin, struct call *call, struct client *client,
                                        uint64_t directory, uint64_t cookie, uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, FS_READDIR_ATTRIBUTES, 0, entries_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = directory;
	call->request.word[2] = cookie;
	return 0;
}

int32_t fs_readdir_attributes_prepare(struct call *call, struct client *client, uint64_t directory,
                                      uint64_t cookie, uint32_t entries_capacity)
{
	return start_readdir_attributes(call_begin, call, client, directory, cookie, entries_capacity);
}

int32_t fs_readdir_attributes_try_prepare(struct call *call, struct client *client, uint64_t directory,
                                          uint64_t cookie, uint32_t entries_capacity)
{
	return start_readdir_attributes(call_try_begin, call, client, directory, cookie, entries_capacity);
}

int32_t fs_readdir_attributes_finish(struct call *call, struct fs_readdir_attributes_results *results,
                                     void *entries)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->entries_length = written;
	if (entries)
		copy_shared(entries, call->out, written);
	return 0;
}

int32_t fs_readdir_attributes(struct client *client, uint64_t directory, uint64_t cookie, void *entries,
                              uint32_t entries_capacity, struct fs_readdir_attributes_results *results)
{
	struct call call;
	int32_t error;

	error = fs_readdir_attributes_prepare(&call, client, directory, cookie, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = fs_readdir_attributes_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void fs_readdir_attributes_reply(struct request *request, int32_t error,
                                 const struct fs_readdir_attributes_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->entries_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->entries_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_readdir_attributes(struct request *request,
                                                               const struct fs_operations *operations)
{
	struct fs_readdir_attributes_arguments arguments;
	struct fs_readdir_attributes_results results = {0};
	int32_t error = 0;

	if (!operations->readdir_attributes)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.cookie = request->message.word[2];
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->readdir_attributes(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_readdir_attributes_reply(request, error, &results);
}

/* allocate */
static int32_t start_allocate(begin_t begin, struct call *call, struct client *client, uint64_t node,
                              uint64_t offset, uint64_t length, uint32_t mode)
{
	int32_t error;

	error = begin(call, client, FS_ALLOCATE, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = node;
	call->request.word[2] = offset;
	call->request.word[3] = length;
	call->request.word[5] = word_pair(mode, 0);
	return 0;
}

int32_t fs_allocate_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                            uint64_t length, uint32_t mode)
{
	return start_allocate(call_begin, call, client, node, offset, length, mode);
}

int32_t fs_allocate_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                                uint64_t length, uint32_t mode)
{
	return start_allocate(call_try_begin, call, client, node, offset, length, mode);
}

int32_t fs_allocate_finish(struct call *call)
{
	return call->status;
}

int32_t fs_allocate(struct client *client, uint64_t node, uint64_t offset, uint64_t length, uint32_t mode)
{
	struct call call;
	int32_t error;

	error = fs_allocate_prepare(&call, client, node, offset, length, mode);
	if (error)
		return error;
	call_run(&call);
	error = fs_allocate_finish(&call);
	call_end(&call);
	return error;
}

void fs_allocate_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_allocate(struct request *request,
                                                     const struct fs_operations *operations)
{
	struct fs_allocate_arguments arguments;
	int32_t error = 0;

	if (!operations->allocate)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.offset = request->message.word[2];
	arguments.length = request->message.word[3];
	arguments.mode = word_low(request->message.word[5]);
	if (!error)
		error = operations->allocate(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_allocate_reply(request, error);
}

/* seek */
static int32_t start_seek(begin_t begin, struct call *call, struct client *client, uint64_t node,
                          uint64_t offset, uint32_t whence)
{
	int32_t error;

	error = begin(call, client, FS_SEEK, 0, 0);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	call->request.word[2] = offset;
	call->request.word[3] = word_pair(whence, 0);
	return 0;
}

int32_t fs_seek_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                        uint32_t whence)
{
	return start_seek(call_begin, call, client, node, offset, whence);
}

int32_t fs_seek_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                            uint32_t whence)
{
	return start_seek(call_try_begin, call, client, node, offset, whence);
}

int32_t fs_seek_finish(struct call *call, struct fs_seek_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->offset = call->reply.word[2];
	return 0;
}

int32_t fs_seek(struct client *client, uint64_t node, uint64_t offset, uint32_t whence,
                struct fs_seek_results *results)
{
	struct call call;
	int32_t error;

	error = fs_seek_prepare(&call, client, node, offset, whence);
	if (error)
		return error;
	call_run(&call);
	error = fs_seek_finish(&call, results);
	call_end(&call);
	return error;
}

void fs_seek_reply(struct request *request, int32_t error, const struct fs_seek_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = results->offset;
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_seek(struct request *request,
                                                 const struct fs_operations *operations)
{
	struct fs_seek_arguments arguments;
	struct fs_seek_results results = {0};
	int32_t error = 0;

	if (!operations->seek)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.offset = request->message.word[2];
	arguments.whence = word_low(request->message.word[3]);
	if (!error)
		error = operations->seek(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_seek_reply(request, error, &results);
}

/* copy_range */
static int32_t start_copy_range(begin_t begin, struct call *call, struct client *client, uint64_t node,
                                uint64_t offset, uint64_t to, uint64_t to_offset, uint32_t length)
{
	int32_t error;

	error = begin(call, client, FS_COPY_RANGE, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = node;
	call->request.word[2] = offset;
	call->request.word[3] = to;
	call->request.word[5] = to_offset;
	call->request.word[6] = word_pair(length, 0);
	return 0;
}

int32_t fs_copy_range_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                              uint64_t to, uint64_t to_offset, uint32_t length)
{
	return start_copy_range(call_begin, call, client, node, offset, to, to_offset, length);
}

int32_t fs_copy_range_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                                  uint64_t to, uint64_t to_offset, uint32_t length)
{
	return start_copy_range(call_try_begin, call, client, node, offset, to, to_offset, length);
}

int32_t fs_copy_range_finish(struct call *call, struct fs_copy_range_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->length = word_low(call->reply.word[2]);
	return 0;
}

int32_t fs_copy_range(struct client *client, uint64_t node, uint64_t offset, uint64_t to, uint64_t to_offset,
                      uint32_t length, struct fs_copy_range_results *results)
{
	struct call call;
	int32_t error;

	error = fs_copy_range_prepare(&call, client, node, offset, to, to_offset, length);
	if (error)
		return error;
	call_run(&call);
	error = fs_copy_range_finish(&call, results);
	call_end(&call);
	return error;
}

void fs_copy_range_reply(struct request *request, int32_t error, const struct fs_copy_range_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = word_pair(results->length, 0);
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_copy_range(struct request *request,
                                                       const struct fs_operations *operations)
{
	struct fs_copy_range_arguments arguments;
	struct fs_copy_range_results results = {0};
	int32_t error = 0;

	if (!operations->copy_range)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.offset = request->message.word[2];
	arguments.to = request->message.word[3];
	arguments.to_offset = request->message.word[5];
	arguments.length = word_low(request->message.word[6]);
	if (!error)
		error = operations->copy_range(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_copy_range_reply(request, error, &results);
}

/* get_xattr */
static int32_t start_get_xattr(begin_t begin, struct call *call, struct client *client, uint64_t node,
                               const char *name, uint32_t name_length, uint32_t value_capacity)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_GET_XATTR, name_length, value_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t fs_get_xattr_prepare(struct call *call, struct client *client, uint64_t node, const char *name,
                             uint32_t name_length, uint32_t value_capacity)
{
	return start_get_xattr(call_begin, call, client, node, name, name_length, value_capacity);
}

int32_t fs_get_xattr_try_prepare(struct call *call, struct client *client, uint64_t node, const char *name,
                                 uint32_t name_length, uint32_t value_capacity)
{
	return start_get_xattr(call_try_begin, call, client, node, name, name_length, value_capacity);
}

int32_t fs_get_xattr_finish(struct call *call, struct fs_get_xattr_results *results, void *value)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results) {
		results->size = word_low(call->reply.word[2]);
		results->value_length = written;
	}
	if (value)
		copy_shared(value, call->out, written);
	return 0;
}

int32_t fs_get_xattr(struct client *client, uint64_t node, const char *name, uint32_t name_length,
                     void *value, uint32_t value_capacity, struct fs_get_xattr_results *results)
{
	struct call call;
	int32_t error;

	error = fs_get_xattr_prepare(&call, client, node, name, name_length, value_capacity);
	if (error)
		return error;
	call_run(&call);
	error = fs_get_xattr_finish(&call, results, value);
	call_end(&call);
	return error;
}

void fs_get_xattr_reply(struct request *request, int32_t error, const struct fs_get_xattr_results *results)
{
	struct message reply = {{0}};
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->value_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = word_pair(results->size, 0);
		written = results->value_length;
	}
	request_reply(request, error, written, &reply);
}

static __attribute__((noinline)) void serve_get_xattr(struct request *request,
                                                      const struct fs_operations *operations)
{
	struct fs_get_xattr_arguments arguments;
	char name[255 + 1];
	struct fs_get_xattr_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->get_xattr)
		error = POSIX_ENOSYS;
	arguments.node = request->message.word[1];
	arguments.value = request->out;
	arguments.value_capacity = request->out ? request->out_length : 0;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->get_xattr(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_get_xattr_reply(request, error, &results);
}

/* set_xattr */
static int32_t start_set_xattr(begin_t begin, struct call *call, struct client *client, uint64_t node,
                               uint32_t flags, const char *name, uint32_t name_length, const void *value,
                               uint32_t value_length)
{
	uint64_t in_length = (uint64_t)name_length + value_length;
	uint8_t *place;
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	if (in_length > UINT32_MAX)
		return -E_TOO_LARGE;
	error = begin(call, client, FS_SET_XATTR, (uint32_t)in_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = node;
	call->request.word[2] = word_pair(flags, name_length);
	place = put_bytes(call->in, name, name_length);
	put_bytes(place, value, value_length);
	return 0;
}

int32_t fs_set_xattr_prepare(struct call *call, struct client *client, uint64_t node, uint32_t flags,
                             const char *name, uint32_t name_length, const void *value, uint32_t value_length)
{
	return start_set_xattr(call_begin, call, client, node, flags, name, name_length, value, value_length);
}

int32_t fs_set_xattr_try_prepare(struct call *call, struct client *client, uint64_t node, uint32_t flags,
                                 const char *name, uint32_t name_length, const void *value,
                                 uint32_t value_length)
{
	return start_set_xattr(call_try_begin, call, client, node, flags, name, name_length, value,
	                       value_length);
}

int32_t fs_set_xattr_finish(struct call *call)
{
	return call->status;
}

int32_t fs_set_xattr(struct client *client, uint64_t node, uint32_t flags, const char *name,
                     uint32_t name_length, const void *value, uint32_t value_length)
{
	struct call call;
	int32_t error;

	error = fs_set_xattr_prepare(&call, client, node, flags, name, name_length, value, value_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_set_xattr_finish(&call);
	call_end(&call);
	return error;
}

void fs_set_xattr_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_set_xattr(struct request *request,
                                                      const struct fs_operations *operations)
{
	struct fs_set_xattr_arguments arguments;
	char name[255 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->set_xattr)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.flags = word_low(request->message.word[2]);
	arguments.name_length = word_high(request->message.word[2]);
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	arguments.value = input.bytes;
	arguments.value_length = input.length;
	if (!error)
		error = operations->set_xattr(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_set_xattr_reply(request, error);
}

/* list_xattrs */
static int32_t start_list_xattrs(begin_t begin, struct call *call, struct client *client, uint64_t node,
                                 uint32_t names_capacity)
{
	int32_t error;

	error = begin(call, client, FS_LIST_XATTRS, 0, names_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	return 0;
}

int32_t fs_list_xattrs_prepare(struct call *call, struct client *client, uint64_t node,
                               uint32_t names_capacity)
{
	return start_list_xattrs(call_begin, call, client, node, names_capacity);
}

int32_t fs_list_xattrs_try_prepare(struct call *call, struct client *client, uint64_t node,
                                   uint32_t names_capacity)
{
	return start_list_xattrs(call_try_begin, call, client, node, names_capacity);
}

int32_t fs_list_xattrs_finish(struct call *call, struct fs_list_xattrs_results *results, void *names)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results) {
		results->size = word_low(call->reply.word[2]);
		results->names_length = written;
	}
	if (names)
		copy_shared(names, call->out, written);
	return 0;
}

int32_t fs_list_xattrs(struct client *client, uint64_t node, void *names, uint32_t names_capacity,
                       struct fs_list_xattrs_results *results)
{
	struct call call;
	int32_t error;

	error = fs_list_xattrs_prepare(&call, client, node, names_capacity);
	if (error)
		return error;
	call_run(&call);
	error = fs_list_xattrs_finish(&call, results, names);
	call_end(&call);
	return error;
}

void fs_list_xattrs_reply(struct request *request, int32_t error,
                          const struct fs_list_xattrs_results *results)
{
	struct message reply = {{0}};
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->names_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = word_pair(results->size, 0);
		written = results->names_length;
	}
	request_reply(request, error, written, &reply);
}

static __attribute__((noinline)) void serve_list_xattrs(struct request *request,
                                                        const struct fs_operations *operations)
{
	struct fs_list_xattrs_arguments arguments;
	struct fs_list_xattrs_results results = {0};
	int32_t error = 0;

	if (!operations->list_xattrs)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.names = request->out;
	arguments.names_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->list_xattrs(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_list_xattrs_reply(request, error, &results);
}

/* remove_xattr */
static int32_t start_remove_xattr(begin_t begin, struct call *call, struct client *client, uint64_t node,
                                  const char *name, uint32_t name_length)
{
	int32_t error;

	if (name_length > 255)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, FS_REMOVE_XATTR, name_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = node;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t fs_remove_xattr_prepare(struct call *call, struct client *client, uint64_t node, const char *name,
                                uint32_t name_length)
{
	return start_remove_xattr(call_begin, call, client, node, name, name_length);
}

int32_t fs_remove_xattr_try_prepare(struct call *call, struct client *client, uint64_t node, const char *name,
                                    uint32_t name_length)
{
	return start_remove_xattr(call_try_begin, call, client, node, name, name_length);
}

int32_t fs_remove_xattr_finish(struct call *call)
{
	return call->status;
}

int32_t fs_remove_xattr(struct client *client, uint64_t node, const char *name, uint32_t name_length)
{
	struct call call;
	int32_t error;

	error = fs_remove_xattr_prepare(&call, client, node, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_remove_xattr_finish(&call);
	call_end(&call);
	return error;
}

void fs_remove_xattr_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_remove_xattr(struct request *request,
                                                         const struct fs_operations *operations)
{
	struct fs_remove_xattr_arguments arguments;
	char name[255 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->remove_xattr)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 255);
	if (!error)
		error = operations->remove_xattr(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_remove_xattr_reply(request, error);
}

/* test_lock */
static int32_t start_test_lock(begin_t begin, struct call *call, struct client *client, uint64_t node,
                               uint64_t owner, uint64_t start, uint64_t end, uint32_t type, uint32_t flags)
{
	int32_t error;

	error = begin(call, client, FS_TEST_LOCK, 0, 0);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = node;
	call->request.word[2] = owner;
	call->request.word[3] = start;
	call->request.word[5] = end;
	call->request.word[6] = word_pair(type, flags);
	return 0;
}

int32_t fs_test_lock_prepare(struct call *call, struct client *client, uint64_t node, uint64_t owner,
                             uint64_t start, uint64_t end, uint32_t type, uint32_t flags)
{
	return start_test_lock(call_begin, call, client, node, owner, start, end, type, flags);
}

int32_t fs_test_lock_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t owner,
                                 uint64_t start, uint64_t end, uint32_t type, uint32_t flags)
{
	return start_test_lock(call_try_begin, call, client, node, owner, start, end, type, flags);
}

int32_t fs_test_lock_finish(struct call *call, struct fs_test_lock_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->start = call->reply.word[2];
		results->end = call->reply.word[3];
		results->type = word_low(call->reply.word[4]);
		results->process = word_high(call->reply.word[4]);
	}
	return 0;
}

int32_t fs_test_lock(struct client *client, uint64_t node, uint64_t owner, uint64_t start, uint64_t end,
                     uint32_t type, uint32_t flags, struct fs_test_lock_results *results)
{
	struct call call;
	int32_t error;

	error = fs_test_lock_prepare(&call, client, node, owner, start, end, type, flags);
	if (error)
		return error;
	call_run(&call);
	error = fs_test_lock_finish(&call, results);
	call_end(&call);
	return error;
}

void fs_test_lock_reply(struct request *request, int32_t error, const struct fs_test_lock_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = results->start;
		reply.word[3] = results->end;
		reply.word[4] = word_pair(results->type, results->process);
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_test_lock(struct request *request,
                                                      const struct fs_operations *operations)
{
	struct fs_test_lock_arguments arguments;
	struct fs_test_lock_results results = {0};
	int32_t error = 0;

	if (!operations->test_lock)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.owner = request->message.word[2];
	arguments.start = request->message.word[3];
	arguments.end = request->message.word[5];
	arguments.type = word_low(request->message.word[6]);
	arguments.flags = word_high(request->message.word[6]);
	if (!error)
		error = operations->test_lock(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_test_lock_reply(request, error, &results);
}

/* set_lock */
static int32_t start_set_lock(begin_t begin, struct call *call, struct client *client, uint64_t node,
                              uint64_t owner, uint64_t start, uint64_t end, uint32_t type, uint32_t flags,
                              uint32_t process)
{
	int32_t error;

	error = begin(call, client, FS_SET_LOCK, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = node;
	call->request.word[2] = owner;
	call->request.word[3] = start;
	call->request.word[5] = end;
	call->request.word[6] = word_pair(type, flags);
	call->request.word[7] = word_pair(process, 0);
	return 0;
}

int32_t fs_set_lock_prepare(struct call *call, struct client *client, uint64_t node, uint64_t owner,
                            uint64_t start, uint64_t end, uint32_t type, uint32_t flags, uint32_t process)
{
	return start_set_lock(call_begin, call, client, node, owner, start, end, type, flags, process);
}

int32_t fs_set_lock_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t owner,
                                uint64_t start, uint64_t end, uint32_t type, uint32_t flags, uint32_t process)
{
	return start_set_lock(call_try_begin, call, client, node, owner, start, end, type, flags, process);
}

int32_t fs_set_lock_finish(struct call *call)
{
	return call->status;
}

int32_t fs_set_lock(struct client *client, uint64_t node, uint64_t owner, uint64_t start, uint64_t end,
                    uint32_t type, uint32_t flags, uint32_t process)
{
	struct call call;
	int32_t error;

	error = fs_set_lock_prepare(&call, client, node, owner, start, end, type, flags, process);
	if (error)
		return error;
	call_run(&call);
	error = fs_set_lock_finish(&call);
	call_end(&call);
	return error;
}

void fs_set_lock_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_set_lock(struct request *request,
                                                     const struct fs_operations *operations)
{
	struct fs_set_lock_arguments arguments;
	int32_t error = 0;

	if (!operations->set_lock)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.owner = request->message.word[2];
	arguments.start = request->message.word[3];
	arguments.end = request->message.word[5];
	arguments.type = word_low(request->message.word[6]);
	arguments.flags = word_high(request->message.word[6]);
	arguments.process = word_low(request->message.word[7]);
	if (!error)
		error = operations->set_lock(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_set_lock_reply(request, error);
}

/* create_unnamed */
static int32_t start_create_unnamed(begin_t begin, struct call *call, struct client *client,
                                    uint64_t directory, uint32_t mode, uint32_t umask)
{
	int32_t error;

	error = begin(call, client, FS_CREATE_UNNAMED, 0, sizeof(struct fs_attributes));
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = directory;
	call->request.word[2] = word_pair(mode, umask);
	return 0;
}

int32_t fs_create_unnamed_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                                  uint32_t umask)
{
	return start_create_unnamed(call_begin, call, client, directory, mode, umask);
}

int32_t fs_create_unnamed_try_prepare(struct call *call, struct client *client, uint64_t directory,
                                      uint32_t mode, uint32_t umask)
{
	return start_create_unnamed(call_try_begin, call, client, directory, mode, umask);
}

int32_t fs_create_unnamed_finish(struct call *call, struct fs_attributes *attributes)
{
	if (call->status)
		return call->status;
	if (word_high(call->reply.word[1]) != sizeof(*attributes))
		return POSIX_EBADMSG;
	if (attributes)
		copy_shared(attributes, call->out, sizeof(*attributes));
	return 0;
}

int32_t fs_create_unnamed(struct client *client, uint64_t directory, uint32_t mode, uint32_t umask,
                          struct fs_attributes *attributes)
{
	struct call call;
	int32_t error;

	error = fs_create_unnamed_prepare(&call, client, directory, mode, umask);
	if (error)
		return error;
	call_run(&call);
	error = fs_create_unnamed_finish(&call, attributes);
	call_end(&call);
	return error;
}

void fs_create_unnamed_reply(struct request *request, int32_t error, const struct fs_attributes *attributes)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error) {
		memcpy(request->out, attributes, sizeof(*attributes));
		written = sizeof(*attributes);
	}
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_create_unnamed(struct request *request,
                                                           const struct fs_operations *operations)
{
	struct fs_create_unnamed_arguments arguments;
	struct fs_attributes attributes = {0};
	int32_t error = 0;

	if (!operations->create_unnamed)
		error = POSIX_ENOSYS;
	else if (request->in || !request->out || request->out_length < sizeof(attributes))
		error = POSIX_EBADMSG;
	arguments.directory = request->message.word[1];
	arguments.mode = word_low(request->message.word[2]);
	arguments.umask = word_high(request->message.word[2]);
	arguments.attributes = &attributes;
	if (!error)
		error = operations->create_unnamed(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_create_unnamed_reply(request, error, &attributes);
}

/* sync_all */
static int32_t start_sync_all(begin_t begin, struct call *call, struct client *client)
{
	int32_t error;

	error = begin(call, client, FS_SYNC_ALL, 0, 0);
	if (error)
		return error;
	call_session(call, false);
	return 0;
}

int32_t fs_sync_all_prepare(struct call *call, struct client *client)
{
	return start_sync_all(call_begin, call, client);
}

int32_t fs_sync_all_try_prepare(struct call *call, struct client *client)
{
	return start_sync_all(call_try_begin, call, client);
}

int32_t fs_sync_all_finish(struct call *call)
{
	return call->status;
}

int32_t fs_sync_all(struct client *client)
{
	struct call call;
	int32_t error;

	error = fs_sync_all_prepare(&call, client);
	if (error)
		return error;
	call_run(&call);
	error = fs_sync_all_finish(&call);
	call_end(&call);
	return error;
}

void fs_sync_all_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_sync_all(struct request *request,
                                                     const struct fs_operations *operations)
{
	int32_t error = 0;

	if (!operations->sync_all)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	if (!error)
		error = operations->sync_all(request);
	if (error != REQUEST_DETACHED)
		fs_sync_all_reply(request, error);
}

/* watch */
static int32_t start_watch(begin_t begin, struct call *call, struct client *client, uint32_t events_capacity)
{
	int32_t error;

	error = begin(call, client, FS_WATCH, 0, events_capacity);
	if (error)
		return error;
	call_session(call, false);
	return 0;
}

int32_t fs_watch_prepare(struct call *call, struct client *client, uint32_t events_capacity)
{
	return start_watch(call_begin, call, client, events_capacity);
}

int32_t fs_watch_try_prepare(struct call *call, struct client *client, uint32_t events_capacity)
{
	return start_watch(call_try_begin, call, client, events_capacity);
}

int32_t fs_watch_finish(struct call *call, struct fs_watch_results *results, void *events)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->events_length = written;
	if (events)
		copy_shared(events, call->out, written);
	return 0;
}

int32_t fs_watch(struct client *client, void *events, uint32_t events_capacity,
                 struct fs_watch_results *results)
{
	struct call call;
	int32_t error;

	error = fs_watch_prepare(&call, client, events_capacity);
	if (error)
		return error;
	call_run(&call);
	error = fs_watch_finish(&call, results, events);
	call_end(&call);
	return error;
}

void fs_watch_reply(struct request *request, int32_t error, const struct fs_watch_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->events_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->events_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_watch(struct request *request,
                                                  const struct fs_operations *operations)
{
	struct fs_watch_arguments arguments;
	struct fs_watch_results results = {0};
	int32_t error = 0;

	if (!operations->watch)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.events = request->out;
	arguments.events_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->watch(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_watch_reply(request, error, &results);
}

/* offer_ticket */
static int32_t start_offer_ticket(begin_t begin, struct call *call, struct client *client, uint64_t node,
                                  uint64_t process, uint32_t rights)
{
	int32_t error;

	error = begin(call, client, FS_OFFER_TICKET, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = node;
	call->request.word[2] = process;
	call->request.word[3] = word_pair(rights, 0);
	return 0;
}

int32_t fs_offer_ticket_prepare(struct call *call, struct client *client, uint64_t node, uint64_t process,
                                uint32_t rights)
{
	return start_offer_ticket(call_begin, call, client, node, process, rights);
}

int32_t fs_offer_ticket_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t process,
                                    uint32_t rights)
{
	return start_offer_ticket(call_try_begin, call, client, node, process, rights);
}

int32_t fs_offer_ticket_finish(struct call *call, struct fs_offer_ticket_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->ticket = call->reply.word[2];
		results->secret = call->reply.word[3];
	}
	return 0;
}

int32_t fs_offer_ticket(struct client *client, uint64_t node, uint64_t process, uint32_t rights,
                        struct fs_offer_ticket_results *results)
{
	struct call call;
	int32_t error;

	error = fs_offer_ticket_prepare(&call, client, node, process, rights);
	if (error)
		return error;
	call_run(&call);
	error = fs_offer_ticket_finish(&call, results);
	call_end(&call);
	return error;
}

void fs_offer_ticket_reply(struct request *request, int32_t error,
                           const struct fs_offer_ticket_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = results->ticket;
		reply.word[3] = results->secret;
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_offer_ticket(struct request *request,
                                                         const struct fs_operations *operations)
{
	struct fs_offer_ticket_arguments arguments;
	struct fs_offer_ticket_results results = {0};
	int32_t error = 0;

	if (!operations->offer_ticket)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.node = request->message.word[1];
	arguments.process = request->message.word[2];
	arguments.rights = word_low(request->message.word[3]);
	if (!error)
		error = operations->offer_ticket(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_offer_ticket_reply(request, error, &results);
}

/* withdraw_ticket */
static int32_t start_withdraw_ticket(begin_t begin, struct call *call, struct client *client, uint64_t ticket)
{
	int32_t error;

	error = begin(call, client, FS_WITHDRAW_TICKET, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = ticket;
	return 0;
}

int32_t fs_withdraw_ticket_prepare(struct call *call, struct client *client, uint64_t ticket)
{
	return start_withdraw_ticket(call_begin, call, client, ticket);
}

int32_t fs_withdraw_ticket_try_prepare(struct call *call, struct client *client, uint64_t ticket)
{
	return start_withdraw_ticket(call_try_begin, call, client, ticket);
}

int32_t fs_withdraw_ticket_finish(struct call *call)
{
	return call->status;
}

int32_t fs_withdraw_ticket(struct client *client, uint64_t ticket)
{
	struct call call;
	int32_t error;

	error = fs_withdraw_ticket_prepare(&call, client, ticket);
	if (error)
		return error;
	call_run(&call);
	error = fs_withdraw_ticket_finish(&call);
	call_end(&call);
	return error;
}

void fs_withdraw_ticket_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_withdraw_ticket(struct request *request,
                                                            const struct fs_operations *operations)
{
	struct fs_withdraw_ticket_arguments arguments;
	int32_t error = 0;

	if (!operations->withdraw_ticket)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.ticket = request->message.word[1];
	if (!error)
		error = operations->withdraw_ticket(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_withdraw_ticket_reply(request, error);
}

/* redeem_ticket */
static int32_t start_redeem_ticket(begin_t begin, struct call *call, struct client *client, uint64_t ticket,
                                   uint64_t secret)
{
	int32_t error;

	error = begin(call, client, FS_REDEEM_TICKET, 0, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = ticket;
	call->request.word[2] = secret;
	return 0;
}

int32_t fs_redeem_ticket_prepare(struct call *call, struct client *client, uint64_t ticket, uint64_t secret)
{
	return start_redeem_ticket(call_begin, call, client, ticket, secret);
}

int32_t fs_redeem_ticket_try_prepare(struct call *call, struct client *client, uint64_t ticket,
                                     uint64_t secret)
{
	return start_redeem_ticket(call_try_begin, call, client, ticket, secret);
}

int32_t fs_redeem_ticket_finish(struct call *call)
{
	return call->status;
}

int32_t fs_redeem_ticket(struct client *client, uint64_t ticket, uint64_t secret)
{
	struct call call;
	int32_t error;

	error = fs_redeem_ticket_prepare(&call, client, ticket, secret);
	if (error)
		return error;
	call_run(&call);
	error = fs_redeem_ticket_finish(&call);
	call_end(&call);
	return error;
}

void fs_redeem_ticket_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_redeem_ticket(struct request *request,
                                                          const struct fs_operations *operations)
{
	struct fs_redeem_ticket_arguments arguments;
	int32_t error = 0;

	if (!operations->redeem_ticket)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.ticket = request->message.word[1];
	arguments.secret = request->message.word[2];
	if (!error)
		error = operations->redeem_ticket(request, &arguments);
	if (error != REQUEST_DETACHED)
		fs_redeem_ticket_reply(request, error);
}

/* read_opened */
static int32_t start_read_opened(begin_t begin, struct call *call, struct client *client, uint64_t ticket,
                                 uint64_t offset, uint32_t data_capacity)
{
	int32_t error;

	error = begin(call, client, FS_READ_OPENED, 0, data_capacity);
	if (error)
		return error;
	call_session(call, false);
	call->request.word[1] = ticket;
	call->request.word[2] = offset;
	return 0;
}

int32_t fs_read_opened_prepare(struct call *call, struct client *client, uint64_t ticket, uint64_t offset,
                               uint32_t data_capacity)
{
	return start_read_opened(call_begin, call, client, ticket, offset, data_capacity);
}

int32_t fs_read_opened_try_prepare(struct call *call, struct client *client, uint64_t ticket, uint64_t offset,
                                   uint32_t data_capacity)
{
	return start_read_opened(call_try_begin, call, client, ticket, offset, data_capacity);
}

int32_t fs_read_opened_finish(struct call *call, struct fs_read_opened_results *results, void *data)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->data_length = written;
	if (data)
		copy_shared(data, call->out, written);
	return 0;
}

int32_t fs_read_opened(struct client *client, uint64_t ticket, uint64_t offset, void *data,
                       uint32_t data_capacity, struct fs_read_opened_results *results)
{
	struct call call;
	int32_t error;

	error = fs_read_opened_prepare(&call, client, ticket, offset, data_capacity);
	if (error)
		return error;
	call_run(&call);
	error = fs_read_opened_finish(&call, results, data);
	call_end(&call);
	return error;
}

void fs_read_opened_reply(struct request *request, int32_t error,
                          const struct fs_read_opened_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->data_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->data_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_read_opened(struct request *request,
                                                        const struct fs_operations *operations)
{
	struct fs_read_opened_arguments arguments;
	struct fs_read_opened_results results = {0};
	int32_t error = 0;

	if (!operations->read_opened)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.ticket = request->message.word[1];
	arguments.offset = request->message.word[2];
	arguments.data = request->out;
	arguments.data_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->read_opened(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_read_opened_reply(request, error, &results);
}

/* write_opened */
static int32_t start_write_opened(begin_t begin, struct call *call, struct client *client, uint64_t ticket,
                                  uint64_t offset, const void *data, uint32_t data_length)
{
	int32_t error;

	error = begin(call, client, FS_WRITE_OPENED, data_length, 0);
	if (error)
		return error;
	call_session(call, true);
	call->request.word[1] = ticket;
	call->request.word[2] = offset;
	put_bytes(call->in, data, data_length);
	return 0;
}

int32_t fs_write_opened_prepare(struct call *call, struct client *client, uint64_t ticket, uint64_t offset,
                                const void *data, uint32_t data_length)
{
	return start_write_opened(call_begin, call, client, ticket, offset, data, data_length);
}

int32_t fs_write_opened_try_prepare(struct call *call, struct client *client, uint64_t ticket,
                                    uint64_t offset, const void *data, uint32_t data_length)
{
	return start_write_opened(call_try_begin, call, client, ticket, offset, data, data_length);
}

int32_t fs_write_opened_finish(struct call *call, struct fs_write_opened_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->offset = call->reply.word[2];
		results->length = word_low(call->reply.word[3]);
	}
	return 0;
}

int32_t fs_write_opened(struct client *client, uint64_t ticket, uint64_t offset, const void *data,
                        uint32_t data_length, struct fs_write_opened_results *results)
{
	struct call call;
	int32_t error;

	error = fs_write_opened_prepare(&call, client, ticket, offset, data, data_length);
	if (error)
		return error;
	call_run(&call);
	error = fs_write_opened_finish(&call, results);
	call_end(&call);
	return error;
}

void fs_write_opened_reply(struct request *request, int32_t error,
                           const struct fs_write_opened_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = results->offset;
		reply.word[3] = word_pair(results->length, 0);
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_write_opened(struct request *request,
                                                         const struct fs_operations *operations)
{
	struct fs_write_opened_arguments arguments;
	struct fs_write_opened_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->write_opened)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.ticket = request->message.word[1];
	arguments.offset = request->message.word[2];
	arguments.data = input.bytes;
	arguments.data_length = input.length;
	if (!error)
		error = operations->write_opened(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		fs_write_opened_reply(request, error, &results);
}

static void fs_dispatch(struct request *request, const void *operations)
{
	switch (message_op(&request->message)) {
	case FS_LOOKUP:
		serve_lookup(request, operations);
		break;
	case FS_FORGET:
		serve_forget(request, operations);
		break;
	case FS_GET_ATTRIBUTES:
		serve_get_attributes(request, operations);
		break;
	case FS_SET_ATTRIBUTES:
		serve_set_attributes(request, operations);
		break;
	case FS_READ:
		serve_read(request, operations);
		break;
	case FS_WRITE:
		serve_write(request, operations);
		break;
	case FS_CREATE:
		serve_create(request, operations);
		break;
	case FS_MAKE_DIRECTORY:
		serve_make_directory(request, operations);
		break;
	case FS_SYMLINK:
		serve_symlink(request, operations);
		break;
	case FS_LINK:
		serve_link(request, operations);
		break;
	case FS_UNLINK:
		serve_unlink(request, operations);
		break;
	case FS_REMOVE_DIRECTORY:
		serve_remove_directory(request, operations);
		break;
	case FS_RENAME:
		serve_rename(request, operations);
		break;
	case FS_READLINK:
		serve_readlink(request, operations);
		break;
	case FS_READDIR:
		serve_readdir(request, operations);
		break;
	case FS_STATISTICS:
		serve_statistics(request, operations);
		break;
	case FS_SYNC:
		serve_sync(request, operations);
		break;
	case FS_ACCESS:
		serve_access(request, operations);
		break;
	case FS_READDIR_ATTRIBUTES:
		serve_readdir_attributes(request, operations);
		break;
	case FS_ALLOCATE:
		serve_allocate(request, operations);
		break;
	case FS_SEEK:
		serve_seek(request, operations);
		break;
	case FS_COPY_RANGE:
		serve_copy_range(request, operations);
		break;
	case FS_GET_XATTR:
		serve_get_xattr(request, operations);
		break;
	case FS_SET_XATTR:
		serve_set_xattr(request, operations);
		break;
	case FS_LIST_XATTRS:
		serve_list_xattrs(request, operations);
		break;
	case FS_REMOVE_XATTR:
		serve_remove_xattr(request, operations);
		break;
	case FS_TEST_LOCK:
		serve_test_lock(request, operations);
		break;
	case FS_SET_LOCK:
		serve_set_lock(request, operations);
		break;
	case FS_CREATE_UNNAMED:
		serve_create_unnamed(request, operations);
		break;
	case FS_SYNC_ALL:
		serve_sync_all(request, operations);
		break;
	case FS_WATCH:
		serve_watch(request, operations);
		break;
	case FS_OFFER_TICKET:
		serve_offer_ticket(request, operations);
		break;
	case FS_WITHDRAW_TICKET:
		serve_withdraw_ticket(request, operations);
		break;
	case FS_REDEEM_TICKET:
		serve_redeem_ticket(request, operations);
		break;
	case FS_READ_OPENED:
		serve_read_opened(request, operations);
		break;
	case FS_WRITE_OPENED:
		serve_write_opened(request, operations);
		break;
	default:
		request_reply(request, POSIX_ENOSYS, 0, NULL);
	}
}

static const struct field_description arguments_of_lookup[] = {
	{"directory", "u64", 1, 0},
	{"name", "string(255)", 0, 0},
	{"attributes", "out attributes", 0, 0},
};

static const struct field_description arguments_of_forget[] = {
	{"node", "u64", 1, 0},
	{"count", "u64", 2, 0},
};

static const struct field_description arguments_of_get_attributes[] = {
	{"node", "u64", 1, 0},
	{"attributes", "out attributes", 0, 0},
};

static const struct field_description arguments_of_set_attributes[] = {
	{"node", "u64", 1, 0},
	{"valid", "u32", 2, 0},
	{"values", "in attributes", 0, 0},
	{"attributes", "out attributes", 0, 0},
};

static const struct field_description arguments_of_read[] = {
	{"node", "u64", 1, 0},
	{"offset", "u64", 2, 0},
	{"data", "out", 0, 0},
};

static const struct field_description arguments_of_write[] = {
	{"node", "u64", 1, 0},
	{"offset", "u64", 2, 0},
	{"flags", "u32", 3, 0},
	{"data", "in", 0, 0},
};

static const struct field_description results_of_write[] = {
	{"offset", "u64", 2, 0},
	{"length", "u32", 3, 0},
};

static const struct field_description arguments_of_create[] = {
	{"directory", "u64", 1, 0},
	{"mode", "u32", 2, 0},
	{"umask", "u32", 2, 32},
	{"device", "u32", 3, 0},
	{"name", "string(255)", 0, 0},
	{"attributes", "out attributes", 0, 0},
};

static const struct field_description arguments_of_make_directory[] = {
	{"directory", "u64", 1, 0},
	{"mode", "u32", 2, 0},
	{"umask", "u32", 2, 32},
	{"name", "string(255)", 0, 0},
	{"attributes", "out attributes", 0, 0},
};

static const struct field_description arguments_of_symlink[] = {
	{"directory", "u64", 1, 0},
	{"name", "string(255)", 0, 0},
	{"target", "string(4095)", 0, 0},
	{"attributes", "out attributes", 0, 0},
	{"name_length", "u32", 2, 0},
};

static const struct field_description arguments_of_link[] = {
	{"node", "u64", 1, 0},
	{"directory", "u64", 2, 0},
	{"name", "string(255)", 0, 0},
	{"attributes", "out attributes", 0, 0},
};

static const struct field_description arguments_of_unlink[] = {
	{"directory", "u64", 1, 0},
	{"name", "string(255)", 0, 0},
};

static const struct field_description arguments_of_remove_directory[] = {
	{"directory", "u64", 1, 0},
	{"name", "string(255)", 0, 0},
};

static const struct field_description arguments_of_rename[] = {
	{"directory", "u64", 1, 0},
	{"new_directory", "u64", 2, 0},
	{"flags", "u32", 3, 0},
	{"name", "string(255)", 0, 0},
	{"new_name", "string(255)", 0, 0},
	{"name_length", "u32", 3, 32},
};

static const struct field_description arguments_of_readlink[] = {
	{"node", "u64", 1, 0},
	{"target", "out", 0, 0},
};

static const struct field_description arguments_of_readdir[] = {
	{"directory", "u64", 1, 0},
	{"cookie", "u64", 2, 0},
	{"entries", "out", 0, 0},
};

static const struct field_description arguments_of_statistics[] = {
	{"node", "u64", 1, 0},
	{"statistics", "out statistics", 0, 0},
};

static const struct field_description arguments_of_sync[] = {
	{"node", "u64", 1, 0},
};

static const struct field_description arguments_of_access[] = {
	{"node", "u64", 1, 0},
	{"mask", "u32", 2, 0},
};

static const struct field_description arguments_of_readdir_attributes[] = {
	{"directory", "u64", 1, 0},
	{"cookie", "u64", 2, 0},
	{"entries", "out", 0, 0},
};

static const struct field_description arguments_of_allocate[] = {
	{"node", "u64", 1, 0},
	{"offset", "u64", 2, 0},
	{"length", "u64", 3, 0},
	{"mode", "u32", 5, 0},
};

static const struct field_description arguments_of_seek[] = {
	{"node", "u64", 1, 0},
	{"offset", "u64", 2, 0},
	{"whence", "u32", 3, 0},
};

static const struct field_description results_of_seek[] = {
	{"offset", "u64", 2, 0},
};

static const struct field_description arguments_of_copy_range[] = {
	{"node", "u64", 1, 0},
	{"offset", "u64", 2, 0},
	{"to", "u64", 3, 0},
	{"to_offset", "u64", 5, 0},
	{"length", "u32", 6, 0},
};

static const struct field_description results_of_copy_range[] = {
	{"length", "u32", 2, 0},
};

static const struct field_description arguments_of_get_xattr[] = {
	{"node", "u64", 1, 0},
	{"name", "string(255)", 0, 0},
	{"value", "out", 0, 0},
};

static const struct field_description results_of_get_xattr[] = {
	{"size", "u32", 2, 0},
};

static const struct field_description arguments_of_set_xattr[] = {
	{"node", "u64", 1, 0},
	{"flags", "u32", 2, 0},
	{"name", "string(255)", 0, 0},
	{"value", "in", 0, 0},
	{"name_length", "u32", 2, 32},
};

static const struct field_description arguments_of_list_xattrs[] = {
	{"node", "u64", 1, 0},
	{"names", "out", 0, 0},
};

static const struct field_description results_of_list_xattrs[] = {
	{"size", "u32", 2, 0},
};

static const struct field_description arguments_of_remove_xattr[] = {
	{"node", "u64", 1, 0},
	{"name", "string(255)", 0, 0},
};

static const struct field_description arguments_of_test_lock[] = {
	{"node", "u64", 1, 0},
	{"owner", "u64", 2, 0},
	{"start", "u64", 3, 0},
	{"end", "u64", 5, 0},
	{"type", "u32", 6, 0},
	{"flags", "u32", 6, 32},
};

static const struct field_description results_of_test_lock[] = {
	{"start", "u64", 2, 0},
	{"end", "u64", 3, 0},
	{"type", "u32", 4, 0},
	{"process", "u32", 4, 32},
};

static const struct field_description arguments_of_set_lock[] = {
	{"node", "u64", 1, 0},
	{"owner", "u64", 2, 0},
	{"start", "u64", 3, 0},
	{"end", "u64", 5, 0},
	{"type", "u32", 6, 0},
	{"flags", "u32", 6, 32},
	{"process", "u32", 7, 0},
};

static const struct field_description arguments_of_create_unnamed[] = {
	{"directory", "u64", 1, 0},
	{"mode", "u32", 2, 0},
	{"umask", "u32", 2, 32},
	{"attributes", "out attributes", 0, 0},
};

static const struct field_description arguments_of_watch[] = {
	{"events", "out", 0, 0},
};

static const struct field_description arguments_of_offer_ticket[] = {
	{"node", "u64", 1, 0},
	{"process", "u64", 2, 0},
	{"rights", "u32", 3, 0},
};

static const struct field_description results_of_offer_ticket[] = {
	{"ticket", "u64", 2, 0},
	{"secret", "u64", 3, 0},
};

static const struct field_description arguments_of_withdraw_ticket[] = {
	{"ticket", "u64", 1, 0},
};

static const struct field_description arguments_of_redeem_ticket[] = {
	{"ticket", "u64", 1, 0},
	{"secret", "u64", 2, 0},
};

static const struct field_description arguments_of_read_opened[] = {
	{"ticket", "u64", 1, 0},
	{"offset", "u64", 2, 0},
	{"data", "out", 0, 0},
};

static const struct field_description arguments_of_write_opened[] = {
	{"ticket", "u64", 1, 0},
	{"offset", "u64", 2, 0},
	{"data", "in", 0, 0},
};

static const struct field_description results_of_write_opened[] = {
	{"offset", "u64", 2, 0},
	{"length", "u32", 3, 0},
};

static const struct operation_description fs_descriptions[] = {
	{
		.number = FS_LOOKUP,
		.changes = false,
		.name = "lookup",
		.arguments = arguments_of_lookup,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = FS_FORGET,
		.changes = false,
		.name = "forget",
		.arguments = arguments_of_forget,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = FS_GET_ATTRIBUTES,
		.changes = false,
		.name = "get_attributes",
		.arguments = arguments_of_get_attributes,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = FS_SET_ATTRIBUTES,
		.changes = true,
		.name = "set_attributes",
		.arguments = arguments_of_set_attributes,
		.results = NULL,
		.argument_count = 4,
		.result_count = 0,
	},
	{
		.number = FS_READ,
		.changes = false,
		.name = "read",
		.arguments = arguments_of_read,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = FS_WRITE,
		.changes = true,
		.name = "write",
		.arguments = arguments_of_write,
		.results = results_of_write,
		.argument_count = 4,
		.result_count = 2,
	},
	{
		.number = FS_CREATE,
		.changes = true,
		.name = "create",
		.arguments = arguments_of_create,
		.results = NULL,
		.argument_count = 6,
		.result_count = 0,
	},
	{
		.number = FS_MAKE_DIRECTORY,
		.changes = true,
		.name = "make_directory",
		.arguments = arguments_of_make_directory,
		.results = NULL,
		.argument_count = 5,
		.result_count = 0,
	},
	{
		.number = FS_SYMLINK,
		.changes = true,
		.name = "symlink",
		.arguments = arguments_of_symlink,
		.results = NULL,
		.argument_count = 5,
		.result_count = 0,
	},
	{
		.number = FS_LINK,
		.changes = true,
		.name = "link",
		.arguments = arguments_of_link,
		.results = NULL,
		.argument_count = 4,
		.result_count = 0,
	},
	{
		.number = FS_UNLINK,
		.changes = true,
		.name = "unlink",
		.arguments = arguments_of_unlink,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = FS_REMOVE_DIRECTORY,
		.changes = true,
		.name = "remove_directory",
		.arguments = arguments_of_remove_directory,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = FS_RENAME,
		.changes = true,
		.name = "rename",
		.arguments = arguments_of_rename,
		.results = NULL,
		.argument_count = 6,
		.result_count = 0,
	},
	{
		.number = FS_READLINK,
		.changes = false,
		.name = "readlink",
		.arguments = arguments_of_readlink,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = FS_READDIR,
		.changes = false,
		.name = "readdir",
		.arguments = arguments_of_readdir,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = FS_STATISTICS,
		.changes = false,
		.name = "statistics",
		.arguments = arguments_of_statistics,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = FS_SYNC,
		.changes = false,
		.name = "sync",
		.arguments = arguments_of_sync,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = FS_ACCESS,
		.changes = false,
		.name = "access",
		.arguments = arguments_of_access,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = FS_READDIR_ATTRIBUTES,
		.changes = false,
		.name = "readdir_attributes",
		.arguments = arguments_of_readdir_attributes,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = FS_ALLOCATE,
		.changes = true,
		.name = "allocate",
		.arguments = arguments_of_allocate,
		.results = NULL,
		.argument_count = 4,
		.result_count = 0,
	},
	{
		.number = FS_SEEK,
		.changes = false,
		.name = "seek",
		.arguments = arguments_of_seek,
		.results = results_of_seek,
		.argument_count = 3,
		.result_count = 1,
	},
	{
		.number = FS_COPY_RANGE,
		.changes = true,
		.name = "copy_range",
		.arguments = arguments_of_copy_range,
		.results = results_of_copy_range,
		.argument_count = 5,
		.result_count = 1,
	},
	{
		.number = FS_GET_XATTR,
		.changes = false,
		.name = "get_xattr",
		.arguments = arguments_of_get_xattr,
		.results = results_of_get_xattr,
		.argument_count = 3,
		.result_count = 1,
	},
	{
		.number = FS_SET_XATTR,
		.changes = true,
		.name = "set_xattr",
		.arguments = arguments_of_set_xattr,
		.results = NULL,
		.argument_count = 5,
		.result_count = 0,
	},
	{
		.number = FS_LIST_XATTRS,
		.changes = false,
		.name = "list_xattrs",
		.arguments = arguments_of_list_xattrs,
		.results = results_of_list_xattrs,
		.argument_count = 2,
		.result_count = 1,
	},
	{
		.number = FS_REMOVE_XATTR,
		.changes = true,
		.name = "remove_xattr",
		.arguments = arguments_of_remove_xattr,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = FS_TEST_LOCK,
		.changes = false,
		.name = "test_lock",
		.arguments = arguments_of_test_lock,
		.results = results_of_test_lock,
		.argument_count = 6,
		.result_count = 4,
	},
	{
		.number = FS_SET_LOCK,
		.changes = true,
		.name = "set_lock",
		.arguments = arguments_of_set_lock,
		.results = NULL,
		.argument_count = 7,
		.result_count = 0,
	},
	{
		.number = FS_CREATE_UNNAMED,
		.changes = true,
		.name = "create_unnamed",
		.arguments = arguments_of_create_unnamed,
		.results = NULL,
		.argument_count = 4,
		.result_count = 0,
	},
	{
		.number = FS_SYNC_ALL,
		.changes = false,
		.name = "sync_all",
		.arguments = NULL,
		.results = NULL,
		.argument_count = 0,
		.result_count = 0,
	},
	{
		.number = FS_WATCH,
		.changes = false,
		.name = "watch",
		.arguments = arguments_of_watch,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = FS_OFFER_TICKET,
		.changes = true,
		.name = "offer_ticket",
		.arguments = arguments_of_offer_ticket,
		.results = results_of_offer_ticket,
		.argument_count = 3,
		.result_count = 2,
	},
	{
		.number = FS_WITHDRAW_TICKET,
		.changes = true,
		.name = "withdraw_ticket",
		.arguments = arguments_of_withdraw_ticket,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = FS_REDEEM_TICKET,
		.changes = true,
		.name = "redeem_ticket",
		.arguments = arguments_of_redeem_ticket,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = FS_READ_OPENED,
		.changes = false,
		.name = "read_opened",
		.arguments = arguments_of_read_opened,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = FS_WRITE_OPENED,
		.changes = true,
		.name = "write_opened",
		.arguments = arguments_of_write_opened,
		.results = results_of_write_opened,
		.argument_count = 3,
		.result_count = 2,
	},
};

const struct protocol fs_protocol = {
	.number = 3,
	.version = 2,
	.sessions = true,
	.name = "fs",
	.operations = fs_descriptions,
	.operation_count = 36,
	.dispatch = fs_dispatch,
};

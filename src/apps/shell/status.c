/* What a status means (text.h). */
#include "text.h"

#include <drydock/abi/error.h>
#include <drydock/posix.h>

struct meaning {
	int32_t status;
	const char *text;
};

/* The words are POSIX's, as C libraries have them. */
static const struct meaning posix_meanings[] = {
	{POSIX_EPERM, "Operation not permitted"},
	{POSIX_ENOENT, "No such file or directory"},
	{POSIX_ESRCH, "No such process"},
	{POSIX_EINTR, "Interrupted system call"},
	{POSIX_EIO, "Input/output error"},
	{POSIX_E2BIG, "Argument list too long"},
	{POSIX_EBADF, "Bad file descriptor"},
	{POSIX_EAGAIN, "Resource temporarily unavailable"},
	{POSIX_ENOMEM, "Cannot allocate memory"},
	{POSIX_EACCES, "Permission denied"},
	{POSIX_EFAULT, "Bad address"},
	{POSIX_EBUSY, "Device or resource busy"},
	{POSIX_EEXIST, "File exists"},
	{POSIX_EXDEV, "Invalid cross-device link"},
	{POSIX_ENODEV, "No such device"},
	{POSIX_ENOTDIR, "Not a directory"},
	{POSIX_EISDIR, "Is a directory"},
	{POSIX_EINVAL, "Invalid argument"},
	{POSIX_ENFILE, "Too many open files in system"},
	{POSIX_EMFILE, "Too many open files"},
	{POSIX_ENOTTY, "Inappropriate ioctl for device"},
	{POSIX_ETXTBSY, "Text file busy"},
	{POSIX_EFBIG, "File too large"},
	{POSIX_ENOSPC, "No space left on device"},
	{POSIX_ESPIPE, "Illegal seek"},
	{POSIX_EROFS, "Read-only file system"},
	{POSIX_EMLINK, "Too many links"},
	{POSIX_ERANGE, "Numerical result out of range"},
	{POSIX_EDEADLK, "Resource deadlock avoided"},
	{POSIX_ENAMETOOLONG, "File name too long"},
	{POSIX_ENOLCK, "No locks available"},
	{POSIX_ENOSYS, "Function not implemented"},
	{POSIX_ENOTEMPTY, "Directory not empty"},
	{POSIX_ELOOP, "Too many levels of symbolic links"},
	{POSIX_ENODATA, "No data available"},
	{POSIX_EPROTO, "Protocol error"},
	{POSIX_EBADMSG, "Bad message"},
	{POSIX_EOVERFLOW, "Value too large for defined data type"},
	{POSIX_EOPNOTSUPP, "Operation not supported"},
	{POSIX_ETIMEDOUT, "Connection timed out"},
	{POSIX_ESTALE, "Stale file handle"},
	{POSIX_EDQUOT, "Disk quota exceeded"},
	{POSIX_ECANCELED, "Operation canceled"},
};

static const struct meaning kernel_meanings[] = {
	{E_OK, "Success"},
	{E_PORT_INVALID, "No such port"},
	{E_PORT_FULL, "The port is full"},
	{E_NO_RIGHTS, "A right is missing"},
	{E_INVAL, "The kernel refused an argument"},
	{E_NOMEM, "The machine has no memory left"},
	{E_CAP_INVALID, "The capability is no longer valid"},
	{E_PROCESS_NOT_FOUND, "No such process"},
	{E_NOT_OWNER, "Only the owner may do this"},
	{E_ALIGN, "A size is not aligned"},
	{E_INVALID_SYSCALL, "The kernel does not know this system call"},
	{E_TIMED_OUT, "The server did not answer in time"},
	{E_PEER_DEAD, "The server died or closed the connection"},
	{E_WOULD_BLOCK, "Nothing is there yet"},
	{E_QUOTA, "The quota of this command's role is used up"},
	{E_VIOLATION, "The server broke the rules of its connection"},
	{E_CANCELLED, "The call was cancelled"},
	{E_REFUSED, "The server refused the connection"},
	{E_EXISTS, "The name is taken"},
	{E_BUSY, "In use"},
	{E_IO, "The machine beneath failed"},
	{E_TOO_LARGE, "Too large for the connection"},
};

static const char *find(const struct meaning *meanings, size_t count, int64_t status)
{
	for (size_t index = 0; index < count; index++)
		if (meanings[index].status == status)
			return meanings[index].text;
	return "Unknown error";
}

const char *text_status(int32_t status)
{
	if (status > 0)
		return find(posix_meanings, sizeof(posix_meanings) / sizeof(posix_meanings[0]), status);
	return find(kernel_meanings, sizeof(kernel_meanings) / sizeof(kernel_meanings[0]), -(int64_t)status);
}

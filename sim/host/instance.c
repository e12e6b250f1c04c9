/* The instance directory (instance.h). */
#include "instance.h"

#include "mount_point.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What an instance keeps while it runs, but for the lock, which goes last. */
static const char *const kept_files[] = {"control", "pid", "mount", "console"};

static bool fail(char *error, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static bool fail(char *error, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, size, format, arguments);
	va_end(arguments);
	return false;
}

bool instance_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (length < 1 || length > INSTANCE_NAME_MAXIMUM || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == length;
}

/* The directory that holds all instances of this user. */
static void parent_path(char *path, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat status;

	if (runtime != NULL && runtime[0] == '/' && stat(runtime, &status) == 0 && S_ISDIR(status.st_mode) &&
	    status.st_uid == geteuid())
		snprintf(path, size, "%s/drydock", runtime);
	else if (geteuid() == 0)
		snprintf(path, size, "/run/drydock");
	else
		snprintf(path, size, "/tmp/drydock-%u", (unsigned)geteuid());
}

bool instance_path(const char *name, char *path, size_t size, char *error, size_t error_size)
{
	char parent[INSTANCE_PATH_SIZE - INSTANCE_NAME_MAXIMUM - 1];
	int length;

	if (!instance_name_valid(name))
		return fail(error, error_size,
		            "'%s' is no name for an instance: 1 to %d of A-Z a-z 0-9 _ . - are wanted", name,
		            INSTANCE_NAME_MAXIMUM);
	parent_path(parent, sizeof(parent));
	length = snprintf(path, size, "%s/%s", parent, name);
	if (length < 0 || (size_t)length >= size || strlen(parent) + 1 >= sizeof(parent))
		return fail(error, error_size, "the path of the runtime directory is too long: %s", parent);
	return true;
}

/* Makes `path` or takes it as it is, if nobody else can have prepared it for us. */
static bool private_directory(const char *path, char *error, size_t size)
{
	struct stat status;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail(error, size, "cannot make the directory %s: %s", path, strerror(errno));
	if (lstat(path, &status) != 0)
		return fail(error, size, "cannot look at %s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return fail(error, size, "%s is not a directory; remove it", path);
	if (status.st_uid != geteuid())
		return fail(error, size, "%s belongs to somebody else (uid %u); it cannot be trusted", path,
		            (unsigned)status.st_uid);
	if ((status.st_mode & 077) != 0)
		return fail(error, size, "%s is open to others; make it private by: chmod 700 %s", path,
		            path);
	return true;
}

enum lock_result { LOCK_TAKEN, LOCK_STALE, LOCK_FAILED };

/* The lock file may go between our open and our flock, with the directory: then it is stale. */
static enum lock_result take_lock(struct instance *instance, char *error, size_t size)
{
	struct stat opened, present;

	instance->lock = openat(instance->handle, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (instance->lock < 0) {
		if (errno == ENOENT)
			return LOCK_STALE;
		fail(error, size, "cannot make %s/lock: %s", instance->directory, strerror(errno));
		return LOCK_FAILED;
	}
	if (flock(instance->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			fail(error, size,
			     "an instance named '%s' runs already; stop it by: drydock stop --name %s\n"
			     "or run another beside it under a name of its own: drydock run --name OTHER",
			     instance->name, instance->name);
		else
			fail(error, size, "cannot lock %s/lock: %s", instance->directory, strerror(errno));
		close(instance->lock);
		return LOCK_FAILED;
	}
	if (fstat(instance->lock, &opened) == 0 &&
	    fstatat(instance->handle, "lock", &present, AT_SYMLINK_NOFOLLOW) == 0 &&
	    opened.st_ino == present.st_ino && opened.st_nlink > 0)
		return LOCK_TAKEN;
	close(instance->lock);
	return LOCK_STALE;
}

bool instance_open(struct instance *instance, const char *name, char *error, size_t error_size)
{
	char parent[INSTANCE_PATH_SIZE];

	if (!instance_path(name, instance->directory, sizeof(instance->directory), error, error_size))
		return false;
	snprintf(instance->name, sizeof(instance->name), "%s", name);
	snprintf(parent, sizeof(parent), "%s", instance->directory);
	*strrchr(parent, '/') = '\0';
	for (;;) {
		enum lock_result result;

		if (!private_directory(parent, error, error_size) ||
		    !private_directory(instance->directory, error, error_size))
			return false;
		instance->handle = open(instance->directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (instance->handle < 0)
			return fail(error, error_size, "cannot open %s: %s", instance->directory,
			            strerror(errno));
		result = take_lock(instance, error, error_size);
		if (result == LOCK_TAKEN)
			return true;
		close(instance->handle);
		if (result == LOCK_FAILED)
			return false;
	}
}

void instance_clear(struct instance *instance, void (*cleared)(void *context, const char *directory),
                    void *context)
{
	int descriptor = openat(instance->handle, "mount", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;
	char *line = NULL;
	size_t size = 0;

	while (file != NULL && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (mount_point_dead(line) && mount_point_detach(line))
			cleared(context, line);
	}
	free(line);
	if (file != NULL)
		fclose(file);
	for (size_t i = 0; i < sizeof(kept_files) / sizeof(kept_files[0]); i++)
		unlinkat(instance->handle, kept_files[i], 0);
}

/* Reports and cores that stay for somebody to read. */
static unsigned count_remains(const struct instance *instance)
{
	int descriptor = openat(instance->handle, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = descriptor >= 0 ? fdopendir(descriptor) : NULL;
	const struct dirent *entry;
	unsigned count = 0;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, "lock") != 0)
			count++;
	}
	if (directory != NULL)
		closedir(directory);
	return count;
}

unsigned instance_close(struct instance *instance)
{
	unsigned remains;

	for (size_t i = 0; i < sizeof(kept_files) / sizeof(kept_files[0]); i++)
		unlinkat(instance->handle, kept_files[i], 0);
	unlinkat(instance->handle, INSTANCE_MOUNT, AT_REMOVEDIR);
	remains = count_remains(instance);
	/* While the lock is held: who opened the file meanwhile sees that it is stale. */
	unlinkat(instance->handle, "lock", 0);
	if (remains == 0)
		rmdir(instance->directory);
	close(instance->lock);
	close(instance->handle);
	return remains;
}

void instance_write(const struct instance *instance, const char *name, const char *text)
{
	int file =
		openat(instance->handle, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (file < 0)
		return;
	(void)!write(file, text, strlen(text));
	close(file);
}

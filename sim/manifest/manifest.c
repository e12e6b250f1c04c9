/*
 * Lines and sections of a manifest. libinih says neither where a section
 * begins nor which line a key stands in, so the lines are counted here, as it
 * asks for them, and section headers taken.
 */
#include "sim/manifest/manifest.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "servers/init/check.h"
#include "sim/manifest/reader.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void reader_error(struct reader *reader, unsigned line, const char *format, ...)
{
	va_list arguments;

	if (reader->error_count++ >= MANIFEST_ERRORS)
		return;
	fprintf(reader->errors, "%s:%u: ", reader->path, line);
	va_start(arguments, format);
	vfprintf(reader->errors, format, arguments);
	va_end(arguments);
	fputc('\n', reader->errors);
}

bool reader_name_valid(struct reader *reader, const char *what, const char *name)
{
	if (strlen(name) >= NAME_SIZE) {
		reader_error(reader, reader->line, "the %s \"%s\" is too long: use at most %u characters",
		             what, name, NAME_SIZE - 1);
		return false;
	}
	if (name[0] == '\0' || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(name)) {
		reader_error(reader, reader->line, "the %s \"%s\" is no name: use a-z, 0-9, _ and -", what,
		             name);
		return false;
	}
	return true;
}

/* ---- sections ---------------------------------------------------------------- */

enum section_kind {
	SECTION_SERVICE,
	SECTION_ROLE,
	SECTION_MOUNT,
	SECTION_KINDS,
};

static const char *const kinds[SECTION_KINDS] = {"service", "role", "mount"};

static enum section_kind section_kind(const struct section *section)
{
	return section->service ? SECTION_SERVICE : section->role ? SECTION_ROLE : SECTION_MOUNT;
}

static const char *section_name(const struct section *section)
{
	if (section->mount)
		return section->mount->path;
	return section->service ? section->service->name : section->role->name;
}

static struct section *section_find(struct reader *reader, enum section_kind kind, const char *name)
{
	for (uint32_t index = 0; index < reader->section_count; index++) {
		struct section *section = &reader->sections[index];

		if (section_kind(section) == kind && strcmp(section_name(section), name) == 0)
			return section;
	}
	return NULL;
}

/* Adds a section to the manifest; NULL where there may be no more. */
static struct section *section_add(struct reader *reader, enum section_kind kind, const char *name)
{
	static const uint32_t most[SECTION_KINDS] = {MANIFEST_SERVICES, MANIFEST_ROLES, MANIFEST_MOUNTS};
	struct manifest *manifest = reader->manifest;
	uint32_t *const counts[SECTION_KINDS] = {&manifest->service_count, &manifest->role_count,
	                                         &manifest->mount_count};
	struct section *section = &reader->sections[reader->section_count];

	if (*counts[kind] == most[kind]) {
		reader_error(reader, reader->line, "too many %ss: take some out, %u are possible",
		             kinds[kind], most[kind]);
		return NULL;
	}
	if (kind == SECTION_SERVICE)
		section->service = &manifest->services[manifest->service_count];
	else if (kind == SECTION_ROLE)
		section->role = &manifest->roles[manifest->role_count];
	else
		section->mount = &manifest->mounts[manifest->mount_count];
	++*counts[kind];
	/* Its length was checked. */
	memcpy(kind == SECTION_MOUNT     ? section->mount->path
	       : kind == SECTION_SERVICE ? section->service->name
	                                 : section->role->name,
	       name, strlen(name) + 1);
	section->line = reader->line;
	keys_default(section);
	reader->section_count++;
	return section;
}

static bool path_valid(struct reader *reader, const char *path)
{
	if (strlen(path) < MANIFEST_PATH_SIZE && check_mount_path(path))
		return true;
	reader_error(reader, reader->line,
	             "nothing can be mounted at \"%s\": write an absolute path of at most %u characters "
	             "without . and .., spaces, commas and colons",
	             path, MANIFEST_PATH_SIZE - 1);
	return false;
}

/* What lies between brackets. */
static void section_begin(struct reader *reader, char *text)
{
	const char *word = strtok(text, " \t"), *name = strtok(NULL, " \t");
	enum section_kind kind = SECTION_SERVICE;
	struct section *same;

	reader->in_section = false;
	while (word && kind < SECTION_KINDS && strcmp(word, kinds[kind]) != 0)
		kind++;
	if (!word || !name || strtok(NULL, " \t") || kind == SECTION_KINDS) {
		reader_error(reader, reader->line,
		             "unknown section: write [service NAME], [role NAME] or [mount PATH]");
		return;
	}
	if (kind == SECTION_MOUNT ? !path_valid(reader, name) : !reader_name_valid(reader, word, name))
		return;
	if (kind == SECTION_SERVICE && (strcmp(name, "init") == 0 || strcmp(name, "kernel") == 0)) {
		reader_error(reader, reader->line, "%s is there without a manifest: choose another name",
		             name);
		return;
	}
	same = section_find(reader, kind, name);
	if (same) {
		reader_error(reader, reader->line, "%s %s is described twice: put all of it under line %u",
		             word, name, same->line);
		return;
	}
	reader->section = section_add(reader, kind, name);
	reader->in_section = reader->section != NULL;
}

/* ---- lines ---------------------------------------------------------------------- */

/* Reads a line of at most `size` - 1 bytes with its end; false at the end of the file. */
static bool line_read(struct reader *reader, char *text, size_t size)
{
	const char *wrong = NULL;
	size_t length = 0;
	int byte;

	while ((byte = getc(reader->stream)) != EOF && byte != '\n') {
		if (byte == '\0')
			wrong = "there is a zero byte here: a manifest is text";
		else if (length + 2 < size)
			text[length++] = (char)byte;
		else
			wrong = "the line is too long: break it, and begin the next with a space";
	}
	if (byte == EOF && length == 0 && !wrong)
		return false;
	reader->line++;
	if (wrong) {
		reader_error(reader, reader->line, "%s", wrong);
		length = 0;
	}
	text[length] = '\n';
	text[length + 1] = '\0';
	return true;
}

/* Deals with what libinih would not tell of; true where the line is done with. */
static bool line_take(struct reader *reader, char *text)
{
	char *start = text + strspn(text, " \t\r\n"), *end;

	reader->continued = start > text;
	if (*start == '\0' || *start == '#' || *start == ';')
		return false;
	if (*start == '[') {
		end = strchr(start, ']');
		reader->in_section = false;
		if (end) {
			*end = '\0';
			section_begin(reader, start + 1);
			return false;
		}
		reader_error(reader, reader->line,
		             "the section does not end: write [service NAME], [role NAME] or [mount PATH]");
		return true;
	}
	if (!reader->continued && !strpbrk(start, "=:")) {
		reader_error(reader, reader->line, "this says nothing: write KEY = VALUE");
		return true;
	}
	return false;
}

/* libinih's reader. What is dealt with it sees as an empty line. */
static char *read_line(char *text, int size, void *context)
{
	struct reader *reader = context;
	char line[1024];
	size_t mark = strlen(BYTE_ORDER_MARK);

	if (!line_read(reader, text, (size_t)size))
		return NULL;
	if (reader->line == 1 && (size_t)size > mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0)
		memmove(text, text + mark, (size_t)size - mark);
	snprintf(line, sizeof(line), "%s", text);
	if (line_take(reader, line))
		strcpy(text, "\n");
	return text;
}

/* libinih's handler. The section it names is the one that began last. */
static int handle(void *context, const char *section, const char *name, const char *value)
{
	struct reader *reader = context;

	if (reader->in_section)
		keys_set(reader, name, value);
	else if (section[0] == '\0')
		reader_error(
			reader, reader->line,
			"\"%s\" belongs to no section: write [service NAME], [role NAME] or [mount PATH] first",
			name);
	return 1;
}

/* ---- the whole -------------------------------------------------------------------- */

static void read_stream(struct reader *reader)
{
	struct manifest *manifest = reader->manifest;
	int line = ini_parse_stream(read_line, reader, handle, reader);

	if (ferror(reader->stream))
		reader_error(reader, reader->line + 1, "cannot be read: %s", strerror(errno));
	else if (line != 0)
		reader_error(reader, line > 0 ? (unsigned)line : reader->line,
		             "this cannot be understood: write KEY = VALUE");
	else if (manifest->service_count == 0 && reader->error_count == 0)
		reader_error(reader, reader->line > 0 ? reader->line : 1,
		             "no service is described: add a [service NAME]");
	resolve(reader);
}

bool manifest_read(const char *path, FILE *errors, struct manifest *manifest)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	char why[160];
	bool sound;

	memset(manifest, 0, sizeof(*manifest));
	manifest->magic = MANIFEST_MAGIC;
	manifest->version = MANIFEST_VERSION;
	manifest->size = sizeof(*manifest);
	if (!reader) {
		fprintf(errors, "%s: no memory to read it\n", path);
		return false;
	}
	*reader = (struct reader){
		.path = path, .stream = fopen(path, "re"), .errors = errors, .manifest = manifest};
	if (reader->stream) {
		read_stream(reader);
		fclose(reader->stream);
		if (reader->error_count > MANIFEST_ERRORS)
			fprintf(errors, "%s: %u more errors are not shown\n", path,
			        reader->error_count - MANIFEST_ERRORS);
	} else {
		fprintf(errors, "%s: cannot be opened: %s\n", path, strerror(errno));
		reader->error_count++;
	}
	sound = reader->error_count == 0;
	free(reader);
	/* What init will look at once more. */
	if (sound && !check_manifest(manifest, why, sizeof(why))) {
		fprintf(errors, "%s: %s\n", path, why);
		sound = false;
	}
	return sound;
}

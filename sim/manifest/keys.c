/* The keys of a section: which there are, what they take, what they mean when they are not given. */
#include <string.h>

#include <drydock/abi/sys.h>
#include <drydock/string.h>

#include "sim/manifest/reader.h"

#define IN_SERVICE 1u
#define IN_ROLE    2u
#define IN_MOUNT   4u
#define IN_BOTH    (IN_SERVICE | IN_ROLE)

struct key_rule {
	const char *name;
	unsigned where;          /* IN_* */
	bool number;
	uint64_t least, most;    /* of numbers */
	uint64_t service, role;  /* numbers where it is not given */
};

#define MEBIBYTE (1024ull * 1024)
#define TEBIBYTE (MEBIBYTE * MEBIBYTE)

static const struct key_rule rules[KEY_COUNT] = {
	[KEY_NUMBER] = {"number", IN_SERVICE, true, 2, 999, 0, 0},
	[KEY_IMAGE] = {"image", IN_SERVICE, false, 0, 0, 0, 0},
	[KEY_CALLS] = {"calls", IN_BOTH, false, 0, 0, 0, 0},
	[KEY_AUTHORITIES] = {"authorities", IN_BOTH, false, 0, 0, 0, 0},
	[KEY_MEMORY] = {"memory", IN_BOTH, true, MEBIBYTE, TEBIBYTE, 64 * MEBIBYTE, 64 * MEBIBYTE},
	[KEY_HANDLES] = {"handles", IN_BOTH, true, 16, HANDLE_COUNT_LIMIT, 1024, 256},
	[KEY_PORTS] = {"ports", IN_BOTH, true, 1, 1024, 16, 8},
	[KEY_LANES] = {"lanes", IN_BOTH, true, 0, 4096, 64, 32},
	[KEY_PROCESSES] = {"processes", IN_BOTH, true, 0, 1024, 0, 0},
	[KEY_PRIORITY] = {"priority", IN_SERVICE, true, 0, PRIORITY_MAXIMUM, PRIORITY_DEFAULT, 0},
	[KEY_RESTART] = {"restart", IN_SERVICE, false, 0, 0, 0, 0},
	[KEY_OPTIONS] = {"options", IN_SERVICE | IN_MOUNT, false, 0, 0, 0, 0},
	[KEY_SERVICE] = {"service", IN_MOUNT, false, 0, 0, 0, 0},
};

static struct quota *section_quota(struct section *section)
{
	return section->service ? &section->service->quota : &section->role->quota;
}

static uint32_t *section_authorities(struct section *section)
{
	return section->service ? &section->service->authorities : &section->role->authorities;
}

static void number_put(struct section *section, enum key key, uint64_t value)
{
	struct quota *quota = section_quota(section);

	switch (key) {
	case KEY_NUMBER: section->service->number = (uint32_t)value; break;
	case KEY_PRIORITY: section->service->priority = (uint32_t)value; break;
	case KEY_MEMORY: quota->memory = value; break;
	case KEY_HANDLES: quota->handles = (uint32_t)value; break;
	case KEY_PORTS: quota->ports = (uint32_t)value; break;
	case KEY_LANES: quota->lanes = (uint32_t)value; break;
	case KEY_PROCESSES: quota->processes = (uint32_t)value; break;
	default: break;
	}
}

static unsigned section_where(const struct section *section)
{
	return section->service ? IN_SERVICE : section->role ? IN_ROLE : IN_MOUNT;
}

void keys_default(struct section *section)
{
	unsigned where = section_where(section);

	for (int key = 0; key < KEY_COUNT; key++) {
		if (rules[key].number && (rules[key].where & where))
			number_put(section, key, section->service ? rules[key].service : rules[key].role);
	}
	if (section->service)
		memcpy(section->service->image, section->service->name, NAME_SIZE);
}

/* ---- values --------------------------------------------------------------------- */

static void set_number(struct reader *reader, enum key key, const char *value)
{
	const struct key_rule *rule = &rules[key];
	uint64_t number;

	if (!string_to_number(value, &number)) {
		reader_error(reader, reader->line,
		             "%s = %s is no number: write one like 16, 64M or 8G (of bytes)", rule->name,
		             value);
	} else if (number < rule->least || number > rule->most) {
		reader_error(reader, reader->line, "%s = %s is out of range: choose from %llu to %llu",
		             rule->name, value, (unsigned long long)rule->least,
		             (unsigned long long)rule->most);
	} else {
		number_put(reader->section, key, number);
	}
}

static void set_restart(struct reader *reader, const char *value)
{
	if (strcmp(value, "always") == 0)
		reader->section->service->restart = RESTART_ALWAYS;
	else if (strcmp(value, "never") == 0)
		reader->section->service->restart = RESTART_NEVER;
	else
		reader_error(reader, reader->line, "restart = %s is unknown: write always or never", value);
}

/* Lines that continue it are added after a space. */
static void add_options(struct reader *reader, const char *value)
{
	char *options = reader->section->service->options;
	size_t length = strlen(options), more = strlen(value);

	if (length + (length > 0) + more >= SPAWN_OPTIONS_SIZE) {
		reader_error(reader, reader->line, "options are too long: use at most %u characters",
		             SPAWN_OPTIONS_SIZE - 1);
		return;
	}
	if (length > 0)
		options[length++] = ' ';
	memcpy(options + length, value, more + 1);
}

static void add_call_flag(struct reader *reader, struct named_call *call, const char *flag)
{
	if (strcmp(flag, "impersonate") == 0)
		call->flags |= CALL_IMPERSONATE;
	else if (strcmp(flag, "control") == 0)
		call->flags |= CALL_CONTROL;
	else
		reader_error(reader, reader->line,
		             "+%s is unknown: a call may have +impersonate and +control", flag);
}

/* NAME or NAME+FLAG+FLAG. */
static void add_call(struct reader *reader, char *text)
{
	struct section *section = reader->section;
	struct named_call call = {.line = reader->line};
	char *flag = strchr(text, '+');

	if (flag)
		*flag++ = '\0';
	if (!reader_name_valid(reader, "called service", text))
		return;
	if (section->call_count == MANIFEST_CALLS) {
		reader_error(reader, reader->line, "too many calls: take some out, %u are possible",
		             MANIFEST_CALLS);
		return;
	}
	memcpy(call.name, text, strlen(text) + 1);
	while (flag) {
		char *next = strchr(flag, '+');

		if (next)
			*next++ = '\0';
		add_call_flag(reader, &call, flag);
		flag = next;
	}
	for (uint32_t at = 0; at < section->call_count; at++) {
		if (strcmp(section->calls[at].name, call.name) == 0) {
			reader_error(reader, reader->line,
			             "%s is called twice: name it once, with all its flags", call.name);
			return;
		}
	}
	section->calls[section->call_count++] = call;
}

static void add_authority(struct reader *reader, char *text)
{
	static const char *const names[] = {
		[AUTHORITY_SPAWN] = "spawn",     [AUTHORITY_SWITCH] = "switch",
		[AUTHORITY_CONSOLE] = "console", [AUTHORITY_INSPECT] = "inspect",
		[AUTHORITY_CONTROL] = "control",
		[AUTHORITY_DEVICES] = "devices",
	};

	for (uint32_t authority = AUTHORITY_SPAWN; authority <= AUTHORITY_LAST; authority++) {
		if (strcmp(names[authority], text) == 0) {
			*section_authorities(reader->section) |= AUTHORITY_BIT(authority);
			return;
		}
	}
	reader_error(reader, reader->line,
	             "the authority \"%s\" is unknown: there are spawn, switch, console, inspect, control",
	             text);
}

static void add_mount_option(struct reader *reader, char *text)
{
	static const char *const names[] = {"ro", "noexec", "nosuid", "noatime"};
	static const uint32_t flags[] = {MOUNT_READ_ONLY, MOUNT_NO_EXEC, MOUNT_NO_SUID, MOUNT_NO_ATIME};

	for (size_t at = 0; at < sizeof(flags) / sizeof(flags[0]); at++) {
		if (strcmp(names[at], text) == 0) {
			reader->section->mount->flags |= flags[at];
			return;
		}
	}
	reader_error(reader, reader->line,
	             "the option \"%s\" of a mount is unknown: there are ro, noexec, nosuid, noatime", text);
}

/* Each item of a list; a comma at a line's end is no item. */
static void add_items(struct reader *reader, const char *value,
                      void (*add)(struct reader *reader, char *item))
{
	char text[1024];
	char *next = text;

	if (strlen(value) >= sizeof(text)) {
		reader_error(reader, reader->line,
		             "the line is too long: break it, and begin the next with a space");
		return;
	}
	memcpy(text, value, strlen(value) + 1);
	while (next) {
		char *item = next + strspn(next, " \t");
		char *end = strchr(item, ',');

		next = end ? end + 1 : NULL;
		if (!end)
			end = item + strlen(item);
		while (end > item && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*end = '\0';
		if (*item != '\0')
			add(reader, item);
		else if (next)
			reader_error(reader, reader->line,
			             "nothing stands before a comma: take the comma out");
	}
}

/* ---- a line ------------------------------------------------------------------------ */

static enum key key_find(const char *name)
{
	int key = 0;

	while (key < KEY_COUNT && strcmp(rules[key].name, name) != 0)
		key++;
	return (enum key)key;
}

static void put(struct reader *reader, enum key key, const char *value)
{
	if (rules[key].number) {
		set_number(reader, key, value);
		return;
	}
	switch (key) {
	case KEY_IMAGE:
		if (reader_name_valid(reader, "image", value))
			memcpy(reader->section->service->image, value, strlen(value) + 1);
		break;
	case KEY_CALLS: add_items(reader, value, add_call); break;
	case KEY_AUTHORITIES: add_items(reader, value, add_authority); break;
	case KEY_RESTART: set_restart(reader, value); break;
	case KEY_OPTIONS:
		if (reader->section->mount)
			add_items(reader, value, add_mount_option);
		else
			add_options(reader, value);
		break;
	case KEY_SERVICE:
		if (reader_name_valid(reader, "service", value))
			memcpy(reader->section->of, value, strlen(value) + 1);
		break;
	default: break;
	}
}

void keys_set(struct reader *reader, const char *name, const char *value)
{
	struct section *section = reader->section;
	unsigned where = section_where(section);
	const char *what = where == IN_SERVICE ? "service" : where == IN_ROLE ? "role" : "mount";
	enum key key = key_find(name);

	if (key == KEY_COUNT) {
		reader_error(reader, reader->line, "unknown key \"%s\": docs/MANIFEST.md lists those of a %s",
		             name, what);
		return;
	}
	if (!(rules[key].where & where)) {
		reader_error(reader, reader->line, "a %s has no %s: take it out", what, name);
		return;
	}
	if (reader->continued && key != KEY_CALLS && key != KEY_AUTHORITIES && key != KEY_OPTIONS) {
		reader_error(reader, reader->line,
		             "the line begins with a space, as if it continued %s: begin a key at the margin",
		             name);
		return;
	}
	if (!reader->continued && section->key_lines[key] != 0) {
		reader_error(reader, reader->line, "%s is given twice: see line %u", name,
		             section->key_lines[key]);
		return;
	}
	if (section->key_lines[key] == 0)
		section->key_lines[key] = reader->line;
	put(reader, key, value);
}

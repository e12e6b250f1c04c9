/*
 * A manifest being read. First the lines (manifest.c, keys.c): libinih takes
 * them apart, and what they say is noted with its line. Then what they mean
 * together (resolve.c).
 */
#ifndef DRYDOCK_SIM_MANIFEST_READER_H
#define DRYDOCK_SIM_MANIFEST_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <drydock/abi/manifest.h>

#define MANIFEST_ERRORS 20

enum key {
	KEY_NUMBER,
	KEY_IMAGE,
	KEY_CALLS,
	KEY_AUTHORITIES,
	KEY_MEMORY,
	KEY_HANDLES,
	KEY_PORTS,
	KEY_LANES,
	KEY_PROCESSES,
	KEY_PRIORITY,
	KEY_RESTART,
	KEY_OPTIONS,
	KEY_SERVICE,
	KEY_COUNT,
};

/*
 * Who composes the name space, and who shows it to Linux, must be able to call
 * what is mounted. False where there is no room for more calls (mount.c).
 */
bool mount_grant(struct manifest *manifest, struct manifest_service *vfs, uint32_t service);

/* Makes bytes of `size=N%` in the options of a service whose memory is known. NULL, or what is wrong (percent.c). */
const char *percent_expand(struct manifest_service *service);

/* A call by name: services may be described after those who call them. */
struct named_call {
	char name[NAME_SIZE];
	uint32_t flags;
	unsigned line;
};

/* A section; one of `service`, `role` and `mount` is set, and lies in the manifest. */
struct section {
	struct manifest_service *service;
	struct manifest_role *role;
	struct manifest_mount *mount;
	char of[NAME_SIZE]; /* the service of a mount */
	unsigned line;
	unsigned key_lines[KEY_COUNT]; /* 0: not given */
	uint32_t call_count;
	struct named_call calls[MANIFEST_CALLS];
};

struct reader {
	const char *path;
	FILE *stream;
	FILE *errors;
	struct manifest *manifest;
	unsigned line; /* the one read last, from 1 */
	unsigned error_count;
	bool continued;  /* the line begins with white space: it continues the one before */
	bool in_section; /* false at the beginning, and in a section that is wrong itself */
	struct section *section;
	uint32_t section_count;
	struct section sections[MANIFEST_SERVICES + MANIFEST_ROLES + MANIFEST_MOUNTS];
};

/* Notes an error in a line. */
void reader_error(struct reader *reader, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether `name` may name a service, role or image; says why not. `what` is what it names. */
bool reader_name_valid(struct reader *reader, const char *what, const char *name);

/* What a section has that says nothing. */
void keys_default(struct section *section);

/* `name = value` in the current section, or a continuation of it. */
void keys_set(struct reader *reader, const char *name, const char *value);

/* Turns names into indices, and checks what all sections say together. */
void resolve(struct reader *reader);

#endif

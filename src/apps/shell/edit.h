/*
 * Editing a line: bytes from a keyboard in, a line and what the screen is to
 * show out. Keys are those of ECMA-48 terminals (xterm, the Linux console, a
 * serial line). The line scrolls sideways where it is wider than the screen.
 */
#ifndef DRYDOCK_SHELL_EDIT_H
#define DRYDOCK_SHELL_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history.h"
#include "parse.h"

#define EDIT_PENDING 16

/*
 * What is in `line` is well-formed UTF-8 without control characters, and
 * `cursor` is at the start of a character.
 */
struct editor {
	const struct history *history; /* NULL: none */
	uint32_t back;                 /* how far back in the history; 0: at the line that is written */
	size_t length, cursor;         /* bytes */
	bool bell, clear;              /* to be done when it is drawn next */
	size_t pending_length;
	char pending[EDIT_PENDING]; /* of a character or an escape sequence that has begun */
	char line[LINE_SIZE];       /* terminated once EDIT_DONE */
	char draft[LINE_SIZE];      /* what was written before going back in the history */
};

enum edit_result {
	EDIT_GOES_ON,
	EDIT_DONE,      /* Enter */
	EDIT_ABANDONED, /* Ctrl-C */
	EDIT_END,       /* Ctrl-D in an empty line */
};

/* Begins an empty line. What `history` points to stays as it is until the line is done. */
void edit_begin(struct editor *editor, const struct history *history);

enum edit_result edit_feed(struct editor *editor, uint8_t byte);

/*
 * Says by `put` what brings the screen's line up to date, cursor and all. The
 * prompt is left out where it would leave no room on `width` columns.
 */
void edit_draw(struct editor *editor, const char *prompt, uint32_t width,
               void (*put)(void *context, const char *bytes, size_t length), void *context);

#endif

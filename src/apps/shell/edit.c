/* See edit.h. */
#include "edit.h"

#include <drydock/format.h>
#include <drydock/string.h>

#include "character.h"

#define ESCAPE     0x1b
#define ROOM_LEAST 8 /* columns for the line, or there is no prompt */

/* ---- changing the line ---------------------------------------------------- */

/* Start of the character before, or of the one after, `at`. */
static size_t before(const struct editor *editor, size_t at)
{
	if (at > 0)
		at--;
	while (at > 0 && ((uint8_t)editor->line[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static size_t after(const struct editor *editor, size_t at)
{
	return at < editor->length ? at + character_length(editor->line + at, editor->length - at) : at;
}

static void erase(struct editor *editor, size_t from, size_t to)
{
	editor->bell |= from == to;
	memmove(editor->line + from, editor->line + to, editor->length - to);
	editor->length -= to - from;
	editor->cursor = from;
}

static void insert(struct editor *editor, const char *bytes, size_t length)
{
	if (length >= sizeof(editor->line) - editor->length) {
		editor->bell = true;
		return;
	}
	memmove(editor->line + editor->cursor + length, editor->line + editor->cursor,
	        editor->length - editor->cursor);
	memcpy(editor->line + editor->cursor, bytes, length);
	editor->length += length;
	editor->cursor += length;
}

static void replace(struct editor *editor, const char *line)
{
	editor->length = string_length_within(line, sizeof(editor->line) - 1);
	memcpy(editor->line, line, editor->length);
	editor->cursor = editor->length;
}

/* ---- keys ------------------------------------------------------------------- */

static enum edit_result key_home(struct editor *editor)
{
	editor->cursor = 0;
	return EDIT_GOES_ON;
}

static enum edit_result key_end(struct editor *editor)
{
	editor->cursor = editor->length;
	return EDIT_GOES_ON;
}

static enum edit_result key_left(struct editor *editor)
{
	editor->cursor = before(editor, editor->cursor);
	return EDIT_GOES_ON;
}

static enum edit_result key_right(struct editor *editor)
{
	editor->cursor = after(editor, editor->cursor);
	return EDIT_GOES_ON;
}

static enum edit_result key_backspace(struct editor *editor)
{
	erase(editor, before(editor, editor->cursor), editor->cursor);
	return EDIT_GOES_ON;
}

static enum edit_result key_delete(struct editor *editor)
{
	erase(editor, editor->cursor, after(editor, editor->cursor));
	return EDIT_GOES_ON;
}

static enum edit_result key_delete_or_end(struct editor *editor)
{
	return editor->length == 0 ? EDIT_END : key_delete(editor);
}

static enum edit_result key_erase_right(struct editor *editor)
{
	erase(editor, editor->cursor, editor->length);
	return EDIT_GOES_ON;
}

static enum edit_result key_erase_left(struct editor *editor)
{
	erase(editor, 0, editor->cursor);
	return EDIT_GOES_ON;
}

static enum edit_result key_erase_word(struct editor *editor)
{
	size_t from = editor->cursor;

	while (from > 0 && editor->line[from - 1] == ' ')
		from--;
	while (from > 0 && editor->line[from - 1] != ' ')
		from--;
	erase(editor, from, editor->cursor);
	return EDIT_GOES_ON;
}

static enum edit_result key_older(struct editor *editor)
{
	const char *line = editor->history ? history_line(editor->history, editor->back + 1) : NULL;

	if (!line) {
		editor->bell = true;
		return EDIT_GOES_ON;
	}
	if (editor->back++ == 0)
		string_copy(editor->draft, sizeof(editor->draft), editor->line, editor->length);
	replace(editor, line);
	return EDIT_GOES_ON;
}

static enum edit_result key_newer(struct editor *editor)
{
	if (editor->back == 0)
		editor->bell = true;
	else if (--editor->back == 0)
		replace(editor, editor->draft);
	else
		replace(editor, history_line(editor->history, editor->back));
	return EDIT_GOES_ON;
}

static enum edit_result key_clear(struct editor *editor)
{
	editor->clear = true;
	return EDIT_GOES_ON;
}

static enum edit_result key_enter(struct editor *editor)
{
	editor->line[editor->length] = 0;
	editor->cursor = editor->length;
	return EDIT_DONE;
}

static enum edit_result key_abandon(struct editor *editor)
{
	editor->cursor = editor->length;
	return EDIT_ABANDONED;
}

struct key {
	const char *bytes; /* without the escape that sequences begin with */
	enum edit_result (*press)(struct editor *editor);
};

/* What one byte does. Other control characters do nothing. */
static const struct key keys[] = {
	{"\001", key_home},          /* Ctrl-A */
	{"\002", key_left},          /* Ctrl-B */
	{"\003", key_abandon},       /* Ctrl-C */
	{"\004", key_delete_or_end}, /* Ctrl-D */
	{"\005", key_end},           /* Ctrl-E */
	{"\006", key_right},         /* Ctrl-F */
	{"\010", key_backspace},     /* Ctrl-H, Backspace of some terminals */
	{"\n", key_enter},           /* Ctrl-J */
	{"\013", key_erase_right},   /* Ctrl-K */
	{"\014", key_clear},         /* Ctrl-L */
	{"\r", key_enter},           /* Enter */
	{"\016", key_newer},         /* Ctrl-N */
	{"\020", key_older},         /* Ctrl-P */
	{"\025", key_erase_left},    /* Ctrl-U */
	{"\027", key_erase_word},    /* Ctrl-W */
	{"\177", key_backspace},     /* Backspace */
};

/* What follows an escape; others do nothing. */
static const struct key sequences[] = {
	{"[A", key_older}, {"OA", key_older},   {"[B", key_newer}, {"OB", key_newer}, {"[C", key_right},
	{"OC", key_right}, {"[D", key_left},    {"OD", key_left},  {"[H", key_home},  {"OH", key_home},
	{"[1~", key_home}, {"[7~", key_home},   {"[F", key_end},   {"OF", key_end},   {"[4~", key_end},
	{"[8~", key_end},  {"[3~", key_delete},
};

static enum edit_result press(struct editor *editor, const struct key *table, size_t count, const char *bytes)
{
	for (size_t index = 0; index < count; index++)
		if (string_equal(table[index].bytes, bytes))
			return table[index].press(editor);
	return EDIT_GOES_ON;
}

/* ---- bytes ------------------------------------------------------------------- */

static bool is_control(uint8_t byte)
{
	return byte < 0x20 || byte == 0x7f;
}

/*
 * Whether `byte` goes on with the sequence that has begun, the whole of which
 * may then be over (ECMA-48, section 5.4: parameters, then a final byte).
 */
static bool sequence_takes(const struct editor *editor, uint8_t byte, bool *over)
{
	size_t length = editor->pending_length;

	*over = false;
	if (is_control(byte) || byte >= 0x80)
		return false;
	if (length == 1)
		*over = byte != '[' && byte != 'O';
	else if (editor->pending[1] == '[')
		/* The Linux console's function keys have a second bracket and one byte more. */
		*over = byte >= 0x40 && !(length == 2 && byte == '[');
	else
		*over = true;
	return true;
}

static enum edit_result feed_sequence(struct editor *editor, uint8_t byte)
{
	bool over, fits = editor->pending_length < EDIT_PENDING - 1;

	if (!sequence_takes(editor, byte, &over)) {
		/* Broken off: it was none, and the byte is what it is. */
		editor->pending_length = 0;
		return edit_feed(editor, byte);
	}
	/* One too long to be known goes by until its end. */
	if (fits)
		editor->pending[editor->pending_length++] = (char)byte;
	if (!over)
		return EDIT_GOES_ON;
	editor->pending[editor->pending_length] = 0;
	editor->pending_length = 0;
	if (!fits)
		return EDIT_GOES_ON;
	return press(editor, sequences, sizeof(sequences) / sizeof(sequences[0]), editor->pending + 1);
}

static enum edit_result feed_character(struct editor *editor, uint8_t byte)
{
	size_t length;

	if (editor->pending_length > 0 && (byte & 0xc0) != 0x80) {
		editor->pending_length = 0;
		editor->bell = true;
		return edit_feed(editor, byte);
	}
	editor->pending[editor->pending_length++] = (char)byte;
	length = character_expected((uint8_t)editor->pending[0]);
	if (editor->pending_length < length)
		return EDIT_GOES_ON;
	editor->pending_length = 0;
	/* Controls of two bytes, U+0080 to U+009F, are as bad as others. */
	if (length == 0 || character_length(editor->pending, length) != length ||
	    (length == 2 && character_decode(editor->pending, length) < 0xa0))
		editor->bell = true;
	else
		insert(editor, editor->pending, length);
	return EDIT_GOES_ON;
}

enum edit_result edit_feed(struct editor *editor, uint8_t byte)
{
	const char text[2] = {(char)byte, 0};

	if (editor->pending_length > 0)
		return editor->pending[0] == ESCAPE ? feed_sequence(editor, byte)
		                                    : feed_character(editor, byte);
	if (byte == ESCAPE || !is_control(byte)) {
		if (byte != ESCAPE)
			return feed_character(editor, byte);
		editor->pending[editor->pending_length++] = (char)byte;
		return EDIT_GOES_ON;
	}
	return press(editor, keys, sizeof(keys) / sizeof(keys[0]), text);
}

void edit_begin(struct editor *editor, const struct history *history)
{
	editor->history = history;
	editor->back = 0;
	editor->length = editor->cursor = editor->pending_length = 0;
	editor->bell = editor->clear = false;
}

/* ---- the screen ------------------------------------------------------------------ */

/* How much of `length` bytes fits `columns`; what takes no column goes with what it stands on. */
static size_t fitting(const char *text, size_t length, size_t columns)
{
	size_t at = 0, used = 0;

	while (at < length) {
		size_t size = character_length(text + at, length - at);

		used += character_columns(text + at, size);
		if (used > columns)
			break;
		at += size;
	}
	return at;
}

void edit_draw(struct editor *editor, const char *prompt, uint32_t width,
               void (*put)(void *context, const char *bytes, size_t length), void *context)
{
	size_t prompt_length = string_length(prompt),
	       prompt_columns = character_columns_all(prompt, prompt_length);
	size_t room, first = 0, columns, visible;
	char move[24];

	if (prompt_columns + ROOM_LEAST > width)
		prompt_length = prompt_columns = 0;
	/* The last column stays free: terminals differ in where the cursor is behind it. */
	room = width > prompt_columns + 1 ? width - prompt_columns - 1 : 1;
	columns = character_columns_all(editor->line, editor->cursor);
	for (; columns > room; first = after(editor, first))
		columns -= character_columns(editor->line + first, after(editor, first) - first);
	visible = fitting(editor->line + first, editor->length - first, room);
	if (editor->bell)
		put(context, "\a", 1);
	if (editor->clear)
		put(context, "\033[H\033[2J", 7);
	put(context, "\r", 1);
	put(context, prompt, prompt_length);
	put(context, editor->line + first, visible);
	put(context, "\033[K\r", 4);
	if (prompt_columns + columns > 0)
		put(context, move,
		    format_string(move, sizeof(move), "\033[%uC", (unsigned int)(prompt_columns + columns)));
	editor->bell = editor->clear = false;
}

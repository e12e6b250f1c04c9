/*
 * What comes from the terminal (internal.h). While a command runs a fiber of
 * its own reads a person's keys, so that Ctrl-C is noticed however the command
 * waits; a script's input is read when it is asked for.
 */
#include "internal.h"

#include <drydock/string.h>

#define CONTROL_C     0x03
#define READ_SIZE     256u
#define SCREEN_SIZE   1024
#define WIDTH_ASSUMED 80

/* ---- bytes ------------------------------------------------------------------ */

static void push(struct input *input, uint8_t byte)
{
	/* More than fits was typed ahead of a command that does not end: the rest is lost. */
	if (input->count < INPUT_SIZE)
		input->bytes[(input->start + input->count++) % INPUT_SIZE] = byte;
}

/* Ctrl-C, or nobody is left: what was typed ahead goes, and calls that the command waits for end. */
static void interrupt(struct shell *shell)
{
	shell->interrupted = true;
	shell->input.count = 0;
	shell_disconnect(shell);
	if (shell->connecting)
		fiber_wake(shell->main);
}

/*
 * Takes in what has come; false where nothing has. While a command runs that is
 * all, or else Ctrl-C might wait behind what does not fit.
 */
static bool look(struct shell *shell)
{
	struct input *input = &shell->input;
	uint32_t room = shell->running ? READ_SIZE : INPUT_SIZE - input->count;
	uint8_t bytes[READ_SIZE];
	int32_t count;

	if (input->ended || room == 0)
		return false;
	count = shell->terminal->read(shell->terminal->context, bytes, room < READ_SIZE ? room : READ_SIZE);
	if (count == 0)
		return false;
	input->ended = count < 0;
	if (input->ended && shell->terminal->interactive && shell->running)
		interrupt(shell);
	for (int32_t index = 0; index < count; index++) {
		if (bytes[index] == CONTROL_C && shell->terminal->interactive && shell->running)
			interrupt(shell);
		else
			push(input, bytes[index]);
	}
	if (input->awaited)
		fiber_wake(shell->main);
	return true;
}

static void keyboard(void *argument)
{
	struct shell *shell = argument;

	shell->keyboard = fiber_current(shell->runtime);
	while (!shell->closing && !shell->input.ended)
		if (!look(shell))
			shell->terminal->wait(shell->terminal->context);
	shell->listening = false;
	fiber_wake(shell->main);
}

bool input_start(struct shell *shell)
{
	if (shell->terminal->interactive)
		shell->listening = fiber_start(shell->runtime, keyboard, shell) == E_OK;
	return shell->listening == shell->terminal->interactive;
}

void input_stop(struct shell *shell)
{
	shell->closing = true;
	while (shell->listening) {
		if (shell->keyboard)
			fiber_wake(shell->keyboard);
		fiber_wait(shell->runtime);
	}
}

void input_begin(struct shell *shell)
{
	struct input *input = &shell->input;

	/* It may have come in one piece with the line that it is meant for; what was typed before it goes. */
	for (uint32_t left = input->count; shell->terminal->interactive && left > 0; left--) {
		if (input->bytes[(input->start + left - 1) % INPUT_SIZE] != CONTROL_C)
			continue;
		input->start = (input->start + left) % INPUT_SIZE;
		input->count -= left;
		shell->interrupted = true;
		return;
	}
}

bool input_interrupted(struct shell *shell)
{
	while (shell->listening && !shell->interrupted && look(shell))
		;
	return shell->interrupted;
}

/* Waits until there is something. */
static enum input_result await(struct shell *shell)
{
	struct input *input = &shell->input;

	while (input->count == 0) {
		if (shell->interrupted)
			return INPUT_ABANDONED;
		if (input->ended)
			return INPUT_ENDED;
		if (shell->listening) {
			input->awaited = true;
			fiber_wait(shell->runtime);
			input->awaited = false;
		} else if (!look(shell)) {
			shell->terminal->wait(shell->terminal->context);
		}
	}
	return INPUT_TAKEN;
}

static uint8_t pop(struct input *input)
{
	uint8_t byte = input->bytes[input->start];

	input->start = (input->start + 1) % INPUT_SIZE;
	input->count--;
	return byte;
}

enum input_result input_bytes(struct shell *shell, void *bytes, uint32_t size, uint32_t *count)
{
	enum input_result result = await(shell);
	uint8_t *to = bytes;

	for (*count = 0; *count < size && shell->input.count > 0;)
		to[(*count)++] = pop(&shell->input);
	return result;
}

/* ---- lines ------------------------------------------------------------------- */

/* What is drawn goes to the terminal though the output may be redirected; in one piece, if it can. */
struct screen {
	const struct terminal *terminal;
	uint32_t length;
	char bytes[SCREEN_SIZE];
};

static void show(struct screen *screen)
{
	/* Where nobody reads that any more, the input will end. */
	screen->terminal->write(screen->terminal->context, TERMINAL_OUTPUT, screen->bytes, screen->length);
	screen->length = 0;
}

static void put(void *context, const char *bytes, size_t length)
{
	struct screen *screen = context;

	while (length-- > 0) {
		if (screen->length == sizeof(screen->bytes))
			show(screen);
		screen->bytes[screen->length++] = *bytes++;
	}
}

static void draw(struct shell *shell, const char *prompt, const char *behind)
{
	uint32_t width = shell->terminal->width(shell->terminal->context);
	struct screen screen = {.terminal = shell->terminal};

	output_flush(shell);
	edit_draw(&shell->editor, prompt, width ? width : WIDTH_ASSUMED, put, &screen);
	put(&screen, behind, string_length(behind));
	show(&screen);
}

enum input_result input_edited(struct shell *shell, const char *prompt, const struct history *history)
{
	enum edit_result result = EDIT_GOES_ON;

	edit_begin(&shell->editor, history);
	while (result == EDIT_GOES_ON) {
		/* Once for all that was typed meanwhile, or pasted. */
		if (shell->input.count == 0)
			draw(shell, prompt, "");
		switch (await(shell)) {
		case INPUT_TAKEN:
			result = edit_feed(&shell->editor, pop(&shell->input));
			break;
		case INPUT_ENDED:
			result = EDIT_END;
			break;
		default:
			result = EDIT_ABANDONED;
			shell->editor.cursor = shell->editor.length;
		}
	}
	/* Where a command is interrupted, whoever ran it says so. */
	draw(shell, prompt, shell->interrupted ? "" : result == EDIT_ABANDONED ? "^C\n" : "\n");
	return result == EDIT_DONE ? INPUT_TAKEN : result == EDIT_END ? INPUT_ENDED : INPUT_ABANDONED;
}

/* Says why a line cannot be run; the rest of it was skipped. */
static enum input_result wrong_line(struct shell *shell, const char *why)
{
	shell_error(shell, "sh: line %u: %s", (unsigned int)shell->line_number, why);
	return INPUT_WRONG;
}

static enum input_result script_line(struct shell *shell)
{
	bool any = false, nul = false, fits = true;
	size_t length = 0;
	uint8_t byte = 0;

	while (byte != '\n' && await(shell) == INPUT_TAKEN) {
		any = true;
		byte = pop(&shell->input);
		if (byte == '\n')
			break;
		nul |= byte == 0;
		if (length < sizeof(shell->line) - 1)
			shell->line[length++] = (char)byte;
		else
			fits = false;
	}
	if (!any)
		return INPUT_ENDED;
	shell->line[length] = 0;
	if (nul)
		return wrong_line(shell, "there is a NUL in it; is this a script?");
	return fits ? INPUT_TAKEN : wrong_line(shell, "it is too long");
}

enum input_result input_line(struct shell *shell, const char *prompt)
{
	enum input_result result;

	shell->line_number++;
	if (!shell->terminal->interactive)
		return script_line(shell);
	result = input_edited(shell, prompt, &shell->history);
	if (result == INPUT_TAKEN)
		string_copy(shell->line, sizeof(shell->line), shell->editor.line, shell->editor.length);
	return result;
}

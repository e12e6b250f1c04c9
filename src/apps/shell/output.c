/* What commands print, and where it goes (internal.h). */
#include "internal.h"

#include <drydock/format.h>
#include <drydock/string.h>

#include "text.h"

/* ---- output ------------------------------------------------------------------ */

void output_flush(struct shell *shell)
{
	struct output *output = &shell->output;
	uint32_t length = output->length;

	/* Emptied first: what follows may suspend, and print. */
	output->length = 0;
	if (length == 0 || output->lost)
		return;
	if (!output->redirected)
		output->lost = !shell->terminal->write(shell->terminal->context, TERMINAL_OUTPUT,
		                                       output->bytes, length);
	else if (!output->error)
		output->error = file_write(shell, &output->file, output->bytes, length);
}

void output_write(struct shell *shell, const void *bytes, size_t length)
{
	struct output *output = &shell->output;
	const char *from = bytes;

	while (length > 0) {
		size_t part = sizeof(output->bytes) - output->length;

		part = part < length ? part : length;
		memcpy(output->bytes + output->length, from, part);
		output->length += (uint32_t)part;
		from += part;
		length -= part;
		if (output->length == sizeof(output->bytes))
			output_flush(shell);
	}
}

void output_print(struct shell *shell, const char *format, ...)
{
	char text[512];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* Numbers and short texts; names, which may be long, go by output_name. */
	output_write(shell, text, length < sizeof(text) ? length : sizeof(text) - 1);
}

void output_name(struct shell *shell, const char *name, size_t length)
{
	char clean[POSIX_PATH_MAX];

	if (!shell->terminal->interactive || shell->output.redirected) {
		output_write(shell, name, length);
		return;
	}
	if (length > sizeof(clean))
		length = sizeof(clean);
	memcpy(clean, name, length);
	text_harmless(clean, length, false);
	output_write(shell, clean, length);
}

/* ---- redirection --------------------------------------------------------------- */

int32_t output_redirect(struct shell *shell, const char *path, bool append)
{
	uint32_t flags = VFS_OPEN_WRITE | VFS_OPEN_CREATE | (append ? VFS_OPEN_APPEND : VFS_OPEN_TRUNCATE);
	int32_t status = file_open(shell, path, flags, 0644, &shell->output.file);
	struct vfs_status opened = {0};

	shell->output.redirected = status == 0;
	if (!status && file_status(shell, path, true, &opened) == 0)
		shell->output.node = opened.node;
	return status;
}

int32_t output_finish(struct shell *shell)
{
	struct output *output = &shell->output;
	int32_t status, closed;

	output_flush(shell);
	status = output->error;
	if (output->redirected) {
		closed = file_close(shell, &output->file);
		status = status ? status : closed;
	}
	output->redirected = false;
	output->error = 0;
	return status;
}

/* ---- errors ------------------------------------------------------------------------ */

int shell_error(struct shell *shell, const char *format, ...)
{
	char text[POSIX_PATH_MAX + 256];
	va_list arguments;
	size_t length;

	if (shell->interrupted)
		return SHELL_INTERRUPTED;
	va_start(arguments, format);
	length = format_text(text, sizeof(text) - 1, format, arguments);
	va_end(arguments);
	if (length > sizeof(text) - 2)
		length = sizeof(text) - 2;
	text_harmless(text, length, false);
	text[length++] = '\n';
	/* What was printed before comes before. */
	output_flush(shell);
	shell->terminal->write(shell->terminal->context, TERMINAL_ERRORS, text, (uint32_t)length);
	return SHELL_FAILED;
}

int shell_status_error(struct shell *shell, const char *command, const char *subject, int32_t status)
{
	return shell_error(shell, "%s: %s: %s", command, subject, text_status(status));
}

/* What the shell's files share. One `struct shell` is one shell_run. */
#ifndef DRYDOCK_SHELL_INTERNAL_H
#define DRYDOCK_SHELL_INTERNAL_H

#include <drydock/abi/sys.h>
#include <drydock/files.h>
#include <stddef.h>

#include "edit.h"
#include "parse.h"
#include "shell.h"

#define INPUT_SIZE  16384 /* bytes that may be typed ahead */
#define OUTPUT_SIZE 4096
#define CHUNK_SIZE  32768 /* bytes that are asked of a server at a time */

/* A file of vfs that is open. */
struct shell_file {
	struct file file;
	uint64_t session; /* generation of the connection to vfs: with another its client is gone */
};

/* What has come from the terminal and was not taken: a ring. */
struct input {
	uint32_t start, count;
	bool ended;   /* nothing more will come */
	bool awaited; /* the main fiber waits for it */
	uint8_t bytes[INPUT_SIZE];
};

/* What the command that runs has printed and nobody has seen. */
struct output {
	bool redirected; /* to `file`, else to the terminal */
	bool lost;       /* the terminal is gone */
	int32_t error;   /* the first of writing to `file`; what follows is not written */
	struct shell_file file;
	uint64_t node;   /* of `file`, while it is redirected */
	uint32_t length;
	char bytes[OUTPUT_SIZE];
};

enum shell_server {
	SERVER_VFS,
	SERVER_LOG,
	SERVER_INIT,
	SERVER_SCHEDULER,
	SERVER_NETSTACK,
	SERVERS,
};

/* The connection to one. */
struct connected {
	struct client *client;   /* NULL: there is none */
	struct opening *opening; /* it is being made (connect.c) */
	int32_t status;          /* why it could not be */
	uint64_t generation;     /* how often it was */
};

struct shell {
	struct runtime *runtime;
	const struct terminal *terminal;
	struct fiber *main;     /* runs the commands */
	struct fiber *keyboard; /* reads ahead, to notice Ctrl-C; NULL until it has begun */
	bool listening;         /* it does, or is about to */
	bool closing;           /* the keyboard's fiber is to end */
	bool running;           /* a command runs, which Ctrl-C interrupts */
	bool interrupted;       /* it was */
	bool connecting;        /* it waits for a connection */
	bool exiting;           /* `exit` */
	int status;             /* $? */
	const char *script;     /* the rest of it; NULL: lines come from the terminal */
	uint32_t line_number;
	struct connected servers[SERVERS];
	struct output output;
	struct input input;
	struct editor editor;
	struct history history;
	char directory[POSIX_PATH_MAX]; /* relative paths begin there */
	char line[LINE_SIZE];
	struct command_line command;
};

/* ---- input.c ---- */

/* Begins to listen to a person's keys while commands run. False without memory. */
bool input_start(struct shell *shell);
void input_stop(struct shell *shell);

/* A command begins, which may have been interrupted already: Ctrl-C was typed ahead. */
void input_begin(struct shell *shell);

/* Whether the command that runs was interrupted. Looks at the terminal, for commands that never wait. */
bool input_interrupted(struct shell *shell);

enum input_result {
	INPUT_TAKEN,
	INPUT_ENDED,
	INPUT_ABANDONED, /* Ctrl-C */
	INPUT_WRONG,     /* no line that could be run: it was skipped, and that was said */
};

/*
 * Takes a line off the terminal into shell->line, without its newline: a person
 * edits it behind `prompt`. Suspends.
 */
enum input_result input_line(struct shell *shell, const char *prompt);

/* Has a person edit a line, which is then shell->editor.line. `history` may be NULL. Suspends. */
enum input_result input_edited(struct shell *shell, const char *prompt, const struct history *history);

/* Takes what has come of a script's input, at least a byte; *count of them. Suspends. */
enum input_result input_bytes(struct shell *shell, void *bytes, uint32_t size, uint32_t *count);

/* ---- output.c ---- */

/* From here on output goes to the file at `path`. Returns a status. */
int32_t output_redirect(struct shell *shell, const char *path, bool append);

/* Writes out what is left, and ends a redirection. Returns the status of writing. */
int32_t output_finish(struct shell *shell);

void output_write(struct shell *shell, const void *bytes, size_t length);
void output_print(struct shell *shell, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints what may hold anything: harmless where a person looks at it, as it is to files and programs. */
void output_name(struct shell *shell, const char *name, size_t length);

/* Shows what was printed so far. */
void output_flush(struct shell *shell);

/*
 * Says what went wrong, made harmless, with a newline. Returns SHELL_FAILED;
 * after an interruption it says nothing and returns SHELL_INTERRUPTED.
 */
int shell_error(struct shell *shell, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for `command`, which met `status` with `subject`. */
int shell_status_error(struct shell *shell, const char *command, const char *subject, int32_t status);

/* ---- connect.c ---- */

/*
 * A client of a server, connected where it is not. To be asked for before each
 * call: an interruption closes them all. Returns a status, 0 with *client.
 * Suspends.
 */
int32_t shell_client(struct shell *shell, enum shell_server server, struct client **client);

/* Closes them. Calls in flight end with -E_CANCELLED. */
void shell_disconnect(struct shell *shell);

/* The same, for the last time. */
void shell_leave(struct shell *shell);

/* ---- processes.c ---- */

/* Calls `each` with every record of the kernel's list `what`, `size` bytes each. Returns a status. */
int32_t processes_inspect(struct shell *shell, enum inspect what, size_t size,
                          void (*each)(const void *record, void *context), void *context);

/* The process of that name or number, into *process. Returns a status, POSIX_ENOENT where there is none. */
int32_t process_find(struct shell *shell, const char *given, struct inspect_process *process);

/* Says that `command` met `status` in one of these. Returns SHELL_FAILED, as shell_error. */
int processes_error(struct shell *shell, const char *command, int32_t status);

/* ---- files.c: one call to vfs each, which returns its status ---- */

int32_t file_open(struct shell *shell, const char *path, uint32_t flags, uint32_t mode,
                  struct shell_file *file);
int32_t file_close(struct shell *shell, const struct shell_file *file);

/* At most CHUNK_SIZE bytes, at the file's own position; *count of them, 0 at its end. */
int32_t file_read(struct shell *shell, const struct shell_file *file, void *bytes, uint32_t *count);

/* All of `length` bytes, at the file's own position. */
int32_t file_write(struct shell *shell, const struct shell_file *file, const void *bytes, uint32_t length);

int32_t file_status(struct shell *shell, const char *path, bool follow, struct vfs_status *status);
bool file_is_directory(const struct vfs_status *status);

/*
 * The path that `operand` means to `command`, or where that is a directory and
 * `name` is given, the path in it with `name`'s last component. False after
 * saying what is wrong.
 */
bool file_path(struct shell *shell, const char *command, const char *operand, char path[POSIX_PATH_MAX]);
bool file_target(struct shell *shell, const char *command, const char *operand, const char *name,
                 char path[POSIX_PATH_MAX]);

/* A name in a directory, in a list that is the caller's to free. */
struct file_name {
	struct file_name *next;
	uint32_t mode; /* type bits */
	char text[];
};

/* The names in the directory `path`, sorted, without `.` and `..`. *names is to be freed, whatever is returned. */
int32_t file_names(struct shell *shell, const char *path, struct file_name **names);
void file_names_free(struct shell *shell, struct file_name *names);

#endif

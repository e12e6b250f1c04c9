/*
 * Exceptions of processes: the kernel is told, a helper writes the report while
 * the process still stands in its handler, and then it is let go, to die and
 * leave a core.
 */
#include "machine.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPORT_SECONDS 4 /* less than the process waits (sim/user/exception.c) */
#define REPORTS_MAXIMUM 1000

struct crash {
	struct machine *machine;
	struct exception_record record;
	char name[NAME_SIZE];
	pid_t pid;
	char file_name[NAME_SIZE + 24];
	int file;
};

/* The next report's file; -1 where there can be none. */
static int open_report(struct machine *machine, struct crash *crash)
{
	int file = -1;

	while (file < 0 && machine->reports < REPORTS_MAXIMUM) {
		snprintf(crash->file_name, sizeof(crash->file_name), "crash-%s-%u.txt", crash->name,
		         ++machine->reports);
		file = openat(machine->instance.handle, crash->file_name,
		              O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (file < 0 && errno != EEXIST)
			break;
	}
	return file;
}

/* In the helper. */
static int write_report(void *context, int output)
{
	struct crash *crash = context;
	int console = openat(crash->machine->instance.handle, "console", O_RDONLY | O_CLOEXEC);
	char summary[640];

	report_write(crash->file, crash->name, crash->pid, &crash->record, console, summary, sizeof(summary));
	(void)!write(output, summary, strlen(summary));
	return 0;
}

static void crash_end(struct crash *crash, const char *summary)
{
	struct machine *machine = crash->machine;

	if (crash->file >= 0)
		console_print(machine, "%s (linux pid %d) died: %s; report: %s/%s", crash->name,
		              (int)crash->pid, summary, machine->instance.directory, crash->file_name);
	else
		console_print(machine, "%s (linux pid %d) died: %s; there is no room for a report in %s",
		              crash->name, (int)crash->pid, summary, machine->instance.directory);
	list_for_each(link, &machine->processes) {
		struct host_process *process = list_entry(link, struct host_process, link);

		if (process->pid == crash->pid && !process->gone)
			descriptor_send(process, DESCRIPTOR_ACKNOWLEDGE, NULL, 0);
	}
	descriptor_close(&crash->file);
	free(crash);
}

static void report_done(struct machine *machine, void *context, int code, const char *output)
{
	struct crash *crash = context;
	char summary[640];

	(void)machine;
	if (code == 0 && output[0] != '\0') {
		crash_end(crash, output);
		return;
	}
	report_summary(&crash->record, NULL, summary, sizeof(summary));
	crash_end(crash, summary);
}

void exception_caught(struct host_process *process, const struct exception_record *record)
{
	struct machine *machine = process->machine;
	struct crash *crash;

	if (process->process == NULL || process->gone || process->reported)
		return;
	process->reported = true;
	kernel_process_exception(machine->kernel, process->process, record);
	crash = calloc(1, sizeof(*crash));
	if (crash == NULL) {
		descriptor_send(process, DESCRIPTOR_ACKNOWLEDGE, NULL, 0);
		return;
	}
	crash->machine = machine;
	crash->record = *record;
	crash->pid = process->pid;
	memcpy(crash->name, process->name, sizeof(crash->name));
	/* A guest names itself; a file's name it shall not choose. */
	for (char *c = crash->name; *c != '\0'; c++) {
		if (*c == '/' || *c < ' ')
			*c = '_';
	}
	crash->file = open_report(machine, crash);
	if (crash->file < 0 || !helper_start(machine, write_report, report_done, crash, REPORT_SECONDS))
		report_done(machine, crash, -1, "");
}

void core_report(struct host_process *process)
{
	struct machine *machine = process->machine;
	char pattern[256] = "", from[64], to[NAME_SIZE + 32];
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");

	if (file != NULL) {
		if (fgets(pattern, sizeof(pattern), file) != NULL)
			pattern[strcspn(pattern, "\n")] = '\0';
		fclose(file);
	}
	if (pattern[0] == '|') {
		console_print(machine, "the core of %s was given to '%s' (kernel.core_pattern)",
		              process->name, pattern + 1);
		return;
	}
	if (pattern[0] == '/' || strpbrk(pattern, "%/") != NULL) {
		console_print(machine, "the core of %s is named by kernel.core_pattern '%s', from %s",
		              process->name, pattern, machine->instance.directory);
		return;
	}
	/* A plain name, with ".pid" after it where kernel.core_uses_pid says so (core(5)). */
	snprintf(to, sizeof(to), "core-%s-%d", process->name, (int)process->pid);
	snprintf(from, sizeof(from), "%.40s.%d", pattern, (int)process->pid);
	if (renameat(machine->instance.handle, from, machine->instance.handle, to) == 0 ||
	    renameat(machine->instance.handle, pattern, machine->instance.handle, to) == 0)
		console_print(machine, "core of %s: %s/%s", process->name, machine->instance.directory, to);
}

/* Crash reports: what a person reads first after a server died. */
#ifndef DRYDOCK_HOST_REPORT_H
#define DRYDOCK_HOST_REPORT_H

#include <stddef.h>
#include <sys/types.h>

#include <drydock/abi/sys.h>

/*
 * One line that says what happened, "page fault at 0x8 (write) in read_block
 * (servers/ext4/block.c:12)" without the "in" part where `function` is NULL.
 */
void report_summary(const struct exception_record *record, const char *function, char *text, size_t size);

/*
 * Writes the report of process `name`, Linux process `pid`, which still stands
 * in its exception, to `file`: registers, backtrace with symbols, the end of
 * the console's copy (`console`, a descriptor to be read from its start, or
 * -1). Puts the summary into `summary`. Takes its time: not for the loop.
 */
void report_write(int file, const char *name, pid_t pid, const struct exception_record *record, int console,
                  char *summary, size_t size);

#endif

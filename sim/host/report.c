/* Writing crash reports (report.h), with symbols by elfutils' libdwfl. */
#include "report.h"

#include "machine.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *vector_name(uint32_t vector)
{
	switch (vector) {
	case 0:
		return "divide error";
	case 1:
		return "debug exception";
	case 3:
		return "breakpoint";
	case 5:
		return "bound range exceeded";
	case 6:
		return "invalid opcode";
	case 12:
		return "stack fault";
	case 13:
		return "general protection fault";
	case 14:
		return "page fault";
	case 16:
		return "x87 floating-point exception";
	case 17:
		return "alignment check";
	case 19:
		return "SIMD floating-point exception";
	default:
		return NULL;
	}
}

void report_summary(const struct exception_record *record, const char *function, char *text, size_t size)
{
	const char *name = vector_name(record->vector);
	const char *before = function != NULL ? " in " : "";

	if (function == NULL)
		function = "";
	if (record->vector == 14)
		snprintf(text, size, "page fault at 0x%llx (%s)%s%s", (unsigned long long)record->address,
		         record->code & 16  ? "execute"
		         : record->code & 2 ? "write"
		                            : "read",
		         before, function);
	else if (name != NULL)
		snprintf(text, size, "%s%s%s", name, before, function);
	else
		snprintf(text, size, "signal %u (%s)%s%s", record->signal, strsignal((int)record->signal),
		         before, function);
}

/* ---- symbols ------------------------------------------------------------- */

static Dwfl *open_symbols(pid_t pid)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_linux_proc_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
	};
	Dwfl *dwfl = dwfl_begin(&callbacks);

	if (dwfl == NULL)
		return NULL;
	dwfl_report_begin(dwfl);
	if (dwfl_linux_proc_report(dwfl, pid) != 0 || dwfl_report_end(dwfl, NULL, NULL) != 0) {
		dwfl_end(dwfl);
		return NULL;
	}
	return dwfl;
}

/* "function+0x12 (file.c:34)" of `address` into `text`; false where nothing is known. */
static bool name_address(Dwfl *dwfl, uint64_t address, char *text, size_t size)
{
	Dwfl_Module *module = dwfl != NULL ? dwfl_addrmodule(dwfl, address) : NULL;
	const char *function, *file = NULL;
	Dwfl_Line *line;
	GElf_Off offset;
	GElf_Sym symbol;
	int number = 0, length;

	if (module == NULL)
		return false;
	function = dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
	if (function == NULL) {
		function = dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
		offset = 0;
	}
	length = snprintf(text, size, "%s+0x%llx", function, (unsigned long long)offset);
	line = dwfl_module_getsrc(module, address);
	if (line != NULL)
		file = dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
	if (file != NULL && length > 0 && (size_t)length < size)
		snprintf(text + length, size - (size_t)length, " (%s:%d)", file, number);
	return true;
}

static void write_frame(FILE *file, Dwfl *dwfl, unsigned number, uint64_t address, bool returned)
{
	char text[512] = "?";

	/* A return address is after the call, perhaps already on the next line or in the next function. */
	name_address(dwfl, returned ? address - 1 : address, text, sizeof(text));
	fprintf(file, "  #%-2u 0x%016llx %s\n", number, (unsigned long long)address, text);
}

/* ---- the report ------------------------------------------------------------ */

static void write_registers(FILE *file, const struct exception_record *record)
{
	const struct {
		const char *name;
		uint64_t value;
	} registers[] = {
		{"rip", record->rip}, {"rsp", record->rsp}, {"rbp", record->rbp}, {"rfl", record->rflags},
		{"rax", record->rax}, {"rbx", record->rbx}, {"rcx", record->rcx}, {"rdx", record->rdx},
		{"rsi", record->rsi}, {"rdi", record->rdi}, {"r8 ", record->r8},  {"r9 ", record->r9},
		{"r10", record->r10}, {"r11", record->r11}, {"r12", record->r12}, {"r13", record->r13},
		{"r14", record->r14}, {"r15", record->r15},
	};

	fputs("\nregisters:\n", file);
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		fprintf(file, "  %s %016llx%s", registers[i].name, (unsigned long long)registers[i].value,
		        i % 4 == 3 ? "\n" : "");
	fputs("\n", file);
}

static void write_log(FILE *file, int console)
{
	static char text[CONSOLE_TAIL_SIZE];

	if (console_tail(console, text, sizeof(text)) > 0)
		fprintf(file, "\nlast lines of the console:\n%s", text);
}

void report_write(int descriptor, const char *name, pid_t pid, const struct exception_record *record,
                  int console, char *summary, size_t size)
{
	uint32_t count =
		record->backtrace_count < BACKTRACE_MAXIMUM ? record->backtrace_count : BACKTRACE_MAXIMUM;
	char function[512];
	FILE *file = fdopen(descriptor, "w");
	Dwfl *dwfl;

	/* Symbols from this machine alone: nothing is fetched while a process waits. */
	unsetenv("DEBUGINFOD_URLS");
	dwfl = open_symbols(pid);
	report_summary(record, name_address(dwfl, record->rip, function, sizeof(function)) ? function : NULL,
	               summary, size);
	if (file == NULL)
		return;
	fprintf(file, "%s (linux pid %d, process %llu) died: %s\n", name, (int)pid,
	        (unsigned long long)record->process, summary);
	fprintf(file,
	        "signal %u, vector %d, error code 0x%llx, address 0x%llx, at %llu.%09llu s of the clock\n",
	        record->signal, (int32_t)record->vector, (unsigned long long)record->code,
	        (unsigned long long)record->address, (unsigned long long)(record->time / 1000000000u),
	        (unsigned long long)(record->time % 1000000000u));
	write_registers(file, record);
	fputs("\nbacktrace:\n", file);
	write_frame(file, dwfl, 0, record->rip, false);
	for (uint32_t i = 0; i < count; i++)
		write_frame(file, dwfl, i + 1, record->backtrace[i], true);
	write_log(file, console);
	fclose(file);
}

/* Manifests: what they mean, and what is said about those that are wrong. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "servers/init/check.h"
#include "sim/manifest/manifest.h"

static struct manifest manifest;
static char *said; /* the last reading's errors */
static char path[64];

static void setup(void)
{
	int descriptor;

	strcpy(path, "/tmp/drydock-manifest-XXXXXX");
	descriptor = mkstemp(path);
	ck_assert_int_ge(descriptor, 0);
	close(descriptor);
}

static void teardown(void)
{
	unlink(path);
	free(said);
	said = NULL;
}

static bool read_path(const char *name)
{
	size_t length;
	FILE *errors;
	bool sound;

	free(said);
	errors = open_memstream(&said, &length);
	sound = manifest_read(name, errors, &manifest);
	fclose(errors);
	/* Silence is soundness. */
	ck_assert_msg(sound == (length == 0), "%s", said);
	return sound;
}

static bool read_bytes(const char *text, size_t length)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	fclose(file);
	return read_path(path);
}

static bool read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

/* ---- what is right ----------------------------------------------------------- */

START_TEST(the_default)
{
	ck_assert_msg(read_path(DEFAULT_MANIFEST), "%s", said);
	ck_assert_uint_eq(manifest.service_count, 4);
	ck_assert_str_eq(manifest.services[0].name, "log");
	ck_assert_uint_eq(manifest.services[0].number, 2);
	ck_assert_uint_eq(manifest.services[0].authorities, AUTHORITY_BIT(AUTHORITY_CONSOLE));
	ck_assert_uint_eq(manifest.services[0].call_count, 0);
	ck_assert_str_eq(manifest.services[1].name, "scheduler");
	ck_assert_uint_eq(manifest.services[1].number, 3);
	ck_assert_str_eq(manifest.services[2].name, "vfs");
	ck_assert_uint_eq(manifest.services[2].number, 4);
	ck_assert_uint_eq(manifest.services[2].quota.memory, 8ull << 30);
	ck_assert_str_eq(manifest.services[3].name, "netstack");
	ck_assert_uint_eq(manifest.services[3].number, 6);
	ck_assert_uint_eq(manifest.role_count, 3);
	ck_assert_str_eq(manifest.roles[0].name, "user");
	ck_assert_str_eq(manifest.roles[1].name, "admin");
	ck_assert_str_eq(manifest.roles[2].name, "fuse");
	ck_assert_uint_eq(manifest.roles[2].calls[0].service, 2);
	ck_assert_uint_eq(manifest.roles[2].calls[0].flags, CALL_IMPERSONATE);
}
END_TEST

START_TEST(everything)
{
	const struct manifest_service *service;
	const struct manifest_role *role;

	ck_assert_msg(read_text("\xef\xbb\xbf# comment\r\n"
	                        "\n"
	                        "[ service  web ]\r\n"
	                        "number = 20 ; inline\n"
	                        "image = httpd\n"
	                        "calls = log,\n"
	                        "   vfs+impersonate+control\n"
	                        "authorities = console, spawn,switch , inspect,control\n"
	                        "memory = 0x100000\n"
	                        "handles: 16\n"
	                        "ports = 1\n"
	                        "lanes = 0\n"
	                        "processes = 7\n"
	                        "priority = 31\n"
	                        "restart = never\n"
	                        "options = root=/srv size=50%,size=1%\n"
	                        "  port=80% size=7 resize=5% size=%\n"
	                        "[service log]\n"
	                        "number = 2\n"
	                        "[service vfs]\n"
	                        "number = 999\n"
	                        "[role nobody]\n"
	                        "[role web]\n"
	                        "calls = web\n"
	                        "handles = 4K"),
	              "%s", said);
	ck_assert_uint_eq(manifest.service_count, 3);
	service = &manifest.services[0];
	ck_assert_str_eq(service->name, "web");
	ck_assert_str_eq(service->image, "httpd");
	ck_assert_uint_eq(service->number, 20);
	ck_assert_uint_eq(service->call_count, 2);
	ck_assert_uint_eq(service->calls[0].service, 1);
	ck_assert_uint_eq(service->calls[0].flags, 0);
	ck_assert_uint_eq(service->calls[1].service, 2);
	ck_assert_uint_eq(service->calls[1].flags, CALL_IMPERSONATE | CALL_CONTROL);
	ck_assert_uint_eq(service->authorities, 0x3e);
	ck_assert_uint_eq(service->quota.memory, 1 << 20);
	ck_assert_uint_eq(service->quota.handles, 16);
	ck_assert_uint_eq(service->quota.ports, 1);
	ck_assert_uint_eq(service->quota.lanes, 0);
	ck_assert_uint_eq(service->quota.processes, 7);
	ck_assert_uint_eq(service->priority, 31);
	ck_assert_uint_eq(service->restart, RESTART_NEVER);
	ck_assert_str_eq(service->options,
	                 "root=/srv size=524288,size=10485 port=80% size=7 resize=5% size=%");
	service = &manifest.services[1];
	ck_assert_str_eq(service->image, "log");
	ck_assert_uint_eq(service->priority, PRIORITY_DEFAULT);
	ck_assert_uint_eq(service->restart, RESTART_ALWAYS);
	ck_assert_uint_eq(service->quota.memory, 64 << 20);
	ck_assert_uint_eq(manifest.role_count, 2);
	role = &manifest.roles[0];
	ck_assert_str_eq(role->name, "nobody");
	ck_assert_uint_eq(role->call_count, 0);
	ck_assert_uint_eq(role->authorities, 0);
	role = &manifest.roles[1];
	ck_assert_uint_eq(role->calls[0].service, 0);
	ck_assert_uint_eq(role->quota.handles, 4096);
}
END_TEST

/* The log may call, and be called by those it calls: nobody waits for it. */
START_TEST(log_is_in_no_cycle)
{
	ck_assert_msg(read_text("[service log]\nnumber=2\ncalls=vfs\n[service vfs]\nnumber=4\ncalls=log\n"),
	              "%s", said);
}
END_TEST

/* Whoever composes the name space or shows it to Linux may call what is mounted, said or not. */
START_TEST(mounts_are_calls)
{
	ck_assert_msg(read_text("[mount /a]\nservice = one\noptions = ro, nosuid,\n noexec\n"
	                        "[service vfs]\nnumber = 4\ncalls = two\n[service one]\nnumber = 5\n"
	                        "[service two]\nnumber = 6\n[role fuse]\n[role user]\n[mount /b/c]\nservice = two\n"),
	              "%s", said);
	ck_assert_uint_eq(manifest.mount_count, 2);
	ck_assert_str_eq(manifest.mounts[0].path, "/a");
	ck_assert_uint_eq(manifest.mounts[0].service, 1);
	ck_assert_uint_eq(manifest.mounts[0].flags, MOUNT_READ_ONLY | MOUNT_NO_SUID | MOUNT_NO_EXEC);
	ck_assert_str_eq(manifest.mounts[1].path, "/b/c");
	ck_assert_uint_eq(manifest.mounts[1].flags, 0);
	ck_assert_uint_eq(manifest.services[0].call_count, 2);
	ck_assert_uint_eq(manifest.services[0].calls[0].service, 2);
	ck_assert_uint_eq(manifest.services[0].calls[0].flags, CALL_IMPERSONATE);
	ck_assert_uint_eq(manifest.services[0].calls[1].service, 1);
	ck_assert_uint_eq(manifest.roles[0].call_count, 2);
	ck_assert_uint_eq(manifest.roles[1].call_count, 0);
}
END_TEST

/* ---- what is wrong -------------------------------------------------------------- */

#define LOG   "[service log]\nnumber = 2\n"
#define VFS   "[service vfs]\nnumber = 4\n"
#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static const struct {
	const char *text;
	unsigned line;
	const char *part;
} wrong[] = {
	{"", 1, "no service is described"},
	{"# nothing\n\n", 2, "no service is described"},
	{"number = 2\n" LOG, 1, "belongs to no section"},
	{"[server log]\n", 1, "unknown section"},
	{"[service]\n", 1, "unknown section"},
	{"[]\n", 1, "unknown section"},
	{"[service log two]\n", 1, "unknown section"},
	{LOG "[service log\n", 3, "does not end"},
	{LOG "\n[role x]\n[role x]\n", 5, "described twice: put all of it under line 4"},
	{LOG "[service log]\n", 3, "described twice"},
	{"[service init]\nnumber = 9\n", 1, "choose another name"},
	{"[service kernel]\nnumber = 9\n", 1, "choose another name"},
	{"[service Log]\n", 1, "use a-z"},
	{"[service ../log]\n", 1, "use a-z"},
	{"[role a" TEN TEN TEN "b]\n", 1, "too long: use at most 31"},
	{"[service log]\n", 1, "log has no number"},
	{LOG "[service vfs]\nnumber = 2\n", 4, "number 2 is that of log"},
	{"[service log]\nnumber = 1\n", 2, "choose from 2 to 999"},
	{"[service log]\nnumber = two\n", 2, "is no number"},
	{"[service log]\nnumber =\n", 2, "is no number"},
	{"[service log]\nnumber = -2\n", 2, "is no number"},
	{LOG "memory = 64 M\n", 3, "is no number"},
	{LOG "memory = 99999999999999999999\n", 3, "is no number"},
	{LOG "memory = 4K\n", 3, "out of range"},
	{LOG "memory = 64M # much\n", 3, "is no number"},
	{LOG "handles = 16385\n", 3, "choose from 16 to 16384"},
	{LOG "ports = 0\n", 3, "out of range"},
	{LOG "lanes = 4097\n", 3, "out of range"},
	{LOG "processes = 4294967296\n", 3, "out of range"},
	{LOG "priority = 32\n", 3, "choose from 0 to 31"},
	{LOG "restart = sometimes\n", 3, "write always or never"},
	{LOG "colour = red\n", 3, "unknown key \"colour\""},
	{LOG "number = 3\n", 3, "given twice: see line 2"},
	{LOG "calls =\n\ncalls =\n", 5, "given twice: see line 3"},
	{LOG "number\n", 3, "write KEY = VALUE"},
	{LOG "  memory = 64M\n", 3, "begin a key at the margin"},
	{LOG "[role x]\nnumber = 3\n", 4, "a role has no number"},
	{LOG "[role x]\nrestart = never\n", 4, "a role has no restart"},
	{LOG "image = a/b\n", 3, "use a-z"},
	{LOG "image =\n", 3, "is no name"},
	{LOG "options = " FIFTY FIFTY FIFTY "\n " FIFTY FIFTY TEN "\n", 4, "options are too long"},
	{LOG "options = " FIFTY FIFTY FIFTY FIFTY "\n", 3, "the line is too long"},
	{LOG "options = size=0%\n", 3, "size is from 1% to 100%"},
	{LOG "options = size=101%\n", 3, "size is from 1% to 100%"},
	{LOG "options = size=99999999999999999999%\n", 3, "size is from 1% to 100%"},
	{LOG "memory = 1024G\noptions = " FIFTY FIFTY FIFTY "\n " FIFTY TEN TEN TEN TEN "\n size=100%\n", 4, "options are too long"},
	{LOG "authorities = console, fly\n", 3, "the authority \"fly\" is unknown"},
	{LOG "calls = vfs\n", 3, "no service \"vfs\""},
	{LOG "calls = init\n", 3, "everybody may call init"},
	{LOG "calls = log\n", 3, "log calls itself"},
	{LOG "[role x]\ncalls = log+fly\n", 4, "+fly is unknown"},
	{LOG "[role x]\ncalls = log+\n", 4, "+ is unknown"},
	{LOG "[role x]\ncalls = log, log+control\n", 4, "called twice"},
	{LOG "[role x]\ncalls = log,\n  log\n", 5, "called twice"},
	{LOG "[role x]\ncalls = , log\n", 4, "nothing stands before a comma"},
	{LOG "[role x]\ncalls = a b\n", 4, "use a-z"},
	{LOG "[service a]\nnumber=3\ncalls=b\n[service b]\nnumber=4\n\ncalls=a\n", 5, "a -> b -> a"},
	{LOG "[service vfs]\nnumber=3\ncalls=log, net, ext4\n[service net]\nnumber=4\n"
	     "[service ext4]\nnumber=5\ncalls = block\n[service block]\nnumber=6\ncalls=net, ext4\n",
	 10, "ext4 -> block -> ext4"},
	{LOG "[mount]\n", 3, "unknown section"},
	{LOG "[mount disk]\n", 3, "write an absolute path"},
	{LOG "[mount /]\n", 3, "write an absolute path"},
	{LOG "[mount /a/../b]\n", 3, "write an absolute path"},
	{LOG "[mount /a//b]\n", 3, "write an absolute path"},
	{LOG "[mount /a/]\n", 3, "write an absolute path"},
	{LOG "[mount /a:b]\n", 3, "write an absolute path"},
	{LOG "[mount /" FIFTY FIFTY TEN TEN "1234567]\n", 3, "at most 127 characters"},
	{LOG "[mount /a]\nservice = log\n", 3, "no service vfs"},
	{LOG VFS "[mount /a]\n", 5, "mount /a has no service"},
	{LOG VFS "[mount /a]\nservice = ext4\n", 6, "no service \"ext4\""},
	{LOG VFS "[mount /a]\nservice = vfs\n", 5, "is of vfs"},
	{LOG VFS "[mount /a]\nservice = log\noptions = ro, rw\n", 7, "the option \"rw\""},
	{LOG VFS "[mount /a]\nservice = log\nnumber = 7\n", 7, "a mount has no number"},
	{LOG "service = log\n", 3, "a service has no service"},
	{LOG VFS "[mount /a]\nservice = log\n[mount /a]\n", 7, "described twice"},
	{LOG VFS "[mount /a]\nservice = log\n[mount /a/b]\nservice = log\n", 7, "lies in another mount"},
	{LOG VFS "[service fs]\nnumber = 5\ncalls = vfs\n[mount /a]\nservice = fs\n", 3, "vfs -> fs -> vfs"},
	{LOG VFS "[mount /" FIFTY FIFTY "]\nservice = log\n[mount /b" FIFTY FIFTY "]\nservice = log\n[mount /c" TEN
	     TEN "]\nservice=log\n",
	 9, "do not fit into the 255 characters"},
};

START_TEST(wrong_with_its_line)
{
	char begin[128];

	snprintf(begin, sizeof(begin), "%s:%u: ", path, wrong[_i].line);
	ck_assert_msg(!read_text(wrong[_i].text), "%s", wrong[_i].text);
	ck_assert_msg(strncmp(said, begin, strlen(begin)) == 0, "case %d: not %s but %s", _i, begin, said);
	ck_assert_msg(strstr(said, wrong[_i].part) != NULL, "case %d: not \"%s\" but %s", _i, wrong[_i].part,
	              said);
	/* One mistake, one line. */
	ck_assert_msg(strchr(said, '\n') == said + strlen(said) - 1, "case %d: %s", _i, said);
}
END_TEST

START_TEST(zero_byte)
{
	static const char text[] = "[service log]\nnum\0ber = 2\nnumber = 2\n";

	ck_assert(!read_bytes(text, sizeof(text) - 1));
	ck_assert_ptr_nonnull(strstr(said, ":2: there is a zero byte"));
}
END_TEST

START_TEST(unreadable)
{
	ck_assert(!read_path("/nonexistent/manifest"));
	ck_assert_str_eq(said, "/nonexistent/manifest: cannot be opened: No such file or directory\n");
	ck_assert(!read_path("/"));
	ck_assert_msg(strstr(said, "Is a directory") != NULL, "%s", said);
}
END_TEST

static unsigned lines(const char *text)
{
	unsigned count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

START_TEST(all_errors_up_to_twenty)
{
	char text[4096] = LOG;

	for (int at = 0; at < 5; at++)
		strcat(text, "colour = red\n");
	ck_assert(!read_text(text));
	ck_assert_uint_eq(lines(said), 5);
	for (int at = 0; at < 30; at++)
		strcat(text, "[bad]\n");
	ck_assert(!read_text(text));
	ck_assert_uint_eq(lines(said), 21);
	ck_assert_ptr_nonnull(strstr(said, "15 more errors are not shown"));
}
END_TEST

/* As many as fit, and one more. */
START_TEST(limits)
{
	char text[8192] = "";

	for (int at = 0; at < MANIFEST_SERVICES; at++)
		sprintf(text + strlen(text), "[service s%d]\nnumber = %d\n", at, at + 2);
	for (int at = 0; at < MANIFEST_ROLES; at++)
		sprintf(text + strlen(text), "[role r%d]\n", at);
	strcat(text, "calls = s0");
	for (int at = 1; at < MANIFEST_CALLS; at++)
		sprintf(text + strlen(text), ",\n s%d", at);
	ck_assert_msg(read_text(text), "%s", said);
	ck_assert_uint_eq(manifest.roles[MANIFEST_ROLES - 1].call_count, MANIFEST_CALLS);
	strcat(text, ",\n log");
	ck_assert(!read_text(text));
	ck_assert_ptr_nonnull(strstr(said, "too many calls"));
	strcat(text, "\n[role x]\n[service y]\nnumber=900\n");
	ck_assert(!read_text(text));
	ck_assert_ptr_nonnull(strstr(said, "too many roles"));
	ck_assert_ptr_nonnull(strstr(said, "too many services"));
}
END_TEST

/* ---- anything --------------------------------------------------------------------- */

static const char *const scraps[] = {
	"[service ", "[role ", "log", "vfs", "a", "]\n", "]", "\n", "\n", "\n ", "number = ", "2", "3",
	"999", "calls = ", ", ", "+control", "+", "authorities = ", "console", "memory = ", "64M",
	"options = ", "x=1", "=", ";", " ; ", "#", "\t", "\r\n", "restart = never\n",
	"image = vfs\n", "\xff", "\xef\xbb\xbf", FIFTY, FIFTY FIFTY,
};

/* Whatever the text: an answer, and one that init would agree with. */
START_TEST(random_texts)
{
	unsigned seed = (unsigned)_i + 1;

	for (int round = 0; round < 60; round++) {
		char text[8192] = "", why[160];

		for (int count = rand_r(&seed) % 60; count > 0; count--)
			strcat(text, scraps[(size_t)rand_r(&seed) % (sizeof(scraps) / sizeof(scraps[0]))]);
		if (read_text(text))
			ck_assert_msg(check_manifest(&manifest, why, sizeof(why)), "%s", why);
		else
			ck_assert_uint_gt(strlen(said), 0);
	}
}
END_TEST

/* Graphs of services: refused exactly if following calls leads back. */
START_TEST(random_graphs)
{
	unsigned seed = (unsigned)_i + 1;

	for (int round = 0; round < 30; round++) {
		bool reach[6][6] = {{false}}, cyclic = false;
		char text[2048] = "";

		for (int from = 0; from < 6; from++) {
			const char *separator = "";

			sprintf(text + strlen(text), "[service s%d]\nnumber = %d\ncalls = ", from, from + 2);
			for (int to = 0; to < 6; to++) {
				if (to == from || rand_r(&seed) % 6 != 0)
					continue;
				sprintf(text + strlen(text), "%ss%d", separator, to);
				separator = ", ";
				reach[from][to] = true;
			}
			strcat(text, "\n");
		}
		for (int by = 0; by < 6; by++)
			for (int from = 0; from < 6; from++)
				for (int to = 0; to < 6; to++)
					reach[from][to] |= reach[from][by] && reach[by][to];
		for (int at = 0; at < 6; at++)
			cyclic |= reach[at][at];
		ck_assert_msg(read_text(text) == !cyclic, "%s%s", text, said);
		if (cyclic)
			ck_assert_ptr_nonnull(strstr(said, "cycle"));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manifest");
	TCase *cases = tcase_create("manifests");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, the_default);
	tcase_add_test(cases, everything);
	tcase_add_test(cases, log_is_in_no_cycle);
	tcase_add_test(cases, mounts_are_calls);
	tcase_add_loop_test(cases, wrong_with_its_line, 0, (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(cases, zero_byte);
	tcase_add_test(cases, unreadable);
	tcase_add_test(cases, all_errors_up_to_twenty);
	tcase_add_test(cases, limits);
	tcase_add_loop_test(cases, random_texts, 0, 10);
	tcase_add_loop_test(cases, random_graphs, 0, 5);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * Requests that may be anything, of every operation of both protocols, from
 * clients that hold each other's numbers, in a file system that is nearly full
 * and a server that is nearly out of memory. Each is nearly right most of the
 * time, by its description (struct operation_description). What fails must leave
 * the tree as it was; links, nodes and memory must add up all the while, and come
 * back in the end.
 *
 * VFS_FUZZ_STEPS in the environment goes on for longer, VFS_FUZZ_SEED elsewhere.
 */
#include <stdio.h>

#include "vfs_harness.h"

#define STEPS     6000u
#define CLIENTS   5u
#define KEPT      12u  /* numbers of nodes that are remembered of a client */
#define NODES     200u /* of the file system */
#define WATCHES   8u
#define AUDIT     8u   /* one call of so many is held against the tree before it */
#define DEPTH_MAX 64u
#define IN_MAX    (96u * 1024)

static uint64_t random_state;

/* xorshift64 (Marsaglia, Journal of Statistical Software 8(14), 2003). */
static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static uint32_t below(uint32_t bound)
{
	return (uint32_t)(random_next() % bound);
}

static struct {
	struct harness *harness;
	struct client *client[CLIENTS];
	struct client *auditor; /* who may all, and changes nothing */
	uint64_t node[CLIENTS][KEPT]; /* that they were given */
	uint32_t at;                  /* whose request is made */
	struct {
		struct served *served;
		struct call *call;
		uint32_t client;
	} watch[WATCHES];
} fuzz;

/* ---- what a request is made of -------------------------------------------------- */

static uint64_t pick_node(void)
{
	uint32_t whose = below(12) ? fuzz.at : below(CLIENTS);
	uint64_t node = fuzz.node[whose][below(KEPT)];

	switch (below(24)) {
	case 0:
		return random_next() >> below(64);
	case 1: /* one that may have been, or will be */
		return node + (below(2) ? 1ull << 32 : 32);
	case 2:
	case 3:
	case 4:
		return FS_ROOT;
	default:
		return node;
	}
}

static uint64_t pick_offset(void)
{
	static const uint64_t edges[] = {0,          1,          4095,      4096,       8192,
	                                 1u << 20,   INT64_MAX,  UINT64_MAX, UINT32_MAX, 1ull << 40,
	                                 1ull << 62, 1ull << 63, UINT64_MAX - 4095};

	switch (below(8)) {
	case 0:
		return edges[below(sizeof(edges) / sizeof(edges[0]))] - below(3);
	case 1:
		return random_next() >> below(64);
	default:
		return below(40000);
	}
}

static uint32_t pick_word(const char *name)
{
	static const uint32_t modes[] = {0100644, 0100000, 040755, 010600, 020666,
	                                 0120777, 0140644, 0,      01777,  06755};
	static const uint32_t opens[] = {VFS_OPEN_READ, VFS_OPEN_READ | VFS_OPEN_WRITE, VFS_OPEN_PATH,
	                                 VFS_OPEN_READ | VFS_OPEN_WRITE | VFS_OPEN_CREATE,
	                                 VFS_OPEN_WRITE | VFS_OPEN_APPEND | VFS_OPEN_CREATE,
	                                 VFS_OPEN_READ | VFS_OPEN_WRITE | VFS_OPEN_UNNAMED};

	if (below(16) == 0)
		return (uint32_t)random_next() >> below(32);
	if (strcmp(name, "mode") == 0)
		return modes[below(10)];
	if (strcmp(name, "flags") == 0)
		return fuzz.at % 2 && below(4) ? opens[below(6)] : below(4);
	if (strcmp(name, "file") == 0 || strcmp(name, "to") == 0)
		return below(4);
	if (strcmp(name, "valid") == 0)
		return 1u << below(9);
	if (strcmp(name, "type") == 0 || strcmp(name, "whence") == 0 || strcmp(name, "mask") == 0)
		return below(6);
	if (strcmp(name, "length") == 0)
		return below(40000);
	return below(3);
}

static uint32_t put_name(uint8_t *to)
{
	static const char *const names[] = {"a", "b", "c", "d", "user.x", "trusted.y", ".", "..", "", "a/b", "/",
	                                    "security.capability", "system.posix_acl_access",
	                                    "system.posix_acl_default", "user.", "none"};
	uint32_t which = below(4) ? below(6) : below(sizeof(names) / sizeof(names[0]));
	uint32_t length = (uint32_t)strlen(strcpy((char *)to, names[which]));

	if (below(24) == 0) { /* long, to the limit and beyond */
		length = 250 + below(10);
		memset(to, 'n', length);
	}
	if (below(24) == 0 && length > 0)
		to[below(length)] = (uint8_t)random_next();
	return length;
}

static uint32_t put_path(uint8_t *to)
{
	uint32_t length = 0, parts = 1 + (below(2) ? 0 : below(4));

	if (below(40) == 0) {
		length = 4090 + below(10);
		memset(to, '/', length);
		return length;
	}
	for (uint32_t part = 0; part < parts; part++) {
		if (below(16))
			to[length++] = '/';
		length += put_name(to + length);
	}
	return length;
}

static bool is_path(const char *name)
{
	return strstr(name, "path") || strcmp(name, "target") == 0;
}

static uint32_t put_bytes(uint8_t *to)
{
	uint32_t length = below(8) ? below(300) : below(70000);

	for (uint32_t at = 0; at < length; at++)
		to[at] = (uint8_t)random_next();
	return length;
}

/* Attributes that set_attributes is to set: what they are, or anything. */
static uint32_t put_attributes(uint8_t *to)
{
	struct fs_attributes values = {.size = pick_offset(),
	                               .atime_ns = below(2) ? 5 : (uint32_t)random_next(),
	                               .mtime_ns = below(2) ? 5 : (uint32_t)random_next(),
	                               .mode = pick_word("mode"),
	                               .uid = below(3),
	                               .gid = below(3),
	                               .flags = below(4) ? 0 : (uint32_t)random_next() & 0xff};

	memcpy(to, &values, sizeof(values));
	return below(32) ? sizeof(values) : below(sizeof(values));
}

static uint32_t pick_capacity(const char *type)
{
	static const uint32_t rooms[] = {0, 1, 8, 23, 24, 32, 100, 4096, 65536, 70000};

	if (below(32) == 0)
		return rooms[below(10)];
	if (strcmp(type, "out attributes") == 0)
		return sizeof(struct fs_attributes);
	if (strcmp(type, "out status") == 0)
		return sizeof(struct vfs_status);
	if (strcmp(type, "out statistics") == 0)
		return sizeof(struct fs_statistics);
	return below(4) ? 4096 : rooms[below(10)];
}

struct parts {
	uint64_t word[MESSAGE_WORDS];
	uint8_t in[IN_MAX];
	uint32_t in_length, out_length;
};

static void put_word(struct parts *parts, const struct field_description *field, uint64_t value)
{
	if (field->shift == 0 && field->type[1] != '6')
		value &= UINT32_MAX;
	parts->word[field->word] |= value << field->shift;
}

/* The field that says how long the string `name` is, or NULL: that is what remains. */
static const struct field_description *length_of(const struct operation_description *operation, const char *name)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "%s_length", name);
	for (uint32_t at = 0; at < operation->argument_count; at++) {
		if (strcmp(operation->arguments[at].name, wanted) == 0)
			return &operation->arguments[at];
	}
	return NULL;
}

static void compose_field(struct parts *parts, const struct operation_description *operation,
                          const struct field_description *field)
{
	uint8_t *to = parts->in + parts->in_length;
	const struct field_description *length_field;
	uint32_t length;

	if (strcmp(field->type, "u64") == 0 || strcmp(field->type, "i64") == 0) {
		bool is_node = strstr(field->name, "node") || strstr(field->name, "directory") ||
		               strcmp(field->name, "to") == 0;

		put_word(parts, field, is_node ? pick_node() : pick_offset());
	} else if (strcmp(field->type, "u32") == 0 && !strstr(field->name, "_length")) {
		put_word(parts, field, pick_word(field->name));
	} else if (strncmp(field->type, "string", 6) == 0) {
		length = is_path(field->name) ? put_path(to) : put_name(to);
		parts->in_length += length;
		length_field = length_of(operation, field->name);
		if (length_field)
			put_word(parts, length_field, below(32) ? length : (uint32_t)random_next() >> below(32));
	} else if (strcmp(field->type, "in attributes") == 0) {
		parts->in_length += put_attributes(to);
	} else if (strncmp(field->type, "in", 2) == 0) {
		parts->in_length += put_bytes(to);
	} else if (strncmp(field->type, "out", 3) == 0) {
		parts->out_length = pick_capacity(field->type);
	}
}

static void compose(struct parts *parts, const struct operation_description *operation)
{
	memset(parts->word, 0, sizeof(parts->word));
	parts->in_length = parts->out_length = 0;
	for (uint32_t at = 0; at < operation->argument_count; at++)
		compose_field(parts, operation, &operation->arguments[at]);
	if (below(40) == 0)
		parts->word[1 + below(7)] ^= 1ull << below(64);
	if (below(40) == 0)
		parts->in_length = parts->in_length ? below(parts->in_length) : below(100);
}

/* ---- the tree --------------------------------------------------------------------- */

struct audit {
	uint64_t digest; /* FNV-1a (Fowler, Noll and Vo) of all but times of access */
	struct {
		uint64_t node;
		uint32_t links, found;
	} seen[NODES];
	uint32_t count;
};

static void digest_add(struct audit *audit, const void *bytes, size_t length)
{
	for (size_t at = 0; at < length; at++)
		audit->digest = (audit->digest ^ ((const uint8_t *)bytes)[at]) * 0x100000001b3ull;
}

/* Whether it is seen for the first time. */
static bool see(struct audit *audit, const struct fs_attributes *found)
{
	struct fs_attributes counted = *found;

	counted.atime = counted.atime_ns = 0;
	digest_add(audit, &counted, sizeof(counted));
	for (uint32_t at = 0; at < audit->count; at++) {
		if (audit->seen[at].node == found->node) {
			audit->seen[at].found++;
			return false;
		}
	}
	ck_assert_uint_lt(audit->count, NODES);
	audit->seen[audit->count].node = found->node;
	audit->seen[audit->count].links = found->links;
	audit->seen[audit->count++].found = 1;
	return true;
}

static bool is_directory(uint32_t mode)
{
	return (mode & POSIX_S_IFMT) == POSIX_S_IFDIR;
}

/* All that is listed is found, is what the list says, and every directory has a link for each of its own. */
static void audit_directory(struct audit *audit, const struct fs_attributes *directory, uint32_t depth)
{
	static uint8_t buffers[DEPTH_MAX][64 * 1024];
	struct fs_readdir_results results;
	uint32_t directories = 0;

	ck_assert_uint_lt(depth, DEPTH_MAX);
	ck_assert_int_eq(fs_readdir(fuzz.auditor, directory->node, 0, buffers[depth], sizeof(buffers[0]), &results), 0);
	for (uint32_t at = 0; at < results.entries_length;) {
		const char *name = (const char *)buffers[depth] + at + sizeof(struct fs_entry);
		struct fs_attributes found;
		struct fs_entry entry;

		memcpy(&entry, buffers[depth] + at, sizeof(entry));
		at += (uint32_t)sizeof(entry) + ((entry.name_length + 7) & ~7u);
		digest_add(audit, name, entry.name_length);
		if (name[0] == '.' && (entry.name_length == 1 || (entry.name_length == 2 && name[1] == '.')))
			continue;
		ck_assert_int_eq(fs_lookup(fuzz.auditor, directory->node, name, entry.name_length, &found), 0);
		ck_assert_uint_eq(found.node, entry.node);
		ck_assert_uint_eq(found.mode & POSIX_S_IFMT, entry.mode);
		directories += is_directory(found.mode);
		if (see(audit, &found) && is_directory(found.mode))
			audit_directory(audit, &found, depth + 1);
		ck_assert_int_eq(fs_forget(fuzz.auditor, found.node, 1), 0);
	}
	ck_assert_uint_eq(directory->links, 2 + directories);
}

static void audit_tree(struct audit *audit)
{
	struct fs_statistics statistics;
	struct fs_attributes root;

	audit->digest = 0xcbf29ce484222325ull;
	audit->count = 0;
	ck_assert_int_eq(fs_get_attributes(fuzz.auditor, FS_ROOT, &root), 0);
	see(audit, &root);
	audit_directory(audit, &root, 0);
	for (uint32_t at = 1; at < audit->count; at++) {
		struct fs_attributes found;

		ck_assert_int_eq(fs_get_attributes(fuzz.auditor, audit->seen[at].node, &found), 0);
		if (!is_directory(found.mode))
			ck_assert_uint_eq(audit->seen[at].links, audit->seen[at].found);
	}
	ck_assert_int_eq(fs_statistics(fuzz.auditor, FS_ROOT, &statistics), 0);
	digest_add(audit, &statistics, sizeof(statistics));
	ck_assert_uint_le(audit->count, statistics.nodes - statistics.nodes_free);
}

/* ---- one request -------------------------------------------------------------------- */

static bool gives_attributes(const struct operation_description *operation)
{
	for (uint32_t at = 0; at < operation->argument_count; at++) {
		if (strcmp(operation->arguments[at].type, "out attributes") == 0)
			return true;
	}
	return false;
}

/* What was answered is an errno of Linux's, with as many bytes as there is room for; what it gives is remembered. */
static void take_reply(const struct operation_description *operation, const struct call *call)
{
	ck_assert_int_ge(call->status, 0);
	ck_assert_int_lt(call->status, 4096);
	ck_assert_uint_le(word_high(call->reply.word[1]), call->out_length);
	if (call->status == 0 && gives_attributes(operation) && call->out_length == sizeof(struct fs_attributes))
		memcpy(&fuzz.node[fuzz.at][below(KEPT)], call->out + offsetof(struct fs_attributes, node), sizeof(uint64_t));
}

/* One that is kept: from now on it is answered whenever that may be. */
static void keep(struct served *served, struct call *call, uint32_t client)
{
	uint32_t at = 0;

	while (at < WATCHES && fuzz.watch[at].served)
		at++;
	ck_assert_uint_lt(at, WATCHES);
	fuzz.watch[at].served = served;
	fuzz.watch[at].call = call;
	fuzz.watch[at].client = client;
}

static void end_call(struct call *call)
{
	free(call->in);
	free(call->out);
	free(call);
}

/* Ends those that have been answered, and with `client` also its others, as the runtime does when it goes. */
static void end_watches(uint32_t client)
{
	for (uint32_t at = 0; at < WATCHES; at++) {
		if (!fuzz.watch[at].served)
			continue;
		if (fuzz.watch[at].client == client)
			harness_cancel(fuzz.watch[at].served);
		if (!harness_served(fuzz.watch[at].served))
			continue;
		end_call(fuzz.watch[at].call);
		fuzz.watch[at].served = NULL;
	}
}

static struct call *make_call(struct client *client, const struct operation_description *operation,
                              const struct parts *parts)
{
	uint16_t number = below(200) ? operation->number : (uint16_t)random_next();
	struct call *call = calloc(1, sizeof(*call));

	ck_assert_ptr_nonnull(call);
	client->actor = below(50) ? below(client->connection.actors) : (uint32_t)random_next();
	ck_assert_int_eq(call_begin(call, client, number, parts->in_length, parts->out_length), 0);
	call_session(call, operation->changes);
	for (uint32_t word = 1; word < MESSAGE_WORDS; word++) {
		if (parts->word[word])
			call->request.word[word] = parts->word[word];
	}
	if (parts->in_length > 0)
		memcpy(call->in, parts->in, parts->in_length);
	return call;
}

static void step(void)
{
	static struct parts parts;
	static struct audit before, after;
	uint32_t at = fuzz.at = below(CLIENTS);
	struct client *client = fuzz.client[at];
	const struct operation_description *operation =
		&client->protocol->operations[below(client->protocol->operation_count)];
	bool audited = below(AUDIT) == 0;
	struct served *served;
	struct call *call;

	compose(&parts, operation);
	call = make_call(client, operation, &parts);
	if (audited)
		audit_tree(&before);
	if (below(8) == 0)
		fuzz.harness->allocations_max = fuzz.harness->allocations + below(2);
	served = harness_submit(call);
	fuzz.harness->allocations_max = UINT64_MAX;
	if (!harness_served(served)) {
		keep(served, call, at);
		return;
	}
	take_reply(operation, call);
	if (audited) {
		audit_tree(&after);
		ck_assert_msg(call->status == 0 || before.digest == after.digest,
		              "%s of %s failed with %d and changed the tree", operation->name, client->protocol->name,
		              (int)call->status);
	}
	end_call(call);
}

/* ---- all of it -------------------------------------------------------------------------- */

static void connect_client(uint32_t at)
{
	static const struct identity identities[] = {
		{.uid = 0}, {.uid = 1, .gid = 1}, {.uid = 2, .gid = 2, .flags = IDENTITY_CHECKED}};

	fuzz.client[at] =
		harness_connect(fuzz.harness, at % 2 ? &vfs_protocol : &fs_protocol, &identities[at % 3]);
	ck_assert_ptr_nonnull(fuzz.client[at]);
	harness_actor(fuzz.client[at], &identities[1]);
}

/* Goes in the midst of whatever it does; another comes. */
static void replace_client(uint32_t at)
{
	end_watches(at);
	harness_disconnect(fuzz.client[at]);
	connect_client(at);
}

/* Makes it changeable; what is neither a file nor a directory always is. */
static void clear_flags(uint64_t node)
{
	const struct fs_attributes plain = {0};
	struct fs_attributes result;
	int32_t status = fs_set_attributes(fuzz.auditor, node, FS_SET_FLAGS, &plain, &result);

	ck_assert(status == 0 || status == POSIX_EOPNOTSUPP);
}

/* Empties a directory, of what nobody may change as well. */
static void remove_all(uint64_t directory)
{
	uint8_t buffer[4096];
	struct fs_readdir_results results;

	for (;;) {
		struct fs_attributes found;
		struct fs_entry entry = {0};
		const char *name = NULL;

		clear_flags(directory);
		ck_assert_int_eq(fs_readdir(fuzz.auditor, directory, 0, buffer, sizeof(buffer), &results), 0);
		for (uint32_t at = 0; at < results.entries_length;
		     at += (uint32_t)sizeof(entry) + ((entry.name_length + 7) & ~7u)) {
			memcpy(&entry, buffer + at, sizeof(entry));
			name = (const char *)buffer + at + sizeof(entry);
			if (name[0] != '.' || (entry.name_length > 1 && (entry.name_length > 2 || name[1] != '.')))
				break;
			name = NULL;
		}
		if (!name)
			return;
		ck_assert_int_eq(fs_lookup(fuzz.auditor, directory, name, entry.name_length, &found), 0);
		clear_flags(found.node);
		if (is_directory(found.mode))
			remove_all(found.node);
		ck_assert_int_eq(is_directory(found.mode)
		                         ? fs_remove_directory(fuzz.auditor, directory, name, entry.name_length)
		                         : fs_unlink(fuzz.auditor, directory, name, entry.name_length),
		                 0);
		ck_assert_int_eq(fs_forget(fuzz.auditor, found.node, 1), 0);
	}
}

/* What stays of the root, and takes memory. */
static void clear_xattrs(uint64_t node)
{
	struct fs_list_xattrs_results results;
	uint8_t names[65536];

	ck_assert_int_eq(fs_list_xattrs(fuzz.auditor, node, names, sizeof(names), &results), 0);
	for (uint32_t at = 0; at < results.names_length;) {
		uint32_t length = (uint32_t)strlen((const char *)names + at);

		ck_assert_int_eq(fs_remove_xattr(fuzz.auditor, node, (const char *)names + at, length), 0);
		at += length + 1;
	}
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static struct fs_statistics statistics(void)
{
	struct fs_statistics found;

	ck_assert_int_eq(fs_statistics(fuzz.auditor, FS_ROOT, &found), 0);
	return found;
}

/* So that the root is as large as it will be: it keeps what it has to list with. */
static void make_many(void)
{
	for (char name = 'a'; name <= 'z'; name++) {
		struct fs_attributes made;

		ck_assert_int_eq(fs_create(fuzz.auditor, FS_ROOT, POSIX_S_IFREG, 0, 0, &name, 1, &made), 0);
		ck_assert_int_eq(fs_forget(fuzz.auditor, made.node, 1), 0);
	}
}

START_TEST(anything)
{
	uint64_t steps = number_from("VFS_FUZZ_STEPS", STEPS);
	struct fs_statistics empty, left;
	static struct audit audit;

	random_state = number_from("VFS_FUZZ_SEED", 20) + (uint64_t)_i * 0x9e3779b97f4a7c15ull;
	memset(&fuzz, 0, sizeof(fuzz));
	fuzz.harness = harness_begin("size=512K nr_inodes=200 mode=1777");
	fuzz.auditor = harness_connect(fuzz.harness, &fs_protocol,
	                               &(const struct identity){.flags = IDENTITY_CHECKED});
	make_many();
	remove_all(FS_ROOT);
	empty = statistics();
	for (uint32_t at = 0; at < CLIENTS; at++)
		connect_client(at);
	for (uint64_t count = 0; count < steps; count++) {
		step();
		end_watches(CLIENTS);
		if (below(64) == 0)
			harness_fire(fuzz.harness);
		if (below(400) == 0)
			replace_client(below(CLIENTS));
		/* Now and then what nobody may change any more, and else would fill all. */
		if (below(2000) == 0)
			remove_all(FS_ROOT);
	}
	for (uint32_t at = 0; at < CLIENTS; at++) {
		end_watches(at);
		harness_disconnect(fuzz.client[at]);
	}
	/* Nothing is held any more but what has a name. */
	audit_tree(&audit);
	left = statistics();
	ck_assert_uint_eq(left.nodes - left.nodes_free, audit.count);
	remove_all(FS_ROOT);
	clear_xattrs(FS_ROOT);
	left = statistics();
	ck_assert_uint_eq(left.nodes_free, empty.nodes_free);
	ck_assert_uint_eq(left.blocks_free, empty.blocks_free);
	harness_end(fuzz.harness);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuzz");
	TCase *cases = tcase_create("fuzz");

	tcase_add_loop_test(cases, anything, 0, 4);
	tcase_set_timeout(cases, 0);
	suite_add_tcase(suite, cases);
	return harness_run(suite);
}

/* Access control lists and their values (src/common/acl.c). */
#include "../unit.h"

#include <string.h>

#include <drydock/acl.h>
#include <drydock/posix.h>

#define NONE ACL_NO_ID

static struct acl_entry entries[ACL_ENTRIES_MAX];
static uint32_t count;

/* Parses a value of that version, of `number` entries and `more` bytes. */
static int32_t parse(uint32_t version, const struct acl_entry *from, uint32_t number, uint32_t more)
{
	static uint8_t value[2 * ACL_SIZE_MAX];
	int32_t error;

	memcpy(value, &version, sizeof(version));
	if (number > 0)
		memcpy(value + ACL_HEADER_SIZE, from, number * sizeof(*from));
	error = acl_parse(value, ACL_HEADER_SIZE + number * (uint32_t)sizeof(*from) + more, entries, &count);
	return error || acl_is_valid(&(const struct acl){entries, count}) ? error : POSIX_EINVAL;
}

#define PARSE(...)                                        \
	parse(2, (const struct acl_entry[]){__VA_ARGS__}, \
	      sizeof((const struct acl_entry[]){__VA_ARGS__}) / sizeof(struct acl_entry), 0)

START_TEST(values)
{
	const struct acl_entry minimal[] = {{ACL_USER_OBJ, 6, 7}, {ACL_GROUP_OBJ, 4, 8}, {ACL_OTHER, 1, 9}};
	uint8_t value[ACL_SIZE_MAX];
	struct acl acl = {.entries = entries};

	ck_assert_int_eq(parse(2, minimal, 3, 0), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(entries[0].id, NONE); /* who they are for is said by their tags */
	acl.count = count;
	ck_assert_uint_eq(acl_size(count), 28);
	acl_format(&acl, value);
	ck_assert_uint_eq(value[0], 2);
	ck_assert_mem_eq(value + ACL_HEADER_SIZE, entries, 24);

	ck_assert_int_eq(acl_parse(NULL, 0, entries, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(parse(2, NULL, 0, 0), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(acl_parse("\2\0\0", 3, entries, &count), POSIX_EINVAL);
	ck_assert_int_eq(parse(1, minimal, 3, 0), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(parse(3, minimal, 3, 5), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(parse(2, minimal, 3, 5), POSIX_EINVAL);
	ck_assert_int_eq(parse(2, NULL, 0, 7), POSIX_EINVAL);
}
END_TEST

START_TEST(valid_and_not)
{
	static struct acl_entry many[ACL_ENTRIES_MAX + 1];
	const struct acl_entry end[] = {{ACL_GROUP_OBJ, 4, NONE}, {ACL_MASK, 7, NONE}, {ACL_OTHER, 4, NONE}};

	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_USER, 7, 9}, {ACL_USER, 7, 5},
	                       {ACL_GROUP_OBJ, 4, NONE}, {ACL_GROUP, 0, 1}, {ACL_MASK, 7, NONE},
	                       {ACL_OTHER, 4, NONE}),
	                 0);
	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_GROUP_OBJ, 4, NONE}, {ACL_MASK, 7, NONE},
	                       {ACL_OTHER, 4, NONE}),
	                 0);
	/* Without a mask, in the wrong order, twice, incomplete, too much, unknown. */
	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_USER, 7, 9}, {ACL_GROUP_OBJ, 4, NONE},
	                       {ACL_OTHER, 4, NONE}),
	                 POSIX_EINVAL);
	ck_assert_int_eq(PARSE({ACL_GROUP_OBJ, 4, NONE}, {ACL_USER_OBJ, 6, NONE}, {ACL_OTHER, 4, NONE}),
	                 POSIX_EINVAL);
	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_USER_OBJ, 6, NONE}, {ACL_GROUP_OBJ, 4, NONE},
	                       {ACL_OTHER, 4, NONE}),
	                 POSIX_EINVAL);
	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_GROUP_OBJ, 4, NONE}), POSIX_EINVAL);
	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_OTHER, 4, NONE}), POSIX_EINVAL);
	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_GROUP_OBJ, 4, NONE}, {ACL_OTHER, 4, NONE},
	                       {ACL_OTHER, 4, NONE}),
	                 POSIX_EINVAL);
	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 8, NONE}, {ACL_GROUP_OBJ, 4, NONE}, {ACL_OTHER, 4, NONE}),
	                 POSIX_EINVAL);
	ck_assert_int_eq(
		PARSE({ACL_USER_OBJ, 6, NONE}, {64, 4, NONE}, {ACL_GROUP_OBJ, 4, NONE}, {ACL_OTHER, 4, NONE}),
		POSIX_EINVAL);
	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_USER, 7, NONE}, {ACL_GROUP_OBJ, 4, NONE},
	                       {ACL_MASK, 7, NONE}, {ACL_OTHER, 4, NONE}),
	                 POSIX_EINVAL);

	many[0] = (struct acl_entry){ACL_USER_OBJ, 6, NONE};
	for (uint32_t at = 1; at < ACL_ENTRIES_MAX; at++)
		many[at] = (struct acl_entry){ACL_USER, 4, at};
	memcpy(many + ACL_ENTRIES_MAX - 3, end, sizeof(end));
	ck_assert_int_eq(parse(2, many, ACL_ENTRIES_MAX, 0), 0);
	ck_assert_uint_eq(count, ACL_ENTRIES_MAX);
	ck_assert_int_eq(parse(2, many, ACL_ENTRIES_MAX + 1, 0), POSIX_E2BIG);
}
END_TEST

START_TEST(modes)
{
	struct acl acl = {.entries = entries};

	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_GROUP_OBJ, 5, NONE}, {ACL_OTHER, 1, NONE}), 0);
	acl.count = count;
	ck_assert(acl_is_minimal(&acl));
	ck_assert_uint_eq(acl_mode(&acl), 0651);
	acl_set_mode(entries, count, 0724);
	ck_assert_uint_eq(acl_mode(&acl), 0724);
	acl_inherit(entries, count, 0466);
	ck_assert_uint_eq(acl_mode(&acl), 0424);

	ck_assert_int_eq(PARSE({ACL_USER_OBJ, 6, NONE}, {ACL_USER, 7, 3}, {ACL_GROUP_OBJ, 5, NONE},
	                       {ACL_MASK, 3, NONE}, {ACL_OTHER, 1, NONE}),
	                 0);
	acl.count = count;
	ck_assert(!acl_is_minimal(&acl));
	ck_assert_uint_eq(acl_mode(&acl), 0631);
	acl_set_mode(entries, count, 0740);
	ck_assert_uint_eq(acl_mode(&acl), 0740);
	ck_assert_uint_eq(entries[1].permissions, 7); /* the mask limits them, and keeps them */
	ck_assert_uint_eq(entries[2].permissions, 5);
	acl_inherit(entries, count, 0664);
	ck_assert_uint_eq(acl_mode(&acl), 0640);
}
END_TEST

UNIT_RUN("acl", values, valid_and_not, modes)

/*
 * The arena: growth, pages and their reuse, small objects that neither overlap
 * nor leak, limits, and attaching to chunks elsewhere.
 */
#include "tmpfs_fixture.h"

static struct arena *arena_new(struct supply *supply, uint64_t size_limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	must(!arena);
	memset(supply, 0, sizeof(*supply));
	supply->limit = UINT64_MAX;
	must(arena_create(arena, size_limit, 1, supply_grow, supply));
	return arena;
}

static void arena_end(struct arena *arena, struct supply *supply)
{
	supply_end(supply);
	free(arena);
}

static struct supply supply;

START_TEST(test_grow)
{
	struct arena *arena = arena_new(&supply, UINT64_MAX);
	arena_reference_t reference;
	uint32_t page;
	bool zero;

	for (page = 0; page < 20000; page++) {
		must(arena_page_allocate(arena, &reference, &zero));
		must(!zero || reference == 0 || reference % ARENA_PAGE != 0);
		must(*(uint64_t *)arena_address(arena, reference) != 0);
		memset(arena_address(arena, reference), 0xff, ARENA_PAGE);
	}
	ck_assert_uint_eq(arena_pages_used(arena), 20000);
	ck_assert_uint_eq(supply.size[0], ARENA_CHUNK_FIRST);
	ck_assert_uint_eq(supply.size[1], 2 * ARENA_CHUNK_FIRST);
	ck_assert_uint_eq(supply.size[7], ARENA_CHUNK_LARGEST);
	ck_assert_uint_eq(supply.size[supply.count - 1], ARENA_CHUNK_LARGEST);
	ck_assert_uint_le(supply.total, 20000ull * ARENA_PAGE + 2ull * ARENA_CHUNK_LARGEST);
	arena_end(arena, &supply);
}
END_TEST

START_TEST(test_page_reuse)
{
	struct arena *arena = arena_new(&supply, UINT64_MAX);
	arena_reference_t first, second, again;
	bool zero;

	must(arena_page_allocate(arena, &first, &zero));
	must(arena_page_allocate(arena, &second, &zero));
	ck_assert(zero && first != second);
	memset(arena_address(arena, first), 1, ARENA_PAGE);
	arena_page_free(arena, first);
	ck_assert_uint_eq(arena_pages_used(arena), 1);
	must(arena_page_allocate(arena, &again, &zero));
	ck_assert(!zero && again == first);
	arena_end(arena, &supply);
}
END_TEST

START_TEST(test_size_limit)
{
	struct arena *arena = arena_new(&supply, 100 * ARENA_PAGE + 1);
	arena_reference_t reference, object;
	uint32_t page;
	bool zero;

	ck_assert_uint_eq(arena_pages_limit(arena), 100);
	for (page = 0; page < 100; page++)
		must(arena_page_allocate(arena, &reference, &zero));
	ck_assert_int_eq(arena_page_allocate(arena, &object, &zero), POSIX_ENOSPC);
	ck_assert_int_eq(arena_allocate(arena, 16, &object), POSIX_ENOSPC);
	ck_assert_uint_eq(arena_pages_used(arena), 100);
	ck_assert_msg(supply.total <= 104 * ARENA_PAGE, "%lu bytes were got for 100 pages", supply.total);
	arena_page_free(arena, reference);
	must(arena_allocate(arena, 16, &object));
	arena_end(arena, &supply);
}
END_TEST

static int32_t refuse(void *context, uint64_t size, void **address)
{
	(void)context, (void)size, (void)address;
	return POSIX_ENOMEM;
}

START_TEST(test_refused)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	must(!arena);
	ck_assert_int_eq(arena_create(arena, UINT64_MAX, 1, refuse, NULL), POSIX_ENOMEM);
	free(arena);
}
END_TEST

/* A quota that the doubling does not hit exactly is used up nevertheless. */
START_TEST(test_smaller_chunks)
{
	struct arena *arena = arena_new(&supply, UINT64_MAX);
	arena_reference_t reference;
	uint32_t pages = 0;
	int32_t error;
	bool zero;

	supply.limit = 5000000;
	while ((error = arena_page_allocate(arena, &reference, &zero)) == 0)
		pages++;
	ck_assert_int_eq(error, POSIX_ENOSPC);
	ck_assert_uint_gt(pages, (5000000 - ARENA_CHUNK_FIRST) / ARENA_PAGE - 10);
	ck_assert_uint_eq(arena_pages_used(arena), pages);
	supply.limit = 9000000;
	must(arena_page_allocate(arena, &reference, &zero));
	arena_end(arena, &supply);
}
END_TEST

#define OBJECTS 4000u

struct object {
	arena_reference_t reference;
	uint32_t size;
	uint8_t mark;
};

static void object_check(const struct arena *arena, const struct object *object)
{
	const uint8_t *bytes = arena_address(arena, object->reference);
	uint32_t at;

	for (at = 0; at < object->size; at++)
		must(bytes[at] != object->mark);
}

START_TEST(test_objects)
{
	struct arena *arena = arena_new(&supply, UINT64_MAX);
	static struct object object[OBJECTS];
	uint64_t random = 99, used;
	uint32_t step, at;

	memset(object, 0, sizeof(object));
	used = arena_pages_used(arena);
	for (step = 0; step < 100000; step++) {
		at = random_below(&random, OBJECTS);
		if (object[at].reference) {
			object_check(arena, &object[at]);
			arena_free(arena, object[at].reference, object[at].size);
			object[at].reference = 0;
			continue;
		}
		object[at].size = 1 + random_below(&random, step % 8 ? 300 : ARENA_PAGE);
		object[at].mark = (uint8_t)step;
		must(arena_allocate(arena, object[at].size, &object[at].reference));
		must(object[at].reference % ARENA_ALIGNMENT);
		memset(arena_address(arena, object[at].reference), object[at].mark, object[at].size);
	}
	for (at = 0; at < OBJECTS; at++) {
		if (!object[at].reference)
			continue;
		object_check(arena, &object[at]);
		arena_free(arena, object[at].reference, object[at].size);
	}
	ck_assert_uint_eq(arena_pages_used(arena), used);
	arena_end(arena, &supply);
}
END_TEST

/* Every size: objects take at most 1.6 times their size. */
START_TEST(test_sizes)
{
	struct arena *arena = arena_new(&supply, UINT64_MAX);
	arena_reference_t reference[1000];
	uint64_t before = arena_pages_used(arena);
	uint32_t size, count;

	for (size = 32; size <= 2016; size++) {
		for (count = 0; count < 1000; count++)
			must(arena_allocate(arena, size, &reference[count]));
		must((arena_pages_used(arena) - before) * ARENA_PAGE > 1000ull * size * 8 / 5 + ARENA_PAGE);
		while (count > 0)
			arena_free(arena, reference[--count], size);
		must(arena_pages_used(arena) != before);
	}
	arena_end(arena, &supply);
}
END_TEST

START_TEST(test_attach)
{
	struct arena *arena = arena_new(&supply, UINT64_MAX), *other = calloc(1, sizeof(*other));
	arena_reference_t page, object, more;
	void *moved[ARENA_CHUNKS];
	struct supply rest = {.limit = UINT64_MAX};
	uint32_t index;
	bool zero;

	for (index = 0; index < 500; index++)
		must(arena_page_allocate(arena, &page, &zero));
	must(arena_allocate(arena, 50, &object));
	memset(arena_address(arena, page), 'p', ARENA_PAGE);
	memset(arena_address(arena, object), 'o', 50);
	memcpy(arena_root(arena), "root", 4);

	for (index = 0; index < supply.count; index++) {
		must(supply_grow(&rest, supply.size[index], &moved[index]));
		memcpy(moved[index], supply.address[index], supply.size[index]);
		memset(supply.address[index], 0xee, supply.size[index]);
	}
	must(arena_attach(other, moved, supply.size, supply.count, supply_grow, &rest));
	ck_assert_mem_eq(arena_root(other), "root", 4);
	ck_assert_int_eq(((char *)arena_address(other, page))[ARENA_PAGE - 1], 'p');
	ck_assert_int_eq(((char *)arena_address(other, object))[49], 'o');
	ck_assert_uint_eq(arena_pages_used(other), 501);
	must(arena_allocate(other, 50, &more));
	ck_assert(more != object && more / ARENA_PAGE == object / ARENA_PAGE);
	for (index = 0; index < 5000; index++)
		must(arena_page_allocate(other, &page, &zero));
	arena_free(other, object, 50);
	arena_free(other, more, 50);
	ck_assert_uint_eq(arena_pages_used(other), 5500);
	supply_end(&rest);
	free(other);
	arena_end(arena, &supply);
}
END_TEST

START_TEST(test_attach_refused)
{
	struct arena *arena = arena_new(&supply, UINT64_MAX), *other = calloc(1, sizeof(*other));
	struct supply foreign = {.limit = UINT64_MAX};
	arena_reference_t page;
	uint64_t sizes[3];
	void *chunks[3];
	uint32_t index;
	bool zero;

	for (index = 0; index < 200; index++)
		must(arena_page_allocate(arena, &page, &zero));
	ck_assert_uint_eq(supply.count, 3);
	memcpy(chunks, supply.address, sizeof(chunks));
	memcpy(sizes, supply.size, sizeof(sizes));
	ck_assert_int_eq(arena_attach(other, chunks, sizes, 3, supply_grow, &supply), 0);
	ck_assert_int_eq(arena_attach(other, chunks, sizes, 0, supply_grow, &supply), POSIX_EINVAL);
	ck_assert_int_eq(arena_attach(other, chunks, sizes, 2, supply_grow, &supply), POSIX_EINVAL);
	ck_assert_int_eq(arena_attach(other, chunks, sizes, ARENA_CHUNKS + 1, supply_grow, &supply),
	                 POSIX_EINVAL);
	chunks[1] = supply.address[2], chunks[2] = supply.address[1];
	ck_assert_int_eq(arena_attach(other, chunks, sizes, 3, supply_grow, &supply), POSIX_EINVAL);
	chunks[1] = supply.address[1], chunks[2] = supply.address[2];
	sizes[2] += ARENA_PAGE;
	ck_assert_int_eq(arena_attach(other, chunks, sizes, 3, supply_grow, &supply), POSIX_EINVAL);
	sizes[2] = supply.size[2] - 1;
	ck_assert_int_eq(arena_attach(other, chunks, sizes, 3, supply_grow, &supply), POSIX_EINVAL);
	sizes[2] = supply.size[2];
	ck_assert_int_eq(arena_attach(other, chunks, sizes, 3, supply_grow, &supply), 0);

	/* Another arena's first chunk. */
	must(arena_create(other, UINT64_MAX, 2, supply_grow, &foreign));
	chunks[0] = foreign.address[0];
	ck_assert_int_eq(arena_attach(other, chunks, sizes, 1, supply_grow, &supply), 0);
	((uint64_t *)chunks[0])[0]++;
	ck_assert_int_eq(arena_attach(other, chunks, sizes, 1, supply_grow, &supply), POSIX_EINVAL);
	supply_end(&foreign);
	free(other);
	arena_end(arena, &supply);
}
END_TEST

/* Chunks of the same number but another identity are not taken. */
START_TEST(test_attach_identity)
{
	struct arena *arena = arena_new(&supply, UINT64_MAX), *other = calloc(1, sizeof(*other));
	struct supply foreign = {.limit = UINT64_MAX};
	arena_reference_t page;
	uint32_t index;
	bool zero;

	must(arena_create(other, UINT64_MAX, 2, supply_grow, &foreign));
	for (index = 0; index < 100; index++) {
		must(arena_page_allocate(arena, &page, &zero));
		must(arena_page_allocate(other, &page, &zero));
	}
	foreign.address[0] = supply.address[0];
	ck_assert_int_eq(arena_attach(other, foreign.address, foreign.size, 2, supply_grow, &supply),
	                 POSIX_EINVAL);
	supply_end(&supply);
	free(arena);
	free(other);
}
END_TEST

/* A chunk that was got just before the owner died belongs to the arena all the same. */
START_TEST(test_attach_spare)
{
	struct arena *arena = arena_new(&supply, UINT64_MAX), *other = calloc(1, sizeof(*other));
	arena_reference_t page;
	void *spare;
	uint32_t index;
	bool zero;

	must(supply_grow(&supply, 64 * ARENA_PAGE, &spare));
	must(arena_attach(other, supply.address, supply.size, 2, supply_grow, &supply));
	for (index = 0; index < 63 + 63; index++)
		must(arena_page_allocate(other, &page, &zero));
	ck_assert_uint_eq(supply.count, 2);
	ck_assert_uint_eq(page >> 32, 1);
	must(arena_page_allocate(other, &page, &zero));
	ck_assert_uint_eq(supply.count, 3);
	free(other);
	arena_end(arena, &supply);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tcase = tcase_create("arena");

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, test_grow);
	tcase_add_test(tcase, test_page_reuse);
	tcase_add_test(tcase, test_size_limit);
	tcase_add_test(tcase, test_refused);
	tcase_add_test(tcase, test_smaller_chunks);
	tcase_add_test(tcase, test_objects);
	tcase_add_test(tcase, test_sizes);
	tcase_add_test(tcase, test_attach);
	tcase_add_test(tcase, test_attach_refused);
	tcase_add_test(tcase, test_attach_identity);
	tcase_add_test(tcase, test_attach_spare);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

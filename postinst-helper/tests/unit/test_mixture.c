/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow/mixture: which parts of a target count as ours, and what proves nothing. */
#include "flow/mixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "io/reread.h"
#include "txnworld.h"

#define TAIL ((size_t)65536)
#define SIZE (IK_HEAD_BYTES + 2 * TAIL)

/* Fills a range: with a pattern of its own for each seed, with zeros for 0. */
static void fill(uint8_t *bytes, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = seed ? (uint8_t)(i * 13 + seed) : 0;
}

static const struct row {
	const char *what;
	unsigned head, copy_head, tail, copy_tail; /* seeds */
	size_t zeros;				   /* at the beginning of both tails */
	size_t cut;				   /* from the end of the target */
	size_t copy_cut;			   /* from the end of the copy */
	uint64_t size;				   /* that the journal names */
	const char *file;
	bool is_part;
} rows[] = {
	{"nothing is ours", 1, 2, 3, 4, 0, 0, 0, SIZE, "copy", false},
	{"only the end is ours", 1, 2, 3, 3, 0, 0, 0, SIZE, "copy", true},
	{"only the head is ours", 1, 1, 3, 4, 0, 0, 0, SIZE, "copy", true},
	{"both end in zeros", 1, 2, 0, 0, 0, 0, 0, SIZE, "copy", false},
	{"both heads are zero", 0, 0, 3, 4, 0, 0, 0, SIZE, "copy", false},
	{"the end begins with zeros", 1, 2, 3, 3, 100, 0, 0, SIZE, "copy", true},
	{"the target is cut", 1, 2, 3, 3, 0, 1, 0, SIZE, "copy", false},
	{"the copy is cut", 1, 2, 3, 3, 0, 0, 1, SIZE, "copy", false},
	{"too small for two parts", 1, 1, 3, 3, 0, 0, 0, IK_HEAD_BYTES + TAIL - 1, "copy", false},
	{"the journal names no copy", 1, 1, 3, 3, 0, 0, 0, SIZE, "", false},
	{"there is no copy", 1, 1, 3, 3, 0, 0, 0, SIZE, "nothing", false},
};

static void put(int dir_fd, const char *name, unsigned head, unsigned body, unsigned tail,
		size_t zeros, size_t cut)
{
	static uint8_t bytes[SIZE];

	fill(bytes, IK_HEAD_BYTES, head);
	fill(bytes + IK_HEAD_BYTES, TAIL, body);
	fill(bytes + SIZE - TAIL, TAIL, tail);
	fill(bytes + SIZE - TAIL, zeros, 0);
	put_file(dir_fd, name, bytes, SIZE - cut);
}

static struct ik_jrec_image image_of(const struct row *row)
{
	struct ik_jrec_image image = {.size_bytes = row->size};

	put(tmp.fd, "target", row->head, 100, row->tail, row->zeros, row->cut);
	put(tmp.fd, "copy", row->copy_head, 101, row->copy_tail, row->zeros, row->copy_cut);
	(void)snprintf(image.file, sizeof(image.file), "%s", row->file);
	return image;
}

static void parts(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_jrec_image image = image_of(&rows[i]);

		if (ik_mixture_has_part_of(tmp.fd, "target", &image) != rows[i].is_part)
			fail_msg("%s", rows[i].what);
		assert_false(ik_mixture_has_part_of(tmp.fd, "no-target", &image));
	}
}

/* What cannot be read is not taken for ours: nothing would be written over it. */
static void unreadable_is_not_ours(void **state IK_UNUSED)
{
	struct ik_jrec_image image = image_of(&rows[1]);

	assert_true(ik_mixture_has_part_of(tmp.fd, "target", &image));
	faults = (struct faults){.on = true, .only = "memory", .at = 1, .errnum = ENOMEM};
	assert_false(ik_mixture_has_part_of(tmp.fd, "target", &image));
	assert_non_null(faults.fired);
	faults_off();
}

static void a_cut_kernel(void **state IK_UNUSED)
{
	int fd = tools_fd();

	start_official();
	assert_false(ik_mixture_is_cut(fd, "kernel"));
	put_kernel(KERNEL, official.data, official.size - 4096, 0);
	assert_true(ik_mixture_is_cut(fd, "kernel"));
	/* No kernel at all is no kernel that was cut. */
	put_kernel(KERNEL, "text", 4, MIB);
	assert_false(ik_mixture_is_cut(fd, "kernel"));
	assert_false(ik_mixture_is_cut(fd, "no-kernel"));
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(unreadable_is_not_ours),
		cmocka_unit_test(a_cut_kernel),
	};

	return cmocka_run_group_tests_name("mixture", tests, world_set_up, world_tear_down);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/pathres and os/pathcase: each errno of an opening gets its code, and what fails half-way gives nothing. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "faults.h"
#include "os/pathcase.h"
#include "os/pathres.h"
#include "support.h"

static int set_up(void **state IK_UNUSED)
{
	tmp_make(&tmp, NULL);
	put_text(tmp.fd, "dir/sub/file", "content");
	put_link(tmp.fd, "dir/link", "sub");
	assert_int_equal(mkfifoat(tmp.fd, "dir/fifo", 0600), 0);
	return 0;
}

static void every_errno_has_its_code(void **state IK_UNUSED)
{
	static const struct {
		const char *path;
		int errnum;
		enum ik_code code;
	} cases[] = {
		{"dir/sub/file", ENOENT, IK_E_PATH_MISSING},
		{"dir/sub/file", ELOOP, IK_E_PATH_SYMLINK},
		{"dir/sub/file", EXDEV, IK_E_PATH_ESCAPES},
		{"dir/sub/file", EACCES, IK_E_PATH_DENIED},
		{"dir/sub/file", EPERM, IK_E_PATH_DENIED},
		{"dir/sub/file", EROFS, IK_E_PATH_DENIED},
		{"dir/sub/file", ENOTDIR, IK_E_FILE_NOT_DIRECTORY},
		{"dir/sub/file", EISDIR, IK_E_FILE_IS_DIRECTORY},
		{"dir/sub/file", ENXIO, IK_E_FILE_IS_SOCKET},
		{"dir/missing", ENXIO, IK_E_FILE_IS_SOCKET},
		{"dir/fifo", ENXIO, IK_E_FILE_IS_FIFO},
		{"dir/sub/file", EIO, IK_E_IO_FAILED},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_err err = {.code = IK_E_NONE};
		int fd = -1;

		call_fails("openat2", 1, cases[i].errnum);
		assert_int_equal(ik_path_open(tmp.fd, cases[i].path, O_RDONLY, &fd, &err),
				 -cases[i].errnum);
		assert_true(call_met());
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(fd, -1);
		call_fails("openat2", 1, cases[i].errnum);
		assert_int_equal(ik_path_exists(tmp.fd, cases[i].path, &err),
				 cases[i].code == IK_E_PATH_SYMLINK ? 1 :
				 cases[i].code == IK_E_PATH_MISSING ? 0 :
								      -cases[i].errnum);
		(void)call_met();
	}
}

/* A race inside the kernel's resolution is tried again, but not for ever. */
static void races_are_tried_again(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};
	int fd = -1;

	call_fails("openat2", 1, EAGAIN);
	calls.times = 5;
	assert_int_equal(ik_path_open(tmp.fd, "dir/sub/file", O_RDONLY, &fd, NULL), 0);
	assert_int_equal(calls.count, 6);
	assert_true(call_met());
	fd = ik_close(fd);
	call_fails("openat2", 1, EAGAIN);
	calls.times = 1000;
	assert_int_equal(ik_path_open(tmp.fd, "dir/sub/file", O_RDONLY, &fd, &err), -EAGAIN);
	assert_int_equal(calls.count, 32);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_IO_FAILED);
}

/* Call of the C library, which one of them, and what then comes back. */
static const struct {
	const char *call;
	long at;
	int errnum;
	enum ik_code code;
} halfway[] = {
	{"openat2", 1, EIO, IK_E_IO_FAILED}, {"fstat", 1, EIO, IK_E_IO_FAILED},
	{"openat2", 2, EIO, IK_E_IO_FAILED}, {"fstat", 2, EIO, IK_E_IO_FAILED},
	{"fcntl", 1, EBADF, IK_E_IO_FAILED}, {"fcntl", 2, EBADF, IK_E_IO_FAILED},
};

static void half_an_opening_gives_nothing(void **state IK_UNUSED)
{
	struct ik_file_id id = {.ino = 77};
	int fd = -1;

	for (size_t i = 0; i < IK_ARRAY_SIZE(halfway); i++) {
		struct ik_err err = {.code = IK_E_NONE};

		call_fails(halfway[i].call, halfway[i].at, halfway[i].errnum);
		assert_int_equal(ik_path_open_regular(tmp.fd, "dir/sub/file", O_RDONLY, &fd, &id,
						      &err),
				 -halfway[i].errnum);
		assert_true(call_met());
		assert_int_equal(err.code, halfway[i].code);
		assert_int_equal(fd, -1);
		assert_int_equal(id.ino, 77);
	}
	assert_int_equal(ik_path_open_regular(tmp.fd, "dir/sub/file", O_RDONLY, &fd, NULL, NULL),
			 0);
	fd = ik_close(fd);
}

/* A component that is no directory, and cannot be looked at again to see whether it is a link. */
static void what_goes_away_meanwhile_is_no_link(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};
	int fd = -1;

	call_fails("fstatat", 1, ENOENT);
	assert_int_equal(ik_path_open_dir(tmp.fd, "dir/link", &fd, &err), -ENOTDIR);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_FILE_NOT_DIRECTORY);
}

static void half_a_walk_gives_nothing(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};
	int fd = -1;

	for (long at = 1; at <= 4; at++) { /* the top, and three components */
		faults = (struct faults){.on = true,
					 .only = "ik_sys_openat2",
					 .at = 1,
					 .errnum = ENOSYS,
					 .lasting = true};
		call_fails("fstat", at, EIO);
		assert_int_equal(ik_path_open(tmp.fd, "dir/sub/file", O_RDONLY, &fd, &err), -EIO);
		assert_true(call_met());
		faults_off();
		assert_int_equal(fd, -1);
	}
	call_fails("openat2", 1, ENOSYS);
	assert_true(ik_path_open_dir(tmp.fd, "dir/link", &fd, &err) < 0);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	call_fails("openat", 1, EMFILE);
	assert_int_equal(ik_path_open_dir(tmp.fd, ".", &fd, &err), -EMFILE);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_IO_FAILED);
}

static void names_have_their_limits(void **state IK_UNUSED)
{
	char name[IK_PATH_NAME_BYTES + 2];

	memset(name, 'x', sizeof(name));
	name[IK_PATH_NAME_BYTES] = '\0';
	assert_false(ik_path_is_component(name));
	assert_false(ik_path_is_relative(name));
	name[IK_PATH_NAME_BYTES - 1] = '\0';
	assert_true(ik_path_is_component(name));
	assert_true(ik_path_is_relative(name));
	assert_false(ik_path_is_component("") || ik_path_is_component(".") ||
		     ik_path_is_component("..") || ik_path_is_component("a/b"));
}

static void links_that_cannot_be_read_are_told(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf target = {.data = NULL};
	struct ik_err err = {.code = IK_E_NONE};
	char name[IK_PATH_NAME_BYTES + 2];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	put_link(tmp.fd, "long", name);
	assert_true(ik_path_read_link(tmp.fd, "long", &target, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_BAD);
	call_fails("readlinkat", 1, EIO);
	assert_int_equal(ik_path_read_link(tmp.fd, "dir", &target, &err), -EIO);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_PATH_BAD);
	put_link(tmp.fd, "good", "target");
	faults = (struct faults){.on = true, .only = "memory", .at = 1, .errnum = ENOMEM};
	assert_int_equal(ik_path_read_link(tmp.fd, "good", &target, &err), -ENOMEM);
	faults_off();
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	ik_strbuf_reset(&target);
	assert_int_equal(ik_path_read_link(tmp.fd, "good", &target, NULL), 0);
	assert_string_equal(ik_strbuf_str(&target), "target");
}

/* Without the right to list a directory the exact name has to do. */
static void a_directory_that_cannot_be_listed(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf real = {.data = NULL};
	struct ik_err err = {.code = IK_E_NONE};

	call_fails("openat", 1, EACCES);
	assert_int_equal(ik_path_resolve_nocase(tmp.fd, "dir", &real, NULL), 0);
	assert_true(call_met());
	assert_string_equal(ik_strbuf_str(&real), "dir");
	call_fails("openat", 1, EACCES);
	assert_true(ik_path_resolve_nocase(tmp.fd, "DIR", &real, &err) < 0);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_PATH_MISSING);
	call_fails("fdopendir", 1, ENOMEM);
	assert_int_equal(ik_path_resolve_nocase(tmp.fd, "dir", &real, &err), -ENOMEM);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_IO_FAILED);
	assert_true(ik_path_resolve_nocase(tmp.fd, "../dir", &real, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_BAD);
}

/* Windows finds a name in another case; that is still the one that is there, and not a second one. */
static void a_server_that_finds_any_case(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf real = {.data = NULL}, other = {.data = NULL};
	struct ik_err err = {.code = IK_E_NONE};

	call_gives("fstatat", 1, 0);
	assert_int_equal(ik_path_resolve_nocase(tmp.fd, "DIR", &real, &err), 0);
	assert_true(call_met());
	assert_string_equal(ik_strbuf_str(&real), "dir");
	call_gives("fstatat", 1, 0); /* by rules of its own: no name that is listed is like it */
	assert_int_equal(ik_path_resolve_nocase(tmp.fd, "stra\xc3\x9f", &other, &err), 0);
	assert_true(call_met());
	assert_string_equal(ik_strbuf_str(&other), "stra\xc3\x9f");
	call_fails("readdir64", 1, EIO); /* it is there under that very name */
	ik_strbuf_reset(&other);
	assert_int_equal(ik_path_resolve_nocase(tmp.fd, "dir", &other, &err), 0);
	assert_true(call_met());
	assert_string_equal(ik_strbuf_str(&other), "dir");
	assert_int_equal(err.code, IK_E_NONE);
	call_fails("readdir64", 1, EIO);
	assert_int_equal(ik_path_resolve_nocase(tmp.fd, "DIR", &other, &err), -EIO);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_IO_FAILED);
}

static void memory_runs_out_while_looking(void **state IK_UNUSED)
{
	for (long at = 1; at <= 4; at++) {
		ik_autostrbuf struct ik_strbuf real = {.data = NULL};
		struct ik_err err = {.code = IK_E_NONE};
		int r;

		faults = (struct faults){.on = true, .only = "memory", .at = at, .errnum = ENOMEM};
		r = ik_path_resolve_nocase(tmp.fd, "dir/SUB", &real, &err);
		if (!faults.fired)
			assert_int_equal(r, 0);
		else
			assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
		faults_off();
		assert_int_equal(r == 0, strcmp(ik_strbuf_str(&real), "dir/sub") == 0);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, calls_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_errno_has_its_code),		  TEST(races_are_tried_again),
		TEST(half_an_opening_gives_nothing),	  TEST(what_goes_away_meanwhile_is_no_link),
		TEST(half_a_walk_gives_nothing),	  TEST(names_have_their_limits),
		TEST(links_that_cannot_be_read_are_told), TEST(a_directory_that_cannot_be_listed),
		TEST(memory_runs_out_while_looking),	  TEST(a_server_that_finds_any_case),
	};

	return cmocka_run_group_tests_name("os/pathres: failures", tests, NULL, NULL);
}

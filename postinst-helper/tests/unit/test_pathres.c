/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/pathres: what is opened, and every kind of thing that is refused with its own code. */
#include "os/pathres.h"

#include "os/pathcase.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "faults.h"
#include "support.h"

static void put_socket(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
}

static int setup(void **state)
{
	static struct tmp t;
	char path[128];

	tmp_make(&t, NULL);
	put_text(t.fd, "dir/sub/file", "content");
	put_text(t.fd, "Windows/System32/lxss/tools/kernel", "k");
	put_link(t.fd, "dir/link", "sub/file");
	put_link(t.fd, "dir/dirlink", "sub");
	put_link(t.fd, "dir/absolute", "/etc/passwd");
	put_link(t.fd, "dir/escape", "../../../etc/passwd");
	assert_int_equal(mkfifoat(t.fd, "dir/fifo", 0600), 0);
	if (geteuid() == 0)
		assert_int_equal(mknodat(t.fd, "dir/device", S_IFCHR | 0600, makedev(1, 3)), 0);
	(void)snprintf(path, sizeof(path), "%s/dir/socket", t.path);
	put_socket(path);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	tmp_remove(*state);
	return 0;
}

static void opens_files_and_tells_identity(void **state)
{
	struct tmp *t = *state;
	struct ik_file_id id, again;
	int fd;

	assert_int_equal(ik_path_open_regular(t->fd, "dir/sub/file", O_RDWR, &fd, &id, NULL), 0);
	assert_int_equal(id.size_bytes, 7);
	assert_int_equal(id.nlink, 1);
	assert_int_equal(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_RDWR);
	assert_int_equal(ik_path_identify(t->fd, "dir/sub/file", &again, NULL), 0);
	assert_true(ik_file_id_is_same(&id, &again));
	assert_int_equal(
		ik_path_identify(t->fd, "Windows/System32/lxss/tools/kernel", &again, NULL), 0);
	assert_false(ik_file_id_is_same(&id, &again));
	close(fd);
	assert_int_equal(ik_path_open_dir(t->fd, "dir/sub", &fd, NULL), 0);
	close(fd);
	assert_int_equal(ik_path_open_dir(t->fd, ".", &fd, NULL), 0);
	close(fd);
	again.dev++;
	again.ino = id.ino;
	assert_false(ik_file_id_is_same(&id, &again));
}

static void refuses_all_else_by_name(void **state)
{
	static const struct {
		const char *path;
		enum ik_code code;
	} cases[] = {
		{"dir/missing", IK_E_PATH_MISSING},
		{"missing/file", IK_E_PATH_MISSING},
		{"dir/link", IK_E_PATH_SYMLINK},
		{"dir/dirlink/file", IK_E_PATH_SYMLINK},
		{"dir/absolute", IK_E_PATH_SYMLINK},
		{"dir/escape", IK_E_PATH_SYMLINK},
		{"dir/sub", IK_E_FILE_IS_DIRECTORY},
		{"dir/fifo", IK_E_FILE_IS_FIFO},
		{"dir/device", IK_E_FILE_IS_DEVICE},
		{"dir/socket", IK_E_FILE_IS_SOCKET},
		{"dir/sub/file/x", IK_E_FILE_NOT_DIRECTORY},
		{"", IK_E_PATH_BAD},
		{"/etc/passwd", IK_E_PATH_BAD},
		{"dir/../dir/sub/file", IK_E_PATH_BAD},
		{"./dir", IK_E_PATH_BAD},
		{"dir//sub", IK_E_PATH_BAD},
		{"dir/", IK_E_PATH_BAD},
	};
	struct tmp *t = *state;

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_err err = {.code = IK_E_NONE};
		struct ik_file_id id;
		int fd = -1;

		if (cases[i].code == IK_E_FILE_IS_DEVICE && geteuid() != 0)
			continue;
		assert_true(ik_path_open_regular(t->fd, cases[i].path, O_RDWR, &fd, &id, &err) < 0);
		if (err.code != cases[i].code)
			fail_msg("'%s': %s", cases[i].path, ik_code_name(err.code));
		assert_int_equal(fd, -1);
		assert_true(strlen(err.message) > 0);
	}
}

static void refuses_to_cross_a_mount(void **state)
{
	struct tmp *t = *state;
	struct ik_err err = {.code = IK_E_NONE};
	char path[128];
	int fd;

	(void)mkdirat(t->fd, "dir/mounted", 0755);
	(void)snprintf(path, sizeof(path), "%s/dir/mounted", t->path);
	if (mount("none", path, "tmpfs", 0, "size=64k") < 0)
		skip();
	put_text(t->fd, "dir/mounted/file", "x");
	assert_true(ik_path_open(t->fd, "dir/mounted/file", O_RDONLY, &fd, &err) < 0);
	assert_int_equal(umount(path), 0);
	assert_int_equal(err.code, IK_E_PATH_ESCAPES);
}

static void exists_counts_links_too(void **state)
{
	struct tmp *t = *state;

	assert_int_equal(ik_path_exists(t->fd, "dir/sub/file", NULL), 1);
	assert_int_equal(ik_path_exists(t->fd, "dir/absolute", NULL), 1);
	assert_int_equal(ik_path_exists(t->fd, "dir", NULL), 1);
	assert_int_equal(ik_path_exists(t->fd, "dir/none", NULL), 0);
	assert_true(ik_path_exists(t->fd, "../x", NULL) < 0);
}

static void resolves_without_case(void **state)
{
	struct tmp *t = *state;
	struct ik_err err = {.code = IK_E_NONE};
	ik_autostrbuf struct ik_strbuf real = {.data = NULL};

	assert_int_equal(ik_path_resolve_nocase(t->fd, "WINDOWS/system32/LXSS/Tools/KERNEL", &real,
						NULL),
			 0);
	assert_string_equal(ik_strbuf_str(&real), "Windows/System32/lxss/tools/kernel");
	assert_true(ik_path_resolve_nocase(t->fd, "windows/system33/x", &real, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_MISSING);
	assert_string_equal(ik_strbuf_str(&real), "Windows/System32/lxss/tools/kernel");
	put_text(t->fd, "two/name", "1");
	put_text(t->fd, "two/NAME", "2");
	ik_strbuf_reset(&real);
	assert_int_equal(ik_path_resolve_nocase(t->fd, "two/NAME", &real, NULL), 0);
	assert_string_equal(ik_strbuf_str(&real), "two/NAME");
	assert_true(ik_path_resolve_nocase(t->fd, "two/Name", &real, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_AMBIGUOUS);
	assert_true(ik_path_resolve_nocase(t->fd, "dir/dirlink/file", &real, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
}

static void links_name_a_neighbour(void **state)
{
	struct tmp *t = *state;
	struct ik_err err = {.code = IK_E_NONE};
	ik_autostrbuf struct ik_strbuf target = {.data = NULL};

	put_link(t->fd, "stable", "7.3.4-1");
	assert_int_equal(ik_path_read_link(t->fd, "stable", &target, NULL), 0);
	assert_string_equal(ik_strbuf_str(&target), "7.3.4-1");
	assert_true(ik_path_read_link(t->fd, "nothing", &target, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_MISSING);
	put_link(t->fd, "away", "../7.3.4-1");
	assert_true(ik_path_read_link(t->fd, "away", &target, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_BAD);
	assert_true(ik_path_read_link(t->fd, "dir", &target, &err) < 0);
	assert_true(ik_path_read_link(t->fd, "dir/link", &target, &err) < 0);
}

/* The same on a kernel without openat2: by hand, component for component. */
static void all_that_holds_without_openat2(void **state)
{
	static void (*const tests[])(void **) = {
		opens_files_and_tells_identity,
		refuses_all_else_by_name,
		exists_counts_links_too,
		refuses_to_cross_a_mount,
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(tests); i++) {
		faults = (struct faults){.on = true,
					 .only = "ik_sys_openat2",
					 .at = 1,
					 .errnum = ENOSYS,
					 .lasting = true};
		tests[i](state);
		assert_non_null(faults.fired);
		faults_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_files_and_tells_identity),
		cmocka_unit_test(refuses_all_else_by_name),
		cmocka_unit_test(all_that_holds_without_openat2),
		cmocka_unit_test(refuses_to_cross_a_mount),
		cmocka_unit_test(exists_counts_links_too),
		cmocka_unit_test(resolves_without_case),
		cmocka_unit_test(links_name_a_neighbour),
	};

	return cmocka_run_group_tests_name("os/pathres", tests, setup, teardown);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/priv and os/filter: what the child still can and no longer can, and what reaches the parent. */
#include "os/priv.h"
#include "os/trusted.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "os/clock.h"
#include "os/filter.h"
#include "os/sys.h"
#include "support.h"

#if defined(IK_SANITIZED) || defined(IK_COVERAGE)
#define FILTERED 0
#else
#define FILTERED 1
#endif

static const struct ik_priv_opts as_nobody = {.user = {65534, 65534}};

static int reply_and_return(void *arg, struct ik_strbuf *reply, struct ik_err *err)
{
	const int *result = arg;

	ik_strbuf_append(reply, "a\0b", 3);
	if (*result < 0)
		return ik_err_set(err, IK_E_SPACE_LOW, -*result, "child says no");
	return *result;
}

static void result_reply_and_error_reach_the_parent(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf reply = {.data = NULL};
	struct ik_err err = {.code = IK_E_NONE};
	int result = 7;

	assert_int_equal(ik_priv_run(&as_nobody, reply_and_return, &result, &reply, &err), 7);
	assert_int_equal(err.code, IK_E_NONE);
	result = -ENOSPC;
	assert_int_equal(ik_priv_run(&as_nobody, reply_and_return, &result, &reply, &err), -ENOSPC);
	assert_int_equal(err.code, IK_E_SPACE_LOW);
	assert_string_equal(err.message, "child says no: No space left on device");
	assert_int_equal(reply.len, 6);
	assert_memory_equal(reply.data, "a\0ba\0b", 6);
}

/* Each line is one thing that must hold in the child; the first that does not is reported. */
static int examine(void *arg IK_UNUSED, struct ik_strbuf *reply, struct ik_err *err IK_UNUSED)
{
	struct rlimit limit;
	char line[256];
	ssize_t n = 0;
	int fd = -1, status_fd = *(int *)arg;

#define WANT(what, condition) \
	if (!(condition))     \
	ik_strbuf_puts(reply, what "\n")
	n = pread(status_fd, line, sizeof(line) - 1, 0);
	WANT("status readable", n > 0);
	WANT("uid", geteuid() == 65534 || !FILTERED);
	WANT("umask and files", openat(AT_FDCWD, "/etc/shadow", O_RDONLY) < 0 && errno == EACCES);
	if (FILTERED) {
		WANT("no fork", fork() < 0 && errno == EPERM);
		WANT("no socket", socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
		WANT("no exec", execl("/bin/true", "true", NULL) < 0 && errno == EPERM);
		WANT("no kill", kill(1, 0) < 0 && errno == EPERM);
		WANT("no new uid", setuid(0) < 0 && errno == EPERM);
		WANT("no executable memory",
		     mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			     MAP_FAILED);
		WANT("no chmod by path", chmod("/tmp", 0777) < 0 && errno == EPERM);
		WANT("no mount", syscall(165, "a", "b", "c", 0, 0) < 0 && errno == EPERM);
	} else {
		WANT("limits", getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_max == 0);
		WANT("file size",
		     getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == IK_PRIV_FSIZE_MAX);
		WANT("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
		WANT("dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	}
	fd = ik_close(fd);
	return 0;
#undef WANT
}

static void child_has_lost_its_powers(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf reply = {.data = NULL};
	int fd;

	if (geteuid() != 0)
		skip();
	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	assert_int_equal(ik_priv_run(&as_nobody, examine, &fd, &reply, NULL), 0);
	assert_string_equal(ik_strbuf_str(&reply), "");
	close(fd);
}

/* Reads the child's own /proc/<pid>/status through a directory descriptor of the parent's /proc. */
static int copy_status(void *arg, struct ik_strbuf *reply, struct ik_err *err)
{
	ik_autofree char *text = NULL;
	char path[64];
	size_t len = 0;
	int fd, r;

	(void)snprintf(path, sizeof(path), "%d/status", (int)getpid());
	r = ik_sys_openat(*(int *)arg, path, O_RDONLY, 0, &fd);
	if (r == 0)
		r = ik_sys_read_all(fd, 100000, &text, &len);
	if (r < 0)
		return ik_err_set(err, IK_E_IO_FAILED, r, "status");
	ik_strbuf_append(reply, text, len);
	return 0;
}

static void status_shows_no_capability_and_the_filter(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf reply = {.data = NULL};
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *text;

	if (geteuid() != 0)
		skip();
	assert_int_equal(ik_priv_run(&as_nobody, copy_status, &proc, &reply, NULL), 0);
	text = ik_strbuf_str(&reply);
	assert_non_null(strstr(text, "Uid:\t65534\t65534\t65534\t65534\n"));
	assert_non_null(strstr(text, "Gid:\t65534\t65534\t65534\t65534\n"));
	assert_non_null(strstr(text, "Groups:\t \n"));
	assert_non_null(strstr(text, "CapInh:\t0000000000000000\n"));
	assert_non_null(strstr(text, "CapPrm:\t0000000000000000\n"));
	assert_non_null(strstr(text, "CapEff:\t0000000000000000\n"));
	assert_non_null(strstr(text, "CapBnd:\t0000000000000000\n"));
	assert_non_null(strstr(text, "CapAmb:\t0000000000000000\n"));
	assert_non_null(strstr(text, "NoNewPrivs:\t1\n"));
	assert_non_null(strstr(text, FILTERED ? "Seccomp:\t2\n" : "Seccomp:\t0\n"));
	close(proc);
}

/* The calls that the drive's work needs must pass the filter, also after ids were dropped. */
static int work(void *arg, struct ik_strbuf *reply, struct ik_err *err)
{
	struct timespec when = {.tv_sec = 1};
	struct ik_sha256 digest;
	int dir = *(int *)arg, fd, r;

	r = ik_sys_create(dir, "new", 0600, &fd);
	if (r == 0)
		r = ik_sys_pwrite(fd, "abc", 3, 0);
	if (r == 0)
		r = ik_sys_ftruncate(fd, 2);
	if (r == 0)
		r = ik_sys_fsync(fd);
	if (r == 0)
		r = ik_sys_set_mtime(fd, &when);
	if (r == 0)
		r = ik_digest_of_fd(fd, 0, 2, &digest, err);
	if (r == 0)
		r = ik_sys_link(dir, "new", dir, "second");
	if (r == 0)
		r = ik_sys_rename(dir, "second", dir, "third");
	if (r == 0)
		r = ik_sys_unlink(dir, "third");
	if (r == 0)
		r = ik_sys_ftruncate(fd, IK_PRIV_FSIZE_MAX + 1ull) == -EFBIG ? 0 : -ERANGE;
	ik_clock_sleep_ms(1);
	ik_sys_drop_cache(fd);
	ik_sys_fsync_dir(dir);
	ik_strbuf_printf(reply, "%lld", (long long)ik_clock_unix_s());
	return r;
}

static void child_can_do_its_work(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf reply = {.data = NULL};
	struct ik_priv_opts opts = {.user = {0, 0}};
	struct ik_err err = {.code = IK_E_NONE};
	struct tmp t;
	int r;

	tmp_make(&t, NULL);
	r = ik_priv_run(&opts, work, &t.fd, &reply, &err);
	if (r != 0)
		fail_msg("%d %s", r, err.message);
	if (geteuid() == 0) {
		assert_int_equal(fchown(t.fd, 65534, 65534), 0);
		assert_int_equal(unlinkat(t.fd, "new", 0), 0);
		assert_int_equal(ik_priv_run(&as_nobody, work, &t.fd, &reply, NULL), 0);
	}
	tmp_remove(&t);
}

static int die(void *arg IK_UNUSED, struct ik_strbuf *reply, struct ik_err *err IK_UNUSED)
{
	ik_strbuf_puts(reply, "lost");
	_exit(3);
}

static void a_dead_child_is_reported(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf reply = {.data = NULL};
	struct ik_err err = {.code = IK_E_NONE};

	assert_true(ik_priv_run(&as_nobody, die, NULL, &reply, &err) < 0);
	assert_int_equal(err.code, IK_E_PRIV_CHILD_DIED);
	assert_int_equal(reply.len, 0);
	assert_non_null(strstr(err.hint, "recover"));
}

static int slow(void *arg IK_UNUSED, struct ik_strbuf *reply, struct ik_err *err IK_UNUSED)
{
	sigset_t set;

	sigfillset(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	ik_clock_sleep_ms(300);
	ik_strbuf_puts(reply, "finished");
	return 0;
}

/* A signal during the child's critical part must end neither of the two. */
static void signals_do_not_end_the_parent(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf reply = {.data = NULL};
	pid_t parent = getpid(), killer = fork();

	if (killer == 0) {
		ik_clock_sleep_ms(100);
		for (int i = 0; i < 3; i++)
			(void)kill(parent, (int[]){SIGTERM, SIGHUP, SIGQUIT}[i]);
		_exit(0);
	}
	assert_int_equal(ik_priv_run(&as_nobody, slow, NULL, &reply, NULL), 0);
	assert_string_equal(ik_strbuf_str(&reply), "finished");
}

static void seals_only_files_that_root_alone_can_write(void **state IK_UNUSED)
{
	struct ik_sealed copy = {.fd = -1};
	struct ik_err err = {.code = IK_E_NONE};
	struct tmp t;

	tmp_make(&t, NULL);
	put_text(t.fd, "rel/image", "kernel");
	put_link(t.fd, "rel/link", "image");
	assert_int_equal(ik_trusted_seal(t.path, "rel/image", 100, &copy, &err), 0);
	assert_int_equal(copy.size_bytes, 6);
	ik_sealed_done(&copy);
	assert_true(ik_trusted_seal(t.path, "rel/image", 5, &copy, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_TOO_BIG);
	assert_true(ik_trusted_seal(t.path, "rel/link", 100, &copy, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	assert_int_equal(fchmodat(t.fd, "rel/image", 0664, 0), 0);
	assert_true(ik_trusted_seal(t.path, "rel/image", 100, &copy, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_UNTRUSTED);
	assert_int_equal(fchmodat(t.fd, "rel/image", 0644, 0), 0);
	assert_int_equal(fchmodat(t.fd, "rel", 0777, 0), 0);
	assert_true(ik_trusted_seal(t.path, "rel/image", 100, &copy, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_UNTRUSTED);
	assert_int_equal(fchmodat(t.fd, "rel", 0755, 0), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchownat(t.fd, "rel/image", 65534, 0, 0), 0);
		assert_true(ik_trusted_seal(t.path, "rel/image", 100, &copy, &err) < 0);
		assert_int_equal(err.code, IK_E_FILE_UNTRUSTED);
	}
	assert_true(ik_trusted_seal("/nonexistent", "x", 100, &copy, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_MISSING);
	assert_int_equal(copy.fd < 0, 1);
	tmp_remove(&t);
}

static void the_mount_line_decides_before_the_owner(void **state IK_UNUSED)
{
	struct ik_priv_user user, mount = {1000, 1001};
	struct tmp t;

	tmp_make(&t, NULL);
	assert_int_equal(ik_priv_choose_user(true, mount, t.fd, &user, NULL), 0);
	assert_int_equal(user.uid, 1000);
	assert_int_equal(user.gid, 1001);
	assert_int_equal(ik_priv_choose_user(false, mount, t.fd, &user, NULL), 0);
	assert_int_equal(user.uid, geteuid());
	assert_true(ik_priv_choose_user(false, mount, -1, &user, NULL) < 0);
	tmp_remove(&t);
}

/* In a process of its own: the test driver reads its environment at the end. */
static void environment_is_emptied(void **state IK_UNUSED)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		bool good = setenv("LD_PRELOAD", "/x", 1) == 0 && setenv("TMPDIR", "/x", 1) == 0 &&
			    ik_priv_clean_environment(NULL) == 0 && !getenv("LD_PRELOAD") &&
			    !getenv("TMPDIR") && !strcmp(getenv("LC_ALL"), "C") &&
			    umask(077) == 077;

		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void the_list_is_short(void **state IK_UNUSED)
{
	assert_true(ik_filter_count() > 20);
	assert_true(ik_filter_count() <= 45);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(result_reply_and_error_reach_the_parent),
		cmocka_unit_test(child_has_lost_its_powers),
		cmocka_unit_test(status_shows_no_capability_and_the_filter),
		cmocka_unit_test(child_can_do_its_work),
		cmocka_unit_test(a_dead_child_is_reported),
		cmocka_unit_test(signals_do_not_end_the_parent),
		cmocka_unit_test(seals_only_files_that_root_alone_can_write),
		cmocka_unit_test(the_mount_line_decides_before_the_owner),
		cmocka_unit_test(environment_is_emptied),
		cmocka_unit_test(the_list_is_short),
	};

	return cmocka_run_group_tests_name("os/priv", tests, NULL, NULL);
}

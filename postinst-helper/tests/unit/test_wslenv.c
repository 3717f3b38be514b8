/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/wslenv: six kinds of environment, each played by a directory. */
#include "os/wslenv.h"

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "faults.h"
#include "support.h"

#define PROFILE_BLOCK                                                        \
	"PATH=/usr/bin\0WSL2_USER_PROFILE=C:\\Users\\M\xc3\xbcller\0"        \
	"WSL2_INSTALL_PATH=C:\\Program Files\\WSL\0WSL_DISTRO_NAME=Debian\0" \
	"container_host_version_id=2.7.1.0\0"

/* A directory that plays "/": what each kind of machine shows. */
struct world {
	const char *name;
	const char *mountinfo; /* sample in tests/data/mountinfo */
	const char *release, *cmdline;
	const char *init_exe; /* target of proc/<pid>/exe */
	const char *init_pid;
	bool init_env, vmbus, lxss, wslinfo;
	int want_wsl;
	enum ik_wsl_flavour want_flavour;
	bool want_container, want_profile;
};

#define CMD_STORE "initrd=\\initrd.img WSL_ROOT_INIT=1 panic=-1 nr_cpus=8 printk.devkmsg=on\n"
#define CMD_INBOX "initrd=\\initrd.img panic=-1 pty.legacy_count=0 nr_cpus=8\n"
#define CMD_PLAIN "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet\n"
#define REL_WSL	  "7.3.4-1-immensity-microsoft-standard-WSL2\n"

static const struct world worlds[] = {
	{"wsl1", "wsl1", "4.4.0-19041-Microsoft\n", "BOOT_IMAGE=/kernel init=/init\n", "/init", "1",
	 false, false, true, false, 1, IK_WSL_INBOX, false, false},
	{"inbox", "inbox-9p", REL_WSL, CMD_INBOX, "/init", "1", false, true, false, false, 2,
	 IK_WSL_INBOX, false, false},
	{"store", "store-9p", REL_WSL, CMD_STORE, "/init", "1", true, true, false, true, 2,
	 IK_WSL_STORE, false, true},
	{"store with systemd", "store-9p", REL_WSL, CMD_STORE, "/init", "87", true, true, false,
	 true, 2, IK_WSL_STORE, false, true},
	{"container on WSL", "container", REL_WSL, CMD_STORE, "/bin/sh", "1", false, true, false,
	 false, 0, IK_WSL_NONE, true, false},
	{"plain Hyper-V machine", "plain-debian", "6.1.0-28-amd64\n", CMD_PLAIN,
	 "/usr/lib/systemd/systemd", "1", false, true, false, false, 0, IK_WSL_NONE, false, false},
	{"plain Debian", "plain-debian", "6.1.0-28-amd64\n", CMD_PLAIN, "/usr/lib/systemd/systemd",
	 "1", true, false, false, false, 0, IK_WSL_NONE, false, false},
	{"a kernel named like WSL's only", "plain-debian", REL_WSL, CMD_PLAIN,
	 "/usr/lib/systemd/systemd", "1", false, true, false, false, 0, IK_WSL_NONE, false, false},
};

static void copy_sample(int root_fd, const char *sample)
{
	char path[512];
	size_t len;
	char *text;

	(void)snprintf(path, sizeof(path), "%s/mountinfo/%s", IK_TEST_DATA, sample);
	text = get_file(-100, path, &len);
	assert_non_null(text);
	put_file(root_fd, "proc/self/mountinfo", text, len);
	free(text);
}

static void build(const struct world *w, struct tmp *t)
{
	char path[64];

	tmp_make(t, NULL);
	copy_sample(t->fd, w->mountinfo);
	put_text(t->fd, "proc/sys/kernel/osrelease", w->release);
	put_text(t->fd, "proc/cmdline", w->cmdline);
	(void)snprintf(path, sizeof(path), "proc/%s/exe", w->init_pid);
	put_link(t->fd, path, w->init_exe);
	(void)snprintf(path, sizeof(path), "proc/%s/environ", w->init_pid);
	if (w->init_env)
		put_file(t->fd, path, PROFILE_BLOCK, sizeof(PROFILE_BLOCK) - 1);
	if (w->vmbus)
		put_dir(t->fd, "sys/bus/vmbus");
	if (w->lxss)
		put_text(t->fd, "dev/lxss", "");
	if (w->wslinfo)
		put_link(t->fd, "usr/bin/wslinfo", "/init");
}

static void worlds_are_told_apart(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(worlds); i++) {
		const struct world *w = &worlds[i];
		ik_autowslenv struct ik_wslenv env = {.wsl = 9};
		struct tmp t;

		build(w, &t);
		assert_int_equal(ik_wslenv_probe(t.fd, &env, NULL), 0);
		tmp_remove(&t);
		if (env.wsl != w->want_wsl || env.flavour != w->want_flavour ||
		    env.container != w->want_container || !!env.user_profile != w->want_profile)
			fail_msg("%s: wsl %d, %s, container %d, profile %s; signs:\n%s", w->name,
				 env.wsl, ik_wsl_flavour_name(env.flavour), env.container,
				 env.user_profile ? env.user_profile : "-",
				 ik_strbuf_str(&env.evidence));
		assert_null(strchr(env.release, '\n'));
	}
}

static void values_of_init_are_taken_whole(void **state IK_UNUSED)
{
	ik_autowslenv struct ik_wslenv env = {.wsl = 9};
	struct tmp t;

	build(&worlds[2], &t);
	put_text(t.fd, "proc/sys/fs/binfmt_misc/WSLInterop-late",
		 "enabled\ninterpreter /init\nflags: P\n");
	assert_int_equal(ik_wslenv_probe(t.fd, &env, NULL), 0);
	tmp_remove(&t);
	assert_string_equal(env.user_profile, "C:\\Users\\M\xc3\xbcller");
	assert_string_equal(env.install_path, "C:\\Program Files\\WSL");
	assert_string_equal(env.distro, "Debian");
	assert_string_equal(env.wsl_version, "2.7.1.0");
	assert_true(env.has_interop);
	assert_true(env.has_wslinfo);
}

static void an_empty_root_is_not_wsl(void **state IK_UNUSED)
{
	ik_autowslenv struct ik_wslenv env = {.wsl = 9};
	struct tmp t;

	tmp_make(&t, NULL);
	assert_int_equal(ik_wslenv_probe(t.fd, &env, NULL), 0);
	tmp_remove(&t);
	assert_int_equal(env.wsl, 0);
	assert_string_equal(ik_wsl_flavour_name(env.flavour), "none");
	assert_string_equal(env.release, "");
}

/* Roots in which one sign is not quite what it looks like; the mounts of "/" and "/init" are given as they are. */
static const struct {
	const char *name, *mounts, *cmdline, *environ;
	bool vmbus, lxss, wslinfo;
	int wsl;
	enum ik_wsl_flavour flavour;
	bool container;
} nearly[] = {
	{"a word that begins otherwise", "", "XWSL_ROOT_INIT=1", NULL, false, false, false, 0,
	 IK_WSL_NONE, false},
	{"a word that goes on", "", "WSL_ROOT_INIT=10 quiet", NULL, false, false, false, 0,
	 IK_WSL_NONE, false},
	{"the word in the middle", "", "a WSL_ROOT_INIT=1 b", NULL, false, false, false, 0,
	 IK_WSL_NONE, true},
	{"the word at the end", "", "a WSL_ROOT_INIT=1\n", NULL, false, false, false, 0,
	 IK_WSL_NONE, true},
	{"WSL 1 of the Store", "1 0 0:1 / / rw - lxfs rootfs rw\n", "", NULL, false, false, true, 1,
	 IK_WSL_STORE, false},
	{"WSL 1, newer root", "1 0 0:1 / / rw - wslfs rootfs rw\n", "", NULL, false, false, false,
	 1, IK_WSL_INBOX, false},
	{"9p, but not the tools", "1 0 0:1 / /init rw - 9p x rw,aname=other\n", "WSL_ROOT_INIT=1",
	 NULL, false, false, false, 0, IK_WSL_NONE, true},
	{"a file system of its own", "1 0 0:1 / /init rw - ext4 x rw\n", "", NULL, true, false,
	 false, 0, IK_WSL_NONE, false},
	{"bound from a tmpfs", "1 0 0:1 / /init rw - tmpfs x rw\n", "", NULL, true, false, false, 2,
	 IK_WSL_STORE, false},
	{"bound, without a kernel of WSL", "1 0 0:1 / /init rw - tmpfs x rw\n", "", NULL, false,
	 false, false, 0, IK_WSL_NONE, false},
	{"the install path alone", "", "WSL_ROOT_INIT=1", "WSL2_INSTALL_PATH=C:\\WSL", false, false,
	 false, 2, IK_WSL_STORE, false},
	{"an empty install path", "", "WSL_ROOT_INIT=1", "WSL2_INSTALL_PATH=", false, false, false,
	 0, IK_WSL_NONE, true},
	{"a longer name", "", "WSL_ROOT_INIT=1", "WSL2_INSTALL_PATHS=C:\\WSL", false, false, false,
	 0, IK_WSL_NONE, true},
	{"signs of both", "1 0 0:1 / /init rw - 9p x rw,aname=tools;\n", "WSL_ROOT_INIT=1",
	 "WSL2_INSTALL_PATH=C:\\WSL", false, false, false, 2, IK_WSL_UNKNOWN, false},
	{"the device of WSL 1", "", "", NULL, false, true, false, 1, IK_WSL_INBOX, false},
};

static void build_nearly(size_t i, struct tmp *t)
{
	tmp_make(t, NULL);
	put_text(t->fd, "proc/self/mountinfo", nearly[i].mounts);
	put_text(t->fd, "proc/cmdline", nearly[i].cmdline);
	put_text(t->fd, "proc/sys/kernel/osrelease", REL_WSL);
	put_link(t->fd, "proc/1/exe", "/init");
	if (nearly[i].environ)
		put_file(t->fd, "proc/1/environ", nearly[i].environ, strlen(nearly[i].environ) + 1);
	if (nearly[i].vmbus)
		put_dir(t->fd, "sys/bus/vmbus");
	if (nearly[i].lxss)
		put_text(t->fd, "dev/lxss", "");
	if (nearly[i].wslinfo)
		put_link(t->fd, "bin/wslinfo", "/init");
}

static void what_only_looks_alike_does_not_count(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(nearly); i++) {
		ik_autowslenv struct ik_wslenv env = {.wsl = 9};
		struct tmp t;

		build_nearly(i, &t);
		assert_int_equal(ik_wslenv_probe(t.fd, &env, NULL), 0);
		tmp_remove(&t);
		if (env.wsl != nearly[i].wsl || env.flavour != nearly[i].flavour ||
		    env.container != nearly[i].container)
			fail_msg("%s: wsl %d, %s, container %d; signs:\n%s", nearly[i].name,
				 env.wsl, ik_wsl_flavour_name(env.flavour), env.container,
				 ik_strbuf_str(&env.evidence));
	}
}

/* Names in /proc that are no process, programs that are not /init, and more of them than are looked at. */
static void only_some_processes_are_asked(void **state IK_UNUSED)
{
	ik_autowslenv struct ik_wslenv env = {.wsl = 9};
	char path[64];
	struct tmp t;

	tmp_make(&t, NULL);
	put_link(t.fd, "proc/2/exe", "/exit");
	put_text(t.fd, "proc/2/environ", "WSL_DISTRO_NAME=exit");
	put_link(t.fd, "proc/12345678901/exe", "/init");
	put_text(t.fd, "proc/12345678901/environ", "WSL_DISTRO_NAME=long");
	put_link(t.fd, "proc/self/exe", "/init");
	put_text(t.fd, "proc/self/environ", "WSL_DISTRO_NAME=self");
	for (int pid = 100; pid < 700; pid++) {
		(void)snprintf(path, sizeof(path), "proc/%d/exe", pid);
		put_link(t.fd, path, "/init");
	}
	assert_int_equal(ik_wslenv_probe(t.fd, &env, NULL), 0);
	tmp_remove(&t);
	assert_null(env.distro);
}

static void interop_has_two_names(void **state IK_UNUSED)
{
	ik_autowslenv struct ik_wslenv env = {.wsl = 9};
	struct tmp t;

	build(&worlds[2], &t);
	put_text(t.fd, "proc/sys/fs/binfmt_misc/WSLInterop", "enabled\ninterpreter /init\n");
	assert_int_equal(ik_wslenv_probe(t.fd, &env, NULL), 0);
	tmp_remove(&t);
	assert_true(env.has_interop);
	ik_wslenv_done(NULL);
	assert_string_equal(ik_wsl_flavour_name(IK_WSL_INBOX), "inbox");
	assert_string_equal(ik_wsl_flavour_name(IK_WSL_STORE), "store");
	assert_string_equal(ik_wsl_flavour_name(IK_WSL_UNKNOWN), "unknown");
}

/* Each allocation and each reading fails once: an error, or signs that are fewer, but never other ones. */
static void what_cannot_be_read_is_no_sign(void **state IK_UNUSED)
{
	static const struct faults kinds[] = {
		{.on = true, .only = "memory", .errnum = ENOMEM},
		{.on = true, .only = "memory", .errnum = ENOMEM, .lasting = true},
		{.on = true, .only = "ik_sys_read_all", .errnum = EIO},
	};
	struct tmp t;

	build(&worlds[3], &t);
	for (size_t k = 0; k < IK_ARRAY_SIZE(kinds); k++) {
		bool more = true;

		for (long n = 1; more; n++) {
			struct ik_wslenv env = {.wsl = 9};
			struct ik_err err = {.code = IK_E_NONE};
			int r;

			faults = kinds[k];
			faults.at = n;
			r = ik_wslenv_probe(t.fd, &env, &err);
			more = faults.fired;
			faults_off();
			assert_int_equal(err.code, r < 0 ? IK_E_MEMORY_EXHAUSTED : IK_E_NONE);
			if (r < 0) {
				assert_int_equal(env.wsl, 9);
				continue;
			}
			assert_true(env.flavour == IK_WSL_STORE || env.flavour == IK_WSL_NONE);
			ik_wslenv_done(&env);
		}
	}
	call_fails("fdopendir", 1, ENOMEM);
	assert_int_equal(ik_wslenv_probe(t.fd, &(struct ik_wslenv){.wsl = 9}, NULL), -ENOMEM);
	assert_true(call_met());
	tmp_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worlds_are_told_apart),
		cmocka_unit_test(values_of_init_are_taken_whole),
		cmocka_unit_test(an_empty_root_is_not_wsl),
		cmocka_unit_test(what_only_looks_alike_does_not_count),
		cmocka_unit_test(only_some_processes_are_asked),
		cmocka_unit_test(interop_has_two_names),
		cmocka_unit_test(what_cannot_be_read_is_no_sign),
	};

	return cmocka_run_group_tests_name("os/wslenv", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/wslenv: six kinds of environment, each played by a directory. */
#include "os/wslenv.h"

#include <stdio.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worlds_are_told_apart),
		cmocka_unit_test(values_of_init_are_taken_whole),
		cmocka_unit_test(an_empty_root_is_not_wsl),
	};

	return cmocka_run_group_tests_name("os/wslenv", tests, NULL, NULL);
}

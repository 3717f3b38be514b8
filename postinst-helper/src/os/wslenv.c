/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signs of WSL, beneath a root directory that tests can replace. A sign of the kernel alone (its
 * command line) is shared by every container on WSL, so user-space signs must agree before the
 * answer is 2. Source: see the header; table of signs checked against microsoft/WSL 3e27a6a5.
 */
#include "os/wslenv.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "os/dirlist.h"
#include "os/mounts.h"
#include "os/sys.h"

#define SMALL_FILE_MAX (1u << 20) /* bytes; an environment or command line is far smaller */
#define PID_LIMIT      512	  /* processes of /init that are looked at */

/* What was seen; the decision is made from these alone. */
struct signs {
	bool lxss_device, root_is_wslfs; /* WSL 1 */
	bool init_is_9p_tools;		 /* inbox WSL 2 */
	bool init_is_bind;		 /* Store WSL 2 */
	bool kernel_store, kernel_wsl;	 /* command line */
	bool vmbus;
};

/* Reads a small file; "" with length 0 when it is not there or not readable. NULL = no memory. */
static char *read_small(int root_fd, const char *path, size_t *ret_len)
{
	ik_autoclose int fd = -EBADF;
	char *text = NULL;
	size_t len = 0;

	if (ik_sys_openat(root_fd, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0, &fd) < 0 ||
	    ik_sys_read_all(fd, SMALL_FILE_MAX, &text, &len) < 0)
		text = calloc(1, 1);
	*ret_len = text ? len : 0;
	return text;
}

static bool exists(int root_fd, const char *path)
{
	struct stat st;

	return fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void note(struct ik_wslenv *env, const char *where, const char *what)
{
	ik_strbuf_printf(&env->evidence, "%s: ", where);
	ik_strbuf_append_escaped(&env->evidence, what, strlen(what));
	ik_strbuf_putc(&env->evidence, '\n');
}

/* Notes and returns a sign that is the mere existence of a path. */
static bool sign_exists(int root_fd, const char *path, struct ik_wslenv *env)
{
	if (!exists(root_fd, path))
		return false;
	note(env, path, "exists");
	return true;
}

/* One blank-separated word of the command line. */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++) {
		bool starts = at == text || at[-1] == ' ';

		if (starts && (at[len] == '\0' || at[len] == ' ' || at[len] == '\n'))
			return true;
	}
	return false;
}

static int read_kernel(int root_fd, struct signs *s, struct ik_wslenv *env)
{
	size_t len;
	ik_autofree char *cmdline = read_small(root_fd, "proc/cmdline", &len);
	char *release = read_small(root_fd, "proc/sys/kernel/osrelease", &len);

	if (!cmdline || !release) {
		free(release);
		return -ENOMEM;
	}
	release[strcspn(release, "\n")] = '\0';
	env->release = release;
	s->kernel_store = has_word(cmdline, "WSL_ROOT_INIT=1");
	s->kernel_wsl = s->kernel_store || has_word(cmdline, "initrd=\\initrd.img");
	if (s->kernel_wsl)
		note(env, "proc/cmdline",
		     s->kernel_store ? "WSL_ROOT_INIT=1" : "initrd=\\initrd.img");
	s->vmbus = sign_exists(root_fd, "sys/bus/vmbus", env);
	s->lxss_device = sign_exists(root_fd, "dev/lxss", env);
	return 0;
}

static void read_mounts(int root_fd, struct signs *s, struct ik_wslenv *env)
{
	struct ik_mount_line line;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/proc/self/mountinfo", root_fd);
	if (ik_mount_line_at(path, "/", &line, NULL) == 1 &&
	    (strcmp(line.fstype, "wslfs") == 0 || strcmp(line.fstype, "lxfs") == 0)) {
		s->root_is_wslfs = true;
		note(env, "mount of /", line.fstype);
	}
	if (ik_mount_line_at(path, "/init", &line, NULL) != 1)
		return;
	s->init_is_9p_tools = strcmp(line.fstype, "9p") == 0 && strstr(line.options, "aname=tools");
	s->init_is_bind = strcmp(line.fstype, "rootfs") == 0 || strcmp(line.fstype, "tmpfs") == 0;
	if (s->init_is_9p_tools || s->init_is_bind)
		note(env, "mount of /init",
		     s->init_is_bind ? "bind from the root init" : "9p tools");
}

/* Finds NAME=value in a block of NUL-terminated texts; NULL when absent, empty, or without memory. */
static char *env_value(const char *block, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	for (size_t at = 0; at < len; at += strnlen(block + at, len - at) + 1) {
		const char *entry = block + at;

		if (strncmp(entry, name, name_len) == 0 && entry[name_len] == '=' &&
		    entry[name_len + 1] != '\0')
			return strdup(entry + name_len + 1);
	}
	return NULL;
}

static void take_value(char **place, const char *block, size_t len, const char *name,
		       const char *where, struct ik_wslenv *env)
{
	if (*place)
		return; /* the first process that knows it wins */
	*place = env_value(block, len, name);
	if (*place)
		ik_strbuf_printf(&env->evidence, "%s: %s\n", where, name);
}

/* Looks at one process; only WSL's own init counts, for its name can be had by nobody else. */
static int read_process(int root_fd, const char *pid, struct ik_wslenv *env)
{
	char path[64], exe[16];
	ssize_t n;
	size_t len;

	(void)snprintf(path, sizeof(path), "proc/%s/exe", pid);
	n = readlinkat(root_fd, path, exe, sizeof(exe));
	if (n != 5 || memcmp(exe, "/init", 5) != 0)
		return 0;
	(void)snprintf(path, sizeof(path), "proc/%s/environ", pid);
	ik_autofree char *block = read_small(root_fd, path, &len);
	if (!block)
		return -ENOMEM;
	take_value(&env->user_profile, block, len, "WSL2_USER_PROFILE", path, env);
	take_value(&env->install_path, block, len, "WSL2_INSTALL_PATH", path, env);
	take_value(&env->distro, block, len, "WSL_DISTRO_NAME", path, env);
	take_value(&env->wsl_version, block, len, "container_host_version_id", path, env);
	return 1;
}

static bool is_pid(const char *name)
{
	return strlen(name) <= 10 && strspn(name, "0123456789") == strlen(name);
}

static int read_processes(int root_fd, struct ik_wslenv *env)
{
	ik_autoclose int fd = -EBADF;
	DIR ik_autodirlist *dir = NULL;
	int seen = 0, r = read_process(root_fd, "1", env);
	const char *name;

	if (r < 0 || ik_sys_openat(root_fd, "proc", O_RDONLY | O_DIRECTORY, 0, &fd) < 0)
		return r < 0 ? r : 0;
	if (ik_dirlist_open(&fd, &dir, NULL) < 0)
		return -ENOMEM;
	while (r >= 0 && seen < PID_LIMIT && ik_dirlist_next(dir, &name, NULL) > 0) {
		r = is_pid(name) ? read_process(root_fd, name, env) : 0;
		seen += r > 0;
	}
	return r < 0 ? r : 0;
}

static int read_userspace(int root_fd, struct ik_wslenv *env)
{
	static const char *const entries[] = {
		"proc/sys/fs/binfmt_misc/WSLInterop",
		"proc/sys/fs/binfmt_misc/WSLInterop-late",
	};

	env->has_wslinfo = sign_exists(root_fd, "bin/wslinfo", env) ||
			   sign_exists(root_fd, "usr/bin/wslinfo", env);
	for (size_t i = 0; i < IK_ARRAY_SIZE(entries) && !env->has_interop; i++) {
		size_t len;
		ik_autofree char *text = read_small(root_fd, entries[i], &len);

		if (!text)
			return -ENOMEM;
		env->has_interop = strstr(text, "interpreter /init") != NULL;
		if (env->has_interop)
			note(env, entries[i], "interpreter /init");
	}
	return read_processes(root_fd, env);
}

static void decide(const struct signs *s, struct ik_wslenv *env)
{
	bool store = s->init_is_bind || env->install_path;
	bool inbox = s->init_is_9p_tools;

	if (s->lxss_device || s->root_is_wslfs) {
		env->wsl = 1;
		env->flavour = env->has_wslinfo ? IK_WSL_STORE : IK_WSL_INBOX;
	} else if ((store || inbox) && (s->kernel_wsl || s->vmbus)) {
		env->wsl = 2;
		env->flavour = store == inbox ? IK_WSL_UNKNOWN :
			       store	      ? IK_WSL_STORE :
						IK_WSL_INBOX;
	} else if (s->kernel_wsl) {
		env->container = true;
	}
}

int ik_wslenv_probe(int root_fd, struct ik_wslenv *ret, struct ik_err *err)
{
	ik_autowslenv struct ik_wslenv env = {.wsl = 0};
	struct signs signs = {.vmbus = false};
	int r = read_kernel(root_fd, &signs, &env);

	if (r == 0)
		r = read_userspace(root_fd, &env);
	if (r == 0) {
		read_mounts(root_fd, &signs, &env);
		decide(&signs, &env);
		r = ik_strbuf_error(&env.evidence);
	}
	if (r < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, r, "cannot examine the environment");
	*ret = env;
	env = (struct ik_wslenv){.wsl = 0};
	return 0;
}

void ik_wslenv_done(struct ik_wslenv *env)
{
	if (!env)
		return;
	free(env->user_profile);
	free(env->install_path);
	free(env->distro);
	free(env->wsl_version);
	free(env->release);
	ik_strbuf_done(&env->evidence);
	*env = (struct ik_wslenv){.wsl = 0};
}

const char *ik_wsl_flavour_name(enum ik_wsl_flavour flavour)
{
	switch (flavour) {
	case IK_WSL_NONE:
		return "none";
	case IK_WSL_INBOX:
		return "inbox";
	case IK_WSL_STORE:
		return "store";
	case IK_WSL_UNKNOWN:
	default:
		return "unknown";
	}
}

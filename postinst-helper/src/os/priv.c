/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privilege separation: sealed input from root-owned files, a confined child, a waiting parent.
 * The parent never touches the drive. If the parent is killed, the child goes on to its end: half an
 * update is worse than an update nobody waits for, and the child holds the lock with it.
 */
#include "os/priv.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "os/filter.h"
#include "os/sys.h"

#define CAP_LIMIT 64 /* numbers tried when the bounding set is emptied */

/* What the child sends before its reply. */
struct answer {
	int32_t result;
	uint32_t reply_bytes;
	struct ik_err err;
};

/*
 * A caller may have closed 0, 1 or 2, or ignore SIGCHLD. The first would give the number of stderr to
 * the next file that is opened, the second would hide how the child ended. A file size limit and a
 * closed pipe must come back as an errno.
 */
static int repair_inheritance(struct ik_err *err)
{
	struct sigaction normal = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};

	for (int fd = 0; fd <= 2; fd++) {
		int got = fd;

		if (fcntl(fd, F_GETFD) < 0 &&
		    (ik_sys_openat(AT_FDCWD, "/dev/null", O_RDWR | O_NOCTTY, 0, &got) < 0 ||
		     got != fd || fcntl(fd, F_SETFD, 0) < 0))
			return ik_err_set(err, IK_E_IO_FAILED, EBADF,
					  "cannot open /dev/null for a closed standard stream");
	}
	if (sigaction(SIGCHLD, &normal, NULL) < 0 || sigaction(SIGXFSZ, &ignored, NULL) < 0 ||
	    sigaction(SIGPIPE, &ignored, NULL) < 0)
		return ik_err_set(err, IK_E_IO_FAILED, errno, "cannot set up signals");
	return 0;
}

int ik_priv_clean_environment(struct ik_err *err)
{
	int r = repair_inheritance(err);

	if (r < 0)
		return r;
	umask(077);
	if (clearenv() != 0 || setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) != 0 ||
	    setenv("LC_ALL", "C", 1) != 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM,
				  "cannot clean the environment");
	return 0;
}

int ik_priv_choose_user(bool has_mount_ids, struct ik_priv_user mount, int drive_fd,
			struct ik_priv_user *ret, struct ik_err *err)
{
	struct stat st;

	if (has_mount_ids) {
		*ret = mount;
		return 0;
	}
	if (fstat(drive_fd, &st) < 0)
		return ik_err_set(err, IK_E_IO_FAILED, errno,
				  "cannot tell the owner of the drive's root directory");
	*ret = (struct ik_priv_user){st.st_uid, st.st_gid};
	return 0;
}

static int drop_fail(struct ik_err *err, const char *what)
{
	return ik_err_set(err, IK_E_PRIV_DROP, errno, "cannot give up privileges (%s)", what);
}

/* Empties all five capability sets. Without root there is nothing to lose and nothing to do. */
static int drop_capabilities(struct ik_err *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* absent before 4.3 */
	if (syscall(SYS_capset, &head, data) < 0)
		return drop_fail(err, "capset");
	if (syscall(SYS_capget, &head, data) < 0)
		return drop_fail(err, "capget");
	for (size_t i = 0; i < IK_ARRAY_SIZE(data); i++)
		if (data[i].effective | data[i].permitted | data[i].inheritable) {
			errno = EPERM;
			return drop_fail(err, "capabilities remain");
		}
	return 0;
}

static int drop_ids(const struct ik_priv_user *user, struct ik_err *err)
{
	uid_t r_uid, e_uid, s_uid;
	gid_t r_gid, e_gid, s_gid;

	if (geteuid() != 0)
		return 0;
	for (unsigned long cap = 0; cap < CAP_LIMIT; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* fails for numbers not in use */
	if (setgroups(0, NULL) < 0)
		return drop_fail(err, "setgroups");
	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return drop_fail(err, "setresgid");
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return drop_fail(err, "setresuid");
	if (getresuid(&r_uid, &e_uid, &s_uid) < 0 || getresgid(&r_gid, &e_gid, &s_gid) < 0)
		return drop_fail(err, "getresuid");
	if (r_uid != user->uid || e_uid != user->uid || s_uid != user->uid || r_gid != user->gid ||
	    e_gid != user->gid || s_gid != user->gid) {
		errno = EPERM;
		return drop_fail(err, "ids remain");
	}
	return 0;
}

/* The signals again: a caller of this module may not have cleaned its environment. */
static int set_limits(struct ik_err *err)
{
	static const struct {
		int what;
		rlim_t value;
	} limits[] = {
		{RLIMIT_FSIZE, IK_PRIV_FSIZE_MAX},
		{RLIMIT_NPROC, 0},
		{RLIMIT_CORE, 0},
	};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	umask(077);
	if (sigaction(SIGXFSZ, &ignore, NULL) < 0 || sigaction(SIGPIPE, &ignore, NULL) < 0)
		return drop_fail(err, "sigaction");
	for (size_t i = 0; i < IK_ARRAY_SIZE(limits); i++) {
		struct rlimit limit;

		/* A caller's smaller limit stays: whoever may raise one did so before, see os/limits. */
		if (getrlimit(limits[i].what, &limit) < 0)
			return drop_fail(err, "getrlimit");
		limit.rlim_max = IK_MIN(limit.rlim_max, limits[i].value);
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(limits[i].what, &limit) < 0)
			return drop_fail(err, "setrlimit");
	}
	return 0;
}

/* Sanitizers and coverage need calls that the list does not have. */
static bool can_filter(void)
{
#if defined(IK_SANITIZED) || defined(IK_COVERAGE)
	return false;
#else
	return true;
#endif
}

int ik_priv_confine(const struct ik_priv_opts *opts, struct ik_err *err)
{
	int r = set_limits(err);

	if (r == 0)
		r = drop_ids(&opts->user, err);
	if (r == 0)
		r = drop_capabilities(err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return drop_fail(err, "no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return drop_fail(err, "dumpable");
	if (opts->no_filter || !can_filter())
		return 0;
	return ik_filter_install(err);
}

#ifdef IK_COVERAGE
extern void __gcov_dump(void);
#endif

/* The child's whole life; it never returns. */
static _Noreturn void be_child(const struct ik_priv_opts *opts, ik_priv_fn fn, void *arg,
			       int pipe_fd)
{
	struct answer answer = {.result = 0};
	ik_autostrbuf struct ik_strbuf reply = {.data = NULL};
	int r = ik_priv_confine(opts, &answer.err);
	bool said;

	if (r == 0)
		r = fn(arg, &reply, &answer.err);
	if (ik_strbuf_error(&reply) < 0 || reply.len > IK_PRIV_REPLY_MAX) {
		ik_strbuf_reset(&reply);
		r = ik_err_set(&answer.err, IK_E_MEMORY_EXHAUSTED, ENOMEM,
			       "the working process has too much to say");
	}
	answer.result = r;
	answer.reply_bytes = (uint32_t)reply.len;
	/* The parent reports a child that said too little. */
	said = ik_sys_write(pipe_fd, &answer, sizeof(answer)) == 0 &&
	       ik_sys_write(pipe_fd, ik_strbuf_str(&reply), reply.len) == 0;
#ifdef IK_COVERAGE
	__gcov_dump();
#endif
	_exit(said ? 0 : 1);
}

/* Passes on a signal sent to us alone; one from the terminal has reached the child already. */
static void forward_signal(int signal_fd, pid_t child)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info) && info.ssi_code <= 0)
		(void)kill(child, (int)info.ssi_signo); /* the child may have ended just now */
}

/* Collects what the child says until it closes the pipe. */
static int listen_to(int pipe_fd, int signal_fd, pid_t child, struct ik_strbuf *said)
{
	struct pollfd fds[] = {{.fd = pipe_fd, .events = POLLIN},
			       {.fd = signal_fd, .events = POLLIN}};
	char buf[4096];

	for (;;) {
		ssize_t n;

		if (poll(fds, IK_ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents & POLLIN)
			forward_signal(signal_fd, child);
		if (!(fds[0].revents & (POLLIN | POLLHUP | POLLERR)))
			continue;
		n = read(pipe_fd, buf, sizeof(buf));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0 && said->len < sizeof(struct answer) + IK_PRIV_REPLY_MAX)
			ik_strbuf_append(said, buf, (size_t)n);
	}
}

static int wait_for(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

/* Turns what was heard into the result; a child that said too little has died half-way. */
static int judge(const struct ik_strbuf *said, int status, struct ik_strbuf *reply,
		 struct ik_err *err)
{
	struct answer answer;

	if (ik_strbuf_error(said) < 0 || status < 0)
		return ik_err_set(err, IK_E_PRIV_CHILD_DIED, ENOMEM,
				  "lost contact with the working process");
	if (said->len >= sizeof(answer)) {
		memcpy(&answer, said->data, sizeof(answer));
		if (said->len == sizeof(answer) + answer.reply_bytes) {
			ik_strbuf_append(reply, said->data + sizeof(answer), answer.reply_bytes);
			if (err && answer.result < 0)
				*err = answer.err;
			return answer.result;
		}
	}
	ik_err_set(err, IK_E_PRIV_CHILD_DIED, EIO,
		   "the working process ended half-way (signal %d, status %d)",
		   WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		   WIFEXITED(status) ? WEXITSTATUS(status) : 0);
	ik_err_hint(err, "Run `immensity-kernel recover`.");
	return -EIO;
}

/* Signals that would end the waiting parent; blocked before the fork so that none slips through. */
static int block_signals(sigset_t *old, int *ret_fd, struct ik_err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	*ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*ret_fd < 0 || sigprocmask(SIG_BLOCK, &set, old) < 0)
		return drop_fail(err, "signals");
	return 0;
}

int ik_priv_run(const struct ik_priv_opts *opts, ik_priv_fn fn, void *arg, struct ik_strbuf *reply,
		struct ik_err *err)
{
	ik_autostrbuf struct ik_strbuf said = {.data = NULL};
	ik_autoclose int read_fd = -EBADF;
	ik_autoclose int write_fd = -EBADF;
	ik_autoclose int signal_fd = -EBADF;
	sigset_t old;
	int ends[2], r, status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return drop_fail(err, "pipe");
	read_fd = ends[0];
	write_fd = ends[1];
	r = block_signals(&old, &signal_fd, err);
	if (r < 0)
		return r;
	(void)fflush(NULL); /* otherwise the child would print our text again */
	child = fork();
	if (child == 0) {
		read_fd = ik_close(read_fd);
		(void)sigprocmask(SIG_SETMASK, &old, NULL); /* cannot fail with these arguments */
		be_child(opts, fn, arg, write_fd);
	}
	write_fd = ik_close(write_fd);
	if (child < 0) {
		r = drop_fail(err, "fork");
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
		return r;
	}
	r = listen_to(read_fd, signal_fd, child, &said);
	status = wait_for(child);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return judge(&said, r < 0 ? r : status, reply, err);
}

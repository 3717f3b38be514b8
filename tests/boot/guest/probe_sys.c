// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of processes and events: what WSL's init, systemd and container engines ask of the core
 * kernel. Each works on its own and leaves nothing behind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define ANSWER ECONNREFUSED /* an errno that bind() would not give by itself here */

/*
 * Every bind() of the calling process is reported to the returned descriptor, as WSL's port
 * tracker asks for.
 */
static int listen_for_bind(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bind, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static int bind_gives_answer(void)
{
	struct sockaddr address = {.sa_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	alarm(10);
	return bind(fd, &address, sizeof(sa_family_t)) < 0 && errno == ANSWER ? 0 : 1;
}

int probe_seccomp(int argc, char **argv)
{
	struct seccomp_notif request = {0};
	struct seccomp_notif_resp response = {0};
	int listener, status;
	pid_t child;

	(void)argc;
	(void)argv;
	listener = listen_for_bind();
	if (listener < 0)
		return probe_fail("seccomp with SECCOMP_FILTER_FLAG_NEW_LISTENER");
	child = fork();
	if (child == 0)
		_exit(bind_gives_answer());
	alarm(10);
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
		return probe_fail("SECCOMP_IOCTL_NOTIF_RECV");
	response.id = request.id;
	response.error = -ANSWER;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0)
		return probe_fail("SECCOMP_IOCTL_NOTIF_SEND");
	if (waitpid(child, &status, 0) != child || status != 0)
		return probe_wrong("the child did not get the answer of the listener");
	return 0;
}

/* One request that does nothing goes through the rings. */
int probe_iouring(int argc, char **argv)
{
	struct io_uring_params params = {0};
	struct io_uring_sqe *entries;
	unsigned char *ring;
	size_t size;
	int fd = (int)syscall(__NR_io_uring_setup, 4, &params);

	(void)argc;
	(void)argv;
	if (fd < 0)
		return probe_fail("io_uring_setup");
	size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	entries = mmap(NULL, params.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE,
		       MAP_SHARED, fd, IORING_OFF_SQES);
	if (ring == MAP_FAILED || entries == MAP_FAILED)
		return probe_fail("mmap of the rings");
	entries[0] = (struct io_uring_sqe){.opcode = IORING_OP_NOP, .user_data = 42};
	((unsigned int *)(ring + params.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned int *)(ring + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(__NR_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return probe_fail("io_uring_enter");
	if (((struct io_uring_cqe *)(ring + params.cq_off.cqes))[0].user_data != 42)
		return probe_wrong("the completion is not that of the request");
	return 0;
}

static ino_t namespace_id(const char *name)
{
	char path[64];
	struct stat info;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	return stat(path, &info) < 0 ? 0 : info.st_ino;
}

/* Each kind of namespace can be left, and what is entered is another one. */
int probe_namespaces(int argc, char **argv)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {
		{"uts", CLONE_NEWUTS},	     {"ipc", CLONE_NEWIPC},
		{"net", CLONE_NEWNET},	     {"mnt", CLONE_NEWNS},
		{"cgroup", CLONE_NEWCGROUP}, {"pid_for_children", CLONE_NEWPID},
		{"user", CLONE_NEWUSER},
	};
	int status;

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ino_t before = namespace_id(kinds[i].name);

		if (unshare(kinds[i].flag) < 0)
			return probe_fail(kinds[i].name);
		if (kinds[i].flag == CLONE_NEWPID) {
			/* This one exists only once it has its first process. */
			pid_t child = fork();

			if (child == 0)
				_exit(getpid() == 1 ? 0 : 1);
			if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
				return probe_wrong(
					"the first process of a pid namespace is not number 1");
			continue;
		}
		if (before == 0 || before == namespace_id(kinds[i].name))
			return probe_wrong(kinds[i].name);
	}
	return 0;
}

/* Descriptors for signals, timers, events and watched files, all waited for by epoll. */
int probe_events(int argc, char **argv)
{
	struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
	struct epoll_event event = {.events = EPOLLIN};
	struct epoll_event got[4];
	sigset_t set;
	int poll = epoll_create1(EPOLL_CLOEXEC);
	int fds[4];

	(void)argc;
	(void)argv;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[0] = signalfd(-1, &set, SFD_CLOEXEC);
	fds[1] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	fds[2] = eventfd(1, EFD_CLOEXEC);
	fds[3] = inotify_init1(IN_CLOEXEC);
	for (int i = 0; i < 4; i++) {
		if (fds[i] < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &event) < 0)
			return probe_fail("signalfd, timerfd, eventfd, inotify or epoll");
	}
	raise(SIGUSR1);
	timerfd_settime(fds[1], 0, &soon, NULL);
	inotify_add_watch(fds[3], "/tmp", IN_CREATE);
	close(open("/tmp/watched", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	unlink("/tmp/watched");
	usleep(50000);
	if (epoll_wait(poll, got, 4, 5000) != 4)
		return probe_wrong("not all four descriptors became ready");
	return 0;
}

/* A program for the devices of a cgroup is verified: systemd and container engines load such. */
int probe_bpf(int argc, char **argv)
{
	struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;
	int program, group;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insn_cnt = 2;
	attr.insns = (uint64_t)(uintptr_t)code;
	attr.license = (uint64_t)(uintptr_t) "GPL";
	program = (int)syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (program < 0)
		return probe_fail("BPF_PROG_LOAD");
	if (argc < 2)
		return 0;
	group = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group < 0)
		return probe_fail(argv[1]);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)group;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	if (syscall(__NR_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0)
		return probe_fail("BPF_PROG_ATTACH");
	return 0;
}

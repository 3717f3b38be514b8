/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O calls that count, and what one of them is about; see tracecall.h. x86-64 only. */
#include "tracecall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* How the arguments of a call name its object. */
enum shape {
	FD,	 /* argument 0 is a descriptor */
	AT,	 /* argument 0 a directory, 1 a name */
	AT_AT,	 /* 0, 1 and 2, 3 */
	NOTHING, /* no object on a file system */
};

static const struct {
	long nr;
	const char *name;
	enum shape shape;
	bool changes;
} calls[] = {
	{SYS_read, "read", FD, false},
	{SYS_write, "write", FD, true},
	{SYS_pread64, "pread", FD, false},
	{SYS_pwrite64, "pwrite", FD, true},
	{SYS_openat, "openat", AT, false},
	{SYS_openat2, "openat2", AT, false},
	{SYS_ftruncate, "ftruncate", FD, true},
	{SYS_fsync, "fsync", FD, false},
	{SYS_fdatasync, "fdatasync", FD, false},
	{SYS_renameat, "renameat", AT_AT, true},
	{SYS_renameat2, "renameat2", AT_AT, true},
	{SYS_rename, "rename", NOTHING, true},
	{SYS_unlinkat, "unlinkat", AT, true},
	{SYS_mkdirat, "mkdirat", AT, true},
	{SYS_linkat, "linkat", AT_AT, true},
	{SYS_utimensat, "utimensat", AT, true},
	{SYS_fchmod, "fchmod", FD, true},
	{SYS_flock, "flock", FD, false},
	{SYS_newfstatat, "fstatat", AT, false},
	{SYS_fstat, "fstat", FD, false},
	{SYS_statx, "statx", AT, false},
	{SYS_getdents64, "getdents", FD, false},
	{SYS_readlinkat, "readlinkat", AT, false},
	{SYS_fstatfs, "fstatfs", FD, false},
	{SYS_fadvise64, "fadvise", FD, false},
	{SYS_memfd_create, "memfd_create", NOTHING, false},
	{SYS_lseek, "lseek", FD, false},
};

const char *trace_name(long nr)
{
	static char text[32];

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	snprintf(text, sizeof(text), "call %ld", nr);
	return text;
}

static int find_call(long nr)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return (int)i;
	return -1;
}

static void peek_text(pid_t pid, uint64_t address, char *text, size_t size)
{
	size_t done = 0;

	text[0] = '\0';
	while (done < size - 1) { /* never across a page that may not be there */
		size_t want = 4096 - (address + done) % 4096;
		struct iovec here = {text + done, want < size - 1 - done ? want : size - 1 - done};
		struct iovec there = {(void *)(uintptr_t)(address + done), here.iov_len};
		ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);

		if (n <= 0)
			break;
		if (memchr(text + done, '\0', (size_t)n))
			return;
		done += (size_t)n;
	}
	text[done] = '\0';
}

static void path_of_fd(pid_t pid, int fd, char *path, size_t size)
{
	char link[64];
	ssize_t n;

	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	n = readlink(link, path, size - 1);
	path[n > 0 ? n : 0] = '\0';
}

static void path_of_at(pid_t pid, int dir_fd, uint64_t name, char *path, size_t size)
{
	char text[300], dir[512];

	text[0] = '\0';
	if (name)
		peek_text(pid, name, text, sizeof(text));
	if (text[0] == '/') {
		snprintf(path, size, "%s", text);
		return;
	}
	path_of_fd(pid, dir_fd, dir, sizeof(dir));
	snprintf(path, size, "%.200s%s%s", dir, text[0] ? "/" : "", text);
}

/* Does an open create? openat has its flags in an argument, openat2 in memory. */
static bool open_creates(pid_t pid, const struct __ptrace_syscall_info *info)
{
	uint64_t flags = info->entry.args[2];

	if (info->entry.nr == SYS_openat2) {
		errno = 0;
		flags = (uint64_t)ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)flags, NULL);
	}
	return flags & (O_CREAT | O_TRUNC);
}

bool trace_describe(pid_t pid, const struct __ptrace_syscall_info *info, struct trace_call *call)
{
	const uint64_t *a = (const uint64_t *)info->entry.args;
	int index = find_call((long)info->entry.nr);

	if (index < 0)
		return false;
	memset(call, 0, sizeof(*call));
	call->pid = pid;
	call->nr = (long)info->entry.nr;
	call->changes = calls[index].changes;
	switch (calls[index].shape) {
	case FD:
		path_of_fd(pid, (int)a[0], call->path, sizeof(call->path));
		break;
	case AT:
		path_of_at(pid, (int)a[0], a[1], call->path, sizeof(call->path));
		break;
	case AT_AT:
		path_of_at(pid, (int)a[0], a[1], call->path, sizeof(call->path));
		path_of_at(pid, (int)a[2], a[3], call->path2, sizeof(call->path2));
		break;
	case NOTHING:
		break;
	}
	if (call->nr == SYS_openat || call->nr == SYS_openat2)
		call->changes = open_creates(pid, info);
	if (call->nr == SYS_pwrite64 || call->nr == SYS_write || call->nr == SYS_pread64) {
		call->length = a[2];
		call->offset = call->nr == SYS_write ? UINT64_MAX : a[3];
	}
	if (call->nr == SYS_ftruncate)
		call->length = a[1];
	return true;
}

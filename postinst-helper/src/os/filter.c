/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allow-list as raw BPF: a check of the architecture, one comparison per call, and for the two
 * calls that map memory a check that nothing becomes executable.
 */
#include "os/filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef FILTER_ARCH

/* Every call of the child, by what needs it. */
static const uint32_t allowed[] = {
	/* files */
	SYS_read,
	SYS_write,
	SYS_pread64,
	SYS_pwrite64,
	SYS_openat,
	SYS_openat2,
	SYS_close,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_lseek,
	SYS_ftruncate,
	SYS_fsync,
	SYS_renameat,
	SYS_renameat2,
	SYS_unlinkat,
	SYS_mkdirat,
	SYS_linkat,
	SYS_utimensat,
	SYS_flock,
	SYS_fcntl,
	SYS_getdents64,
	SYS_readlinkat,
	SYS_fchmod,
	SYS_fstatfs,
	SYS_fadvise64,
	/* memory */
	SYS_munmap,
	SYS_mremap,
	SYS_brk,
	SYS_madvise,
	SYS_futex,
	/* time, identity, chance */
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_getpid,
	SYS_geteuid,
	SYS_getrandom,
	/* signals and the end */
	SYS_rt_sigprocmask,
	SYS_rt_sigpending,
	SYS_rt_sigaction,
	SYS_rt_sigreturn,
	SYS_restart_syscall,
	SYS_exit_group,
};

/* Allowed unless they ask for executable memory: argument 2 is the protection in both. */
static const uint32_t mapping[] = {SYS_mmap, SYS_mprotect};

#define DENY	      (SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA))
#define PROT_OFFSET   (offsetof(struct seccomp_data, args) + 2 * sizeof(uint64_t))
#define PROGRAM_SLOTS (4 + 2 * IK_ARRAY_SIZE(allowed) + 5 * IK_ARRAY_SIZE(mapping) + 1)

struct program {
	struct sock_filter code[PROGRAM_SLOTS];
	unsigned short len;
};

static void emit(struct program *p, struct sock_filter instruction)
{
	p->code[p->len++] = instruction;
}

#define STMT(code, k)	      ((struct sock_filter)BPF_STMT(code, k))
#define JUMP(code, k, jt, jf) ((struct sock_filter)BPF_JUMP(code, k, jt, jf))

static void build(struct program *p)
{
	emit(p, STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	emit(p, JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH, 1, 0));
	emit(p, STMT(BPF_RET | BPF_K, DENY));
	emit(p, STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	for (size_t i = 0; i < IK_ARRAY_SIZE(allowed); i++) {
		emit(p, JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1));
		emit(p, STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	}
	for (size_t i = 0; i < IK_ARRAY_SIZE(mapping); i++) {
		emit(p, JUMP(BPF_JMP | BPF_JEQ | BPF_K, mapping[i], 0, 4));
		emit(p, STMT(BPF_LD | BPF_W | BPF_ABS, PROT_OFFSET));
		emit(p, JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1));
		emit(p, STMT(BPF_RET | BPF_K, DENY));
		emit(p, STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	}
	emit(p, STMT(BPF_RET | BPF_K, DENY));
}

int ik_filter_install(struct ik_err *err)
{
	struct program program = {.len = 0};
	struct sock_fprog prog = {.filter = program.code};

	build(&program);
	prog.len = program.len;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0 && errno != EINVAL)
		return ik_err_set(err, IK_E_PRIV_SECCOMP, errno,
				  "cannot limit the system calls of the working process");
	return 0;
}

size_t ik_filter_count(void)
{
	return IK_ARRAY_SIZE(allowed) + IK_ARRAY_SIZE(mapping);
}

#else

int ik_filter_install(struct ik_err *err IK_UNUSED)
{
	return 0; /* no list was tried on this architecture; ids and capabilities are dropped anyway */
}

size_t ik_filter_count(void)
{
	return 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * os/filter: the program that is handed to the kernel, run here on played calls. What the kernel makes of it is
 * test_priv's; this one also works where the filter cannot be on (sanitizers, coverage).
 */
#include "os/filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "calls.h"
#include "support.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif
#define NUMBERS 600u /* all calls of today have smaller ones */

static struct sock_filter code[256];
static size_t code_len;

static void take(void *out)
{
	const struct sock_fprog *prog = out;

	assert_true(prog->len <= IK_ARRAY_SIZE(code));
	code_len = prog->len;
	memcpy(code, prog->filter, code_len * sizeof(*code));
}

/* The four instructions that the filter is made of; anything else fails the test. */
static uint32_t judge(uint32_t arch, uint32_t nr, uint64_t argument2)
{
	struct seccomp_data data = {.nr = (int)nr, .arch = arch, .args = {0, 0, argument2}};
	uint32_t value = 0;

	for (size_t at = 0; at < code_len; at++) {
		const struct sock_filter *i = &code[at];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k + sizeof(value) <= sizeof(data));
			memcpy(&value, (const char *)&data + i->k, sizeof(value));
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += value == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			at += value & i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("instruction %zu is %#x", at, i->code);
		}
	}
	fail_msg("ran over the end");
	return 0;
}

static int set_up(void **state IK_UNUSED)
{
	call_changes("seccomp", 1, take);
	assert_int_equal(ik_filter_install(NULL), 0);
	assert_true(call_met());
	return 0;
}

#define DENIED (SECCOMP_RET_ERRNO | EPERM)

static void calls_of_the_list_pass_and_no_others(void **state IK_UNUSED)
{
	static const uint32_t never[] = {SYS_execve,  SYS_clone, SYS_socket,	SYS_ptrace,
					 SYS_mount,   SYS_kill,	 SYS_setuid,	SYS_capset,
					 SYS_prctl,   SYS_ioctl, SYS_symlinkat, SYS_fchmodat,
					 SYS_fchownat};
	size_t passed = 0;

	for (uint32_t nr = 0; nr < NUMBERS; nr++) {
		uint32_t r = judge(ARCH, nr, 0);

		assert_true(r == SECCOMP_RET_ALLOW || r == DENIED);
		passed += r == SECCOMP_RET_ALLOW;
		assert_int_equal(judge(ARCH + 1, nr, 0), DENIED);
	}
	assert_int_equal(passed, ik_filter_count());
	for (size_t i = 0; i < IK_ARRAY_SIZE(never); i++)
		assert_int_equal(judge(ARCH, never[i], 0), DENIED);
	assert_int_equal(judge(ARCH, SYS_pwrite64, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(judge(ARCH, SYS_exit_group, 0), SECCOMP_RET_ALLOW);
}

static void nothing_becomes_executable(void **state IK_UNUSED)
{
	static const uint32_t mapping[] = {SYS_mmap, SYS_mprotect};

	for (size_t i = 0; i < IK_ARRAY_SIZE(mapping); i++) {
		assert_int_equal(judge(ARCH, mapping[i], PROT_READ | PROT_WRITE),
				 SECCOMP_RET_ALLOW);
		assert_int_equal(judge(ARCH, mapping[i], PROT_EXEC), DENIED);
		assert_int_equal(judge(ARCH, mapping[i], PROT_READ | PROT_WRITE | PROT_EXEC),
				 DENIED);
	}
}

/* A kernel without seccomp is no error; any other refusal is one. */
static void refusals_are_told_apart(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};

	call_fails("seccomp", 1, EINVAL);
	assert_int_equal(ik_filter_install(&err), 0);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_NONE);
	call_fails("seccomp", 1, EACCES);
	assert_int_equal(ik_filter_install(&err), -EACCES);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_PRIV_SECCOMP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_the_list_pass_and_no_others),
		cmocka_unit_test(nothing_becomes_executable),
		cmocka_unit_test(refusals_are_told_apart),
	};

	return cmocka_run_group_tests_name("os/filter", tests, set_up, NULL);
}

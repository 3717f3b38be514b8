// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probe of the kernel's type information: the whole of it is sound, reads and
 * maps alike, and is what the kernel itself goes by. It must not know how the
 * kernel keeps it. Format: Documentation/bpf/btf.rst of the kernel.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
#define TRACED \
	"__x64_sys_getpgid" /* a function that nothing calls here but traced_call()  \
                       */

/* size_behind: bytes that follow the common part of a type, or -1 for an
 * unknown kind. */
static long size_behind(const struct btf_type *type)
{
	long count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * (long)sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return count * (long)sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return count * (long)sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return count * (long)sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return count * (long)sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	default:
		return BTF_INFO_KIND(type->info) <= BTF_KIND_TYPE_TAG ? 0 : -1;
	}
}

/* function_id: walks all types; the number of the function of that name, or -1
 * if anything is wrong. */
static int function_id(const char *data, size_t size, const char *name)
{
	const struct btf_header *header = (const struct btf_header *)data;
	const char *types, *strings, *at;
	int id = 1, found = -1;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    (size_t)header->hdr_len + header->str_off + header->str_len != size)
		return -1;
	types = data + header->hdr_len + header->type_off;
	strings = data + header->hdr_len + header->str_off;
	for (at = types; at < types + header->type_len; id++) {
		const struct btf_type *type = (const struct btf_type *)at;
		long behind = size_behind(type);

		if (behind < 0 || type->name_off >= header->str_len)
			return -1;
		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC &&
		    strcmp(strings + type->name_off, name) == 0)
			found = id;
		at += sizeof(*type) + (size_t)behind;
	}
	return at == types + header->type_len ? found : -1;
}

/* read_whole: the file's bytes in memory of the caller's, or NULL. */
static char *read_whole(int file, size_t size)
{
	char *data = malloc(size + 1);
	size_t done = 0;
	ssize_t n = 1;

	while (data && done <= size && n > 0) {
		n = read(file, data + done, size + 1 - done);
		done += n > 0 ? (size_t)n : 0;
	}
	if (n == 0 && done == size)
		return data;
	free(data);
	return NULL;
}

/* traced: an empty program before a function that type `id` names; loading and
 * attaching need it to be right. */
static int traced(int id)
{
	struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;
	int program, link;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = BPF_TRACE_FENTRY;
	attr.attach_btf_id = (uint32_t)id;
	attr.insn_cnt = 2;
	attr.insns = (uint64_t)(uintptr_t)code;
	attr.license = (uint64_t)(uintptr_t) "GPL";
	program = (int)syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (program < 0)
		return probe_fail("BPF_PROG_LOAD of a tracing program");
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = (uint32_t)program;
	link = (int)syscall(__NR_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	if (link < 0)
		return probe_fail("BPF_RAW_TRACEPOINT_OPEN");
	return getpgid(0) >= 0 ? 0 : probe_fail("getpgid under a tracing program");
}

int probe_btf(int argc, char **argv)
{
	int file = open(KERNEL_BTF, O_RDONLY | O_CLOEXEC), id;
	struct stat status;
	char *data, *map;

	(void)argc, (void)argv;
	if (file < 0 || fstat(file, &status) < 0)
		return probe_fail(KERNEL_BTF);
	data = read_whole(file, (size_t)status.st_size);
	if (!data)
		return probe_wrong(KERNEL_BTF ": another size than it says");
	map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (map == MAP_FAILED)
		return probe_fail("mmap of " KERNEL_BTF);
	if (memcmp(map, data, (size_t)status.st_size) != 0)
		return probe_wrong("mapped type information differs from read");
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0) != MAP_FAILED)
		return probe_wrong("type information can be mapped for writing");
	id = function_id(data, (size_t)status.st_size, TRACED);
	if (id < 0)
		return probe_wrong("type information is not sound, or lacks " TRACED);
	return traced(id);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin for QEMU's TCG: counts the instructions that a guest executes between its reset and its
 * first user program, by the address of the block of code they are in. It must not know symbols or
 * what the counts are good for. QEMU's header is not packaged everywhere, so the few declarations of
 * its stable plugin interface are repeated here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
typedef uint64_t qemu_plugin_id_t;
typedef void (*tb_trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*tb_exec_cb)(unsigned int vcpu, void *data);
typedef void (*exit_cb)(qemu_plugin_id_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, tb_exec_cb cb,
					  enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_cb cb, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
							       const void *info, int argc,
							       char **argv);

/* Every translation of a block has a record of its own; those of one address are added up by the reader. */
struct block {
	uint64_t address;
	uint64_t instructions;
	uint64_t runs;
	struct block *next;
};

static struct block *blocks;
static const char *result_path;
static bool in_user;

/*
 * The kernel is in the upper half; firmware, decompressor and the kernel's first steps are far down.
 * Between them is only where Linux puts a position-independent program.
 */
static bool is_user(uint64_t address)
{
	return address >> 40 && !(address >> 47);
}

static void executed(unsigned int vcpu, void *data)
{
	struct block *block = data;

	(void)vcpu;
	in_user |= is_user(block->address);
	if (!in_user)
		block->runs++;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *block = calloc(1, sizeof(*block));

	(void)id;
	if (!block)
		abort();
	block->address = qemu_plugin_tb_vaddr(tb);
	block->instructions = qemu_plugin_tb_n_insns(tb);
	block->next = blocks;
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

/* One line for each block that ran: address, instructions. The last line says that the list is whole. */
static void ended(qemu_plugin_id_t id, void *data)
{
	FILE *file = fopen(result_path, "w");

	(void)id;
	(void)data;
	if (!file) {
		perror(result_path);
		return;
	}
	for (struct block *block = blocks; block; block = block->next)
		if (block->runs)
			fprintf(file, "%016" PRIx64 " %" PRIu64 "\n", block->address,
				block->runs * block->instructions);
	fprintf(file, "%s\n", in_user ? "end" : "no user program");
	fclose(file);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "result=", 7)) {
		fprintf(stderr, "count: usage: -plugin count.so,result=RESULT\n");
		return -1;
	}
	result_path = argv[0] + 7;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}

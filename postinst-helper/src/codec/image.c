/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel image headers. The head (first 4 KiB) is judged by pure functions, so that the recovery table
 * and the full probe share one idea of "valid"; the probe then looks further by the reader.
 *
 * Sources: Linux Documentation/arch/x86/boot.rst and arch/arm64/booting.rst, System V ABI for ELF-64.
 */
#include "codec/image.h"

#include <string.h>

#include "base/bytes.h"
#include "base/macro.h"
#include "codec/imagescan.h"

/* x86 boot protocol: offsets in the first two sectors. */
#define BZ_OFF_SETUP_SECTS 0x1f1u
#define BZ_OFF_SYSSIZE	   0x1f4u /* protected-mode code in units of 16 bytes */
#define BZ_OFF_BOOT_FLAG   0x1feu /* 0xAA55 */
#define BZ_OFF_HEADER	   0x202u /* "HdrS" */
#define BZ_OFF_PROTOCOL	   0x206u
#define BZ_OFF_KVERSION	   0x20eu /* pointer to the release, less 0x200 */
#define BZ_OFF_LOADFLAGS   0x211u
#define BZ_OFF_XLOADFLAGS  0x236u
#define BZ_HEADER_BYTES	   0x238u /* what is read of it ends here */
#define BZ_LOADED_HIGH	   0x01u
#define BZ_KERNEL_64	   0x01u   /* XLF_KERNEL_64: has the 64-bit entry point */
#define BZ_PROTOCOL_MIN	   0x020cu /* 2.12 (Linux 3.8): the first with xloadflags */
#define BZ_SECTOR	   512u

/* PE header that an EFI stub puts over the boot sector. */
#define PE_OFF_POINTER	 0x3cu
#define PE_MACHINE_AMD64 0x8664u
#define PE_MACHINE_ARM64 0xaa64u

/* ELF-64. */
#define ELF_MACHINE_X86_64  62u
#define ELF_MACHINE_AARCH64 183u
#define ELF_HEADER_BYTES    64u
#define ELF_PH_BYTES	    56u
#define ELF_PT_LOAD	    1u
#define ELF_MAX_PHDRS	    64u /* vmlinux has 5; the bound keeps the table inside 4 KiB */

/* arm64 Image. */
#define ARM64_OFF_SIZE	 16u /* effective size in memory */
#define ARM64_OFF_FLAGS	 24u
#define ARM64_OFF_MAGIC	 56u
#define ARM64_BIG_ENDIAN 1u

enum ik_image_format ik_image_head_format(const uint8_t *head, size_t len_bytes)
{
	struct ik_bytes b = ik_bytes_of(head, len_bytes);

	if (ik_bytes_equal_at(b, 0, "\177ELF", 4))
		return IK_IMAGE_ELF;
	if (ik_bytes_equal_at(b, BZ_OFF_BOOT_FLAG, "\x55\xaa", 2) &&
	    ik_bytes_equal_at(b, BZ_OFF_HEADER, "HdrS", 4))
		return IK_IMAGE_BZIMAGE;
	if (ik_bytes_equal_at(b, ARM64_OFF_MAGIC, "ARM\x64", 4))
		return IK_IMAGE_ARM64;
	return IK_IMAGE_UNKNOWN;
}

/* The parts of a judgement: how far an image reaches and whether its head is sound. */
struct verdict {
	enum ik_arch arch;
	uint64_t declared_bytes;
	const char *fault;     /* NULL = sound */
	uint64_t kversion;     /* bzImage: file offset of the release, 0 = none */
	uint64_t memory_bytes; /* arm64: room it needs in memory, file and all; 0 = not stated */
};

static struct verdict fault(struct verdict v, const char *why)
{
	v.fault = why;
	return v;
}

/* The machine of a PE header, 0 when there is none inside the head. */
static uint16_t pe_machine(struct ik_bytes b)
{
	uint16_t machine = 0;
	uint32_t pe = 0;

	if (!ik_bytes_equal_at(b, 0, "MZ", 2) || !ik_bytes_le32(b, PE_OFF_POINTER, &pe) ||
	    !ik_bytes_equal_at(b, pe, "PE\0\0", 4) || !ik_bytes_le16(b, (uint64_t)pe + 4, &machine))
		return 0;
	return machine;
}

static struct verdict judge_bzimage(struct ik_bytes b)
{
	struct verdict v = {.arch = IK_ARCH_X86_64};
	uint8_t setup_sects = 0, loadflags = 0;
	uint16_t protocol = 0, kversion = 0, xloadflags = 0, machine = pe_machine(b);
	uint32_t syssize = 0;
	uint64_t setup_bytes;

	if (!ik_bytes_has(b, 0, BZ_HEADER_BYTES))
		return fault(v, "its header is cut off");
	ik_ignore(ik_bytes_u8(b, BZ_OFF_SETUP_SECTS, &setup_sects)); /* all of these are inside */
	ik_ignore(ik_bytes_le32(b, BZ_OFF_SYSSIZE, &syssize));
	ik_ignore(ik_bytes_le16(b, BZ_OFF_PROTOCOL, &protocol));
	ik_ignore(ik_bytes_le16(b, BZ_OFF_KVERSION, &kversion));
	ik_ignore(ik_bytes_u8(b, BZ_OFF_LOADFLAGS, &loadflags));
	ik_ignore(ik_bytes_le16(b, BZ_OFF_XLOADFLAGS, &xloadflags));
	if (protocol < BZ_PROTOCOL_MIN)
		return fault(v, "its boot protocol is too old");
	if (!(loadflags & BZ_LOADED_HIGH) || syssize == 0)
		return fault(v, "it is no big kernel image");
	if (!(xloadflags & BZ_KERNEL_64) || (machine != 0 && machine != PE_MACHINE_AMD64))
		v.arch = IK_ARCH_UNKNOWN;
	/* 0 stands for 4: boot.rst, "setup_sects". */
	setup_bytes = ((uint64_t)(setup_sects ? setup_sects : 4) + 1) * BZ_SECTOR;
	v.declared_bytes = setup_bytes + (uint64_t)syssize * 16;
	if (kversion > 0 && (uint64_t)kversion + 0x200 < setup_bytes)
		v.kversion = (uint64_t)kversion + 0x200;
	return v;
}

/* Adds one program header, which lies inside; only PT_LOAD needs its bytes in the file. */
static bool take_phdr(struct ik_bytes b, uint64_t off, struct verdict *v, bool *has_load)
{
	uint64_t file_off = 0, file_len = 0, end = 0;
	uint32_t type = 0;

	ik_ignore(ik_bytes_le32(b, off, &type));
	ik_ignore(ik_bytes_le64(b, off + 8, &file_off));
	ik_ignore(ik_bytes_le64(b, off + 32, &file_len));
	if (type != ELF_PT_LOAD || file_len == 0)
		return true;
	if (!ik_add_u64(file_off, file_len, &end))
		return false;
	*has_load = true;
	v->declared_bytes = IK_MAX(v->declared_bytes, end);
	return true;
}

/* Section headers end the file; a cut one shows there. None at all is fine: a stripped image. */
static bool take_sections(struct ik_bytes b, struct verdict *v)
{
	uint64_t sh_off = 0, end = 0;
	uint16_t sh_size = 0, sh_num = 0;

	ik_ignore(ik_bytes_le64(b, 40, &sh_off)); /* the ELF header is inside */
	ik_ignore(ik_bytes_le16(b, 58, &sh_size));
	ik_ignore(ik_bytes_le16(b, 60, &sh_num));
	if (sh_off == 0 || sh_num == 0)
		return true;
	if (!ik_add_u64(sh_off, (uint64_t)sh_size * sh_num, &end))
		return false;
	v->declared_bytes = IK_MAX(v->declared_bytes, end);
	return true;
}

static struct verdict judge_elf(struct ik_bytes b)
{
	static const uint8_t ident[] = {2, 1, 1}; /* 64-bit, little-endian, version 1 */
	uint16_t type = 0, machine = 0, ph_size = 0, ph_num = 0;
	struct verdict v = {.arch = IK_ARCH_UNKNOWN};
	uint64_t ph_off = 0, entry = 0;
	bool has_load = false;

	if (!ik_bytes_has(b, 0, ELF_HEADER_BYTES) || !ik_bytes_equal_at(b, 4, ident, sizeof(ident)))
		return fault(v, "it is no 64-bit little-endian ELF file");
	ik_ignore(ik_bytes_le16(b, 16, &type)); /* all of these are inside */
	ik_ignore(ik_bytes_le16(b, 18, &machine));
	ik_ignore(ik_bytes_le64(b, 24, &entry));
	ik_ignore(ik_bytes_le64(b, 32, &ph_off));
	ik_ignore(ik_bytes_le16(b, 54, &ph_size));
	ik_ignore(ik_bytes_le16(b, 56, &ph_num));
	if (machine == ELF_MACHINE_X86_64)
		v.arch = IK_ARCH_X86_64;
	else if (machine == ELF_MACHINE_AARCH64)
		v.arch = IK_ARCH_ARM64;
	if (type != 2 || entry == 0) /* ET_EXEC: a program or module is no kernel */
		return fault(v, "it is an ELF file, but no kernel");
	if (!take_sections(b, &v) || ph_size != ELF_PH_BYTES || ph_num == 0 ||
	    ph_num > ELF_MAX_PHDRS || !ik_bytes_has(b, ph_off, ph_num * (uint64_t)ELF_PH_BYTES))
		return fault(v, "its program headers are malformed");
	for (uint64_t i = 0; i < ph_num; i++)
		if (!take_phdr(b, ph_off + i * ELF_PH_BYTES, &v, &has_load))
			return fault(v, "its program headers are malformed");
	return has_load ? v : fault(v, "it has nothing to load");
}

static struct verdict judge_arm64(struct ik_bytes b)
{
	struct verdict v = {.arch = IK_ARCH_ARM64};
	uint64_t memory_bytes = 0, flags = 0;
	uint16_t machine = pe_machine(b);

	ik_ignore(ik_bytes_le64(b, ARM64_OFF_SIZE, &memory_bytes)); /* before the magic: inside */
	ik_ignore(ik_bytes_le64(b, ARM64_OFF_FLAGS, &flags));
	if (memory_bytes == 0 || memory_bytes > 2 * IK_IMAGE_MAX_BYTES)
		return fault(v, "its size in memory is implausible");
	if (flags & ARM64_BIG_ENDIAN)
		return fault(v, "it is big-endian");
	/* WSL boots arm64 by UEFI, so the EFI stub must be there. */
	if (machine != PE_MACHINE_ARM64)
		return fault(v, "it has no EFI stub for arm64");
	v.memory_bytes = memory_bytes;
	return v;
}

static struct verdict judge(enum ik_image_format format, struct ik_bytes head)
{
	switch (format) {
	case IK_IMAGE_ELF:
		return judge_elf(head);
	case IK_IMAGE_BZIMAGE:
		return judge_bzimage(head);
	case IK_IMAGE_ARM64:
		return judge_arm64(head);
	case IK_IMAGE_UNKNOWN:
		break;
	}
	return (struct verdict){.fault = "it has no header of a kernel"};
}

bool ik_image_head_is_valid(const uint8_t *head, size_t len_bytes)
{
	size_t len = IK_MIN(len_bytes, (size_t)IK_IMAGE_HEAD_BYTES);

	return !judge(ik_image_head_format(head, len), ik_bytes_of(head, len)).fault;
}

static int refuse(struct ik_err *err, enum ik_code code, const char *why)
{
	(void)ik_err_set(err, code, 0, "refusing the image: %s", why);
	ik_err_hint(err, "Use an uncompressed vmlinux.bin or a bzImage for x86-64.");
	return -EINVAL;
}

static int check_verdict(const struct verdict *v, enum ik_image_format format, uint64_t size_bytes,
			 struct ik_err *err)
{
	if (format == IK_IMAGE_UNKNOWN)
		return refuse(err, IK_E_IMAGE_FORMAT, v->fault);
	if (v->fault)
		return refuse(err, IK_E_IMAGE_HEADER, v->fault);
	/* An ELF kernel is only for x86-64: arm64 boots by UEFI alone. */
	if (v->arch == IK_ARCH_UNKNOWN || (format == IK_IMAGE_ELF && v->arch != IK_ARCH_X86_64))
		return refuse(err, IK_E_IMAGE_ARCH, "it is for another machine");
	if (v->memory_bytes != 0 && v->memory_bytes < size_bytes)
		return refuse(err, IK_E_IMAGE_HEADER, "it is longer than its size in memory");
	if (v->declared_bytes > size_bytes)
		return refuse(err, IK_E_IMAGE_TRUNCATED, "it is shorter than its header says");
	return 0;
}

static int check_size(uint64_t size_bytes, struct ik_err *err)
{
	if (size_bytes < IK_IMAGE_MIN_BYTES)
		return refuse(err, IK_E_FILE_TOO_SMALL, "it is smaller than 1 MiB");
	if (size_bytes > IK_IMAGE_MAX_BYTES)
		return refuse(err, IK_E_FILE_TOO_BIG, "it is bigger than 256 MiB");
	return 0;
}

int ik_image_probe(ik_image_read_fn read, void *ctx, uint64_t size_bytes, struct ik_image *ret,
		   struct ik_err *err)
{
	struct ik_image image = {.size_bytes = size_bytes};
	uint8_t head[IK_IMAGE_HEAD_BYTES];
	struct verdict v;
	int r = check_size(size_bytes, err);

	if (r < 0)
		return r;
	r = read(ctx, 0, head, sizeof(head));
	if (r < 0)
		return ik_err_set(err, IK_E_IO_FAILED, r, "cannot read the image's header");
	image.format = ik_image_head_format(head, sizeof(head));
	v = judge(image.format, ik_bytes_of(head, sizeof(head)));
	r = check_verdict(&v, image.format, size_bytes, err);
	if (r < 0)
		return r;
	image.arch = v.arch;
	image.declared_bytes = v.declared_bytes;
	if (image.format == IK_IMAGE_BZIMAGE)
		r = ik_imagescan_at(read, ctx, size_bytes, v.kversion, image.release);
	else
		r = ik_imagescan_banner(read, ctx, size_bytes, image.release);
	if (r < 0)
		return ik_err_set(err, IK_E_IO_FAILED, r, "cannot read the image's release");
	*ret = image;
	return 0;
}

int ik_image_read_memory(void *ctx, uint64_t offset, void *buf, size_t len_bytes)
{
	const struct ik_image_memory *memory = ctx;

	if (!ik_bytes_has(ik_bytes_of(memory->bytes, memory->len_bytes), offset, len_bytes))
		return -EIO;
	memcpy(buf, memory->bytes + offset, len_bytes);
	return 0;
}

const char *ik_image_format_name(enum ik_image_format format)
{
	static const char *const names[] = {"unknown", "elf", "bzimage", "arm64"};

	return (unsigned)format < IK_ARRAY_SIZE(names) ? names[format] : names[0];
}

enum ik_image_format ik_image_format_parse(const char *name)
{
	for (int f = IK_IMAGE_ELF; name && f <= IK_IMAGE_ARM64; f++)
		if (strcmp(name, ik_image_format_name((enum ik_image_format)f)) == 0)
			return (enum ik_image_format)f;
	return IK_IMAGE_UNKNOWN;
}

const char *ik_arch_name(enum ik_arch arch)
{
	static const char *const names[] = {"unknown", "x86_64", "arm64"};

	return (unsigned)arch < IK_ARRAY_SIZE(names) ? names[arch] : names[0];
}

enum ik_arch ik_arch_parse(const char *name)
{
	if (name && strcmp(name, "x86_64") == 0)
		return IK_ARCH_X86_64;
	if (name && (strcmp(name, "arm64") == 0 || strcmp(name, "aarch64") == 0))
		return IK_ARCH_ARM64;
	return IK_ARCH_UNKNOWN;
}

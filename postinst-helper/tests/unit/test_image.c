/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/image: synthetic images of each format, whole and damaged; heads as the recovery table sees them. */
#include "codec/image.h"

#include <string.h>

#include "base/bytes.h"
#include "support.h"

#define SIZE	((size_t)1 << 20)
#define RELEASE "7.3.4-1-immensity-microsoft-standard-WSL2"
#define BANNER	"Linux version " RELEASE " (root@build) (gcc) #1"

static uint8_t *image; /* SIZE bytes, of the running test */

static void put32(size_t off, uint32_t value)
{
	ik_put_le32(image + off, value);
}

static void put16(size_t off, uint16_t value)
{
	ik_put_le16(image + off, value);
}

static void put64(size_t off, uint64_t value)
{
	ik_put_le64(image + off, value);
}

static int fresh(void **state IK_UNUSED)
{
	image = calloc(1, SIZE);
	return image ? 0 : -1;
}

static int gone(void **state IK_UNUSED)
{
	free(image);
	return 0;
}

static void make_bzimage(void)
{
	memcpy(image, "MZ", 2);
	put32(0x3c, 0x80);
	memcpy(image + 0x80, "PE\0\0", 4);
	put16(0x84, 0x8664);
	image[0x1f1] = 7;				 /* setup_sects */
	put32(0x1f4, (uint32_t)((SIZE - 8 * 512) / 16)); /* syssize */
	put16(0x1fe, 0xaa55);
	memcpy(image + 0x202, "HdrS", 4);
	put16(0x206, 0x020f);
	put16(0x20e, 0x600 - 0x200);
	image[0x211] = 1;
	put16(0x236, 1);
	strcpy((char *)image + 0x600, RELEASE " (root@build) #1 SMP");
}

static void put_phdr(size_t off, uint32_t type, uint64_t file_off, uint64_t file_len)
{
	put32(off, type);
	put64(off + 8, file_off);
	put64(off + 32, file_len);
}

static void make_elf(void)
{
	memcpy(image, "\177ELF\2\1\1", 7);
	put16(16, 2);
	put16(18, 62);
	put64(24, 0x1000000);
	put64(32, 64);
	put16(54, 56);
	put16(56, 2);
	put_phdr(64, 1, 4096, SIZE - 8192);
	put_phdr(120, 4, 0, UINT64_MAX); /* a note does not have to be in the file */
	put64(40, SIZE - 640);		 /* ten section headers end the file */
	put16(58, 64);
	put16(60, 10);
	strcpy((char *)image + 200000, "Linux version %s (%s)");
	strcpy((char *)image + 700000, BANNER);
}

static void make_arm64(void)
{
	memcpy(image, "MZ", 2);
	put32(0x3c, 0x40);
	memcpy(image + 0x40, "PE\0\0", 4);
	put16(0x44, 0xaa64);
	put64(16, SIZE + 65536);
	put64(24, 0xa);
	memcpy(image + 56, "ARM\x64", 4);
	strcpy((char *)image + 900000, BANNER);
}

static int probe(size_t size, struct ik_image *ret, struct ik_err *err)
{
	struct ik_image_memory memory = {image, size};

	memset(err, 0, sizeof(*err));
	return ik_image_probe(ik_image_read_memory, &memory, size, ret, err);
}

static void expect(enum ik_image_format format, enum ik_arch arch, uint64_t declared)
{
	struct ik_image got;
	struct ik_err err;

	assert_int_equal(probe(SIZE, &got, &err), 0);
	assert_int_equal(got.format, format);
	assert_int_equal(got.arch, arch);
	assert_int_equal(got.size_bytes, SIZE);
	assert_int_equal(got.declared_bytes, declared);
	assert_string_equal(got.release, RELEASE);
	assert_true(ik_image_head_is_valid(image, IK_IMAGE_HEAD_BYTES));
}

static void whole_images_are_accepted(void **state IK_UNUSED)
{
	make_bzimage();
	expect(IK_IMAGE_BZIMAGE, IK_ARCH_X86_64, SIZE);
	memset(image, 0, SIZE);
	make_elf();
	expect(IK_IMAGE_ELF, IK_ARCH_X86_64, SIZE);
	put64(40, 0); /* stripped of its section headers */
	expect(IK_IMAGE_ELF, IK_ARCH_X86_64, SIZE - 4096);
	put64(40, SIZE); /* a place for section headers, but none of them */
	put16(60, 0);
	put_phdr(120, 1, UINT64_MAX, 0); /* nothing of it is in the file */
	expect(IK_IMAGE_ELF, IK_ARCH_X86_64, SIZE - 4096);
	memset(image, 0, SIZE);
	make_arm64();
	expect(IK_IMAGE_ARM64, IK_ARCH_ARM64, 0);
	memset(image, 0, SIZE);
	make_bzimage();
	image[0x1f1] = 0; /* stands for 4 sectors */
	put32(0x1f4, (uint32_t)((SIZE - 5 * 512) / 16));
	expect(IK_IMAGE_BZIMAGE, IK_ARCH_X86_64, SIZE);
	memset(image, 0, 2); /* no EFI stub: the boot protocol alone tells the machine */
	expect(IK_IMAGE_BZIMAGE, IK_ARCH_X86_64, SIZE);
	memcpy(image, "MZ", 2);
	put32(0x3c, UINT32_MAX); /* its PE header would lie outside */
	expect(IK_IMAGE_BZIMAGE, IK_ARCH_X86_64, SIZE);
	put32(0x3c, IK_IMAGE_HEAD_BYTES - 4); /* or half outside */
	memcpy(image + IK_IMAGE_HEAD_BYTES - 4, "PE\0\0", 4);
	expect(IK_IMAGE_BZIMAGE, IK_ARCH_X86_64, SIZE);
}

/* A head that ends inside what its format needs is none. */
static void cut_heads_are_not_valid(void **state IK_UNUSED)
{
	make_bzimage();
	for (size_t len = 0; len < 0x238; len++)
		assert_false(ik_image_head_is_valid(image, len));
	assert_true(ik_image_head_is_valid(image, 0x238));
	memset(image, 0, SIZE);
	make_elf();
	for (size_t len = 0; len < 176; len++) /* two program headers behind the ELF header */
		assert_false(ik_image_head_is_valid(image, len));
	assert_true(ik_image_head_is_valid(image, 176));
	memset(image, 0, SIZE);
	make_arm64();
	for (size_t len = 0; len < 0x46; len++)
		assert_false(ik_image_head_is_valid(image, len));
	assert_true(ik_image_head_is_valid(image, 0x46));
}

static void refused(enum ik_code code)
{
	struct ik_image got = {.size_bytes = 42};
	struct ik_err err;

	assert_int_equal(probe(SIZE, &got, &err), -EINVAL);
	assert_int_equal(err.code, code);
	assert_int_equal(got.size_bytes, 42); /* untouched */
}

#define BAD(make, code, change)         \
	do {                            \
		memset(image, 0, SIZE); \
		make();                 \
		change;                 \
		refused(code);          \
	} while (0)

static void damaged_bzimages_are_refused(void **state IK_UNUSED)
{
	BAD(make_bzimage, IK_E_IMAGE_FORMAT, put16(0x1fe, 0));
	BAD(make_bzimage, IK_E_IMAGE_FORMAT, image[0x203] = 'D');
	BAD(make_bzimage, IK_E_IMAGE_TRUNCATED, put32(0x1f4, (uint32_t)((SIZE - 4096) / 16 + 1)));
	BAD(make_bzimage, IK_E_IMAGE_TRUNCATED, put32(0x1f4, UINT32_MAX));
	BAD(make_bzimage, IK_E_IMAGE_HEADER, put32(0x1f4, 0));
	BAD(make_bzimage, IK_E_IMAGE_HEADER, put16(0x206, 0x0205));
	BAD(make_bzimage, IK_E_IMAGE_HEADER, image[0x211] = 0);
	BAD(make_bzimage, IK_E_IMAGE_ARCH, put16(0x84, 0x014c));
	BAD(make_bzimage, IK_E_IMAGE_ARCH, put16(0x236, 0));
}

static void damaged_elf_images_are_refused(void **state IK_UNUSED)
{
	BAD(make_elf, IK_E_IMAGE_FORMAT, image[1] = 'X');
	BAD(make_elf, IK_E_IMAGE_HEADER, image[4] = 1); /* 32-bit */
	BAD(make_elf, IK_E_IMAGE_HEADER, image[5] = 2); /* big-endian */
	BAD(make_elf, IK_E_IMAGE_HEADER, put16(16, 3)); /* a program */
	BAD(make_elf, IK_E_IMAGE_HEADER, put64(24, 0));
	BAD(make_elf, IK_E_IMAGE_ARCH, put16(18, 183));
	BAD(make_elf, IK_E_IMAGE_ARCH, put16(18, 3));
	BAD(make_elf, IK_E_IMAGE_HEADER, put16(54, 57));
	BAD(make_elf, IK_E_IMAGE_HEADER, put16(56, 0));
	BAD(make_elf, IK_E_IMAGE_HEADER, put16(56, 65));
	BAD(make_elf, IK_E_IMAGE_HEADER, put64(32, 4090));
	BAD(make_elf, IK_E_IMAGE_HEADER, put64(32, UINT64_MAX - 8));
	BAD(make_elf, IK_E_IMAGE_HEADER, put32(64, 6)); /* nothing to load */
	BAD(make_elf, IK_E_IMAGE_TRUNCATED, put64(64 + 32, SIZE));
	BAD(make_elf, IK_E_IMAGE_HEADER, put64(64 + 8, UINT64_MAX));
	BAD(make_elf, IK_E_IMAGE_TRUNCATED, put64(40, SIZE - 639));
	BAD(make_elf, IK_E_IMAGE_HEADER, put64(40, UINT64_MAX - 1));
}

static void damaged_arm64_images_are_refused(void **state IK_UNUSED)
{
	BAD(make_arm64, IK_E_IMAGE_FORMAT, image[58] = 'N');
	BAD(make_arm64, IK_E_IMAGE_HEADER, put64(16, 0));
	BAD(make_arm64, IK_E_IMAGE_HEADER, put64(16, UINT64_MAX));
	BAD(make_arm64, IK_E_IMAGE_HEADER, put64(16, SIZE - 1));
	BAD(make_arm64, IK_E_IMAGE_HEADER, put64(24, 1)); /* big-endian */
	BAD(make_arm64, IK_E_IMAGE_HEADER, put16(0x44, 0x8664));
	BAD(make_arm64, IK_E_IMAGE_HEADER, memcpy(image, "\0\0", 2));
}

static void sizes_are_bounded(void **state IK_UNUSED)
{
	struct ik_image got;
	struct ik_err err;

	make_bzimage();
	assert_int_equal(probe(SIZE - 1, &got, &err), -EINVAL);
	assert_int_equal(err.code, IK_E_FILE_TOO_SMALL);
	assert_int_equal(probe(0, &got, &err), -EINVAL);
	assert_int_equal(probe(IK_IMAGE_MAX_BYTES + 1, &got, &err), -EINVAL);
	assert_int_equal(err.code, IK_E_FILE_TOO_BIG);
}

static void a_torn_head_is_not_valid(void **state IK_UNUSED)
{
	void (*const makers[])(void) = {make_bzimage, make_elf, make_arm64};

	for (size_t i = 0; i < IK_ARRAY_SIZE(makers); i++) {
		uint8_t head[IK_IMAGE_HEAD_BYTES] = {0};

		assert_false(ik_image_head_is_valid(head, sizeof(head)));
		memset(image, 0, SIZE);
		makers[i]();
		/* Nothing shorter than the fields it rests on counts. */
		for (size_t len = 0; len < 64; len++)
			assert_false(ik_image_head_is_valid(image, len));
		/* Head half zeroed, as after a torn write: the first sector is missing. */
		memcpy(head + 512, image + 512, sizeof(head) - 512);
		assert_false(ik_image_head_is_valid(head, sizeof(head)));
	}
	memset(image, 0, SIZE);
	make_bzimage();
	memset(image + 512, 0, IK_IMAGE_HEAD_BYTES - 512); /* all but the first sector missing */
	assert_false(ik_image_head_is_valid(image, IK_IMAGE_HEAD_BYTES));
}

static void a_banner_is_found_wherever_it_lies(void **state IK_UNUSED)
{
	struct ik_image got;
	struct ik_err err;

	/* Every position around the border of the scanner's windows. */
	for (size_t off = 65536 - 160; off < 65536 + 8; off++) {
		memset(image, 0, SIZE);
		make_elf();
		memset(image + 200000, 0, SIZE - 210000);
		strcpy((char *)image + off, BANNER);
		assert_int_equal(probe(SIZE, &got, &err), 0);
		assert_string_equal(got.release, RELEASE);
	}
	memset(image + 60000, 0, 10000);
	memcpy(image + SIZE - strlen(BANNER), BANNER, strlen(BANNER));
	assert_int_equal(probe(SIZE, &got, &err), 0);
	assert_string_equal(got.release, RELEASE);
	memset(image + SIZE - 200, 0, 200);
	memcpy(image + SIZE - 17, "Linux version 7.3", 17); /* cut off by the end */
	assert_int_equal(probe(SIZE, &got, &err), 0);
	assert_string_equal(got.release, "");
}

static void a_release_that_is_none_is_empty(void **state IK_UNUSED)
{
	static const char *const texts[] = {"not a number (", "7.3.4\001 (", "", "7.3.4\n"};
	struct ik_image got;
	struct ik_err err;

	make_bzimage();
	put16(0x20e, 8 * 512 - 0x200); /* points behind the setup code */
	assert_int_equal(probe(SIZE, &got, &err), 0);
	assert_string_equal(got.release, "");
	put16(0x20e, 0);
	assert_int_equal(probe(SIZE, &got, &err), 0);
	assert_string_equal(got.release, "");
	put16(0x20e, 0x600 - 0x200);
	for (size_t i = 0; i < IK_ARRAY_SIZE(texts); i++) {
		strcpy((char *)image + 0x600, texts[i]);
		assert_int_equal(probe(SIZE, &got, &err), 0);
		assert_string_equal(got.release, "");
	}
	memset(image + 0x600, '7', 100); /* never ends */
	assert_int_equal(probe(SIZE, &got, &err), 0);
	assert_string_equal(got.release, "");
}

static int failing_read(void *ctx, uint64_t offset, void *buf, size_t len_bytes)
{
	struct ik_image_memory memory = {image, SIZE};
	uint64_t *fails_at = ctx;

	return offset >= *fails_at ? -EACCES :
				     ik_image_read_memory(&memory, offset, buf, len_bytes);
}

static void read_errors_come_through(void **state IK_UNUSED)
{
	static const uint64_t at[] = {0, 1};
	struct ik_image got;

	make_elf();
	for (size_t i = 0; i < IK_ARRAY_SIZE(at); i++) {
		uint64_t fails_at = at[i];
		struct ik_err err = {.errnum = 0};

		memset(image + 8192, 0, 60000);
		assert_int_equal(ik_image_probe(failing_read, &fails_at, SIZE, &got, &err),
				 -EACCES);
		assert_int_equal(err.code, IK_E_IO_FAILED);
	}
	memset(image, 0, SIZE);
	make_bzimage();
	assert_int_equal(ik_image_probe(failing_read, &(uint64_t){1}, SIZE, &got, NULL), -EACCES);
	assert_int_equal(ik_image_read_memory(&(struct ik_image_memory){image, 8}, 4, &got, 5),
			 -EIO);
}

static void names_are_stable(void **state IK_UNUSED)
{
	for (int f = IK_IMAGE_ELF; f <= IK_IMAGE_ARM64; f++)
		assert_int_equal(
			ik_image_format_parse(ik_image_format_name((enum ik_image_format)f)), f);
	assert_int_equal(ik_image_format_parse("unknown"), IK_IMAGE_UNKNOWN);
	assert_int_equal(ik_image_format_parse(NULL), IK_IMAGE_UNKNOWN);
	assert_string_equal(ik_image_format_name((enum ik_image_format)99), "unknown");
	assert_int_equal(ik_arch_parse("x86_64"), IK_ARCH_X86_64);
	assert_int_equal(ik_arch_parse("aarch64"), IK_ARCH_ARM64);
	assert_int_equal(ik_arch_parse(ik_arch_name(IK_ARCH_ARM64)), IK_ARCH_ARM64);
	assert_int_equal(ik_arch_parse("i386"), IK_ARCH_UNKNOWN);
	assert_int_equal(ik_arch_parse(NULL), IK_ARCH_UNKNOWN);
	assert_string_equal(ik_arch_name((enum ik_arch)99), "unknown");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_images_are_accepted),
		TEST(damaged_bzimages_are_refused),
		TEST(damaged_elf_images_are_refused),
		TEST(damaged_arm64_images_are_refused),
		TEST(sizes_are_bounded),
		TEST(a_torn_head_is_not_valid),
		TEST(cut_heads_are_not_valid),
		TEST(a_banner_is_found_wherever_it_lies),
		TEST(a_release_that_is_none_is_empty),
		TEST(read_errors_come_through),
		TEST(names_are_stable),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/digest and os/memfd: known answers (FIPS 180-4 examples), ranges of a file, sealed copies. */
#include "os/digest.h"

#include <fcntl.h>
#include <string.h>

#include "os/memfd.h"
#include "os/sys.h"
#include "support.h"

static const char abc_hex[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char empty_hex[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void known_answers(void **state IK_UNUSED)
{
	struct ik_sha256 d;
	char hex[IK_SHA256_HEX];

	ik_digest_of_bytes("abc", 3, &d);
	ik_digest_hex(&d, hex);
	assert_string_equal(hex, abc_hex);
	ik_digest_of_bytes(NULL, 0, &d);
	ik_digest_hex(&d, hex);
	assert_string_equal(hex, empty_hex);
}

static void parse_hex_is_strict(void **state IK_UNUSED)
{
	struct ik_sha256 d = {.bytes = {9}}, want;
	char hex[IK_SHA256_HEX + 1];

	ik_digest_of_bytes("abc", 3, &want);
	assert_true(ik_digest_parse_hex(abc_hex, &d));
	assert_true(ik_digest_is_equal(&d, &want));
	memcpy(hex, abc_hex, sizeof(abc_hex));
	hex[0] = 'B';
	assert_true(ik_digest_parse_hex(hex, &d));
	hex[63] = 'g';
	assert_false(ik_digest_parse_hex(hex, &d));
	assert_false(ik_digest_parse_hex("", &d));
	hex[63] = '\0';
	assert_false(ik_digest_parse_hex(hex, &d));
	memcpy(hex, abc_hex, 64);
	hex[64] = '0';
	hex[65] = '\0';
	assert_false(ik_digest_parse_hex(hex, &d));
	assert_false(ik_digest_is_zero(&d));
	assert_true(ik_digest_is_zero(&(struct ik_sha256){.bytes = {0}}));
}

static void ranges_of_a_file(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};
	struct ik_sha256 d, want;
	struct tmp t;
	int fd;

	tmp_make(&t, NULL);
	put_text(t.fd, "f", "xxabcyy");
	assert_int_equal(ik_sys_openat(t.fd, "f", O_RDONLY, 0, &fd), 0);
	assert_true(ik_digest_parse_hex(abc_hex, &want));
	assert_int_equal(ik_digest_of_fd(fd, 2, 3, &d, NULL), 0);
	assert_true(ik_digest_is_equal(&d, &want));
	assert_int_equal(ik_digest_of_fd(fd, 2, 6, &d, &err), -EIO);
	assert_int_equal(err.code, IK_E_FILE_TOO_SMALL);
	assert_int_equal(ik_digest_of_fd(fd, 0, UINT64_MAX, &d, NULL), 0);
	ik_digest_of_bytes("xxabcyy", 7, &want);
	assert_true(ik_digest_is_equal(&d, &want));
	assert_int_equal(ik_digest_of_fd(-1, 0, 1, &d, &err), -EBADF);
	close(fd);
	tmp_remove(&t);
}

static void sealed_copy_is_what_was_hashed(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};
	struct ik_sealed copy = {.fd = -1};
	struct ik_sha256 want;
	uint8_t *big = malloc(700000);
	struct tmp t;
	int fd;

	assert_non_null(big);
	for (int i = 0; i < 700000; i++)
		big[i] = (uint8_t)(i * 7 + i / 251);
	tmp_make(&t, NULL);
	put_file(t.fd, "image", big, 700000);
	assert_int_equal(ik_sys_openat(t.fd, "image", O_RDONLY, 0, &fd), 0);
	assert_int_equal(ik_sealed_copy_fd(fd, "image", 699999, &copy, &err), -EFBIG);
	assert_int_equal(err.code, IK_E_FILE_TOO_BIG);
	assert_int_equal(copy.fd, -1);
	assert_int_equal(ik_sealed_copy_fd(fd, "image", 700000, &copy, NULL), 0);
	put_text(t.fd, "image", "swapped after the check");
	assert_int_equal(copy.size_bytes, 700000);
	ik_digest_of_bytes(big, 700000, &want);
	assert_true(ik_digest_is_equal(&copy.digest, &want));
	assert_int_equal(ik_digest_of_fd(copy.fd, 0, UINT64_MAX, &copy.digest, NULL), 0);
	assert_true(ik_digest_is_equal(&copy.digest, &want));
	assert_int_equal(ik_sys_is_sealed(copy.fd), 1);
	ik_sealed_done(&copy);
	assert_int_equal(ik_sealed_copy_bytes("abc", 3, "text", &copy, NULL), 0);
	assert_true(ik_digest_parse_hex(abc_hex, &want));
	assert_true(ik_digest_is_equal(&copy.digest, &want));
	ik_sealed_done(&copy);
	ik_sealed_done(NULL);
	free(big);
	close(fd);
	tmp_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(parse_hex_is_strict),
		cmocka_unit_test(ranges_of_a_file),
		cmocka_unit_test(sealed_copy_is_what_was_hashed),
	};

	return cmocka_run_group_tests_name("os/digest", tests, NULL, NULL);
}

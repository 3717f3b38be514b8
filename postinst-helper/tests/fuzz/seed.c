/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the binary seeds of the corpus (journal slots, lock file, image heads) with the program's own encoders.
 * Run by hand when a format changes: usage: seed DIRECTORY (the corpus folder)
 */
#include <limits.h>

#include "base/bytes.h"
#include "codec/image.h"
#include "codec/jrec.h"
#include "codec/lockrec.h"
#include "fuzz.h"

static void put_file(const char *dir, const char *name, const void *data, size_t len)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	PROPERTY(f && fwrite(data, 1, len, f) == len && fclose(f) == 0, path);
}

static void seed_jrec(const char *dir)
{
	struct ik_jrec rec = {
		.generation = 1,
		.state = IK_JREC_ARMED,
		.tool_version = "1.0.0",
		.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
		.transaction = "00112233445566778899aabbccddeeff",
		.written_unix_s = 1790000000,
		.target = "kernel",
		.target_ino = 12345,
		.target_nlink = 2,
		.a = {.size_bytes = 16777216, .origin = "official", .file = "immensity-prev.img"},
		.b = {.size_bytes = 20971520, .origin = "ours", .file = "immensity-new.img"},
	};
	uint8_t file[2 * IK_JREC_SLOT_BYTES];

	PROPERTY(ik_jrec_encode(&rec, file, NULL) == 0, "slot");
	put_file(dir, "jrec/armed", file, IK_JREC_SLOT_BYTES);
	rec.generation = 2;
	rec.state = IK_JREC_DONE;
	rec.flags = IK_JREC_F_PADDED;
	strcpy(rec.note, "target could not be shortened");
	PROPERTY(ik_jrec_encode(&rec, file + IK_JREC_SLOT_BYTES, NULL) == 0, "slot");
	put_file(dir, "jrec/two-slots", file, sizeof(file));
}

static void seed_lockrec(const char *dir)
{
	struct ik_lockrec rec = {
		.tool_version = "1.0.0",
		.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
		.distro = "Debian",
		.pid = 4321,
		.pid_start_ticks = 99887766,
		.nonce = "00112233445566778899aabbccddeeff",
		.written_unix_s = 1790000000,
	};
	uint8_t bytes[IK_LOCKREC_BYTES];

	PROPERTY(ik_lockrec_encode(&rec, bytes, NULL) == 0, "lock");
	put_file(dir, "lockrec/held", bytes, sizeof(bytes));
}

static void seed_bzimage(const char *dir)
{
	uint8_t head[IK_IMAGE_HEAD_BYTES] = {'M', 'Z'};

	ik_put_le32(head + 0x3c, 0x80);
	memcpy(head + 0x80, "PE\0\0\x64\x86", 6);
	head[0x1f1] = 7;
	ik_put_le32(head + 0x1f4, 1000);
	memcpy(head + 0x1fe, "\x55\xaa", 2);
	memcpy(head + 0x202, "HdrS", 4);
	ik_put_le16(head + 0x206, 0x020f);
	ik_put_le16(head + 0x20e, 0x400);
	head[0x211] = 1;
	head[0x236] = 1;
	strcpy((char *)head + 0x600, "7.3.4-1-immensity-microsoft-standard-WSL2 (root@build)");
	put_file(dir, "image/bzimage", head, sizeof(head));
}

static void seed_elf(const char *dir)
{
	uint8_t image[IK_IMAGE_HEAD_BYTES + 200] = "\177ELF\2\1\1";

	ik_put_le16(image + 16, 2);
	ik_put_le16(image + 18, 62);
	ik_put_le64(image + 24, 0x1000000);
	ik_put_le64(image + 32, 64);
	ik_put_le64(image + 40, 500000);
	ik_put_le16(image + 54, 56);
	ik_put_le16(image + 56, 1);
	ik_put_le16(image + 58, 64);
	ik_put_le16(image + 60, 10);
	ik_put_le32(image + 64, 1);
	ik_put_le64(image + 72, 4096);
	ik_put_le64(image + 96, 100000);
	strcpy((char *)image + IK_IMAGE_HEAD_BYTES + 60,
	       "Linux version 6.6.87.2-microsoft-standard-WSL2 (");
	put_file(dir, "image/elf", image, sizeof(image));
}

static void seed_arm64(const char *dir)
{
	uint8_t head[IK_IMAGE_HEAD_BYTES] = {'M', 'Z'};

	ik_put_le32(head + 0x3c, 0x40);
	memcpy(head + 0x40, "PE\0\0\x64\xaa", 6);
	ik_put_le64(head + 16, 4 << 20);
	memcpy(head + 56, "ARM\x64", 4);
	put_file(dir, "image/arm64", head, sizeof(head));
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: seed DIRECTORY\n", stderr);
		return 2;
	}
	seed_jrec(argv[1]);
	seed_lockrec(argv[1]);
	seed_bzimage(argv[1]);
	seed_elf(argv[1]);
	seed_arm64(argv[1]);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stand-in for the Windows programs that immensity-restore.cmd starts; built once by mingw-w64 and copied under each
 * name (certutil.exe, icacls.exe, …). It appends its command line to doubles.log beside itself, takes orders from
 * doubles.cfg, and does for real what the test needs: SHA-256, attributes, rights as Wine can show them.
 * It knows nothing of the script's text.
 */
#include <windows.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char home[MAX_PATH]; /* directory of this program, with the trailing backslash */
static char self[64];	    /* "certutil" */

/* Opens a file beside this program. */
static FILE *open_beside(const char *name, const char *mode)
{
	char path[MAX_PATH + 32];

	snprintf(path, sizeof(path), "%s%s", home, name);
	return fopen(path, mode);
}

/* The order "<self>.<what>=value" of doubles.cfg; false when there is none. */
static bool order(const char *what, char *value, size_t bytes)
{
	FILE *cfg = open_beside("doubles.cfg", "rb");
	char line[512], key[128];
	bool found = false;

	snprintf(key, sizeof(key), "%s.%s=", self, what);
	while (cfg && fgets(line, sizeof(line), cfg)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strncmp(line, key, strlen(key)) == 0) {
			snprintf(value, bytes, "%s", line + strlen(key));
			found = true;
		}
	}
	if (cfg)
		fclose(cfg);
	return found;
}

static int order_number(const char *what, int otherwise)
{
	char value[64];

	return order(what, value, sizeof(value)) ? atoi(value) : otherwise;
}

/* Counts calls with a key over all processes of a run, from 1. */
static int count_call(const char *key)
{
	char name[128], text[16] = "0";
	FILE *f;
	int n;

	snprintf(name, sizeof(name), "count-%s", key);
	f = open_beside(name, "rb");
	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = '0';
		fclose(f);
	}
	n = atoi(text) + 1;
	f = open_beside(name, "wb");
	if (f) {
		fprintf(f, "%d", n);
		fclose(f);
	}
	return n;
}

static void log_call(int argc, char **argv)
{
	FILE *log = open_beside("doubles.log", "ab");

	if (!log)
		return;
	fprintf(log, "%s", self);
	for (int i = 1; i < argc; i++)
		fprintf(log, " %s", argv[i]);
	fprintf(log, "\n");
	fclose(log);
}

/* ---- SHA-256 (FIPS 180-4) ---- */

static const uint32_t sha_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void sha_block(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], s[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 |
		       p[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(s, h, sizeof(s));
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) +
			      ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha_k[i] + w[i];
		uint32_t t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) +
			      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		h[i] += s[i];
}

static bool sha_file(const char *path, char hex[65])
{
	uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	uint8_t block[128];
	uint64_t total = 0;
	size_t n;
	FILE *f = fopen(path, "rb");

	if (!f)
		return false;
	while ((n = fread(block, 1, 64, f)) == 64) {
		sha_block(h, block);
		total += 64;
	}
	fclose(f);
	total += n;
	memset(block + n, 0, sizeof(block) - n);
	block[n] = 0x80;
	n = n < 56 ? 64 : 128;
	for (int i = 0; i < 8; i++)
		block[n - 1 - i] = (uint8_t)(total * 8 >> 8 * i);
	for (size_t i = 0; i < n; i += 64)
		sha_block(h, block + i);
	for (int i = 0; i < 8; i++)
		sprintf(hex + 8 * i, "%08x", h[i]);
	return true;
}

/* ---- the programs ---- */

static void append_byte(const char *path)
{
	FILE *f = fopen(path, "ab");

	if (f) {
		fputc('x', f);
		fclose(f);
	}
}

/* Whether "<what>=<file>@<n>" names this file and this call. */
static bool ordered_for(const char *what, const char *file, int call)
{
	char value[128], want[128], always[128];

	snprintf(want, sizeof(want), "%s@%d", file, call);
	snprintf(always, sizeof(always), "%s@all", file);
	return order(what, value, sizeof(value)) &&
	       (strcmp(value, want) == 0 || strcmp(value, always) == 0);
}

/* certutil -hashfile FILE SHA256 */
static int run_certutil(int argc, char **argv)
{
	char hex[65], spaced[100] = "", style[16];
	int call;

	if (argc != 4 || strcmp(argv[1], "-hashfile") != 0 || strcmp(argv[3], "SHA256") != 0)
		return 87;
	call = count_call(argv[2]);
	if (ordered_for("corrupt", argv[2], call))
		append_byte(argv[2]);
	if (ordered_for("fail", argv[2], call) || !sha_file(argv[2], hex)) {
		printf("CertUtil: -hashfile command FAILED: 0x80070002\r\n");
		return 2;
	}
	if (ordered_for("lie", argv[2], call))
		hex[0] = hex[0] == '0' ? '1' : '0';
	for (int i = 0; i < 64; i += 2)
		sprintf(spaced + strlen(spaced), "%.2s ", hex + i);
	spaced[strlen(spaced) - 1] = '\0';
	printf("SHA256 hash of %s:\r\n%s\r\nCertUtil: -hashfile command completed successfully.\r\n",
	       argv[2], order("style", style, sizeof(style)) ? spaced : hex);
	return 0;
}

/* find /i "text" "file" */
static int run_find(int argc, char **argv)
{
	char line[512];
	int found = 1;
	FILE *f = argc == 4 ? fopen(argv[3], "rb") : NULL;

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, argv[2]))
			found = 0;
	if (f)
		fclose(f);
	return found;
}

/* Shows the VM's process for the first <busy> calls. */
static int run_tasklist(void)
{
	if (count_call("tasklist") <= order_number("busy", 0))
		printf("vmmemWSL                      4242 Services                   0    900,000 K\r\n");
	else
		printf("INFO: No tasks are running which match the specified criteria.\r\n");
	return 0;
}

/* Waiting takes no time here; meanwhile the lock may change or go, as ordered. */
static int run_ping(void)
{
	char file[128];

	if (order("touch", file, sizeof(file)))
		append_byte(file);
	if (order("delete", file, sizeof(file)))
		DeleteFileA(file);
	return 0;
}

static int run_attrib(int argc, char **argv)
{
	DWORD attributes = argc == 3 ? GetFileAttributesA(argv[2]) : INVALID_FILE_ATTRIBUTES;

	if (attributes == INVALID_FILE_ATTRIBUTES || order_number("status", 0) != 0)
		return 1;
	attributes = strcmp(argv[1], "+r") == 0 ? attributes | FILE_ATTRIBUTE_READONLY :
						  attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY;
	return SetFileAttributesA(argv[2], attributes) ? 0 : 1;
}

/* /save, /grant, /restore, /setowner; granting makes the file writable for its Unix owner. */
static int run_icacls(int argc, char **argv)
{
	if (argc < 3)
		return 87;
	if (strcmp(argv[2], "/save") == 0) {
		FILE *acl = order_number("save", 0) == 0 ? fopen(argv[3], "wb") : NULL;

		if (!acl)
			return 5;
		fprintf(acl, "saved rights of %s\r\n", argv[1]);
		fclose(acl);
		return 0;
	}
	if (strcmp(argv[2], "/grant") == 0) {
		if (count_call("grant") <= order_number("deny", 0))
			return 5;
		if (order_number("useless", 0) == 0)
			SetFileAttributesA(argv[1], FILE_ATTRIBUTE_NORMAL);
		return 0;
	}
	if (strcmp(argv[2], "/restore") == 0)
		return order_number("restore", 0);
	return strcmp(argv[2], "/setowner") == 0 ? order_number("setowner", 0) : 87;
}

static int run(int argc, char **argv)
{
	if (strcmp(self, "certutil") == 0)
		return run_certutil(argc, argv);
	if (strcmp(self, "find") == 0)
		return run_find(argc, argv);
	if (strcmp(self, "tasklist") == 0)
		return run_tasklist();
	if (strcmp(self, "ping") == 0)
		return run_ping();
	if (strcmp(self, "attrib") == 0)
		return run_attrib(argc, argv);
	if (strcmp(self, "icacls") == 0)
		return run_icacls(argc, argv);
	return order_number("status", 0); /* fsutil, wsl, takeown */
}

int main(int argc, char **argv)
{
	char path[MAX_PATH];
	char *name;

	if (GetModuleFileNameA(NULL, path, sizeof(path)) == 0)
		return 99;
	name = strrchr(path, '\\') + 1;
	snprintf(self, sizeof(self), "%.*s", (int)strcspn(name, "."), name);
	*name = '\0';
	snprintf(home, sizeof(home), "%s", path);
	log_call(argc, argv);
	return run(argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of the lock file on the drive: "key=value" lines in a fixed order, padded with blanks to a fixed
 * length. Strict both ways, so that text equality is record equality.
 */
#include "codec/lockrec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

#define LOCKREC_TITLE "immensity-kernel lock 1"

static int bad(struct ik_err *err, const char *what)
{
	return ik_err_set(err, IK_E_LOCKREC_BAD, 0, "lock record: %s", what);
}

/* Printable ASCII that ends within its array. */
static bool is_text(const char *text, size_t bytes)
{
	size_t len = strnlen(text, bytes);

	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return len < bytes;
}

static bool is_nonce(const char *text)
{
	return strspn(text, "0123456789abcdef") == 32 && text[32] == '\0';
}

static bool is_valid(const struct ik_lockrec *rec)
{
	return is_text(rec->tool_version, sizeof(rec->tool_version)) &&
	       is_text(rec->boot_id, sizeof(rec->boot_id)) && rec->boot_id[0] != '\0' &&
	       is_text(rec->distro, sizeof(rec->distro)) && is_text(rec->nonce, 33) &&
	       is_nonce(rec->nonce) && rec->written_unix_s >= 0;
}

/* A distribution's name is the user's free text: what the record cannot hold becomes "?". */
static void plain_distro(struct ik_lockrec *rec)
{
	char *p = rec->distro;

	for (size_t i = 0; i < sizeof(rec->distro) - 1 && p[i]; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			p[i] = '?';
	p[sizeof(rec->distro) - 1] = '\0';
}

int ik_lockrec_encode(const struct ik_lockrec *rec, uint8_t *bytes, struct ik_err *err)
{
	struct ik_lockrec plain = *rec;
	char text[IK_LOCKREC_BYTES], hex[IK_SHA256_HEX];
	int len;

	plain_distro(&plain);
	if (!is_valid(&plain))
		return bad(err, "a field is malformed");
	ik_digest_hex(&plain.sha256, hex);
	len = snprintf(text, sizeof(text),
		       LOCKREC_TITLE "\r\nversion=%s\r\nboot=%s\r\ndistro=%s\r\npid=%" PRIu32
				     "\r\nstart=%" PRIu64 "\r\nnonce=%s\r\nsha256=%s\r\n"
				     "written=%" PRId64 "\r\nbeat=%" PRIu64 "\r\n",
		       plain.tool_version, plain.boot_id, plain.distro, plain.pid,
		       plain.pid_start_ticks, plain.nonce, hex, plain.written_unix_s, plain.beat);
	if (len < 0 || len > (int)sizeof(text) - 2)
		return bad(err, "does not fit");
	memset(bytes, ' ', IK_LOCKREC_BYTES);
	memcpy(bytes, text, (size_t)len);
	bytes[IK_LOCKREC_BYTES - 2] = '\r';
	bytes[IK_LOCKREC_BYTES - 1] = '\n';
	return 0;
}

/* Cursor over the text; every step fails for good once one failed. */
struct scan {
	const char *p;
	bool failed;
};

static void scan_literal(struct scan *s, const char *text)
{
	size_t len = strlen(text);

	if (s->failed || strncmp(s->p, text, len) != 0)
		s->failed = true;
	else
		s->p += len;
}

/* "key=" text CR LF, the text shorter than dst_bytes. */
static void scan_text(struct scan *s, const char *key, char *dst, size_t dst_bytes)
{
	size_t len;

	scan_literal(s, key);
	if (s->failed)
		return;
	len = strcspn(s->p, "\r");
	if (len >= dst_bytes) {
		s->failed = true;
		return;
	}
	memcpy(dst, s->p, len);
	dst[len] = '\0';
	s->p += len;
	scan_literal(s, "\r\n");
}

/* "key=" decimal CR LF, in the one way encode writes it: no sign, no leading zero. */
static uint64_t scan_number(struct scan *s, const char *key, uint64_t max)
{
	char digits[21] = "";
	uint64_t value = 0;

	scan_text(s, key, digits, sizeof(digits));
	if (s->failed || digits[0] == '\0' || (digits[0] == '0' && digits[1] != '\0'))
		s->failed = true;
	for (const char *d = digits; !s->failed && *d; d++) {
		unsigned digit = (unsigned)(*d - '0');

		if (*d < '0' || *d > '9' || value > (max - digit) / 10)
			s->failed = true;
		else
			value = value * 10 + digit;
	}
	return value;
}

static void scan_record(struct scan *s, struct ik_lockrec *rec)
{
	char hex[IK_SHA256_HEX] = "";

	scan_literal(s, LOCKREC_TITLE "\r\n");
	scan_text(s, "version=", rec->tool_version, sizeof(rec->tool_version));
	scan_text(s, "boot=", rec->boot_id, sizeof(rec->boot_id));
	scan_text(s, "distro=", rec->distro, sizeof(rec->distro));
	rec->pid = (uint32_t)scan_number(s, "pid=", UINT32_MAX);
	rec->pid_start_ticks = scan_number(s, "start=", UINT64_MAX);
	scan_text(s, "nonce=", rec->nonce, sizeof(rec->nonce));
	scan_text(s, "sha256=", hex, sizeof(hex));
	rec->written_unix_s = (int64_t)scan_number(s, "written=", INT64_MAX);
	rec->beat = scan_number(s, "beat=", UINT64_MAX);
	if (!s->failed && !ik_digest_parse_hex(hex, &rec->sha256))
		s->failed = true;
}

int ik_lockrec_decode(const uint8_t *bytes, size_t len_bytes, struct ik_lockrec *ret,
		      struct ik_err *err)
{
	char text[IK_LOCKREC_BYTES + 1];
	uint8_t again[IK_LOCKREC_BYTES];
	struct ik_lockrec rec = {.pid = 0};
	struct scan s = {.p = text};

	if (len_bytes != IK_LOCKREC_BYTES)
		return bad(err, "wrong length");
	memcpy(text, bytes, IK_LOCKREC_BYTES);
	text[IK_LOCKREC_BYTES] = '\0';
	scan_record(&s, &rec);
	/* Writing it again covers what the scan let pass: padding, upper-case digits, the distro. */
	if (s.failed || ik_lockrec_encode(&rec, again, NULL) < 0 ||
	    memcmp(bytes, again, IK_LOCKREC_BYTES) != 0)
		return bad(err, "not written by this program, or torn");
	*ret = rec;
	return 0;
}

bool ik_lockrec_is_same_holder(const struct ik_lockrec *x, const struct ik_lockrec *y)
{
	return strcmp(x->nonce, y->nonce) == 0 && strcmp(x->boot_id, y->boot_id) == 0;
}

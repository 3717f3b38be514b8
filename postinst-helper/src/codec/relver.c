/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel releases and package versions: a small scanner, a total order, and WSL's rules.
 * Text only; nothing here knows what is installed or running.
 */
#include "codec/relver.h"

#include <stdint.h>
#include <string.h>

#include "base/macro.h"

/* utsname's release without its NUL. */
#define RELEASE_MAX_LEN 64u
/* No kernel or revision number comes near; a bound keeps the arithmetic trivially safe. */
#define NUMBER_MAX 999999u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_allowed(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr(".+_~-", c));
}

static bool is_well_formed(const char *text)
{
	size_t len = strnlen(text, RELEASE_MAX_LEN + 1);

	if (len == 0 || len > RELEASE_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_allowed(text[i]))
			return false;
	return true;
}

/* Reads a decimal number and moves on; false without a digit or above the bound. */
static bool scan_number(const char **p, unsigned *ret)
{
	unsigned value = 0;

	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); (*p)++) {
		value = value * 10 + (unsigned)(**p - '0');
		if (value > NUMBER_MAX)
			return false;
	}
	*ret = value;
	return true;
}

/* Reads "-rcN" or "~rcN" (Debian's spelling of the same). */
static bool scan_rc(const char **p, unsigned *ret)
{
	const char *q = *p;

	if ((*q != '-' && *q != '~') || strncmp(q + 1, "rc", 2) != 0)
		return true;
	q += 3;
	if (!is_digit(*q))
		return true;
	*p = q;
	return scan_number(p, ret);
}

/* Reads "-N" where N is a whole component: "7.3.4-1-…" has one, "7.3.4-1foo" has not. */
static bool scan_revision(const char **p, unsigned *ret)
{
	const char *q = *p;
	unsigned value = 0;

	if (*q != '-' || !is_digit(q[1]))
		return true;
	q++;
	if (!scan_number(&q, &value))
		return false;
	if (*q != '\0' && *q != '-')
		return true;
	*ret = value;
	*p = q;
	return true;
}

static bool ends_with(const char *text, const char *tail)
{
	size_t text_len = strlen(text), tail_len = strlen(tail);

	return text_len >= tail_len && strcmp(text + text_len - tail_len, tail) == 0;
}

/* tail is what follows X.Y.Z, rc and revision. */
static enum ik_relver_kind kind_of(const struct ik_relver *v, const char *tail)
{
	static const char brand[] = "-" IK_RELVER_BRAND "-";

	if (v->revision > 0 && strncmp(tail, brand, sizeof(brand) - 1) == 0 &&
	    ends_with(tail, "-" IK_RELVER_SUFFIX))
		return IK_RELVER_OURS;
	if (v->revision == 0 &&
	    (strcmp(tail, "-" IK_RELVER_SUFFIX) == 0 || strcmp(tail, "-microsoft-standard") == 0))
		return IK_RELVER_OFFICIAL;
	return IK_RELVER_OTHER;
}

static bool scan(const char *text, struct ik_relver *v)
{
	const char *p = text;
	size_t n = 0;

	if (!scan_number(&p, &v->number[n++]))
		return false;
	while (n < IK_ARRAY_SIZE(v->number) && p[0] == '.' && is_digit(p[1])) {
		p++;
		if (!scan_number(&p, &v->number[n++]))
			return false;
	}
	if (n < 2 || !scan_rc(&p, &v->rc) || !scan_revision(&p, &v->revision))
		return false;
	v->kind = kind_of(v, p);
	return true;
}

int ik_relver_parse(const char *text, struct ik_relver *ret, struct ik_err *err)
{
	struct ik_relver v = {.kind = IK_RELVER_OTHER};

	if (!is_well_formed(text) || !scan(text, &v))
		return ik_err_set(err, IK_E_RELEASE_BAD, 0,
				  "the text is no kernel release or version such as 7.3.4-1");
	*ret = v;
	return 0;
}

static int compare(unsigned x, unsigned y)
{
	return (x > y) - (x < y);
}

int ik_relver_compare(const struct ik_relver *x, const struct ik_relver *y)
{
	int order = 0;

	for (size_t i = 0; i < IK_ARRAY_SIZE(x->number) && order == 0; i++)
		order = compare(x->number[i], y->number[i]);
	/* 0 is "final" and sorts above every candidate: subtracting 1 makes it the largest. */
	if (order == 0)
		order = compare(x->rc - 1u, y->rc - 1u);
	return order != 0 ? order : compare(x->revision, y->revision);
}

bool ik_relver_is_ours(const char *release)
{
	struct ik_relver v;

	return release && ik_relver_parse(release, &v, NULL) == 0 && v.kind == IK_RELVER_OURS;
}

static bool begins_with_three_numbers(const char *p)
{
	for (int i = 0; i < 3; i++) {
		unsigned value;

		if (i > 0 && *p++ != '.')
			return false;
		if (!scan_number(&p, &value))
			return false;
	}
	return true;
}

/* The rule a release breaks, as the end of a sentence; NULL when it breaks none. */
static const char *broken_rule(const char *release)
{
	if (release[0] == '\0')
		return "the image does not tell its release";
	if (strnlen(release, RELEASE_MAX_LEN + 1) > RELEASE_MAX_LEN)
		return "it is longer than 64 bytes";
	if (!is_well_formed(release))
		return "it holds a character other than letters, digits and .+_~-";
	if (!begins_with_three_numbers(release))
		return "it does not begin with three numbers X.Y.Z, which WSL's service needs";
	if (strstr(release, "Microsoft"))
		return "it holds \"Microsoft\" with a capital M, which WSL takes for WSL 1";
	if (!strstr(release, "WSL2"))
		return "it does not hold \"WSL2\", by which systemd knows WSL";
	if (!strstr(release, "microsoft"))
		return "it does not hold \"microsoft\", by which scripts know WSL";
	if (ends_with(release, "+"))
		return "it ends in \"+\", so its modules would not be found";
	return NULL;
}

int ik_relver_check(const char *release, struct ik_err *err)
{
	const char *rule = broken_rule(release);
	char shown[RELEASE_MAX_LEN + 1];
	size_t i;

	if (!rule)
		return 0;
	for (i = 0; i < RELEASE_MAX_LEN && release[i]; i++)
		shown[i] = is_allowed(release[i]) ? release[i] : '?';
	shown[i] = '\0';
	(void)ik_err_set(err, IK_E_RELEASE_BAD, 0, "refusing the kernel release \"%s\": %s", shown,
			 rule);
	ik_err_hint(err,
		    "Build the kernel with a release like 7.3.4-1-immensity-" IK_RELVER_SUFFIX ".");
	return -EINVAL;
}

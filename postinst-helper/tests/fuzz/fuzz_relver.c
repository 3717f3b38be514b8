/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Version order: the input is up to three texts, one a line; the order is total on whatever parses. */
#include "codec/relver.h"

#include "fuzz.h"

static void check_pair(const struct ik_relver *x, const struct ik_relver *y)
{
	int xy = ik_relver_compare(x, y);

	PROPERTY(xy >= -1 && xy <= 1, "the answer is -1, 0 or 1");
	PROPERTY(xy == -ik_relver_compare(y, x), "turned round, it is the opposite");
	PROPERTY(ik_relver_compare(x, x) == 0, "a version equals itself");
}

static void check_text(const char *text, const struct ik_relver *v)
{
	struct ik_err err = {.errnum = 0};

	PROPERTY(ik_relver_is_ours(text) == (v->kind == IK_RELVER_OURS), "one idea of ours");
	if (ik_relver_check(text, &err) == 0)
		PROPERTY(strstr(text, "WSL2") && !strstr(text, "Microsoft"), "WSL's rules hold");
	else
		PROPERTY(err.message[0] != '\0', "a refusal has a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text;
	struct ik_relver v[3];
	int n = 0;

	for (char *line; n < 3 && (line = strsep(&rest, "\n")) != NULL;) {
		(void)ik_relver_check(line, NULL);
		if (ik_relver_parse(line, &v[n], NULL) == 0)
			check_text(line, &v[n++]);
	}
	for (int i = 0; i < n; i++)
		for (int k = 0; k < n; k++)
			check_pair(&v[i], &v[k]);
	if (n == 3 && ik_relver_compare(&v[0], &v[1]) <= 0 && ik_relver_compare(&v[1], &v[2]) <= 0)
		PROPERTY(ik_relver_compare(&v[0], &v[2]) <= 0, "the order is transitive");
	free(text);
	return 0;
}

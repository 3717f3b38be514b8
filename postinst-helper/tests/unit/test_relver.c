/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/relver: order of releases and versions, whose they are, and WSL's rules. */
#include "codec/relver.h"

#include <string.h>

#include "support.h"

/* Strictly rising; each is older than all that follow. */
static const char *const rising[] = {
	"4.19.84-microsoft-standard",
	"5.15.90.1-microsoft-standard-WSL2",
	"5.15.90.10-microsoft-standard-WSL2",
	"6.6.87.2-microsoft-standard-WSL2",
	"6.12.107-1-immensity-microsoft-standard-WSL2",
	"6.12.107-2-immensity-microsoft-standard-WSL2",
	"6.12.107-10",
	"7.0",
	"7.3.0-rc1-1-immensity-microsoft-standard-WSL2",
	"7.3.0~rc2-1",
	"7.3.0-rc10-1",
	"7.3.0-1",
	"7.3.4",
	"7.3.4-1-immensity-microsoft-standard-WSL2",
	"7.3.4-2-immensity-microsoft-standard-WSL2",
	"7.3.10-1-immensity-microsoft-standard-WSL2",
	"10.0.0",
};

static void order_is_total(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(rising); i++) {
		for (size_t k = 0; k < IK_ARRAY_SIZE(rising); k++) {
			struct ik_relver x, y;

			assert_int_equal(ik_relver_parse(rising[i], &x, NULL), 0);
			assert_int_equal(ik_relver_parse(rising[k], &y, NULL), 0);
			assert_int_equal(ik_relver_compare(&x, &y), (i > k) - (i < k));
		}
	}
}

static void version_and_release_are_equal(void **state IK_UNUSED)
{
	struct ik_relver x, y;

	assert_int_equal(ik_relver_parse("7.3.4-1", &x, NULL), 0);
	assert_int_equal(ik_relver_parse(rising[13], &y, NULL), 0);
	assert_int_equal(ik_relver_compare(&x, &y), 0);
}

static void kind_follows_the_name(void **state IK_UNUSED)
{
	static const struct {
		const char *text;
		enum ik_relver_kind kind;
	} rows[] = {
		{"7.3.4-1-immensity-microsoft-standard-WSL2", IK_RELVER_OURS},
		{"7.3.4-1-immensity-v3-microsoft-standard-WSL2", IK_RELVER_OURS},
		{"7.3.0-rc2-1-immensity-microsoft-standard-WSL2", IK_RELVER_OURS},
		{"7.3.4-immensity-microsoft-standard-WSL2", IK_RELVER_OTHER},
		{"7.3.4-1-immensity-microsoft-standard-WSL2+", IK_RELVER_OTHER},
		{"7.3.4-1-immensity", IK_RELVER_OTHER},
		{"7.3.4-1-IMMENSITY-microsoft-standard-WSL2", IK_RELVER_OTHER},
		{"7.3.4-1-notimmensity-microsoft-standard-WSL2", IK_RELVER_OTHER},
		{"6.6.87.2-microsoft-standard-WSL2", IK_RELVER_OFFICIAL},
		{"4.19.84-microsoft-standard", IK_RELVER_OFFICIAL},
		{"6.6.87.2-1-microsoft-standard-WSL2", IK_RELVER_OTHER},
		{"6.6.87.2-microsoft-standard-WSL2+", IK_RELVER_OTHER},
		{"6.18.3-locietta-WSL2", IK_RELVER_OTHER},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_relver v;

		assert_int_equal(ik_relver_parse(rows[i].text, &v, NULL), 0);
		assert_int_equal(v.kind, rows[i].kind);
		assert_int_equal(ik_relver_is_ours(rows[i].text), rows[i].kind == IK_RELVER_OURS);
	}
	assert_false(ik_relver_is_ours(NULL));
	assert_false(ik_relver_is_ours(""));
	assert_false(ik_relver_is_ours("immensity"));
}

static void nonsense_is_refused(void **state IK_UNUSED)
{
	static const char *const bad[] = {
		"",
		"7",
		"v7.3.4",
		"7.",
		".7.3",
		"7..3",
		"7 3.4",
		"7.3/4",
		"7.1000000",
		"99999999999.1",
		"7.3.4-99999999",
		"-1.2.3",
		"7.3.4\n",
		"7.3.4\x80",
		"a.b.c",
		"7.3.4-0123456789012345678901234567890123456789012345678901234567890",
		"7",
		"7.",
		"7.3.4 ",
		"7.3.4-rc99999999999",
		"7.3.4-99999999999-immensity-microsoft-standard-WSL2",
	};
	struct ik_relver v;

	for (size_t i = 0; i < IK_ARRAY_SIZE(bad); i++) {
		struct ik_err err = {.errnum = 0};

		assert_int_equal(ik_relver_parse(bad[i], &v, &err), -EINVAL);
		assert_int_equal(err.code, IK_E_RELEASE_BAD);
	}
}

static void wsl_rules_name_the_reason(void **state IK_UNUSED)
{
	static const struct {
		const char *release, *reason; /* NULL = accepted */
	} rows[] = {
		{"7.3.4-1-immensity-microsoft-standard-WSL2", NULL},
		{"6.6.87.2-microsoft-standard-WSL2", NULL},
		{"", "does not tell"},
		{"6.18-foo-microsoft-WSL2", "three numbers"},
		{"6.x.1-microsoft-WSL2", "three numbers"},
		{"7.3.4-Microsoft-standard-WSL2", "capital M"},
		{"7.3.4-microsoft-Microsoft-WSL2", "capital M"},
		{"7.3.4-microsoft-standard", "\"WSL2\""},
		{"7.3.4-microsoft-standard-wsl2", "\"WSL2\""},
		{"7.3.4-locietta-WSL2", "\"microsoft\""},
		{"7.3.4-microsoft-standard-WSL2+", "modules"},
		{"7.3.4-microsoft standard-WSL2", "character"},
		{"7.3.4/microsoft-standard-WSL2", "character"},
		{"7.3.4-microsoft-standard-WSL2-0123456789012345678901234567890123456789", "64"},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_err err = {.errnum = 0};
		int r = ik_relver_check(rows[i].release, &err);

		if (!rows[i].reason) {
			assert_int_equal(r, 0);
			continue;
		}
		assert_int_equal(r, -EINVAL);
		assert_int_equal(err.code, IK_E_RELEASE_BAD);
		assert_non_null(strstr(err.message, rows[i].reason));
	}
}

static void messages_carry_no_control_characters(void **state IK_UNUSED)
{
	struct ik_err err = {.errnum = 0};

	assert_int_equal(ik_relver_check("7.3.4\033[2J", &err), -EINVAL);
	assert_null(strchr(err.message, '\033'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_total),
		cmocka_unit_test(version_and_release_are_equal),
		cmocka_unit_test(kind_follows_the_name),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(wsl_rules_name_the_reason),
		cmocka_unit_test(messages_carry_no_control_characters),
	};

	return cmocka_run_group_tests_name("relver", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/wslundo: the way back from a change, also after others changed the file. */
#include "codec/wslconf.h"

#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "conftext.h"

/* Sets CONF_PATH on before, lets somebody turn the file into meanwhile, unsets: result or error. */
static const struct {
	const char *before, *meanwhile, *result;
	int r;
} undos[] = {
	/* other keys changed: kept */
	{"[wsl2]\nkernel=old\n", "[wsl2]\nmemory=1\nkernel=@ # c\n",
	 "[wsl2]\nmemory=1\nkernel=old # c\n", 1},
	{"", "[wsl2]\r\nkernel=@\r\nmemory=1\r\n", "[wsl2]\r\nmemory=1\r\n", 1},
	{"[x]\n", "[x]\n[wsl2]\nkernel=@\n[y]\na=1\n", "[x]\n[y]\na=1\n", 1},
	/* the key was removed by hand, or given another value: it is theirs */
	{"[wsl2]\nkernel=old\n", "[wsl2]\n", "[wsl2]\n", 0},
	{"[wsl2]\nkernel=old\n", "[wsl2]\nkernel=@2\n", "[wsl2]\nkernel=@2\n", -EINVAL},
	{"[wsl2]\n", "[wsl2]\nkernel=other\n", "[wsl2]\nkernel=other\n", -EINVAL},
	/* our value written in another way: what it replaced cannot be placed, the line goes */
	{"[wsl2]\nmemory=1\n", "[wsl2]\n  kernel = \"@\"\nmemory=1\n", "[wsl2]\nmemory=1\n", 1},
	{"[wsl2]\nkernel=old\n", "[wsl2]\nkernel=\"@\"\n", "[wsl2]\n", 1},
	/* an earlier line now wins: ours is not the one that counts */
	{"[wsl2]\n", "[wsl2]\nkernel=z\nkernel=@\n", "[wsl2]\nkernel=z\nkernel=@\n", -EINVAL},
};

static void undo_respects_what_happened_since(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(undos); i++) {
		struct ik_wslconf *conf = conf_of_text(undos[i].before);
		char meanwhile[512], result[512];
		ik_autofree char *undo = NULL;
		struct ik_err err = {.errnum = 0};

		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", CONF_PATH, &undo, NULL), 0);
		ik_wslconf_free(conf);
		if (strchr(undos[i].meanwhile, '@'))
			put_path(undos[i].meanwhile, meanwhile, sizeof(meanwhile));
		else
			strcpy(meanwhile, undos[i].meanwhile);
		if (strchr(undos[i].result, '@'))
			put_path(undos[i].result, result, sizeof(result));
		else
			strcpy(result, undos[i].result);
		conf = conf_of_text(meanwhile);
		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, &err), undos[i].r);
		conf_holds(conf, result, strlen(result));
		if (undos[i].r < 0)
			assert_int_equal(err.code, IK_E_WSLCONF_CHANGED);
		ik_wslconf_free(conf);
	}
}

static void undo_survives_a_change_of_encoding(void **state IK_UNUSED)
{
	struct ik_wslconf *conf = conf_of_text("[wsl2]\nkernel=old\n");
	ik_autofree char *undo = NULL;
	uint8_t wide[512], want[64];
	size_t len;

	assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", CONF_PATH, &undo, NULL), 0);
	ik_wslconf_free(conf);
	len = conf_widen("[wsl2]\nkernel=" CONF_ESCAPED "\n", wide);
	conf = conf_of(wide, len);
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
	conf_holds(conf, want, conf_widen("[wsl2]\n", want));
	ik_wslconf_free(conf);
}

static void an_upgrade_keeps_the_way_back(void **state IK_UNUSED)
{
	static const char original[] = "[wsl2]\r\nkernel = \"D:\\\\my kernel\" # mine\r\n";
	struct ik_wslconf *conf = conf_of_text(original);
	char *undo = NULL, value[64];

	for (int version = 1; version <= 3; version++) {
		if (undo)
			assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
		free(undo);
		undo = NULL;
		snprintf(value, sizeof(value), "C:\\k\\kernel-7.3.%d", version);
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", value, &undo, NULL), 0);
		conf_reads(conf, value);
	}
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
	conf_holds(conf, original, strlen(original));
	free(undo);
	ik_wslconf_free(conf);
}

static void damaged_undos_are_refused(void **state IK_UNUSED)
{
	static const char *const rows[] = {
		"",
		"ik2 none",
		"ik1 none ",
		"ik1 8 0 x61 x62",
		"ik1 8 0 x61 x62 x63 x",
		"ik1 7 0 x61 x62 x63",
		"ik1 8 0 x x62 x63",
		"ik1 8 0 x6 x62 x63",
		"ik1 8 0 x6G x62 x63",
		"ik1 8 1 x61 x62 x63",
		"ik1 8 99999999 x61 x62 x63",
		"ik1 8 -1 x61 x62 x63",
		"ik1 8 0 x61 x62 63",
		"ik1 ",
		"ik1 16",
		"ik1 16 x",
		"ik1 8 0 61 x62 x63",
		"ik1 8 0 x61 62 x63",
		"ik1 8 0 x61 x62 x63 ",
		"ik1 8 0 x/1 x62 x63",
		"ik1 8 0 x6: x62 x63",
		"ik1 8 0 x6` x62 x63",
	};
	struct ik_wslconf *conf = conf_of_text("[wsl2]\nkernel=a\n");

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_err err = {.errnum = 0};

		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", rows[i], &err), -EINVAL);
		assert_int_equal(err.code, IK_E_WSLCONF_UNDO);
		conf_reads(conf, "a");
	}
	ik_wslconf_free(conf);
}

static void removal_without_an_undo_takes_the_line(void **state IK_UNUSED)
{
	struct ik_wslconf *conf = conf_of_text("[wsl2]\n  kernel = a \\\n b # c\nkernel=b\nm=1");

	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", NULL, NULL), 1);
	conf_holds(conf, "[wsl2]\nkernel=b\nm=1", 19);
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", NULL, NULL), 1);
	conf_holds(conf, "[wsl2]\nm=1", 10);
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", NULL, NULL), 0);
	ik_wslconf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undo_respects_what_happened_since),
		cmocka_unit_test(undo_survives_a_change_of_encoding),
		cmocka_unit_test(an_upgrade_keeps_the_way_back),
		cmocka_unit_test(damaged_undos_are_refused),
		cmocka_unit_test(removal_without_an_undo_takes_the_line),
	};

	return cmocka_run_group_tests_name("wslundo", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/wslconf where there is no memory. By itself, since the tests of the codecs alone make no call fail. */
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "codec/wslconf.h"
#include "conftext.h"
#include "faults.h"

/* Each allocation fails once: the change is done as a whole, or refused and nothing changed. */
static void no_memory_changes_nothing(void **state IK_UNUSED)
{
	static const char *const texts[] = {"[wsl2]\r\nkernel=old # mine\r\nmemory=1\r\n", "",
					    "[a]\nb=1"};
	unsigned failures = 0;

	for (size_t t = 0; t < IK_ARRAY_SIZE(texts); t++) {
		bool more = true;

		for (long n = 1; more; n++) {
			struct ik_wslconf *conf = NULL;
			struct ik_err err = {.errnum = 0};
			char *undo = NULL;
			int r;

			faults = (struct faults){
				.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
			r = ik_wslconf_parse(texts[t], strlen(texts[t]), &conf, &err);
			if (r == 0)
				r = ik_wslconf_set(conf, "wsl2", "kernel", CONF_PATH, &undo, &err);
			if (r == 0)
				r = ik_wslconf_unset(conf, "wsl2", "kernel", undo, &err);
			more = faults.fired != NULL;
			faults_off();
			if (r < 0) {
				failures++;
				assert_int_equal(r, -ENOMEM);
				assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
				if (conf && !undo)
					conf_holds(conf, texts[t], strlen(texts[t]));
				if (conf && undo)
					conf_reads(conf, CONF_PATH);
			} else {
				assert_int_equal(r, 1);
				conf_holds(conf, texts[t], strlen(texts[t]));
			}
			free(undo);
			ik_wslconf_free(conf);
		}
	}
	assert_true(failures > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_changes_nothing),
	};

	return cmocka_run_group_tests_name("wslmemory", tests, NULL, NULL);
}

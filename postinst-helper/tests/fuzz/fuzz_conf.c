/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings file: all or nothing, and what is described reads back. */
#include "codec/conf.h"

#include "fuzz.h"

static void check_round_trip(const struct ik_conf *conf)
{
	struct ik_conf again;
	char buf[256];

	ik_conf_init(&again);
	for (int k = 0; k < IK_CONF_N_KEYS; k++) {
		enum ik_conf_key key = (enum ik_conf_key)k;

		ik_conf_describe(conf, key, buf, sizeof(buf));
		if (conf->source[k].origin != IK_CONF_FILE)
			continue;
		PROPERTY(conf->source[k].line > 0, "a value of the file has a line");
		PROPERTY(ik_conf_set(&again, ik_conf_key_name(key), buf, NULL) == 0,
			 "what is described can be set");
		again.source[k] = conf->source[k];
	}
	PROPERTY(memcmp(&again, conf, sizeof(again)) == 0, "and is the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ik_err err = {.errnum = 0};
	struct ik_conf conf, before;
	char *text = fuzz_text(data, size);

	ik_conf_init(&conf);
	before = conf;
	if (ik_conf_parse(&conf, text, size, "fuzz.conf", &err) < 0) {
		PROPERTY(memcmp(&conf, &before, sizeof(conf)) == 0, "a bad file changes nothing");
		PROPERTY(strncmp(err.message, "fuzz.conf", 9) == 0, "the message names the file");
	} else {
		check_round_trip(&conf);
	}
	free(text);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .wslconfig: nothing is lost, set is seen and changes nothing else, twice is once, undo gives the bytes back.
 * The first byte of the input chooses the value to set.
 */
#include "codec/wslconf.h"

#include "fuzz.h"

static const char *const values[] = {
	"C:\\ProgramData\\immensity-kernel\\kernel-7.3.4", "x", "a # b", " \"quoted\" ", "\\",
};

static struct ik_wslconf *parse(const uint8_t *data, size_t size)
{
	struct ik_err err = {.errnum = 0};
	struct ik_wslconf *conf = NULL;

	if (ik_wslconf_parse(data, size, &conf, &err) < 0) {
		PROPERTY(err.code != IK_E_NONE, "a refusal has a reason");
		return NULL;
	}
	return conf;
}

static void holds(const struct ik_wslconf *conf, const uint8_t *data, size_t size, const char *what)
{
	size_t len;
	const uint8_t *bytes = ik_wslconf_bytes(conf, &len);

	PROPERTY(len == size && (size == 0 || memcmp(bytes, data, size) == 0), what);
}

static void read_all(const struct ik_wslconf *conf)
{
	struct ik_wslconf_value v;

	ik_wslconf_get(conf, "wsl2", "memory", &v);
	PROPERTY(v.present || (!v.text && v.duplicates == 0), "an absent key has nothing");
	(void)ik_wslconf_is_safe_mode(conf);
	(void)ik_wslconf_encoding(conf);
	for (size_t i = 0; ik_wslconf_warning(conf, i); i++)
		(void)ik_wslconf_warning_name(ik_wslconf_warning(conf, i)->kind);
}

/* A copy of what conf holds. */
static uint8_t *copy_bytes(const struct ik_wslconf *conf, size_t *ret_len)
{
	const uint8_t *bytes = ik_wslconf_bytes(conf, ret_len);

	return (uint8_t *)fuzz_text(bytes, *ret_len);
}

static void check_edit(struct ik_wslconf *conf, const uint8_t *data, size_t size, const char *value)
{
	struct ik_wslconf_value before, after;
	char *undo = NULL, *again = NULL;
	uint8_t *changed;
	size_t len;

	ik_wslconf_get(conf, "wsl2", "kernel", &before);
	if (ik_wslconf_set(conf, "wsl2", "kernel", value, &undo, NULL) < 0) {
		holds(conf, data, size, "a failed set changes nothing");
		PROPERTY(size + 4096 > IK_WSLCONF_MAX_BYTES, "a set fails only for size");
		return;
	}
	ik_wslconf_get(conf, "wsl2", "kernel", &after);
	PROPERTY(after.present && strcmp(after.text, value) == 0, "a set is seen");
	PROPERTY(after.duplicates == before.duplicates, "no line was added twice");
	changed = copy_bytes(conf, &len);
	PROPERTY(ik_wslconf_set(conf, "wsl2", "kernel", value, &again, NULL) == 0, "set again");
	holds(conf, changed, len, "twice is once");
	PROPERTY(ik_wslconf_unset(conf, "wsl2", "kernel", again, NULL) == 0,
		 "nothing to take back");
	PROPERTY(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL) >= 0, "undo works");
	holds(conf, data, size, "undo gives the original bytes");
	free(changed);
	free(undo);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *value = values[size > 0 ? data[0] % (sizeof(values) / sizeof(*values)) : 0];
	struct ik_wslconf *conf;
	char *text;

	if (size > 0) {
		data++;
		size--;
	}
	conf = parse(data, size);
	if (!conf)
		return 0;
	holds(conf, data, size, "emit(parse(x)) == x");
	read_all(conf);
	check_edit(conf, data, size, value);
	PROPERTY(ik_wslconf_unset(conf, "wsl2", "kernel", NULL, NULL) >= 0, "removal works");
	/* The input as an undo record, which may come from a damaged state file. */
	text = fuzz_text(data, size);
	(void)ik_wslconf_unset(conf, "wsl2", "kernel", text, NULL);
	free(text);
	ik_wslconf_free(conf);
	return 0;
}

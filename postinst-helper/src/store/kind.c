/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of kinds, and the judgement by release.
 */
#include "store/kind.h"

#include <string.h>

#include "base/macro.h"
#include "codec/relver.h"

static const char *const names[] = {
	[IK_KIND_UNKNOWN] = "unknown",	 [IK_KIND_MISSING] = "missing",
	[IK_KIND_OFFICIAL] = "official", [IK_KIND_OURS] = "ours",
	[IK_KIND_FOREIGN] = "foreign",	 [IK_KIND_TORN] = "torn",
};

enum ik_kind ik_kind_of(bool exists, bool head_valid, const char *release)
{
	struct ik_relver parsed;

	if (!exists)
		return IK_KIND_MISSING;
	if (!head_valid)
		return IK_KIND_TORN;
	if (release[0] == '\0' || ik_relver_parse(release, &parsed, NULL) < 0)
		return IK_KIND_FOREIGN;
	if (parsed.kind == IK_RELVER_OURS)
		return IK_KIND_OURS;
	return parsed.kind == IK_RELVER_OFFICIAL ? IK_KIND_OFFICIAL : IK_KIND_FOREIGN;
}

const char *ik_kind_name(enum ik_kind kind)
{
	return (unsigned)kind < IK_ARRAY_SIZE(names) ? names[kind] : names[IK_KIND_UNKNOWN];
}

enum ik_kind ik_kind_parse(const char *name)
{
	for (unsigned i = 0; i < IK_ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name) == 0)
			return (enum ik_kind)i;
	}
	return IK_KIND_UNKNOWN;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's entry: nothing of the caller's environment gets any further than this.
 */
#include "base/log.h"
#include "cli/cli.h"
#include "os/priv.h"

int main(int argc, char **argv)
{
	struct ik_err err = {0};

	if (ik_priv_clean_environment(&err) < 0) {
		ik_log(IK_LOG_ERROR, "%s", err.message);
		return IK_EXIT_FAILED;
	}
	return ik_cli_main(argc, argv);
}

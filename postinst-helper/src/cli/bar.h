/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A progress bar on a terminal; silent everywhere else.
 */
#ifndef IK_CLI_BAR_H
#define IK_CLI_BAR_H

#include <stdbool.h>

#include "io/progress.h"

/*
 * Purpose     a listener that draws on standard error.
 * Parameters  wanted: false gives one that draws nothing
 */
struct ik_progress ik_bar(bool wanted);

/* Purpose     wipes the bar, if any was drawn. */
void ik_bar_end(void);

#endif

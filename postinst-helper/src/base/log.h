/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines on stderr for people; results go to stdout and are none of its business.
 * It is the only module that touches stderr, and its level is the only global variable.
 */
#ifndef IK_BASE_LOG_H
#define IK_BASE_LOG_H

#include "base/macro.h"

enum ik_log_level {
	IK_LOG_ERROR,
	IK_LOG_WARNING,
	IK_LOG_INFO,  /* the default level */
	IK_LOG_DEBUG, /* -v */
};

/* Purpose     sets the highest level that is printed. */
void ik_log_set_level(enum ik_log_level level);

/*
 * Purpose     tells whether a level is printed.
 * Returns     non-zero if so
 */
int ik_log_enabled(enum ik_log_level level);

/*
 * Purpose     prints one line "immensity-kernel: [warning: ]text" to stderr; errno is kept.
 * Parameters  fmt: text without a newline; control characters in the result are escaped
 */
void ik_log(enum ik_log_level level, const char *fmt, ...) IK_PRINTF(2, 3);

#endif

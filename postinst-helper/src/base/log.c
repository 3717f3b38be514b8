/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line per call to stderr, in one write, so that lines of two processes do not mix.
 */
#include "base/log.h"

#include <stdio.h>

#include "base/strbuf.h"

static enum ik_log_level log_level = IK_LOG_INFO;

void ik_log_set_level(enum ik_log_level level)
{
	log_level = level;
}

int ik_log_enabled(enum ik_log_level level)
{
	return level <= log_level;
}

void ik_log(enum ik_log_level level, const char *fmt, ...)
{
	static const char *const label[] = {
		[IK_LOG_ERROR] = "error: ",
		[IK_LOG_WARNING] = "warning: ",
		[IK_LOG_INFO] = "",
		[IK_LOG_DEBUG] = "debug: ",
	};
	ik_autostrbuf struct ik_strbuf text = {.data = NULL};
	ik_autostrbuf struct ik_strbuf line = {.data = NULL};
	int saved = errno;
	va_list args;

	if (!ik_log_enabled(level))
		return;
	va_start(args, fmt);
	ik_strbuf_vprintf(&text, fmt, args);
	va_end(args);
	ik_strbuf_printf(&line, "immensity-kernel: %s", label[level]);
	ik_strbuf_append_escaped(&line, ik_strbuf_str(&text), text.len);
	ik_strbuf_putc(&line, '\n');
	if (ik_strbuf_error(&text) < 0 || ik_strbuf_error(&line) < 0)
		(void)fputs("immensity-kernel: out of memory for a message\n", stderr);
	else
		(void)fputs(ik_strbuf_str(&line),
			    stderr); /* nobody is left to tell about a failure */
	(void)fflush(stderr);
	errno = saved;
}

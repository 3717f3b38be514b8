/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Written at the end of the file by offset, because append-mode descriptors were once refused by a
 * Windows file server (microsoft/WSL issue 40987).
 */
#include "store/history.h"

#include <fcntl.h>
#include <stdarg.h>

#include "base/strbuf.h"
#include "os/clock.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "store/names.h"

static void IK_PRINTF(5, 0) append(int dir_fd, const char *name, mode_t mode, const char *end,
				   const char *fmt, va_list args)
{
	struct ik_strbuf ik_autostrbuf line = {0}, text = {0};
	ik_autoclose int fd = -EBADF;
	struct ik_file_id id;
	char when[21];
	int r = ik_sys_create(dir_fd, name, mode, &fd);

	if (r == -EEXIST)
		r = ik_path_open_regular(dir_fd, name, O_RDWR, &fd, NULL, NULL);
	/* A hard link would be another file that changes. */
	if (r < 0 || ik_file_id_of(fd, &id, NULL) < 0 || id.nlink > 1)
		return;
	ik_clock_iso(ik_clock_unix_s(), when);
	ik_strbuf_vprintf(&text, fmt, args);
	ik_strbuf_printf(&line, "%s %s ", when, IK_VERSION);
	ik_strbuf_append_escaped(&line, ik_strbuf_str(&text), text.len);
	ik_strbuf_puts(&line, end);
	if (ik_strbuf_error(&text) < 0 || ik_strbuf_error(&line) < 0)
		return;
	if (ik_sys_pwrite(fd, line.data, line.len, id.size_bytes) >= 0)
		ik_ignore(ik_sys_fsync(fd)); /* a lost line is no failure */
}

void ik_history_drive(int dir_fd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append(dir_fd, IK_NAME_HISTORY, 0644, "\r\n", fmt, args);
	va_end(args);
}

void ik_history_log(const char *dir, const char *fmt, ...)
{
	ik_autoclose int fd = -EBADF;
	va_list args;

	if (ik_sys_open_read(dir, O_DIRECTORY, &fd) < 0)
		return;
	va_start(args, fmt);
	append(fd, IK_HISTORY_LOG, 0644, "\n", fmt, args);
	va_end(args);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Written at the end of the file by offset, because append-mode descriptors were once refused by a
 * Windows file server (microsoft/WSL issue 40987).
 */
#include "store/history.h"

#include <fcntl.h>
#include <stdarg.h>

#include "base/strbuf.h"
#include "io/afile.h"
#include "os/clock.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "store/names.h"

/* The file as it is there already, when creating it told so. */
static int open_old(int r, int dir_fd, const char *name, int *fd)
{
	return r == -EEXIST ? ik_path_open_regular(dir_fd, name, O_RDWR, fd, NULL, NULL) : r;
}

static void IK_PRINTF(3, 0) append(int fd, const char *end, const char *fmt, va_list args)
{
	struct ik_strbuf ik_autostrbuf line = {0}, text = {0};
	struct ik_file_id id;
	char when[21];

	/* A hard link would be another file that changes. */
	if (ik_file_id_of(fd, &id, NULL) < 0 || id.nlink > 1)
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
	ik_autoclose int fd = -EBADF;
	va_list args;
	int r = ik_afile_create(dir_fd, IK_NAME_HISTORY, IK_AFILE_SHARED_MODE, &fd);

	if (open_old(r, dir_fd, IK_NAME_HISTORY, &fd) < 0)
		return;
	va_start(args, fmt);
	append(fd, "\r\n", fmt, args);
	va_end(args);
}

void ik_history_log(const char *dir, const char *fmt, ...)
{
	ik_autoclose int dir_fd = -EBADF, fd = -EBADF;
	va_list args;
	int r = ik_sys_open_read(dir, O_DIRECTORY, &dir_fd);

	/* On the Linux side the administrator's umask counts. */
	if (r >= 0)
		r = ik_sys_create(dir_fd, IK_HISTORY_LOG, 0644, &fd);
	if (open_old(r, dir_fd, IK_HISTORY_LOG, &fd) < 0)
		return;
	va_start(args, fmt);
	append(fd, "\n", fmt, args);
	va_end(args);
}

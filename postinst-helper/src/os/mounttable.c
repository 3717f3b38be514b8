/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file is opened by our own calls; libmount gets a stream and never a path.
 */
#include "os/mounttable.h"

#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>

#include "base/macro.h"
#include "os/sys.h"

/* libmount prints to stderr about lines it cannot read; such a line is skipped here in silence. */
static int skip_bad_line(struct libmnt_table *table IK_UNUSED, const char *file IK_UNUSED,
			 int line IK_UNUSED)
{
	return 1;
}

int ik_mounttable_read(const char *mountinfo, struct libmnt_table **ret, struct ik_err *err)
{
	struct libmnt_table *table = mnt_new_table();
	ik_autoclose int fd = -EBADF;
	FILE *stream;
	int r;

	if (!table)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "reading '%s'", mountinfo);
	mnt_table_set_parser_errcb(table, skip_bad_line);
	r = ik_sys_openat(AT_FDCWD, mountinfo, O_RDONLY | O_NOCTTY, 0, &fd);
	stream = r < 0 ? NULL : fdopen(fd, "re");
	if (stream) {
		(void)ik_steal_fd(&fd); /* fclose() closes it */
		r = mnt_table_parse_stream(table, stream, mountinfo);
		(void)fclose(stream); /* only read from */
	} else if (r == 0) {
		r = -errno;
	}
	if (r != 0) {
		mnt_unref_table(table);
		return ik_err_set(err, IK_E_MOUNTS_UNREADABLE, r,
				  "cannot read the mount table '%s'", mountinfo);
	}
	*ret = table;
	return 0;
}

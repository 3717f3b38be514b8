/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Path resolution beneath a directory. openat2 does the work; the walk by hand is taken on ENOSYS
 * alone, so that a refusal can never turn into a weaker check.
 *
 * What no client can prevent: a Windows drive's server opens by path again, so a directory that a
 * stranger may replace is lost whatever is done here. That is why the program's files lie only in
 * directories that strangers cannot write.
 */
#include "os/pathres.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/sysmacros.h>

#include "os/sys.h"

#define RESOLVE_ALL \
	(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
#define EAGAIN_TRIES 32 /* races inside RESOLVE_BENEATH. Source: containers/crun issue 726 */

bool ik_path_is_component(const char *name)
{
	return name[0] != '\0' && strlen(name) < IK_PATH_NAME_BYTES && strchr(name, '/') == NULL &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bool ik_path_next_component(const char **path, char part[IK_PATH_NAME_BYTES])
{
	size_t len = strcspn(*path, "/");

	if (len == 0 || len >= IK_PATH_NAME_BYTES)
		return false;
	memcpy(part, *path, len);
	part[len] = '\0';
	*path += len;
	if (**path == '/') {
		(*path)++;
		if (**path == '\0')
			return false;
	}
	return ik_path_is_component(part);
}

bool ik_path_is_relative(const char *path)
{
	char part[IK_PATH_NAME_BYTES];

	do {
		if (!ik_path_next_component(&path, part))
			return false;
	} while (*path);
	return true;
}

static bool is_link(int dir_fd, const char *name)
{
	struct stat st;

	return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* One step of the walk; a link in the middle must not be called "no directory". */
static int step(int dir_fd, const char *part, int flags, dev_t dev, int *ret_fd)
{
	ik_autoclose int fd = -EBADF;
	struct stat st;
	int r = ik_sys_openat(dir_fd, part, flags, 0, &fd);

	if (r == -ENOTDIR && is_link(dir_fd, part))
		return -ELOOP;
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP; /* O_PATH | O_NOFOLLOW opens the link itself */
	if (st.st_dev != dev)
		return -EXDEV;
	*ret_fd = ik_steal_fd(&fd);
	return 0;
}

/* The walk for kernels without openat2; the path is a relative one, `flags` apply to its last component. */
static int walk(int dir_fd, const char *path, int flags, int *ret_fd)
{
	ik_autoclose int here = -EBADF;
	char part[IK_PATH_NAME_BYTES];
	struct stat top;

	if (fstat(dir_fd, &top) < 0)
		return -errno;
	while (ik_path_next_component(&path, part)) {
		int fd = -EBADF;
		int r = step(here < 0 ? dir_fd : here, part, *path ? O_PATH | O_DIRECTORY : flags,
			     top.st_dev, &fd);

		if (r < 0)
			return r;
		ik_close(here);
		here = fd;
	}
	*ret_fd = ik_steal_fd(&here);
	return 0;
}

static int resolve(int dir_fd, const char *path, int flags, int *ret_fd)
{
	int r = -EAGAIN;

	/* openat2 refuses with EINVAL any flag that O_PATH would ignore */
	flags |= flags & O_PATH ? O_NOFOLLOW : O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	for (int i = 0; i < EAGAIN_TRIES && r == -EAGAIN; i++)
		r = ik_sys_openat2(dir_fd, path, flags, 0, RESOLVE_ALL, ret_fd);
	if (r == -ENOSYS)
		r = walk(dir_fd, path, flags, ret_fd);
	return r;
}

static int explain(int dir_fd, const char *path, int r, struct ik_err *err)
{
	struct stat st;

	switch (-r) {
	case ENOENT:
		return ik_err_set(err, IK_E_PATH_MISSING, r, "cannot open '%s'", path);
	case ELOOP:
		return ik_err_set(err, IK_E_PATH_SYMLINK, r,
				  "'%s' is a symlink or lies behind one, refusing", path);
	case EXDEV:
		return ik_err_set(err, IK_E_PATH_ESCAPES, r,
				  "'%s' leaves its directory or crosses a mount, refusing", path);
	case EACCES:
	case EPERM:
	case EROFS:
		ik_err_set(err, IK_E_PATH_DENIED, r, "cannot open '%s'", path);
		ik_err_hint(err, "No right to it, or a Windows program holds it open.");
		return r;
	case ENOTDIR:
		/* also of a link at the end, where a directory is asked for and links are not followed */
		if (is_link(dir_fd, path))
			return ik_err_set(err, IK_E_PATH_SYMLINK, ELOOP,
					  "'%s' is a symlink, refusing", path);
		return ik_err_set(err, IK_E_FILE_NOT_DIRECTORY, r, "cannot open '%s'", path);
	case EISDIR:
		return ik_err_set(err, IK_E_FILE_IS_DIRECTORY, r, "cannot open '%s', refusing",
				  path);
	case ENXIO:
		/* O_NONBLOCK on a FIFO without a reader, a socket, or a device without a driver */
		if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISFIFO(st.st_mode))
			return ik_err_set(err, IK_E_FILE_IS_FIFO, r, "'%s' is a FIFO, refusing",
					  path);
		return ik_err_set(err, IK_E_FILE_IS_SOCKET, r,
				  "'%s' is a socket or a device, refusing", path);
	default:
		return ik_err_set(err, IK_E_IO_FAILED, r, "cannot open '%s'", path);
	}
}

int ik_path_open(int dir_fd, const char *path, int flags, int *ret_fd, struct ik_err *err)
{
	int r;

	if (!ik_path_is_relative(path))
		return ik_err_set(err, IK_E_PATH_BAD, EINVAL,
				  "'%s' is not a plain relative path, refusing", path);
	r = resolve(dir_fd, path, flags, ret_fd);
	if (r < 0)
		return explain(dir_fd, path, r, err);
	return 0;
}

int ik_path_open_dir(int dir_fd, const char *path, int *ret_fd, struct ik_err *err)
{
	int r;

	if (strcmp(path, ".") != 0)
		return ik_path_open(dir_fd, path, O_RDONLY | O_DIRECTORY, ret_fd, err);
	r = ik_sys_openat(dir_fd, ".", O_RDONLY | O_DIRECTORY, 0, ret_fd);
	if (r < 0)
		return ik_err_set(err, IK_E_IO_FAILED, r, "cannot open the directory again");
	return 0;
}

static void fill_id(const struct stat *st, struct ik_file_id *ret_id)
{
	*ret_id = (struct ik_file_id){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.nlink = st->st_nlink,
		.size_bytes = (uint64_t)st->st_size,
		.mode = st->st_mode,
		.uid = st->st_uid,
		.mtime = st->st_mtim,
	};
}

static int want_regular(mode_t mode, const char *path, struct ik_err *err)
{
	if (S_ISREG(mode))
		return 0;
	if (S_ISDIR(mode))
		return ik_err_set(err, IK_E_FILE_IS_DIRECTORY, EISDIR,
				  "'%s' is not a file, refusing", path);
	if (S_ISFIFO(mode))
		return ik_err_set(err, IK_E_FILE_IS_FIFO, EINVAL, "'%s' is a FIFO, refusing", path);
	if (S_ISSOCK(mode))
		return ik_err_set(err, IK_E_FILE_IS_SOCKET, EINVAL, "'%s' is a socket, refusing",
				  path);
	if (S_ISLNK(mode))
		return ik_err_set(err, IK_E_PATH_SYMLINK, ELOOP, "'%s' is a symlink, refusing",
				  path);
	return ik_err_set(err, IK_E_FILE_IS_DEVICE, EINVAL, "'%s' is a device, refusing", path);
}

/* O_NONBLOCK was for the opening of what might be a FIFO; the file's reads and writes do without. */
static int make_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

/* Opens a path and insists on a regular file; ret_fd and ret_id are set on success only. */
static int open_known(int dir_fd, const char *path, int flags, int *ret_fd,
		      struct ik_file_id *ret_id, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct ik_file_id id = {0};
	int r = ik_path_open(dir_fd, path, flags, &fd, err);

	if (r >= 0)
		r = ik_file_id_of(fd, &id, err);
	if (r >= 0)
		r = want_regular(id.mode, path, err);
	if (r < 0)
		return r;
	*ret_fd = ik_steal_fd(&fd);
	*ret_id = id;
	return 0;
}

int ik_path_open_regular(int dir_fd, const char *path, int flags, int *ret_fd,
			 struct ik_file_id *ret_id, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct ik_file_id id;
	int r;

	/* A device is not opened to find out that it is one: opening can have effects. */
	r = ik_path_identify(dir_fd, path, &id, err);
	if (r < 0)
		return r;
	r = open_known(dir_fd, path, flags, &fd, &id, err);
	if (r < 0)
		return r;
	r = make_blocking(fd);
	if (r < 0)
		return ik_err_set(err, IK_E_IO_FAILED, r, "cannot use '%s'", path);
	*ret_fd = ik_steal_fd(&fd);
	if (ret_id)
		*ret_id = id;
	return 0;
}

int ik_path_identify(int dir_fd, const char *path, struct ik_file_id *ret_id, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;

	return open_known(dir_fd, path, O_PATH, &fd, ret_id, err);
}

int ik_path_exists(int dir_fd, const char *path, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct ik_err inner = {.code = IK_E_NONE};
	int r = ik_path_open(dir_fd, path, O_PATH, &fd, &inner);

	if (r == 0 || inner.code == IK_E_PATH_SYMLINK)
		return 1;
	if (inner.code == IK_E_PATH_MISSING)
		return 0;
	if (err)
		*err = inner;
	return r;
}

int ik_path_read_link(int dir_fd, const char *name, struct ik_strbuf *ret_target,
		      struct ik_err *err)
{
	char target[IK_PATH_NAME_BYTES];
	ssize_t n;

	if (!ik_path_is_component(name))
		return ik_err_set(err, IK_E_PATH_BAD, EINVAL, "'%s' is not a name", name);
	n = readlinkat(dir_fd, name, target, sizeof(target));
	if (n < 0)
		return ik_err_set(err, errno == ENOENT ? IK_E_PATH_MISSING : IK_E_PATH_BAD, errno,
				  "cannot read the link '%s'", name);
	if ((size_t)n < sizeof(target))
		target[n] = '\0';
	if ((size_t)n >= sizeof(target) || !ik_path_is_component(target))
		return ik_err_set(err, IK_E_PATH_BAD, EINVAL,
				  "the link '%s' does not name an entry beside it, refusing", name);
	ik_strbuf_puts(ret_target, target);
	if (ik_strbuf_error(ret_target) < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "link '%s'", name);
	return 0;
}

int ik_file_id_of(int fd, struct ik_file_id *ret_id, struct ik_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ik_err_set(err, IK_E_IO_FAILED, errno, "cannot examine an open file");
	fill_id(&st, ret_id);
	return 0;
}

bool ik_file_id_is_same(const struct ik_file_id *a, const struct ik_file_id *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

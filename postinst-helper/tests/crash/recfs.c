/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pass-through file system that writes down every operation that changes something, and that can
 * behave like a server of Windows drives that does less than it says. Usage:
 *   recfs BACKING MOUNTPOINT [LOG [QUIRK...]]
 * Like WSL's virtiofs server it answers every open with direct I/O, caches no attribute and no name,
 * and knows neither rename flags nor fallocate. It must not know who uses it.
 */
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "oplog.h"

static struct {
	int root;		/* the backing directory */
	int log;		/* negative: record nothing */
	bool fsync_unsupported; /* EOPNOTSUPP, as openvmm's 9p server */
	bool fsync_error;	/* EIO */
	bool size_ignored;	/* ftruncate says yes and does nothing */
	bool size_invalid;	/* shrinking is EINVAL, as for a mapped file */
	bool write_lost;	/* writes of the second kind: all that is read back is zero */
	bool rename_exdev;	/* rename over an existing name fails */
	bool stale_fstat;	/* fstat of a descriptor whose file was renamed is ENOENT */
} fs = {.log = -1};

static const char *rel(const char *path)
{
	return path[1] ? path + 1 : ".";
}

static void record(uint32_t kind, uint32_t flags, uint64_t ino, uint64_t offset, const char *name,
		   const char *name2, const void *data, size_t len)
{
	struct op_head head = {.kind = kind,
			       .flags = flags,
			       .ino = ino,
			       .offset = offset,
			       .name_len = name ? (uint32_t)strlen(name) : 0,
			       .name2_len = name2 ? (uint32_t)strlen(name2) : 0,
			       .data_len = (uint32_t)len};
	bool good;

	if (fs.log < 0)
		return;
	good = write(fs.log, &head, sizeof(head)) == (ssize_t)sizeof(head) &&
	       (!head.name_len || write(fs.log, name, head.name_len) == (ssize_t)head.name_len) &&
	       (!head.name2_len ||
		write(fs.log, name2, head.name2_len) == (ssize_t)head.name2_len) &&
	       (!len || write(fs.log, data, len) == (ssize_t)len);
	if (!good)
		abort(); /* a record that is lost would make every judgement wrong */
}

static uint64_t ino_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static int result(int r)
{
	return r < 0 ? -errno : 0;
}

static int fs_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	struct stat by_name;

	if (fi && fs.stale_fstat && fstat((int)fi->fh, st) == 0 &&
	    (fstatat(fs.root, rel(path), &by_name, AT_SYMLINK_NOFOLLOW) < 0 ||
	     by_name.st_ino != st->st_ino))
		return -ENOENT;
	if (fi)
		return result(fstat((int)fi->fh, st));
	return result(fstatat(fs.root, rel(path), st, AT_SYMLINK_NOFOLLOW));
}

static int fs_readlink(const char *path, char *buf, size_t size)
{
	ssize_t n = readlinkat(fs.root, rel(path), buf, size - 1);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

static int fs_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t off,
		      struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
	int fd = openat(fs.root, rel(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	(void)off;
	(void)fi;
	(void)flags;
	if (!dir)
		return -errno;
	while ((e = readdir(dir)))
		fill(buf, e->d_name, NULL, 0, 0);
	closedir(dir);
	return 0;
}

static int fs_open(const char *path, struct fuse_file_info *fi)
{
	int fd = openat(fs.root, rel(path), (fi->flags & ~(O_DIRECT | O_EXCL)) | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fi->flags & O_TRUNC)
		record(OP_SIZE, 0, ino_of(fd), 0, NULL, NULL, NULL, 0);
	fi->fh = (uint64_t)fd;
	fi->direct_io = 1;
	return 0;
}

static int fs_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	int fd = openat(fs.root, rel(path), (fi->flags & ~O_DIRECT) | O_CREAT | O_CLOEXEC, mode);

	if (fd < 0)
		return -errno;
	record(OP_CREATE, 0, ino_of(fd), 0, rel(path), NULL, NULL, 0);
	fi->fh = (uint64_t)fd;
	fi->direct_io = 1;
	return 0;
}

static int fs_read(const char *path, char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
	ssize_t n = pread((int)fi->fh, buf, size, off);

	(void)path;
	if (n > 0 && fs.write_lost)
		memset(buf, 0, (size_t)n);
	return n < 0 ? -errno : (int)n;
}

static int fs_write(const char *path, const char *buf, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	ssize_t n = pwrite((int)fi->fh, buf, size, off);

	(void)path;
	if (n < 0)
		return -errno;
	record(OP_WRITE, 0, ino_of((int)fi->fh), (uint64_t)off, NULL, NULL, buf, (size_t)n);
	return (int)n;
}

static int fs_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	int fd = fi ? (int)fi->fh : openat(fs.root, rel(path), O_WRONLY | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	r = fstat(fd, &st);
	if (r == 0 && fs.size_invalid && size < st.st_size) {
		errno = EINVAL;
		r = -1;
	} else if (r == 0 && !fs.size_ignored) {
		r = ftruncate(fd, size);
		if (r == 0)
			record(OP_SIZE, 0, ino_of(fd), (uint64_t)size, NULL, NULL, NULL, 0);
	}
	r = result(r);
	if (!fi)
		close(fd);
	return r;
}

static int fs_fsync(const char *path, int data_only, struct fuse_file_info *fi)
{
	int flags = fcntl((int)fi->fh, F_GETFL);
	uint32_t bits = data_only ? OP_F_DATA_ONLY : 0;

	(void)path;
	if (fs.fsync_unsupported)
		return -EOPNOTSUPP;
	if (fs.fsync_error)
		return -EIO;
	if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY)
		bits |= OP_F_WRITABLE;
	record(OP_FSYNC, bits, ino_of((int)fi->fh), 0, NULL, NULL, NULL, 0);
	return 0;
}

static int fs_rename(const char *from, const char *to, unsigned int flags)
{
	struct stat st;

	if (flags)
		return -EINVAL;
	if (fs.rename_exdev && fstatat(fs.root, rel(to), &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EACCES;
	if (renameat(fs.root, rel(from), fs.root, rel(to)) < 0)
		return -errno;
	record(OP_RENAME, 0, 0, 0, rel(from), rel(to), NULL, 0);
	return 0;
}

static int fs_unlink(const char *path)
{
	if (unlinkat(fs.root, rel(path), 0) < 0)
		return -errno;
	record(OP_UNLINK, 0, 0, 0, rel(path), NULL, NULL, 0);
	return 0;
}

static int fs_link(const char *from, const char *to)
{
	if (linkat(fs.root, rel(from), fs.root, rel(to), 0) < 0)
		return -errno;
	record(OP_LINK, 0, 0, 0, rel(from), rel(to), NULL, 0);
	return 0;
}

static int fs_symlink(const char *target, const char *path)
{
	return result(symlinkat(target, fs.root, rel(path)));
}

static int fs_mkdir(const char *path, mode_t mode)
{
	if (mkdirat(fs.root, rel(path), mode) < 0)
		return -errno;
	record(OP_MKDIR, 0, 0, 0, rel(path), NULL, NULL, 0);
	return 0;
}

static int fs_rmdir(const char *path)
{
	if (unlinkat(fs.root, rel(path), AT_REMOVEDIR) < 0)
		return -errno;
	record(OP_RMDIR, 0, 0, 0, rel(path), NULL, NULL, 0);
	return 0;
}

static int fs_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	if (utimensat(fs.root, rel(path), times, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(fs.root, rel(path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	record(OP_TIMES, 0, st.st_ino,
	       (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec, NULL, NULL,
	       NULL, 0);
	return 0;
}

static int fs_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	(void)fi;
	return result(fchmodat(fs.root, rel(path), mode, 0));
}

static int fs_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *fi)
{
	(void)fi;
	return result(fchownat(fs.root, rel(path), uid, gid, AT_SYMLINK_NOFOLLOW));
}

static int fs_mknod(const char *path, mode_t mode, dev_t dev)
{
	int r = mknodat(fs.root, rel(path), mode, dev);
	struct stat st;

	if (r == 0 && S_ISREG(mode) && fstatat(fs.root, rel(path), &st, 0) == 0)
		record(OP_CREATE, 0, st.st_ino, 0, rel(path), NULL, NULL, 0);
	return result(r);
}

static int fs_statfs(const char *path, struct statvfs *vfs)
{
	(void)path;
	return result(fstatvfs(fs.root, vfs));
}

static int fs_release(const char *path, struct fuse_file_info *fi)
{
	(void)path;
	close((int)fi->fh);
	return 0;
}

static int fs_fsyncdir(const char *path, int data_only, struct fuse_file_info *fi)
{
	(void)path;
	(void)data_only;
	(void)fi;
	return 0;
}

static void *fs_init(struct fuse_conn_info *conn, struct fuse_config *cfg)
{
	(void)conn;
	cfg->use_ino = 1;
	cfg->attr_timeout = 0;
	cfg->entry_timeout = 0;
	cfg->negative_timeout = 0;
	cfg->hard_remove = 1;
	cfg->nullpath_ok = 0;
	umask(0);
	return NULL;
}

static const struct fuse_operations operations = {
	.init = fs_init,
	.getattr = fs_getattr,
	.readlink = fs_readlink,
	.readdir = fs_readdir,
	.open = fs_open,
	.create = fs_create,
	.read = fs_read,
	.write = fs_write,
	.truncate = fs_truncate,
	.fsync = fs_fsync,
	.rename = fs_rename,
	.unlink = fs_unlink,
	.link = fs_link,
	.symlink = fs_symlink,
	.mkdir = fs_mkdir,
	.rmdir = fs_rmdir,
	.utimens = fs_utimens,
	.chmod = fs_chmod,
	.chown = fs_chown,
	.mknod = fs_mknod,
	.statfs = fs_statfs,
	.release = fs_release,
	.fsyncdir = fs_fsyncdir,
};

static bool set_quirk(const char *name)
{
	const struct {
		const char *name;
		bool *place;
	} quirks[] = {
		{"fsync-unsupported", &fs.fsync_unsupported},
		{"fsync-error", &fs.fsync_error},
		{"size-ignored", &fs.size_ignored},
		{"size-invalid", &fs.size_invalid},
		{"write-lost", &fs.write_lost},
		{"rename-denied", &fs.rename_exdev},
		{"stale-fstat", &fs.stale_fstat},
	};

	for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++)
		if (!strcmp(name, quirks[i].name))
			return *quirks[i].place = true;
	return false;
}

int main(int argc, char **argv)
{
	char single[] = "-s", option[] = "-o", value[] = "allow_other,default_permissions";
	char *fuse_argv[] = {argv[0], single, option, value, NULL, NULL};

	if (argc < 3) {
		fprintf(stderr, "Usage: recfs BACKING MOUNTPOINT [LOG [QUIRK...]]\n");
		return 2;
	}
	fs.root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (argc > 3 && strcmp(argv[3], "-") != 0)
		fs.log = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (int i = 4; i < argc; i++)
		if (!set_quirk(argv[i])) {
			fprintf(stderr, "recfs: no quirk '%s'\n", argv[i]);
			return 2;
		}
	if (fs.root < 0 || (argc > 3 && strcmp(argv[3], "-") != 0 && fs.log < 0)) {
		perror("recfs");
		return 1;
	}
	fuse_argv[4] = argv[2];
	return fuse_main(5, fuse_argv, &operations, NULL);
}

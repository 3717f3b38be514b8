/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads mountinfo through libmount and keeps the lines that can be a Windows drive.
 *
 * WSL's own rules: 9p counts with `aname=drvfs` only; a bind mount of a sub-directory is not the
 * drive, except for aggregate virtiofs, whose root is the share's GUID; a later mount on the same
 * path, or on a parent of it, hides an earlier one.
 *
 * The libmount of today takes no line that lacks one of its fields; of another one's texts known() is asked.
 * Source: microsoft/WSL src/linux/init/config.cpp (ConfigGetMountedDrvFsVolumes), util.cpp at 3e27a6a5.
 */
#include "os/mounts.h"

#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "os/mounttable.h"
#include "os/pathres.h"
#include "os/sys.h"

#define VIRTIOFS_HIDDEN "/run/wsl/virtiofs-mounts/" /* the aggregate mounts themselves */
#define LINK_MAX_BYTES	4096

/* Is `path` the directory `above` or beneath it? */
static bool is_beneath(const char *path, const char *above)
{
	size_t len = strlen(above);

	while (len > 1 && above[len - 1] == '/')
		len--;
	if (len == 1 && above[0] == '/')
		return true;
	return strncmp(path, above, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* Is there an option `key=value` whose value starts a Plan 9 name of drvfs? */
static bool has_aname_drvfs(const char *options)
{
	static const char want[] = "aname=drvfs";
	const char *at = options;

	while ((at = strstr(at, want))) {
		bool starts = at == options || at[-1] == ',';
		char next = at[sizeof(want) - 1];

		if (starts && (next == '\0' || next == ';' || next == ','))
			return true;
		at++;
	}
	return false;
}

/* The target of the link that names a virtiofs share's Windows path; "" when there is none. */
static int read_virtiofs_link(const char *links_dir, const char *tag, char **ret)
{
	ik_autoclose int fd = -EBADF;
	char target[LINK_MAX_BYTES];
	ssize_t n = -1;

	if (links_dir && ik_path_is_component(tag) &&
	    ik_sys_openat(AT_FDCWD, links_dir, O_PATH | O_DIRECTORY, 0, &fd) == 0)
		n = readlinkat(fd, tag, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	*ret = strdup(target);
	return *ret ? 0 : -ENOMEM;
}

static bool root_is_drive(enum ik_mount_kind kind, const char *source, const char *root)
{
	bool aggregate = kind == IK_MOUNT_VIRTIOFS &&
			 (strcmp(source, "drvfs") == 0 || strcmp(source, "drvfsa") == 0);

	if (aggregate) /* "/<GUID>", and nothing beneath it */
		return root[0] == '/' && root[1] != '\0' && strchr(root + 1, '/') == NULL;
	return strcmp(root, "/") == 0;
}

/* Never NULL: what a line does not say is empty. */
static const char *known(const char *text)
{
	return text ? text : "";
}

/* Sorts a line into a kind; false = it cannot be a drive. */
static bool classify(struct libmnt_fs *fs, const char *options, enum ik_mount_kind *ret)
{
	const char *type = known(mnt_fs_get_fstype(fs));

	if (strcmp(type, "drvfs") == 0)
		*ret = IK_MOUNT_DRVFS;
	else if (strcmp(type, "9p") == 0 && has_aname_drvfs(options))
		*ret = IK_MOUNT_9P;
	else if (strcmp(type, "virtiofs") == 0)
		*ret = IK_MOUNT_VIRTIOFS;
	else
		return false;
	if (*ret == IK_MOUNT_VIRTIOFS && is_beneath(known(mnt_fs_get_target(fs)), VIRTIOFS_HIDDEN))
		return false;
	return root_is_drive(*ret, known(mnt_fs_get_source(fs)), known(mnt_fs_get_root(fs)));
}

static int windows_path_of(const struct ik_mount *m, const char *links_dir, char **ret)
{
	bool letter = m->source[0] != '\0' && m->source[1] == ':';

	if (m->kind == IK_MOUNT_VIRTIOFS)
		return read_virtiofs_link(links_dir,
					  strcmp(m->root, "/") == 0 ? m->source : m->root + 1, ret);
	*ret = strdup(letter ? m->source : "");
	return *ret ? 0 : -ENOMEM;
}

static bool has_option(const char *options, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return true;
	}
	return false;
}

static void free_mount(struct ik_mount *m)
{
	free(m->mount_point);
	free(m->fstype);
	free(m->source);
	free(m->root);
	free(m->options);
	free(m->windows_path);
}

static int fill(struct libmnt_fs *fs, enum ik_mount_kind kind, const char *options,
		const char *links_dir, struct ik_mount *ret)
{
	struct ik_mount m = {
		.kind = kind,
		.id = mnt_fs_get_id(fs),
		.dev = mnt_fs_get_devno(fs),
		.visible = true,
		.read_only = has_option(options, "ro"),
		.mount_point = strdup(known(mnt_fs_get_target(fs))),
		.fstype = strdup(known(mnt_fs_get_fstype(fs))),
		.source = strdup(known(mnt_fs_get_source(fs))),
		.root = strdup(known(mnt_fs_get_root(fs))),
		.options = strdup(options),
	};

	if (!m.mount_point || !m.fstype || !m.source || !m.root || !m.options ||
	    windows_path_of(&m, links_dir, &m.windows_path) < 0) {
		free_mount(&m);
		return -ENOMEM;
	}
	*ret = m;
	return 0;
}

static void hide_earlier(struct ik_mounts *mounts, const char *target)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (is_beneath(mounts->list[i].mount_point, target))
			mounts->list[i].visible = false;
}

/* Takes one line: it may hide earlier candidates, and it may be one itself. */
static int take_line(struct libmnt_fs *fs, const char *links_dir, struct ik_mounts *mounts)
{
	ik_autostrbuf struct ik_strbuf options = {.data = NULL};
	enum ik_mount_kind kind;
	struct ik_mount *more;
	int r;

	hide_earlier(mounts, known(mnt_fs_get_target(fs)));
	ik_strbuf_printf(&options, "%s,%s", known(mnt_fs_get_vfs_options(fs)),
			 known(mnt_fs_get_fs_options(fs)));
	if (ik_strbuf_error(&options) < 0)
		return -ENOMEM;
	if (!classify(fs, ik_strbuf_str(&options), &kind))
		return 0;
	more = reallocarray(mounts->list, mounts->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	mounts->list = more;
	r = fill(fs, kind, ik_strbuf_str(&options), links_dir, &mounts->list[mounts->count]);
	if (r == 0)
		mounts->count++;
	return r;
}

int ik_mounts_load(const char *mountinfo, const char *virtiofs_links, struct ik_mounts *ret,
		   struct ik_err *err)
{
	struct ik_mounts mounts = {.list = NULL};
	struct libmnt_table *table;
	struct libmnt_iter *iter;
	struct libmnt_fs *fs;
	int r = ik_mounttable_read(mountinfo, &table, err);

	if (r < 0)
		return r;
	iter = mnt_new_iter(MNT_ITER_FORWARD);
	r = iter ? 0 : -ENOMEM;
	while (r == 0 && mnt_table_next_fs(table, iter, &fs) == 0)
		r = take_line(fs, virtiofs_links, &mounts);
	mnt_free_iter(iter);
	mnt_unref_table(table);
	if (r < 0) {
		ik_mounts_done(&mounts);
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, r, "reading '%s'", mountinfo);
	}
	*ret = mounts;
	return 0;
}

void ik_mounts_done(struct ik_mounts *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++)
		free_mount(&m->list[i]);
	free(m->list);
	*m = (struct ik_mounts){.list = NULL};
}

/* The mount id tells two mounts of one device apart, as with aggregate virtiofs. */
static bool is_this_mount(const struct ik_mount *mount, int fd)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
		return false;
	if (stx.stx_mask & STATX_MNT_ID)
		return stx.stx_mnt_id == (uint64_t)mount->id;
	return makedev(stx.stx_dev_major, stx.stx_dev_minor) == mount->dev;
}

int ik_mount_open(const struct ik_mount *mount, int *ret_fd, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	int r = ik_sys_openat(AT_FDCWD, mount->mount_point, O_RDONLY | O_DIRECTORY, 0, &fd);

	if (r < 0)
		return ik_err_set(err, IK_E_IO_FAILED, r, "cannot open the drive '%s'",
				  mount->mount_point);
	if (!is_this_mount(mount, fd))
		return ik_err_set(err, IK_E_DRIVE_HIDDEN, ESTALE,
				  "'%s' is not the mount that mountinfo names, refusing",
				  mount->mount_point);
	*ret_fd = ik_steal_fd(&fd);
	return 0;
}

/* Copies what describes one line into the caller's struct; what is too long is cut. */
static void describe(struct libmnt_fs *fs, struct ik_mount_line *ret)
{
	/* cppcheck-suppress ctuuninitvar ; filled here, not read */
	(void)snprintf(ret->fstype, sizeof(ret->fstype), "%s", known(mnt_fs_get_fstype(fs)));
	(void)snprintf(ret->source, sizeof(ret->source), "%s", known(mnt_fs_get_source(fs)));
	(void)snprintf(ret->options, sizeof(ret->options), "%s,%s",
		       known(mnt_fs_get_vfs_options(fs)), known(mnt_fs_get_fs_options(fs)));
}

int ik_mount_line_at(const char *mountinfo, const char *mount_point, struct ik_mount_line *ret,
		     struct ik_err *err)
{
	struct libmnt_table *table;
	struct libmnt_iter *iter;
	struct libmnt_fs *fs;
	int found = 0;
	int r = ik_mounttable_read(mountinfo, &table, err);

	if (r < 0)
		return r;
	iter = mnt_new_iter(MNT_ITER_BACKWARD); /* the last line on a path is the topmost mount */
	while (iter && !found && mnt_table_next_fs(table, iter, &fs) == 0) {
		if (strcmp(known(mnt_fs_get_target(fs)), mount_point) != 0)
			continue;
		describe(fs, ret);
		found = 1;
	}
	mnt_free_iter(iter);
	mnt_unref_table(table);
	return found;
}

int ik_mount_fstype_of(const char *mountinfo, int dir_fd, char **ret_fstype, struct ik_err *err)
{
	struct ik_mount probe = {.id = -1};
	struct libmnt_table *table;
	struct libmnt_iter *iter;
	struct libmnt_fs *fs;
	char *type = NULL;
	int r = ik_mounttable_read(mountinfo, &table, err);

	if (r < 0)
		return r;
	iter = mnt_new_iter(MNT_ITER_BACKWARD);
	while (iter && !type && mnt_table_next_fs(table, iter, &fs) == 0) {
		probe.id = mnt_fs_get_id(fs);
		probe.dev = mnt_fs_get_devno(fs);
		if (is_this_mount(&probe, dir_fd))
			type = strdup(known(mnt_fs_get_fstype(fs)));
	}
	mnt_free_iter(iter);
	mnt_unref_table(table);
	if (!type)
		return ik_err_set(err, IK_E_MOUNTS_UNREADABLE, ENOENT,
				  "'%s' has no line for the directory", mountinfo);
	*ret_fstype = type;
	return 0;
}

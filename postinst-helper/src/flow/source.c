/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was checked is what will be written: everything is read from the sealed copy.
 */
#include "flow/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "codec/relver.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "os/trusted.h"
#include "store/target.h"

void ik_source_close(struct ik_source *source)
{
	if (source)
		ik_sealed_done(&source->sealed);
}

static int no_package(struct ik_err *err, const char *what)
{
	int r = ik_err_set(err, IK_E_IMAGE_MISSING, ENOENT, "%s in \"%s\"", what, IK_IMAGE_DIR);

	ik_err_hint(err, "install the kernel package (`immensity-wsl-kernel`), or name an image "
			 "with `install --image FILE`");
	return r;
}

bool ik_source_has_package(const char *series)
{
	ik_autoclose int dir = -EBADF;

	if (ik_sys_open_read(IK_IMAGE_DIR, O_DIRECTORY, &dir) < 0)
		return false;
	if (series)
		return ik_path_exists(dir, series, NULL) > 0;
	return ik_path_exists(dir, "stable", NULL) > 0 || ik_path_exists(dir, "longterm", NULL) > 0;
}

const char *ik_source_series(const char *wanted)
{
	if (wanted[0] && ik_source_has_package(wanted))
		return wanted;
	if (ik_source_has_package("stable"))
		return "stable";
	return ik_source_has_package("longterm") ? "longterm" : wanted;
}

bool ik_source_is_of(const char *series, const char *release)
{
	struct ik_strbuf ik_autostrbuf link = {0};
	ik_autoclose int dir = -EBADF;

	return ik_sys_open_read(IK_IMAGE_DIR, O_DIRECTORY, &dir) >= 0 &&
	       ik_path_read_link(dir, series, &link, NULL) >= 0 &&
	       strcmp(ik_strbuf_str(&link), release) == 0;
}

/* Follows stable or longterm to the release; the setting `series` chooses among those that are there. */
static int find_release(const struct ik_session *session, struct ik_strbuf *ret, struct ik_err *err)
{
	static const char *const known[] = {"stable", "longterm"};
	ik_autoclose int dir = -EBADF;
	const char *series = ik_source_series(session->conf.series);

	if (ik_sys_open_read(IK_IMAGE_DIR, O_DIRECTORY, &dir) < 0)
		return no_package(err, "no kernel package");
	for (size_t i = 0; i < IK_ARRAY_SIZE(known); i++) {
		struct ik_err seen = {0};
		int r;

		if (series[0] && strcmp(series, known[i]) != 0)
			continue;
		r = ik_path_read_link(dir, known[i], ret, &seen);
		if (r >= 0)
			return 0;
		if (seen.code != IK_E_PATH_MISSING) {
			if (err)
				*err = seen;
			return r;
		}
	}
	return no_package(err,
			  series[0] ? "no kernel package of this series" : "no kernel package");
}

int ik_source_manifest(const struct ik_session *session, struct ik_manifest *ret, char *ret_dir,
		       struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf release = {0};
	struct ik_sealed ik_autosealed sealed = {.fd = -EBADF};
	ik_autofree char *text = NULL;
	char dir[256];
	size_t len = 0;
	int r = find_release(session, &release, err);

	if (r < 0)
		return r;
	(void)snprintf(dir, sizeof(dir), "%s/%s", IK_IMAGE_DIR, ik_strbuf_str(&release));
	r = ik_trusted_seal(dir, "manifest.json", IK_MANIFEST_MAX_BYTES, &sealed, err);
	if (r < 0)
		return r;
	r = ik_sys_read_all(sealed.fd, IK_MANIFEST_MAX_BYTES, &text, &len);
	if (r < 0)
		return ik_err_set(err, IK_E_MANIFEST_BAD, r, "\"%s/manifest.json\"", dir);
	r = ik_manifest_parse(text, len, ret, err);
	if (r < 0) {
		ik_err_prefix(err, "\"%s/manifest.json\"", dir);
		return r;
	}
	if (strcmp(ret->release, ik_strbuf_str(&release)) != 0)
		return ik_err_set(err, IK_E_MANIFEST_BAD, 0,
				  "\"%s/manifest.json\" speaks of release %s", dir, ret->release);
	(void)snprintf(ret_dir, 128, "%s", ik_strbuf_str(&release));
	return 0;
}

/* Is the image for this machine? */
static int check_arch(const struct ik_image *image, struct ik_err *err)
{
	struct utsname uts;
	int r;

	if (uname(&uts) < 0 || ik_arch_parse(uts.machine) == image->arch)
		return 0;
	r = ik_err_set(err, IK_E_IMAGE_ARCH, 0, "the image is for %s, this machine is %s",
		       ik_arch_name(image->arch), uts.machine);
	ik_err_hint(err, "install the package for this architecture");
	return r;
}

/* Fills in what can be said of a sealed image, and checks what must hold for every one. */
static int judge(struct ik_source *source, struct ik_err *err)
{
	int r = ik_target_probe_fd(source->sealed.fd, source->sealed.size_bytes, &source->image,
				   err);

	if (r >= 0)
		r = check_arch(&source->image, err);
	if (r >= 0)
		r = ik_relver_check(source->image.release, err);
	if (r >= 0)
		r = ik_target_body_digest(source->sealed.fd, source->sealed.size_bytes,
					  &source->body, err);
	if (r < 0)
		ik_err_prefix(err, "\"%s\"", source->path);
	source->kind = ik_kind_of(true, true, source->image.release);
	return r;
}

static const struct ik_manifest_image *choose(const struct ik_session *session,
					      const struct ik_manifest *manifest,
					      enum ik_image_format wanted)
{
	const struct ik_manifest_image *image;

	if (session->conf.image_format != IK_IMAGE_UNKNOWN)
		return ik_manifest_find(manifest, session->conf.image_format);
	image = ik_manifest_find(manifest, wanted != IK_IMAGE_UNKNOWN ? wanted : IK_IMAGE_BZIMAGE);
	if (!image)
		image = ik_manifest_find(manifest, IK_IMAGE_BZIMAGE);
	return image ? image : ik_manifest_find(manifest, IK_IMAGE_ELF);
}

/* Compares the sealed copy with the manifest's line. */
static int compare(const struct ik_source *source, const struct ik_manifest *manifest,
		   const struct ik_manifest_image *line, struct ik_err *err)
{
	const char *what = NULL;
	int r;

	if (source->sealed.size_bytes != line->size_bytes)
		what = "size";
	else if (!ik_digest_is_equal(&source->sealed.digest, &line->sha256))
		what = "SHA-256";
	else if (source->image.format != line->format)
		what = "format";
	else if (strcmp(source->image.release, manifest->release) != 0)
		what = "release";
	if (!what)
		return 0;
	r = ik_err_set(err, IK_E_IMAGE_DIGEST, 0, "\"%s\" and its manifest disagree on the %s",
		       source->path, what);
	ik_err_hint(err, "reinstall the kernel package: its files are damaged");
	return r;
}

int ik_source_open(const struct ik_session *session, enum ik_image_format wanted,
		   struct ik_source *ret, struct ik_err *err)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	const struct ik_manifest_image *line;
	struct ik_manifest manifest;
	char release[128], dir[256];
	int r = ik_source_manifest(session, &manifest, release, err);

	if (r < 0)
		return r;
	line = choose(session, &manifest, wanted);
	if (!line)
		return no_package(err, "no image of the wanted format");
	(void)snprintf(dir, sizeof(dir), "%s/%s", IK_IMAGE_DIR, release);
	(void)snprintf(source.path, sizeof(source.path), "%s/%s", dir, line->file);
	(void)snprintf(source.version, sizeof(source.version), "%s", manifest.version);
	r = ik_trusted_seal(dir, line->file, IK_IMAGE_MAX_BYTES, &source.sealed, err);
	if (r >= 0)
		r = judge(&source, err);
	if (r >= 0)
		r = compare(&source, &manifest, line, err);
	if (r < 0)
		return r;
	*ret = source;
	source.sealed.fd = -EBADF;
	return 0;
}

/* "7.3.4-1-immensity-…" -> "7.3.4-1": what goes into file names. */
static void version_of(const char *release, char *buf, size_t size)
{
	const char *end = strstr(release, "-" IK_RELVER_BRAND);

	(void)snprintf(buf, size, "%.*s", end ? (int)(end - release) : (int)strcspn(release, "-"),
		       release);
}

int ik_source_open_file(const char *path, struct ik_source *ret, struct ik_err *err)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	ik_autoclose int fd = -EBADF;
	struct stat st;
	int r = ik_sys_open_read(path, O_NONBLOCK, &fd);

	if (r >= 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r < 0)
		return ik_err_set(err, IK_E_IMAGE_MISSING, r, "image \"%s\"", path);
	if (!S_ISREG(st.st_mode))
		return ik_err_set(err, IK_E_IMAGE_FORMAT, 0, "\"%s\" is no regular file", path);
	(void)snprintf(source.path, sizeof(source.path), "%s", path);
	r = ik_sealed_copy_fd(fd, "image", IK_IMAGE_MAX_BYTES, &source.sealed, err);
	if (r >= 0)
		r = judge(&source, err);
	if (r < 0)
		return r;
	version_of(source.image.release, source.version, sizeof(source.version));
	*ret = source;
	source.sealed.fd = -EBADF;
	return 0;
}

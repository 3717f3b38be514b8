/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON by jansson. A file that cannot be read as ours is moved aside, never trusted and never lost.
 */
#include "store/state.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "io/afile.h"
#include "io/fault.h"
#include "os/lock.h"
#include "os/sys.h"

#define SCHEMA	    1
#define MAX_BYTES   ((size_t)64 << 10)
#define BROKEN_NAME IK_STATE_FILE ".broken"

#define autojson IK_CLEANUP(json_decrefp) /* jansson's own */

static void take_text(const json_t *object, const char *key, char *buf, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	(void)snprintf(buf, size, "%s", text ? text : "");
}

static void take_event(const json_t *root, const char *key, struct ik_state_event *ret)
{
	const json_t *event = json_object_get(root, key);

	if (!json_is_object(event))
		return;
	ret->present = true;
	take_text(event, "command", ret->command, sizeof(ret->command));
	take_text(event, "code", ret->code, sizeof(ret->code));
	take_text(event, "message", ret->message, sizeof(ret->message));
	take_text(event, "hint", ret->hint, sizeof(ret->hint));
	ret->since_unix_s = json_integer_value(json_object_get(event, "since_unix_s"));
	take_text(event, "series", ret->series, sizeof(ret->series));
	take_text(event, "release", ret->release, sizeof(ret->release));
	ret->downgrade = json_is_true(json_object_get(event, "downgrade"));
}

static void take_installed(const json_t *root, struct ik_state *ret)
{
	const json_t *installed = json_object_get(root, "installed");

	if (!json_is_object(installed))
		return;
	ret->installed = true;
	take_text(installed, "mode", ret->mode, sizeof(ret->mode));
	take_text(installed, "release", ret->release, sizeof(ret->release));
	take_text(installed, "sha256", ret->sha256, sizeof(ret->sha256));
	take_text(installed, "path", ret->path, sizeof(ret->path));
	ret->installed_unix_s = json_integer_value(json_object_get(installed, "since_unix_s"));
}

/* jansson calls a text invalid where it had no memory for it; malloc() says so. */
static int parse(const char *text, size_t len, json_t **ret)
{
	errno = 0;
	*ret = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	return !*ret && errno == ENOMEM ? -ENOMEM : 0;
}

/* What is there by our name but is no text of ours gives NULL. Negative = it could not be read. */
static int load_json(int dir_fd, json_t **ret, struct ik_err *err)
{
	ik_autofree char *text = NULL;
	struct ik_err seen = {0};
	size_t len = 0;
	int r = ik_afile_read(dir_fd, IK_STATE_FILE, MAX_BYTES, &text, &len, &seen);

	*ret = NULL;
	if (r == 0 || (r < 0 && ik_code_exit(seen.code) == IK_EXIT_REFUSED))
		return 0; /* nothing, or no plain file of a size that we write */
	if (r > 0)
		r = parse(text, len, ret);
	if (r < 0)
		return ik_err_set(err, r == -ENOMEM ? IK_E_MEMORY_EXHAUSTED : IK_E_STATE_BAD, r,
				  "the state in \"%s\" could not be read", IK_STATE_FILE);
	if (json_integer_value(json_object_get(*ret, "schema")) != SCHEMA) {
		json_decref(*ret);
		*ret = NULL;
	}
	return 0;
}

static void take_all(const json_t *root, struct ik_state *ret)
{
	take_event(root, "pending", &ret->pending);
	take_event(root, "last_error", &ret->last_error);
	take_installed(root, ret);
	ret->official_hold = json_is_true(json_object_get(root, "official_hold"));
	take_text(root, "hold_key", ret->hold_key, sizeof(ret->hold_key));
}

int ik_state_load(const char *dir, struct ik_state *ret, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	json_t autojson *root = NULL;
	int r = ik_sys_open_read(dir, O_DIRECTORY, &fd);

	memset(ret, 0, sizeof(*ret));
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return ik_err_set(err, IK_E_STATE_BAD, r, "the state in \"%s\" could not be read",
				  dir);
	r = load_json(fd, &root, err);
	if (r >= 0 && root)
		take_all(root, ret);
	return r;
}

static json_t *put_event(const struct ik_state_event *event)
{
	if (!event->present)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:b}", "command", event->command,
			 "code", event->code, "message", event->message, "hint", event->hint,
			 "since_unix_s", (json_int_t)event->since_unix_s, "series", event->series,
			 "release", event->release, "downgrade", event->downgrade);
}

static json_t *put_installed(const struct ik_state *state)
{
	if (!state->installed)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:I}", "mode", state->mode, "release",
			 state->release, "sha256", state->sha256, "path", state->path,
			 "since_unix_s", (json_int_t)state->installed_unix_s);
}

static int open_state_dir(const char *dir, int *ret_fd, struct ik_err *err)
{
	int r = ik_sys_open_read(dir, O_DIRECTORY, ret_fd);

	if (r == -ENOENT) {
		r = ik_sys_mkdir(AT_FDCWD, dir, 0755);
		if (r < 0 && r != -EEXIST)
			return ik_io_fault(r, err, "creating \"%s\"", dir);
		r = ik_sys_open_read(dir, O_DIRECTORY, ret_fd);
		if (r >= 0)
			ik_ignore(ik_sys_fchmod(*ret_fd, 0755)); /* `status` needs no root */
	}
	return r < 0 ? ik_io_fault(r, err, "opening state directory \"%s\"", dir) : 0;
}

/* A file by our name that we could not read is evidence: moved aside, not overwritten. Was there one? */
static bool keep_broken(int dir_fd)
{
	json_t autojson *root = NULL;

	ik_ignore(load_json(dir_fd, &root, NULL)); /* who saves has decided what that means */
	return !root && ik_sys_rename(dir_fd, IK_STATE_FILE, dir_fd, BROKEN_NAME) >= 0;
}

/* Nobody can do anything about it where there is no WSL 2. */
static bool is_for_users(const struct ik_state_event *pending)
{
	return pending->present && strcmp(pending->code, ik_code_name(IK_E_WSL_ABSENT)) != 0 &&
	       strcmp(pending->code, ik_code_name(IK_E_WSL_VERSION_1)) != 0;
}

/* The file for the login script; only a courtesy, so failures are ignored. */
static void mark_pending(int dir_fd, const struct ik_state_event *pending)
{
	ik_autoclose int fd = -EBADF;

	if (is_for_users(pending))
		ik_ignore(ik_sys_create(dir_fd, IK_STATE_PENDING, 0644, &fd));
	else
		ik_ignore(ik_sys_unlink(dir_fd, IK_STATE_PENDING));
}

int ik_state_save(const char *dir, const struct ik_state *state, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	ik_autofree char *text = NULL;
	json_t autojson *root = NULL;
	int r = open_state_dir(dir, &fd, err);
	bool moved;

	if (r < 0)
		return r;
	root = json_pack("{s:i, s:o, s:o, s:o, s:b, s:s}", "schema", SCHEMA, "pending",
			 put_event(&state->pending), "last_error", put_event(&state->last_error),
			 "installed", put_installed(state), "official_hold", state->official_hold,
			 "hold_key", state->hold_key);
	text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	if (!text)
		return ik_err_set(err, IK_E_STATE_BAD, ENOMEM, "writing the state in \"%s\"", dir);
	moved = keep_broken(fd);
	r = ik_afile_replace(fd, IK_STATE_FILE, text, strlen(text), 0644, err);
	if (r < 0 && moved) /* it may be a good one that there was no memory to read */
		ik_ignore(ik_sys_rename(fd, BROKEN_NAME, fd, IK_STATE_FILE));
	if (r >= 0)
		mark_pending(fd, &state->pending);
	return r;
}

void ik_state_remove(const char *dir)
{
	int fd = -EBADF;

	if (ik_sys_open_read(dir, O_DIRECTORY, &fd) < 0)
		return;
	ik_ignore(ik_sys_unlink(fd, IK_STATE_FILE));
	ik_ignore(ik_sys_unlink(fd, BROKEN_NAME));
	ik_ignore(ik_sys_unlink(fd, IK_STATE_PENDING));
	ik_ignore(
		ik_sys_unlink(fd, IK_LOCK_NAME)); /* there for a directory given with --state-dir */
	(void)ik_close(fd);
	ik_ignore(ik_sys_rmdir(AT_FDCWD, dir));
}

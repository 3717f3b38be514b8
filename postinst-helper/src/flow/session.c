/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Defaults, then the configuration file, then the command line; each later one wins.
 */
#include "flow/session.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "codec/mountopt.h"
#include "codec/winpath.h"
#include "os/sys.h"

void ik_session_close(struct ik_session *session)
{
	if (!session)
		return;
	ik_wslenv_done(&session->env);
	ik_drive_close(&session->drive);
}

static int load_conf(struct ik_session *session, struct ik_err *err)
{
	const char *path = session->options.config ? session->options.config : IK_CONF_PATH;
	ik_autoclose int fd = -EBADF;
	ik_autofree char *text = NULL;
	size_t len = 0;
	int r = ik_sys_open_read(path, 0, &fd);

	ik_conf_init(&session->conf);
	if (r == -ENOENT && !session->options.config)
		return 0;
	if (r >= 0)
		r = ik_sys_read_all(fd, IK_CONF_MAX_BYTES, &text, &len);
	if (r < 0)
		return ik_err_set(err, r == -ENOMEM ? IK_E_MEMORY_EXHAUSTED : IK_E_CONF_SYNTAX, r,
				  "configuration \"%s\"", path);
	return ik_conf_parse(&session->conf, text, len, path, err);
}

static int apply_options(struct ik_session *session, struct ik_err *err)
{
	const struct ik_options *o = &session->options;
	/* A relative directory is meant from where the user stands. */
	ik_autofree char *drive = o->drive ? realpath(o->drive, NULL) : NULL;
	ik_autofree char *profile = o->profile ? realpath(o->profile, NULL) : NULL;
	const struct {
		const char *key, *value;
	} list[] = {
		{"drive", drive ? drive : o->drive},
		{"drive_letter", o->drive_letter},
		{"target", o->target},
		{"profile", profile ? profile : o->profile},
		/* The caller's is only a default: the configuration wins, while its package is there (flow/source). */
		{"series", session->conf.series[0] ? NULL : o->series},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(list); i++) {
		int r = list[i].value ?
				ik_conf_set(&session->conf, list[i].key, list[i].value, err) :
				0;

		if (r < 0)
			return r;
	}
	session->downgrade = o->force;
	if (o->force)
		session->conf.allow_downgrade = session->conf.replace_foreign = true;
	return 0;
}

/* The letter of the drive that WSL itself is installed on: most likely Windows' own. */
static char letter_hint(const struct ik_wslenv *env)
{
	char relative[IK_WINPATH_BYTES], letter;

	if (env->install_path &&
	    ik_winpath_to_relative(env->install_path, &letter, relative, NULL) >= 0)
		return letter;
	return 0;
}

static void find_drive(struct ik_session *session)
{
	const struct ik_conf *conf = &session->conf;
	bool letter_given = conf->source[IK_CONF_DRIVE_LETTER].origin != IK_CONF_DEFAULT;
	int r;

	if (conf->drive[0]) {
		r = ik_drive_open(conf->drive, conf->drive_letter, &session->drive,
				  &session->drive_err);
	} else if (session->env.wsl == 2) {
		r = ik_drive_find(letter_given ? conf->drive_letter : 0, letter_hint(&session->env),
				  &session->drive, &session->drive_err);
	} else if (session->env.wsl == 1) {
		r = ik_err_set(&session->drive_err, IK_E_WSL_VERSION_1, 0,
			       "this is WSL 1, which has no Linux kernel of its own");
		ik_err_hint(&session->drive_err,
			    "convert it from Windows with `wsl --set-version NAME 2`");
	} else {
		r = ik_err_set(&session->drive_err, IK_E_WSL_ABSENT, 0,
			       "this is not WSL 2%s; nothing to do",
			       session->env.container ? " but a container on it" : "");
		ik_err_hint(&session->drive_err,
			    "run it in a WSL 2 distribution, or name a drive with `--drive DIR`");
	}
	if (r < 0)
		session->drive.fd = -EBADF;
}

void ik_session_read_state(struct ik_session *session)
{
	ik_err_clear(&session->state_err);
	ik_ignore(ik_state_load(session->state_dir, &session->state, &session->state_err));
}

int ik_session_open(const struct ik_options *options, struct ik_session *ret, struct ik_err *err)
{
	struct ik_session session = {.options = *options, .drive = {.fd = -EBADF}};
	ik_autoclose int root = -EBADF;
	int r = ik_sys_open_read("/", O_DIRECTORY, &root);

	session.state_dir = options->state_dir ? options->state_dir : IK_STATE_DIR;
	if (r < 0)
		return ik_err_set(err, IK_E_IO_FAILED, r, "opening \"/\"");
	r = load_conf(&session, err);
	if (r >= 0)
		r = apply_options(&session, err);
	if (r >= 0)
		r = ik_wslenv_probe(root, &session.env, err);
	if (r < 0)
		return r;
	ik_session_read_state(&session);
	find_drive(&session);
	*ret = session;
	return 0;
}

int ik_session_need_drive(const struct ik_session *session, struct ik_err *err)
{
	if (session->drive.fd >= 0)
		return 0;
	if (err)
		*err = session->drive_err;
	return -ENODEV;
}

int ik_session_need_root(const struct ik_session *session, struct ik_err *err)
{
	int r;

	if (geteuid() == 0 || session->conf.drive[0])
		return 0;
	r = ik_err_set(err, IK_E_ROOT_NEEDED, EPERM, "this command changes the system");
	ik_err_hint(err, "run it with `sudo`");
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run starts from: options, configuration, environment, the drive, the remembered state.
 * Made by the parent; the child inherits it. It must not change anything.
 */
#ifndef IK_FLOW_SESSION_H
#define IK_FLOW_SESSION_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "codec/conf.h"
#include "flow/plan.h"
#include "io/progress.h"
#include "os/wslenv.h"
#include "store/drive.h"
#include "store/state.h"

#define IK_CONF_PATH "/etc/immensity-kernel.conf"
#define IK_IMAGE_DIR "/usr/lib/immensity-wsl-kernel"
#define IK_LOG_DIR   "/var/log"

/* The command line, as given; NULL or 0 = not given. */
struct ik_options {
	const char *drive;
	const char *drive_letter;
	const char *target;
	const char *profile;
	const char *config;
	const char *state_dir;
	const char *series;
	bool force;
	bool dry_run;
};

/* Who wants it: what a user types is done, what a package or a boot wants has to wait for what users have said. */
enum ik_asker {
	IK_ASKER_USER,
	IK_ASKER_PACKAGE,
	IK_ASKER_BOOT, /* tries again what is pending, and nothing else */
};

struct ik_session {
	struct ik_options options;
	struct ik_conf conf;
	struct ik_wslenv env;
	enum ik_asker asker;
	bool downgrade; /* this run's own wish, apart from the settings: an older kernel may take the place */
	struct ik_state state;
	struct ik_err
		state_err;     /* why the state is there but could not be read; then it is empty */
	const char *state_dir; /* borrowed */
	struct ik_drive drive; /* fd negative when there is none: then drive_err says why */
	struct ik_err drive_err;
	struct ik_progress progress; /* the command line's, for long copies */
};

/*
 * Purpose     gathers what a run starts from.
 * Parameters  options: copied, its texts borrowed for the life of the session
 * Errors      IK_E_CONF_*: bad settings; others only for lack of memory. Not being in WSL and having no
 *             drive are no errors here: see ik_session_need_drive().
 */
int ik_session_open(const struct ik_options *options, struct ik_session *ret,
		    struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     reads the state again: another run may have changed it, for all that is known without L1.
 * Effects     state and state_err
 */
void ik_session_read_state(struct ik_session *session);

/* Purpose     releases everything; session may be NULL. */
void ik_session_close(struct ik_session *session);

#define ik_autosession IK_CLEANUP(ik_session_close)

/*
 * Purpose     insists on a drive that a command may work on.
 * Errors      IK_E_WSL_ABSENT, IK_E_WSL_VERSION_1 (unless --drive was given), or why there is no drive
 */
int ik_session_need_drive(const struct ik_session *session, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     insists on the right to change the system: root, unless the drive was named by hand.
 * Errors      IK_E_ROOT_NEEDED
 */
int ik_session_need_root(const struct ik_session *session, struct ik_err *err) IK_MUST_CHECK;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each finding is one small function over facts already gathered. The registry cannot be read from
 * Linux, so a policy shows only by its effect.
 */
#include "flow/doctor.h"

#include <stdio.h>
#include <string.h>

#include "codec/relver.h"
#include "flow/status.h"
#include "flow/wedit.h"
#include "flow/wmodules.h"
#include "flow/worker.h"
#include "os/sys.h"
#include "store/names.h"

#define SPACE_WANTED (96ULL << 20) /* image, backup and growth, generously */

static void find_drive(const struct ik_scene *scene, struct ik_report *report)
{
	const struct ik_drive *drive = &scene->session->drive;
	uint64_t have = 0;

	if (drive->read_only)
		ik_report_finding(report, IK_LEVEL_PROBLEM, "drive-readonly",
				  "mount it writable: check /etc/wsl.conf and /etc/fstab",
				  "drive %c: at \"%.200s\" is mounted read-only", drive->letter,
				  drive->path);
	if (ik_sys_free_bytes(drive->fd, &have) >= 0 && have < SPACE_WANTED)
		ik_report_finding(report, IK_LEVEL_PROBLEM, "space-low",
				  "free some space on the Windows drive",
				  "only %llu MiB are free on drive %c:",
				  (unsigned long long)(have >> 20), drive->letter);
	else
		ik_report_finding(report, IK_LEVEL_OK, "drive", NULL,
				  "drive %c: at \"%.200s\" (%s)", drive->letter, drive->path,
				  drive->fstype);
}

static void find_mode(const struct ik_scene *scene, struct ik_report *report)
{
	struct ik_err err = {0};

	if (ik_scene_need_mode(scene, &err) < 0) {
		ik_report_finding(report, IK_LEVEL_PROBLEM, ik_code_name(err.code), err.hint, "%s",
				  err.message);
		return;
	}
	ik_report_finding(report, IK_LEVEL_OK, "mode", NULL, "mode %s", ik_mode_name(scene->mode));
	if (scene->mode == IK_MODE_LXSS && !scene->target_writable)
		ik_report_finding(
			report, IK_LEVEL_WARNING, "target-not-writable",
			"open a WSL terminal with \"Run as administrator\"; once, perhaps "
			"also `immensity-kernel prepare`",
			"this session has no right to change \"%.200s\"", scene->lxss.relative);
	if (scene->mode == IK_MODE_WSLCONFIG && scene->has_target)
		ik_report_finding(
			report, IK_LEVEL_INFO, "lxss-unused", NULL,
			"the kernel in lxss\\tools is a remnant; Store WSL does not look at "
			"it");
}

/* How a kernel that is damaged or missing comes right again. */
static const char *repair_of(enum ik_mode mode)
{
	return mode == IK_MODE_WSLCONFIG ?
		       "run `sudo immensity-kernel install`, or correct kernel= in .wslconfig" :
		       "run `sudo immensity-kernel recover`, or from Windows `wsl --update`";
}

static void find_target(const struct ik_report_image *target, enum ik_mode mode,
			const char *running, struct ik_report *report)
{
	const char *repair = repair_of(mode);

	switch (target->kind) {
	case IK_KIND_TORN:
		ik_report_finding(report, IK_LEVEL_PROBLEM, "target-torn", repair,
				  "\"%.200s\" is damaged", target->path);
		return;
	case IK_KIND_MISSING:
		ik_report_finding(report, IK_LEVEL_PROBLEM, "target-missing", repair,
				  "the kernel that Windows is to boot does not exist: \"%.200s\"",
				  target->path[0] ? target->path : target->windows_path);
		return;
	case IK_KIND_FOREIGN:
		ik_report_finding(report, IK_LEVEL_WARNING, "target-foreign",
				  "`immensity-kernel --force install` replaces it; it is kept",
				  "Windows boots somebody else's kernel %.80s", target->release);
		return;
	case IK_KIND_UNKNOWN:
		ik_report_finding(report, IK_LEVEL_PROBLEM, "target-unknown",
				  "find out what stands there; `wsl --update` from Windows brings "
				  "Microsoft's kernel",
				  "\"%.200s\" cannot be examined", target->path);
		return;
	case IK_KIND_OURS:
	case IK_KIND_OFFICIAL:
		break;
	}
	if (target->kind == IK_KIND_OURS && running && strcmp(running, target->release) != 0)
		ik_report_finding(report, IK_LEVEL_WARNING, "restart-needed",
				  "`wsl --shutdown` from Windows; if that does not help, a policy "
				  "(AllowKernelUserSetting) or safeMode voids the setting",
				  "%.64s runs, %.64s is installed", running, target->release);
	else
		ik_report_finding(report, IK_LEVEL_OK, "target", NULL, "Windows boots %s %.80s",
				  ik_kind_name(target->kind), target->release);
}

static void find_syntax(const struct ik_wslconf *conf, struct ik_report *report)
{
	const struct ik_wslconf_warning *w;

	for (size_t i = 0; (w = ik_wslconf_warning(conf, i)); i++)
		ik_report_finding(report, IK_LEVEL_WARNING, ik_wslconf_warning_name(w->kind),
				  "correct or remove the line; WSL ignores it",
				  ".wslconfig line %u%s%s%s", w->line, w->name[0] ? " (\"" : "",
				  w->name, w->name[0] ? "\")" : "");
}

static void find_value(const struct ik_wslconf *conf, struct ik_report *report)
{
	struct ik_wslconf_value value, modules;

	ik_wslconf_get(conf, "wsl2", "kernel", &value);
	ik_wslconf_get(conf, "wsl2", "kernelModules", &modules);
	if (value.present && (value.is_mangled || value.has_control))
		ik_report_finding(report, IK_LEVEL_PROBLEM, "kernel-path-mangled",
				  "write the path in ASCII with doubled backslashes",
				  "kernel= in .wslconfig line %u holds %s", value.line,
				  value.has_control ? "an escape such as \\t that eats a letter" :
						      "characters that WSL cuts to 8 bits");
	if (value.duplicates)
		ik_report_finding(report, IK_LEVEL_WARNING, "kernel-duplicate",
				  "keep one; WSL takes the first",
				  "kernel= stands %u times in .wslconfig", value.duplicates + 1);
	if (modules.present && value.present)
		ik_report_finding(report, IK_LEVEL_WARNING, "kernel-modules",
				  "remove kernelModules= unless the disk belongs to this kernel",
				  "kernelModules= in .wslconfig line %u names a disk for a certain "
				  "kernel",
				  modules.line);
	if (ik_wslconf_is_safe_mode(conf))
		ik_report_finding(report, IK_LEVEL_PROBLEM, "safe-mode",
				  "remove safeMode=true when it is not needed any more",
				  "safeMode=true in .wslconfig makes WSL boot its own kernel");
}

/* Inbox WSL does not know the key. */
static void find_modules_alone(const struct ik_scene *scene, const struct ik_wslconf *conf,
			       struct ik_report *report)
{
	unsigned line = ik_wmodules_alone(conf);

	if (line &&
	    (scene->mode == IK_MODE_WSLCONFIG || scene->session->env.flavour == IK_WSL_STORE))
		ik_report_finding(
			report, IK_LEVEL_PROBLEM, "kernel-modules-alone",
			"put a \"#\" before that line, or name the disk's kernel with kernel=",
			"kernelModules= in .wslconfig line %u stands without kernel=: WSL "
			"does not start",
			line);
}

static void find_wslconfig(const struct ik_scene *scene, struct ik_report *report)
{
	struct ik_place ik_autoplace own = {.fd = -EBADF};
	struct ik_wedit ik_autowedit edit = {0};
	struct ik_err err = {0};
	bool shared;

	if (ik_place_own(&scene->session->drive, &scene->profile, false, &shared, &own, &err) < 0 ||
	    ik_wedit_open(scene, &own, &edit, &err) < 0) {
		ik_report_finding(report, IK_LEVEL_PROBLEM, ik_code_name(err.code), err.hint, "%s",
				  err.message);
		return;
	}
	find_syntax(edit.conf, report);
	find_value(edit.conf, report);
	find_modules_alone(scene, edit.conf, report);
	if (scene->mode == IK_MODE_LXSS && edit.owner != IK_WEDIT_NONE)
		ik_report_finding(report, IK_LEVEL_WARNING, "kernel-key-wins",
				  "remove the line, or use `target=wslconfig`",
				  "kernel= in .wslconfig wins over the kernel in lxss\\tools");
}

static int doctor_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	int r = ik_scene_open(job->session, &scene, err);

	if (r < 0)
		return r;
	find_drive(&scene, report);
	find_mode(&scene, report);
	if (scene.has_profile)
		find_wslconfig(&scene, report);
	else
		ik_report_finding(
			report, scene.mode == IK_MODE_WSLCONFIG ? IK_LEVEL_PROBLEM : IK_LEVEL_INFO,
			"profile", scene.profile_err.hint, "%s", scene.profile_err.message);
	return 0;
}

static void find_environment(const struct ik_session *session, struct ik_report *report)
{
	const struct ik_wslenv *env = &session->env;

	if (env->wsl == 2)
		ik_report_finding(report, IK_LEVEL_OK, "wsl", NULL, "WSL 2 (%s%s%s)",
				  ik_wsl_flavour_name(env->flavour), env->wsl_version ? " " : "",
				  env->wsl_version ? env->wsl_version : "");
	else
		ik_report_finding(report, session->drive.given ? IK_LEVEL_INFO : IK_LEVEL_PROBLEM,
				  "wsl", "run this in a WSL 2 distribution", "this is not WSL 2");
	if (env->release && env->wsl == 2 && !ik_relver_is_ours(env->release))
		ik_report_finding(report, IK_LEVEL_INFO, "running", NULL,
				  "the running kernel is not ours: %.80s", env->release);
	if (session->state.pending.present)
		ik_report_finding(report, IK_LEVEL_WARNING, "pending", session->state.pending.hint,
				  "pending: %.250s", session->state.pending.message);
}

/* Findings that need a look at the whole, kernels included. */
static int find_kernel(const struct ik_session *session, struct ik_report *report,
		       struct ik_err *err)
{
	ik_autofree struct ik_report *seen = calloc(1, sizeof(*seen));
	struct ik_job job = {.session = session, .digests = true};
	int r;

	if (!seen)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "examining the kernel");
	r = ik_worker_run(ik_status_job, &job, seen, err);
	if (r < 0)
		return r;
	find_target(&seen->target, seen->mode, session->env.release, report);
	if (seen->unseen && seen->note_count)
		ik_report_finding(report, IK_LEVEL_PROBLEM, "kernel-unseen",
				  "try again; if it stays so, `sudo immensity-kernel recover`",
				  "%.250s", seen->notes[seen->note_count - 1]);
	if (seen->recovery_needed)
		ik_report_finding(report, IK_LEVEL_PROBLEM, "recovery-needed",
				  "run `sudo immensity-kernel recover`",
				  "an update was interrupted (journal: %s)", seen->journal);
	for (unsigned i = 0; i < seen->backup_count; i++) {
		if (!seen->backups[i].good)
			ik_report_finding(report, IK_LEVEL_WARNING, "backup-bad", NULL,
					  "backup %s %s", seen->backups[i].id,
					  seen->backups[i].unreadable ? "cannot be read" :
									"is damaged");
	}
	return 0;
}

int ik_doctor_run(const struct ik_session *session, struct ik_report *ret, struct ik_err *err)
{
	struct ik_job job = {.session = session};
	int r;

	memset(ret, 0, sizeof(*ret));
	if (session->drive.fd >= 0) {
		r = ik_worker_run(doctor_job, &job, ret, err);
		if (r >= 0)
			r = find_kernel(session, ret, err);
		if (r < 0)
			return r;
	}
	find_environment(session, ret);
	return ik_session_need_drive(session, err);
}

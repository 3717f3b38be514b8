/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One job at a time on a fresh drive; see flowworld.h. */
#include "flowworld.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "flow/source.h"

struct ik_session fresh_session;
struct ik_report job_report;
struct ik_err job_err;
char ours_path[160], newer_path[160];
bool fired_last;

int flow_set_up(void **state)
{
	int r = world_set_up(state);

	fresh_session = session;
	(void)snprintf(ours_path, sizeof(ours_path), "%s/ours", tmp.path);
	(void)snprintf(newer_path, sizeof(newer_path), "%s/newer", tmp.path);
	return r;
}

int flow_tear_down(void **state)
{
	session = fresh_session;
	return world_tear_down(state);
}

static int remove_one(const char *path, const struct stat *st IK_UNUSED, int type IK_UNUSED,
		      struct FTW *at IK_UNUSED)
{
	return remove(path);
}

void remove_tree(const char *where)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/%s", drive_path, where);
	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int flow_start(void **state IK_UNUSED)
{
	faults_off();
	session = fresh_session;
	session.env.release = NULL;
	session.conf.target = IK_CONF_TARGET_LXSS;
	remove_tree(WSLCONFIG);
	remove_tree(WSLCONFIG ".immensity-prev");
	remove_tree(WSLCONFIG ".immensity-undo");
	remove_tree(OWN);
	start_official();
	memset(&job_err, 0, sizeof(job_err));
	memset(&job_report, 0, sizeof(job_report));
	return 0;
}

void store_mode(void)
{
	session.conf.target = IK_CONF_TARGET_WSLCONFIG;
}

int run_job(int (*fn)(struct ik_job *, struct ik_report *, struct ik_err *), const char *image,
	    const char *backup)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	struct ik_job job = {.session = &session, .backup = backup, .digests = true};
	struct faults kept = faults;
	int r;

	faults_off();
	if (image) {
		assert_int_equal(ik_source_open_file(image, &source, NULL), 0);
		job.source = &source;
	}
	memset(&job_err, 0, sizeof(job_err));
	memset(&job_report, 0, sizeof(job_report));
	faults = kept;
	r = fn(&job, &job_report, &job_err);
	fired_last = faults.fired != NULL;
	faults_off();
	return r;
}

bool has_note(const char *part)
{
	for (unsigned i = 0; i < job_report.note_count; i++) {
		if (strstr(job_report.notes[i], part))
			return true;
	}
	return false;
}

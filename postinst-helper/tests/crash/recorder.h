/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts the recording file system under a scene for a while: what runs meanwhile is written down.
 * It must not know what is run.
 */
#ifndef CRASH_RECORDER_H
#define CRASH_RECORDER_H

#include "scene.h"

struct recorder {
	char backing[160], mount_point[160], log[160];
	struct world real; /* the scene's world while another one is in its place */
};

/* Makes the directories in the arena; open the scene on recorder->backing afterwards. */
void recorder_make(struct recorder *recorder, const char *name);

/* From here on the scene lies on the recorder. quirk: how its server lies (then nothing is logged), or NULL. */
void recorder_start(struct recorder *recorder, struct scene *s, const char *quirk);

/* The scene lies on its backing directory again; the log is in recorder->log until the next start. */
void recorder_stop(struct recorder *recorder, struct scene *s);

void recorder_remove(struct recorder *recorder);

#endif

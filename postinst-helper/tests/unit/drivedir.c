/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Made anew for each test, so that none finds what another left behind.
 */
#include "drivedir.h"

#include <stdio.h>

#include "calls.h"
#include "faults.h"
#include "support.h"

struct ik_drive drive;

int drivedir_setup(void **state IK_UNUSED)
{
	tmp_make(&tmp, NULL);
	drive = (struct ik_drive){.fd = tmp.fd, .letter = 'C'};
	(void)snprintf(drive.path, sizeof(drive.path), "%s", tmp.path);
	return 0;
}

int drivedir_teardown(void **state IK_UNUSED)
{
	call_met();
	faults_off();
	tmp_remove(&tmp);
	return 0;
}

struct ik_place nowhere(void)
{
	return (struct ik_place){.fd = -EBADF};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/log: levels, and that no text can steer the terminal. */
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "support.h"

/* Sends stderr into a file for the length of a test. */
static int redirect(struct tmp *t)
{
	int saved = dup(STDERR_FILENO);
	int fd = openat(t->fd, "log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(saved >= 0 && fd >= 0);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	close(fd);
	return saved;
}

static void lines_have_level_and_are_escaped(void **state IK_UNUSED)
{
	struct tmp t;
	char *text;
	int saved;

	tmp_make(&t, NULL);
	saved = redirect(&t);
	ik_log(IK_LOG_ERROR, "bad '%s'", "\033[2J\n");
	ik_log(IK_LOG_WARNING, "w");
	ik_log(IK_LOG_INFO, "i");
	ik_log(IK_LOG_DEBUG, "hidden");
	ik_log_set_level(IK_LOG_DEBUG);
	ik_log(IK_LOG_DEBUG, "d");
	ik_log_set_level(IK_LOG_ERROR);
	ik_log(IK_LOG_WARNING, "hidden");
	ik_log_set_level(IK_LOG_INFO);
	faults = (struct faults){.on = true, .only = "memory", .at = 1, .errnum = ENOMEM};
	ik_log(IK_LOG_ERROR, "lost");
	faults = (struct faults){.on = true, .only = "memory", .at = 2, .errnum = ENOMEM};
	ik_log(IK_LOG_ERROR, "lost");
	faults_off();
	(void)dup2(saved, STDERR_FILENO);
	close(saved);
	text = get_file(t.fd, "log", NULL);
	tmp_remove(&t);
	assert_string_equal(text, "immensity-kernel: error: bad '\\x1b[2J\\x0a'\n"
				  "immensity-kernel: warning: w\n"
				  "immensity-kernel: i\n"
				  "immensity-kernel: debug: d\n"
				  "immensity-kernel: out of memory for a message\n"
				  "immensity-kernel: out of memory for a message\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_level_and_are_escaped),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}

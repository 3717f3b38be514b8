/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mode wslconfig as jobs: odd keys and images, the user's own changes and files, a lack of room and of memory.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "flow/lxss.h"
#include "flow/remove.h"
#include "flow/source.h"
#include "flow/status.h"
#include "flow/wcfg.h"
#include "flow/wimg.h"
#include "flow/wview.h"
#include "flowworld.h"
#include "io/reread.h"

/* ---- mode wslconfig ---- */

/* Whose is the key, and what is said of the file that it names? */
static void keys(void **state IK_UNUSED)
{
	static const struct {
		const char *key;
		enum ik_kind kind;
		const char *path; /* a part of it; "" = none is known */
	} rows[] = {
		{"", IK_KIND_OFFICIAL, ""}, /* empty: as without one */
		{"D:\\\\k", IK_KIND_FOREIGN, ""},
		{"\\\\\\\\server\\\\k", IK_KIND_FOREIGN, ""},
		{"k", IK_KIND_FOREIGN, ""},
		{"C:\\\\nowhere\\\\k", IK_KIND_MISSING, ""},
		{"C:\\\\Windows", IK_KIND_FOREIGN, "/Windows"},
		{"c:\\\\windows\\\\SYSTEM32\\\\lxss\\\\tools\\\\kernel", IK_KIND_FOREIGN,
		 "/Windows/System32/lxss/tools/kernel"},
		{OWN_KEY, IK_KIND_MISSING, ""},
		{OWN_KEY "x\\\\kernel-1-000000000000", IK_KIND_MISSING, ""},
		{OWN_KEY "\\\\sub\\\\kernel-1-000000000000", IK_KIND_MISSING, ""},
		{OWN_KEY "\\\\vmlinux", IK_KIND_MISSING, ""},
		{OWN_KEY "\\\\kernel-1-000000000000", IK_KIND_MISSING, "/kernel-1-000000000000"},
	};

	store_mode();
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		char text[600];

		print_message("# %s\n", rows[i].key);
		(void)snprintf(text, sizeof(text), "[wsl2]\nkernel=%s\n", rows[i].key);
		put_text(session.drive.fd, WSLCONFIG, text);
		assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
		assert_int_equal(job_report.target.kind, rows[i].kind);
		assert_non_null(strstr(job_report.target.path, rows[i].path));
		if (!rows[i].path[0])
			assert_string_equal(job_report.target.path, "");
	}
	/* Of ours, but longer than any name of ours: not ours. */
	{
		char text[600], name[200];

		memset(name, 'x', sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		(void)snprintf(text, sizeof(text), "[wsl2]\nkernel=%s\\\\kernel-%s\n", OWN_KEY,
			       name);
		put_text(session.drive.fd, WSLCONFIG, text);
		assert_true(run_job(ik_wcfg_install_job, ours_path, NULL) < 0);
		assert_int_equal(job_err.code, IK_E_WSLCONF_FOREIGN_KERNEL);
	}
}

/* The first file in our folder whose name begins with this. */
static void own_file(const char *part, char *ret, size_t size)
{
	struct ik_wimgs ik_autowimgs images = {0};
	int fd = openat(session.drive.fd, OWN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ret[0] = '\0';
	assert_int_equal(ik_wimgs_load(fd, true, NULL, &images, NULL), 0);
	for (size_t i = 0; i < images.count; i++) {
		if (strncmp(images.list[i].file, part, strlen(part)) == 0)
			(void)snprintf(ret, size, "%s", images.list[i].file);
	}
	(void)close(fd);
}

static void images_are_chosen_by_name(void **state IK_UNUSED)
{
	char file[128], path[256];

	store_mode();
	assert_true(run_job(ik_wcfg_restore_job, NULL, "previous") < 0);
	assert_int_equal(job_err.code, IK_E_BACKUP_MISSING);
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "first"), 0); /* it is in use already */
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	assert_true(run_job(ik_wcfg_restore_job, NULL, "previous") < 0); /* that was WSL's own */
	assert_int_equal(run_job(ik_wcfg_install_job, newer_path, NULL), 0);
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "previous"), 0);
	assert_string_equal(job_report.target.release, OURS);
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "KERNEL-7.3.5"), 0);
	assert_string_equal(job_report.target.release, newer.release);
	assert_true(run_job(ik_wcfg_restore_job, NULL, "kernel-9") < 0);
	assert_int_equal(job_err.code, IK_E_BACKUP_MISSING);
	assert_non_null(strstr(job_err.hint, "immensity-kernel backups"));
	own_file("kernel-7.3.4", file, sizeof(file));
	(void)snprintf(path, sizeof(path), OWN "/%s", file);
	put_kernel(path, official.data, official.size,
		   0); /* a kernel, but not what the name says */
	assert_true(run_job(ik_wcfg_restore_job, NULL, "kernel-7.3.4") < 0);
	assert_int_equal(job_err.code, IK_E_BACKUP_BAD);
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_int_equal(job_report.backup_count, 2);
	assert_true(job_report.backups[0].good != job_report.backups[1].good);
	assert_string_equal(job_report.target.release, newer.release);
}

static void room_is_asked_for_first(void **state IK_UNUSED)
{
	store_mode();
	faults = (struct faults){.on = true, .only = "ik_sys_free_bytes", .at = 1};
	assert_true(run_job(ik_wcfg_install_job, ours_path, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_SPACE_LOW);
	assert_non_null(strstr(job_err.message, "0 MiB free"));
	assert_non_null(strstr(job_err.hint, "free some space"));
	assert_null(get_file(session.drive.fd, WSLCONFIG, NULL));
	/* A drive that cannot say how much is free is tried. */
	faults =
		(struct faults){.on = true, .only = "ik_sys_free_bytes", .at = 1, .errnum = ENOSYS};
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	assert_string_equal(job_report.target.release, OURS);
}

/* What is not ours in our folder is no image of ours, and stays; the folder then stays, too. */
static void other_files_in_our_folder(void **state IK_UNUSED)
{
	char name[160] = "kernel-1.", path[300];

	store_mode();
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	memset(name + 9, 'x', 125);
	(void)snprintf(path, sizeof(path), OWN "/%s", name);
	put_text(session.drive.fd, path, "too long a name");
	put_text(session.drive.fd, OWN "/kernel-notes", "no version");
	put_text(session.drive.fd, OWN "/notes.txt", "mine");
	put_dir(session.drive.fd, OWN "/kernel-1.0-folder");
	put_text(session.drive.fd, OWN "/kernel-1.0-x", "no kernel");
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_int_equal(job_report.backup_count, 2);
	assert_int_equal(job_report.backups[0].good + job_report.backups[1].good, 1);
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(job_report.action, IK_ACTION_REMOVED);
	assert_int_equal(faccessat(session.drive.fd, OWN "/notes.txt", F_OK, 0), 0);
	assert_int_equal(faccessat(session.drive.fd, OWN "/kernel-notes", F_OK, 0), 0);
	assert_int_equal(faccessat(session.drive.fd, OWN "/kernel-1.0-folder", F_OK, 0), 0);
	assert_null(get_file(session.drive.fd, WSLCONFIG, NULL));
}

/* Images that the key, the former key or the running kernel needs are kept, the oldest others go. */
static void images_are_pruned(void **state IK_UNUSED)
{
	static const char *const names[] = {"kernel-1.0-a", "kernel-2.0-b", "kernel-3.0-c",
					    "kernel-4.0-d"};
	const char *named[] = {"KERNEL-1.0-A", NULL}, *none[] = {NULL};
	struct ik_wimgs ik_autowimgs images = {0};
	int fd;

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		struct timespec times[2] = {{.tv_sec = 1000 + (time_t)(i / 2), .tv_nsec = (long)i},
					    {.tv_sec = 1000 + (time_t)(i / 2), .tv_nsec = (long)i}};
		char path[128];

		(void)snprintf(path, sizeof(path), OWN "/%s", names[i]);
		put_file(session.drive.fd, path, i == 1 ? newer.data : ours.data,
			 i == 1 ? newer.size : ours.size);
		assert_int_equal(utimensat(session.drive.fd, path, times, 0), 0);
	}
	fd = openat(session.drive.fd, OWN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(ik_wimgs_load(fd, false, NULL, &images, NULL), 0);
	assert_int_equal(images.count, 4);
	for (size_t i = 0; i < images.count; i++)
		assert_string_equal(images.list[i].file, names[3 - i]); /* newest first */
	ik_wimgs_prune(fd, &images, 1, named, newer.release);
	assert_int_equal(faccessat(fd, "kernel-4.0-d", F_OK, 0), 0); /* newest */
	assert_int_equal(faccessat(fd, "kernel-3.0-c", F_OK, 0), -1);
	assert_int_equal(faccessat(fd, "kernel-2.0-b", F_OK, 0), 0); /* runs */
	assert_int_equal(faccessat(fd, "kernel-1.0-a", F_OK, 0), 0); /* named */
	ik_wimgs_prune(fd, &images, 0, none, NULL);
	assert_int_equal(faccessat(fd, "kernel-4.0-d", F_OK, 0), -1);
	(void)close(fd);
}

/* What the user did to .wslconfig meanwhile stays; a file of our making goes when it is blank. */
static void the_users_changes_stay(void **state IK_UNUSED)
{
	size_t len = 0;
	ik_autofree char *kept = NULL, *made = NULL, *way = NULL;

	store_mode();
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	made = get_file(session.drive.fd, WSLCONFIG, &len);
	{
		char text[1000];

		(void)snprintf(text, sizeof(text), "%s[user]\nname=ann\n", made);
		put_text(session.drive.fd, WSLCONFIG, text);
	}
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	kept = get_file(session.drive.fd, WSLCONFIG, &len);
	assert_non_null(kept);
	assert_non_null(strstr(kept, "name=ann"));
	assert_null(strstr(kept, "immensity"));
	(void)unlinkat(session.drive.fd, WSLCONFIG, 0);
	/* Without its record the key is dropped all the same. */
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	assert_int_equal(unlinkat(session.drive.fd, WSLCONFIG ".immensity-undo", 0), 0);
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "official"), 0);
	assert_int_equal(job_report.target.kind, IK_KIND_OFFICIAL);
	/* Left traces, but no key and no folder: they go. */
	remove_tree(OWN);
	put_text(session.drive.fd, WSLCONFIG ".immensity-undo", "x");
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(job_report.action, IK_ACTION_REMOVED);
	way = get_file(session.drive.fd, WSLCONFIG ".immensity-undo", NULL);
	assert_null(way);
}

/* A foreign key comes back on removal even if its file is gone; then the user is warned. */
static void a_foreign_key_comes_back_with_a_warning(void **state IK_UNUSED)
{
	static const char text[] = "[wsl2]\nkernel=C:\\\\gone\\\\k\n";
	ik_autofree char *back = NULL;

	store_mode();
	put_text(session.drive.fd, WSLCONFIG, text);
	session.conf.replace_foreign = true;
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	back = get_file(session.drive.fd, WSLCONFIG, NULL);
	assert_string_equal(back, text);
	assert_true(has_note("WSL will not start until that line is corrected"));
}

/* The user's own kernel= is never lost for want of memory: removal is done as a whole, or can be done again. */
static void a_foreign_key_survives_a_lack_of_memory(void **state IK_UNUSED)
{
	static const char text[] = "[wsl2]\nkernel=C:\\\\mine\\\\k # mine\n";
	bool more = true;

	store_mode();
	session.conf.replace_foreign = true;
	for (long n = 1; more; n++) {
		ik_autofree char *back = NULL;

		put_text(session.drive.fd, WSLCONFIG, text);
		assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
		faults = (struct faults){.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
		(void)run_job(ik_remove_job, NULL, NULL);
		more = fired_last;
		assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
		back = get_file(session.drive.fd, WSLCONFIG, NULL);
		if (!back || strcmp(back, text) != 0)
			fail_msg("allocation %ld: %s", n, back ? back : "gone");
	}
}

/* Kernel modules without a kernel: ours goes with a "#" before their line, or stays as it is for want of memory. */
static void modules_are_commented_out(void **state IK_UNUSED)
{
	static const char added[] = "[wsl2]\nkernelModules=C:\\\\m\nmemory=4GB\n";
	bool more = true;

	store_mode();
	for (long n = 1; more; n++) {
		ik_autofree char *ours_there = NULL, *back = NULL;
		char text[1000];

		remove_tree(WSLCONFIG);
		assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
		ours_there = get_file(session.drive.fd, WSLCONFIG, NULL);
		(void)snprintf(text, sizeof(text), "%s%s", ours_there, added);
		put_text(session.drive.fd, WSLCONFIG, text);
		assert_true(run_job(ik_wcfg_restore_job, NULL, "official") < 0);
		assert_int_equal(job_err.code, IK_E_WSLCONF_CHANGED);
		assert_non_null(strstr(job_err.message, "line 4"));
		faults = (struct faults){.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
		(void)run_job(ik_remove_job, NULL, NULL);
		more = fired_last;
		assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
		back = get_file(session.drive.fd, WSLCONFIG, NULL);
		if (!back || !strstr(back, "[wsl2]\n#kernelModules=C:\\\\m\nmemory=4GB\n"))
			fail_msg("allocation %ld: %s", n, back ? back : "gone");
	}
}

static int truncate_at(int dir_fd, const char *name, off_t size)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
	int r = ftruncate(fd, size);

	(void)close(fd);
	return r;
}

static int count_blocks(void *ctx, const char *what IK_UNUSED, uint64_t done IK_UNUSED,
			uint64_t total IK_UNUSED)
{
	++*(unsigned *)ctx;
	return 0;
}

/* Somebody's huge file of a name that we would use: its size alone tells that it is not our image. */
static void a_file_of_another_size_is_not_read(void **state IK_UNUSED)
{
	static const struct ik_sha256 digest;
	unsigned blocks = 0;
	struct ik_progress progress = {.tick = count_blocks, .ctx = &blocks};
	const uint64_t sizes[] = {5 * MIB, 7 * MIB};
	int fd;

	put_text(session.drive.fd, OWN "/kernel-1.0-a", "x");
	fd = openat(session.drive.fd, OWN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(truncate_at(fd, "kernel-1.0-a", (off_t)(6 * MIB)), 0);
	for (size_t i = 0; i < IK_ARRAY_SIZE(sizes); i++) {
		memset(&job_err, 0, sizeof(job_err));
		assert_true(ik_reread_expect(fd, "kernel-1.0-a", sizes[i], &digest, &progress,
					     &job_err) < 0);
		assert_int_equal(job_err.code, IK_E_VERIFY_MISMATCH);
		assert_int_equal(blocks, 0);
	}
	assert_true(ik_reread_expect(fd, "kernel-1.0-a", 6 * MIB, &digest, &progress, NULL) < 0);
	assert_true(blocks > 0);
	(void)close(fd);
}

#define TEST(f) cmocka_unit_test_setup(f, flow_start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys),
		TEST(images_are_chosen_by_name),
		TEST(room_is_asked_for_first),
		TEST(other_files_in_our_folder),
		TEST(images_are_pruned),
		TEST(the_users_changes_stay),
		TEST(a_foreign_key_comes_back_with_a_warning),
		TEST(a_foreign_key_survives_a_lack_of_memory),
		TEST(modules_are_commented_out),
		TEST(a_file_of_another_size_is_not_read),
	};

	return cmocka_run_group_tests_name("wslmode", tests, flow_set_up, flow_tear_down);
}

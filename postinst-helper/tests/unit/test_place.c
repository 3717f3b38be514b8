/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/place: the directories beneath a drive, found in any case, never through a link, and made where they miss. */
#include "store/place.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "drivedir.h"
#include "faults.h"
#include "support.h"

#define UMLAUT "M\xc3\xbcller"

static void the_kernel_is_found_in_any_case(void **state IK_UNUSED)
{
	struct ik_place ik_autoplace place = nowhere();
	struct ik_err err = {.code = IK_E_NONE};

	assert_int_equal(ik_place_lxss(&drive, &place, &err), 0);
	put_text(tmp.fd, "WINDOWS/system32/lxss/Tools/Kernel", "k");
	assert_int_equal(ik_place_lxss(&drive, &place, &err), 1);
	assert_string_equal(place.name, "Kernel");
	assert_string_equal(place.relative, "WINDOWS/system32/lxss/Tools");
	assert_string_equal(place.windows, "C:\\WINDOWS\\system32\\lxss\\Tools");
	assert_int_equal(faccessat(place.fd, "Kernel", F_OK, 0), 0);
	ik_place_close(NULL);
}

static void what_is_in_the_way_of_the_kernel_is_told(void **state IK_UNUSED)
{
	struct ik_place place = nowhere();
	struct ik_err err = {.code = IK_E_NONE};

	put_text(tmp.fd, "elsewhere/lxss/tools/kernel", "k");
	put_link(tmp.fd, "Windows/System32", "../elsewhere");
	assert_true(ik_place_lxss(&drive, &place, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	assert_true(ik_place_lxss(&drive, &place, NULL) < 0);
	assert_int_equal(unlinkat(tmp.fd, "Windows/System32", 0), 0);
	put_text(tmp.fd, "Windows/System32/lxss/tools/kernel", "k");
	/* Found, and then its directory cannot be opened: the last of the openings. */
	faults = (struct faults){.on = true, .only = "ik_sys_openat2"};
	assert_int_equal(ik_place_lxss(&drive, &place, NULL), 1);
	ik_place_close(&place);
	faults = (struct faults){
		.on = true, .only = "ik_sys_openat2", .at = faults.count, .errnum = EIO};
	assert_int_equal(ik_place_lxss(&drive, &place, &err), -EIO);
	faults_off();
	assert_true(place.fd < 0);
}

static struct ik_place profile_of(const char *relative)
{
	struct ik_place profile = nowhere();

	(void)snprintf(profile.relative, sizeof(profile.relative), "%s", relative);
	return profile;
}

static void our_folder_is_made_where_it_is_missing(void **state IK_UNUSED)
{
	static const struct {
		const char *profile, *folder, *windows;
		bool shared;
	} cases[] = {
		{"Users/Ann", "Users/Ann/AppData/Local/immensity-kernel",
		 "C:\\Users\\Ann\\AppData\\Local\\immensity-kernel", false},
		{"Users/" UMLAUT, "ProgramData/immensity-kernel",
		 "C:\\ProgramData\\immensity-kernel", true},
		{"", "AppData/Local/immensity-kernel", "C:\\AppData\\Local\\immensity-kernel",
		 false},
	};

	put_dir(tmp.fd, "Users/Ann");
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_place ik_autoplace place = nowhere(), again = nowhere();
		struct ik_place profile = profile_of(cases[i].profile);
		char windows[IK_WINPATH_BYTES];
		bool shared = !cases[i].shared;

		assert_int_equal(ik_place_own(&drive, &profile, false, &shared, &place, NULL), 0);
		assert_int_equal(shared, cases[i].shared);
		assert_string_equal(place.relative, cases[i].folder);
		assert_true(place.fd < 0);
		assert_int_equal(ik_place_own(&drive, &profile, true, &shared, &place, NULL), 1);
		assert_true(place.fd >= 0);
		assert_string_equal(place.windows, cases[i].windows);
		assert_int_equal(ik_place_own(&drive, &profile, false, &shared, &again, NULL), 1);
		assert_int_equal(ik_place_windows_file(&drive, &again, "kernel-1", windows, NULL),
				 0);
		assert_non_null(strstr(windows, "\\immensity-kernel\\kernel-1"));
	}
}

/* The names are in another case there: no second folder beside it. */
static void our_folder_is_found_in_any_case(void **state IK_UNUSED)
{
	struct ik_place ik_autoplace place = nowhere();
	struct ik_place profile = profile_of("Users/Ann");
	bool shared;

	put_dir(tmp.fd, "Users/Ann/appdata/LOCAL/Immensity-Kernel");
	assert_int_equal(ik_place_own(&drive, &profile, true, &shared, &place, NULL), 1);
	assert_string_equal(place.relative, "Users/Ann/appdata/LOCAL/Immensity-Kernel");
}

static int own(const char *profile_path, bool create, struct ik_err *err)
{
	struct ik_place ik_autoplace place = nowhere();
	struct ik_place profile = profile_of(profile_path);
	bool shared;
	int r = ik_place_own(&drive, &profile, create, &shared, &place, err);

	assert_int_equal(place.fd >= 0, r == 1);
	return r;
}

static void what_is_in_the_way_of_our_folder_is_told(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};

	put_dir(tmp.fd, "elsewhere");
	put_link(tmp.fd, "Users/Ann/AppData", "../../elsewhere");
	assert_true(own("Users/Ann", true, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	assert_true(own("Users/Ann", true, NULL) < 0);
	put_link(tmp.fd, "Users/Bob/AppData/Local/immensity-kernel", "../../../../elsewhere");
	assert_true(own("Users/Bob", true, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	assert_true(own("Users/Bob", true, NULL) < 0);
	assert_int_equal(unlinkat(tmp.fd, "Users/Bob/AppData/Local/immensity-kernel", 0), 0);
	put_text(tmp.fd, "Users/Bob/AppData/Local/immensity-kernel", "a file");
	assert_true(own("Users/Bob", false, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_NOT_DIRECTORY);
	assert_int_equal(own(LONG_WAY "/x", true, &err), -ENAMETOOLONG);
	assert_int_equal(err.code, IK_E_PATH_BAD);
}

static void what_fails_while_making_our_folder_is_told(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};

	put_dir(tmp.fd, "Users/Ann");
	call_fails("mkdirat", 2, EACCES);
	assert_int_equal(own("Users/Ann", true, &err), -EACCES);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_PATH_DENIED);
	/* Somebody else made it first: that is as good, if it then can be opened. */
	call_fails("mkdirat", 1, EEXIST);
	assert_int_equal(own("Users/Ann", true, &err), -ENOENT);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_PATH_MISSING);
	faults = (struct faults){.on = true, .only = "ik_sys_openat", .at = 5, .errnum = EIO};
	assert_true(own("Users/Ann", true, &err) < 0);
	faults_off();
	assert_int_equal(own("Users/Ann", true, &err), 1);
	/* There, and yet whether it is there cannot be told. */
	faults = (struct faults){.on = true, .only = "ik_sys_openat2"};
	assert_int_equal(own("Users/Ann", false, &err), 1);
	faults = (struct faults){
		.on = true, .only = "ik_sys_openat2", .at = faults.count - 1, .errnum = EIO};
	assert_int_equal(own("Users/Ann", false, &err), -EIO);
	faults_off();
	assert_int_equal(err.code, IK_E_IO_FAILED);
}

/* Without memory the answer is that, and neither another folder nor an error of the user's. */
static void without_memory_there_is_no_folder(void **state IK_UNUSED)
{
	unsigned failures = 0;

	put_dir(tmp.fd, "Users/Ann/AppData/Local");
	for (int create = 0; create < 2; create++) {
		bool more = true;

		for (long at = 1; more; at++) {
			struct ik_err err = {.code = IK_E_NONE};
			int r;

			faults = (struct faults){
				.on = true, .only = "memory", .at = at, .errnum = ENOMEM};
			r = own("Users/Ann", create, &err);
			more = faults.fired;
			faults_off();
			failures += r < 0;
			if (r < 0)
				assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
		}
	}
	assert_true(failures > 2);
}

/* A path that Windows cannot name is used all the same; only its Windows form is empty. */
static void a_name_that_windows_does_not_know_has_no_windows_form(void **state IK_UNUSED)
{
	struct ik_place ik_autoplace place = nowhere();
	char windows[IK_WINPATH_BYTES];

	put_dir(tmp.fd, "Users/a:b");
	assert_int_equal(ik_place_open(&drive, "Users/a:b", &place, NULL), 0);
	assert_string_equal(place.windows, "");
	assert_true(ik_place_windows_file(&drive, &place, "x", windows, NULL) < 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, drivedir_setup, drivedir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_kernel_is_found_in_any_case),
		TEST(what_is_in_the_way_of_the_kernel_is_told),
		TEST(our_folder_is_made_where_it_is_missing),
		TEST(our_folder_is_found_in_any_case),
		TEST(what_is_in_the_way_of_our_folder_is_told),
		TEST(what_fails_while_making_our_folder_is_told),
		TEST(without_memory_there_is_no_folder),
		TEST(a_name_that_windows_does_not_know_has_no_windows_form),
	};

	return cmocka_run_group_tests_name("store/place", tests, NULL, NULL);
}

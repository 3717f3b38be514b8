/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/profile: a profile that the user or Windows names, and the only one in Users, which is no other's. */
#include "store/profile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "drivedir.h"
#include "faults.h"
#include "store/names.h"
#include "support.h"

static const struct {
	const char *name, *slashes, *profile; /* behind the drive's path; behind the directory's */
	int r;				      /* 0 = found */
	enum ik_code code;
	const char *relative;
} profiles[] = {
	{"plain", "", "/Users/Ann", 0, IK_E_NONE, "Users/Ann"},
	{"slashes", "//", "///Users/Ann//", 0, IK_E_NONE, "Users/Ann"},
	{"the drive's root", "", "/", 0, IK_E_NONE, ""},
	{"the drive itself", "", "", -EINVAL, IK_E_PATH_ESCAPES, NULL},
	{"elsewhere", "", NULL, -EINVAL, IK_E_PATH_ESCAPES, NULL},
	{"a name that begins alike", "", "x/Users", -EINVAL, IK_E_PATH_ESCAPES, NULL},
	{"missing", "", "/Users/Bob", -ENOENT, IK_E_PROFILE_MISSING, NULL},
	{"a link", "", "/Users/Link", -ELOOP, IK_E_PATH_SYMLINK, NULL},
	{"too long", "", "/" LONG_WAY, -ENOENT, IK_E_PROFILE_MISSING, NULL},
};

static void profiles_lie_beneath_the_drive(void **state IK_UNUSED)
{
	put_dir(tmp.fd, "Users/Ann");
	put_link(tmp.fd, "Users/Link", "Ann");
	for (size_t i = 0; i < IK_ARRAY_SIZE(profiles); i++) {
		struct ik_place ik_autoplace place = nowhere();
		struct ik_err err = {.code = IK_E_NONE};
		char path[1024];
		int r;

		(void)snprintf(drive.path, sizeof(drive.path), "%s%s", tmp.path,
			       profiles[i].slashes);
		(void)snprintf(path, sizeof(path), "%s%s", profiles[i].profile ? tmp.path : "/home",
			       profiles[i].profile ? profiles[i].profile : "");
		r = ik_profile_named(&drive, path, &place, &err);
		if (r != profiles[i].r || err.code != profiles[i].code)
			fail_msg("%s: %d %s", profiles[i].name, r, err.message);
		assert_int_equal(place.fd >= 0, r == 0);
		if (r == 0)
			assert_string_equal(place.relative, profiles[i].relative);
		else
			assert_int_equal(ik_profile_named(&drive, path, &place, NULL), r);
	}
	/* The drive is the root itself. */
	(void)snprintf(drive.path, sizeof(drive.path), "/");
	assert_true(ik_profile_named(&drive, "relative", &(struct ik_place){.fd = -1}, NULL) < 0);
}

static void windows_names_a_profile(void **state IK_UNUSED)
{
	static const struct {
		const char *path;
		int r;
		enum ik_code code;
	} cases[] = {
		{"c:\\users\\ANN", 1, IK_E_NONE},
		{"D:\\Users\\Ann", -EXDEV, IK_E_PROFILE_MISSING},
		{"\\\\server\\Ann", -EXDEV, IK_E_PROFILE_MISSING},
		{"C:\\Users\\Bob", 0, IK_E_NONE},
		{"C:\\Users\\Link\\x", -ELOOP, IK_E_PATH_SYMLINK},
		{"C:\\Users\\Link", -ELOOP, IK_E_PATH_SYMLINK},
	};

	put_dir(tmp.fd, "Users/Ann/x");
	put_link(tmp.fd, "Users/Link", "Ann");
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_place ik_autoplace place = nowhere();
		struct ik_err err = {.code = IK_E_NONE};
		int r = ik_profile_of_windows(&drive, cases[i].path, &place, &err);

		if (r != cases[i].r || err.code != cases[i].code)
			fail_msg("%s: %d %s", cases[i].path, r, err.message);
		assert_int_equal(place.fd >= 0, r == 1);
		if (r == 1)
			assert_string_equal(place.relative, "Users/Ann");
		else
			assert_int_equal(ik_profile_of_windows(&drive, cases[i].path, &place, NULL),
					 r);
	}
}

static unsigned find(struct ik_place *place)
{
	struct ik_profile_count count = {.all = 99, .ours = 99};

	assert_int_equal(ik_profile_find(&drive, &count, place, NULL), 0);
	assert_true(count.ours <= count.all);
	return count.all * 10 + count.ours;
}

static void profiles_are_counted(void **state IK_UNUSED)
{
	struct ik_place ik_autoplace place = nowhere(), none = nowhere();

	assert_int_equal(find(&none), 0);
	put_text(tmp.fd, "Users", "a file");
	assert_int_equal(find(&none), 0);
	assert_int_equal(unlinkat(tmp.fd, "Users", 0), 0);
	put_text(tmp.fd, "users/desktop.ini", "");
	put_text(tmp.fd, "users/a file", "");
	put_text(tmp.fd, "users/PUBLIC/NTUSER.DAT", "");
	put_text(tmp.fd, "users/Default/NTUSER.DAT", "");
	put_dir(tmp.fd, "users/Empty");
	put_link(tmp.fd, "users/All Users", "Ann");
	put_link(tmp.fd, "users/Link", "Ann");
	assert_int_equal(find(&none), 0);
	assert_true(none.fd < 0);
	put_text(tmp.fd, "users/Ann/ntuser.dat", "");
	assert_int_equal(find(&place), 10);
	assert_string_equal(place.relative, "users/Ann");
	ik_place_close(&place);
	put_text(tmp.fd, "users/Bob/.wslconfig", "");
	assert_int_equal(find(&place), 20);
}

/* Of several, one in which our kernel= was set is found; how many there are is told. */
static void a_profile_with_our_key_is_the_one(void **state IK_UNUSED)
{
	static const char *const order[] = {"Ann", "Bob", "Cid", "Dan"};
	struct ik_place ik_autoplace place = nowhere(), both = nowhere();
	char path[64];

	for (size_t i = 0; i < IK_ARRAY_SIZE(order); i++) {
		(void)snprintf(path, sizeof(path), "Users/%s/NTUSER.DAT", order[i]);
		put_text(tmp.fd, path, "");
	}
	put_text(tmp.fd, "Users/Cid/" IK_NAME_WSLC_UNDO, "");
	assert_int_equal(find(&place), 41);
	assert_string_equal(place.relative, "Users/Cid");
	put_text(tmp.fd, "Users/Ann/" IK_NAME_WSLC_UNDO, "");
	assert_int_equal(find(&both), 42);
}

static void a_list_that_cannot_be_read_is_told(void **state IK_UNUSED)
{
	struct ik_place place = nowhere();
	struct ik_err err = {.code = IK_E_NONE};
	struct ik_profile_count count = {.all = 99};

	put_text(tmp.fd, "Users/Ann/NTUSER.DAT", "");
	call_fails("fdopendir", 2, ENOMEM); /* the first is of the search for its spelling */
	assert_int_equal(ik_profile_find(&drive, &count, &place, &err), -ENOMEM);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_IO_FAILED);
	assert_int_equal(count.all, 0);
	assert_true(place.fd < 0);
}

/* Half a list could make the only profile of one of two. */
static void a_list_that_breaks_off_is_told(void **state IK_UNUSED)
{
	unsigned failures = 0;
	bool more = true;

	put_text(tmp.fd, "Users/Ann/NTUSER.DAT", "");
	for (long at = 1; more; at++) {
		struct ik_place ik_autoplace place = nowhere();
		struct ik_err err = {.code = IK_E_NONE};
		struct ik_profile_count count = {.all = 99};
		int r;

		call_fails("readdir64", at, EIO);
		r = ik_profile_find(&drive, &count, &place, &err);
		more = call_met();
		assert_true(count.all <= 1 && (place.fd >= 0) == (count.all == 1));
		if (r == 0)
			continue;
		failures++;
		assert_int_equal(r, -EIO);
		assert_int_equal(err.code, IK_E_IO_FAILED);
	}
	assert_true(failures >= 3); /* ".", "..", "Ann" */
}

/* Two profiles: without memory to look at one of them, the other is not taken for the only one. */
static void without_memory_no_profile_is_the_only_one(void **state IK_UNUSED)
{
	unsigned failures = 0;
	bool more = true;

	put_text(tmp.fd, "Users/Ann/NTUSER.DAT", "");
	put_text(tmp.fd, "Users/Bob/.wslconfig", "");
	for (long at = 1; more; at++) {
		struct ik_place ik_autoplace place = nowhere();
		struct ik_err err = {.code = IK_E_NONE};
		struct ik_profile_count count = {.all = 99};
		int r;

		faults = (struct faults){.on = true, .only = "memory", .at = at, .errnum = ENOMEM};
		r = ik_profile_find(&drive, &count, &place, &err);
		more = faults.fired;
		faults_off();
		if (r == 0) {
			assert_int_equal(count.all, 2);
			continue;
		}
		failures++;
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
		assert_int_equal(count.all, 0);
	}
	assert_true(failures > 2);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, drivedir_setup, drivedir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(profiles_lie_beneath_the_drive),
		TEST(windows_names_a_profile),
		TEST(profiles_are_counted),
		TEST(a_profile_with_our_key_is_the_one),
		TEST(a_list_that_cannot_be_read_is_told),
		TEST(a_list_that_breaks_off_is_told),
		TEST(without_memory_no_profile_is_the_only_one),
	};

	return cmocka_run_group_tests_name("store/profile", tests, NULL, NULL);
}

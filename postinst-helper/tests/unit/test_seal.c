/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/seal, and what store/backup and store/keep make of it: copies whose names hold no digest. */
#include "store/seal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backupdir.h"
#include "faults.h"
#include "store/keep.h"
#include "store/names.h"

/* Keeps the image that lies in the temporary directory. */
static int keep(struct ik_backups *b, const struct image *image)
{
	char name[IK_BACKUP_NAME_BYTES];

	return backups_keep(b, image, name, NULL);
}

static struct ik_sha256 digest_of(const struct image *image)
{
	struct ik_sha256 digest;

	ik_digest_of_bytes(image->data, image->size, &digest);
	return digest;
}

static bool is_good(void)
{
	struct ik_backups ik_autobackups b = backups_load();

	assert_int_equal(b.count, 1);
	return b.list[0].good;
}

static enum ik_seal_state state_of(const char *text)
{
	struct ik_seal seal;

	put_text(backups_fd, IK_NAME_SEAL, text);
	assert_int_equal(ik_seal_load(backups_fd, &seal, NULL), 0);
	return seal.state;
}

static void only_what_we_wrote_counts(void **state IK_UNUSED)
{
	struct ik_sha256 digest = digest_of(&official);
	char hex[IK_SHA256_HEX], text[256];

	ik_digest_hex(&digest, hex);
	(void)snprintf(text, sizeof(text), "%s *%s\n", hex, IK_NAME_OFFICIAL);
	assert_int_equal(state_of(text), IK_SEAL_WHOLE);
	text[strlen(text) - 1] = '\0';
	assert_int_equal(state_of(text), IK_SEAL_NONE);
	assert_int_equal(state_of(hex), IK_SEAL_NONE);
	assert_int_equal(state_of(""), IK_SEAL_NONE);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(state_of(text), IK_SEAL_NONE);
}

static void names_without_digest_need_a_whole_image_of_their_kind(void **state IK_UNUSED)
{
	backups_put(IK_NAME_OFFICIAL, &official);
	assert_true(is_good());
	assert_int_equal(unlinkat(backups_fd, IK_NAME_OFFICIAL, 0), 0);
	put_file(backups_fd, IK_NAME_OFFICIAL, official.data, MIB + 1000);
	assert_false(is_good());
	assert_int_equal(unlinkat(backups_fd, IK_NAME_OFFICIAL, 0), 0);
	backups_put(IK_NAME_OFFICIAL, &ours);
	assert_false(is_good());
	assert_int_equal(unlinkat(backups_fd, IK_NAME_OFFICIAL, 0), 0);
	/* What we put in before may be a build of the user's own with any release. */
	backups_put(IK_NAME_PREV, &official);
	assert_true(is_good());
	assert_int_equal(unlinkat(backups_fd, IK_NAME_PREV, 0), 0);
	put_file(backups_fd, IK_NAME_PREV, ours.data, MIB + 1000);
	assert_false(is_good());
}

static void a_changed_byte_is_seen(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = backups_load();

	assert_int_equal(keep(&b, &official), 0);
	assert_int_equal(b.seal, IK_SEAL_WHOLE);
	assert_true(is_good());
	official.data[official.size - 1] ^= 1;
	backups_put(IK_NAME_OFFICIAL, &official);
	official.data[official.size - 1] ^= 1;
	assert_false(is_good());
}

/* An older drive has none: the next keeping writes it, but never from a copy that is not good. */
static void it_is_written_late_but_not_of_a_bad_copy(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = {0};

	backups_put(IK_NAME_OFFICIAL, &newer);
	b = backups_load();
	assert_int_equal(keep(&b, &ours), 1);
	assert_int_equal(faccessat(backups_fd, IK_NAME_SEAL, F_OK, 0), -1);
	assert_int_equal(unlinkat(backups_fd, IK_NAME_OFFICIAL, 0), 0);
	backups_put(IK_NAME_OFFICIAL, &official);
	ik_backups_done(&b);
	b = backups_load();
	assert_int_equal(keep(&b, &ours), 1);
	assert_int_equal(faccessat(backups_fd, IK_NAME_SEAL, F_OK, 0), 0);
}

/* One that cannot be read now is not written over, and says nothing. */
static void an_unreadable_one_stays(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = {0};

	backups_put(IK_NAME_OFFICIAL, &official);
	put_link(backups_fd, IK_NAME_SEAL, "elsewhere");
	b = backups_load();
	assert_int_equal(b.seal, IK_SEAL_UNREAD);
	assert_true(b.list[0].good);
	assert_int_equal(keep(&b, &ours), 1);
	assert_int_equal(faccessat(backups_fd, "elsewhere", F_OK, 0), -1);
}

/* Somebody deleted the first one: the next one is not judged by its digest. */
static void it_does_not_outlive_its_image(void **state IK_UNUSED)
{
	struct ik_sha256 digest = digest_of(&newer);
	struct ik_backups ik_autobackups b = {0};

	assert_int_equal(ik_seal_put(backups_fd, &digest, NULL), 0);
	b = backups_load();
	/* Even if the run ends right after the copy. */
	faults = (struct faults){.on = true, .only = "ik_sys_rename", .at = 2, .errnum = EIO};
	assert_int_equal(keep(&b, &official), -EIO);
	assert_non_null(faults.fired);
	faults_off();
	assert_true(is_good());
}

static void the_journal_knows_them_too(void **state IK_UNUSED)
{
	struct ik_seal seal = {.has_journal = true};
	struct ik_sha256 a = digest_of(&official), b = digest_of(&ours), c = digest_of(&newer);

	seal.rec.a = (struct ik_jrec_image){
		.size_bytes = official.size, .sha256 = a, .file = IK_NAME_OFFICIAL};
	seal.rec.b =
		(struct ik_jrec_image){.size_bytes = ours.size, .sha256 = b, .file = IK_NAME_NEW};
	assert_false(ik_seal_contradicts(&seal, IK_NAME_OFFICIAL, &a, official.size));
	assert_true(ik_seal_contradicts(&seal, IK_NAME_OFFICIAL, &a, official.size - 1));
	assert_true(ik_seal_contradicts(&seal, IK_NAME_OFFICIAL, &b, ours.size));
	assert_false(ik_seal_contradicts(&seal, IK_NAME_PREV, &c, newer.size));
	assert_false(ik_seal_contradicts(&seal, "immensity-foreign-0.img", &c, newer.size));
	/* Ours is replaced by the present image under the armed journal, or not at all if that was called off. */
	(void)snprintf(seal.rec.a.file, sizeof(seal.rec.a.file), "%s", IK_NAME_PREV);
	assert_false(ik_seal_contradicts(&seal, IK_NAME_PREV, &a, official.size));
	assert_false(ik_seal_contradicts(&seal, IK_NAME_PREV, &b, ours.size));
	assert_true(ik_seal_contradicts(&seal, IK_NAME_PREV, &c, newer.size));
	seal.rec.state = IK_JREC_ARMED;
	assert_false(ik_seal_contradicts(&seal, IK_NAME_PREV, &c, newer.size));
	seal.rec.state = IK_JREC_IDLE;
	assert_false(ik_seal_contradicts(&seal, IK_NAME_PREV, &c, newer.size));
	seal.rec.state = IK_JREC_DONE;
	assert_true(ik_seal_contradicts(&seal, IK_NAME_PREV, &c, newer.size));
}

/* Somebody deleted the first one, the next one is kept and sealed, and no new journal came to be: the old one is past. */
static void a_seal_outweighs_a_closed_journal(void **state IK_UNUSED)
{
	struct ik_sha256 past = digest_of(&official), now = digest_of(&newer);
	struct ik_seal seal = {.state = IK_SEAL_WHOLE, .first = now, .has_journal = true};

	seal.rec.state = IK_JREC_DONE;
	seal.rec.a = (struct ik_jrec_image){
		.size_bytes = official.size, .sha256 = past, .file = IK_NAME_OFFICIAL};
	assert_false(ik_seal_contradicts(&seal, IK_NAME_OFFICIAL, &now, newer.size));
	assert_true(ik_seal_contradicts(&seal, IK_NAME_OFFICIAL, &past, official.size));
	/* An open one is about to write its image back: both must agree. */
	seal.rec.state = IK_JREC_ARMED;
	assert_true(ik_seal_contradicts(&seal, IK_NAME_OFFICIAL, &now, newer.size));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, backupdir_setup, backupdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_we_wrote_counts),
		TEST(names_without_digest_need_a_whole_image_of_their_kind),
		TEST(a_changed_byte_is_seen),
		TEST(it_is_written_late_but_not_of_a_bad_copy),
		TEST(an_unreadable_one_stays),
		TEST(it_does_not_outlive_its_image),
		TEST(the_journal_knows_them_too),
		TEST(a_seal_outweighs_a_closed_journal),
	};

	return cmocka_run_group_tests_name("store/seal", tests, world_set_up, world_tear_down);
}

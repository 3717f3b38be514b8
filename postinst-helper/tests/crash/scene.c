/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenes, made and put back; see scene.h. sceneend.c judges what became of them. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "spawn.h"
#include "tap.h"
#include "trace.h"

#define OFFICIAL "5.15.90.1-microsoft-standard-WSL2"
#define FIRST	 "7.3.4-1-immensity-microsoft-standard-WSL2"
#define SECOND	 "7.3.5-1-immensity-microsoft-standard-WSL2"
#define FOREIGN	 "5.15.146.1-microsoft-standard-WSL2"

/* Encodings, line ends and a key that is not ours: all must come through. */
static const char wslconfig_text[] = "\xef\xbb\xbf# mine\r\n[wsl2]\r\nmemory=4GB # enough\r\n\r\n"
				     "[experimental]\nsparseVhd=true";

/* The same with a kernel of the user's own. */
static const char own_key_text[] = "\xef\xbb\xbf# mine\r\n[wsl2]\r\nmemory=4GB # enough\r\n"
				   "kernel = \"C:\\\\Users\\\\Ann\\\\own-kernel\" # my own\r\n\r\n"
				   "[experimental]\nsparseVhd=true";

const struct scene_kind scene_kinds[] = {
	{"install-same", START_OFFICIAL, INSTALL_FIRST, "1M", "1M", "1M"},
	{"install-grow", START_OFFICIAL, INSTALL_FIRST, "1M", "1216K", "1M"},
	{"install-shrink", START_OFFICIAL, INSTALL_FIRST, "1216K", "1M", "1M"},
	{"update-grow", START_INSTALLED, INSTALL_SECOND, "1M", "1088K", "1344K"},
	{"update-shrink", START_INSTALLED, INSTALL_SECOND, "1M", "1344K", "1088K"},
	{"update-official", START_REFRESHED, INSTALL_SECOND, "1M", "1088K", "1344K"},
	{"restore", START_INSTALLED, RESTORE, "1M", "1216K", "1M"},
	{"remove", START_INSTALLED, REMOVE, "1216K", "1M", "1M"},
	{"recover", START_TORN, RECOVER, "1M", "1216K", "1M"},
	{"recover-late", START_TORN_LATE, RECOVER, "1216K", "1M", "1M"},
	{"wslconfig-install", START_STORE, INSTALL_FIRST, "1M", "1M", "1M"},
	{"wslconfig-update", START_STORE_INSTALLED, INSTALL_SECOND, "1M", "1M", "1216K"},
	{"wslconfig-remove", START_STORE_INSTALLED, REMOVE, "1M", "1M", "1M"},
	{"wslconfig-own-update", START_STORE_FORCED, INSTALL_SECOND, "1M", "1M", "1216K"},
	{"wslconfig-own-remove", START_STORE_FORCED, REMOVE, "1M", "1M", "1M"},
};
const int scene_count = sizeof(scene_kinds) / sizeof(scene_kinds[0]);

const struct scene_kind *scene_find(const char *name)
{
	for (int i = 0; i < scene_count; i++)
		if (!strcmp(scene_kinds[i].name, name))
			return &scene_kinds[i];
	tap_die("no scene '%s'", name);
}

static void set_words(struct scene *s, const char **words, enum command command)
{
	int n = 0;

	words[n++] = "--target";
	words[n++] = s->store ? "wslconfig" : "lxss";
	switch (command) {
	case INSTALL_FIRST:
	case INSTALL_SECOND:
		words[n++] = "install";
		words[n++] = "--image";
		words[n++] = command == INSTALL_FIRST ? s->first.path : s->second.path;
		break;
	case RESTORE:
		words[n++] = "restore";
		break;
	case REMOVE:
		words[n++] = "remove";
		break;
	case RECOVER:
		words[n++] = "recover";
		break;
	}
	words[n] = NULL;
}

/* argv with the profile option where the scene has a profile. */
void scene_argv(const struct scene *s, const char *const *words, const char **argv)
{
	const char *all[16];
	int n = 0;

	if (s->store) {
		all[n++] = "--profile";
		all[n++] = s->profile;
	}
	while (*words && n < 15)
		all[n++] = *words++;
	all[n] = NULL;
	world_argv(&s->w, all, argv);
}

int scene_run(const struct scene *s, const char *const *words, char *output, size_t size)
{
	const char *argv[24];

	scene_argv(s, words, argv);
	return run_with(s->w.preload, argv, output, size);
}

static void furnish_profile(struct scene *s)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/Windows/System32/config/SYSTEM", s->w.drive);
	write_whole(path, "x", 1);
	snprintf(path, sizeof(path), "%s/NTUSER.DAT", s->profile);
	write_whole(path, "x", 1);
	snprintf(path, sizeof(path), "%s/AppData/Local/x", s->profile);
	write_whole(path, "x", 1);
	snprintf(path, sizeof(path), "%s/.wslconfig", s->profile);
	write_whole(path, s->user_text, strlen(s->user_text));
	snprintf(path, sizeof(path), "%s/own-kernel", s->profile);
	write_whole(path, s->second.data, s->second.size);
	if (mkdir(s->w.state, 0755) < 0)
		tap_die("cannot make %s", s->w.state);
}

/*
 * A torn kernel: an install killed right after the first or the last call that leaves one. The call is
 * found by counting, so that nothing here knows the program's order.
 */
static bool is_torn(const struct scene *s)
{
	struct verdict v;

	judge(&s->w, &s->k, &v);
	return v.content == IS_TORN;
}

static void make_torn(struct scene *s)
{
	struct snapshot *before = snapshot_take(s->w.root), *torn = NULL;
	const char *words[6], *argv[24];
	struct trace_result result = {.fired = true};

	set_words(s, words, INSTALL_FIRST);
	scene_argv(s, words, argv);
	for (long n = 1; result.fired; n++) {
		const struct trace_job job = {.argv = argv,
					      .preload = s->w.preload,
					      .root = s->w.drive,
					      .at = n,
					      .action = TRACE_KILL_AFTER,
					      .only_changes = true};

		snapshot_restore(before, s->w.root);
		trace_run(&job, &result);
		if (is_torn(s) && (!torn || s->kind->start == START_TORN_LATE)) {
			snapshot_free(torn);
			torn = snapshot_take(s->w.root);
		} else if (torn) {
			break;
		}
	}
	if (!torn)
		tap_die("no kill leaves a torn kernel");
	snapshot_restore(torn, s->w.root);
	snapshot_free(torn);
	snapshot_free(before);
}

static bool is_installed(const struct scene_kind *kind)
{
	return kind->start == START_INSTALLED || kind->start == START_REFRESHED ||
	       kind->start == START_STORE_INSTALLED || kind->start == START_STORE_FORCED;
}

static void make_start(struct scene *s)
{
	const char *words[8] = {"--force"};
	char output[4096], path[512];
	int r = 0;

	if (s->store)
		furnish_profile(s);
	else
		world_fresh(&s->w, &s->official);
	set_words(s, words + 1, INSTALL_FIRST);
	if (is_installed(s->kind))
		r = scene_run(s, words + (s->kind->start != START_STORE_FORCED), output,
			      sizeof(output));
	if (r != 0)
		tap_die("%s: the first install ended with %d: %s", s->kind->name, r, output);
	snprintf(path, sizeof(path), "%s/" WORLD_T, s->w.drive);
	if (s->kind->start == START_REFRESHED)
		write_whole(path, s->foreign.data, s->foreign.size);
}

static void make_images(struct scene *s)
{
	world_image(&s->official, OFFICIAL, s->kind->official_size, "official");
	world_image(&s->first, FIRST, s->kind->first_size, "first");
	world_image(&s->second, SECOND, s->kind->second_size, "second");
	world_image(&s->foreign, FOREIGN, "1088K", "foreign");
}

/* What may be there before and after the command, and what a last run must lead to. */
static void set_known(struct scene *s)
{
	s->k = (struct known){.a = is_installed(s->kind) ? &s->first : &s->official,
			      .b = &s->first,
			      .official = s->store ? NULL : &s->official,
			      .linked = !s->store};
	if (s->kind->start == START_REFRESHED)
		s->k.a = &s->foreign;
	if (s->kind->command == INSTALL_SECOND)
		s->k.b = &s->second;
	else if (s->kind->command == RESTORE || s->kind->command == REMOVE)
		s->k.b = &s->official;
	s->final = s->k.b;
	set_words(s, s->words, s->kind->command);
	set_words(s, s->again, s->kind->command == RECOVER ? INSTALL_FIRST : s->kind->command);
}

long long scene_mtime(const struct scene *s)
{
	struct stat st;

	return stat(s->mtime_of, &st) == 0 ? st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec :
					     -1;
}

/* One undisturbed run: the scene itself must work, and in .wslconfig mode it tells the new text. */
static void rehearse(struct scene *s)
{
	char output[4096], why[400];
	int r = scene_run(s, s->words, output, sizeof(output));

	if (r != 0)
		tap_die("%s: undisturbed, it ended with %d: %s", s->kind->name, r, output);
	if (s->store)
		s->new_text = read_whole(s->profile, ".wslconfig", &s->new_size);
	if (!scene_is_safe(s, why, sizeof(why)))
		tap_die("%s: undisturbed, yet %s", s->kind->name, why);
	if (s->kind->command != RECOVER && scene_end(s) != END_NEW)
		tap_die("%s: undisturbed, it did not reach its end: %s", s->kind->name, output);
	scene_reset(s);
}

void scene_open(struct scene *s, const struct scene_kind *kind, const char *program,
		const char *root)
{
	*s = (struct scene){.kind = kind};
	s->store = kind->start == START_STORE || kind->start == START_STORE_INSTALLED ||
		   kind->start == START_STORE_FORCED;
	s->user_text = kind->start == START_STORE_FORCED ? own_key_text : wslconfig_text;
	world_init(&s->w, program, root);
	snprintf(s->profile, sizeof(s->profile), "%s/Users/Ann", s->w.drive);
	snprintf(s->mtime_of, sizeof(s->mtime_of), "%s/" WORLD_T, s->w.drive);
	make_images(s);
	set_known(s);
	make_start(s);
	s->mtime = scene_mtime(s);
	if (kind->start == START_TORN || kind->start == START_TORN_LATE)
		make_torn(s);
	if (s->store)
		s->old_text = read_whole(s->profile, ".wslconfig", &s->old_size);
	s->start = snapshot_take(root);
	s->start_state = snapshot_take(s->w.state);
	rehearse(s);
	/* Once more: what was put back may have other inode numbers, which the recorder will name. */
	snapshot_free(s->start);
	s->start = snapshot_take(root);
}

void scene_close(struct scene *s)
{
	snapshot_free(s->start);
	snapshot_free(s->start_state);
	free(s->official.data);
	free(s->first.data);
	free(s->second.data);
	free(s->foreign.data);
	free(s->old_text);
	free(s->new_text);
	remove_tree(s->w.drive);
	remove_tree(s->w.state);
}

void scene_reset(const struct scene *s)
{
	snapshot_restore(s->start, s->w.root);
	snapshot_restore(s->start_state, s->w.state);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fixed text of the rescue files, with LF line ends. Helper of rescue only.
 */
#ifndef IK_CODEC_RESCUECMD_H
#define IK_CODEC_RESCUECMD_H

/* First lines of the batch file; values, arguments and images follow them. */
extern const char ik_rescuecmd_head[];
/* The rest of it, in pieces up to a NULL. */
extern const char *const ik_rescuecmd_body[];

/* Readme: before the example of .wslconfig. Formats: tool version, target's name. */
#define ik_rescuecmd_readme_intro                                                              \
	"iMMENSITY Kernel for WSL 2: how to get a kernel back from Windows\n"                  \
	"==================================================================\n"                 \
	"\n"                                                                                   \
	"Written by immensity-kernel %s. It replaced the file \"%s\" in this folder,\n"        \
	"which Windows boots for WSL 2. The files named immensity-* belong to it.\n"           \
	"Please do not delete the saved images: one of them may be the only copy of the\n"     \
	"official kernel on this computer.\n"                                                  \
	"\n"                                                                                   \
	"WSL does not start any more? Try these steps in this order.\n"                        \
	"\n"                                                                                   \
	"1. Without administrator rights\n"                                                    \
	"   Open the file .wslconfig in your user folder (%%UserProfile%%) with Notepad, or\n" \
	"   make it. If it has a line kernel=..., change that line; if not, add these:\n"      \
	"\n"                                                                                   \
	"[wsl2]\n"

/* Readme: after that example. Formats: directory, script's name. */
#define ik_rescuecmd_readme_script                                                             \
	"\n"                                                                                   \
	"   Save, then type in a Command Prompt:   wsl --shutdown\n"                           \
	"   Start WSL. In your distribution run:   sudo immensity-kernel recover\n"            \
	"   Take the line out of .wslconfig again and type wsl --shutdown once more.\n"        \
	"\n"                                                                                   \
	"2. With administrator rights\n"                                                       \
	"   Open a Command Prompt with \"Run as administrator\" and type:\n"                   \
	"\n"                                                                                   \
	"\"%s\\%s\"\n"                                                                         \
	"\n"                                                                                   \
	"   It stops WSL, checks the saved image, copies it over the kernel, and checks the\n" \
	"   result. It changes no other file and can be started again at any time.\n"          \
	"   Saved images:\n"                                                                   \
	"\n"

extern const char ik_rescuecmd_readme_end[];

#endif

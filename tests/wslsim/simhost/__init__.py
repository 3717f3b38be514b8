# SPDX-License-Identifier: GPL-2.0-or-later
"""The simulated Windows host: what `wslsim` and `make-image` are made of.

It must not share code with the C program that it judges.
"""

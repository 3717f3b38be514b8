/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock file on the drive between two virtual machines, where no flock helps: O_EXCL creation, the judgement
 * that a lock is dead, breaking it by a rename, and the double look at one's own nonce. A dead holder's lock is
 * there at the beginning; one contender may die at any time and start again.
 * Time is not modelled: "unchanged for three heartbeats" is the truth about the holder's life.
 * Known and left out (-DLATE_DEATH shows it): a breaker that was too slow, moved a live lock by mistake, and dies in
 * the instant before it puts it back. File names alone cannot close that gap.
 *
 * -DBUG_<NAME> plants a mistake that must be found: see bugs.list.
 */
#define CONTENDERS 2
#define DEATHS	   1

byte file = 9;	       /* nonce in the lock file; 0 = no file; 9 is the dead holder's */
byte next_nonce = 1;   /* nonces are never used twice */
byte holder_of[12];    /* by nonce: the contender, 0 = dead */
byte in_critical = 0;
byte deaths = 0;
byte served = 0;

/* The process ends here and now; its nonce is a dead one from then on. */
#define MAY_DIE                                                                            \
	atomic {                                                                           \
		if                                                                         \
		:: deaths < DEATHS && nonce != 0 ->                                        \
			deaths++;                                                          \
			holder_of[nonce] = 0;                                              \
			goto start                                                         \
		:: true -> skip                                                            \
		fi                                                                         \
	}

proctype contender(byte me)
{
	byte nonce = 0, judged = 0, moved = 0;

start:
	atomic {
		nonce = next_nonce;
		next_nonce++;
		holder_of[nonce] = me;
		moved = 0
	}
try:
	atomic {
		if
		:: file == 0 -> file = nonce; goto made
		:: file != 0 -> judged = file
		fi
	}
	/* Watching: a live holder changes the file, a dead one does not. */
#ifdef BUG_NO_STALENESS_RULE
	skip;
#else
	if
	:: holder_of[judged] != 0 -> goto try
	:: holder_of[judged] == 0 -> skip
	fi;
#endif
	/* Break: one rename wins; what was moved must be what was judged. */
	atomic {
		if
		:: file == 0 -> goto try
		:: file != 0 -> moved = file; file = 0
		fi
	}
#ifdef LATE_DEATH
	MAY_DIE;
#else
	if
	:: moved == judged -> MAY_DIE
	:: moved != judged -> skip
	fi;
#endif
#ifndef BUG_NO_NONCE_CHECK
	atomic {
		if
		:: moved != judged && file == 0 -> file = moved; goto try
		:: moved != judged && file != 0 -> goto try
		:: moved == judged -> skip
		fi
	}
#endif
	goto try;

made:
	MAY_DIE;
	atomic {
		if
		:: file != nonce -> goto try
		:: file == nonce -> skip
		fi
	};
	atomic {
		in_critical++;
		assert(in_critical == 1)
	}
	atomic {
		in_critical--;
		/* Released only when it is still ours. */
		if
		:: file == nonce -> file = 0
		:: file != nonce -> skip
		fi;
		holder_of[nonce] = 0;
		served++
	}
}

init {
	byte i;

	atomic {
		run contender(1);
		run contender(2)
	}
	/* Nobody starves: a dead lock never stays. */
	served == CONTENDERS;
	assert(file == 0)
}

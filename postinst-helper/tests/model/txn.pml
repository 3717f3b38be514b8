/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The in-place transaction and its recovery (steps 0-17), with power cuts, kills, two distributions and one
 * Windows Update, all interleaved. A write stays in a cache until it is flushed; a power cut keeps any part of
 * what is in the cache. The lock is one variable here: lock.pml looks at its staleness rules.
 *
 * -DCRASHES=n power cuts and kills together, -DACTORS=1|2, -DWU=0|1, -DFAULTS=0|1 silent bad write,
 * -DREFUSALS=0|1 a flush that recovery asks for and does not get; -DBUG_<NAME> plants a protocol mistake that must be
 * found: see bugs.list.
 */
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef ACTORS
#define ACTORS 2
#endif
#ifndef WU
#define WU 1
#endif
#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef REFUSALS
#define REFUSALS 1
#endif

/* Images, and what a header or a body can be. A head that is half written looks valid: HALF. */
#define ZERO 0
#define OFF  1 /* the official kernel at the beginning */
#define V1   2 /* ours */
#define V2   3 /* ours, newer */
#define UPD  4 /* what Windows Update brings */
#define HALF 5
#define MIX  6 /* a body that is partly this, partly that */

#define IDLE  0
#define ARMED 1
#define DONE  2
#define SUPER 3

/* The target: cache and disk. */
byte head = OFF, body = OFF, head_disk = OFF, body_disk = OFF;
byte file_id = 0; /* grows when somebody replaces the file by a new one */

/* The journal: cache and disk; two slots make a record atomic. */
byte j_state = IDLE, j_a = ZERO, j_b = ZERO, j_id = 0;
byte jd_state = IDLE, jd_a = ZERO, jd_b = ZERO, jd_id = 0;

/* Files beside the target, made by write, flush, rename: cache and disk. */
byte prev = ZERO, prev_disk = ZERO, first = ZERO, first_disk = ZERO;
byte fresh = ZERO, fresh_disk = ZERO, script = ZERO, script_disk = ZERO;

byte lock = 0;	    /* 0 = free, else the actor */
byte epoch = 0;	    /* power cuts so far: every process of before is dead */
byte crashes = 0;   /* power cuts and kills so far */
byte finished = 0;  /* actors that are through */
byte faults = 0;    /* writes that went wrong without a word */
byte refusals = 0;  /* flushes that recovery asked for and did not get */
bool torn_by_wu = false; /* Windows Update rewrote the file while it was being written */
byte in_window = 0; /* the actor between its first and its last write of the target, 0 = none */

#define is_image(x)	  ((x) >= OFF && (x) <= UPD)
#define is_whole(h, b)	  ((h) == (b) && is_image(h))
#define looks_valid(h)	  ((h) != ZERO)
#define rank(x)		  ((x) == V1 -> 1 : ((x) == V2 -> 2 : 0))

/* The way back from Windows alone: journal, backup and script speak of the same image. */
#define has_way_back                                                                       \
	(jd_state == ARMED && is_image(jd_a) && prev_disk == jd_a && script_disk == jd_a)

/* Never a bootable mixture; never a dead kernel without a way back. */
#define is_safe                                                                            \
	(is_whole(head_disk, body_disk) ||                                                 \
	 (!looks_valid(head_disk) && has_way_back) ||                                      \
	 (head_disk == HALF && has_way_back) ||                                            \
	 (torn_by_wu && is_image(prev_disk)))

/* An official kernel exists somewhere, whatever happened; Windows Update's is one as well. */
#define is_official(x) ((x) == OFF || (x) == UPD)
#define has_official                                                                       \
	(is_whole(head_disk, body_disk) && is_official(head_disk) ||                       \
	 is_official(prev_disk) || is_official(first_disk))

inline flush_target()
{
	head_disk = head;
	body_disk = body
}

inline flush_journal()
{
	jd_state = j_state;
	jd_a = j_a;
	jd_b = j_b;
	jd_id = j_id
}

/* A power cut: each thing in the cache reaches the disk or does not; a body may do so in part. */
inline power_cut()
{
	if
	:: head_disk = head
	:: head != head_disk && is_image(head) && !looks_valid(head_disk) -> head_disk = HALF
	:: skip
	fi;
	if
	:: body_disk = body
	:: body != body_disk -> body_disk = MIX
	:: skip
	fi;
	if
	:: flush_journal()
	:: skip
	fi;
	if
	:: prev_disk = prev
#ifdef BUG_BACKUP_NOT_FLUSHED
	:: prev != prev_disk -> prev_disk = MIX
#endif
	:: skip
	fi;
	if
	:: first_disk = first
	:: skip
	fi;
	if
	:: fresh_disk = fresh
	:: skip
	fi;
	if
	:: script_disk = script
	:: skip
	fi;
	head = head_disk;
	body = body_disk;
	j_state = jd_state;
	j_a = jd_a;
	j_b = jd_b;
	j_id = jd_id;
	prev = prev_disk;
	first = first_disk;
	fresh = fresh_disk;
	script = script_disk;
	lock = 0;
	in_window = 0
}

/* Files that are flushed before their rename are whole; this flush makes the names durable as well. */
inline flush_files()
{
#ifndef BUG_BACKUP_NOT_FLUSHED
	prev_disk = prev;
#endif
	first_disk = first;
	fresh_disk = fresh;
	script_disk = script
}

/* One write through the descriptor: it reaches the target only while that is still the file that was opened. */
inline write_head(value)
{
	if
	:: opened == file_id -> head = value
	:: else -> skip
	fi
}

inline write_body(value)
{
	if
	:: opened == file_id -> body = value
	:: opened == file_id && faults < FAULTS -> body = MIX; faults++
	:: opened != file_id -> skip
	fi
}

#define alive (my_epoch == epoch)

/*
 * Every step is atomic, ends the run when the process is dead, and may be the last one before a kill: the
 * cache survives a kill, the lock is found stale by whoever comes next.
 */
#define STEP(action)                                                                       \
	atomic {                                                                           \
		if                                                                         \
		:: !alive -> goto again                                                    \
		:: alive -> action                                                         \
		:: alive && crashes < CRASHES -> crashes++; in_window = 0; lock = 0; goto again \
		fi                                                                         \
	}

/* Body and head of an image over the target: steps 9 to 15. want is what it shall be. */
#ifdef BUG_HEAD_FIRST
#define PUT(want)                                                                          \
	STEP(in_window = me; write_head(want); flush_target());                            \
	STEP(write_body(MIX));                                                             \
	STEP(write_body(want); flush_target());                                            \
	STEP(in_window = 0)
#else
#ifdef BUG_HEAD_NOT_ZEROED
#define ZERO_HEAD STEP(in_window = me)
#else
#ifdef BUG_ZERO_NOT_FLUSHED
#define ZERO_HEAD STEP(in_window = me; write_head(ZERO))
#else
#define ZERO_HEAD STEP(in_window = me; write_head(ZERO); flush_target())
#endif
#endif
#ifdef BUG_NO_FLUSH_BEFORE_HEAD
#define FLUSH_BODY skip
#else
#define FLUSH_BODY STEP(flush_target())
#endif
#define PUT(want)                                                                          \
	ZERO_HEAD;                                                                         \
	STEP(write_body(MIX));                                                             \
	STEP(write_body(want));                                                            \
	FLUSH_BODY;                                                                        \
	CHECK_BODY(want);                                                                  \
	STEP(write_head(want));                                                            \
	STEP(flush_target(); in_window = 0)
#endif

/* Step 13: somebody else may have written meanwhile. A foreign head is left alone. */
#ifdef BUG_NO_VERIFY
#define CHECK_BODY(want) skip
#else
#define CHECK_BODY(want)                                                                   \
	STEP(if                                                                            \
	     :: opened == file_id && body == want && head != UPD -> skip                   \
	     :: else -> in_window = 0; goto foreign                                        \
	     fi)
#endif

/* The head half written by us: journal armed, same file, and the body is one of the two we know. */
#ifdef BUG_NO_BODY_DIGEST
#define our_half_head (head == ZERO)
#else
#define our_half_head (head == ZERO || (head == HALF && (body == j_a || body == j_b)))
#endif

/*
 * The file may be opened late: somebody else has it. What recovery judged before is looked at again after the
 * opening, and judged anew if it is another.
 */
#define is_as_judged (opened == file_id && j_id == opened && our_half_head)
#ifdef BUG_NO_LOOK_AFTER_OPENING
#define LOOK_AGAIN STEP(unseen = !is_as_judged)
#else
#define LOOK_AGAIN                                                                         \
	STEP(if                                                                            \
	     :: is_as_judged -> skip                                                       \
	     :: else -> lock = 0; goto again                                               \
	     fi)
#endif

proctype actor(byte me; byte mine)
{
	byte my_epoch, opened, current;
	bool unseen = false; /* about to overwrite something else than what was backed up */

again:
	atomic {
		lock == 0 -> lock = me;
		my_epoch = epoch
	};
	STEP(opened = file_id);

	/*
	 * Recovery. A kill leaves the last writes in the cache: what is read as whole must be flushed before
	 * the journal is closed, or a power cut right after finds a dead kernel and no journal. The server may
	 * refuse that: then everything stays as it is, and no change begins.
	 */
#ifdef BUG_CLOSED_UNFLUSHED
#define FLUSH_WHOLE skip
#else
#define FLUSH_WHOLE flush_target()
#endif
#if defined(BUG_CLOSED_THOUGH_REFUSED)
#define REFUSED(state) STEP(refusals++; j_state = state; flush_journal())
#elif defined(BUG_CHANGE_THOUGH_REFUSED)
#define REFUSED(state) STEP(refusals++)
#else
#define REFUSED(state) STEP(refusals++); goto finish
#endif
#define SETTLE(state)                                                                      \
	if                                                                                 \
	:: STEP(FLUSH_WHOLE; j_state = state; flush_journal())                             \
	:: refusals < REFUSALS -> REFUSED(state)                                           \
	fi
	if
	:: is_whole(head, body) && j_state == ARMED && j_id == file_id && head == j_b -> SETTLE(DONE)
	:: is_whole(head, body) && j_state == ARMED && j_id == file_id && head == j_a -> SETTLE(IDLE)
	:: looks_valid(head) && !our_half_head && j_state == ARMED &&
		   !(is_whole(head, body) && j_id == file_id && (head == j_a || head == j_b)) ->
		STEP(j_state = SUPER; flush_journal())
	:: our_half_head && j_state == ARMED && j_id == file_id ->
		STEP(opened = file_id);
		LOOK_AGAIN;
		assert(!alive || !unseen);
		if
		:: prev == j_a ->
#ifdef BUG_RECOVER_HEAD_ONLY
			STEP(write_head(j_a); flush_target());
#else
			PUT(j_a);
#endif
			STEP(j_state = IDLE; flush_journal())
		:: prev != j_a && fresh == j_b ->
			PUT(j_b);
			STEP(j_state = DONE; flush_journal())
		:: else -> goto finish
		fi
	:: else -> skip
	fi;

	/* Steps 3 to 8. */
	STEP(current = head; opened = file_id);
	if
	:: !is_whole(head, body) -> goto finish
	:: is_whole(head, body) && rank(current) >= rank(mine) -> goto finish
	:: else -> skip
	fi;
	STEP(fresh = mine);
#ifdef BUG_FIRST_NOT_KEPT
	STEP(prev = current);
#else
	/* A copy of ours does not get its name yet: an earlier one has it. */
	STEP(if
	     :: is_official(current) && first == ZERO -> prev = current; first = current
	     :: is_official(current) && first != ZERO -> prev = current
	     :: else -> skip
	     fi);
#endif
	STEP(script = current);
	STEP(flush_files());
#ifndef BUG_JOURNAL_LATE
	STEP(j_state = ARMED; j_a = current; j_b = mine; j_id = opened);
#ifndef BUG_JOURNAL_NOT_FLUSHED
	STEP(flush_journal());
#endif
#endif
#ifdef BUG_NO_RECHECK
#define UNSEEN unseen = true
#else
#define UNSEEN goto foreign
#endif
	STEP(if
	     :: opened == file_id && head == current && body == current -> skip
	     :: else -> UNSEEN
	     fi);

	/* The copy gets its name, which is flushed, under the armed journal. */
	STEP(prev = current);
#if !defined(BUG_NAME_NOT_FLUSHED) && !defined(BUG_BACKUP_NOT_FLUSHED)
	STEP(prev_disk = prev);
#endif

	/* Nobody's finished work is overwritten, unless it came in the last moment. */
	assert(!alive || !unseen);

	/* Steps 9 to 15, then 16. */
	PUT(mine);
#ifdef BUG_JOURNAL_LATE
	STEP(j_state = ARMED; j_a = current; j_b = mine; j_id = opened; flush_journal());
#endif
	STEP(if
	     :: opened == file_id && is_whole(head, body) && head == mine -> skip
	     :: else -> goto foreign
	     fi);
	STEP(j_state = DONE; flush_journal());
	/* What is called done survives. */
	atomic {
		if
		:: alive && opened == file_id && !torn_by_wu && is_whole(head, body) ->
			assert(is_whole(head_disk, body_disk))
		:: else -> skip
		fi
	};
	goto finish;

foreign:
	/* Not what we wrote: with a head it is theirs; without one it is our torn file, to be mended next time. */
	STEP(if
	     :: opened != file_id || looks_valid(head) -> j_state = SUPER; flush_journal()
	     :: else -> lock = 0; goto again
	     fi);

finish:
	atomic {
		if
		:: alive -> lock = 0; finished++
		:: else -> goto again
		fi
	}
}

/* Windows Update: a new file in the target's place, or the old one rewritten, once, at any time. */
proctype update()
{
	atomic {
		if
		:: file_id++; head = UPD; body = UPD; flush_target()
		:: torn_by_wu = (in_window != 0 -> true : torn_by_wu);
		   head = UPD; body = UPD; flush_target()
		:: skip /* or not at all */
		fi;
		finished++
	}
}

proctype power()
{
	do
	:: atomic {
		crashes < CRASHES && finished < ACTORS + WU ->
		power_cut();
		epoch++;
		crashes++;
		assert(is_safe);
		assert(has_official)
	   }
	:: finished == ACTORS + WU -> break
	od;
	/* Everybody is through: no dead kernel is left, or a server that refused left all for the next run. */
	assert(is_whole(head, body) || torn_by_wu || (refusals > 0 && is_safe))
}

init {
	atomic {
		run actor(1, V1);
#if ACTORS == 2
		run actor(2, V2);
#endif
#if WU == 1
		run update();
#endif
		run power()
	}
}

package cache

// refusals remembers by the hash of its key, for Options.RefreshPause, that a
// fill failed though there is something to use meanwhile. Two maps take turns: one
// older than a pause has nothing more to say. So there are never more than the
// failures of two pauses, and no strings. The lock is held for all of it.
type refusals struct {
	now, before map[uint64]refusal
	turn        int64 // ticks: from when on another map is begun
}

type refusal struct {
	until int64  // ticks
	seq   uint64 // of the purges before it: a later one ends it
}

func (r *refusals) add(h, seq uint64, t, pause int64) {
	if t >= r.turn || r.now == nil {
		r.before = r.now
		if t-r.turn >= pause {
			r.before = nil
		}
		r.now, r.turn = map[uint64]refusal{}, t+pause
	}
	r.now[h] = refusal{until: t + pause, seq: seq}
}

func (r *refusals) hold(h, seq uint64, t int64) bool {
	was, ok := r.now[h]
	if !ok {
		was, ok = r.before[h]
	}
	return ok && t < was.until && was.seq == seq
}

package edge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"inlay/internal/engine"
	"inlay/internal/purgelog"
)

// Purge is what a program wants purged everywhere.
type Purge struct {
	// Tags and Keys are what is to go: all that carries one of the tags, and the fragment of each key, which is its src as
	// its origin sees it.
	Tags, Keys []string
	// All is everything.
	All bool
	// Soft ends the freshness of what is named, and removes nothing: its swr and sie count from now on.
	Soft bool
}

// Purged is what has become of a [Purge].
type Purged struct {
	// Entries are how many fragments of this process went, or with Soft were fresh.
	Entries int
	// Seq is the purge's number in the log, 0 without one.
	Seq uint64
	// Within is how long after now a request to any process of the site may still get what was purged, if that began before:
	// Config.Lease, or Config.Outage if that is longer. 0 without a log: then there is only this process.
	Within time.Duration
}

// What a log need not be able to take at once: more subjects come in parts.
const (
	maxSubjects = 1000
	maxSubject  = 8 << 10
)

// PurgeEverywhere purges in this process and in all others that have the same Options.Log, and answers once the log has it.
// Without a log this process is all there is, and nothing can go wrong.
//
// If it fails nothing was purged here, and it is not known whether the log has it; it may be called again. Errors: a Purge that names
// nothing, or a subject of more than 8 KiB; the log's own; that of ctx, which has 5 seconds at most.
func (h *Handler) PurgeEverywhere(ctx context.Context, p Purge) (Purged, error) {
	subjects, err := p.subjects()
	if err != nil {
		return Purged{}, err
	}
	purged, err := h.purgeSubjects(ctx, subjects)
	if err != nil {
		return Purged{}, fmt.Errorf("edge: the purge log could not be told: %w", err)
	}
	return purged, nil
}

// purgeSubjects purges what subjects name, here and wherever the log reaches. The error is why the log could not be told.
func (h *Handler) purgeSubjects(ctx context.Context, subjects []string) (Purged, error) {
	if h.options.Log == nil {
		return Purged{Entries: locked(h, func() int { return h.engine.Told(subjects, nil, 0, h.now()) })}, nil
	}
	var id string
	var since uint64
	var asked int64
	h.event(func() { id, since, asked = h.engine.View(h.now()) })
	ctx, cancel := context.WithTimeout(ctx, engine.PurgeTimeout)
	defer cancel()
	a, err := h.tell(ctx, id, since, subjects)
	if err != nil {
		return Purged{}, err
	}
	n := locked(h, func() int { return h.engine.Told(subjects, a, asked, h.now()) })
	return Purged{Entries: n, Seq: a.Seq, Within: max(h.options.Config.Lease, h.options.Config.Outage)}, nil
}

func (p *Purge) subjects() (all []string, err error) {
	if p.All {
		all = append(all, purgelog.All)
	}
	for _, tag := range p.Tags {
		all = append(all, purgelog.Tag(tag))
	}
	for _, key := range p.Keys {
		all = append(all, purgelog.Key(key))
	}
	if len(all) == 0 {
		return nil, errors.New("edge: the Purge names nothing; give it Tags, Keys or All")
	}
	if p.Soft {
		for i := range all {
			all[i] = purgelog.Soft(all[i])
		}
	}
	return all, checkSubjects(all)
}

// checkSubjects refuses what a log need not take.
func checkSubjects(subjects []string) error {
	for _, s := range subjects {
		if len(s) > maxSubject {
			return fmt.Errorf("edge: the subject %.40q… has %d bytes; at most %d can be purged by name", s, len(s), maxSubject)
		}
	}
	return nil
}

// PurgeTag removes every fragment of this process that carries tag and says how many. Other processes keep theirs, and so does
// Options.Lower: see [Handler.PurgeEverywhere].
func (h *Handler) PurgeTag(tag string) int {
	return locked(h, func() int { return h.engine.PurgeTag(tag, h.now()) })
}

// InvalidateTag ends the freshness of every fragment of this process that carries tag and says how many were fresh: from now
// on their swr and sie count, and without them the next reader waits for a fill. Other processes keep theirs as they are, see
// [Handler.PurgeEverywhere].
func (h *Handler) InvalidateTag(tag string) int {
	return locked(h, func() int { return h.engine.InvalidateTag(tag, h.now()) })
}

// Purge removes the fragment of key from this process; a fill of it in progress is delivered to those who wait, and not
// stored. Other processes keep theirs, and so does Options.Lower: see [Handler.PurgeEverywhere].
func (h *Handler) Purge(key string) { h.event(func() { h.engine.Purge(key, h.now()) }) }

// PurgeAll removes everything from this process. Other processes keep what they have, and so does Options.Lower: see
// [Handler.PurgeEverywhere].
func (h *Handler) PurgeAll() { h.event(func() { h.engine.PurgeAll(h.now()) }) }

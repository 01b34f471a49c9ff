package edgetest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"inlay/edge"
)

// switchboard makes calls fail, or hang.
type switchboard struct {
	mu     sync.Mutex
	err    error
	frozen chan struct{} // not nil: until it is closed calls hang
}

// Fail has each call fail with an error, from now on; nil ends that.
func (s *switchboard) Fail(err error) {
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
}

// Freeze has each call hang until Thaw, or until its context ends, as that of a process that was stopped.
func (s *switchboard) Freeze() {
	s.mu.Lock()
	if s.frozen == nil {
		s.frozen = make(chan struct{})
	}
	s.mu.Unlock()
}

// Thaw has frozen calls go on.
func (s *switchboard) Thaw() {
	s.mu.Lock()
	if s.frozen != nil {
		close(s.frozen)
		s.frozen = nil
	}
	s.mu.Unlock()
}

func (s *switchboard) pass(ctx context.Context) error {
	s.mu.Lock()
	err, frozen := s.err, s.frozen
	s.mu.Unlock()
	if frozen != nil {
		select {
		case <-frozen:
		case <-ctx.Done():
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// Log is a purge log in memory. It is for handlers of one process, such as those of a test.
type Log struct {
	switchboard
	most int

	mu    sync.Mutex
	id    string
	seq   uint64
	floor uint64
	marks map[string]uint64
}

var _ edge.PurgeLog = (*Log)(nil)

// NewLog makes a log that keeps so many subjects; 0: 4096.
func NewLog(most int) *Log {
	if most == 0 {
		most = 4096
	}
	l := &Log{most: most}
	l.Lose()
	return l
}

// Lose has the log forget everything, and take another identity.
func (l *Log) Lose() {
	l.mu.Lock()
	l.begin()
	l.mu.Unlock()
}

func (l *Log) begin() { l.id, l.seq, l.floor, l.marks = rand.Text(), 0, 0, map[string]uint64{} }

// Since is of [edge.PurgeLog].
func (l *Log) Since(ctx context.Context, id string, since uint64) (edge.LogAnswer, error) {
	if err := l.pass(ctx); err != nil {
		return edge.LogAnswer{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notice(id, since)
	return l.answer(id, since), nil
}

// Purge is of [edge.PurgeLog].
func (l *Log) Purge(ctx context.Context, id string, since uint64, subjects []string) (edge.LogAnswer, error) {
	if err := l.pass(ctx); err != nil {
		return edge.LogAnswer{}, err
	}
	if len(subjects) == 0 || slices.Contains(subjects, "") {
		return edge.LogAnswer{}, errors.New("edgetest: a purge of nothing")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notice(id, since)
	l.seq++
	for _, s := range subjects {
		l.marks[s] = l.seq
	}
	l.trim()
	return l.answer(id, since), nil
}

// notice takes another identity if somebody knows of more than there was.
func (l *Log) notice(id string, since uint64) {
	if id == l.id && since > l.seq {
		l.begin()
	}
}

func (l *Log) trim() {
	if len(l.marks) <= l.most {
		return
	}
	all := l.changes(0)
	slices.SortFunc(all, func(a, b edge.LogChange) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, c := range all[:len(all)-l.most] {
		delete(l.marks, c.Subject)
		l.floor = c.Seq
	}
}

func (l *Log) answer(id string, since uint64) edge.LogAnswer {
	if id != l.id || since < l.floor {
		since = 0
	}
	return edge.LogAnswer{ID: l.id, Seq: l.seq, Floor: l.floor, Changes: l.changes(since)}
}

func (l *Log) changes(since uint64) (all []edge.LogChange) {
	for s, seq := range l.marks {
		if seq > since {
			all = append(all, edge.LogChange{Seq: seq, Subject: s})
		}
	}
	return all
}

// Tier is a store of fragments in memory, for handlers of one process.
type Tier struct {
	switchboard

	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	bytes     []byte
	at, until time.Time
}

var _ edge.Tier = (*Tier)(nil)

// NewTier makes a store that keeps everything for as long as it is told to.
func NewTier() *Tier { return &Tier{kept: map[string]kept{}} }

// Get is of [edge.Tier].
func (s *Tier) Get(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if err := s.pass(ctx); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, now := s.kept[name], time.Now()
	if !now.Before(k.until) {
		delete(s.kept, name)
		return nil, 0, nil
	}
	return k.bytes, now.Sub(k.at), nil
}

// Put is of [edge.Tier].
func (s *Tier) Put(ctx context.Context, name string, b []byte, keep time.Duration) error {
	if err := s.pass(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.kept[name] = kept{bytes: bytes.Clone(b), at: now, until: now.Add(keep)}
	return nil
}

// Len is how many fragments there are, those whose time is over too if nobody has asked for them.
func (s *Tier) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.kept)
}

package cache

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The model is what the cache promises, written down with a map and lists. It
// does not choose victims: it takes note of what OnEvict reports and checks that
// it was allowed to go.
type model struct {
	t  testing.TB
	c  *Cache[item2]
	at *clock

	stored  map[string]*stored
	live    map[int]*stored // by value, for OnEvict
	flights map[string]*modelFlight
	all     []*modelFlight
	purges  []purge
	next    int

	ended int      // how often freshness was ended by tag, by key or in all
	ring  [128]int // of the purges, by ended: the last that the cache remembers
	lost  int

	refused map[string]modelRefusal
	failed  int // fills of Load
	heard   int // of them by OnFillError

	mayEvict bool         // the operation stores
	mayDrop  map[int]bool // values that the operation replaces or deletes
}

type item2 struct{ id, size int }

type stored struct {
	key           string
	id            int
	freshUntil    time.Time
	swr, sie      time.Duration
	tags          []string
	purged, stale bool
	staleAt       time.Time // of the first invalidation, if stale
	// marks is how many invalidations there were since, of the tag that had most:
	// of many the cache forgets when the first was, and counts from an earlier one.
	marks map[string]int

	// What a count leaves out: the tag's own doing, not that of other tags.
	purgedBy, staleBy map[string]bool
	storedStale       bool
}

type purge struct {
	seq  int
	tag  string
	soft bool
	at   time.Time
}

type modelFlight struct {
	f        *Flight[item2]
	key      string
	since    int  // of model.ended
	stale    bool // its key was invalidated
	staleAt  time.Time
	known    []string
	detached bool
	settled  bool
	value    item2
	err      error
	waiters  []*waiter
	loaded   bool // somebody has loaded its key meanwhile
}

// modelRefusal is a fill that failed while something stood in for it.
type modelRefusal struct {
	until time.Time
	ended int
	vague bool // it may not have
}

type waiter struct {
	load  bool
	stop  func() bool
	gone  bool
	calls int
	value item2
	err   error
}

const modelBudget = 6000

func newModel(t testing.TB, weigh bool) *model {
	m := &model{t: t, stored: map[string]*stored{}, live: map[int]*stored{}, flights: map[string]*modelFlight{}, refused: map[string]modelRefusal{}}
	m.c, m.at = newTest(t, Options[item2]{
		MaxBytes:      modelBudget,
		Size:          func(v item2) int { return v.size },
		OnEvict:       m.left,
		OnFillError:   func(string, error) { m.heard++ },
		WeighFillTime: weigh,
		Seed:          7,
	})
	return m
}

func (m *model) left(key string, v item2) {
	s := m.live[v.id]
	require.NotNil(m.t, s, "%q:%d left twice or was never stored", key, v.id)
	require.Equal(m.t, s.key, key)
	require.True(m.t, m.mayEvict || m.mayDrop[v.id] || !s.usableOnError(m.at.t) || s.vague(), "%q left without a reason", key)
	delete(m.live, v.id)
	if m.stored[key] == s {
		delete(m.stored, key)
	}
}

func (s *stored) state(now time.Time) State {
	switch {
	case s == nil || s.purged:
		return Miss
	case !s.stale && now.Before(s.freshUntil):
		return Fresh
	case now.Before(s.until().Add(s.swr)):
		return Stale
	}
	return Miss
}

func (s *stored) until() time.Time {
	if s.stale && s.staleAt.Before(s.freshUntil) {
		return s.staleAt
	}
	return s.freshUntil
}

func (s *stored) usableOnError(now time.Time) bool {
	return s != nil && !s.purged && (s.state(now) != Miss || now.Before(s.until().Add(s.sie)))
}

// vague tells whether the cache may take an entry for older than it is.
func (s *stored) vague() bool {
	if s == nil {
		return false
	}
	for _, n := range s.marks {
		if n >= maxSofts {
			return true
		}
	}
	return false
}

// store is what Put and Commit do to the model.
func (m *model) store(key string, v item2, p Policy, stale bool, staleAt time.Time, do func() error) error {
	old := m.stored[key]
	m.mayEvict = true
	err := do()
	m.mayEvict = false
	if errors.Is(err, ErrTooLarge) {
		require.Greater(m.t, v.size+len(key)+EntryOverhead+m.policyPrice(p), modelBudget)
		return err
	}
	if err != nil {
		return err
	}
	if old != nil {
		require.NotContains(m.t, m.live, old.id, "the replaced value of %q did not leave", key)
	}
	s := &stored{key: key, id: v.id, freshUntil: m.at.t.Add(p.TTL), stale: stale, staleAt: staleAt, marks: map[string]int{},
		swr: p.StaleWhileRevalidate, sie: p.StaleIfError, tags: p.Tags,
		storedStale: stale, purgedBy: map[string]bool{}, staleBy: map[string]bool{}}
	m.stored[key], m.live[v.id] = s, s
	return nil
}

func (m *model) policyPrice(p Policy) int {
	if p.StaleWhileRevalidate == 0 && p.StaleIfError == 0 && len(p.Tags) == 0 {
		return 0
	}
	n := TermsOverhead
	for _, tag := range p.Tags {
		n += TagRefOverhead + TagOverhead + len(tag)
	}
	return n
}

// step does one operation, chosen by four bytes, on the cache and on the model.
func (m *model) step(op, a, b, c byte) {
	t := m.t
	key := "k" + strconv.Itoa(int(a%40))
	tag := "t" + strconv.Itoa(int(a%5))
	switch op % 18 {
	case 0, 1, 2:
		v, p := m.value(b), modelPolicy(c)
		if p.TTL < 0 {
			require.NoError(t, m.c.Put(key, v, p))
			break
		}
		_ = m.store(key, v, p, false, time.Time{}, func() error { return m.c.Put(key, v, p) })
	case 3, 4, 5:
		m.look(key, op)
	case 6:
		m.mayDrop = map[int]bool{}
		old := m.stored[key]
		if old != nil {
			m.mayDrop[old.id] = true
		}
		m.c.Delete(key)
		require.NotContains(t, m.stored, key)
		m.detach(m.flights[key])
	case 7:
		if a < 250 {
			m.at.advance(time.Duration(b) * 100 * time.Millisecond)
			break
		}
		m.mayEvict = true
		m.c.Clear()
		m.mayEvict = false
		require.Empty(t, m.live)
		for _, f := range m.flights {
			m.detach(f)
		}
	case 8:
		n := 0
		for _, s := range m.live {
			if slices.Contains(s.tags, tag) && !s.purgedBy[tag] {
				n++
				s.purged, s.purgedBy[tag] = true, true
			}
		}
		m.purged(purge{tag: tag})
		require.Equal(t, n, m.c.PurgeTag(tag))
	case 9:
		n := 0
		for _, s := range m.live {
			if slices.Contains(s.tags, tag) && !s.purgedBy[tag] && !s.staleBy[tag] && !s.storedStale {
				n++
				if !s.stale {
					s.staleAt = m.at.t
				}
				s.stale, s.staleBy[tag] = true, true
			}
		}
		for _, s := range m.live {
			if n > 0 && slices.Contains(s.tags, tag) {
				s.marks[tag]++
			}
		}
		m.purged(purge{tag: tag, soft: true, at: m.at.t})
		require.Equal(t, n, m.c.InvalidateTag(tag))
	case 10, 11:
		if b%2 == 0 {
			m.begin(key)
		} else {
			m.begin(key, modelPolicy(c).Tags...)
		}
	case 14:
		if len(m.all) > 0 {
			f := m.all[int(a)%len(m.all)]
			w := f.waiters[int(b)%len(f.waiters)]
			require.Equal(t, !f.settled && !w.gone, w.stop())
			w.gone = w.gone || !f.settled
		}
	case 15:
		m.load(key, m.value(b), modelPolicy(c), b%4 == 0)
		if b%4 == 0 { // again, in the pause after it failed
			m.at.advance(time.Duration(b) * 5 * time.Millisecond)
			m.load(key, m.value(b), modelPolicy(c), false)
		}
	case 16:
		m.walk()
	case 17:
		m.ended++
		if a < 245 {
			m.invalidateKey(key)
		} else {
			m.invalidateAll()
		}
	case 12:
		if len(m.all) > 0 {
			m.commit(m.all[int(a)%len(m.all)], m.value(b), modelPolicy(c))
		}
	case 13:
		if len(m.all) > 0 {
			f := m.all[int(a)%len(m.all)]
			m.abandon(f)
			m.load(f.key, m.value(b), modelPolicy(c), false)
		}
	}
	m.mayDrop = nil
	require.Equal(t, len(m.live), m.c.Len())
	require.Equal(t, m.failed, m.heard)
}

// purged takes note of a purge or an invalidation of a tag, of which the cache
// remembers 128.
func (m *model) purged(p purge) {
	m.ended++
	p.seq = m.ended
	m.purges = append(m.purges, p)
	at := &m.ring[p.seq%len(m.ring)]
	m.lost, *at = max(m.lost, *at), p.seq
}

func (m *model) invalidateKey(key string) {
	s := m.stored[key]
	fresh := m.ends(s)
	m.endsFlight(m.flights[key])
	require.Equal(m.t, fresh, m.c.Invalidate(key))
	if s != nil && !s.usableOnError(m.at.t) {
		require.NotContains(m.t, m.live, s.id, "%q is of no use and has not left", key)
	}
}

func (m *model) invalidateAll() {
	n := 0
	for _, s := range m.live {
		if m.ends(s) {
			n++
		}
	}
	for _, f := range m.flights {
		m.endsFlight(f)
	}
	require.Equal(m.t, n, m.c.InvalidateAll())
}

// ends ends a value's freshness and tells whether it was fresh.
func (m *model) ends(s *stored) bool {
	fresh := s.state(m.at.t) == Fresh
	if fresh || s != nil && m.at.t.Before(s.freshUntil) {
		s.freshUntil = m.at.t
	}
	return fresh
}

func (m *model) endsFlight(f *modelFlight) {
	if f != nil && !f.stale {
		f.stale, f.staleAt = true, m.at.t
	}
}

func (m *model) value(b byte) item2 {
	m.next++
	size := int(b) * 4
	if b > 250 {
		size = modelBudget - int(b)%5*40
	}
	return item2{id: m.next, size: size}
}

func modelPolicy(c byte) Policy {
	p := Policy{TTL: time.Duration(1+c%4) * 2 * time.Second}
	if c%16 == 15 {
		p.TTL = -1
	}
	if c&16 != 0 {
		p.StaleWhileRevalidate = 3 * time.Second
	}
	if c&32 != 0 {
		p.StaleIfError = 10 * time.Second
	}
	if c&64 != 0 {
		p.Tags = append(p.Tags, "t"+strconv.Itoa(int(c%5)))
	}
	if c&128 != 0 {
		p.Tags = append(p.Tags, "t"+strconv.Itoa(int(c%3)))
	}
	p.Tags = distinct(p.Tags)
	return p
}

func (m *model) look(key string, op byte) {
	t := m.t
	s := m.stored[key]
	var v item2
	var got State
	switch op % 3 {
	case 0:
		v, got = m.c.Get(key)
	case 1:
		v, got = m.c.GetAt(key, m.at.t)
	case 2:
		var info Info
		v, info = m.c.Inspect(key, m.at.t)
		got = info.State
		if s.vague() {
			break
		}
		if got == Fresh {
			require.Equal(t, s.freshUntil.Sub(m.at.t), info.TTL)
		} else {
			require.LessOrEqual(t, info.TTL, time.Duration(0))
		}
	}
	if s.vague() {
		require.NotEqual(t, Fresh, got)
		return
	}
	require.Equal(t, s.state(m.at.t), got, "%q", key)
	if got != Miss {
		require.Equal(t, s.id, v.id)
	}
	v, ok := m.c.OnError(key, m.at.t)
	require.Equal(t, s.usableOnError(m.at.t), ok)
	if ok {
		require.Equal(t, s.id, v.id)
	}
}

// overtaken says what happened to a flight's key or to any of the tags since it
// began. Of the purges that the cache does not remember it assumes the worst.
func (m *model) overtaken(f *modelFlight, tags []string) (purged, stale bool, at time.Time) {
	stale, at = f.stale, f.staleAt
	if len(tags) == 0 {
		return false, stale, at
	}
	if m.lost > f.since {
		return true, stale, at
	}
	for _, p := range m.purges {
		if p.seq > f.since && slices.Contains(tags, p.tag) {
			if p.soft && (!stale || p.at.Before(at)) {
				at = p.at
			}
			purged = purged || !p.soft
			stale = stale || p.soft
		}
	}
	return purged, stale, at
}

func (m *model) begin(key string, tags ...string) {
	was := m.flights[key]
	old := m.joinable(key, tags)
	if was != nil {
		require.Equal(m.t, was.detached, was.f.Overtaken(tags...))
	}
	f, leader := m.c.Begin(key, tags...)
	require.Equal(m.t, old == nil, leader)
	mf := old
	if leader {
		mf = &modelFlight{f: f, key: key, since: m.ended}
		if mf.known = tags; len(tags) == 0 && m.stored[key] != nil {
			mf.known = m.stored[key].tags
		}
		m.flights[key] = mf
		m.all = append(m.all, mf)
	}
	require.Same(m.t, mf.f, f)
	w := &waiter{}
	mf.waiters = append(mf.waiters, w)
	w.stop = f.Then(func(v item2, err error) {
		w.calls++
		w.value, w.err = v, err
	})
	require.Zero(m.t, w.calls)
}

func (m *model) detach(f *modelFlight) {
	if f != nil {
		f.detached = true
		delete(m.flights, f.key)
	}
}

func (m *model) commit(f *modelFlight, v item2, p Policy) {
	t := m.t
	purged, stale, at := m.overtaken(f, p.Tags)
	switch {
	case f.settled:
		require.ErrorIs(t, f.f.Commit(v, p), ErrClosed)
		return
	case p.TTL < 0:
		require.NoError(t, f.f.Commit(v, p))
	case f.detached || purged || stale && !m.at.t.Before(at.Add(max(p.StaleWhileRevalidate, p.StaleIfError))):
		require.ErrorIs(t, f.f.Commit(v, p), ErrClosed)
	default:
		_ = m.store(f.key, v, p, stale, at, func() error { return f.f.Commit(v, p) })
	}
	m.settled(f, v, nil)
}

func (m *model) abandon(f *modelFlight) {
	was := f.settled
	err := errors.New("broken")
	f.f.Abandon(err)
	if !was {
		m.settled(f, item2{}, err)
	}
}

func (m *model) settled(f *modelFlight, v item2, err error) {
	synctest.Wait() // for those who load
	f.settled, f.value, f.err = true, v, err
	if m.flights[f.key] == f {
		delete(m.flights, f.key)
	}
	for _, w := range f.waiters {
		if w.gone {
			require.Zero(m.t, w.calls)
			continue
		}
		require.Equal(m.t, 1, w.calls)
		if w.load && err != nil {
			m.standsIn(f.key, err, w.value, w.err)
			continue
		}
		require.Equal(m.t, v, w.value)
		require.Equal(m.t, err, w.err)
	}
	if f.loaded && err != nil && !f.detached {
		if purged, stale, _ := m.overtaken(f, f.known); !purged && !stale {
			m.refuse(f.key)
		}
	}
}

// standsIn checks what a Load gave whose fill failed.
func (m *model) standsIn(key string, failed error, v item2, err error) {
	s := m.stored[key]
	switch {
	case s.vague() && err != nil || !s.usableOnError(m.at.t):
		require.Equal(m.t, failed, err)
		require.Zero(m.t, v)
	default:
		require.NoError(m.t, err)
		require.Equal(m.t, s.id, v.id)
	}
}

// refuse takes note that a fill failed.
func (m *model) refuse(key string) {
	if s := m.stored[key]; s.usableOnError(m.at.t) {
		m.refused[key] = modelRefusal{until: m.at.t.Add(time.Second), ended: m.ended, vague: s.vague()}
	}
}

// load is Load of a key whose fill, if it runs, gives v or fails.
func (m *model) load(key string, v item2, p Policy, failing bool) {
	t := m.t
	s := m.stored[key]
	refused := m.refused[key]
	paused := m.at.t.Before(refused.until) && refused.ended == m.ended
	if s.vague() || paused && refused.vague {
		return
	}
	var broken error
	if failing {
		broken = errors.New("broken")
	}
	runs := 0
	load := func(ctx context.Context) (item2, error) {
		got, err := m.c.Load(ctx, key, func(context.Context) (item2, error) { runs++; return v, broken }, p)
		synctest.Wait() // for a refresh
		return got, err
	}
	state := s.state(m.at.t)
	if p.TTL < 0 {
		got, err := load(bg)
		require.Equal(t, broken, err)
		if err == nil {
			require.Equal(t, v, got)
		}
		require.Equal(t, 1, runs)
		m.fails(broken)
		return
	}
	if state == Fresh || paused && s.usableOnError(m.at.t) {
		got, err := load(bg)
		require.NoError(t, err)
		require.Equal(t, s.id, got.id)
		require.Zero(t, runs)
		return
	}
	if f := m.joinable(key, p.Tags); f != nil {
		f.loaded = true
		if state == Stale {
			got, err := load(bg)
			require.NoError(t, err)
			require.Equal(t, s.id, got.id)
		} else {
			m.join(f)
		}
		require.Zero(t, runs)
		return
	}
	var got item2
	var err error
	do := func() error {
		before := m.c.Stats().Refused
		got, err = load(bg)
		if m.c.Stats().Refused > before {
			return ErrTooLarge
		}
		return nil
	}
	if broken != nil {
		_ = do()
	} else {
		_ = m.store(key, v, p, false, time.Time{}, do)
	}
	require.Equal(t, 1, runs)
	m.fails(broken)
	switch {
	case state == Stale:
		require.NoError(t, err)
		require.Equal(t, s.id, got.id)
	case broken == nil:
		require.NoError(t, err)
		require.Equal(t, v, got)
	default:
		m.standsIn(key, broken, got, err)
	}
	if broken != nil {
		m.refuse(key)
	}
}

func (m *model) fails(err error) {
	if err != nil {
		m.failed++
	}
}

// joinable is the key's flight, unless it was overtaken: then it lets go of the key.
func (m *model) joinable(key string, tags []string) *modelFlight {
	f := m.flights[key]
	if f == nil {
		return nil
	}
	purged, stale, _ := m.overtaken(f, f.known)
	purged2, stale2, _ := m.overtaken(f, tags)
	if purged || stale || purged2 || stale2 {
		m.detach(f)
		return nil
	}
	return f
}

// join has a goroutine load the key of a flight that is under way.
func (m *model) join(f *modelFlight) {
	w := &waiter{load: true}
	f.waiters = append(f.waiters, w)
	ctx, cancel := context.WithCancel(bg)
	go func() {
		v, err := m.c.Load(ctx, f.key, nil, Policy{Tags: []string{}})
		if ctx.Err() != nil {
			require.Equal(m.t, ctx.Err(), err)
			return
		}
		w.calls++
		w.value, w.err = v, err
	}()
	w.stop = func() bool {
		if w.calls > 0 || w.gone {
			return false
		}
		cancel()
		synctest.Wait()
		return true
	}
	synctest.Wait()
	require.Zero(m.t, w.calls)
}

// walk holds All against what is stored.
func (m *model) walk() {
	t := m.t
	left := map[string]bool{}
	for key, s := range m.stored {
		if s.usableOnError(m.at.t) && !s.vague() {
			left[key] = true
		}
	}
	for key, e := range m.c.All() {
		s := m.stored[key]
		require.NotNil(t, s)
		require.Equal(t, s.id, e.Value.id)
		require.EqualValues(t, e.Value.size+len(key)+EntryOverhead, e.Bytes)
		require.ElementsMatch(t, s.tags, e.Policy.Tags)
		if s.vague() {
			continue
		}
		require.True(t, left[key], "%q", key)
		delete(left, key)
		require.Equal(t, s.state(m.at.t), e.State)
		if e.State == Fresh {
			require.Equal(t, s.freshUntil.Sub(m.at.t), e.TTL)
		}
	}
	require.Empty(t, left)
}

func (m *model) run(data []byte, every int) {
	for i := 0; len(data) >= 4; i++ {
		m.step(data[0], data[1], data[2], data[3])
		data = data[4:]
		if i%every == 0 {
			checkInvariants(m.t, m.c)
		}
	}
	for _, f := range m.all {
		m.abandon(f)
	}
}

func TestCacheDoesWhatTheModelDoes(t *testing.T) {
	for seed := range uint64(8) {
		t.Run("seed "+strconv.Itoa(int(seed)), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			data := make([]byte, 4*2000)
			for i := range data {
				data[i] = byte(r.Uint32())
			}
			synctest.Test(t, func(t *testing.T) { newModel(t, seed%2 == 0).run(data, 4) })
		})
	}
}

func FuzzModel(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x03\x01\x00\x00"))
	f.Add([]byte("\x00\x01\xff\x40\x00\x02\xfe\x50\x0a\x01\x00\x00\x08\x00\x00\x00\x0c\x00\x10\x40"))
	f.Fuzz(func(t *testing.T, data []byte) {
		synctest.Test(t, func(t *testing.T) { newModel(t, len(data)%2 == 0).run(data[:min(len(data), 4*1000)], 1) })
	})
}

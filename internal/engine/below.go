package engine

import (
	"time"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/sum"
	"inlay/internal/tier"
)

// What lies below the isolate's memory: the data centre's cache, and a store of the whole site's. Before the origin is asked
// for a fragment, it is looked for there. What another isolate has filled is used if the view allows the stamp that it was
// filled under, which is asked after everything that had to be waited for.

// leastKept is the ttl from which on a fragment is put into KV, which shows a write for up to a minute late.
const leastKept = time.Minute

// below are the tiers where a fragment of the slot may lie. What it will be kept for is not known if its origin says that.
func (e *Engine[B]) below(f *fill[B]) config.Tiers {
	tiers := e.config.Tiers
	if ttl := f.slot.TTL; ttl != duration.Unset && ttl < leastKept {
		tiers &^= config.KV
	}
	return tiers
}

// looks has a new attempt of a fill look below before it asks the origin, if there is anything to look for.
func (e *Engine[B]) looks(f *fill[B], at *attempt) bool {
	l := &e.lease
	if f.flight == nil || !e.config.Log || l.adrift && !e.verified() {
		return false
	}
	find := Find{Name: nameOf(f.key), Tiers: e.below(f), Slot: f.name, PagePattern: f.pattern, AwaitView: l.polling && !e.verified()}
	if find.Tiers == 0 && !find.AwaitView {
		return false
	}
	at.looking = true
	e.host.Find(at.leader, at.id, find)
	return true
}

// nameOf is what a key is called below. Two keys may share a name: the key itself is in the entry.
func nameOf(key string) string {
	h := sum.New()
	h.WriteString(key)
	return hex(h.Bytes())
}

// NotFound is the event that a fill's fragment is in none of the tiers: now the origin is asked.
func (e *Engine[B]) NotFound(id FillID, now time.Time) {
	e.event(now)
	f := e.attempts[id]
	if f == nil {
		return
	}
	at := f.of(id)
	if !at.looking {
		return
	}
	at.looking = false
	if at != f.last() && f.last().open {
		// Another request has taken over meanwhile, and asks.
		f.close(id)
		delete(e.attempts, id)
		return
	}
	e.restart(f)
	e.askOrigin(f, at)
}

// restart has a fill that has asked for nothing yet begin now, if what it is for was purged since: what it brings will be newer
// than that.
func (e *Engine[B]) restart(f *fill[B]) {
	if f.purges == e.purges && !f.flight.Overtaken(f.tags...) {
		return
	}
	e.letGoOfStored(f)
	f.flight.Detach()
	flight, leader := e.fragments.Begin(f.key, f.tags...)
	if !leader {
		return // somebody has begun another: what this one brings is for who waits for it
	}
	old := f.flight
	delete(e.flights, old)
	f.flight, f.purges = flight, e.purges
	e.flights[flight] = f
	old.Abandon(nil)
}

// restartAll does that for all of them, so that they are joined again.
func (e *Engine[B]) restartAll() {
	var asked []*fill[B]
	for _, f := range e.flights {
		if f.asked == 0 {
			asked = append(asked, f)
		}
	}
	for _, f := range asked {
		e.restart(f)
	}
}

// Found is the event that a tier has something under the name of a fill: resident is for how long it has lain there, by the
// tier's own account, negative if it gives none. It reports whether nothing more is to be looked for. The blob is the
// engine's from here on.
func (e *Engine[B]) Found(id FillID, t config.Tiers, resident time.Duration, blob B, size int, now time.Time) bool {
	e.event(now)
	f := e.attempts[id]
	if f == nil || !f.of(id).looking {
		e.host.Drop(blob)
		return true
	}
	v, en, policy := e.readEntry(f, t, resident, blob, size, now)
	if v == nil {
		e.counts.Refused++
		return false
	}
	fresh := policy.TTL > answer.InstantlyStale
	if f.early != nil && policy.TTL <= v.early.window() {
		e.release(v) // it is what there is, or as old
		return false
	}
	if !fresh && (policy.StaleWhileRevalidate < 0 || f.front == nil) {
		// Too old to be shown, but for when the origin fails.
		if _, there := e.fragments.Stored(f.key); !there && policy.StaleIfError > 0 && e.fragments.Put(f.key, v, policy) == nil {
			e.fragments.Refer(&v.ref, f.key)
		} else {
			e.release(v)
		}
		return false
	}
	e.restart(f)
	leader := f.of(id).leader
	e.finishFill(f)
	for s := f.front; s != nil; s = s.next {
		s.status.Tier = tierNames[t>>1&1]
	}
	if t == config.KV {
		e.counts.FoundKV++
		if nearer := e.config.Tiers & config.DataCenter; fresh && nearer != 0 {
			e.putBelow(id, v, en, nearer)
		}
	} else {
		e.counts.FoundDataCenter++
	}
	v.from = origin(t>>1&1) + fromDataCenter
	stored := f.flight.Commit(v, policy) == nil
	if stored {
		e.fragments.Refer(&v.ref, f.key)
	}
	e.settle(f, v, nil)
	if !stored {
		e.release(v)
	} else if !fresh {
		e.refill(f, leader)
	}
	return true
}

var tierNames = [...]string{"data-center", "kv"}

// refill begins the fill that renews what was found stale.
func (e *Engine[B]) refill(f *fill[B], leader RequestID) {
	if !e.unattended.roomFor(f.key) {
		return
	}
	flight, leads := e.fragments.Begin(f.key, f.tags...)
	if !leads {
		return
	}
	g := &fill[B]{key: flight.Key(), slot: f.slot, tags: f.tags, flight: flight, purges: e.purges, untagged: f.untagged}
	e.flights[flight] = g
	e.attempt(g, leader, false)
	e.leaveAlone(g)
}

// readEntry takes what lies below for what it says that it is, as far as that can be checked: nil if it is to be passed over.
func (e *Engine[B]) readEntry(f *fill[B], t config.Tiers, resident time.Duration, blob B, size int, now time.Time) (v *entry[B], en *tier.Entry, p cache.Policy) {
	head := make([]byte, tier.HeadSize)
	n := tier.Head(head[:e.host.Read(blob, 0, head)])
	if n == 0 || n > size {
		e.host.Drop(blob)
		return nil, nil, p
	}
	head = make([]byte, n)
	e.host.Read(blob, 0, head)
	body := e.host.Slice(blob, n, size)
	e.host.Drop(blob)
	read, summed, told, ok := tier.Read(head)
	en = &read
	size -= n
	ok = ok && en.Key == f.key && en.N[tier.Size] == int64(size) && size <= e.config.MaxFragment && e.verified()
	soft, life := false, time.Duration(0)
	// By its own account where the tier has none, and by both where they differ.
	lain := now.UnixMilli() - en.N[tier.Filled] - en.N[tier.Age]
	if resident >= 0 {
		lain = max(lain, resident.Milliseconds())
	}
	if ok {
		en.Tags = append(f.tags[:len(f.tags):len(f.tags)], en.Tags...)
		stamp := uint64(en.N[tier.Stamp])
		if ok, soft = e.view.Allows(en.Log, stamp, en.Key, en.Tags); ok && f.slot.Document {
			var also bool
			ok, also = e.view.Allows(en.Log, stamp, f.slot.Src, nil)
			soft = soft || also
		}
	}
	if ok {
		life = millis(en.N[tier.TTL])
		p, ok = remaining(en, max(lain, 0), soft)
	}
	var found inspection[B]
	if ok {
		var failure *answer.FillError
		reads := en.N[tier.Reads]
		said := answer.Verdict{EdgeSlots: reads&tier.EdgeSlots != 0, ESI: reads&tier.ESI != 0}
		for i := 0; i+1 < len(en.Header); i += 2 {
			said.Header = append(said.Header, field.Field{Name: en.Header[i], Value: en.Header[i+1]})
		}
		body, size, found, failure = e.inspectFor(f, body, size, &said)
		h := sum.New()
		h.Write(summed)
		h.Write(found.sum[:])
		own := h.Bytes()
		ok = failure == nil && string(own[:]) == string(told)
	}
	if !ok {
		e.host.Drop(body)
		return nil, nil, p
	}
	v = newEntry(body, size, found.sum)
	v.have(&found)
	v.cost += keyFactor * len(f.key)
	e.filledIn(v, f.slot, millis(en.N[tier.Took]), life)
	if resident >= 0 {
		// A second more, since it is told in whole ones: how young it is must not be overstated. Nor does it tell how long the
		// fragment took to get there, but the view has allowed it: since when it is of, it is as good as asked for. Without it no
		// clock says how young.
		v.asked = min(e.tick.before(time.Second+millis(en.N[tier.Age])), e.lease.asOf|1)
	}
	return v, en, p
}

// remaining is how long an entry may still be used that has lain below for some time; ok is false if not at all.
func remaining(en *tier.Entry, lain int64, soft bool) (p cache.Policy, ok bool) {
	en.N[tier.Age] += lain
	en.N[tier.TTL] -= lain
	ttl, swr, sie := en.N[tier.TTL], en.N[tier.StaleWhileRevalidate], en.N[tier.StaleIfError]
	if soft {
		// When its freshness ended is not known, but it was after its fill had begun.
		ttl = -en.N[tier.Age]
	}
	p.TTL = millis(ttl)
	if ttl <= 0 {
		swr, sie, p.TTL = swr+ttl, sie+ttl, answer.InstantlyStale
	}
	// None is negative, and not the default.
	p.StaleWhileRevalidate, p.StaleIfError, p.Tags = millis(swr)-1, millis(sie)-1, en.Tags
	return p, ttl > 0 || swr > 0 || sie > 0
}

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// putFilled puts a fragment below that an attempt has brought.
func (e *Engine[B]) putFilled(f *fill[B], at *attempt, v *entry[B], p *cache.Policy) {
	reads := int64(0)
	if v.rare != nil {
		reads = v.rare.reads
	}
	tiers := e.below(f)
	if p.TTL < leastKept {
		tiers &^= config.KV
	}
	if tiers == 0 || v.loose() != nil || at.log == "" || p.TTL <= answer.InstantlyStale {
		return
	}
	e.putBelow(at.id, v, &tier.Entry{
		Log: at.log, Key: f.key, Tags: p.Tags,
		N: [...]int64{
			tier.Stamp: int64(at.stamp), tier.Filled: e.clock.outside(at.since).UnixMilli(), tier.Age: int64(e.tick-at.asked) / 1e6,
			tier.TTL: int64(p.TTL) / 1e6, tier.StaleWhileRevalidate: int64(p.StaleWhileRevalidate) / 1e6,
			tier.StaleIfError: int64(p.StaleIfError) / 1e6, tier.Size: int64(v.size), tier.Reads: reads, tier.Took: int64(v.early.took()+time.Millisecond-1) / 1e6,
		},
		Header: v.headerTexts(),
	}, tiers)
}

// headerTexts are the names and values of the fields that go out with a page of the origin.
func (v *entry[B]) headerTexts() (texts []string) {
	if pl := v.plan(); pl != nil {
		for _, f := range pl.Header {
			texts = append(texts, f.Name, f.Value)
		}
	}
	return texts
}

// putBelow puts a fragment below, as what an entry says of it.
func (e *Engine[B]) putBelow(id FillID, v *entry[B], en *tier.Entry, tiers config.Tiers) {
	head := en.Append(nil)
	if head == nil {
		return
	}
	h := sum.New()
	h.Write(head)
	h.Write(v.sum[:])
	own := h.Bytes()
	first := e.host.NewBlob(append(head, own[:]...))
	whole := e.host.Join([]B{first, v.blob})
	e.host.Drop(first)
	e.host.Put(id, Put[B]{
		Name: nameOf(en.Key), Tiers: tiers, Blob: whole, Keep: millis(en.N[tier.TTL] + max(en.N[tier.StaleWhileRevalidate], en.N[tier.StaleIfError], 0)),
	})
	e.host.Drop(whole)
}

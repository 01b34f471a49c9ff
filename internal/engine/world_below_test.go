package engine

import (
	"time"

	"inlay/internal/purgelog"
)

// worldCentre is a data centre: its cache, how the log is reached from it, and what it last saw in KV.
type worldCentre struct {
	reach    reach
	cache    map[string]worldEntry
	kv       map[string]worldSeen
	snapshot worldSnapshot
}

// worldEntry is what lies under a name.
type worldEntry struct {
	bytes []byte
	since time.Duration
	ends  time.Duration
}

// worldSeen is what a data centre shows of KV for a minute, also if that is nothing.
type worldSeen struct {
	bytes []byte
	until time.Duration
}

// worldSnapshot is what the log answered to somebody who knew nothing, in the data centre's cache.
type worldSnapshot struct {
	a     *purgelog.Answer
	since time.Duration // when it was put there
	made  time.Duration // how old it was then, by the clock of who put it
	ends  time.Duration
}

// worldKV is the store of the whole site. Each write is seen in each data centre at its own time.
type worldKV struct {
	writes map[string][]worldWrite
}

type worldWrite struct {
	bytes []byte
	seen  [worldCentres]time.Duration
	ends  time.Duration
}

func (w *world) writeKV(r *worldRandom, name string, bytes []byte, keep time.Duration) {
	write := worldWrite{bytes: bytes, ends: w.now + keep}
	for i := range write.seen {
		switch r.n(4) {
		case 0:
		case 1:
			write.seen[i] = r.upTo(200 * time.Second)
		default:
			write.seen[i] = r.upTo(60 * time.Second)
		}
		write.seen[i] += w.now
	}
	old := w.kv.writes[name]
	if len(old) > 5 {
		old = old[1:]
	}
	w.kv.writes[name] = append(old[:len(old):len(old)], write)
}

func (w *world) readKV(r *worldRandom, centre int, name string) []byte {
	c := w.centres[centre]
	if seen, ok := c.kv[name]; ok && seen.until > w.now {
		return seen.bytes
	}
	var bytes []byte
	writes := w.kv.writes[name]
	for i := range writes {
		if writes[i].seen[centre] <= w.now && writes[i].ends > w.now {
			bytes = writes[i].bytes
		}
	}
	c.kv[name] = worldSeen{bytes, w.now + r.upTo(60*time.Second)}
	return bytes
}

func (w *world) readCache(centre int, name string) (bytes []byte, resident time.Duration) {
	c := w.centres[centre]
	e, ok := c.cache[name]
	if !ok {
		return nil, 0
	}
	if e.ends <= w.now {
		delete(c.cache, name)
		return nil, 0
	}
	return e.bytes, (w.now - e.since).Truncate(time.Second)
}

// forget has a data centre lose what it has.
func (c *worldCentre) forget() {
	c.cache, c.kv, c.snapshot = map[string]worldEntry{}, map[string]worldSeen{}, worldSnapshot{}
}

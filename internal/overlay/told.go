package overlay

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"inlay/internal/remedy"
)

// Told is a visit as the script gets it. Times are milliseconds since the request came, to a tenth; null where something has not been.
type Told struct {
	ID     string `json:"id"`
	Target string `json:"target"`
	Status int    `json:"status"`
	Mode   string `json:"mode"` // of the page, as Server-Timing has it; "" if it is not known
	// Request is what the visit's log lines call it; "" if that is not known.
	Request string     `json:"request"`
	Began   int64      `json:"began"`
	Head    *float64   `json:"head"`
	End     *float64   `json:"end"`
	Bytes   int        `json:"bytes"`
	Slots   []ToldSlot `json:"slots"`
	// Others are fills that this visit led for no slot of its own: of pages of the origin, or early ones.
	Others []ToldFill `json:"others"`
}

// ToldSlot is a slot of it.
type ToldSlot struct {
	Name   string `json:"name"`
	Key    string `json:"key"`
	State  string `json:"state"`  // fresh, stale, miss, joined, bypass, failed, pending
	Status string `json:"status"` // its member of Cache-Status
	Reason string `json:"reason"`
	Text   string `json:"text"`
	Remedy string `json:"remedy"`
	// Renewal: it shows a stale fragment, and Reason, Text and Remedy are of the fill that should have renewed it.
	Renewal bool            `json:"renewal"`
	Patch   bool            `json:"patch"` // it came as a patch
	InPlace bool            `json:"inPlace"`
	Placed  *float64        `json:"placed"`  // when its placeholder went by
	Arrived *float64        `json:"arrived"` // when its content did
	Bytes   int             `json:"bytes"`   // of that
	Fill    *ToldFill       `json:"fill"`
	Entry   json.RawMessage `json:"entry"` // as /_inlay/entries has it; null: there is none
}

// Entry is what the script needs to know of what is stored under a key, as /_inlay/entries has it: times in whole seconds, Took in
// milliseconds.
type Entry struct {
	Age   *int64   `json:"age"` // null: that is not known
	Left  int64    `json:"left"`
	SWR   int64    `json:"swr"` // what remains
	SIE   int64    `json:"sie"`
	Tags  []string `json:"tags"`
	Bytes int64    `json:"bytes"`
	Hits  int64    `json:"hits"`
	Took  int64    `json:"took"`
	From  string   `json:"from"`
}

// ToldFill is a fill of it.
type ToldFill struct {
	Slot   string   `json:"slot"`
	Key    string   `json:"key"`
	To     string   `json:"to"`
	Own    bool     `json:"own"` // the visit led it
	Began  *float64 `json:"began"`
	Ended  *float64 `json:"ended"`
	Status int      `json:"status"`
	Reason string   `json:"reason"`
	Text   string   `json:"text"`
}

// Told tells of the visit; entry gives what is stored under a key, or nil.
func (v *Visit) Told(entry func(key string) json.RawMessage) Told {
	v.book.mu.Lock()
	t := Told{
		ID: v.ID, Target: v.Target, Status: v.status, Mode: v.mode, Request: v.request, Began: v.began.UnixMilli(),
		Head: v.since(v.head), End: v.since(v.end), Bytes: v.passed, Slots: []ToldSlot{}, Others: []ToldFill{},
	}
	used := map[*Fill]bool{}
	for _, s := range v.slots {
		one := ToldSlot{Name: s.Slot, Key: s.Key, Status: s.Status, InPlace: s.InPlace, Patch: s.holder.is() && s.content.is(), State: stateOf(s)}
		one.Reason, one.Text = splitFailure(s.Failure)
		if s.holder.is() {
			one.Placed = v.since(v.arrived(s.holder.to))
		}
		if s.content.is() {
			one.Arrived, one.Bytes = v.since(v.arrived(s.content.to)), s.content.to-s.content.from
		}
		if f := v.fillOf(s); f != nil {
			used[f] = true
			told := v.fill(f)
			one.Fill = &told
			if one.Reason == "" && f.Reason != "" {
				one.Reason, one.Text, one.Renewal = f.Reason, f.Text, one.State == "stale"
			}
		}
		if one.Reason != "" {
			one.Remedy = remedy.Of(one.Reason, one.Text)
		}
		t.Slots = append(t.Slots, one)
	}
	for _, f := range v.allFills() {
		if f.Visit == v.ID && !used[f] {
			t.Others = append(t.Others, v.fill(f))
		}
	}
	v.book.mu.Unlock()
	for i := range t.Slots {
		if key := t.Slots[i].Key; key != "" && entry != nil {
			t.Slots[i].Entry = entry(key)
		}
	}
	return t
}

// Keys are the keys of the visit's slots, each once.
func (v *Visit) Keys() (keys []string) {
	v.book.mu.Lock()
	defer v.book.mu.Unlock()
	seen := map[string]bool{"": true}
	for _, s := range v.slots {
		if !seen[s.Key] {
			seen[s.Key] = true
			keys = append(keys, s.Key)
		}
	}
	return keys
}

// fillOf is the last fill of a slot's key that was in progress during the visit, or led by it; nil if there was none. The book is locked.
func (v *Visit) fillOf(s *slot) *Fill {
	fills := v.allFills()
	for i := len(fills) - 1; i >= 0 && s.Key != ""; i-- {
		f := fills[i]
		if f.Key != s.Key {
			continue
		}
		if f.Visit == v.ID || !strings.Contains(s.Status, ";hit") && (v.end.IsZero() || f.Began.Before(v.end)) && (f.Ended.IsZero() || f.Ended.After(v.began)) {
			return f
		}
	}
	return nil
}

func (v *Visit) allFills() []*Fill {
	if v.fills != nil {
		return v.fills
	}
	return v.book.fills
}

func (v *Visit) fill(f *Fill) ToldFill {
	return ToldFill{
		Slot: f.Slot, Key: f.Key, To: f.To, Own: f.Visit == v.ID, Began: v.since(f.Began), Ended: v.since(f.Ended),
		Status: f.Status, Reason: f.Reason, Text: f.Text,
	}
}

// since is a time in milliseconds since the visit began, nil if it has not come.
func (v *Visit) since(at time.Time) *float64 {
	if at.IsZero() {
		return nil
	}
	ms := float64(at.Sub(v.began).Microseconds()/100) / 10
	return &ms
}

// stateOf says in a word what was there of a slot.
func stateOf(s *slot) string {
	_, params, _ := strings.Cut(s.Status, ";")
	has := func(name string) bool { return strings.Contains(";"+params+";", ";"+name+";") }
	switch {
	case s.Failure != "":
		return "failed"
	case s.Pending:
		return "pending"
	case has("fwd=stale"):
		return "stale"
	case has("hit"):
		if _, ttl, ok := strings.Cut(params, "ttl="); ok {
			ttl, _, _ = strings.Cut(ttl, ";")
			if n, err := strconv.Atoi(ttl); err == nil && n <= 0 {
				return "stale"
			}
		}
		return "fresh"
	case has("fwd=bypass"):
		return "bypass"
	case has("collapsed"):
		return "joined"
	}
	return "miss"
}

// splitFailure takes the reason out of a failure's sentence: edge: fill failed (REASON): TEXT.
func splitFailure(text string) (reason, rest string) {
	text = strings.TrimPrefix(strings.TrimPrefix(text, "edge: "), "fill failed ")
	if inner, ok := strings.CutPrefix(text, "("); ok {
		if reason, rest, ok = strings.Cut(inner, "): "); ok {
			return reason, rest
		}
	}
	if text != "" {
		return "refused", text
	}
	return "", ""
}

// modeOf is the mode that a Server-Timing field names, such as: inlay;dur=3, mode;desc=stream.
func modeOf(timing string) string {
	for _, member := range strings.Split(timing, ",") {
		if desc, ok := strings.CutPrefix(strings.TrimSpace(member), "mode;desc="); ok {
			return strings.Trim(desc, `"`)
		}
	}
	return ""
}

// KeyOf is the key that a fill of a src has, which is sent so many fields, by name and value: see page.ReadKey.
func KeyOf(src string, fields [][2]string) string {
	key := src
	for _, f := range fields {
		key += "\n" + f[0] + ": " + f[1]
	}
	return key
}

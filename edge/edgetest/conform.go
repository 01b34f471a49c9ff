package edgetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"inlay/edge"
)

// TestPurgeLog holds a purge log to what [edge.PurgeLog] says. open makes one that has never been used, opens it again for another
// process, which may give the same value, and says how many subjects it keeps at least.
func TestPurgeLog(t *testing.T, open func(t *testing.T) (log, again edge.PurgeLog, subjects int)) {
	for _, c := range []struct {
		name string
		run  func(*logTest)
	}{
		{"a new log has an identity and nothing else", (*logTest).fresh},
		{"a purge gets the next number and is told to all", (*logTest).told},
		{"a subject purged again has its last mark only", (*logTest).moved},
		{"all subjects of a purge get one number", (*logTest).together},
		{"who knows another log is told everything", (*logTest).stranger},
		{"who knows more than there was makes it another log", (*logTest).rolledBack},
		{"a purge by who knows more is in the other log", (*logTest).purgeRolledBack},
		{"subjects may have any characters", (*logTest).characters},
		{"more subjects than it keeps raise the floor", (*logTest).bounded},
		{"a purge of nothing is an error", (*logTest).nothing},
		{"a context that has ended is an error", (*logTest).ended},
		{"many at once get numbers of their own, and none is missed", (*logTest).concurrent},
	} {
		t.Run(c.name, func(t *testing.T) {
			log, again, subjects := open(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c.run(&logTest{t, ctx, log, again, subjects})
		})
	}
}

type logTest struct {
	*testing.T
	ctx        context.Context
	log, again edge.PurgeLog
	subjects   int
}

// since asks as another process.
func (t *logTest) since(id string, since uint64) edge.LogAnswer {
	t.Helper()
	a, err := t.again.Since(t.ctx, id, since)
	if err != nil {
		t.Fatalf("Since(%q, %d): %v", id, since, err)
	}
	t.check(a)
	return a
}

func (t *logTest) purge(id string, since uint64, subjects ...string) edge.LogAnswer {
	t.Helper()
	a, err := t.log.Purge(t.ctx, id, since, subjects)
	if err != nil {
		t.Fatalf("Purge(%q, %d, %q): %v", id, since, subjects, err)
	}
	t.check(a)
	return a
}

// check holds an answer to what every answer has to be.
func (t *logTest) check(a edge.LogAnswer) {
	t.Helper()
	if a.ID == "" {
		t.Fatal("an answer without ID")
	}
	seen := map[string]bool{}
	for _, c := range a.Changes {
		if c.Seq == 0 || c.Seq > a.Seq || seen[c.Subject] || c.Subject == "" {
			t.Fatalf("in an answer of number %d: %+v", a.Seq, c)
		}
		seen[c.Subject] = true
	}
	if a.Floor > a.Seq {
		t.Fatalf("floor %d above number %d", a.Floor, a.Seq)
	}
}

func marks(a edge.LogAnswer) map[string]uint64 {
	m := map[string]uint64{}
	for _, c := range a.Changes {
		m[c.Subject] = c.Seq
	}
	return m
}

func (t *logTest) equal(what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%s: %v, not %v", what, got, want)
	}
}

func (t *logTest) fresh() {
	a := t.since("", 0)
	t.equal("number", a.Seq, 0)
	t.equal("floor", a.Floor, 0)
	t.equal("changes", len(a.Changes), 0)
	t.equal("identity at the next look", t.since(a.ID, 0).ID, a.ID)
}

func (t *logTest) told() {
	first := t.purge("", 0, "tag:a")
	t.equal("number", first.Seq, 1)
	t.equal("changes", marks(first), map[string]uint64{"tag:a": 1})
	second := t.purge(first.ID, 1, "tag:b")
	t.equal("identity", second.ID, first.ID)
	t.equal("number", second.Seq, 2)
	t.equal("changes since 1, its own among them", marks(second), map[string]uint64{"tag:b": 2})
	t.equal("changes since 0", marks(t.since(first.ID, 0)), map[string]uint64{"tag:a": 1, "tag:b": 2})
	t.equal("changes since 1", marks(t.since(first.ID, 1)), map[string]uint64{"tag:b": 2})
	t.equal("changes since 2", marks(t.since(first.ID, 2)), map[string]uint64{})
	third := t.purge(first.ID, 0, "tag:c")
	t.equal("changes since 0 with the answer to a purge", marks(third), map[string]uint64{"tag:a": 1, "tag:b": 2, "tag:c": 3})
}

func (t *logTest) moved() {
	id := t.purge("", 0, "tag:a", "tag:b").ID
	t.purge(id, 1, "tag:a")
	t.equal("changes since 0", marks(t.since(id, 0)), map[string]uint64{"tag:a": 2, "tag:b": 1})
	t.equal("changes since 1", marks(t.since(id, 1)), map[string]uint64{"tag:a": 2})
}

func (t *logTest) together() {
	a := t.purge("", 0, "tag:a", "~tag:a", "all", "key:/x", "tag:a")
	t.equal("number", a.Seq, 1)
	t.equal("changes", marks(a), map[string]uint64{"tag:a": 1, "~tag:a": 1, "all": 1, "key:/x": 1})
}

func (t *logTest) stranger() {
	id := t.purge("", 0, "tag:a").ID
	t.purge(id, 1, "tag:b")
	all := map[string]uint64{"tag:a": 1, "tag:b": 2}
	t.equal("to who knows none", marks(t.since("", 0)), all)
	other := t.since("another", 17)
	t.equal("to who knows another", marks(other), all)
	t.equal("identity", other.ID, id)
	t.equal("to who purges and knows another", marks(t.purge("another", 17, "tag:c")), map[string]uint64{"tag:a": 1, "tag:b": 2, "tag:c": 3})
}

func (t *logTest) rolledBack() {
	id := t.purge("", 0, "tag:a").ID
	a := t.since(id, 2)
	if a.ID == id {
		t.Fatal("who knows of number 2 of a log that is at 1 must find another log")
	}
	t.equal("identity for all others", t.since(id, 1).ID, a.ID)
}

func (t *logTest) purgeRolledBack() {
	id := t.purge("", 0, "tag:a").ID
	a := t.purge(id, 9, "tag:b")
	if a.ID == id {
		t.Fatal("who knows of number 9 of a log that is at 1 must find another log")
	}
	if marks(a)["tag:b"] == 0 {
		t.Fatalf("the purge is not in its answer: %v", a)
	}
	t.equal("changes", marks(t.since("", 0))["tag:b"], marks(a)["tag:b"])
}

func (t *logTest) characters() {
	var every strings.Builder
	for b := range 256 {
		every.WriteByte(byte(b))
	}
	want := map[string]uint64{}
	var all []string
	for _, s := range []string{"key:/a?b=c\ncookie: x=é\x00", "tag: ", "tag:'\"\\", "tag:{}[]$1%s", "key:" + strings.Repeat("k", 8<<10-4), "tag:" + every.String(), "TAG:a", "tag:a", "1", "-inf"} {
		want[s] = 1
		all = append(all, s)
	}
	t.purge("", 0, all...)
	got := marks(t.since("", 0))
	for s := range want {
		if got[s] != 1 {
			t.Fatalf("%q is not told", s)
		}
	}
	t.equal("subjects", len(got), len(want))
}

func (t *logTest) bounded() {
	id := t.since("", 0).ID
	const each = 100
	purges := uint64(t.subjects/each + 20)
	for n := uint64(1); n <= purges; n++ {
		var subjects []string
		for i := range each {
			subjects = append(subjects, fmt.Sprint("tag:", n, ".", i))
		}
		t.purge(id, n-1, subjects...)
	}
	a := t.since(id, 0)
	t.equal("number", a.Seq, purges)
	if len(a.Changes) < t.subjects {
		t.Fatalf("it keeps %d subjects, and says %d", len(a.Changes), t.subjects)
	}
	least := purges
	for _, c := range a.Changes {
		least = min(least, c.Seq)
	}
	if forgot := purges*each - uint64(len(a.Changes)); forgot > 0 && (a.Floor+1 < least || a.Floor == 0) {
		t.Fatalf("it has forgotten %d subjects, its floor is %d, and the least mark %d", forgot, a.Floor, least)
	}
	if a.Floor > 0 {
		t.equal("changes since a number below the floor", len(t.since(id, a.Floor-1).Changes), len(a.Changes))
	}
	got := marks(t.since(id, purges-1))
	t.equal("changes since the last but one", len(got), each)
	t.purge(id, purges, "tag:1.0") // forgotten long ago
	t.equal("changes", marks(t.since(id, purges)), map[string]uint64{"tag:1.0": purges + 1})
}

func (t *logTest) nothing() {
	for _, subjects := range [][]string{nil, {"tag:a", ""}} {
		if a, err := t.log.Purge(t.ctx, "", 0, subjects); err == nil {
			t.Fatalf("Purge of %q: %+v, and no error", subjects, a)
		}
	}
	t.equal("number", t.since("", 0).Seq, 0)
}

func (t *logTest) ended() {
	ctx, cancel := context.WithCancel(t.ctx)
	cancel()
	if _, err := t.log.Since(ctx, "", 0); err == nil {
		t.Fatal("Since with a context that has ended")
	}
	if _, err := t.log.Purge(ctx, "", 0, []string{"tag:a"}); err == nil {
		t.Fatal("Purge with a context that has ended")
	}
}

func (t *logTest) concurrent() {
	id := t.since("", 0).ID
	const writers, each = 8, 50
	errs := make(chan error, writers+1)
	var wg sync.WaitGroup
	numbers := make([][]uint64, writers)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				log := []edge.PurgeLog{t.log, t.again}[w%2]
				s := fmt.Sprint("tag:", w, ".", i)
				a, err := log.Purge(t.ctx, id, 0, []string{s})
				if err == nil && marks(a)[s] == 0 {
					err = fmt.Errorf("%s is not in the answer to its purge", s)
				}
				if err != nil {
					errs <- err
					return
				}
				numbers[w] = append(numbers[w], marks(a)[s])
			}
		})
	}
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	seen := map[string]uint64{}
	at, last := uint64(0), false
	for !last {
		select {
		case <-written:
			last = true
		default:
		}
		a, err := t.again.Since(t.ctx, id, at)
		if err != nil {
			t.Fatal(err)
		}
		for s, n := range marks(a) {
			if n <= at {
				t.Fatalf("%s has %d in the changes since %d", s, n, at)
			}
			seen[s] = n
		}
		at = a.Seq
	}
	close(errs)
	for err := range errs {
		t.Fatal(err)
	}
	var all []uint64
	for w, mine := range numbers {
		for i, n := range mine {
			if got := seen[fmt.Sprint("tag:", w, ".", i)]; got != n {
				t.Fatalf("number %d of writer %d was told as %d", n, w, got)
			}
			all = append(all, n)
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) != writers*each || all[len(all)-1] != writers*each {
		t.Fatalf("%d purges got %d numbers", writers*each, len(all))
	}
}

// TestTier holds a store of fragments to what [edge.Tier] says. open makes an empty one; again is the same for another
// process, and may be the same value.
func TestTier(t *testing.T, open func(t *testing.T) (store, again edge.Tier)) {
	for _, c := range []struct {
		name string
		run  func(*tierTest)
	}{
		{"what is not there is nil", (*tierTest).absent},
		{"what was put comes back, to all", (*tierTest).back},
		{"what is put again takes its place", (*tierTest).again2},
		{"what is kept for a time leaves after it", (*tierTest).leaves},
		{"a context that has ended is an error", (*tierTest).ended},
		{"many at once", (*tierTest).concurrent},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, again := open(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c.run(&tierTest{t, ctx, store, again})
		})
	}
}

type tierTest struct {
	*testing.T
	ctx          context.Context
	store, again edge.Tier
}

const tierName = "0123456789abcdef:0123456789abcdef0123456789abcdef"

func (t *tierTest) get(name string) []byte {
	t.Helper()
	before := time.Now()
	b, age, err := t.again.Get(t.ctx, name)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	if age > time.Since(before)+time.Hour {
		t.Fatalf("it has lain there for %v", age)
	}
	return b
}

func (t *tierTest) put(name string, b []byte, keep time.Duration) {
	t.Helper()
	if err := t.store.Put(t.ctx, name, b, keep); err != nil {
		t.Fatalf("Put: %v", err)
	}
}

func (t *tierTest) absent() {
	if b := t.get(tierName); b != nil {
		t.Fatalf("%q lies there", b)
	}
}

func (t *tierTest) back() {
	all := make([]byte, 1<<20)
	for i := range all {
		all[i] = byte(i * i >> 8)
	}
	t.put(tierName, all, time.Minute)
	all[0]++ // whose is it
	got := t.get(tierName)
	all[0]--
	if !bytes.Equal(got, all) {
		t.Fatalf("%d bytes come back, and not those that were put", len(got))
	}
	if b := t.get(tierName[:len(tierName)-1] + "0"); b != nil {
		t.Fatal("it lies there under another name too")
	}
	_, first, _ := t.again.Get(t.ctx, tierName)
	for deadline := time.Now().Add(10 * time.Second); ; {
		_, age, err := t.again.Get(t.ctx, tierName)
		if err != nil || age < first || age > time.Minute {
			t.Fatalf("its age was %v and is %v: %v", first, age, err)
		}
		if first < 0 || age > first {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not age: %v", age)
		}
	}
}

func (t *tierTest) again2() {
	t.put(tierName, []byte("one"), time.Hour)
	t.put(tierName, []byte("two"), time.Minute)
	if got := t.get(tierName); string(got) != "two" {
		t.Fatalf("%q", got)
	}
	if _, age, _ := t.again.Get(t.ctx, tierName); age > 30*time.Second {
		t.Fatalf("its age is %v", age)
	}
}

func (t *tierTest) leaves() {
	t.put(tierName, []byte("one"), 50*time.Millisecond)
	for deadline := time.Now().Add(10 * time.Second); t.get(tierName) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("it is there after 10 s, and was to be kept for 50 ms")
		}
	}
	t.put(tierName, []byte("one"), 100*365*24*time.Hour) // for ever
	if string(t.get(tierName)) != "one" {
		t.Fatal("what is to be kept for ever is not there")
	}
}

func (t *tierTest) ended() {
	ctx, cancel := context.WithCancel(t.ctx)
	cancel()
	if _, _, err := t.store.Get(ctx, tierName); err == nil {
		t.Fatal("Get with a context that has ended")
	}
	if err := t.store.Put(ctx, tierName, []byte("x"), time.Minute); err == nil {
		t.Fatal("Put with a context that has ended")
	}
}

func (t *tierTest) concurrent() {
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for w := range 8 {
		wg.Go(func() {
			for i := range 100 {
				name := fmt.Sprint(tierName, i%7)
				if w%2 == 0 {
					if err := t.store.Put(t.ctx, name, []byte(name), time.Minute); err != nil {
						errs <- err
						return
					}
				}
				b, _, err := t.again.Get(t.ctx, name)
				if err == nil && b != nil && string(b) != name {
					err = errors.New("under " + name + " lies " + string(b))
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Fatal(err)
	}
}

package cache

import (
	"context"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestAHitAllocatesNothing(t *testing.T) {
	c, at := newTest(t, Options[[]byte]{})
	p := Policy{Tags: []string{"a", "b"}, StaleWhileRevalidate: time.Minute}
	require.NoError(t, c.Put("key", []byte("value"), p))
	now := at.t
	for name, get := range map[string]func(){
		"Get":         func() { c.Get("key") },
		"GetAt":       func() { c.GetAt("key", now) },
		"GetAt miss":  func() { c.GetAt("other", now) },
		"Inspect":     func() { c.Inspect("key", now) },
		"OnError":     func() { c.OnError("key", now) },
		"GetOrDefer":  func() { c.GetOrDefer("key", nil, Policy{}) },
		"stale GetAt": func() { c.GetAt("key", now.Add(5*time.Minute)) },
	} {
		require.Zero(t, testing.AllocsPerRun(100, get), name)
	}
}

func TestNoKeyIsKept(t *testing.T) {
	var left []string
	c, at := newTest(t, Options[string]{OnEvict: func(key, _ string) { left = append(left, key) }})
	buffer := []byte("aa")
	key := unsafe.String(&buffer[0], len(buffer))
	use := func(s string) string {
		copy(buffer, s)
		return key
	}

	require.NoError(t, c.Put(use("aa"), "put", Policy{StaleIfError: time.Hour}))
	f, _ := c.Begin(use("bb"))
	_, d := c.GetOrDefer(use("cc"), func(context.Context) (string, error) { return "filled", nil }, Policy{})
	_, bypass := c.GetOrDefer(use("dd"), func(context.Context) (string, error) { return "", io.EOF }, Policy{TTL: -1})
	empty := c.Put(use("ee"), string(make([]byte, 64<<20)), Policy{})
	use("??")
	require.NoError(t, f.Commit("flown", Policy{}))
	_, err := d.Await(context.Background())
	require.NoError(t, err)
	_, err = bypass.Await(context.Background())
	require.Equal(t, io.EOF, err)
	require.ErrorContains(t, empty, `"ee"`)

	for _, k := range []string{"aa", "bb", "cc"} {
		_, s := c.GetAt(use(k), at.t)
		require.Equal(t, Fresh, s, k)
		_, info := c.Inspect(key, at.t)
		require.Equal(t, Fresh, info.State)
		_, ok := c.OnError(key, at.t)
		require.True(t, ok)
	}
	_, s := c.GetAt(use("??"), at.t)
	require.Equal(t, Miss, s)
	c.Delete(use("bb"))
	use("??")
	require.Equal(t, []string{"bb"}, left)
	require.Equal(t, 2, c.Len())
}

func TestKeysOfEveryLengthAreKeptApart(t *testing.T) {
	c, _ := newTest(t, Options[int]{})
	key := func(n int, last byte) string {
		return strings.Repeat("k", n-1) + string(last)
	}
	const longest = maxInline + 20
	for n := 1; n <= longest; n++ {
		require.NoError(t, c.Put(key(n, 'a'), n, Policy{}))
		require.NoError(t, c.Put(key(n, 'b'), -n, Policy{}))
	}
	runtime.GC()
	for n := 1; n <= longest; n++ {
		v, s := c.Get(key(n, 'a'))
		require.Equal(t, Fresh, s)
		require.Equal(t, n, v)
		v, _ = c.Get(key(n, 'b'))
		require.Equal(t, -n, v)
		_, s = c.Get(key(n, 'c'))
		require.Equal(t, Miss, s)
	}
	c.index.each(func(e *entry[int]) {
		n := max(e.value, -e.value)
		require.Len(t, e.keyString(), n)
		require.Equal(t, e.value < 0, strings.HasSuffix(e.keyString(), "b"))
	})
}

func TestGetAtDoesNotLookAtTheClock(t *testing.T) {
	asked := 0
	at := newClock()
	c, err := New(Options[string]{Now: func() time.Time { asked++; return at.t }})
	require.NoError(t, err)
	require.Zero(t, asked, "nor does New")
	require.NoError(t, c.Put("k", "v", Policy{}))
	require.Equal(t, 1, asked)

	c.GetAt("k", at.t)
	c.Inspect("k", at.t)
	c.OnError("k", at.t)

	require.Equal(t, 1, asked)
}

func TestStateAtIsWhatAGetWouldFind(t *testing.T) {
	now := time.Unix(1000, 0)
	c, err := New(Options[int]{MaxBytes: 1 << 20, Now: func() time.Time { return now }})
	require.NoError(t, err)
	require.NoError(t, c.Put("k", 1, Policy{TTL: time.Second, StaleWhileRevalidate: time.Second}))
	for after, want := range map[time.Duration]State{0: Fresh, 1500 * time.Millisecond: Stale, 3 * time.Second: Miss} {
		require.Equal(t, want, c.StateAt("k", now.Add(after)))
	}
	require.Equal(t, Miss, c.StateAt("other", now))
	require.Zero(t, c.Stats().Hits+c.Stats().Misses+c.Stats().StaleHits)
}

func TestInspectCountsAsAGetAndOnErrorDoesNot(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	require.NoError(t, c.Put("k", "v", Policy{TTL: time.Second, StaleWhileRevalidate: time.Second, StaleIfError: time.Hour}))
	c.Inspect("k", at.t)
	c.GetAt("k", at.t.Add(time.Second))
	c.Inspect("k", at.t.Add(time.Minute))
	c.Get("absent")
	c.OnError("k", at.t)

	s := c.Stats()

	require.EqualValues(t, 4, s.Gets)
	require.EqualValues(t, 1, s.Hits)
	require.EqualValues(t, 1, s.StaleHits)
	require.EqualValues(t, 2, s.Misses)
}

func TestOnEvictMayCallBackIntoTheCache(t *testing.T) {
	var c *Cache[string]
	var left []string
	c, _ = newTest(t, Options[string]{MaxBytes: 400, OnEvict: func(key, value string) {
		left = append(left, key+"="+value)
		c.Get(key)
		if value == "first" {
			require.NoError(t, c.Put("again", value+"!", Policy{}))
		}
	}})
	require.NoError(t, c.Put("k", "first", Policy{}))
	require.NoError(t, c.Put("k", "second", Policy{}))
	c.Clear()

	require.ElementsMatch(t, []string{"k=first", "k=second", "again=first!"}, left)
	require.Zero(t, c.Len())
}

func TestStatesHaveNames(t *testing.T) {
	require.Equal(t, []string{"miss", "fresh", "stale"}, []string{Miss.String(), Fresh.String(), Stale.String()})
}

func TestEntryIsAsSmallAsDocumented(t *testing.T) {
	require.EqualValues(t, 72, unsafe.Sizeof(entry[[]byte]{}))
	require.EqualValues(t, 112, unsafe.Sizeof(keyed40[[]byte]{}))
	require.EqualValues(t, 64, unsafe.Sizeof(group[[]byte]{}))
}

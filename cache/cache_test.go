package cache

import (
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

func TestLookupsDoNotKeepTheKey(t *testing.T) {
	c, at := newTest(t, Options[string]{})
	require.NoError(t, c.Put("aa", "value", Policy{StaleIfError: time.Hour}))
	buffer := []byte("aa")
	key := unsafe.String(&buffer[0], len(buffer))

	for range 3 {
		copy(buffer, "aa")
		v, s := c.GetAt(key, at.t)
		require.Equal(t, Fresh, s)
		require.Equal(t, "value", v)
		_, info := c.Inspect(key, at.t)
		require.Equal(t, Fresh, info.State)
		_, ok := c.OnError(key, at.t)
		require.True(t, ok)
		copy(buffer, "bb")
		_, s = c.GetAt(key, at.t)
		require.Equal(t, Miss, s)
	}
	c.Delete(key)
	copy(buffer, "cc")
	_, s := c.Get("aa")
	require.Equal(t, Fresh, s)
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
	require.EqualValues(t, 80, unsafe.Sizeof(entry[[]byte]{}))
	require.EqualValues(t, 64, unsafe.Sizeof(group[[]byte]{}))
}

package coding

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSets(t *testing.T) {
	s := setOf(t, "br", "zstd")
	assert.Equal(t, []string{"br", "zstd", "gzip"}, s.names, "gzip comes last, and is there in any case")
	s = setOf(t, "gzip", "br")
	assert.Equal(t, []string{"gzip", "br"}, s.names)
	for want, list := range map[string][]Coding{
		"is nil":                   {nil},
		`is called ""`:             {named{}},
		`is called "BR"`:           {named{name: "BR"}},
		`is called "a b"`:          {named{name: "a b"}},
		`is called "identity"`:     {named{name: "identity"}},
		`is called "x-gzip"`:       {named{name: "x-gzip"}},
		"has br twice":             {named{name: "br"}, named{name: "br"}},
		"with gzip there may be 6": {named{name: "a"}, named{name: "b"}, named{name: "c"}, named{name: "d"}, named{name: "e"}, named{name: "f"}},
	} {
		_, err := New(list, nil)
		assert.ErrorContains(t, err, want)
	}
}

// texts are bodies of all kinds.
func texts() [][]byte {
	random := make([]byte, 100_000)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(random)
	return [][]byte{
		{}, []byte("a"), []byte(strings.Repeat("<p>html</p>", 1500)), bytes.Repeat([]byte{0}, 1<<20), random[:100], random,
		[]byte(strings.Repeat("ä€😀<td>", 20_000)),
	}
}

func TestGzipGivesWhatItGot(t *testing.T) {
	for _, text := range texts() {
		coded, err := Gzip{}.Encode([]byte("before"), text)
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(coded, []byte("before")))
		coded = coded[len("before"):]
		again, err := Gzip{}.Encode(nil, text)
		require.NoError(t, err)
		assert.Equal(t, coded, again, "the same each time")
		got, err := Gzip{}.Decode(nil, coded)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(text, got))
		_, err = Gzip{}.Decode(nil, coded[:len(coded)-1])
		assert.Error(t, err)
	}
}

// What a client has after each flush is all that was written, and the whole is one gzip member.
func TestGzipIsWrittenInPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, text := range texts() {
		var out bytes.Buffer
		w := Gzip{}.NewWriter(&out)
		for at := 0; at < len(text); {
			n := min(1+r.IntN(40_000), len(text)-at)
			if r.IntN(4) > 0 {
				for p := range bytes.SplitSeq(text[at:at+n], []byte("p")) { // in several writes
					_, err := w.Write(p)
					require.NoError(t, err)
					at += len(p)
					if at < len(text) && text[at] == 'p' {
						_, _ = w.Write(text[at : at+1])
						at++
					}
				}
			} else {
				_, err := w.Write(text[at : at+n])
				require.NoError(t, err)
				at += n
			}
			require.NoError(t, w.Flush())
			require.NoError(t, w.Flush(), "with nothing new")
			z, err := gzip.NewReader(bytes.NewReader(out.Bytes()))
			require.NoError(t, err)
			got, err := io.ReadAll(z)
			assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "there is more to come")
			require.True(t, bytes.Equal(text[:at], got))
		}
		if r.IntN(2) > 0 {
			_, err := w.Write([]byte("end"))
			require.NoError(t, err)
			text = append(bytes.Clone(text), "end"...)
		}
		require.NoError(t, w.Close())
		z, err := gzip.NewReader(bytes.NewReader(out.Bytes()))
		require.NoError(t, err)
		z.Multistream(false)
		got, err := io.ReadAll(z)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(text, got))
	}
}

// counting counts how often it encodes.
type counting struct {
	Gzip
	encoded atomic.Int32
	fail    atomic.Bool
	lie     bool
}

func (c *counting) Encode(dst, src []byte) ([]byte, error) {
	c.encoded.Add(1)
	if c.fail.Load() {
		return dst, errors.New("no")
	}
	return c.Gzip.Encode(dst, src)
}

func (c *counting) Decode(dst, coded []byte) ([]byte, error) {
	got, err := c.Gzip.Decode(dst, coded)
	if c.lie && len(got) > 0 {
		got[0]++
	}
	return got, err
}

func TestKeptIsCodedOnce(t *testing.T) {
	c := new(counting)
	s, err := New([]Coding{c}, func(string, error) { t.Error("it fails") })
	require.NoError(t, err)
	text := texts()[2]
	k := s.Keep(text)
	var all sync.WaitGroup
	var charged atomic.Int64
	for range 50 {
		all.Go(func() {
			form, more := k.In(0)
			charged.Add(int64(more))
			got, err := Gzip{}.Decode(nil, form)
			assert.NoError(t, err)
			assert.True(t, bytes.Equal(text, got))
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, c.encoded.Load())
	form, _ := k.In(0)
	assert.EqualValues(t, len(form)+formOverhead, charged.Load(), "it is charged once")
	for range 64 {
		_, more := k.In(0)
		charged.Add(int64(more))
	}
	assert.Nil(t, k.text.Load(), "nobody asks for it as it is")
	assert.EqualValues(t, len(form)+formOverhead-len(text), charged.Load())
	assert.Equal(t, len(text), k.Size())

	got, more := k.Show()
	assert.Equal(t, text, got)
	assert.Zero(t, more, "one who asks is none")
	got, more = k.Show()
	assert.Equal(t, text, got)
	assert.Equal(t, len(text), more, "two are some")
	assert.NotNil(t, k.text.Load())
	got, more = k.Show()
	assert.Equal(t, text, got)
	assert.Zero(t, more)
}

func TestKeptInSeveralCodingsAtOnce(t *testing.T) {
	s := setOf(t, "br", "zstd")
	text := texts()[6]
	k := s.Keep(text)
	var all sync.WaitGroup
	var charged atomic.Int64
	for g := range 16 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for range 200 {
				if i := r.IntN(70); i > 2 {
					form, more := k.In(g % 3)
					charged.Add(int64(more))
					if form == nil {
						t.Error("it is there in this coding")
					}
				} else {
					got, more := k.Show()
					charged.Add(int64(more))
					assert.True(t, bytes.Equal(text, got))
				}
			}
		})
	}
	all.Wait()
	want := 0
	for i := range 3 {
		form, more := k.In(i)
		want += len(form) + formOverhead - more
	}
	if k.text.Load() == nil {
		want -= len(text)
	}
	assert.EqualValues(t, want, charged.Load(), "what is there is what is charged")
}

func TestKeptIsNotCodedForNothing(t *testing.T) {
	c := new(counting)
	failed := 0
	s, err := New([]Coding{c}, func(string, error) { failed++ })
	require.NoError(t, err)
	k := s.Keep(texts()[5])
	for range 3 {
		form, more := k.In(0)
		assert.Nil(t, form, "it would not be smaller")
		assert.Zero(t, more)
	}
	assert.EqualValues(t, 1, c.encoded.Load(), "that is known from then on")

	c.fail.Store(true)
	k = s.Keep(texts()[2])
	form, _ := k.In(0)
	assert.Nil(t, form)
	assert.Nil(t, s.Once(0, texts()[2], true))
	assert.Equal(t, 1, failed, "it is told once")
}

func TestKeptStaysAsItIsIfItDoesNotComeBack(t *testing.T) {
	failed := 0
	s, err := New([]Coding{&counting{lie: true}}, func(string, error) { failed++ })
	require.NoError(t, err)
	k := s.Keep(texts()[2])
	for range 200 {
		_, _ = k.In(0)
	}
	assert.NotNil(t, k.text.Load())
	assert.Equal(t, 1, failed)
}

func TestStreamsShareWhatTheyMayHold(t *testing.T) {
	s, err := New([]Coding{named{name: "br", held: mostHeld / 3}}, nil)
	require.NoError(t, err)
	var open []*Stream
	for range 3 {
		require.True(t, s.Reserve(0))
		open = append(open, s.Begin(0))
	}
	assert.False(t, s.Reserve(0))
	assert.True(t, s.Reserve(1), "gzip holds nothing")
	open[0].End()
	assert.True(t, s.Reserve(0))
}

func TestOnceIsQuickWhereNobodyNamesIt(t *testing.T) {
	s := setOf(t)
	text := texts()[2]
	for _, isNamed := range []bool{true, false} {
		got, err := Gzip{}.Decode(nil, s.Once(0, text, isNamed))
		require.NoError(t, err)
		assert.Equal(t, text, got)
	}
	kept, _ := s.Keep(text).In(0)
	assert.Equal(t, kept, s.Once(0, text, true), "the same bytes under the same tag")
}

// An answer that waits for its next fragment holds next to nothing: there may be thousands.
func TestStreamsThatWaitHoldNothing(t *testing.T) {
	s := setOf(t)
	text := texts()[2]
	const n = 1000
	open := make([]*Stream, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range open {
		require.True(t, s.Reserve(0))
		open[i] = s.Begin(0)
		broken, err := open[i].Send(io.Discard, [][]byte{text, text}, false)
		require.NoError(t, err)
		require.False(t, broken)
	}
	runtime.GC()
	runtime.GC() // pools keep theirs for one
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(n*1024))
	for _, one := range open {
		one.End()
	}
}

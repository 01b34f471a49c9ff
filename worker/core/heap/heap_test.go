package heap

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Where tests have their global variables, and descriptions of types that do not fit into a word.
const (
	rootsAt   = 2 * page
	roots     = 64
	layoutsAt = 3 * page
)

// layouts are types: where they have pointers, by words; nil: nothing is known.
var layouts = [][]bool{
	nil,
	{false},
	{true},
	{true, false},
	{false, true, true},
	{false, false, true, false, false, false, true},
	spread(70, 0, 33, 69),
	spread(31, 25),
}

func spread(n int, pointers ...int) []bool {
	all := make([]bool, n)
	for _, i := range pointers {
		all[i] = true
	}
	return all
}

// describe is a type as TinyGo describes it: in a word, or at an address.
func describe(i int) uint32 {
	words := layouts[i]
	if words == nil {
		return 0
	}
	mask := uint32(0)
	for j, pointer := range words {
		if pointer && j < 26 {
			mask |= 1 << j
		}
	}
	if len(words) < 32 {
		return mask<<6 | uint32(len(words))<<1 | 1
	}
	at := uint32(layoutsAt + i*64)
	store(at, uint32(len(words)))
	for j, pointer := range words {
		if pointer {
			word := at + 4 + uint32(j)/32*4
			store(word, load(word)|1<<(j%32))
		}
	}
	return at
}

// thing is what a test knows of something that it was given.
type thing struct {
	at, size uint32
	layout   int
	words    []uint32 // what is written in it
}

func (x *thing) chunk() uint32 { return max((x.size+head+7)&^7, least) }

// bench is a program that uses a heap.
type bench struct {
	t      require.TestingT
	heap   heap
	things map[uint32]*thing
	places map[uint32]*thing // by each 8 bytes of their chunks
}

func newBench(t require.TestingT) *bench {
	memory = make([]byte, 5*page)
	// What is behind the variables may be anything, if the host has used it before.
	for i := range memory[bottom():] {
		memory[int(bottom())+i] = 0xAB
	}
	return &bench{t: t, things: map[uint32]*thing{}, places: map[uint32]*thing{}}
}

func (b *bench) alloc(size uint32, layout int) *thing {
	at := b.heap.alloc(size, describe(layout))
	x := &thing{at, size, layout, make([]uint32, size/4)}
	require.Zero(b.t, at%8)
	require.GreaterOrEqual(b.t, at, bottom())
	require.LessOrEqual(b.t, at+size, b.heap.end)
	for i := range size {
		require.Zero(b.t, memory[at+i], "byte %d of %d", i, size)
	}
	require.Nil(b.t, b.things[at], "given twice")
	b.things[at] = x
	b.place(x, x)
	// What is no pointer looks like one where the type says that it is none.
	for i := range x.words {
		if !x.pointer(i) && layouts[layout] != nil {
			b.write(x, i, at+uint32(i)*8)
		}
	}
	return x
}

func (b *bench) place(x, as *thing) {
	for at := x.at - head; at < x.at-head+x.chunk(); at += 8 {
		if as == nil {
			delete(b.places, at/8)
		} else {
			b.places[at/8] = as
		}
	}
}

// pointer tells whether a word of it is one.
func (x *thing) pointer(i int) bool {
	words := layouts[x.layout]
	if words == nil {
		return true
	}
	return words[i%len(words)] && i/len(words) < int(x.chunk()-head)/4/len(words)
}

func (b *bench) write(x *thing, i int, value uint32) {
	x.words[i] = value
	store(x.at+uint32(i)*4, value)
}

func (b *bench) setRoot(i int, value uint32) { store(uint32(rootsAt+4*i), value) }

// of is the thing whose chunk an address is in; nil if it is in none.
func (b *bench) of(address uint32) *thing { return b.places[address/8] }

// collect collects, and looks whether what is reached is as it was, and the rest is free.
func (b *bench) collect() {
	b.heap.collect(rootsAt, rootsAt+4*roots)
	reached := map[*thing]bool{}
	var reach func(address uint32)
	reach = func(address uint32) {
		x := b.of(address)
		if x == nil || reached[x] {
			return
		}
		reached[x] = true
		for i, value := range x.words {
			if x.pointer(i) {
				reach(value)
			}
		}
	}
	for i := range roots {
		reach(load(uint32(rootsAt + 4*i)))
	}
	live := uint32(0)
	for at, x := range b.things {
		if !reached[x] {
			delete(b.things, at)
			b.place(x, nil)
			continue
		}
		live += x.chunk()
		for i, value := range x.words {
			require.Equal(b.t, value, load(at+uint32(i)*4), "word %d", i)
		}
	}
	require.Equal(b.t, live, b.heap.live)
	b.check(true)
}

// check looks at all chunks: they are everything, and each free one is in its list.
func (b *bench) check(collected bool) {
	h := &b.heap
	listed := map[uint32]bool{}
	for k, at := range h.lists {
		require.Equal(b.t, at != 0, h.some>>k&1 != 0)
		for ; at != 0; at = load(at + 8) {
			require.EqualValues(b.t, k, kind(load(at+4)))
			require.False(b.t, listed[at])
			listed[at] = true
		}
	}
	wasFree := false
	for at := h.base; at < h.end; {
		if at == h.bump && h.bump < h.last {
			at = h.last
			continue
		}
		next := h.next(at)
		if h.bump < h.last && next > h.bump && at < h.bump {
			next = h.bump
		}
		isFree := load(at) == free
		if isFree {
			require.Equal(b.t, next-at, load(at+4), "size of the free chunk at %d", at)
			require.Equal(b.t, next-at >= least, listed[at], "%d is listed", at)
			delete(listed, at)
			require.False(b.t, wasFree && collected, "two free chunks side by side")
		} else {
			require.NotNil(b.t, b.things[at+head], "the chunk at %d", at)
		}
		wasFree, at = isFree, next
	}
	require.Empty(b.t, listed)
}

func TestAProgramKeepsWhatItReaches(t *testing.T) {
	for seed := range uint64(4) {
		run(t, rand.New(rand.NewPCG(seed, 0)), 1200)
	}
}

// run is a program that does what it likes.
func run(t require.TestingT, r *rand.Rand, steps int) {
	b := newBench(t)
	any := func() uint32 {
		if len(b.things) == 0 || r.IntN(8) == 0 {
			return r.Uint32() >> r.IntN(32) // no pointer at all
		}
		at := load(uint32(rootsAt + 4*r.IntN(roots)))
		x := b.of(at)
		for x != nil && len(x.words) > 0 && r.IntN(3) > 0 {
			if y := b.of(x.words[r.IntN(len(x.words))]); y != nil {
				x = y
			}
		}
		if x == nil {
			return 0
		}
		return x.at + uint32(r.IntN(int(max(x.size, 1)))) // into the midst of it
	}
	for range steps {
		switch n := r.IntN(100); {
		case n < 60:
			size := uint32(r.IntN(120))
			if n < 4 {
				size = uint32(r.IntN(8000))
			}
			x := b.alloc(size, r.IntN(len(layouts)))
			for i := range x.words {
				if x.pointer(i) {
					b.write(x, i, any())
				}
			}
			b.setRoot(r.IntN(roots), x.at)
		case n < 80:
			b.setRoot(r.IntN(roots), any())
		case n < 98:
			if x := b.of(any()); x != nil && len(x.words) > 0 {
				if i := r.IntN(len(x.words)); x.pointer(i) {
					b.write(x, i, any())
				}
			}
		case n < 99:
			b.check(false)
		default:
			b.collect()
		}
	}
	b.collect()
}

func FuzzHeap(f *testing.F) {
	f.Add(uint64(1), uint16(100))
	f.Fuzz(func(t *testing.T, seed uint64, steps uint16) { run(t, rand.New(rand.NewPCG(seed, 1)), int(steps%4000)) })
}

func TestALongListIsReadWithoutAStack(t *testing.T) {
	b := newBench(t)
	first := b.heap.alloc(8, describe(3))
	at := first
	const length = 200_000
	for range length {
		next := b.heap.alloc(8, describe(3))
		store(at, next)
		at = next
	}
	b.setRoot(0, first)
	b.heap.collect(rootsAt, rootsAt+4*roots)
	assert.EqualValues(t, (length+1)*16, b.heap.live)
	b.setRoot(0, 0)
	b.heap.collect(rootsAt, rootsAt+4*roots)
	assert.Zero(t, b.heap.live)
	assert.Equal(t, b.heap.end-b.heap.base, load(b.heap.base+4), "one chunk")
}

// What is freed is used again: a program that holds as much as it did does not grow.
func TestWhatIsFreedIsUsedAgain(t *testing.T) {
	b := newBench(t)
	r := rand.New(rand.NewPCG(7, 7))
	b.setRoot(0, 0)
	at := b.heap.alloc(4*2000, describe(2))
	b.setRoot(0, at)
	for range 200 {
		for range 1000 {
			n := uint32(r.IntN(200))
			if r.IntN(20) == 0 {
				n = uint32(r.IntN(3000))
			}
			store(at+4*uint32(r.IntN(2000)), b.heap.alloc(n, describe(1)))
		}
		taken := b.heap.taken
		b.heap.collect(rootsAt, rootsAt+4*roots)
		require.Less(t, b.heap.end-b.heap.base, max(page, 3*(b.heap.live+taken)))
	}
}

func TestSomethingLargeGetsWhatItNeeds(t *testing.T) {
	b := newBench(t)
	for _, size := range []uint32{0, 1, 7, 8, 9, 495, 496, 503, 504, 505, 511, 512, 513, page, 3 * page, 5 << 20} {
		x := b.alloc(size, 1)
		b.setRoot(1, x.at)
	}
	b.check(false)
	b.collect()
	assert.Panics(t, func() { b.heap.alloc(1<<30, 1) })
	assert.Panics(t, func() { b.heap.alloc(mostMemory-1, 1) })
}

func TestDescriptionsAreReadAsTinyGoWritesThem(t *testing.T) {
	newBench(t)
	assert.Equal(t, uint32(3), describe(1), "no pointers: one word, as in TinyGo's createObjectLayout")
	at := describe(6)
	assert.EqualValues(t, 70, load(at))
	assert.Equal(t, []byte{1, 0, 0, 0, 2, 0, 0, 0, 0x20}, memory[at+4:at+13])
}

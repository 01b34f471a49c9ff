package heap

import "math/bits"

// Everything from base to end is in chunks, one behind the other, each of a multiple of 8 bytes with a head of 8 bytes:
//
//	used: how pointers lie in it, as TinyGo describes a type; a word for collect
//	free: the word free; its size; in those of 16 bytes or more, the next free one of its kind
//
// A map lies behind end, where memory ends, with two words for each block of 256 bytes: in the first a bit says for each 8 bytes
// whether a chunk begins there, so that a pointer into the midst of something finds its head; in the second, while memory is
// collected, whether that chunk has been reached.

const (
	head  = 8
	least = 16 // bytes of a chunk that can be given out

	free  = 2 // no description of a type: those are 0, odd, or addresses of words
	block = 256
	page  = 64 << 10
)

type heap struct {
	base, end  uint32
	starts     uint32 // address of the map
	bump, last uint32 // from bump to last everything is free, and in no list

	lists [kinds]uint32 // free chunks, by their kinds
	some  uint64        // the kinds of which there are any, a bit for each

	taken uint32 // bytes given out since memory was last collected
	live  uint32 // bytes that were in use then
	todo  uint32 // used chunks that are reached and have not been read
}

// Free chunks of less than same bytes are of one kind with those of their size; larger ones with those of up to twice their size.
const (
	same  = 256
	kinds = same/8 + 32 - 8
)

func kind(size uint32) uint32 {
	if size < same {
		return size / 8
	}
	return same/8 - 9 + uint32(bits.Len32(size))
}

// alloc gives size bytes, all of them zero, for what has its pointers where layout says.
func (h *heap) alloc(size, layout uint32) uint32 {
	if size >= 1<<30 {
		panic("heap: too much at once")
	}
	n := max((size+head+7)&^7, least)
	h.taken += n
	at := h.take(n)
	store(at, layout)
	wipe(at+4, n-4)
	return at + head
}

// take gives a chunk of n bytes, whose head is still to be written.
func (h *heap) take(n uint32) uint32 {
	if n < same && h.lists[n/8] != 0 {
		return h.unlist(n/8, 0, h.lists[n/8])
	}
	if h.last-h.bump < n {
		h.refill(n)
	}
	at := h.bump
	h.bump += n
	h.begin(at)
	return at
}

// refill sees to it that n bytes are free from bump on.
func (h *heap) refill(n uint32) {
	h.retire()
	k, before := kind(n), uint32(0)
	// The first may be too small for it; of the larger kinds each is large enough.
	for at, tries := h.lists[k], 8; at != 0 && tries > 0; before, at, tries = at, load(at+8), tries-1 {
		if load(at+4) >= n {
			h.open(h.unlist(k, before, at))
			return
		}
	}
	if larger := h.some >> k >> 1; larger != 0 {
		k += 1 + uint32(bits.TrailingZeros64(larger))
		h.open(h.unlist(k, 0, h.lists[k]))
		return
	}
	h.grow(n)
}

// open makes a free chunk, which is in no list, what bump gives out.
func (h *heap) open(at uint32) { h.bump, h.last = at, at+load(at+4) }

// unlist takes a free chunk out of the list of its kind, in which another one is before it, or none.
func (h *heap) unlist(k, before, at uint32) uint32 {
	next := load(at + 8)
	if before != 0 {
		store(before+8, next)
	} else if h.lists[k] = next; next == 0 {
		h.some &^= 1 << k
	}
	return at
}

// retire makes a chunk of what is left from bump on.
func (h *heap) retire() {
	if h.bump < h.last {
		h.begin(h.bump)
		h.release(h.bump, h.last-h.bump)
	}
	h.bump = h.last
}

// release makes a chunk a free one. One that is too small for anything waits until what is beside it is free.
func (h *heap) release(at, size uint32) {
	store(at, free)
	store(at+4, size)
	if size >= least {
		k := kind(size)
		store(at+8, h.lists[k])
		h.lists[k] = at
		h.some |= 1 << k
		spoil(at+12, size-12)
	}
}

// grow adds n bytes or more at the end, and has the host give what memory it takes: an eighth of what there is, or more. The
// map moves to the new end.
func (h *heap) grow(n uint32) {
	if h.base == 0 {
		h.base = (bottom() + 7) &^ 7
		h.end = h.base
	}
	end := h.room()
	if end < h.end+n {
		extend((n+n/32+(h.end-h.base)/8)/page + 2)
		end = h.room()
	}
	before, after := (h.end-h.base)/32, (end-h.base)/32
	move(end, h.starts, before)
	wipe(end+before, after-before)
	h.starts = end
	h.bump, h.last, h.end = h.end, end, end
}

// room is where everything can end at most, with 8 bytes of the map for each block.
func (h *heap) room() uint32 { return h.base + (top()-h.base)/(block+8)*block }

// begin notes that a chunk begins at an address.
func (h *heap) begin(at uint32) {
	word, bit := h.bit(at)
	store(word, load(word)|bit)
}

// bit is where the map says whether one does.
func (h *heap) bit(at uint32) (word, bit uint32) {
	at -= h.base
	return h.starts + at/block*8, 1 << (at / 8 % 32)
}

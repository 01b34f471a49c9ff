package heap

import "math/bits"

// Words of the heads of used chunks while memory is being collected: 0 is not reached; reached, the next that is to be read, or
// none.
const none = 1

// collect frees what is not reached from the words between from and to.
func (h *heap) collect(from, to uint32) {
	h.retire()
	h.todo = none
	h.reachAll(from, to)
	for h.todo != none {
		at := h.todo
		h.todo = load(at + 4)
		store(at+4, none)
		h.read(at)
	}
	h.sweep()
	h.taken = 0
}

// reach notes that something at an address is in use, if that is in a chunk at all.
func (h *heap) reach(address uint32) {
	if address-h.base >= h.end-h.base {
		return
	}
	at := h.chunk(address)
	if load(at) == free || load(at+4) != 0 {
		return
	}
	store(at+4, h.todo)
	h.todo = at
}

func (h *heap) reachAll(from, to uint32) {
	for ; from+4 <= to; from += 4 {
		h.reach(load(from))
	}
}

// read reaches what a chunk points at. TinyGo describes the type of what lies in it, once or many times one behind the other, by
// the number of its words, and a bit for each that is a pointer: in one word, five bits for the number behind the lowest, which is 1;
// or at an address, the number first. No description: any word may be one.
func (h *heap) read(at uint32) {
	layout := load(at)
	end := h.next(at)
	at += head
	switch {
	case layout == 0:
		h.reachAll(at, end)
	case layout&1 != 0:
		words, pointers := layout>>1&31, layout>>6
		if pointers == 0 {
			return
		}
		for ; at+4*words <= end; at += 4 * words {
			for left := pointers; left != 0; left &= left - 1 {
				h.reach(load(at + 4*uint32(bits.TrailingZeros32(left))))
			}
		}
	default:
		words := load(layout)
		for ; at+4*words <= end; at += 4 * words {
			for i := uint32(0); i < words; i++ {
				if load(layout+4+i/32*4)>>(i%32)&1 != 0 {
					h.reach(load(at + 4*i))
				}
			}
		}
	}
}

// sweep makes chunks of what was not reached, as large as they can be.
func (h *heap) sweep() {
	h.lists, h.some, h.live = [kinds]uint32{}, 0, 0
	run := uint32(0) // where what is free begins
	for at := h.base; at < h.end; {
		next := h.next(at)
		switch {
		case load(at) != free && load(at+4) != 0:
			store(at+4, 0)
			h.live += next - at
			if run != 0 {
				h.release(run, at-run)
			}
			run = 0
		case run == 0:
			run = at
		default:
			word, bit := h.bit(at)
			store(word, load(word)&^bit)
		}
		at = next
	}
	if run != 0 {
		h.release(run, h.end-run)
	}
}

// bit is where the map says whether a chunk begins at an address.
func (h *heap) bit(at uint32) (word, bit uint32) {
	i := (at - h.base) / 8
	return h.starts + i/32*4, 1 << (i % 32)
}

// begin notes that one does.
func (h *heap) begin(at uint32) {
	word, bit := h.bit(at)
	store(word, load(word)|bit)
}

// chunk is where the chunk begins that an address is in.
func (h *heap) chunk(address uint32) uint32 {
	word, bit := h.bit(address)
	found := load(word) & (bit<<1 - 1)
	for found == 0 {
		word -= 4
		found = load(word)
	}
	return h.base + ((word-h.starts)*8+uint32(31-bits.LeadingZeros32(found)))*8
}

// next is where the chunk behind one begins; end for the last.
func (h *heap) next(at uint32) uint32 {
	word, bit := h.bit(at)
	found := load(word) &^ (bit<<1 - 1)
	for found == 0 {
		if word += 4; h.base+(word-h.starts)*64 >= h.end {
			return h.end
		}
		found = load(word)
	}
	return h.base + ((word-h.starts)*8+uint32(bits.TrailingZeros32(found)))*8
}

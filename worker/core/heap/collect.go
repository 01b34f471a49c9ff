package heap

import "math/bits"

// none ends the list of the chunks that are still to be read, which goes through the second words of their heads.
const none = 1

// collect frees what is not reached from the words between from and to.
func (h *heap) collect(from, to uint32) {
	h.retire()
	h.todo = none
	h.reachAll(from, to)
	for h.todo != none {
		at := h.todo
		h.todo = load(at + 4)
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
	word, bit := h.bit(address)
	found := load(word) & (bit<<1 - 1)
	for found == 0 { // the chunk begins in a block before
		word -= 8
		found = load(word)
	}
	place := uint32(31 - bits.LeadingZeros32(found))
	reached := load(word + 4)
	if reached>>place&1 != 0 {
		return
	}
	at := h.base + (word-h.starts)*(block/8) + place*8
	layout := load(at)
	if layout == free {
		return
	}
	store(word+4, reached|1<<place)
	if layout&1 == 0 || layout>>6 != 0 { // it may have pointers
		store(at+4, h.todo)
		h.todo = at
	}
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

// next is where the chunk behind one begins; end for the last.
func (h *heap) next(at uint32) uint32 {
	word, bit := h.bit(at)
	found := load(word) &^ (bit<<1 - 1)
	for found == 0 {
		if word += 8; h.base+(word-h.starts)*(block/8) >= h.end {
			return h.end
		}
		found = load(word)
	}
	return h.base + (word-h.starts)*(block/8) + uint32(bits.TrailingZeros32(found))*8
}

// sweep makes free chunks of what was not reached, as large as they can be. It looks at the map alone.
func (h *heap) sweep() {
	h.lists, h.some, h.live = [kinds]uint32{}, 0, h.end-h.base
	run := uint32(0) // where what is free begins; 0: nothing is
	for at, word := h.base, h.starts; at < h.end; at, word = at+block, word+8 {
		starts, reached := load(word), load(word+4)
		store(word+4, 0)
		if run == 0 && starts == reached {
			continue
		}
		for left := starts; left != 0; left &= left - 1 {
			place := uint32(bits.TrailingZeros32(left))
			switch {
			case reached>>place&1 != 0:
				h.freed(run, at+place*8)
				run = 0
			case run == 0:
				run = at + place*8
			default:
				starts &^= 1 << place
			}
		}
		store(word, starts)
	}
	h.freed(run, h.end)
}

// freed makes a free chunk of all that is between two addresses; the first may be 0, for nothing.
func (h *heap) freed(from, to uint32) {
	if from != 0 {
		h.release(from, to-from)
		h.live -= to - from
	}
}

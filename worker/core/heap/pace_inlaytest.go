//go:build tinygo && inlaytest

package heap

// busy: an event is going on.
var busy bool

// due makes the core that is made for tests collect often, and look whether it is between events.
func (h *heap) due(uint32) bool {
	if busy {
		panic("heap: an event within another")
	}
	busy = true
	return h.taken > 4<<10+h.live/16
}

// Live is how many bytes are in use, each with its head. It may be asked where Collect may be called.
func Live() uint32 {
	program.collect(globalsFrom(), bottom())
	return program.live
}

// Ended notes that the event that called Collect is over.
func Ended() { busy = false }

// spoil overwrites what is free, so that whoever still uses it notices.
func spoil(at, size uint32) {
	for size >= 4 {
		store(at, 0xDBDBDBDB)
		at, size = at+4, size-4
	}
}

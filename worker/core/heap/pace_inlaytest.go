//go:build tinygo && inlaytest

package heap

// due makes the core that is made for tests collect often.
func (h *heap) due(uint32) bool { return h.taken > 4<<10+h.live/16 }

// spoil overwrites what is free, so that whoever still uses it notices.
func spoil(at, size uint32) {
	for size >= 4 {
		store(at, 0xDBDBDBDB)
		at, size = at+4, size-4
	}
}

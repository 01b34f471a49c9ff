//go:build tinygo && !inlaytest

package heap

// due tells whether it is time to collect. It costs as much as there is in use, so a part of that must have been given out since:
// and more than spare, or a quarter of that where there is hardly anything left, since memory that has been asked for is never
// given back.
func (h *heap) due(spare uint32) bool {
	all := h.end - h.base
	if all-h.live-h.taken < all/16 {
		spare /= 4
	}
	return h.taken > max(spare, 64<<10+h.live/8)
}

func spoil(at, size uint32) {}

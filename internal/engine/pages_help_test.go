package engine

// keeps is how many blobs the engine has for good: of the pages that were asked for, and the end of patches.
func (e *Engine[B]) keeps() int {
	n := 1
	for i := range e.plans {
		p := e.plans[i].Load()
		if p == nil {
			continue // nobody has asked for it
		}
		for _, piece := range p.pieces {
			if piece.inWhole || piece.inStream {
				n++
			}
		}
		for _, slot := range p.slots {
			n += 3
			if slot.HasError {
				n++
			}
		}
	}
	return n
}

package markup

import "inlay/internal/ascii"

// maxActive is how long the list of active formatting elements may be, with its first marker.
const maxActive = 4096 + 2

// activeList grows, as documents are many, and have short lists.
type activeList []element

func (l *activeList) grow(n int) {
	for len(*l) < n {
		*l = append(*l, element{})
	}
}

// attributeSum stands for the attributes of a formatting element.
type attributeSum uint32

// sumOfAttributes is equal for tags with the same attributes, in whatever order.
func (t *tree) sumOfAttributes() attributeSum {
	var sum uint64
	seen := newNameSet(t.doc.html, len(t.spans))
	for i := range t.spans {
		a := &t.spans[i]
		if !seen.add(a) {
			continue // only the first of a name counts
		}
		h := uint64(14695981039346656037) // FNV-1a
		for j := a.at; j < a.nameEnd; j++ {
			h = (h ^ uint64(lower(t.doc.html[j]))) * 1099511628211
		}
		h *= 1099511628211
		for j := a.valueAt; j < a.end; j++ {
			h = (h ^ uint64(t.doc.html[j])) * 1099511628211
		}
		sum += h
	}
	return attributeSum(sum ^ sum>>32)
}

// nameSet is a set of names of attributes, whatever their case.
type nameSet struct {
	html  string
	table []*span // by hash, the next free place after that; its length is a power of two, and more than names can be
}

func newNameSet(html string, most int) nameSet {
	if most < 2 {
		return nameSet{}
	}
	size := 4
	for size < 2*most {
		size *= 2
	}
	return nameSet{html, make([]*span, size)}
}

// add tells whether a name was not there.
func (s *nameSet) add(a *span) bool {
	if s.table == nil {
		return true
	}
	h := uint32(2166136261)
	for i := a.at; i < a.nameEnd; i++ {
		h = (h ^ uint32(lower(s.html[i]))) * 16777619
	}
	mask := uint32(len(s.table) - 1)
	for h &= mask; s.table[h] != nil; h = (h + 1) & mask {
		if b := s.table[h]; ascii.EqualFold(s.html[b.at:b.nameEnd], s.html[a.at:a.nameEnd]) {
			return false
		}
	}
	s.table[h] = a
	return true
}

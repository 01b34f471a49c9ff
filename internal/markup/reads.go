//go:build !tinygo

package markup

import "inlay/internal/ascii"

// documents: documents are read too, and not only fragments. In core.wasm this is false, and what reads documents is not in
// it: the rules are the same functions, and where a document takes another way the compiler sees that it is never taken.
const documents = true

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
	var seen map[string]bool
	if len(t.spans) > 1 {
		seen = make(map[string]bool, len(t.spans))
	}
	for _, a := range t.spans {
		name := ascii.ToLower(t.doc.html[a.at:a.nameEnd])
		if seen[name] {
			continue // only the first of a name counts
		}
		if seen != nil {
			seen[name] = true
		}
		h := uint64(14695981039346656037) // FNV-1a
		for j := range len(name) {
			h = (h ^ uint64(name[j])) * 1099511628211
		}
		h *= 1099511628211
		for j := a.valueAt; j < a.end; j++ {
			h = (h ^ uint64(t.doc.html[j])) * 1099511628211
		}
		sum += h
	}
	return attributeSum(sum ^ sum>>32)
}

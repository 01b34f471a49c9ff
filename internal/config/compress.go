//go:build !tinygo

package config

import "inlay/internal/ascii"

// compress reads INLAY_COMPRESS. A Worker's platform compresses, so nobody there asks.
func (r *reader) compress(name string) Compress {
	switch v := r.get(name); ascii.ToLower(v) {
	case "", "pages", "1", "true", "yes", "on":
		return CompressPages
	case "off", "0", "false", "no":
		return CompressOff
	default:
		r.problems = append(r.problems, &Error{Name: name, Value: v, Msg: expectedCompress})
		return CompressPages
	}
}

// expectedCompress is in no list of texts, which all come to the core.
const expectedCompress = "expected pages, which compresses the pages that are composed here, or off, which compresses nothing"

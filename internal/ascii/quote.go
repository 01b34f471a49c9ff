package ascii

// Shorten makes what was found fit into a message: quoted, one line, at most 40 bytes of it.
//
//go:noinline
func Shorten(s string) string {
	const most = 40
	dots := ""
	if len(s) > most {
		n := most
		for n > 0 && s[n]&0xC0 == 0x80 {
			n--
		}
		s, dots = s[:n], "…"
	}
	out := make([]byte, 0, len(s)+2)
	out = append(out, '"')
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == '\n':
			out = append(out, `\n`...)
		case b < 0x20 || b == 0x7F:
			out = append(out, '\\', 'x', HexDigits[b>>4], HexDigits[b&15])
		default:
			out = append(out, b)
		}
	}
	out = append(out, dots...)
	return string(append(out, '"'))
}

// Quote is s in quotes for a message: printable ASCII only, and not longer than a line can bear.
func Quote(s string) string {
	const limit = 64
	b := make([]byte, 0, min(len(s), limit)+5)
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		if i == limit {
			b = append(b, "..."...)
			break
		}
		c := s[i]
		if c < 0x20 || c > 0x7e || c == '"' {
			c = '?'
		}
		b = append(b, c)
	}
	return string(append(b, '"'))
}

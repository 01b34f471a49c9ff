package wording

// hole is where a text has something put in.
const hole = '~'

// List is a list of names: what is in it, its user knows.
func List(id ID) string { return texts[id] }

// Of is a text, with what goes into its holes, in their order.
func Of(id ID, in ...string) string {
	text := texts[id]
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != hole {
			out = append(out, text[i])
			continue
		}
		out = append(out, in[0]...)
		in = in[1:]
	}
	return string(out)
}

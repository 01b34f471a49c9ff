package field

// ParseGroups reads the strings of a List, as Cache-Groups and Cache-Group-Invalidation are (RFC 9875, sections 2 and 3). What else
// is in it is passed over; nothing is taken from one that is malformed.
func ParseGroups(value string) (groups []string) {
	r := sfvReader{value}
	for r.skip(" "); r.rest != ""; {
		at := r.rest
		if _, ok := r.value(); !ok {
			return nil
		}
		if at[0] == '"' {
			quoted := at[1 : len(at)-len(r.rest)-1]
			text := make([]byte, 0, len(quoted))
			for i := 0; i < len(quoted); i++ {
				if quoted[i] == '\\' {
					i++
				}
				text = append(text, quoted[i])
			}
			groups = append(groups, string(text))
		}
		if !r.parameters() {
			return nil
		}
		if r.skip(" \t"); r.rest == "" {
			break
		}
		if !r.take(',') {
			return nil
		}
		if r.skip(" \t"); r.rest == "" {
			return nil
		}
	}
	return groups
}

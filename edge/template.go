package edge

// template is text with {params} in it: literal[0] param[0] literal[1] … literal[len(param)].
type template struct {
	literal []string
	param   []int
}

// varying is a slot's Vary, sorted out for reading: names in the order in which they enter the key.
type varying struct {
	query, header, cookie []string
}

package edge

// clear closes the elements from i on, whatever they are, to make room for a part of a table.
func (t *tree) clear(i int, by string) {
	if i == len(t.open) {
		return
	}
	e := t.open[i]
	t.pop(i, by)
	if e.kind == inHTML && traitsOf(e.name)&traitFormatting != 0 {
		t.reopened = append(t.reopened, e)
	}
}

// inTable tells whether content that is no part of a table would be moved out of one around the slot.
func (t *tree) inTable() bool {
	top := t.top()
	if top == nil || top.kind != inHTML {
		return false
	}
	switch top.name {
	case "table", "tbody", "thead", "tfoot", "tr":
		return t.findName("table", hidesTable) < t.floor
	}
	return false
}

// startTablePart goes to where a part of a table belongs, and opens what the shell left out between it and the table.
func (t *tree) startTablePart(tag *token, by string) bool {
	i := t.findName("table", hidesTable)
	if i < 0 && t.inTemplate() {
		return true
	}
	if i < 0 {
		t.problem(by, " outside of a table, which browsers ignore", "the slot, or the part, in a table")
		return false
	}
	section := func() {
		// The parent must be a section, the table's innermost one if it is open.
		for len(t.open) > i+1 && !isSection(t.open[len(t.open)-1].name) {
			t.clear(len(t.open)-1, by)
		}
		if len(t.open) == i+1 {
			t.imply("tbody", tag, i)
		}
	}
	below := func(name string) int {
		for j := len(t.open) - 1; j > i; j-- {
			if t.open[j].kind == inHTML && t.open[j].name == name {
				return j
			}
		}
		return -1
	}
	switch tag.name {
	case "td", "th":
		row := below("tr")
		if row < 0 {
			section()
			t.imply("tr", tag, i)
		} else {
			t.clear(row+1, by)
		}
	case "tr":
		if row := below("tr"); row >= 0 {
			t.pop(row, by)
		}
		section()
	case "col":
		if group := below("colgroup"); group < 0 {
			t.clear(i+1, by)
			t.imply("colgroup", tag, i)
		}
	default:
		t.clear(i+1, by)
	}
	return true
}

// imply opens a part of the table at index i that tag needs around it. Nothing in a slot would close it, if the table is
// around the slot.
func (t *tree) imply(name string, tag *token, i int) {
	if i < t.floor {
		t.problem("<"+tag.name+">", " directly in <"+t.top().name+"> opens a <"+name+">, which stays open", "<"+name+"> around it, or around the slot")
	}
	t.push(name, tag.at)
}

func isSection(name string) bool { return name == "tbody" || name == "thead" || name == "tfoot" }

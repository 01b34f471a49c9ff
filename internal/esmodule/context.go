package esmodule

// context is what the tokens so far make of the next one.
type context struct {
	// operand: an expression may begin here, so that / begins a regular
	// expression; otherwise it divides.
	operand bool
	open    []bracket
	before  token // the last one
	earlier token // the one before before, while a token is looked at
	closed  bracket
	// function is set from the keyword function or class on, up to the { of its body.
	function []construct
}

// bracket is one that has been opened and not closed.
type bracket struct {
	text string // what opened it: ( [ { ${
	// value: what stands in it, with the brackets, is an expression, which / would divide.
	value bool
	// head: of if, for, while, with: a statement follows its ).
	head bool
	at   int // where it stands
}

// construct is a function or a class whose body has not begun.
type construct struct {
	value bool // it is an expression
	depth int  // how many brackets were open at its keyword
}

// newContext is the begin of a module.
func newContext() context { return context{operand: true} }

// depth is how many brackets are open.
func (c *context) depth() int { return len(c.open) }

// inTemplate: whether } goes on with a template.
func (c *context) inTemplate() bool {
	return len(c.open) > 0 && c.open[len(c.open)-1].text == "${"
}

// Words after which an expression begins.
var beforeOperand = map[string]bool{
	"await": true, "case": true, "default": true, "delete": true, "do": true, "else": true, "extends": true, "in": true,
	"instanceof": true, "new": true, "return": true, "throw": true, "typeof": true, "void": true, "yield": true,
}

// follow takes note of a token.
func (c *context) follow(t *token) {
	before := c.before
	c.before = *t
	switch t.kind {
	case text, number, regex:
		c.operand = false
	case template:
		c.templatePart(t)
	case name:
		c.word(t, &before)
	case punctuator:
		c.punctuation(t, &before)
	}
	c.earlier = before
}

// templatePart opens a ${ or closes one.
func (c *context) templatePart(t *token) {
	if t.text[0] == '}' {
		c.open = c.open[:len(c.open)-1]
	}
	if n := len(t.text); n >= 2 && t.text[n-2:] == "${" {
		c.open = append(c.open, bracket{text: "${", value: true, at: t.at})
		c.operand = true
		return
	}
	c.operand = false
}

func (c *context) word(t, before *token) {
	wasOperand := c.operand
	c.operand = false
	if before.kind == punctuator && (before.text == "." || before.text == "?.") {
		c.before.kind = property // which may be called anything
		return
	}
	switch t.text {
	case "function", "class":
		c.function = append(c.function, construct{value: wasOperand && !c.statement(before, t.newline), depth: len(c.open)})
	case "of":
		// Between a binding and what it is taken from: for (const x of /y/.exec(z)).
		c.operand = !wasOperand && len(c.open) > 0 && c.open[len(c.open)-1].head
	default:
		c.operand = beforeOperand[t.text]
	}
}

// statement: whether a statement begins after a token that an operand may follow.
func (c *context) statement(before *token, newline bool) bool {
	switch {
	case before.kind == end:
		return true
	case before.kind == name:
		switch before.text {
		case "else", "do", "export", "default":
			return true
		case "return", "throw", "yield":
			return newline
		case "async":
			return false
		}
		return !beforeOperand[before.text]
	case before.kind != punctuator:
		return true
	}
	switch before.text {
	case ";", "}":
		return true
	case "{":
		return len(c.open) > 0 && !c.open[len(c.open)-1].value
	case ":": // of a label, or of case
		return len(c.open) == 0 || c.open[len(c.open)-1].text == "{" && !c.open[len(c.open)-1].value
	case ")":
		return c.closed.head
	}
	return false
}

func (c *context) punctuation(t, before *token) {
	switch t.text {
	case "(":
		head := false
		if before.kind == name { // and no property
			switch before.text {
			case "if", "for", "while", "with":
				head = true
			case "await":
				head = c.earlier.kind == name && c.earlier.text == "for"
			}
		}
		c.open = append(c.open, bracket{text: "(", value: !head, head: head, at: t.at})
		c.operand = true
	case "[":
		c.open = append(c.open, bracket{text: "[", value: true, at: t.at})
		c.operand = true
	case "{":
		c.open = append(c.open, bracket{text: "{", value: c.brace(before, t.newline), at: t.at})
		c.operand = true
	case ")", "]", "}":
		c.operand = false
		if len(c.open) > 0 {
			c.closed = c.open[len(c.open)-1]
			c.open = c.open[:len(c.open)-1]
			c.operand = !c.closed.value
		}
		for n := len(c.function); n > 0 && c.function[n-1].depth > len(c.open); n-- {
			c.function = c.function[:n-1]
		}
	case "++", "--":
		// After an operand they are its end, before one its begin.
		if c.operand || t.newline {
			c.operand = true
		}
	default:
		c.operand = true
	}
}

// brace says whether { begins an expression: an object, or the body of a function that is one.
func (c *context) brace(before *token, newline bool) bool {
	if n := len(c.function); n > 0 && c.function[n-1].depth == len(c.open) && !c.extending(before) {
		value := c.function[n-1].value
		c.function = c.function[:n-1]
		return value
	}
	if before.kind == punctuator && (before.text == ")" || before.text == "=>") {
		return false // a block, or the body of a method or an arrow function
	}
	if !c.operand {
		return false // of try, finally, static, or an import or export list
	}
	return !c.statement(before, newline)
}

// extending: whether { after class X extends begins an object, and not the class's body.
func (c *context) extending(before *token) bool {
	return before.kind == name && before.text == "extends"
}

package edge

import "strconv"

// Constant fields of fills: what a request to another server carries besides what its slot declares, such as a User-Agent
// that the origin demands, or a key that lets requests through. They are the site's own, the same for every visitor, and
// so in no key.

// agentField is what a fill says it is where neither its slot nor [Config].FillFields does: some servers answer 403 to
// who says nothing.
var agentField = Field{"user-agent", "inlay"}

// maxConstants is how many bytes INLAY_FILL_FIELDS may have: servers refuse heads of more than 8 KiB.
const maxConstants = 4 << 10

const constantsForm = "; expected lines such as User-Agent: shop/1.0"

// constants reads INLAY_FILL_FIELDS. What it says of a mistake shows no value: it may be a secret.
func (r *configReader) constants(name string) (fields []Field) {
	text := r.get(name)
	if len(text) > maxConstants {
		r.fail(name, "", "expected at most 4096 bytes")
		return nil
	}
	for line := 1; text != ""; line++ {
		var field string
		field, text, _ = cutText(text, "\n")
		if field = trim(field, configSpace); field == "" {
			continue
		}
		f, problem := parseConstant(field)
		for i := range fields {
			if problem == "" && fields[i].Name == f.Name {
				problem = f.Name + " again"
			}
		}
		if problem != "" {
			r.fail(name, "", "line "+strconv.Itoa(line)+": "+problem+constantsForm)
			continue
		}
		fields = append(fields, f)
	}
	return fields
}

func parseConstant(line string) (f Field, problem string) {
	name, value, ok := cutText(line, ":")
	if name = trimOWS(name); !ok || name == "" || !only(name, isTokenChar) {
		return f, "no name with a colon after it"
	}
	f = Field{lowerASCII(name), trimOWS(value)}
	if f.Value == "" {
		return f, f.Name + " has no value"
	}
	for i := 0; i < len(f.Value); i++ {
		if !isFieldByte(f.Value[i]) {
			return f, f.Name + " has a control character"
		}
	}
	if !mayBeConstant(f.Name) {
		return f, f.Name + " cannot be set"
	}
	return f, ""
}

// mayBeConstant tells whether every fill may carry a field: what a slot could declare, and what no visitor may give, but
// the site itself: its credentials, and what proxies say of a request.
func mayBeConstant(name string) bool { return kindOfInput(name) == inputFree || vouches(name) }

// vouches tells whether a field is one that opens doors or that proxies vouch with. A batch brings none for a single fill.
func vouches(name string) bool {
	kind := kindOfInput(name)
	return kind == inputCredentials || kind == inputVouching
}

// constantsFor are the constant fields of a fill that goes to a URL: all of them to the origin of [Config].Origin, which
// they are meant for and may be secrets of, and to others what asks. Those that vouch come apart.
func (c *Config) constantsFor(f *FillRequest) (constant, vouching []Field) {
	add := func(field Field) {
		for i := range f.Fields {
			if f.Fields[i].Name == field.Name {
				return // declared by the slot, and the request had it
			}
		}
		if vouches(field.Name) {
			vouching = append(vouching, field)
		} else {
			constant = append(constant, field)
		}
	}
	agent, toOrigin := agentField, f.Src[0] == '/'
	for _, field := range c.FillFields {
		if field.Name == agent.Name {
			agent = field
		} else if toOrigin {
			add(field)
		}
	}
	add(agent)
	return constant, vouching
}

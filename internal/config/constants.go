package config

import (
	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/field"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// Constant fields of fills: what a request to another server carries besides what its slot declares, such as a User-Agent
// that the origin demands, or a key that lets requests through. They are the site's own, the same for every visitor, and
// so in no key.

// agentName is of the field that every fill to another server has: some answer 403 to who does not say what he is.
const agentName = "user-agent"

// constants reads INLAY_FILL_FIELDS. What it says of a mistake shows no value: it may be a secret.
func (r *reader) constants(name string) (fields []field.Field) {
	text := r.get(name)
	for line := 1; text != ""; line++ {
		var field string
		field, text, _ = ascii.Cut(text, "\n")
		if field = ascii.Trim(field, space); field == "" {
			continue
		}
		f, problem := parseConstant(field)
		for i := range fields {
			if fields[i].Name == f.Name {
				problem = wording.FieldAgain
			}
		}
		if problem != wording.Nothing {
			r.fail(name, "", wording.ExpectedFields, decimal.String(line), wording.Of(problem, f.Name))
			continue
		}
		fields = append(fields, f)
	}
	return fields
}

func parseConstant(line string) (f field.Field, problem wording.ID) {
	name, value, _ := ascii.Cut(line, ":")
	value = ascii.TrimOWS(value)
	if name = ascii.TrimOWS(name); name == "" || !ascii.Only(name, field.IsTokenChar) {
		return f, wording.NoFieldName
	}
	f = field.Field{Name: ascii.ToLower(name), Value: value}
	switch {
	case value == "" || !ascii.Only(value, field.IsFieldByte):
		problem = wording.NoFieldValue
	case !route.MayBeConstant(f.Name):
		problem = wording.FieldIsSet
	}
	return f, problem
}

// SetAgent gives fills a User-Agent if FillFields have none.
func (c *Config) SetAgent() {
	for i := range c.FillFields {
		if c.FillFields[i].Name == agentName {
			return
		}
	}
	c.FillFields = append([]field.Field{{Name: agentName, Value: "inlay"}}, c.FillFields...)
}

// ConstantsFor are the constant fields of a fill of src, with the fields that its slot declares, that goes to a URL: all of them to the origin of [Config].Origin, which
// they are meant for and may be secrets of, and to others what asks. Those that vouch come apart.
func (c *Config) ConstantsFor(src string, declared []field.Field) (constant, vouching []field.Field) {
next:
	for _, own := range c.FillFields {
		if src[0] != '/' && own.Name != agentName {
			continue
		}
		for i := range declared {
			if declared[i].Name == own.Name {
				continue next // declared by the slot, and the request had it
			}
		}
		if route.Vouches(own.Name) {
			vouching = append(vouching, own)
		} else {
			constant = append(constant, own)
		}
	}
	return constant, vouching
}

package edge

import (
	"bytes"
	"context"
	"net/http"
	"sort"
	"strings"
	"time"

	"inlay/internal/engine"
	"inlay/internal/field"
	"inlay/internal/route"
)

// Leak is a fragment that depends on something which is not in its key.
type Leak struct {
	// Src is the fragment's expanded src.
	Src string
	// Kept: it depends on what another visitor's fill has left in the program, such as a package variable. There are no Inputs then.
	Kept bool
	// Inputs are what it depends on, as a slot's vary would declare them: "cookie:session", "header:accept-language", "country",
	// "host". In place of a header field or a cookie something derived may do: "language:de,en", "bucket:price/2".
	Inputs []string
}

// offered are header fields that a fragment might look at though its slot does not declare them, whether or not this
// client sent them.
var offered = [...]string{
	"accept", "accept-language", "authorization", route.CountryField, "referer", "user-agent", "x-forwarded-for", route.HostField,
}

// leakTimeout bounds a whole check, which fetches a leaking fragment many times.
const leakTimeout = time.Minute

// checkLeaks fetches a fragment with two different sets of undeclared inputs. Where the answers differ it varies the
// inputs one by one to name those that matter.
func (h *Handler) checkLeaks(f engine.Fill, of *led) {
	ctx, cancel := context.WithTimeout(context.Background(), leakTimeout)
	defer cancel()
	inputs := undeclaredInputs(f, of.client)
	all := func(value string) []field.Field { return offer(f.Fields, inputs, value) }
	if !h.sameAnswer(ctx, f, all(leakMark+"a"), all(leakMark+"b")) {
		leak := Leak{Src: f.Src}
		for _, in := range inputs {
			one := []route.Input{in}
			if h.sameAnswer(ctx, f, offer(f.Fields, one, leakMark+"a"), offer(f.Fields, one, leakMark+"b")) {
				continue
			}
			leak.Inputs = append(leak.Inputs, declared(in))
		}
		h.tellLeak(leak, &f, of)
	}
	if h.keepsOfOthers(ctx, f, offer(replaced(f.Fields, leakMark+"c"), inputs, leakMark+"c")) {
		h.tellLeak(Leak{Src: f.Src, Kept: true}, &f, of)
	}
}

// leakMark begins each value that a check offers: no answer has it but of what was offered.
const leakMark = "inlay-leak-"

func (h *Handler) tellLeak(leak Leak, f *engine.Fill, of *led) {
	switch {
	case h.options.OnLeak != nil:
		h.options.OnLeak(leak)
	case leak.Kept:
		h.options.Logger.Warn("inlay: a fragment depends on what another visitor's fill has left: keep nothing of a visitor in a package variable", of.attributes(f)...)
	default:
		h.options.Logger.Warn("inlay: a fragment depends on what its slot does not declare: add it to the slot's vary, or remove the dependency",
			of.attributes(f, "inputs", strings.Join(leak.Inputs, " "))...)
	}
}

// leastTelling is how long a value of a visitor's has to be, in bytes, to be sure that an answer has it of nowhere else.
const leastTelling = 16

// keepsOfOthers fetches a fragment before and after the fill of another visitor, others being that one's fields, and reports whether
// one's answer has what is the other's: a value that is his alone, or, of an answer that is else the same each time, a difference.
// What differs once may be the time, so it has to differ twice.
func (h *Handler) keepsOfOthers(ctx context.Context, f engine.Fill, others []field.Field) bool {
	fetch := func(fields []field.Field) ([]byte, bool) {
		a, _, err := h.fetch(ctx, f, fields, nil)
		if err != nil {
			return nil, false
		}
		return a.body, true
	}
	for range 2 {
		first, ok1 := fetch(f.Fields)
		second, ok2 := fetch(f.Fields)
		another, _ := fetch(others)
		third, ok3 := fetch(f.Fields)
		if !ok1 || !ok2 || !ok3 {
			return false
		}
		if bytes.Contains(first, []byte(leakMark)) || bytes.Contains(third, []byte(leakMark)) {
			return true
		}
		for _, value := range valuesOf(f.Fields) {
			if len(value) >= leastTelling && bytes.Contains(another, []byte(value)) {
				return true
			}
		}
		if !bytes.Equal(first, second) || bytes.Equal(second, third) {
			return false
		}
	}
	return true
}

// isVisitors reports whether a field of a fill has what a visitor chose, and not whom the site is served under.
func isVisitors(name string) bool { return name != route.HostField && name != route.ProtoField }

// replaced are the fields of another visitor's fill.
func replaced(fields []field.Field, value string) []field.Field {
	all := make([]field.Field, len(fields))
	for i, one := range fields {
		all[i] = one
		if name, _, ok := strings.Cut(one.Value, "="); ok && one.Name == "cookie" {
			all[i].Value = name + "=" + value
		} else if isVisitors(one.Name) {
			all[i].Value = value
		}
	}
	return all
}

// valuesOf are the values of a visitor's fields, of a cookie without its name.
func valuesOf(fields []field.Field) (values []string) {
	for _, one := range fields {
		value := one.Value
		if _, after, ok := strings.Cut(value, "="); ok && one.Name == "cookie" {
			value = after
		}
		if isVisitors(one.Name) {
			values = append(values, value)
		}
	}
	return values
}

// declared is how a slot's vary declares what a fragment was found to depend on.
func declared(in route.Input) string {
	switch {
	case in.Kind == route.Cookie:
		return "cookie:" + in.Name
	case in.Name == route.CountryField:
		return "country"
	case in.Name == route.HostField:
		return "host"
	}
	return "header:" + in.Name
}

// undeclaredInputs are the inputs that the client or offered has and the slot does not declare.
func undeclaredInputs(f engine.Fill, client *http.Request) []route.Input {
	declared := map[string]bool{"cookie": true}
	cookies := map[string]bool{}
	for _, field := range f.Fields {
		declared[field.Name] = true
	}
	for _, in := range f.Vary {
		switch bucket, _ := route.BucketOf(in.Name); in.Kind {
		case route.Cookie, route.Bucket:
			cookies[bucket] = true
		default:
			declared[in.Field()] = true
		}
	}
	var inputs []route.Input
	add := func(kind route.InputKind, name string, seen map[string]bool) {
		if !seen[name] {
			seen[name] = true
			inputs = append(inputs, route.Input{Kind: kind, Name: name})
		}
	}
	for _, c := range client.Cookies() {
		add(route.Cookie, c.Name, cookies)
	}
	for _, name := range offered {
		add(route.Header, name, declared)
	}
	for name := range client.Header {
		add(route.Header, strings.ToLower(name), declared)
	}
	sort.Slice(inputs, func(i, j int) bool { return inputs[i].Name < inputs[j].Name })
	return inputs
}

// offer is what a fill declares, and inputs with a value besides.
func offer(declared []field.Field, inputs []route.Input, value string) []field.Field {
	var fields []field.Field
	var cookies []string
	for _, field := range declared {
		if field.Name == "cookie" {
			cookies = append(cookies, field.Value)
		} else {
			fields = append(fields, field)
		}
	}
	for _, in := range inputs {
		if in.Kind == route.Cookie {
			cookies = append(cookies, in.Name+"="+value)
		} else {
			fields = append(fields, field.Field{Name: in.Name, Value: value})
		}
	}
	if len(cookies) > 0 {
		fields = append(fields, field.Field{Name: "cookie", Value: strings.Join(cookies, "; ")})
	}
	return fields
}

func (h *Handler) sameAnswer(ctx context.Context, f engine.Fill, a, b []field.Field) bool {
	one, _, err1 := h.fetch(ctx, f, a, nil)
	two, _, err2 := h.fetch(ctx, f, b, nil)
	if err1 != nil || err2 != nil {
		return (err1 == nil) == (err2 == nil)
	}
	return one.answer.Status == two.answer.Status && bytes.Equal(one.body, two.body)
}

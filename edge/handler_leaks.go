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
func (h *Handler) checkLeaks(f engine.Fill, client *http.Request) {
	ctx, cancel := context.WithTimeout(context.Background(), leakTimeout)
	defer cancel()
	inputs := undeclaredInputs(f, client)
	all := func(value string) []field.Field { return offer(f.Fields, inputs, value) }
	if h.sameAnswer(ctx, f, all("inlay-leak-a"), all("inlay-leak-b")) {
		return
	}
	leak := Leak{Src: f.Src}
	for _, in := range inputs {
		one := []route.Input{in}
		if h.sameAnswer(ctx, f, offer(f.Fields, one, "inlay-leak-a"), offer(f.Fields, one, "inlay-leak-b")) {
			continue
		}
		leak.Inputs = append(leak.Inputs, declared(in))
	}
	if h.options.OnLeak != nil {
		h.options.OnLeak(leak)
		return
	}
	h.options.Logger.Warn("inlay: a fragment depends on what its slot does not declare: add it to the slot's vary, or remove the dependency",
		"src", f.Src, "inputs", strings.Join(leak.Inputs, " "))
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

//go:build !tinygo

package edge

import (
	"bytes"
	"context"
	"net/http"
	"sort"
	"strings"
	"time"
)

// Leak is a fragment that depends on something which is not in its key.
type Leak struct {
	// Src is the fragment's expanded src.
	Src string
	// Inputs are what it depends on, as a slot's vary would declare them: "cookie:session", "header:accept-language".
	Inputs []string
}

// offered are header fields that a fragment might look at though its slot does not declare them, whether or not this
// client sent them.
var offered = [...]string{"accept", "accept-language", "authorization", "referer", "user-agent", "x-forwarded-for"}

// leakTimeout bounds a whole check, which fetches a leaking fragment many times.
const leakTimeout = time.Minute

// checkLeaks fetches a fragment with two different sets of undeclared inputs. Where the answers differ it varies the
// inputs one by one to name those that matter.
func (h *Handler) checkLeaks(f Fill, client *http.Request) {
	ctx, cancel := context.WithTimeout(context.Background(), leakTimeout)
	defer cancel()
	inputs := undeclared(f, client)
	all := func(value string) []Field { return offer(f.Fields, inputs, value) }
	if h.sameAnswer(ctx, f, all("inlay-leak-a"), all("inlay-leak-b")) {
		return
	}
	leak := Leak{Src: f.Src}
	for _, in := range inputs {
		one := []Input{in}
		if h.sameAnswer(ctx, f, offer(f.Fields, one, "inlay-leak-a"), offer(f.Fields, one, "inlay-leak-b")) {
			continue
		}
		kind := "header:"
		if in.Kind == Cookie {
			kind = "cookie:"
		}
		leak.Inputs = append(leak.Inputs, kind+in.Name)
	}
	if h.options.OnLeak != nil {
		h.options.OnLeak(leak)
		return
	}
	h.options.Logger.Warn("inlay: a fragment depends on what its slot does not declare: add it to the slot's vary, or remove the dependency",
		"src", f.Src, "inputs", strings.Join(leak.Inputs, " "))
}

// undeclared are the inputs that the client or offered has and the fill does not.
func undeclared(f Fill, client *http.Request) []Input {
	declared := map[string]bool{"cookie": true}
	cookies := map[string]bool{}
	for _, field := range f.Fields {
		declared[field.Name] = true
		if field.Name == "cookie" {
			for _, pair := range strings.Split(field.Value, "; ") {
				name, _, _ := strings.Cut(pair, "=")
				cookies[name] = true
			}
		}
	}
	var inputs []Input
	add := func(kind InputKind, name string, seen map[string]bool) {
		if !seen[name] {
			seen[name] = true
			inputs = append(inputs, Input{Kind: kind, Name: name})
		}
	}
	for _, c := range client.Cookies() {
		add(Cookie, c.Name, cookies)
	}
	for _, name := range offered {
		add(Header, name, declared)
	}
	for name := range client.Header {
		add(Header, strings.ToLower(name), declared)
	}
	sort.Slice(inputs, func(i, j int) bool { return inputs[i].Name < inputs[j].Name })
	return inputs
}

// offer is what a fill declares, and inputs with a value besides.
func offer(declared []Field, inputs []Input, value string) []Field {
	var fields []Field
	var cookies []string
	for _, field := range declared {
		if field.Name == "cookie" {
			cookies = append(cookies, field.Value)
		} else {
			fields = append(fields, field)
		}
	}
	for _, in := range inputs {
		if in.Kind == Cookie {
			cookies = append(cookies, in.Name+"="+value)
		} else {
			fields = append(fields, Field{in.Name, value})
		}
	}
	if len(cookies) > 0 {
		fields = append(fields, Field{"cookie", strings.Join(cookies, "; ")})
	}
	return fields
}

func (h *Handler) sameAnswer(ctx context.Context, f Fill, a, b []Field) bool {
	one, _, err1 := h.fetch(ctx, f, a, nil)
	two, _, err2 := h.fetch(ctx, f, b, nil)
	if err1 != nil || err2 != nil {
		return (err1 == nil) == (err2 == nil)
	}
	return one.answer.Status == two.answer.Status && bytes.Equal(one.body, two.body)
}

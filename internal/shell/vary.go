package shell

import (
	"slices"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
)

const (
	maxInputs = 64  // in one vary
	maxListed = 32  // tags or codes of one input
	maxShares = 100 // of a bucket
)

const (
	varyForm     = "cookie:NAME, header:NAME, query:NAME, language:TAGS, country, country:CODES, host or bucket:NAME/N, with spaces between"
	languageForm = "language:de,en,fr: the languages that there are, with commas and no spaces between, the first for whom none fits"
	countryForm  = "country, or country:DE,AT,*: two letters each as in ISO 3166-1, with commas and no spaces between, * for all others"
	bucketForm   = "bucket:NAME/N: the name of a cookie, and how many shares of the visitors there are, from 2 to 100"
)

func (p *parser) slotVary(s *page.Slot, value string, at int) error {
	items := strings.Fields(value)
	if len(items) > maxInputs {
		return p.fail(at, "vary: more than "+decimal.String(maxInputs)+" inputs", "the few that the fragment depends on")
	}
	for _, item := range items {
		in, found, expected := readInput(item)
		if found == "" {
			found, expected = p.clash(s, in, item)
		}
		if found != "" {
			return p.fail(at, "vary: "+found, expected)
		}
		s.Vary = append(s.Vary, in)
	}
	return nil
}

// readInput reads an item of vary, or says what was found and what was expected.
func readInput(item string) (in route.Input, found, expected string) {
	kind, name, listed := strings.Cut(item, ":")
	in.Name = name
	switch kind {
	case "language":
		in.Kind = route.Language
		in.Name, found, expected = readList(item, name, languageForm, readTag)
		return in, found, expected
	case "country":
		in.Kind = route.Country
		if listed {
			in.Name, found, expected = readList(item, name, countryForm, readCountry)
			in.Name = othersLast(in.Name)
		}
		return in, found, expected
	case "host":
		in.Kind = route.Host
		if listed {
			return in, ascii.Shorten(item), "host alone: the fragment is kept for each host that the site is asked for under"
		}
		return in, "", ""
	case "bucket":
		in.Kind = route.Bucket
		bucket, n := route.BucketOf(name)
		switch {
		case bucket != "" && !ascii.Only(bucket, field.IsTokenChar):
			return in, ascii.Shorten(bucket) + " is no name of a cookie", nameForm
		case n < 2 || n > maxShares || bucket == "" || name != bucket+"/"+decimal.String(n):
			return in, ascii.Shorten(item), bucketForm
		}
		return in, "", ""
	}
	switch {
	case name == "" && (kind == "cookie" || kind == "header" || kind == "query"), !listed:
		return in, ascii.Shorten(item), varyForm
	case kind == "cookie":
		in.Kind = route.Cookie
	case kind == "header":
		in.Kind, in.Name = route.Header, ascii.ToLower(name)
	case kind == "query":
		in.Kind = route.Query
	default:
		return in, "the unknown input " + ascii.Shorten(kind) + " in " + ascii.Shorten(item), varyForm
	}
	switch {
	case in.Kind != route.Query && !ascii.Only(name, field.IsTokenChar):
		return in, ascii.Shorten(name) + " is no name of a " + kind, nameForm
	case in.Kind == route.Query && (ascii.HasControl(name) || len(name) > route.MaxParam):
		return in, ascii.Shorten(name) + " is no name of a parameter", "its decoded name, without control characters"
	case in.Kind == route.Header && name == "*":
		return in, "the header *", "the name of each header field that the fragment depends on: no request has a field of that name"
	case in.Kind == route.Header:
		if instead := route.NoInput(in.Name); instead != "" {
			return in, "the header " + ascii.Shorten(in.Name), instead
		}
	}
	return in, "", ""
}

const nameForm = "letters, digits and !#$%&'*+-.^_`|~"

// readList reads the list of an item, each member by read, which gives it in its usual spelling.
func readList(item, list, form string, read func(string) (member, found, expected string)) (canonical, found, expected string) {
	var seen []string
	for _, given := range strings.Split(list, ",") {
		if given == "" {
			return "", ascii.Shorten(item), form
		}
		member, found, expected := read(given)
		switch {
		case found != "":
			return "", found + " in " + ascii.Shorten(item), expected
		case slices.Contains(seen, member):
			return "", ascii.Shorten(given) + " again in " + ascii.Shorten(item), "each once"
		case len(seen) == maxListed:
			return "", "more than " + decimal.String(maxListed) + " members of " + ascii.Shorten(kindOf(item)), "the few that there are fragments of their own for"
		}
		seen = append(seen, member)
		if canonical != "" {
			canonical += ","
		}
		canonical += member
	}
	return canonical, "", ""
}

func kindOf(item string) string {
	kind, _, _ := strings.Cut(item, ":")
	return kind
}

func readCountry(given string) (code, found, expected string) {
	code = ascii.ToUpper(given)
	if code != "*" && code != "T1" && !isCode(countries, code) {
		return "", "the unknown country " + ascii.Shorten(given), "two letters as in ISO 3166-1, such as DE, GB or US, T1 for Tor, or * for all others"
	}
	return code, "", ""
}

// othersLast moves the * of a list to its end: what comes before it is looked at first.
func othersLast(codes string) string {
	list := strings.Split(codes, ",")
	others := ""
	kept := list[:0]
	for _, code := range list {
		if code == "*" {
			others = "*"
		} else {
			kept = append(kept, code)
		}
	}
	if others != "" {
		kept = append(kept, others)
	}
	return strings.Join(kept, ",")
}

// clash says which input that the slot, or one before it in the page, has declared cannot stand beside another.
func (p *parser) clash(s *page.Slot, in route.Input, item string) (found, expected string) {
	for _, have := range s.Vary {
		switch {
		case have == in:
			return ascii.Shorten(item) + " again", "each input once"
		case in.Kind != route.Query && in.Field() != "cookie" && have.Field() == in.Field():
			return ascii.Shorten(item) + " beside " + ascii.Shorten(asWritten(have)), "one of them: the handler finds both in " + in.Field()
		}
	}
	if expected := clashOfCookies(s.Vary, in); expected != "" {
		return ascii.Shorten(item), expected
	}
	for i := range p.common.slots {
		have := &p.common.slots[i]
		if expected := clashOfCookies(have.vary, in); expected != "" {
			return ascii.Shorten(item), expected + ", as in slot " + ascii.Shorten(have.name) + " in line " + decimal.String(have.line)
		}
	}
	return "", ""
}

// clashOfCookies says what is expected where a cookie is one bucket's and something else too; empty if it is not.
func clashOfCookies(inputs []route.Input, in route.Input) (expected string) {
	for _, have := range inputs {
		if have != in && (have.Kind == route.Bucket || in.Kind == route.Bucket) && cookieOf(have) != "" && cookieOf(have) == cookieOf(in) {
			bucket := have
			if in.Kind == route.Bucket && have.Kind != route.Bucket {
				return asWritten(have) + " alone, or a bucket of another name: the cookie " + cookieOf(in) + " has one meaning in a page"
			}
			return asWritten(bucket)
		}
	}
	return ""
}

// cookieOf is the name of the cookie that an input is in, empty if it is in none.
func cookieOf(in route.Input) string {
	switch in.Kind {
	case route.Cookie:
		return in.Name
	case route.Bucket:
		name, _ := route.BucketOf(in.Name)
		return name
	}
	return ""
}

// asWritten is an input as vary has it.
func asWritten(in route.Input) string {
	kind := [...]string{
		route.Cookie: "cookie", route.Header: "header", route.Query: "query", route.Host: "host", route.Proto: "proto",
		route.Language: "language", route.Country: "country", route.Bucket: "bucket",
	}[in.Kind]
	if in.Name == "" {
		return kind
	}
	return kind + ":" + in.Name
}

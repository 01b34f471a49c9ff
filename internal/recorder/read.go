package recorder

import (
	"net/http"
	"slices"
	"strings"

	"inlay/internal/answer"
	"inlay/internal/ascii"
	"inlay/internal/field"
)

// Read is what the storing rules look at. The type of a body that has none is told from its first sniff bytes, as the
// server of its handler would do; of another's answer it is not.
func Read(status int, header http.Header, body []byte, sniff int) answer.Answer {
	a, typed := readFields(header)
	a.Status, a.Size = status, len(body)
	encoded := false
	for name, values := range header {
		encoded = encoded || strings.EqualFold(name, "transfer-encoding") && strings.Join(values, "") != ""
	}
	start := body[:max(0, min(sniff, 512, len(body)))]
	switch {
	case status == http.StatusNotModified:
		a.ContentType = ""
	case !typed && !encoded && a.ContentEncoding == "" && len(start) > 0:
		a.ContentType = http.DetectContentType(start)
	}
	return a
}

// readFields reads what a handler or a server set of an answer's fields, and tells whether it set a type at all. net/http
// sends a field under the name that the handler gave it, so canonical names are not all there is.
func readFields(header http.Header) (a answer.Answer, typed bool) {
	for name, values := range header {
		name = strings.ToLower(ascii.TrimOWS(name)) // a client of net/http gives "Cache-Control : private" a name with a space
		if name == "set-cookie" {
			a.SetCookie = a.SetCookie || len(values) > 0
		}
		i := slices.Index(answer.Fields[:], name)
		if i < 0 {
			continue
		}
		typed = typed || name == "content-type"
		line := ascii.TrimOWS(strings.Join(values, ", "))
		if name == "cache-control" {
			line = field.JoinLines(values)
		}
		if name == "expires" && line == "" && len(values) > 0 {
			line = "0" // what is no date is past
		}
		field := a.Field(i)
		if *field != "" && line != "" {
			line = ", " + line
		}
		*field += line
	}
	return a, typed
}

// Kept are the fields of a header that keep tells to keep, by their names in lower case and in the order of these; those that
// Connection names are of one connection only.
func Kept(header http.Header, keep func(name string) bool) (fields []field.Field) {
	hop := ""
	for name, values := range header {
		if strings.EqualFold(name, "connection") {
			hop += "," + strings.Join(values, ",")
		}
	}
	for name, values := range header {
		name = strings.ToLower(ascii.TrimOWS(name))
		isHop := slices.ContainsFunc(strings.Split(hop, ","), func(one string) bool { return strings.EqualFold(ascii.TrimOWS(one), name) })
		if isHop || !keep(name) {
			continue
		}
		for _, value := range values {
			if value = ascii.TrimOWS(value); value != "" && ascii.Only(value, field.IsFieldByte) {
				fields = append(fields, field.Field{Name: name, Value: value})
			}
		}
	}
	slices.SortStableFunc(fields, func(a, b field.Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// Location is the Location of an answer, empty if it has none, or several.
func Location(header http.Header) string {
	location, n := "", 0
	for name, values := range header {
		if strings.EqualFold(ascii.TrimOWS(name), "location") {
			location = strings.Join(values, "")
			n += len(values)
		}
	}
	if n != 1 {
		return ""
	}
	return location
}

// HasOwnPage tells whether an origin's page for a status is shown in place of one of the site's that requires the fragment.
func HasOwnPage(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }

// OwnPage is a body as a page of the origin's own: nil if it is compressed, or what [http.NotFound] says, which is no page.
func OwnPage(status int, header http.Header, body []byte) []byte {
	a, _ := readFields(header)
	const nobodys = "404 page not found\n"
	if e := ascii.TrimOWS(a.ContentEncoding); e != "" && !strings.EqualFold(e, "identity") || status == http.StatusNotFound && string(body) == nobodys {
		return nil
	}
	return body
}

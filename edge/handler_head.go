package edge

import (
	"net/http"
	"slices"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/engine"
	"inlay/internal/field"
)

// writeHead sends a head. What is there already is from a handler that wraps this one. A head's values are shared by all
// requests that it answers, so none is changed, and none has room for an append to do so.
func writeHead(w http.ResponseWriter, head *blob) {
	header := w.Header()
	if len(header) > 0 {
		mergeHead(header, head.header)
	} else {
		for name, values := range head.header {
			header[name] = slices.Clip(values)
		}
	}
	w.WriteHeader(head.status)
}

// mergeHead sets the fields of a head among those that a wrapping handler has set, under whatever case of their names:
//
//   - lists that each may add to, such as Vary, and cookies get the head's members after theirs; those of Cache-Status before them,
//     since who is nearest the origin comes first there (RFC 9211, section 2);
//   - what tells of the age or a part of another body is dropped, and from a page that is coded what names its bytes as they were;
//   - Cache-Control stays theirs where it forbids more than the head's, and a page that they set a cookie on is not public; their
//     no-transform holds in any case;
//   - of all else, which describes the page, the head's stands.
func mergeHead(header, head http.Header) {
	cookie, control := false, ""
	var names []string // in the case in which they stand there
	for name, values := range header {
		canonical := http.CanonicalHeaderKey(name)
		switch canonical {
		case "Set-Cookie":
			cookie = cookie || len(values) > 0
		case "Cache-Control":
			control = addLine(control, values)
		}
		if head[canonical] != nil || slices.Contains([]string{"Age", "Content-Range", "Last-Modified"}, canonical) ||
			head["Content-Encoding"] != nil && slices.Contains(ofBytes[:], canonical) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	before := map[string][]string{}
	for _, name := range names {
		canonical := http.CanonicalHeaderKey(name)
		before[canonical] = append(before[canonical], header[name]...)
		delete(header, name)
	}
	for name, values := range head {
		switch theirs := before[name]; name {
		case "Vary":
			values = addMembers(theirs, values)
		case "Cache-Status":
			values = append(slices.Clip(values), theirs...)
		case "Link", "Server-Timing", "Set-Cookie":
			values = append(slices.Clip(theirs), values...)
		case "Cache-Control":
			values = []string{strictest(strings.Join(values, ", "), control, cookie)}
		}
		header[name] = slices.Clip(values)
	}
}

// ofBytes are the fields that do not hold for a page in another coding (RFC 9110, section 8.8.3.3).
var ofBytes = [...]string{"Etag", "Content-Length", "Accept-Ranges", "Content-Md5", "Digest", "Repr-Digest", "Content-Digest"}

// strictest is the Cache-Control of an answer that a wrapping handler has a say in.
func strictest(own, theirs string, cookie bool) string {
	control := stricter(own, theirs, cookie)
	if listHas(theirs, "no-transform") {
		control = withNoTransform(control)
	}
	return control
}

func withNoTransform(control string) string {
	if !listHas(control, "no-transform") {
		addTo(&control, "no-transform")
	}
	return control
}

func stricter(own, theirs string, cookie bool) string {
	mine, other := field.ParseCacheControl(own), field.ParseCacheControl(theirs)
	if own == engine.StreamCacheControl {
		theirs += ", no-transform"
	}
	switch {
	case other.NoStore && !mine.NoStore:
		return theirs
	case mine.NoStore || mine.Private:
		return own
	case other.Private, other.NoCache:
		return theirs
	case cookie:
		return engine.OwnCacheControl
	}
	return own
}

// addMembers adds the members of lists to others, each name once.
func addMembers(lists, more []string) []string {
	if len(lists) == 0 {
		return more
	}
	all := slices.Clip(lists)
	for _, line := range more {
		for member := range strings.SplitSeq(line, ",") {
			member = ascii.TrimOWS(member)
			if !slices.ContainsFunc(all, func(line string) bool { return listHas(line, member) }) {
				all = append(all, member)
			}
		}
	}
	return all
}

// listHas tells whether a list of names has one, in any case.
func listHas(list, name string) bool {
	for member := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(ascii.TrimOWS(member), name) {
			return true
		}
	}
	return false
}

func addLine(list string, values []string) string {
	for _, v := range values {
		addTo(&list, v)
	}
	return list
}

// addTo adds a line of a field to those there are.
func addTo(field *string, line string) {
	if *field != "" && line != "" {
		*field += ", "
	}
	*field += ascii.TrimOWS(line)
}

// roomOfHead is what a page's fields may take together: a head is to be read by nginx, into 4 KiB, and the server adds some.
const roomOfHead = 4096 - 400

// setTiming puts Server-Timing into a page's head, in place of what the engine says for it.
func setTiming(header http.Header) {
	cacheStatus := header.Get("Cache-Status")
	if cacheStatus == "" {
		return
	}
	raw := header.Get("Server-Timing")
	header.Del("Server-Timing")
	room := roomOfHead
	for name, values := range header {
		for _, value := range values {
			room -= len(name) + len(value) + len(": \r\n")
		}
	}
	header.Set("Server-Timing", field.ServerTiming(raw, cacheStatus, room-len("Server-Timing: \r\n")))
}

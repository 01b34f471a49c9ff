package edge

import "strings"

// Mode is how a page with cold fragments leaves. A page whose fragments are all there leaves as one body in every mode.
type Mode uint8

const (
	// Auto lets the request decide: see [Request]'s rule in modeOf.
	Auto Mode = iota
	// Stream sends the shell at once, with skeletons, and late fragments as patches on the same answer.
	Stream
	// Ordered sends each fragment in its place and waits for it there: for readers that run nothing and do not know the
	// HTML standard's patches.
	Ordered
	// Complete waits for all fragments and sends one body with a Content-Length.
	Complete
)

var modeNames = [...]string{"auto", "stream", "ordered", "complete"}

// String is the mode's name as ?inlay= takes it.
func (m Mode) String() string { return modeNames[m] }

// modeOf is the rule by which a request gets its mode; the first that applies decides:
//
//  1. ?inlay=stream, ordered or complete, when debugging is on;
//  2. HTTP/1.0 cannot be streamed to: complete;
//  3. the page's own Mode, unless it is Auto;
//  4. User-Agent names a crawler, or a program that shows no patches: ordered;
//  5. Sec-Fetch-Dest is there, or User-Agent begins as browsers' do (they send Sec-Fetch-Dest only to trustworthy
//     origins, which plain HTTP is not; Fetch Metadata, section 2): stream;
//  6. ordered, which every reader understands.
func modeOf(r *Request, p *Page, debug bool) Mode {
	if debug {
		if m := modeNamed(queryValue(r.query, "inlay")); m != Auto {
			return m
		}
	}
	if r.HTTP10 {
		return Complete
	}
	if p.Mode != Auto {
		return p.Mode
	}
	agent := r.Fields.Field("user-agent")
	if runsNothing(agent) {
		return Ordered
	}
	if r.Fields.Field("sec-fetch-dest") != "" || strings.HasPrefix(agent, "Mozilla/") {
		return Stream
	}
	return Ordered
}

func modeNamed(name string) Mode {
	for m := Stream; m <= Complete; m++ {
		if modeNames[m] == name {
			return m
		}
	}
	return Auto
}

// readersOfText are parts, in lower case, of the User-Agent of readers that take a page as it stands in the answer's
// bytes: crawlers (by the words that nearly all of them carry, RFC 9309 calls them product tokens) and text browsers.
var readersOfText = [...]string{
	"bot", "crawl", "spider", "slurp", "facebookexternalhit", "whatsapp", "embedly", "preview", "lighthouse",
	"lynx", "w3m", "links", "dillo", "netsurf",
}

func runsNothing(agent string) bool {
	for _, word := range readersOfText {
		if containsFold(agent, word) {
			return true
		}
	}
	return false
}

// containsFold reports whether s contains word, which is in lower case ASCII, whatever the case of s; without the copy
// of s that strings.ToLower makes.
func containsFold(s, word string) bool {
	for i := 0; i+len(word) <= len(s); i++ {
		j := 0
		for j < len(word) && (s[i+j]|0x20 == word[j] || s[i+j] == word[j]) {
			j++
		}
		if j == len(word) {
			return true
		}
	}
	return false
}

// queryValue is the first value of name in an encoded query, undecoded.
func queryValue(query, name string) string {
	for query != "" {
		var pair string
		pair, query, _ = cutText(query, "&")
		if k, v, _ := cutText(pair, "="); k == name {
			return v
		}
	}
	return ""
}

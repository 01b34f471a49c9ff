// Package remedy says what to do about a fill that has failed, in a sentence for who writes the site: by the reason, and by what its
// text has in it. worker/remedies.mjs has the same for Workers, where nothing of it may be in core.wasm; a test compares the two. What went wrong
// is the failure's own text (answer.FillError), which may not be repeated here.
package remedy

import "strings"

// remedies have the reason's word, what the text has in it (nothing: any), and the remedy; the first that fits is it. A text may name a URL, a
// field or a type that somebody chose: what may stand in a URL begins with a space here, and what quotes such a name comes before the others.
var remedies = [...][3]string{
	{"connect", " panicked", "Mend the handler at the place that the log's trace names, or let it answer an error status in place of a panic."},
	{"connect", " aborted its answer", "Let the handler return in place of http.ErrAbortHandler: a fragment counts only if it is whole."},
	{"connect", " ended its goroutine", "Let the handler return: runtime.Goexit, which t.FailNow calls too, ends it without an answer."},
	{"refused", "there is no binding", "Add the binding to Options.Bindings, or correct the name in the slot's src."},
	{"connect", "there is no service binding", "Name the service under [[services]] in wrangler.toml, or correct the name in the slot's src."},
	{"connect", " certificate", "Give the origin a certificate for the host of INLAY_ORIGIN, or name the host that its certificate has."},
	{"connect", "no such host", "Correct the host in INLAY_ORIGIN or in the slot's src: no name server knows it."},
	{"connect", " EOF", "Look into the origin's own log for why it ended the connection before its answer was whole."},
	{"connect", " connection reset", "Look into the origin's own log for why it ended the connection before its answer was whole."},
	{"connect", " malformed", "Let the origin answer in HTTP as it is written down: curl -v shows what it sends."},
	{"connect", "", "Start the origin, or correct INLAY_ORIGIN or the slot's src, and see whether the address answers: curl -v."},
	{"timeout", "of which it waited", "Raise INLAY_MAX_INSTANCES, or let handlers wait less: all instances of app.wasm were taken."},
	{"timeout", "other fills of its request", "Let the origin answer faster, or put fewer slots on the page: a request has six connections at once."},
	{"timeout", "", "Make the origin faster, or raise the slot's timeout or INLAY_FILL_TIMEOUT; swr lets visitors not wait for it."},
	{"too-large", "", "Make the fragment smaller, or raise INLAY_MAX_FRAGMENT (8 MiB at most)."},
	{"status", "or a redirect to the same scheme", "Ask for the last URL in the slot's src. Redirects are followed within one scheme, host and port, five at most: this one goes on for longer, in a circle, or elsewhere."},
	{"status", "answered 401", "Give the origin what it wants to see by INLAY_FILL_FIELDS: a fill carries no cookie and no Authorization of a visitor."},
	{"status", "answered 403", "Give the origin what it wants to see by INLAY_FILL_FIELDS: a fill carries no cookie and no Authorization of a visitor."},
	{"status", "answered 404", "Correct the slot's src, or add a route for it to the origin: it has nothing there."},
	{"status", "answered 410", "Correct the slot's src: the origin says that what was there is gone."},
	{"status", "answered 304", "Let the origin answer 200: nothing asked it whether the fragment has changed."},
	{"status", "answered 429", "Let the origin answer more often, or raise the slot's ttl so that it is asked less often."},
	{"status", "answered 5", "Look into the origin's own log for why it fails there."},
	{"status", "", "Let the origin answer 200 with the fragment's HTML."},
	{"refused", "varies on", `Name that field in the slot's vary (such as vary="cookie:NAME"), or take it out of the answer's Vary.`},
	{"refused", "a fragment is text/html", "Let the origin answer with HTML: a template around the data, or another src; JSON is for scripts, which can fetch it themselves."},
	{"refused", "INLAY_ALLOW_HOSTS", "Add the host to INLAY_ALLOW_HOSTS, or ask a path of the site's own."},
	{"refused", "Set-Cookie", "Set the cookie on a path that is no fragment, or from a script: the fragment goes to other visitors too."},
	{"refused", "no-store", `Take no-store out of the origin's answer, or give the slot ttl="0" if it is to be asked each time.`},
	{"refused", "private", `Take private out, and name in the slot's vary what the fragment depends on; or give the slot ttl="0".`},
	{"refused", "Content-Type", "Let the origin send Content-Type: text/html; charset=utf-8."},
	{"refused", "charset", "Let the origin send UTF-8, and say so in Content-Type."},
	{"refused", "UTF-8", "Save the fragment as UTF-8 without a byte order mark."},
	{"refused", "Content-Encoding", "Let the origin send the fragment uncompressed: fills say Accept-Encoding: identity."},
	{"refused", "nested in more than five", "Put fewer fragments into one another: five deep is the most."},
	{"refused", "contains itself", "Take the slot out of the fragment that it asks for."},
	{"refused", "4096", "Put fewer slots on the page: 4096 with those of its fragments are the most."},
	{"refused", "8 KiB", "Let the slot depend on less: what it declares in vary, with its src, is longer than a key may be."},
	{"refused", "", `Let the origin's answer be one that others may get too, or give the slot ttl="0".`},
	{"markup", "deep", "Nest fewer elements in the fragment: 512 with those around it are the most."},
	{"markup", "", "Correct the HTML at that byte of the fragment; what is opened in it has to be closed in it, and fit the place of its slot."},
	{"lost", "", "Load the page again: the request that led the fill ended before it."},
}

// Of is what to do about a failure of a reason, which is a word of answer.Reason, with a text; empty if that is not known.
func Of(reason, text string) string {
	for _, r := range remedies {
		if r[0] == reason && strings.Contains(text, r[1]) {
			return r[2]
		}
	}
	return ""
}

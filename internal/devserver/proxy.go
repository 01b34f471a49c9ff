package devserver

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"inlay/internal/inject"
	"inlay/internal/overlay"
)

const (
	// pageWait is how long a tab shows what it showed before while a new version
	// is made; then it is told what is being done.
	pageWait = 4 * time.Second
	// otherWait is how long all other requests wait: Go compiles its whole library
	// the first time.
	otherWait = 2 * time.Minute
	// heartbeat keeps a connection for events open through what closes silent ones.
	heartbeat = 15 * time.Second
	// pagesField names the shells that a request is to be answered with.
	pagesField = "Inlay-Dev-Pages"
	// visitField names the visit that a request is, for what the Worker notes of it.
	visitField = "Inlay-Dev-Visit"
)

// front is what listens: it hands requests to what serves the site, waits while
// that is being made, and shows mistakes.
type front struct {
	board *board
	proxy *httputil.ReverseProxy
	// excerpts gives lines of the site's files.
	excerpts func(file string, line int) []sourceLine
	// failed is told when the upstream did not answer.
	failed func(*http.Request, error)
	// hosts are names that the site is served under, besides this machine's own.
	hosts func() []string
	// overlay is what pages of a Worker carry, if overlaid says so; nil: the site's program has that itself, or it is unknown.
	overlay  *overlay.Host
	overlaid func() bool
	// strange is told of a host that is none of either.
	strange func(host string)

	pageWait, otherWait, heartbeat time.Duration

	worker http.Client // that asks the Worker for what it has noted
}

// asked is what the proxy has to know of a request.
type asked struct {
	status     status
	navigation bool
	host       string
	visit      *overlay.Visit // of a navigation, where pages carry the overlay
}

type askedKey struct{}

func newFront(b *board, excerpts func(string, int) []sourceLine) *front {
	f := &front{board: b, excerpts: excerpts, failed: func(*http.Request, error) {}, hosts: func() []string { return nil }, strange: func(string) {}, pageWait: pageWait, otherWait: otherWait, heartbeat: heartbeat}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	f.proxy = &httputil.ReverseProxy{
		Rewrite: rewrite,
		Transport: &http.Transport{
			DialContext:         dialer.DialContext,
			DisableCompression:  true, // what the visitor asks for is passed on as it is
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     30 * time.Second,
		},
		FlushInterval:  -1,
		ModifyResponse: modify,
		ErrorHandler:   f.noAnswer,
		ErrorLog:       log.New(io.Discard, "", 0), // a client that leaves is no news
	}
	return f
}

// rewrite sends a request on as it came.
func rewrite(p *httputil.ProxyRequest) {
	a := p.In.Context().Value(askedKey{}).(asked)
	out := p.Out
	out.URL.Scheme, out.URL.Host = a.status.upstream.Scheme, a.status.upstream.Host
	if target := p.In.RequestURI; strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "//") {
		// Byte for byte, as URL's own form might not be.
		out.URL.Opaque, out.URL.RawQuery, out.URL.ForceQuery = target, "", false
	} else {
		out.URL.RawQuery = p.In.URL.RawQuery
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, ok := p.In.Header[name]; ok {
			out.Header[name] = values
		}
	}
	out.Header.Del(pagesField)
	if a.status.pages != "" {
		out.Header.Set(pagesField, a.status.pages)
	}
	out.Header.Del(visitField)
	if a.visit != nil {
		overlay.Plain(out.Header)
		out.Header.Set(visitField, a.visit.ID)
	} else if a.navigation {
		inject.AskPlainly(out.Header, a.status.served)
	}
}

func modify(answer *http.Response) error {
	a := answer.Request.Context().Value(askedKey{}).(asked)
	if a.navigation && answer.StatusCode != http.StatusSwitchingProtocols {
		if err := plainFailure(answer); err != nil {
			return err
		}
		addClient(answer, a.host, answer.Request.Method, a.status.served, a.visit, a.status.replaced)
	}
	if _, ok := answer.Header["Content-Type"]; !ok {
		answer.Header["Content-Type"] = nil // nothing is guessed that the site did not say
	}
	return nil
}

// plainFailure makes a page of a short text that tells a tab of a failure, such
// as of variables that the site cannot start with: a page can listen for when
// it is mended.
func plainFailure(answer *http.Response) error {
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if answer.StatusCode < 500 || kind != "text/plain" || answer.ContentLength <= 0 || answer.ContentLength > 64<<10 ||
		answer.Header.Get("Content-Encoding") != "" || answer.Request.Method == http.MethodHead {
		return nil
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return err
	}
	page := failurePage(answer.Status, string(text))
	answer.Header.Set("Content-Type", "text/html; charset=utf-8")
	answer.Header.Del("Content-Length")
	answer.ContentLength = int64(len(page))
	answer.Body = io.NopCloser(strings.NewReader(page))
	return nil
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case overlay.IsOwn(r.URL.Path) && f.overlay != nil:
		f.overlay.ServeHTTP(w, r)
		return
	case overlay.IsOwn(r.URL.Path):
		// It is for the site's program.
	case strings.HasPrefix(r.URL.Path, ownPath):
		f.own(w, r)
		return
	}
	ours := f.isOurs(r.Host)
	if !ours {
		f.strange(r.Host)
	}
	navigation := ours && inject.IsNavigation(r)
	// A page that comes by itself is for who waits before a browser; a program that asks as one waits.
	impatient := navigation && strings.HasPrefix(r.Header.Get("User-Agent"), "Mozilla/")
	limit := f.otherWait
	if impatient {
		limit = f.pageWait
	}
	s := f.board.settled(r.Context(), limit)
	switch {
	case s.phase == building:
		f.late(w, r, s, impatient)
	case s.phase == broken && (s.upstream == nil || !isPart(r)):
		if !ours {
			http.Error(w, "inlay dev: the site has a mistake; under localhost, and in the terminal, it is shown which", http.StatusInternalServerError)
			return
		}
		f.mistakes(w, r, s, navigation)
	case s.upstream == nil:
		http.Error(w, "inlay dev: nothing serves the site", http.StatusServiceUnavailable)
	default:
		a := asked{status: s, navigation: navigation, host: r.Host}
		if navigation && r.Method != http.MethodHead && f.overlay != nil && f.overlaid() {
			a.visit = f.overlay.Book.Begin(r.Method, r.URL.RequestURI(), time.Now())
		}
		ctx := context.WithValue(r.Context(), askedKey{}, a)
		f.proxy.ServeHTTP(w, r.WithContext(ctx))
	}
}

// own answers what is the server's and not the site's.
func (f *front) own(w http.ResponseWriter, r *http.Request) {
	if !inject.IsSameOrigin(r) || !f.isOurs(r.Host) {
		http.Error(w, "inlay dev: this is for pages of the site itself", http.StatusForbidden)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch r.URL.Path {
	case clientPath:
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = io.WriteString(w, clientScript)
	case eventsPath:
		f.events(w, r)
	default:
		http.NotFound(w, r)
	}
}

// events tells a page what is there, and each time that this changes, until the
// page leaves.
func (f *front) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	send := func(text string) bool {
		_, err := io.WriteString(w, text)
		return err == nil && out.Flush() == nil
	}
	beat := time.NewTicker(f.heartbeat)
	defer beat.Stop()
	ok := send("retry: 300\n\n")
	for ok {
		s := f.board.get()
		if s.phase != building {
			ok = send("data: " + f.event(s) + "\n\n")
		}
		for over := false; ok && !over; {
			select {
			case <-s.next:
				over = true
			case <-beat.C:
				ok = send(":\n\n")
			case <-r.Context().Done():
				return
			}
		}
	}
}

// event is a status as the client reads it.
func (f *front) event(s status) string {
	type problem struct {
		Place   string       `json:"place"`
		Message string       `json:"message"`
		Excerpt []sourceLine `json:"excerpt"`
	}
	told := struct {
		ID       string    `json:"id"`
		Broken   bool      `json:"broken"`
		Problems []problem `json:"problems"`
	}{ID: s.shown(), Broken: s.phase == broken, Problems: []problem{}}
	if s.phase == broken {
		for _, p := range s.problems {
			told.Problems = append(told.Problems, problem{place(p), p.Msg, excerpt(f.excerpts, p)})
		}
	}
	text, err := json.Marshal(told)
	if err != nil {
		panic(err) // strings and numbers alone
	}
	return string(text)
}

// late answers a request whose version is not there yet.
func (f *front) late(w http.ResponseWriter, r *http.Request, s status, page bool) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Retry-After", "1")
	if page {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, waitPage(s.doing, r.Method))
		return
	}
	http.Error(w, "inlay dev: "+s.doing+"; this has taken longer than a request can wait", http.StatusServiceUnavailable)
}

// mistakes answers a request while there are mistakes.
func (f *front) mistakes(w http.ResponseWriter, r *http.Request, s status, navigation bool) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if navigation {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, mistakesPage(s, f.excerpts, r.Method))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, mistakesText(s.problems, f.excerpts))
}

// noAnswer answers for an upstream that did not.
func (f *front) noAnswer(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody waits any more
	}
	f.failed(r, err)
	text := "The site did not answer: " + reason(err)
	w.Header().Set("Cache-Control", "no-store")
	if a := r.Context().Value(askedKey{}).(asked); a.navigation {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, failurePage("502 Bad Gateway", text)+clientTag("page", a.status.served, r.Method))
		return
	}
	http.Error(w, "inlay dev: "+text, http.StatusBadGateway)
}

// reason is what went wrong with an upstream, without its address, which means
// nothing to who writes a site.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}

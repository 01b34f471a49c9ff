package difftest

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"inlay/edge"
)

// Case is one page: a shell whose slots' src is /0, /1 and so on, and what the origin answers for each. An answer that is
// [Fails] is a status of 500.
type Case struct {
	// Kind tells where the case came from, for the report.
	Kind string
	// Place is the kind of place of the slots; empty where the shell is generated.
	Place string
	// Shell is what ParsePage gets.
	Shell string
	// Fragments are the bodies of the origin's answers.
	Fragments []string
}

// Fails, as a fragment, lets the fill fail.
const Fails = "\x00fails"

// String is the case as Go code would have it.
func (c Case) String() string {
	s := fmt.Sprintf("place %s, from %s\nshell    %q", c.Place, c.Kind, c.Shell)
	for i, f := range c.Fragments {
		s += fmt.Sprintf("\n/%d       %q", i, f)
	}
	return s
}

// Answers are a page as it is answered to different readers.
type Answers struct {
	// Refused is why ParsePage did not take the shell; everything else is empty then.
	Refused error
	// Warm is the page from the cache, Cold the streamed one, Ordered the one with each fragment waited for in its place.
	Warm, Cold, Ordered string
	// Unfilled are the names, as on the wire, of the slots whose fragment failed or was refused.
	Unfilled []string
	// RefusedFragments are the indexes of the fragments that did not fail and were refused.
	RefusedFragments []int
}

var quiet = slog.New(slog.DiscardHandler)

// Answer serves the case to three readers, without a network.
func Answer(c Case) (Answers, error) {
	page, err := edge.ParsePage("/{$}", c.Shell)
	if err != nil {
		return Answers{Refused: err}, nil
	}
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil || i >= len(c.Fragments) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if c.Fragments[i] == Fails {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, c.Fragments[i])
	})
	config, err := edge.ParseConfig(func(string) (string, bool) { return "", false })
	if err != nil {
		return Answers{}, err
	}
	config.Debug, config.NegativeTTL = true, 0
	handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: origin, Config: config, Logger: quiet})
	if err != nil {
		return Answers{}, err
	}
	get := func(mode string) (*httptest.ResponseRecorder, error) {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/?inlay="+mode, nil))
		if answer.Code != http.StatusOK {
			return nil, fmt.Errorf("a page is answered %d: %s", answer.Code, answer.Body)
		}
		return answer, nil
	}
	var a Answers
	cold, err := get("stream")
	if err != nil {
		return a, err
	}
	warm, err := get("complete")
	if err != nil {
		return a, err
	}
	handler.PurgeAll()
	ordered, err := get("ordered")
	if err != nil {
		return a, err
	}
	a.Cold, a.Warm, a.Ordered = cold.Body.String(), warm.Body.String(), ordered.Body.String()

	// What became of each slot is in the composed page's Cache-Status, by the slot's name.
	members := map[string]string{}
	for _, member := range strings.Split(warm.Header().Get("Cache-Status"), ", ") {
		name, rest, _ := strings.Cut(member, ";")
		members[strings.TrimPrefix(name, "inlay/")] = rest
	}
	for i := range page.Slots {
		slot := &page.Slots[i]
		status, there := members[slot.Name]
		if !there {
			return a, fmt.Errorf("slot %s is missing in Cache-Status: %s", slot.Name, warm.Header().Get("Cache-Status"))
		}
		if !strings.Contains(status, "detail=") {
			continue
		}
		a.Unfilled = append(a.Unfilled, slot.Name)
		n, err := strconv.Atoi(strings.TrimPrefix(slot.Src, "/"))
		if err == nil && n < len(c.Fragments) && c.Fragments[n] != Fails {
			a.RefusedFragments = append(a.RefusedFragments, n)
		}
	}
	return a, nil
}

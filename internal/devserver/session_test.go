package devserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/project"
)

// fake is a backend whose test says how each piece of work goes.
type fake struct {
	t       *testing.T
	began   chan work                   // gets each piece
	results chan func() (served, error) // says how it ends
	mu      sync.Mutex
	end     chan struct{} // of what serves
	stopped int
}

func (f *fake) what() string { return "building it" }

func (f *fake) build(ctx context.Context, _ *project.Project, todo work) error {
	f.began <- todo
	return nil
}

func (f *fake) serve(ctx context.Context, _ *project.Project, _ work, _ string) (served, error) {
	select {
	case r := <-f.results:
		got, err := r()
		if err == nil {
			f.mu.Lock()
			f.end = make(chan struct{})
			f.mu.Unlock()
		}
		return got, err
	case <-ctx.Done():
		return served{}, ctx.Err()
	}
}

func (f *fake) over() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.end
}

func (f *fake) crash() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.end)
}

func (f *fake) ended() error { return errors.New("it has ended") }

func (f *fake) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped++
	f.end = nil
}

// play is a session whose files, builds and times the test has in its hand.
type play struct {
	t       *testing.T
	s       *session
	back    *fake
	changes chan []string
	lines   chan string
	end     func()
}

func newPlay(t *testing.T) *play {
	t.Helper()
	p := &project.Project{Root: "/shop", Site: "/shop", Module: "/shop", Go: project.GoMain, Wrangler: &project.Wrangler{Assets: "public"}}
	back := &fake{t: t, began: make(chan work, 10), results: make(chan func() (served, error))}
	reader, writer := io.Pipe()
	pl := &play{t: t, back: back, changes: make(chan []string), lines: make(chan string, 100)}
	go readLines(reader, func(l string) { pl.lines <- l })
	pl.s = &session{
		back: back, board: newBoard("building it"), out: &printer{to: writer}, path: func(f string) string { return f }, prefix: "x", project: p, settled: func() {},
		load:  func(string) (*project.Project, error) { return p, nil },
		watch: func(context.Context, *session) <-chan []string { return pl.changes },
	}
	pl.s.inputs.known = true
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		pl.s.run(ctx)
		close(over)
	}()
	pl.end = func() {
		cancel()
		<-over
	}
	t.Cleanup(pl.end)
	return pl
}

// begins wants a piece of work to begin.
func (p *play) begins() work {
	p.t.Helper()
	select {
	case w := <-p.back.began:
		return w
	case <-time.After(20 * time.Second):
		require.FailNow(p.t, "nothing began")
		return work{}
	}
}

func (p *play) idle() {
	p.t.Helper()
	select {
	case w := <-p.back.began:
		require.Failf(p.t, "work began", "%+v", w)
	case <-time.After(20 * time.Millisecond):
	}
}

func (p *play) succeeds(s served) { p.back.results <- func() (served, error) { return s, nil } }
func (p *play) fails(err error)   { p.back.results <- func() (served, error) { return served{}, err } }

func (p *play) saves(files ...string) {
	for i := range files {
		files[i] = filepath.Join("/shop", files[i])
	}
	p.changes <- files
}

// shows wants the board to become something.
func (p *play) shows(what string, is func(status) bool) status {
	p.t.Helper()
	var s status
	require.Eventually(p.t, func() bool { s = p.s.board.get(); return is(s) }, 20*time.Second, time.Millisecond, what)
	return s
}

func (p *play) isReady(id string) status {
	p.t.Helper()
	return p.shows("ready "+id, func(s status) bool { return s.phase == ready && s.served == id })
}

func (p *play) tells() string {
	p.t.Helper()
	return next(p.t, p.lines)
}

// up lets the first piece succeed.
func (p *play) up() {
	p.t.Helper()
	p.begins()
	p.succeeds(served{at: &url.URL{Host: "one"}, changed: true})
	p.isReady("x-1")
	assert.Regexp(p.t, `^ready, \d`, p.tells())
}

var mistake = project.Problems{{File: "pages/a.html", Line: 3, Column: 5, Msg: "no src"}}

func TestASessionBeginsWithEverything(t *testing.T) {
	p := newPlay(t)
	w := p.begins()
	assert.True(t, w.code && w.shells && w.restart)
	assert.Equal(t, building, p.s.board.get().phase)
	p.succeeds(served{at: &url.URL{Host: "one"}, pages: "7", changed: true})
	s := p.isReady("x-1")
	assert.Equal(t, "one", s.upstream.Host)
	assert.Equal(t, "7", s.pages)
}

func TestASavedFileIsBuiltAndServed(t *testing.T) {
	p := newPlay(t)
	p.up()
	p.saves("pages/a.html")
	w := p.begins()
	assert.Equal(t, "building what pages/a.html changes", p.shows("building", func(s status) bool { return s.phase == building }).doing)
	assert.True(t, w.shells && !w.code && !w.restart && !w.static)
	p.succeeds(served{pages: "2", changed: true})
	s := p.isReady("x-2")
	assert.Equal(t, "2", s.pages)
	assert.Equal(t, "one", s.upstream.Host, "where it was")
	assert.Regexp(t, `^pages/a\.html: served, \d+\.\d\d s$`, p.tells())
}

func TestASaveThatChangesNothingReloadsNothing(t *testing.T) {
	p := newPlay(t)
	p.up()
	p.saves("a.go")
	p.begins()
	p.succeeds(served{})
	p.isReady("x-1")
}

func TestAFileOfNoConcernBeginsNothing(t *testing.T) {
	p := newPlay(t)
	p.up()
	p.saves("dev.log", "shop.db")
	p.idle()
	p.isReady("x-1")
}

func TestAMistakeIsShownUntilItIsMended(t *testing.T) {
	p := newPlay(t)
	p.up()
	p.saves("pages/a.html")
	p.begins()
	p.fails(fmt.Errorf("wrapped: %w", mistake))
	s := p.shows("mistakes", func(s status) bool { return s.phase == broken })
	assert.Equal(t, []project.Problem(mistake), s.problems)
	assert.Equal(t, "x-1", s.served)
	assert.Equal(t, "pages/a.html:3:5: no src", p.tells())
	p.idle()

	p.saves("pages/b.html")
	w := p.begins()
	assert.True(t, w.shells, "what has failed is still owed")
	p.fails(mistake)
	p.shows("mistakes", func(s status) bool { return s.phase == broken })

	p.saves("a.go")
	w = p.begins()
	assert.True(t, w.shells && w.code)
	p.succeeds(served{changed: true})
	p.isReady("x-4")
	assert.Regexp(t, `^a\.go: served`, p.tells(), "the same mistake is told once")
}

func TestAMistakeThatIsTakenBackIsGone(t *testing.T) {
	p := newPlay(t)
	p.up()
	p.saves("pages/a.html")
	p.begins()
	p.fails(mistake)
	p.tells()
	p.saves("pages/a.html")
	p.begins()
	p.succeeds(served{}) // as before
	p.isReady("x-1")
	assert.Regexp(t, `^pages/a\.html: as before`, p.tells())
}

func TestWhatIsWrongWithTheMachineIsShownToo(t *testing.T) {
	p := newPlay(t)
	p.begins()
	p.fails(errors.New("there is no go on PATH"))
	s := p.shows("mistakes", func(s status) bool { return s.phase == broken })
	assert.Equal(t, "there is no go on PATH", s.problems[0].Msg)
	assert.Nil(t, s.upstream)
	p.saves("a.go")
	assert.True(t, p.begins().restart, "nothing runs yet")
}

func TestAChangeInTheMiddleIsDoneWith(t *testing.T) {
	p := newPlay(t)
	p.up()
	p.saves("a.go")
	p.begins() // and goes on
	p.saves("pages/a.html")
	w := p.begins()
	assert.True(t, w.code && w.shells)
	assert.Equal(t, []string{"a.go", "pages/a.html"}, w.files)
	p.succeeds(served{changed: true})
	p.isReady("x-3")
	assert.Regexp(t, `^a\.go and 1 other: served`, p.tells())
}

func TestWhatEndsByItselfIsStartedAgain(t *testing.T) {
	p := newPlay(t)
	p.up()
	p.back.crash()
	w := p.begins()
	assert.True(t, w.restart)
	assert.Equal(t, building, p.s.board.get().phase, "requests wait")
	assert.Equal(t, "it has ended; starting it again", p.tells())
	p.succeeds(served{at: &url.URL{Host: "two"}, changed: true})
	assert.Equal(t, "two", p.isReady("x-2").upstream.Host)
}

func TestWhatEndsEachTimeIsShown(t *testing.T) {
	p := newPlay(t)
	p.up()
	for range mostCrashes - 1 {
		p.back.crash()
		p.begins()
		p.succeeds(served{changed: true})
		p.shows("ready", func(s status) bool { return s.phase == ready })
	}
	p.back.crash()
	s := p.shows("mistakes", func(s status) bool { return s.phase == broken })
	assert.Contains(t, s.problems[0].Msg, "it has ended\n\nIt ends each time")
	p.idle()
	p.saves("a.go")
	assert.True(t, p.begins().restart)
	p.succeeds(served{changed: true})
	p.shows("ready", func(s status) bool { return s.phase == ready })
}

func TestTheEndStopsWhatServes(t *testing.T) {
	p := newPlay(t)
	p.up()
	p.saves("a.go")
	p.begins() // is under way
	p.end()
	assert.Equal(t, 1, p.back.stopped)
}

func TestAMistakeInWranglerTomlIsShown(t *testing.T) {
	p := newPlay(t)
	p.up()
	load := p.s.load
	p.s.load = func(string) (*project.Project, error) {
		return nil, project.Problems{{File: "wrangler.toml", Line: 1, Column: 1, Msg: "no"}}
	}
	p.saves("wrangler.toml")
	s := p.shows("mistakes", func(s status) bool { return s.phase == broken })
	assert.Equal(t, "wrangler.toml", s.problems[0].File)
	p.s.load = load
	p.saves("wrangler.toml")
	w := p.begins()
	assert.True(t, w.code && w.restart)
}

func TestFilesAskForWhatTheyAreMadeInto(t *testing.T) {
	p := &project.Project{Root: "/shop", Site: "/shop/site", Module: "/shop/site", Go: project.GoMain, Wrangler: &project.Wrangler{
		Assets: "./public", Rules: []project.Rule{{Type: "ESModule", Globs: []string{"*.mjs"}}, {Type: "Data", Globs: []string{"**/*.z"}}},
	}}
	embeds := inputs{known: true, embeds: []embed{{"/shop/site", []string{"texts", "*.sql"}}}}
	shells, code, static, restart := work{shells: true}, work{code: true}, work{static: true}, work{restart: true}
	for file, want := range map[string]work{
		"site/pages/index.html":      shells,
		"site/pages/docs/a.html":     shells,
		"site/pages/_headers":        shells,
		"site/pages/404.html":        code,
		"site/handlers.go":           code,
		"site/inner/deep.go":         code,
		"site/go.mod":                code,
		"go.work":                    code,
		"site/main.mjs":              code,
		"site/data/a.z":              code,
		"site/other/a.z":             {},
		"site/texts/deep/a.txt":      code,
		"site/schema.sql":            code,
		"site/inner/schema.sql":      {},
		"site/dev.log":               {},
		"README.md":                  {},
		"public/shop.css":            static,
		"publicity.css":              {},
		"wrangler.toml":              {code: true, restart: true},
		"site/wrangler.toml":         {},
		".dev.vars":                  restart,
		".dev.vars.staging":          restart,
		"site/.dev.vars":             {},
		"../inlay/edge/handler.go":   code,
		"../inlay/docs/operating.md": {},
	} {
		got := workOf(p, []string{filepath.Join("/shop", file)}, embeds.has, time.Time{})
		got.files = nil
		assert.Equal(t, want, got, file)
	}
	p.Go = project.GoOrigin
	assert.True(t, workOf(p, []string{"/shop/site/pages/index.html"}, embeds.has, time.Time{}).code, "they are in the program")
}

func TestBeforeItIsKnownWhatIsEmbeddedEverythingMayBe(t *testing.T) {
	var in inputs
	assert.True(t, in.has("/shop/dev.log"))
}

func TestCrashesCountThatAreNear(t *testing.T) {
	now := time.Now()
	var c crashes
	assert.False(t, c.again(now))
	assert.False(t, c.again(now.Add(time.Second)))
	assert.False(t, c.again(now.Add(crashesCount+2*time.Second)), "those are over")
	assert.False(t, c.again(now.Add(crashesCount+3*time.Second)))
	assert.True(t, c.again(now.Add(crashesCount+4*time.Second)))
}

func TestLabelsNameWhatChanged(t *testing.T) {
	path := strings.ToUpper
	assert.Equal(t, "the site", work{}.label(path))
	assert.Equal(t, "A.GO", work{files: []string{"a.go"}}.label(path))
	assert.Equal(t, "A.GO and 1 other", work{files: []string{"a.go", "b.go"}}.label(path))
	assert.Equal(t, "A.GO and 2 others", work{files: []string{"a.go", "b.go", "c.go"}}.label(path))
}

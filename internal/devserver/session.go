package devserver

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"inlay/internal/project"
)

// backend builds the site, and serves what was built. Its methods are called
// one after another. Mistakes in the site are [project.Problems].
type backend interface {
	// what it does at first, to be told.
	what() string
	build(ctx context.Context, p *project.Project, todo work) error
	serve(ctx context.Context, p *project.Project, todo work, version string) (served, error)
	// over is closed when what serves the site has ended; nil if nothing does.
	over() <-chan struct{}
	ended() error
	stop()
}

// session is a site while it is being written: it builds what changes, one
// piece of work at a time, and keeps the board.
type session struct {
	back  backend
	board *board
	front *front
	out   *printer
	path  func(string) string                             // how a file is named to who reads out
	load  func(dir string) (*project.Project, error)      // reads the project anew
	watch func(context.Context, *session) <-chan []string // tells of files that changed

	inputs  inputs
	mu      sync.Mutex
	project *project.Project

	// settled is called each time that there is something to look at.
	settled func()

	prefix   string // of versions: those of another session have another
	versions int
	printed  string // the mistakes that were told last
}

// current is the project as it was last read.
func (s *session) current() *project.Project {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.project
}

// result is how a piece of work went.
type result struct {
	served  served
	version string
	err     error
}

// run works until ctx ends.
func (s *session) run(ctx context.Context) {
	defer s.back.stop()
	changes := s.watch(ctx, s)
	owed := everything(time.Now())
	var crashed crashes
	for {
		var job *job
		if owed.any() {
			job = s.begin(ctx, owed)
		}
		// Until something happens that is a reason to try again.
		for again := false; !again; {
			var over <-chan struct{}
			var done chan result
			if job != nil {
				done = job.done
			} else {
				over = s.back.over()
			}
			select {
			case <-ctx.Done():
				job.cancel()
				return
			case files := <-changes:
				more := workOf(s.current(), files, s.inputs.has, savedAt(files, time.Now()))
				if !more.any() {
					continue
				}
				s.building(more)
				if r, had := job.cancel(); had && r.err == nil {
					s.show(owed, r)
					owed = work{}
				}
				owed, again, crashed = owed.and(more), true, nil
			case r := <-done:
				job = nil
				s.show(owed, r)
				if r.err == nil {
					if owed.code {
						go s.inputs.read(ctx, s.current())
					}
					owed = work{}
				}
				owed.files = nil // have been told
			case <-over:
				err := s.back.ended()
				s.back.stop()
				owed = owed.and(everything(time.Now()))
				if crashed.again(time.Now()) {
					s.mistaken(project.Problems{{Msg: err.Error() + "\n\nIt ends each time that it is started; it is tried again when a file changes."}})
					break
				}
				s.out.printf("%v; starting it again", err)
				s.building(owed)
				again = true
			}
		}
	}
}

// job is a piece of work under way.
type job struct {
	done chan result
	stop context.CancelFunc
}

func (s *session) begin(ctx context.Context, todo work) *job {
	ctx, stop := context.WithCancel(ctx)
	j := &job{done: make(chan result, 1), stop: stop}
	go func() {
		defer stop()
		j.done <- s.work(ctx, todo)
	}()
	return j
}

// cancel ends a job, and gives its result; there may be none.
func (j *job) cancel() (r result, had bool) {
	if j == nil {
		return result{}, false
	}
	j.stop()
	return <-j.done, true
}

// work builds and serves.
func (s *session) work(ctx context.Context, todo work) result {
	if todo.code {
		// It may have Go where it had none, and another wrangler.toml.
		p, err := s.load(s.current().Root)
		if err != nil {
			return result{err: err}
		}
		s.mu.Lock()
		s.project = p
		s.mu.Unlock()
	}
	p := s.current()
	if err := s.back.build(ctx, p, todo); err != nil {
		return result{err: err}
	}
	s.versions++
	version := s.prefix + "-" + strconv.Itoa(s.versions)
	got, err := s.back.serve(ctx, p, todo, version)
	got.changed = got.changed || todo.static
	return result{got, version, err}
}

// building lets requests wait for what is being made.
func (s *session) building(w work) {
	s.board.set(func(now *status) {
		now.phase, now.doing = building, "building what "+w.label(func(f string) string { return f })+" changes"
		if len(w.files) == 0 {
			now.doing = s.back.what()
		}
	})
}

// show tells how a piece of work went.
func (s *session) show(w work, r result) {
	var problems project.Problems
	switch {
	case errors.Is(r.err, context.Canceled):
		return
	case errors.As(r.err, &problems):
		s.mistaken(problems)
		return
	case r.err != nil:
		s.mistaken(project.Problems{{Msg: r.err.Error()}})
		return
	}
	first, mended := false, s.printed != ""
	s.printed = ""
	s.board.set(func(now *status) {
		first = now.served == ""
		now.phase, now.problems = ready, nil
		if r.served.at != nil {
			now.upstream = r.served.at
		}
		if r.served.changed {
			now.served, now.pages = r.version, r.served.pages
		}
	})
	took := fmt.Sprintf("%.2f s", time.Since(w.since).Seconds())
	switch {
	case first:
		s.settled()
		s.out.printf("ready, %s", took)
	case r.served.changed:
		s.out.printf("%s: served, %s", w.label(s.path), took)
	case mended:
		s.out.printf("%s: as before, %s", w.label(s.path), took)
	}
}

// mistaken shows mistakes, here and in the browser.
func (s *session) mistaken(problems project.Problems) {
	if s.printed != problems.Error() { // else as after each save before it is mended
		s.printed = problems.Error()
		for _, p := range problems {
			if p.File != "" {
				p.File = s.path(p.File)
			}
			s.out.line(p.String())
		}
	}
	s.board.set(func(now *status) { now.phase, now.problems = broken, problems })
	s.settled()
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

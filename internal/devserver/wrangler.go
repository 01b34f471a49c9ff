package devserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// wrangler runs wrangler dev, which has all that a Worker may be bound to, and
// which inlay's own server stands before.
type wrangler struct {
	tools  tools
	root   string   // of the project
	entry  string   // the Worker's entry, a path
	args   []string // further options
	line   func(string)
	client *http.Client

	mu      sync.Mutex
	running *process
	ready   chan *url.URL // gets where it listens, once
	last    lastLines     // of what it wrote
}

// wranglerReady is what wrangler dev writes once it listens.
var wranglerReady = regexp.MustCompile(`Ready on (http://[^\s]+)`)

// escapes are those of terminals, which wrangler uses whatever it writes to.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// chatter are lines of wrangler's that say nothing to who runs inlay dev: its
// tables of modules and bindings, and that it reloads, which inlay says itself.
var chatter = regexp.MustCompile(`^(⎔ |[┌├│└]|Attaching additional modules|Your Worker has access to the following|Binding +Resource|env\.\S+ .*(local|not supported)$|Using secrets defined in|\[wrangler:info\] Ready on|\[wrangler:info\] GET ` + regexp.QuoteMeta(ownPath) + `|🪵|\[b\] open a browser|$)`)

// start runs it, and waits until it listens.
func (w *wrangler) start(ctx context.Context) (*url.URL, error) {
	args := append([]string{w.tools.wrangler, "dev", w.entry, "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0",
		"--show-interactive-dev-session=false", "--var", "INLAY_DEV:1"}, w.args...)
	env := append(os.Environ(), "PATH="+filepath.Dir(w.tools.node)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"WRANGLER_SEND_METRICS=false", "WRANGLER_SEND_ERROR_REPORTS=false", "WRANGLER_HIDE_BANNER=true",
		"CLOUDFLARE_CF_FETCH_ENABLED=false", "WRANGLER_CI_DISABLE_CONFIG_WATCHING=true", "NO_COLOR=1", "FORCE_COLOR=0")
	ready := make(chan *url.URL, 1)
	w.last.clear()
	p, err := start(program{path: w.tools.node, args: args, dir: w.root, env: env, line: func(text string) {
		text = strings.TrimRight(escapes.ReplaceAllString(text, ""), " ")
		if found := wranglerReady.FindStringSubmatch(text); found != nil {
			if at, err := url.Parse(found[1]); err == nil {
				select {
				case ready <- at:
				default:
				}
			}
		}
		if !chatter.MatchString(text) {
			w.last.add(text)
			w.line(text)
		}
	}})
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.running = p
	w.mu.Unlock()
	select {
	case at := <-ready:
		return at, nil
	case <-p.done:
		return nil, w.ended()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ended is the error of a wrangler that has ended by itself.
func (w *wrangler) ended() error {
	text := w.last.text()
	if text == "" {
		text = fmt.Sprint(w.running.err)
	}
	return fmt.Errorf("wrangler has ended: %s", text)
}

// over is closed when it has ended; nil if it never ran.
func (w *wrangler) over() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return nil
	}
	return w.running.done
}

func (w *wrangler) stop() {
	w.mu.Lock()
	p := w.running
	w.running = nil
	w.mu.Unlock()
	if p != nil {
		p.stop(hardAfter)
	}
}

// told is what the Worker says of itself; see worker/dev.mjs.
type told struct {
	Version string // of its modules
	Ended   string // what its program ended of; "" if it starts
}

// wait asks the Worker until it is of a version. wrangler holds requests back
// while it starts a Worker anew, so nearly all of the wait is in one of them.
func (w *wrangler) wait(ctx context.Context, at *url.URL, version string) (told, error) {
	ctx, cancel := context.WithTimeout(ctx, startsWithin)
	defer cancel()
	var failed error
	for {
		got, err := w.ask(ctx, at)
		if err == nil && got.Version == version {
			return got, nil
		}
		if err != nil && ctx.Err() == nil {
			failed = err
		}
		select {
		case <-w.over():
			return told{}, w.ended()
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return told{}, ctx.Err()
			}
			text := fmt.Sprintf("wrangler has not served this version within %v", startsWithin)
			if last := w.last.text(); last != "" {
				text += "; the last that it wrote: " + last
			} else if failed != nil {
				text += ": " + failed.Error()
			}
			return told{}, errors.New(text)
		case <-time.After(askAgain):
		}
	}
}

const (
	// startsWithin is how long a new version may take until it is served: wrangler
	// takes 1 s for it, and several on a busy machine.
	startsWithin = 30 * time.Second
	askAgain     = 20 * time.Millisecond
	// answersWithin bounds one question, so that one that is lost is asked again.
	answersWithin = 5 * time.Second
)

func (w *wrangler) ask(ctx context.Context, at *url.URL) (told, error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.JoinPath(ownPath, "version").String(), nil)
	if err != nil {
		return told{}, err
	}
	answer, err := w.client.Do(r)
	if err != nil {
		return told{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	var got told
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&got); err != nil {
		return told{}, fmt.Errorf("the Worker does not say its version: status %s; its entry has to hand what it does not answer itself to inlay's", answer.Status)
	}
	return got, nil
}

// lastLines keeps the end of what a program wrote.
type lastLines struct {
	mu    sync.Mutex
	lines []string
}

const keptLines = 30

func (l *lastLines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == keptLines {
		l.lines = append(l.lines[:0], l.lines[1:]...)
	}
	l.lines = append(l.lines, line)
}

func (l *lastLines) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = nil
}

func (l *lastLines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(strings.Join(l.lines, "\n"))
}

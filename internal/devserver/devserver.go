package devserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"inlay/internal/project"
)

// Options say what [Run] serves, and how.
type Options struct {
	// Project is the site as it is at the start.
	Project *project.Project
	// Native serves it as a program of this machine, in place of a Worker.
	Native bool
	// Host is the address to listen on; "" is the loopback interface.
	Host string
	// Port to listen on; 0 is any that is free.
	Port int
	// Env is an environment of wrangler.toml; "" is the top level.
	Env string
	// Vars are variables in place of those of wrangler.toml and .dev.vars.
	Vars map[string]string
	// Everywhere gives the Worker all bindings of inlay's own, whether wrangler.toml has them or not.
	Everywhere bool
	// Args are further options for wrangler dev.
	Args []string
	// Out gets what there is to say, in whole lines.
	Out io.Writer
	// Path is how a file of the project is named to who reads Out; nil: as seen
	// from the project's folder.
	Path func(file string) string
}

// Run serves a site while it is being written, until ctx ends. Mistakes in the
// site are shown and end nothing; an error is that it cannot listen, or begin.
func Run(ctx context.Context, o Options) error {
	listeners, err := listen(o.Host, o.Port)
	if err != nil {
		return err
	}
	defer func() {
		for _, l := range listeners {
			_ = l.Close()
		}
	}()
	s, end, err := newSession(o)
	if err != nil {
		return err
	}
	defer end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{Handler: s.front, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
				cancel()
			}
		}()
	}
	defer func() { _ = server.Close() }()
	s.out.printf("%s", s.back.what())
	s.settled = sync.OnceFunc(func() { s.out.printf("listening on %s", urlOf(o.Host, listeners[0])) })
	s.run(ctx)
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// listen opens a port; without a host on both loopback addresses, since
// localhost may be either.
func listen(host string, port int) ([]net.Listener, error) {
	try := func(host string, port int) (net.Listener, error) {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("port %d is taken by another program; end that, or name another port: --port N, or PORT=N in the environment", port)
		}
		return l, err
	}
	if host != "" {
		l, err := try(host, port)
		return []net.Listener{l}, err
	}
	first, err := try("127.0.0.1", port)
	if err != nil {
		return nil, err
	}
	port = first.Addr().(*net.TCPAddr).Port
	second, err := net.Listen("tcp", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		_ = first.Close()
		_, err := try("::1", port)
		return nil, err
	case err != nil: // there is no IPv6
		return []net.Listener{first}, nil
	}
	return []net.Listener{first, second}, nil
}

// urlOf is where a browser on this machine finds a listener.
func urlOf(host string, l net.Listener) string {
	port := l.Addr().(*net.TCPAddr).Port
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// newSession puts the parts together; end lets them go.
func newSession(o Options) (s *session, end func(), err error) {
	s = &session{
		project: o.Project, out: &printer{to: o.Out}, path: o.Path, load: project.Load, watch: watchProject,
		prefix: strconv.FormatInt(time.Now().UnixMilli(), 36),
	}
	s.settled = func() {}
	if s.path == nil {
		s.path = func(file string) string { return file }
	}
	end = func() {}
	var shells *shelf
	if o.Native {
		inlay, err := os.Executable()
		if err != nil {
			return nil, nil, err
		}
		s.back = &native{out: s.out, env: o.Env, vars: o.Vars, inlay: inlay}
	} else {
		if shells, err = newShelf(); err != nil {
			return nil, nil, err
		}
		end = shells.close
		s.inputs.target = []string{"GOOS=js", "GOARCH=wasm"}
		s.back = newWorked(s.out, shells, o)
	}
	s.board = newBoard(s.back.what())
	s.front = newFront(s.board, sourcesBelow(o.Project.Root))
	vars := func() map[string]string {
		vars, err := varsOf(s.current(), o.Env)
		if err != nil {
			vars = map[string]string{} // what is wrong with them is told where they are used
		}
		maps.Copy(vars, o.Vars)
		return vars
	}
	s.front.hosts = func() []string { return hostsOf(o.Host, vars()) }
	if shells != nil {
		s.front.lookAtWorkers(shells.url, vars)
	}
	var once sync.Once
	s.front.strange = func(host string) {
		once.Do(func() {
			s.out.printf("asked for under the host %q, which could be anybody's: its pages do not load by themselves, and show no source. If it is yours, name it in INLAY_HOSTS", host)
		})
	}
	return s, end, nil
}

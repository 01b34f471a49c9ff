//go:build !js

package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"syscall"
	"time"

	"inlay/edge"
	"inlay/internal/folder"
	"inlay/internal/notfound"
	"inlay/internal/static"
)

// Main serves the site until SIGINT or SIGTERM, or does what the command line says instead. pages is a folder of pages as
// [edge.ReadPages] takes it, such as an embed.FS; handler answers fragments, and all that is no page. What is wrong goes to
// standard error, and the program ends with 1, or with 2 if it was called wrongly.
//
// Each change may change the options of the server before it starts, natively only: to give it a purge log that it shares with
// other processes, for example. Its error is one of those that end the program.
func Main(pages fs.FS, handler http.Handler, change ...func(*edge.Options) error) {
	main(&site{
		files:   pages,
		pages:   func() ([]edge.Page, error) { return edge.ReadPages(pages) },
		handler: handler,
		change:  change,
	})
}

// MainOf is Main for a site whose pages are made by a function and not read from a folder. In a Worker such a site calls
// instance.Serve instead.
func MainOf(pages func() ([]edge.Page, error), handler http.Handler, change ...func(*edge.Options) error) {
	main(&site{pages: pages, handler: handler, change: change})
}

// site is what a program serves.
type site struct {
	files   fs.FS // where the pages are from; nil if from nowhere
	pages   func() ([]edge.Page, error)
	handler http.Handler
	change  []func(*edge.Options) error
}

func main(s *site) {
	err := run(s, os.Args, os.LookupEnv, os.Stdout, os.Stderr)
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
	case errors.As(err, new(usageError)):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, told(err))
		os.Exit(1)
	}
}

// usageError is a command line that is wrong; it has been told.
type usageError struct{ error }

// told is how an error is shown: mistakes in pages as compilers show them, a line each, all else in one.
func told(err error) string {
	var mistakes edge.PageErrors
	if errors.As(err, &mistakes) {
		return err.Error()
	}
	return "inlay: " + err.Error()
}

func run(s *site, args []string, lookup func(string) (string, bool), out, errOut io.Writer) error {
	flags := flag.NewFlagSet(filepath.Base(args[0]), flag.ContinueOnError)
	flags.SetOutput(errOut)
	check := flags.Bool("check", false, "parse the pages and the variables, and say what is wrong")
	encode := flags.String("pages", "", "parse the pages and write them to `file`, for core.wasm")
	origin := flags.Bool("origin", false, "serve the handler alone, as INLAY_ORIGIN of a Worker")
	from := flags.String("from", "", "take the pages from `folder` and not from the program")
	public := flags.String("public", "", "serve the files of `folder` before everything else, as Workers' static assets are")
	listen := flags.String("listen", "", "the `address` to listen on, such as :8080; unset: $ADDR, else 127.0.0.1; $PORT, else 8787")
	ask := flags.Bool("health", false, "ask the server that listens there whether it answers; the exit status is 1 if not")
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return usageError{err}
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("%q is no option; try -help", flags.Arg(0))
		fmt.Fprintln(errOut, err)
		return usageError{err}
	}
	address := addressOf(*listen, lookup)
	if *ask {
		return askHealth(address)
	}
	if *from != "" {
		s = s.from(*from)
	}
	all, err := s.pages()
	if err != nil {
		return err
	}
	if *encode != "" {
		// What only shows when all pages are put together, such as patterns that conflict, shows here too.
		if _, err := edge.NewHandler(edge.Options{Pages: all, Origin: http.NotFoundHandler(), Config: edge.Config{AllowHosts: edge.Hosts(all)}}); err != nil {
			return err
		}
		return os.WriteFile(*encode, edge.EncodePages(all), 0o644)
	}
	config, err := edge.ParseConfig(lookup)
	if err != nil {
		return err
	}
	if err := edge.CheckLog(lookup); err != nil {
		return err
	}
	options := edge.Options{Pages: all, Config: config, CheckLeaks: config.Dev}
	if config.Origin == "" {
		options.Origin = s.handler
	}
	for _, change := range s.change {
		if err := change(&options); err != nil {
			return err
		}
	}
	handler, err := edge.NewHandler(options)
	if err != nil || *check {
		return err
	}
	if *origin {
		alone := s.handler
		if html, err := s.notFound(); err != nil {
			return err
		} else if html != "" {
			alone = notfound.Show(alone, html, nil)
		}
		return serve(address, out, edge.Fills(alone), func(context.Context) error { return nil })
	}
	whole := http.Handler(handler)
	if *public != "" {
		if _, err := os.ReadDir(*public); err != nil {
			return err
		}
		whole = static.Before(os.DirFS(*public), handler)
	}
	return serve(address, out, whole, handler.Shutdown)
}

// notFound is the site's 404.html, empty if it has none.
func (s *site) notFound() (string, error) {
	if s.files == nil {
		return "", nil
	}
	return folder.NotFound(s.files)
}

// from is the site with the pages of a folder on disk.
func (s *site) from(dir string) *site {
	fsys := os.DirFS(dir)
	return &site{
		files:   fsys,
		handler: s.handler,
		change:  s.change,
		pages: func() ([]edge.Page, error) {
			all, err := edge.ReadPages(fsys)
			var mistakes edge.PageErrors
			if errors.As(err, &mistakes) {
				for _, e := range mistakes {
					e.File = path.Join(filepath.ToSlash(dir), e.File)
				}
			}
			return all, err
		},
	}
}

// drain is how long a server that was told to stop lets requests and fills end.
const drain = 10 * time.Second

// serve listens until SIGINT or SIGTERM; of these a second one cuts the drain short.
func serve(address string, out io.Writer, handler http.Handler, shutdown func(context.Context) error) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("%w; set PORT to a free port, or ADDR to an address of this machine", err)
	}
	fmt.Fprintf(out, "listening on http://%s\n", listener.Addr())
	watched := &health{next: handler}
	server := &http.Server{Handler: watched, ReadHeaderTimeout: 10 * time.Second}
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-stop.Done():
	}
	watched.ending.Store(true)
	cancel() // a second signal ends the process at once
	ctx, cancelDrain := context.WithTimeout(context.Background(), drain)
	defer cancelDrain()
	return errors.Join(server.Shutdown(ctx), shutdown(ctx))
}

//go:build !js

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"inlay/edge"
	"inlay/site"
	"inlay/site/pages"
)

func main() {
	check := flag.Bool("check", false, "parse the pages and the variables, and say what is wrong")
	encode := flag.String("pages", "", "parse the pages and write them to `file`, for core.wasm")
	origin := flag.Bool("origin", false, "serve the origin alone")
	flag.Parse()
	if err := run(*check, *encode, *origin); err != nil {
		fmt.Fprintln(os.Stderr, "inlay:", err)
		os.Exit(1)
	}
}

func run(check bool, encode string, originOnly bool) error {
	all, err := pages.All()
	if err != nil {
		return err
	}
	if encode != "" {
		// What only shows when all pages are put together, such as patterns that conflict, shows here too.
		if _, err := edge.NewHandler(edge.Options{Pages: all, Origin: http.NotFoundHandler(), Config: edge.Config{AllowHosts: edge.Hosts(all)}}); err != nil {
			return err
		}
		return os.WriteFile(encode, edge.EncodePages(all), 0o644)
	}
	config, err := edge.ParseConfig(os.LookupEnv)
	if err != nil {
		return err
	}
	options := edge.Options{Pages: all, Config: config, CheckLeaks: config.Dev}
	if config.Origin == "" {
		options.Origin = site.Origin()
	}
	handler, err := edge.NewHandler(options)
	if err != nil || check {
		return err
	}
	if originOnly {
		return serve(edge.Fills(site.Origin()), func(context.Context) error { return nil })
	}
	return serve(handler, handler.Shutdown)
}

// drain is how long a server that was told to stop lets requests and fills end.
const drain = 10 * time.Second

// serve listens on the loopback interface until SIGINT or SIGTERM; of these a second one cuts the drain short.
func serve(handler http.Handler, shutdown func(context.Context) error) error {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8787"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return fmt.Errorf("%w; set PORT to a free port", err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-stop.Done():
	}
	cancel() // a second signal ends the process at once
	ctx, cancelDrain := context.WithTimeout(context.Background(), drain)
	defer cancelDrain()
	return errors.Join(server.Shutdown(ctx), shutdown(ctx))
}

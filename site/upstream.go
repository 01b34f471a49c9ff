//go:build !js

package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The variable that says how long the upstream takes, in milliseconds.
const (
	delayVariable = "SITE_DELAY_MS"
	defaultDelay  = 800 * time.Millisecond
	maxDelay      = time.Minute
)

// upstream is a service beside the site, as a database or somebody's API is: it
// knows which packages import which, and takes its time. In a Worker
// upstream.mjs is in its place.
type upstream struct {
	files  fs.FS
	getenv func(string) string
	wait   func(context.Context, time.Duration) error
}

// delay is how long the upstream is to take.
func (u *upstream) delay() (time.Duration, error) {
	value := u.getenv(delayVariable)
	if value == "" {
		return defaultDelay, nil
	}
	ms, err := strconv.ParseUint(value, 10, 32)
	if err != nil || time.Duration(ms)*time.Millisecond > maxDelay {
		return 0, errors.New(delayVariable + " is " + strconv.Quote(value) + "; it must be a whole number of milliseconds from 0 to " +
			strconv.FormatInt(maxDelay.Milliseconds(), 10))
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// ServeHTTP answers GET /NAME with the lines of that document after the delay,
// which it tells in a field, or with 404.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	delay, err := u.delay()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if u.wait(r.Context(), delay) != nil {
		return // nobody waits for it any more
	}
	text, err := read(u.files, strings.TrimPrefix(r.URL.Path, "/"))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		http.Error(w, "no such document", http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set(delayField, strconv.FormatInt(delay.Milliseconds(), 10))
		_, _ = w.Write(text)
	}
}

// newOrigin is the site with an upstream of its own, which listens on the
// loopback interface from the first request that it gets.
func newOrigin(files fs.FS, getenv func(string) string, wait func(context.Context, time.Duration) error) http.Handler {
	listen := sync.OnceValues(func() (string, error) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		server := &http.Server{Handler: &upstream{files, getenv, wait}, ReadHeaderTimeout: 10 * time.Second}
		go func() { _ = server.Serve(listener) }() // for as long as the process
		return "http://" + listener.Addr().String(), nil
	})
	return originOf(files, func(ctx context.Context, path string) (*http.Response, error) {
		base, err := listen()
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
		if err != nil {
			return nil, err
		}
		return http.DefaultClient.Do(r)
	})
}

func newSite(files fs.FS) http.Handler { return newOrigin(files, os.Getenv, wait) }

// wait returns after d, or with the context's error when that ends first.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

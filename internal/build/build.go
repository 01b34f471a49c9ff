package build

import (
	"context"
	"errors"
	"os"

	"inlay/internal/project"
)

// Problem is one mistake in the site's files, Problems all that were found;
// errors.As tells them from what is wrong with the machine.
type (
	Problem  = project.Problem
	Problems = project.Problems
)

// Options of [Run].
type Options struct {
	// Test makes build/test/ as well: a Worker whose core has exports for tests.
	// It needs inlay's own sources, and TinyGo.
	Test bool
}

// Result is what [Run] made.
type Result struct {
	// Changed are the files in build/ that are new or have other bytes than
	// before, relative to it, in the order of their names.
	Changed []string
}

// Run makes build/ what the project's files say. It waits for another Run that
// is under way there.
func Run(ctx context.Context, p *project.Project, o Options) (*Result, error) {
	if err := os.MkdirAll(p.Build(), 0o755); err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, p)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var result Result
	pages, app := make(chan error, 1), make(chan error, 1)
	var newPages, newApp bool
	go func() {
		var err error
		newPages, err = Pages(ctx, p)
		pages <- err
	}()
	go func() {
		var err error
		newApp, err = App(ctx, p)
		app <- err
	}()
	if err := join(<-pages, <-app); err != nil {
		return nil, err
	}
	if newApp {
		result.Changed = append(result.Changed, "app.wasm")
	}
	if newPages {
		result.Changed = append(result.Changed, "pages.bin")
	}
	return &result, nil
}

// join puts Problems together, so that all are told at once; another error
// stands for itself.
func join(errs ...error) error {
	var all Problems
	for _, err := range errs {
		var problems Problems
		switch {
		case err == nil:
		case errors.As(err, &problems):
			all = append(all, problems...)
		default:
			return err
		}
	}
	if len(all) > 0 {
		return all
	}
	return nil
}

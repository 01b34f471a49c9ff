package build

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"

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
	// Modules are what the Worker consists of, its entry first: files in build/.
	Modules []string
	// Changed are the files in build/ that are new, have other bytes than
	// before, or are gone, in the order of their names.
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
	if err := Generate(ctx, p); err != nil {
		return nil, err
	}
	if _, err := gather(p); err != nil {
		return nil, err // before anything that takes longer
	}
	steps := []step{
		{"pages.bin", func() (bool, error) { return Pages(ctx, p) }},
		{"app.wasm", func() (bool, error) { return App(ctx, p) }},
		{"core.wasm", func() (bool, error) { return core(ctx, p) }},
	}
	if o.Test {
		steps = append(steps, step{"test/core.wasm", func() (bool, error) { return testCore(ctx, p) }})
	}
	var result Result
	if result.Changed, err = together(steps); err != nil {
		return nil, err
	}
	modules, changed, err := Assemble(ctx, p)
	if err != nil {
		return nil, err
	}
	result.Modules = modules
	result.Changed = slices.Sorted(slices.Values(append(result.Changed, changed...)))
	return &result, nil
}

// step makes one file of build/, and says whether it has changed.
type step struct {
	file string
	run  func() (changed bool, err error)
}

// together runs steps that do not depend on each other, and gives what they changed. Problems of all of them are told at
// once; another error stands for itself.
func together(steps []step) (changed []string, err error) {
	news, errs := make([]bool, len(steps)), make([]error, len(steps))
	var wait sync.WaitGroup
	for i := range steps {
		wait.Go(func() { news[i], errs[i] = steps[i].run() })
	}
	wait.Wait()
	var all Problems
	for i, err := range errs {
		var problems Problems
		switch {
		case err == nil:
		case errors.As(err, &problems):
			all = append(all, problems...)
		default:
			return nil, err
		}
		if news[i] {
			changed = append(changed, steps[i].file)
		}
	}
	if len(all) > 0 {
		return nil, all
	}
	return changed, nil
}

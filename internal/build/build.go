package build

import (
	"context"
	"errors"
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
	// Everywhere is for a Worker that is to have all of inlay's bindings, whether wrangler.toml has them or not.
	Everywhere bool
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
	var result Result
	return &result, alone(ctx, p, func() error { return run(ctx, p, o, &result) })
}

func run(ctx context.Context, p *project.Project, o Options, result *Result) error {
	if err := checkRelease(ctx, p); err != nil {
		return err
	}
	if err := Generate(ctx, p); err != nil {
		return err
	}
	steps := []step{
		{"modules", func() (bool, error) { return false, checkModules(ctx, p, o.Everywhere) }},
		{"pages.bin", func() (bool, error) { return Pages(ctx, p) }},
		{"app.wasm", func() (bool, error) { return App(ctx, p) }},
		{"core.wasm", func() (bool, error) { return coreWasm().make(ctx, p) }},
		{"shell.wasm", func() (bool, error) { return shellWasm().make(ctx, p) }},
		{"variables.wasm", func() (bool, error) { return variablesWasm().make(ctx, p) }},
	}
	if o.Test {
		steps = append(steps, step{"test/core.wasm", func() (bool, error) { return testCore(ctx, p) }})
	}
	made, err := together(steps)
	if err != nil {
		return err
	}
	modules, changed, err := Assemble(ctx, p)
	if err != nil {
		return err
	}
	result.Modules = modules
	result.Changed = slices.Sorted(slices.Values(append(made, changed...)))
	return nil
}

// checkModules tells of mistakes in what the Worker imports.
func checkModules(ctx context.Context, p *project.Project, everywhere bool) error {
	all, err := gather(p)
	if err != nil {
		return err
	}
	if err := checkClasses(p, all[0], everywhere); err != nil {
		return err
	}
	return checkSyntax(ctx, p, all)
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

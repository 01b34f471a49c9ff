// Command core makes core.wasm, shell.wasm and variables.wasm in worker/, which are committed, and beside each its record, which says what it
// consists of. It is what ./build.sh core runs, once TinyGo and Node are there. Names of modules as arguments: only those.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"inlay/internal/corewasm"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "core:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string) error {
	for _, m := range corewasm.Modules() {
		if len(names) > 0 && !slices.Contains(names, m.Name) {
			continue
		}
		if err := renew(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func renew(ctx context.Context, m *corewasm.Module) error {
	sources, err := m.ReadSources(ctx, ".")
	if err != nil {
		return err
	}
	tools, err := corewasm.FindTools(ctx)
	if err != nil {
		return err
	}
	named, err := m.Compile(ctx, tools, ".")
	if err != nil {
		return err
	}
	wasm, err := corewasm.Strip(named)
	if err != nil {
		return err
	}
	gzipped, err := corewasm.Gzipped(ctx, wasm)
	if err != nil {
		return err
	}
	record, err := m.NewRecord(sources, tools, named, wasm, gzipped)
	if err != nil {
		return err
	}
	if err := os.WriteFile("worker/"+m.File(), wasm, 0o644); err != nil {
		return err
	}
	return os.WriteFile("worker/"+m.Name+".record", []byte(record.String()), 0o644)
}

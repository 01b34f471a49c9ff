// Command core makes worker/core.wasm, which is committed, and worker/core.record, which says what it consists of. It is
// what ./build.sh core runs, once TinyGo and Node are there.
package main

import (
	"context"
	"fmt"
	"os"

	"inlay/internal/corewasm"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "core:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	sources, err := corewasm.ReadSources(ctx, ".")
	if err != nil {
		return err
	}
	tools, err := corewasm.FindTools(ctx)
	if err != nil {
		return err
	}
	named, err := corewasm.Compile(ctx, tools, ".")
	if err != nil {
		return err
	}
	core, err := corewasm.Strip(named)
	if err != nil {
		return err
	}
	gzipped, err := corewasm.Gzipped(ctx, core)
	if err != nil {
		return err
	}
	record, err := corewasm.NewRecord(sources, tools, named, core, gzipped)
	if err != nil {
		return err
	}
	if err := os.WriteFile("worker/core.wasm", core, 0o644); err != nil {
		return err
	}
	return os.WriteFile("worker/core.record", []byte(record.String()), 0o644)
}

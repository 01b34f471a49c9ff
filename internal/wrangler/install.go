package wrangler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Install lets npm make a project's node_modules what its lock file wants, if
// it is something else. It does nothing where another package manager has made
// it, and where there is no package.json.
func Install(ctx context.Context, root string, log io.Writer) error {
	if !exists(filepath.Join(root, "package.json")) {
		return nil
	}
	lock := filepath.Join(root, "package-lock.json")
	args := []string{"ci"}
	switch {
	case exists(lock):
		same, err := asLocked(lock, filepath.Join(root, "node_modules", ".package-lock.json"))
		if same || err != nil {
			return err
		}
	case exists(filepath.Join(root, "node_modules", "wrangler")):
		return nil
	default:
		for file, command := range map[string]string{"pnpm-lock.yaml": "pnpm install", "yarn.lock": "yarn install", "bun.lock": "bun install", "bun.lockb": "bun install"} {
			if exists(filepath.Join(root, file)) {
				if _, err := locate(root); err == nil {
					return nil
				}
				return fmt.Errorf("node_modules is not there; run first: %s", command)
			}
		}
		if _, err := locate(root); err == nil {
			return nil // a folder above has it, as in a workspace
		}
		args = []string{"install"}
	}
	args = append(args, "--no-audit", "--no-fund")
	fmt.Fprintf(log, "npm %s, for wrangler (once, some 20 s)\n", args[0])
	cmd := exec.CommandContext(ctx, "npm", args...)
	cmd.Dir = root
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("there is no npm on PATH; it comes with node, from https://nodejs.org/")
	case err != nil:
		return fmt.Errorf("npm %s failed in %s: %w\n%s", args[0], root, err, strings.TrimSpace(said.String()))
	}
	return nil
}

// lockFile is what is read of a package-lock.json, of version 2 or 3.
type lockFile struct {
	Packages map[string]struct {
		Version                     string
		Link, Optional, DevOptional bool
		Peer, Extraneous, InBundle  bool
	}
}

// asLocked tells whether npm has installed what a lock file says. What is there is in a file of npm's own, which leaves out
// optional packages that are for other machines.
func asLocked(lock, installed string) (bool, error) {
	want, err := readLock(lock)
	if err != nil {
		return false, err
	}
	have, err := readLock(installed)
	if err != nil {
		return false, nil // npm writes it last
	}
	for path, w := range want.Packages {
		h, there := have.Packages[path]
		switch {
		case path == "" || w.Link || !strings.Contains(path, "node_modules/"):
		case !there && !w.Optional && !w.DevOptional && !w.Peer:
			return false, nil
		case there && h.Version != w.Version:
			return false, nil
		}
	}
	return true, nil
}

func readLock(path string) (*lockFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var l lockFile
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &l, nil
}

package main

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"syscall"
	"time"

	"inlay/internal/build"
	"inlay/internal/wrangler"
)

var deployCommand = &command{
	name:  "deploy",
	args:  "[--env NAME] [--dry-run] [OPTION…]",
	short: "build, and upload what the Worker imports to Cloudflare",
	long: `Options are wrangler deploy's. wrangler is the one that package.json asks for; npm brings it if it is missing.

  --env NAME   to an environment of wrangler.toml, [env.NAME], which inherits no variables and no bindings
  --dry-run    everything but the upload; works offline

Before the first time: npx wrangler login.`,
	run: runDeploy,
}

func runDeploy(c *call) error {
	args, err := c.passed()
	if err != nil {
		return err
	}
	p, err := c.project()
	if err != nil {
		return err
	}
	if err := checkConfiguration(p); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(c.ctx)
	search := wrangler.Begin(ctx, p, c.errs)
	_, err = build.Run(c.ctx, p, build.Options{})
	if err != nil {
		cancel()
	}
	w, notFound := search.Result()
	cancel()
	if err := cmp.Or(err, notFound); err != nil {
		return err
	}
	return c.hand(w.Command(c.ctx, append([]string{"deploy"}, args...)...))
}

// hand lets a program take the command's place: its input, its output, its exit status. When the command is told to end,
// so is the program.
func (c *call) hand(cmd *exec.Cmd) error {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.in, c.out, c.errs
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	if state := cmd.ProcessState; state != nil && state.Exited() {
		if state.Success() {
			return nil
		}
		return exitStatus(state.ExitCode())
	}
	if err != nil && c.ctx.Err() != nil {
		return context.Canceled
	}
	return err
}

// environ is this process's environment, with what it lacks taken from each of more in turn.
func environ(more ...map[string]string) []string {
	env := os.Environ()
	set := map[string]bool{}
	for _, one := range env {
		for i := range one {
			if one[i] == '=' && i > 0 {
				set[one[:i]] = true
				break
			}
		}
	}
	for _, variables := range more {
		for name, value := range variables {
			if !set[name] {
				set[name] = true
				env = append(env, name+"="+value)
			}
		}
	}
	return env
}

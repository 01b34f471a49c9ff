package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"inlay/internal/remote"
	"inlay/internal/terminal"
)

var topCommand = &command{
	name:  "top",
	args:  siteArgs + " [--interval TIME] [--once]",
	short: "watch what a site that runs does",
	long: `  --interval TIME  how long it shows before it looks again: 2s, unless it says so; 200ms at least
  --once           show it once, as text

It shows pages a second and how they were, what the cache saved, fills in progress, those that failed last, and the entries
that are asked for most and that are largest: of one process, or on Workers of the isolate that answers, another each time
perhaps. q or Control-C ends it. Where its output is no terminal, it prints one after the other. The exit status is 0, or 1
if the site cannot be asked at first; later it goes on asking.

` + siteHelp,
	run: runTop,
}

const (
	leastInterval = 200 * time.Millisecond
	// plainEntries are how many entries of a list are shown where nothing limits lines; mostEntries where a terminal does.
	plainEntries = 10
	mostEntries  = 50
)

func runTop(c *call) error {
	flags := c.flags()
	site := c.siteFlags(flags)
	interval := 2 * time.Second
	flags.DurationVar(&interval, "interval", interval, "")
	once := flags.Bool("once", false, "")
	if _, err := c.parse(flags, 0); err != nil {
		return err
	}
	if interval < leastInterval {
		return usageErrorf("--interval is at least %v", leastInterval)
	}
	client, err := site.client()
	if err != nil {
		return err
	}
	look, err := client.Look(c.ctx, plainEntries)
	switch {
	case err != nil && c.ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case *once:
		return c.printLook(look)
	}
	if out, ok := c.out.(*os.File); ok {
		in, _ := c.in.(*os.File)
		screen, err := terminal.Open(in, out)
		if err == nil {
			defer screen.Close()
			return c.watch(client, screen, look, interval)
		}
		if !errors.Is(err, terminal.ErrNone) {
			return err
		}
	}
	return c.printLooks(client, look, interval)
}

func (c *call) printLook(look *remote.Look) error {
	_, err := fmt.Fprintln(c.out, strings.Join(look.Lines(c.width(), 0), "\n"))
	return err
}

// printLooks prints what is there, again and again.
func (c *call) printLooks(client *remote.Client, look *remote.Look, interval time.Duration) error {
	if err := c.printLook(look); err != nil {
		return err
	}
	for {
		select {
		case <-c.ctx.Done():
			return nil
		case <-time.After(interval):
		}
		next, err := client.Look(c.ctx, plainEntries)
		switch {
		case c.ctx.Err() != nil:
			return nil
		case err != nil:
			fmt.Fprintf(c.errs, "inlay: %v\n", err)
			continue
		}
		next.Before, look.Before = look, nil
		look = next
		fmt.Fprintln(c.out)
		if err := c.printLook(look); err != nil {
			return err
		}
	}
}

// watch shows what is there in place of what was, until q or Control-C.
func (c *call) watch(client *remote.Client, screen *terminal.Screen, look *remote.Look, interval time.Duration) error {
	type looked struct {
		look *remote.Look
		err  error
	}
	var trouble error
	draw := func() error {
		width, height := screen.Size()
		lines := look.Lines(width, height)
		if trouble != nil {
			lines = append([]string{remote.Plain("not now: " + trouble.Error())}, lines...)
		}
		return screen.Draw(lines)
	}
	if err := draw(); err != nil {
		return err
	}
	next := time.NewTimer(interval)
	defer next.Stop()
	arrived := make(chan looked, 1)
	for {
		select {
		case <-c.ctx.Done():
			return nil
		case key := <-screen.Keys:
			if key == 'q' || key == 'Q' {
				return nil
			}
			continue
		case <-screen.Resized:
		case <-next.C:
			go func() { // a site that does not answer must not keep anybody from leaving
				look, err := client.Look(c.ctx, mostEntries)
				arrived <- looked{look, err}
			}()
			continue
		case one := <-arrived:
			next.Reset(interval)
			if trouble = one.err; trouble == nil {
				one.look.Before, look.Before = look, nil
				look = one.look
			}
		}
		if c.ctx.Err() != nil {
			return nil
		}
		if err := draw(); err != nil {
			return err
		}
	}
}

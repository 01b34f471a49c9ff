package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"

	"inlay/internal/project"
	"inlay/internal/remote"
)

// site are the options of the commands that ask a site that runs: where it is, and with which token.
type site struct {
	call     *call
	url      string
	env      string
	envSaid  bool
	token    string // a file
	insecure bool
}

// siteArgs and siteHelp are what the commands' help says of those options.
const siteArgs = "[--url URL | --env NAME] [--token-file FILE] [--insecure]"

const siteHelp = `The site is the one at --url, at INLAY_URL, or http://localhost:8787 (PORT, if that is set), which is dev and serve. The
token is that of INLAY_TOKEN in the environment, or in .dev.vars if the site runs on this machine. It is no option, since
other users of the machine see those.

  --url URL          scheme, host and port of the site
  --env NAME         the domain or route that wrangler.toml has for an environment; --env= for its top level
  --token-file FILE  take the token from a file, - for standard input
  --insecure         send the token over http to another machine`

// siteFlags adds the options to a command's.
func (c *call) siteFlags(flags *flag.FlagSet) *site {
	s := &site{call: c}
	flags.StringVar(&s.url, "url", "", "")
	flags.Func("env", "", func(name string) error {
		s.env, s.envSaid = name, true
		return nil
	})
	flags.StringVar(&s.token, "token-file", "", "")
	flags.BoolVar(&s.insecure, "insecure", false, "")
	return s
}

// client is what asks the site.
func (s *site) client() (*remote.Client, error) {
	if s.url != "" && s.envSaid {
		return nil, usageErrorf("--url and --env both say where the site is; give one")
	}
	p, err := s.call.project()
	if err != nil && (s.envSaid || s.call.dir != "") {
		return nil, err
	}
	where, err := s.where(p)
	if err != nil {
		return nil, err
	}
	at, err := remote.Target(where, s.insecure)
	if err != nil {
		return nil, err
	}
	token, err := s.sources(p, at).Token()
	if err != nil {
		return nil, err
	}
	return &remote.Client{Site: at, Token: token}, nil
}

// where is the URL that the options, the environment or wrangler.toml have.
func (s *site) where(p *project.Project) (string, error) {
	switch port := os.Getenv("PORT"); {
	case s.url != "":
		return s.url, nil
	case s.envSaid:
		return p.Wrangler.URL(s.env)
	case os.Getenv("INLAY_URL") != "":
		return os.Getenv("INLAY_URL"), nil
	case port != "":
		return "http://localhost:" + port, nil
	}
	return "http://localhost:8787", nil
}

// sources are where the token may be. .dev.vars has that of a site in development.
func (s *site) sources(p *project.Project, at *url.URL) remote.Sources {
	sources := remote.Sources{File: s.token, Stdin: s.call.in, Getenv: os.Getenv}
	if p != nil && remote.Local(at) {
		sources.DevVars = func() (map[string]string, error) { return p.DevVars("") }
	}
	return sources
}

// told prints what a purge or an invalidation has done, even where it failed after a part of it.
func (c *call) told(done string, change remote.Change, err error) error {
	if errors.Is(err, remote.ErrNoLog) || err != nil && change.Entries == 0 {
		return c.logged(err)
	}
	entries := "entries"
	if change.Entries == 1 {
		entries = "entry"
	}
	fmt.Fprintf(c.out, "%s %d %s in %s", done, change.Entries, entries, change.Reach)
	switch {
	case change.Within != "":
		fmt.Fprintf(c.out, "; it holds everywhere %s, as number %d of the purge log", change.Within, change.Log)
	case change.Partial:
		fmt.Fprint(c.out, "; the others keep theirs until these expire, or the site is deployed again, as there is no purge log")
	}
	fmt.Fprintln(c.out)
	return err
}

// logged gives an error its exit status: 3 if it is that the purge log could not be reached.
func (c *call) logged(err error) error {
	if errors.Is(err, remote.ErrNoLog) {
		c.tell(err)
		return exitStatus(3)
	}
	return err
}

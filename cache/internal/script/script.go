// Package script runs tables of cache behaviour that are written as text, one
// step a line, so that the same tables run natively and in a Wasm module built
// by TinyGo, where neither testing nor testify compiles.
//
// A step is a verb, its arguments, and after "=>" what is expected. Time stands
// still but for "at".
//
//	at 10s                    the clock, from the start of the script
//	put KEY VALUE [POLICY]    => ok | toolarge | emptykey
//	get KEY                   => fresh VALUE | stale VALUE | miss
//	ttl KEY                   => DURATION (Inspect)
//	onerror KEY               => VALUE | none
//	begin KEY FLIGHT [TAG …]  => leader | joined
//	then FLIGHT WAITER
//	stop WAITER               => true | false
//	overtaken FLIGHT [TAG …]  => true | false
//	commit FLIGHT VALUE [POLICY]  => ok | closed | toolarge | emptykey
//	abandon FLIGHT MESSAGE
//	got WAITER                => VALUE | error MESSAGE | nothing
//	delete KEY, clear
//	purge TAG, invalidate TAG => COUNT
//	evicted                   => KEY:VALUE … in order, since the last time
//	len, flying               => COUNT
//
// POLICY is any of ttl=, swr=, sie= with a duration and tags=a,b ("tags=" alone:
// none). VALUE x*100 is "x" a hundred times, "" is empty.
package script

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"inlay/cache"
)

// Case is one script. Options are the words of POLICY for the default policy,
// and max=BYTES.
type Case struct {
	Name    string
	Options string
	Steps   string
}

// Run runs a script and gives the first step that did not do what was expected.
func (c Case) Run() error {
	r := &run{now: time.Unix(1_000_000_000, 0), flights: map[string]*cache.Flight[string]{}, waiters: map[string][]string{}, stops: map[string]func() bool{}}
	r.start = r.now
	o := cache.Options[string]{
		Now:     func() time.Time { return r.now },
		OnEvict: func(k, v string) { r.evicted = append(r.evicted, k+":"+v) },
		Seed:    1,
	}
	for _, word := range strings.Fields(c.Options) {
		if max, is := strings.CutPrefix(word, "max="); is {
			n, err := strconv.Atoi(max)
			if err != nil {
				return errors.New("options: " + word)
			}
			o.MaxBytes = int64(n)
		} else if err := policyWord(&o.Policy, word); err != nil {
			return err
		}
	}
	var err error
	if r.c, err = cache.New(o); err != nil {
		return err
	}
	for i, line := range strings.Split(c.Steps, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		step, want, _ := strings.Cut(line, "=>")
		got, err := r.step(strings.Fields(step))
		if err != nil {
			return errors.New("line " + strconv.Itoa(i) + ": " + line + ": " + err.Error())
		}
		if want = strings.TrimSpace(want); got != want {
			return errors.New("line " + strconv.Itoa(i) + ": " + line + ": got " + strconv.Quote(got))
		}
	}
	return nil
}

type run struct {
	c          *cache.Cache[string]
	start, now time.Time
	flights    map[string]*cache.Flight[string]
	waiters    map[string][]string
	stops      map[string]func() bool
	evicted    []string
}

var errStep = errors.New("no such step")

func (r *run) step(w []string) (string, error) {
	switch {
	case len(w) == 1:
		return r.whole(w[0])
	case len(w) == 2:
		return r.ofOne(w[0], w[1])
	}
	switch w[0] {
	case "put":
		p, err := policy(w[3:])
		if err != nil {
			return "", err
		}
		return outcome(r.c.Put(unquote(w[1]), value(w[2]), p)), nil
	case "begin":
		f, leader := r.c.Begin(unquote(w[1]), w[3:]...)
		r.flights[w[2]] = f
		if leader {
			return "leader", nil
		}
		return "joined", nil
	case "then":
		r.waiters[w[2]] = []string{}
		r.stops[w[2]] = r.flights[w[1]].Then(func(v string, err error) {
			if err != nil {
				v = "error " + err.Error()
			}
			r.waiters[w[2]] = append(r.waiters[w[2]], v)
		})
		return "", nil
	case "commit":
		p, err := policy(w[3:])
		if err != nil {
			return "", err
		}
		return outcome(r.flights[w[1]].Commit(value(w[2]), p)), nil
	case "abandon":
		r.flights[w[1]].Abandon(errors.New(w[2]))
		return "", nil
	case "overtaken":
		return strconv.FormatBool(r.flights[w[1]].Overtaken(w[2:]...)), nil
	}
	return "", errStep
}

// whole are the steps without arguments.
func (r *run) whole(verb string) (string, error) {
	switch verb {
	case "clear":
		r.c.Clear()
		return "", nil
	case "len":
		return strconv.Itoa(r.c.Len()), nil
	case "flying":
		return strconv.Itoa(int(r.c.Stats().Flying)), nil
	case "evicted":
		list := strings.Join(r.evicted, " ")
		r.evicted = nil
		return list, nil
	}
	return "", errStep
}

// ofOne are the steps with one argument.
func (r *run) ofOne(verb, arg string) (string, error) {
	switch verb {
	case "at":
		d, err := time.ParseDuration(arg)
		r.now = r.start.Add(d)
		return "", err
	case "get":
		v, s := r.c.Get(unquote(arg))
		if s == cache.Miss {
			return s.String() + v, nil
		}
		return strings.TrimSpace(s.String() + " " + v), nil
	case "ttl":
		_, info := r.c.Inspect(arg, r.now)
		return info.TTL.String(), nil
	case "onerror":
		v, ok := r.c.OnError(arg, r.now)
		if !ok {
			return "none", nil
		}
		return v, nil
	case "got":
		switch got := r.waiters[arg]; len(got) {
		case 0:
			return "nothing", nil
		default:
			return strings.Join(got, " and "), nil
		}
	case "stop":
		return strconv.FormatBool(r.stops[arg]()), nil
	case "overtaken":
		return strconv.FormatBool(r.flights[arg].Overtaken()), nil
	case "delete":
		r.c.Delete(arg)
		return "", nil
	case "purge":
		return strconv.Itoa(r.c.PurgeTag(arg)), nil
	case "invalidate":
		return strconv.Itoa(r.c.InvalidateTag(arg)), nil
	}
	return "", errStep
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, cache.ErrClosed):
		return "closed"
	case errors.Is(err, cache.ErrTooLarge):
		return "toolarge"
	case errors.Is(err, cache.ErrEmptyKey):
		return "emptykey"
	}
	return err.Error()
}

func unquote(s string) string {
	if s == `""` {
		return ""
	}
	return s
}

func value(s string) string {
	if what, times, repeated := strings.Cut(s, "*"); repeated {
		if n, err := strconv.Atoi(times); err == nil {
			return strings.Repeat(what, n)
		}
	}
	return unquote(s)
}

func policy(words []string) (p cache.Policy, err error) {
	for _, w := range words {
		if err = policyWord(&p, w); err != nil {
			break
		}
	}
	return p, err
}

func policyWord(p *cache.Policy, word string) error {
	name, arg, _ := strings.Cut(word, "=")
	if name == "tags" {
		p.Tags = strings.FieldsFunc(arg, func(c rune) bool { return c == ',' })
		if p.Tags == nil {
			p.Tags = []string{}
		}
		return nil
	}
	d, err := time.ParseDuration(arg)
	if err != nil {
		return err
	}
	switch name {
	case "ttl":
		p.TTL = d
	case "swr":
		p.StaleWhileRevalidate = d
	case "sie":
		p.StaleIfError = d
	default:
		return errors.New("no such policy: " + word)
	}
	return nil
}

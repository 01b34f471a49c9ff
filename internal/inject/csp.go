package inject

import (
	"net/http"
	"strings"
)

// Allowance is what a policy has to allow beside what it allows: scripts, by their addresses or their hashes, and addresses that
// they connect to. In the forms of sources (CSP Level 3, section 2.3.1).
type Allowance struct {
	Scripts, Hashes, Connects []string
}

// AllowanceFor is what has to be allowed of a page of a host, which is with its port: paths. An IPv6 address cannot be a source, so
// there the page's own origin is allowed. Hashes are as HashOf makes them.
func AllowanceFor(host string, scripts, hashes, connects []string) Allowance {
	sources := func(paths []string) (all []string) {
		if host == "" || strings.ContainsAny(host, "[]") {
			return []string{"'self'"}
		}
		for _, path := range paths {
			all = append(all, host+path)
		}
		return all
	}
	a := Allowance{Scripts: sources(scripts), Connects: sources(connects)}
	for _, hash := range hashes {
		a.Hashes = append(a.Hashes, "'"+hash+"'")
	}
	return a
}

// On changes the policies of a header, in force and to be reported on, so that they allow it.
func (a Allowance) On(header http.Header) {
	for _, name := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		if values := header[name]; len(values) > 0 {
			changed := make([]string, len(values)) // others may have the old ones
			for i, policy := range values {
				changed[i] = a.Policy(policy)
			}
			header[name] = changed
		}
	}
}

// Policy is a Content-Security-Policy that allows it too; header
// fields may have several policies with commas between them, of which each
// holds. Nothing else is allowed by it that was not before, and nothing less:
// sources are added to the directive that counts, and where that is
// default-src, a directive of its own is added with default-src's sources.
func (a Allowance) Policy(text string) string {
	policies := strings.Split(text, ",")
	for i, p := range policies {
		policies[i] = a.one(p)
	}
	return strings.Join(policies, ",")
}

func (a Allowance) one(policy string) string {
	var directives []string
	found := map[string]int{} // of each name the first counts
	for _, d := range strings.Split(policy, ";") {
		fields := strings.Fields(d)
		if len(fields) == 0 {
			continue
		}
		name := strings.ToLower(fields[0])
		if _, again := found[name]; !again {
			found[name] = len(directives)
		}
		directives = append(directives, strings.Join(fields, " "))
	}
	allow := func(own string, names []string, source func(sources []string) []string) {
		for _, name := range names {
			at, ok := found[name]
			if !ok {
				continue
			}
			sources := strings.Fields(directives[at])[1:]
			add := source(sources)
			if len(sources) == 1 && strings.EqualFold(sources[0], "'none'") {
				sources = nil
			}
			line := strings.Join(append(sources, add...), " ")
			if name == "default-src" {
				directives = append(directives, own+" "+line)
			} else {
				directives[at] = name + " " + line
			}
			return
		}
	}
	allow("script-src-elem", []string{"script-src-elem", "script-src", "default-src"}, func(sources []string) []string {
		for _, s := range sources {
			// With it addresses count for nothing, and the hash is the way. Anywhere
			// else a hash would end 'unsafe-inline', so the address is.
			if strings.EqualFold(s, "'strict-dynamic'") {
				return a.Hashes
			}
		}
		return a.Scripts
	})
	allow("connect-src", []string{"connect-src", "default-src"}, func([]string) []string { return a.Connects })
	return strings.Join(directives, "; ")
}

package devserver

import "strings"

// allowance is what a policy has to allow beside what it allows: the page's
// client, by its address or its hash, and the address that it listens to.
type allowance struct {
	script, hash, events string
}

// allowanceFor makes the sources for a page of a host. An IPv6 address cannot
// be a source (CSP3 section 2.3.1), so there the page's own origin is allowed.
func allowanceFor(host string) allowance {
	if host == "" || strings.ContainsAny(host, "[]") {
		return allowance{"'self'", "'" + clientIntegrity + "'", "'self'"}
	}
	return allowance{host + clientPath, "'" + clientIntegrity + "'", host + eventsPath}
}

// policy is a Content-Security-Policy that allows the client too; header
// fields may have several policies with commas between them, of which each
// holds. Nothing else is allowed by it that was not before, and nothing less:
// sources are added to the directive that counts, and where that is
// default-src, a directive of its own is added with default-src's sources.
func (a allowance) policy(text string) string {
	policies := strings.Split(text, ",")
	for i, p := range policies {
		policies[i] = a.one(p)
	}
	return strings.Join(policies, ",")
}

func (a allowance) one(policy string) string {
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
	allow := func(own string, names []string, source func(sources []string) string) {
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
			line := strings.Join(append(sources, add), " ")
			if name == "default-src" {
				directives = append(directives, own+" "+line)
			} else {
				directives[at] = name + " " + line
			}
			return
		}
	}
	allow("script-src-elem", []string{"script-src-elem", "script-src", "default-src"}, func(sources []string) string {
		for _, s := range sources {
			// With it addresses count for nothing, and the hash is the way. Anywhere
			// else a hash would end 'unsafe-inline', so the address is.
			if strings.EqualFold(s, "'strict-dynamic'") {
				return a.hash
			}
		}
		return a.script
	})
	allow("connect-src", []string{"connect-src", "default-src"}, func([]string) string { return a.events })
	return strings.Join(directives, "; ")
}

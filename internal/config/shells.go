package config

import (
	"inlay/internal/route"
	"inlay/internal/wording"
)

// patterns reads path patterns with spaces or commas between.
func (r *reader) patterns(name string) (patterns []string) {
	for rest := r.get(name); rest != ""; {
		var v string
		if v, rest = cutMember(rest); v == "" {
			continue
		}
		if trouble := route.PatternTrouble(v); trouble != "" {
			r.fail(name, v, wording.ExpectedPatterns, trouble)
			continue
		}
		patterns = append(patterns, v)
	}
	return patterns
}

// ShellPaths are the paths of Shells. The error is an [Error]: a pattern of a Config made by hand may be none.
func (c *Config) ShellPaths() (paths route.Paths, err error) {
	for _, pattern := range c.Shells {
		if trouble := route.PatternTrouble(pattern); trouble != "" {
			return route.Paths{}, &Error{Name: "INLAY_SHELLS", Value: pattern, Msg: wording.Of(wording.ExpectedPatterns, trouble)}
		}
		paths.Add(pattern)
	}
	return paths, nil
}

package main

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"

	"inlay/edge"
	"inlay/internal/ascii"
	"inlay/internal/build"
	"inlay/internal/project"
)

// checkConfiguration refuses variables and bindings of inlay that it could not use, in each environment of wrangler.toml: a
// Worker that has such a variable answers every request with 500. One that there is not, most likely a slip, would do nothing,
// without a word.
func checkConfiguration(p *project.Project) error {
	sets := map[string]map[string]string{"": p.Wrangler.Vars}
	for name, env := range p.Wrangler.Environments {
		sets[name] = env.Vars
	}
	known := map[string]bool{}
	var names []string
	for _, v := range edge.Variables() {
		known[v.Name], names = true, append(names, v.Name)
	}
	problems := p.Wrangler.CheckBindings()
	bindings := project.Bindings()
	for _, env := range slices.Sorted(maps.Keys(sets)) {
		_, err := edge.ParseConfig(func(variable string) (string, bool) {
			value, set := sets[env][variable]
			return value, set
		})
		var mistakes edge.ConfigErrors
		if !errors.As(err, &mistakes) && err != nil {
			return err
		}
		for _, e := range mistakes {
			problems = append(problems, inVars(p, env, e.Name, e.Error()))
		}
		for _, name := range slices.Sorted(maps.Keys(sets[env])) {
			switch {
			case name == project.Log && isLogFormat(sets[env][name]):
			case slices.ContainsFunc(bindings, func(b project.Binding) bool { return b.Name == name }):
				problems = append(problems, inVars(p, env, name, name+" is no variable: it is a binding, outside of [vars]; docs/operating.md, Beyond the isolate, has it"))
			case strings.HasPrefix(name, "INLAY_") && !known[name]:
				problems = append(problems, inVars(p, env, name, "there is no variable "+name+meant(name, names)+"; README.md, Configuration, has those that there are"))
			}
		}
	}
	missing, err := withoutOrigin(p, sets)
	if err != nil {
		return err
	}
	if problems = append(problems, missing...); len(problems) > 0 {
		return problems
	}
	return nil
}

// isLogFormat tells whether INLAY_LOG is a text that says how lines are logged.
func isLogFormat(value string) bool {
	return value != "" && edge.CheckLog(func(string) (string, bool) { return value, true }) == nil
}

// originVariable names the server that a site is in front of.
const originVariable = "INLAY_ORIGIN"

// withoutOrigin are the environments of a site that has neither pages nor Go and does not say there whose pages are to be
// served: its Worker would answer everything with 404. The top level may leave that to .dev.vars, or to its environments, if it
// is not what is deployed.
func withoutOrigin(p *project.Project, sets map[string]map[string]string) (problems build.Problems, err error) {
	if info, err := os.Stat(p.Pages()); p.Go != project.NoGo || err == nil && info.IsDir() {
		return nil, nil
	}
	local, err := p.DevVars("")
	if err != nil {
		return nil, err
	}
	named := 0
	for _, env := range slices.Sorted(maps.Keys(sets)) {
		if sets[env][originVariable] != "" || slices.Contains(p.Wrangler.Secrets(env), originVariable) {
			if env != "" {
				named++
			}
			continue
		}
		if env != "" {
			problems = append(problems, build.Problem{File: project.ConfigName, Msg: "env." + env + " does not set " + originVariable +
				", the URL of the server that it is in front of, and an environment inherits no variables; there: vars = { " + originVariable + ` = "https://…" }`})
		}
	}
	if sets[""][originVariable] == "" && local[originVariable] == "" && named == 0 && len(problems) == 0 && !slices.Contains(p.Wrangler.Secrets(""), originVariable) {
		problems = append(problems, build.Problem{File: project.ConfigName, Msg: errNothing.Error()})
	}
	return problems, nil
}

// meant asks whether a name that there is not is a slip of one that there is.
func meant(name string, known []string) string {
	if nearest := ascii.Nearest(name, known); nearest != "" {
		return " (" + nearest + "?)"
	}
	return ""
}

// inVars is a mistake in a variable of an environment.
func inVars(p *project.Project, env, name, msg string) build.Problem {
	problem := build.Problem{File: project.ConfigName, Msg: msg}
	if at := p.Wrangler.VarAt(env, name); at.Line > 0 {
		problem.Line, problem.Column = at.Line, at.Column
	}
	return problem
}

package project

import (
	"fmt"
	"slices"
	"strings"

	"inlay/internal/toml"
)

// adminPath begins the paths of administration, which a route has to lead to the Worker.
const adminPath = "/_inlay/"

// URL is where the administration of an environment's Worker is reached, as far as wrangler.toml says: the first of its
// custom domains, else the host of the first route that has /_inlay/ in it. env "" is the top level, whose routes an
// environment has too unless it has its own. Errors: there is no such environment, or what is there names no host, as
// on workers.dev, where a part of the name is the account's.
func (w *Wrangler) URL(env string) (string, error) {
	where, tables := "the top level of "+ConfigName, []*toml.Table{w.table}
	if env != "" {
		if w.Environments[env] == nil {
			return "", fmt.Errorf("%s has no environment %s; it has %s", ConfigName, env, w.environmentNames())
		}
		where = "[env." + env + "] of " + ConfigName
		tables = []*toml.Table{w.table.Get("env", env).Table, w.table}
	}
	routes := routesOf(tables)
	for _, r := range routes {
		if r.custom && !strings.ContainsAny(r.pattern, "*/") {
			return "https://" + r.pattern, nil
		}
	}
	elsewhere := ""
	for _, r := range routes {
		scheme, rest, has := strings.Cut(r.pattern, "://")
		if !has {
			scheme, rest = "https", r.pattern
		}
		host, path, _ := strings.Cut(rest, "/")
		switch {
		case scheme != "https" || host == "" || strings.Contains(host, "*"):
		case covers("/"+path, adminPath):
			return "https://" + host, nil
		case elsewhere == "":
			elsewhere = host
		}
	}
	if elsewhere != "" {
		return "", fmt.Errorf("no route in %s leads %s* to the Worker; add %q to its routes, or say where it is reached with --url", where, adminPath, elsewhere+adminPath+"*")
	}
	return "", fmt.Errorf("%s has no custom domain and no route that names a host, so it does not say where its Worker is reached; say so with --url", where)
}

// route is one of a Worker's routes.
type route struct {
	pattern string
	custom  bool // a custom domain, whose pattern is a host
}

// routesOf are the routes of the first table that has any key for them.
func routesOf(tables []*toml.Table) (routes []route) {
	for _, t := range tables {
		var items []*toml.Value
		if v := t.Get("route"); v != nil {
			items = append(items, v)
		}
		all := t.Get("routes")
		if all != nil {
			items = append(items, all.Items...)
		}
		for _, item := range items {
			r := route{pattern: stringOf(item)}
			if item.Kind == toml.TableKind {
				r.pattern = stringOf(item.Table.Get("pattern"))
				v := item.Table.Get("custom_domain")
				r.custom = v != nil && v.Kind == toml.Boolean && v.Text == "true"
			}
			if r.pattern != "" {
				routes = append(routes, r)
			}
		}
		if len(items) > 0 || all != nil {
			return routes
		}
	}
	return nil
}

// stringOf is a string's text, "" of anything else: what wrangler refuses is its own to tell.
func stringOf(v *toml.Value) string {
	if v == nil || v.Kind != toml.String {
		return ""
	}
	return v.Text
}

// covers tells whether a route's path, which may end in *, matches all that begins with prefix.
func covers(path, prefix string) bool {
	before, wild := strings.CutSuffix(path, "*")
	return wild && strings.HasPrefix(prefix, before)
}

func (w *Wrangler) environmentNames() string {
	names := make([]string, 0, len(w.Environments))
	for name := range w.Environments {
		names = append(names, name)
	}
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

package esi

import (
	"errors"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/route"
)

// maxVariables is how many variables a src may have.
const maxVariables = 16

// split cuts a src at its variables: parts[0], variables[0], parts[1] …
func split(src string) (parts []string, variables []Variable, err error) {
	for {
		i := strings.Index(src, "$(")
		if i < 0 {
			return append(parts, src), variables, nil
		}
		if len(variables) == maxVariables {
			return nil, nil, errors.New("more than 16 variables; expected fewer")
		}
		v, size, err := variable(src[i:])
		if err != nil {
			return nil, nil, err
		}
		parts, variables = append(parts, src[:i]), append(variables, v)
		src = src[i+size:]
	}
}

// variable reads the variable that s begins with: $(NAME), $(NAME{key}), $(NAME{'key'}|default), $(NAME|'default').
func variable(s string) (v Variable, size int, err error) {
	i := len("$(")
	for i < len(s) && (s[i] == '_' || ascii.IsAlpha(s[i]) || ascii.IsDigit(s[i])) {
		i++
	}
	name, key, keyed := s[len("$("):i], "", false
	if i < len(s) && s[i] == '{' {
		n := strings.IndexByte(s[i:], '}')
		if n < 0 {
			return v, 0, malformed(s)
		}
		key, keyed = unquote(s[i+1:i+n]), true
		i += n + 1
	}
	if i < len(s) && s[i] == '|' {
		i++
		end := i
		if i < len(s) && s[i] == '\'' {
			if end = strings.IndexByte(s[i+1:], '\''); end < 0 {
				return v, 0, malformed(s)
			}
			end += i + 2
		} else {
			for end < len(s) && s[end] != ')' {
				end++
			}
		}
		v.Default = unquote(s[i:end])
		i = end
	}
	if i == len(s) || s[i] != ')' || name == "" {
		return v, 0, malformed(s)
	}
	v.written = s[:i+1]
	v.Input, err = input(name, key, keyed)
	return v, i + 1, err
}

func malformed(s string) error {
	return errors.New("the variable " + ascii.Shorten(s) + " is malformed; expected $(NAME), $(NAME{key}) or $(NAME{key}|default)")
}

// unquote takes single quotes away.
func unquote(s string) string {
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return s[1 : len(s)-1]
	}
	return s
}

// input is what a variable depends on, which is what a slot could declare in vary, and no more.
func input(name, key string, keyed bool) (in route.Input, err error) {
	shown := "$(" + name + ")"
	switch {
	case name == "QUERY_STRING" && key != "":
		if ascii.HasControl(key) || len(key) > route.MaxParam {
			return in, errors.New(ascii.Shorten(key) + " is no name of a parameter; expected its decoded name")
		}
		return route.Input{Kind: route.Query, Name: key}, nil
	case name == "QUERY_STRING":
		return in, errors.New(shown + " is all of the query, which no key has; expected $(QUERY_STRING{name}) for each parameter that the fragment depends on")
	case name == "HTTP_COOKIE" && key != "":
		if !ascii.Only(key, field.IsTokenChar) {
			return in, errors.New(ascii.Shorten(key) + " is no name of a cookie; expected letters, digits and !#$%&'*+-.^_`|~")
		}
		return route.Input{Kind: route.Cookie, Name: key}, nil
	case name == "HTTP_COOKIE":
		return in, errors.New(shown + " is all cookies, which no key has; expected $(HTTP_COOKIE{name}) for each cookie that the fragment depends on")
	}
	if name == "HTTP_HOST" && !keyed {
		return route.Input{Kind: route.Host}, nil
	}
	header, ok := strings.CutPrefix(name, "HTTP_")
	switch {
	case name == "HTTP_HEADER" && key != "":
		header = ascii.ToLower(key)
	case !ok || header == "":
		return in, errors.New("the variable " + shown + " is not supported; expected $(QUERY_STRING{name}), $(HTTP_COOKIE{name}) or a header field such as $(HTTP_ACCEPT_LANGUAGE)")
	case keyed:
		return in, errors.New("$(" + name + "{…}) is not supported; expected " + shown + ", the whole field")
	default:
		header = strings.ReplaceAll(ascii.ToLower(header), "_", "-")
	}
	if header == "*" || !ascii.Only(header, field.IsTokenChar) {
		return in, errors.New(ascii.Shorten(header) + " is no name of a header field; expected letters, digits and hyphens")
	}
	if instead := route.NoInput(header); instead != "" {
		return in, errors.New("the header field " + ascii.Shorten(header) + ", which no fragment may depend on; expected " + instead)
	}
	return route.Input{Kind: route.Header, Name: header}, nil
}

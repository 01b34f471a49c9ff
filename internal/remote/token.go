package remote

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"inlay/edge"
)

// tokenName is the variable that the token is, here and in the site.
const tokenName = "INLAY_TOKEN"

// Sources are where [Sources.Token] looks, in this order: File, the environment, DevVars.
type Sources struct {
	// File is a file with the token in its first line; "-" is Stdin. Empty: none.
	File string
	// Stdin is what File "-" reads. Nil: nothing is there.
	Stdin io.Reader
	// Getenv is as os.Getenv. Nil: there is no environment.
	Getenv func(name string) string
	// DevVars gives the variables of the site's .dev.vars; its error is passed on. Nil: there are none. They are for a
	// site on this machine, so it is not asked for another.
	DevVars func() (map[string]string, error)
}

// Token finds the token. Errors: nothing has one, a file cannot be read, or what was found can be no token.
func (s Sources) Token() (string, error) {
	if s.File != "" {
		return s.file()
	}
	if s.Getenv != nil {
		if token := strings.TrimSpace(s.Getenv(tokenName)); token != "" {
			return checked(token, "the environment")
		}
	}
	places := "in the environment"
	if s.DevVars != nil {
		vars, err := s.DevVars()
		if err != nil {
			return "", err
		}
		if token := strings.TrimSpace(vars[tokenName]); token != "" {
			return checked(token, ".dev.vars")
		}
		places += " or in .dev.vars"
	}
	return "", fmt.Errorf("there is no %s %s; set it, or name a file that has it with --token-file (- is standard input)", tokenName, places)
}

func (s Sources) file() (string, error) {
	var text []byte
	var err error
	where := s.File
	if s.File == "-" {
		where = "standard input"
		if s.Stdin == nil {
			return "", errors.New("there is no standard input to read the token from; name a file with --token-file")
		}
		text, err = io.ReadAll(io.LimitReader(s.Stdin, 64<<10))
	} else {
		text, err = os.ReadFile(s.File)
	}
	if err != nil {
		return "", fmt.Errorf("the token cannot be read: %w", err)
	}
	line, rest, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	switch {
	case line == "":
		return "", fmt.Errorf("%s has no token; it has to be its first line", where)
	case strings.TrimSpace(rest) != "":
		return "", fmt.Errorf("%s has more than one line; the token has to be alone in it", where)
	}
	return checked(strings.TrimSpace(line), where)
}

// checked holds a token against what a site takes for one, so that a mistake shows here, and not as a refusal there. No error
// shows the token.
func checked(token, where string) (string, error) {
	_, err := edge.ParseConfig(func(name string) (string, bool) {
		if name != tokenName {
			return "", false
		}
		return token, true
	})
	var problem *edge.ConfigError
	if errors.As(err, &problem) {
		return "", fmt.Errorf("%s in %s: %s", tokenName, where, problem.Msg)
	}
	return token, err
}

package scaffold

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxWorkerName leaves room for -production: a label of a host name, such as that of workers.dev, has 63 characters.
const maxWorkerName = 52

// workerName is the name of a Worker by that of its folder: lower-case letters of ASCII, digits, and hyphens between.
func workerName(folder string) (string, error) {
	var b strings.Builder
	for _, c := range strings.ToLower(folder) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	name := b.String()
	name = strings.TrimRight(name[:min(len(name), maxWorkerName)], "-")
	if name == "" {
		return "", fmt.Errorf("a Worker cannot be called %q, which has no letter of a to z and no digit; choose another name for the folder", folder)
	}
	return name, nil
}

// taken are paths of modules that Go, or inlay, has already: go build would not know which is meant.
var taken = strings.Fields("main std cmd inlay bufio bytes cmp context crypto embed encoding errors expvar flag fmt hash html image io " +
	"iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv strings structs sync syscall testing time " +
	"unicode unique unsafe weak")

var modulePath = regexp.MustCompile(`^[A-Za-z0-9_~-][A-Za-z0-9_.~-]*(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*$`)

// moduleName is the path of the site's Go module: what was said, or the Worker's name.
func moduleName(said, worker string) (string, error) {
	switch {
	case said == "" && slices.Contains(taken, worker):
		return worker + "-site", nil
	case said == "":
		return worker, nil
	case slices.Contains(taken, said):
		return "", fmt.Errorf("the module cannot be called %s: there is another of that name, which Go would confuse it with", said)
	case !modulePath.MatchString(said) || strings.HasSuffix(said, ".") || strings.Contains(said, "./"):
		return "", fmt.Errorf("%q is no path of a Go module; one is as example.com/shop, or shop", said)
	}
	return said, nil
}

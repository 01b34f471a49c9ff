package config

import "inlay/internal/ascii"

// LogFormat is how what inlay logs is written: see inlay/edge.LogFormat.
type LogFormat uint8

// The forms.
const (
	LogText LogFormat = iota
	LogJSON
)

// logFormat reads a variable. Where it says nothing [logText] may: in a Worker that is the purge log's binding, of which a lookup may give
// whatever that is called, so there is nothing wrong with what else it says.
func (r *reader) logFormat(name string) LogFormat {
	v := ascii.ToLower(r.get(name))
	switch v {
	case "":
		if ascii.ToLower(r.get(logText)) == "json" {
			return LogJSON
		}
	case "json":
		return LogJSON
	case "text":
	default:
		r.problems = append(r.problems, &Error{Name: name, Value: r.get(name), Msg: expectedLogFormat})
	}
	return LogText
}

// logText is the variable that says the form of log lines where it is a text.
const logText = "INLAY_LOG"

// CheckLog refuses a text of INLAY_LOG that is no form of log lines, for a program that can have no other meaning of it. The error is an
// [*Error].
func CheckLog(lookup func(name string) (string, bool)) error {
	switch v, _ := lookup(logText); ascii.ToLower(ascii.Trim(v, space)) {
	case "", "json", "text":
		return nil
	default:
		return &Error{Name: logText, Value: v, Msg: expectedLogFormat + "; there is no binding here, natively the purge log is edge.Options.Log"}
	}
}

// expectedLogFormat is in no list of texts, which all come to the core.
const expectedLogFormat = "expected json, which logs each line as an object, or text"

package purgelog

import "time"

// All is the subject of everything.
const All = "all"

// softMark is what a soft subject begins with.
const softMark = "~"

const (
	keyPrefix = "key:"
	tagPrefix = "tag:"
)

// Key is the subject of the fragment of a key.
func Key(key string) string { return keyPrefix + key }

// Tag is the subject of all that carries a tag.
func Tag(tag string) string { return tagPrefix + tag }

// Soft is the subject whose purge ends the freshness of what another names, and removes nothing.
func Soft(subject string) string { return softMark + subject }

// Hard is the subject whose purge removes what a soft one names; of others, itself.
func Hard(subject string) string {
	if len(subject) > 0 && subject[0] == softMark[0] {
		return subject[1:]
	}
	return subject
}

// Kind is what a subject names.
type Kind uint8

// The kinds of subjects.
const (
	Unknown Kind = iota // of a log that is newer than who reads it
	KindAll
	KindKey
	KindTag
)

// Read takes a subject apart.
func Read(subject string) (kind Kind, name string, soft bool) {
	hard := Hard(subject)
	subject, soft = hard, len(hard) < len(subject)
	switch {
	case subject == All:
		return KindAll, "", soft
	case len(subject) >= len(keyPrefix) && subject[:len(keyPrefix)] == keyPrefix:
		return KindKey, subject[len(keyPrefix):], soft
	case len(subject) >= len(tagPrefix) && subject[:len(tagPrefix)] == tagPrefix:
		return KindTag, subject[len(tagPrefix):], soft
	}
	return Unknown, subject, soft
}

// Change is one purge: its number in the log, and what it was of.
type Change struct {
	Seq     uint64
	Subject string
}

// Answer is what the log says.
type Answer struct {
	// Log is the log's identity, chosen at random when it was made. A log that has lost what it knew has another one.
	Log string
	// Seq is the number of its last purge.
	Seq uint64
	// Floor is the greatest number of a subject that it has forgotten: of fragments with a lesser stamp it can say nothing.
	Floor uint64
	// Age is how old the answer was when it came, counted from when it was asked for: not zero if it is a copy.
	Age time.Duration
	// Changes are the subjects that were purged after the number that it was asked with, each with its mark; all of them if it was
	// asked for another log, or with a number below Floor. In any order.
	Changes []Change
}

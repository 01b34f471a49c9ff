// Package purgelog is what an engine knows of the purge log: the one place that each isolate and each process asks what has
// been purged since it last asked. A [View] is what it has been told so far, and [View.Allows] says whether a fragment that
// somebody else filled may still be used.
//
// The log numbers its purges. Its subjects are texts: [All], [Key] and [Tag] of a name, and the soft ones ([Soft]), which end
// freshness and remove nothing. The number of a subject's last purge is its mark. A fragment carries the number that its
// filler knew of when the fill began, its stamp; it may be used if that is no less than the mark of each of its subjects. Numbers
// and not times, since clocks differ.
//
// What may not be in it: how the log is reached, when it is asked again, and for how long an answer counts (internal/engine,
// lease.go).
package purgelog

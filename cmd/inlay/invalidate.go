package main

var invalidateCommand = &command{
	name:  "invalidate",
	args:  siteArgs + "\n             (--all | --tag TAG… | --key KEY…) [--preview] [--json]",
	short: "end the freshness of fragments in a site's cache",
	long: whatHelp + `
It is a soft purge: from now on the fragments' swr and sie count, so that with swr nobody waits.

` + reachHelp + siteHelp,
	run: runInvalidate,
}

func runInvalidate(c *call) error { return c.change(true) }

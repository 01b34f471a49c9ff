package main

var invalidateCommand = &command{
	name:  "invalidate",
	args:  siteArgs + " (--all | --tag TAG… | --key KEY…)",
	short: "end the freshness of fragments in a site's cache",
	long: whatHelp + `
It is a soft purge: from now on the fragments' swr and sie count, so that with swr nobody waits.

` + reachHelp + siteHelp,
	run: runInvalidate,
}

func runInvalidate(c *call) error {
	client, what, err := c.what("invalidate")
	if err != nil {
		return err
	}
	change, err := client.Invalidate(c.ctx, what)
	return c.told("invalidated", change, err)
}

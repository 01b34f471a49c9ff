package main

var invalidateCommand = &command{
	name:  "invalidate",
	args:  siteArgs + " --tag TAG …",
	short: "end the freshness of fragments in a site's cache",
	long: `  --tag TAG  what carries the tag; may be repeated

It is a soft purge: from now on the fragments' swr and sie count, so that with swr nobody waits. On Workers it reaches one
isolate of many; what it prints says so.

` + siteHelp,
	run: runInvalidate,
}

func runInvalidate(c *call) error {
	flags := c.flags()
	site := c.siteFlags(flags)
	var tags []string
	flags.Func("tag", "", tagsInto(&tags))
	if _, err := c.parse(flags, 0); err != nil {
		return err
	}
	if len(tags) == 0 {
		return usageErrorf("invalidate lacks what: --tag TAG")
	}
	client, err := site.client()
	if err != nil {
		return err
	}
	change, err := client.Invalidate(c.ctx, tags)
	return c.told("invalidated", change, err)
}

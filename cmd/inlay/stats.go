package main

import "fmt"

var statsCommand = &command{
	name:  "stats",
	args:  siteArgs + " [--json]",
	short: "show the counters of a site that runs",
	long: `  --json     as the site gives them

They are of one process, or on Workers of the isolate that answers, since it began; above them stands what is wrong with its
bindings. What each counts: docs/operating.md.

` + siteHelp,
	run: runStats,
}

func runStats(c *call) error {
	flags := c.flags()
	site := c.siteFlags(flags)
	json := flags.Bool("json", false, "")
	if _, err := c.parse(flags, 0); err != nil {
		return err
	}
	client, err := site.client()
	if err != nil {
		return err
	}
	stats, err := client.Stats(c.ctx)
	if err != nil {
		return err
	}
	if *json {
		_, err = c.out.Write(stats.JSON)
		return err
	}
	fmt.Fprintf(c.out, "%s: %s, since it began\n\n", client.Site, stats.Reach)
	return stats.WriteTable(c.out)
}

package config

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
)

func (c *checker) checkLadder() {
	if len(c.config.Ladder) == 0 {
		c.add("ladder", "ladder is missing; name at least one level and its contacts")
	}
	for i, l := range c.config.Ladder {
		path := fmt.Sprintf("ladder[%d]", i)
		if l.Level != i+1 {
			c.add(path+".level", "%s.level must be %d, as levels count 1, 2, 3 from the first", path, i+1)
		}
		if l.Name == "" {
			c.missing(path + ".name")
		}
		for _, region := range slices.Sorted(maps.Keys(l.Contacts)) {
			contacts := join(path+".contacts", region)
			c.checkRegionName(contacts, region)
			c.checkAddresses(contacts, l.Contacts[region])
		}
	}
}

func (c *checker) checkDigests() {
	for i, d := range c.config.Digests {
		path := fmt.Sprintf("digests[%d]", i)
		if len(d.To) == 0 {
			c.missing(path + ".to")
		}
		c.checkAddresses(path+".to", d.To)
		if d.Timezone == nil {
			c.missing(path + ".timezone")
		}
		if d.At == 24*60 {
			c.add(path+".at", "%s.at: write 00:00 of the day instead of 24:00", path)
		}
		if len(d.Regions) == 0 {
			c.missing(path + ".regions")
		}
		for j, region := range d.Regions {
			c.checkRegionName(fmt.Sprintf("%s.regions[%d]", path, j), region)
		}
	}
}

// checkRegionName wants a region that exists, or "*" for all.
func (c *checker) checkRegionName(path, region string) {
	if _, ok := c.config.Regions[region]; ok || region == "*" || c.settled["regions"] {
		return
	}
	names := slices.Sorted(maps.Keys(c.config.Regions))
	if near, ok := nearest(region, names); ok {
		c.add(path, "%s: there is no region %s; did you mean %s?", path, quote(region), quote(near))
		return
	}
	c.add(path, "%s: there is no region %s; there are %s", path, quote(region), strings.Join(names, ", "))
}

// checkAddresses reports an address that is in a list twice.
func (c *checker) checkAddresses(path string, list []mail.Address) {
	seen := map[string]bool{}
	for i, a := range list {
		key := strings.ToLower(a.Address)
		if key != "" && seen[key] {
			item := fmt.Sprintf("%s[%d]", path, i)
			c.add(item, "%s: %s is in the list already", item, quote(a.Address))
		}
		seen[key] = true
	}
}

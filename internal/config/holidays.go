package config

import "strings"

// holiday is a day of a public calendar: its name here, other names people
// use, and whether it is observed unless the file says otherwise.
type holiday struct {
	name     string
	others   []string
	observed bool
}

var holidays = map[HolidayCalendar][]holiday{
	CalendarUS: {
		{"New Year's Day", nil, true},
		{"Martin Luther King Jr. Day", []string{"Martin Luther King Day", "MLK Day"}, false},
		{"Presidents' Day", []string{"Washington's Birthday"}, false},
		{"Memorial Day", nil, false},
		{"Juneteenth", []string{"Juneteenth National Independence Day", "Juneteenth Day"}, false},
		{"Independence Day", []string{"Fourth of July", "4th of July"}, true},
		{"Labor Day", []string{"Labour Day"}, false},
		{"Columbus Day", []string{"Indigenous Peoples' Day"}, false},
		{"Veterans Day", nil, false},
		{"Thanksgiving Day", []string{"Thanksgiving"}, true},
		{"Day after Thanksgiving Day", []string{"Day after Thanksgiving", "Friday after Thanksgiving", "The day after"}, true},
		{"Christmas Day", []string{"Christmas"}, true},
	},
	CalendarGB: {
		{"New Year's Day", nil, true},
		{"Good Friday", nil, false},
		{"Easter Monday", nil, true},
		{"May Day", []string{"Early May", "Early May Bank Holiday", "May Day Bank Holiday"}, true},
		{"Spring Bank Holiday", []string{"Spring Holiday", "Late May Bank Holiday"}, true},
		{"Summer Bank Holiday", []string{"Summer Holiday", "August Bank Holiday", "Late Summer Bank Holiday"}, true},
		{"Christmas Day", []string{"Christmas"}, true},
		{"Boxing Day", []string{"St Stephen's Day", "St. Stephen's Day", "Saint Stephen's Day", "St Stephen's/Boxing Day", "Boxing Day/St Stephen's Day"}, true},
	},
}

// HolidayNames lists the holidays of a calendar that holidays.names can hold.
func HolidayNames(c HolidayCalendar) []string {
	var names []string
	for _, h := range holidays[c] {
		names = append(names, h.name)
	}
	return names
}

func defaultHolidays(c HolidayCalendar) []string {
	var names []string
	for _, h := range holidays[c] {
		if h.observed {
			names = append(names, h.name)
		}
	}
	return names
}

// canonicalHoliday finds the name that HolidayNames has for a holiday.
func canonicalHoliday(c HolidayCalendar, name string) (string, bool) {
	name = strings.ReplaceAll(strings.TrimSpace(name), "’", "'")
	for _, h := range holidays[c] {
		for _, n := range append([]string{h.name}, h.others...) {
			if strings.EqualFold(n, name) {
				return h.name, true
			}
		}
	}
	return "", false
}

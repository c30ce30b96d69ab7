package hours_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones, wherever the tests run

	"escalationd/escalation/hours"
)

func TestSmoke(t *testing.T) {
	la, _ := time.LoadLocation("America/Los_Angeles")
	c, err := hours.New(hours.Options{Location: la, Weekdays: []time.Weekday{1, 2, 3, 4, 5}, Open: 360, Close: 1080, Holidays: hours.Holidays{Calendar: "us"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(c.Explain(time.Date(2026, 7, 2, 16, 0, 0, 0, la), 4*time.Hour))
}

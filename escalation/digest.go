package escalation

import "time"

// Digest is what happened in the regions a recipient asked for, since the
// digest before.
type Digest struct {
	Since    time.Time     `json:"since"`
	Until    time.Time     `json:"until"`
	Waiting  []DigestLine  `json:"waiting,omitempty"` // told to the recipient, not taken
	New      []DigestLine  `json:"new,omitempty"`
	Taken    []DigestLine  `json:"taken,omitempty"`
	Overdue  []DigestLine  `json:"overdue,omitempty"`
	Ended    []DigestLine  `json:"ended,omitempty"`
	Promises []DigestScore `json:"promises,omitempty"`
	Mails    []DigestCount `json:"mails,omitempty"` // by disposition; they add up to the mails received
	Held     int           `json:"held,omitempty"`  // letters that budgets held back
	Week     []DigestDay   `json:"week,omitempty"`  // the last seven days, oldest first
}

// DigestLine is one escalation in a digest.
type DigestLine struct {
	Case     string    `json:"case"`
	Account  string    `json:"account"`
	Severity int       `json:"severity"`
	Region   string    `json:"region"` // its name
	Level    int       `json:"level"`
	At       time.Time `json:"at"` // opened, taken, ended or due, as the list says
	Who      string    `json:"who,omitempty"`
	NextStep string    `json:"next_step,omitempty"`
}

// DigestScore counts promises by region and severity.
type DigestScore struct {
	Region   string `json:"region"` // its name
	Severity int    `json:"severity"`
	Kept     int    `json:"kept"`
	Missed   int    `json:"missed"`
}

// DigestCount is the number of mails that ended in one disposition.
type DigestCount struct {
	Disposition Disposition `json:"disposition"`
	Count       int         `json:"count"`
}

// DigestDay is one day of the week's picture.
type DigestDay struct {
	Day   string `json:"day"` // "Mon"
	New   int    `json:"new"`
	Ended int    `json:"ended"`
}

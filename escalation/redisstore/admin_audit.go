package redisstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"escalationd/escalation"
)

// Books is what an audit of the ledger found.
type Books struct {
	Counts
	Undecided []string                          // locations of mails that were seen and not decided
	Locations map[string]escalation.Disposition // of the decided mails that the journal still names
	Findings  []Finding                         // what does not add up
}

// Finding is one thing that does not add up.
type Finding struct {
	Ref    string `json:"ref"`    // case number, letter or mail location
	Detail string `json:"detail"` // a sentence
}

// Audit compares the books with each other: the counts with the journal, the
// journal with the letters, the records of mails and the escalations, the
// outbox with its letters, and the lists of due and active escalations with
// the escalations. It changes nothing. On a desk
// at work a single finding may be the change of a moment: believe what a
// second audit finds again.
func (s *Store) Audit(ctx context.Context, now time.Time) (Books, error) {
	b := Books{Locations: map[string]escalation.Disposition{}}
	var err error
	if b.Counts, err = s.Counts(ctx); err != nil {
		return b, err
	}
	if b.Undecided, err = s.Undecided(ctx); err != nil {
		return b, err
	}
	if gap := b.Gap(); gap != 0 {
		b.find("counts", "%d mails were seen, but %d were decided, %d are undecided and %d written off: %+d", b.Seen, b.Decided(), b.Pending, b.Acts["gone"], gap)
	}
	if gap := b.LetterGap(); gap != 0 {
		n := b.Notices
		b.find("counts", "%d letters were put into the outbox, but %d were sent, %d taken back, %d discarded, %d lapsed, %d wait and %d are parked: %+d",
			n["notices"], n["sent"], n["revoked"], n["discarded"], n["lapsed"], b.Waiting, b.Parked, gap)
	}
	for _, audit := range []func(context.Context, *Books, time.Time) error{s.auditJournal, s.auditOutbox, s.auditEscalations} {
		if err := audit(ctx, &b, now); err != nil {
			return b, fmt.Errorf("audit: %w", err)
		}
	}
	return b, nil
}

func (b *Books) find(ref, format string, args ...any) {
	b.Findings = append(b.Findings, Finding{ref, fmt.Sprintf(format, args...)})
}

// Undecided lists where mails lie that were seen and are not decided.
func (s *Store) Undecided(ctx context.Context) ([]string, error) {
	locations, err := s.rdb.HKeys(ctx, s.key("tries")).Result()
	if err != nil {
		return nil, fmt.Errorf("list undecided mails (HKEYS): %w", err)
	}
	slices.Sort(locations)
	return locations, nil
}

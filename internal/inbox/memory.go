package inbox

import (
	"cmp"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// memory is what outlives a session: verdicts whose mails are still in the
// mailbox, mails that wait, and mails that could not be fetched. Losing it
// costs work, never a mail. It belongs to the goroutine of Run.
type memory struct {
	served      bool // some session got as far as a search
	established bool // the latest session did
	uidValidity uint32

	listed  []imap.UID // at the last search
	peeked  imap.UID   // Options.First was asked about all mails up to this one
	first   map[imap.UID]bool
	records map[imap.UID]*record
	folders map[Verdict]*folder

	hold    time.Time // the Handler failed: nothing is handed over before
	holding backoff

	batch int      // how many mails are fetched together; shrinks when a connection dies on them
	lost  imap.UID // the mail that was fetched alone when the connection died; 0: none
}

// record is kept for a mail that needs one.
type record struct {
	verdict Verdict   // Stay: undecided
	due     time.Time // not handed over or moved again before
	pause   backoff
	decided time.Time
	filed   bool // the server says that it has moved it
	copied  bool // a copy is in the folder; only the removal is missing

	alone  bool      // fetch it without others: something is odd with it
	misses int       // how often it could not be fetched alone
	missed time.Time // for the first time
	cut    bool      // the connection died of the last miss
	reason string    // of the last miss
}

// A mail that was fetched alone in vain maxMisses times is handed over without
// its bytes. Where the connection died each time, it must have done so for
// cutFor: a server that falls over now and then, and is back at once, must not
// cost the mail that was on its way.
const (
	maxMisses = 3
	cutFor    = time.Minute
)

// hopeless says that a mail will not be fetched again.
func (r *record) hopeless(now time.Time) bool {
	return r.misses >= maxMisses && (!r.cut || now.Sub(r.missed) >= cutFor)
}

func newMemory(batch int) *memory {
	return &memory{
		records: make(map[imap.UID]*record), first: make(map[imap.UID]bool), batch: batch,
		holding: backoff{first: 2 * time.Second, longest: 40 * time.Second},
		folders: map[Verdict]*folder{Processed: newFolder(), Quarantine: newFolder()},
	}
}

func (m *memory) record(uid imap.UID) *record {
	r := m.records[uid]
	if r == nil {
		r = &record{pause: backoff{first: 2 * time.Second, longest: 32 * time.Second}}
		m.records[uid] = r
	}
	return r
}

// selected forgets everything when the UIDs mean something else now.
func (m *memory) selected(uidValidity uint32) (changed bool) {
	changed = m.uidValidity != uidValidity
	if changed {
		clear(m.records)
		clear(m.first)
		m.listed, m.lost, m.peeked, m.uidValidity = nil, 0, 0, uidValidity
	}
	return changed
}

// list takes the result of a search. Records of mails that are gone are
// dropped; it counts those that are still there although they were moved, and
// has them moved again.
func (m *memory) list(uids []imap.UID) (unmoved int) {
	m.listed, m.served, m.established, m.lost = uids, true, true, 0
	here := make(map[imap.UID]*record, len(m.records))
	stuck := make(map[Verdict]int)
	for _, uid := range uids {
		r := m.records[uid]
		if r == nil {
			continue
		}
		here[uid] = r
		if r.filed {
			r.filed = false
			stuck[r.verdict]++
		}
	}
	m.records = here
	for v, f := range m.folders {
		f.searched(stuck[v])
		unmoved += stuck[v]
	}
	return unmoved
}

// ready returns the listed mails that may be handed over now: oldest first,
// those that made trouble last.
func (m *memory) ready(now time.Time) []imap.UID {
	if now.Before(m.hold) {
		return nil
	}
	var plain, odd []imap.UID
	for _, uid := range m.listed {
		switch r := m.records[uid]; {
		case r == nil:
			plain = append(plain, uid)
		case r.verdict != Stay || now.Before(r.due):
		case r.alone:
			odd = append(odd, uid)
		default:
			plain = append(plain, uid)
		}
	}
	return append(plain, odd...)
}

// next is the earliest moment at which a mail becomes ready again; zero when
// none waits.
func (m *memory) next(now time.Time) (at time.Time) {
	if now.Before(m.hold) {
		return m.hold
	}
	for _, r := range m.records {
		if r.verdict == Stay && (at.IsZero() || r.due.Before(at)) {
			at = r.due
		}
	}
	return at
}

// fetched accounts for a FETCH: got says for which mails it brought what was
// asked, err how it ended. Blame falls on a mail only when it was asked for
// alone; a batch on which the connection died shrinks until it is.
func (m *memory) fetched(asked []imap.UID, got func(imap.UID) bool, err error) {
	if lost(err) && len(asked) > 1 {
		m.batch = max(1, min(m.batch, len(asked))/4)
		return
	}
	for _, uid := range asked {
		if got(uid) {
			continue
		}
		r := m.record(uid)
		r.alone, r.due = true, time.Now()
		if len(asked) > 1 {
			continue
		}
		if r.misses++; r.misses == 1 {
			r.missed = time.Now()
		}
		r.cut = lost(err)
		r.due = r.due.Add(r.pause.next())
		r.reason = "the server sends nothing for it"
		if err != nil {
			r.reason = err.Error()
		}
		if r.cut {
			m.lost = uid
		}
	}
}

// blameServer takes back the last miss: a server that cannot even be reached
// has not died of a mail.
func (m *memory) blameServer() {
	if r := m.records[m.lost]; r != nil && r.misses > 0 && !r.hopeless(time.Now()) {
		r.misses--
	}
	m.lost = 0
}

// decide takes the Handler's verdict on a mail.
func (m *memory) decide(uid imap.UID, v Verdict, now time.Time) {
	r := m.record(uid)
	r.verdict = v
	if v == Stay {
		r.due = r.pause.nextBeat(now)
		return
	}
	delete(m.first, uid)
	r.decided, r.due = now, now
	r.pause.reset()
}

// handlerFailed holds everything back for a while.
func (m *memory) handlerFailed(now time.Time) time.Duration {
	wait := m.holding.next()
	m.hold = now.Add(wait)
	return wait
}

func (m *memory) counts() (waiting, unfiled int) {
	decided := 0
	for _, r := range m.records {
		if r.verdict == Stay {
			continue
		}
		decided++
		if !r.filed {
			unfiled++
		}
	}
	return max(0, len(m.listed)-decided), unfiled
}

// unfiled returns the decided mails of one folder that may be moved now, those
// that failed before last.
func (m *memory) unfiled(v Verdict, now time.Time) []imap.UID {
	var uids []imap.UID
	for uid, r := range m.records {
		if r.verdict == v && !r.filed && !now.Before(r.due) {
			uids = append(uids, uid)
		}
	}
	slices.SortFunc(uids, func(a, b imap.UID) int {
		return cmp.Or(cmp.Compare(m.records[a].pause.step, m.records[b].pause.step), cmp.Compare(a, b))
	})
	return uids
}

package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

// Load implements escalation.Store. The first pipelined round reads what the
// queries name, the next ones what that names in turn: the case of a notice,
// the account of a case. Three rounds are the most, for any number of queries.
func (s *Store) Load(ctx context.Context, queries []escalation.Query) ([]escalation.State, error) {
	l := newLoader(s, queries)
	for l.pending() {
		if err := l.round(ctx); err != nil {
			return nil, fmt.Errorf("load state: %w", err)
		}
	}
	states := make([]escalation.State, len(queries))
	for i, q := range queries {
		states[i] = l.state(q)
		if q.Sender == "" {
			continue
		}
		var err error
		if states[i].Represents, err = s.represents(ctx, q.Sender); err != nil {
			return nil, err
		}
		if states[i].Similar, err = s.similar(ctx, q.Similar, states[i].Represents); err != nil {
			return nil, err
		}
		states[i].Unfed = s.unfed(q.Similar != "")
	}
	return states, nil
}

// loader reads each key once, however many queries want it.
type loader struct {
	store    *Store
	fedAt    *redis.StringCmd
	events   map[string]*redis.SliceCmd
	notices  map[string]*redis.StringCmd
	cases    map[string]*caseCmds
	accounts map[string]*accountCmds
}

type caseCmds struct {
	fields     *redis.MapStringStringCmd
	escalation *redis.StringCmd
}

type accountCmds struct {
	fields          *redis.MapStringStringCmd
	representatives *redis.StringSliceCmd
}

func newLoader(s *Store, queries []escalation.Query) *loader {
	l := &loader{
		store: s, events: map[string]*redis.SliceCmd{}, notices: map[string]*redis.StringCmd{},
		cases: map[string]*caseCmds{}, accounts: map[string]*accountCmds{},
	}
	for _, q := range queries {
		if q.Event != "" {
			l.events[q.Event] = nil
		}
		for _, id := range q.Notices {
			l.notices[id] = nil
		}
		for _, number := range q.Cases {
			l.cases[number] = nil
		}
	}
	return l
}

func (l *loader) pending() bool {
	return l.fedAt == nil || anyNil(l.cases) || anyNil(l.accounts)
}

func anyNil[T any](m map[string]*T) bool {
	for _, v := range m {
		if v == nil {
			return true
		}
	}
	return false
}

// round reads everything that is wanted and not read yet, then notes what the
// answers name.
func (l *loader) round(ctx context.Context) error {
	s := l.store
	cmds, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		if l.fedAt == nil {
			l.fedAt = p.Get(ctx, s.heartbeatKey())
		}
		for event, cmd := range l.events {
			if cmd == nil {
				l.events[event] = p.HMGet(ctx, s.hidden("event", event), "at", "location", "disposition", "reason", "cases")
			}
		}
		for id, cmd := range l.notices {
			if cmd == nil {
				l.notices[id] = p.HGet(ctx, s.key("notice", id), "data")
			}
		}
		for number, cmd := range l.cases {
			if cmd == nil {
				l.cases[number] = &caseCmds{p.HGetAll(ctx, s.caseKey(number)), p.HGet(ctx, s.key("escalation", number), "data")}
			}
		}
		for id, cmd := range l.accounts {
			if cmd == nil {
				l.accounts[id] = &accountCmds{p.HGetAll(ctx, s.accountKey(id)), p.SMembers(ctx, s.repsKey(id))}
			}
		}
		return nil
	})
	for _, cmd := range cmds {
		if serverTrouble(cmd.Err()) {
			return fmt.Errorf("%s: %w", cmd.Name(), cmd.Err())
		}
	}
	if serverTrouble(err) {
		return err
	}
	l.follow()
	return nil
}

// follow wants the cases that notices are about and the accounts of cases.
func (l *loader) follow() {
	for _, cmd := range l.notices {
		if n, err := readNotice(cmd); err == nil && n.Case != "" {
			if _, ok := l.cases[n.Case]; !ok {
				l.cases[n.Case] = nil
			}
		}
	}
	for _, cmds := range l.cases {
		if cmds == nil {
			continue
		}
		id := cmds.fields.Val()["account"]
		if len(cmds.fields.Val()) == 0 {
			if e, err := readEscalation(cmds.escalation); err == nil && e != nil {
				id = e.Account
			}
		}
		if id != "" {
			if _, ok := l.accounts[id]; !ok {
				l.accounts[id] = nil
			}
		}
	}
}

// state puts together what one query asked for.
func (l *loader) state(q escalation.Query) escalation.State {
	state := escalation.State{Cases: map[string]escalation.CaseFile{}, FedAt: readTime(l.fedAt.Val())}
	state.Known, state.Err = l.known(q.Event)
	numbers := q.Cases
	for _, id := range q.Notices {
		n, err := readNotice(l.notices[id])
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			state.Err = errors.Join(state.Err, fmt.Errorf("read notice (HGET): %w", err))
			continue
		}
		state.Notice = &n
		if n.Case != "" {
			numbers = append(numbers[:len(numbers):len(numbers)], n.Case)
		}
		break
	}
	for _, number := range numbers {
		file, ok, err := l.file(number)
		if err != nil {
			state.Err = errors.Join(state.Err, err)
		} else if ok {
			state.Cases[number] = file
		}
	}
	return state
}

func (l *loader) known(event string) (*escalation.Record, error) {
	if event == "" {
		return nil, nil
	}
	values, err := l.events[event].Result()
	if err != nil {
		return nil, fmt.Errorf("read event (HMGET): %w", err)
	}
	if values[0] == nil {
		return nil, nil
	}
	fields := make([]string, len(values))
	for i, v := range values {
		fields[i], _ = v.(string)
	}
	record := readRecord(event, fields)
	return &record, nil
}

// file puts together what stands beside a case. A case that the CRM no longer
// has is still known while the desk has an escalation of it.
func (l *loader) file(number string) (escalation.CaseFile, bool, error) {
	cmds := l.cases[number]
	fields, err := cmds.fields.Result()
	if err != nil {
		return escalation.CaseFile{}, false, fmt.Errorf("read case %s (HGETALL): %w", number, err)
	}
	e, err := readEscalation(cmds.escalation)
	if err != nil {
		return escalation.CaseFile{}, false, fmt.Errorf("read escalation of case %s (HGET): %w", number, err)
	}
	file := escalation.CaseFile{Case: readCase(number, fields), Escalation: e}
	if len(fields) == 0 {
		if e == nil {
			return escalation.CaseFile{}, false, nil
		}
		file.Missing = true
		file.Case.Account, file.Case.Region, file.Case.Severity = e.Account, e.Region, e.Severity
	}
	if a := l.accounts[file.Case.Account]; a != nil {
		if file.Account, err = readAccount(file.Case.Account, a); err != nil {
			return file, false, err
		}
	}
	return file, true, nil
}

// readEscalation answers nil where a case never had one.
func readEscalation(cmd *redis.StringCmd) (*escalation.Escalation, error) {
	data, err := cmd.Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := new(escalation.Escalation)
	return e, json.Unmarshal(data, e)
}

func readNotice(cmd *redis.StringCmd) (escalation.Notice, error) {
	var n escalation.Notice
	data, err := cmd.Bytes()
	if err == nil {
		err = json.Unmarshal(data, &n)
	}
	return n, err
}

func readAccount(id string, cmds *accountCmds) (escalation.Account, error) {
	fields, err := cmds.fields.Result()
	if err != nil {
		return escalation.Account{}, fmt.Errorf("read account %s (HGETALL): %w", id, err)
	}
	reps, err := cmds.representatives.Result()
	if err != nil {
		return escalation.Account{}, fmt.Errorf("read representatives of account %s (SMEMBERS): %w", id, err)
	}
	return escalation.Account{
		ID: id, Name: fields["name"], Region: fields["region"], Language: fields["language"], Representatives: reps,
	}, nil
}

// readCase reads a case as the CRM side wrote it; a time or number that cannot
// be read is as good as absent.
func readCase(number string, f map[string]string) escalation.Case {
	severity, _ := strconv.Atoi(f["severity"])
	at := func(name string) time.Time { return readTime(f[name]) }
	return escalation.Case{
		Number: number, Account: f["account"], Status: escalation.CaseStatus(strings.ToLower(f["status"])), Severity: severity,
		Region: f["region"], Subject: f["subject"], OwnerName: f["owner_name"], OwnerEmail: f["owner_email"],
		OpenedAt: at("opened_at"), CustomerWroteAt: at("customer_wrote_at"), OwnerRespondedAt: at("owner_responded_at"),
	}
}

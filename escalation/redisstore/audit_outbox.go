package redisstore

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"escalationd/escalation"
)

// auditOutbox looks whether the outbox holds queued letters alone, and the
// list of parked ones those that are parked, and whether the letters are those
// that were put there.
func (s *Store) auditOutbox(ctx context.Context, b *Books, now time.Time) error {
	waiting, err := s.rdb.ZRange(ctx, s.key("outbox"), 0, -1).Result()
	if err != nil {
		return err
	}
	parked, err := s.rdb.ZRangeByScore(ctx, s.key("parked"), &redis.ZRangeBy{Min: millis(now.Add(-s.retention)), Max: "+inf"}).Result()
	if err != nil {
		return err
	}
	for _, list := range []struct {
		ids         []string
		state, name string
	}{{waiting, "queued", "in the outbox"}, {parked, "buried", "listed as parked"}} {
		for chunk := range slices.Chunk(list.ids, auditChunk) {
			letters, err := s.stored(ctx, chunk)
			if err != nil {
				return err
			}
			for _, l := range letters {
				if l.state != list.state {
					b.find(l.id, "the letter is %s, but its state is %q", list.name, l.state)
				} else if fault := l.fault(); fault != "" {
					b.find(l.id, "the letter is %s, but %s", list.name, fault)
				}
			}
		}
	}
	return nil
}

// auditChunk is how many letters are read in one round, with their words.
const auditChunk = 100

// storedLetter is a letter as Redis keeps it.
type storedLetter struct{ id, state, data, letter, raw, sum string }

func (s *Store) stored(ctx context.Context, ids []string) ([]storedLetter, error) {
	cmds := make([]*redis.SliceCmd, len(ids))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			cmds[i] = p.HMGet(ctx, s.key("notice", id), "state", "data", "letter", "raw", "sum")
		}
		return nil
	})
	if serverTrouble(err) {
		return nil, err
	}
	letters := make([]storedLetter, len(ids))
	for i, id := range ids {
		l := storedLetter{id: id}
		for j, field := range []*string{&l.state, &l.data, &l.letter, &l.raw, &l.sum} {
			if values := cmds[i].Val(); j < len(values) {
				*field, _ = values[j].(string)
			}
		}
		letters[i] = l
	}
	return letters, nil
}

// fault says what is wrong with a letter that is still to be sent; empty if
// nothing is.
func (l storedLetter) fault() string {
	var n escalation.Notice
	sum := sha1.Sum([]byte(l.raw))
	switch {
	case json.Unmarshal([]byte(l.data), &n) != nil:
		return "its data cannot be read"
	case n.ID != l.id:
		return "its data are another letter's"
	case !strings.HasSuffix(n.Key, "|"+strings.ToLower(n.To)):
		return "it is addressed to somebody it was not made for"
	case l.letter != "" && json.Unmarshal([]byte(l.letter), &n.Letter) != nil:
		return "what it is to say cannot be read"
	case l.letter == "" && l.raw == "":
		return "it has no words"
	case l.raw != "" && hex.EncodeToString(sum[:]) != l.sum:
		return "its words are not those that were sealed"
	case l.raw != "" && !bytes.Contains([]byte(l.raw), []byte("<"+escalation.NoticeMessageID(l.id, ""))):
		return "its words are another letter's"
	}
	return ""
}

package daemon

import (
	"errors"
	"testing"
	"time"
)

func TestTroubleThatLastsIsToldOnce(t *testing.T) {
	refused := errors.New("connection refused")
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var box trouble
	told := 0
	pass := func(d time.Duration, err error) int {
		for end := now.Add(d); now.Before(end); now = now.Add(time.Second) {
			if box.lasts(err, now) {
				told++
			}
		}
		return told
	}
	for range 3 {
		if n := pass(inboxPatience-time.Second, refused) + pass(2*troubleGap, nil); n > 0 {
			t.Fatalf("ops hear %d times of trouble that passes", n)
		}
	}
	if n := pass(time.Hour, refused); n != 1 {
		t.Errorf("ops hear %d times of one trouble", n)
	}
	pass(time.Second, nil) // as it seems
	if n := pass(time.Hour, refused); n != 1 {
		t.Errorf("ops hear %d times of one trouble", n)
	}
	pass(2*troubleGap, nil)
	if n := pass(time.Hour, refused); n != 2 {
		t.Errorf("ops hear %d times of two troubles", n)
	}
}

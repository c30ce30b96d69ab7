//go:build failpoint && unix

package failpoint

import (
	"errors"
	"testing"
)

func TestOnlyTheChosenHitFails(t *testing.T) {
	p, err := parse("apply.after=fail@2")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"apply.before", "apply.after", "move.after", "apply.after", "apply.after"} {
		if err := p.hit(name); errors.Is(err, Err) != (i == 3) {
			t.Errorf("hit %d of %s answers %v", i, name, err)
		}
	}
}

func TestWordsThatNameNoActionAreRefused(t *testing.T) {
	for _, text := range []string{"apply", "apply=kill", "apply=crash@1", "=kill@1", "apply=kill@0"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

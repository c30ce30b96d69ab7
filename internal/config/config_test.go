package config

import "testing"

func TestExampleIsAccepted(t *testing.T) {
	if _, err := Parse("example.yaml", Example()); err != nil {
		t.Fatal(err)
	}
}

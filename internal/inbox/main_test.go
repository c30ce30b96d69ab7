package inbox_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// sideBySide is how many tests run at a time: those with real servers wait
// most of the time.
const sideBySide = "4"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", sideBySide); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

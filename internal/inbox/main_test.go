package inbox_test

import (
	"testing"

	"go.uber.org/goleak"

	"escalationd/internal/realserver"
)

func TestMain(m *testing.M) {
	realserver.SideBySide(4)
	goleak.VerifyTestMain(m)
}

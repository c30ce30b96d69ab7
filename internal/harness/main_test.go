package harness_test

import (
	"os"
	"testing"

	"escalationd/internal/realserver"
)

func TestMain(m *testing.M) {
	realserver.SideBySide(6)
	os.Exit(m.Run())
}

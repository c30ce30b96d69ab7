package realserver

import (
	"flag"
	"strconv"
)

// SideBySide has a package's tests run so many at a time, however few
// processors there are: tests with servers and clocks wait most of the time.
// It is for TestMain.
func SideBySide(n int) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(n)); err != nil {
		panic(err)
	}
}

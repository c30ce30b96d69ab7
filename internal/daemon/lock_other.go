//go:build !unix

package daemon

import "os"

// locks says that files cannot be locked here.
const locks = false

// lockFile finds every file locked where there are no locks that end with the
// process: each run is a daemon of its own then.
func lockFile(*os.File) bool { return false }

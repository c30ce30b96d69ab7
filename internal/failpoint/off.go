//go:build !failpoint

// Package failpoint names the program's effects on the world outside, so that
// a test can break it before or after each of them. Without the build tag
// failpoint nothing is left of it: the calls are the effects themselves.
//
// With the tag, ESCALATIOND_FAILPOINT="apply.after=kill@3" acts at the third
// time that the effect "apply" has been done; "apply.before" at the third time
// that it is about to be. There are three actions: kill ends the process like
// a power cut, stop halts it until SIGCONT, and fail answers an error in place
// of the effect's own.
package failpoint

// Do runs an effect that may fail.
func Do(_ string, effect func() error) error { return effect() }

// Get runs an effect that answers something.
func Get[T any](_ string, effect func() (T, error)) (T, error) { return effect() }

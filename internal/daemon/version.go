package daemon

import (
	"runtime/debug"
	"strings"
)

// Version is the module's version, with the commit it was built from where
// that is known.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := strings.Trim(info.Main.Version, "()")
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && v == "devel" {
			v += "-" + setting.Value[:min(12, len(setting.Value))]
		}
	}
	return v
}

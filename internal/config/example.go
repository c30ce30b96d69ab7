package config

import _ "embed"

//go:embed example.yaml
var example []byte

// Example is a commented configuration with every key, which Parse accepts.
func Example() []byte { return append([]byte(nil), example...) }

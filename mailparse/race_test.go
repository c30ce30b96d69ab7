//go:build race

package mailparse

const raced = true // by the race detector, which takes twenty times as long

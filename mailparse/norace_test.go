//go:build !race

package mailparse

const raced = false

package notify

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
)

// Class is what a failed attempt means for the letter and for the relay.
type Class string

// The classes of a SendError.
const (
	Temporary Class = "temporary" // refused for now (4yz): this letter later
	Permanent Class = "permanent" // refused for good (5yz): never this letter
	Unsure    Class = "unknown"   // no answer after the final dot: it may have been taken
	Network   Class = "network"   // the relay cannot be used now: all letters wait
	Auth      Class = "auth"      // the relay refuses our login: all letters wait
	Withdrawn Class = "withdrawn" // by ourselves, before the final dot: the relay has not taken it
)

// SendError says at which step an attempt failed, and why.
type SendError struct {
	Stage    Stage
	Code     int    // the relay's reply code; 0 without one
	Enhanced string // its enhanced status code (RFC 3463), as 5.1.1
	Class    Class
	Err      error
}

// Stage is a step of an SMTP session.
type Stage string

// The stages, in their order.
const (
	StageDial  Stage = "connect"
	StageHello Stage = "greet"
	StageAuth  Stage = "log in"
	StageMail  Stage = "send MAIL"
	StageRcpt  Stage = "send RCPT"
	StageData  Stage = "send DATA"
	StageBody  Stage = "send the text"
	StageDot   Stage = "end the text"
)

// asSendError makes any error of a Sender one; nil stays nil.
func asSendError(err error) *SendError {
	if err == nil {
		return nil
	}
	var failed *SendError
	if !errors.As(err, &failed) {
		failed = &SendError{Stage: StageDial, Class: Network, Err: err}
	}
	return failed
}

var (
	enhancedCode = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})\b`)
	addressLike  = regexp.MustCompile(`[^\s<>()\[\]"',;:]+@[^\s<>()\[\]"',;:]+`)
)

// Error is the failure without any address in it: the relay's answers often
// repeat the recipient.
func (e *SendError) Error() string {
	return withoutAddresses(fmt.Sprintf("%s: %v", e.Stage, e.Err))
}

// Unwrap is the cause.
func (e *SendError) Unwrap() error { return e.Err }

func withoutAddresses(s string) string {
	return addressLike.ReplaceAllString(shorten(s), "(address)")
}

const maxDetail = 300

func shorten(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if r := []rune(s); len(r) > maxDetail {
		return string(r[:maxDetail]) + "…"
	}
	return s
}

// sendError classifies what happened at a stage (RFC 5321 section 4.2.1). A
// 421 before the recipient was named is the relay's trouble, later it may be
// this letter's. Only after the final dot is the end unknown (section 4.2.5:
// after a 4yz or 5yz the relay must not deliver).
func sendError(stage Stage, err error) *SendError {
	e := &SendError{Stage: stage, Err: err, Class: Network}
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		if stage == StageDot {
			e.Class = Unsure
		}
		return e
	}
	e.Code = reply.Code
	if m := enhancedCode.FindString(reply.Msg); m != "" {
		e.Enhanced = m
	}
	switch {
	case stage == StageAuth && reply.Code/100 == 5, reply.Code == 530, reply.Code == 534, reply.Code == 538:
		e.Class = Auth
	case stage == StageDial, stage == StageHello, stage == StageAuth:
		e.Class = Network
	case reply.Code == 421 && stage == StageMail:
		e.Class = Network
	case reply.Code/100 == 4:
		e.Class = Temporary
	case reply.Code/100 == 5:
		e.Class = Permanent
	case stage == StageDot:
		e.Class = Unsure
	}
	return e
}

// Command escalationd turns a mailbox into an escalation desk.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // the regions' zones, on systems without them

	"github.com/alecthomas/kong"
	"github.com/redis/go-redis/v9"
)

// Exit codes, relied on from outside.
const (
	exitDone   = 0
	exitFailed = 1 // a check or job failed
	exitUsage  = 2 // the command line or configuration is wrong, nothing was touched
)

// usageError is an error for which nothing was touched.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// silentError is a failure that has been reported already.
type silentError struct{}

func (silentError) Error() string { return "failed" }

func main() {
	redis.SetLogger(silence{}) // what the driver tells stderr, the desk logs better
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program; it answers the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var commands cli
	exited := -1
	parser, err := kong.New(&commands,
		kong.Name("escalationd"),
		kong.Description("A mailbox becomes an escalation desk."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&streams{stdin, stdout, stderr}),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "escalationd:", err)
		return exitUsage
	}
	k, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help
	}
	var wrong *kong.ParseError
	switch {
	case errors.As(err, &wrong) && len(args) == 0:
		_ = wrong.Context.PrintUsage(false)
		return exitUsage
	case errors.As(err, &wrong):
		err = fmt.Errorf("%w\nUsage: %s; --help says more", err, usage(wrong.Context))
	}
	if err != nil {
		return report(usageError{err}, stderr)
	}
	return report(k.Run(), stderr)
}

// usage is the line that says what the command in the context takes.
func usage(c *kong.Context) string {
	command := c.Selected()
	if command == nil {
		command = c.Model.Node
	}
	return strings.Join(strings.Fields(c.Model.Name+" "+command.Summary()), " ")
}

func report(err error, stderr io.Writer) int {
	var usage usageError
	var silent silentError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &silent):
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "escalationd:", err)
		return exitUsage
	}
	fmt.Fprintln(stderr, "escalationd:", err)
	return exitFailed
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// silence drops what the Redis driver says on its own.
type silence struct{}

// Printf implements the driver's logger.
func (silence) Printf(context.Context, string, ...any) {}

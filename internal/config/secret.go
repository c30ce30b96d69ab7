package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// hidden is all that a Secret ever shows of itself.
const hidden = "[secret]"

// maxSecret bounds a secret file in bytes; refresh tokens take a few thousand.
const maxSecret = 64 << 10

// Secret knows where a password or token is kept: in a file or in an
// environment variable. It holds no secret itself, so that a changed file
// counts at the next login. The zero Secret is none.
type Secret struct{ file, env string }

// SecretFile is the secret in the file at path.
func SecretFile(path string) Secret { return Secret{file: path} }

// SecretEnv is the secret in the environment variable called name.
func SecretEnv(name string) Secret { return Secret{env: name} }

// Read returns the secret as it is now, without line ends at its end. An
// error names the file or variable, never what is in it.
func (s Secret) Read() (string, error) {
	var text string
	switch {
	case s.file != "":
		f, err := os.Open(s.file)
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		if len(data) > maxSecret {
			return "", fmt.Errorf("read secret: %s is larger than %d bytes", s.file, maxSecret)
		}
		text = string(data)
	case s.env != "":
		text = os.Getenv(s.env)
	default:
		return "", errors.New("read secret: none is configured")
	}
	text = strings.TrimRight(text, "\r\n")
	if text == "" {
		return "", fmt.Errorf("read secret: %s is empty", s.Source())
	}
	return text, nil
}

// IsZero reports whether no secret is configured.
func (s Secret) IsZero() bool { return s == Secret{} }

// Source says where the secret is kept, for messages to the operator.
func (s Secret) Source() string {
	if s.env != "" {
		return "environment variable " + s.env
	}
	return s.file
}

// String hides the secret from fmt.
func (s Secret) String() string { return hidden }

// GoString hides the secret from fmt's %#v.
func (s Secret) GoString() string { return hidden }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON hides the secret from encoding/json.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalYAML hides the secret from YAML.
func (s Secret) MarshalYAML() (any, error) { return hidden, nil }

// Package wire holds what crosses the channel: length-prefixed JSON messages, frames of
// exec streams, and errors with a code.
package wire

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// Codes that are no errno: a request that cannot be understood, and a failing container runtime.
const (
	CodeProtocol = "EPROTO"
	CodeTask     = "ETASK"
)

// Error is what the host receives: code is an errno name or one of the codes above.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an error with a code.
func Errorf(code, format string, arguments ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// AsError gives any error a code: its own, its errno's name, or EIO.
func AsError(err error) *Error {
	var coded *Error
	if errors.As(err, &coded) {
		if coded.Error() == err.Error() {
			return coded
		}
		return &Error{Code: coded.Code, Message: err.Error()}
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		return &Error{Code: unix.ErrnoName(number), Message: err.Error()}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Code: "ENOENT", Message: err.Error()}
	case errors.Is(err, fs.ErrExist):
		return &Error{Code: "EEXIST", Message: err.Error()}
	case errors.Is(err, fs.ErrPermission):
		return &Error{Code: "EPERM", Message: err.Error()}
	}
	return &Error{Code: "EIO", Message: err.Error()}
}

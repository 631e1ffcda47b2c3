// Package i18n speaks English, which is what kubectl's messages are written in. Upstream unpacks and parses a
// catalogue of them at every start, half of the time that kubectl needs, and carries eight other languages.
package i18n

import (
	"errors"
	"fmt"
)

// T returns the message, with a number in it where one is given.
func T(message string, numbers ...int) string {
	if len(numbers) == 0 {
		return message
	}
	return fmt.Sprintf(message, numbers[0])
}

// Errorf is an error with the message.
func Errorf(message string, numbers ...int) error {
	return errors.New(T(message, numbers...))
}

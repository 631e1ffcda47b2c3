// Package channel turns the machine's one serial byte channel into a sequence of
// sessions. It finds the host's preamble in whatever bytes arrive, answers it, and watches
// the session's own frames so that a new preamble, or garbage, ends the session and
// nothing else. docs/agent-protocol.md describes the handshake.
package channel

import "bytes"

const (
	greeting      = "DRYDOCK/1 "
	nonceLength   = 16
	preambleBytes = len(greeting) + nonceLength + 1
)

// parsePreamble returns the nonce of a preamble that ends line, which includes its
// newline. What stands before the preamble on the line is ignored.
func parsePreamble(line []byte) (nonce string, ok bool) {
	if len(line) < preambleBytes || line[len(line)-1] != '\n' {
		return "", false
	}
	line = line[len(line)-preambleBytes:]
	if !bytes.HasPrefix(line, []byte(greeting)) {
		return "", false
	}
	digits := line[len(greeting) : preambleBytes-1]
	for _, digit := range digits {
		if !(digit >= '0' && digit <= '9' || digit >= 'a' && digit <= 'f') {
			return "", false
		}
	}
	return string(digits), true
}

func answer(nonce string) []byte {
	return []byte(greeting + nonce + " ready\n")
}

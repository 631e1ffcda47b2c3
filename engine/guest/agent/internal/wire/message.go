package wire

import (
	"encoding/binary"
	"encoding/json"
	"io"
)

// MaxMessage bounds a message: a task's configuration with its files fits many times.
const MaxMessage = 8 << 20

// ReadMessage reads one message: its length (4 bytes, big-endian), then JSON.
func ReadMessage(reader io.Reader) ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(reader, prefix[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(prefix[:])
	if length > MaxMessage {
		return nil, Errorf(CodeProtocol, "a message of %d bytes is longer than %d", length, MaxMessage)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(reader, body); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return body, nil
}

// AppendMessage encodes value as a message.
func AppendMessage(out []byte, value any) ([]byte, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return out, err
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	return append(out, body...), nil
}

// WriteMessage writes value as one message in one write.
func WriteMessage(writer io.Writer, value any) error {
	message, err := AppendMessage(nil, value)
	if err != nil {
		return err
	}
	_, err = writer.Write(message)
	return err
}

package wire

import (
	"encoding/binary"
	"encoding/json"
	"io"
)

// FrameType says what a frame of an exec or attach stream carries.
type FrameType byte

// The types of frame; engine/api/agent.ts explains each.
const (
	FrameStdin FrameType = iota
	FrameStdout
	FrameStderr
	FrameStdinEnd
	FrameResize
	FrameSignal
	FrameExit
)

// FrameHeader is type (1 byte) and length (4 bytes, big-endian).
const FrameHeader = 5

// maxFrame bounds an incoming frame.
const maxFrame = 1 << 20

// PutFrameHeader fills the first FrameHeader bytes of frame for the payload behind them.
func PutFrameHeader(frame []byte, kind FrameType) {
	frame[0] = byte(kind)
	binary.BigEndian.PutUint32(frame[1:], uint32(len(frame)-FrameHeader))
}

// WriteJSONFrame writes a frame whose payload is JSON.
func WriteJSONFrame(writer io.Writer, kind FrameType, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	frame := append(make([]byte, FrameHeader, FrameHeader+len(body)), body...)
	PutFrameHeader(frame, kind)
	_, err = writer.Write(frame)
	return err
}

// ReadFrameHeader returns type and payload length of the next frame.
func ReadFrameHeader(reader io.Reader) (FrameType, int, error) {
	var header [FrameHeader]byte
	if _, err := io.ReadFull(reader, header[:]); err != nil {
		return 0, 0, err
	}
	length := binary.BigEndian.Uint32(header[1:])
	if length > maxFrame {
		return 0, 0, Errorf(CodeProtocol, "a frame of %d bytes is longer than %d", length, maxFrame)
	}
	return FrameType(header[0]), int(length), nil
}

// TerminalSize is a terminal's size in characters.
type TerminalSize struct {
	Rows uint16 `json:"rows"`
	Cols uint16 `json:"cols"`
}

// ExitStatus tells how a process ended.
type ExitStatus struct {
	// Code is 128 + n when signal n ended the process
	Code   int    `json:"code"`
	Signal string `json:"signal,omitempty"`
	// OOMKilled says that the out-of-memory killer struck in the task's cgroup
	OOMKilled bool `json:"oomKilled,omitempty"`
	// FinishedAt is UNIX time in milliseconds
	FinishedAt int64 `json:"finishedAt"`
	// StartedAt tells the runs of a task apart; 0 for other processes
	StartedAt int64 `json:"startedAt,omitempty"`
}

// FrameHandlers are what an exec or attach stream does with the host's frames.
type FrameHandlers struct {
	// Stdin must read data to its end
	Stdin    func(data io.Reader) error
	StdinEnd func()
	Resize   func(size TerminalSize)
	Signal   func(name string)
}

// maxControlFrame bounds the JSON of resize and signal frames.
const maxControlFrame = 4 << 10

// ReadFrames handles frames until the host half-closes, or the stream breaks, which is an error.
func ReadFrames(reader io.Reader, handlers FrameHandlers) error {
	for {
		kind, length, err := ReadFrameHeader(reader)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		payload := io.LimitReader(reader, int64(length))
		switch kind {
		case FrameStdin:
			err = handlers.Stdin(payload)
		case FrameStdinEnd:
			handlers.StdinEnd()
		case FrameResize:
			var size TerminalSize
			if err = ReadControl(payload, length, &size); err == nil {
				handlers.Resize(size)
			}
		case FrameSignal:
			var request struct {
				Signal string `json:"signal"`
			}
			if err = ReadControl(payload, length, &request); err == nil {
				handlers.Signal(request.Signal)
			}
		default:
			err = Errorf(CodeProtocol, "there is no frame of type %d from the host", kind)
		}
		if err != nil {
			return err
		}
	}
}

// ReadControl parses the payload of a frame that holds JSON.
func ReadControl(payload io.Reader, length int, into any) error {
	if length > maxControlFrame {
		return Errorf(CodeProtocol, "a control frame of %d bytes is longer than %d", length, maxControlFrame)
	}
	body, err := io.ReadAll(payload)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

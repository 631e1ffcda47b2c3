package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"syscall"
	"testing"
)

func TestMessages(t *testing.T) {
	var buffer bytes.Buffer
	for _, value := range []any{map[string]int{"a": 1}, struct{}{}} {
		if err := WriteMessage(&buffer, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{`{"a":1}`, `{}`} {
		if got, err := ReadMessage(&buffer); err != nil || string(got) != want {
			t.Errorf("%s %v", got, err)
		}
	}
	if _, err := ReadMessage(&buffer); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	if _, err := ReadMessage(bytes.NewReader([]byte{0, 0, 0, 9, '{'})); err != io.ErrUnexpectedEOF {
		t.Errorf("a cut message: %v", err)
	}
	if _, err := ReadMessage(bytes.NewReader([]byte{0xff, 0, 0, 0})); AsError(err).Code != CodeProtocol {
		t.Errorf("a message too long: %v", err)
	}
}

func TestReadFrames(t *testing.T) {
	var input bytes.Buffer
	frame := func(kind FrameType, payload string) {
		bytes := append(make([]byte, FrameHeader), payload...)
		PutFrameHeader(bytes, kind)
		input.Write(bytes)
	}
	frame(FrameStdin, "typed")
	frame(FrameStdin, "")
	frame(FrameResize, `{"rows":40,"cols":120}`)
	frame(FrameSignal, `{"signal":"SIGINT"}`)
	frame(FrameStdinEnd, "")
	var seen []string
	handlers := FrameHandlers{
		Stdin: func(data io.Reader) error {
			text, err := io.ReadAll(data)
			seen = append(seen, "stdin "+string(text))
			return err
		},
		StdinEnd: func() { seen = append(seen, "end") },
		Resize:   func(size TerminalSize) { seen = append(seen, fmt.Sprint("resize ", size.Rows, " ", size.Cols)) },
		Signal:   func(name string) { seen = append(seen, "signal "+name) },
	}
	if err := ReadFrames(&input, handlers); err != nil {
		t.Fatal(err)
	}
	if want := []string{"stdin typed", "stdin ", "resize 40 120", "signal SIGINT", "end"}; !reflect.DeepEqual(seen, want) {
		t.Errorf("%q", seen)
	}
	for name, broken := range map[string]string{
		"a type only the agent sends": "\x06\x00\x00\x00\x00",
		"a frame too long":            "\x00\xff\x00\x00\x00",
		"a control frame too long":    "\x04\x00\x00\xff\xff",
		"a resize without JSON":       "\x04\x00\x00\x00\x01x",
		"half a header":               "\x00\x00",
	} {
		if err := ReadFrames(bytes.NewReader([]byte(broken)), handlers); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestErrorCodes(t *testing.T) {
	_, missing := os.Open("/does/not/exist")
	for _, test := range []struct {
		err  error
		want Error
	}{
		{missing, Error{"ENOENT", "open /does/not/exist: no such file or directory"}},
		{fmt.Errorf("mounting: %w", syscall.EBUSY), Error{"EBUSY", "mounting: device or resource busy"}},
		{Errorf("ETASK", "crun says no"), Error{"ETASK", "crun says no"}},
		{fmt.Errorf("task x: %w", Errorf("ETASK", "no")), Error{"ETASK", "task x: no"}},
		{os.ErrExist, Error{"EEXIST", "file already exists"}},
		{errors.New("something"), Error{"EIO", "something"}},
	} {
		if got := *AsError(test.err); got != test.want {
			t.Errorf("%v: %+v", test.err, got)
		}
	}
}

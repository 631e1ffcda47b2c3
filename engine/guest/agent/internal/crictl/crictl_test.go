package crictl

import (
	"net"
	"os"
	"testing"

	"drydock/agent/internal/wire"
)

func TestFollowSendsInputOnceItIsAskedFor(t *testing.T) {
	ours, theirs := net.Pipe()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = write.WriteString("typed")
	write.Close()
	go func() {
		_ = wire.WriteJSONFrame(theirs, wire.FrameStdin, lending{})
		for _, want := range []struct {
			kind    wire.FrameType
			payload string
		}{{wire.FrameStdin, "typed"}, {wire.FrameStdinEnd, ""}} {
			kind, length, err := wire.ReadFrameHeader(theirs)
			payload := make([]byte, length)
			if err == nil && length > 0 {
				_, err = theirs.Read(payload)
			}
			if kind != want.kind || string(payload) != want.payload || err != nil {
				t.Errorf("%d %q %v", kind, payload, err)
			}
		}
		_ = wire.WriteJSONFrame(theirs, wire.FrameExit, wire.ExitStatus{Code: 7})
	}()
	if code, err := follow(ours, &terminal{file: read}); code != 7 || err != nil {
		t.Errorf("%d %v", code, err)
	}
}

func TestFollowFailsWhenTheRuntimeGoes(t *testing.T) {
	ours, theirs := net.Pipe()
	theirs.Close()
	if code, err := follow(ours, &terminal{file: os.Stdin}); code != failed || err == nil {
		t.Errorf("%d %v", code, err)
	}
}
